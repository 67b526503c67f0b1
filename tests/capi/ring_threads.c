/* Rings under threads: the part of the producer handed on, releases by several, payload checked. */
#include "ring_kit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { ROUNDS = CHECK_SANITIZED ? 2000 : 20000, THREADS = 3, SHELF = 64 };

static akit_ring *h;
static pthread_mutex_t producer = PTHREAD_MUTEX_INITIALIZER;

typedef struct {
    uint64_t random;
    unsigned char *p[32];
    size_t length[32];
} worker;

static void *takes_turns(void *arg)
{
    worker *w = (worker *)arg;
    for (int i = 0; i < ROUNDS; i++) {
        int k = i % 32;
        if (w->p[k]) {
            THREAD_CHECK(w->p[k][0] == (unsigned char)(w->length[k] + (unsigned)k) && all_bytes(w->p[k], w->length[k], w->p[k][0]));
            THREAD_CHECK(akit_ring_release(h, w->p[k]) == 0);
        }
        w->length[k] = random_word(&w->random) % 1500 + 1;
        pthread_mutex_lock(&producer);
        w->p[k] = (unsigned char *)akit_ring_acquire(h, w->length[k]);
        if (w->p[k] && i % 5 == 0) {
            w->length[k] = w->length[k] / 2 + 1;
            THREAD_CHECK(akit_ring_commit(h, w->p[k], w->length[k]) == 0);
        }
        pthread_mutex_unlock(&producer);
        if (!w->p[k]) { /* in order, one that sleeps holds up the others */
            THREAD_CHECK(errno == ENOBUFS);
            continue;
        }
        memset(w->p[k], (int)(w->length[k] + (unsigned)k), w->length[k]);
    }
    for (int k = 0; k < 32; k++)
        THREAD_CHECK(akit_ring_release(h, w->p[k]) == 0);
    return NULL;
}

/* As goroutines do: one at a time, each on another thread, and every one releases its own. */
static void alternate(uint32_t order, uint32_t check_mode)
{
    static worker workers[THREADS];
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    pthread_t t[THREADS];
    cfg.capacity_bytes = MIB(1);
    cfg.block_bytes = KIB(16);
    cfg.order = order;
    cfg.check_mode = check_mode;
    h = new_ring_with(&cfg);
    memset(workers, 0, sizeof workers);
    for (int i = 0; i < THREADS; i++) {
        workers[i].random = (uint64_t)i + 1;
        CHECK_INT(pthread_create(&t[i], NULL, takes_turns, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    CHECK_INT(ring_misuses(h), 0);
    CHECK_AT_MOST(ring_stats_of(h).out_peak_slices, THREADS * 32 + THREADS);
    CHECK_AT_LEAST(ring_stats_of(h).out_peak_slices, 32);
    end_ring(h);
}

CASE(producers_take_turns) { alternate(AKIT_RING_ANY, AKIT_CHECK_FAST); }
CASE(producers_take_turns_in_order) { alternate(AKIT_RING_ORDERED, AKIT_CHECK_FAST); }
CASE(producers_take_turns_with_exact_checks) { alternate(AKIT_RING_ANY, AKIT_CHECK_EXACT); }

static _Atomic(unsigned char *) shelf[SHELF];
static atomic_int done;

static void *release_from_the_shelf(void *arg)
{
    uint64_t random = *(uint64_t *)arg;
    for (;;) {
        int last = atomic_load(&done);
        unsigned char *p = atomic_exchange(&shelf[random_word(&random) % SHELF], NULL);
        if (p) {
            unsigned length;
            memcpy(&length, p, sizeof length);
            THREAD_CHECK(length >= 8 && all_bytes(p + 4, length - 4, (unsigned char)length));
            THREAD_CHECK(akit_ring_release(h, p) == 0);
        } else if (last) {
            return NULL;
        }
    }
}

static void shelves(uint32_t order, uint32_t zero_mode)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    pthread_t t[2];
    uint64_t random = 5, seeds[2] = {6, 7};
    cfg.capacity_bytes = KIB(256);
    cfg.block_bytes = KIB(32);
    cfg.order = order;
    cfg.zero_mode = zero_mode;
    h = new_ring_with(&cfg);
    atomic_store(&done, 0);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&t[i], NULL, release_from_the_shelf, &seeds[i]), 0);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t word = random_word(&random);
        unsigned length = 8 + (unsigned)(word >> 32) % (word % 30 ? 2000 : 30000);
        unsigned char *p = (unsigned char *)akit_ring_acquire(h, length), *before = NULL;
        if (p) {
            memcpy(p, &length, sizeof length);
            memset(p + 4, (int)length, length - 4);
        }
        before = atomic_exchange(&shelf[word % SHELF], p);
        CHECK_INT(akit_ring_release(h, before), 0);
    }
    atomic_store(&done, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    for (int i = 0; i < SHELF; i++)
        CHECK_INT(akit_ring_release(h, atomic_exchange(&shelf[i], NULL)), 0);
    CHECK_INT(ring_misuses(h), 0);
    CHECK_AT_MOST(ring_stats_of(h).out_peak_slices, SHELF + 3);
    end_ring(h);
}

