/* Random calls beside a model: a list of blocks with payload, and the marks between them. */
#include "arena_kit.h"

enum { MOST = 4096, MARKS = 64 };

typedef struct {
    unsigned char *p, seed;
    size_t size;
} model_block;

typedef struct {
    akit_arena *h;
    uint64_t random, allocs, wrong, back;
    model_block block[MOST];
    size_t blocks;
    struct {
        uint64_t mark;
        size_t blocks;
    } mark[MARKS];
    size_t marks;
    int bounded;   /* requests may be refused */
    size_t marked; /* blocks that a mark or a rewind is behind of */
} model;

static unsigned char memory[KIB(512)];

static size_t below(model *m, size_t n)
{
    return (size_t)(random_word(&m->random) % n);
}

static size_t any_size(model *m)
{
    switch (below(m, 16)) {
    case 0: return 0;
    case 1: return below(m, MIB(1));
    case 2: return below(m, 300) == 0 ? MIB(4) + below(m, MIB(4)) : below(m, KIB(300));
    case 3: case 4: return below(m, KIB(10));
    default: return below(m, 300);
    }
}

static size_t stride(size_t size)
{
    return size > 2000 ? size / 100 : 1;
}

static void add(model *m, void *p, size_t size, size_t alignment)
{
    model_block *b = &m->block[m->blocks++];
    *b = (model_block){(unsigned char *)p, (unsigned char)below(m, 255), size ? size : 1};
    CHECK(aligned_to(p, alignment ? alignment : 16));
    for (size_t i = 0; i < b->size; i += stride(b->size))
        b->p[i] = b->seed;
    b->p[b->size - 1] = b->seed;
    m->allocs++;
}

static void look(const model_block *b)
{
    for (size_t i = 0; i < b->size; i += stride(b->size))
        CHECK(b->p[i] == b->seed);
    CHECK(b->p[b->size - 1] == b->seed);
}

static void go_to(model *m, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++)
        look(&m->block[i]);
    m->blocks = m->marked = blocks;
    m->back++;
}

static void alloc_some(model *m)
{
    size_t size = any_size(m), alignment = below(m, 4) ? 0 : (size_t)1 << below(m, below(m, 50) ? 8 : 24);
    size_t n = below(m, 3) ? 1 : 1 + below(m, 20), got;
    void *out[20];
    if (size > KIB(20))
        n = 1;
    if (m->blocks + n > MOST)
        return;
    errno = 0;
    if (n == 1)
        got = (out[0] = akit_arena_alloc(m->h, size, alignment)) != NULL;
    else
        got = akit_arena_alloc_n(m->h, size, alignment, n, out);
    CHECK(got == n || (m->bounded && (errno == ENOMEM || errno == ENOBUFS || errno == EMSGSIZE)));
    for (size_t i = 0; i < got; i++)
        add(m, out[i], size, alignment);
}

static void resize_one(model *m)
{
    if (!m->blocks)
        return;
    size_t k = below(m, 3) ? m->blocks - 1 : below(m, m->blocks), want = below(m, 4) ? below(m, 2000) : any_size(m);
    model_block *b = &m->block[k];
    int rc = akit_arena_resize(m->h, b->p, b->size, want);
    CHECK(rc == 0 || rc == -ENOSPC);
    want = want ? want : 1;
    CHECK(rc == 0 || want > b->size);
    if (rc != 0)
        return;
    CHECK(want <= b->size || (k == m->blocks - 1 && k >= m->marked) || b->size > MIB(4) || m->bounded);
    /* A block that is not the youngest keeps its bytes, so its size is the old one for the model too. */
    if (k == m->blocks - 1 && k >= m->marked) {
        b->size = want;
    } else if (b->size > MIB(4) || m->bounded) {
        b->size = want; /* it may have had a slab of its own */
    } else {
        return;
    }
    for (size_t i = 0; i < b->size; i += stride(b->size))
        b->p[i] = b->seed;
    b->p[b->size - 1] = b->seed;
}

static void set_mark(model *m)
{
    if (m->marks == MARKS)
        return;
    m->mark[m->marks].mark = mark_of(m->h);
    m->mark[m->marks++].blocks = m->blocks;
    m->marked = m->blocks;
}

