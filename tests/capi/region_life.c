/* End of region handles: destroy, deferred destroy, threads, many handles, and what is left of them in the process. */
#include "region_kit.h"
#include "smaps.h"

#include <pthread.h>

CASE(destroy_unknown_flags_is_einval_and_consumes)
{
    akit_region *h = new_region();
    CHECK_INT(akit_region_destroy(h, 1u << 20), -EINVAL);
    CHECK_REFUSED(akit_region_alloc(h, 10, 0, 0, NULL), EINVAL);
}

FRESH(destroy_with_regions_out_gives_everything_back)
{
    begin();
    int64_t lines = map_lines();
    akit_region *h = new_region();
    for (int i = 0; i < 128; i++)
        touched_region(h, MIB(1));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_AT_MOST(grown_rss(), MIB(34)); /* the process-wide cache */
    for (int i = 0; i < 40 && grown_rss() > (int64_t)MIB(2); i++) {
        usleep(50000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
    CHECK_AT_MOST(grown_rss(), MIB(2));
    CHECK_AT_MOST(map_lines() - lines, 8);
}

FRESH(destroy_gives_everything_back_with_the_purge_thread)
{
    CHECK_INT(akit_purge_thread(1), 0);
    begin();
    akit_region *h = new_region();
    for (int i = 0; i < 64; i++)
        touched_region(h, MIB(2));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_AT_MOST(grown_rss_waiting_for(MIB(2)), MIB(2));
    CHECK_INT(akit_purge_thread(0), 0);
}

FRESH(destroy_keeps_nothing_without_a_process_cache)
{
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    int64_t lines = map_lines();
    akit_region *h = new_region();
    for (int i = 0; i < 64; i++)
        touched_region(h, MIB(1));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_AT_MOST(grown_rss(), MIB(2));
    CHECK_AT_MOST(grown_size(), (int64_t)process_stats().table_bytes + (int64_t)MIB(4));
    CHECK_AT_MOST(map_lines() - lines, 8);
}

CASE(defer_keeps_regions_until_freed)
{
    akit_region *h = new_region();
    void *p[8];
    for (int i = 0; i < 8; i++)
        mark(p[i] = plain_region(h, KIB(64) << i), KIB(64) << i, (uint64_t)i);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_region_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK_REFUSED(akit_region_alloc(h, 10, 0, 0, NULL), ESHUTDOWN);
    CHECK_REFUSED(akit_region_alloc(h, MIB(1), 0, AKIT_ALLOC_ZERO, NULL), ESHUTDOWN);
    CHECK_REFUSED(akit_region_realloc(h, NULL, 10, 0, NULL), ESHUTDOWN);
    for (int i = 0; i < 8; i++) {
        CHECK(marked(p[i], KIB(64) << i, (uint64_t)i));
        CHECK_INT(akit_region_free(h, p[i]), 0);
    }
    CHECK_INT(akit_thread_flush(0), 0);
    CHECK_INT(akit_maintain(NULL), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_REFUSED(akit_region_alloc(h, 10, 0, 0, NULL), EINVAL);
    CHECK_INT(akit_region_destroy(h, 0), -EINVAL);
}

CASE(defer_with_nothing_out_ends_at_once)
{
    akit_region *h = new_region();
    CHECK_INT(akit_region_free(h, touched_region(h, MIB(1))), 0);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_region_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_REFUSED(akit_region_alloc(h, 10, 0, 0, NULL), EINVAL);
}

static void *free_8(void *arg)
{
    void **box = (void **)arg;
    for (int i = 1; i <= 8; i++)
        THREAD_CHECK(akit_region_free((akit_region *)box[0], box[i]) == 0);
    return NULL;
}

FRESH(defer_ends_by_the_frees_of_another_thread)
{
    begin();
    akit_region *h = new_region();
    void *box[9] = {h};
    for (int i = 1; i <= 8; i++)
        box[i] = touched_region(h, MIB(4));
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_region_destroy(h, AKIT_DESTROY_DEFER), 0);
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, free_8, box), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_AT_MOST(grown_rss(), MIB(2));
}

static pthread_barrier_t barrier;

static void *fill_a_cache_and_wait(void *arg)
{
    akit_region *h = (akit_region *)arg;
    void *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = akit_region_alloc(h, KIB(64) << (i % 4), 0, 0, NULL);
    for (int i = 0; i < 8; i++) {
        THREAD_CHECK(p[i] != NULL);
        touch_pages(p[i], KIB(64) << (i % 4));
        THREAD_CHECK(akit_region_free(h, p[i]) == 0);
    }
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the handle ends in between */
    akit_region *g = NULL;
    THREAD_CHECK(akit_region_create(NULL, &g) == 0);
    void *q = akit_region_alloc(g, KIB(64), 0, 0, NULL);
    THREAD_CHECK(q != NULL && akit_region_free(g, q) == 0);
    THREAD_CHECK(akit_region_destroy(g, 0) == 0);
    return NULL;
}

static void *destroy_it(void *arg)
{
    THREAD_CHECK(akit_region_destroy((akit_region *)arg, 0) == 0);
    return NULL;
}

FRESH(destroy_by_another_thread_under_full_caches_of_32_threads)
{
    enum { threads = 32 };
    pthread_t t[threads], ender;
    begin();
    akit_region *h = patient_region();
    pthread_barrier_init(&barrier, NULL, threads + 1);
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&t[i], NULL, fill_a_cache_and_wait, h), 0);
    pthread_barrier_wait(&barrier);
    CHECK_INT(pthread_create(&ender, NULL, destroy_it, h), 0);
    pthread_join(ender, NULL);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(4)); /* glibc keeps some stacks */
    CHECK_REFUSED(akit_region_alloc(h, 10, 0, 0, NULL), EINVAL);
}

