/* Random operations on nodes and arrays against a model of what is out. AKIT_TEST_SEED=n repeats a run. */
#include "nodes_kit.h"

#include <time.h>

enum { SLOTS = 3000 };

typedef struct {
    unsigned char *p;
    size_t elements, capacity; /* 0: a node */
    unsigned char tag;
} one;

typedef struct {
    akit_nodes *h;
    akit_nodes_config cfg;
    uint64_t random, allocs, frees, refusals, wrong, nodes, arrays;
    void *gone;
    one slot[SLOTS];
} model;

static uint64_t below(model *m, uint64_t n)
{
    return random_word(&m->random) % n;
}

static size_t size_of(const model *m, const one *o)
{
    return o->capacity ? o->capacity * (size_t)m->cfg.element_bytes : (size_t)m->cfg.node_bytes;
}

static void keeps(const model *m, const one *o)
{
    CHECK(all_bytes(o->p, size_of(m, o), o->tag));
}

static void take(model *m, one *o)
{
    o->elements = below(m, 2) && m->cfg.element_bytes ? 1 + below(m, m->cfg.max_elements) : 0;
    o->capacity = 0;
    o->p = (unsigned char *)(o->elements ? akit_nodes_array_alloc(m->h, o->elements, &o->capacity) : akit_nodes_alloc(m->h));
    if (!o->p) {
        CHECK(errno == ENOMEM || errno == ENOBUFS);
        m->refusals++;
        return;
    }
    size_t step = (size_t)m->cfg.capacity_step, whole = o->elements ? (o->elements + step - 1) / step * step : 0;
    CHECK_INT(o->capacity, whole < m->cfg.max_elements ? whole : m->cfg.max_elements * (o->elements != 0));
    CHECK(aligned_to(o->p, o->elements ? 16 : m->cfg.node_alignment));
    if (m->cfg.zero_mode == AKIT_ZERO_ON_ALLOC)
        CHECK(all_bytes(o->p, size_of(m, o), 0));
    o->tag = (unsigned char)random_word(&m->random);
    memset(o->p, o->tag, size_of(m, o));
    m->allocs++;
    *(o->elements ? &m->arrays : &m->nodes) += 1;
}

static void give(model *m, one *o)
{
    keeps(m, o);
    CHECK_INT(o->elements ? akit_nodes_array_free(m->h, o->p, o->capacity) : akit_nodes_free(m->h, o->p), 0);
    *(o->elements ? &m->arrays : &m->nodes) -= 1;
    m->frees++;
    m->gone = o->p;
    o->p = NULL;
}

static void misuse_something(model *m, const one *o)
{
    if (o->p) {
        size_t in = 1 + below(m, size_of(m, o) - 1);
        CHECK_INT(akit_nodes_free(m->h, o->p + in), -ENOENT);
        CHECK_INT(akit_nodes_array_free(m->h, o->p + in, 4), -ENOENT);
        if (o->elements)
            CHECK_INT(akit_nodes_free(m->h, o->p), -EINVAL);
        else
            CHECK_INT(akit_nodes_array_free(m->h, o->p, below(m, 80)), -EINVAL);
        CHECK_INT(inspect(o->p + in).base, (uintptr_t)o->p);
        m->wrong += 3;
        keeps(m, o);
    }
    for (int i = 0; i < SLOTS; i++)
        if (m->slot[i].p == m->gone)
            m->gone = NULL;
    if (m->gone) {
        CHECK(akit_nodes_free(m->h, m->gone) < 0);
        m->wrong++;
    }
}

