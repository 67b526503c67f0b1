/* Blocks that change hands, threads that end, handles that come and go while other threads have caches in them. */
#include "load.h"

enum { MAIL = 1024 };

typedef struct {
    size_t size;
    uint64_t tag;
    unsigned char payload[];
} letter;

static akit_tiered *heap;
static _Atomic(letter *) mail[MAIL];
static atomic_int stop, turn;

static letter *write_letter(akit_tiered *h, rng *r)
{
    size_t size = below(r, 100) ? below(r, 2000) : below(r, KIB(300));
    letter *l = (letter *)akit_tiered_alloc(h, sizeof *l + size);
    MUST(l);
    l->size = size;
    l->tag = next(r);
    fill(l->payload, size, l->tag);
    return l;
}

static void read_letter(letter *l, rng *r)
{
    if (!l)
        return;
    verify(l->payload, l->size, l->size, l->tag);
    if (below(r, 2))
        akit_free(l);
    else
        akit_tiered_free(heap, l);
}

static void exchange(rng *r)
{
    read_letter(atomic_exchange(&mail[below(r, MAIL)], write_letter(heap, r)), r);
}

static void empty_mail(void)
{
    rng r = rng_new(99);
    for (int i = 0; i < MAIL; i++)
        read_letter(atomic_exchange(&mail[i], NULL), &r);
}

static void *postman(void *number)
{
    rng r = rng_new((uintptr_t)number);
    while (!atomic_load_explicit(&stop, memory_order_relaxed))
        exchange(&r);
    return NULL;
}

static void *short_postman(void *number)
{
    rng r = rng_new((uintptr_t)number);
    for (int i = (int)below(&r, 400); i >= 0; i--)
        exchange(&r);
    return NULL;
}

static void *short_postmen(void *number)
{
    uintptr_t n = (uintptr_t)number * 1000000;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        pthread_t t[3];
        for (int i = 0; i < 3; i++)
            start(&t[i], short_postman, (void *)n++);
        for (int i = 0; i < 3; i++)
            pthread_join(t[i], NULL);
    }
    return NULL;
}

static void let_work(void *(*work)(void *), int threads, unsigned ms)
{
    pthread_t t[16];
    atomic_store(&stop, 0);
    for (uintptr_t i = 0; i < (uintptr_t)threads; i++)
        start(&t[i], work, (void *)(i + 1));
    usleep((useconds_t)(stress_long() ? 30 * ms : ms) * 1000);
    atomic_store(&stop, 1);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
}

STRESS(threads_hand_over)
{
    heap = heap_with(NULL);
    let_work(postman, 4, 1000);
    empty_mail();
    end_heap(heap);
}

STRESS(threads_end_while_others_free_their_blocks)
{
    heap = heap_with(NULL);
    MUST(akit_purge_thread(1) == 0);
    let_work(short_postmen, 3, 1200);
    empty_mail();
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    MUST(akit_tiered_stats_get(heap, &st) == 0);
    MUST(st.thread_caches <= 8);
    MUST(akit_purge_thread(0) == 0);
    end_heap(heap);
}

/* Random calls of every kind in several threads on one handle. */
static void *any_call(void *number)
{
    static load loads[4];
    load *l = &loads[(uintptr_t)number - 1];
    load_init(l, heap, (uintptr_t)number);
    l->most = MIB(24);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        load_step(l);
        if (below(&l->r, 3000) == 0)
            MUST(akit_tiered_purge(heap, 0, NULL) == 0);
        if (below(&l->r, 3000) == 0)
            MUST(akit_maintain(NULL) == 0);
        if (below(&l->r, 3000) == 0)
            MUST(akit_thread_flush(0) == 0);
        if (below(&l->r, 30000) == 0)
            MUST(akit_purge(0, NULL) == 0);
    }
    load_end(l);
    return NULL;
}

STRESS(any_call_in_four_threads)
{
    heap = heap_with(NULL);
    let_work(any_call, 4, 1500);
    end_heap(heap);
}

STRESS(any_call_in_four_threads_with_exact_checks)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.check_mode = AKIT_CHECK_EXACT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    cfg.guard_sample_interval = 200;
    heap = heap_with(&cfg);
    MUST(akit_purge_thread(1) == 0);
    let_work(any_call, 4, 1000);
    MUST(akit_purge_thread(0) == 0);
    end_heap(heap);
}

