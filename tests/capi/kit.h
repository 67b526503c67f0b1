/* What the tests of the C ABI share. Misuse is only counted here, so that a provoked one prints nothing. */
#ifndef TESTS_CAPI_KIT_H
#define TESTS_CAPI_KIT_H

#include <allockit.h>

#define CHECK_SETUP() ((void)akit_misuse_mode(AKIT_MISUSE_COUNT))
#include "../check.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)
#define GIB(n) ((size_t)(n) << 30)

static inline akit_tiered *new_heap_with(const akit_tiered_config *cfg)
{
    akit_tiered *h = NULL;
    CHECK_INT(akit_tiered_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_tiered *new_heap(void)
{
    return new_heap_with(NULL);
}

static inline akit_tiered *capped_heap(uint64_t limit_bytes)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.limit_bytes = limit_bytes;
    return new_heap_with(&cfg);
}

static inline akit_tiered *exact_heap(void)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.check_mode = AKIT_CHECK_EXACT;
    return new_heap_with(&cfg);
}

static inline akit_tiered_stats stats_of(akit_tiered *h)
{
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    CHECK_INT(akit_tiered_stats_get(h, &st), 0);
    return st;
}

static inline akit_region *new_region_with(const akit_region_config *cfg)
{
    akit_region *h = NULL;
    CHECK_INT(akit_region_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_huge *new_huge_with(const akit_huge_config *cfg)
{
    akit_huge *h = NULL;
    CHECK_INT(akit_huge_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_region_stats region_stats_of(akit_region *h)
{
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    CHECK_INT(akit_region_stats_get(h, &st), 0);
    return st;
}

static inline akit_huge_stats huge_stats_of(akit_huge *h)
{
    akit_huge_stats st = AKIT_HUGE_STATS_INIT;
    CHECK_INT(akit_huge_stats_get(h, &st), 0);
    return st;
}

static inline akit_process_stats process_stats(void)
{
    akit_process_stats st = AKIT_PROCESS_STATS_INIT;
    CHECK_INT(akit_process_stats_get(&st), 0);
    return st;
}

static inline uint64_t misuses_of(akit_tiered *h)
{
    return stats_of(h).misuses_total;
}

/* A block that must be there, with every byte written. */
static inline void *block(akit_tiered *h, size_t size)
{
    void *p = akit_tiered_alloc(h, size);
    CHECK(p != NULL);
    memset(p, 0x5a, size);
    return hidden(p);
}

static inline int all_bytes(const void *p, size_t size, unsigned char value)
{
    const unsigned char *b = (const unsigned char *)hidden(p); /* the usable size may be more than the compiler knows of */
    return size == 0 || (b[0] == value && !memcmp(b, b + 1, size - 1));
}

static inline int aligned_to(const void *p, size_t alignment)
{
    return (uintptr_t)p % alignment == 0;
}

static inline akit_block_info inspect(const void *p)
{
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(p, &info), 0);
    return info;
}

static inline size_t page_bytes(void)
{
    return (size_t)process_stats().page_bytes;
}

/* A size in whole pages. */
static inline size_t in_pages(size_t size)
{
    size_t page = page_bytes();
    return (size + page - 1) / page * page;
}

/* One byte of every page is written. */
static inline void touch_pages(void *p, size_t size)
{
    size_t page = page_bytes();
    for (size_t at = 0; at < size; at += page)
        ((volatile unsigned char *)p)[at] = 0x5a;
}

/* Payload of a large block that can be checked without reading all of it: a word per 4 KiB, and the last byte. */
static inline void mark(void *p, size_t size, uint64_t seed)
{
    unsigned char *b = (unsigned char *)p;
    for (size_t at = 0; at + 8 <= size; at += 4096) {
        uint64_t word = (seed + at) * 0x9E3779B97F4A7C15u;
        memcpy(b + at, &word, 8);
    }
    if (size)
        b[size - 1] = (unsigned char)seed;
}

/* Whether the first `size` bytes of a block that was marked with `marked_size` bytes are still there. */
static inline int marked_part(const void *p, size_t size, size_t marked_size, uint64_t seed)
{
    const unsigned char *b = (const unsigned char *)hidden(p);
    for (size_t at = 0; at + 8 <= size; at += 4096) {
        uint64_t word = (seed + at) * 0x9E3779B97F4A7C15u, found;
        memcpy(&found, b + at, 8);
        if (found != word && at + 8 < marked_size)
            return 0;
    }
    return size < marked_size || size == 0 || b[size - 1] == (unsigned char)seed;
}

static inline int marked(const void *p, size_t size, uint64_t seed)
{
    return marked_part(p, size, size, seed);
}

/* Numbers that look random and are the same in every run with the same seed. */
static inline uint64_t random_word(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* A thread cannot leave the case: it notes what went wrong first, and the case asks with CHECK_THREADS after joining. */
__attribute__((unused)) static char thread_failure[256];
#define THREAD_CHECK(condition)                                                                                        \
    ((condition) || thread_failure[0] ? (void)0                                                                        \
                                      : (void)snprintf(thread_failure, sizeof thread_failure, "%s:%d: %s", __FILE__,   \
                                                       __LINE__, #condition))
#define CHECK_THREADS()                                                                                                \
    do {                                                                                                               \
        if (thread_failure[0]) {                                                                                       \
            char why[sizeof thread_failure];                                                                           \
            memcpy(why, thread_failure, sizeof why);                                                                   \
            thread_failure[0] = 0;                                                                                     \
            CHECK_FAIL("in a thread: %s", why);                                                                        \
        }                                                                                                              \
    } while (0)

#endif
