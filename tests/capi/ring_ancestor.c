/*
 * The defects of the ring this one descends from, each as a case: D1 padding that never came back, D2 a wrap over live
 * slices, D3 copies that each gave the space back, D4 slices that were dropped half-way, D5 releases out of order that
 * freed the oldest bytes, D6 several threads, D8 no bounds, D9 a ring that is exactly full. (D7, two counters on one
 * cache line, is asserted where the lines are laid out.)
 */
#include "ring_kit.h"

#include <pthread.h>

CASE(d1_padding_is_given_back)
{
    for (uint32_t order = AKIT_RING_ANY; order <= AKIT_RING_ORDERED; order++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        cfg.capacity_bytes = cfg.block_bytes = 640;
        cfg.order = order;
        akit_ring *h = new_ring_with(&cfg);
        for (int i = 0; i < 10000; i++)
            CHECK_INT(akit_ring_release(h, filled_slice(h, 448, i)), 0);
        end_ring(h);
    }
}

CASE(d1_no_mix_of_sizes_stalls)
{
    for (uint32_t order = AKIT_RING_ANY; order <= AKIT_RING_ORDERED; order++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        uint64_t random = 1;
        void *p[8] = {NULL};
        cfg.capacity_bytes = KIB(64);
        cfg.block_bytes = KIB(4);
        cfg.order = order;
        akit_ring *h = new_ring_with(&cfg);
        for (int i = 0; i < 100000; i++) {
            CHECK_INT(akit_ring_release(h, p[i % 8]), 0);
            p[i % 8] = slice(h, random_word(&random) % KIB(4) + 1);
        }
        for (int i = 0; i < 8; i++)
            CHECK_INT(akit_ring_release(h, p[i]), 0);
        end_ring(h);
    }
}

static void never_overwrites(akit_ring *h)
{
    void *p[12] = {NULL};
    size_t length[12] = {0};
    uint64_t random = 2;
    for (int i = 0; i < 20000; i++) {
        int k = i % 12;
        if (p[k]) {
            CHECK(all_bytes(p[k], length[k], (unsigned char)(i - 12)));
            CHECK_INT(akit_ring_release(h, p[k]), 0);
        }
        length[k] = random_word(&random) % 900 + 1;
        p[k] = akit_ring_acquire(h, length[k]);
        if (p[k])
            memset(p[k], (unsigned char)i, length[k]);
    }
    for (int k = 0; k < 12; k++)
        CHECK_INT(akit_ring_release(h, p[k]), 0);
}

CASE(d2_a_wrap_spares_live_slices)
{
    akit_ring *h = ring_of(4096, 1024);
    never_overwrites(h);
    CHECK_AT_LEAST(ring_stats_of(h).exhausted_total, 1);
    end_ring(h);
    h = ordered_ring(4096);
    never_overwrites(h);
    CHECK_AT_LEAST(ring_stats_of(h).exhausted_total, 1);
    end_ring(h);
}

CASE(d3_copies_are_counted)
{
    akit_ring *h = new_ring();
    void *p = filled_slice(h, 1000, 1);
    CHECK_INT(akit_ring_retain(h, p, 2), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(ring_stats_of(h).out_slices, 1);
        CHECK_INT(ring_stats_of(h).used_bytes, 1024);
        CHECK_INT(akit_ring_release(h, p), 0);
    }
    for (int i = 0; i < 5; i++)
        CHECK_INT(akit_ring_release(h, p), -EINVAL);
    CHECK_INT(ring_misuses(h), 5);
    end_ring(h);
}

CASE(d4_a_slice_that_was_never_used_comes_back)
{
    akit_ring *h = ring_of(KIB(64), KIB(8));
    for (int i = 0; i < 1000; i++) {
        void *p = slice(h, KIB(8));
        if (i % 2)
            CHECK_INT(akit_ring_commit(h, p, 0), 0);
        CHECK_INT(akit_ring_release(h, p), 0);
    }
    end_ring(h);
}

