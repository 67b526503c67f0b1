/* Marks, rewinding, reset, resizing in place. */
#include "arena_kit.h"

CASE(rewinding_hands_the_same_memory_out_again)
{
    akit_arena *h = new_arena();
    arena_block(h, 100, 0);
    uint64_t mark = mark_of(h);
    void *a = arena_block(h, 50, 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(akit_arena_rewind(h, mark), 0);
        CHECK(arena_block(h, 50, 0) == a);
    }
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.rewinds_total, 3);
    CHECK_INT(st.frees_total, 3);
    CHECK_INT(st.misuses_total, 0);
    arena_end(h);
}

CASE(rewinding_keeps_the_slabs)
{
    akit_arena *h = new_arena();
    char *first = arena_block(h, 10, 0);
    uint64_t mark = mark_of(h);
    for (int i = 0; i < 2000; i++)
        arena_block(h, 1000, 0);
    akit_arena_stats full = arena_stats_of(h);
    CHECK_INT(akit_arena_rewind(h, mark), 0);
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.used_bytes, 10);
    CHECK_INT(st.capacity_bytes, full.capacity_bytes);
    CHECK_INT(st.slabs, full.slabs);
    CHECK_INT(st.tail_waste_bytes, 0);
    CHECK_INT(st.cached_bytes, st.capacity_bytes - 10);
    CHECK(all_bytes(first, 10, 0x5a));
    for (int i = 0; i < 2000; i++)
        arena_block(h, 1000, 0);
    st = arena_stats_of(h);
    CHECK_INT(st.maps_total, full.maps_total);
    CHECK_INT(st.used_bytes, full.used_bytes);
    CHECK_INT(st.tail_waste_bytes, full.tail_waste_bytes);
    CHECK_INT(st.high_water_bytes, full.used_bytes + full.tail_waste_bytes);
    arena_end(h);
}

CASE(a_stale_mark_is_refused_and_nothing_moves)
{
    akit_arena *h = new_arena();
    uint64_t low = mark_of(h);
    arena_block(h, 100, 0);
    uint64_t high = mark_of(h);
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_rewind(h, low), 0);
    CHECK_INT(akit_arena_rewind(h, high), -EINVAL); /* above the position */
    arena_block(h, 1000, 0);
    CHECK_INT(akit_arena_rewind(h, high), -EINVAL); /* below it again, but stale */
    CHECK_INT(arena_misuses(h), 2);
    CHECK_INT(arena_stats_of(h).used_bytes, 1000);
    CHECK_INT(arena_stats_of(h).rewinds_total, 1);
    CHECK_INT(akit_arena_rewind(h, low), 0);
    arena_end(h);
}

CASE(marks_of_others_and_numbers_that_are_none)
{
    akit_arena *a = new_arena(), *b = new_arena();
    arena_block(a, 5000, 0);
    arena_block(b, 5000, 0);
    uint64_t of_a = mark_of(a), state = 1;
    arena_block(a, 100, 0);
    arena_block(b, 100, 0);
    CHECK_INT(akit_arena_rewind(b, of_a), -EINVAL);
    CHECK_INT(akit_arena_rewind(a, 0), -EINVAL);
    CHECK_INT(akit_arena_rewind(a, 1), -EINVAL);
    CHECK_INT(akit_arena_rewind(a, AKIT_NONE), -EINVAL);
    for (int i = 0; i < 100000; i++)
        CHECK_INT(akit_arena_rewind(b, random_word(&state)), -EINVAL);
    CHECK_INT(arena_misuses(a), 3);
    CHECK_INT(arena_misuses(b), 100001);
    CHECK_INT(arena_stats_of(b).used_bytes, 5108);
    CHECK_INT(akit_arena_rewind(a, of_a), 0);
    arena_end(a);
    arena_end(b);
}

CASE(marks_among_blocks_with_slabs_of_their_own)
{
    akit_arena *h = new_arena();
    arena_block(h, 10, 0);
    uint64_t before = mark_of(h);
    arena_block(h, MIB(5), 0);
    uint64_t between = mark_of(h);
    arena_block(h, MIB(6), 0);
    uint64_t behind = mark_of(h);
    CHECK(before != between && between != behind);
    CHECK_INT(akit_arena_rewind(h, behind), 0);
    CHECK_INT(arena_stats_of(h).dedicated_slabs, 2);
    CHECK_INT(akit_arena_rewind(h, between), 0);
    CHECK_INT(arena_stats_of(h).dedicated_slabs, 1);
    CHECK_INT(akit_arena_rewind(h, behind), -EINVAL);
    CHECK_INT(akit_arena_rewind(h, before), 0);
    CHECK_INT(arena_stats_of(h).dedicated_slabs, 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 10);
    uint64_t maps = arena_stats_of(h).maps_total;
    arena_block(h, MIB(5), 0); /* both are kept */
    arena_block(h, MIB(6), 0);
    CHECK_INT(arena_stats_of(h).maps_total, maps);
    CHECK_INT(akit_arena_rewind(h, before), 0);
    CHECK(aligned_to(arena_block(h, MIB(5), MIB(256)), MIB(256)));
    arena_end(h);
}

