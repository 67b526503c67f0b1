/* Pools on memory of the caller make no system call once they are there. Shown with a filter that kills. */
#include "pool_kit.h"
#include "seccomp.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static unsigned char buffer[MIB(16)] __attribute__((aligned(65536)));

static akit_pool *pool_on_buffer(uint32_t zero_mode)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    akit_pool *h = NULL;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    cfg.zero_mode = zero_mode;
    return akit_pool_create(&cfg, &h) == 0 ? h : NULL;
}

typedef struct {
    akit_pool *h;
    uint64_t random;
    int steps;
    unsigned char *p[200];
    size_t capacity[200];
} work;

/* Everything a program may do with buffers, at random. 0: all went well. */
static int churn(work *w)
{
    for (int i = 0; i < w->steps; i++) {
        uint64_t word = random_word(&w->random);
        int k = (int)(word % 200);
        size_t length = (size_t)(word >> 8) % KIB(64);
        if (w->p[k]) {
            CHILD_CHECK(marked(w->p[k], w->capacity[k], (uint64_t)k));
            CHILD_CHECK(akit_pool_capacity(w->h, w->p[k]) == w->capacity[k]);
            CHILD_CHECK(akit_pool_put(w->h, w->p[k]) == 0);
            w->p[k] = NULL;
            continue;
        }
        if (word >> 61 == 0) {
            void *batch[10];
            size_t n = akit_pool_get_n(w->h, length, 10, batch, NULL);
            CHILD_CHECK(n == 10 || errno == ENOBUFS);
            CHILD_CHECK(akit_pool_put_n(w->h, n, batch) == n);
        }
        w->p[k] = (unsigned char *)akit_pool_get(w->h, length, &w->capacity[k]);
        if (!w->p[k]) {
            CHILD_CHECK(errno == ENOBUFS);
            continue;
        }
        CHILD_CHECK(w->capacity[k] >= length && w->p[k] >= buffer && w->p[k] + w->capacity[k] <= buffer + sizeof buffer);
        mark(w->p[k], w->capacity[k], (uint64_t)k);
    }
    for (int k = 0; k < 200; k++)
        CHILD_CHECK(akit_pool_put(w->h, w->p[k]) == 0);
    return 0;
}

static const long none[] = {SYS_exit_group, SYS_exit, SYS_write, -1};
static const long waiting[] = {SYS_exit_group, SYS_exit, SYS_write, SYS_futex, SYS_sched_yield, SYS_nanosleep, SYS_clock_nanosleep, -1};
static const long of_memory[] = {SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mprotect, SYS_brk, -1};

static work one;

static int one_thread_makes_none(void *arg)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    akit_pool_config now = AKIT_POOL_CONFIG_INIT;
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t cursor = 0;
    one.h = pool_on_buffer(*(uint32_t *)arg);
    one.random = 1;
    one.steps = 60000;
    only_system_calls(none);
    int rc = churn(&one);
    if (rc)
        return rc;
    CHILD_CHECK(akit_pool_warm(one.h, KIB(8), 10) == 0);
    void *p = akit_pool_get(one.h, 100, NULL);
    CHILD_CHECK(p && akit_pool_leak_next(one.h, &cursor, &info) == 0 && info.base == (uintptr_t)p);
    CHILD_CHECK(akit_pool_put(one.h, p) == 0);
    CHILD_CHECK(akit_pool_purge(one.h, AKIT_PURGE_ALL, NULL) == 0);
    CHILD_CHECK(akit_pool_stats_get(one.h, &st) == 0 && st.used_bytes == 0 && st.misuses_total == 0);
    CHILD_CHECK(akit_pool_config_get(one.h, &now) == 0 && akit_pool_suggest(one.h, &now) == 0);
    CHILD_CHECK(akit_pool_put(one.h, buffer + 1) == -ENOENT); /* misuse takes none either */
    CHILD_CHECK(akit_pool_get(one.h, MIB(17), NULL) == NULL && errno == EMSGSIZE);
    return 0;
}

static void one_thread(uint32_t zero_mode)
{
    needs_seccomp();
    in_child(one_thread_makes_none, &zero_mode);
}

CASE(one_thread_makes_no_system_call) { one_thread(AKIT_ZERO_NONE); }
CASE(one_thread_that_zeroes_makes_no_system_call) { one_thread(AKIT_ZERO_ON_FREE); }

enum { THREADS = 4 };
static work works[THREADS];
static atomic_int started, go, done, bad;

static void *wait_and_churn(void *arg)
{
    atomic_fetch_add(&started, 1); /* glibc's own calls are behind it */
    while (!atomic_load(&go))
        sched_yield();
    int rc = churn((work *)arg);
    if (rc)
        atomic_store(&bad, rc);
    atomic_fetch_add(&done, 1);
    for (;;) /* the end of a thread is glibc's business, and takes calls */
        sched_yield();
    return NULL;
}

static int threads_make(const long *listed, void (*filter)(const long *))
{
    akit_pool *h = pool_on_buffer(0);
    pthread_t t;
    for (int i = 0; i < THREADS; i++) {
        works[i].h = h;
        works[i].random = (uint64_t)i + 10;
        works[i].steps = 15000;
        CHILD_CHECK(pthread_create(&t, NULL, wait_and_churn, &works[i]) == 0);
    }
    while (atomic_load(&started) < THREADS)
        sched_yield();
    filter(listed);
    atomic_store(&go, 1);
    while (atomic_load(&done) < THREADS && !atomic_load(&bad))
        sched_yield();
    return atomic_load(&bad);
}

static int threads_make_none_of_memory(void *arg)
{
    (void)arg;
    return threads_make(of_memory, no_system_calls);
}

static int threads_only_wait(void *arg)
{
    (void)arg;
    return threads_make(waiting, only_system_calls);
}

CASE(threads_make_no_system_call_of_memory)
{
    needs_seccomp();
    in_child(threads_make_none_of_memory, NULL);
}

CASE(threads_only_wait_for_each_other)
{
    needs_seccomp();
    in_child(threads_only_wait, NULL);
}

static int fails_with_a_system_call(void *arg)
{
    only_system_calls(none);
    (void)!akit_pool_get((akit_pool *)arg, GIB(1), NULL);
    return 0;
}

/* The filter sees what an ordinary pool does, so the cases above prove something. */
CASE(a_pool_on_the_kernels_memory_does_make_them)
{
    needs_seccomp();
    akit_pool *h = new_pool();
    int status = child_status(fails_with_a_system_call, h);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    akit_pool_destroy(h, 0);
}
