/*
 * Bytes become calls of a ring: the first ones choose a configuration, then each call takes one byte for what to do and
 * some for lengths and slots. Slices carry a payload that is checked at each release, wrong calls must be refused and
 * counted, and the statistics are compared at the end.
 */
#ifndef TESTS_FUZZ_RING_CALLS_H
#define TESTS_FUZZ_RING_CALLS_H

#include "input.h"

enum { FUZZ_SLOTS = 64 };

typedef struct {
    unsigned char *p;
    size_t length;
    unsigned references;
    unsigned char tag;
    uint64_t number; /* in the order of acquiring */
} fuzz_slice;

typedef struct {
    akit_ring *h;
    akit_ring_config cfg;
    unsigned char *base;
    size_t area;
    uint64_t acquired, released, references, wrong, refused, out;
    fuzz_slice slot[FUZZ_SLOTS];
} fuzz_ring;

static unsigned char fuzz_memory[1 << 18] __attribute__((aligned(4096)));

static inline size_t fuzz_length(fuzz_input *in)
{
    size_t n = fuzz_byte(in);
    n |= (size_t)fuzz_byte(in) << 8;
    return n >> 12 == 15 ? (n == 0xffff ? SIZE_MAX - 7 : (n & 0xfff) << 6) : n & 0xfff;
}

static inline void fuzz_check(const fuzz_slice *s)
{
    for (size_t i = 0; i < s->length; i++)
        FUZZ_MUST(s->p[i] == (unsigned char)(s->tag + i));
}

static inline void fuzz_keep(fuzz_ring *f, fuzz_slice *s, void *p, size_t length, unsigned tag)
{
    FUZZ_MUST((uintptr_t)p % f->cfg.alignment == 0);
    s->p = (unsigned char *)p;
    s->length = length ? length : 1;
    FUZZ_MUST(s->p >= f->base && s->p + s->length <= f->base + f->area);
    s->references = 1;
    s->tag = (unsigned char)tag;
    s->number = f->acquired++;
    f->out++;
    for (size_t i = 0; i < s->length; i++) {
        FUZZ_MUST(f->cfg.zero_mode != AKIT_ZERO_ON_ALLOC || s->p[i] == 0);
        s->p[i] = (unsigned char)(s->tag + i);
    }
}

static inline void fuzz_acquire(fuzz_ring *f, fuzz_slice *s, fuzz_input *in)
{
    size_t length = fuzz_length(in);
    errno = 0;
    void *p = akit_ring_acquire(f->h, length);
    if (p) {
        fuzz_keep(f, s, p, length, fuzz_byte(in));
        return;
    }
    f->refused++;
    if (length > PTRDIFF_MAX)
        FUZZ_MUST(errno == ENOMEM);
    else if (length > f->cfg.block_bytes)
        FUZZ_MUST(errno == EMSGSIZE);
    else
        FUZZ_MUST(errno == ENOBUFS && f->out > 0);
}

static inline void fuzz_gone(fuzz_ring *f, fuzz_slice *s)
{
    f->references += s->references;
    s->p = NULL;
    f->released++;
    f->out--;
}

static inline void fuzz_release(fuzz_ring *f, fuzz_slice *s)
{
    void *p = s->p;
    fuzz_check(s);
    FUZZ_MUST(akit_ring_release(f->h, p) == 0);
    if (s->references > 1) {
        s->references--;
        f->references++;
        return;
    }
    fuzz_gone(f, s);
    if (f->out) { /* else the ring may have ended */
        int rc = akit_ring_release(f->h, p);
        FUZZ_MUST(rc == -EINVAL || rc == -ENOENT);
        f->wrong++;
    }
}

static inline void fuzz_burst(fuzz_ring *f, fuzz_input *in)
{
    void *p[40];
    size_t length = fuzz_length(in) & 0xff, wanted = fuzz_byte(in) % 41, kept = 0;
    size_t n = akit_ring_acquire_n(f->h, length, wanted, p);
    FUZZ_MUST(n <= wanted);
    f->refused += n < wanted;
    for (int i = 0; i < FUZZ_SLOTS && kept < n; i++)
        if (!f->slot[i].p)
            fuzz_keep(f, &f->slot[i], p[kept++], length, (unsigned)i);
    f->acquired += n - kept;
    f->released += n - kept;
    f->references += n - kept;
    FUZZ_MUST(akit_ring_release_n(f->h, n - kept, p + kept) == n - kept);
}

static inline void fuzz_commit(fuzz_ring *f, fuzz_slice *s, size_t used)
{
    size_t whole = (s->length + f->cfg.alignment - 1) / f->cfg.alignment * f->cfg.alignment;
    int rc = akit_ring_commit(f->h, s->p, used);
    if (rc == 0)
        FUZZ_MUST(s->number + 1 == f->acquired && used <= whole);
    else
        FUZZ_MUST(rc == -EINVAL && (s->number + 1 != f->acquired || used > s->length));
    f->wrong += rc != 0;
    if (rc == 0 && used < s->length)
        s->length = used ? used : 1;
}

