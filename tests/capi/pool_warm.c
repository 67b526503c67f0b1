/* akit_pool_warm: buffers that are there and resident, without a store; what keeps and what takes them. */
#include "pool_kit.h"
#include "smaps.h"

#include <pthread.h>

static void *taken[4096];

static void warms(size_t length, size_t capacity, size_t count)
{
    akit_pool *h = patient_pool();
    begin();
    CHECK_INT(akit_pool_warm(h, length, count), 0);
    CHECK_AT_LEAST(grown_rss(), count * capacity);
    CHECK_AT_MOST(grown_rss(), count * capacity + MIB(4)); /* the rest of a slab, and the books */
    akit_pool_stats st = pool_stats_of(h);
    CHECK_AT_LEAST(st.prefaulted_bytes_total, count * capacity);
    CHECK_AT_LEAST(st.cached_bytes, count * capacity);
    CHECK_INT(st.allocs_total, 0);
    int64_t faults = minor_faults();
    for (size_t i = 0; i < count; i++) {
        taken[i] = plain_buffer(h, length);
        touch_pages(taken[i], capacity);
    }
    CHECK_AT_MOST(minor_faults() - faults, 40); /* what is resident needs none */
    st = pool_stats_of(h);
    CHECK_INT(st.hits_total, count);
    CHECK_INT(st.misses_total, 0);
    put_all(h, count, taken);
    akit_pool_destroy(h, 0);
}

FRESH(warm_1000_of_2_kib) { warms(1, KIB(2), 1000); }
FRESH(warm_1000_of_4_kib) { warms(3000, KIB(4), 1000); }
FRESH(warm_1000_of_64_kib) { warms(KIB(64), KIB(64), 1000); }
FRESH(warm_one) { warms(20000, KIB(32), 1); }

FRESH(warm_writes_nothing)
{
    akit_pool *h = patient_pool();
    CHECK_INT(akit_pool_warm(h, KIB(16), 500), 0);
    for (int i = 0; i < 500; i++) {
        taken[i] = plain_buffer(h, KIB(16));
        CHECK(all_bytes(taken[i], KIB(16), 0));
    }
    put_all(h, 500, taken);
    akit_pool_destroy(h, 0);
}

static akit_pool *pool_that_decays(void)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.decay_ns = 1000000;
    return new_pool_with(&cfg);
}

