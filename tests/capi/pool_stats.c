/*
 * No dead figures: for every field of akit_pool_stats there is a case that tells its value after something has moved it.
 * Those that cannot move are named constant_. What each way of getting and putting counts is in pool_counts.c.
 */
#include "pool_kit.h"

#include <pthread.h>
#include <time.h>

static void *taken[3000];

#define AFTER_USE(name, field, wanted)                                         \
    CASE(name)                                                                 \
    {                                                                          \
        akit_pool *h = a_used_pool(taken);                                          \
        CHECK_INT(pool_stats_of(h).field, wanted);                             \
        destroy_now(h);                                                        \
    }

AFTER_USE(constant_kind, kind, AKIT_KIND_POOL)
AFTER_USE(constant_pinned_bytes, pinned_bytes, 0) /* nothing registers slabs in this version */
AFTER_USE(moves_used_bytes, used_bytes, 4 * KIB(8))
AFTER_USE(moves_used_peak_bytes, used_peak_bytes, 10 * KIB(8))
AFTER_USE(moves_cached_bytes, cached_bytes, 6 * KIB(8))
AFTER_USE(moves_thread_cache_bytes, thread_cache_bytes, 6 * KIB(8))
AFTER_USE(moves_mappings, mappings, 1)
AFTER_USE(moves_allocs_total, allocs_total, 14)
AFTER_USE(moves_frees_total, frees_total, 10)
AFTER_USE(moves_maps_total, maps_total, 1)
AFTER_USE(moves_out_buffers, out_buffers, 4)
AFTER_USE(moves_out_peak_buffers, out_peak_buffers, 10)
AFTER_USE(moves_hits_total, hits_total, 4)
AFTER_USE(moves_misses_total, misses_total, 10)
AFTER_USE(moves_puts_total, puts_total, 10)
AFTER_USE(moves_grown_total, grown_total, 1)
AFTER_USE(moves_reused_bytes_total, reused_bytes_total, 4 * KIB(8))

