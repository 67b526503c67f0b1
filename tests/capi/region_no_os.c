/* Regions on memory of the caller make no system call once the handle is there. Shown with a filter that kills. */
#include "region_kit.h"
#include "seccomp.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static unsigned char buffer[MIB(16)] __attribute__((aligned(65536)));

static akit_region *handle_on_buffer(uint32_t zero_mode)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    akit_region *h = NULL;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    cfg.zero_mode = zero_mode;
    return akit_region_create(&cfg, &h) == 0 ? h : NULL;
}

typedef struct {
    akit_region *h;
    uint64_t random;
    int steps;
    unsigned char *p[12];
    size_t size[12];
} work;

/* Everything a program may do with regions, at random. 0: all went well. */
static int churn(work *w)
{
    for (int i = 0; i < w->steps; i++) {
        uint64_t word = random_word(&w->random);
        int k = (int)(word % 12);
        size_t size = 1 + (size_t)(word >> 8) % KIB(700), usable = 0;
        CHILD_CHECK(!w->p[k] || marked(w->p[k], w->size[k], (uint64_t)k));
        if (w->p[k] && word >> 62) {
            if (word >> 61 & 1) {
                CHILD_CHECK(akit_region_pin(w->h, w->p[k]) == 0);
                CHILD_CHECK(akit_region_unpin(w->h, w->p[k]) == 0);
            }
            CHILD_CHECK(akit_region_free(w->h, w->p[k]) == 0);
            w->p[k] = NULL;
            continue;
        }
        unsigned char *q = (unsigned char *)(w->p[k] ? akit_region_realloc(w->h, w->p[k], size, 0, &usable)
                                                     : akit_region_alloc(w->h, size, 0, word >> 60 & 1, &usable));
        if (!q) {
            CHILD_CHECK(errno == ENOBUFS);
            continue;
        }
        size_t had = w->p[k] ? w->size[k] : 0;
        CHILD_CHECK(usable >= size && q >= buffer && q + usable <= buffer + sizeof buffer);
        CHILD_CHECK(!had || marked_part(q, had < size ? had : size, had, (uint64_t)k));
        w->p[k] = q;
        w->size[k] = size;
        mark(q, size, (uint64_t)k);
    }
    for (int k = 0; k < 12; k++)
        CHILD_CHECK(akit_region_free(w->h, w->p[k]) == 0);
    return 0;
}

static const long none[] = {SYS_exit_group, SYS_exit, SYS_write, -1};
static const long waiting[] = {SYS_exit_group, SYS_exit, SYS_write, SYS_futex, SYS_sched_yield, SYS_nanosleep, SYS_clock_nanosleep, -1};
static const long of_memory[] = {SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mprotect, SYS_brk, -1};

static int one_thread_makes_none(void *arg)
{
    work w = {handle_on_buffer(*(uint32_t *)arg), 1, 20000, {0}, {0}};
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    only_system_calls(none);
    int rc = churn(&w);
    if (rc)
        return rc;
    CHILD_CHECK(akit_region_purge(w.h, AKIT_PURGE_ALL, NULL) == 0);
    CHILD_CHECK(akit_region_stats_get(w.h, &st) == 0 && st.used_bytes == 0 && st.misuses_total == 0);
    CHILD_CHECK(akit_region_free(w.h, buffer) != 0); /* misuse takes none either */
    CHILD_CHECK(hidden(akit_region_alloc(w.h, sizeof buffer, 0, 0, NULL)) == buffer);
    return 0;
}

static void one_thread(uint32_t zero_mode)
{
    needs_seccomp();
    in_child(one_thread_makes_none, &zero_mode);
}

CASE(one_thread_makes_no_system_call) { one_thread(AKIT_ZERO_NONE); }
CASE(one_thread_that_zeroes_makes_no_system_call) { one_thread(AKIT_ZERO_ON_FREE); }

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

enum { THREADS = 4 };
static work works[THREADS];

