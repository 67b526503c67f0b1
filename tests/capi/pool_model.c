/* Random operations on pools against a model of what is out: by one thread and by several. AKIT_TEST_SEED=n repeats a run. */
#include "pool_kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { SLOTS = 300, GONE = 64 };

typedef struct {
    unsigned char *p;
    size_t length, capacity;
    uint64_t mark, tag;
} one;

typedef struct {
    akit_pool *h;
    uint64_t random;
    int steps, alone, tags, zeroed, refuses; /* alone: no other thread uses the pool; refuses: it has a bound */
    uint64_t gets, puts, wrong, used_bytes, out;
    void *gone[GONE]; /* what was put, to be put again */
    one slot[SLOTS];
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

/* Thread-safe form of CHECK. */
#define MUST(condition) THREAD_CHECK(condition)

static size_t a_length(model *m)
{
    size_t length = (size_t)below(m, (uint64_t)1 << (6 + below(m, 11)));
    return below(m, 60) ? length : length * 8;
}

static void verify(const one *o)
{
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    MUST(marked(o->p, o->capacity, o->mark));
    MUST(akit_inspect(o->p + o->length / 2, &info) == 0 && info.base == (uintptr_t)o->p);
    MUST(info.usable_bytes == o->capacity && info.state == AKIT_BLOCK_OUT && info.handle_kind == AKIT_KIND_POOL && info.tag == o->tag);
}

static int refused(model *m, const void *p)
{
    if (p)
        return 0;
    MUST(m->refuses && (errno == ENOMEM || errno == ENOBUFS || errno == EMSGSIZE));
    return 1;
}

static void keep(model *m, one *o, void *p, size_t length, size_t capacity)
{
    o->p = (unsigned char *)p;
    o->length = length;
    o->capacity = capacity;
    o->tag = 0;
    MUST(capacity >= length && aligned_to(p, 64));
    MUST(akit_pool_capacity(m->h, p) == capacity);
    if (m->zeroed)
        MUST(all_bytes(p, capacity, 0));
    o->mark = random_word(&m->random);
    if (m->tags && below(m, 2)) {
        o->tag = random_word(&m->random);
        MUST(akit_pool_tag_set(m->h, p, o->tag) == 0);
    }
    mark(p, capacity, o->mark);
    m->gets++;
    m->out++;
    m->used_bytes += capacity;
}

static void get(model *m, one *o)
{
    size_t length = a_length(m), capacity = 1;
    void *p = akit_pool_get(m->h, length, &capacity);
    if (refused(m, p))
        MUST(capacity == 0);
    else
        keep(m, o, p, length, capacity);
}

static void forget(model *m, one *o)
{
    m->gone[below(m, GONE)] = o->p;
    m->puts++;
    m->out--;
    m->used_bytes -= o->capacity;
    o->p = NULL;
}

static void put(model *m, one *o)
{
    verify(o);
    MUST(akit_pool_put(m->h, o->p) == 0);
    forget(m, o);
}

/* Batches begin at a slot, and take the free or the full ones behind it. */
static void get_batch(model *m, int first)
{
    void *p[40];
    size_t length = a_length(m), capacity = 0, wanted = 1 + (size_t)below(m, 40), n, used = 0;
    n = akit_pool_get_n(m->h, length, wanted, p, &capacity);
    MUST(n == wanted || m->refuses);
    for (int i = first; i < SLOTS && used < n; i++)
        if (!m->slot[i].p)
            keep(m, &m->slot[i], p[used++], length, capacity);
    m->gets += n - used;
    m->puts += n - used;
    MUST(akit_pool_put_n(m->h, n - used, p + used) == n - used);
}

static void put_batch(model *m, int first)
{
    void *p[40];
    size_t n = 0, wrong = 0;
    for (int i = first; i < SLOTS && n < 30; i++) {
        one *o = &m->slot[i];
        if (!o->p)
            continue;
        if (below(m, 8) == 0) {
            p[n++] = o->p + 1 + below(m, o->capacity - 1); /* inside */
            wrong++;
        }
        verify(o);
        p[n++] = o->p;
        forget(m, o);
    }
    MUST(akit_pool_put_n(m->h, n, p) == n - wrong);
    m->wrong += wrong;
}

static void put_wrongly(model *m, const one *o)
{
    static char mine[64];
    void *gone = m->gone[below(m, GONE)];
    MUST(akit_pool_put(m->h, mine) == -ENOENT);
    MUST(akit_pool_put(m->h, o->p + 1 + below(m, o->capacity - 1)) == -ENOENT);
    m->wrong += 2;
    for (int i = 0; m->alone && gone && i < SLOTS; i++)
        if (m->slot[i].p == gone)
            gone = NULL; /* it is out again */
    if (m->alone && gone) {
        int rc = akit_pool_put(m->h, gone);
        MUST(rc == -EINVAL || rc == -ENOENT);
        m->wrong++;
    }
    verify(o);
}

static void compare(model *m)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    MUST(akit_pool_stats_get(m->h, &st) == 0);
    if (!m->alone)
        return;
    MUST(st.allocs_total == m->gets && st.frees_total == m->puts && st.misuses_total == m->wrong);
    MUST(st.used_bytes == m->used_bytes && st.out_buffers == m->out && st.mapped_bytes >= st.used_bytes + st.cached_bytes);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t cursor = 0, met = 0, bytes = 0;
    while (akit_pool_leak_next(m->h, &cursor, &info) == 0) {
        met++;
        bytes += info.usable_bytes;
    }
    MUST(met == m->out && bytes == m->used_bytes);
}

