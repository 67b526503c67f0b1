/* Bounds of pools: limit_bytes in smaps and at the edge, idle bytes by class, pool and thread, address space of the system. */
#include "pool_kit.h"
#include "seccomp.h"
#include "smaps.h"

#include <pthread.h>
#include <sys/resource.h>

static void *taken[40000];

static int take_all(akit_pool *h, size_t length)
{
    int n = 0;
    while (n < 40000 && (taken[n] = akit_pool_get(h, length, NULL)))
        touch_pages(taken[n++], length);
    CHECK(n < 40000);
    CHECK_INT(errno, ENOMEM);
    return n;
}

static void cap_holds(size_t cap, size_t length)
{
    begin();
    akit_pool *h = capped_pool(cap);
    for (int round = 0; round < 3; round++) {
        int n = take_all(h, length);
        CHECK_AT_LEAST(n * length, cap - cap / 4);
        CHECK_AT_MOST(grown_size(), cap + (size_t)process_stats().table_bytes + cap / 64 + MIB(1));
        CHECK_AT_MOST(pool_stats_of(h).mapped_bytes, cap);
        CHECK_AT_LEAST(pool_stats_of(h).limit_hits_total, round + 1);
        put_all(h, (size_t)n, taken);
        CHECK_AT_MOST(grown_size(), cap + (size_t)process_stats().table_bytes + cap / 64 + MIB(1));
    }
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
}

FRESH(cap_of_the_smallest_class) { cap_holds(MIB(16), KIB(2)); }
FRESH(cap_of_the_largest_class) { cap_holds(MIB(64), KIB(64)); }
FRESH(cap_of_oversize) { cap_holds(MIB(64), MIB(1)); }

CASE(what_the_cap_can_never_give_is_emsgsize)
{
    akit_pool *h = capped_pool(MIB(4));
    size_t capacity = 7;
    CHECK_REFUSED(akit_pool_get(h, MIB(4) + 1, &capacity), EMSGSIZE);
    CHECK_INT(capacity, 0);
    CHECK_REFUSED(akit_pool_get(h, GIB(1), NULL), EMSGSIZE);
    CHECK_INT(pool_stats_of(h).failures_total, 2);
    void *p = plain_buffer(h, MIB(2));
    CHECK_REFUSED(akit_pool_get(h, MIB(3), NULL), ENOMEM);
    CHECK_AT_LEAST(pool_stats_of(h).limit_hits_total, 1);
    CHECK_INT(pool_stats_of(h).failures_total, 3);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(akit_pool_put(h, plain_buffer(h, MIB(3))), 0);
    akit_pool_destroy(h, 0);
}

CASE(cap_gives_idle_buffers_up_for_another_class)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    const size_t lengths[] = {KIB(2), KIB(64), MIB(6), KIB(8), MIB(1), KIB(32)};
    cfg.limit_bytes = MIB(8);
    cfg.decay_ns = AKIT_NONE;
    akit_pool *h = new_pool_with(&cfg);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        int n = take_all(h, lengths[i]);
        CHECK_AT_LEAST((size_t)n * lengths[i], MIB(5));
        put_all(h, (size_t)n, taken);
    }
    akit_pool_destroy(h, 0);
}

CASE(the_least_cap)
{
    akit_pool *h = capped_pool(KIB(64));
    CHECK_AT_MOST(pool_stats_of(h).mapped_bytes, KIB(64));
    CHECK_REFUSED(akit_pool_get(h, KIB(64) + 1, NULL), EMSGSIZE);
    void *p = akit_pool_get(h, KIB(64), NULL); /* no room for the books beside it */
    CHECK(p == NULL && (errno == ENOMEM || errno == EMSGSIZE));
    CHECK_AT_MOST(pool_stats_of(h).mapped_bytes, KIB(64));
    akit_pool_destroy(h, 0);
}

static int is_refused_without_the_kernel(void *arg)
{
    akit_pool *h = (akit_pool *)arg;
    for (int i = 0; i < 3; i++) /* the fruitless purge */
        CHILD_CHECK(akit_pool_get(h, KIB(64), NULL) == NULL);
    only_system_calls((const long[]){SYS_exit_group, SYS_exit, SYS_write, -1});
    for (int i = 0; i < 1000000; i++)
        if (akit_pool_get(h, KIB(64), NULL) || errno != ENOMEM)
            return BAD;
    return 0;
}

CASE(refusals_after_a_fruitless_purge_make_no_system_call)
{
    needs_seccomp();
    akit_pool *h = capped_pool(MIB(8));
    take_all(h, KIB(64));
    in_child(is_refused_without_the_kernel, h);
    destroy_now(h);
}

