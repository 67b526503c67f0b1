/* What is larger than the classes, and the exhaust modes: mappings of their own that are not kept. */
#include "pool_kit.h"
#include "smaps.h"

#include <pthread.h>
#include <time.h>

static void *taken[4096];

FRESH(oversize_goes_with_its_put)
{
    akit_pool *h = patient_pool();
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    for (size_t length = KIB(64) + 1; length < MIB(100); length = length * 3 + 1) {
        size_t capacity = 0;
        akit_pool_stats st = pool_stats_of(h);
        void *p = akit_pool_get(h, length, &capacity);
        CHECK(p && capacity >= length && capacity <= length + length / 4 + page_bytes());
        touch_pages(p, length);
        mark(p, capacity, length);
        CHECK(marked(p, capacity, length));
        CHECK_AT_LEAST(pool_stats_of(h).used_bytes, length);
        CHECK_INT(akit_pool_put(h, p), 0);
        CHECK_AT_MOST(grown_rss(), MIB(1));
        akit_pool_stats now = pool_stats_of(h);
        CHECK_INT(now.oversize_total, st.oversize_total + 1);
        CHECK_INT(now.maps_total, st.maps_total + 1);
        CHECK_INT(now.unmaps_total, st.unmaps_total + 1);
        CHECK_INT(now.mapped_bytes, st.mapped_bytes);
        CHECK(now.cached_bytes == 0 && now.puts_total == 0 && now.used_bytes == 0 && now.hits_total == 0 && now.misses_total == 0);
    }
    akit_pool_destroy(h, 0);
}

FRESH(a_giant_never_stays_behind_as_a_small_one)
{
    akit_pool *h = new_pool();
    begin();
    for (int i = 0; i < 200; i++) {
        taken[i] = touched_buffer(h, MIB(1));
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
        size_t capacity = 0;
        void *p = akit_pool_get(h, KIB(64), &capacity);
        CHECK_INT(capacity, KIB(64));
        CHECK_INT(akit_pool_put(h, p), 0);
    }
    CHECK_AT_MOST(pool_stats_of(h).mapped_bytes, MIB(4));
    for (int i = 0; i < 40 && (i < 4 || grown_rss() > (int64_t)MIB(2)); i++) {
        usleep(50000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
    CHECK_AT_MOST(grown_rss(), MIB(2)); /* nor in the process-wide cache for longer than decay */
    akit_pool_destroy(h, 0);
}

CASE(a_gibibyte_can_be_had)
{
    akit_pool *h = new_pool();
    size_t capacity = 0;
    char *p = (char *)akit_pool_get(h, GIB(1), &capacity);
    if (!p && errno == ENOMEM)
        SKIP("no gibibyte of address space");
    CHECK(p && capacity >= GIB(1));
    p[0] = p[GIB(1) - 1] = 1;
    CHECK_INT(akit_pool_put(h, p), 0);
    akit_pool_destroy(h, 0);
}

CASE(fail_hands_out_only_what_was_warmed)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FAIL);
    size_t capacity = 7, n = 0;
    CHECK_REFUSED(akit_pool_get(h, 5000, &capacity), ENOBUFS);
    CHECK_INT(capacity, 0);
    CHECK_REFUSED(akit_pool_get(h, KIB(64) + 1, &capacity), EMSGSIZE);
    CHECK_INT(capacity, 0);
    CHECK_REFUSED(akit_pool_get(h, SIZE_MAX, NULL), ENOMEM);
    CHECK_INT(pool_stats_of(h).failures_total, 3);
    CHECK_INT(akit_pool_warm(h, 5000, 50), 0);
    uint64_t grown = pool_stats_of(h).grown_total;
    while (n < 4096 && (taken[n] = akit_pool_get(h, 5000, NULL)))
        mark(taken[n], KIB(8), n), n++;
    CHECK_INT(errno, ENOBUFS);
    CHECK_AT_LEAST(n, 50);
    CHECK_AT_MOST(n, 50 + MIB(2) / KIB(8)); /* at least: the rest of a slab */
    for (size_t i = 0; i < n; i++)
        CHECK(marked(taken[i], KIB(8), i));
    CHECK_REFUSED(akit_pool_get(h, 100, NULL), ENOBUFS);    /* another class */
    CHECK_REFUSED(akit_pool_get(h, 10000, NULL), ENOBUFS);
    errno = 0;
    CHECK_INT(akit_pool_get_n(h, 5000, 3, taken + n, &capacity), 0);
    CHECK_INT(errno, ENOBUFS);
    CHECK_INT(akit_pool_put(h, taken[7]), 0);
    errno = 0;
    CHECK_INT(akit_pool_get_n(h, 5000, 3, taken + 7, &capacity), 1);
    CHECK_INT(errno, ENOBUFS);
    CHECK_INT(capacity, KIB(8));
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.grown_total == grown && st.fallbacks_total == 0 && st.oversize_total == 0 && st.limit_hits_total == 0);
    put_all(h, 7, taken);
    CHECK_INT(akit_pool_put(h, taken[7]), 0);
    akit_pool_destroy(h, AKIT_DESTROY_NOW);
}

