/* Very many threads, very many handles, late thread exits, forks: what a program meets at its edges. */
#include "load.h"

#include <sys/resource.h>

enum { CROWD = 160, GRABS = 64 };

static akit_tiered *heap;
static pthread_barrier_t meet;
static _Atomic(unsigned char *) table[CROWD * 4];

static void *one_of_many(void *number)
{
    rng r = rng_new((uintptr_t)number);
    pthread_barrier_wait(&meet);
    for (int round = 0; round < 20; round++) {
        void *p[GRABS];
        size_t size = 16 + below(&r, 600);
        for (int i = 0; i < GRABS; i++) {
            p[i] = akit_tiered_alloc(heap, size);
            MUST(p[i]);
            fill(p[i], size, (uintptr_t)p[i]);
        }
        for (int i = 0; i < GRABS; i++) {
            verify(p[i], size, size, (uintptr_t)p[i]);
            if (i)
                akit_tiered_free(heap, p[i]);
        }
        akit_free(atomic_exchange(&table[below(&r, CROWD * 4)], (unsigned char *)p[0]));
    }
    pthread_barrier_wait(&meet);
    return NULL;
}

STRESS(a_hundred_and_sixty_threads_on_one_handle)
{
    static pthread_t t[CROWD];
    heap = heap_with(NULL);
    for (int turn = 0; turn < (stress_long() ? 30 : 3); turn++) {
        akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
        pthread_barrier_init(&meet, NULL, CROWD);
        for (uintptr_t i = 0; i < CROWD; i++)
            start(&t[i], one_of_many, (void *)i);
        for (int i = 0; i < CROWD; i++)
            pthread_join(t[i], NULL);
        MUST(akit_tiered_stats_get(heap, &st) == 0);
        MUST(st.thread_caches <= 8);
    }
    for (int i = 0; i < CROWD * 4; i++)
        akit_free(table[i]);
    end_heap(heap);
}

/* Destructors of thread keys run before and after ours, and ask for another round as long as there is one. */
enum { KEYS = 6 };
static pthread_key_t keys[KEYS];
static atomic_int late_calls;

typedef struct {
    int key;
    uint64_t tag;
} late;

static late *late_new(int key)
{
    late *l = (late *)akit_tiered_alloc(heap, sizeof *l);
    MUST(l);
    l->key = key;
    l->tag = word_at((uintptr_t)l, (size_t)key);
    return l;
}

static void at_exit_of_thread(void *arg)
{
    late *l = (late *)arg;
    MUST(l->tag == word_at((uintptr_t)l, (size_t)l->key));
    pthread_setspecific(keys[l->key], late_new(l->key));
    akit_free(l);
    atomic_fetch_add(&late_calls, 1);
}

static void *leave_late(void *number)
{
    for (int k = 0; k < KEYS; k++)
        pthread_setspecific(keys[k], late_new(k));
    return number;
}

STRESS(frees_in_late_destructors_of_thread_keys)
{
    if (CHECK_SANITIZED)
        SKIP("for a sanitizer the thread is over before its last destructors");
    /* Half of the keys are older than the one the library makes with the first handle. */
    for (int k = 0; k < KEYS / 2; k++)
        MUST(pthread_key_create(&keys[k], at_exit_of_thread) == 0);
    heap = heap_with(NULL);
    akit_free(akit_tiered_alloc(heap, 1));
    for (int k = KEYS / 2; k < KEYS; k++)
        MUST(pthread_key_create(&keys[k], at_exit_of_thread) == 0);
    for (uintptr_t i = 0; i < 300; i++) {
        pthread_t t;
        start(&t, leave_late, (void *)i);
        pthread_join(t, NULL);
    }
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    akit_process_stats ps = AKIT_PROCESS_STATS_INIT;
    MUST(akit_tiered_stats_get(heap, &st) == 0 && akit_process_stats_get(&ps) == 0);
    MUST(atomic_load(&late_calls) >= 300 * KEYS && st.misuses_total == 0);
    /* The C library ends the rounds at last, with one block in each key. */
    MUST(st.used_bytes == 300 * KEYS * 16 && st.thread_caches <= 8 && ps.threads <= 2);
    MUST(akit_tiered_destroy(heap, 0) == 0);
}

