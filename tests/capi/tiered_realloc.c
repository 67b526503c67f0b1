/* tiered.h: realloc and reallocx. */
#include "kit.h"

static volatile size_t above_ptrdiff = (size_t)PTRDIFF_MAX + 1;

static void fill_counting(unsigned char *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        p[i] = (unsigned char)(i * 7 + i / 251);
}

static int is_counting(const unsigned char *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != (unsigned char)(i * 7 + i / 251))
            return 0;
    return 1;
}

CASE(realloc_null_allocates)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_realloc(h, NULL, 100);
    CHECK(p != NULL);
    akit_tiered_free(h, p);
    CHECK_INT(stats_of(h).allocs_total, 1);
    CHECK_INT(stats_of(h).frees_total, 1);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_null_to_0_allocates)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_realloc(h, NULL, 0);
    CHECK(p != NULL);
    CHECK_AT_LEAST(akit_tiered_usable_size(h, p), 1);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_to_0_shrinks_and_never_frees)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {16, 100, 1000, 10000, 200000, MIB(5)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = akit_tiered_realloc(h, block(h, sizes[i]), 0);
        CHECK(p != NULL);
        CHECK_AT_LEAST(akit_tiered_usable_size(h, p), 1);
        akit_tiered_free(h, p);
    }
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_between_all_pairs_of_tiers_keeps_the_bytes)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {1, 17, 300, 1024, 3000, 16384, 60000, 500000, MIB(2), MIB(5)};
    const size_t n = sizeof sizes / sizeof sizes[0];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            unsigned char *p = (unsigned char *)akit_tiered_alloc(h, sizes[i]);
            CHECK(p != NULL);
            fill_counting(p, sizes[i]);
            p = (unsigned char *)akit_tiered_realloc(h, p, sizes[j]);
            CHECK(p && is_counting(p, sizes[i] < sizes[j] ? sizes[i] : sizes[j]));
            fill_counting(p, sizes[j]);
            CHECK_AT_LEAST(akit_tiered_usable_size(h, p), sizes[j]);
            akit_tiered_free(h, p);
        }
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_growing_step_by_step_keeps_the_bytes)
{
    akit_tiered *h = new_heap();
    unsigned char *p = NULL;
    size_t old = 0;
    for (size_t size = 1; size < MIB(12); size = size * 5 / 4 + 1) {
        p = (unsigned char *)akit_tiered_realloc(h, p, size);
        CHECK(p && is_counting(p, old));
        fill_counting(p, size);
        old = size;
    }
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_within_the_usable_size_stays)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {10, 1000, 10000, 200000, 3000001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = block(h, sizes[i]);
        CHECK(hidden(akit_tiered_realloc(h, p, akit_tiered_usable_size(h, p))) == p);
    }
    CHECK_INT(stats_of(h).reallocs_in_place_total, 5);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_impossible_size_leaves_the_block)
{
    akit_tiered *h = new_heap();
    unsigned char *p = (unsigned char *)block(h, 1000);
    CHECK_REFUSED(akit_tiered_realloc(h, p, above_ptrdiff), ENOMEM);
    CHECK_REFUSED(akit_tiered_realloc(h, p, SIZE_MAX), ENOMEM);
    CHECK_REFUSED(akit_tiered_realloc(h, p, (size_t)1 << 50), ENOMEM);
    CHECK(all_bytes(p, 1000, 0x5a));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_huge_impossible_size_leaves_the_block)
{
    akit_tiered *h = new_heap();
    unsigned char *p = (unsigned char *)block(h, MIB(3));
    CHECK_REFUSED(akit_tiered_realloc(h, p, above_ptrdiff - 1), ENOMEM);
    CHECK_REFUSED(akit_tiered_realloc(h, p, (size_t)1 << 50), ENOMEM);
    CHECK(all_bytes(p, MIB(3), 0x5a));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_shrinks_at_the_cap)
{
    akit_tiered *h = capped_heap(MIB(8));
    unsigned char *p = (unsigned char *)block(h, MIB(7));
    p = (unsigned char *)akit_tiered_realloc(h, p, 100);
    CHECK(p && all_bytes(p, 100, 0x5a));
    akit_tiered_free(h, p);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_shrinks_small_blocks_at_the_cap)
{
    akit_tiered *h = capped_heap(MIB(2));
    static void *p[100000];
    size_t n = 0;
    while (n < 100000 && (p[n] = akit_tiered_alloc(h, 200)))
        n++;
    CHECK(n > 1000 && n < 100000);
    for (size_t i = 0; i < n; i++) {
        p[i] = akit_tiered_realloc(h, p[i], 20);
        CHECK(p[i] != NULL);
    }
    CHECK_INT(akit_tiered_free_n(h, n, p), n);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_on_null_handle_is_einval)
{
    CHECK_REFUSED(akit_tiered_realloc(NULL, NULL, 10), EINVAL);
}

