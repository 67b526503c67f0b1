/*
 * Bytes become calls of an arena: the first ones choose a configuration, then each call takes one byte for what to do
 * and some for sizes. Blocks carry a payload that is checked before they go, wrong marks must be refused and counted,
 * and the statistics are compared at the end.
 */
#ifndef TESTS_FUZZ_ARENA_CALLS_H
#define TESTS_FUZZ_ARENA_CALLS_H

#include "input.h"

enum { FUZZ_BLOCKS = 512, FUZZ_MARKS = 16 };

typedef struct {
    unsigned char *p, seed;
    size_t size;
} fuzz_block;

typedef struct {
    akit_arena *h;
    int refuses; /* it has a bound: requests may fail */
    uint64_t allocs, wrong, backs;
    fuzz_block block[FUZZ_BLOCKS];
    size_t blocks, marks;
    struct {
        uint64_t mark;
        size_t blocks;
    } mark[FUZZ_MARKS];
} fuzz_arena;

static unsigned char fuzz_memory[1 << 18] __attribute__((aligned(4096)));

static inline size_t fuzz_size(fuzz_input *in)
{
    size_t n = fuzz_byte(in);
    n |= (size_t)fuzz_byte(in) << 8;
    return n >> 12 == 15 ? (n == 0xffff ? SIZE_MAX - 7 : (n & 0xfff) << 11) : n >> (n & 7);
}

static inline void fuzz_ends(const fuzz_block *b, unsigned char v)
{
    b->p[0] = b->p[b->size / 2] = b->p[b->size - 1] = v;
}

static inline void fuzz_back(fuzz_arena *a, size_t blocks)
{
    for (size_t i = 0; i < a->blocks; i++) {
        const fuzz_block *b = &a->block[i];
        FUZZ_MUST(i >= blocks || (b->p[0] == b->seed && b->p[b->size / 2] == b->seed && b->p[b->size - 1] == b->seed));
    }
    a->blocks = blocks;
    a->backs++;
}

static inline void fuzz_alloc(fuzz_arena *a, fuzz_input *in)
{
    size_t size = fuzz_size(in), n = 1 + fuzz_byte(in) % 16, alignment = (size_t)1 << fuzz_byte(in) % 20;
    void *out[16];
    int odd = fuzz_byte(in) == 255;
    if (a->blocks + n > FUZZ_BLOCKS)
        return;
    if (odd)
        alignment += alignment > 1 ? 1 : 2;
    errno = 0;
    size_t got = n > 1 ? akit_arena_alloc_n(a->h, size, alignment, n, out) : (out[0] = akit_arena_alloc(a->h, size, alignment)) != NULL;
    int is_bad = (alignment & (alignment - 1)) != 0;
    FUZZ_MUST(got <= n && (!is_bad || got == 0));
    FUZZ_MUST(got == n || (is_bad ? errno == EINVAL : errno == ENOMEM || (a->refuses && (errno == ENOBUFS || errno == EMSGSIZE))));
    FUZZ_MUST(got == n || is_bad || a->refuses || size > PTRDIFF_MAX);
    for (size_t i = 0; i < got; i++) {
        fuzz_block b = {(unsigned char *)out[i], (unsigned char)(a->allocs * 7), size ? size : 1};
        FUZZ_MUST((uintptr_t)b.p % alignment == 0);
        fuzz_ends(&b, b.seed);
        a->block[a->blocks++] = b;
        a->allocs++;
    }
}

static inline void fuzz_resize(fuzz_arena *a, fuzz_input *in)
{
    size_t want = fuzz_size(in), back = fuzz_byte(in);
    if (!a->blocks)
        return;
    fuzz_block *b = &a->block[a->blocks - 1 - (back < 128 ? 0 : back % a->blocks)];
    int rc = akit_arena_resize(a->h, b->p, b->size, want);
    FUZZ_MUST(rc == 0 || (rc == -ENOSPC && want > b->size) || (rc == -ENOMEM && want > PTRDIFF_MAX));
    if (rc != 0)
        return;
    b->size = want ? want : 1;
    fuzz_ends(b, b->seed);
}

static inline void fuzz_rewind(fuzz_arena *a, fuzz_input *in)
{
    if (!a->marks)
        return;
    size_t k = fuzz_byte(in) % a->marks;
    uint64_t stale = a->mark[a->marks - 1].mark;
    int is_stale = a->mark[a->marks - 1].blocks > a->mark[k].blocks;
    FUZZ_MUST(akit_arena_rewind(a->h, a->mark[k].mark) == 0);
    a->marks = k + 1;
    fuzz_back(a, a->mark[k].blocks);
    if (is_stale) {
        FUZZ_MUST(akit_arena_rewind(a->h, stale) == -EINVAL);
        a->wrong++;
    }
}

static inline void fuzz_call(fuzz_arena *a, fuzz_input *in)
{
    unsigned what = fuzz_byte(in);
    if (what < 150) {
        fuzz_alloc(a, in);
    } else if (what < 180) {
        fuzz_resize(a, in);
    } else if (what < 205) {
        if (a->marks < FUZZ_MARKS) {
            FUZZ_MUST(akit_arena_mark(a->h, &a->mark[a->marks].mark) == 0);
            a->mark[a->marks++].blocks = a->blocks;
        }
    } else if (what < 240) {
        fuzz_rewind(a, in);
    } else if (what < 245) {
        uint64_t number = fuzz_size(in);
        FUZZ_MUST(akit_arena_rewind(a->h, number) == -EINVAL);
        a->wrong++;
    } else {
        FUZZ_MUST(akit_arena_reset(a->h, what == 255 ? AKIT_NONE : (uint64_t)(what - 245) << 14) == 0);
        a->marks = 0;
        fuzz_back(a, 0);
    }
}

static inline void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    static fuzz_arena a;
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    a = (fuzz_arena){0};
    akit_misuse_mode(AKIT_MISUSE_COUNT);
    unsigned mode = fuzz_byte(&in), how = fuzz_byte(&in);
    cfg.exhaust_mode = mode % 3;
    cfg.zero_mode = mode / 3 % 3;
    if (how & 1)
        cfg.slab_bytes = (uint64_t)(1 + (how >> 4)) << 12;
    if (how & 2)
        cfg.limit_bytes = (uint64_t)(2 + (how >> 4)) << 16;
    if (how & 4) {
        cfg.memory = fuzz_memory + (how >> 4);
        cfg.memory_bytes = sizeof fuzz_memory - (how >> 4);
    }
    a.refuses = (how & 6) || cfg.exhaust_mode == AKIT_EXHAUST_FAIL;
    if (akit_arena_create(&cfg, &a.h) != 0)
        return;
    while (in.at < in.end)
        fuzz_call(&a, &in);
    akit_arena_stats st = AKIT_ARENA_STATS_INIT;
    FUZZ_MUST(akit_arena_stats_get(a.h, &st) == 0);
    FUZZ_MUST(st.allocs_total == a.allocs && st.misuses_total == a.wrong && st.frees_total == a.backs);
    FUZZ_MUST(st.capacity_bytes == st.used_bytes + st.cached_bytes + st.tail_waste_bytes);
    fuzz_back(&a, a.blocks);
    FUZZ_MUST(akit_arena_destroy(a.h, 0) == 0);
}

#endif
