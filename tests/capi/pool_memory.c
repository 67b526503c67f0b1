/* Pools on memory of the caller: what fits, reuse by other classes, refusals, the end. */
#include "pool_kit.h"

#include <pthread.h>

static unsigned char buffer[MIB(16)] __attribute__((aligned(65536)));
static void *taken[10000];

static akit_pool_config on(void *memory, size_t bytes)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.memory = memory;
    cfg.memory_bytes = bytes;
    return cfg;
}

static akit_pool *pool_on(void *memory, size_t bytes)
{
    akit_pool_config cfg = on(memory, bytes);
    return new_pool_with(&cfg);
}

static int inside(const void *p, size_t size)
{
    return (uintptr_t)p >= (uintptr_t)buffer && (uintptr_t)p + size <= (uintptr_t)buffer + sizeof buffer;
}

static size_t take_all(akit_pool *h, size_t length)
{
    size_t n = 0, capacity = 0;
    errno = 0;
    for (; n < 10000 && (taken[n] = akit_pool_get(h, length, &capacity)) != NULL; n++) {
        CHECK(inside(taken[n], capacity));
        mark(taken[n], capacity, n);
    }
    CHECK(n < 10000);
    CHECK_INT(errno, ENOBUFS);
    for (size_t i = 0; i < n; i++)
        CHECK(marked(taken[i], akit_pool_capacity(h, taken[i]), i));
    return n;
}

CASE(buffers_lie_in_the_memory)
{
    akit_pool *h = pool_on(buffer, sizeof buffer);
    uint64_t id = pool_stats_of(h).id;
    for (size_t i = 0; i < 60; i++) {
        size_t capacity = 0;
        taken[i] = akit_pool_get(h, KIB(2) << i % 6, &capacity);
        CHECK(taken[i] && capacity == KIB(2) << i % 6 && inside(taken[i], capacity) && aligned_to(taken[i], 64));
        mark(taken[i], capacity, i);
        akit_block_info info = inspect(taken[i]);
        CHECK(info.handle_kind == AKIT_KIND_POOL && info.handle_id == id && info.usable_bytes == capacity);
        CHECK(info.state == AKIT_BLOCK_OUT && !info.zeroed); /* nobody can know */
    }
    CHECK_INT(out_of(h), 60);
    for (size_t i = 0; i < 60; i++) {
        CHECK(marked(taken[i], KIB(2) << i % 6, i));
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    }
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.misuses_total == 0 && st.used_bytes == 0 && st.thread_cache_bytes == 0 && st.puts_total == 60);
    akit_pool_destroy(h, 0);
}

CASE(what_can_never_fit_is_emsgsize)
{
    akit_pool *h = pool_on(buffer, MIB(4));
    size_t capacity = 7;
    CHECK_REFUSED(akit_pool_get(h, MIB(4) + 1, &capacity), EMSGSIZE);
    CHECK_INT(capacity, 0);
    CHECK_REFUSED(akit_pool_get(h, GIB(1), NULL), EMSGSIZE);
    errno = 0;
    CHECK_INT(akit_pool_get_n(h, MIB(8), 2, taken, &capacity), 0);
    CHECK_INT(errno, EMSGSIZE);
    CHECK_AT_LEAST(pool_stats_of(h).failures_total, 3);
    void *p = akit_pool_get(h, KIB(65), NULL); /* above the classes: from the memory, or never */
    CHECK(p ? inside(p, KIB(65)) && akit_pool_put(h, p) == 0 : errno == EMSGSIZE);
    akit_pool_destroy(h, 0);
}