CASE(fail_goes_on_with_as_many_as_ever)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FAIL);
    CHECK_INT(akit_pool_warm(h, 5000, 50), 0);
    for (int round = 0; round < 100; round++) {
        get_all(h, 5000, 50, taken);
        put_all(h, 50, taken);
        if (round % 10 == 9)
            CHECK_INT(akit_maintain(NULL), 0);
        if (round % 20 == 19) /* also after a purge: it warms again */
            CHECK(akit_pool_purge(h, AKIT_PURGE_ALL, NULL) == 0 && akit_pool_warm(h, 5000, 50) == 0);
    }
    CHECK_INT(pool_stats_of(h).failures_total, 0);
    akit_pool_destroy(h, 0);
}

static void *get_them(void *arg)
{
    for (int i = 0; i < 400; i++) {
        taken[i] = akit_pool_get((akit_pool *)arg, 5000, NULL);
        THREAD_CHECK(taken[i] != NULL);
    }
    return NULL;
}

/* What is in the cache of one thread must not be missing for another. */
CASE(fail_gives_one_thread_what_another_put)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FAIL);
    pthread_t t;
    CHECK_INT(akit_pool_warm(h, 5000, 400), 0);
    get_all(h, 5000, 400, taken);
    put_all(h, 400, taken);
    CHECK_INT(akit_thread_flush(0), 0);
    CHECK_INT(pthread_create(&t, NULL, get_them, h), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    put_all(h, 400, taken);
    akit_pool_destroy(h, 0);
}

static pthread_barrier_t barrier;

static void *put_and_sleep(void *arg)
{
    void **box = (void **)arg;
    for (int i = 0; i < 400; i++)
        THREAD_CHECK(akit_pool_put((akit_pool *)box[0], taken[i]) == 0);
    if (box[1]) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void gets_what_a_thread_has(int alive)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FAIL);
    void *box[2] = {h, alive ? h : NULL};
    pthread_t t;
    size_t n = 0;
    CHECK_INT(akit_pool_warm(h, 2000, 400), 0);
    while (n < 4096 && (taken[n] = akit_pool_get(h, 2000, NULL)))
        n++;
    CHECK_AT_LEAST(n, 400);
    pthread_barrier_init(&barrier, NULL, 2);
    CHECK_INT(pthread_create(&t, NULL, put_and_sleep, box), 0);
    if (alive)
        pthread_barrier_wait(&barrier);
    else
        pthread_join(t, NULL);
    for (size_t i = 0; i < 400; i++)
        taken[i] = akit_pool_get(h, 2000, NULL);
    if (alive) {
        pthread_barrier_wait(&barrier);
        pthread_join(t, NULL);
    }
    CHECK_THREADS();
    for (size_t i = 0; i < n; i++) {
        if (!taken[i])
            CHECK_FAIL("%zu of 400 idle buffers were found", i);
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    }
    akit_pool_destroy(h, 0);
}