static int pairs_without_the_kernel(void *arg)
{
    akit_pool *h = (akit_pool *)arg;
    for (size_t length = KIB(2); length <= KIB(64); length *= 2)
        akit_pool_put(h, touched_buffer(h, length));
    only_system_calls((const long[]){SYS_exit_group, SYS_exit, SYS_write, -1});
    for (int i = 0; i < 100000; i++)
        for (size_t length = KIB(2); length <= KIB(64); length *= 2) {
            void *p = akit_pool_get(h, length, NULL);
            if (!p || akit_pool_put(h, hidden(p)))
                return BAD;
        }
    return 0;
}

CASE(a_hit_makes_no_system_call)
{
    needs_seccomp();
    akit_pool *h = patient_pool();
    in_child(pairs_without_the_kernel, h);
    akit_pool_destroy(h, 0);
}

static akit_pool *bounded(uint64_t of_a_class, uint64_t of_all, uint64_t of_a_thread)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    cfg.class_cache_bytes = of_a_class;
    cfg.cache_bytes = of_all;
    cfg.thread_cache_bytes = of_a_thread;
    return new_pool_with(&cfg);
}

/* Idle bytes as the classes tell them; the sum is the pool's own figure. */
static uint64_t idle_bytes(akit_pool *h)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < akit_pool_class_count(h); i++)
        sum += pool_class_of(h, i).cached_blocks * pool_class_of(h, i).block_bytes;
    CHECK_INT(pool_stats_of(h).cached_bytes, sum);
    return sum;
}

CASE(idle_bytes_of_a_class_are_bounded)
{
    akit_pool *h = bounded(KIB(256), 0, 0);
    for (size_t length = KIB(2); length <= KIB(64); length *= 2)
        get_all(h, length, 300, taken + 300 * (__builtin_ctzll(length) - 11));
    for (size_t i = 0; i < 1800; i++) {
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
        akit_class_stats st = pool_class_of(h, i / 300);
        CHECK_AT_MOST(st.cached_blocks * st.block_bytes, KIB(256));
    }
    for (size_t k = 0; k < 6; k++)
        CHECK_AT_LEAST(pool_class_of(h, k).cached_blocks, 1); /* it does keep something */
    CHECK_AT_MOST(idle_bytes(h), 6 * KIB(256));
    CHECK_AT_LEAST(pool_stats_of(h).discards_total, 1800 - 128 - 64 - 32 - 16 - 8 - 4);
    akit_pool_destroy(h, 0);
}

CASE(idle_bytes_of_all_classes_are_bounded)
{
    akit_pool *h = bounded(0, KIB(512), 0);
    for (size_t i = 0; i < 600; i++)
        taken[i] = plain_buffer(h, KIB(2) << i % 6);
    for (size_t i = 0; i < 600; i++) {
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
        CHECK_AT_MOST(idle_bytes(h), KIB(512));
    }
    CHECK_AT_LEAST(idle_bytes(h), KIB(64));
    akit_pool_destroy(h, 0);
}

CASE(idle_bytes_of_a_thread_are_bounded)
{
    akit_pool *h = bounded(0, 0, KIB(128));
    for (size_t i = 0; i < 600; i++)
        taken[i] = plain_buffer(h, KIB(2) << i % 6);
    for (size_t i = 0; i < 600; i++) {
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
        CHECK_AT_MOST(pool_stats_of(h).thread_cache_bytes, KIB(128));
    }
    CHECK_INT(idle_bytes(h), 100 * KIB(126)); /* the rest is in the common part */
    akit_pool_destroy(h, 0);
}

/* Many classes, and a thread's budget for few buffers: they share it, and none is lost on the way. */
CASE(classes_share_the_budget_of_a_thread)
{
    enum { LIVE = 300 };
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.classes_per_doubling = 8;
    cfg.thread_cache_bytes = MIB(1);
    akit_pool *h = new_pool_with(&cfg);
    uint64_t state = 7, warm = 0;
    memset(taken, 0, LIVE * sizeof *taken);
    for (int i = 0; i < 200000; i++) {
        size_t k = (size_t)random_word(&state) % LIVE, n = 1 + (size_t)random_word(&state) % KIB(64);
        if (taken[k])
            CHECK_INT(akit_pool_put(h, taken[k]), 0);
        CHECK(taken[k] = akit_pool_get(h, n, NULL));
        if (i == 100000)
            warm = pool_stats_of(h).misses_total;
    }
    akit_pool_stats st = pool_stats_of(h);
    CHECK_INT(st.out_buffers, LIVE);
    CHECK_AT_MOST(st.misses_total - warm, 2000);
    CHECK_AT_MOST(st.thread_cache_bytes, MIB(1));
    CHECK_INT(akit_pool_put_n(h, LIVE, taken), LIVE);
    CHECK_INT(pool_stats_of(h).out_buffers, 0);
    CHECK_AT_MOST(pool_stats_of(h).mapped_bytes, MIB(100));
    akit_pool_destroy(h, 0);
}

