/* Contents: zeroed, made resident, poisoned. */
#include "arena_kit.h"
#include "child.h"

CASE(prefaulted_slabs)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.prefault_bytes = MIB(1);
    akit_arena *h = new_arena_with(&cfg);
    akit_arena_stats st = arena_stats_of(h);
    if (st.prefaulted_bytes_total == 0)
        SKIP("this kernel populates nothing on request");
    CHECK_INT(st.prefaulted_bytes_total, MIB(1));
    CHECK_INT(st.slabs, 5);
    CHECK_AT_LEAST(st.capacity_bytes, MIB(1));
    for (int i = 0; i < 900; i++)
        arena_block(h, KIB(1), 0);
    CHECK_INT(arena_stats_of(h).maps_total, st.maps_total);
    arena_end(h);
}

CASE(zero_on_alloc)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
    akit_arena *h = new_arena_with(&cfg);
    uint64_t start = mark_of(h);
    for (int round = 0; round < 4; round++) {
        void *out[20];
        for (size_t size = 1; size < MIB(6); size = size * 3 + 1) {
            char *p = akit_arena_alloc(h, size, 0);
            CHECK(p && all_bytes(p, size, 0));
            memset(p, 0xff, size);
            CHECK_INT(akit_arena_alloc_n(h, 100, 1, 20, out), 20);
            for (int i = 0; i < 20; i++) {
                CHECK(all_bytes(out[i], 100, 0));
                memset(out[i], 0xff, 100);
            }
            CHECK_INT(akit_arena_resize(h, out[19], 100, 5), 0);
            if (akit_arena_resize(h, out[19], 5, 300) == 0) {
                CHECK(all_bytes((char *)out[19] + 5, 295, 0));
                memset(out[19], 0xff, 300);
            }
        }
        CHECK_INT(round % 2 ? akit_arena_reset(h, AKIT_NONE) : akit_arena_rewind(h, start), 0);
    }
    arena_end(h);
}

CASE(zero_on_alloc_in_memory_that_others_wrote)
{
    akit_region_config rc = AKIT_REGION_CONFIG_INIT;
    rc.limit_bytes = MIB(8); /* so that pages must be used again */
    akit_region *region = new_region_with(&rc);
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.region = region;
    for (int round = 0; round < 20; round++) {
        cfg.zero_mode = AKIT_ZERO_NONE;
        akit_arena *dirty = new_arena_with(&cfg);
        for (int i = 0; i < 1000; i++)
            arena_block(dirty, 1000, 1);
        arena_block(dirty, MIB(5), 1);
        arena_end(dirty);
        cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
        akit_arena *h = new_arena_with(&cfg);
        for (int i = 0; i < 1000; i++) {
            void *p = akit_arena_alloc(h, 1000, 1);
            CHECK(p && all_bytes(p, 1000, 0));
        }
        void *p = akit_arena_alloc(h, MIB(5), 1);
        CHECK(p && all_bytes(p, MIB(5), 0));
        arena_end(h);
    }
    CHECK_INT(akit_region_destroy(region, 0), 0);
}

CASE(zero_on_free)
{
    static unsigned char memory[KIB(64)];
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    cfg.memory = memory;
    cfg.memory_bytes = sizeof memory;
    if (CHECK_SANITIZED)
        SKIP("what is not handed out may not be read");
    akit_arena *h = new_arena_with(&cfg);
    char *a = arena_block(h, 1000, 1), *b = arena_block(h, 1000, 1);
    CHECK_INT(akit_arena_resize(h, b, 1000, 100), 0);
    CHECK(all_bytes(b + 100, 900, 0) && all_bytes(b, 100, 0x5a));
    uint64_t mark = mark_of(h);
    arena_block(h, 500, 1);
    CHECK_INT(akit_arena_rewind(h, mark), 0);
    CHECK(all_bytes(b + 100, 900, 0) && all_bytes(a, 1000, 0x5a));
    arena_end(h);
    CHECK(all_bytes(memory, sizeof memory, 0));
}

CASE(blocks_that_went_back_are_poisoned)
{
#if !defined(__SANITIZE_ADDRESS__)
    SKIP("only the address sanitizer sees it");
#endif
    akit_arena *h = new_arena();
    char *a = arena_block(h, 100, 0);
    CHECK(!access_faults(a + 99, 1));
    CHECK(access_faults(a + 100, 1));
    uint64_t mark = mark_of(h);
    char *b = arena_block(h, 100, 0), *big = arena_block(h, MIB(5), 0);
    CHECK(!access_faults(b, 1) && !access_faults(big, 1));
    CHECK_INT(akit_arena_rewind(h, mark), 0);
    CHECK(!access_faults(a, 1));
    CHECK(access_faults(b, 1) && access_faults(big, 1));
    CHECK_INT(akit_arena_reset(h, AKIT_NONE), 0);
    CHECK(access_faults(a, 0));
    arena_end(h);
}
