/* Pools that stand on a region or a huge handle: where buffers come from, caps, wrong parents, ends in any order. */
#include "pool_kit.h"
#include "huge_kit.h"
#include "smaps.h"

static void *taken[2000];

static akit_pool *pool_on(akit_region *region, akit_huge *huge)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.region = region;
    cfg.huge = huge;
    cfg.decay_ns = AKIT_NONE;
    return new_pool_with(&cfg);
}

static size_t some_length(size_t i)
{
    return i % 40 == 39 ? MIB(1) : KIB(2) << i % 6;
}

static void use(akit_pool *h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mark(taken[i] = plain_buffer(h, some_length(i)), some_length(i), i);
}

static void put_what_was_used(akit_pool *h, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CHECK(marked(taken[i], some_length(i), i));
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    }
}

CASE(buffers_lie_in_the_memory_of_the_parent)
{
    static unsigned char buffer[MIB(64)] __attribute__((aligned(65536)));
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    akit_region *r = new_region_with(&cfg);
    akit_pool *h = pool_on(r, NULL);
    use(h, 200);
    for (int i = 0; i < 200; i++) {
        CHECK((unsigned char *)taken[i] >= buffer && (unsigned char *)taken[i] < buffer + sizeof buffer);
        CHECK(inspect(taken[i]).handle_kind == AKIT_KIND_POOL && inspect(taken[i]).handle_id == pool_stats_of(h).id);
    }
    CHECK_AT_LEAST(region_stats_of(r).used_bytes, pool_stats_of(h).used_bytes);
    put_what_was_used(h, 200);
    akit_pool_destroy(h, 0);
    CHECK_INT(region_stats_of(r).used_bytes, 0);
    akit_region_destroy(r, 0);
}

CASE(figures_of_parent_and_child_agree)
{
    akit_region *r = new_region_with(NULL);
    akit_pool *h = pool_on(r, NULL);
    akit_pool_config now = AKIT_POOL_CONFIG_INIT;
    CHECK_INT(akit_pool_config_get(h, &now), 0);
    CHECK(now.region == r && now.huge == NULL);
    use(h, 500);
    akit_pool_stats child = pool_stats_of(h);
    akit_region_stats parent = region_stats_of(r);
    CHECK_AT_LEAST(parent.used_bytes, child.used_bytes);
    CHECK_AT_LEAST(parent.mapped_bytes, parent.used_bytes);
    CHECK_AT_LEAST(child.mapped_bytes, child.used_bytes);
    put_what_was_used(h, 500);
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(region_stats_of(r).used_bytes, MIB(1)); /* the parent has them again */
    akit_pool_destroy(h, 0);
    CHECK_INT(region_stats_of(r).used_bytes, 0);
    akit_region_destroy(r, 0);
}

FRESH(mapped_bytes_of_the_process_is_what_smaps_says)
{
    begin();
    int64_t first = (int64_t)process_stats().mapped_bytes;
    akit_pool *h = pool_on(new_region_with(NULL), NULL);
    use(h, 1500);
    within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first); /* nothing counts twice */
}

CASE(cap_of_the_parent_is_enomem)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.limit_bytes = MIB(16);
    akit_region *r = new_region_with(&cfg);
    akit_pool *h = pool_on(r, NULL);
    for (size_t length = KIB(2); length <= MIB(2); length *= 32) {
        size_t n = 0;
        static void *p[9000];
        while (n < 9000 && (p[n] = akit_pool_get(h, length, NULL)))
            n++;
        CHECK_INT(errno, ENOMEM);
        CHECK_AT_LEAST(n * length, MIB(8));
        CHECK_AT_MOST(region_stats_of(r).mapped_bytes, MIB(16));
        put_all(h, n, p);
    }
    CHECK_AT_LEAST(region_stats_of(r).limit_hits_total + pool_stats_of(h).limit_hits_total, 1);
    akit_pool_destroy(h, 0);
    void *p = akit_region_alloc(r, MIB(12), 0, 0, NULL); /* the parent goes on */
    CHECK(p && akit_region_free(r, p) == 0);
    akit_region_destroy(r, 0);
}

CASE(memory_of_the_caller_below_a_region_runs_out_as_enomem)
{
    static unsigned char buffer[MIB(8)] __attribute__((aligned(65536)));
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    akit_region *r = new_region_with(&cfg);
    akit_pool *h = pool_on(r, NULL);
    size_t n = 0;
    while (n < 2000 && (taken[n] = akit_pool_get(h, 10000, NULL)))
        n++;
    CHECK_INT(errno, ENOMEM);
    CHECK_AT_LEAST(n, MIB(5) / KIB(16));
    put_all(h, n, taken);
    akit_pool_destroy(h, 0);
    void *whole = akit_region_alloc(r, sizeof buffer, 0, 0, NULL);
    CHECK(whole == (void *)buffer); /* all of it is back, in one piece */
    akit_region_destroy(r, 0);
}

