/* What the tests of regions share. */
#ifndef TESTS_CAPI_REGION_KIT_H
#define TESTS_CAPI_REGION_KIT_H

#include "kit.h"

static inline akit_region *new_region(void)
{
    return new_region_with(NULL);
}

/* Keeps what is cached until it is told otherwise. */
static inline akit_region *patient_region(void)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    return new_region_with(&cfg);
}

static inline akit_region *capped_region(uint64_t limit_bytes)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.limit_bytes = limit_bytes;
    return new_region_with(&cfg);
}

static inline akit_region *exact_region(void)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.check_mode = AKIT_CHECK_EXACT;
    return new_region_with(&cfg);
}

static inline uint64_t region_misuses(akit_region *h)
{
    return region_stats_of(h).misuses_total;
}

/* A region that must be there; no byte of it is touched. */
static inline void *plain_region(akit_region *h, size_t size)
{
    size_t usable = 1;
    void *p = akit_region_alloc(h, size, 0, 0, &usable);
    if (!p)
        CHECK_FAIL("no region of %zu bytes: %s", size, strerror(errno));
    CHECK(usable >= size);
    return hidden(p);
}

/* The same, with a byte of every page written. */
static inline void *touched_region(akit_region *h, size_t size)
{
    void *p = plain_region(h, size);
    touch_pages(p, size);
    return p;
}

static inline uint64_t usable_of(const void *p)
{
    return inspect(p).usable_bytes;
}

#endif
