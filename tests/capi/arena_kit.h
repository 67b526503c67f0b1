/* What the tests of arenas share. */
#ifndef TESTS_CAPI_ARENA_KIT_H
#define TESTS_CAPI_ARENA_KIT_H

#include "kit.h"

static inline akit_arena *new_arena_with(const akit_arena_config *cfg)
{
    akit_arena *h = NULL;
    CHECK_INT(akit_arena_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_arena *new_arena(void)
{
    return new_arena_with(NULL);
}

static inline akit_arena *arena_of(uint64_t slab_bytes, uint32_t exhaust_mode)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.slab_bytes = slab_bytes;
    cfg.exhaust_mode = exhaust_mode;
    return new_arena_with(&cfg);
}

static inline akit_arena *capped_arena(uint64_t limit_bytes, uint32_t exhaust_mode)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.limit_bytes = limit_bytes;
    cfg.exhaust_mode = exhaust_mode;
    return new_arena_with(&cfg);
}

static inline akit_arena *arena_on(void *memory, size_t memory_bytes, uint32_t exhaust_mode)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.memory = memory;
    cfg.memory_bytes = memory_bytes;
    cfg.exhaust_mode = exhaust_mode;
    return new_arena_with(&cfg);
}

static inline akit_arena_stats arena_stats_of(akit_arena *h)
{
    akit_arena_stats st = AKIT_ARENA_STATS_INIT;
    CHECK_INT(akit_arena_stats_get(h, &st), 0);
    return st;
}

static inline uint64_t arena_misuses(akit_arena *h)
{
    return arena_stats_of(h).misuses_total;
}

/* A block that must be there, with every byte written. */
static inline void *arena_block(akit_arena *h, size_t size, size_t alignment)
{
    void *p = akit_arena_alloc(h, size, alignment);
    if (!p)
        CHECK_FAIL("no block of %zu bytes: %s", size, strerror(errno));
    memset(p, 0x5a, size);
    return hidden(p);
}

static inline uint64_t mark_of(akit_arena *h)
{
    uint64_t mark = 0;
    CHECK_INT(akit_arena_mark(h, &mark), 0);
    CHECK(mark != 0);
    return mark;
}

static inline size_t distance(const void *from, const void *to)
{
    return (size_t)((uintptr_t)to - (uintptr_t)from);
}

static inline void arena_end(akit_arena *h)
{
    CHECK_INT(akit_arena_destroy(h, 0), 0);
}

#endif
