/* Tiered handles that stand on a region or a huge handle: where blocks come from, caps, wrong parents, purges. */
#include "stand_on_kit.h"

CASE(blocks_lie_in_the_memory_of_the_parent)
{
    static unsigned char buffer[MIB(64)] __attribute__((aligned(65536)));
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    akit_region *h = new_region_with(&cfg);
    akit_tiered *t = heap_on(h, NULL);
    for (int i = 0; i < SIZES; i++) {
        unsigned char *p = (unsigned char *)block(t, sizes[i]);
        CHECK(p >= buffer && p + sizes[i] <= buffer + sizeof buffer);
        CHECK(inspect(p).handle_kind == AKIT_KIND_TIERED && inspect(p).handle_id == stats_of(t).id);
        CHECK_INT(akit_tiered_owns(t, p), 1);
        if (i % 2)
            akit_free(p);
    }
    CHECK_AT_LEAST(region_stats_of(h).used_bytes, stats_of(t).used_bytes);
    CHECK_INT(region_misuses(h), 0);
    akit_tiered_destroy(t, 0);
    CHECK_INT(region_stats_of(h).used_bytes, 0);
    akit_region_destroy(h, 0);
}

CASE(memory_of_the_caller_runs_out_as_enomem)
{
    static unsigned char buffer[MIB(8)] __attribute__((aligned(65536)));
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    akit_region *h = new_region_with(&cfg);
    akit_tiered *t = heap_on(h, NULL);
    int n = 0;
    while (akit_tiered_alloc(t, 5000) != NULL)
        n++;
    CHECK_INT(errno, ENOMEM);
    CHECK_AT_LEAST(n, MIB(5) / 5000);
    CHECK_AT_MOST(n, MIB(8) / 5000);
    akit_tiered_destroy(t, 0);
    CHECK(plain_region(h, sizeof buffer) == buffer); /* all of it is back, in one piece */
    akit_region_destroy(h, 0);
}

CASE(figures_of_parent_and_child_agree)
{
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    akit_tiered_config now = AKIT_TIERED_CONFIG_INIT;
    CHECK_INT(akit_tiered_config_get(t, &now), 0);
    CHECK(now.region == h && now.huge == NULL);
    use(t, 20);
    akit_tiered_stats child = stats_of(t);
    akit_region_stats parent = region_stats_of(h);
    CHECK_AT_LEAST(parent.used_bytes, child.used_bytes);
    CHECK_AT_LEAST(parent.maps_total, 1);
    CHECK_AT_LEAST(parent.mapped_bytes, parent.used_bytes);
    CHECK_AT_LEAST(child.mapped_bytes, child.used_bytes);
    akit_tiered_destroy(t, 0);
    CHECK_INT(region_stats_of(h).used_bytes, 0);
    akit_region_destroy(h, 0);
}

FRESH(mapped_bytes_of_the_process_is_what_smaps_says)
{
    begin();
    int64_t first = (int64_t)process_stats().mapped_bytes;
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    for (int i = 0; i < 20; i++)
        use(t, 1);
    within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first); /* nothing counts twice */
}

CASE(cap_of_the_parent_is_enomem)
{
    akit_region *h = capped_region(MIB(16));
    akit_tiered *t = heap_on(h, NULL);
    for (int i = 0; i < SIZES; i++) {
        int n = 0;
        while (n < 2000000 && akit_tiered_alloc(t, sizes[i]) != NULL)
            n++;
        CHECK_INT(errno, ENOMEM);
        CHECK_AT_MOST((size_t)n * sizes[i], MIB(16));
        CHECK_AT_MOST(region_stats_of(h).mapped_bytes, MIB(16));
    }
    CHECK_AT_LEAST(region_stats_of(h).limit_hits_total + stats_of(t).limit_hits_total, 1);
    CHECK_AT_LEAST(stats_of(t).failures_total, SIZES);
    akit_tiered_destroy(t, 0);
    CHECK_INT(akit_region_free(h, touched_region(h, MIB(12))), 0); /* the parent goes on */
    akit_region_destroy(h, 0);
}

CASE(children_share_the_cap)
{
    akit_region *h = capped_region(MIB(32));
    akit_tiered *a = heap_on(h, NULL), *b = heap_on(h, NULL);
    void *p = block(a, MIB(20));
    CHECK_REFUSED(akit_tiered_alloc(b, MIB(20)), ENOMEM);
    akit_tiered_free(a, p);
    CHECK_INT(akit_tiered_purge(a, AKIT_PURGE_ALL, NULL), 0);
    akit_tiered_free(b, block(b, MIB(20)));
    akit_tiered_destroy(a, 0);
    akit_tiered_destroy(b, 0);
    akit_region_destroy(h, 0);
}

/* What the parent has cached is free for its children, too. */
CASE(cap_of_the_parent_gives_its_cache_up)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.limit_bytes = MIB(32);
    cfg.decay_ns = AKIT_NONE;
    akit_region *h = new_region_with(&cfg);
    akit_tiered *t = heap_on(h, NULL);
    void *p[24];
    for (int i = 0; i < 24; i++)
        p[i] = touched_region(h, MIB(1));
    for (int i = 0; i < 24; i++)
        CHECK_INT(akit_region_free(h, p[i]), 0);
    CHECK_AT_LEAST(region_stats_of(h).cached_bytes, MIB(24));
    CHECK(akit_tiered_alloc(t, MIB(20)) != NULL);
    akit_tiered_destroy(t, 0);
    akit_region_destroy(h, 0);
}