static int threads_make(const long *listed, void (*filter)(const long *))
{
    akit_region *h = handle_on_buffer(0);
    pthread_t t;
    for (int i = 0; i < THREADS; i++) {
        works[i] = (work){h, (uint64_t)i + 10, 5000, {0}, {0}};
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

/* More threads than the library has records of threads for, none of which had to do with it before. */
enum { MANY = 100 };

static void *errand(void *arg)
{
    akit_region *h = (akit_region *)arg;
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    atomic_fetch_add(&started, 1);
    while (!atomic_load(&go))
        usleep(1000);
    void *p = akit_region_realloc(h, akit_region_alloc(h, KIB(8), 0, 0, NULL), KIB(64), 0, NULL);
    if (!p || akit_region_pin(h, p) != 0 || akit_region_unpin(h, p) != 0 || akit_region_free(h, p) != 0 ||
        akit_region_stats_get(h, &st) != 0 || akit_region_purge(h, AKIT_PURGE_ALL, NULL) != 0 ||
        akit_region_purge(h, AKIT_PURGE_DUE, NULL) != 0)
        atomic_store(&bad, BAD);
    atomic_fetch_add(&done, 1);
    for (;;)
        usleep(1000);
    return NULL;
}

static int many_threads_make_none_of_memory(void *arg)
{
    akit_region *h = handle_on_buffer(0);
    pthread_attr_t small;
    pthread_t t;
    (void)arg;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, KIB(128));
    for (int i = 0; i < MANY; i++)
        CHILD_CHECK(pthread_create(&t, &small, errand, h) == 0);
    while (atomic_load(&started) < MANY)
        usleep(1000);
    no_system_calls(of_memory);
    atomic_store(&go, 1);
    while (atomic_load(&done) < MANY)
        usleep(1000);
    return atomic_load(&bad);
}

CASE(many_threads_make_no_system_call_of_memory)
{
    needs_seccomp();
    in_child(many_threads_make_none_of_memory, NULL);
}

/* What is freed in memory of the caller is nothing to the purge thread: it is not woken for it. */
static int wakes_no_purge_thread(void *arg)
{
    (void)arg;
    CHILD_CHECK(akit_purge_thread(1) == 0);
    work w = {handle_on_buffer(0), 2, 5000, {0}, {0}};
    usleep(300000); /* it sleeps */
    only_system_calls_in_this_thread(none);
    int rc = churn(&w);
    CHILD_CHECK(rc == 0 && akit_region_purge(w.h, AKIT_PURGE_DUE, NULL) == 0);
    return 0;
}

CASE(the_purge_thread_is_left_alone)
{
    needs_seccomp();
    in_child(wakes_no_purge_thread, NULL);
}

/* Memory that the library has mapped for somebody else is the caller's, too: pages are copied there, not moved. */
static int grows_by_copying(void *arg)
{
    akit_region *h = (akit_region *)arg;
    char *p = (char *)akit_region_alloc(h, MIB(6), 0, 0, NULL);
    void *wall = akit_region_alloc(h, KIB(64), 0, 0, NULL);
    CHILD_CHECK(p && wall);
    mark(p, MIB(6), 4);
    only_system_calls(none);
    p = (char *)akit_region_realloc(h, p, MIB(16), 0, NULL);
    CHILD_CHECK(p && marked(p, MIB(6), 4));
    CHILD_CHECK(akit_region_free(h, p) == 0 && akit_region_free(h, wall) == 0);
    return 0;
}

CASE(growth_in_a_region_of_another_handle_makes_no_system_call)
{
    needs_seccomp();
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    akit_region *outer = new_region();
    cfg.memory = plain_region(outer, MIB(40));
    cfg.memory_bytes = MIB(40);
    akit_region *h = new_region_with(&cfg);
    in_child(grows_by_copying, h);
    akit_region_destroy(h, 0);
    akit_region_destroy(outer, 0);
}

static int fails_with_a_system_call(void *arg)
{
    akit_region *h = (akit_region *)arg;
    only_system_calls(none);
    (void)!akit_region_alloc(h, GIB(1), 0, 0, NULL);
    return 0;
}

/* The filter sees what an ordinary handle does, so the cases above prove something. */
CASE(a_handle_on_the_kernels_memory_does_make_them)
{
    needs_seccomp();
    akit_region *h = new_region();
    int status = child_status(fails_with_a_system_call, h);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    akit_region_destroy(h, 0);
}
