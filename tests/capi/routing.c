/* The thresholds of the config really route: which tier's used bytes grow says where a block came from. */
#include "kit.h"

enum { SMALL, MEDIUM, LARGE, HUGE_TIER };

static uint64_t used_of(akit_tiered *h, int tier)
{
    akit_tiered_stats st = stats_of(h);
    const uint64_t used[] = {st.small_used_bytes, st.medium_used_bytes, st.large_used_bytes, st.huge_used_bytes};
    CHECK_INT(used[0] + used[1] + used[2] + used[3], st.used_bytes);
    return used[tier];
}

static void comes_from(akit_tiered *h, size_t size, int tier)
{
    void *p = block(h, size);
    for (int t = SMALL; t <= HUGE_TIER; t++) {
        uint64_t used = used_of(h, t);
        if (t == tier ? used < size : used != 0)
            CHECK_FAIL("%zu bytes: tier %d uses %llu", size, t, (unsigned long long)used);
    }
    akit_tiered_free(h, p);
    CHECK_INT(stats_of(h).used_bytes, 0);
}

CASE(default_thresholds_route)
{
    akit_tiered *h = new_heap();
    comes_from(h, 1, SMALL);
    comes_from(h, 1024, SMALL);
    comes_from(h, 1025, MEDIUM);
    comes_from(h, KIB(16), MEDIUM);
    comes_from(h, KIB(16) + 1, LARGE);
    comes_from(h, MIB(1), LARGE);
    comes_from(h, MIB(2), HUGE_TIER);
    comes_from(h, MIB(20), HUGE_TIER);
    akit_tiered_destroy(h, 0);
}

static akit_tiered *heap_of(uint64_t small, uint64_t medium, uint64_t large)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.small_max_bytes = small;
    cfg.medium_max_bytes = medium;
    cfg.large_max_bytes = large;
    return new_heap_with(&cfg);
}

CASE(small_max_bytes_routes)
{
    akit_tiered *h = heap_of(256, 0, 0);
    comes_from(h, 256, SMALL);
    comes_from(h, 257, MEDIUM);
    akit_tiered_destroy(h, 0);
}

CASE(medium_max_bytes_routes)
{
    akit_tiered *h = heap_of(0, 4096, 0);
    comes_from(h, 4096, MEDIUM);
    comes_from(h, 4097, LARGE);
    akit_tiered_destroy(h, 0);
}

CASE(large_max_bytes_routes)
{
    akit_tiered *h = heap_of(0, 0, KIB(256));
    comes_from(h, KIB(256), LARGE);
    comes_from(h, KIB(256) + 1, HUGE_TIER);
    akit_tiered_destroy(h, 0);
}

CASE(large_max_bytes_above_2_mib_routes)
{
    akit_tiered *h = heap_of(0, 0, MIB(8));
    comes_from(h, MIB(3), LARGE);
    comes_from(h, MIB(8), LARGE);
    comes_from(h, MIB(8) + 1, HUGE_TIER);
    akit_tiered_destroy(h, 0);
}

CASE(equal_thresholds_leave_a_tier_empty)
{
    akit_tiered *h = heap_of(1024, 1024, KIB(64));
    comes_from(h, 1024, SMALL);
    comes_from(h, 1025, LARGE);
    comes_from(h, KIB(64) + 1, HUGE_TIER);
    akit_tiered_destroy(h, 0);
}

CASE(smallest_thresholds_route)
{
    akit_tiered *h = heap_of(16, 32, 64);
    comes_from(h, 16, SMALL);
    comes_from(h, 17, MEDIUM);
    comes_from(h, 33, LARGE);
    comes_from(h, 65, HUGE_TIER);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_moves_between_tiers)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_realloc(h, block(h, 100), 5000);
    CHECK_AT_LEAST(used_of(h, MEDIUM), 5000);
    CHECK_INT(used_of(h, SMALL), 0);
    p = akit_tiered_realloc(h, p, 100000);
    CHECK_AT_LEAST(used_of(h, LARGE), 100000);
    CHECK_INT(used_of(h, MEDIUM), 0);
    p = akit_tiered_realloc(h, p, MIB(3));
    CHECK_AT_LEAST(used_of(h, HUGE_TIER), MIB(3));
    CHECK_INT(used_of(h, LARGE), 0);
    akit_tiered_free(h, p);
    akit_tiered_destroy(h, 0);
}
