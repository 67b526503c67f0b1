/* zero_mode: over the whole capacity, on get or on put, by every way a buffer can take. */
#include "pool_kit.h"
#include "smaps.h"

#include <pthread.h>

static void *taken[2000];

static akit_pool *pool_that_zeroes(uint32_t zero_mode)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.zero_mode = zero_mode;
    cfg.decay_ns = AKIT_NONE;
    return new_pool_with(&cfg);
}

/* Buffers are got for one byte, are zero over their capacity, and are put dirty. */
static void all_of_it_is_zero(uint32_t zero_mode)
{
    akit_pool *h = pool_that_zeroes(zero_mode);
    const size_t lengths[] = {0, 1, 2049, 4097, 8193, 16385, 32769, 65537, 1000000};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
            for (int k = 0; k < 30; k++) {
                size_t capacity = 0;
                void *p = akit_pool_get(h, lengths[i], &capacity);
                CHECK(p != NULL);
                CHECK(all_bytes(p, capacity, 0));
                memset(p, 0xee, capacity);
                CHECK_INT(akit_pool_put(h, p), 0);
            }
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
}

FRESH(zero_on_alloc_covers_the_capacity) { all_of_it_is_zero(AKIT_ZERO_ON_ALLOC); }
FRESH(zero_on_free_covers_the_capacity) { all_of_it_is_zero(AKIT_ZERO_ON_FREE); }

static void *put_dirty(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        memset(taken[i], 0xdd, KIB(8));
        THREAD_CHECK(akit_pool_put((akit_pool *)arg, taken[i]) == 0);
    }
    return NULL;
}

static void batches_and_threads(uint32_t zero_mode)
{
    akit_pool *h = pool_that_zeroes(zero_mode);
    pthread_t t;
    for (int round = 0; round < 3; round++) {
        CHECK_INT(akit_pool_get_n(h, 5000, 1000, taken, NULL), 1000);
        for (int i = 0; i < 1000; i++)
            CHECK(all_bytes(taken[i], KIB(8), 0));
        if (round == 0) {
            CHECK_INT(pthread_create(&t, NULL, put_dirty, h), 0);
            pthread_join(t, NULL);
            CHECK_THREADS();
            continue;
        }
        for (int i = 0; i < 1000; i++)
            memset(taken[i], 0xcc, KIB(8));
        CHECK_INT(akit_pool_put_n(h, 1000, taken), 1000);
    }
    akit_pool_destroy(h, 0);
}

FRESH(zero_on_alloc_in_batches_and_across_threads) { batches_and_threads(AKIT_ZERO_ON_ALLOC); }
FRESH(zero_on_free_in_batches_and_across_threads) { batches_and_threads(AKIT_ZERO_ON_FREE); }

CASE(zero_on_free_leaves_nothing_in_idle_buffers)
{
    akit_pool *h = pool_that_zeroes(AKIT_ZERO_ON_FREE);
    for (size_t length = KIB(2); length <= KIB(64); length *= 2) {
        void *p = plain_buffer(h, length);
        memset(p, 0xab, length);
        CHECK_INT(akit_pool_put(h, p), 0);
        CHECK(peek_all(p, length, 0));
    }
    akit_pool_destroy(h, 0);
}

CASE(zeroed_bytes_are_counted)
{
    akit_pool *h = pool_that_zeroes(AKIT_ZERO_ON_FREE), *g = pool_that_zeroes(AKIT_ZERO_ON_ALLOC), *k = pool_that_zeroes(AKIT_ZERO_NONE);
    for (uint64_t i = 1; i <= 50; i++) {
        CHECK_INT(akit_pool_put(h, touched_buffer(h, 5000)), 0);
        CHECK_INT(pool_stats_of(h).zeroed_bytes_total, i * KIB(8));
        CHECK_INT(akit_pool_put(g, touched_buffer(g, 5000)), 0);
        CHECK_AT_LEAST(pool_stats_of(g).zeroed_bytes_total, (i - 1) * KIB(8)); /* the first may be known to be zero */
        CHECK_AT_MOST(pool_stats_of(g).zeroed_bytes_total, i * KIB(8));
        CHECK_INT(akit_pool_put(k, touched_buffer(k, 5000)), 0);
    }
    CHECK_INT(akit_pool_get_n(h, 5000, 10, taken, NULL), 10);
    CHECK_INT(akit_pool_put_n(h, 10, taken), 10);
    CHECK_INT(pool_stats_of(h).zeroed_bytes_total, 60 * KIB(8));
    uint64_t zeroed = pool_stats_of(g).zeroed_bytes_total;
    CHECK_INT(akit_pool_put(g, touched_buffer(g, 5000)), 0);
    CHECK_INT(akit_pool_get_n(g, 5000, 1, taken, NULL), 1);
    CHECK_INT(pool_stats_of(g).zeroed_bytes_total, zeroed + 2 * KIB(8));
    CHECK_INT(akit_pool_put(g, taken[0]), 0);
    CHECK_INT(pool_stats_of(k).zeroed_bytes_total, 0);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
    akit_pool_destroy(k, 0);
}

CASE(a_wrong_put_zeroes_nothing)
{
    akit_pool *h = pool_that_zeroes(AKIT_ZERO_ON_FREE), *g = pool_that_zeroes(AKIT_ZERO_ON_FREE);
    char *p = (char *)plain_buffer(h, KIB(8));
    memset(p, 0x77, KIB(8));
    CHECK_INT(akit_pool_put(h, p + 4096), -ENOENT);
    CHECK_INT(akit_pool_put(g, p), -ENOENT);
    CHECK(all_bytes(p, KIB(8), 0x77));
    CHECK_INT(akit_pool_put(h, p), 0);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

/* Memory that comes from a pool that zeroes is never seen with its contents by the next handle. */
CASE(a_later_owner_sees_nothing)
{
    for (int round = 0; round < 4; round++) {
        akit_pool *h = pool_that_zeroes(round % 2 ? AKIT_ZERO_ON_FREE : AKIT_ZERO_NONE);
        for (int i = 0; i < 200; i++) {
            taken[i] = plain_buffer(h, KIB(64));
            memset(taken[i], 0x3c, KIB(64));
        }
        CHECK_INT(akit_pool_destroy(h, AKIT_DESTROY_NOW), 0);
        akit_pool *g = pool_that_zeroes(round % 2 ? AKIT_ZERO_NONE : AKIT_ZERO_ON_ALLOC);
        for (int i = 0; i < 200; i++) {
            taken[i] = plain_buffer(g, KIB(64));
            CHECK(all_bytes(taken[i], KIB(64), ((unsigned char *)taken[i])[0]) && ((unsigned char *)taken[i])[0] != 0x3c);
        }
        CHECK_INT(akit_pool_destroy(g, AKIT_DESTROY_NOW), 0);
        CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    }
}
