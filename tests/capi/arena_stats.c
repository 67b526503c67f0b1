/* Every figure moves when it should, and only then. */
#include "arena_kit.h"

static akit_arena_stats same(akit_arena *h, akit_arena_stats want, int line)
{
    akit_arena_stats st = arena_stats_of(h);
    const uint64_t *a = (const uint64_t *)&st, *b = (const uint64_t *)&want;
    for (size_t i = 0; i < sizeof st / 8; i++)
        if (a[i] != b[i])
            CHECK_FAIL("line %d: field %zu is %llu, not %llu", line, i, (unsigned long long)a[i], (unsigned long long)b[i]);
    return st;
}
#define SAME(h, want) ((void)same(h, want, __LINE__))

CASE(a_new_arena)
{
    akit_arena *h = new_arena();
    akit_arena_stats st = arena_stats_of(h), want = AKIT_ARENA_STATS_INIT;
    want.id = st.id;
    want.kind = AKIT_KIND_ARENA;
    want.limit_bytes = AKIT_NONE;
    want.metadata_bytes = st.metadata_bytes;
    want.mapped_bytes = want.mapped_peak_bytes = st.metadata_bytes + KIB(64);
    want.mappings = want.maps_total = want.slabs = 1;
    want.capacity_bytes = want.cached_bytes = KIB(64);
    SAME(h, want);
    CHECK(st.metadata_bytes > 0);
    arena_end(h);
}

CASE(each_figure_by_what_moves_it)
{
    akit_arena *h = new_arena();
    akit_arena_stats want = arena_stats_of(h);
    void *p = akit_arena_alloc(h, 100, 0);
    want.allocs_total = 1;
    want.used_bytes = want.used_peak_bytes = want.high_water_bytes = 100;
    want.cached_bytes -= 100;
    SAME(h, want);
    CHECK_REFUSED(akit_arena_alloc(h, 1, 3), EINVAL);
    want.failures_total = 1;
    SAME(h, want);
    CHECK_INT(akit_arena_resize(h, p, 99, 1), -EINVAL);
    want.misuses_total = 1;
    SAME(h, want);
    CHECK_INT(akit_arena_resize(h, p, 100, 60), 0);
    want.used_bytes = 60;
    want.cached_bytes += 40;
    SAME(h, want);
    uint64_t mark = mark_of(h);
    SAME(h, want);
    arena_block(h, KIB(100), 0);
    want.allocs_total++;
    want.slabs = want.mappings = want.maps_total = 2;
    want.capacity_bytes += KIB(128);
    want.mapped_bytes += KIB(128);
    want.mapped_peak_bytes = want.mapped_bytes;
    want.used_bytes = want.used_peak_bytes = 60 + KIB(100);
    want.tail_waste_bytes = KIB(64) - 60;
    want.high_water_bytes = KIB(164);
    want.cached_bytes = KIB(28);
    SAME(h, want);
    size_t big = MIB(6) + 1, whole = in_pages(big);
    arena_block(h, big, 0);
    want.allocs_total++;
    want.dedicated_slabs = 1;
    want.mappings = want.maps_total = 3;
    want.capacity_bytes += whole;
    want.mapped_bytes += whole;
    want.mapped_peak_bytes = want.mapped_bytes;
    want.used_bytes = want.used_peak_bytes = 60 + KIB(100) + big;
    want.tail_waste_bytes += whole - big;
    want.high_water_bytes = KIB(164) + whole;
    SAME(h, want);
    CHECK_INT(akit_arena_rewind(h, mark), 0);
    want.rewinds_total = want.frees_total = 1;
    want.dedicated_slabs = 0;
    want.used_bytes = 60;
    want.tail_waste_bytes = 0;
    want.cached_bytes = want.capacity_bytes - 60;
    SAME(h, want);
    CHECK_INT(akit_arena_reset(h, 0), 0);
    want.resets_total = 1;
    want.frees_total = 2;
    want.used_bytes = want.cached_bytes = want.capacity_bytes = 0;
    want.slabs = want.mappings = 0;
    want.unmaps_total = 3;
    want.mapped_bytes = want.metadata_bytes;
    SAME(h, want);
    arena_end(h);
}

CASE(in_the_texts_and_sums)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.name = "arena_in_texts";
    akit_arena *h = new_arena_with(&cfg);
    uint64_t used = process_stats().used_bytes;
    arena_block(h, 12345, 0);
    CHECK_INT(process_stats().used_bytes, used + 12345);
    static char text[1 << 18];
    size_t need = 0;
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(akit_stats_json(st.id, text, sizeof text, &need), 0);
    CHECK(strstr(text, "\"high_water_bytes\": 12345") || strstr(text, "\"high_water_bytes\":12345"));
    CHECK_INT(akit_stats_openmetrics(0, text, sizeof text, &need), 0);
    CHECK(strstr(text, "allockit_arena_high_water_bytes") && strstr(text, "arena_in_texts"));
    arena_end(h);
}
