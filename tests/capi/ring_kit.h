/* What the tests of rings share. */
#ifndef TESTS_CAPI_RING_KIT_H
#define TESTS_CAPI_RING_KIT_H

#include "kit.h"

static inline akit_ring *new_ring_with(const akit_ring_config *cfg)
{
    akit_ring *h = NULL;
    CHECK_INT(akit_ring_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_ring *new_ring(void)
{
    return new_ring_with(NULL);
}

static inline akit_ring *ring_of(uint64_t capacity_bytes, uint64_t block_bytes)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = capacity_bytes;
    cfg.block_bytes = block_bytes;
    return new_ring_with(&cfg);
}

static inline akit_ring *ordered_ring(uint64_t capacity_bytes)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = capacity_bytes;
    cfg.order = AKIT_RING_ORDERED;
    return new_ring_with(&cfg);
}

static inline akit_ring_stats ring_stats_of(akit_ring *h)
{
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    CHECK_INT(akit_ring_stats_get(h, &st), 0);
    return st;
}

static inline akit_ring_config ring_config_of(akit_ring *h)
{
    akit_ring_config now = AKIT_RING_CONFIG_INIT;
    CHECK_INT(akit_ring_config_get(h, &now), 0);
    return now;
}

/* A slice that must be there. */
static inline void *slice(akit_ring *h, size_t length)
{
    void *p = akit_ring_acquire(h, length);
    if (!p)
        CHECK_FAIL("no slice of %zu bytes: %s", length, strerror(errno));
    return hidden(p);
}

/* The same, every byte written. */
static inline void *filled_slice(akit_ring *h, size_t length, int value)
{
    void *p = slice(h, length);
    memset(p, value, length);
    return p;
}

static inline void acquire_all(akit_ring *h, size_t length, size_t n, void **p)
{
    for (size_t i = 0; i < n; i++)
        p[i] = slice(h, length);
}

static inline void release_all(akit_ring *h, size_t n, void **p)
{
    for (size_t i = 0; i < n; i++)
        CHECK_INT(akit_ring_release(h, p[i]), 0);
}

static inline uint64_t ring_misuses(akit_ring *h)
{
    return ring_stats_of(h).misuses_total;
}

/* Nothing is out, and the books agree. */
static inline void ring_is_empty(akit_ring *h)
{
    akit_ring_stats st = ring_stats_of(h);
    CHECK_INT(st.out_slices, 0);
    CHECK_INT(st.used_bytes, 0);
    CHECK_INT(st.allocs_total, st.frees_total);
    CHECK_INT(st.padding_bytes, 0);
    CHECK_INT(st.held_blocks, 0);
    CHECK_INT(st.oldest_block_acquires, 0);
    CHECK_INT(st.cached_bytes, st.capacity_bytes);
}

static inline void end_ring(akit_ring *h)
{
    ring_is_empty(h);
    CHECK_INT(akit_ring_destroy(h, 0), 0);
}

#endif
