/* Two threads at once: the checked build says so. In other builds this is undefined, and not tried. */
#include "arena_kit.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_int busy, done;

static void *stays_inside(void *arg)
{
    akit_arena *h = (akit_arena *)arg;
    static void *out[KIB(64)];
    while (!atomic_load(&done)) {
        errno = 0;
        if (akit_arena_alloc_n(h, 1, 1, KIB(64), out) == 0 && errno == EBUSY)
            atomic_fetch_add(&busy, 1);
        if (akit_arena_reset(h, AKIT_NONE) == -EBUSY)
            atomic_fetch_add(&busy, 1);
    }
    return NULL;
}

CASE(two_threads_at_once)
{
#ifndef CHECKED_BUILD
    SKIP("only the checked build looks");
#endif
    akit_arena *h = new_arena();
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, stays_inside, h), 0);
    for (int i = 0; i < 20000000 && (i < 1000 || atomic_load(&busy) == 0); i++) {
        uint64_t mark;
        void *p;
        errno = 0;
        if (!akit_arena_alloc(h, 1, 0))
            atomic_fetch_add(&busy, errno == EBUSY);
        atomic_fetch_add(&busy, akit_arena_mark(h, &mark) == -EBUSY);
        if (akit_arena_alloc_n(h, 1, 1, 1, &p) == 0)
            atomic_fetch_add(&busy, errno == EBUSY);
    }
    atomic_store(&done, 1);
    pthread_join(t, NULL);
    CHECK_AT_LEAST(atomic_load(&busy), 1);
    CHECK_INT(arena_misuses(h), atomic_load(&busy));
    arena_end(h);
}

CASE(calls_one_after_the_other_are_no_race)
{
    akit_arena *h = new_arena();
    for (int i = 0; i < 1000; i++) {
        uint64_t mark = mark_of(h);
        CHECK(akit_arena_alloc(h, 100, 0) != NULL);
        CHECK_INT(akit_arena_rewind(h, mark), 0);
        CHECK_REFUSED(akit_arena_alloc(h, 1, 3), EINVAL);
        CHECK_INT(akit_arena_reset(h, 0), 0);
    }
    CHECK_INT(arena_misuses(h), 0);
    arena_end(h);
}
