/* Pools under threads: buffers handed from thread to thread with payload, pools that begin and end, threads that end. */
#include "stress.h"

enum { THREADS = 3, SHELF = 256, RING = 128 };

static akit_pool *shared;
static _Atomic(unsigned char *) shelf[SHELF]; /* buffers that any thread may take, put or replace */

static size_t steps(size_t n)
{
    return stress_long() ? n * 30 : n;
}

static akit_pool *pool_with(const akit_pool_config *cfg)
{
    akit_pool *h = NULL;
    int rc = akit_pool_create(cfg, &h);
    if (rc)
        die("create: %s", strerror(-rc));
    return h;
}

static void end_pool(akit_pool *h)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    MUST(akit_pool_stats_get(h, &st) == 0);
    if (st.used_bytes || st.out_buffers || st.allocs_total != st.frees_total || st.misuses_total)
        die("at the end: %llu bytes in use, %llu out, %llu gets, %llu puts, %llu misuses", (unsigned long long)st.used_bytes,
            (unsigned long long)st.out_buffers, (unsigned long long)st.allocs_total, (unsigned long long)st.frees_total,
            (unsigned long long)st.misuses_total);
    MUST(akit_pool_destroy(h, 0) == 0);
}

static size_t some_length(rng *r)
{
    return below(r, below(r, 200) ? KIB(1) << below(r, 7) : MIB(1));
}

/* The first words tell capacity and tag, so that whoever takes the buffer can check all of it. */
static unsigned char *get_filled(akit_pool *h, rng *r)
{
    size_t length = some_length(r), capacity = 0;
    unsigned char *p = (unsigned char *)akit_pool_get(h, length, &capacity);
    uint64_t tag = next(r);
    MUST(p && capacity >= length && capacity >= 1024);
    fill(p + 16, capacity - 16, tag);
    memcpy(p, &capacity, 8);
    memcpy(p + 8, &tag, 8);
    return p;
}

static void put_checked(akit_pool *h, unsigned char *p)
{
    size_t capacity;
    uint64_t tag;
    memcpy(&capacity, p, 8);
    memcpy(&tag, p + 8, 8);
    MUST(akit_pool_capacity(h, p) == capacity);
    verify(p + 16, capacity - 16, capacity - 16, tag);
    MUST(akit_pool_put(h, p) == 0);
}

static void *trade(void *arg)
{
    rng r = rng_new((uintptr_t)arg);
    for (size_t i = 0; i < steps(15000); i++) {
        unsigned char *p = get_filled(shared, &r);
        p = atomic_exchange(&shelf[below(&r, SHELF)], p);
        if (p)
            put_checked(shared, p);
        if (i % 97 == 0) {
            void *many[50];
            size_t got = akit_pool_get_n(shared, some_length(&r) % KIB(64), 50, many, NULL);
            MUST(got == 50);
            for (size_t k = 0; k < got; k++)
                ((unsigned char *)many[k])[0] = (unsigned char)k;
            MUST(akit_pool_put_n(shared, got, many) == got);
        }
        if (i % 1000 == 0)
            MUST(akit_pool_purge(shared, i % 2000 ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL) == 0);
        if (i % 700 == 0)
            MUST(akit_thread_flush(0) == 0 && akit_maintain(NULL) == 0);
        if (i % 1500 == 0)
            MUST(akit_pool_warm(shared, KIB(8), 20) == 0);
        if (i % 500 == 0) {
            akit_block_info info = AKIT_BLOCK_INFO_INIT;
            uint64_t cursor = 0;
            while (akit_pool_leak_next(shared, &cursor, &info) == 0)
                MUST(info.handle_kind == AKIT_KIND_POOL);
        }
    }
    return NULL;
}

static void traded(const akit_pool_config *cfg)
{
    pthread_t t[THREADS];
    shared = pool_with(cfg);
    for (uintptr_t i = 0; i < THREADS; i++)
        start(&t[i], trade, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < SHELF; i++) {
        unsigned char *p = atomic_exchange(&shelf[i], NULL);
        if (p)
            put_checked(shared, p);
    }
    end_pool(shared);
}

STRESS(threads_trade_buffers)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    MUST(akit_purge_thread(1) == 0);
    traded(NULL);
    cfg.cache_bytes = MIB(1);
    cfg.thread_cache_bytes = KIB(128);
    cfg.decay_ns = 1000000;
    traded(&cfg);
    cfg.flags = AKIT_POOL_TAGS;
    cfg.check_mode = AKIT_CHECK_EXACT;
    traded(&cfg);
    MUST(akit_purge_thread(0) == 0);
}

