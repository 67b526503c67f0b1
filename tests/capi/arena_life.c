/* Configuration, handles, threads, fork, and what an arena stands on. */
#include "arena_kit.h"
#include "child.h"

#include <pthread.h>

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

CASE(blocks_are_no_blocks_of_others)
{
    akit_arena *h = new_arena();
    char *p = arena_block(h, 100, 0), *q = arena_block(h, MIB(5), 0);
    uint64_t before = process_stats().misuses_total;
    akit_free(p);
    akit_free(q);
    CHECK_INT(process_stats().misuses_total, before + 2);
    akit_block_info info = inspect(q + 100);
    CHECK_INT(info.handle_id, arena_stats_of(h).id);
    CHECK_INT(info.handle_kind, AKIT_KIND_ARENA);
    CHECK(all_bytes(q, MIB(5), 0x5a));
    arena_end(h);
    CHECK_INT(process_stats().misuses_total, before + 2);
}

CASE(many_short_lives_take_no_memory)
{
    akit_arena *h;
    uint64_t mapped = 0;
    for (int i = 0; i < 3000; i++) {
        h = new_arena();
        for (int k = 0; k < 100; k++)
            arena_block(h, 1000, 0);
        arena_end(h);
        if (i == 100)
            mapped = process_stats().mapped_bytes;
    }
    CHECK_AT_MOST(process_stats().mapped_bytes, mapped + MIB(1)); /* stubs of stale handles are kept */
}

CASE(on_a_region)
{
    akit_region_config rc = AKIT_REGION_CONFIG_INIT;
    rc.limit_bytes = MIB(2);
    akit_region *region = new_region_with(&rc);
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.region = region;
    akit_arena *h = new_arena_with(&cfg);
    CHECK_AT_LEAST(region_stats_of(region).mapped_bytes, KIB(64));
    size_t n = 0;
    while (akit_arena_alloc(h, 1000, 0))
        n++;
    CHECK_INT(errno, ENOMEM);
    CHECK_AT_LEAST(n, 1000);
    CHECK_AT_MOST(region_stats_of(region).mapped_bytes, MIB(2));
    CHECK_INT(akit_arena_reset(h, 0), 0);
    CHECK_INT(akit_region_destroy(region, 0), 0); /* the parent first */
    CHECK(arena_block(h, KIB(200), 0) != NULL);
    arena_end(h);
}

CASE(beyond_the_cap_of_a_region)
{
    akit_region_config rc = AKIT_REGION_CONFIG_INIT;
    rc.limit_bytes = MIB(1);
    akit_region *region = new_region_with(&rc);
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.region = region;
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    akit_arena *h = new_arena_with(&cfg);
    for (int i = 0; i < 300; i++)
        arena_block(h, KIB(8), 0);
    CHECK_AT_LEAST(arena_stats_of(h).fallbacks_total, 100);
    CHECK_AT_MOST(region_stats_of(region).mapped_bytes, MIB(1));
    CHECK_INT(akit_arena_reset(h, 0), 0);
    CHECK_INT(arena_stats_of(h).mappings, 0);
    arena_end(h);
    CHECK_INT(region_stats_of(region).used_bytes, 0);
    CHECK_INT(akit_region_destroy(region, 0), 0);
}

CASE(on_huge_pages)
{
    akit_huge *huge = new_huge_with(NULL);
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.huge = huge;
    akit_arena *h = new_arena_with(&cfg);
    CHECK_INT(arena_stats_of(h).capacity_bytes, MIB(2));
    CHECK_AT_LEAST(huge_stats_of(huge).mapped_bytes, MIB(2));
    for (int i = 0; i < 100; i++)
        arena_block(h, KIB(100), 0);
    CHECK_INT(akit_arena_reset(h, 0), 0);
    CHECK_INT(arena_stats_of(h).capacity_bytes, 0);
    arena_block(h, MIB(9), 0);
    arena_end(h);
    CHECK_INT(akit_huge_destroy(huge, 0), 0);
}

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

typedef struct {
    akit_arena *h;
    pthread_mutex_t lock;
    int turn;
} shared_arena;

static void *alternates(void *arg)
{
    shared_arena *s = (shared_arena *)arg;
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&s->lock);
        uint64_t mark = 0;
        THREAD_CHECK(akit_arena_mark(s->h, &mark) == 0);
        char *p = akit_arena_alloc(s->h, 1 + (size_t)i % 3000, 0);
        THREAD_CHECK(p != NULL);
        if (p)
            memset(p, i, 1 + (size_t)i % 3000);
        if (i % 3)
            THREAD_CHECK(akit_arena_rewind(s->h, mark) == 0);
        if (i % 1000 == 999)
            THREAD_CHECK(akit_arena_reset(s->h, KIB(100)) == 0);
        pthread_mutex_unlock(&s->lock);
        akit_arena_stats st = AKIT_ARENA_STATS_INIT;
        THREAD_CHECK(akit_arena_stats_get(s->h, &st) == 0); /* beside the other thread */
    }
    return NULL;
}

CASE(threads_in_turn)
{
    shared_arena s = {new_arena(), PTHREAD_MUTEX_INITIALIZER, 0};
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&t[i], NULL, alternates, &s), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    CHECK_INT(arena_misuses(s.h), 0);
    CHECK_INT(arena_stats_of(s.h).allocs_total, 10000);
    arena_end(s.h);
}

typedef struct {
    akit_arena *h;
    char *p;
    uint64_t mark;
    int copied;
} family;

static int goes_on(void *arg)
{
    family *f = (family *)arg;
    if (f->copied) {
        CHILD_CHECK(all_bytes(f->p, 1000, 0x5a));
        CHILD_CHECK(akit_arena_rewind(f->h, f->mark) == 0);
    } else {
        akit_arena_stats st = AKIT_ARENA_STATS_INIT;
        CHILD_CHECK(akit_arena_stats_get(f->h, &st) == 0);
        CHILD_CHECK(st.used_bytes == 0 && st.slabs == 0 && st.mappings == 0 && st.dedicated_slabs == 0);
        CHILD_CHECK(akit_arena_rewind(f->h, f->mark) == -EINVAL);
    }
    uint64_t mark;
    CHILD_CHECK(akit_arena_mark(f->h, &mark) == 0);
    for (int i = 0; i < 1000; i++) {
        char *p = akit_arena_alloc(f->h, 1000, 0);
        CHILD_CHECK(p != NULL);
        memset(p, i, 1000);
    }
    CHILD_CHECK(akit_arena_alloc(f->h, MIB(5), 0) != NULL);
    CHILD_CHECK(akit_arena_rewind(f->h, mark) == 0);
    CHILD_CHECK(akit_arena_reset(f->h, 0) == 0);
    CHILD_CHECK(akit_arena_destroy(f->h, 0) == 0);
    return 0;
}

CASE(forked)
{
    for (uint32_t mode = AKIT_FORK_DEFAULT; mode <= AKIT_FORK_DONTFORK; mode++) {
        akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
        cfg.fork_mode = mode;
        family f = {new_arena_with(&cfg), NULL, 0, mode != AKIT_FORK_DONTFORK};
        f.p = arena_block(f.h, 1000, 0);
        f.mark = mark_of(f.h);
        arena_block(f.h, MIB(5), 0);
        for (int i = 0; i < 100; i++)
            arena_block(f.h, 1000, 0);
        in_child(goes_on, &f);
        CHECK(all_bytes(f.p, 1000, 0x5a));
        CHECK_INT(akit_arena_rewind(f.h, f.mark), 0);
        arena_end(f.h);
    }
}
