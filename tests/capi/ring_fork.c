/* fork: what a child may do with the parent's slices, by fork_mode. */
#include "ring_kit.h"
#include "child.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct {
    akit_ring *h;
    void *p[20];
} family;

static family family_with(uint32_t fork_mode, uint32_t order)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    family f;
    cfg.fork_mode = fork_mode;
    cfg.order = order;
    f.h = new_ring_with(&cfg);
    for (int i = 0; i < 20; i++)
        f.p[i] = filled_slice(f.h, KIB(10), i);
    return f;
}

static int works_on(akit_ring *h)
{
    void *p[30];
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    for (int round = 0; round < 200; round++) {
        CHILD_CHECK(akit_ring_acquire_n(h, 5000, 30, p) == 30);
        for (int i = 0; i < 30; i++)
            memset(p[i], i, 5000);
        for (int i = 0; i < 30; i++)
            CHILD_CHECK(all_bytes(p[i], 5000, (unsigned char)i) && akit_ring_release(h, p[i]) == 0);
    }
    CHILD_CHECK(akit_ring_release(h, p[3]) < 0);
    CHILD_CHECK(akit_ring_stats_get(h, &st) == 0 && st.misuses_total == 1);
    return 0;
}

static int has_a_copy(void *arg)
{
    family *f = (family *)arg;
    void *p = akit_ring_acquire(f->h, 100);
    CHILD_CHECK(p != NULL);
    for (int i = 0; i < 20; i++)
        CHILD_CHECK(all_bytes(f->p[i], KIB(10), (unsigned char)i) && akit_ring_release(f->h, f->p[i]) == 0);
    CHILD_CHECK(akit_ring_release(f->h, p) == 0);
    int rc = works_on(f->h);
    if (rc)
        return rc;
    CHILD_CHECK(akit_ring_destroy(f->h, 0) == 0);
    return 0;
}

CASE(a_child_has_a_copy)
{
    for (uint32_t order = 0; order < 2; order++) {
        family f = family_with(AKIT_FORK_DEFAULT, order);
        for (int i = 0; i < 3; i++)
            in_child(has_a_copy, &f);
        for (int i = 0; i < 20; i++)
            CHECK(all_bytes(f.p[i], KIB(10), (unsigned char)i));
        release_all(f.h, 20, f.p);
        CHECK_INT(ring_misuses(f.h), 0);
        end_ring(f.h);
    }
}

static int begins_anew(void *arg)
{
    family *f = (family *)arg;
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    void *base;
    size_t length;
    CHILD_CHECK(akit_ring_stats_get(f->h, &st) == 0 && st.out_slices == 0 && st.used_bytes == 0);
    int rc = works_on(f->h);
    if (rc)
        return rc;
    CHILD_CHECK(akit_ring_memory_get(f->h, &base, &length) == 0 && base && length == MIB(4));
    CHILD_CHECK(akit_ring_destroy(f->h, 0) == 0);
    return 0;
}

CASE(dontfork_children_begin_anew)
{
    for (uint32_t order = 0; order < 2; order++) {
        family f = family_with(AKIT_FORK_DONTFORK, order);
        for (int i = 0; i < 3; i++)
            in_child(begins_anew, &f);
        release_all(f.h, 20, f.p);
        end_ring(f.h);
    }
}

static int old_slices_are_none(void *arg)
{
    family *f = (family *)arg;
    for (int i = 0; i < 20; i++)
        CHILD_CHECK(akit_ring_release(f->h, f->p[i]) == -ENOENT);
    return 0;
}

CASE(dontfork_slices_do_not_exist_in_the_child)
{
    family f = family_with(AKIT_FORK_DONTFORK, AKIT_RING_ANY);
    in_child(old_slices_are_none, &f);
    CHECK(CHECK_SANITIZED || access_faults(f.p[0], 0));
    CHECK_INT(akit_ring_destroy(f.h, AKIT_DESTROY_NOW), 0);
}

static int reads_zero(void *arg)
{
    family *f = (family *)arg;
    for (int i = 0; i < 20; i++)
        CHILD_CHECK(all_bytes(f->p[i], KIB(10), 0) && akit_ring_release(f->h, f->p[i]) == 0);
    return works_on(f->h);
}

CASE(wiped_slices_read_as_zero)
{
    family f = family_with(AKIT_FORK_WIPE, AKIT_RING_ANY);
    in_child(reads_zero, &f);
    CHECK(all_bytes(f.p[3], KIB(10), 3));
    CHECK_INT(akit_ring_destroy(f.h, AKIT_DESTROY_NOW), 0);
}

static int on_a_huge_handle(void *arg)
{
    family *f = (family *)arg;
    return works_on(f->h);
}

CASE(a_ring_on_a_huge_handle)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    akit_huge *g = new_huge_with(NULL);
    family f;
    cfg.huge = g;
    f.h = new_ring_with(&cfg);
    CHECK(slice(f.h, 100) != NULL);
    in_child(on_a_huge_handle, &f);
    CHECK_INT(akit_ring_destroy(f.h, AKIT_DESTROY_NOW), 0);
    akit_huge_destroy(g, 0);
}

static atomic_int stop;

static void *work_until_stopped(void *arg)
{
    void *p[16] = {NULL};
    for (int i = 0; !atomic_load(&stop); i++) {
        THREAD_CHECK(akit_ring_release((akit_ring *)arg, p[i % 16]) == 0);
        p[i % 16] = akit_ring_acquire((akit_ring *)arg, KIB(60));
        THREAD_CHECK(p[i % 16] != NULL);
    }
    for (int i = 0; i < 16; i++)
        THREAD_CHECK(akit_ring_release((akit_ring *)arg, p[i]) == 0);
    return NULL;
}

static int only_ends_it(void *arg)
{
    for (int i = 0; i < 50; i++) {
        void *p = akit_ring_acquire((akit_ring *)arg, 100);
        if (p)
            CHILD_CHECK(akit_ring_release((akit_ring *)arg, p) == 0);
    }
    CHILD_CHECK(akit_ring_destroy((akit_ring *)arg, AKIT_DESTROY_NOW) == 0);
    return 0;
}

CASE(fork_while_another_thread_works)
{
    for (uint32_t mode = AKIT_FORK_COPY; mode <= AKIT_FORK_DONTFORK; mode++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        pthread_t t;
        cfg.fork_mode = mode;
        akit_ring *h = new_ring_with(&cfg);
        atomic_store(&stop, 0);
        CHECK_INT(pthread_create(&t, NULL, work_until_stopped, h), 0);
        for (int i = 0; i < 30; i++)
            in_child(only_ends_it, h);
        atomic_store(&stop, 1);
        pthread_join(t, NULL);
        CHECK_THREADS();
        CHECK_INT(ring_misuses(h), 0);
        end_ring(h);
    }
}
