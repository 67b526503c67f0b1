/* Random operations on regions against a model of what each one holds: by one thread and by several. AKIT_TEST_SEED=n repeats a run. */
#include "region_kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

typedef struct {
    unsigned char *p;
    size_t size, usable;
    uint64_t mark;
    unsigned pins;
} one;

typedef struct {
    akit_region *h;
    uint64_t random;
    int steps, most_mib;
    size_t bytes;
    one slot[48];
} model;

static uint64_t seed(void)
{
    const char *given = getenv("AKIT_TEST_SEED");
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t s = given ? strtoull(given, NULL, 0) : (uint64_t)t.tv_nsec;
    printf("# AKIT_TEST_SEED=%llu\n", (unsigned long long)s);
    fflush(stdout);
    return s;
}

static uint64_t below(model *m, uint64_t n)
{
    return random_word(&m->random) % n;
}

static size_t a_size(model *m)
{
    size_t most = m->most_mib * MIB(1);
    size_t size = 1 + (size_t)below(m, (uint64_t)1 << (8 + below(m, 17)));
    return size < most ? size : most;
}

/* Thread-safe form of CHECK; `what` names the step. */
#define MUST(condition) THREAD_CHECK(condition)

static void verify(one *o)
{
    MUST(marked(o->p, o->size, o->mark));
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    MUST(akit_inspect(o->p, &info) == 0 && info.base == (uintptr_t)o->p && info.usable_bytes == o->usable);
    MUST(info.state == AKIT_BLOCK_OUT);
}

static void make(model *m, one *o)
{
    uint32_t flags = below(m, 4) ? 0 : AKIT_ALLOC_ZERO;
    size_t alignment = below(m, 5) ? 0 : (size_t)1 << below(m, 24);
    if (below(m, 10) == 0)
        flags |= AKIT_ALLOC_NO_CACHE;
    if (below(m, 20) == 0)
        flags |= AKIT_ALLOC_GUARD;
    o->size = a_size(m);
    o->p = (unsigned char *)akit_region_alloc(m->h, o->size, alignment, flags, &o->usable);
    MUST(o->p != NULL);
    if (!o->p)
        return;
    MUST(o->usable >= o->size && (!alignment || aligned_to(o->p, alignment)));
    if (flags & AKIT_ALLOC_ZERO)
        MUST(all_bytes(o->p, o->usable, 0));
    o->mark = random_word(&m->random);
    mark(o->p, o->size, o->mark);
    m->bytes += o->usable;
}

static void resize(model *m, one *o)
{
    size_t size = a_size(m), usable = 1, old = o->usable;
    uint32_t flags = below(m, 3) ? 0 : AKIT_ALLOC_NO_MOVE;
    unsigned char *q = (unsigned char *)akit_region_realloc(m->h, o->p, size, flags, &usable);
    if (!q) {
        MUST(usable == 0);
        MUST(o->pins ? errno == EBUSY : flags && errno == ENOMEM && size > old);
        verify(o);
        return;
    }
    MUST(!o->pins && usable >= size && (!flags || q == o->p));
    MUST(marked_part(q, size < o->size ? size : o->size, o->size, o->mark));
    o->p = q;
    o->size = size;
    o->usable = usable;
    m->bytes += usable - old;
    mark(q, size, o->mark);
}

static void drop(model *m, one *o)
{
    verify(o);
    m->bytes -= o->usable;
    MUST(akit_region_free(m->h, o->p) == 0);
    for (; o->pins; o->pins--)
        MUST(akit_region_unpin(m->h, o->p) == 0);
    o->p = NULL;
}

static void step(model *m)
{
    one *o = &m->slot[below(m, 48)];
    uint64_t what = below(m, 100);
    if (!o->p && m->bytes < m->most_mib * MIB(6))
        make(m, o);
    if (!o->p)
        return;
    if (what < 35)
        drop(m, o);
    else if (what < 60)
        resize(m, o);
    else if (what < 70 && ++o->pins)
        MUST(akit_region_pin(m->h, o->p) == 0);
    else if (what < 80 && o->pins && o->pins--)
        MUST(akit_region_unpin(m->h, o->p) == 0);
    else if (what < 85)
        MUST(akit_region_prefault(m->h, o->p, 0, 0) == 0);
    else if (what < 86)
        MUST(akit_region_purge(m->h, below(m, 2) ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL) == 0);
    else if (what < 87)
        MUST(akit_maintain(NULL) == 0);
    else if (what < 88)
        MUST(akit_thread_flush(0) == 0);
    else
        verify(o);
}

