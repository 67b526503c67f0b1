/* NUMA modes of region, huge and tiered handles and of pools, as /proc/self/numa_maps shows them, and bytes per node. */
#include "huge_kit.h"
#include "pool_kit.h"
#include "region_kit.h"
#include "smaps.h"

enum { ABSENT = 63 };

static void needs_numa(void)
{
    if (access("/proc/self/numa_maps", R_OK) != 0)
        SKIP("the kernel has no NUMA");
    if (access("/sys/devices/system/node/node0", R_OK) != 0)
        SKIP("there is no node 0");
    if (access("/sys/devices/system/node/node63", R_OK) == 0)
        SKIP("there is a node 63");
}

/* The policy of the mapping an address lies in, for example "bind:0". */
static const char *policy_of(const void *p)
{
    static char found[64];
    found[0] = 0;
    read_proc("/proc/self/numa_maps");
    for (char *line = smaps_text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        unsigned long long from;
        char policy[64];
        if (sscanf(line, "%llx %63s", &from, policy) == 2 && from <= (uintptr_t)p)
            memcpy(found, policy, sizeof found);
    }
    return found;
}

static const char *const expected[] = {"default", "bind:0", "interleave:0", "prefer:0"};

static int has_policy(const void *p, uint32_t mode)
{
    return !strncmp(policy_of(p), expected[mode], strlen(expected[mode])) ||
           (mode == AKIT_NUMA_PREFERRED && !strncmp(policy_of(p), "prefer (many):0", 14));
}

static int region_answers(uint32_t mode, uint64_t nodes)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    akit_region *h = NULL;
    cfg.numa_mode = mode;
    cfg.numa_nodes = nodes;
    int rc = akit_region_create(&cfg, &h);
    akit_region_destroy(h, 0);
    return rc;
}

static int huge_answers(uint32_t mode, uint64_t nodes)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    akit_huge *h = NULL;
    cfg.numa_mode = mode;
    cfg.numa_nodes = nodes;
    int rc = akit_huge_create(&cfg, &h);
    akit_huge_destroy(h, 0);
    return rc;
}

static int tiered_answers(uint32_t mode, uint64_t nodes)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *h = NULL;
    cfg.numa_mode = mode;
    cfg.numa_nodes = nodes;
    int rc = akit_tiered_create(&cfg, &h);
    akit_tiered_destroy(h, 0);
    return rc;
}

static int pool_answers(uint32_t mode, uint64_t nodes)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    akit_pool *h = NULL;
    cfg.numa_mode = mode;
    cfg.numa_nodes = nodes;
    int rc = akit_pool_create(&cfg, &h);
    akit_pool_destroy(h, 0);
    return rc;
}

static void nodes_must_make_sense(int (*answers)(uint32_t, uint64_t))
{
    needs_numa();
    CHECK_INT(answers(AKIT_NUMA_LOCAL, 0), 0);
    CHECK_INT(answers(AKIT_NUMA_LOCAL, 1), -EINVAL);
    for (uint32_t mode = AKIT_NUMA_BIND; mode <= AKIT_NUMA_PREFERRED; mode++) {
        CHECK_INT(answers(mode, 1), 0);
        CHECK_INT(answers(mode, 0), -EINVAL);
        CHECK_INT(answers(mode, (uint64_t)1 << ABSENT), -EINVAL);
        CHECK_INT(answers(mode, 1 | (uint64_t)1 << ABSENT), -EINVAL);
        CHECK_INT(answers(mode, UINT64_MAX), -EINVAL);
    }
    CHECK_INT(answers(AKIT_NUMA_PREFERRED + 1, 1), -EINVAL);
}

CASE(nodes_of_a_region_handle_must_make_sense) { nodes_must_make_sense(region_answers); }
CASE(nodes_of_a_huge_handle_must_make_sense) { nodes_must_make_sense(huge_answers); }
CASE(nodes_of_a_tiered_handle_must_make_sense) { nodes_must_make_sense(tiered_answers); }
CASE(nodes_of_a_pool_must_make_sense) { nodes_must_make_sense(pool_answers); }

static akit_region *region_in(uint32_t mode)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.numa_mode = mode;
    cfg.numa_nodes = mode != AKIT_NUMA_LOCAL;
    cfg.thp = AKIT_THP_NEVER;
    cfg.decay_ns = AKIT_NONE;
    return new_region_with(&cfg);
}

