/*
 * Random calls of one ring against a list of what is out: payload, books, peaks and answers to wrong pointers. A case
 * makes some 10^5 steps; AKIT_RING_STEPS says how many instead.
 */
#include "ring_kit.h"

enum { MOST = 600 };

typedef struct {
    unsigned char *p;
    size_t length, whole; /* bytes asked for, and rounded up */
    unsigned references;
    uint64_t tag;
} piece;

typedef struct {
    akit_ring *h;
    akit_ring_config cfg;
    uint64_t random, acquired, released, references, wrong, refused, too_large;
    uint64_t used, used_peak, out_peak;
    size_t n; /* oldest first */
    piece out[MOST];
    unsigned char *gone, *base;
    size_t area;
} model;

static uint64_t any(model *m, uint64_t n)
{
    return random_word(&m->random) % n;
}

static void fill(const piece *s, size_t from)
{
    for (size_t i = from; i < s->length; i += s->length > 4096 ? 97 : 1)
        s->p[i] = (unsigned char)(s->tag + i);
    s->p[s->length - 1] = (unsigned char)(s->tag + s->length - 1);
}

static void verify(const piece *s)
{
    for (size_t i = 0; i < s->length; i += s->length > 4096 ? 97 : 1)
        if (s->p[i] != (unsigned char)(s->tag + i))
            CHECK_FAIL("byte %zu of %zu is damaged", i, s->length);
    CHECK_INT(s->p[s->length - 1], (unsigned char)(s->tag + s->length - 1));
}

static size_t up(const model *m, size_t n)
{
    size_t a = (size_t)m->cfg.alignment;
    return n == 0 ? a : (n + a - 1) / a * a;
}

static void keep(model *m, void *p, size_t length)
{
    piece *s = &m->out[m->n++];
    s->p = (unsigned char *)p;
    s->length = length ? length : 1;
    s->whole = up(m, length);
    s->references = 1;
    s->tag = random_word(&m->random);
    CHECK(aligned_to(p, (size_t)m->cfg.alignment));
    CHECK(s->p >= m->base && s->p + s->whole <= m->base + m->area);
    for (size_t i = 0; i + 1 < m->n; i++)
        CHECK(m->out[i].p + m->out[i].whole <= s->p || s->p + s->whole <= m->out[i].p);
    if (m->cfg.zero_mode == AKIT_ZERO_ON_ALLOC)
        CHECK(all_bytes(s->p, s->whole, 0));
    fill(s, 0);
    m->acquired++;
    m->used += s->whole;
    if (m->used > m->used_peak)
        m->used_peak = m->used;
    if (m->n > m->out_peak)
        m->out_peak = m->n;
    if (m->gone == s->p)
        m->gone = NULL;
}

static size_t some_length(model *m)
{
    size_t most = (size_t)m->cfg.block_bytes;
    if (any(m, 500) == 0)
        return most + 1 + any(m, most);
    if (any(m, 60) == 0)
        return most - any(m, most < 64 ? most : 64);
    size_t n = (size_t)1 << any(m, 20);
    n = any(m, n) + (any(m, 8) == 0 ? 0 : 1);
    return n > most ? n % (most / 2 + 1) : n;
}

static void acquire(model *m)
{
    size_t length = some_length(m);
    errno = 0;
    void *p = akit_ring_acquire(m->h, length);
    if (p) {
        keep(m, p, length);
    } else if (up(m, length) > m->cfg.block_bytes) {
        CHECK_INT(errno, EMSGSIZE);
        m->too_large++;
    } else {
        CHECK_INT(errno, ENOBUFS);
        CHECK(m->n > 0);
        m->refused++;
    }
}

static void acquire_some(model *m)
{
    void *p[20];
    size_t length = any(m, 200), n = akit_ring_acquire_n(m->h, length, 20, p);
    if (n < 20 && up(m, length) > m->cfg.block_bytes) {
        m->too_large++;
        CHECK_INT(n, 0);
    } else if (n < 20) {
        m->refused++;
    }
    for (size_t i = 0; i < n; i++)
        keep(m, p[i], length);
}

static void forget(model *m, size_t i)
{
    m->used -= m->out[i].whole;
    m->released++;
    m->gone = m->out[i].p;
    memmove(&m->out[i], &m->out[i + 1], (m->n - i - 1) * sizeof m->out[0]);
    m->n--;
}

static void release(model *m, size_t i)
{
    piece *s = &m->out[i];
    verify(s);
    CHECK_INT(akit_ring_release(m->h, s->p), 0);
    m->references++;
    if (--s->references == 0)
        forget(m, i);
}