static void *work(void *arg)
{
    model *m = (model *)arg;
    for (int i = 0; i < m->steps && !thread_failure[0]; i++)
        step(m);
    return NULL;
}

static void finish(model *m)
{
    for (int i = 0; i < 48 && !thread_failure[0]; i++)
        if (m->slot[i].p)
            drop(m, &m->slot[i]);
}

static void ends_clean(akit_region *h)
{
    CHECK_THREADS();
    akit_region_stats st = region_stats_of(h);
    CHECK_INT(st.used_bytes, 0);
    CHECK_INT(st.pinned_bytes, 0);
    CHECK_INT(st.waste_bytes, 0);
    CHECK_INT(st.misuses_total, 0);
    CHECK_INT(st.allocs_total, st.frees_total);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(region_stats_of(h).cached_mappings, 0);
    CHECK_INT(akit_region_destroy(h, 0), 0);
}

static void one_thread(const akit_region_config *cfg, int steps, int most_mib)
{
    static model m;
    memset(&m, 0, sizeof m);
    m.h = new_region_with(cfg);
    m.random = seed();
    m.steps = steps;
    m.most_mib = most_mib;
    work(&m);
    finish(&m);
    ends_clean(m.h);
}

CASE(model_by_default) { one_thread(NULL, 10000, 16); }

CASE(model_with_exact_checks)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.check_mode = AKIT_CHECK_EXACT;
    one_thread(&cfg, 6000, 16);
}

CASE(model_with_a_small_cache)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.cache_bytes = MIB(2);
    cfg.max_entries = 10;
    cfg.max_waste_permille = 1;
    one_thread(&cfg, 6000, 8);
}

CASE(model_with_a_decay_of_a_microsecond)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = 1000;
    one_thread(&cfg, 6000, 8);
}

CASE(model_that_unmaps)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.purge_method = AKIT_PURGE_METHOD_UNMAP;
    cfg.cache_bytes = MIB(1);
    one_thread(&cfg, 6000, 8);
}

CASE(model_that_purges_lazily)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.purge_method = AKIT_PURGE_METHOD_FREE;
    cfg.decay_ns = 1000000;
    one_thread(&cfg, 6000, 8);
}

CASE(model_with_guards)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.guard = 1;
    one_thread(&cfg, 6000, 8);
}

CASE(model_that_zeroes)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    one_thread(&cfg, 5000, 4);
}

CASE(model_by_four_threads)
{
    enum { threads = 4 };
    static model m[threads];
    akit_region *h = new_region();
    uint64_t s = seed();
    pthread_t t[threads];
    memset(m, 0, sizeof m);
    for (int i = 0; i < threads; i++) {
        m[i].h = h;
        m[i].random = s + (uint64_t)i;
        m[i].steps = 4000;
        m[i].most_mib = 4;
        CHECK_INT(pthread_create(&t[i], NULL, work, &m[i]), 0);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < threads; i++)
        finish(&m[i]); /* by another thread than the one that allocated */
    ends_clean(h);
}

enum { BOXES = 32 };
static _Atomic(void *) box[BOXES];

/* Puts marked regions into boxes and frees what others put there. The first words tell what a region holds. */
static void *swap(void *arg)
{
    akit_region *h = (akit_region *)arg;
    uint64_t x = (uintptr_t)&x;
    for (int i = 0; i < 20000 && !thread_failure[0]; i++) {
        uint64_t word = random_word(&x);
        size_t size = 4096 + (size_t)(word % KIB(300));
        uint64_t *p = (uint64_t *)akit_region_alloc(h, size, 0, 0, NULL);
        MUST(p != NULL);
        if (!p)
            break;
        p[0] = size;
        p[size / 8 - 1] = size ^ (uintptr_t)p;
        p = (uint64_t *)atomic_exchange(&box[word >> 40 & (BOXES - 1)], p);
        if (p) {
            MUST(p[p[0] / 8 - 1] == (p[0] ^ (uintptr_t)p));
            MUST(akit_region_free(h, p) == 0);
        }
    }
    return NULL;
}

CASE(threads_free_each_others_regions)
{
    enum { threads = 4 };
    akit_region *h = new_region();
    pthread_t t[threads];
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&t[i], NULL, swap, h), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < BOXES; i++)
        CHECK_INT(akit_region_free(h, atomic_exchange(&box[i], NULL)), 0);
    ends_clean(h);
}
