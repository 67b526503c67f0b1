/* The batch forms: how many were done from the front, wrong pointers in the middle, figures as with single calls. */
#include "pool_kit.h"

#include <pthread.h>

static void *taken[20000];

static void batch_of(akit_pool *h, size_t length, size_t n, size_t wanted_capacity)
{
    size_t capacity = 0;
    uint64_t gets = pool_stats_of(h).allocs_total, puts = pool_stats_of(h).frees_total;
    CHECK_INT(akit_pool_get_n(h, length, n, taken, &capacity), n);
    CHECK_INT(capacity, wanted_capacity);
    for (size_t i = 0; i < n; i++) {
        CHECK_INT(akit_pool_capacity(h, taken[i]), capacity);
        mark(taken[i], capacity, i);
    }
    for (size_t i = 0; i < n; i++)
        CHECK(marked(taken[i], capacity, i));
    CHECK_INT(pool_stats_of(h).out_buffers, n);
    CHECK_INT(pool_stats_of(h).used_bytes, n * capacity);
    CHECK_INT(pool_stats_of(h).allocs_total, gets + n);
    do_not_overlap(taken, n, capacity);
    CHECK_INT(akit_pool_put_n(h, n, taken), n);
    CHECK_INT(pool_stats_of(h).used_bytes, 0);
    CHECK_INT(pool_stats_of(h).frees_total, puts + n);
    CHECK_INT(pool_misuses(h), 0);
}

CASE(batches_of_every_class_and_count)
{
    const size_t counts[] = {1, 2, 7, 16, 17, 100, 333};
    akit_pool *h = new_pool();
    for (size_t length = KIB(2); length <= KIB(64); length *= 2)
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            batch_of(h, length, counts[i], length);
    batch_of(h, 1, 20000, 2048);
    akit_pool_destroy(h, 0);
}

CASE(batch_of_oversize)
{
    akit_pool *h = new_pool();
    size_t capacity = 0;
    CHECK_INT(akit_pool_get_n(h, 100000, 20, taken, &capacity), 20);
    CHECK_AT_LEAST(capacity, 100000);
    for (size_t i = 0; i < 20; i++) {
        CHECK_INT(akit_pool_capacity(h, taken[i]), capacity);
        mark(taken[i], capacity, i);
    }
    for (size_t i = 0; i < 20; i++)
        CHECK(marked(taken[i], capacity, i));
    CHECK_INT(pool_stats_of(h).oversize_total, 20);
    CHECK_INT(akit_pool_put_n(h, 20, taken), 20);
    CHECK(pool_stats_of(h).cached_bytes == 0 && pool_stats_of(h).puts_total == 0 && pool_stats_of(h).frees_total == 20);
    akit_pool_destroy(h, 0);
}

CASE(batch_of_none)
{
    akit_pool *h = new_pool();
    errno = 4711;
    CHECK_INT(akit_pool_get_n(h, 100, 0, taken, NULL), 0);
    CHECK_INT(akit_pool_get_n(h, 100, 0, NULL, NULL), 0);
    CHECK_INT(errno, 4711);
    CHECK_INT(akit_pool_put_n(h, 0, taken), 0);
    CHECK_INT(akit_pool_put_n(h, 0, NULL), 0);
    CHECK_INT(pool_stats_of(h).failures_total, 0);
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
}

CASE(null_arrays)
{
    akit_pool *h = new_pool();
    size_t capacity = 7;
    errno = 0;
    CHECK_INT(akit_pool_get_n(h, 100, 3, NULL, &capacity), 0);
    CHECK_INT(errno, EINVAL);
    CHECK_INT(capacity, 0);
    CHECK_INT(akit_pool_put_n(h, 3, NULL), 0);
    CHECK_INT(pool_stats_of(h).used_bytes, 0);
    akit_pool_destroy(h, 0);
}

CASE(impossible_batches)
{
    akit_pool *h = new_pool();
    size_t capacity = 7;
    errno = 0;
    CHECK_INT(akit_pool_get_n(h, SIZE_MAX, 3, taken, &capacity), 0);
    CHECK_INT(errno, ENOMEM);
    CHECK_INT(capacity, 0);
    akit_pool_destroy(h, 0);
}

CASE(batch_that_stops_at_the_cap)
{
    akit_pool *h = capped_pool(MIB(4));
    size_t capacity = 0;
    for (int round = 0; round < 3; round++) {
        errno = 0;
        size_t n = akit_pool_get_n(h, KIB(64), 100, taken, &capacity);
        CHECK_INT(errno, ENOMEM);
        CHECK_AT_LEAST(n, 40);
        CHECK_AT_MOST(n, 63);
        CHECK_INT(capacity, KIB(64));
        for (size_t i = 0; i < n; i++)
            mark(taken[i], KIB(64), i);
        for (size_t i = 0; i < n; i++)
            CHECK(marked(taken[i], KIB(64), i));
        CHECK_INT(pool_stats_of(h).out_buffers, n);
        CHECK_INT(akit_pool_put_n(h, n, taken), n);
    }
    CHECK_AT_LEAST(pool_stats_of(h).failures_total, 3);
    CHECK_AT_LEAST(pool_stats_of(h).limit_hits_total, 3);
    akit_pool_destroy(h, 0);
}

CASE(wrong_pointers_are_skipped_and_counted)
{
    static char mine[64];
    akit_pool *h = new_pool(), *g = new_pool();
    void *other = plain_buffer(g, 5000);
    CHECK_INT(akit_pool_get_n(h, 5000, 10, taken, NULL), 10);
    CHECK_INT(akit_pool_put(h, taken[3]), 0);
    void *mixed[] = {mine,     taken[0], (char *)taken[1] + 64, taken[3], taken[1], other,    taken[1], taken[2],
                     taken[4], taken[5], taken[6],              taken[7], taken[8], taken[9], taken[9]};
    CHECK_INT(akit_pool_put_n(h, 15, mixed), 9);
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.misuses_total == 6 && st.puts_total == 10 && st.used_bytes == 0);
    CHECK_INT(akit_pool_put(g, other), 0);
    CHECK_INT(pool_misuses(g), 0);
    CHECK_INT(akit_pool_get_n(h, 5000, 50, taken, NULL), 50);
    do_not_overlap(taken, 50, 5000);
    CHECK_INT(akit_pool_put_n(h, 50, taken), 50);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

CASE(a_batch_of_several_classes_may_be_put)
{
    akit_pool *h = new_pool();
    for (size_t i = 0; i < 700; i++)
        taken[i] = plain_buffer(h, i % 7 == 6 ? 200000 : KIB(2) << i % 7);
    CHECK_INT(akit_pool_put_n(h, 700, taken), 700);
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.puts_total == 600 && st.frees_total == 700 && st.used_bytes == 0 && st.misuses_total == 0);
    akit_pool_destroy(h, 0);
}

static void *put_the_batch(void *arg)
{
    THREAD_CHECK(akit_pool_put_n((akit_pool *)arg, 3000, taken) == 3000);
    return NULL;
}

CASE(another_thread_puts_the_batch)
{
    akit_pool *h = new_pool();
    pthread_t t;
    CHECK_INT(akit_pool_get_n(h, 3000, 3000, taken, NULL), 3000);
    CHECK_INT(pthread_create(&t, NULL, put_the_batch, h), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK_INT(pool_stats_of(h).used_bytes, 0);
    CHECK_INT(pool_misuses(h), 0);
    batch_of(h, 4096, 3000, 4096);
    akit_pool_destroy(h, 0);
}
