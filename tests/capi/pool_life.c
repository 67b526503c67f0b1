/* End of pools: destroy that waits and destroy at once, threads, many pools, and what is left of them in the process. */
#include "pool_kit.h"
#include "smaps.h"

#include <pthread.h>

static void *taken[4096];

CASE(destroy_unknown_flags_is_einval_and_otherwise_ignored)
{
    const uint32_t flags[] = {4, 1u << 31, AKIT_DESTROY_NOW | 8};
    for (int i = 0; i < 3; i++) {
        akit_pool *h = new_pool();
        void *p = plain_buffer(h, 5000);
        CHECK_INT(akit_pool_destroy(h, flags[i]), -EINVAL);
        int now = (flags[i] & AKIT_DESTROY_NOW) != 0;
        CHECK_REFUSED(akit_pool_get(h, 10, NULL), now ? EINVAL : ESHUTDOWN);
        CHECK_INT(akit_pool_put(h, p), now ? -EINVAL : 0);
        CHECK_REFUSED(akit_pool_get(h, 10, NULL), EINVAL);
    }
}

CASE(destroy_waits_for_what_is_out)
{
    akit_pool *h = new_pool();
    size_t capacity = 7;
    for (int i = 0; i < 60; i++)
        mark(taken[i] = plain_buffer(h, KIB(2) << i % 8), KIB(2) << i % 8, (uint64_t)i);
    CHECK_INT(akit_pool_put(h, plain_buffer(h, 100)), 0);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK_REFUSED(akit_pool_get(h, 10, &capacity), ESHUTDOWN);
    CHECK_INT(capacity, 0);
    CHECK_REFUSED(akit_pool_get(h, MIB(1), NULL), ESHUTDOWN);
    errno = 0;
    CHECK_INT(akit_pool_get_n(h, 10, 3, taken + 100, NULL), 0);
    CHECK_INT(errno, ESHUTDOWN);
    CHECK_INT(akit_pool_warm(h, 10, 1), -ESHUTDOWN);
    CHECK_INT(out_of(h), 60);
    for (int i = 0; i < 60; i++) {
        CHECK(marked(taken[i], KIB(2) << i % 8, (uint64_t)i));
        CHECK_INT(akit_pool_capacity(h, taken[i]) >= KIB(2) << i % 8, 1);
        CHECK_INT(process_stats().handles, handles);
        if (i % 2)
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
        else
            CHECK_INT(akit_pool_put_n(h, 1, &taken[i]), 1);
    }
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_REFUSED(akit_pool_get(h, 10, NULL), EINVAL);
    CHECK_INT(akit_pool_put(h, taken[0]), -EINVAL);
    CHECK_INT(akit_pool_destroy(h, 0), -EINVAL);
}

CASE(wrong_puts_do_not_end_a_pool_that_waits)
{
    akit_pool *h = new_pool();
    char *p = (char *)plain_buffer(h, 5000), *q = (char *)plain_buffer(h, 5000);
    uint64_t all = process_stats().misuses_total;
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(akit_pool_put(h, p), -EINVAL);
    CHECK_INT(akit_pool_put(h, p), -EINVAL);
    CHECK_INT(akit_pool_put(h, q + 64), -ENOENT);
    CHECK_INT(akit_pool_put(h, &check_count), -ENOENT);
    CHECK_INT(akit_pool_put(h, NULL), 0);
    CHECK_INT(process_stats().misuses_total, all + 4);
    memset(q, 3, KIB(8));
    CHECK_INT(out_of(h), 1);
    CHECK_INT(akit_pool_put(h, q), 0);
    CHECK_INT(akit_pool_put(h, q), -EINVAL);
}

CASE(destroy_with_nothing_out_ends_at_once)
{
    akit_pool *h = new_pool();
    get_all(h, 5000, 100, taken);
    put_all(h, 100, taken);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_REFUSED(akit_pool_get(h, 10, NULL), EINVAL);
}

FRESH(destroy_now_gives_everything_back)
{
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    int64_t lines = map_lines();
    akit_pool *h = new_pool();
    for (int i = 0; i < 1000; i++)
        taken[i] = touched_buffer(h, i % 100 ? KIB(64) : MIB(1));
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_pool_destroy(h, AKIT_DESTROY_NOW), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_AT_MOST(grown_rss(), MIB(3));
    CHECK_AT_MOST(grown_size(), (int64_t)process_stats().table_bytes + (int64_t)MIB(4));
    CHECK_AT_MOST(map_lines() - lines, 8);
}

