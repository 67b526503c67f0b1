/* What the tests of the C ABI share. Misuse is only counted here, so that a provoked one prints nothing. */
#ifndef TESTS_CAPI_KIT_H
#define TESTS_CAPI_KIT_H

#include <allockit.h>

#define CHECK_SETUP() ((void)akit_misuse_mode(AKIT_MISUSE_COUNT))
#include "../check.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)
#define GIB(n) ((size_t)(n) << 30)

static inline akit_tiered *new_heap_with(const akit_tiered_config *cfg)
{
    akit_tiered *h = NULL;
    CHECK_INT(akit_tiered_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_tiered *new_heap(void)
{
    return new_heap_with(NULL);
}

static inline akit_tiered *capped_heap(uint64_t limit_bytes)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.limit_bytes = limit_bytes;
    return new_heap_with(&cfg);
}

static inline akit_tiered *exact_heap(void)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.check_mode = AKIT_CHECK_EXACT;
    return new_heap_with(&cfg);
}

static inline akit_tiered_stats stats_of(akit_tiered *h)
{
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    CHECK_INT(akit_tiered_stats_get(h, &st), 0);
    return st;
}

static inline akit_region *new_region_with(const akit_region_config *cfg)
{
    akit_region *h = NULL;
    CHECK_INT(akit_region_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_huge *new_huge_with(const akit_huge_config *cfg)
{
    akit_huge *h = NULL;
    CHECK_INT(akit_huge_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_region_stats region_stats_of(akit_region *h)
{
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    CHECK_INT(akit_region_stats_get(h, &st), 0);
    return st;
}

static inline akit_huge_stats huge_stats_of(akit_huge *h)
{
    akit_huge_stats st = AKIT_HUGE_STATS_INIT;
    CHECK_INT(akit_huge_stats_get(h, &st), 0);
    return st;
}

static inline akit_process_stats process_stats(void)
{
    akit_process_stats st = AKIT_PROCESS_STATS_INIT;
    CHECK_INT(akit_process_stats_get(&st), 0);
    return st;
}

static inline uint64_t misuses_of(akit_tiered *h)
{
    return stats_of(h).misuses_total;
}

/* A block that must be there, with every byte written. */
static inline void *block(akit_tiered *h, size_t size)
{
    void *p = akit_tiered_alloc(h, size);
    CHECK(p != NULL);
    memset(p, 0x5a, size);
    return hidden(p);
}

static inline int all_bytes(const void *p, size_t size, unsigned char value)
{
    const unsigned char *b = (const unsigned char *)hidden(p); /* the usable size may be more than the compiler knows of */
    for (size_t i = 0; i < size; i++)
        if (b[i] != value)
            return 0;
    return 1;
}

static inline int aligned_to(const void *p, size_t alignment)
{
    return (uintptr_t)p % alignment == 0;
}

#endif
