/* Handles of huge pages: misuse, end of the handle, fork without explicit pages, every figure alive. */
#include "huge_kit.h"
#include "child.h"
#include "smaps.h"

static char mine[8192] __attribute__((aligned(4096)));

static akit_huge *plain_handle(uint32_t check_mode)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = cfg.huge_mode = AKIT_HUGE_NEVER;
    cfg.check_mode = check_mode;
    return new_huge_with(&cfg);
}

/* --- misuse -------------------------------------------------------------------------------------------------------------- */

CASE(wrong_pointers_are_answered_and_change_nothing)
{
    akit_huge *h = plain_handle(AKIT_CHECK_EXACT), *g = plain_handle(0);
    akit_tiered *t = new_heap();
    char *p = (char *)huge_block(h, MIB(4)), *q = (char *)huge_block(g, MIB(4)), *b = (char *)block(t, MIB(3));
    mark(p, MIB(4), 1);
    CHECK_INT(akit_huge_free(h, NULL), 0);
    CHECK_INT(akit_huge_free(h, mine), -ENOENT);
    CHECK_INT(akit_huge_free(h, p + 4096), -ENOENT);
    CHECK_INT(akit_huge_free(h, p + MIB(2)), -ENOENT);
    CHECK_INT(akit_huge_free(h, p + 8), -ENOENT);
    CHECK_INT(akit_huge_free(h, q), -ENOENT);
    CHECK_INT(akit_huge_free(h, b), -ENOENT);
    CHECK_INT(akit_huge_free(h, (void *)(uintptr_t)4096), -ENOENT);
    CHECK_INT(huge_misuses(h), 7);
    akit_tiered_free(t, p);
    akit_free(p);
    CHECK_INT(misuses_of(t), 1);
    CHECK_INT(akit_usable_size(p), 0);
    CHECK(marked(p, MIB(4), 1));
    CHECK_INT(akit_huge_free(h, p), 0);
    CHECK_INT(akit_huge_free(h, p), -EINVAL);
    p = (char *)huge_block(h, MIB(4));
    char *other = (char *)huge_block(h, MIB(4));
    CHECK_INT(akit_huge_free(h, p), 0);
    CHECK_INT(akit_huge_free(h, other), 0);
    CHECK_INT(akit_huge_free(h, p), -EINVAL);
    CHECK_INT(huge_misuses(h), 9);
    CHECK_INT(huge_stats_of(h).frees_total, 3);
    CHECK_INT(huge_misuses(g), 0);
    akit_huge_destroy(h, 0);
    akit_huge_destroy(g, 0);
    akit_tiered_destroy(t, 0);
}

CASE(free_preserves_errno)
{
    akit_huge *h = plain_handle(0);
    void *p = huge_block(h, MIB(4)), *q = akit_huge_alloc(h, MIB(4), 0, AKIT_ALLOC_NO_CACHE, NULL);
    errno = 4711;
    akit_huge_free(h, p);
    akit_huge_free(h, p);
    akit_huge_free(h, q);
    akit_huge_free(h, mine);
    akit_huge_free(NULL, mine);
    CHECK_INT(errno, 4711);
    akit_huge_destroy(h, 0);
}

static void answers_einval(akit_huge *h)
{
    akit_huge_stats st = AKIT_HUGE_STATS_INIT;
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    uint64_t all = process_stats().misuses_total;
    uint32_t backing = 9;
    CHECK_REFUSED(akit_huge_alloc(h, 10, 0, 0, &backing), EINVAL);
    CHECK_INT(backing, 0);
    CHECK_INT(akit_huge_free(h, mine), -EINVAL);
    CHECK_INT(akit_huge_purge(h, 0, NULL), -EINVAL);
    CHECK_INT(akit_huge_stats_get(h, &st), -EINVAL);
    CHECK_INT(akit_huge_config_get(h, &cfg), -EINVAL);
    CHECK_INT(akit_huge_suggest(h, &cfg), -EINVAL);
    CHECK_INT(akit_huge_reason_count(h, AKIT_REASON_NODE), -EINVAL);
    CHECK_INT(akit_huge_node_bytes(h, 0), -EINVAL);
    CHECK_AT_LEAST(process_stats().misuses_total, all + 2);
}

