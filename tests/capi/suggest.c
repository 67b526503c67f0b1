/* What akit_region_suggest and akit_huge_suggest propose: budgets that would have held what came back, caps a little above the need. */
#include "huge_kit.h"
#include "region_kit.h"

static akit_region_config region_suggestion(akit_region *h)
{
    akit_region_config say = AKIT_REGION_CONFIG_INIT;
    CHECK_INT(akit_region_suggest(h, &say), 0);
    return say;
}

static akit_huge_config huge_suggestion(akit_huge *h)
{
    akit_huge_config say = AKIT_HUGE_CONFIG_INIT;
    CHECK_INT(akit_huge_suggest(h, &say), 0);
    return say;
}

CASE(nothing_seen_nothing_proposed)
{
    akit_region *h = new_region();
    akit_huge *g = new_huge();
    akit_region_config region = AKIT_REGION_CONFIG_INIT, region_says = region_suggestion(h);
    akit_huge_config huge = AKIT_HUGE_CONFIG_INIT, huge_says = huge_suggestion(g);
    CHECK_INT(akit_region_config_get(h, &region), 0);
    CHECK_INT(akit_huge_config_get(g, &huge), 0);
    CHECK(!memcmp(&region, &region_says, sizeof region) && !memcmp(&huge, &huge_says, sizeof huge));
    akit_region_destroy(h, 0);
    akit_huge_destroy(g, 0);
}

/* Sixteen regions of a mebibyte come and go, whatever was configured. */
static void regions_come_and_go(uint64_t cache_bytes, uint64_t max_entries, uint64_t max_mappings)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    cfg.cache_bytes = cache_bytes;
    cfg.max_entries = max_entries;
    cfg.max_mappings = max_mappings;
    akit_region *h = new_region_with(&cfg);
    void *p[16];
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 16; i++)
            p[i] = touched_region(h, MIB(1));
        for (int i = 0; i < 16; i++)
            CHECK_INT(akit_region_free(h, p[i]), 0);
    }
    akit_region_stats st = region_stats_of(h);
    akit_region_config say = region_suggestion(h);
    CHECK_AT_LEAST(say.cache_bytes, MIB(16));
    CHECK_AT_MOST(say.cache_bytes, MIB(64));
    CHECK_AT_LEAST(say.max_entries, st.cached_mappings);
    CHECK_AT_MOST(say.max_entries, 1000);
    CHECK_AT_LEAST(say.max_mappings, st.mappings);
    CHECK_AT_MOST(say.max_mappings, 1000);
    CHECK_AT_LEAST(say.limit_bytes, st.mapped_peak_bytes);
    CHECK_AT_MOST(say.limit_bytes, 2 * st.mapped_peak_bytes);
    CHECK(say.decay_ns == AKIT_NONE);
    akit_region_destroy(h, 0);
}

CASE(region_budgets_shrink_to_the_need) { regions_come_and_go(0, 0, 0); }
CASE(region_cache_grows_to_the_need) { regions_come_and_go(MIB(2), 0, 0); }
CASE(region_budgets_without_bound_get_one) { regions_come_and_go(AKIT_NONE, AKIT_NONE, AKIT_NONE); }

CASE(region_decay_is_longer_where_memory_comes_back)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = 1000000;
    akit_region *h = new_region_with(&cfg);
    for (int i = 0; i < 40; i++)
        CHECK_INT(akit_region_free(h, touched_region(h, MIB(8))), 0);
    CHECK_INT(region_suggestion(h).decay_ns, 1000000); /* it stayed */
    for (int i = 0; i < 40; i++) {
        CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
        CHECK_INT(akit_region_free(h, touched_region(h, MIB(8))), 0);
    }
    CHECK_AT_LEAST(region_suggestion(h).decay_ns, 2000000);
    CHECK_AT_MOST(region_suggestion(h).decay_ns, UINT64_C(10000000000));
    akit_region_destroy(h, 0);
}

CASE(huge_budgets_follow_the_need)
{
    akit_huge *h = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER);
    void *p[3];
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 3; i++)
            p[i] = huge_block(h, MIB(32));
        for (int i = 0; i < 3; i++)
            CHECK_INT(akit_huge_free(h, p[i]), 0);
    }
    akit_huge_stats st = huge_stats_of(h);
    akit_huge_config say = huge_suggestion(h);
    CHECK_AT_LEAST(say.cache_bytes, MIB(96)); /* all three: 64 MiB kept two of them */
    CHECK_AT_MOST(say.cache_bytes, MIB(192));
    CHECK_AT_LEAST(say.limit_bytes, st.mapped_peak_bytes);
    CHECK_AT_MOST(say.limit_bytes, 2 * st.mapped_peak_bytes);
    CHECK(say.giant_mode == AKIT_HUGE_NEVER && say.huge_mode == AKIT_HUGE_NEVER);
    akit_huge_destroy(h, 0);
}

CASE(giant_pages_that_were_never_to_be_had_are_dropped)
{
    NEEDS_NO_HUGE_PAGES();
    size_t giant = (size_t)huge_system().giant_page_bytes;
    if (!giant || giant > GIB(1))
        SKIP("the kernel has no giant pages of 1 GiB or less");
    akit_huge *h = huge_with_modes(AKIT_HUGE_PREFER, AKIT_HUGE_NEVER);
    void *p = akit_huge_alloc(h, giant, 0, 0, NULL);
    CHECK(p != NULL);
    CHECK_INT(huge_suggestion(h).giant_mode, AKIT_HUGE_NEVER);
    CHECK_INT(akit_huge_free(h, p), 0);
    akit_huge_destroy(h, 0);
}

CASE(huge_pages_that_were_there_once_are_not_dropped)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *h = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_PREFER);
    size_t more = (size_t)(free_huge_pages() + overcommit_pages() + 1) * MIB(2);
    CHECK_INT(akit_huge_free(h, huge_block(h, MIB(4))), 0);
    void *p = akit_huge_alloc(h, more, 0, 0, NULL); /* more than the pool has */
    CHECK(p != NULL && inspect(p).backing != AKIT_BACKING_HUGE);
    CHECK_AT_LEAST(akit_huge_reason_count(h, AKIT_REASON_NOT_RESERVED), 1);
    CHECK_INT(huge_suggestion(h).huge_mode, AKIT_HUGE_PREFER);
    CHECK_INT(akit_huge_free(h, p), 0);
    akit_huge_destroy(h, 0);
}
