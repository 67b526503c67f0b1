/* Getting and putting buffers: capacities, classes, alignment, what akit_pool_capacity and akit_inspect say of them. */
#include "pool_kit.h"

#include <pthread.h>

static size_t capacity_for(akit_pool *h, size_t length)
{
    size_t capacity = 0;
    void *p = akit_pool_get(h, length, &capacity);
    CHECK(p != NULL);
    CHECK_INT(akit_pool_capacity(h, p), capacity);
    mark(p, capacity, length);
    CHECK(marked(p, capacity, length));
    CHECK_INT(akit_pool_put(h, p), 0);
    return capacity;
}

CASE(every_length_gets_its_class)
{
    akit_pool *h = new_pool();
    for (size_t length = 0; length <= KIB(64); length += length < 5000 ? 1 : 37) {
        size_t wanted = KIB(2);
        while (wanted < length)
            wanted *= 2;
        CHECK_INT(capacity_for(h, length), wanted);
    }
    CHECK_INT(capacity_for(h, KIB(64)), KIB(64));
    CHECK_AT_LEAST(capacity_for(h, KIB(64) + 1), KIB(64) + 1);
    CHECK_INT(pool_stats_of(h).oversize_total, 1);
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
}

CASE(capacity_may_be_null)
{
    akit_pool *h = new_pool();
    void *p = akit_pool_get(h, 100, NULL), *q = akit_pool_get(h, MIB(1), NULL);
    CHECK(p && q);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(akit_pool_put(h, q), 0);
    akit_pool_destroy(h, 0);
}

CASE(impossible_lengths_are_enomem)
{
    akit_pool *h = new_pool();
    const size_t lengths[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - 4095, (size_t)PTRDIFF_MAX, (size_t)1 << 62};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t capacity = 7;
        CHECK_REFUSED(akit_pool_get(h, lengths[i], &capacity), ENOMEM);
        CHECK_INT(capacity, 0);
        CHECK_INT(pool_stats_of(h).failures_total, i + 1);
    }
    CHECK_INT(pool_stats_of(h).limit_hits_total, 0);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

static void *taken[4096];

/* All of the capacity of all buffers at once, every byte. */
static void hold_their_payload(akit_pool *h, const size_t *lengths, size_t kinds, size_t n)
{
    static size_t capacity[4096];
    for (size_t i = 0; i < n; i++) {
        taken[i] = akit_pool_get(h, lengths[i % kinds], &capacity[i]);
        CHECK(taken[i] != NULL);
        memset(taken[i], (int)(i * 7 + 1), capacity[i]);
    }
    for (size_t i = 0; i < n; i++)
        CHECK(all_bytes(taken[i], capacity[i], (unsigned char)(i * 7 + 1)));
    for (size_t i = 1; i < n; i += 2)
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    for (size_t i = 0; i < n; i += 2) {
        CHECK(all_bytes(taken[i], capacity[i], (unsigned char)(i * 7 + 1)));
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    }
    CHECK_INT(pool_stats_of(h).used_bytes, 0);
    CHECK_INT(pool_misuses(h), 0);
}

CASE(buffers_of_all_classes_hold_their_payload)
{
    const size_t lengths[] = {1, 3000, 5000, 10000, 20000, 60000, 100000};
    akit_pool *h = new_pool();
    hold_their_payload(h, lengths, 7, 700);
    akit_pool_destroy(h, 0);
}

static akit_pool *pool_with_classes(const uint64_t *list, uint64_t count, uint64_t alignment)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.class_bytes = list;
    cfg.class_count = count;
    cfg.alignment = alignment;
    return new_pool_with(&cfg);
}

CASE(odd_classes_have_exactly_their_capacity)
{
    const uint64_t list[] = {1, 129, 300, 1000, 1200, 4097, 4300, 12345, 99999, 1000001};
    const size_t lengths[] = {1, 129, 300, 1000, 1200, 4097, 4300, 12345, 99999, 1000001};
    akit_pool *h = pool_with_classes(list, 10, 0);
    CHECK_INT(akit_pool_class_count(h), 10);
    CHECK_INT(capacity_for(h, 0), 1);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(pool_class_of(h, (size_t)i).block_bytes, list[i]);
        CHECK_INT(capacity_for(h, list[i]), list[i]);
        if (i < 9)
            CHECK_INT(capacity_for(h, list[i] + 1), list[i + 1]);
    }
    CHECK_INT(pool_stats_of(h).oversize_total, 0);
    hold_their_payload(h, lengths, 10, 300);
    akit_pool_destroy(h, 0);
}