static void step(model *m)
{
    int at = (int)below(m, SLOTS);
    one *o = &m->slot[at];
    uint64_t what = below(m, 1000);
    if (what < 20)
        get_batch(m, at);
    else if (what < 45)
        put_batch(m, at);
    else if (what < 48)
        MUST(akit_pool_purge(m->h, below(m, 2) ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL) == 0);
    else if (what < 52)
        MUST(akit_maintain(NULL) == 0 && akit_thread_flush(0) == 0);
    else if (what < 55)
        MUST(akit_pool_warm(m->h, (size_t)below(m, 5000), (size_t)below(m, 12)) == 0 || m->refuses);
    else if (what < 65)
        compare(m);
    else if (!o->p)
        get(m, o);
    else if (what < 100)
        put_wrongly(m, o);
    else if (what < 300)
        verify(o);
    else
        put(m, o);
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
    for (int i = 0; i < SLOTS && !thread_failure[0]; i++)
        if (m->slot[i].p)
            put(m, &m->slot[i]);
}

static void ends_clean(akit_pool *h, uint64_t gets, uint64_t wrong)
{
    CHECK_THREADS();
    akit_pool_stats st = pool_stats_of(h);
    CHECK_INT(st.used_bytes, 0);
    CHECK_INT(st.out_buffers, 0);
    CHECK_INT(st.allocs_total, gets);
    CHECK_INT(st.frees_total, gets);
    CHECK_INT(st.misuses_total, wrong);
    CHECK_INT(out_of(h), 0);
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(pool_stats_of(h).cached_bytes, 0);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

static model models[4];

static void run(const akit_pool_config *cfg, int threads, int steps)
{
    pthread_t t[4];
    uint64_t s = seed(), gets = 0, wrong = 0;
    akit_pool *h = new_pool_with(cfg);
    memset(models, 0, sizeof models);
    for (int i = 0; i < threads; i++) {
        model *m = &models[i];
        m->h = h;
        m->random = s + (uint64_t)i;
        m->steps = steps;
        m->alone = threads == 1;
        m->tags = (cfg->flags & AKIT_POOL_TAGS) != 0;
        m->zeroed = cfg->zero_mode == AKIT_ZERO_ON_ALLOC;
        m->refuses = cfg->limit_bytes != 0 || cfg->memory || cfg->exhaust_mode == AKIT_EXHAUST_FAIL;
        if (threads == 1)
            work(m);
        else
            CHECK_INT(pthread_create(&t[i], NULL, work, m), 0);
    }
    for (int i = 0; i < threads && threads > 1; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < threads; i++) {
        finish(&models[i]); /* by another thread than the one that got them */
        gets += models[i].gets;
        wrong += models[i].wrong;
    }
    ends_clean(h, gets, wrong);
}

static void by_one_and_by_four(const akit_pool_config *cfg)
{
    run(cfg, 1, 40000);
    run(cfg, 4, 10000);
}

#define MODEL(name, ...)                                                       \
    CASE(model_##name)                                                         \
    {                                                                          \
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;                          \
        __VA_ARGS__;                                                           \
        by_one_and_by_four(&cfg);                                              \
    }

static unsigned char buffer[MIB(8)] __attribute__((aligned(4096)));
static const uint64_t odd_classes[] = {100, 900, 5000, 5200, 40000, 70000};

MODEL(by_default, cfg.flags = 0)
MODEL(with_tags, cfg.flags = AKIT_POOL_TAGS)
MODEL(with_exact_checks, cfg.check_mode = AKIT_CHECK_EXACT)
MODEL(with_odd_classes, cfg.class_bytes = odd_classes; cfg.class_count = 6)
MODEL(with_small_caches, cfg.cache_bytes = KIB(256); cfg.class_cache_bytes = KIB(100); cfg.thread_cache_bytes = KIB(64))
MODEL(with_a_decay_of_a_microsecond, cfg.decay_ns = 1000)
MODEL(that_zeroes_on_get, cfg.zero_mode = AKIT_ZERO_ON_ALLOC)
MODEL(that_zeroes_on_put, cfg.zero_mode = AKIT_ZERO_ON_FREE)
MODEL(with_a_cap, cfg.limit_bytes = MIB(4))
MODEL(with_pages_for_alignment, cfg.alignment = 4096)
MODEL(with_slabs_of_one_buffer, cfg.slab_bytes = 1)
MODEL(that_falls_back, cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK)
MODEL(that_fails, cfg.exhaust_mode = AKIT_EXHAUST_FAIL)
MODEL(on_memory_of_the_caller, cfg.memory = buffer; cfg.memory_bytes = sizeof buffer)
