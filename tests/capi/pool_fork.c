/* fork: what a child may do with the parent's buffers, by fork_mode. */
#include "pool_kit.h"
#include "child.h"
#include "smaps.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct {
    akit_pool *h;
    void *p, *q, *idle;
} family;

static family family_with(uint32_t fork_mode)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.fork_mode = fork_mode;
    cfg.decay_ns = AKIT_NONE;
    family f = {new_pool_with(&cfg), NULL, NULL, NULL};
    mark(f.p = plain_buffer(f.h, KIB(8)), KIB(8), 1);
    mark(f.q = plain_buffer(f.h, MIB(4)), MIB(4), 2);
    f.idle = touched_buffer(f.h, KIB(8));
    CHECK_INT(akit_pool_put(f.h, f.idle), 0);
    return f;
}

static int gets_anew(akit_pool *h)
{
    void *p[100];
    for (size_t length = 1; length < MIB(4); length = length * 3 + 1) {
        size_t capacity = 0;
        CHILD_CHECK(akit_pool_get_n(h, length, 20, p, &capacity) == 20 && capacity >= length);
        for (size_t i = 0; i < 20; i++)
            mark(p[i], capacity, i);
        for (size_t i = 0; i < 20; i++)
            CHILD_CHECK(marked(p[i], capacity, i) && akit_pool_capacity(h, p[i]) == capacity);
        for (size_t i = 0; i < 20; i++)
            CHILD_CHECK(akit_pool_put(h, p[i]) == 0);
        CHILD_CHECK(akit_pool_put(h, p[7]) < 0);
    }
    CHILD_CHECK(akit_pool_warm(h, KIB(8), 30) == 0);
    CHILD_CHECK(akit_pool_purge(h, AKIT_PURGE_ALL, NULL) == 0);
    return 0;
}

static int uses_puts_and_destroys(void *arg)
{
    family *f = (family *)arg;
    CHILD_CHECK(marked(f->p, KIB(8), 1) && marked(f->q, MIB(4), 2));
    memset(f->q, 0x11, MIB(4));
    CHILD_CHECK(akit_pool_put(f->h, f->p) == 0);
    CHILD_CHECK(akit_pool_put(f->h, f->p) == -EINVAL);
    CHILD_CHECK(akit_pool_put(f->h, f->idle) == -EINVAL);
    int rc = gets_anew(f->h);
    if (rc)
        return rc;
    CHILD_CHECK(all_bytes(f->q, MIB(4), 0x11));
    CHILD_CHECK(akit_pool_destroy(f->h, 0) == 0);
    CHILD_CHECK(akit_pool_put(f->h, f->q) == 0);
    CHILD_CHECK(akit_pool_put(f->h, f->q) == -EINVAL);
    return 0;
}

static void child_has_a_copy(uint32_t mode)
{
    family f = family_with(mode);
    in_child(uses_puts_and_destroys, &f);
    CHECK(marked(f.p, KIB(8), 1) && marked(f.q, MIB(4), 2));
    CHECK_INT(akit_pool_put(f.h, f.p), 0);
    CHECK_INT(akit_pool_put(f.h, f.q), 0);
    CHECK_INT(pool_misuses(f.h), 0);
    akit_pool_destroy(f.h, 0);
}

CASE(child_has_a_copy_by_default) { child_has_a_copy(AKIT_FORK_DEFAULT); }
CASE(child_has_a_copy_with_copy) { child_has_a_copy(AKIT_FORK_COPY); }

static int only_gets(void *arg)
{
    family *f = (family *)arg;
    int rc = gets_anew(f->h);
    if (rc)
        return rc;
    CHILD_CHECK(akit_pool_destroy(f->h, AKIT_DESTROY_NOW) == 0);
    return 0;
}

static int reads_nothing(void *arg)
{
    family *f = (family *)arg;
    unsigned char byte;
    CHILD_CHECK(!peek(f->p, &byte, 1) && !peek(f->q, &byte, 1) && !peek((char *)f->q + MIB(3), &byte, 1));
    CHILD_CHECK(akit_pool_put(f->h, f->p) < 0); /* not a buffer that is out here */
    CHILD_CHECK(akit_pool_capacity(f->h, f->q) == 0);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t cursor = 0;
    CHILD_CHECK(akit_pool_leak_next(f->h, &cursor, &info) == -ENOENT);
    return gets_anew(f->h);
}