static void rewind_some(model *m)
{
    if (!m->marks)
        return;
    size_t k = below(m, 2) ? m->marks - 1 : below(m, m->marks);
    uint64_t old[MARKS];
    size_t stale = 0;
    for (size_t i = k + 1; i < m->marks; i++)
        if (m->mark[i].blocks > m->mark[k].blocks)
            old[stale++] = m->mark[i].mark;
    CHECK_INT(akit_arena_rewind(m->h, m->mark[k].mark), 0);
    m->marks = k + (below(m, 2) ? 1 : 0);
    go_to(m, m->mark[k].blocks);
    for (size_t i = 0; i < stale && i < 3; i++) {
        if (i)
            alloc_some(m);
        CHECK_INT(akit_arena_rewind(m->h, old[i]), -EINVAL);
        m->wrong++;
    }
}

static void reset(model *m)
{
    static const uint64_t keep[] = {AKIT_NONE, 0, KIB(100), MIB(3)};
    CHECK_INT(akit_arena_reset(m->h, keep[below(m, 4)]), 0);
    m->marks = 0;
    go_to(m, 0);
}

static void run(const akit_arena_config *cfg, uint64_t seed, int bounded, int steps)
{
    static model m;
    m = (model){0};
    m.h = new_arena_with(cfg);
    m.random = seed;
    m.bounded = bounded;
    for (int i = 0; i < steps; i++) {
        size_t what = below(&m, 100);
        if (what < 70)
            alloc_some(&m);
        else if (what < 80)
            resize_one(&m);
        else if (what < 89)
            set_mark(&m);
        else if (what < 98)
            rewind_some(&m);
        else if (below(&m, 10) == 0)
            reset(&m);
        akit_arena_stats st = arena_stats_of(m.h);
        CHECK_INT(st.capacity_bytes, st.used_bytes + st.cached_bytes + st.tail_waste_bytes);
        CHECK_AT_LEAST(st.used_peak_bytes, st.used_bytes);
        CHECK_AT_LEAST(st.high_water_bytes, st.used_bytes + st.tail_waste_bytes);
        CHECK_AT_LEAST(st.mapped_bytes, st.capacity_bytes);
    }
    go_to(&m, m.blocks);
    akit_arena_stats st = arena_stats_of(m.h);
    CHECK_INT(st.allocs_total, m.allocs);
    CHECK_INT(st.misuses_total, m.wrong);
    CHECK_INT(st.frees_total, m.back - 1);
    arena_end(m.h);
}

CASE(growing)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        run(NULL, seed, 0, 3000);
}

CASE(small_slabs)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.slab_bytes = KIB(4);
    cfg.max_slab_bytes = KIB(16);
    for (uint64_t seed = 1; seed <= 4; seed++)
        run(&cfg, seed, 1, 3000);
}

CASE(capped)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.limit_bytes = MIB(2);
    for (uint64_t seed = 1; seed <= 4; seed++)
        run(&cfg, seed, 1, 3000);
}

CASE(falling_back)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.limit_bytes = KIB(256);
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    for (uint64_t seed = 1; seed <= 4; seed++)
        run(&cfg, seed, 1, 2000);
}

CASE(of_one_slab)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.slab_bytes = KIB(500);
    cfg.exhaust_mode = AKIT_EXHAUST_FAIL;
    for (uint64_t seed = 1; seed <= 4; seed++)
        run(&cfg, seed, 1, 3000);
}

CASE(in_memory_of_the_caller)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    cfg.memory = memory + 3;
    cfg.memory_bytes = sizeof memory - 3;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        cfg.exhaust_mode = seed % 2 ? AKIT_EXHAUST_GROW : AKIT_EXHAUST_FALLBACK;
        run(&cfg, seed, 1, 3000);
    }
}

CASE(zeroing)
{
    akit_arena_config cfg = AKIT_ARENA_CONFIG_INIT;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        cfg.zero_mode = seed % 2 ? AKIT_ZERO_ON_ALLOC : AKIT_ZERO_ON_FREE;
        run(&cfg, seed, 0, 1500);
    }
}