CASE(realloc_of_a_foreign_pointer_is_enoent)
{
    akit_tiered *h = new_heap();
    static char mine[64] __attribute__((aligned(16)));
    CHECK_REFUSED(akit_tiered_realloc(h, hidden(mine), 100), ENOENT);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_of_another_handles_block_is_enoent)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    void *p = block(h, 100);
    CHECK_REFUSED(akit_tiered_realloc(g, p, 200), ENOENT);
    CHECK_INT(misuses_of(g), 1);
    CHECK(all_bytes(p, 100, 0x5a));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(realloc_of_a_freed_block_is_einval_with_exact_check)
{
    akit_tiered *h = exact_heap();
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    CHECK_REFUSED(akit_tiered_realloc(h, p, 200), EINVAL);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_of_an_interior_pointer_is_enoent_with_exact_check)
{
    akit_tiered *h = exact_heap();
    char *p = (char *)block(h, 100);
    CHECK_REFUSED(akit_tiered_realloc(h, p + 16, 200), ENOENT);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_keeps_the_alignment_asked_for)
{
    akit_tiered *h = new_heap();
    unsigned char *p = (unsigned char *)akit_tiered_aligned_alloc(h, 4096, 100);
    fill_counting(p, 100);
    for (size_t size = 200; size < MIB(6); size *= 3) {
        size_t usable = 0;
        p = (unsigned char *)akit_tiered_reallocx(h, p, size, 4096, 0, &usable);
        CHECK(p && aligned_to(p, 4096) && is_counting(p, 100));
        CHECK_AT_LEAST(usable, size);
    }
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_aligns_a_block_that_was_not)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 20; i++) {
        unsigned char *p = (unsigned char *)block(h, 100);
        p = (unsigned char *)akit_tiered_reallocx(h, p, 100, 1024, 0, NULL);
        CHECK(p && aligned_to(p, 1024) && all_bytes(p, 100, 0x5a));
    }
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_no_move_that_must_move_is_enomem)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    size_t usable = 99;
    CHECK_REFUSED(akit_tiered_reallocx(h, p, 100000, 0, AKIT_ALLOC_NO_MOVE, &usable), ENOMEM);
    CHECK_INT(usable, 0);
    CHECK(all_bytes(p, 100, 0x5a));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_no_move_within_the_block_stays)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    size_t usable = 0;
    CHECK(hidden(akit_tiered_reallocx(h, p, 90, 0, AKIT_ALLOC_NO_MOVE, &usable)) == p);
    CHECK_AT_LEAST(usable, 90);
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_zero_zeroes_what_grew)
{
    akit_tiered *h = new_heap();
    for (int round = 0; round < 2; round++) {
        size_t usable = 0, old = 0;
        unsigned char *p = (unsigned char *)akit_tiered_allocx(h, 10, 0, AKIT_ALLOC_ZERO, &old);
        for (size_t size = 100; size < MIB(8); size *= 4) {
            CHECK(p != NULL);
            memset(p, 0xee, old);
            p = (unsigned char *)akit_tiered_reallocx(h, p, size, 0, AKIT_ALLOC_ZERO, &usable);
            CHECK(p && all_bytes(p, old, 0xee) && all_bytes(p + old, usable - old, 0));
            old = usable;
        }
        memset(p, 0xff, usable);
        akit_tiered_free(h, p);
    }
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_unknown_flag_is_einval)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    size_t usable = 99;
    CHECK_REFUSED(akit_tiered_reallocx(h, p, 200, 0, 1u << 30, &usable), EINVAL);
    CHECK_INT(usable, 0);
    CHECK(all_bytes(p, 100, 0x5a));
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_bad_alignment_is_einval)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    CHECK_REFUSED(akit_tiered_reallocx(h, p, 200, 24, 0, NULL), EINVAL);
    CHECK_REFUSED(akit_tiered_reallocx(h, p, 200, GIB(2), 0, NULL), EINVAL);
    CHECK(all_bytes(p, 100, 0x5a));
    akit_tiered_destroy(h, 0);
}

CASE(reallocx_null_allocates)
{
    akit_tiered *h = new_heap();
    size_t usable = 0;
    void *p = akit_tiered_reallocx(h, NULL, 100, 256, AKIT_ALLOC_ZERO, &usable);
    CHECK(p && aligned_to(p, 256) && all_bytes(p, usable, 0));
    akit_tiered_destroy(h, 0);
}

CASE(realloc_counts_calls_and_those_in_place)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_realloc(h, NULL, 100);
    CHECK_INT(stats_of(h).reallocs_total, 0);
    p = akit_tiered_realloc(h, p, 101);
    CHECK_INT(stats_of(h).reallocs_total, 1);
    CHECK_INT(stats_of(h).reallocs_in_place_total, 1);
    p = akit_tiered_realloc(h, p, 100000);
    CHECK_INT(stats_of(h).reallocs_total, 2);
    CHECK_INT(stats_of(h).reallocs_in_place_total, 1);
    akit_tiered_free(h, p);
    akit_tiered_destroy(h, 0);
}