CASE(dontfork_child_gets_anew)
{
    family f = family_with(AKIT_FORK_DONTFORK);
    for (int i = 0; i < 3; i++)
        in_child(only_gets, &f);
    CHECK(marked(f.p, KIB(8), 1) && marked(f.q, MIB(4), 2));
    destroy_now(f.h);
}

CASE(dontfork_buffers_do_not_exist_in_the_child)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer may map something there in the child");
    family f = family_with(AKIT_FORK_DONTFORK);
    in_child(reads_nothing, &f);
    CHECK(access_faults(f.p, 0));
    CHECK(marked(f.q, MIB(4), 2));
    destroy_now(f.h);
}

static int reads_zero(void *arg)
{
    family *f = (family *)arg;
    CHILD_CHECK(all_bytes(f->p, KIB(8), 0) && all_bytes(f->q, MIB(4), 0));
    mark(f->q, MIB(4), 3);
    CHILD_CHECK(marked(f->q, MIB(4), 3));
    CHILD_CHECK(akit_pool_put(f->h, f->p) == 0 && akit_pool_put(f->h, f->q) == 0);
    return only_gets(arg);
}

CASE(wipe_buffers_read_as_zero_in_the_child)
{
    family f = family_with(AKIT_FORK_WIPE);
    in_child(reads_zero, &f);
    CHECK(marked(f.p, KIB(8), 1) && marked(f.q, MIB(4), 2));
    destroy_now(f.h);
}

static int grandchild_too(void *arg)
{
    family *f = (family *)arg;
    void *p = akit_pool_get(f->h, KIB(32), NULL);
    CHILD_CHECK(p != NULL);
    mark(p, KIB(32), 7);
    pid_t child = fork();
    if (child == 0)
        _exit(only_gets(arg));
    int status = 1;
    waitpid(child, &status, 0);
    CHILD_CHECK(status == 0 && marked(p, KIB(32), 7));
    return only_gets(arg);
}

CASE(children_of_children_under_each_mode)
{
    for (uint32_t mode = AKIT_FORK_COPY; mode <= AKIT_FORK_WIPE; mode++) {
        family f = family_with(mode);
        in_child(grandchild_too, &f);
        destroy_now(f.h);
    }
}

static int keeps_its_own_figures(void *arg)
{
    family *f = (family *)arg;
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    for (int i = 0; i < 1000; i++)
        CHILD_CHECK(akit_pool_put(f->h, akit_pool_get(f->h, 100, NULL)) == 0);
    CHILD_CHECK(akit_pool_stats_get(f->h, &st) == 0 && st.allocs_total >= 1000 && st.misuses_total == 0);
    return 0;
}

CASE(figures_of_parent_and_child_are_apart)
{
    family f = family_with(AKIT_FORK_COPY);
    akit_pool_stats st = pool_stats_of(f.h);
    in_child(keeps_its_own_figures, &f);
    CHECK_INT(pool_stats_of(f.h).allocs_total, st.allocs_total);
    destroy_now(f.h);
}

static atomic_int stop;

static void *work_until_stopped(void *arg)
{
    akit_pool *h = (akit_pool *)arg;
    void *p[16] = {NULL};
    uint64_t x = (uintptr_t)&x;
    while (!atomic_load(&stop)) {
        uint64_t word = random_word(&x);
        void **slot = &p[word & 15];
        THREAD_CHECK(akit_pool_put(h, *slot) == 0);
        *slot = akit_pool_get(h, (size_t)(word >> 8) % (word >> 60 ? KIB(64) : KIB(200)), NULL);
        THREAD_CHECK(*slot != NULL);
        if (word >> 60 == 0)
            THREAD_CHECK(akit_pool_purge(h, AKIT_PURGE_ALL, NULL) == 0);
    }
    for (int i = 0; i < 16; i++)
        THREAD_CHECK(akit_pool_put(h, p[i]) == 0);
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
            in_child(only_gets, &f);
        atomic_store(&stop, 1);
        for (int i = 0; i < 3; i++)
            pthread_join(t[i], NULL);
        CHECK_THREADS();
        CHECK_INT(pool_misuses(f.h), 0);
        destroy_now(f.h);
    }
}
