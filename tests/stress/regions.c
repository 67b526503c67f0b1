/* Regions and huge pages under threads: shared handles with payload, and handles that end while the purge thread works. */
#include "stress.h"

enum { THREADS = 3, SHELF = 64 };

static akit_region *shared;
static _Atomic(unsigned char *) shelf[SHELF]; /* regions that any thread may take, free or replace */

static size_t steps(size_t n)
{
    return stress_long() ? n * 30 : n;
}

static size_t some_size(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    uint64_t r = *state >> 33;
    return r % 8 ? 1 + r % KIB(300) : 1 + r % MIB(9);
}

/* First and last byte, and the size in between: enough to tell one region from another. */
static void stamp(unsigned char *p, size_t usable)
{
    memcpy(p + 8, &usable, sizeof usable);
    p[0] = p[usable - 1] = (unsigned char)(usable >> 12);
}

static void check_stamp(unsigned char *p)
{
    size_t usable;
    memcpy(&usable, p + 8, sizeof usable);
    if (p[0] != (unsigned char)(usable >> 12) || p[usable - 1] != p[0])
        die("region %p of %zu bytes is damaged", (void *)p, usable);
}

static void *trade(void *arg)
{
    uint64_t state = stress_seed + (uintptr_t)arg;
    for (size_t i = 0; i < steps(6000); i++) {
        size_t usable = 0, size = some_size(&state);
        unsigned char *p = (unsigned char *)akit_region_alloc(shared, size, 0, 0, &usable);
        MUST(p && usable >= size);
        stamp(p, usable);
        if (i % 7 == 0)
            MUST(akit_region_pin(shared, p) == 0);
        if (i % 11 == 0)
            MUST(akit_region_prefault(shared, p, 0, 0) == 0);
        if (i % 7 == 0)
            MUST(akit_region_unpin(shared, p) == 0);
        p = atomic_exchange(&shelf[(state >> 40) % SHELF], p);
        if (!p)
            continue;
        check_stamp(p);
        if (i % 5 == 0) {
            unsigned char *q = (unsigned char *)akit_region_realloc(shared, p, some_size(&state), 0, &usable);
            MUST(q);
            stamp(q, usable);
            p = q;
            check_stamp(p);
        }
        MUST(akit_region_free(shared, p) == 0);
        if (i % 500 == 0)
            MUST(akit_region_purge(shared, i % 1000 ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL) == 0);
    }
    return NULL;
}

static void traded(const akit_region_config *cfg)
{
    pthread_t t[THREADS];
    MUST(akit_region_create(cfg, &shared) == 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        start(&t[i], trade, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < SHELF; i++) {
        unsigned char *p = atomic_exchange(&shelf[i], NULL);
        if (p)
            check_stamp(p), (void)akit_region_free(shared, p);
    }
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    MUST(akit_region_stats_get(shared, &st) == 0);
    if (st.used_bytes || st.misuses_total || st.allocs_total != st.frees_total)
        die("at the end: %llu bytes in use, %llu allocs, %llu frees, %llu misuses", (unsigned long long)st.used_bytes,
            (unsigned long long)st.allocs_total, (unsigned long long)st.frees_total, (unsigned long long)st.misuses_total);
    MUST(akit_region_destroy(shared, 0) == 0);
}

STRESS(threads_trade_regions)
{
    MUST(akit_purge_thread(1) == 0);
    traded(NULL);
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.cache_bytes = MIB(6);
    cfg.decay_ns = 2000000;
    cfg.purge_method = AKIT_PURGE_METHOD_UNMAP;
    traded(&cfg);
    MUST(akit_purge_thread(0) == 0);
}

static void *open_and_end(void *arg)
{
    uint64_t state = stress_seed + (uintptr_t)arg * 77;
    for (size_t i = 0; i < steps(400); i++) {
        akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
        cfg.decay_ns = 1000000;
        akit_region *h = NULL;
        akit_huge *g = NULL;
        akit_tiered *on = NULL;
        MUST(akit_region_create(&cfg, &h) == 0 && akit_huge_create(NULL, &g) == 0);
        akit_tiered_config heap = AKIT_TIERED_CONFIG_INIT;
        heap.region = h;
        heap.huge = i % 2 ? g : NULL;
        MUST(akit_tiered_create(&heap, &on) == 0);
        for (int k = 0; k < 12; k++) {
            unsigned char *p = (unsigned char *)akit_region_alloc(h, some_size(&state), 0, 0, NULL);
            MUST(p && akit_tiered_alloc(on, some_size(&state)));
            *p = 1;
            if (k % 3)
                MUST(akit_region_free(h, p) == 0);
        }
        unsigned char *q = (unsigned char *)akit_huge_alloc(g, MIB(3), 0, 0, NULL);
        MUST(q);
        *q = 1;
        MUST(akit_huge_free(g, q) == 0);
        if (i % 2)
            MUST(akit_region_destroy(h, i % 4 ? 0 : AKIT_DESTROY_DEFER) == 0 && akit_huge_destroy(g, 0) == 0);
        MUST(akit_tiered_destroy(on, 0) == 0);
        if (i % 2 == 0)
            MUST(akit_huge_destroy(g, 0) == 0 && akit_region_destroy(h, 0) == 0);
    }
    return NULL;
}

STRESS(handles_end_while_the_purge_thread_works)
{
    pthread_t t[THREADS];
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