static int answers(void *region, void *huge)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *t = (akit_tiered *)(void *)&check_count;
    cfg.region = (akit_region *)region;
    cfg.huge = (akit_huge *)huge;
    int rc = akit_tiered_create(&cfg, &t);
    CHECK((rc == 0) == (t != NULL));
    if (rc == 0)
        akit_tiered_destroy(t, 0);
    return rc;
}

CASE(stale_and_wrong_parents_are_einval)
{
    akit_region *h = new_region();
    akit_huge *g = new_huge();
    akit_tiered *t = new_heap();
    CHECK_INT(answers(h, g), 0);
    CHECK_INT(answers(g, NULL), -EINVAL);
    CHECK_INT(answers(NULL, h), -EINVAL);
    CHECK_INT(answers(t, NULL), -EINVAL);
    CHECK_INT(answers(NULL, t), -EINVAL);
    void *p = plain_region(h, 1), *q = huge_block(g, 1);
    akit_region_destroy(h, AKIT_DESTROY_DEFER);
    akit_huge_destroy(g, AKIT_DESTROY_DEFER);
    CHECK_INT(answers(h, NULL), -EINVAL); /* nothing new from handles that wait for their end */
    CHECK_INT(answers(NULL, g), -EINVAL);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_huge_free(g, q), 0);
    CHECK_INT(answers(h, NULL), -EINVAL);
    CHECK_INT(answers(NULL, g), -EINVAL);
    akit_tiered_destroy(t, 0);
}

FRESH(purge_of_child_then_parent_returns_the_memory)
{
    enum { n = 20000 };
    static void *p[n];
    begin();
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    for (int i = 0; i < n; i++)
        p[i] = block(t, i % 50 ? 3000 : 100000);
    for (int i = 0; i < n; i++)
        akit_tiered_free(t, p[i]);
    CHECK_AT_LEAST(grown_rss(), MIB(60));
    CHECK_INT(akit_tiered_purge(t, AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(4));
    use(t, 2);
    akit_tiered_destroy(t, 0);
    akit_region_destroy(h, 0);
}

CASE(huge_blocks_come_from_the_huge_parent)
{
    akit_huge *g = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER);
    akit_tiered *t = heap_on(NULL, g);
    block(t, 100);
    block(t, 100000);
    CHECK_INT(huge_stats_of(g).allocs_total, 0);
    uint64_t used = stats_of(t).used_bytes;
    akit_tiered_free(t, block(t, MIB(6) + 100000));
    CHECK_INT(stats_of(t).used_bytes, used);
    CHECK_INT(stats_of(t).allocs_total - stats_of(t).frees_total, 2);
    void *p = block(t, MIB(6));
    CHECK_AT_LEAST(huge_stats_of(g).used_bytes, MIB(6));
    CHECK_INT(inspect(p).handle_kind, AKIT_KIND_TIERED);
    p = akit_tiered_realloc(t, p, MIB(20));
    CHECK(p && all_bytes(p, MIB(6), 0x5a));
    CHECK_AT_LEAST(huge_stats_of(g).used_bytes, MIB(20));
    akit_tiered_free(t, p);
    akit_tiered_destroy(t, 0);
    CHECK_INT(huge_stats_of(g).used_bytes, 0);
    CHECK_INT(huge_misuses(g), 0);
    akit_huge_destroy(g, 0);
}

CASE(explicit_pages_of_the_huge_parent)
{
    NEEDS_HUGE_PAGES(8);
    uint64_t before_it = free_huge_pages();
    akit_huge *g = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_REQUIRE);
    akit_tiered *t = heap_on(NULL, g);
    void *p = block(t, MIB(8));
    CHECK_INT(free_huge_pages(), before_it - 4);
    CHECK_INT(inspect(p).backing, AKIT_BACKING_HUGE);
    CHECK_INT(memory_at(p, MIB(8)).kernel_page, MIB(2));
    CHECK_REFUSED(akit_tiered_alloc(t, before_it * MIB(2)), ENOMEM);
    CHECK_INT(akit_huge_destroy(g, 0), 0);
    CHECK(all_bytes(p, MIB(8), 0x5a));
    CHECK_INT(akit_tiered_destroy(t, 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(free_huge_pages(), before_it);
}

CASE(cap_of_the_huge_parent_is_enomem)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.limit_bytes = MIB(16);
    akit_huge *g = new_huge_with(&cfg);
    akit_tiered *t = heap_on(NULL, g);
    void *p = block(t, MIB(8));
    CHECK_REFUSED(akit_tiered_alloc(t, MIB(12)), ENOMEM);
    akit_tiered_free(t, block(t, 5000));
    CHECK_INT(akit_huge_destroy(g, AKIT_DESTROY_DEFER), 0);
    CHECK(all_bytes(p, MIB(8), 0x5a));
    akit_tiered_free(t, p);
    akit_tiered_destroy(t, 0);
}