CASE(the_largest_classes)
{
    const uint64_t list[] = {MIB(1), MIB(16)};
    akit_pool *h = pool_with_classes(list, 2, 0);
    for (int i = 0; i < 3; i++) {
        taken[i] = plain_buffer(h, MIB(9));
        mark(taken[i], MIB(16), (uint64_t)i);
    }
    for (int i = 0; i < 3; i++)
        CHECK(marked(taken[i], MIB(16), (uint64_t)i));
    put_all(h, 3, taken);
    CHECK_INT(capacity_for(h, MIB(16)), MIB(16));
    CHECK_INT(pool_stats_of(h).oversize_total, 0);
    CHECK_INT(pool_stats_of(h).puts_total, 4);
    akit_pool_destroy(h, 0);
}

static void steps_give(uint64_t least, uint64_t most, uint64_t per_doubling, const uint64_t *wanted, size_t count)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT, now = AKIT_POOL_CONFIG_INIT;
    cfg.min_class_bytes = least;
    cfg.max_class_bytes = most;
    cfg.classes_per_doubling = per_doubling;
    akit_pool *h = new_pool_with(&cfg);
    CHECK_INT(akit_pool_config_get(h, &now), 0);
    CHECK_INT(now.class_count, count);
    CHECK_INT(akit_pool_class_count(h), count);
    for (size_t i = 0; i < count; i++)
        CHECK_INT(now.class_bytes[i], wanted[i]);
    akit_pool_destroy(h, 0);
}

CASE(classes_by_steps)
{
    const uint64_t by_1[] = {4096, 8192, 16384};
    const uint64_t by_2[] = {4096, 6144, 8192, 12288, 16384};
    const uint64_t by_4[] = {4096, 5120, 6144, 7168, 8192};
    const uint64_t by_8[] = {4096, 4608, 5120, 5632, 6144, 6656, 7168, 7680, 8192};
    const uint64_t one[] = {131072}, tiny[] = {512};
    steps_give(4096, 16384, 1, by_1, 3);
    steps_give(4096, 16384, 0, by_1, 3);
    steps_give(4096, 16384, 2, by_2, 5);
    steps_give(4096, 8192, 4, by_4, 5);
    steps_give(4096, 8192, 8, by_8, 9);
    steps_give(131072, 0, 0, one, 1); /* above the default of the largest */
    steps_give(0, 512, 0, tiny, 1);   /* below the default of the smallest */
}

CASE(alignment_of_every_buffer)
{
    const uint64_t list[] = {100, 2048, 5000, 65536};
    for (size_t alignment = 64; alignment <= MIB(2); alignment *= alignment < 4096 ? 2 : 8) {
        akit_pool *h = pool_with_classes(list, 4, alignment);
        for (int k = 0; k < 40; k++) {
            taken[k] = plain_buffer(h, k % 5 == 4 ? 100000 : list[k % 5]);
            CHECK(aligned_to(taken[k], alignment));
            memset(taken[k], k, k % 5 == 4 ? 100000 : list[k % 5]);
        }
        for (int k = 0; k < 40; k++)
            CHECK(all_bytes(taken[k], k % 5 == 4 ? 100000 : list[k % 5], (unsigned char)k));
        put_all(h, 40, taken);
        CHECK_INT(pool_misuses(h), 0);
        akit_pool_destroy(h, 0);
    }
}

CASE(buffers_share_no_pair_of_cache_lines)
{
    const uint64_t list[] = {10};
    akit_pool *h = pool_with_classes(list, 1, 0);
    get_all(h, 10, 2000, taken);
    do_not_overlap(taken, 2000, 128);
    put_all(h, 2000, taken);
    akit_pool_destroy(h, 0);
}