FRESH(regions_have_the_policy)
{
    needs_numa();
    akit_region *plain = region_in(AKIT_NUMA_LOCAL); /* leaves memory without a policy for others to pick up */
    for (int i = 0; i < 16; i++)
        CHECK(has_policy(touched_region(plain, MIB(1)), AKIT_NUMA_LOCAL));
    akit_region_destroy(plain, 0);
    for (uint32_t mode = AKIT_NUMA_BIND; mode <= AKIT_NUMA_PREFERRED; mode++) {
        akit_region *h = region_in(mode);
        const size_t sizes[] = {1, KIB(64), MIB(1), MIB(5), MIB(70)};
        for (int i = 0; i < 5; i++) {
            void *p = touched_region(h, sizes[i]);
            if (!has_policy(p, mode))
                CHECK_FAIL("wanted %s, got %s", expected[mode], policy_of(p));
            CHECK(mode != AKIT_NUMA_BIND || inspect(p).numa_node == 0);
            CHECK(mode != AKIT_NUMA_INTERLEAVE || inspect(p).numa_node == AKIT_NONE);
            p = akit_region_realloc(h, p, sizes[i] * 3, 0, NULL);
            CHECK(p && has_policy(p, mode));
            CHECK_INT(akit_region_free(h, p), 0);
            CHECK(has_policy(touched_region(h, sizes[i]), mode)); /* from the cache */
        }
        akit_region_destroy(h, 0);
    }
    plain = region_in(AKIT_NUMA_LOCAL); /* and the other way round */
    for (int i = 0; i < 16; i++)
        CHECK(has_policy(touched_region(plain, MIB(1)), AKIT_NUMA_LOCAL));
    akit_region_destroy(plain, 0);
}

/* The memory of a handle that ended serves handles of other kinds, without its policy. */
FRESH(the_policy_ends_with_the_handle)
{
    needs_numa();
    akit_region *h = region_in(AKIT_NUMA_BIND);
    for (int i = 0; i < 16; i++)
        touched_region(h, MIB(1));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.thp = AKIT_THP_NEVER;
    akit_tiered *t = new_heap_with(&cfg);
    for (int i = 0; i < 32; i++) {
        void *p = block(t, MIB(1));
        if (!has_policy(p, AKIT_NUMA_LOCAL))
            CHECK_FAIL("wanted %s, got %s", expected[AKIT_NUMA_LOCAL], policy_of(p));
    }
    akit_tiered_destroy(t, 0);
}

static void bytes_are_counted(uint32_t mode)
{
    needs_numa();
    akit_region *h = region_in(mode);
    CHECK_INT(akit_region_node_bytes(h, 0), 0);
    unsigned char *p = (unsigned char *)akit_region_alloc(h, MIB(8), 0, AKIT_ALLOC_ZERO, NULL);
    CHECK(p != NULL);
    size_t there = (size_t)resident(p, MIB(8));
    CHECK_INT(akit_region_node_bytes(h, 0), there);
    unsigned char *lone = (unsigned char *)plain_region(h, KIB(64));
    lone[5 * page_bytes()] = 1; /* every page is looked at */
    CHECK_INT(akit_region_node_bytes(h, 0), there + page_bytes());
    CHECK_INT(akit_region_free(h, lone), 0);
    touch_pages(p, MIB(3));
    void *q = touched_region(h, KIB(640));
    CHECK_INT(akit_region_node_bytes(h, 0), resident(p, MIB(8)) + resident(q, KIB(640)));
    CHECK_AT_LEAST(akit_region_node_bytes(h, 0), MIB(3) + KIB(640));
    CHECK_INT(akit_region_free(h, q), 0); /* in use, not cached ones */
    CHECK_INT(akit_region_node_bytes(h, 0), resident(p, MIB(8)));
    CHECK_INT(akit_region_node_bytes(h, ABSENT), -ENOENT);
    CHECK_INT(akit_region_node_bytes(h, 64), -ENOENT);
    CHECK_INT(akit_region_node_bytes(h, UINT32_MAX), -ENOENT);
    akit_region_destroy(h, 0);
}

CASE(bytes_of_regions_by_node) { bytes_are_counted(AKIT_NUMA_BIND); }
CASE(bytes_of_regions_by_node_without_a_policy) { bytes_are_counted(AKIT_NUMA_LOCAL); }

FRESH(a_large_region_is_counted_whole)
{
    needs_numa();
    akit_region *h = region_in(AKIT_NUMA_BIND);
    touched_region(h, MIB(300));
    CHECK_INT(akit_region_node_bytes(h, 0), MIB(300));
    akit_region_destroy(h, 0);
}