FRESH(idle_buffers_go_when_a_pool_waits)
{
    CHECK_INT(akit_cache_limit(0), 0);
    akit_pool *h = patient_pool();
    begin();
    get_all_touched(h, KIB(64), 500, taken);
    put_all(h, 499, taken);
    CHECK_AT_LEAST(grown_rss(), MIB(20));
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK_AT_MOST(grown_rss(), MIB(4));
    CHECK_INT(akit_pool_put(h, taken[499]), 0);
    CHECK_AT_MOST(grown_rss(), MIB(2));
}

static pthread_barrier_t barrier;
static akit_pool *ending;

static void *put_a_share(void *arg)
{
    void **share = (void **)arg;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 50; i++)
        THREAD_CHECK(akit_pool_put(ending, share[i]) == 0);
    return NULL;
}

/* Threads put the last buffers at the same time: one of them ends the pool, once. */
CASE(a_pool_that_waits_is_ended_by_other_threads)
{
    enum { threads = 4 };
    for (int round = 0; round < 50; round++) {
        pthread_t t[threads];
        ending = new_pool();
        get_all(ending, 1 + (size_t)round * 3000, 50 * threads, taken);
        uint64_t handles = process_stats().handles, all = process_stats().misuses_total;
        pthread_barrier_init(&barrier, NULL, threads + 1);
        for (int i = 0; i < threads; i++)
            CHECK_INT(pthread_create(&t[i], NULL, put_a_share, taken + (ptrdiff_t)50 * i), 0);
        CHECK_INT(akit_pool_destroy(ending, 0), 0);
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < threads; i++)
            pthread_join(t[i], NULL);
        pthread_barrier_destroy(&barrier);
        CHECK_THREADS();
        CHECK_INT(process_stats().handles, handles - 1);
        CHECK_INT(process_stats().misuses_total, all);
        CHECK_REFUSED(akit_pool_get(ending, 10, NULL), EINVAL);
    }
}

/* "Beside no other call on h save puts." */
CASE(destroy_beside_puts)
{
    enum { threads = 3 };
    for (int round = 0; round < 100; round++) {
        pthread_t t[threads];
        ending = new_pool();
        get_all(ending, 5000, 50 * threads, taken);
        uint64_t handles = process_stats().handles;
        pthread_barrier_init(&barrier, NULL, threads + 1);
        for (int i = 0; i < threads; i++)
            CHECK_INT(pthread_create(&t[i], NULL, put_a_share, taken + (ptrdiff_t)50 * i), 0);
        pthread_barrier_wait(&barrier);
        CHECK_INT(akit_pool_destroy(ending, 0), 0);
        for (int i = 0; i < threads; i++)
            pthread_join(t[i], NULL);
        pthread_barrier_destroy(&barrier);
        CHECK_THREADS();
        CHECK_INT(akit_maintain(NULL), 0);
        CHECK_REFUSED(akit_pool_get(ending, 10, NULL), EINVAL);
        CHECK_INT(process_stats().handles, handles - 1);
    }
}

static void *fill_a_cache_and_wait(void *arg)
{
    akit_pool *h = (akit_pool *)arg, *g = NULL;
    void *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = akit_pool_get(h, KIB(2) << i % 6, NULL);
    for (int i = 0; i < 8; i++)
        THREAD_CHECK(p[i] && akit_pool_put(h, p[i]) == 0);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the pool ends in between */
    THREAD_CHECK(akit_pool_create(NULL, &g) == 0);
    void *q = akit_pool_get(g, KIB(64), NULL);
    THREAD_CHECK(q && akit_pool_put(g, q) == 0);
    THREAD_CHECK(akit_pool_destroy(g, 0) == 0);
    return NULL;
}

static void *destroy_it(void *arg)
{
    THREAD_CHECK(akit_pool_destroy((akit_pool *)arg, 0) == 0);
    return NULL;
}

FRESH(destroy_by_another_thread_under_full_caches_of_32_threads)
{
    enum { threads = 32 };
    pthread_t t[threads], ender;
    begin();
    akit_pool *h = patient_pool();
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
    CHECK_REFUSED(akit_pool_get(h, 10, NULL), EINVAL);
}
