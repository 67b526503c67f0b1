/* Wrong handles given to the functions of regions, what the misuse handler hears, errno. */
#include "region_kit.h"

static char mine[8192] __attribute__((aligned(4096)));

static void answers_einval(akit_region *h)
{
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    uint64_t all = process_stats().misuses_total;
    size_t usable = 7;
    CHECK_REFUSED(akit_region_alloc(h, 10, 0, 0, &usable), EINVAL);
    CHECK_INT(usable, 0);
    CHECK_REFUSED(akit_region_realloc(h, NULL, 10, 0, NULL), EINVAL);
    CHECK_REFUSED(akit_region_realloc(h, mine, 10, 0, NULL), EINVAL);
    CHECK_INT(akit_region_free(h, mine), -EINVAL);
    CHECK_INT(akit_region_pin(h, mine), -EINVAL);
    CHECK_INT(akit_region_unpin(h, mine), -EINVAL);
    CHECK_INT(akit_region_prefault(h, mine, 0, 0), -EINVAL);
    CHECK_INT(akit_region_purge(h, 0, NULL), -EINVAL);
    CHECK_INT(akit_region_stats_get(h, &st), -EINVAL);
    CHECK_INT(akit_region_config_get(h, &cfg), -EINVAL);
    CHECK_INT(akit_region_suggest(h, &cfg), -EINVAL);
    CHECK_INT(akit_region_node_bytes(h, 0), -EINVAL);
    CHECK_AT_LEAST(process_stats().misuses_total, all + 4);
}

CASE(null_handle_is_einval_everywhere)
{
    answers_einval(NULL);
    CHECK_INT(akit_region_destroy(NULL, 0), 0);
}

CASE(stale_handle_is_einval_everywhere)
{
    akit_region *h = new_region();
    plain_region(h, MIB(1));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    answers_einval(h);
    CHECK_INT(akit_region_destroy(h, 0), -EINVAL);
}

CASE(handle_of_another_kind_is_einval_everywhere)
{
    akit_tiered *t = new_heap();
    akit_huge *g = NULL;
    answers_einval((akit_region *)(void *)t);
    CHECK_INT(akit_region_destroy((akit_region *)(void *)t, 0), -EINVAL);
    void *p = block(t, 100); /* nothing happened to it */
    akit_tiered_free(t, p);
    CHECK_INT(akit_tiered_destroy(t, 0), 0);
    CHECK_INT(akit_huge_create(NULL, &g), 0);
    answers_einval((akit_region *)(void *)g);
    CHECK_INT(akit_region_destroy((akit_region *)(void *)g, 0), -EINVAL);
    CHECK_INT(akit_huge_destroy(g, 0), 0);
    answers_einval((akit_region *)(void *)mine);
}

CASE(region_handle_is_no_tiered_handle)
{
    akit_region *h = new_region();
    akit_tiered *t = (akit_tiered *)(void *)h;
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    void *p = plain_region(h, MIB(1));
    uint64_t all = process_stats().misuses_total;
    CHECK_REFUSED(akit_tiered_alloc(t, 10), EINVAL);
    CHECK_REFUSED(akit_tiered_realloc(t, p, 10), EINVAL);
    akit_tiered_free(t, p);
    CHECK_INT(akit_tiered_stats_get(t, &st), -EINVAL);
    CHECK_INT(akit_tiered_purge(t, 0, NULL), -EINVAL);
    CHECK_INT(akit_tiered_usable_size(t, p), 0);
    CHECK_INT(akit_tiered_destroy(t, 0), -EINVAL);
    CHECK_AT_LEAST(process_stats().misuses_total, all + 3);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(region_misuses(h), 0);
    CHECK_INT(akit_region_destroy(h, 0), 0);
}

CASE(stale_handle_is_reported_for_1024_creates)
{
    akit_region *h = new_region();
    akit_region_destroy(h, 0);
    for (int i = 0; i < 1023; i++) {
        akit_region_stats st = AKIT_REGION_STATS_INIT;
        akit_region *g = i % 3 ? new_region() : NULL;
        akit_tiered *t = i % 3 ? NULL : new_heap();
        CHECK_INT(akit_region_stats_get(h, &st), -EINVAL);
        CHECK_REFUSED(akit_region_alloc(h, 10, 0, 0, NULL), EINVAL);
        akit_region_destroy(g, 0);
        akit_tiered_destroy(t, 0);
    }
}

static struct {
    int calls, error;
    uint64_t handle_id;
    const void *p;
} seen;

static void remember(void *user, int error, uint64_t handle_id, const void *p)
{
    (void)user;
    seen.calls++;
    seen.error = error;
    seen.handle_id = handle_id;
    seen.p = p;
}

CASE(handler_hears_of_it)
{
    akit_region *h = exact_region();
    uint64_t id = region_stats_of(h).id;
    char *p = (char *)plain_region(h, MIB(1)), *q = p + page_bytes();
    CHECK_INT(akit_misuse_handler(remember, NULL), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    akit_region_free(h, q);
    int told_inside = seen.calls == 1 && seen.error == ENOENT && seen.handle_id == id && seen.p == q;
    akit_region_unpin(h, p);
    int told_unpin = seen.calls == 2 && seen.error == EINVAL && seen.p == p;
    akit_region_free(h, p);
    int told_nothing = seen.calls == 2;
    akit_region_free(h, p);
    int told_twice = seen.calls == 3 && seen.error == EINVAL && seen.handle_id == id && seen.p == p;
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_COUNT), 0);
    CHECK(told_inside && told_unpin && told_nothing && told_twice);
    akit_region_destroy(h, 0);
}

CASE(free_preserves_errno)
{
    akit_region *h = new_region();
    void *p = touched_region(h, MIB(1)), *q = akit_region_alloc(h, MIB(4), 0, AKIT_ALLOC_NO_CACHE, NULL);
    errno = 4711;
    akit_region_free(h, p);
    CHECK_INT(errno, 4711);
    akit_region_free(h, p);
    CHECK_INT(errno, 4711);
    akit_region_free(h, mine);
    CHECK_INT(errno, 4711);
    akit_region_free(h, q);
    CHECK_INT(errno, 4711);
    akit_region_free(NULL, q);
    CHECK_INT(errno, 4711);
    akit_region_destroy(h, 0);
}