CASE(a_mark_at_the_very_end_of_a_slab)
{
    akit_arena *h = new_arena();
    arena_block(h, 100, 0);
    uint64_t middle = mark_of(h);
    while (arena_stats_of(h).cached_bytes > 0)
        arena_block(h, 4, 1);
    uint64_t full = mark_of(h);
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_rewind(h, full), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, KIB(64));
    arena_block(h, MIB(5), 0);
    uint64_t behind = mark_of(h);
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_rewind(h, behind), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, KIB(64) + MIB(5));
    CHECK_INT(akit_arena_rewind(h, middle), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 100);
    CHECK_INT(arena_stats_of(h).dedicated_slabs, 0);
    CHECK_INT(akit_arena_rewind(h, middle), 0);
    while (arena_stats_of(h).used_bytes < KIB(64))
        arena_block(h, 4, 1);
    arena_block(h, MIB(5), 0);
    behind = mark_of(h); /* the full slab is the current one still */
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_rewind(h, behind), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, KIB(64) + MIB(5));
    CHECK_INT(arena_misuses(h), 0);
    arena_end(h);
}

CASE(many_scratch_scopes_between_lasting_blocks)
{
    akit_arena *h = new_arena();
    uint64_t first = mark_of(h), marks[1000], stale[1000];
    for (int i = 0; i < 1000; i++) {
        arena_block(h, 40, 0);
        marks[i] = mark_of(h);
        arena_block(h, 1000, 0);
        stale[i] = mark_of(h);
        CHECK_INT(akit_arena_rewind(h, marks[i]), 0);
        arena_block(h, 2000, 0);
        CHECK_INT(akit_arena_rewind(h, stale[i]), -EINVAL);
        CHECK_INT(akit_arena_rewind(h, marks[i]), 0);
    }
    for (int i = 999; i >= 0; i -= 37)
        CHECK_INT(akit_arena_rewind(h, marks[i]), 0); /* a good one is never refused */
    CHECK_INT(akit_arena_rewind(h, first), 0);
    CHECK_INT(akit_arena_rewind(h, marks[0]), -EINVAL);
    CHECK_INT(arena_stats_of(h).used_bytes, 0);
    arena_end(h);
}

CASE(reset_keeps_what_it_is_told_to)
{
    akit_arena *h = new_arena();
    uint64_t start = mark_of(h);
    for (int i = 0; i < 1000; i++)
        arena_block(h, 1000, 0);
    arena_block(h, MIB(5), 0);
    uint64_t late = mark_of(h);
    akit_arena_stats full = arena_stats_of(h);
    CHECK_INT(full.slabs, 5); /* 64 + 128 + 256 + 512 KiB + 1 MiB */
    CHECK_INT(akit_arena_reset(h, AKIT_NONE), 0);
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.capacity_bytes, full.capacity_bytes);
    CHECK_INT(st.used_bytes, 0);
    CHECK_INT(akit_arena_rewind(h, late), -EINVAL);
    CHECK_INT(akit_arena_rewind(h, start), 0);
    CHECK_INT(akit_arena_reset(h, KIB(200)), 0);
    st = arena_stats_of(h);
    CHECK_INT(st.slabs, 2);
    CHECK_INT(st.capacity_bytes, KIB(192));
    while (arena_stats_of(h).slabs == 2)
        arena_block(h, KIB(1), 0);
    CHECK_INT(arena_stats_of(h).capacity_bytes, KIB(448)); /* growth goes on from what was kept */
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_reset(h, 0), 0);
    st = arena_stats_of(h);
    CHECK_INT(st.slabs, 0);
    CHECK_INT(st.capacity_bytes, 0);
    CHECK_INT(st.mappings, 0);
    CHECK_INT(st.unmaps_total, st.maps_total);
    CHECK_INT(st.resets_total, 3);
    arena_block(h, 100, 0);
    CHECK_INT(arena_stats_of(h).capacity_bytes, KIB(64));
    arena_end(h);
}

