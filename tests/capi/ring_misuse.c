/* Wrong pointers and handles: the exact answers, one count each, nothing changed. And retain. */
#include "ring_kit.h"

#include <pthread.h>

static akit_ring *rings[3];

static void each(void (*what)(akit_ring *))
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(64);
    cfg.block_bytes = KIB(16);
    for (int i = 0; i < 3; i++) {
        cfg.check_mode = i == 1 ? AKIT_CHECK_EXACT : AKIT_CHECK_FAST;
        cfg.order = i == 2 ? AKIT_RING_ORDERED : AKIT_RING_ANY;
        rings[i] = new_ring_with(&cfg);
        what(rings[i]);
        end_ring(rings[i]);
    }
}

static void wrong_pointers(akit_ring *h)
{
    char *p = (char *)filled_slice(h, 1000, 7), *base;
    size_t length;
    CHECK_INT(akit_ring_memory_get(h, (void **)&base, &length), 0);
    const void *wrong[] = {p + 1, p + 8, p + 64, p + 960, p + 1024, base + length, base - 64, &check_count, (void *)(uintptr_t)64, (void *)UINTPTR_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        void *w = (void *)(uintptr_t)wrong[i];
        errno = 77;
        CHECK_INT(akit_ring_release(h, w), -ENOENT);
        CHECK_INT(akit_ring_retain(h, w, 1), -ENOENT);
        CHECK_INT(akit_ring_commit(h, w, 1), -ENOENT);
        CHECK_INT(errno, 77);
        CHECK_INT(ring_misuses(h), 3 * (i + 1));
    }
    CHECK(all_bytes(p, 1000, 7));
    CHECK_INT(ring_stats_of(h).out_slices, 1);
    errno = 77;
    CHECK_INT(akit_ring_release(h, p), 0);
    CHECK_INT(akit_ring_release(h, NULL), 0);
    CHECK_INT(errno, 77);
}
CASE(what_is_no_slice_is_enoent) { each(wrong_pointers); }

static void twice(akit_ring *h)
{
    void *p[10];
    acquire_all(h, 300, 10, p);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(akit_ring_release(h, p[i]), 0);
        CHECK_INT(akit_ring_release(h, p[i]), -EINVAL);
    }
    for (int i = 0; i < 10; i++) {
        CHECK_INT(akit_ring_release(h, p[i]), -EINVAL);
        CHECK_INT(akit_ring_retain(h, p[i], 1), -EINVAL);
        CHECK_INT(akit_ring_commit(h, p[i], 1), -EINVAL);
    }
    CHECK_INT(ring_misuses(h), 40);
    CHECK_INT(ring_stats_of(h).frees_total, 10);
}
CASE(what_is_not_out_is_einval) { each(twice); }

static void long_twice(akit_ring *h)
{
    for (size_t n = KIB(14); n <= KIB(16); n += 64) {
        char *p = (char *)filled_slice(h, n, 1);
        CHECK_INT(akit_ring_release(h, p + 64), -ENOENT);
        CHECK_INT(akit_ring_release(h, p + 128), -ENOENT);
        CHECK_INT(akit_ring_release(h, p + 256), -ENOENT);
        CHECK_INT(akit_ring_release(h, p), 0);
        CHECK_INT(akit_ring_release(h, p), -EINVAL);
    }
}
CASE(long_slices_are_told_apart_too) { each(long_twice); }

static void batch(akit_ring *h)
{
    void *p[6];
    CHECK_INT(akit_ring_acquire_n(h, 100, 4, p), 4);
    p[4] = (char *)p[1] + 64;
    p[5] = p[0];
    CHECK_INT(akit_ring_release_n(h, 6, p), 4);
    CHECK_INT(ring_misuses(h), 2);
    CHECK_INT(akit_ring_release_n(h, 0, p), 0);
    CHECK_INT(akit_ring_release_n(h, 3, NULL), 0);
    errno = 0;
    CHECK_INT(akit_ring_acquire_n(h, 100, 3, NULL), 0);
    CHECK_INT(errno, EINVAL);
    CHECK_INT(akit_ring_acquire_n(h, 100, 0, NULL), 0);
}
CASE(batches_skip_what_is_wrong) { each(batch); }

static void many_references(akit_ring *h)
{
    void *p = filled_slice(h, 100, 3);
    CHECK_INT(akit_ring_retain(h, p, 0), 0);
    CHECK_INT(akit_ring_retain(h, p, 254), 0);
    CHECK_INT(akit_ring_retain(h, p, 1), -EOVERFLOW);
    CHECK_INT(akit_ring_retain(h, p, UINT32_MAX), -EOVERFLOW);
    CHECK_INT(ring_misuses(h), 0);
    for (int i = 0; i < 255; i++) {
        CHECK(all_bytes(p, 100, 3));
        CHECK_INT(ring_stats_of(h).out_slices, 1);
        CHECK_INT(akit_ring_release(h, p), 0);
    }
    CHECK_INT(akit_ring_release(h, p), -EINVAL);
    CHECK_INT(ring_stats_of(h).releases_total, 255);
    CHECK_INT(ring_stats_of(h).frees_total, 1);
}
CASE(up_to_255_references) { each(many_references); }