CASE(wrong_handles_are_einval_everywhere)
{
    akit_huge *h = plain_handle(0);
    akit_tiered *t = new_heap();
    akit_region *r = new_region_with(NULL);
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    answers_einval(NULL);
    CHECK_INT(akit_huge_destroy(NULL, 0), 0);
    answers_einval((akit_huge *)(void *)t);
    answers_einval((akit_huge *)(void *)r);
    CHECK_INT(akit_huge_destroy((akit_huge *)(void *)t, 0), -EINVAL);
    CHECK_INT(akit_huge_destroy((akit_huge *)(void *)r, 0), -EINVAL);
    CHECK_INT(akit_region_stats_get((akit_region *)(void *)h, &st), -EINVAL);
    CHECK_REFUSED(akit_tiered_alloc((akit_tiered *)(void *)h, 10), EINVAL);
    CHECK_INT(akit_huge_purge(h, 1u << 30, NULL), -EINVAL);
    CHECK_INT(akit_huge_destroy(h, 0), 0);
    answers_einval(h);
    for (int i = 0; i < 1023; i++) {
        akit_huge *g = plain_handle(0);
        CHECK_REFUSED(akit_huge_alloc(h, 10, 0, 0, NULL), EINVAL);
        akit_huge_destroy(g, 0);
    }
    CHECK_INT(akit_huge_destroy(h, 0), -EINVAL);
    CHECK_INT(akit_tiered_destroy(t, 0), 0);
    CHECK_INT(akit_region_destroy(r, 0), 0);
    h = plain_handle(0);
    CHECK_INT(akit_huge_destroy(h, 1u << 9), -EINVAL); /* consumed all the same */
    answers_einval(h);
}

/* --- the end --------------------------------------------------------------------------------------------------------------- */

FRESH(destroy_gives_everything_back)
{
    begin();
    int64_t lines = map_lines();
    akit_huge *h = plain_handle(0);
    for (int i = 0; i < 32; i++)
        huge_block(h, MIB(4));
    CHECK_INT(akit_huge_destroy(h, 0), 0);
    CHECK_AT_MOST(grown_rss(), MIB(34)); /* the process-wide cache */
    for (int i = 0; i < 40 && grown_rss() > (int64_t)MIB(2); i++) {
        usleep(50000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
    CHECK_AT_MOST(grown_rss(), MIB(2));
    CHECK_AT_MOST(map_lines() - lines, 8);
}

CASE(defer_keeps_blocks_until_freed)
{
    akit_huge *h = plain_handle(0);
    void *p = huge_block(h, MIB(4)), *q = huge_block(h, MIB(8));
    mark(q, MIB(8), 2);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_huge_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK_REFUSED(akit_huge_alloc(h, 10, 0, 0, NULL), ESHUTDOWN);
    CHECK_INT(akit_huge_free(h, p), 0);
    CHECK(marked(q, MIB(8), 2));
    CHECK_INT(akit_huge_free(h, q), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_REFUSED(akit_huge_alloc(h, 10, 0, 0, NULL), EINVAL);
}

static int uses_and_frees(void *arg)
{
    void **box = (void **)arg;
    akit_huge *h = (akit_huge *)box[0];
    CHILD_CHECK(marked(box[1], MIB(4), 3) && akit_huge_free(h, box[1]) == 0);
    void *p = akit_huge_alloc(h, MIB(16), 0, AKIT_ALLOC_ZERO, NULL);
    CHILD_CHECK(p && all_bytes(p, MIB(16), 0) && akit_huge_free(h, p) == 0);
    CHILD_CHECK(akit_huge_destroy(h, 0) == 0);
    return 0;
}

CASE(child_has_a_copy_of_other_pages)
{
    void *box[2] = {plain_handle(0), NULL};
    mark(box[1] = huge_block((akit_huge *)box[0], MIB(4)), MIB(4), 3);
    in_child(uses_and_frees, box);
    CHECK(marked(box[1], MIB(4), 3));
    akit_huge_destroy((akit_huge *)box[0], 0);
}

FRESH(figures_are_alive)
{
    akit_huge *h = plain_handle(0);
    akit_huge_stats st = huge_stats_of(h);
    CHECK(st.kind == AKIT_KIND_HUGE && st.id > 0 && st.limit_bytes == AKIT_NONE && st.used_bytes == 0);
    void *p = huge_block(h, MIB(4)), *q = huge_block(h, MIB(2));
    st = huge_stats_of(h);
    CHECK(st.allocs_total == 2 && st.used_bytes == MIB(6) && st.mapped_bytes >= MIB(6) && st.mappings >= 1 && st.maps_total >= 1);
    CHECK(st.metadata_bytes > 0 && st.cache_misses_total == 2 && st.thp_bytes + st.base_bytes == MIB(6));
    CHECK_INT(akit_huge_free(h, p), 0);
    CHECK_INT(akit_huge_free(h, q), 0);
    st = huge_stats_of(h);
    CHECK(st.frees_total == 2 && st.used_bytes == 0 && st.used_peak_bytes >= MIB(6) && st.cached_bytes >= MIB(6));
    CHECK_INT(akit_huge_purge(h, AKIT_PURGE_ALL, NULL), 0);
    st = huge_stats_of(h);
    CHECK(st.purges_total >= 1 && st.purged_bytes_total >= MIB(6) && st.cached_bytes == 0 && st.unmaps_total >= 1);
    CHECK(st.mapped_peak_bytes >= MIB(6) && st.mapped_bytes < MIB(6));
    CHECK_INT(akit_huge_free(h, akit_huge_alloc(h, MIB(16), 0, 0, NULL)), 0);
    CHECK_AT_LEAST(huge_stats_of(h).used_peak_bytes, MIB(16)); /* nobody was looking then */
    akit_huge_destroy(h, 0);
}