CASE(moves_id)
{
    akit_pool *h = new_pool(), *g = new_pool();
    CHECK_AT_LEAST(pool_stats_of(g).id, pool_stats_of(h).id + 1);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

CASE(moves_limit_bytes)
{
    akit_pool *h = capped_pool(MIB(7)), *g = new_pool();
    CHECK_INT(pool_stats_of(h).limit_bytes, MIB(7));
    CHECK(pool_stats_of(g).limit_bytes == AKIT_NONE);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

static pthread_barrier_t in_use;

static void *use_and_stay(void *arg)
{
    THREAD_CHECK(akit_pool_put((akit_pool *)arg, akit_pool_get((akit_pool *)arg, 100, NULL)) == 0);
    pthread_barrier_wait(&in_use);
    pthread_barrier_wait(&in_use);
    return NULL;
}

CASE(moves_metadata_bytes)
{
    akit_pool *h = new_pool();
    pthread_t t;
    CHECK_INT(akit_pool_put(h, plain_buffer(h, 100)), 0);
    uint64_t books = pool_stats_of(h).metadata_bytes;
    CHECK_AT_LEAST(books, 4096);
    pthread_barrier_init(&in_use, NULL, 2);
    CHECK_INT(pthread_create(&t, NULL, use_and_stay, h), 0); /* a second thread has a cache, too */
    pthread_barrier_wait(&in_use);
    uint64_t more = pool_stats_of(h).metadata_bytes;
    pthread_barrier_wait(&in_use);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK_AT_LEAST(more, books + 1);
    akit_pool_destroy(h, 0);
}

CASE(moves_mapped_bytes)
{
    akit_pool *h = a_used_pool(taken);
    akit_pool_stats st = pool_stats_of(h);
    CHECK_AT_LEAST(st.mapped_bytes, MIB(1));
    void *p = plain_buffer(h, MIB(3));
    CHECK_AT_LEAST(pool_stats_of(h).mapped_bytes, st.mapped_bytes + MIB(3));
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(pool_stats_of(h).mapped_bytes, st.mapped_bytes);
    destroy_now(h);
}

CASE(moves_mapped_peak_bytes)
{
    akit_pool *h = a_used_pool(taken);
    akit_pool_stats st = pool_stats_of(h);
    CHECK_INT(st.mapped_peak_bytes, st.mapped_bytes);
    CHECK_INT(akit_pool_put(h, plain_buffer(h, MIB(3))), 0);
    CHECK_AT_LEAST(pool_stats_of(h).mapped_peak_bytes, st.mapped_peak_bytes + MIB(3));
    destroy_now(h);
}

CASE(moves_failures_total)
{
    akit_pool *h = new_pool();
    for (uint64_t i = 1; i <= 3; i++) {
        CHECK_REFUSED(akit_pool_get(h, SIZE_MAX, NULL), ENOMEM);
        CHECK_INT(pool_stats_of(h).failures_total, i);
    }
    akit_pool_destroy(h, 0);
}

CASE(moves_limit_hits_total)
{
    akit_pool *h = capped_pool(MIB(4));
    size_t n = 0;
    while ((taken[n] = akit_pool_get(h, KIB(64), NULL)))
        n++;
    CHECK_INT(pool_stats_of(h).limit_hits_total, 1);
    for (uint64_t i = 2; i <= 5; i++) {
        CHECK_REFUSED(akit_pool_get(h, KIB(64), NULL), ENOMEM);
        CHECK_INT(pool_stats_of(h).limit_hits_total, i);
        CHECK_INT(pool_stats_of(h).failures_total, i);
    }
    CHECK_REFUSED(akit_pool_get(h, MIB(1), NULL), ENOMEM);
    CHECK_INT(pool_stats_of(h).limit_hits_total, 6);
    put_all(h, n, taken);
    akit_pool_destroy(h, 0);
}

CASE(moves_misuses_total)
{
    akit_pool *h = a_used_pool(taken);
    CHECK(akit_pool_put(h, &check_count) < 0 && akit_pool_put(h, (char *)taken[0] + 64) < 0);
    CHECK_INT(pool_stats_of(h).misuses_total, 2);
    CHECK(akit_pool_put(h, taken[0]) == 0 && akit_pool_put(h, taken[0]) < 0);
    CHECK_INT(pool_stats_of(h).misuses_total, 3);
    CHECK_INT(akit_pool_put_n(h, 1, taken), 0);
    CHECK_INT(pool_stats_of(h).misuses_total, 4);
    destroy_now(h);
}

CASE(moves_unmaps_total)
{
    akit_pool *h = a_used_pool(taken);
    CHECK_INT(pool_stats_of(h).unmaps_total, 0);
    CHECK_INT(akit_pool_put(h, plain_buffer(h, MIB(3))), 0);
    CHECK_INT(pool_stats_of(h).unmaps_total, 1);
    put_all(h, 4, taken);
    CHECK_INT(akit_pool_purge(h, 0, NULL), 0);
    CHECK_INT(pool_stats_of(h).unmaps_total, 2);
    CHECK_INT(pool_stats_of(h).mappings, 0);
    akit_pool_destroy(h, 0);
}

CASE(moves_purges_total)
{
    akit_pool *h = a_used_pool(taken);
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_DUE, NULL), 0);
    CHECK_INT(pool_stats_of(h).purges_total, 0); /* not of everything */
    CHECK_INT(akit_pool_purge(h, 0, NULL), 0);
    CHECK_INT(pool_stats_of(h).purges_total, 1);
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(pool_stats_of(h).purges_total, 2);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(pool_stats_of(h).purges_total, 3);
    destroy_now(h);
}

CASE(moves_purged_bytes_total)
{
    akit_pool *h = new_pool();
    uint64_t bytes = 0, sum = 0;
    for (int round = 0; round < 3; round++) {
        get_all_touched(h, KIB(64), 200, taken);
        put_all(h, 200, taken);
        CHECK_INT(akit_pool_purge(h, 0, &bytes), 0);
        sum += bytes;
        CHECK_INT(pool_stats_of(h).purged_bytes_total, sum);
    }
    CHECK_AT_LEAST(sum, 3 * 200 * KIB(64) - MIB(4));
    akit_pool_destroy(h, 0);
}

