/* Destroy, deferred destroy, stale handles, handles in numbers. */
#include "kit.h"

#include <pthread.h>

CASE(destroy_null_is_0)
{
    CHECK_INT(akit_tiered_destroy(NULL, 0), 0);
}

CASE(destroy_unknown_flags_is_einval_and_consumes)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_destroy(h, 1u << 20), -EINVAL);
    CHECK_REFUSED(akit_tiered_alloc(h, 10), EINVAL);
}

CASE(destroy_twice_is_einval)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_destroy(h, 0), 0);
    CHECK_INT(akit_tiered_destroy(h, 0), -EINVAL);
}

static void answers_as_stale(akit_tiered *h)
{
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    akit_class_stats cls = AKIT_CLASS_STATS_INIT;
    void *p = NULL;
    CHECK_REFUSED(akit_tiered_alloc(h, 10), EINVAL);
    CHECK_REFUSED(akit_tiered_calloc(h, 1, 10), EINVAL);
    CHECK_REFUSED(akit_tiered_realloc(h, NULL, 10), EINVAL);
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, 64, 10), EINVAL);
    CHECK_REFUSED(akit_tiered_allocx(h, 10, 0, 0, NULL), EINVAL);
    CHECK_REFUSED(akit_tiered_reallocx(h, NULL, 10, 0, 0, NULL), EINVAL);
    CHECK_INT(akit_tiered_alloc_n(h, 10, 1, &p), 0);
    CHECK_INT(akit_tiered_stats_get(h, &st), -EINVAL);
    CHECK_INT(akit_tiered_config_get(h, &cfg), -EINVAL);
    CHECK_INT(akit_tiered_suggest(h, &cfg), -EINVAL);
    CHECK_INT(akit_tiered_class_count(h), 0);
    CHECK_INT(akit_tiered_class_stats_get(h, 0, &cls), -EINVAL);
    CHECK_INT(akit_tiered_purge(h, 0, NULL), -EINVAL);
    CHECK_INT(akit_tiered_good_size(h, 10), 0);
    CHECK_INT(akit_tiered_owns(h, &check_count), -EINVAL);
    CHECK_INT(akit_tiered_usable_size(h, &check_count), 0);
    CHECK_INT(akit_tiered_destroy(h, 0), -EINVAL);
}

CASE(stale_handle_is_refused_by_every_function)
{
    akit_tiered *h = new_heap();
    block(h, 100);
    akit_tiered_destroy(h, 0);
    answers_as_stale(h);
}

CASE(free_through_a_stale_handle_is_counted)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100), *q = block(h, MIB(4));
    akit_tiered_destroy(h, 0);
    uint64_t before = process_stats().misuses_total;
    akit_tiered_free(h, p);
    akit_tiered_free_sized(h, q, MIB(4));
    akit_tiered_free_aligned_sized(h, p, 16, 100);
    CHECK_INT(akit_tiered_free_n(h, 1, &p), 0);
    CHECK_AT_LEAST(process_stats().misuses_total, before + 4);
}

CASE(block_of_a_destroyed_handle_is_reported_by_akit_free)
{
    akit_tiered *h = new_heap();
    void *p = block(h, MIB(4));
    akit_tiered_destroy(h, 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    uint64_t before = process_stats().misuses_total;
    akit_free(p);
    CHECK_INT(process_stats().misuses_total, before + 1);
}

CASE(stale_handle_is_reported_for_1024_creates)
{
    akit_tiered *h = new_heap();
    akit_tiered_destroy(h, 0);
    for (int i = 0; i < 1023; i++) {
        akit_tiered *g = new_heap();
        akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
        if (i % 2)
            block(g, 64);
        CHECK_INT(akit_tiered_stats_get(h, &st), -EINVAL);
        CHECK_REFUSED(akit_tiered_alloc(h, 10), EINVAL);
        akit_tiered_destroy(g, 0);
    }
}

CASE(stale_handle_is_reported_beside_1024_living_ones)
{
    static akit_tiered *g[1023];
    akit_tiered *h = new_heap();
    akit_tiered_destroy(h, 0);
    for (int i = 0; i < 1023; i++)
        g[i] = new_heap();
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    CHECK_INT(akit_tiered_stats_get(h, &st), -EINVAL);
    for (int i = 0; i < 1023; i++) {
        CHECK(g[i] != h);
        akit_tiered_destroy(g[i], 0);
    }
}

CASE(destroy_gives_every_page_to_the_process_cache)
{
    uint64_t before = process_stats().used_bytes;
    akit_tiered *h = new_heap();
    for (int i = 0; i < 1000; i++)
        block(h, 3000);
    block(h, MIB(8));
    CHECK_INT(akit_tiered_destroy(h, 0), 0);
    CHECK_INT(process_stats().used_bytes, before);
}

CASE(destroy_keeps_at_most_the_process_cache)
{
    akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL);
    uint64_t before = process_stats().mapped_bytes;
    akit_tiered *h = new_heap();
    for (int i = 0; i < 100; i++)
        block(h, MIB(3));
    CHECK_INT(akit_tiered_destroy(h, 0), 0);
    CHECK_AT_MOST(process_stats().mapped_bytes, before + MIB(34));
}

