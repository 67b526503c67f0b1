/* What each way of getting and putting a buffer does to the figures, exactly: a dropped increment in one of them is found. */
#include "pool_kit.h"

#include <pthread.h>

static void *taken[3000];

/* Figures that must agree at any time when no call is under way. */
static void figures_agree(akit_pool *h)
{
    akit_pool_stats st = pool_stats_of(h);
    uint64_t gets = 0, puts = 0, used = 0, used_bytes = 0, cached_bytes = 0, slabs = 0, mapped = 0, hits = 0;
    for (size_t i = 0; i < akit_pool_class_count(h); i++) {
        akit_class_stats one = pool_class_of(h, i);
        CHECK_INT(one.hits_total + one.misses_total, one.gets_total);
        CHECK_INT(one.gets_total - one.puts_total, one.used_blocks);
        CHECK_AT_LEAST(one.used_peak_blocks, one.used_blocks);
        gets += one.gets_total;
        puts += one.puts_total;
        hits += one.hits_total;
        used += one.used_blocks;
        used_bytes += one.used_blocks * one.block_bytes;
        cached_bytes += one.cached_blocks * one.block_bytes;
        slabs += one.slabs;
        mapped += one.mapped_bytes;
    }
    CHECK_INT(st.hits_total + st.misses_total, gets);
    CHECK_AT_MOST(hits, st.hits_total); /* a class counts only those of the thread's cache */
    CHECK_INT(st.allocs_total, gets + st.oversize_total + st.fallbacks_total);
    CHECK_INT(st.puts_total, puts);
    CHECK_INT(st.allocs_total - st.frees_total, st.out_buffers);
    CHECK_INT(st.out_buffers, out_of(h));
    CHECK_AT_LEAST(st.out_buffers, used);
    CHECK_AT_LEAST(st.used_bytes, used_bytes);
    CHECK(st.out_buffers > used ? st.used_bytes > used_bytes : st.used_bytes == used_bytes);
    CHECK_AT_LEAST(st.out_peak_buffers, st.out_buffers);
    CHECK_AT_LEAST(st.used_peak_bytes, st.used_bytes);
    CHECK_INT(st.cached_bytes, cached_bytes);
    CHECK_AT_LEAST(st.cached_bytes, st.thread_cache_bytes);
    CHECK_AT_LEAST(st.mapped_bytes, mapped + st.used_bytes - used_bytes);
    CHECK_AT_LEAST(mapped, used_bytes + cached_bytes);
    CHECK_INT(st.maps_total - st.unmaps_total, st.mappings);
    CHECK_INT(st.maps_total, st.grown_total + st.oversize_total + st.fallbacks_total);
    CHECK_INT(st.mappings, slabs + st.out_buffers - used);
    CHECK_AT_LEAST(st.mapped_peak_bytes, st.mapped_bytes);
}

/* The figures that a step of `n` buffers of one class moved, and no others. */
typedef struct {
    uint64_t allocs, frees, hits, misses, puts, oversize, fallbacks, failures, reused_bytes;
} moved;

static akit_pool_stats at_first;

static void step_begins(akit_pool *h)
{
    at_first = pool_stats_of(h);
}

static void step_moved(akit_pool *h, moved m, int line)
{
    akit_pool_stats st = pool_stats_of(h);
#define MOVED(field, by)                                                       \
    if (st.field - at_first.field != (by))                                     \
        CHECK_FAIL("line %d: " #field ": %llu more, wanted %llu", line, (unsigned long long)(st.field - at_first.field), \
                   (unsigned long long)(by))
    MOVED(allocs_total, m.allocs);
    MOVED(frees_total, m.frees);
    MOVED(hits_total, m.hits);
    MOVED(misses_total, m.misses);
    MOVED(puts_total, m.puts);
    MOVED(oversize_total, m.oversize);
    MOVED(fallbacks_total, m.fallbacks);
    MOVED(failures_total, m.failures);
    MOVED(reused_bytes_total, m.reused_bytes);
    MOVED(out_buffers, m.allocs - m.frees);
    MOVED(misuses_total, (uint64_t)0);
    figures_agree(h);
}
#define STEP(h, call, ...)                                                     \
    do {                                                                       \
        step_begins(h);                                                        \
        call;                                                                  \
        moved step_m = {__VA_ARGS__};                                          \
        step_moved(h, step_m, __LINE__);                                       \
    } while (0)

