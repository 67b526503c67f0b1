/* Wrong puts: the exact answer of each, that it is counted, and that nothing changes. */
#include "pool_kit.h"
#include "smaps.h"

#include <pthread.h>

static char mine[8192] __attribute__((aligned(4096)));

/* One wrong put: its answer, one misuse more, errno and everything that is out as before. */
static void is_wrong(akit_pool *h, const void *p, int answer)
{
    akit_pool_stats before_it = pool_stats_of(h);
    size_t out = out_of(h);
    errno = 4711;
    int rc = akit_pool_put(h, hidden(p));
    CHECK_INT(errno, 4711);
    CHECK_INT(rc, answer);
    akit_pool_stats st = pool_stats_of(h);
    CHECK_INT(st.misuses_total, before_it.misuses_total + 1);
    CHECK_INT(st.frees_total, before_it.frees_total);
    CHECK_INT(st.puts_total, before_it.puts_total);
    CHECK_INT(st.used_bytes, before_it.used_bytes);
    CHECK_INT(st.cached_bytes, before_it.cached_bytes);
    CHECK_INT(out_of(h), out);
}

CASE(put_of_null_does_nothing)
{
    akit_pool *h = new_pool();
    CHECK_INT(akit_pool_put(h, NULL), 0);
    akit_pool_stats st = pool_stats_of(h);
    CHECK(st.misuses_total == 0 && st.frees_total == 0 && st.puts_total == 0);
    akit_pool_destroy(h, 0);
}

static void double_puts(uint32_t check_mode)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.check_mode = check_mode;
    cfg.decay_ns = AKIT_NONE;
    akit_pool *h = new_pool_with(&cfg);
    void *p[100];
    for (size_t length = 1; length <= KIB(64); length *= 4) {
        get_all(h, length, 100, p);
        for (int i = 0; i < 100; i++) {
            CHECK_INT(akit_pool_put(h, p[i]), 0);
            is_wrong(h, p[i], -EINVAL); /* at once */
        }
        for (int i = 0; i < 100; i++)
            is_wrong(h, p[i], -EINVAL); /* later */
        CHECK_INT(akit_thread_flush(0), 0);
        for (int i = 0; i < 100; i++)
            is_wrong(h, p[i], -EINVAL); /* when it is not in the thread's cache any more */
        get_all(h, length, 100, p);
        do_not_overlap(p, 100, length);
        put_all(h, 100, p);
    }
    akit_pool_destroy(h, 0);
}

CASE(double_put_is_einval) { double_puts(AKIT_CHECK_FAST); }
CASE(double_put_is_einval_with_exact_checks) { double_puts(AKIT_CHECK_EXACT); }

CASE(double_put_of_what_went_back_is_refused)
{
    akit_pool *h = patient_pool();
    void *p[50], *large = plain_buffer(h, MIB(1));
    get_all(h, KIB(64), 50, p);
    put_all(h, 50, p);
    CHECK_INT(akit_pool_put(h, large), 0);
    CHECK_INT(akit_pool_purge(h, AKIT_PURGE_ALL, NULL), 0);
    for (int i = 0; i < 50; i++) {
        int rc = akit_pool_put(h, p[i]);
        CHECK(rc == -EINVAL || rc == -ENOENT);
    }
    int rc = akit_pool_put(h, large);
    CHECK(rc == -EINVAL || rc == -ENOENT);
    CHECK_INT(pool_misuses(h), 51);
    akit_pool_destroy(h, 0);
}

static void *put_it_again(void *arg)
{
    void **box = (void **)arg;
    THREAD_CHECK(akit_pool_put((akit_pool *)box[0], box[1]) == -EINVAL);
    return NULL;
}

