/* Rings on a region or a huge handle: where the area lies, caps, ends in any order. */
#include "ring_kit.h"

static akit_ring *ring_on(akit_region *region, akit_huge *huge, uint64_t capacity_bytes)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.region = region;
    cfg.huge = huge;
    cfg.capacity_bytes = capacity_bytes;
    return new_ring_with(&cfg);
}

static void use(akit_ring *h)
{
    void *p[16];
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 16; i++)
            p[i] = filled_slice(h, KIB(4), i);
        for (int i = 0; i < 16; i++)
            CHECK(all_bytes(p[i], KIB(4), (unsigned char)i));
        release_all(h, 16, p);
    }
}

CASE(the_area_counts_in_the_region)
{
    akit_region *r = new_region_with(NULL);
    akit_ring *h = ring_on(r, NULL, MIB(3));
    CHECK_AT_LEAST(region_stats_of(r).used_bytes, MIB(3));
    CHECK(ring_config_of(h).region == r);
    use(h);
    end_ring(h);
    CHECK_INT(region_stats_of(r).used_bytes, 0);
    CHECK_INT(akit_region_destroy(r, 0), 0);
}

CASE(the_area_lies_in_the_memory_of_the_region)
{
    static unsigned char buffer[MIB(8)] __attribute__((aligned(65536)));
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    akit_region *r = new_region_with(&cfg);
    akit_ring *h = ring_on(r, NULL, MIB(4));
    unsigned char *base;
    CHECK_INT(akit_ring_memory_get(h, (void **)&base, NULL), 0);
    CHECK(base >= buffer && base + MIB(4) <= buffer + sizeof buffer);
    use(h);
    akit_ring_config too_much = AKIT_RING_CONFIG_INIT;
    akit_ring *other = NULL;
    too_much.region = r;
    too_much.capacity_bytes = MIB(8);
    CHECK_INT(akit_ring_create(&too_much, &other), -ENOMEM);
    end_ring(h);
    akit_region_destroy(r, 0);
}

CASE(the_cap_of_a_region_holds)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.limit_bytes = MIB(6);
    akit_region *r = new_region_with(&cfg);
    akit_ring *h = ring_on(r, NULL, MIB(3)), *other = NULL;
    akit_ring_config second = AKIT_RING_CONFIG_INIT;
    second.region = r;
    CHECK_INT(akit_ring_create(&second, &other), -ENOMEM);
    CHECK(other == NULL);
    end_ring(h);
    CHECK_INT(akit_ring_create(&second, &other), 0);
    end_ring(other);
    akit_region_destroy(r, 0);
}

CASE(the_area_counts_in_the_huge_handle)
{
    akit_huge *g = new_huge_with(NULL);
    akit_ring *h = ring_on(NULL, g, MIB(4));
    CHECK_AT_LEAST(huge_stats_of(g).used_bytes, MIB(4));
    CHECK(ring_config_of(h).huge == g);
    use(h);
    end_ring(h);
    CHECK_INT(huge_stats_of(g).used_bytes, 0);
    CHECK_INT(akit_huge_destroy(g, 0), 0);
}

CASE(a_parent_may_go_first)
{
    for (int i = 0; i < 8; i++) {
        akit_region *r = i & 1 ? new_region_with(NULL) : NULL;
        akit_huge *g = i & 1 ? NULL : new_huge_with(NULL);
        uint64_t handles = process_stats().handles;
        akit_ring *h = ring_on(r, g, MIB(2));
        void *p = filled_slice(h, KIB(10), 9);
        CHECK_INT(r ? akit_region_destroy(r, i & 2 ? AKIT_DESTROY_DEFER : 0) : akit_huge_destroy(g, i & 2 ? AKIT_DESTROY_DEFER : 0), 0);
        CHECK(all_bytes(p, KIB(10), 9));
        use(h);
        CHECK(all_bytes(p, KIB(10), 9));
        if (i & 4)
            CHECK_INT(akit_ring_release(h, p), 0);
        CHECK_INT(akit_ring_destroy(h, 0), 0);
        if (!(i & 4))
            CHECK_INT(akit_ring_release(h, p), 0);
        CHECK_INT(process_stats().handles, handles - 1);
    }
}

CASE(numa_policies)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    akit_ring *h = NULL;
    cfg.numa_mode = AKIT_NUMA_BIND;
    cfg.numa_nodes = 1;
    int rc = akit_ring_create(&cfg, &h);
    if (rc == -ENOSYS)
        SKIP("no NUMA in this kernel");
    CHECK_INT(rc, 0);
    use(h);
    end_ring(h);
}

CASE(huge_pages_by_advice_and_prefault)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.thp = AKIT_THP_ADVISE;
    cfg.prefault_bytes = AKIT_NONE - 1; /* all of it */
    akit_ring *h = new_ring_with(&cfg);
    uint64_t bytes = ring_stats_of(h).prefaulted_bytes_total;
    CHECK(bytes == MIB(4) || bytes == 0); /* 0: a kernel without that call */
    use(h);
    end_ring(h);
}
