/*
 * What the stress programs share: a seeded generator, a set of blocks with verified payload, and threads that may fail.
 * AKIT_STRESS_SEED=n repeats a run (threads still interleave as they like), AKIT_STRESS_LONG=1 works thirty times as long.
 */
#ifndef TESTS_STRESS_H
#define TESTS_STRESS_H

#include <allockit.h>

#include "../check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

static const char *stress_case = "";
static uint64_t stress_seed;

/* From any thread: the case has failed, and the process is in no state to go on. */
__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...)
{
    char why[300];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    printf("FAIL %s: seed %llu: %s\n", stress_case, (unsigned long long)stress_seed, why);
    fflush(stdout);
    if (getenv("AKIT_STRESS_CORE"))
        abort();
    _exit(1);
}

#define MUST(condition) ((condition) ? (void)0 : die("%s:%d: %s", __FILE__, __LINE__, #condition))

static inline int stress_long(void)
{
    return getenv("AKIT_STRESS_LONG") != NULL;
}

static inline void stress_report(void *user, int error, uint64_t handle, const void *p)
{
    (void)user;
    die("misuse reported: %s, handle %llu, %p", strerror(error), (unsigned long long)handle, p);
}

static inline void stress_begin(const char *name)
{
    stress_case = name;
    const char *given = getenv("AKIT_STRESS_SEED");
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    stress_seed = given ? strtoull(given, NULL, 0) : (uint64_t)t.tv_nsec * 2654435761u >> 8 ^ (uint64_t)t.tv_sec;
    printf("# %s: seed %llu\n", name, (unsigned long long)stress_seed);
    fflush(stdout);
    akit_misuse_handler(stress_report, NULL);
}

/* A case in a process of its own; no call in it is misuse. */
#define STRESS(name)                                                                                                   \
    static void stress_run_##name(void);                                                                               \
    FRESH(name)                                                                                                        \
    {                                                                                                                  \
        stress_begin(#name);                                                                                           \
        stress_run_##name();                                                                                           \
    }                                                                                                                  \
    static void stress_run_##name(void)

typedef struct {
    uint64_t s;
} rng;

/* Streams of the same seed differ by number. */
static inline rng rng_new(uint64_t number)
{
    rng r = {(stress_seed + 1) * 0x9E3779B97F4A7C15u ^ (number + 1) * 0xBF58476D1CE4E5B9u};
    return r;
}

static inline uint64_t next(rng *r)
{
    uint64_t z = (r->s += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static inline uint64_t below(rng *r, uint64_t n)
{
    return next(r) % n;
}

static inline uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* How long a case works. */
static inline uint64_t deadline(unsigned ms)
{
    return now_ms() + (stress_long() ? 30u * ms : ms);
}

/* Payload: every word of a small block, one word per KiB and the last bytes of a large one. */
enum { DENSE = 16384 };

static inline uint64_t word_at(uint64_t tag, size_t i)
{
    return tag * 0x9E3779B97F4A7C15u + i;
}

static inline void fill(void *block, size_t size, uint64_t tag)
{
    unsigned char *p = (unsigned char *)block;
    size_t step = size <= DENSE ? 8 : 1024;
    size_t i = 0;
    for (; i + 8 <= size - (size > DENSE); i += step) {
        uint64_t w = word_at(tag, i);
        memcpy(p + i, &w, 8);
    }
    if (size <= DENSE)
        for (; i < size; i++)
            p[i] = (unsigned char)(tag + i);
    else
        p[size - 1] = (unsigned char)tag;
}

/* Whether the first `kept` bytes of a block that was filled with `size` are as they were; -1, or where they are not. */
static inline long long damage(const void *block, size_t size, size_t kept, uint64_t tag)
{
    const unsigned char *p = (const unsigned char *)block;
    size_t step = size <= DENSE ? 8 : 1024;
    size_t i = 0;
    for (; i + 8 <= kept - (size > DENSE && kept == size); i += step) {
        uint64_t w;
        memcpy(&w, p + i, 8);
        if (w != word_at(tag, i))
            return (long long)i;
    }
    if (kept < size)
        return -1;
    if (size <= DENSE) {
        for (; i < size; i++)
            if (p[i] != (unsigned char)(tag + i))
                return (long long)i;
    } else if (p[size - 1] != (unsigned char)tag) {
        return (long long)size - 1;
    }
    return -1;
}

static inline void verify(const void *p, size_t size, size_t kept, uint64_t tag)
{
    long long at = damage(p, size, kept, tag);
    if (at >= 0)
        die("block %p of %zu bytes is damaged at byte %lld", p, size, at);
}

static inline size_t any_size(rng *r)
{
    unsigned kind = (unsigned)below(r, 1000);
    if (kind < 700)
        return below(r, 1025);
    if (kind < 920)
        return below(r, KIB(32));
    if (kind < 990)
        return below(r, KIB(512));
    if (kind < 999)
        return below(r, MIB(4));
    return below(r, MIB(24));
}

static inline akit_tiered *heap_with(const akit_tiered_config *cfg)
{
    akit_tiered *h = NULL;
    int rc = akit_tiered_create(cfg, &h);
    if (rc)
        die("create: %s", strerror(-rc));
    return h;
}

static inline void end_heap(akit_tiered *h)
{
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    MUST(akit_tiered_stats_get(h, &st) == 0);
    if (st.used_bytes || st.allocs_total != st.frees_total || st.misuses_total)
        die("at the end: %llu bytes in use, %llu allocs, %llu frees, %llu misuses", (unsigned long long)st.used_bytes,
            (unsigned long long)st.allocs_total, (unsigned long long)st.frees_total, (unsigned long long)st.misuses_total);
    MUST(akit_tiered_destroy(h, 0) == 0);
}

static inline void start(pthread_t *t, void *(*work)(void *), void *arg)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, KIB(256));
    int rc = pthread_create(t, &attr, work, arg);
    if (rc)
        die("pthread_create: %s", strerror(rc));
    pthread_attr_destroy(&attr);
}

#endif