CASE(all_of_the_memory_serves_one_class_after_the_other)
{
    akit_pool *h = pool_on(buffer, sizeof buffer);
    const size_t lengths[] = {KIB(64), KIB(2), KIB(8), KIB(64), KIB(32)};
    for (int round = 0; round < 5; round++) {
        size_t n = take_all(h, lengths[round]);
        CHECK_AT_LEAST(n * lengths[round], sizeof buffer * 7 / 8);
        CHECK_REFUSED(akit_pool_get(h, KIB(64), NULL), ENOBUFS);
        CHECK_INT(akit_pool_warm(h, lengths[round], 1), -ENOBUFS);
        for (size_t i = 1; i < n; i += 2)
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
        for (size_t i = 0; i < n; i += 2) {
            CHECK(marked(taken[i], lengths[round], i));
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
        }
        CHECK_INT(pool_stats_of(h).used_bytes, 0);
    }
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
}

CASE(misuse_on_memory_of_the_caller)
{
    akit_pool *h = pool_on(buffer, MIB(8)), *g = pool_on(buffer + MIB(8), MIB(8));
    char *p = (char *)plain_buffer(h, 5000), *keep = (char *)plain_buffer(h, 5000);
    CHECK_INT(akit_pool_put(h, p + 64), -ENOENT);
    CHECK_INT(akit_pool_put(h, p + 1), -ENOENT);
    CHECK_INT(akit_pool_put(h, buffer + MIB(7) + 64), -ENOENT);
    CHECK_INT(akit_pool_put(h, &check_count), -ENOENT);
    CHECK_INT(akit_pool_put(g, p), -ENOENT);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(akit_pool_put(h, p), -EINVAL);
    CHECK_INT(akit_pool_capacity(h, p), 0);
    CHECK_INT(akit_pool_capacity(h, keep), KIB(8));
    CHECK_INT(pool_misuses(h), 5);
    CHECK_INT(pool_misuses(g), 1);
    CHECK_INT(akit_pool_put(h, keep), 0);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

CASE(a_start_within_a_page_is_fine_and_nothing_outside_is_written)
{
    size_t page = page_bytes();
    for (size_t shift = 1; shift < page; shift = shift * 5 + 3) {
        memset(buffer, 0xbb, MIB(1) + 2 * page);
        akit_pool *h = pool_on(buffer + shift, MIB(1) + 100);
        size_t n = take_all(h, KIB(16));
        CHECK_AT_LEAST(n, 48);
        for (size_t i = 0; i < n; i++) {
            CHECK((unsigned char *)taken[i] >= buffer + shift && (unsigned char *)taken[i] + KIB(16) <= buffer + shift + MIB(1) + 100);
            memset(taken[i], 1, KIB(16));
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
        }
        CHECK_INT(akit_pool_destroy(h, 0), 0);
        CHECK(all_bytes(buffer, shift, 0xbb));
        CHECK(all_bytes(buffer + shift + MIB(1) + 100, page, 0xbb));
    }
}

CASE(the_memory_holds_no_books)
{
    memset(buffer, 0xbb, MIB(2));
    akit_pool *h = pool_on(buffer, MIB(2));
    size_t n = 0;
    while (n < 10000 && (taken[n] = akit_pool_get(h, KIB(4), NULL)))
        n++;
    put_all(h, n, taken);
    CHECK_INT(akit_pool_put(h, taken[0]) < 0, 1);
    CHECK_INT(akit_pool_purge(h, 0, NULL), 0);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK(all_bytes(buffer, MIB(2), 0xbb));
}

static int create_on(void *memory, size_t bytes)
{
    akit_pool_config cfg = on(memory, bytes);
    akit_pool *h = NULL;
    int rc = akit_pool_create(&cfg, &h);
    CHECK((rc == 0) == (h != NULL));
    if (rc == 0)
        akit_pool_destroy(h, 0);
    return rc;
}

CASE(too_little_memory_is_einval)
{
    size_t page = page_bytes();
    CHECK_INT(create_on(buffer, page), -EINVAL);
    CHECK_INT(create_on(buffer, 2 * page - 1), -EINVAL);
    CHECK_INT(create_on(buffer, KIB(60)), -EINVAL); /* one buffer of the largest class */
    CHECK_INT(create_on(buffer, 0), -EINVAL);
    CHECK_INT(create_on(NULL, MIB(1)), -EINVAL);
    CHECK_INT(create_on(buffer, SIZE_MAX), -EINVAL);
    CHECK_INT(create_on(buffer, MIB(1)), 0);
    akit_pool_config cfg = on(buffer, 2 * page);
    cfg.max_class_bytes = page;
    akit_pool *h = new_pool_with(&cfg);
    CHECK(akit_pool_put(h, plain_buffer(h, page)) == 0);
    akit_pool_destroy(h, 0);
}

#define NOT_WITH_MEMORY(field, value)                                          \
    do {                                                                       \
        akit_pool_config cfg = on(buffer, sizeof buffer);                      \
        akit_pool *h = NULL;                                                   \
        cfg.field = (value);                                                   \
        int rc = akit_pool_create(&cfg, &h);                                   \
        CHECK_INT(rc, -EINVAL);                                                \
        CHECK(h == NULL);                                                      \
    } while (0)

CASE(what_cannot_be_had_with_memory_of_the_caller_is_einval)
{
    NOT_WITH_MEMORY(exhaust_mode, AKIT_EXHAUST_FALLBACK);
    NOT_WITH_MEMORY(fork_mode, AKIT_FORK_DONTFORK);
    NOT_WITH_MEMORY(fork_mode, AKIT_FORK_WIPE);
    NOT_WITH_MEMORY(flags, AKIT_POOL_TAGS);
    NOT_WITH_MEMORY(thp, AKIT_THP_ADVISE);
    NOT_WITH_MEMORY(prefault_bytes, MIB(1));
    akit_pool_config cfg = on(buffer, sizeof buffer);
    akit_pool *h = NULL;
    cfg.numa_mode = AKIT_NUMA_BIND;
    cfg.numa_nodes = 1;
    int rc = akit_pool_create(&cfg, &h);
    CHECK(rc == -EINVAL && h == NULL);
    cfg = on(buffer, sizeof buffer);
    cfg.fork_mode = AKIT_FORK_COPY;
    cfg.exhaust_mode = AKIT_EXHAUST_FAIL;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    akit_pool_destroy(new_pool_with(&cfg), 0);
}

static void zeroes_all_of_it(uint32_t zero_mode)
{
    akit_pool_config cfg = on(buffer, MIB(1));
    cfg.zero_mode = zero_mode;
    akit_pool *h = new_pool_with(&cfg);
    memset(buffer, 0, MIB(1));
    for (int round = 0; round < 3; round++) {
        size_t n = 0;
        while ((taken[n] = akit_pool_get(h, 5000, NULL)))
            CHECK(all_bytes(taken[n++], KIB(8), 0));
        for (size_t i = 0; i < n; i++) {
            memset(taken[i], 0xcd, KIB(8));
            CHECK_INT(akit_pool_put(h, taken[i]), 0);
        }
    }
    akit_pool_destroy(h, 0);
}

CASE(zero_on_alloc_in_memory_of_the_caller) { zeroes_all_of_it(AKIT_ZERO_ON_ALLOC); }
CASE(zero_on_free_in_memory_of_the_caller) { zeroes_all_of_it(AKIT_ZERO_ON_FREE); }

CASE(destroy_waits_in_memory_of_the_caller)
{
    akit_pool *h = pool_on(buffer, MIB(1));
    void *p = plain_buffer(h, 5000), *q = plain_buffer(h, 5000);
    uint64_t handles = process_stats().handles;
    memset(q, 9, KIB(8));
    CHECK_INT(akit_pool_destroy(h, 0), 0);
    CHECK_REFUSED(akit_pool_get(h, 1, NULL), ESHUTDOWN);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK(all_bytes(q, KIB(8), 9));
    CHECK_INT(process_stats().handles, handles);
    CHECK_INT(akit_pool_put(h, q), 0);
    CHECK_INT(process_stats().handles, handles - 1);
    h = pool_on(buffer, MIB(1)); /* the memory is the caller's again */
    plain_buffer(h, 5000);
    destroy_now(h);
    akit_pool_destroy(pool_on(buffer, MIB(1)), 0);
}
