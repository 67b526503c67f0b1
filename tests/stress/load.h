/* A random load: a table of live blocks, and one random call of the ABI per step, checked against the table. */
#ifndef TESTS_STRESS_LOAD_H
#define TESTS_STRESS_LOAD_H

#include "stress.h"

enum { LOAD_SLOTS = 512, LOAD_BATCH = 100 };

typedef struct {
    unsigned char *p;
    size_t size, alignment; /* size: bytes filled */
    uint64_t tag;
} item;

typedef struct {
    akit_tiered *h;
    rng r;
    item items[LOAD_SLOTS];
    size_t bytes, most;
    size_t size_max;
    int may_fail; /* the handle has a cap */
    uint64_t refused;
} load;

static inline void load_init(load *l, akit_tiered *h, uint64_t number)
{
    memset(l, 0, sizeof *l);
    l->h = h;
    l->r = rng_new(number);
    l->most = MIB(48);
    l->size_max = SIZE_MAX;
}

static inline size_t load_size(load *l)
{
    size_t n = any_size(&l->r);
    return n > l->size_max ? n % l->size_max : n;
}

static inline void zeroed(const unsigned char *p, size_t size)
{
    size_t step = size > MIB(1) ? 509 : 1;
    for (size_t i = 0; i < size; i += step)
        if (p[i])
            die("byte %zu of %zu is not zero", i, size);
}

static inline int refused(load *l, const void *p)
{
    if (p)
        return 0;
    if (!l->may_fail || errno != ENOMEM)
        die("refused with errno %d", errno);
    l->refused++;
    return 1;
}

static inline void load_keep(load *l, item *i, void *p, size_t size, size_t alignment)
{
    if ((uintptr_t)p % (alignment < 16 ? 16 : alignment))
        die("%p is not aligned to %zu", p, alignment);
    i->p = (unsigned char *)p;
    i->size = size;
    i->alignment = alignment;
    i->tag = next(&l->r);
    l->bytes += size;
    fill(p, size, i->tag);
}

static inline void load_alloc(load *l, item *i)
{
    size_t size = load_size(l), usable = 0, alignment = 0;
    void *p;
    switch (below(&l->r, 8)) {
    case 0:
        p = akit_tiered_calloc(l->h, 1 + size / 64, 61);
        if (refused(l, p))
            return;
        zeroed((unsigned char *)p, (1 + size / 64) * 61);
        size = (1 + size / 64) * 61;
        break;
    case 1:
        alignment = (size_t)1 << below(&l->r, below(&l->r, 20) ? 14 : 23);
        if (below(&l->r, 2)) {
            p = akit_tiered_aligned_alloc(l->h, alignment, size);
        } else {
            uint32_t flags = (below(&l->r, 4) ? 0 : AKIT_ALLOC_NO_CACHE) | (below(&l->r, 40) ? 0 : AKIT_ALLOC_GUARD);
            p = akit_tiered_allocx(l->h, size, alignment, flags, &usable);
        }
        if (refused(l, p))
            return;
        size = usable ? usable : size;
        break;
    case 2:
        p = akit_tiered_allocx(l->h, size, 0, AKIT_ALLOC_ZERO, &usable);
        if (refused(l, p))
            return;
        MUST(usable >= size);
        zeroed((unsigned char *)p, usable);
        size = usable;
        break;
    default:
        p = akit_tiered_alloc(l->h, size);
        if (refused(l, p))
            return;
        usable = akit_tiered_usable_size(l->h, p);
        MUST(usable >= size && usable >= 16);
        if (below(&l->r, 2))
            size = usable;
    }
    load_keep(l, i, p, size, alignment);
}

static inline void load_free(load *l, item *i)
{
    verify(i->p, i->size, i->size, i->tag);
    l->bytes -= i->size;
    switch (below(&l->r, 5)) {
    case 0:
        akit_free(i->p);
        break;
    case 1:
        if (i->alignment)
            akit_tiered_free_aligned_sized(l->h, i->p, i->alignment, i->size);
        else
            akit_tiered_free_sized(l->h, i->p, i->size);
        break;
    case 2:
        akit_free_sized(i->p, i->size);
        break;
    default:
        akit_tiered_free(l->h, i->p);
    }
    i->p = NULL;
}

static inline void load_realloc(load *l, item *i)
{
    size_t size = below(&l->r, 3) ? load_size(l) : i->size + below(&l->r, i->size / 4 + 32), usable = 0;
    size_t kept = size < i->size ? size : i->size;
    unsigned char *p;
    int how = (int)below(&l->r, 4);
    if (how == 0) {
        p = (unsigned char *)akit_tiered_reallocx(l->h, i->p, size, i->alignment, AKIT_ALLOC_NO_MOVE, &usable);
        if (!p) {
            MUST(errno == ENOMEM && usable == 0);
            verify(i->p, i->size, i->size, i->tag);
            return;
        }
        MUST(p == i->p);
    } else if (how == 1) {
        p = (unsigned char *)akit_tiered_reallocx(l->h, i->p, size, i->alignment, 0, &usable);
    } else {
        p = (unsigned char *)akit_tiered_realloc(l->h, i->p, size);
        i->alignment = p && (uintptr_t)p % (i->alignment + !i->alignment) ? 0 : i->alignment;
    }
    if (refused(l, p)) {
        verify(i->p, i->size, i->size, i->tag);
        return;
    }
    verify(p, i->size, kept, i->tag);
    l->bytes -= i->size;
    MUST(usable == 0 || usable >= size);
    load_keep(l, i, p, usable ? usable : size, how < 2 ? i->alignment : 0);
}

static inline void load_batch(load *l)
{
    void *p[LOAD_BATCH];
    size_t size = below(&l->r, 3000), n = below(&l->r, LOAD_BATCH), got = akit_tiered_alloc_n(l->h, size, n, p);
    uint64_t tag = next(&l->r);
    MUST(got == n || l->may_fail);
    for (size_t i = 0; i < got; i++)
        fill(p[i], size, tag + i);
    for (size_t i = 0; i < got; i++)
        verify(p[i], size, size, tag + i);
    MUST(akit_tiered_free_n(l->h, got, p) == got);
}

static inline void load_look(load *l, const item *i)
{
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    const unsigned char *inside = i->p + (i->size ? below(&l->r, i->size) : 0);
    MUST(akit_tiered_owns(l->h, inside) == 1);
    MUST(akit_inspect(inside, &info) == 0);
    MUST(info.base == (uintptr_t)i->p && info.usable_bytes >= i->size && info.state == AKIT_BLOCK_OUT);
}

static inline void load_step(load *l)
{
    unsigned what = (unsigned)below(&l->r, 200);
    item *i = &l->items[below(&l->r, LOAD_SLOTS)];
    if (what == 0)
        load_batch(l);
    else if (!i->p)
        load_alloc(l, i);
    else if (l->bytes > l->most || what < 140)
        load_free(l, i);
    else if (what < 190)
        load_realloc(l, i);
    else
        load_look(l, i);
}

static inline void load_end(load *l)
{
    for (int k = 0; k < LOAD_SLOTS; k++)
        if (l->items[k].p)
            load_free(l, &l->items[k]);
}

#endif
