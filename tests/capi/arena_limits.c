/* Limits, policies, memory of the caller, warnings. */
#include "arena_kit.h"
#include "seccomp.h"

#include <time.h>

static unsigned char memory[KIB(256)] __attribute__((aligned(4096)));

CASE(grow_stops_at_the_cap)
{
    akit_arena *h = capped_arena(MIB(1), AKIT_EXHAUST_GROW);
    size_t n = 0;
    while (akit_arena_alloc(h, 1000, 0))
        n++;
    CHECK_INT(errno, ENOMEM);
    akit_arena_stats st = arena_stats_of(h);
    CHECK_AT_MOST(st.mapped_bytes, MIB(1));
    CHECK_AT_LEAST(n * 1008, MIB(1) * 9 / 10); /* near the cap slabs are smaller, so little is lost */
    CHECK_INT(st.allocs_total, n);
    CHECK_AT_LEAST(st.limit_hits_total, 1);
    for (int i = 0; i < 100; i++)
        CHECK_REFUSED(akit_arena_alloc(h, MIB(3), 0), ENOMEM);
    CHECK_INT(arena_stats_of(h).used_bytes, st.used_bytes);
    CHECK_INT(arena_stats_of(h).failures_total, 101);
    CHECK_INT(akit_arena_reset(h, AKIT_NONE), 0);
    for (size_t i = 0; i < n; i++)
        CHECK(akit_arena_alloc(h, 1000, 0) != NULL);
    arena_end(h);
}

CASE(kept_slabs_make_room_for_what_does_not_fit_into_them)
{
    akit_arena *h = capped_arena(MIB(1), AKIT_EXHAUST_GROW);
    uint64_t start = mark_of(h);
    while (akit_arena_alloc(h, 1000, 0)) {
    }
    CHECK_INT(akit_arena_rewind(h, start), 0);
    CHECK(arena_block(h, KIB(800), 0) != NULL);
    CHECK_AT_MOST(arena_stats_of(h).mapped_bytes, MIB(1));
    arena_end(h);
}

CASE(a_cap_too_small_for_the_first_slab)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    akit_arena *h = (akit_arena *)memory;
    cfg.limit_bytes = KIB(128);
    cfg.slab_bytes = KIB(128);
    cfg.exhaust_mode = AKIT_EXHAUST_FAIL;
    CHECK_INT(akit_arena_create(&cfg, &h), -ENOMEM);
    CHECK(h == NULL);
    cfg.exhaust_mode = AKIT_EXHAUST_GROW;
    h = new_arena_with(&cfg);
    CHECK_AT_MOST(arena_stats_of(h).mapped_bytes, KIB(128));
    CHECK(arena_block(h, 1000, 0) != NULL);
    arena_end(h);
}

CASE(fail_has_one_slab)
{
    akit_arena *h = arena_of(KIB(64), AKIT_EXHAUST_FAIL);
    arena_block(h, KIB(60), 0);
    CHECK_REFUSED(akit_arena_alloc(h, KIB(4) + 1, 0), ENOBUFS);
    CHECK_REFUSED(akit_arena_alloc(h, KIB(64) + 1, 0), EMSGSIZE);
    CHECK_REFUSED(akit_arena_alloc(h, MIB(100), 0), EMSGSIZE);
    CHECK_INT(arena_stats_of(h).used_bytes, KIB(60));
    CHECK(arena_block(h, KIB(4), 0) != NULL);
    CHECK_REFUSED(akit_arena_alloc(h, 0, 1), ENOBUFS);
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.failures_total, 4);
    CHECK_INT(st.fallbacks_total, 0);
    CHECK_INT(st.cached_bytes, 0);
    CHECK_INT(akit_arena_reset(h, 0), 0); /* the slab stays */
    CHECK_INT(arena_stats_of(h).slabs, 1);
    CHECK(arena_block(h, KIB(64), 0) != NULL);
    arena_end(h);
}