static void get(akit_pool *h, size_t length, size_t n) { get_all(h, length, n, taken); }
static void put(akit_pool *h, size_t n) { put_all(h, n, taken); }
static void get_n(akit_pool *h, size_t length, size_t n) { CHECK_INT(akit_pool_get_n(h, length, n, taken, NULL), n); }
static void put_n(akit_pool *h, size_t n) { CHECK_INT(akit_pool_put_n(h, n, taken), n); }

CASE(single_calls)
{
    akit_pool *h = patient_pool();
    STEP(h, get(h, 5000, 1), .allocs = 1, .misses = 1); /* the very first, from a slab */
    STEP(h, put(h, 1), .frees = 1, .puts = 1);
    STEP(h, get(h, 5000, 1), .allocs = 1, .hits = 1, .reused_bytes = KIB(8)); /* from the thread's cache */
    STEP(h, put(h, 1), .frees = 1, .puts = 1);
    CHECK_INT(akit_thread_flush(0), 0);
    STEP(h, get(h, 5000, 1), .allocs = 1, .hits = 1, .reused_bytes = KIB(8)); /* from the common part */
    STEP(h, put(h, 1), .frees = 1, .puts = 1);
    STEP(h, get(h, 100, 1), .allocs = 1, .misses = 1); /* another class */
    STEP(h, put(h, 1), .frees = 1, .puts = 1);
    STEP(h, get(h, KIB(64), 1000), .allocs = 1000, .misses = 1000);
    STEP(h, put(h, 1000), .frees = 1000, .puts = 1000); /* the cache overflows */
    STEP(h, get(h, KIB(64), 1000), .allocs = 1000, .hits = 1000, .reused_bytes = 1000 * KIB(64));
    STEP(h, put(h, 1000), .frees = 1000, .puts = 1000);
    CHECK_INT(pool_stats_of(h).discards_total, 0);
    akit_pool_destroy(h, 0);
}

CASE(batches)
{
    akit_pool *h = patient_pool();
    STEP(h, get_n(h, 5000, 500), .allocs = 500, .misses = 500);
    STEP(h, put_n(h, 500), .frees = 500, .puts = 500);
    STEP(h, get_n(h, 5000, 500), .allocs = 500, .hits = 500, .reused_bytes = 500 * KIB(8));
    STEP(h, put_n(h, 500), .frees = 500, .puts = 500);
    CHECK_INT(akit_thread_flush(0), 0);
    STEP(h, get_n(h, 5000, 1), .allocs = 1, .hits = 1, .reused_bytes = KIB(8));
    STEP(h, put_n(h, 1), .frees = 1, .puts = 1);
    STEP(h, get_n(h, 5000, 700), .allocs = 700, .hits = 500, .misses = 200, .reused_bytes = 500 * KIB(8)); /* partly from slabs */
    STEP(h, put_n(h, 700), .frees = 700, .puts = 700);
    akit_pool_destroy(h, 0);
}

CASE(length_0)
{
    akit_pool *h = patient_pool();
    STEP(h, get(h, 0, 3), .allocs = 3, .misses = 3);
    STEP(h, put(h, 3), .frees = 3, .puts = 3);
    STEP(h, get(h, 0, 3), .allocs = 3, .hits = 3, .reused_bytes = 3 * KIB(2));
    STEP(h, put_n(h, 3), .frees = 3, .puts = 3);
    STEP(h, get_n(h, 0, 5), .allocs = 5, .hits = 3, .misses = 2, .reused_bytes = 3 * KIB(2));
    STEP(h, put_n(h, 5), .frees = 5, .puts = 5);
    akit_pool_destroy(h, 0);
}