CASE(parent_ends_first)
{
    akit_region *r = new_region_with(NULL);
    akit_huge *g = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER);
    akit_pool *h = pool_on(r, NULL), *k = pool_on(NULL, g);
    use(h, 300);
    CHECK_INT(akit_region_destroy(r, 0), 0);
    put_what_was_used(h, 300);
    use(h, 1000);
    put_what_was_used(h, 1000);
    CHECK_INT(pool_misuses(h), 0);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    use(k, 300);
    CHECK_INT(akit_huge_destroy(g, 0), 0);
    put_what_was_used(k, 300);
    use(k, 1000);
    CHECK_INT(akit_pool_destroy(k, 0), 0);
    put_what_was_used(k, 1000);
    CHECK_REFUSED(akit_pool_get(k, 1, NULL), EINVAL);
}

CASE(pool_that_waits_keeps_the_parent)
{
    akit_region *r = new_region_with(NULL);
    akit_pool *h = pool_on(r, NULL);
    uint64_t handles = process_stats().handles;
    use(h, 100);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK_INT(akit_region_destroy(r, 0), 0);
    put_what_was_used(h, 100);
    CHECK_INT(process_stats().handles, handles - 2);
}

CASE(pools_and_heaps_share_a_parent)
{
    akit_region *r = new_region_with(NULL);
    akit_pool *h = pool_on(r, NULL), *g = pool_on(r, NULL);
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.region = r;
    akit_tiered *t = new_heap_with(&cfg);
    use(h, 200);
    void *p = block(t, 100000), *q = plain_buffer(g, KIB(64));
    memset(q, 7, KIB(64));
    CHECK_INT(akit_pool_put(h, q), -ENOENT);
    CHECK_INT(akit_pool_put(h, p), -ENOENT);
    CHECK_INT(akit_region_free(r, q), -ENOENT);
    destroy_now(g);
    akit_tiered_destroy(t, 0);
    put_what_was_used(h, 200);
    akit_pool_destroy(h, 0);
    CHECK_INT(region_stats_of(r).used_bytes, 0);
    akit_region_destroy(r, 0);
}

CASE(huge_parent_gives_its_pages)
{
    akit_huge *g = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER);
    akit_pool *h = pool_on(NULL, g);
    use(h, 500);
    CHECK_AT_LEAST(huge_stats_of(g).used_bytes, pool_stats_of(h).used_bytes);
    CHECK(inspect(taken[0]).backing <= AKIT_BACKING_THP);
    put_what_was_used(h, 500);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK_INT(huge_stats_of(g).used_bytes, 0);
    CHECK_INT(akit_huge_destroy(g, 0), 0);
}

CASE(huge_parent_with_explicit_pages)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *g = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_REQUIRE);
    akit_pool *h = pool_on(NULL, g);
    get_all(h, KIB(64), 60, taken);
    for (int i = 0; i < 60; i++)
        CHECK_INT(inspect(taken[i]).backing, AKIT_BACKING_HUGE);
    put_all(h, 60, taken);
    akit_pool_destroy(h, 0);
    akit_huge_destroy(g, 0);
}

static int answers(void *region, void *huge, uint32_t fork_mode, uint32_t thp, uint64_t prefault_bytes)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    akit_pool *h = (akit_pool *)(void *)&check_count;
    cfg.region = (akit_region *)region;
    cfg.huge = (akit_huge *)huge;
    cfg.fork_mode = fork_mode;
    cfg.thp = thp;
    cfg.prefault_bytes = prefault_bytes;
    int rc = akit_pool_create(&cfg, &h);
    CHECK((rc == 0) == (h != NULL));
    if (rc == 0)
        akit_pool_destroy(h, 0);
    return rc;
}

CASE(stale_and_wrong_parents_are_einval)
{
    akit_region *r = new_region_with(NULL);
    akit_huge *g = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER);
    akit_tiered *t = new_heap();
    CHECK_INT(answers(r, g, 0, 0, 0), -EINVAL);
    CHECK_INT(answers(t, NULL, 0, 0, 0), -EINVAL);
    CHECK_INT(answers(NULL, t, 0, 0, 0), -EINVAL);
    CHECK_INT(answers(g, NULL, 0, 0, 0), -EINVAL);
    CHECK_INT(answers(NULL, r, 0, 0, 0), -EINVAL);
    CHECK_INT(answers(r, NULL, AKIT_FORK_DONTFORK, 0, 0), -EINVAL); /* they have theirs */
    CHECK_INT(answers(NULL, g, AKIT_FORK_COPY, 0, 0), -EINVAL);
    CHECK_INT(answers(r, NULL, 0, AKIT_THP_ADVISE, 0), -EINVAL);
    CHECK_INT(answers(NULL, g, 0, AKIT_THP_NEVER, 0), -EINVAL);
    CHECK_INT(answers(NULL, g, 0, 0, MIB(1)), -EINVAL);
    CHECK_INT(answers(r, NULL, 0, 0, 0), 0);
    CHECK_INT(answers(NULL, g, 0, 0, 0), 0);
    akit_region_destroy(r, 0);
    akit_huge_destroy(g, 0);
    CHECK_INT(answers(r, NULL, 0, 0, 0), -EINVAL);
    CHECK_INT(answers(NULL, g, 0, 0, 0), -EINVAL);
    akit_tiered_destroy(t, 0);
}
