/* What an arena stands on, threads in turn, fork. */
#include "arena_kit.h"
#include "child.h"

#include <pthread.h>

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
