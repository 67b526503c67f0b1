/* Configurations, and handles that are none. */
#include "arena_kit.h"

static int refused(akit_arena_config cfg)
{
    akit_arena *h = (akit_arena *)&cfg;
    int rc = akit_arena_create(&cfg, &h);
    CHECK(h == NULL);
    return rc;
}

#define REFUSED(...)                                                           \
    do {                                                                       \
        akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;                        \
        __VA_ARGS__;                                                           \
        CHECK_INT(refused(cfg), -EINVAL);                                      \
    } while (0)

CASE(configurations_that_make_no_sense)
{
    static char memory[64];
    akit_region *region = new_region_with(NULL);
    akit_huge *huge = new_huge_with(NULL);
    REFUSED(cfg.flags = 1);
    REFUSED(cfg.reserved0 = 1);
    REFUSED(cfg.limit_bytes = KIB(63));
    REFUSED(cfg.exhaust_mode = 3);
    REFUSED(cfg.warn_percent = 101);
    REFUSED(cfg.slab_bytes = MIB(2); cfg.max_slab_bytes = MIB(1));
    REFUSED(cfg.slab_bytes = GIB(1024) + 1);
    REFUSED(cfg.max_slab_bytes = AKIT_NONE);
    REFUSED(cfg.memory = memory);
    REFUSED(cfg.memory_bytes = 64);
    REFUSED(cfg.memory = memory; cfg.memory_bytes = SIZE_MAX);
    REFUSED(cfg.memory = memory; cfg.memory_bytes = 64; cfg.region = region);
    REFUSED(cfg.memory = memory; cfg.memory_bytes = 64; cfg.fork_mode = AKIT_FORK_DONTFORK);
    REFUSED(cfg.memory = memory; cfg.memory_bytes = 64; cfg.prefault_bytes = 1);
    REFUSED(cfg.region = region; cfg.huge = huge);
    REFUSED(cfg.region = region; cfg.thp = AKIT_THP_ADVISE);
    REFUSED(cfg.huge = huge; cfg.prefault_bytes = 1);
    REFUSED(cfg.numa_nodes = 1);
    REFUSED(cfg.region = (akit_region *)huge);
    CHECK_INT(akit_arena_create(NULL, NULL), -EINVAL);
    CHECK_INT(akit_region_destroy(region, 0), 0);
    CHECK_INT(akit_huge_destroy(huge, 0), 0);
}

CASE(the_configuration_in_force)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT, got = AKIT_ARENA_CONFIG_INIT;
    CHECK_INT(akit_arena_config_init(&cfg, sizeof cfg), 0);
    akit_arena *h = new_arena();
    CHECK_INT(akit_arena_config_get(h, &got), 0);
    CHECK_INT(got.slab_bytes, KIB(64));
    CHECK_INT(got.max_slab_bytes, MIB(4));
    CHECK_INT(got.warn_percent, 80);
    CHECK_INT(got.exhaust_mode, AKIT_EXHAUST_GROW);
    CHECK(got.limit_bytes == AKIT_NONE && got.decay_ns == 100000000 && got.fork_mode == AKIT_FORK_COPY);
    arena_end(h);
    cfg.slab_bytes = MIB(8) + 1;
    cfg.name = "frames";
    h = new_arena_with(&cfg);
    CHECK_INT(akit_arena_config_get(h, &got), 0);
    CHECK_INT(got.slab_bytes, in_pages(MIB(8) + 1));
    CHECK_INT(got.max_slab_bytes, in_pages(MIB(8) + 1));
    CHECK(!strcmp(got.name, "frames"));
    arena_end(h);
}

CASE(handles_that_are_none)
{
    akit_arena *gone = new_arena();
    akit_region *region = new_region_with(NULL);
    uint64_t mark = 7;
    arena_end(gone);
    akit_arena *const none[] = {NULL, gone, (akit_arena *)region};
    for (int i = 0; i < 3; i++) {
        akit_arena *h = none[i];
        void *out[3];
        CHECK_REFUSED(akit_arena_alloc(h, 1, 0), EINVAL);
        errno = 0;
        CHECK_INT(akit_arena_alloc_n(h, 1, 0, 3, out), 0);
        CHECK_INT(errno, EINVAL);
        CHECK_INT(akit_arena_resize(h, &mark, 1, 1), -EINVAL);
        mark = 7;
        CHECK_INT(akit_arena_mark(h, &mark), -EINVAL);
        CHECK_INT(mark, 0);
        CHECK_INT(akit_arena_rewind(h, 1), -EINVAL);
        CHECK_INT(akit_arena_reset(h, 0), -EINVAL);
        akit_arena_stats st = AKIT_ARENA_STATS_INIT;
        CHECK_INT(akit_arena_stats_get(h, &st), -EINVAL);
        CHECK_INT(akit_arena_destroy(h, 0), h ? -EINVAL : 0);
    }
    CHECK_INT(akit_region_destroy(region, 0), 0);
}

CASE(destroying_consumes_whatever_the_flags)
{
    akit_arena *h = new_arena();
    CHECK_INT(akit_arena_mark(h, NULL), -EINVAL);
    CHECK_INT(akit_arena_destroy(h, AKIT_DESTROY_DEFER), -EINVAL);
    CHECK_INT(akit_arena_reset(h, 0), -EINVAL);
    h = new_arena();
    CHECK_INT(akit_arena_destroy(h, AKIT_DESTROY_NOW), 0);
}
