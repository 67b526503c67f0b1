/*
 * Bytes become calls of a handle of nodes: the first ones choose a configuration, then each call takes one byte for what
 * to do and some for elements and slots. Blocks carry a payload over their whole size that is checked at each free, wrong
 * frees must be refused and counted, and the statistics are compared at the end.
 */
#ifndef TESTS_FUZZ_NODES_CALLS_H
#define TESTS_FUZZ_NODES_CALLS_H

#include "input.h"

enum { FUZZ_SLOTS = 128 };

typedef struct {
    unsigned char *p;
    size_t capacity; /* 0: a node */
    unsigned char tag;
} fuzz_block;

typedef struct {
    akit_nodes *h;
    akit_nodes_config cfg;
    int refuses;
    uint64_t allocs, frees, wrong;
    void *gone; /* the last that was freed */
    fuzz_block slot[FUZZ_SLOTS];
} fuzz_nodes;

static unsigned char fuzz_memory[1 << 18] __attribute__((aligned(4096)));

static inline size_t fuzz_size(const fuzz_nodes *f, const fuzz_block *b)
{
    return b->capacity ? b->capacity * (size_t)f->cfg.element_bytes : (size_t)f->cfg.node_bytes;
}

static inline void fuzz_check(const fuzz_nodes *f, const fuzz_block *b)
{
    for (size_t i = 0; i < fuzz_size(f, b); i++)
        FUZZ_MUST(b->p[i] == (unsigned char)(b->tag + i));
}

static inline void fuzz_keep(fuzz_nodes *f, fuzz_block *b, void *p, size_t capacity, unsigned tag)
{
    b->p = (unsigned char *)p;
    b->capacity = capacity;
    b->tag = (unsigned char)tag;
    FUZZ_MUST((uintptr_t)p % 16 == 0);
    for (size_t i = 0; i < fuzz_size(f, b); i++) {
        FUZZ_MUST(f->cfg.zero_mode != AKIT_ZERO_ON_ALLOC || b->p[i] == 0);
        b->p[i] = (unsigned char)(b->tag + i);
    }
    f->allocs++;
}

static inline void fuzz_alloc(fuzz_nodes *f, fuzz_block *b, fuzz_input *in, unsigned what)
{
    size_t elements = fuzz_byte(in), capacity = 0;
    int arrays = what % 2 && f->cfg.element_bytes;
    errno = 0;
    void *p = arrays ? akit_nodes_array_alloc(f->h, elements, &capacity) : akit_nodes_alloc(f->h);
    if (p) {
        FUZZ_MUST(!arrays || (capacity >= elements && capacity && capacity <= f->cfg.max_elements));
        fuzz_keep(f, b, p, capacity, fuzz_byte(in));
    } else {
        FUZZ_MUST(capacity == 0 && (arrays && elements > f->cfg.max_elements ? errno == EMSGSIZE : f->refuses && (errno == ENOMEM || errno == ENOBUFS)));
    }
}

static inline void fuzz_free(fuzz_nodes *f, fuzz_block *b)
{
    fuzz_check(f, b);
    FUZZ_MUST((b->capacity ? akit_nodes_array_free(f->h, b->p, b->capacity) : akit_nodes_free(f->h, b->p)) == 0);
    f->gone = b->p;
    b->p = NULL;
    f->frees++;
}

static inline void fuzz_batch(fuzz_nodes *f, fuzz_input *in)
{
    void *p[64];
    size_t wanted = fuzz_byte(in) % 64, n = akit_nodes_alloc_n(f->h, wanted, p), kept = 0;
    FUZZ_MUST(n == wanted || f->refuses);
    for (int i = 0; i < FUZZ_SLOTS && kept < n / 2; i++)
        if (!f->slot[i].p)
            fuzz_keep(f, &f->slot[i], p[kept++], 0, (unsigned)i);
    FUZZ_MUST(akit_nodes_free_n(f->h, n - kept, p + kept) == n - kept);
    f->allocs += n - kept;
    f->frees += n - kept;
}