CASE(without_a_bound_everything_is_kept)
{
    akit_pool *h = bounded(AKIT_NONE, AKIT_NONE, AKIT_NONE);
    get_all(h, KIB(64), 3000, taken);
    put_all(h, 3000, taken);
    CHECK_AT_LEAST(idle_bytes(h), 3000 * KIB(64));
    CHECK_INT(pool_stats_of(h).discards_total, 0);
    akit_pool_destroy(h, 0);
}

static akit_pool *of_threads;

static void *put_100(void *arg)
{
    for (size_t i = 0; i < 100; i++)
        THREAD_CHECK(akit_pool_put(of_threads, ((void **)arg)[i]) == 0);
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    THREAD_CHECK(akit_pool_stats_get(of_threads, &st) == 0 && st.cached_bytes <= MIB(1));
    return NULL;
}

FRESH(bounds_hold_for_all_threads_together)
{
    enum { threads = 8 };
    pthread_t t[threads];
    of_threads = bounded(0, MIB(1), KIB(512));
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    get_all_touched(of_threads, KIB(64), 100 * threads, taken);
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&t[i], NULL, put_100, taken + (ptrdiff_t)100 * i), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    CHECK_AT_MOST(idle_bytes(of_threads), MIB(1));
    CHECK_AT_MOST(grown_rss(), MIB(16)); /* what is kept, the holes beside it in its slabs, and what glibc keeps of the stacks */
    akit_pool_destroy(of_threads, 0);
}

FRESH(what_is_not_kept_goes_back_to_the_kernel)
{
    akit_pool *h = bounded(0, MIB(4), 0);
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    get_all_touched(h, KIB(64), 1600, taken);
    CHECK_AT_LEAST(grown_rss(), MIB(100));
    put_all(h, 1600, taken);
    CHECK_AT_MOST(idle_bytes(h), MIB(4));
    CHECK_AT_MOST(grown_rss(), MIB(12));
    akit_pool_destroy(h, 0);
}

static int uses_what_the_limit_leaves(void *arg)
{
    (void)arg;
    struct rlimit limit = {GIB(1), GIB(1)};
    akit_pool *h = NULL, *g = NULL;
    CHILD_CHECK(akit_pool_create(NULL, &h) == 0);
    CHILD_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    size_t n = 0;
    while (n < 40000 && (taken[n] = akit_pool_get(h, KIB(64), NULL)))
        ((volatile char *)taken[n++])[0] = 1;
    CHILD_CHECK(n < 40000 && errno == ENOMEM);
    CHILD_CHECK(n >= 800 * 16);
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    CHILD_CHECK(akit_pool_stats_get(h, &st) == 0 && st.failures_total == 1 && st.limit_hits_total == 0);
    CHILD_CHECK(akit_pool_get_n(h, KIB(64), 5, taken + n, NULL) == 0 && errno == ENOMEM);
    CHILD_CHECK(akit_pool_warm(h, KIB(64), 5) == -ENOMEM);
    CHILD_CHECK(akit_pool_put(h, taken[--n]) == 0); /* one comes back, one can be had */
    CHILD_CHECK((taken[n] = akit_pool_get(h, KIB(64), NULL)) != NULL);
    n++;
    for (size_t i = 0; i < n; i++)
        CHILD_CHECK(akit_pool_put(h, taken[i]) == 0);
    void *p = akit_pool_get(h, MIB(600), NULL); /* other sizes in the same space */
    CHILD_CHECK(p != NULL && akit_pool_put(h, p) == 0);
    CHILD_CHECK(akit_pool_create(NULL, &g) == 0 && akit_pool_get(g, 1, NULL) != NULL);
    CHILD_CHECK(akit_pool_destroy(g, AKIT_DESTROY_NOW) == 0 && akit_pool_destroy(h, 0) == 0);
    return 0;
}

FRESH(works_under_an_address_space_limit)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer needs address space of its own");
    in_child(uses_what_the_limit_leaves, NULL);
}
