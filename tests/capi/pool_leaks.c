/* What is out: the walk, tags, and the report at destroy. */
#include "pool_kit.h"

#include <pthread.h>
#include <stdatomic.h>

static void *taken[3000];

static akit_pool *pool_with_flags(uint64_t flags)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.flags = flags;
    return new_pool_with(&cfg);
}

CASE(the_walk_meets_what_is_out_in_order)
{
    akit_pool *h = new_pool();
    uint64_t id = pool_stats_of(h).id, cursor = 0;
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    void *sorted[1000];
    CHECK_INT(out_of(h), 0);
    for (int i = 0; i < 1000; i++)
        taken[i] = plain_buffer(h, i % 50 == 49 ? MIB(1) : KIB(2) << i % 6);
    for (int i = 0; i < 1000; i += 2)
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    for (int i = 0; i < 500; i++)
        sorted[i] = taken[2 * i + 1];
    do_not_overlap(sorted, 500, KIB(2));
    for (int i = 0; i < 500; i++) {
        info.tag = 99;
        CHECK_INT(akit_pool_leak_next(h, &cursor, &info), 0);
        CHECK(info.base == (uintptr_t)sorted[i]);
        CHECK_INT(info.usable_bytes, akit_pool_capacity(h, sorted[i]));
        CHECK(info.handle_id == id && info.handle_kind == AKIT_KIND_POOL && info.state == AKIT_BLOCK_OUT && info.tag == 0);
    }
    CHECK_INT(akit_pool_leak_next(h, &cursor, &info), -ENOENT);
    for (int i = 1; i < 1000; i += 2)
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    CHECK_INT(out_of(h), 0);
    CHECK_INT(pool_misuses(h), 0);
    akit_pool_destroy(h, 0);
}

CASE(the_walk_goes_on_after_puts)
{
    akit_pool *h = new_pool();
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t cursor = 0;
    int met = 0;
    get_all(h, 5000, 300, taken);
    while (akit_pool_leak_next(h, &cursor, &info) == 0) {
        met++;
        CHECK_INT(akit_pool_put(h, (void *)(uintptr_t)info.base), 0);
    }
    CHECK_INT(met, 300);
    CHECK_INT(pool_stats_of(h).out_buffers, 0);
    akit_pool_destroy(h, 0);
}

CASE(the_walk_meets_only_its_own_pool)
{
    akit_pool *h = new_pool(), *g = new_pool();
    for (int i = 0; i < 200; i++)
        taken[i] = plain_buffer(i % 2 ? h : g, i % 20 > 17 ? MIB(1) : KIB(8));
    CHECK_INT(out_of(h), 100);
    CHECK_INT(out_of(g), 100);
    destroy_now(h);
    CHECK_INT(out_of(g), 100);
    destroy_now(g);
}

static atomic_int stop;

static void *get_and_put(void *arg)
{
    akit_pool *h = (akit_pool *)arg;
    uint64_t x = (uintptr_t)&x;
    void *p[32] = {NULL};
    while (!atomic_load(&stop)) {
        uint64_t word = random_word(&x);
        void **slot = &p[word & 31];
        THREAD_CHECK(akit_pool_put(h, *slot) == 0);
        *slot = akit_pool_get(h, (size_t)(word >> 8) % (word >> 60 ? KIB(64) : KIB(300)), NULL);
        THREAD_CHECK(*slot != NULL);
    }
    for (int i = 0; i < 32; i++)
        THREAD_CHECK(akit_pool_put(h, p[i]) == 0);
    return NULL;
}

CASE(the_walk_does_no_harm_while_threads_work)
{
    akit_pool *h = new_pool();
    pthread_t t[2];
    get_all(h, 5000, 100, taken);
    atomic_store(&stop, 0);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&t[i], NULL, get_and_put, h), 0);
    size_t least = SIZE_MAX;
    for (int i = 0; i < 300; i++) {
        size_t met = out_of(h);
        least = met < least ? met : least;
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    CHECK_AT_LEAST(least, 100); /* those of this thread were always out */
    CHECK_INT(out_of(h), 100);
    CHECK_INT(pool_misuses(h), 0);
    put_all(h, 100, taken);
    akit_pool_destroy(h, 0);
}

static uint64_t tag_of(akit_pool *h, const void *p)
{
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    uint64_t cursor = 0;
    while (akit_pool_leak_next(h, &cursor, &info) == 0)
        if (info.base == (uintptr_t)p)
            return info.tag;
    CHECK_FAIL("the walk does not meet %p", p);
}

CASE(tags_stay_with_their_buffers)
{
    akit_pool *h = pool_with_flags(AKIT_POOL_TAGS);
    for (int i = 0; i < 300; i++)
        taken[i] = plain_buffer(h, i % 30 == 29 ? MIB(1) : KIB(2) << i % 6);
    for (int i = 0; i < 300; i++)
        CHECK_INT(tag_of(h, taken[i]), 0);
    for (uint64_t i = 0; i < 300; i++)
        CHECK_INT(akit_pool_tag_set(h, taken[i], i * i + 1), 0);
    for (uint64_t i = 0; i < 300; i++)
        CHECK_INT(tag_of(h, taken[i]), i * i + 1);
    CHECK_INT(akit_pool_tag_set(h, taken[5], AKIT_NONE), 0);
    CHECK(tag_of(h, taken[5]) == AKIT_NONE && inspect(taken[5]).tag == AKIT_NONE);
    for (int i = 0; i < 300; i++)
        CHECK_INT(akit_pool_put(h, taken[i]), 0);
    CHECK_INT(akit_pool_get_n(h, 5000, 40, taken, NULL), 40);
    for (int i = 40; i < 300; i++)
        taken[i] = plain_buffer(h, i % 30 == 29 ? MIB(1) : KIB(2) << i % 6);
    for (int i = 0; i < 300; i++)
        CHECK_INT(tag_of(h, taken[i]), 0); /* of nobody before */
    put_all(h, 300, taken);
    akit_pool_destroy(h, 0);
}