CASE(moves_prefaulted_bytes_total)
{
    akit_pool *h = new_pool();
    CHECK_INT(pool_stats_of(h).prefaulted_bytes_total, 0);
    CHECK_INT(akit_pool_warm(h, KIB(64), 10), 0);
    CHECK_AT_LEAST(pool_stats_of(h).prefaulted_bytes_total, 10 * KIB(64));
    CHECK_AT_MOST(pool_stats_of(h).prefaulted_bytes_total, 10 * KIB(64) + MIB(2));
    uint64_t first = pool_stats_of(h).prefaulted_bytes_total;
    CHECK_INT(akit_pool_warm(h, KIB(8), 100), 0);
    CHECK_AT_LEAST(pool_stats_of(h).prefaulted_bytes_total, first + 100 * KIB(8));
    akit_pool_destroy(h, 0);
}

CASE(moves_discards_total)
{
    akit_pool *h = a_used_pool(taken);
    put_all(h, 4, taken);
    CHECK_INT(pool_stats_of(h).discards_total, 0);
    CHECK_INT(akit_pool_purge(h, 0, NULL), 0);
    CHECK_INT(pool_stats_of(h).discards_total, 10); /* by a purge */
    CHECK_INT(pool_class_of(h, 0).discards_total, 10);
    akit_pool_destroy(h, 0);
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.cache_bytes = KIB(64);
    h = new_pool_with(&cfg);
    get_all(h, KIB(64), 50, taken);
    put_all(h, 50, taken);
    CHECK_AT_LEAST(pool_stats_of(h).discards_total, 49); /* by a cap */
    akit_pool_destroy(h, 0);
    cfg.cache_bytes = 0;
    cfg.decay_ns = 1000000;
    h = new_pool_with(&cfg);
    get_all(h, KIB(64), 50, taken);
    put_all(h, 50, taken);
    CHECK_INT(akit_thread_flush(0), 0);
    for (int i = 0; i < 400 && pool_stats_of(h).cached_bytes; i++) {
        usleep(5000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
    CHECK_INT(pool_stats_of(h).discards_total, 50); /* by decay */
    akit_pool_destroy(h, 0);
}

CASE(moves_oversize_total)
{
    akit_pool *h = a_used_pool(taken);
    CHECK_INT(pool_stats_of(h).oversize_total, 0);
    CHECK(akit_pool_get(h, KIB(8) + 1, NULL) && akit_pool_get_n(h, MIB(1), 2, taken, NULL) == 2);
    CHECK_INT(pool_stats_of(h).oversize_total, 3);
    destroy_now(h);
}

CASE(moves_zeroed_bytes_total)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    akit_pool *h = new_pool_with(&cfg);
    for (uint64_t i = 1; i <= 3; i++) {
        CHECK_INT(akit_pool_put(h, plain_buffer(h, 5000)), 0);
        CHECK_INT(pool_stats_of(h).zeroed_bytes_total, i * KIB(8));
    }
    akit_pool_destroy(h, 0);
}

CASE(moves_fallbacks_total)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FALLBACK);
    CHECK(akit_pool_get(h, 100, NULL) && akit_pool_get_n(h, KIB(64), 2, taken, NULL) == 2);
    CHECK_INT(pool_stats_of(h).fallbacks_total, 3);
    destroy_now(h);
}

CASE(moves_first_fallback_unix_ns)
{
    akit_pool *h = pool_that_exhausts(AKIT_EXHAUST_FALLBACK);
    CHECK_INT(pool_stats_of(h).first_fallback_unix_ns, 0);
    CHECK(akit_pool_get(h, 100, NULL) != NULL);
    uint64_t first = pool_stats_of(h).first_fallback_unix_ns, now = (uint64_t)time(NULL) * 1000000000u;
    CHECK_AT_LEAST(first + 2000000000u, now);
    CHECK_AT_MOST(first, now + 2000000000u);
    usleep(20000);
    CHECK(akit_pool_get(h, 100, NULL) != NULL);
    CHECK_INT(pool_stats_of(h).first_fallback_unix_ns, first);
    destroy_now(h);
}

/* Every field is in one of the cases above: the number of 64-bit words of the struct says so. */
CASE(every_field_has_a_case)
{
    int cases = 0;
    for (int i = 0; i < check_count; i++)
        cases += !strncmp(check_entries[i].name, "moves_", 6) || !strncmp(check_entries[i].name, "constant_", 9);
    CHECK_INT(cases, sizeof(akit_pool_stats) / 8 - 1);
}
