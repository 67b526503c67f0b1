/* Zeroed growth, and zero on free where a region does not come back whole: it shrinks, it grows elsewhere, or its handle ends. */
#include "region_kit.h"

CASE(growth_with_zero_is_zero)
{
    akit_region *h = patient_region();
    for (int round = 0; round < 4; round++) { /* the memory is dirty from the second one on */
        size_t had = 50000, usable = 0;
        unsigned char *p = (unsigned char *)akit_region_alloc(h, had, 0, AKIT_ALLOC_ZERO, NULL);
        CHECK(p != NULL);
        memset(p, 0xaa, had);
        for (size_t size = 100001; size < MIB(40); size = size * 3 + 7) {
            p = (unsigned char *)akit_region_realloc(h, p, size, AKIT_ALLOC_ZERO, &usable);
            CHECK(p != NULL && all_bytes(p, had, 0xaa));
            CHECK(all_bytes(p + had, usable - had, 0));
            memset(p, 0xaa, size);
            had = size;
        }
        memset(p, 0xcc, usable);
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
}

CASE(growth_of_a_handle_that_zeroes_is_zero)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
    cfg.decay_ns = AKIT_NONE;
    akit_region *h = new_region_with(&cfg);
    for (int round = 0; round < 3; round++) {
        size_t had = 0, usable = 0;
        unsigned char *p = NULL;
        for (size_t size = KIB(64); size <= MIB(16); size *= 4) {
            p = (unsigned char *)akit_region_realloc(h, p, size, 0, &usable);
            CHECK(p != NULL && all_bytes(p, had, 0xaa) && all_bytes(p + had, usable - had, 0));
            memset(p, 0xaa, usable);
            had = usable;
        }
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
}

static akit_region *wiping_region(void)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    cfg.decay_ns = AKIT_NONE;
    return new_region_with(&cfg);
}

static void *written_region(akit_region *h, size_t size)
{
    void *p = plain_region(h, size);
    memset(p, 0xee, (size_t)usable_of(p));
    return p;
}

/* What follows takes the free memory again, in pieces; none of them shows what was written before. */
static void following_regions_are_zero(akit_region *h)
{
    enum { n = 128 };
    void *p[n];
    for (int i = 0; i < n; i++) {
        p[i] = plain_region(h, KIB(64));
        CHECK(all_bytes(p[i], (size_t)usable_of(p[i]), 0));
    }
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_region_free(h, p[i]), 0);
}

CASE(what_shrinking_gives_back_is_zero)
{
    const uint32_t flags[] = {0, AKIT_ALLOC_NO_MOVE};
    for (int i = 0; i < 2; i++) {
        akit_region *h = wiping_region();
        void *p = akit_region_realloc(h, written_region(h, MIB(5)), KIB(64), flags[i], NULL);
        CHECK(p != NULL && all_bytes(p, KIB(64), 0xee));
        following_regions_are_zero(h);
        CHECK_INT(akit_region_free(h, p), 0);
        following_regions_are_zero(h);
        akit_region_destroy(h, 0);
    }
}

CASE(what_growing_leaves_behind_is_zero)
{
    akit_region *h = wiping_region();
    void *p = written_region(h, MIB(5)), *wall = plain_region(h, KIB(64));
    p = akit_region_realloc(h, p, MIB(40), 0, NULL);
    CHECK(p != NULL && all_bytes(p, MIB(5), 0xee));
    following_regions_are_zero(h);
    CHECK_INT(akit_region_free(h, wall), 0);
    CHECK_INT(akit_region_free(h, p), 0);
    following_regions_are_zero(h);
    akit_region_destroy(h, 0);
}

/* The memory of a handle that ended serves handles of other kinds, which do not ask for zeroes. */
FRESH(what_is_out_at_destroy_is_zero_for_whoever_comes_next)
{
    akit_region *h = wiping_region();
    for (int i = 0; i < 16; i++)
        written_region(h, i % 2 ? MIB(1) : KIB(32));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    akit_tiered *t = new_heap();
    const size_t sizes[] = {MIB(1), KIB(32), KIB(256)};
    for (int i = 0; i < 96; i++) {
        const unsigned char *p = (const unsigned char *)akit_tiered_alloc(t, sizes[i % 3]);
        CHECK(p != NULL);
        for (size_t at = 0; at < sizes[i % 3]; at += 8)
            CHECK(p[at] != 0xee);
    }
    akit_tiered_destroy(t, 0);
}