CASE(slices_of_other_handles_are_enoent)
{
    akit_ring *a = new_ring(), *b = new_ring();
    akit_tiered *t = new_heap();
    void *p = slice(a, 100), *q = akit_tiered_alloc(t, 100);
    CHECK_INT(akit_ring_release(b, p), -ENOENT);
    CHECK_INT(akit_ring_release(a, q), -ENOENT);
    akit_tiered_free(t, p);
    CHECK_INT(misuses_of(t), 1);
    akit_free(p);
    CHECK_INT(akit_ring_release(a, p), 0);
    akit_tiered_free(t, q);
    akit_tiered_destroy(t, 0);
    end_ring(a);
    end_ring(b);
}

CASE(handles_that_are_none)
{
    akit_ring *h = new_ring();
    akit_tiered *t = new_heap();
    akit_ring *wrong[] = {NULL, (akit_ring *)(void *)t, h};
    void *p = slice(h, 100), *out[1];
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    CHECK_INT(akit_ring_release(h, p), 0);
    CHECK_INT(akit_ring_destroy(h, 0), 0);
    for (int i = 0; i < 3; i++) {
        uint64_t before = process_stats().misuses_total;
        akit_ring *w = (akit_ring *)hidden(wrong[i]);
        CHECK_REFUSED(akit_ring_acquire(w, 100), EINVAL);
        errno = 0;
        CHECK_INT(akit_ring_acquire_n(w, 100, 1, out), 0);
        CHECK_INT(errno, EINVAL);
        CHECK_INT(akit_ring_release(w, p), -EINVAL);
        CHECK_INT(akit_ring_release_n(w, 1, &p), 0);
        CHECK_INT(akit_ring_retain(w, p, 1), -EINVAL);
        CHECK_INT(akit_ring_commit(w, p, 1), -EINVAL);
        CHECK_INT(akit_ring_release_to(w, p), -EINVAL);
        CHECK_INT(akit_ring_stats_get(w, &st), -EINVAL);
        CHECK_INT(akit_ring_config_get(w, &cfg), -EINVAL);
        CHECK_INT(akit_ring_suggest(w, &cfg), -EINVAL);
        void *base = &st;
        size_t length = 5;
        CHECK_INT(akit_ring_memory_get(w, &base, &length), -EINVAL);
        CHECK(base == NULL && length == 0);
        CHECK_INT(process_stats().misuses_total, before + 11);
    }
    CHECK_INT(akit_ring_destroy(NULL, 0), 0);
    CHECK_INT(akit_ring_destroy((akit_ring *)(void *)t, 0), -EINVAL);
    CHECK_INT(akit_ring_destroy(h, 0), -EINVAL);
    CHECK_REFUSED(akit_tiered_alloc((akit_tiered *)(void *)h, 10), EINVAL);
    akit_tiered_destroy(t, 0);
    akit_ring *live = new_ring();
    CHECK_REFUSED(akit_tiered_alloc((akit_tiered *)(void *)live, 10), EINVAL);
    CHECK_REFUSED(akit_pool_get((akit_pool *)(void *)live, 10, NULL), EINVAL);
    CHECK_INT(akit_ring_stats_get(live, NULL), -EINVAL);
    CHECK_INT(akit_ring_config_get(live, NULL), -EINVAL);
    end_ring(live);
}

static pthread_barrier_t barrier;
static void *_Atomic target;
static int right[2];

static void *releases_the_same(void *arg)
{
    for (int i = 0; i < 3000; i++) {
        pthread_barrier_wait(&barrier);
        if (akit_ring_release(rings[0], target) == 0)
            ++*(int *)arg;
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

/* Two releases of one reference at the same moment. */
static void race(uint32_t check_mode)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    pthread_t t[2];
    cfg.capacity_bytes = KIB(8);
    cfg.block_bytes = KIB(1);
    cfg.check_mode = check_mode;
    rings[0] = new_ring_with(&cfg);
    right[0] = right[1] = 0;
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&t[i], NULL, releases_the_same, &right[i]), 0);
    for (int i = 0; i < 3000; i++) {
        target = slice(rings[0], 1024);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&barrier);
    (void)slice(rings[0], 1024); /* the last block comes back */
    int twice_found = right[0] + right[1] - 3000;
    CHECK_AT_LEAST(twice_found, 0);
    if (check_mode == AKIT_CHECK_EXACT)
        CHECK_INT(twice_found, 0);
    /* Each is found: at the call, or when the block came back. */
    CHECK_INT(ring_misuses(rings[0]), 6000 - right[0] - right[1] + twice_found);
    CHECK_INT(akit_ring_destroy(rings[0], AKIT_DESTROY_NOW), 0);
}

CASE(racing_releases_are_found_when_the_block_comes_back) { race(AKIT_CHECK_FAST); }
CASE(racing_releases_are_found_at_the_call_with_exact) { race(AKIT_CHECK_EXACT); }