CASE(fail_finds_what_a_thread_had_when_it_ended) { gets_what_a_thread_has(0); }

CASE(fail_finds_what_a_sleeping_thread_has)
{
    if (!(process_stats().features >> AKIT_FEATURE_MEMBARRIER & 1))
        SKIP("caches of sleeping threads cannot be taken here");
    gets_what_a_thread_has(1);
}

CASE(fallback_serves_what_is_not_idle)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FALLBACK);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t begun = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    CHECK_INT(akit_pool_warm(h, 5000, 10), 0);
    size_t warmed = 0, capacity = 0;
    while (warmed < 1000 && pool_class_of(h, 2).used_blocks + 1 > warmed) /* the rest of a slab, too */
        taken[warmed++] = plain_buffer(h, 5000);
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.fallbacks_total == 1 && st.hits_total >= 10 && st.misses_total + st.hits_total == warmed - 1);
    CHECK_INT(akit_pool_put(h, taken[--warmed]), 0);
    uint64_t misses = st.misses_total;
    for (size_t i = 0; i < 30; i++) {
        size_t length = i % 3 == 0 ? 100 : i % 3 == 1 ? 5000 : KIB(64);
        void *p = akit_pool_get(h, length, &capacity);
        CHECK(p && capacity >= length && aligned_to(p, 64));
        CHECK_INT(akit_pool_capacity(h, p), capacity);
        mark(p, capacity, i);
        taken[warmed + i] = p;
        CHECK_INT(pool_stats_of(h).fallbacks_total, i + 2);
    }
    st = pool_stats_of(h);
    CHECK(st.oversize_total == 0 && st.misses_total == misses && st.out_buffers == warmed + 30 && st.failures_total == 0);
    CHECK_AT_LEAST(st.first_fallback_unix_ns + 1000000000, begun); /* coarse clocks may be behind */
    clock_gettime(CLOCK_REALTIME, &t);
    CHECK_AT_MOST(st.first_fallback_unix_ns, (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec);
    for (size_t i = 0; i < 30; i++) {
        CHECK(marked(taken[warmed + i], akit_pool_capacity(h, taken[warmed + i]), i));
        CHECK_INT(akit_pool_put(h, taken[warmed + i]), 0);
        CHECK(akit_pool_put(h, taken[warmed + i]) < 0);
    }
    CHECK_INT(pool_stats_of(h).unmaps_total, st.unmaps_total + 30); /* none was kept */
    CHECK_INT(pool_stats_of(h).first_fallback_unix_ns, st.first_fallback_unix_ns);
    put_all(h, warmed, taken);
    CHECK_INT(akit_pool_put(h, plain_buffer(h, 5000)), 0);
    CHECK_INT(pool_stats_of(h).fallbacks_total, 31);
    akit_pool_destroy(h, 0);
}

CASE(fallback_ends_at_the_cap)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    cfg.limit_bytes = MIB(4);
    akit_pool *h = new_pool_with(&cfg);
    size_t n = 0;
    while (n < 4096 && (taken[n] = akit_pool_get(h, KIB(64), NULL)))
        n++;
    CHECK_INT(errno, ENOMEM);
    CHECK_AT_LEAST(n, 30);
    CHECK_AT_MOST(pool_stats_of(h).mapped_bytes, MIB(4));
    CHECK_AT_LEAST(pool_stats_of(h).limit_hits_total, 1);
    put_all(h, n, taken);
    akit_pool_destroy(h, 0);
}

CASE(grow_has_no_fallback)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_GROW);
    get_all(h, 5000, 1000, taken);
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.fallbacks_total == 0 && st.first_fallback_unix_ns == 0 && st.grown_total >= 2);
    put_all(h, 1000, taken);
    akit_pool_destroy(h, 0);
}
