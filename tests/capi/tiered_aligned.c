/* tiered.h: aligned_alloc and allocx. */
#include "kit.h"

static volatile size_t above_ptrdiff = (size_t)PTRDIFF_MAX + 1;

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
