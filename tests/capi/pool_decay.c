/* Idle buffers go back: by decay through akit_maintain and the purge thread, and by purges. */
#include "pool_kit.h"
#include "smaps.h"

#include <pthread.h>

/* BOOKS: what the library keeps of its knowledge about the addresses of a burst. */
enum { MS = 1000000, BURST = 10000, BOOKS = BURST / 100 * 65536 };

static void *taken[BURST];

static akit_pool *pool_that_decays(uint64_t decay_ns)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.decay_ns = decay_ns;
    return new_pool_with(&cfg);
}

/* 10,000 buffers of 64 KiB are got, touched and put; every `out`-th stays out. */
static void burst(akit_pool *h, int out)
{
    get_all_touched(h, KIB(64), BURST, taken);
    CHECK_AT_LEAST(grown_rss(), (int64_t)BURST * (int64_t)KIB(64));
    for (int i = 0; i < BURST; i++)
        if (!out || i % out)
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
}

static void maintain_until(int64_t most)
{
    for (int i = 0; i < 200 && (i < 4 || grown_rss() > most); i++) {
        usleep(50000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
    CHECK_AT_MOST(grown_rss(), most);
}

FRESH(a_burst_goes_back_through_maintain)
{
    akit_pool *h = pool_that_decays(0);
    begin();
    burst(h, 0);
    maintain_until(MIB(2) + BOOKS);
    CHECK_INT(pool_stats_of(h).used_bytes, 0);
    CHECK_INT(pool_stats_of(h).cached_bytes, 0);
    CHECK_AT_LEAST(pool_stats_of(h).discards_total, BURST);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

FRESH(a_burst_goes_back_through_the_purge_thread)
{
    CHECK_INT(akit_purge_thread(1), 0);
    akit_pool *h = pool_that_decays(0);
    begin();
    burst(h, 0);
    usleep(300000); /* decay and 200 ms */
    CHECK_AT_MOST(grown_rss_waiting_for(MIB(2) + BOOKS), MIB(2) + BOOKS);
    CHECK_INT(akit_purge_thread(0), 0);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

FRESH(a_burst_goes_back_although_1_percent_stay_out)
{
    akit_pool *h = pool_that_decays(0);
    begin();
    burst(h, 100);
    for (int i = 0; i < BURST; i += 100)
        mark(taken[i], KIB(64), (uint64_t)i);
    maintain_until((int64_t)(BURST / 100 * KIB(64) + MIB(4)) + BOOKS);
    for (int i = 0; i < BURST; i += 100) {
        CHECK(marked(taken[i], KIB(64), (uint64_t)i));
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    }
    maintain_until(MIB(2) + BOOKS);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

FRESH(after_the_burst_only_what_the_caps_allow_is_kept)
{
    akit_pool *h = pool_that_decays(AKIT_NONE);
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    burst(h, 0);
    CHECK_AT_MOST(pool_stats_of(h).cached_bytes, MIB(64));
    CHECK_AT_MOST(grown_rss(), MIB(64) + MIB(8) + BOOKS);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

FRESH(decay_none_never_goes_back_by_itself)
{
    akit_pool *h = pool_that_decays(AKIT_NONE);
    begin();
    get_all_touched(h, KIB(64), 256, taken);
    put_all(h, 256, taken);
    for (int i = 0; i < 6; i++) {
        usleep(50000);
        CHECK_INT(akit_maintain(NULL), 0);
        CHECK_INT(akit_pool_purge(h, AKIT_PURGE_DUE, NULL), 0);
    }
    CHECK_AT_LEAST(grown_rss(), MIB(16));
    CHECK_AT_LEAST(pool_stats_of(h).cached_bytes, MIB(16));
    akit_pool_destroy(h, 0);
}

FRESH(what_is_used_again_and_again_does_not_decay)
{
    akit_pool *h = pool_that_decays((uint64_t)1000 * MS);
    get_all_touched(h, KIB(64), 16, taken);
    int64_t faults = minor_faults();
    for (int i = 0; i < 30; i++) {
        put_all(h, 16, taken);
        usleep(10000);
        CHECK_INT(akit_maintain(NULL), 0);
        get_all_touched(h, KIB(64), 16, taken);
    }
    CHECK_AT_MOST(minor_faults() - faults, 200);
    put_all(h, 16, taken);
    akit_pool_destroy(h, 0);
}

FRESH(maintain_says_when_it_is_wanted_again)
{
    akit_pool *h = pool_that_decays((uint64_t)400 * MS);
    uint64_t next_ns = 0;
    CHECK_INT(akit_maintain(&next_ns), 0);
    CHECK(next_ns == AKIT_NONE);
    get_all_touched(h, KIB(64), 64, taken);
    put_all(h, 64, taken);
    CHECK_INT(akit_maintain(&next_ns), 0);
    CHECK_AT_MOST(next_ns, (uint64_t)400 * MS);
    CHECK_AT_LEAST(next_ns, 1);
    for (int i = 0; i < 60 && next_ns != AKIT_NONE; i++) {
        usleep((useconds_t)(next_ns / 1000 + 1000));
        CHECK_INT(akit_maintain(&next_ns), 0);
    }
    CHECK(next_ns == AKIT_NONE);
    CHECK_INT(pool_stats_of(h).cached_bytes, 0);
    akit_pool_destroy(h, 0);
}

static pthread_barrier_t barrier;

static void *fill_a_cache_and_sleep(void *arg)
{
    void *p[16];
    for (int i = 0; i < 16; i++)
        p[i] = akit_pool_get((akit_pool *)arg, KIB(64), NULL);
    for (int i = 0; i < 16; i++) {
        THREAD_CHECK(p[i] != NULL);
        touch_pages(p[i], KIB(64));
    }
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 16; i++) {
        THREAD_CHECK(akit_pool_put((akit_pool *)arg, p[i]) == 0);
    }
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

FRESH(caches_of_sleeping_threads_go_back)
{
    enum { threads = 16 };
    pthread_t t[threads];
    if (!(process_stats().features >> AKIT_FEATURE_MEMBARRIER & 1))
        SKIP("caches of sleeping threads cannot be taken here");
    akit_pool *h = pool_that_decays(0);
    pthread_barrier_init(&barrier, NULL, threads + 1);
    begin();
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&t[i], NULL, fill_a_cache_and_sleep, h), 0);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    CHECK_AT_LEAST(grown_rss(), MIB(16));
    CHECK_AT_LEAST(pool_stats_of(h).thread_cache_bytes, MIB(1));
    maintain_until(MIB(3)); /* and the stacks */
    CHECK_INT(pool_stats_of(h).thread_cache_bytes, 0);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    akit_pool_destroy(h, 0);
}

static void purge_gives_everything_back(size_t length, size_t n, uint32_t flags)
{
    akit_pool *h = pool_that_decays(AKIT_NONE);
    uint64_t bytes = 0;
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    get_all_touched(h, length, n, taken);
    put_all(h, n, taken);
    int64_t had = grown_rss();
    CHECK_AT_LEAST(had, n * length);
    CHECK_INT(akit_pool_purge(h, flags, &bytes), 0);
    CHECK_AT_MOST(grown_rss(), MIB(1));
    int64_t gone = had - grown_rss();
    CHECK_AT_MOST((int64_t)bytes, gone + (int64_t)MIB(2));
    CHECK_AT_MOST(gone, (int64_t)bytes + (int64_t)MIB(1));
    akit_pool_stats st = pool_stats_of(h);
    CHECK_INT(st.cached_bytes, 0);
    CHECK_INT(st.purges_total, 1);
    CHECK_INT(st.purged_bytes_total, bytes);
    CHECK_INT(akit_pool_purge(h, flags, &bytes), 0);
    CHECK_INT(bytes, 0);
    akit_pool_destroy(h, 0);
}

FRESH(purge_of_the_smallest_class) { purge_gives_everything_back(KIB(2), 8000, 0); }
FRESH(purge_of_the_largest_class) { purge_gives_everything_back(KIB(64), 500, AKIT_PURGE_ALL); }
FRESH(purge_with_wait) { purge_gives_everything_back(KIB(8), 2000, AKIT_PURGE_ALL | AKIT_PURGE_WAIT); }

FRESH(akit_purge_knows_pools)
{
    akit_pool *h = pool_that_decays(AKIT_NONE);
    uint64_t bytes = 0;
    begin();
    get_all_touched(h, KIB(64), 500, taken);
    put_all(h, 500, taken);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, &bytes), 0);
    CHECK_AT_LEAST(bytes, 500 * KIB(64) - MIB(1));
    CHECK_AT_MOST(grown_rss(), MIB(2));
    akit_pool_destroy(h, 0);
}

CASE(purge_due_takes_only_what_is_due)
{
    akit_pool *h = pool_that_decays((uint64_t)3600 * 1000 * MS);
    uint64_t bytes = 1;
    get_all(h, KIB(64), 50, taken);
    put_all(h, 50, taken);
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_DUE, &bytes), 0);
    CHECK_INT(bytes, 0);
    CHECK_AT_LEAST(pool_stats_of(h).cached_bytes, 50 * KIB(64));
    akit_pool_destroy(h, 0);
}

CASE(purge_leaves_buffers_that_are_out_alone)
{
    akit_pool *h = pool_that_decays(AKIT_NONE);
    for (int i = 0; i < 300; i++)
        mark(taken[i] = plain_buffer(h, KIB(2) << i % 6), KIB(2) << i % 6, (uint64_t)i);
    for (int i = 0; i < 300; i += 2)
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    for (int i = 1; i < 300; i += 2) {
        CHECK(marked(taken[i], KIB(2) << i % 6, (uint64_t)i));
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    }
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
}
