/* Sizes, alignments, growth, batches. */
#include "arena_kit.h"

CASE(blocks_follow_each_other)
{
    akit_arena *h = new_arena();
    char *a = akit_arena_alloc(h, 20, 0), *b = akit_arena_alloc(h, 1, 0), *c = akit_arena_alloc(h, 1, 0);
    CHECK(a && b && c);
    CHECK_INT(distance(a, b), 32);
    CHECK_INT(distance(b, c), 16);
    arena_end(h);
}

CASE(alignment_one_packs_bytes)
{
    akit_arena *h = new_arena();
    char *first = akit_arena_alloc(h, 3, 1);
    CHECK(first != NULL);
    for (size_t i = 1; i < 1000; i++)
        CHECK_INT(distance(first, akit_arena_alloc(h, 3, 1)), 3 * i);
    CHECK_INT(arena_stats_of(h).used_bytes, 3000);
    arena_end(h);
}

CASE(size_zero_gives_a_block_of_its_own)
{
    akit_arena *h = new_arena();
    void *a = akit_arena_alloc(h, 0, 1), *b = akit_arena_alloc(h, 0, 1), *c = akit_arena_alloc(h, 0, 0);
    CHECK(a && b && c && a != b && b != c);
    CHECK_INT(distance(a, b), 1);
    arena_end(h);
}

CASE(every_power_of_two_up_to_1_gib)
{
    akit_arena *h = new_arena();
    for (size_t alignment = 1; alignment <= GIB(1); alignment *= 2) {
        void *p = arena_block(h, 100, alignment);
        CHECK(aligned_to(p, alignment));
        CHECK(aligned_to(arena_block(h, 1, 0), 16));
    }
    CHECK_INT(akit_arena_reset(h, 0), 0);
    arena_end(h);
}

CASE(other_alignments_are_refused)
{
    akit_arena *h = new_arena();
    const size_t odd[] = {3, 5, 6, 24, 4097, GIB(2), (size_t)1 << 63, SIZE_MAX};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        void *out[2];
        CHECK_REFUSED(akit_arena_alloc(h, 8, odd[i]), EINVAL);
        errno = 0;
        CHECK_INT(akit_arena_alloc_n(h, 8, odd[i], 2, out), 0);
        CHECK_INT(errno, EINVAL);
    }
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.failures_total, 16);
    CHECK_INT(st.used_bytes, 0);
    CHECK_INT(st.misuses_total, 0);
    arena_end(h);
}

CASE(sizes_that_cannot_be)
{
    akit_arena *h = new_arena();
    const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX - 15, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        CHECK_REFUSED(akit_arena_alloc(h, sizes[i], 0), ENOMEM);
        CHECK_REFUSED(akit_arena_alloc(h, sizes[i], GIB(1)), ENOMEM);
    }
    CHECK_REFUSED(akit_arena_alloc(h, PTRDIFF_MAX, 0), ENOMEM);
    CHECK_REFUSED(akit_arena_alloc(h, PTRDIFF_MAX - 4096, GIB(1)), ENOMEM);
    CHECK_INT(arena_stats_of(h).used_bytes, 0);
    CHECK(arena_block(h, 8, 0) != NULL);
    arena_end(h);
}

CASE(slabs_double_up_to_the_largest)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.slab_bytes = KIB(64);
    cfg.max_slab_bytes = KIB(256);
    akit_arena *h = new_arena_with(&cfg);
    const uint64_t capacity[] = {64, 192, 448, 704, 960};
    for (size_t i = 0; i < 5; i++) {
        akit_arena_stats st = arena_stats_of(h);
        CHECK_INT(st.slabs, i + 1);
        CHECK_INT(st.capacity_bytes, KIB(capacity[i]));
        while (arena_stats_of(h).cached_bytes >= KIB(4))
            arena_block(h, KIB(4), 1);
        arena_block(h, KIB(4), 1);
    }
    CHECK_INT(arena_stats_of(h).tail_waste_bytes, 0);
    arena_end(h);
}

CASE(a_block_larger_than_any_slab_has_its_own)
{
    akit_arena *h = new_arena();
    char *a = arena_block(h, 100, 0);
    void *big = arena_block(h, MIB(5), 0);
    char *b = arena_block(h, 100, 0);
    CHECK_INT(distance(a, b), 112); /* the current slab goes on */
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.dedicated_slabs, 1);
    CHECK_INT(st.slabs, 1);
    CHECK_INT(st.used_bytes, 212 + MIB(5));
    CHECK(all_bytes(big, MIB(5), 0x5a));
    arena_end(h);
}

CASE(a_block_larger_than_the_next_slab_makes_it_larger)
{
    akit_arena *h = new_arena();
    arena_block(h, MIB(3), 0);
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.slabs, 2);
    CHECK_INT(st.dedicated_slabs, 0);
    CHECK_INT(st.capacity_bytes, KIB(64) + MIB(4));
    CHECK_INT(st.tail_waste_bytes, KIB(64));
    arena_end(h);
}

CASE(batches_are_single_blocks_in_a_row)
{
    akit_arena *h = new_arena(), *one = new_arena();
    static void *out[5000];
    const size_t sizes[] = {1, 7, 16, 24, 40, 100, 5000};
    for (size_t i = 0; i < 7; i++)
        for (size_t alignment = 1; alignment <= 64; alignment *= 4) {
            CHECK_INT(akit_arena_alloc_n(h, sizes[i], alignment, 5000, out), 5000);
            for (size_t k = 0; k < 5000; k++) {
                CHECK(aligned_to(out[k], alignment));
                memset(out[k], (int)k, sizes[i]);
            }
            for (size_t k = 0; k < 5000; k++)
                CHECK(all_bytes(out[k], sizes[i], (unsigned char)k));
            for (size_t k = 0; k < 5000; k++)
                CHECK(akit_arena_alloc(one, sizes[i], alignment) != NULL);
        }
    CHECK_INT(arena_stats_of(h).used_bytes, arena_stats_of(one).used_bytes);
    CHECK_INT(arena_stats_of(h).allocs_total, 7 * 4 * 5000);
    CHECK_INT(akit_arena_alloc_n(h, 8, 0, 0, NULL), 0);
    errno = 0;
    CHECK_INT(akit_arena_alloc_n(h, 8, 0, 3, NULL), 0);
    CHECK_INT(errno, EINVAL);
    arena_end(h);
    arena_end(one);
}

CASE(a_batch_ends_where_memory_ends)
{
    akit_arena *h = arena_of(KIB(4), AKIT_EXHAUST_FAIL);
    size_t page = page_bytes();
    static void *out[70000];
    errno = 0;
    CHECK_INT(akit_arena_alloc_n(h, 100, 1, 70000, out), page / 100);
    CHECK_INT(errno, ENOBUFS);
    CHECK_INT(akit_arena_alloc_n(h, 100, 1, 2, out), 0);
    CHECK_INT(akit_arena_alloc_n(h, 1, 1, 70000, out), page % 100);
    arena_end(h);
}