CASE(d5_a_release_out_of_order_frees_its_own_bytes)
{
    for (uint32_t order = AKIT_RING_ANY; order <= AKIT_RING_ORDERED; order++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        void *p[16];
        cfg.capacity_bytes = KIB(16);
        cfg.block_bytes = KIB(2);
        cfg.order = order;
        akit_ring *h = new_ring_with(&cfg);
        for (int i = 0; i < 16; i++)
            p[i] = filled_slice(h, 1024, i);
        for (int i = 15; i > 0; i--) {
            CHECK_INT(akit_ring_release(h, p[i]), 0);
            CHECK(all_bytes(p[0], 1024, 0));
        }
        if (order == AKIT_RING_ORDERED) {
            CHECK_REFUSED(akit_ring_acquire(h, 1024), ENOBUFS); /* all behind one that is out */
        } else {
            for (int i = 1; i < 15; i++)
                p[i] = filled_slice(h, 1024, i);
            CHECK_REFUSED(akit_ring_acquire(h, 1024), ENOBUFS);
            CHECK(all_bytes(p[0], 1024, 0));
            release_all(h, 14, p + 1);
        }
        CHECK_INT(akit_ring_release(h, p[0]), 0);
        end_ring(h);
    }
}

enum { HANDED = 20000 };
static akit_ring *shared;
static void *_Atomic handed[64];

static void *takes_and_releases(void *arg)
{
    (void)arg;
    for (int i = 0; i < HANDED; i++) {
        unsigned char *p;
        while (!(p = (unsigned char *)__atomic_exchange_n((void **)(uintptr_t)&handed[i % 64], NULL, __ATOMIC_ACQUIRE)))
            sched_yield();
        THREAD_CHECK(all_bytes(p, 100 + (size_t)i % 400, (unsigned char)i));
        THREAD_CHECK(akit_ring_release(shared, p) == 0);
    }
    return NULL;
}

CASE(d6_another_thread_releases)
{
    for (uint32_t order = AKIT_RING_ANY; order <= AKIT_RING_ORDERED; order++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        pthread_t t;
        cfg.capacity_bytes = KIB(64);
        cfg.order = order;
        shared = new_ring_with(&cfg);
        CHECK_INT(pthread_create(&t, NULL, takes_and_releases, NULL), 0);
        for (int i = 0; i < HANDED; i++) {
            unsigned char *p;
            while (!(p = (unsigned char *)akit_ring_acquire(shared, 100 + (size_t)i % 400)))
                sched_yield();
            memset(p, i, 100 + (size_t)i % 400);
            while (__atomic_load_n((void **)(uintptr_t)&handed[i % 64], __ATOMIC_RELAXED))
                sched_yield();
            __atomic_store_n((void **)(uintptr_t)&handed[i % 64], p, __ATOMIC_RELEASE);
        }
        pthread_join(t, NULL);
        CHECK_THREADS();
        CHECK_INT(ring_misuses(shared), 0);
        end_ring(shared);
    }
}

CASE(d8_nothing_outside_the_area)
{
    akit_ring *h = ring_of(KIB(64), KIB(8));
    void *base;
    size_t length;
    CHECK_INT(akit_ring_memory_get(h, &base, &length), 0);
    CHECK_INT(length, KIB(64));
    CHECK_REFUSED(akit_ring_acquire(h, KIB(8) + 1), EMSGSIZE);
    CHECK_REFUSED(akit_ring_acquire(h, PTRDIFF_MAX), EMSGSIZE);
    for (size_t n = 0; n <= 64; n++)
        CHECK_REFUSED(akit_ring_acquire(h, SIZE_MAX - n), ENOMEM);
    for (int i = 0; i < 8; i++) {
        char *p = (char *)filled_slice(h, KIB(8), i);
        CHECK(p >= (char *)base && p + KIB(8) <= (char *)base + length);
    }
    CHECK_INT(akit_ring_destroy(h, AKIT_DESTROY_NOW), 0);
}

CASE(d9_equal_slices_fill_all_of_it)
{
    for (uint32_t order = AKIT_RING_ANY; order <= AKIT_RING_ORDERED; order++)
        for (size_t slices = 1; slices <= 64; slices *= 2) {
            akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
            void *p[64];
            cfg.capacity_bytes = KIB(4) * slices;
            cfg.block_bytes = KIB(4);
            cfg.order = order;
            akit_ring *h = new_ring_with(&cfg);
            for (int round = 0; round < 5; round++) {
                acquire_all(h, KIB(4), slices, p);
                CHECK_INT(ring_stats_of(h).used_bytes, cfg.capacity_bytes);
                CHECK_REFUSED(akit_ring_acquire(h, 1), ENOBUFS);
                release_all(h, slices, p);
            }
            end_ring(h);
        }
}
