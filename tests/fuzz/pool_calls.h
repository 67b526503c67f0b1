/*
 * Bytes become calls of a pool: the first ones choose a configuration, then each call takes one byte for what to do and
 * some for lengths and slots. Buffers carry a payload over their capacity that is checked at each put, wrong puts must be
 * refused and counted, and the statistics are compared at the end.
 */
#ifndef TESTS_FUZZ_POOL_CALLS_H
#define TESTS_FUZZ_POOL_CALLS_H

#include "input.h"

enum { FUZZ_SLOTS = 64 };

typedef struct {
    unsigned char *p;
    size_t capacity;
    unsigned char tag;
} fuzz_buffer;

typedef struct {
    akit_pool *h;
    int refuses; /* it has a bound: requests may fail */
    int zeroed;
    uint64_t gets, puts, wrong;
    void *gone; /* the last that was put */
    fuzz_buffer slot[FUZZ_SLOTS];
} fuzz_pool;

static unsigned char fuzz_memory[1 << 20] __attribute__((aligned(4096)));

static inline size_t fuzz_length(fuzz_input *in)
{
    size_t n = fuzz_byte(in);
    n |= (size_t)fuzz_byte(in) << 8;
    return n >> 12 == 15 ? (n == 0xffff ? SIZE_MAX - 7 : (n & 0xfff) << 8) : n;
}

static inline size_t fuzz_stride(size_t capacity)
{
    return capacity > 8192 ? 1021 : 1;
}

static inline void fuzz_fill(fuzz_buffer *b)
{
    for (size_t i = 0; i < b->capacity; i += fuzz_stride(b->capacity))
        b->p[i] = (unsigned char)(b->tag + i);
    b->p[b->capacity - 1] = (unsigned char)(b->tag + b->capacity - 1);
}

static inline void fuzz_check(const fuzz_buffer *b)
{
    for (size_t i = 0; i < b->capacity; i += fuzz_stride(b->capacity))
        FUZZ_MUST(b->p[i] == (unsigned char)(b->tag + i));
    FUZZ_MUST(b->p[b->capacity - 1] == (unsigned char)(b->tag + b->capacity - 1));
}

static inline void fuzz_keep(fuzz_pool *f, fuzz_buffer *b, void *p, size_t capacity, unsigned tag)
{
    FUZZ_MUST(akit_pool_capacity(f->h, p) == capacity && capacity > 0 && (uintptr_t)p % 64 == 0);
    b->p = (unsigned char *)p;
    b->capacity = capacity;
    b->tag = (unsigned char)tag;
    for (size_t i = 0; f->zeroed && i < capacity; i += fuzz_stride(capacity))
        FUZZ_MUST(b->p[i] == 0);
    fuzz_fill(b);
    f->gets++;
}

static inline void fuzz_refused(fuzz_pool *f, size_t length)
{
    FUZZ_MUST(f->refuses || length > PTRDIFF_MAX);
    FUZZ_MUST(errno == ENOMEM || errno == ENOBUFS || errno == EMSGSIZE);
}

static inline void fuzz_get(fuzz_pool *f, fuzz_buffer *b, fuzz_input *in)
{
    size_t length = fuzz_length(in), capacity = 1;
    errno = 0;
    void *p = akit_pool_get(f->h, length, &capacity);
    FUZZ_MUST(p ? capacity >= length : capacity == 0);
    if (p)
        fuzz_keep(f, b, p, capacity, fuzz_byte(in));
    else
        fuzz_refused(f, length);
}

static inline void fuzz_get_n(fuzz_pool *f, fuzz_input *in)
{
    void *p[40];
    size_t length = fuzz_length(in), wanted = fuzz_byte(in) % 41, capacity = 0, kept = 0;
    errno = 0;
    size_t n = akit_pool_get_n(f->h, length, wanted, p, &capacity);
    FUZZ_MUST(n <= wanted && (n == 0 || capacity >= length));
    if (n < wanted)
        fuzz_refused(f, length);
    for (int i = 0; i < FUZZ_SLOTS && kept < n; i++)
        if (!f->slot[i].p)
            fuzz_keep(f, &f->slot[i], p[kept++], capacity, (unsigned)i);
    FUZZ_MUST(akit_pool_put_n(f->h, n - kept, p + kept) == n - kept);
    f->gets += n - kept;
    f->puts += n - kept;
}

static inline void fuzz_forget(fuzz_pool *f, fuzz_buffer *b)
{
    f->gone = b->p;
    b->p = NULL;
    f->puts++;
}

static inline void fuzz_put(fuzz_pool *f, fuzz_buffer *b)
{
    fuzz_check(b);
    FUZZ_MUST(akit_pool_put(f->h, b->p) == 0);
    fuzz_forget(f, b);
}

static inline void fuzz_put_n(fuzz_pool *f, unsigned first, size_t inside)
{
    void *p[2 * FUZZ_SLOTS];
    size_t n = 0, right = 0;
    for (unsigned i = first; i < FUZZ_SLOTS && right < 30; i += 2) {
        fuzz_buffer *b = &f->slot[i];
        if (!b->p)
            continue;
        if (inside % 3 == 0 && inside < b->capacity)
            p[n++] = b->p + (inside ? inside : 1);
        fuzz_check(b);
        p[n++] = b->p;
        right++;
        fuzz_forget(f, b);
    }
    FUZZ_MUST(akit_pool_put_n(f->h, n, p) == right);
    f->wrong += n - right;
}