CASE(tag_answers)
{
    akit_pool *h = pool_with_flags(AKIT_POOL_TAGS), *g = new_pool(), *k = pool_with_flags(AKIT_POOL_TAGS);
    char *p = (char *)plain_buffer(h, 5000), *q = (char *)plain_buffer(g, 5000);
    CHECK_INT(akit_pool_tag_set(h, p + 64, 1), -ENOENT);
    CHECK_INT(akit_pool_tag_set(h, &check_count, 1), -ENOENT);
    CHECK_INT(akit_pool_tag_set(h, q, 1), -ENOENT);
    CHECK_INT(akit_pool_tag_set(k, p, 1), -ENOENT);
    CHECK_INT(akit_pool_tag_set(g, q, 1), -EINVAL); /* keeps none */
    CHECK_INT(pool_misuses(h), 3);
    CHECK_INT(tag_of(h, p), 0);
    CHECK_INT(akit_pool_put(h, p), 0);
    CHECK_INT(akit_pool_tag_set(h, p, 1), -EINVAL);
    CHECK_INT(pool_misuses(h), 4);
    CHECK_INT(akit_pool_put(g, q), 0);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
    akit_pool_destroy(k, 0);
}

static struct {
    int calls, wrong;
    uint64_t handle_id;
    const void *p[16];
} seen;

static void remember(void *user, int error, uint64_t handle_id, const void *p)
{
    (void)user;
    seen.wrong += error != EBUSY || handle_id != seen.handle_id;
    if (seen.calls < 16)
        seen.p[seen.calls] = p;
    seen.calls++;
}

/* How many lines the end of the pool makes. Everything that is out was got by the caller and is in `taken`. */
static int lines_of(akit_pool *h, uint32_t flags)
{
    memset(&seen, 0, sizeof seen);
    seen.handle_id = pool_stats_of(h).id;
    CHECK_INT(akit_misuse_handler(remember, NULL), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    int rc = akit_pool_destroy(h, flags);
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_COUNT), 0);
    CHECK_INT(rc, 0);
    CHECK_INT(seen.wrong, 0);
    for (int i = 0; i < seen.calls; i++) {
        int known = 0;
        for (int k = 0; k < 3000; k++)
            known |= taken[k] && taken[k] == seen.p[i];
        CHECK(known);
    }
    return seen.calls;
}

static void take_of_three_classes(akit_pool *h)
{
    memset(taken, 0, sizeof taken);
    for (int i = 0; i < 30; i++)
        taken[i] = plain_buffer(h, i % 3 == 0 ? KIB(2) : i % 3 == 1 ? KIB(16) : KIB(64));
}

CASE(destroy_reports_one_line_per_class)
{
    akit_pool *h = pool_with_flags(AKIT_POOL_REPORT_LEAKS);
    take_of_three_classes(h);
    CHECK_INT(lines_of(h, 0), 3);
    put_all(h, 30, taken);
    h = pool_with_flags(AKIT_POOL_REPORT_LEAKS);
    take_of_three_classes(h);
    CHECK_INT(lines_of(h, AKIT_DESTROY_NOW), 3);
}

CASE(destroy_reports_what_is_larger_than_the_classes)
{
    akit_pool *h = pool_with_flags(AKIT_POOL_REPORT_LEAKS);
    memset(taken, 0, sizeof taken);
    taken[0] = plain_buffer(h, MIB(1));
    CHECK_INT(lines_of(h, AKIT_DESTROY_NOW), 1);
}

CASE(destroy_reports_nothing_without_leaks_or_without_the_flag)
{
    akit_pool *h = pool_with_flags(AKIT_POOL_REPORT_LEAKS);
    take_of_three_classes(h);
    put_all(h, 30, taken);
    CHECK_INT(lines_of(h, 0), 0);
    h = new_pool();
    take_of_three_classes(h);
    CHECK_INT(lines_of(h, AKIT_DESTROY_NOW), 0);
}

PART(leaks_two_buffers)
{
    akit_pool *h = pool_with_flags(AKIT_POOL_REPORT_LEAKS);
    plain_buffer(h, KIB(8));
    plain_buffer(h, KIB(8));
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    CHECK_INT(akit_pool_destroy(h, AKIT_DESTROY_NOW), 0);
}

CASE(the_line_goes_to_file_descriptor_2)
{
    static char text[4096];
    CHECK_INT(run_part_in("leaks_two_buffers", NULL, text, sizeof text), 0);
    const char *end = strchr(text, '\n');
    CHECK(end && end[1] == 0); /* one line */
    CHECK(strstr(text, "allockit") && strstr(text, "0x"));
}
