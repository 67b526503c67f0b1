/* fork: what a child may do with the parent's regions, by fork_mode. */
#include "region_kit.h"
#include "child.h"
#include "smaps.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct {
    akit_region *h;
    void *p, *q, *freed;
} family;

static family family_with(uint32_t fork_mode)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.fork_mode = fork_mode;
    cfg.decay_ns = AKIT_NONE;
    family f = {new_region_with(&cfg), NULL, NULL, NULL};
    mark(f.p = plain_region(f.h, KIB(64)), KIB(64), 1);
    mark(f.q = plain_region(f.h, MIB(4)), MIB(4), 2);
    f.freed = touched_region(f.h, MIB(1));
    CHECK_INT(akit_region_free(f.h, f.freed), 0);
    return f;
}

static int allocates_anew(akit_region *h)
{
    for (size_t size = 1; size < MIB(40); size = size * 3 + 1) {
        size_t usable = 0;
        void *p = akit_region_alloc(h, size, 0, 0, &usable);
        CHILD_CHECK(p != NULL);
        mark(p, usable, size);
        CHILD_CHECK(marked(p, usable, size));
        p = akit_region_realloc(h, p, size * 2, 0, NULL);
        CHILD_CHECK(p && marked_part(p, size, size + 4096, size));
        CHILD_CHECK(akit_region_free(h, p) == 0);
    }
    CHILD_CHECK(akit_region_purge(h, AKIT_PURGE_ALL, NULL) == 0);
    return 0;
}

static int uses_frees_and_destroys(void *arg)
{
    family *f = (family *)arg;
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    CHILD_CHECK(marked(f->p, KIB(64), 1) && marked(f->q, MIB(4), 2));
    memset(f->q, 0x11, MIB(4));
    CHILD_CHECK(akit_region_free(f->h, f->p) == 0);
    CHILD_CHECK(akit_region_free(f->h, f->p) == -EINVAL);
    f->q = akit_region_realloc(f->h, f->q, MIB(9), 0, NULL);
    CHILD_CHECK(f->q && all_bytes(f->q, MIB(4), 0x11));
    int rc = allocates_anew(f->h);
    if (rc)
        return rc;
    CHILD_CHECK(akit_region_stats_get(f->h, &st) == 0 && st.misuses_total == 1);
    CHILD_CHECK(akit_region_destroy(f->h, 0) == 0);
    return 0;
}

static void child_has_a_copy(uint32_t mode)
{
    family f = family_with(mode);
    in_child(uses_frees_and_destroys, &f);
    CHECK(marked(f.p, KIB(64), 1) && marked(f.q, MIB(4), 2));
    CHECK_INT(akit_region_free(f.h, f.p), 0);
    CHECK_INT(akit_region_free(f.h, f.q), 0);
    CHECK_INT(region_misuses(f.h), 0);
    akit_region_destroy(f.h, 0);
}

CASE(child_has_a_copy_by_default) { child_has_a_copy(AKIT_FORK_DEFAULT); }
CASE(child_has_a_copy_with_copy) { child_has_a_copy(AKIT_FORK_COPY); }

static int only_allocates(void *arg)
{
    family *f = (family *)arg;
    int rc = allocates_anew(f->h);
    if (rc)
        return rc;
    CHILD_CHECK(akit_region_destroy(f->h, 0) == 0);
    return 0;
}

static int reads_nothing(void *arg)
{
    family *f = (family *)arg;
    unsigned char byte;
    CHILD_CHECK(!peek(f->p, &byte, 1) && !peek(f->q, &byte, 1) && !peek((char *)f->q + MIB(3), &byte, 1));
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    CHILD_CHECK(akit_region_stats_get(f->h, &st) == 0 && st.used_bytes == 0 && st.pinned_bytes == 0);
    CHILD_CHECK(akit_region_free(f->h, f->p) < 0); /* not a region in use here */
    CHILD_CHECK(akit_region_realloc(f->h, f->q, MIB(9), 0, NULL) == NULL);
    return allocates_anew(f->h);
}

CASE(dontfork_child_allocates_anew)
{
    family f = family_with(AKIT_FORK_DONTFORK);
    for (int i = 0; i < 3; i++)
        in_child(only_allocates, &f);
    CHECK(marked(f.p, KIB(64), 1) && marked(f.q, MIB(4), 2));
    akit_region_destroy(f.h, 0);
}

CASE(dontfork_regions_do_not_exist_in_the_child)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer may map something there in the child");
    family f = family_with(AKIT_FORK_DONTFORK);
    CHECK_INT(akit_region_pin(f.h, f.p), 0);
    in_child(reads_nothing, &f);
    CHECK_INT(akit_region_unpin(f.h, f.p), 0);
    CHECK(access_faults(f.q, 0));
    CHECK(marked(f.q, MIB(4), 2));
    akit_region_destroy(f.h, 0);
}

