/* Two threads put the same buffer at the same time: the second put is found, at the call or when the caches are left. */
#include "pool_kit.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ROUNDS = 3000, BUFFERS = 8 };

static akit_pool *pool;
static void *both[BUFFERS];
static pthread_barrier_t barrier;
static atomic_int refused, odd;

static void *put_what_the_other_puts(void *arg)
{
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < BUFFERS; i++) {
            int rc = akit_pool_put(pool, both[i]);
            atomic_fetch_add(&refused, rc == -EINVAL);
            atomic_fetch_add(&odd, rc != 0 && rc != -EINVAL);
        }
        akit_thread_flush(0);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

/* The buffers are distinct after each round; `every` tells whether each race is found at the call. */
static void race(uint32_t check_mode, size_t length, int every)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    pthread_t t[2];
    cfg.check_mode = check_mode;
    cfg.decay_ns = AKIT_NONE;
    pool = new_pool_with(&cfg);
    atomic_store(&refused, 0);
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&t[i], NULL, put_what_the_other_puts, NULL), 0);
    const char *wrong = NULL;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BUFFERS; i++) {
            both[i] = akit_pool_get(pool, length, NULL);
            for (int k = 0; k < i && !wrong; k++)
                wrong = both[k] == both[i] ? "a buffer was handed out twice" : NULL;
            if (!both[i])
                wrong = "no buffer";
        }
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        akit_pool_stats st = AKIT_POOL_STATS_INIT;
        akit_pool_stats_get(pool, &st);
        if (st.misuses_total != (uint64_t)(round + 1) * BUFFERS)
            wrong = "a race was not found";
        if (st.used_bytes || st.out_buffers)
            wrong = "buffers are out that were put";
        if (every && (uint64_t)atomic_load(&refused) != st.misuses_total)
            wrong = "a race was not found at the call";
    }
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&barrier);
    if (wrong)
        CHECK_FAIL("%s", wrong);
    CHECK_INT(atomic_load(&odd), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
}

CASE(racing_puts_are_found_when_they_leave_the_caches) { race(AKIT_CHECK_FAST, 5000, 0); }
CASE(racing_puts_of_large_buffers_are_found) { race(AKIT_CHECK_FAST, KIB(64), 0); }
CASE(racing_puts_are_found_at_the_call_with_exact_checks) { race(AKIT_CHECK_EXACT, 5000, 1); }

enum { KEEPERS = 2, KEPT = 64 };

static void *shared[KEPT];

static void *put_them_all(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < KEPT; i++)
        akit_pool_put(pool, shared[i]);
    return NULL;
}

/* The same when the caches are left by the end of the threads. */
CASE(racing_puts_are_found_when_the_threads_end)
{
    pool = patient_pool();
    for (int round = 0; round < 200; round++) {
        pthread_t t[KEEPERS];
        get_all(pool, 3000, KEPT, shared);
        void *sorted[KEPT];
        memcpy(sorted, shared, sizeof sorted);
        do_not_overlap(sorted, KEPT, 3000);
        pthread_barrier_init(&barrier, NULL, KEEPERS);
        for (int i = 0; i < KEEPERS; i++)
            CHECK_INT(pthread_create(&t[i], NULL, put_them_all, NULL), 0);
        for (int i = 0; i < KEEPERS; i++)
            pthread_join(t[i], NULL);
        pthread_barrier_destroy(&barrier);
        CHECK_INT(akit_pool_purge(pool, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0); /* nobody adopts their caches */
        CHECK_INT(pool_misuses(pool), (round + 1) * KEPT);
        CHECK_INT(pool_stats_of(pool).out_buffers, 0);
    }
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
}
