/* Wrong handles given to the functions of pools, and pools given to those of others. */
#include "pool_kit.h"

static char mine[8192] __attribute__((aligned(4096)));

static void answers_einval(akit_pool *h)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    akit_class_stats one = AKIT_CLASS_STATS_INIT;
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t all = process_stats().misuses_total, cursor = 0;
    size_t capacity = 7;
    void *p[2] = {mine, mine};
    CHECK_REFUSED(akit_pool_get(h, 10, &capacity), EINVAL);
    CHECK_INT(capacity, 0);
    errno = 0;
    CHECK_INT(akit_pool_get_n(h, 10, 2, p, NULL), 0);
    CHECK_INT(errno, EINVAL);
    errno = 4711;
    CHECK_INT(akit_pool_put(h, mine), -EINVAL);
    CHECK_INT(errno, 4711);
    CHECK_INT(akit_pool_put_n(h, 2, p), 0);
    CHECK_INT(akit_pool_warm(h, 10, 1), -EINVAL);
    CHECK_INT(akit_pool_tag_set(h, mine, 1), -EINVAL);
    CHECK_INT(akit_pool_leak_next(h, &cursor, &info), -EINVAL);
    CHECK_INT(akit_pool_purge(h, 0, NULL), -EINVAL);
    CHECK_INT(akit_pool_stats_get(h, &st), -EINVAL);
    CHECK_INT(akit_pool_class_stats_get(h, 0, &one), -EINVAL);
    CHECK_INT(akit_pool_config_get(h, &cfg), -EINVAL);
    CHECK_INT(akit_pool_suggest(h, &cfg), -EINVAL);
    CHECK_INT(akit_pool_class_count(h), 0);
    CHECK_INT(akit_pool_capacity(h, mine), 0);
    CHECK_AT_LEAST(process_stats().misuses_total, all + 4);
}

CASE(null_handle_is_einval_everywhere)
{
    answers_einval(NULL);
    CHECK_INT(akit_pool_destroy(NULL, 0), 0);
    CHECK_INT(akit_pool_destroy(NULL, AKIT_DESTROY_NOW), 0);
}

CASE(stale_handle_is_einval_everywhere)
{
    akit_pool *h = new_pool();
    void *p = plain_buffer(h, 5000);
    CHECK_INT(akit_pool_destroy(h, AKIT_DESTROY_NOW), 0);
    answers_einval(h);
    CHECK_INT(akit_pool_put(h, p), -EINVAL);
    CHECK_INT(akit_pool_destroy(h, 0), -EINVAL);
    h = new_pool();
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    answers_einval(h);
}

CASE(handle_of_another_kind_is_einval_everywhere)
{
    akit_tiered *t = new_heap();
    akit_region *r = new_region_with(NULL);
    akit_huge *g = new_huge_with(NULL);
    void *others[] = {t, r, g};
    for (int i = 0; i < 3; i++) {
        answers_einval((akit_pool *)others[i]);
        CHECK_INT(akit_pool_destroy((akit_pool *)others[i], 0), -EINVAL);
        CHECK_INT(akit_pool_destroy((akit_pool *)others[i], AKIT_DESTROY_NOW), -EINVAL);
    }
    akit_tiered_free(t, block(t, 100)); /* nothing happened to them */
    CHECK_INT(akit_tiered_destroy(t, 0), 0);
    CHECK_INT(akit_region_destroy(r, 0), 0);
    CHECK_INT(akit_huge_destroy(g, 0), 0);
    answers_einval((akit_pool *)(void *)mine);
}