static inline void fuzz_misuse(fuzz_pool *f, const fuzz_buffer *b, fuzz_input *in)
{
    size_t inside = 1 + fuzz_byte(in) * (size_t)7;
    FUZZ_MUST(akit_pool_put(f->h, (void *)(uintptr_t)((uint64_t)inside << 20)) == -ENOENT);
    f->wrong++;
    if (b->p && inside < b->capacity) {
        akit_block_info info = AKIT_BLOCK_INFO_INIT;
        FUZZ_MUST(akit_inspect(b->p + inside, &info) == 0 && info.base == (uintptr_t)b->p && info.usable_bytes == b->capacity);
        FUZZ_MUST(akit_pool_put(f->h, b->p + inside) == -ENOENT && akit_pool_capacity(f->h, b->p + inside) == 0);
        f->wrong++;
        fuzz_check(b);
    }
    for (int i = 0; i < FUZZ_SLOTS; i++)
        if (f->slot[i].p == f->gone)
            f->gone = NULL;
    if (f->gone) {
        int rc = akit_pool_put(f->h, f->gone);
        FUZZ_MUST(rc == -EINVAL || rc == -ENOENT);
        f->wrong++;
    }
}

static inline void fuzz_configure(fuzz_pool *f, akit_pool_config *cfg, uint64_t *classes, fuzz_input *in)
{
    unsigned a = fuzz_byte(in), b = fuzz_byte(in), c = fuzz_byte(in);
    cfg->check_mode = a & 1;
    cfg->zero_mode = (a >> 1 & 3) % 3;
    cfg->limit_bytes = a & 8 ? (size_t)2 << 20 : 0;
    cfg->thread_cache_bytes = a & 16 ? 40000 : 0;
    cfg->cache_bytes = a & 32 ? 100000 : 0;
    cfg->class_cache_bytes = a & 64 ? 50000 : 0;
    cfg->decay_ns = a & 128 ? 1000 : 0;
    cfg->exhaust_mode = (b & 3) % 3;
    cfg->alignment = b & 4 ? (size_t)64 << (b >> 3 & 7) : 0;
    cfg->flags = b & 64 ? AKIT_POOL_TAGS : 0;
    if (b & 128 && cfg->exhaust_mode != AKIT_EXHAUST_FALLBACK && !cfg->flags) {
        cfg->memory = fuzz_memory;
        cfg->memory_bytes = sizeof fuzz_memory;
        cfg->limit_bytes = 0;
    }
    for (unsigned i = 0; i < c % 8; i++)
        classes[i] = (i ? classes[i - 1] : 0) + 1 + fuzz_byte(in) * (size_t)23;
    cfg->class_bytes = c % 8 ? classes : NULL;
    cfg->class_count = c % 8;
    f->zeroed = cfg->zero_mode == AKIT_ZERO_ON_ALLOC;
    f->refuses = cfg->limit_bytes || cfg->memory || cfg->exhaust_mode == AKIT_EXHAUST_FAIL;
}

static inline void fuzz_end(fuzz_pool *f)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    for (int i = 0; i < FUZZ_SLOTS / 2; i++)
        if (f->slot[i].p)
            fuzz_put(f, &f->slot[i]);
    FUZZ_MUST(akit_pool_stats_get(f->h, &st) == 0);
    FUZZ_MUST(st.allocs_total == f->gets && st.frees_total == f->puts && st.out_buffers == f->gets - f->puts);
    FUZZ_MUST(st.misuses_total == f->wrong && st.allocs_total == st.hits_total + st.misses_total + st.oversize_total + st.fallbacks_total);
    FUZZ_MUST(akit_pool_destroy(f->h, 0) == 0); /* the rest is out */
    for (int i = 0; i < FUZZ_SLOTS; i++)
        if (f->slot[i].p)
            fuzz_put(f, &f->slot[i]);
    FUZZ_MUST(akit_pool_get(f->h, 1, NULL) == NULL && errno == EINVAL);
}

static inline void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    fuzz_pool f;
    uint64_t classes[8];
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    memset(&f, 0, sizeof f);
    FUZZ_MUST(akit_misuse_mode(AKIT_MISUSE_COUNT) == 0);
    fuzz_configure(&f, &cfg, classes, &in);
    FUZZ_MUST(akit_pool_create(&cfg, &f.h) == 0);
    while (in.at < in.end) {
        unsigned what = fuzz_byte(&in), at = fuzz_byte(&in) % FUZZ_SLOTS;
        fuzz_buffer *b = &f.slot[at];
        if (what >= 250)
            FUZZ_MUST(akit_pool_purge(f.h, what & 1 ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL) == 0);
        else if (what >= 245)
            FUZZ_MUST(what & 1 ? akit_thread_flush(0) == 0 : akit_maintain(NULL) == 0);
        else if (what >= 235)
            fuzz_misuse(&f, b, &in);
        else if (what >= 225)
            (void)akit_pool_warm(f.h, fuzz_length(&in), fuzz_byte(&in));
        else if (what >= 210)
            fuzz_get_n(&f, &in);
        else if (what >= 190)
            fuzz_put_n(&f, at, what);
        else if (!b->p)
            fuzz_get(&f, b, &in);
        else
            fuzz_put(&f, b);
    }
    fuzz_end(&f);
}

#endif