CASE(fallback_goes_beyond_the_cap)
{
    akit_arena *h = capped_arena(KIB(256), AKIT_EXHAUST_FALLBACK);
    while (arena_stats_of(h).fallbacks_total == 0)
        arena_block(h, KIB(4), 0);
    uint64_t mark = mark_of(h), first = arena_stats_of(h).first_fallback_unix_ns;
    usleep(2000);
    for (int i = 0; i < 10; i++)
        CHECK(all_bytes(arena_block(h, KIB(10), 0), KIB(10), 0x5a));
    void *aligned = arena_block(h, 10, MIB(1));
    CHECK(aligned_to(aligned, MIB(1)));
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.fallbacks_total, 12);
    CHECK_INT(st.dedicated_slabs, 12);
    CHECK_AT_LEAST(st.mapped_bytes, KIB(256) + 10 * KIB(12));
    CHECK_INT(st.first_fallback_unix_ns, first);
    CHECK_AT_LEAST(st.first_fallback_unix_ns, (uint64_t)1600000000 * 1000000000);
    CHECK_AT_MOST(st.first_fallback_unix_ns, ((uint64_t)time(NULL) + 1) * 1000000000);
    CHECK_INT(st.failures_total, 0);
    CHECK_INT(akit_arena_rewind(h, mark), 0);
    CHECK_INT(arena_stats_of(h).dedicated_slabs, 1);
    CHECK_INT(akit_arena_reset(h, AKIT_NONE), 0);
    akit_arena_stats after = arena_stats_of(h);
    CHECK_AT_MOST(after.mapped_bytes, KIB(256)); /* they went back, even where all slabs are kept */
    CHECK_INT(after.dedicated_slabs, 0);
    CHECK_INT(after.first_fallback_unix_ns, st.first_fallback_unix_ns);
    arena_block(h, 100, 0);
    CHECK_INT(arena_stats_of(h).fallbacks_total, 12);
    arena_end(h);
}

CASE(memory_of_the_caller_is_all_there_is)
{
    for (uint32_t mode = AKIT_EXHAUST_GROW; mode <= AKIT_EXHAUST_FAIL; mode++) {
        akit_arena *h = arena_on(memory + 1, sizeof memory - 1, mode);
        unsigned char *p = akit_arena_alloc(h, 1, 1);
        CHECK(p == memory + 1);
        CHECK(akit_arena_alloc(h, KIB(255), 0) != NULL);
        CHECK_REFUSED(akit_arena_alloc(h, KIB(2), 0), ENOBUFS);
        CHECK_REFUSED(akit_arena_alloc(h, sizeof memory, 1), EMSGSIZE);
        CHECK_REFUSED(akit_arena_alloc(h, 1, MIB(512)), EMSGSIZE);
        akit_arena_stats st = arena_stats_of(h);
        CHECK_INT(st.capacity_bytes, sizeof memory - 1);
        CHECK_INT(st.slabs, 1);
        CHECK_INT(st.mappings, 1);
        CHECK_AT_LEAST(st.mapped_bytes, sizeof memory - 1);
        CHECK_INT(akit_arena_reset(h, 0), 0);
        CHECK(akit_arena_alloc(h, 1, 1) == p);
        arena_end(h);
    }
}

CASE(a_block_on_the_stack_first)
{
    char stack[1000];
    akit_arena *h = arena_on(stack, sizeof stack, AKIT_EXHAUST_FALLBACK);
    char *p = arena_block(h, 900, 1);
    CHECK(p == stack);
    CHECK_INT(arena_stats_of(h).fallbacks_total, 0);
    for (int i = 0; i < 100; i++)
        arena_block(h, 1000, 0);
    akit_arena_stats st = arena_stats_of(h);
    CHECK_INT(st.fallbacks_total, 2); /* slabs of 64 and 128 KiB */
    CHECK_INT(st.slabs, 3);
    CHECK_INT(st.tail_waste_bytes >= 100, 1);
    CHECK_INT(akit_arena_reset(h, 0), 0);
    st = arena_stats_of(h);
    CHECK_INT(st.slabs, 1);
    CHECK(arena_block(h, 900, 1) == stack);
    arena_end(h);
}

