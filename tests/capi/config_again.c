/* What config_get and suggest answer makes another handle of the same kind, whatever the first one stands on. */
#include "kit.h"

static akit_region *region;
static akit_huge *huge;
static _Alignas(4096) char memory[MIB(4)];
static _Alignas(4096) char second[MIB(4)];

enum { NOTHING, REGION, HUGE_PAGES, MEMORY };

#define PLACE(cfg, at)                       \
    do {                                     \
        if ((at) == REGION)                  \
            (cfg).region = region;           \
        if ((at) == HUGE_PAGES)              \
            (cfg).huge = huge;               \
    } while (0)

static void parents(void)
{
    CHECK_INT(akit_region_create(NULL, &region), 0);
    CHECK_INT(akit_huge_create(NULL, &huge), 0);
}

static void end_parents(void)
{
    akit_region_destroy(region, 0);
    akit_huge_destroy(huge, 0);
}

#define AGAIN_OF(kind, KIND, with_sizes, at, with_memory)                            \
    do {                                                                             \
        akit_##kind##_config cfg = AKIT_##KIND##_CONFIG_INIT;                        \
        akit_##kind##_config in_force = AKIT_##KIND##_CONFIG_INIT;                   \
        akit_##kind##_config proposed = AKIT_##KIND##_CONFIG_INIT;                   \
        akit_##kind *h = NULL, *g = NULL;                                            \
        with_sizes(cfg);                                                             \
        PLACE(cfg, at);                                                              \
        with_memory(cfg, memory);                                                    \
        CHECK_INT(akit_##kind##_create(&cfg, &h), 0);                                \
        CHECK_INT(akit_##kind##_config_get(h, &in_force), 0);                        \
        CHECK_INT(akit_##kind##_suggest(h, &proposed), 0);                           \
        with_memory(in_force, second);                                               \
        with_memory(proposed, second);                                               \
        CHECK_INT(akit_##kind##_create(&in_force, &g), 0);                           \
        CHECK_INT(akit_##kind##_destroy(g, 0), 0);                                   \
        CHECK_INT(akit_##kind##_create(&proposed, &g), 0);                           \
        CHECK_INT(akit_##kind##_destroy(g, 0), 0);                                   \
        CHECK_INT(akit_##kind##_destroy(h, 0), 0);                                   \
    } while (0)

#define AGAIN(kind, KIND, at, with_memory) AGAIN_OF(kind, KIND, DEFAULTS, at, with_memory)

#define DEFAULTS(cfg) ((void)(cfg))
#define SMALL(cfg) ((cfg).node_bytes = 64, (cfg).element_bytes = 8)
#define NO_MEMORY(cfg, of) ((void)(cfg), (void)(of))
#define IN_MEMORY(cfg, of) ((cfg).memory = (of), (cfg).memory_bytes = sizeof(of))

CASE(heaps)
{
    parents();
    AGAIN(tiered, TIERED, NOTHING, NO_MEMORY);
    AGAIN(tiered, TIERED, REGION, NO_MEMORY);
    AGAIN(tiered, TIERED, HUGE_PAGES, NO_MEMORY);
    end_parents();
}

CASE(pools)
{
    parents();
    AGAIN(pool, POOL, NOTHING, NO_MEMORY);
    AGAIN(pool, POOL, REGION, NO_MEMORY);
    AGAIN(pool, POOL, HUGE_PAGES, NO_MEMORY);
    AGAIN(pool, POOL, MEMORY, IN_MEMORY);
    end_parents();
}

CASE(rings)
{
    parents();
    AGAIN(ring, RING, NOTHING, NO_MEMORY);
    AGAIN(ring, RING, REGION, NO_MEMORY);
    AGAIN(ring, RING, HUGE_PAGES, NO_MEMORY);
    AGAIN(ring, RING, MEMORY, IN_MEMORY);
    end_parents();
}

CASE(nodes)
{
    parents();
    AGAIN_OF(nodes, NODES, SMALL, NOTHING, NO_MEMORY);
    AGAIN_OF(nodes, NODES, SMALL, REGION, NO_MEMORY);
    AGAIN_OF(nodes, NODES, SMALL, HUGE_PAGES, NO_MEMORY);
    AGAIN_OF(nodes, NODES, SMALL, MEMORY, IN_MEMORY);
    end_parents();
}

static void regions(int in_memory)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT, in_force = AKIT_REGION_CONFIG_INIT, proposed = AKIT_REGION_CONFIG_INIT;
    akit_region *h, *g;
    if (in_memory)
        IN_MEMORY(cfg, memory);
    CHECK_INT(akit_region_create(&cfg, &h), 0);
    CHECK_INT(akit_region_config_get(h, &in_force), 0);
    CHECK_INT(akit_region_suggest(h, &proposed), 0);
    if (in_memory) {
        IN_MEMORY(in_force, second);
        IN_MEMORY(proposed, second);
    }
    CHECK_INT(akit_region_create(&in_force, &g), 0);
    akit_region_destroy(g, 0);
    CHECK_INT(akit_region_create(&proposed, &g), 0);
    akit_region_destroy(g, 0);
    akit_region_destroy(h, 0);
}

CASE(regions_on_pages) { regions(0); }
CASE(regions_in_memory) { regions(1); }

CASE(huge_pages)
{
    akit_huge_config in_force = AKIT_HUGE_CONFIG_INIT;
    akit_huge *h, *g;
    CHECK_INT(akit_huge_create(NULL, &h), 0);
    CHECK_INT(akit_huge_config_get(h, &in_force), 0);
    CHECK_INT(akit_huge_create(&in_force, &g), 0);
    akit_huge_destroy(g, 0);
    akit_huge_destroy(h, 0);
}

static void arena(int at)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT, in_force = AKIT_ARENA_CONFIG_INIT;
    akit_arena *h, *g;
    PLACE(cfg, at);
    if (at == MEMORY)
        IN_MEMORY(cfg, memory);
    CHECK_INT(akit_arena_create(&cfg, &h), 0);
    CHECK_INT(akit_arena_config_get(h, &in_force), 0);
    if (at == MEMORY)
        IN_MEMORY(in_force, second);
    CHECK_INT(akit_arena_create(&in_force, &g), 0);
    akit_arena_destroy(g, 0);
    akit_arena_destroy(h, 0);
}

CASE(arenas)
{
    parents();
    for (int at = NOTHING; at <= MEMORY; at++)
        arena(at);
    end_parents();
}