static akit_huge *huge_in(uint32_t mode, uint32_t huge_mode)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.numa_mode = mode;
    cfg.numa_nodes = mode != AKIT_NUMA_LOCAL;
    cfg.giant_mode = AKIT_HUGE_NEVER;
    cfg.huge_mode = huge_mode;
    return new_huge_with(&cfg);
}

FRESH(blocks_of_huge_handles_have_the_policy)
{
    needs_numa();
    for (uint32_t mode = AKIT_NUMA_LOCAL; mode <= AKIT_NUMA_PREFERRED; mode++) {
        akit_huge *h = huge_in(mode, AKIT_HUGE_NEVER);
        void *p = huge_block(h, MIB(16));
        if (!has_policy(p, mode))
            CHECK_FAIL("wanted %s, got %s", expected[mode], policy_of(p));
        CHECK_INT(akit_huge_node_bytes(h, 0), MIB(16));
        CHECK_INT(akit_huge_node_bytes(h, ABSENT), -ENOENT);
        CHECK_INT(akit_huge_free(h, p), 0);
        CHECK_INT(akit_huge_node_bytes(h, 0), 0);
        akit_huge_destroy(h, 0);
    }
}

CASE(explicit_huge_pages_have_the_policy)
{
    needs_numa();
    NEEDS_HUGE_PAGES(4);
    akit_huge *h = huge_in(AKIT_NUMA_BIND, AKIT_HUGE_REQUIRE);
    uint32_t backing = 0;
    void *p = akit_huge_alloc(h, MIB(8), 0, 0, &backing);
    CHECK(p && backing == AKIT_BACKING_HUGE && has_policy(p, AKIT_NUMA_BIND));
    CHECK_INT(akit_huge_node_bytes(h, 0), MIB(8));
    CHECK_INT(inspect(p).numa_node, 0);
    akit_huge_destroy(h, 0);
}

FRESH(blocks_of_tiered_handles_have_the_policy)
{
    needs_numa();
    akit_tiered *plain = new_heap(); /* leaves memory without a policy for others to pick up */
    for (int i = 0; i < 200; i++)
        block(plain, KIB(32));
    akit_tiered_destroy(plain, 0);
    for (uint32_t mode = AKIT_NUMA_BIND; mode <= AKIT_NUMA_PREFERRED; mode++) {
        akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT, now = AKIT_TIERED_CONFIG_INIT;
        cfg.numa_mode = mode;
        cfg.numa_nodes = 1;
        akit_tiered *h = new_heap_with(&cfg);
        CHECK_INT(akit_tiered_config_get(h, &now), 0);
        CHECK(now.numa_mode == mode && now.numa_nodes == 1);
        const size_t sizes[] = {16, 1000, 5000, 100000, MIB(1), MIB(4)};
        for (int i = 0; i < 6; i++) {
            void *p = block(h, sizes[i]);
            if (!has_policy(p, mode))
                CHECK_FAIL("%zu bytes: wanted %s, got %s", sizes[i], expected[mode], policy_of(p));
        }
        akit_tiered_destroy(h, 0);
    }
}

FRESH(buffers_of_pools_have_the_policy)
{
    needs_numa();
    akit_pool *plain = new_pool(); /* leaves memory without a policy for others to pick up */
    for (int i = 0; i < 200; i++)
        touched_buffer(plain, KIB(64));
    destroy_now(plain);
    for (uint32_t mode = AKIT_NUMA_BIND; mode <= AKIT_NUMA_PREFERRED; mode++) {
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT, now = AKIT_POOL_CONFIG_INIT;
        cfg.numa_mode = mode;
        cfg.numa_nodes = 1;
        akit_pool *h = new_pool_with(&cfg);
        CHECK_INT(akit_pool_config_get(h, &now), 0);
        CHECK(now.numa_mode == mode && now.numa_nodes == 1);
        CHECK_INT(akit_pool_warm(h, KIB(64), 50), 0);
        const size_t lengths[] = {100, 5000, KIB(64), MIB(1)};
        for (int i = 0; i < 4; i++) {
            void *p = touched_buffer(h, lengths[i]);
            if (!has_policy(p, mode))
                CHECK_FAIL("%zu bytes: wanted %s, got %s", lengths[i], expected[mode], policy_of(p));
            CHECK(mode != AKIT_NUMA_BIND || inspect(p).numa_node == 0);
        }
        destroy_now(h);
    }
}