CASE(double_put_by_another_thread_is_einval)
{
    akit_pool *h = new_pool();
    void *box[2] = {h, plain_buffer(h, 5000)};
    pthread_t t;
    CHECK_INT(akit_pool_put(h, box[1]), 0);
    CHECK_INT(pthread_create(&t, NULL, put_it_again, box), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK_INT(pool_misuses(h), 1);
    akit_pool_destroy(h, 0);
}

CASE(put_of_what_was_never_out_is_refused)
{
    akit_pool *h = pool_of(4096);
    char *p = (char *)plain_buffer(h, 1);
    for (int i = -4; i <= 4; i++) {
        if (i == 0)
            continue;
        int rc = akit_pool_put(h, p + (ptrdiff_t)i * 4096);
        CHECK(rc == -EINVAL || rc == -ENOENT);
    }
    CHECK_INT(pool_misuses(h), 8);
    CHECK_INT(akit_pool_put(h, p), 0);
    akit_pool_destroy(h, 0);
}

CASE(interior_pointers_are_enoent)
{
    akit_pool *h = new_pool();
    for (size_t length = KIB(2); length <= MIB(1); length *= 2) {
        char *p = (char *)plain_buffer(h, length);
        mark(p, length, length);
        const size_t at[] = {1, 8, 63, 64, 127, 128, 1024, length / 2, length - 64, length - 1};
        for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
            is_wrong(h, p + at[i], -ENOENT);
        CHECK(marked(p, length, length));
        CHECK_INT(akit_pool_put(h, p), 0);
        is_wrong(h, p + 64, -ENOENT); /* of one that is not out, too */
    }
    akit_pool_destroy(h, 0);
}

CASE(foreign_pointers_are_enoent)
{
    akit_pool *h = new_pool();
    akit_tiered *t = new_heap();
    akit_region *r = new_region_with(NULL);
    akit_huge *g = new_huge_with(NULL);
    int local = 0;
    void *plain = malloc(5000), *p = plain_buffer(h, 5000);
    void *wrong[] = {mine, mine + 1, &local, plain, block(t, 5000), block(t, MIB(5)), akit_region_alloc(r, MIB(1), 0, 0, NULL),
                     akit_huge_alloc(g, MIB(2), 0, 0, NULL), h, (void *)1, (void *)4096, (void *)-1, (void *)-4096,
                     (void *)((uint64_t)1 << 47), (void *)((uint64_t)1 << 63)};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        is_wrong(h, wrong[i], -ENOENT);
    CHECK_INT(akit_pool_put(h, p), 0);
    free(plain);
    akit_pool_destroy(h, 0);
    akit_tiered_destroy(t, 0);
    akit_region_destroy(r, 0);
    akit_huge_destroy(g, 0);
}

CASE(buffers_of_another_pool_are_enoent)
{
    akit_pool *h = new_pool(), *g = new_pool();
    for (size_t length = 1; length <= MIB(1); length *= 32) {
        void *p = plain_buffer(h, length);
        is_wrong(g, p, -ENOENT);
        CHECK_INT(akit_pool_capacity(g, p), 0);
        CHECK_INT(akit_pool_put(h, p), 0);
        is_wrong(g, p, -ENOENT);
    }
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

CASE(buffers_are_no_blocks_of_others)
{
    akit_pool *h = new_pool();
    akit_tiered *t = new_heap();
    akit_region *r = new_region_with(NULL);
    akit_huge *g = new_huge_with(NULL);
    for (size_t length = 100; length <= MIB(1); length *= 100) {
        void *p = plain_buffer(h, length);
        uint64_t misuses = misuses_of(t), all = process_stats().misuses_total;
        mark(p, length, 3);
        akit_tiered_free(t, p);
        CHECK_INT(misuses_of(t), misuses + 1);
        akit_free(p);
        CHECK_INT(akit_region_free(r, p), -ENOENT);
        CHECK_INT(akit_huge_free(g, p), -ENOENT);
        CHECK_INT(process_stats().misuses_total, all + 4);
        CHECK_INT(akit_tiered_usable_size(t, p), 0);
        CHECK_INT(akit_usable_size(p), 0);
        CHECK(marked(p, length, 3));
        CHECK_INT(akit_pool_put(h, p), 0);
    }
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
    akit_tiered_destroy(t, 0);
    akit_region_destroy(r, 0);
    akit_huge_destroy(g, 0);
}

CASE(a_put_does_not_touch_the_buffer)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer may mark idle memory");
    akit_pool *h = patient_pool();
    char *p = (char *)plain_buffer(h, KIB(64));
    memset(p, 0xa7, KIB(64));
    CHECK_INT(akit_pool_put(h, p), 0);
    is_wrong(h, p, -EINVAL);
    is_wrong(h, p + 64, -ENOENT);
    CHECK(all_bytes(p, KIB(64), 0xa7));
    akit_pool_destroy(h, 0);
}

static struct {
    int calls, error;
    uint64_t handle_id;
    const void *p;
} seen;

static void remember(void *user, int error, uint64_t handle_id, const void *p)
{
    (void)user;
    seen.calls++;
    seen.error = error;
    seen.handle_id = handle_id;
    seen.p = p;
}

static int heard(int calls, int error, uint64_t id, const void *p)
{
    return seen.calls == calls && seen.error == error && seen.handle_id == id && seen.p == p;
}

CASE(handler_hears_of_it)
{
    akit_pool *h = new_pool();
    uint64_t id = pool_stats_of(h).id;
    char *p = (char *)plain_buffer(h, 5000);
    CHECK_INT(akit_misuse_handler(remember, NULL), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    akit_pool_put(h, p + 64);
    int inside = heard(1, ENOENT, id, p + 64);
    akit_pool_put(h, p);
    int nothing = seen.calls == 1;
    akit_pool_put(h, p);
    int twice = heard(2, EINVAL, id, p);
    void *batch[] = {mine, p};
    akit_pool_put_n(h, 2, batch);
    int both = heard(4, EINVAL, id, p);
    akit_pool_capacity(h, mine);
    int asking = seen.calls == 4;
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_COUNT), 0);
    CHECK(inside && nothing && twice && both && asking);
    akit_pool_destroy(h, 0);
}