FRESH(a_thousand_handles)
{
    enum { n = 1000 };
    static akit_region *h[n];
    static void *p[n];
    uint64_t handles = process_stats().handles;
    begin();
    int64_t lines = map_lines();
    for (int i = 0; i < n; i++) {
        h[i] = new_region();
        p[i] = plain_region(h[i], KIB(64));
        *(int *)p[i] = i;
    }
    CHECK_INT(process_stats().handles, handles + n);
    CHECK_AT_MOST(grown_rss() / n, KIB(96));
    CHECK_AT_MOST(map_lines() - lines, 2 * n);
    for (int i = 0; i < n; i += 7)
        CHECK(*(int *)p[i] == i && inspect(p[i]).handle_id == region_stats_of(h[i]).id);
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_region_destroy(h[i], 0), 0);
    CHECK_INT(process_stats().handles, handles);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(4));
    CHECK_AT_MOST(map_lines() - lines, 64);
}

CASE(the_walk_over_handles_knows_regions)
{
    akit_region *h = new_region();
    uint64_t id = 0, mine = region_stats_of(h).id;
    uint32_t kind = 0;
    int found = 0;
    while (akit_handle_next(&id, &kind) == 0)
        found += id == mine && kind == AKIT_KIND_REGION;
    CHECK_INT(found, 1);
    akit_region_destroy(h, 0);
}

FRESH(mapped_bytes_is_what_smaps_says)
{
    static void *p[200];
    begin();
    int64_t first = (int64_t)process_stats().mapped_bytes, table = (int64_t)process_stats().table_bytes;
    akit_region *h = patient_region();
    uint64_t x = 5;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
            if (p[i])
                CHECK_INT(akit_region_free(h, p[i]), 0);
            p[i] = plain_region(h, KIB(64) + (size_t)(random_word(&x) % MIB(4)));
        }
        within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first);
        within_2_percent(grown_size() - ((int64_t)process_stats().table_bytes - table), (int64_t)region_stats_of(h).mapped_bytes + (int64_t)MIB(1));
    }
    for (int i = 0; i < 200; i += 2)
        CHECK_INT(akit_region_free(h, p[i]), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first);
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    int64_t left = grown_size() - ((int64_t)process_stats().mapped_bytes - first);
    CHECK_AT_MOST(left < 0 ? -left : left, MIB(1));
}

FRESH(after_purge_rss_is_used_and_metadata)
{
    static void *p[256];
    begin();
    akit_region *h = patient_region();
    for (int i = 0; i < 256; i++)
        p[i] = touched_region(h, KIB(300));
    for (int i = 0; i < 256; i++)
        if (i % 3)
            CHECK_INT(akit_region_free(h, p[i]), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    akit_region_stats st = region_stats_of(h);
    CHECK_AT_MOST(grown_rss(), st.used_bytes + st.metadata_bytes + MIB(2));
    CHECK_AT_LEAST(st.metadata_bytes, 1);
    akit_region_destroy(h, 0);
}
