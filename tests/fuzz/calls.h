/*
 * Bytes become calls: the first ones choose a configuration, then each call takes one byte for what to do and some for
 * sizes and slots. Blocks carry a payload that is checked at each realloc and free, and the statistics are at the end.
 */
#ifndef TESTS_FUZZ_CALLS_H
#define TESTS_FUZZ_CALLS_H

#include "input.h"

enum { FUZZ_SLOTS = 32 };

typedef struct {
    unsigned char *p;
    size_t size, alignment;
    unsigned char tag;
} fuzz_block;

static inline size_t fuzz_size(fuzz_input *in)
{
    size_t n = fuzz_byte(in);
    n |= (size_t)fuzz_byte(in) << 8;
    unsigned how = (unsigned)(n >> 14);
    n &= 0x3fff;
    return how == 0 ? n & 0x1ff : how == 1 ? n : how == 2 ? n << 5 : n == 0x3fff ? SIZE_MAX - 20 : (n & 0x3f) << 14;
}

/* Large blocks: the ends and some pages between. */
static inline void fuzz_fill(fuzz_block *b)
{
    for (size_t i = 0; i < b->size; i += b->size > 8192 ? 4099 : 1)
        b->p[i] = (unsigned char)(b->tag + i);
}

static inline void fuzz_check(const fuzz_block *b, const unsigned char *p, size_t kept)
{
    for (size_t i = 0; i < kept; i += b->size > 8192 ? 4099 : 1)
        FUZZ_MUST(p[i] == (unsigned char)(b->tag + i));
}

static inline void fuzz_keep(fuzz_block *b, void *p, size_t size, size_t alignment, unsigned tag)
{
    FUZZ_MUST((uintptr_t)p % (alignment < 16 ? 16 : alignment) == 0);
    b->p = (unsigned char *)p;
    b->size = size;
    b->alignment = alignment;
    b->tag = (unsigned char)tag;
    fuzz_fill(b);
}

static inline void fuzz_alloc(akit_tiered *h, fuzz_block *b, fuzz_input *in, unsigned how)
{
    size_t size = fuzz_size(in), usable = 0, alignment = 0;
    void *p;
    errno = 0;
    if (how < 3) {
        p = akit_tiered_alloc(h, size);
    } else if (how == 3) {
        size_t count = fuzz_byte(in) % 5;
        p = akit_tiered_calloc(h, count, size);
        size = p ? count * size : 0;
        for (size_t i = 0; i < size; i += size > 65536 ? 211 : 1)
            FUZZ_MUST(((unsigned char *)p)[i] == 0);
    } else {
        unsigned bits = fuzz_byte(in);
        alignment = (size_t)1 << (bits & 15);
        p = akit_tiered_allocx(h, size, alignment, bits >> 4 & (AKIT_ALLOC_ZERO | AKIT_ALLOC_NO_CACHE | AKIT_ALLOC_GUARD), &usable);
        FUZZ_MUST(!p || usable >= size);
    }
    if (p)
        fuzz_keep(b, p, usable ? usable : size, alignment, fuzz_byte(in));
    else
        FUZZ_MUST(errno == ENOMEM);
}

static inline void fuzz_realloc(akit_tiered *h, fuzz_block *b, fuzz_input *in, unsigned how)
{
    size_t size = fuzz_size(in), usable = 0;
    uint32_t flags = how == 1 ? AKIT_ALLOC_NO_MOVE : 0;
    unsigned char *p = (unsigned char *)akit_tiered_reallocx(h, b->p, size, b->alignment, flags, &usable);
    if (!p) {
        FUZZ_MUST(errno == ENOMEM);
        fuzz_check(b, b->p, b->size);
        return;
    }
    FUZZ_MUST(usable >= size && (how != 1 || p == b->p));
    fuzz_check(b, p, size < b->size ? size : b->size);
    fuzz_keep(b, p, size, b->alignment, fuzz_byte(in));
}

static inline void fuzz_free(akit_tiered *h, fuzz_block *b, unsigned how)
{
    fuzz_check(b, b->p, b->size);
    if (how == 0)
        akit_free(b->p);
    else if (how == 1)
        akit_tiered_free_sized(h, b->p, b->size);
    else
        akit_tiered_free(h, b->p);
    b->p = NULL;
}

/* Pointers that are no block starts: reported, and nothing else happens. */
static inline void fuzz_misuse(akit_tiered *h, const fuzz_block *b, fuzz_input *in)
{
    size_t inside = 1 + fuzz_byte(in);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    if (b->p && inside < b->size) {
        FUZZ_MUST(akit_inspect(b->p + inside, &info) == 0 && info.base == (uintptr_t)b->p);
        FUZZ_MUST(akit_tiered_owns(h, b->p + inside) == 1);
    }
    akit_tiered_free(h, (void *)(uintptr_t)((uint64_t)inside << 20));
    FUZZ_MUST(akit_tiered_reallocx(h, (void *)(uintptr_t)((uint64_t)inside << 33 | 8), 10, 0, 0, NULL) == NULL);
}

static inline void fuzz_configure(akit_tiered_config *cfg, fuzz_input *in)
{
    static const size_t small[] = {0, 16, 128, 1024, 4096}, medium[] = {0, 4096, 16384, 65536};
    unsigned a = fuzz_byte(in), b = fuzz_byte(in);
    cfg->check_mode = a & 1;
    cfg->zero_mode = (a >> 1 & 3) % 3;
    cfg->guard_sample_interval = a & 8 ? 3 : 0;
    cfg->limit_bytes = a & 16 ? (size_t)1 << 20 : 0;
    cfg->thread_cache_bytes = a & 32 ? 4096 : 0;
    cfg->cache_bytes = a & 64 ? 65536 : 0;
    cfg->small_max_bytes = small[(b & 7) % 5];
    cfg->medium_max_bytes = medium[b >> 3 & 3];
    if (cfg->small_max_bytes > 16384 || (cfg->medium_max_bytes && cfg->medium_max_bytes < cfg->small_max_bytes))
        cfg->medium_max_bytes = 0;
}

static inline void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    fuzz_block blocks[FUZZ_SLOTS];
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *h = NULL;
    memset(blocks, 0, sizeof blocks);
    FUZZ_MUST(akit_misuse_mode(AKIT_MISUSE_COUNT) == 0);
    fuzz_configure(&cfg, &in);
    FUZZ_MUST(akit_tiered_create(&cfg, &h) == 0);
    while (in.at < in.end) {
        unsigned what = fuzz_byte(&in);
        fuzz_block *b = &blocks[fuzz_byte(&in) % FUZZ_SLOTS];
        if (what >= 250)
            FUZZ_MUST(akit_tiered_purge(h, what & 1 ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL) == 0);
        else if (what >= 245)
            FUZZ_MUST(akit_thread_flush(0) == 0);
        else if (what >= 240)
            fuzz_misuse(h, b, &in);
        else if (!b->p)
            fuzz_alloc(h, b, &in, what % 5);
        else if (what % 2)
            fuzz_realloc(h, b, &in, what / 2 % 3);
        else
            fuzz_free(h, b, what / 2 % 3);
    }
    for (int i = 0; i < FUZZ_SLOTS; i++)
        if (blocks[i].p)
            fuzz_free(h, &blocks[i], (unsigned)i % 3);
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    FUZZ_MUST(akit_tiered_stats_get(h, &st) == 0);
    FUZZ_MUST(st.used_bytes == 0 && st.allocs_total == st.frees_total);
    FUZZ_MUST(akit_tiered_destroy(h, 0) == 0);
}

#endif
