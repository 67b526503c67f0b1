/* Bounds: what each exhaust_mode answers, the warning before, and what helps afterwards. */
#include "nodes_kit.h"

static int warnings;

static void count_warnings(void *user, int error, uint64_t id, const void *p)
{
    (void)id;
    (void)p;
    if (error == ENOBUFS)
        ++*(int *)user;
}

static akit_nodes *bounded(uint64_t limit_bytes, uint32_t exhaust_mode)
{
    akit_nodes_config cfg = nodes_config(64, 16);
    cfg.limit_bytes = limit_bytes;
    cfg.exhaust_mode = exhaust_mode;
    return new_nodes_with(&cfg);
}

CASE(grow_ends_at_the_cap)
{
    akit_nodes *h = bounded(MIB(1), AKIT_EXHAUST_GROW);
    size_t n = nodes_until(h, ENOMEM);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK_AT_LEAST(n, MIB(1) * 7 / 10 / 64);
    CHECK_AT_MOST(st.mapped_bytes, MIB(1));
    CHECK(st.failures_total == 1 && st.limit_hits_total == 1 && st.fallbacks_total == 0 && st.warnings_total == 1);
    CHECK_INT(st.nodes_used, n);
    CHECK_REFUSED(akit_nodes_array_alloc(h, 60, NULL), ENOMEM);
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    CHECK_INT(nodes_until(h, ENOMEM), n);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

/* What other capacities have freed serves when nothing else is left. */
CASE(empty_slabs_serve_at_the_cap)
{
    akit_nodes *h = bounded(MIB(1), AKIT_EXHAUST_GROW);
    size_t n = nodes_until(h, ENOMEM);
    CHECK_INT(akit_nodes_reset(h, AKIT_NONE), 0);
    void **p = many_nodes(h, n);
    CHECK_INT(akit_nodes_free_n(h, n, p), n);
    CHECK(akit_nodes_array_alloc(h, 64, NULL) != NULL);
    CHECK_AT_LEAST(nodes_until(h, ENOMEM), n / 2);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
}

CASE(fail_has_one_slab)
{
    akit_nodes_config cfg = nodes_config(64, 0);
    cfg.exhaust_mode = AKIT_EXHAUST_FAIL;
    cfg.slab_bytes = KIB(128);
    akit_nodes *h = new_nodes_with(&cfg);
    CHECK_INT(nodes_until(h, ENOBUFS), KIB(128) / 64);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.slabs == 1 && st.failures_total == 1 && st.warnings_total == 1 && st.limit_hits_total == 0);
    CHECK_INT(akit_nodes_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    CHECK_INT(nodes_stats_of(h).slabs, 1);
    CHECK_INT(nodes_until(h, ENOBUFS), KIB(128) / 64);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(fallback_goes_on_and_counts)
{
    akit_nodes *h = bounded(KIB(256), AKIT_EXHAUST_FALLBACK);
    enum { N = 20000 };
    static unsigned char *p[N];
    uint64_t before = 0;
    for (int i = 0; i < N; i++) {
        p[i] = (unsigned char *)node(h);
        memset(p[i], i, 64);
        if (i == 1000)
            before = nodes_stats_of(h).fallbacks_total;
    }
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK_INT(before, 0);
    CHECK_AT_LEAST(st.fallbacks_total, N - KIB(256) / 64);
    CHECK_AT_LEAST(st.first_fallback_unix_ns, 1600000000000000000u);
    CHECK(st.failures_total == 0 && st.warnings_total == 1 && st.mapped_bytes > KIB(256));
    CHECK_AT_LEAST(st.limit_hits_total, 1);
    for (int i = 0; i < N; i++) {
        CHECK(all_bytes(p[i], 64, (unsigned char)i));
        CHECK_INT(akit_nodes_free(h, p[i]), 0);
    }
    CHECK_INT(akit_nodes_free(h, p[N - 1]), -EINVAL);
    for (int i = 0; i < N; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(nodes_stats_of(h).fallbacks_total, st.fallbacks_total);
    CHECK_INT(akit_nodes_reset(h, AKIT_NONE), 0);
    CHECK_AT_MOST(nodes_stats_of(h).mapped_bytes, KIB(256));
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(one_warning_per_crossing)
{
    akit_nodes_config cfg = nodes_config(1024, 0);
    cfg.limit_bytes = MIB(1);
    cfg.warn_percent = 50;
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    CHECK_INT(akit_misuse_handler(count_warnings, &warnings), 0);
    akit_nodes *h = new_nodes_with(&cfg);
    for (int i = 0; i < 300; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    CHECK(nodes_stats_of(h).warnings_total == 0 && warnings == 0);
    for (int i = 0; i < 300; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    CHECK(nodes_stats_of(h).warnings_total == 1 && warnings == 1);
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    for (int i = 0; i < 600; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    CHECK(nodes_stats_of(h).warnings_total == 2 && warnings == 2);
    CHECK_INT(nodes_misuses(h), 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    cfg.warn_percent = UINT32_MAX;
    h = new_nodes_with(&cfg);
    (void)nodes_until(h, ENOMEM);
    CHECK(nodes_stats_of(h).warnings_total == 0 && warnings == 2);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
}

CASE(a_refusal_changes_nothing)
{
    akit_nodes *h = bounded(KIB(256), AKIT_EXHAUST_GROW);
    size_t n = nodes_until(h, ENOMEM);
    akit_nodes_stats before = nodes_stats_of(h);
    for (int i = 0; i < 100000; i++)
        CHECK_REFUSED(akit_nodes_alloc(h), ENOMEM);
    akit_nodes_stats after = nodes_stats_of(h);
    CHECK_INT(after.failures_total - before.failures_total, 100000);
    CHECK(after.used_bytes == before.used_bytes && after.mapped_bytes == before.mapped_bytes && after.nodes_used == n);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}