static size_t some_piece(model *m)
{
    return any(m, 3) ? any(m, m->n < 4 ? m->n : 4) : any(m, m->n);
}

static void release_some(model *m)
{
    void *p[40];
    size_t n = 0, right = 0;
    for (int k = 0; k < 20 && m->n; k++) {
        size_t i = some_piece(m);
        if (m->out[i].references != 1)
            continue;
        verify(&m->out[i]);
        p[n++] = m->out[i].p;
        right++;
        if (any(m, 10) == 0)
            p[n++] = m->out[i].p + 1;
        forget(m, i);
        m->references++;
    }
    CHECK_INT(akit_ring_release_n(m->h, n, p), right);
    m->wrong += n - right;
}

static void retain(model *m)
{
    piece *s = &m->out[some_piece(m)];
    unsigned count = (unsigned)any(m, 120);
    int rc = akit_ring_retain(m->h, s->p, count);
    CHECK_INT(rc, s->references + count > 255 ? -EOVERFLOW : 0);
    if (rc == 0)
        s->references += count;
}

static void commit(model *m)
{
    piece *s = &m->out[m->n - 1]; /* the last one, unless it was released */
    size_t used = any(m, s->whole + 2 * (size_t)m->cfg.alignment);
    int rc = akit_ring_commit(m->h, s->p, used);
    if (rc != 0) {
        CHECK_INT(rc, -EINVAL);
        m->wrong++;
        return;
    }
    CHECK(used <= s->whole);
    uint64_t now = ring_stats_of(m->h).used_bytes, others = m->used - s->whole;
    s->whole = (size_t)(now - others); /* a colour that there is no room for may keep a bit more */
    CHECK(s->whole == up(m, used) || (m->cfg.colour_bytes && s->whole == up(m, used) + m->cfg.alignment));
    m->used = now;
    if (used && used < s->length)
        s->length = used;
    if (used == 0)
        s->length = 1;
    fill(s, 0);
}

static void misuse(model *m)
{
    if (m->n) {
        piece *s = &m->out[some_piece(m)];
        size_t inside = 1 + any(m, s->whole);
        if (inside < s->whole) {
            CHECK_INT(akit_ring_release(m->h, s->p + inside), -ENOENT);
            m->wrong++;
        }
        CHECK_INT(akit_ring_retain(m->h, s->p + 1, 1), -ENOENT);
        m->wrong++;
        verify(s);
    }
    CHECK_INT(akit_ring_release(m->h, m->base + m->area), -ENOENT);
    CHECK_INT(akit_ring_release(m->h, m->base - m->cfg.alignment), -ENOENT);
    m->wrong += 2;
    if (m->gone) {
        int rc = akit_ring_release(m->h, m->gone);
        CHECK(rc == -EINVAL || rc == -ENOENT);
        m->wrong++;
    }
}

static void release_up_to(model *m)
{
    size_t i = any(m, m->n);
    uint64_t references = 0;
    for (size_t k = 0; k < i; k++) {
        verify(&m->out[k]);
        references += m->out[k].references;
    }
    CHECK_INT(akit_ring_release_to(m->h, m->out[i].p), i);
    m->references += references;
    while (i-- > 0)
        forget(m, 0);
}

static void compare(model *m)
{
    akit_ring_stats st = ring_stats_of(m->h);
    CHECK_INT(st.allocs_total, m->acquired);
    CHECK_INT(st.frees_total, m->released);
    CHECK_INT(st.releases_total, m->references);
    CHECK_INT(st.out_slices, m->n);
    CHECK_INT(st.used_bytes, m->used);
    CHECK_INT(st.used_peak_bytes, m->used_peak);
    CHECK_INT(st.out_peak_slices, m->out_peak);
    CHECK_INT(st.misuses_total, m->wrong);
    CHECK_INT(st.exhausted_total, m->refused);
    CHECK_INT(st.too_large_total, m->too_large);
    CHECK_INT(st.failures_total, m->refused + m->too_large);
    CHECK_AT_MOST(st.used_bytes + st.padding_bytes, st.capacity_bytes);
    CHECK_AT_MOST(st.used_bytes + st.padding_bytes + st.cached_bytes, st.capacity_bytes);
    CHECK_AT_MOST(st.oldest_block_acquires, m->acquired);
    if (m->n == 0)
        ring_is_empty(m->h);
}

