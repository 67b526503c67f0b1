/* What the tests of pools share. */
#ifndef TESTS_CAPI_POOL_KIT_H
#define TESTS_CAPI_POOL_KIT_H

#include "kit.h"

static inline akit_pool *new_pool_with(const akit_pool_config *cfg)
{
    akit_pool *h = NULL;
    CHECK_INT(akit_pool_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_pool *new_pool(void)
{
    return new_pool_with(NULL);
}

/* Keeps what is idle until it is told otherwise. */
static inline akit_pool *patient_pool(void)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    return new_pool_with(&cfg);
}

static inline akit_pool *capped_pool(uint64_t limit_bytes)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.limit_bytes = limit_bytes;
    return new_pool_with(&cfg);
}

/* Buffers of one class only. */
static inline akit_pool *pool_of(uint64_t class_bytes)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.class_bytes = &class_bytes;
    cfg.class_count = 1;
    return new_pool_with(&cfg);
}

static inline akit_pool *pool_that_exhausts(uint32_t exhaust_mode)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.exhaust_mode = exhaust_mode;
    return new_pool_with(&cfg);
}

static inline akit_pool_stats pool_stats_of(akit_pool *h)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    CHECK_INT(akit_pool_stats_get(h, &st), 0);
    return st;
}

static inline akit_class_stats pool_class_of(akit_pool *h, size_t index)
{
    akit_class_stats st = AKIT_CLASS_STATS_INIT;
    CHECK_INT(akit_pool_class_stats_get(h, index, &st), 0);
    return st;
}

static inline uint64_t pool_misuses(akit_pool *h)
{
    return pool_stats_of(h).misuses_total;
}

/* A buffer that must be there; no byte of it is touched. */
static inline void *plain_buffer(akit_pool *h, size_t length)
{
    size_t capacity = 1;
    void *p = akit_pool_get(h, length, &capacity);
    if (!p)
        CHECK_FAIL("no buffer of %zu bytes: %s", length, strerror(errno));
    CHECK(capacity >= length);
    return hidden(p);
}

/* The same, with a byte of every page written. */
static inline void *touched_buffer(akit_pool *h, size_t length)
{
    void *p = plain_buffer(h, length);
    touch_pages(p, length);
    return p;
}

static inline void get_all(akit_pool *h, size_t length, size_t n, void **p)
{
    for (size_t i = 0; i < n; i++)
        p[i] = plain_buffer(h, length);
}

static inline void get_all_touched(akit_pool *h, size_t length, size_t n, void **p)
{
    for (size_t i = 0; i < n; i++)
        p[i] = touched_buffer(h, length);
}

static inline void put_all(akit_pool *h, size_t n, void **p)
{
    for (size_t i = 0; i < n; i++)
        CHECK_INT(akit_pool_put(h, p[i]), 0);
}

/* How many buffers the walk meets. */
static inline size_t out_of(akit_pool *h)
{
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t cursor = 0;
    size_t n = 0;
    int rc;
    while ((rc = akit_pool_leak_next(h, &cursor, &info)) == 0)
        n++;
    CHECK_INT(rc, -ENOENT);
    return n;
}

static inline int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorts the buffers, and fails when two of them are closer than `apart` bytes. */
static inline void do_not_overlap(void **p, size_t n, size_t apart)
{
    qsort(p, n, sizeof *p, by_address);
    for (size_t i = 1; i < n; i++)
        CHECK_AT_LEAST((uintptr_t)p[i] - (uintptr_t)p[i - 1], apart);
}

/* A pool of one class of 8 KiB that has got ten buffers, put them, and has four out again. `out` holds ten. */
static inline akit_pool *a_used_pool(void **out)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    const uint64_t classes[] = {KIB(8)};
    cfg.class_bytes = classes;
    cfg.class_count = 1;
    cfg.decay_ns = AKIT_NONE;
    cfg.slab_bytes = MIB(1);
    akit_pool *h = new_pool_with(&cfg);
    get_all(h, 5000, 10, out);
    put_all(h, 10, out);
    get_all(h, 5000, 4, out);
    return h;
}

static inline void destroy_now(akit_pool *h)
{
    CHECK_INT(akit_pool_destroy(h, AKIT_DESTROY_NOW), 0);
}

#endif