CASE(defer_with_nothing_out_ends_at_once)
{
    akit_tiered *h = new_heap();
    akit_tiered_free(h, block(h, 100));
    uint64_t id = stats_of(h).id, walk = 0;
    CHECK_INT(akit_tiered_destroy(h, AKIT_DESTROY_DEFER), 0);
    while (akit_handle_next(&walk, NULL) == 0)
        CHECK(walk != id);
}

CASE(defer_keeps_blocks_until_freed)
{
    akit_tiered *h = new_heap();
    char *a = (char *)block(h, 100), *b = (char *)block(h, 5000), *c = (char *)block(h, MIB(4));
    CHECK_INT(akit_tiered_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK(all_bytes(a, 100, 0x5a) && all_bytes(b, 5000, 0x5a) && all_bytes(c, MIB(4), 0x5a));
    akit_free(c);
    akit_free(a);
    CHECK(all_bytes(b, 5000, 0x5a));
    akit_tiered_free(h, b);
}

CASE(defer_refuses_new_blocks_with_eshutdown)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    CHECK_INT(akit_tiered_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK_REFUSED(akit_tiered_alloc(h, 100), ESHUTDOWN);
    CHECK_REFUSED(akit_tiered_calloc(h, 1, 100), ESHUTDOWN);
    CHECK_REFUSED(akit_tiered_alloc(h, MIB(4)), ESHUTDOWN);
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, 64, 100), ESHUTDOWN);
    akit_free(p);
}

CASE(defer_ends_the_handle_with_the_last_free)
{
    akit_tiered *h = new_heap();
    void *p[100];
    CHECK_INT(akit_tiered_alloc_n(h, 1000, 100, p), 100);
    uint64_t before = process_stats().handles;
    CHECK_INT(akit_tiered_destroy(h, AKIT_DESTROY_DEFER), 0);
    for (int i = 0; i < 100; i++)
        akit_free(p[i]);
    akit_thread_flush(0);
    akit_maintain(NULL);
    CHECK_INT(process_stats().handles, before - 1);
    CHECK_REFUSED(akit_tiered_alloc(h, 10), EINVAL);
}

CASE(defer_ends_by_the_frees_of_another_thread)
{
    akit_tiered *h = new_heap();
    void *p[50];
    CHECK_INT(akit_tiered_alloc_n(h, 1000, 50, p), 50);
    uint64_t before = process_stats().handles;
    CHECK_INT(akit_tiered_destroy(h, AKIT_DESTROY_DEFER), 0);
    pthread_t t;
    for (int i = 0; i < 50; i++) {
        CHECK_INT(pthread_create(&t, NULL, (void *(*)(void *))(void (*)(void))akit_free, p[i]), 0);
        pthread_join(t, NULL);
    }
    akit_maintain(NULL);
    CHECK_INT(process_stats().handles, before - 1);
}