static void step(model *m, unsigned what)
{
    if (what < 40 && m->n < MOST - 20)
        acquire(m);
    else if (what < 44 && m->n < MOST - 20)
        acquire_some(m);
    else if (m->n == 0)
        return;
    else if (what < 80)
        release(m, some_piece(m));
    else if (what < 85)
        release_some(m);
    else if (what < 88)
        retain(m);
    else if (what < 93)
        commit(m);
    else if (what < 95)
        misuse(m);
    else if (what < 96 && m->cfg.order == AKIT_RING_ORDERED)
        release_up_to(m);
    else if (what < 97)
        compare(m);
    else if (what == 99 && any(m, 100) == 0)
        while (m->n)
            release(m, 0);
}

static void run(const akit_ring_config *cfg, uint64_t seed)
{
    static model m;
    const char *asked = getenv("AKIT_RING_STEPS");
    uint64_t steps = asked ? strtoull(asked, NULL, 10) : CHECK_SANITIZED ? 20000 : 90000;
    void *base;
    memset(&m, 0, sizeof m);
    m.h = new_ring_with(cfg);
    m.cfg = ring_config_of(m.h);
    m.random = seed;
    CHECK_INT(akit_ring_memory_get(m.h, &base, &m.area), 0);
    CHECK_INT(m.area, m.cfg.capacity_bytes);
    m.base = (unsigned char *)base;
    for (uint64_t i = 0; i < steps; i++)
        step(&m, (unsigned)any(&m, 100));
    compare(&m);
    while (m.n)
        release(&m, any(&m, m.n));
    compare(&m);
    for (uint64_t n = 0; m.cfg.order == AKIT_RING_ANY && n < m.cfg.capacity_bytes / m.cfg.block_bytes; n++) /* nothing was lost */
        (void)slice(m.h, (size_t)m.cfg.block_bytes);
    if (m.cfg.order == AKIT_RING_ANY)
        CHECK_REFUSED(akit_ring_acquire(m.h, (size_t)m.cfg.block_bytes), ENOBUFS);
    CHECK_INT(akit_ring_destroy(m.h, AKIT_DESTROY_NOW), 0);
}

CASE(default_blocks) { run(NULL, 1); }

CASE(small)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(32);
    cfg.block_bytes = KIB(2);
    run(&cfg, 2);
}

CASE(few_blocks)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(96) + 640;
    cfg.block_bytes = KIB(24) + 192;
    run(&cfg, 3);
}

CASE(one_block)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = cfg.block_bytes = KIB(64);
    cfg.alignment = 16;
    run(&cfg, 4);
}

CASE(blocks_of_one_slice)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(128);
    cfg.block_bytes = cfg.alignment = KIB(1);
    run(&cfg, 5);
}

CASE(long_slices)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = MIB(4);
    cfg.block_bytes = KIB(512);
    cfg.alignment = 16;
    run(&cfg, 6);
}

CASE(exact)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(256);
    cfg.block_bytes = KIB(16);
    cfg.check_mode = AKIT_CHECK_EXACT;
    run(&cfg, 7);
}

CASE(zero_on_alloc)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(256);
    cfg.block_bytes = KIB(16);
    cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
    run(&cfg, 8);
}

CASE(zero_on_free)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(256);
    cfg.block_bytes = KIB(16);
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    run(&cfg, 9);
}

CASE(coloured)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(512);
    cfg.block_bytes = KIB(32);
    cfg.colour_bytes = 192;
    run(&cfg, 10);
}

CASE(coloured_small)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(512);
    cfg.block_bytes = KIB(32);
    cfg.alignment = KIB(4);
    cfg.colour_bytes = KIB(4);
    run(&cfg, 11);
}

static void ordered(uint64_t capacity, uint64_t block, uint64_t alignment, uint64_t colour, uint64_t seed)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.order = AKIT_RING_ORDERED;
    cfg.capacity_bytes = capacity;
    cfg.block_bytes = block;
    cfg.alignment = alignment;
    cfg.colour_bytes = colour;
    run(&cfg, seed);
    cfg.check_mode = AKIT_CHECK_EXACT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    run(&cfg, seed + 100);
}

CASE(in_order) { ordered(KIB(64), 0, 0, 0, 12); }
CASE(in_order_with_small_slices) { ordered(KIB(100), KIB(10), 16, 0, 13); }
CASE(in_order_with_long_slices) { ordered(MIB(2), KIB(600), 16, 0, 14); }
CASE(in_order_with_colours) { ordered(KIB(200), KIB(100), 64, 128, 15); }
CASE(in_order_with_colours_of_every_slice) { ordered(KIB(256), KIB(64), KIB(4), KIB(4), 16); }
