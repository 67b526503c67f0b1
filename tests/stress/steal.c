/*
 * Caches are taken from threads that are in the middle of allocating and freeing: the owner's path has no locked
 * instruction, so this is where a block could be lost or handed out twice. A block that two owners have shows in its payload.
 */
#include "load.h"

enum { HAMMERS = 3, HELD = 200 };

static akit_tiered *heap;
static atomic_int stop;

static size_t small_size(rng *r)
{
    static const size_t sizes[] = {16, 24, 64, 64, 64, 100, 128, 300, 1000, 2000};
    return sizes[below(r, sizeof sizes / sizeof *sizes)];
}

static void *hammer(void *number)
{
    rng r = rng_new((uintptr_t)number);
    item held[HELD];
    memset(held, 0, sizeof held);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        /* bursts in both directions, so that bins are empty, full, and everything between */
        item *i = &held[below(&r, HELD)];
        unsigned burst = (unsigned)below(&r, 60);
        size_t size = small_size(&r);
        while (burst--) {
            if (i->p) {
                verify(i->p, i->size, i->size, i->tag);
                akit_tiered_free(heap, i->p);
                i->p = NULL;
            } else {
                i->p = (unsigned char *)akit_tiered_alloc(heap, size);
                MUST(i->p);
                i->size = size;
                i->tag = next(&r);
                fill(i->p, size, i->tag);
            }
            if (below(&r, 3))
                i = &held[below(&r, HELD)];
        }
    }
    for (int k = 0; k < HELD; k++)
        if (held[k].p) {
            verify(held[k].p, held[k].size, held[k].size, held[k].tag);
            akit_tiered_free(heap, held[k].p);
        }
    return NULL;
}

/* The same block again and again: the bin goes from empty to one and back. */
static void *ping(void *number)
{
    uint64_t tag = (uintptr_t)number;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        void *p = akit_tiered_alloc(heap, 48), *q = akit_tiered_alloc(heap, 48);
        MUST(p && q && p != q);
        fill(p, 48, ++tag);
        fill(q, 48, ~tag);
        verify(p, 48, 48, tag);
        akit_tiered_free(heap, p);
        verify(q, 48, 48, ~tag);
        akit_tiered_free(heap, q);
    }
    return NULL;
}

static void *purge_always(void *pause_us)
{
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        MUST(akit_tiered_purge(heap, AKIT_PURGE_ALL, NULL) == 0);
        if (pause_us)
            usleep((useconds_t)(uintptr_t)pause_us);
    }
    return NULL;
}

static void *maintain_always(void *pause_us)
{
    uint64_t due = 0;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        MUST(akit_maintain(&due) == 0);
        MUST(akit_purge(AKIT_PURGE_DUE, NULL) == 0);
        if (pause_us)
            usleep((useconds_t)(uintptr_t)pause_us);
    }
    return NULL;
}

static void *count_always(void *unused)
{
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
        MUST(akit_tiered_stats_get(heap, &st) == 0);
        MUST(st.used_bytes < MIB(64) && st.frees_total <= st.allocs_total + 100000);
        usleep(300);
    }
    return unused;
}

static void run(void *(*work)(void *), void *(*thief)(void *), unsigned pause_us, unsigned ms)
{
    pthread_t t[HAMMERS], other, counter;
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.decay_ns = 1000000;
    heap = heap_with(&cfg);
    for (uintptr_t i = 0; i < HAMMERS; i++)
        start(&t[i], work, (void *)(i + 1));
    start(&other, thief, (void *)(uintptr_t)pause_us);
    start(&counter, count_always, NULL);
    usleep((useconds_t)(stress_long() ? 30 * ms : ms) * 1000);
    atomic_store(&stop, 1);
    for (int i = 0; i < HAMMERS; i++)
        pthread_join(t[i], NULL);
    pthread_join(other, NULL);
    pthread_join(counter, NULL);
    end_heap(heap);
}

STRESS(purge_without_pause) { run(hammer, purge_always, 0, 1500); }
STRESS(purge_every_ms) { run(hammer, purge_always, 1000, 1500); }
STRESS(purge_against_one_block) { run(ping, purge_always, 0, 1000); }
STRESS(maintain_every_100_us) { run(hammer, maintain_always, 100, 1000); }

STRESS(purge_thread_and_purge)
{
    MUST(akit_purge_thread(1) == 0);
    run(hammer, purge_always, 300, 1000);
    MUST(akit_purge_thread(0) == 0);
}

/* Threads that end while their caches are being taken. */
static void *live_shortly(void *number)
{
    rng r = rng_new((uintptr_t)number);
    void *p[40];
    size_t size = small_size(&r);
    for (int i = 0; i < 40; i++) {
        p[i] = akit_tiered_alloc(heap, size);
        MUST(p[i]);
        fill(p[i], size, (uintptr_t)p[i]);
    }
    for (int i = 0; i < 40; i++) {
        verify(p[i], size, size, (uintptr_t)p[i]);
        akit_tiered_free(heap, p[i]);
    }
    return NULL;
}

static void *short_lives(void *number)
{
    uintptr_t n = (uintptr_t)number * 1000000;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        pthread_t t;
        start(&t, live_shortly, (void *)n++);
        pthread_join(t, NULL);
    }
    return NULL;
}

STRESS(purge_while_threads_end) { run(short_lives, purge_always, 0, 1000); }