CASE(oversize)
{
    akit_pool *h = patient_pool();
    STEP(h, get(h, 100000, 3), .allocs = 3, .oversize = 3);
    STEP(h, put(h, 3), .frees = 3);
    STEP(h, get_n(h, MIB(1), 5), .allocs = 5, .oversize = 5);
    STEP(h, put_n(h, 5), .frees = 5);
    akit_pool_destroy(h, 0);
}

CASE(fallbacks)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FALLBACK);
    STEP(h, get(h, 5000, 3), .allocs = 3, .fallbacks = 3);
    STEP(h, put(h, 3), .frees = 3);
    STEP(h, get_n(h, 5000, 5), .allocs = 5, .fallbacks = 5);
    STEP(h, put_n(h, 5), .frees = 5);
    STEP(h, get(h, MIB(1), 1), .allocs = 1, .oversize = 1);
    STEP(h, put(h, 1), .frees = 1);
    akit_pool_destroy(h, 0);
}

static void warm(akit_pool *h) { CHECK_INT(akit_pool_warm(h, 5000, 200), 0); }

CASE(warmed_buffers)
{
    akit_pool *h = patient_pool();
    STEP(h, warm(h), .allocs = 0);
    STEP(h, get(h, 5000, 100), .allocs = 100, .hits = 100, .reused_bytes = 100 * KIB(8));
    STEP(h, put(h, 100), .frees = 100, .puts = 100);
    STEP(h, get_n(h, 5000, 200), .allocs = 200, .hits = 200, .reused_bytes = 200 * KIB(8));
    STEP(h, put_n(h, 200), .frees = 200, .puts = 200);
    akit_pool_destroy(h, 0);
}

static unsigned char buffer[MIB(4)] __attribute__((aligned(65536)));

CASE(memory_of_the_caller)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    akit_pool *h = new_pool_with(&cfg);
    STEP(h, get(h, 5000, 100), .allocs = 100, .misses = 100);
    STEP(h, put(h, 100), .frees = 100, .puts = 100);
    STEP(h, get_n(h, 5000, 100), .allocs = 100, .misses = 100);
    STEP(h, put_n(h, 100), .frees = 100, .puts = 100);
    STEP(h, CHECK(akit_pool_get(h, MIB(8), NULL) == NULL), .failures = 1);
    CHECK_INT(pool_stats_of(h).out_peak_buffers, 100);
    akit_pool_destroy(h, 0);
}

static void refused(akit_pool *h, size_t length) { CHECK(akit_pool_get(h, length, NULL) == NULL); }
static void refused_n(akit_pool *h, size_t length) { CHECK_INT(akit_pool_get_n(h, length, 5, taken, NULL), 0); }

CASE(refusals)
{
    akit_pool *h = patient_pool(), *g = pool_that_exhausts(AKIT_EXHAUST_FAIL), *k = capped_pool(MIB(1));
    STEP(h, refused(h, SIZE_MAX), .failures = 1);
    STEP(h, refused_n(h, SIZE_MAX), .failures = 1);
    STEP(g, refused(g, 100), .failures = 1);
    STEP(g, refused(g, MIB(1)), .failures = 1);
    STEP(g, refused_n(g, 100), .failures = 1);
    STEP(k, refused(k, MIB(2)), .failures = 1);
    CHECK_INT(pool_stats_of(h).limit_hits_total + pool_stats_of(g).limit_hits_total, 0);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
    akit_pool_destroy(k, 0);
}

static akit_pool *of_a_thread;
static pthread_barrier_t barrier;

