/* No dead figures, continued: the fields of akit_class_stats and of akit_process_stats. */
#include "kit.h"

#include <pthread.h>

/* The figures of the class that blocks of `size` bytes come from. */
static akit_class_stats class_of(akit_tiered *h, size_t size)
{
    size_t block_bytes = akit_tiered_good_size(h, size);
    for (size_t i = 0; i < akit_tiered_class_count(h); i++) {
        akit_class_stats st = AKIT_CLASS_STATS_INIT;
        CHECK_INT(akit_tiered_class_stats_get(h, i, &st), 0);
        if (st.block_bytes == block_bytes)
            return st;
    }
    CHECK_FAIL("no class for %zu bytes", size);
}

CASE(class_block_bytes)
{
    akit_tiered *h = new_heap();
    CHECK_AT_LEAST(class_of(h, 100).block_bytes, 100);
    CHECK(class_of(h, 100).block_bytes != class_of(h, 1000).block_bytes);
    akit_tiered_destroy(h, 0);
}

CASE(class_used_and_peak)
{
    akit_tiered *h = new_heap();
    void *p[300];
    CHECK_INT(akit_tiered_alloc_n(h, 100, 300, p), 300);
    CHECK_INT(class_of(h, 100).used_blocks, 300);
    CHECK_INT(akit_tiered_free_n(h, 300, p), 300);
    CHECK_INT(class_of(h, 100).used_blocks, 0);
    CHECK_AT_LEAST(class_of(h, 100).used_peak_blocks, 200);
    akit_tiered_destroy(h, 0);
}

CASE(class_cached_blocks)
{
    akit_tiered *h = new_heap();
    akit_tiered_free(h, block(h, 100));
    CHECK_AT_LEAST(class_of(h, 100).cached_blocks, 1);
    akit_tiered_destroy(h, 0);
}

CASE(class_gets_and_puts)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 10; i++)
        akit_tiered_free(h, block(h, 100));
    block(h, 100);
    CHECK_INT(class_of(h, 100).gets_total, 11);
    CHECK_INT(class_of(h, 100).puts_total, 10);
    CHECK_INT(class_of(h, 1000).gets_total, 0);
    akit_tiered_destroy(h, 0);
}

CASE(class_hits_and_misses)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 10; i++)
        akit_tiered_free(h, block(h, 100));
    akit_class_stats st = class_of(h, 100);
    CHECK_AT_LEAST(st.hits_total, 1);
    CHECK_AT_LEAST(st.misses_total, 1);
    CHECK_INT(st.hits_total + st.misses_total, st.gets_total);
    akit_tiered_destroy(h, 0);
}

CASE(class_discards_total)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.thread_cache_bytes = KIB(64);
    cfg.cache_bytes = KIB(128);
    akit_tiered *h = new_heap_with(&cfg);
    void *p[200];
    CHECK_INT(akit_tiered_alloc_n(h, 10000, 200, p), 200);
    for (int i = 0; i < 200; i++)
        akit_tiered_free(h, p[i]);
    CHECK_AT_LEAST(class_of(h, 10000).discards_total, 1);
    akit_tiered_destroy(h, 0);
}

CASE(class_slabs_and_mapped_bytes)
{
    akit_tiered *h = new_heap();
    CHECK_INT(class_of(h, 100).slabs, 0);
    for (int i = 0; i < 10000; i++)
        block(h, 100);
    CHECK_AT_LEAST(class_of(h, 100).slabs, 1);
    CHECK_AT_LEAST(class_of(h, 100).mapped_bytes, 1000000);
    akit_tiered_destroy(h, 0);
}

static uint64_t process_field(size_t offset)
{
    akit_process_stats st = process_stats();
    uint64_t value;
    memcpy(&value, (const char *)&st + offset, sizeof value);
    return value;
}

static void cached(void)
{
    akit_tiered *h = new_heap();
    akit_tiered_free(h, block(h, MIB(4)));
}

static void used(void)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 10000; i++)
        block(h, 1000);
    block(h, MIB(40));
}

static pthread_barrier_t in_use;

static void *use_and_stay(void *arg)
{
    used();
    pthread_barrier_wait(&in_use);
    pause();
    return arg;
}

static void use_a_second_thread(void)
{
    pthread_t t;
    pthread_barrier_init(&in_use, NULL, 2);
    CHECK_INT(pthread_create(&t, NULL, use_and_stay, NULL), 0);
    pthread_barrier_wait(&in_use);
}

static void misused(void) { akit_free(hidden(&check_entries)); }
static void purging(void) { CHECK_INT(akit_purge_thread(1), 0); }

static void first_use(void)
{
    /* The address table grows with the addresses in use. */
    static akit_tiered *h[2000];
    for (int i = 0; i < 2000; i++) {
        h[i] = new_heap();
        block(h[i], MIB(2));
    }
}

#define PROCESS_MOVES(field, act)                                        \
    FRESH(process_moves_##field)                                         \
    {                                                                    \
        size_t offset = offsetof(akit_process_stats, field);             \
        uint64_t before = process_field(offset);                         \
        act();                                                           \
        uint64_t after = process_field(offset);                          \
        if (before == after)                                             \
            CHECK_FAIL("stays at %llu", (unsigned long long)after);      \
    }

PROCESS_MOVES(handles, used)
PROCESS_MOVES(handles_created_total, used)
PROCESS_MOVES(mapped_bytes, used)
PROCESS_MOVES(used_bytes, used)
PROCESS_MOVES(cached_bytes, cached)
PROCESS_MOVES(metadata_bytes, used)
PROCESS_MOVES(table_bytes, first_use)
PROCESS_MOVES(mappings, used)
PROCESS_MOVES(threads, use_a_second_thread)
PROCESS_MOVES(misuses_total, misused)
PROCESS_MOVES(purge_thread_running, purging)
PROCESS_MOVES(next_purge_ns, cached)

/* Facts of the system do not move, and nothing can pin memory in this version. */
FRESH(process_constant_features_and_pages)
{
    akit_process_stats a = process_stats();
    used();
    akit_process_stats b = process_stats();
    CHECK(a.features == b.features && a.page_bytes == b.page_bytes && a.huge_page_bytes == b.huge_page_bytes);
    CHECK_AT_LEAST(a.page_bytes, 4096);
}

FRESH(process_constant_pinned_bytes)
{
    used();
    CHECK_INT(process_stats().pinned_bytes, 0);
}

CASE(class_stats_has_as_many_fields_as_were_tested)
{
    CHECK_INT(sizeof(akit_class_stats) / 8 - 1, 11);
    CHECK_INT(sizeof(akit_process_stats) / 8 - 1, 16);
}