CASE(others_release_in_any_order) { shelves(AKIT_RING_ANY, AKIT_ZERO_NONE); }
CASE(others_release_in_any_order_and_zero) { shelves(AKIT_RING_ANY, AKIT_ZERO_ON_FREE); }
CASE(others_release_an_ordered_ring) { shelves(AKIT_RING_ORDERED, AKIT_ZERO_NONE); }
CASE(others_release_an_ordered_ring_and_zero) { shelves(AKIT_RING_ORDERED, AKIT_ZERO_ON_FREE); }

static _Atomic(void *) newest;

static void *follows(void *arg)
{
    (void)arg;
    while (!atomic_load(&done)) {
        void *p = atomic_load(&newest);
        if (!p)
            continue;
        THREAD_CHECK(akit_ring_release_to(h, p) >= 0);
        atomic_store(&newest, NULL);
    }
    return NULL;
}

CASE(another_thread_releases_in_order)
{
    pthread_t t;
    uint64_t random = 9;
    h = ordered_ring(KIB(64));
    atomic_store(&done, 0);
    atomic_store(&newest, NULL);
    CHECK_INT(pthread_create(&t, NULL, follows, NULL), 0);
    void *last = NULL;
    for (int i = 0; i < ROUNDS; i++) {
        void *p = akit_ring_acquire(h, random_word(&random) % 3000);
        if (p)
            last = p;
        else
            sched_yield();
        if (!atomic_load(&newest)) /* also when the ring is full of what was acquired since the last time */
            atomic_store(&newest, last);
    }
    while (atomic_load(&newest))
        sched_yield();
    atomic_store(&done, 1);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK_INT(ring_misuses(h), 0);
    CHECK_AT_LEAST(ring_stats_of(h).frees_total, 1);
    CHECK_INT(akit_ring_destroy(h, AKIT_DESTROY_NOW), 0);
}

static void *release_hundred(void *arg)
{
    THREAD_CHECK(akit_ring_release_n(h, 100, (void **)arg) == 100);
    return NULL;
}

/* What another thread released before is not part of a peak. */
CASE(peaks_know_of_releases_elsewhere)
{
    void *p[100];
    h = ring_of(MIB(1), KIB(16));
    for (int round = 0; round < 20; round++) {
        pthread_t t;
        acquire_all(h, 1024, 100, p);
        CHECK_INT(pthread_create(&t, NULL, release_hundred, p), 0);
        pthread_join(t, NULL);
        CHECK_THREADS();
        CHECK_INT(ring_stats_of(h).out_peak_slices, 100);
        CHECK_INT(ring_stats_of(h).used_peak_bytes, KIB(100));
    }
    end_ring(h);
}