static int makes_no_system_call(void *arg)
{
    akit_arena *h = NULL;
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    uint64_t mark, state = 5;
    (void)arg;
    cfg.memory = memory;
    cfg.memory_bytes = sizeof memory;
    CHILD_CHECK(akit_arena_create(&cfg, &h) == 0);
    only_system_calls((const long[]){SYS_exit_group, SYS_write, -1});
    CHILD_CHECK(akit_arena_mark(h, &mark) == 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t word = random_word(&state);
        void *p = akit_arena_alloc(h, (size_t)(word % 5000), (size_t)1 << word % 8), *out[9];
        CHILD_CHECK(p || errno == ENOBUFS);
        CHILD_CHECK(akit_arena_alloc_n(h, 10, 0, 9, out) == 9 || errno == ENOBUFS);
        if (word >> 60 == 0)
            CHILD_CHECK(akit_arena_rewind(h, mark) == 0);
        if (word >> 58 == 1)
            CHILD_CHECK(akit_arena_reset(h, 0) == 0);
        akit_arena_stats st = AKIT_ARENA_STATS_INIT;
        CHILD_CHECK(akit_arena_stats_get(h, &st) == 0);
    }
    return 0;
}

CASE(memory_of_the_caller_makes_no_system_call)
{
    needs_seccomp();
    in_child(makes_no_system_call, NULL);
}

typedef struct {
    int n, error;
    uint64_t id;
    const void *p;
} told;

static void note(void *user, int error, uint64_t id, const void *p)
{
    told *t = (told *)user;
    *t = (told){t->n + 1, error, id, p};
}

CASE(a_warning_comes_once_when_the_cap_is_near)
{
    told t = {0};
    akit_arena *h = capped_arena(MIB(1), AKIT_EXHAUST_GROW);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    CHECK_INT(akit_misuse_handler(note, &t), 0);
    while (arena_stats_of(h).mapped_bytes * 100 < MIB(1) * 80) {
        CHECK_INT(t.n, 0);
        arena_block(h, KIB(1), 0);
    }
    CHECK_INT(t.n, 1);
    CHECK_INT(t.error, ENOBUFS);
    CHECK(t.p == h && t.id == arena_stats_of(h).id);
    while (akit_arena_alloc(h, 1000, 0)) {
    }
    CHECK_INT(akit_arena_reset(h, AKIT_NONE), 0);
    while (akit_arena_alloc(h, 1000, 0)) {
    }
    CHECK_INT(t.n, 1); /* what is mapped was never below again */
    CHECK_INT(akit_arena_reset(h, 0), 0);
    while (akit_arena_alloc(h, 1000, 0)) {
    }
    CHECK_INT(t.n, 2);
    CHECK_INT(arena_stats_of(h).warnings_total, 2);
    CHECK_INT(arena_misuses(h), 0);
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
    arena_end(h);
}

CASE(a_warning_in_an_arena_of_one_slab)
{
    told t = {0};
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.memory = memory;
    cfg.memory_bytes = 1000;
    cfg.warn_percent = 50;
    akit_arena *h = new_arena_with(&cfg);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    CHECK_INT(akit_misuse_handler(note, &t), 0);
    CHECK(akit_arena_alloc(h, 499, 1) != NULL);
    CHECK_INT(t.n, 0);
    CHECK(akit_arena_alloc(h, 1, 1) != NULL);
    CHECK_INT(t.n, 1);
    CHECK(akit_arena_alloc(h, 400, 1) != NULL);
    CHECK_INT(akit_arena_reset(h, AKIT_NONE), 0);
    void *out[1000];
    CHECK_INT(akit_arena_alloc_n(h, 1, 1, 1000, out), 1000);
    CHECK_INT(t.n, 2);
    CHECK_INT(arena_stats_of(h).warnings_total, 2);
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
    arena_end(h);
}

CASE(no_warning_when_none_is_wanted)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.warn_percent = UINT32_MAX;
    cfg.limit_bytes = KIB(256);
    akit_arena *h = new_arena_with(&cfg);
    while (akit_arena_alloc(h, 1000, 0)) {
    }
    CHECK_INT(arena_stats_of(h).warnings_total, 0);
    arena_end(h);
}
