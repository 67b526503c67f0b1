/* Destroying, forking, and threads that take turns. */
#include "nodes_kit.h"
#include "child.h"

#include <pthread.h>

CASE(destroy_answers)
{
    CHECK_INT(akit_nodes_destroy(NULL, 0), 0);
    akit_nodes *h = new_nodes();
    CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(akit_nodes_destroy(h, AKIT_DESTROY_NOW), 0);
    CHECK_INT(akit_nodes_destroy(h, 0), -EINVAL);
    h = new_nodes();
    CHECK_INT(akit_nodes_destroy(h, AKIT_DESTROY_DEFER), -EINVAL);
    CHECK_REFUSED(akit_nodes_alloc(h), EINVAL); /* it is gone all the same */
}

CASE(nothing_is_left_behind)
{
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_nodes_destroy(new_nodes(), 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL, NULL), 0);
    uint64_t before = process_stats().mapped_bytes;
    for (int i = 0; i < 200; i++) {
        akit_nodes *h = new_nodes();
        for (int k = 0; k < 2000; k++)
            memset(node(h), k, 48);
        CHECK_INT(akit_nodes_destroy(h, 0), 0);
    }
    CHECK_INT(akit_purge(AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(process_stats().mapped_bytes, before + KIB(512));
    CHECK_INT(process_stats().handles, handles);
}

CASE(many_handles)
{
    enum { N = 500 };
    static akit_nodes *h[N];
    static void *p[N];
    for (int i = 0; i < N; i++)
        memset(p[i] = node(h[i] = new_nodes()), i, 48);
    for (int i = 0; i < N; i++) {
        CHECK(all_bytes(p[i], 48, (unsigned char)i));
        CHECK_INT(akit_nodes_free(h[(i + 1) % N], p[i]), -ENOENT);
        CHECK_INT(akit_nodes_free(h[i], p[i]), 0);
    }
    for (int i = 0; i < N; i++)
        CHECK_INT(akit_nodes_destroy(h[i], 0), 0);
}

typedef struct {
    akit_nodes *h;
    pthread_mutex_t lock;
    void *p[1000];
} shared;

static void *take_turns(void *arg)
{
    shared *s = (shared *)arg;
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&s->lock);
        void **p = &s->p[i % 1000];
        if (*p)
            THREAD_CHECK(akit_nodes_free(s->h, *p) == 0);
        THREAD_CHECK((*p = akit_nodes_alloc(s->h)) != NULL);
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

CASE(two_threads_in_turn)
{
    static shared s = {NULL, PTHREAD_MUTEX_INITIALIZER, {NULL}};
    pthread_t t[2];
    s.h = new_nodes();
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&t[i], NULL, take_turns, &s), 0);
    for (int i = 0; i < 100; i++)
        CHECK_INT(akit_maintain(NULL), 0); /* any thread, at any time */
    for (int i = 0; i < 100; i++) {
        akit_nodes_stats st = nodes_stats_of(s.h);
        CHECK_AT_MOST(st.nodes_used, 40000);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    CHECK_INT(nodes_stats_of(s.h).nodes_used, 1000);
    CHECK_INT(nodes_misuses(s.h), 0);
    CHECK_INT(akit_nodes_destroy(s.h, 0), 0);
}

typedef struct {
    akit_nodes *h;
    void *p, *freed;
} family;

static int goes_on(void *arg)
{
    family *f = (family *)arg;
    CHILD_CHECK(all_bytes(f->p, 48, 0x5a));
    CHILD_CHECK(akit_nodes_free(f->h, f->freed) == -EINVAL);
    CHILD_CHECK(akit_nodes_alloc(f->h) == f->freed);
    CHILD_CHECK(akit_nodes_free(f->h, f->p) == 0);
    for (int i = 0; i < 10000; i++)
        CHILD_CHECK(akit_nodes_alloc(f->h) != NULL);
    CHILD_CHECK(akit_nodes_reset(f->h, 0) == 0);
    CHILD_CHECK(akit_nodes_destroy(f->h, 0) == 0);
    return 0;
}

static int begins_anew(void *arg)
{
    family *f = (family *)arg;
    akit_nodes_stats st = AKIT_NODES_STATS_INIT;
    CHILD_CHECK(akit_nodes_stats_get(f->h, &st) == 0 && st.nodes_used == 0 && st.used_bytes == 0 && st.slabs == 0);
    CHILD_CHECK(akit_nodes_free(f->h, f->p) == -ENOENT);
    for (int i = 0; i < 10000; i++) {
        void *p = akit_nodes_alloc(f->h);
        CHILD_CHECK(p != NULL);
        memset(p, i, 48);
    }
    CHILD_CHECK(akit_nodes_destroy(f->h, 0) == 0);
    return 0;
}

static int finds_it_wiped(void *arg)
{
    family *f = (family *)arg;
    CHILD_CHECK(all_bytes(f->p, 48, 0));
    for (int i = 0; i < 10000; i++) {
        void *p = akit_nodes_alloc(f->h);
        CHILD_CHECK(p != NULL && p != f->p);
        memset(p, i, 48);
    }
    CHILD_CHECK(all_bytes(f->p, 48, 0) && akit_nodes_free(f->h, f->p) == 0);
    CHILD_CHECK(akit_nodes_destroy(f->h, 0) == 0);
    return 0;
}

static void forks(uint32_t mode, int (*child)(void *))
{
    akit_nodes_config cfg = nodes_config(48, 16);
    cfg.fork_mode = mode;
    family f = {new_nodes_with(&cfg), NULL, NULL};
    f.freed = node(f.h);
    memset(f.p = node(f.h), 0x5a, 48);
    CHECK_INT(akit_nodes_free(f.h, f.freed), 0);
    in_child(child, &f);
    CHECK(all_bytes(f.p, 48, 0x5a));
    CHECK(node(f.h) == f.freed);
    CHECK_INT(akit_nodes_destroy(f.h, 0), 0);
}

CASE(fork_copies)
{
    forks(AKIT_FORK_DEFAULT, goes_on);
}

CASE(fork_does_not_copy)
{
    forks(AKIT_FORK_DONTFORK, begins_anew);
}

CASE(fork_wipes)
{
    forks(AKIT_FORK_WIPE, finds_it_wiped);
}