static void *act_and_end(void *arg)
{
    void **p = taken + 1000;
    (void)arg;
    for (int i = 0; i < 100; i++)
        THREAD_CHECK((p[i] = akit_pool_get(of_a_thread, 5000, NULL)) != NULL);
    for (int i = 0; i < 100; i++)
        THREAD_CHECK(akit_pool_put(of_a_thread, p[i]) == 0);
    for (int i = 0; i < 100; i++)
        THREAD_CHECK(akit_pool_put(of_a_thread, taken[i]) == 0);
    if (arg) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void in_a_thread(akit_pool *h)
{
    pthread_t t;
    of_a_thread = h;
    CHECK_INT(pthread_create(&t, NULL, act_and_end, NULL), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
}

static void maintain(void) { CHECK_INT(akit_maintain(NULL), 0); }
static void purge(akit_pool *h) { CHECK_INT(akit_pool_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0); }

CASE(threads_that_end)
{
    akit_pool *h = patient_pool();
    get(h, 5000, 100);
    STEP(h, in_a_thread(h), .allocs = 100, .frees = 200, .misses = 100, .puts = 200);
    STEP(h, maintain(), .allocs = 0);
    STEP(h, purge(h), .allocs = 0);
    get(h, 5000, 100);
    STEP(h, in_a_thread(h), .allocs = 100, .frees = 200, .misses = 100, .puts = 200);
    STEP(h, get_n(h, 5000, 150), .allocs = 150, .hits = 150, .reused_bytes = 150 * KIB(8)); /* what it left */
    STEP(h, put_n(h, 150), .frees = 150, .puts = 150);
    akit_pool_destroy(h, 0);
}

CASE(threads_that_sleep)
{
    akit_pool *h = patient_pool();
    pthread_t t;
    get(h, 5000, 100);
    of_a_thread = h;
    pthread_barrier_init(&barrier, NULL, 2);
    step_begins(h);
    CHECK_INT(pthread_create(&t, NULL, act_and_end, h), 0);
    pthread_barrier_wait(&barrier);
    step_moved(h, (moved){.allocs = 100, .frees = 200, .misses = 100, .puts = 200}, __LINE__);
    STEP(h, purge(h), .allocs = 0); /* takes its cache, if it can */
    pthread_barrier_wait(&barrier);
    pthread_join(t, NULL);
    CHECK_THREADS();
    STEP(h, maintain(), .allocs = 0);
    CHECK_INT(pool_stats_of(h).allocs_total, 200);
    akit_pool_destroy(h, 0);
}

/* Records of pools and of caches are used again: nothing may be left in them. */
CASE(a_fresh_pool_has_no_figures)
{
    const uint64_t odd[] = {70, 278, 4879, 5800, 7641};
    uint64_t x = 11;
    for (int round = 0; round < 300; round++) {
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
        if (round % 3) {
            cfg.class_bytes = odd;
            cfg.class_count = 5;
        }
        akit_pool *h = new_pool_with(&cfg);
        akit_pool_stats st = pool_stats_of(h), none = AKIT_POOL_STATS_INIT;
        CHECK(!memcmp(&st.allocs_total, &none.allocs_total, offsetof(akit_pool_stats, maps_total) - offsetof(akit_pool_stats, allocs_total)));
        CHECK(!memcmp(&st.out_buffers, &none.out_buffers, sizeof st - offsetof(akit_pool_stats, out_buffers)));
        CHECK(st.used_bytes == 0 && st.used_peak_bytes == 0 && st.cached_bytes == 0 && st.mappings == 0 && st.purges_total == 0);
        for (int half = 0; half < 2; half++) {
            size_t n = (size_t)(random_word(&x) % 50);
            for (size_t i = 0; i < n; i++)
                taken[i] = plain_buffer(h, (size_t)(random_word(&x) % 9000));
            figures_agree(h);
            put(h, n);
        }
        figures_agree(h);
        CHECK_INT(akit_pool_destroy(h, 0), 0);
    }
}