static void let_it_decay(void)
{
    for (int i = 0; i < 10; i++) {
        usleep(10000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
}

FRESH(decay_leaves_what_was_warmed_alone)
{
    akit_pool *h = pool_that_decays();
    CHECK_INT(akit_cache_limit(0), 0);
    begin();
    CHECK_INT(akit_pool_warm(h, KIB(64), 100), 0);
    let_it_decay();
    CHECK_AT_LEAST(grown_rss(), 100 * KIB(64));
    CHECK_AT_LEAST(pool_class_of(h, 5).cached_blocks, 100);
    for (int round = 0; round < 3; round++) { /* a burst of more goes back, the warm ones stay */
        get_all_touched(h, KIB(64), 500, taken);
        put_all(h, 500, taken);
        let_it_decay();
        CHECK_AT_LEAST(pool_class_of(h, 5).cached_blocks, 100);
        CHECK_AT_LEAST(grown_rss(), 100 * KIB(64));
        CHECK_AT_MOST(grown_rss(), 100 * KIB(64) + MIB(4));
    }
    int64_t faults = minor_faults();
    get_all_touched(h, KIB(64), 100, taken);
    CHECK_AT_MOST(minor_faults() - faults, 40);
    put_all(h, 100, taken);
    akit_pool_destroy(h, 0);
}

FRESH(purge_takes_what_was_warmed)
{
    akit_pool *h = patient_pool();
    begin();
    CHECK_INT(akit_pool_warm(h, KIB(64), 500), 0);
    CHECK_AT_LEAST(grown_rss(), 500 * KIB(64));
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(2));
    CHECK_INT(pool_stats_of(h).cached_bytes, 0);
    CHECK_INT(akit_pool_warm(h, KIB(64), 500), 0); /* and again */
    CHECK_AT_LEAST(grown_rss(), 500 * KIB(64));
    CHECK_INT(akit_pool_purge(h, 0, NULL), 0);
    CHECK_INT(pool_stats_of(h).cached_bytes, 0);
    akit_pool_destroy(h, 0);
}

CASE(warm_again_adds_nothing)
{
    akit_pool *h = patient_pool();
    CHECK_INT(akit_pool_warm(h, KIB(8), 200), 0);
    akit_pool_stats st = pool_stats_of(h);
    CHECK_INT(akit_pool_warm(h, KIB(8), 200), 0);
    CHECK_INT(akit_pool_warm(h, KIB(8), 50), 0);
    CHECK_INT(akit_pool_warm(h, KIB(8), 0), 0);
    CHECK_INT(pool_stats_of(h).grown_total, st.grown_total);
    CHECK_INT(pool_stats_of(h).cached_bytes, st.cached_bytes);
    akit_pool_destroy(h, 0);
}

CASE(warm_counts_what_is_idle)
{
    akit_pool *h = patient_pool();
    get_all(h, KIB(8), 100, taken);
    CHECK_INT(akit_pool_warm(h, KIB(8), 100), 0);
    CHECK_AT_LEAST(pool_class_of(h, 2).cached_blocks, 100);
    CHECK_INT(pool_class_of(h, 2).used_blocks, 100);
    put_all(h, 100, taken);
    uint64_t grown = pool_stats_of(h).grown_total;
    CHECK_INT(akit_pool_warm(h, KIB(8), 200), 0);
    CHECK_INT(pool_stats_of(h).grown_total, grown);
    akit_pool_destroy(h, 0);
}

static void *get_100(void *arg)
{
    for (int i = 0; i < 100; i++) {
        void *p = akit_pool_get((akit_pool *)arg, KIB(8), NULL);
        THREAD_CHECK(p != NULL);
        taken[i] = p;
    }
    return NULL;
}

CASE(another_thread_gets_what_was_warmed)
{
    akit_pool *h = patient_pool();
    pthread_t t;
    CHECK_INT(akit_pool_warm(h, KIB(8), 100), 0);
    CHECK_INT(pthread_create(&t, NULL, get_100, h), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK_INT(pool_stats_of(h).hits_total, 100);
    put_all(h, 100, taken);
    akit_pool_destroy(h, 0);
}

CASE(warm_answers)
{
    akit_pool *h = new_pool();
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    CHECK_INT(akit_pool_warm(h, KIB(64) + 1, 1), -EMSGSIZE);
    CHECK_INT(akit_pool_warm(h, SIZE_MAX, 1), -EMSGSIZE);
    CHECK_INT(akit_pool_warm(h, KIB(64), 1025), -EINVAL); /* cache_bytes is 64 MiB */
    CHECK_INT(akit_pool_warm(h, KIB(64), SIZE_MAX), -EINVAL);
    CHECK_INT(akit_pool_warm(h, 0, 3), 0);
    CHECK_AT_LEAST(pool_class_of(h, 0).cached_blocks, 3);
    CHECK_INT(pool_stats_of(h).failures_total, 0);
    akit_pool_destroy(h, 0);
    cfg.class_cache_bytes = KIB(64);
    h = new_pool_with(&cfg);
    CHECK_INT(akit_pool_warm(h, KIB(8), 9), -EINVAL);
    CHECK_INT(akit_pool_warm(h, KIB(8), 8), 0);
    CHECK_AT_LEAST(pool_class_of(h, 2).cached_blocks, 8);
    akit_pool_destroy(h, 0);
}

CASE(warm_keeps_what_the_cap_allows)
{
    akit_pool *h = capped_pool(MIB(4));
    CHECK_INT(akit_pool_warm(h, KIB(64), 1000), -ENOMEM);
    CHECK_AT_LEAST(pool_class_of(h, 5).cached_blocks, 40);
    CHECK_AT_MOST(pool_stats_of(h).mapped_bytes, MIB(4));
    get_all(h, KIB(64), 40, taken);
    CHECK_INT(pool_stats_of(h).hits_total, 40);
    put_all(h, 40, taken);
    akit_pool_destroy(h, 0);
}

CASE(prefault_bytes_of_the_config_serve_any_class)
{
    for (size_t length = KIB(2); length <= KIB(64); length *= 32) {
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
        cfg.prefault_bytes = MIB(8);
        cfg.decay_ns = AKIT_NONE;
        akit_pool *h = new_pool_with(&cfg);
        akit_pool_config now = AKIT_POOL_CONFIG_INIT;
        CHECK_INT(akit_pool_config_get(h, &now), 0);
        CHECK_INT(now.prefault_bytes, MIB(8));
        CHECK_AT_LEAST(pool_stats_of(h).prefaulted_bytes_total, MIB(8));
        int64_t faults = minor_faults();
        get_all_touched(h, length, MIB(7) / length, taken);
        CHECK_AT_MOST(minor_faults() - faults, 100);
        put_all(h, MIB(7) / length, taken);
        akit_pool_destroy(h, 0);
    }
}

static int asks_for_huge_pages(uint32_t thp)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.thp = thp;
    cfg.slab_bytes = MIB(4);
    akit_pool *h = new_pool_with(&cfg);
    memory m = memory_at(touched_buffer(h, KIB(64)), KIB(64));
    destroy_now(h);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    return m.thp_eligible;
}

FRESH(advice_about_transparent_huge_pages)
{
    akit_huge_system sys = AKIT_HUGE_SYSTEM_INIT;
    CHECK_INT(akit_huge_system_get(&sys), 0);
    if (sys.thp_mode != AKIT_THP_MODE_MADVISE || sys.thp_page_bytes != MIB(2))
        SKIP("the system does not wait for advice, or has other huge pages");
    if (CHECK_SANITIZED)
        SKIP("a sanitizer has its own idea of mappings");
    CHECK_INT(asks_for_huge_pages(AKIT_THP_ADVISE), 1);
    CHECK_INT(asks_for_huge_pages(AKIT_THP_NEVER), 0);
    CHECK_INT(asks_for_huge_pages(AKIT_THP_INHERIT), 0);
}
