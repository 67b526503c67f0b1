/* End of rings: destroy that waits and destroy at once, other threads, threads that end with slices out. */
#include "ring_kit.h"

#include <pthread.h>

CASE(destroy_unknown_flags_is_einval_and_otherwise_ignored)
{
    const uint32_t flags[] = {4, 1u << 31, AKIT_DESTROY_NOW | 8};
    for (int i = 0; i < 3; i++) {
        akit_ring *h = new_ring();
        void *p = slice(h, 5000);
        CHECK_INT(akit_ring_destroy(h, flags[i]), -EINVAL);
        int now = (flags[i] & AKIT_DESTROY_NOW) != 0;
        CHECK_REFUSED(akit_ring_acquire(h, 10), now ? EINVAL : ESHUTDOWN);
        CHECK_INT(akit_ring_release(h, p), now ? -EINVAL : 0);
        CHECK_REFUSED(akit_ring_acquire(h, 10), EINVAL);
    }
}

CASE(destroy_waits_for_what_is_out)
{
    for (uint32_t order = AKIT_RING_ANY; order <= AKIT_RING_ORDERED; order++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        void *p[60], *one[1];
        cfg.order = order;
        akit_ring *h = new_ring_with(&cfg);
        for (int i = 0; i < 60; i++)
            p[i] = filled_slice(h, 1000 + (size_t)i * 500, i);
        uint64_t handles = process_stats().handles, all = process_stats().misuses_total;
        CHECK_INT(akit_ring_destroy(h, 0), 0);
        CHECK_REFUSED(akit_ring_acquire(h, 10), ESHUTDOWN);
        errno = 0;
        CHECK_INT(akit_ring_acquire_n(h, 10, 1, one), 0);
        CHECK_INT(errno, ESHUTDOWN);
        CHECK_INT(akit_ring_retain(h, p[59], 2), 0);
        CHECK_INT(ring_stats_of(h).out_slices, 60);
        for (int i = 0; i < 60; i++) {
            CHECK(all_bytes(p[i], 1000 + (size_t)i * 500, (unsigned char)i));
            CHECK_INT(process_stats().handles, handles);
            CHECK_INT(i % 2 ? akit_ring_release(h, p[i]) : (int)akit_ring_release_n(h, 1, &p[i]) - 1, 0);
        }
        CHECK_INT(akit_ring_release(h, p[59]), 0);
        CHECK_INT(process_stats().handles, handles);
        CHECK_INT(akit_ring_release(h, p[3]), -EINVAL);
        CHECK_INT(akit_ring_release(h, (char *)p[59] + 64), -ENOENT);
        CHECK_INT(process_stats().misuses_total, all + 2);
        CHECK_INT(akit_ring_release(h, p[59]), 0);
        CHECK_INT(process_stats().handles, handles - 1);
        CHECK_REFUSED(akit_ring_acquire(h, 10), EINVAL);
        CHECK_INT(akit_ring_release(h, p[0]), -EINVAL);
        CHECK_INT(akit_ring_destroy(h, 0), -EINVAL);
    }
}

CASE(release_to_while_a_ring_waits)
{
    akit_ring *h = ordered_ring(KIB(64));
    void *p[10];
    acquire_all(h, 1000, 10, p);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_ring_destroy(h, 0), 0);
    CHECK_INT(akit_ring_release_to(h, p[9]), 9);
    CHECK_INT(process_stats().handles, handles);
    CHECK_INT(akit_ring_release(h, p[9]), 0);
    CHECK_INT(process_stats().handles, handles - 1);
}

CASE(destroy_with_nothing_out_ends_at_once)
{
    akit_ring *h = new_ring();
    void *p[100];
    acquire_all(h, 5000, 100, p);
    release_all(h, 100, p);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_ring_destroy(h, 0), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    CHECK_REFUSED(akit_ring_acquire(h, 10), EINVAL);
}

