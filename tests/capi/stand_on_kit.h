/* What the tests of handles that stand on others share. */
#ifndef TESTS_CAPI_STAND_ON_KIT_H
#define TESTS_CAPI_STAND_ON_KIT_H

#include "huge_kit.h"
#include "region_kit.h"
#include "smaps.h"

static inline akit_tiered *heap_on(akit_region *region, akit_huge *huge)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.region = region;
    cfg.huge = huge;
    cfg.decay_ns = AKIT_NONE;
    return new_heap_with(&cfg);
}

static const size_t sizes[] = {16, 1000, 5000, 20000, 100000, MIB(1), MIB(5)};
enum { SIZES = 7 };

static inline void use(akit_tiered *t, int rounds)
{
    for (int i = 0; i < rounds * SIZES; i++) {
        void *p = block(t, sizes[i % SIZES]);
        CHECK(all_bytes(p, sizes[i % SIZES], 0x5a));
        if (i % 2)
            akit_tiered_free(t, p);
    }
}

#endif