CASE(slabs_have_the_size_of_the_config)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.slab_bytes = MIB(1);
    akit_pool *h = new_pool_with(&cfg);
    get_all(h, KIB(64), 160, taken);
    CHECK_INT(pool_stats_of(h).grown_total, 10);
    CHECK_INT(pool_class_of(h, 5).slabs, 10);
    CHECK_INT(pool_class_of(h, 5).mapped_bytes, MIB(10));
    put_all(h, 160, taken);
    akit_pool_destroy(h, 0);
    cfg.slab_bytes = 1; /* one buffer is the least */
    h = new_pool_with(&cfg);
    get_all(h, KIB(64), 10, taken);
    CHECK_INT(pool_stats_of(h).grown_total, 10);
    do_not_overlap(taken, 10, KIB(64));
    put_all(h, 10, taken);
    akit_pool_destroy(h, 0);
}

CASE(capacity_answers)
{
    static char mine[4096];
    akit_pool *h = new_pool(), *g = new_pool();
    char *p = (char *)plain_buffer(h, 5000), *q = (char *)plain_buffer(h, MIB(1));
    size_t large = akit_pool_capacity(h, q);
    CHECK_INT(akit_pool_capacity(h, p), 8192);
    CHECK_AT_LEAST(large, MIB(1));
    CHECK_INT(akit_pool_capacity(h, NULL), 0);
    CHECK_INT(akit_pool_capacity(h, mine), 0);
    CHECK_INT(akit_pool_capacity(h, (void *)-64), 0);
    CHECK_INT(akit_pool_capacity(h, p + 1), 0);
    CHECK_INT(akit_pool_capacity(h, p + 64), 0);
    CHECK_INT(akit_pool_capacity(h, q + 4096), 0);
    CHECK_INT(akit_pool_capacity(g, p), 0);
    CHECK_INT(akit_pool_capacity(NULL, p), 0);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(akit_pool_put(h, q), 0);
    CHECK_INT(akit_pool_capacity(h, p), 0);
    CHECK_INT(akit_pool_capacity(h, q), 0);
    CHECK_INT(pool_misuses(h) + pool_misuses(g), 0);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

CASE(inspect_knows_buffers)
{
    akit_pool *h = new_pool();
    uint64_t id = pool_stats_of(h).id;
    char *p = (char *)plain_buffer(h, 5000), *q = (char *)plain_buffer(h, MIB(1));
    for (size_t at = 0; at < 8192; at += 1000) {
        akit_block_info info = inspect(p + at);
        CHECK(info.handle_kind == AKIT_KIND_POOL && info.handle_id == id && info.base == (uintptr_t)p);
        CHECK(info.usable_bytes == 8192 && info.state == AKIT_BLOCK_OUT && info.backing <= AKIT_BACKING_THP);
    }
    akit_block_info info = inspect(q + MIB(1) - 1);
    CHECK(info.handle_kind == AKIT_KIND_POOL && info.handle_id == id && info.base == (uintptr_t)q);
    CHECK(info.usable_bytes == akit_pool_capacity(h, q) && info.state == AKIT_BLOCK_OUT);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK(inspect(p).state == AKIT_BLOCK_CACHED && inspect(p).base == (uintptr_t)p);
    akit_pool_destroy(h, AKIT_DESTROY_NOW);
    CHECK_INT(akit_inspect(p, &info), -ENOENT);
    CHECK_INT(akit_inspect(q, &info), -ENOENT);
}

static void *get_and_keep(void *arg)
{
    akit_pool *h = (akit_pool *)arg;
    for (int i = 0; i < 500; i++) {
        taken[i] = akit_pool_get(h, KIB(4), NULL);
        THREAD_CHECK(taken[i] != NULL);
        if (taken[i])
            mark(taken[i], KIB(4), (uint64_t)i);
    }
    return NULL;
}

CASE(another_thread_may_put)
{
    akit_pool *h = new_pool();
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, get_and_keep, h), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    for (int i = 0; i < 500; i++)
        CHECK(marked(taken[i], KIB(4), (uint64_t)i));
    put_all(h, 500, taken);
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.out_buffers == 0 && st.used_bytes == 0 && st.puts_total == 500 && st.misuses_total == 0);
    akit_pool_destroy(h, 0);
}