STRESS(threads_trade_buffers_in_memory_of_the_caller)
{
    static unsigned char memory[MIB(128)] __attribute__((aligned(65536)));
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    const uint64_t classes[] = {KIB(1), KIB(4), KIB(16), KIB(64), MIB(1)};
    cfg.class_bytes = classes;
    cfg.class_count = 5;
    cfg.memory = memory;
    cfg.memory_bytes = sizeof memory;
    traded(&cfg);
}

/* A pipe of buffers between two threads: one only gets, the other only puts. */
static _Atomic(unsigned char *) ring[RING];

static void *only_puts(void *arg)
{
    for (size_t i = 0; i < steps(60000); i++) {
        unsigned char *p;
        while (!(p = atomic_exchange(&ring[i % RING], NULL)))
            sched_yield();
        put_checked((akit_pool *)arg, p);
    }
    return NULL;
}

STRESS(one_thread_gets_and_another_puts)
{
    akit_pool *h = pool_with(NULL);
    rng r = rng_new(7);
    pthread_t t;
    start(&t, only_puts, h);
    for (size_t i = 0; i < steps(60000); i++) {
        unsigned char *p = get_filled(h, &r), *none = NULL;
        while (!atomic_compare_exchange_weak(&ring[i % RING], &none, p)) {
            none = NULL;
            sched_yield();
        }
    }
    pthread_join(t, NULL);
    end_pool(h);
}

/* Short-lived threads leave full caches and buffers that are out; the next ones put these back. */
static void *come_and_go(void *arg)
{
    rng r = rng_new((uintptr_t)arg);
    for (int i = 0; i < 100; i++) {
        unsigned char *p = atomic_exchange(&shelf[below(&r, SHELF)], get_filled(shared, &r));
        if (p)
            put_checked(shared, p);
    }
    return NULL;
}

STRESS(threads_end_with_cached_buffers)
{
    shared = pool_with(NULL);
    MUST(akit_purge_thread(1) == 0);
    for (size_t round = 0; round < steps(150); round++) {
        pthread_t t[THREADS];
        for (uintptr_t i = 0; i < THREADS; i++)
            start(&t[i], come_and_go, (void *)(round * THREADS + i));
        for (int i = 0; i < THREADS; i++)
            pthread_join(t[i], NULL);
    }
    for (int i = 0; i < SHELF; i++) {
        unsigned char *p = atomic_exchange(&shelf[i], NULL);
        if (p)
            put_checked(shared, p);
    }
    MUST(akit_purge_thread(0) == 0);
    end_pool(shared);
}

/* Pools begin and end, some while another thread still puts the last buffers. */
typedef struct {
    akit_pool *h;
    unsigned char *p[40];
} last_ones;

static void *put_the_last(void *arg)
{
    last_ones *l = (last_ones *)arg;
    for (int i = 0; i < 40; i++)
        put_checked(l->h, l->p[i]);
    return NULL;
}

static void *open_and_end(void *arg)
{
    rng r = rng_new((uintptr_t)arg);
    for (size_t i = 0; i < steps(200); i++) {
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
        akit_region *parent = NULL;
        last_ones l;
        pthread_t t;
        cfg.decay_ns = 1000000;
        MUST(akit_region_create(NULL, &parent) == 0);
        cfg.region = i % 3 == 0 ? parent : NULL;
        l.h = pool_with(&cfg);
        for (int k = 0; k < 200; k++)
            put_checked(l.h, get_filled(l.h, &r));
        for (int k = 0; k < 40; k++)
            l.p[k] = get_filled(l.h, &r);
        if (i % 4 == 0) {
            MUST(akit_pool_destroy(l.h, AKIT_DESTROY_NOW) == 0);
        } else {
            start(&t, put_the_last, &l);
            MUST(akit_pool_destroy(l.h, 0) == 0);
            if (i % 2)
                MUST(akit_region_destroy(parent, 0) == 0);
            pthread_join(t, NULL);
            MUST(akit_pool_get(l.h, 1, NULL) == NULL);
        }
        if (i % 4 == 0 || i % 2 == 0)
            MUST(akit_region_destroy(parent, 0) == 0);
    }
    return NULL;
}

STRESS(pools_end_while_the_purge_thread_works)
{
    pthread_t t[THREADS];
    MUST(akit_misuse_mode(AKIT_MISUSE_COUNT) == 0); /* gets from pools that are over */
    MUST(akit_purge_thread(1) == 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        start(&t[i], open_and_end, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    MUST(akit_purge_thread(0) == 0);
    MUST(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL) == 0);
    akit_process_stats st = AKIT_PROCESS_STATS_INIT;
    MUST(akit_process_stats_get(&st) == 0);
    if (st.handles)
        die("%llu handles are left", (unsigned long long)st.handles);
}