static inline void fuzz_retain(fuzz_ring *f, fuzz_slice *s, unsigned count)
{
    int rc = akit_ring_retain(f->h, s->p, count);
    FUZZ_MUST(rc == (s->references + count > 255 ? -EOVERFLOW : 0));
    if (rc == 0)
        s->references += count;
}

static inline void fuzz_misuse(fuzz_ring *f, const fuzz_slice *s, unsigned inside)
{
    FUZZ_MUST(akit_ring_release(f->h, f->base + f->area + inside) == -ENOENT);
    f->wrong++;
    if (s->p && inside && inside < s->length) {
        FUZZ_MUST(akit_ring_release(f->h, s->p + inside) == -ENOENT);
        FUZZ_MUST(akit_ring_retain(f->h, s->p + inside, 1) == -ENOENT);
        f->wrong += 2;
        fuzz_check(s);
    }
}

static inline void fuzz_release_to(fuzz_ring *f, const fuzz_slice *s)
{
    int n = 0;
    if (f->cfg.order == AKIT_RING_ORDERED)
        for (int i = 0; i < FUZZ_SLOTS; i++)
            if (f->slot[i].p && f->slot[i].number < s->number) {
                fuzz_check(&f->slot[i]);
                fuzz_gone(f, &f->slot[i]);
                n++;
            }
    FUZZ_MUST(akit_ring_release_to(f->h, s->p) == (f->cfg.order == AKIT_RING_ORDERED ? n : -EINVAL));
    f->wrong += f->cfg.order != AKIT_RING_ORDERED;
}

static inline void fuzz_configure(akit_ring_config *cfg, fuzz_input *in)
{
    unsigned a = fuzz_byte(in), b = fuzz_byte(in);
    cfg->check_mode = a & 1;
    cfg->zero_mode = (a >> 1 & 3) % 3;
    cfg->order = a >> 3 & 1;
    cfg->alignment = (uint64_t)16 << (a >> 4 & 7);
    cfg->block_bytes = cfg->alignment * (1 + b % 64);
    cfg->capacity_bytes = cfg->block_bytes * (1 + fuzz_byte(in) % 16);
    cfg->colour_bytes = b >= 128 && b % 64 > 1 ? cfg->alignment : 0;
    if (b & 64 && cfg->capacity_bytes <= sizeof fuzz_memory) {
        cfg->memory = fuzz_memory;
        cfg->memory_bytes = sizeof fuzz_memory;
    }
}

static inline void fuzz_end(fuzz_ring *f)
{
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    akit_ring_config wish = AKIT_RING_CONFIG_INIT;
    FUZZ_MUST(akit_ring_suggest(f->h, &wish) == 0 && wish.block_bytes <= wish.capacity_bytes);
    FUZZ_MUST(akit_ring_stats_get(f->h, &st) == 0);
    FUZZ_MUST(st.allocs_total == f->acquired && st.frees_total == f->released && st.out_slices == f->out);
    FUZZ_MUST(st.releases_total == f->references && st.failures_total == f->refused && st.misuses_total == f->wrong);
    FUZZ_MUST(st.used_bytes <= st.used_peak_bytes && st.used_bytes + st.padding_bytes + st.cached_bytes <= st.capacity_bytes);
    FUZZ_MUST(akit_ring_destroy(f->h, 0) == 0); /* what is out still is */
    for (int i = 0; i < FUZZ_SLOTS; i++)
        while (f->slot[i].p)
            fuzz_release(f, &f->slot[i]);
    FUZZ_MUST(akit_ring_acquire(f->h, 1) == NULL && errno == EINVAL);
}

static inline void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    fuzz_ring f;
    void *base;
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    memset(&f, 0, sizeof f);
    FUZZ_MUST(akit_misuse_mode(AKIT_MISUSE_COUNT) == 0);
    fuzz_configure(&cfg, &in);
    FUZZ_MUST(akit_ring_create(&cfg, &f.h) == 0);
    FUZZ_MUST(akit_ring_config_init(&f.cfg, sizeof f.cfg) == 0 && akit_ring_config_get(f.h, &f.cfg) == 0);
    FUZZ_MUST(akit_ring_memory_get(f.h, &base, &f.area) == 0);
    f.base = (unsigned char *)base;
    while (in.at < in.end) {
        unsigned what = fuzz_byte(&in);
        fuzz_slice *s = &f.slot[fuzz_byte(&in) % FUZZ_SLOTS];
        if (what >= 240)
            fuzz_misuse(&f, s, fuzz_byte(&in));
        else if (what >= 225)
            fuzz_burst(&f, &in);
        else if (!s->p)
            fuzz_acquire(&f, s, &in);
        else if (what >= 210)
            fuzz_retain(&f, s, fuzz_byte(&in));
        else if (what >= 180)
            fuzz_commit(&f, s, fuzz_length(&in));
        else if (what >= 172)
            fuzz_release_to(&f, s);
        else
            fuzz_release(&f, s);
    }
    fuzz_end(&f);
}

#endif
