/* Threads that end with cached buffers, many pools at once, and figures of the process that agree with the kernel's. */
#include "pool_kit.h"
#include "smaps.h"

#include <pthread.h>

static void *taken[4096];

static void *get_touch_and_put(void *arg)
{
    void *p[16];
    for (int i = 0; i < 16; i++)
        p[i] = akit_pool_get((akit_pool *)arg, KIB(64), NULL);
    for (int i = 0; i < 16; i++) {
        THREAD_CHECK(p[i] != NULL);
        touch_pages(p[i], KIB(64));
        THREAD_CHECK(akit_pool_put((akit_pool *)arg, p[i]) == 0);
    }
    return NULL;
}

static void by_a_thread(void *(*act)(void *), void *arg)
{
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, act, arg), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
}

FRESH(what_a_thread_had_cached_is_usable_after_its_exit)
{
    akit_pool *h = patient_pool();
    by_a_thread(get_touch_and_put, h);
    akit_pool_stats st = pool_stats_of(h);
    CHECK_AT_LEAST(st.cached_bytes, 16 * KIB(64));
    CHECK_INT(akit_maintain(NULL), 0);
    int64_t faults = minor_faults();
    get_all_touched(h, KIB(64), 16, taken);
    CHECK_AT_MOST(minor_faults() - faults, 40);
    CHECK_INT(pool_stats_of(h).hits_total, st.hits_total + 16);
    put_all(h, 16, taken);
    akit_pool_destroy(h, 0);
}

FRESH(what_a_thread_had_cached_goes_back_after_its_exit)
{
    akit_pool *h = patient_pool();
    begin();
    for (int i = 0; i < 20; i++)
        by_a_thread(get_touch_and_put, h);
    CHECK_AT_MOST(grown_rss(), MIB(4)); /* the threads used each other's */
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(1));
    akit_pool_destroy(h, 0);
}

static void *get_and_end(void *arg)
{
    for (int i = 0; i < 100; i++)
        mark(taken[i] = akit_pool_get((akit_pool *)arg, 5000, NULL), KIB(8), (uint64_t)i);
    return NULL;
}

CASE(buffers_outlive_the_thread_that_got_them)
{
    akit_pool *h = new_pool();
    by_a_thread(get_and_end, h);
    CHECK_INT(pool_stats_of(h).out_buffers, 100);
    for (int i = 0; i < 100; i++)
        CHECK(marked(taken[i], KIB(8), (uint64_t)i));
    put_all(h, 100, taken);
    CHECK_INT(pool_stats_of(h).used_bytes, 0);
    akit_pool_destroy(h, 0);
}

CASE(thread_flush_hands_the_cache_over)
{
    akit_pool *h = patient_pool();
    get_all(h, KIB(4), 20, taken);
    put_all(h, 20, taken);
    CHECK_AT_LEAST(pool_stats_of(h).thread_cache_bytes, KIB(4));
    CHECK_INT(akit_thread_flush(0), 0);
    CHECK_INT(pool_stats_of(h).thread_cache_bytes, 0);
    CHECK_AT_LEAST(pool_stats_of(h).cached_bytes, 20 * KIB(4));
    uint64_t hits = pool_stats_of(h).hits_total;
    get_all(h, KIB(4), 20, taken);
    CHECK_INT(pool_stats_of(h).hits_total, hits + 20);
    put_all(h, 20, taken);
    akit_pool_destroy(h, 0);
}

FRESH(a_thousand_pools)
{
    enum { n = 1000 };
    static akit_pool *h[n];
    uint64_t handles = process_stats().handles;
    begin();
    int64_t lines = map_lines();
    for (int i = 0; i < n; i++) {
        h[i] = new_pool();
        taken[i] = plain_buffer(h[i], KIB(2));
        *(int *)taken[i] = i;
    }
    CHECK_INT(process_stats().handles, handles + n);
    CHECK_AT_MOST(grown_rss() / n, KIB(96));
    CHECK_AT_MOST(map_lines() - lines, 2 * n);
    for (int i = 0; i < n; i += 7)
        CHECK(*(int *)taken[i] == i && inspect(taken[i]).handle_id == pool_stats_of(h[i]).id);
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_pool_put(h[i], taken[i]), 0);
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_pool_destroy(h[i], 0), 0);
    CHECK_INT(process_stats().handles, handles);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(8)); /* records of pools are kept for the next ones */
    CHECK_AT_MOST(map_lines() - lines, 64);
}

CASE(the_walk_over_handles_knows_pools)
{
    akit_pool *h = new_pool();
    uint64_t id = 0, mine = pool_stats_of(h).id;
    uint32_t kind = 0;
    int found = 0;
    while (akit_handle_next(&id, &kind) == 0)
        found += id == mine && kind == AKIT_KIND_POOL;
    CHECK_INT(found, 1);
    akit_pool_destroy(h, 0);
}

FRESH(mapped_bytes_is_what_smaps_says)
{
    begin();
    int64_t first = (int64_t)process_stats().mapped_bytes, table = (int64_t)process_stats().table_bytes;
    akit_pool *h = patient_pool();
    uint64_t x = 5;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2000; i++) {
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
            taken[i] = plain_buffer(h, (size_t)(random_word(&x) % (i % 50 ? KIB(64) : MIB(1))));
        }
        within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first);
        within_2_percent(grown_size() - ((int64_t)process_stats().table_bytes - table), (int64_t)pool_stats_of(h).mapped_bytes + (int64_t)MIB(2));
    }
    for (int i = 0; i < 2000; i += 2) {
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
        taken[i] = NULL;
    }
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_ALL, NULL), 0);
    within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first);
    CHECK_INT(akit_pool_destroy(h, AKIT_DESTROY_NOW), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    int64_t left = grown_size() - ((int64_t)process_stats().mapped_bytes - first);
    CHECK_AT_MOST(left < 0 ? -left : left, MIB(1));
}

FRESH(after_purge_rss_is_used_and_metadata)
{
    begin();
    akit_pool *h = patient_pool();
    get_all_touched(h, KIB(32), 2000, taken);
    for (int i = 0; i < 2000; i++)
        if (i % 3)
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), pool_stats_of(h).used_bytes + process_stats().metadata_bytes + MIB(3));
    CHECK_AT_LEAST(pool_stats_of(h).metadata_bytes, 1);
    destroy_now(h);
}

static uint64_t used_of_process(void) { return process_stats().used_bytes; }

CASE(figures_of_the_process_contain_pools)
{
    akit_process_stats before_it = process_stats();
    akit_pool *h = patient_pool();
    CHECK_INT(process_stats().handles, before_it.handles + 1);
    CHECK_INT(process_stats().handles_created_total, before_it.handles_created_total + 1);
    get_all(h, KIB(64), 100, taken);
    CHECK_INT(used_of_process(), before_it.used_bytes + 100 * KIB(64));
    CHECK_AT_LEAST(process_stats().mapped_bytes, before_it.mapped_bytes);
    CHECK_INT(akit_pool_put(h, &check_count), -ENOENT);
    CHECK_INT(process_stats().misuses_total, before_it.misuses_total + 1);
    put_all(h, 100, taken);
    CHECK_INT(used_of_process(), before_it.used_bytes);
    CHECK_AT_LEAST(process_stats().cached_bytes, 100 * KIB(64));
    akit_pool_destroy(h, 0);
}