static void check_all(model *m)
{
    akit_nodes_stats st = nodes_stats_of(m->h);
    uint64_t bytes = 0, gets = 0, used = 0;
    for (size_t i = 0; i < akit_nodes_class_count(m->h); i++) {
        akit_class_stats c = nodes_class_of(m->h, i);
        bytes += c.used_blocks * c.block_bytes;
        gets += c.gets_total;
        used += c.used_blocks;
        CHECK(c.used_peak_blocks >= c.used_blocks && c.gets_total == c.hits_total + c.misses_total);
        CHECK(c.gets_total - c.puts_total == c.used_blocks && c.mapped_bytes >= c.used_blocks * c.block_bytes);
    }
    CHECK(st.used_bytes == bytes && st.allocs_total == gets && gets == m->allocs && used == m->nodes + m->arrays);
    CHECK(st.frees_total == m->frees && st.nodes_used == m->nodes && st.arrays_used == m->arrays);
    CHECK(st.misuses_total == m->wrong && st.failures_total == m->refusals && st.used_peak_bytes >= bytes);
    for (int i = 0; i < SLOTS; i++)
        if (m->slot[i].p)
            keeps(m, &m->slot[i]);
}

static void reset(model *m)
{
    CHECK_INT(akit_nodes_reset(m->h, below(m, 3) ? below(m, MIB(2)) : AKIT_NONE), 0);
    for (int i = 0; i < SLOTS; i++)
        m->slot[i].p = NULL;
    m->frees += m->nodes + m->arrays;
    m->nodes = m->arrays = 0;
}

static void play(model *m, int steps)
{
    for (int i = 0; i < steps; i++) {
        uint64_t what = below(m, 10000);
        /* Phases that grow and phases that shrink. */
        one *o = &m->slot[below(m, i / 8000 % 2 ? SLOTS : SLOTS / 4)];
        if (what < 2)
            reset(m);
        else if (what < 12)
            CHECK_INT(akit_nodes_purge(m->h, AKIT_PURGE_ALL, NULL), 0);
        else if (what < 100)
            misuse_something(m, o);
        else if (what < 104)
            check_all(m);
        else if (o->p)
            give(m, o);
        else
            take(m, o);
    }
    check_all(m);
    CHECK_INT(akit_nodes_destroy(m->h, 0), 0);
}

static void run(akit_nodes_config cfg, int steps)
{
    static model m;
    static uint64_t seed;
    const char *given = getenv("AKIT_TEST_SEED");
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (!seed)
        seed = given ? strtoull(given, NULL, 0) : (uint64_t)t.tv_nsec | 1;
    printf("# AKIT_TEST_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    memset(&m, 0, sizeof m);
    m.random = seed;
    m.h = new_nodes_with(&cfg);
    m.cfg = (akit_nodes_config)AKIT_NODES_CONFIG_INIT;
    CHECK_INT(akit_nodes_config_get(m.h, &m.cfg), 0);
    play(&m, steps);
}

CASE(with_defaults)
{
    run(nodes_config(48, 16), 100000);
}

CASE(odd_sizes_and_steps)
{
    akit_nodes_config cfg = nodes_config(88, 24);
    cfg.capacity_step = 3;
    cfg.max_elements = 32;
    run(cfg, 60000);
    cfg.node_alignment = 256;
    cfg.capacity_step = 1;
    run(cfg, 60000);
}

CASE(large_ones)
{
    akit_nodes_config cfg = nodes_config(5000, 700);
    cfg.max_elements = 20;
    run(cfg, 20000);
}

CASE(at_a_cap)
{
    akit_nodes_config cfg = nodes_config(200, 40);
    cfg.limit_bytes = KIB(512);
    run(cfg, 60000);
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    run(cfg, 60000);
    cfg.exhaust_mode = AKIT_EXHAUST_FAIL;
    run(cfg, 60000);
}

CASE(on_memory_of_the_caller)
{
    static unsigned char memory[KIB(512)];
    akit_nodes_config cfg = nodes_config(100, 16);
    cfg.memory = memory;
    cfg.memory_bytes = sizeof memory;
    run(cfg, 60000);
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    run(cfg, 60000);
}

CASE(zeroed)
{
    akit_nodes_config cfg = nodes_config(100, 16);
    cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
    run(cfg, 60000);
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    run(cfg, 60000);
}
