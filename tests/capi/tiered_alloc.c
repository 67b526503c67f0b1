/* tiered.h: alloc, calloc, aligned_alloc, allocx, good_size, usable_size, owns. */
#include "kit.h"

static volatile size_t above_ptrdiff = (size_t)PTRDIFF_MAX + 1;

CASE(alloc_size_0_gives_a_distinct_block)
{
    akit_tiered *h = new_heap();
    void *a = hidden(akit_tiered_alloc(h, 0)), *b = hidden(akit_tiered_alloc(h, 0));
    CHECK(a && b && a != b);
    CHECK_AT_LEAST(akit_tiered_usable_size(h, a), 1);
    akit_tiered_free(h, a);
    akit_tiered_free(h, b);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_every_size_up_to_4_kib_is_aligned_and_usable)
{
    akit_tiered *h = new_heap();
    for (size_t size = 1; size <= 4096; size++) {
        void *p = block(h, size);
        CHECK(aligned_to(p, AKIT_MIN_ALIGN));
        CHECK_AT_LEAST(akit_tiered_usable_size(h, p), size);
        if (size % 3)
            akit_tiered_free(h, p);
    }
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_sizes_around_every_power_of_two_to_64_mib)
{
    akit_tiered *h = new_heap();
    for (size_t power = 16; power <= MIB(64); power *= 2)
        for (size_t size = power - 1; size <= power + 1; size++) {
            unsigned char *p = (unsigned char *)akit_tiered_alloc(h, size);
            CHECK(p && aligned_to(p, AKIT_MIN_ALIGN));
            p[0] = 1;
            p[size - 1] = 2;
            CHECK_AT_LEAST(akit_tiered_usable_size(h, p), size);
            akit_tiered_free(h, p);
        }
    CHECK_INT(stats_of(h).used_bytes, 0);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_above_ptrdiff_max_is_enomem)
{
    akit_tiered *h = new_heap();
    CHECK_REFUSED(akit_tiered_alloc(h, above_ptrdiff), ENOMEM);
    CHECK_REFUSED(akit_tiered_alloc(h, above_ptrdiff * 2 - 1), ENOMEM);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_of_ptrdiff_max_is_enomem)
{
    akit_tiered *h = new_heap();
    for (size_t below = 0; below < 8192; below += 511)
        CHECK_REFUSED(akit_tiered_alloc(h, above_ptrdiff - 1 - below), ENOMEM);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_larger_than_the_address_space_is_enomem)
{
    akit_tiered *h = new_heap();
    for (int shift = 47; shift < 63; shift++)
        CHECK_REFUSED(akit_tiered_alloc(h, (size_t)1 << shift), ENOMEM);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_refusal_is_counted_as_failure)
{
    akit_tiered *h = new_heap();
    uint64_t before = stats_of(h).failures_total;
    CHECK_REFUSED(akit_tiered_alloc(h, above_ptrdiff), ENOMEM);
    CHECK_INT(stats_of(h).failures_total, before + 1);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_on_null_handle_is_einval)
{
    CHECK_REFUSED(akit_tiered_alloc(NULL, 10), EINVAL);
}

CASE(calloc_on_null_handle_is_einval)
{
    CHECK_REFUSED(akit_tiered_calloc(NULL, 10, 10), EINVAL);
}

CASE(aligned_alloc_on_null_handle_is_einval)
{
    CHECK_REFUSED(akit_tiered_aligned_alloc(NULL, 64, 10), EINVAL);
}

CASE(allocx_on_null_handle_is_einval_and_usable_0)
{
    size_t usable = 99;
    CHECK_REFUSED(akit_tiered_allocx(NULL, 10, 0, 0, &usable), EINVAL);
    CHECK_INT(usable, 0);
}

CASE(alloc_sets_no_errno_on_success)
{
    akit_tiered *h = new_heap();
    errno = 7;
    void *p = akit_tiered_alloc(h, 10);
    CHECK_INT(errno, 7);
    akit_tiered_free(h, p);
    akit_tiered_destroy(h, 0);
}

CASE(calloc_zeroes_a_recycled_block_of_every_tier)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {1, 16, 100, 1024, 1025, 10000, 16384, 70000, 1000000, MIB(3)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int round = 0; round < 3; round++) {
            void *p = akit_tiered_calloc(h, 1, sizes[i]);
            CHECK(p && all_bytes(p, sizes[i], 0));
            memset(p, 0xff, sizes[i]);
            akit_tiered_free(h, p);
        }
    akit_tiered_destroy(h, 0);
}