CASE(pool_is_no_handle_of_another_kind)
{
    akit_pool *h = new_pool();
    akit_tiered *t = (akit_tiered *)(void *)h;
    akit_region *r = (akit_region *)(void *)h;
    akit_huge *g = (akit_huge *)(void *)h;
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    akit_region_stats rst = AKIT_REGION_STATS_INIT;
    void *p = plain_buffer(h, 5000);
    uint64_t all = process_stats().misuses_total;
    CHECK_REFUSED(akit_tiered_alloc(t, 10), EINVAL);
    CHECK_REFUSED(akit_region_alloc(r, 10, 0, 0, NULL), EINVAL);
    CHECK_REFUSED(akit_huge_alloc(g, 10, 0, 0, NULL), EINVAL);
    akit_tiered_free(t, p);
    CHECK_INT(akit_region_free(r, p), -EINVAL);
    CHECK_INT(akit_huge_free(g, p), -EINVAL);
    CHECK_INT(akit_tiered_stats_get(t, &st), -EINVAL);
    CHECK_INT(akit_region_stats_get(r, &rst), -EINVAL);
    CHECK_INT(akit_tiered_destroy(t, 0), -EINVAL);
    CHECK_INT(akit_region_destroy(r, 0), -EINVAL);
    CHECK_INT(akit_huge_destroy(g, 0), -EINVAL);
    CHECK_AT_LEAST(process_stats().misuses_total, all + 6);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(pool_misuses(h), 0);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

CASE(pool_cannot_be_stood_on)
{
    akit_pool *h = new_pool();
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    akit_pool_config pool = AKIT_POOL_CONFIG_INIT;
    akit_tiered *t = NULL;
    akit_pool *g = NULL;
    cfg.region = (akit_region *)(void *)h;
    int rc = akit_tiered_create(&cfg, &t);
    CHECK(rc == -EINVAL && t == NULL);
    pool.region = (akit_region *)(void *)h;
    rc = akit_pool_create(&pool, &g);
    CHECK(rc == -EINVAL && g == NULL);
    pool.region = NULL;
    pool.huge = (akit_huge *)(void *)h;
    rc = akit_pool_create(&pool, &g);
    CHECK(rc == -EINVAL && g == NULL);
    akit_pool_destroy(h, 0);
}

CASE(stale_handle_is_reported_for_1024_creates)
{
    akit_pool *h = new_pool();
    akit_pool_destroy(h, 0);
    for (int i = 0; i < 1023; i++) {
        akit_pool_stats st = AKIT_POOL_STATS_INIT;
        akit_pool *g = i % 3 ? new_pool() : NULL;
        akit_tiered *t = i % 3 ? NULL : new_heap();
        CHECK_INT(akit_pool_stats_get(h, &st), -EINVAL);
        CHECK_REFUSED(akit_pool_get(h, 10, NULL), EINVAL);
        akit_pool_destroy(g, 0);
        akit_tiered_destroy(t, 0);
    }
}

CASE(walk_answers)
{
    akit_pool *h = new_pool();
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t cursor = 0;
    void *p = plain_buffer(h, 10);
    CHECK_INT(akit_pool_leak_next(h, NULL, &info), -EINVAL);
    CHECK_INT(akit_pool_leak_next(h, &cursor, NULL), -EINVAL);
    info.struct_size = 11;
    CHECK_INT(akit_pool_leak_next(h, &cursor, &info), -EINVAL);
    info.struct_size = sizeof info;
    CHECK_INT(akit_pool_leak_next(h, &cursor, &info), 0);
    CHECK(info.base == (uintptr_t)p);
    CHECK_INT(akit_pool_leak_next(h, &cursor, &info), -ENOENT);
    CHECK_INT(akit_pool_leak_next(h, &cursor, &info), -ENOENT);
    CHECK_INT(akit_pool_put(h, p), 0);
    akit_pool_destroy(h, 0);
}

CASE(purge_of_unknown_flags_is_einval)
{
    akit_pool *h = new_pool();
    CHECK_INT(akit_pool_purge(h, 8, NULL), -EINVAL);
    CHECK_INT(akit_pool_purge(h, 1u << 31, NULL), -EINVAL);
    akit_pool_destroy(h, 0);
}