/* Handles are made, used by all threads in turn, and destroyed while the other threads still have caches in them. */
static void *turns(void *number)
{
    int me = (int)(uintptr_t)number - 1;
    rng r = rng_new((uintptr_t)number);
    while (!atomic_load_explicit(&stop, memory_order_acquire)) {
        if (atomic_load_explicit(&turn, memory_order_acquire) % 4 != me) {
            sched_yield();
            continue;
        }
        if (!heap || below(&r, 3) == 0) {
            empty_mail();
            if (below(&r, 2))
                for (int i = 0; heap && i < 20; i++)
                    (void)!write_letter(heap, &r); /* left for destroy */
            MUST(akit_tiered_destroy(heap, 0) == 0);
            heap = heap_with(NULL);
        }
        for (int i = (int)below(&r, 50); i >= 0; i--)
            exchange(&r);
        atomic_fetch_add_explicit(&turn, 1, memory_order_acq_rel);
    }
    return NULL;
}

STRESS(handles_come_and_go)
{
    let_work(turns, 4, 1000);
    empty_mail();
    MUST(akit_tiered_destroy(heap, 0) == 0);
}

/* Every thread has its own handles, and a purger goes through all of them. */
static void *own_handles(void *number)
{
    rng r = rng_new((uintptr_t)number);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        akit_tiered *h = heap_with(NULL);
        letter *l[64];
        int n = (int)below(&r, 64);
        for (int i = 0; i < n; i++)
            l[i] = write_letter(h, &r);
        for (int i = 0; i < n; i++) {
            verify(l[i]->payload, l[i]->size, l[i]->size, l[i]->tag);
            if (below(&r, 2))
                akit_tiered_free(h, l[i]);
        }
        MUST(akit_tiered_destroy(h, 0) == 0);
    }
    return NULL;
}

static void *look_and_purge(void *unused)
{
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        uint64_t id = 0;
        uint32_t kind = 0;
        char text[8192];
        while (akit_handle_next(&id, &kind) == 0) {
            int rc = akit_stats_json(id, text, sizeof text, NULL);
            MUST(rc >= 0 || rc == -ENOENT || rc == -ENOSPC);
        }
        MUST(akit_purge(0, NULL) == 0);
        MUST(akit_maintain(NULL) == 0);
    }
    return unused;
}

static void *mixed_work(void *number)
{
    return (uintptr_t)number == 1 ? look_and_purge(number) : own_handles(number);
}

STRESS(own_handles_while_another_thread_purges)
{
    MUST(akit_purge_thread(1) == 0);
    let_work(mixed_work, 4, 1200);
    MUST(akit_purge_thread(0) == 0);
}

/* Deferred destroy: the last free, wherever it happens, ends the handle. */
typedef struct {
    letter *l[500];
    int n;
    uintptr_t number;
} pile;

static void *free_pile(void *arg)
{
    pile *p = (pile *)arg;
    for (int i = 0; i < p->n; i++) {
        verify(p->l[i]->payload, p->l[i]->size, p->l[i]->size, p->l[i]->tag);
        akit_free(p->l[i]);
    }
    return NULL;
}

STRESS(deferred_destroy_with_frees_from_four_threads)
{
    static pile piles[4];
    uint64_t until = deadline(800);
    akit_process_stats before = AKIT_PROCESS_STATS_INIT, after = AKIT_PROCESS_STATS_INIT;
    MUST(akit_process_stats_get(&before) == 0);
    rng r = rng_new(7);
    while (now_ms() < until) {
        pthread_t t[4];
        akit_tiered *h = heap_with(NULL);
        for (int k = 0; k < 4; k++) {
            piles[k].n = (int)below(&r, 500);
            for (int i = 0; i < piles[k].n; i++)
                piles[k].l[i] = write_letter(h, &r);
        }
        int early = (int)below(&r, 2);
        if (early)
            MUST(akit_tiered_destroy(h, AKIT_DESTROY_DEFER) == 0);
        for (int k = 0; k < 4; k++)
            start(&t[k], free_pile, &piles[k]);
        if (!early) /* while they free */
            MUST(akit_tiered_destroy(h, AKIT_DESTROY_DEFER) == 0);
        for (int k = 0; k < 4; k++)
            pthread_join(t[k], NULL);
    }
    MUST(akit_maintain(NULL) == 0);
    MUST(akit_process_stats_get(&after) == 0);
    if (after.handles != before.handles)
        die("%llu handles did not end", (unsigned long long)(after.handles - before.handles));
}