static void *use_and_wait(void *arg)
{
    void **box = (void **)arg;
    akit_tiered *h = (akit_tiered *)box[0];
    pthread_barrier_t *barrier = (pthread_barrier_t *)box[1];
    for (int i = 0; i < 100; i++)
        akit_tiered_free(h, akit_tiered_alloc(h, 100 + (size_t)i * 50));
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

CASE(destroy_under_live_caches_of_32_threads)
{
    akit_tiered *h = new_heap();
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 33);
    void *box[2] = {h, &barrier};
    pthread_t t[32];
    for (int i = 0; i < 32; i++)
        CHECK_INT(pthread_create(&t[i], NULL, use_and_wait, box), 0);
    pthread_barrier_wait(&barrier);
    CHECK_AT_LEAST(stats_of(h).thread_caches, 1);
    CHECK_INT(akit_tiered_destroy(h, 0), 0);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 32; i++)
        pthread_join(t[i], NULL);
    akit_tiered *g = new_heap();
    block(g, 100);
    akit_tiered_destroy(g, 0);
}

static void *destroy_it(void *arg)
{
    return (void *)(intptr_t)akit_tiered_destroy((akit_tiered *)arg, 0);
}

CASE(destroy_from_another_thread)
{
    akit_tiered *h = new_heap();
    block(h, 100);
    pthread_t t;
    void *rc = &t;
    CHECK_INT(pthread_create(&t, NULL, destroy_it, h), 0);
    pthread_join(t, &rc);
    CHECK(rc == NULL);
    CHECK_REFUSED(akit_tiered_alloc(h, 10), EINVAL);
}

CASE(ten_thousand_handles_at_once)
{
    static akit_tiered *h[10000];
    static void *p[10000];
    uint64_t before = process_stats().handles;
    for (int i = 0; i < 10000; i++) {
        h[i] = new_heap();
        p[i] = block(h[i], 64);
    }
    CHECK_INT(process_stats().handles, before + 10000);
    for (int i = 0; i < 10000; i += 7)
        CHECK(akit_tiered_owns(h[i], p[i]) == 1 && akit_tiered_owns(h[(i + 1) % 10000], p[i]) == 0);
    for (int i = 0; i < 10000; i++)
        CHECK_INT(akit_tiered_destroy(h[i], 0), 0);
    CHECK_INT(process_stats().handles, before);
}

CASE(handle_ids_are_never_used_again)
{
    uint64_t last = 0;
    for (int i = 0; i < 100; i++) {
        akit_tiered *h = new_heap();
        uint64_t id = stats_of(h).id;
        CHECK(id > last);
        last = id;
        akit_tiered_destroy(h, 0);
    }
}

CASE(new_handle_sees_nothing_of_the_old_one)
{
    for (int i = 0; i < 10; i++) {
        akit_tiered *h = new_heap();
        akit_tiered_stats st = stats_of(h);
        CHECK(st.used_bytes == 0 && st.allocs_total == 0 && st.frees_total == 0 && st.misuses_total == 0);
        CHECK(st.small_used_bytes == 0 && st.cache_hits_total == 0 && st.reallocs_total == 0);
        void *p = block(h, 1000);
        akit_tiered_free(h, p);
        akit_tiered_free(h, p);
        block(h, 100000);
        akit_tiered_destroy(h, 0);
    }
}

CASE(zeroing_handle_gets_zeroed_memory_of_others)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 500; i++)
        block(h, 3000);
    akit_tiered_destroy(h, 0);
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
    akit_tiered *g = new_heap_with(&cfg);
    for (int i = 0; i < 500; i++) {
        char *p = (char *)akit_tiered_alloc(g, 3000);
        CHECK(p && all_bytes(p, akit_tiered_usable_size(g, p), 0));
    }
    akit_tiered_destroy(g, 0);
}

CASE(memory_of_a_zero_on_free_handle_arrives_zeroed)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    akit_tiered *h = new_heap_with(&cfg);
    for (int i = 0; i < 500; i++)
        memset(block(h, 3000), 0x6b, 3000); /* not what other cases leave behind */
    akit_tiered_destroy(h, 0);
    akit_tiered *g = new_heap();
    for (int i = 0; i < 500; i++) {
        const unsigned char *p = (const unsigned char *)akit_tiered_alloc(g, 3000);
        for (int j = 64; j < 3000; j++)
            CHECK(p[j] != 0x6b);
    }
    akit_tiered_destroy(g, 0);
}