CASE(destroy_now_gives_everything_back)
{
    for (int i = 0; i < 50; i++) {
        akit_ring *h = ring_of(MIB(64), 0);
        touch_pages(slice(h, MIB(1)), MIB(1));
        CHECK_INT(akit_ring_destroy(h, AKIT_DESTROY_NOW), 0);
    }
    CHECK_INT(akit_purge(AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(process_stats().mapped_bytes, MIB(256));
}

static pthread_barrier_t barrier;
static akit_ring *ending;
static void *taken[400];

static void *release_a_share(void *arg)
{
    void **share = (void **)arg;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 100; i++)
        THREAD_CHECK(akit_ring_release(ending, share[i]) == 0);
    return NULL;
}

/* Threads release the last slices while the ring is destroyed; whoever is last ends it, once. */
static void ended_by_threads(int producer_too)
{
    enum { threads = 3 };
    for (int round = 0; round < 100; round++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        pthread_t t[threads];
        cfg.order = (uint32_t)round % 2;
        ending = new_ring_with(&cfg);
        acquire_all(ending, 1 + (size_t)round * 50, 400, taken);
        uint64_t handles = process_stats().handles, all = process_stats().misuses_total;
        pthread_barrier_init(&barrier, NULL, threads + 1);
        for (int i = 0; i < threads; i++)
            CHECK_INT(pthread_create(&t[i], NULL, release_a_share, taken + (ptrdiff_t)100 * i), 0);
        pthread_barrier_wait(&barrier);
        for (int i = 300; i < (producer_too ? 350 : 400); i++)
            CHECK_INT(akit_ring_release(ending, taken[i]), 0);
        CHECK_INT(akit_ring_destroy(ending, 0), 0);
        for (int i = 350; i < (producer_too ? 400 : 350); i++)
            CHECK_INT(akit_ring_release(ending, taken[i]), 0);
        for (int i = 0; i < threads; i++)
            pthread_join(t[i], NULL);
        pthread_barrier_destroy(&barrier);
        CHECK_THREADS();
        CHECK_INT(process_stats().misuses_total, all);
        CHECK_INT(process_stats().handles, handles - 1);
        CHECK_REFUSED(akit_ring_acquire(ending, 10), EINVAL);
    }
}

CASE(a_ring_that_waits_is_ended_by_other_threads) { ended_by_threads(0); }
CASE(a_ring_that_waits_is_ended_by_anybody) { ended_by_threads(1); }

static void *producer_releases(void *arg)
{
    (void)arg;
    void *p[200];
    for (int i = 0; i < 200; i++)
        if (!(p[i] = akit_ring_acquire(ending, 100)))
            return NULL;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 200; i++)
        THREAD_CHECK(akit_ring_release(ending, p[i]) == 0);
    return NULL;
}

/* The same against the releases that take no locked instruction. */
CASE(destroy_beside_the_releases_of_the_producer)
{
    for (int round = 0; round < 300; round++) {
        pthread_t t;
        ending = new_ring();
        uint64_t handles = process_stats().handles;
        pthread_barrier_init(&barrier, NULL, 2);
        CHECK_INT(pthread_create(&t, NULL, producer_releases, NULL), 0);
        pthread_barrier_wait(&barrier);
        CHECK_INT(akit_ring_destroy(ending, 0), 0);
        pthread_join(t, NULL);
        pthread_barrier_destroy(&barrier);
        CHECK_THREADS();
        CHECK_INT(process_stats().handles, handles - 1);
    }
}

static void *dies_with_slices(void *arg)
{
    void **p = (void **)arg;
    for (int i = 0; i < 50; i++)
        p[i] = akit_ring_acquire(ending, 2000);
    return NULL;
}

CASE(slices_of_a_thread_that_ended)
{
    ending = new_ring();
    for (int round = 0; round < 50; round++) {
        pthread_t t;
        void *p[50];
        CHECK_INT(pthread_create(&t, NULL, dies_with_slices, p), 0);
        pthread_join(t, NULL);
        for (int i = 0; i < 50; i++) {
            CHECK(p[i] != NULL);
            memset(p[i], i, 2000);
        }
        release_all(ending, 50, p);
    }
    CHECK_INT(ring_misuses(ending), 0);
    CHECK_INT(ring_stats_of(ending).out_peak_slices, 50);
    end_ring(ending);
}

CASE(rings_in_plenty)
{
    enum { many = 300 };
    akit_ring *h[many];
    for (int i = 0; i < many; i++) {
        h[i] = ring_of(KIB(64), 0);
        CHECK(slice(h[i], 100) != NULL);
    }
    for (int i = 0; i < many; i++) {
        CHECK_INT(ring_stats_of(h[i]).out_slices, 1);
        CHECK_INT(akit_ring_destroy(h[i], AKIT_DESTROY_NOW), 0);
    }
}

CASE(stale_handles_are_reported)
{
    akit_ring *h = new_ring();
    end_ring(h);
    for (int i = 0; i < 1024; i++) {
        akit_ring *other = ring_of(KIB(4), 0);
        CHECK(other != h);
        CHECK_REFUSED(akit_ring_acquire(h, 1), EINVAL);
        end_ring(other);
    }
}