CASE(a_large_block_first_after_everything_went_back)
{
    akit_arena *h = new_arena();
    CHECK_INT(akit_arena_reset(h, 0), 0);
    uint64_t start = mark_of(h);
    arena_block(h, MIB(5), 0);
    uint64_t behind = mark_of(h);
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_rewind(h, behind), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, MIB(5));
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_rewind(h, start), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 0);
    CHECK_INT(arena_stats_of(h).dedicated_slabs, 0);
    arena_block(h, 100, 0);
    CHECK_INT(akit_arena_rewind(h, behind), -EINVAL);
    CHECK_INT(akit_arena_reset(h, AKIT_NONE), 0);
    arena_end(h);
}

CASE(the_youngest_block_grows_and_shrinks_in_place)
{
    akit_arena *h = new_arena();
    char *a = arena_block(h, 100, 0), *b = arena_block(h, 100, 0);
    CHECK_INT(akit_arena_resize(h, b, 100, 5000), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 112 + 5000);
    memset(b, 1, 5000);
    CHECK_INT(akit_arena_resize(h, b, 5000, 10), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 112 + 10);
    CHECK_INT(akit_arena_resize(h, b, 10, KIB(64) - 112), 0);
    CHECK_INT(akit_arena_resize(h, b, KIB(64) - 112, KIB(64) - 111), -ENOSPC);
    CHECK_INT(akit_arena_resize(h, a, 100, 50), 0);
    CHECK_INT(akit_arena_resize(h, a, 50, 51), -ENOSPC);
    CHECK_INT(akit_arena_resize(h, b, KIB(64) - 112, 0), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 113);
    CHECK_INT(arena_misuses(h), 0);
    CHECK(all_bytes(a, 100, 0x5a));
    arena_end(h);
}

CASE(a_block_with_its_own_slab_fills_it)
{
    akit_arena *h = new_arena();
    char *p = arena_block(h, MIB(5) + 1, 0);
    arena_block(h, 10, 0);
    size_t whole = in_pages(MIB(5) + 1);
    CHECK_INT(arena_stats_of(h).tail_waste_bytes, whole - MIB(5) - 1);
    CHECK_INT(akit_arena_resize(h, p, MIB(5) + 1, whole), 0);
    CHECK_INT(arena_stats_of(h).tail_waste_bytes, 0);
    CHECK_INT(akit_arena_resize(h, p, whole, whole + 1), -ENOSPC);
    CHECK_INT(akit_arena_resize(h, p, whole - 1, 5), -EINVAL);
    CHECK_INT(akit_arena_resize(h, p, whole, 5), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 15);
    arena_end(h);
}

CASE(a_mark_ends_the_youth_of_a_block)
{
    akit_arena *h = new_arena();
    char *p = arena_block(h, 100, 0);
    uint64_t mark = mark_of(h);
    CHECK_INT(akit_arena_resize(h, p, 100, 101), -ENOSPC);
    CHECK_INT(akit_arena_resize(h, p, 100, 10), 0);
    CHECK_INT(arena_stats_of(h).used_bytes, 100);
    CHECK_INT(akit_arena_rewind(h, mark), 0);
    CHECK_INT(akit_arena_resize(h, p, 100, 101), -ENOSPC);
    arena_end(h);
}

CASE(wrong_blocks_and_sizes_in_resize)
{
    akit_arena *h = new_arena(), *other = new_arena();
    char *p = arena_block(h, 100, 0), *foreign = arena_block(other, 100, 0);
    char local[16];
    CHECK_INT(akit_arena_resize(h, NULL, 1, 1), -ENOENT);
    CHECK_INT(akit_arena_resize(h, local, 16, 8), -ENOENT);
    CHECK_INT(akit_arena_resize(h, foreign, 100, 8), -ENOENT);
    CHECK_INT(akit_arena_resize(h, p + 200, 100, 8), -ENOENT);
    CHECK_INT(akit_arena_resize(h, p, 101, 8), -EINVAL);
    CHECK_INT(akit_arena_resize(h, p, 99, 8), -EINVAL);
    CHECK_INT(akit_arena_resize(h, p, SIZE_MAX, 8), -EINVAL);
    CHECK_INT(arena_misuses(h), 7);
    CHECK_INT(akit_arena_resize(h, p, 100, SIZE_MAX), -ENOMEM);
    CHECK_INT(arena_misuses(h), 7);
    CHECK_INT(arena_stats_of(h).used_bytes, 100);
    arena_end(h);
    arena_end(other);
}