/* An address space of 1 GiB. */
STRESS(ten_thousand_handles_in_one_gibibyte)
{
    enum { MANY = 10000 };
    static akit_tiered *h[MANY];
    static void *p[MANY][3];
    static const size_t sizes[3] = {24, 200, 1000};
    if (CHECK_SANITIZED)
        SKIP("a sanitizer needs more address space");
    struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    MUST(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int i = 0; i < MANY; i++) {
        h[i] = heap_with(NULL);
        for (int k = 0; k < 3; k++) {
            p[i][k] = akit_tiered_alloc(h[i], sizes[k]);
            if (!p[i][k])
                die("handle %d has no %zu bytes", i, sizes[k]);
            fill(p[i][k], sizes[k], (uint64_t)i);
        }
    }
    for (int i = 0; i < MANY; i++) {
        for (int k = 0; k < 3; k++)
            verify(p[i][k], sizes[k], sizes[k], (uint64_t)i);
        if (i % 2)
            akit_free(p[i][0]);
        MUST(akit_tiered_destroy(h[i], 0) == 0);
    }
    akit_process_stats ps = AKIT_PROCESS_STATS_INIT;
    MUST(akit_purge(AKIT_PURGE_ALL, NULL) == 0 && akit_process_stats_get(&ps) == 0);
    MUST(ps.handles == 0 && ps.used_bytes == 0);
}

/* Forks in the middle of everything, with a handle of each mode. */
static akit_tiered *modes[3];
static unsigned char *kept[3][20];
static atomic_int stop;

static void *work_in_all_modes(void *number)
{
    rng r = rng_new((uintptr_t)number);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        akit_tiered *h = modes[below(&r, 3)];
        size_t size = below(&r, 50) ? below(&r, 3000) : below(&r, KIB(600));
        void *p[8];
        for (int i = 0; i < 8; i++) {
            p[i] = akit_tiered_alloc(h, size);
            MUST(p[i]);
            fill(p[i], size, (uintptr_t)p[i]);
        }
        for (int i = 0; i < 8; i++) {
            verify(p[i], size, size, (uintptr_t)p[i]);
            akit_free(p[i]);
        }
        if (below(&r, 200) == 0)
            MUST(akit_tiered_purge(h, 0, NULL) == 0);
    }
    return NULL;
}

static void in_the_child(void)
{
    for (int m = 0; m < 3; m++) {
        for (int i = 0; i < 20; i++) {
            size_t size = (size_t)i * 300;
            if (m == 0)
                verify(kept[m][i], size, size, (uint64_t)i);
            for (size_t k = 0; m == 2 && k < size; k++)
                MUST(kept[m][i][k] == 0);
            if (m != 1)
                akit_free(kept[m][i]);
        }
        for (int i = 0; i < 200; i++) {
            size_t size = (size_t)i * i;
            void *p = akit_tiered_alloc(modes[m], size);
            MUST(p);
            fill(p, size, (uint64_t)i);
            verify(p, size, size, (uint64_t)i);
            if (i % 3)
                akit_tiered_free(modes[m], p);
        }
        MUST(akit_tiered_destroy(modes[m], 0) == 0);
    }
    MUST(akit_maintain(NULL) == 0 && akit_purge(0, NULL) == 0);
    fflush(stdout);
    _exit(0);
}

STRESS(forks_while_threads_work_on_handles_of_three_modes)
{
    static const uint32_t mode[3] = {AKIT_FORK_COPY, AKIT_FORK_DONTFORK, AKIT_FORK_WIPE};
    pthread_t t[3];
    for (int m = 0; m < 3; m++) {
        akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
        cfg.fork_mode = mode[m];
        modes[m] = heap_with(&cfg);
        for (int i = 0; i < 20; i++) {
            kept[m][i] = (unsigned char *)akit_tiered_alloc(modes[m], (size_t)i * 300);
            MUST(kept[m][i]);
            fill(kept[m][i], (size_t)i * 300, (uint64_t)i);
        }
    }
    MUST(akit_purge_thread(1) == 0);
    for (uintptr_t i = 0; i < 3; i++)
        start(&t[i], work_in_all_modes, (void *)(i + 1));
    for (int i = 0; i < (stress_long() ? 1000 : 40); i++) {
        pid_t child = fork();
        if (child == 0)
            in_the_child();
        int status = 0;
        MUST(child > 0 && waitpid(child, &status, 0) == child);
        if (status)
            die("child %d ended with status %#x", i, (unsigned)status);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    MUST(akit_purge_thread(0) == 0);
    for (int m = 0; m < 3; m++) {
        for (int i = 0; i < 20; i++) {
            verify(kept[m][i], (size_t)i * 300, (size_t)i * 300, (uint64_t)i);
            akit_free(kept[m][i]);
        }
        end_heap(modes[m]);
    }
}