CASE(calloc_product_overflow_is_enomem)
{
    akit_tiered *h = new_heap();
    volatile size_t half = (size_t)1 << 32;
    CHECK_REFUSED(akit_tiered_calloc(h, half, half), ENOMEM);
    CHECK_REFUSED(akit_tiered_calloc(h, half + 1, half), ENOMEM);
    CHECK_REFUSED(akit_tiered_calloc(h, SIZE_MAX, 2), ENOMEM);
    CHECK_REFUSED(akit_tiered_calloc(h, 2, SIZE_MAX), ENOMEM);
    CHECK_REFUSED(akit_tiered_calloc(h, SIZE_MAX / 3 + 1, 3), ENOMEM);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(calloc_product_above_ptrdiff_max_is_enomem)
{
    akit_tiered *h = new_heap();
    CHECK_REFUSED(akit_tiered_calloc(h, above_ptrdiff / 2, 2), ENOMEM);
    akit_tiered_destroy(h, 0);
}

CASE(calloc_of_0_gives_a_block)
{
    akit_tiered *h = new_heap();
    void *a = akit_tiered_calloc(h, 0, 100), *b = akit_tiered_calloc(h, 100, 0), *c = akit_tiered_calloc(h, 0, SIZE_MAX);
    CHECK(a && b && c);
    akit_tiered_destroy(h, 0);
}

CASE(aligned_alloc_not_a_power_of_two_is_einval)
{
    akit_tiered *h = new_heap();
    const size_t bad[] = {3, 5, 6, 7, 9, 24, 48, 100, 4095, 4097, SIZE_MAX, ((size_t)1 << 30) + 1};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_REFUSED(akit_tiered_aligned_alloc(h, bad[i], 64), EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(aligned_alloc_above_1_gib_is_einval)
{
    akit_tiered *h = new_heap();
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, GIB(2), 64), EINVAL);
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, above_ptrdiff, 64), EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(aligned_alloc_every_power_up_to_1_gib)
{
    akit_tiered *h = new_heap();
    for (size_t alignment = 1; alignment <= GIB(1); alignment *= 2) {
        char *p = (char *)akit_tiered_aligned_alloc(h, alignment, 200);
        CHECK(p && aligned_to(p, alignment) && aligned_to(p, AKIT_MIN_ALIGN));
        memset(p, 1, 200);
        CHECK_AT_LEAST(akit_tiered_usable_size(h, p), 200);
        akit_tiered_free(h, p);
    }
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(aligned_alloc_0_means_16)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_aligned_alloc(h, 0, 200);
    CHECK(p && aligned_to(p, 16));
    akit_tiered_destroy(h, 0);
}

CASE(aligned_alloc_size_need_not_be_a_multiple)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_aligned_alloc(h, 4096, 5);
    CHECK(p && aligned_to(p, 4096));
    akit_tiered_destroy(h, 0);
}

CASE(aligned_alloc_size_0_keeps_the_alignment)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_aligned_alloc(h, 8192, 0);
    CHECK(p && aligned_to(p, 8192));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(aligned_alloc_impossible_size_is_enomem)
{
    akit_tiered *h = new_heap();
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, GIB(1), above_ptrdiff - 1), ENOMEM);
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, 64, SIZE_MAX), ENOMEM);
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, 64, SIZE_MAX - 63), ENOMEM);
    akit_tiered_destroy(h, 0);
}

CASE(aligned_blocks_at_once_do_not_overlap)
{
    akit_tiered *h = new_heap();
    unsigned char *p[64];
    for (int i = 0; i < 64; i++) {
        size_t alignment = (size_t)16 << i % 12, size = 100 + 37 * (size_t)i;
        p[i] = (unsigned char *)akit_tiered_aligned_alloc(h, alignment, size);
        CHECK(p[i] && aligned_to(p[i], alignment));
        memset(p[i], i, size);
    }
    for (int i = 0; i < 64; i++)
        CHECK(all_bytes(p[i], 100 + 37 * (size_t)i, (unsigned char)i));
    akit_tiered_destroy(h, 0);
}

CASE(allocx_reports_the_usable_size)
{
    akit_tiered *h = new_heap();
    for (size_t size = 1; size < MIB(4); size = size * 2 + 3) {
        size_t usable = 0;
        char *p = (char *)akit_tiered_allocx(h, size, 0, 0, &usable);
        CHECK(p != NULL);
        CHECK_AT_LEAST(usable, size);
        CHECK_INT(usable, akit_tiered_usable_size(h, p));
        memset(p, 3, usable);
        akit_tiered_free(h, p);
    }
    akit_tiered_destroy(h, 0);
}

CASE(allocx_zero_zeroes_the_whole_usable_size)
{
    akit_tiered *h = new_heap();
    for (size_t size = 1; size < MIB(4); size = size * 2 + 3)
        for (int round = 0; round < 2; round++) {
            size_t usable = 0;
            char *p = (char *)akit_tiered_allocx(h, size, 0, AKIT_ALLOC_ZERO, &usable);
            CHECK(p && all_bytes(p, usable, 0));
            memset(p, 0xff, usable);
            akit_tiered_free(h, p);
        }
    akit_tiered_destroy(h, 0);
}

CASE(allocx_unknown_flag_is_einval_and_usable_0)
{
    akit_tiered *h = new_heap();
    size_t usable = 99;
    CHECK_REFUSED(akit_tiered_allocx(h, 64, 0, 1u << 20, &usable), EINVAL);
    CHECK_INT(usable, 0);
    akit_tiered_destroy(h, 0);
}

