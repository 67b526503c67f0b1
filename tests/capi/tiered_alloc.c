/* tiered.h: alloc and calloc. */
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