static inline void fuzz_misuse(fuzz_nodes *f, const fuzz_block *b, fuzz_input *in)
{
    size_t at = fuzz_byte(in), inside = b->p ? 1 + at * 7 % fuzz_size(f, b) : 1;
    FUZZ_MUST(akit_nodes_free(f->h, (void *)(uintptr_t)((uint64_t)(at + 1) << 20)) == -ENOENT);
    f->wrong++;
    if (b->p && inside < fuzz_size(f, b)) {
        akit_block_info info = AKIT_BLOCK_INFO_INIT;
        FUZZ_MUST(akit_inspect(b->p + inside, &info) == 0 && info.base == (uintptr_t)b->p);
        FUZZ_MUST(akit_nodes_free(f->h, b->p + inside) == -ENOENT);
        f->wrong++;
        if (at != b->capacity) {
            FUZZ_MUST((b->capacity ? akit_nodes_array_free(f->h, b->p, at) : akit_nodes_array_free(f->h, b->p, at)) == -EINVAL);
            f->wrong++;
        }
        fuzz_check(f, b);
    }
    for (int i = 0; i < FUZZ_SLOTS; i++)
        if (f->slot[i].p == f->gone)
            f->gone = NULL;
    if (f->gone) {
        FUZZ_MUST(akit_nodes_free(f->h, f->gone) < 0);
        f->wrong++;
    }
}

static inline void fuzz_reset(fuzz_nodes *f, fuzz_input *in)
{
    uint64_t keep = (uint64_t)fuzz_byte(in) << 13;
    FUZZ_MUST(akit_nodes_reset(f->h, keep == 255 << 13 ? AKIT_NONE : keep) == 0);
    for (int i = 0; i < FUZZ_SLOTS; i++)
        f->slot[i].p = NULL;
    f->frees = f->allocs;
}

static inline void fuzz_configure(fuzz_nodes *f, fuzz_input *in)
{
    unsigned a = fuzz_byte(in), b = fuzz_byte(in), c = fuzz_byte(in);
    akit_nodes_config cfg = AKIT_NODES_CONFIG_INIT;
    cfg.node_bytes = 1 + fuzz_byte(in) * (a & 1 ? (size_t)40 : 1);
    cfg.node_alignment = a & 2 ? (size_t)16 << (b & 7) : 0;
    cfg.zero_mode = (a >> 2 & 3) % 3;
    cfg.exhaust_mode = (a >> 4 & 3) % 3;
    cfg.limit_bytes = a & 64 ? (size_t)1 << 18 : 0;
    cfg.element_bytes = b >> 3;
    cfg.max_elements = cfg.element_bytes ? 1 + c % 64 : 0;
    cfg.capacity_step = cfg.element_bytes && c & 64 ? 1 + c % 5 % cfg.max_elements : 0;
    if (a & 128) {
        cfg.memory = fuzz_memory;
        cfg.memory_bytes = sizeof fuzz_memory;
    }
    f->refuses = cfg.limit_bytes || cfg.memory || cfg.exhaust_mode == AKIT_EXHAUST_FAIL;
    FUZZ_MUST(akit_nodes_create(&cfg, &f->h) == 0);
    f->cfg.struct_size = sizeof f->cfg;
    FUZZ_MUST(akit_nodes_config_get(f->h, &f->cfg) == 0);
}

static inline void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    fuzz_nodes f;
    memset(&f, 0, sizeof f);
    FUZZ_MUST(akit_misuse_mode(AKIT_MISUSE_COUNT) == 0);
    fuzz_configure(&f, &in);
    while (in.at < in.end) {
        unsigned what = fuzz_byte(&in);
        fuzz_block *b = &f.slot[fuzz_byte(&in) % FUZZ_SLOTS];
        if (what >= 252)
            fuzz_reset(&f, &in);
        else if (what >= 245)
            FUZZ_MUST(akit_nodes_purge(f.h, what & 1 ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL) == 0);
        else if (what >= 225)
            fuzz_misuse(&f, b, &in);
        else if (what >= 210)
            fuzz_batch(&f, &in);
        else if (b->p)
            fuzz_free(&f, b);
        else
            fuzz_alloc(&f, b, &in, what);
    }
    akit_nodes_stats st = AKIT_NODES_STATS_INIT;
    FUZZ_MUST(akit_nodes_stats_get(f.h, &st) == 0);
    FUZZ_MUST(st.allocs_total == f.allocs && st.frees_total == f.frees && st.misuses_total == f.wrong);
    FUZZ_MUST(st.nodes_used + st.arrays_used == f.allocs - f.frees);
    for (int i = 0; i < FUZZ_SLOTS; i++)
        if (f.slot[i].p)
            fuzz_free(&f, &f.slot[i]);
    FUZZ_MUST(akit_nodes_destroy(f.h, 0) == 0);
}

#endif