CASE(allocx_bad_alignment_is_einval_and_usable_0)
{
    akit_tiered *h = new_heap();
    size_t usable = 99;
    CHECK_REFUSED(akit_tiered_allocx(h, 64, 40, 0, &usable), EINVAL);
    CHECK_INT(usable, 0);
    akit_tiered_destroy(h, 0);
}

CASE(allocx_impossible_size_is_enomem_and_usable_0)
{
    akit_tiered *h = new_heap();
    size_t usable = 99;
    CHECK_REFUSED(akit_tiered_allocx(h, above_ptrdiff, 0, 0, &usable), ENOMEM);
    CHECK_INT(usable, 0);
    akit_tiered_destroy(h, 0);
}

CASE(allocx_no_cache_block_is_not_kept)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_allocx(h, MIB(8), 0, AKIT_ALLOC_NO_CACHE, NULL);
    CHECK(p != NULL);
    memset(p, 1, MIB(8));
    akit_tiered_free(h, p);
    CHECK_AT_MOST(stats_of(h).cached_bytes, MIB(1));
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

PART(write_behind_a_guarded_block)
{
    akit_tiered *h = new_heap();
    size_t usable = 0;
    volatile char *p = (volatile char *)akit_tiered_allocx(h, 5000, 0, AKIT_ALLOC_GUARD, &usable);
    if (!p)
        CHECK_FAIL("no block");
    long page = sysconf(_SC_PAGESIZE);
    p[4999] = 1;
    for (size_t i = 5000; i < 5000 + (size_t)page * 2; i++)
        p[i] = 1;
}

CASE(allocx_guard_faults_behind_the_block)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_allocx(h, 5000, 0, AKIT_ALLOC_GUARD, NULL);
    CHECK(p != NULL);
    memset(p, 1, 5000);
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    char text[4096];
    int status = run_part_in("write_behind_a_guarded_block", NULL, text, sizeof text);
    CHECK(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) > 1)); /* a sanitizer ends it with a code */
    akit_tiered_destroy(h, 0);
}

CASE(good_size_is_what_the_block_gets)
{
    akit_tiered *h = new_heap();
    for (size_t size = 1; size < MIB(8); size = size * 3 / 2 + 1) {
        void *p = akit_tiered_alloc(h, size);
        CHECK_INT(akit_tiered_good_size(h, size), akit_tiered_usable_size(h, p));
        akit_tiered_free(h, p);
    }
    akit_tiered_destroy(h, 0);
}

CASE(good_size_of_an_impossible_size_is_0)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_good_size(h, above_ptrdiff), 0);
    CHECK_INT(akit_tiered_good_size(h, SIZE_MAX), 0);
    CHECK_INT(akit_tiered_good_size(NULL, 10), 0);
    akit_tiered_destroy(h, 0);
}

CASE(good_size_wastes_little)
{
    akit_tiered *h = new_heap();
    for (size_t size = 1; size <= 1024; size++)
        CHECK_AT_MOST(akit_tiered_good_size(h, size), size + 15);
    for (size_t size = 1025; size <= 16384; size += 13)
        CHECK_AT_MOST(akit_tiered_good_size(h, size), size + size / 8);
    for (size_t size = 16385; size < (size_t)1 << 31; size += size / 29)
        CHECK_AT_MOST(akit_tiered_good_size(h, size), size + size / 4);
    akit_tiered_destroy(h, 0);
}

CASE(usable_size_of_what_is_no_block_is_0)
{
    akit_tiered *h = new_heap();
    int local = 0;
    CHECK_INT(akit_tiered_usable_size(h, NULL), 0);
    CHECK_INT(akit_tiered_usable_size(h, &local), 0);
    CHECK_INT(akit_tiered_usable_size(h, &check_count), 0);
    CHECK_INT(akit_tiered_usable_size(h, (void *)(uintptr_t)0xffff800000000000), 0);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(usable_size_of_another_handles_block_is_0)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    void *p = block(h, 100);
    CHECK_INT(akit_tiered_usable_size(g, p), 0);
    CHECK_INT(misuses_of(g), 0);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(usable_size_of_a_freed_block_is_0_with_exact_check)
{
    akit_tiered *h = exact_heap();
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    CHECK_INT(akit_tiered_usable_size(h, p), 0);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(owns_is_1_for_every_address_of_a_block)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {16, 1000, 10000, 200000, MIB(6)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = (char *)block(h, sizes[i]);
        CHECK_INT(akit_tiered_owns(h, p), 1);
        CHECK_INT(akit_tiered_owns(h, p + sizes[i] / 2), 1);
        CHECK_INT(akit_tiered_owns(h, p + sizes[i] - 1), 1);
    }
    akit_tiered_destroy(h, 0);
}

CASE(owns_is_0_for_foreign_addresses)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    int local = 0;
    CHECK_INT(akit_tiered_owns(h, &local), 0);
    CHECK_INT(akit_tiered_owns(h, NULL), 0);
    CHECK_INT(akit_tiered_owns(h, (void *)UINTPTR_MAX), 0);
    CHECK_INT(akit_tiered_owns(h, block(g, 10)), 0);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(owns_on_null_handle_is_einval)
{
    CHECK_INT(akit_tiered_owns(NULL, &check_count), -EINVAL);
}