static int reads_zero(void *arg)
{
    family *f = (family *)arg;
    CHILD_CHECK(all_bytes(f->p, KIB(64), 0) && all_bytes(f->q, MIB(4), 0));
    mark(f->q, MIB(4), 3);
    CHILD_CHECK(marked(f->q, MIB(4), 3));
    CHILD_CHECK(akit_region_free(f->h, f->p) == 0 && akit_region_free(f->h, f->q) == 0);
    return only_allocates(arg);
}

CASE(wipe_regions_read_as_zero_in_the_child)
{
    family f = family_with(AKIT_FORK_WIPE);
    in_child(reads_zero, &f);
    CHECK(marked(f.p, KIB(64), 1) && marked(f.q, MIB(4), 2));
    akit_region_destroy(f.h, 0);
}

static int zero_is_zero(void *arg)
{
    akit_region *h = ((family *)arg)->h;
    for (int i = 0; i < 20; i++) {
        size_t usable = 0;
        void *p = akit_region_alloc(h, MIB(1), 0, AKIT_ALLOC_ZERO, &usable);
        CHILD_CHECK(p && all_bytes(p, usable, 0));
        p = akit_region_alloc(h, MIB(1), 0, 0, &usable);
        akit_block_info info = AKIT_BLOCK_INFO_INIT;
        CHILD_CHECK(p && akit_inspect(p, &info) == 0 && (!info.zeroed || all_bytes(p, usable, 0)));
    }
    return 0;
}

CASE(zero_holds_in_the_child_under_each_mode)
{
    for (uint32_t mode = AKIT_FORK_COPY; mode <= AKIT_FORK_WIPE; mode++) {
        family f = family_with(mode);
        for (int i = 0; i < 8; i++)
            memset(plain_region(f.h, MIB(1)), 0xee, MIB(1));
        in_child(zero_is_zero, &f);
        akit_region_destroy(f.h, 0);
    }
}

static int grandchild_too(void *arg)
{
    family *f = (family *)arg;
    void *p = akit_region_alloc(f->h, MIB(2), 0, 0, NULL);
    CHILD_CHECK(p != NULL);
    mark(p, MIB(2), 7);
    pid_t child = fork();
    if (child == 0)
        _exit(only_allocates(arg));
    int status = 1;
    waitpid(child, &status, 0);
    CHILD_CHECK(status == 0 && marked(p, MIB(2), 7));
    return only_allocates(arg);
}

CASE(children_of_children_under_each_mode)
{
    for (uint32_t mode = AKIT_FORK_COPY; mode <= AKIT_FORK_WIPE; mode++) {
        family f = family_with(mode);
        in_child(grandchild_too, &f);
        akit_region_destroy(f.h, 0);
    }
}

static int pinned_copy(void *arg)
{
    family *f = (family *)arg;
    CHILD_CHECK(marked(f->q, MIB(4), 2));
    CHILD_CHECK(akit_region_free(f->h, f->q) == 0);
    CHILD_CHECK(akit_region_purge(f->h, AKIT_PURGE_ALL, NULL) == 0);
    CHILD_CHECK(is_mapped(f->q, MIB(4)));
    CHILD_CHECK(akit_region_unpin(f->h, f->q) == 0);
    return only_allocates(arg);
}

CASE(pins_hold_in_the_child)
{
    family f = family_with(AKIT_FORK_COPY);
    CHECK_INT(akit_region_pin(f.h, f.q), 0);
    in_child(pinned_copy, &f);
    CHECK(marked(f.q, MIB(4), 2));
    CHECK_INT(akit_region_unpin(f.h, f.q), 0);
    akit_region_destroy(f.h, 0);
}

static atomic_int stop;

static void *work_until_stopped(void *arg)
{
    akit_region *h = (akit_region *)arg;
    void *p[16] = {NULL};
    uint64_t x = (uintptr_t)&x;
    while (!atomic_load(&stop)) {
        uint64_t word = random_word(&x);
        void **slot = &p[word & 15];
        THREAD_CHECK(akit_region_free(h, *slot) == 0);
        *slot = akit_region_alloc(h, (size_t)(word >> 8) % KIB(500), 0, 0, NULL);
        THREAD_CHECK(*slot != NULL);
        if (word >> 60 == 0)
            THREAD_CHECK(akit_region_purge(h, AKIT_PURGE_ALL, NULL) == 0);
    }
    for (int i = 0; i < 16; i++)
        THREAD_CHECK(akit_region_free(h, p[i]) == 0);
    return NULL;
}

CASE(fork_while_threads_work)
{
    for (uint32_t mode = AKIT_FORK_COPY; mode <= AKIT_FORK_DONTFORK; mode++) {
        family f = family_with(mode);
        pthread_t t[3];
        atomic_store(&stop, 0);
        for (int i = 0; i < 3; i++)
            CHECK_INT(pthread_create(&t[i], NULL, work_until_stopped, f.h), 0);
        for (int i = 0; i < 20; i++)
            in_child(only_allocates, &f);
        atomic_store(&stop, 1);
        for (int i = 0; i < 3; i++)
            pthread_join(t[i], NULL);
        CHECK_THREADS();
        CHECK_INT(region_misuses(f.h), 0);
        akit_region_destroy(f.h, 0);
    }
}
