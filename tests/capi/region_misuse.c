/* Wrong pointers given to regions: what is answered and counted, and that nothing changes by it. */
#include "region_kit.h"

#include <pthread.h>

static char mine[8192] __attribute__((aligned(4096)));
static const size_t sizes[] = {1, 65536, 100000, MIB(1), MIB(6)};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

CASE(free_of_null_does_nothing)
{
    akit_region *h = new_region();
    CHECK_INT(akit_region_free(h, NULL), 0);
    CHECK_INT(region_misuses(h), 0);
    CHECK_INT(region_stats_of(h).frees_total, 0);
    akit_region_destroy(h, 0);
}

static void double_free_at_once(akit_region *h)
{
    for (size_t i = 0; i < SIZES; i++) {
        void *p = plain_region(h, sizes[i]);
        CHECK_INT(akit_region_free(h, p), 0);
        CHECK_INT(akit_region_free(h, p), -EINVAL);
        CHECK_INT(region_misuses(h), i + 1);
        CHECK_INT(region_stats_of(h).frees_total, 3 * i + 1);
        void *a = plain_region(h, sizes[i]), *b = plain_region(h, sizes[i]);
        CHECK(a != b);
        CHECK_INT(akit_region_free(h, a), 0);
        CHECK_INT(akit_region_free(h, b), 0);
    }
    CHECK_INT(region_stats_of(h).used_bytes, 0);
    akit_region_destroy(h, 0);
}

CASE(double_free_at_once_is_caught) { double_free_at_once(new_region()); }
CASE(double_free_at_once_is_caught_with_exact_check) { double_free_at_once(exact_region()); }

CASE(double_free_later_is_caught_with_exact_check)
{
    akit_region *h = exact_region();
    for (size_t i = 0; i < SIZES; i++) {
        void *a = plain_region(h, sizes[i]), *b = plain_region(h, sizes[i]), *c = plain_region(h, sizes[i]);
        CHECK_INT(akit_region_free(h, a), 0);
        CHECK_INT(akit_region_free(h, b), 0);
        CHECK_INT(akit_region_free(h, a), -EINVAL);
        CHECK_INT(region_misuses(h), i + 1);
        CHECK_INT(akit_region_free(h, c), 0);
    }
    CHECK_INT(region_stats_of(h).frees_total, 3 * SIZES);
    akit_region_destroy(h, 0);
}

CASE(double_free_later_is_caught_at_the_latest_when_the_batch_leaves)
{
    for (size_t i = 0; i < SIZES; i++) {
        akit_region *h = new_region();
        void *a = plain_region(h, sizes[i]), *b = plain_region(h, sizes[i]);
        CHECK_INT(akit_region_free(h, a), 0);
        CHECK_INT(akit_region_free(h, b), 0);
        int rc = akit_region_free(h, a);
        CHECK(rc == 0 || rc == -EINVAL);
        CHECK_INT(akit_thread_flush(0), 0);
        CHECK_INT(region_misuses(h), 1);
        void *p[3];
        for (int k = 0; k < 3; k++)
            p[k] = plain_region(h, sizes[i]);
        CHECK(p[0] != p[1] && p[1] != p[2] && p[0] != p[2]);
        CHECK_INT(region_stats_of(h).used_bytes, usable_of(p[0]) + usable_of(p[1]) + usable_of(p[2]));
        akit_region_destroy(h, 0);
    }
}

CASE(double_free_after_purge_is_caught)
{
    akit_region *h = exact_region();
    for (size_t i = 0; i < SIZES; i++) {
        void *p = plain_region(h, sizes[i]);
        CHECK_INT(akit_region_free(h, p), 0);
        CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
        int rc = akit_region_free(h, p);
        CHECK(rc == -EINVAL || rc == -ENOENT);
        CHECK_INT(region_misuses(h), i + 1);
    }
    akit_region_destroy(h, 0);
}

typedef struct {
    akit_region *h;
    void *p;
    int rc;
} one_free;

static void *free_it(void *arg)
{
    one_free *f = (one_free *)arg;
    f->rc = akit_region_free(f->h, f->p);
    return NULL;
}

CASE(double_free_by_another_thread_is_caught_with_exact_check)
{
    akit_region *h = exact_region();
    one_free f = {h, plain_region(h, MIB(1)), 1};
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, free_it, &f), 0);
    pthread_join(t, NULL);
    CHECK_INT(f.rc, 0);
    CHECK_INT(akit_region_free(h, f.p), -EINVAL);
    f.rc = 1;
    CHECK_INT(pthread_create(&t, NULL, free_it, &f), 0);
    pthread_join(t, NULL);
    CHECK_INT(f.rc, -EINVAL);
    CHECK_INT(region_misuses(h), 2);
    CHECK_INT(region_stats_of(h).frees_total, 1);
    akit_region_destroy(h, 0);
}

CASE(interior_pointers_are_caught_with_exact_check)
{
    akit_region *h = exact_region();
    for (size_t i = 1; i < SIZES; i++) {
        char *p = (char *)plain_region(h, sizes[i]);
        mark(p, sizes[i], i);
        CHECK_INT(akit_region_free(h, p + page_bytes()), -ENOENT);
        CHECK_INT(akit_region_free(h, p + 16), -ENOENT);
        CHECK_INT(akit_region_free(h, p + sizes[i] - 1), -ENOENT);
        CHECK_INT(region_misuses(h), 3 * i);
        CHECK(marked(p, sizes[i], i));
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
}

CASE(misaligned_pointers_are_caught_at_once)
{
    akit_region *h = new_region();
    char *p = (char *)plain_region(h, MIB(1));
    CHECK_INT(akit_region_free(h, p + 1), -ENOENT);
    CHECK_INT(akit_region_free(h, p + 4000), -ENOENT);
    CHECK_INT(region_misuses(h), 2);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(interior_pages_are_caught_at_the_latest_when_the_batch_leaves)
{
    akit_region *h = new_region();
    char *p = (char *)plain_region(h, MIB(1));
    mark(p, MIB(1), 8);
    int rc = akit_region_free(h, p + page_bytes());
    CHECK(rc == 0 || rc == -ENOENT);
    CHECK_INT(akit_thread_flush(0), 0);
    CHECK_INT(region_misuses(h), 1);
    for (int i = 0; i < 8; i++)
        touch_pages(plain_region(h, MIB(1)), MIB(1));
    CHECK(marked(p, MIB(1), 8));
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(foreign_pointers_are_enoent)
{
    akit_region *h = new_region();
    char local[64] __attribute__((aligned(16)));
    const uintptr_t words[] = {(uintptr_t)mine, (uintptr_t)hidden(local), 4096, 1, (uintptr_t)h, UINTPTR_MAX, UINTPTR_MAX - 4095,
                               (uintptr_t)1 << 62, (uintptr_t)0x7ffffffff000};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        CHECK_INT(akit_region_free(h, (void *)words[i]), -ENOENT);
        CHECK_INT(region_misuses(h), i + 1);
    }
    akit_region_destroy(h, 0);
}

CASE(region_of_another_handle_is_enoent_and_stays)
{
    akit_region *h = new_region(), *g = new_region();
    for (size_t i = 0; i < SIZES; i++) {
        void *p = plain_region(h, sizes[i]);
        mark(p, sizes[i], i);
        CHECK_INT(akit_region_free(g, p), -ENOENT);
        CHECK_INT(akit_region_prefault(g, p, 0, 0), -ENOENT);
        CHECK_AT_LEAST(region_misuses(g), i + 1);
        CHECK(marked(p, sizes[i], i));
        CHECK_INT(akit_region_free(h, p), 0);
    }
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
    akit_region_destroy(g, 0);
}

CASE(blocks_of_a_tiered_handle_are_enoent_and_stay)
{
    akit_region *h = new_region();
    akit_tiered *t = new_heap();
    const size_t blocks[] = {16, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < 4; i++) {
        void *p = block(t, blocks[i]);
        CHECK_INT(akit_region_free(h, p), -ENOENT);
        CHECK_INT(akit_region_pin(h, p), -ENOENT);
        CHECK_REFUSED(akit_region_realloc(h, p, MIB(8), 0, NULL), ENOENT);
        CHECK(all_bytes(p, blocks[i], 0x5a));
        akit_tiered_free(t, p);
    }
    CHECK_INT(region_misuses(h), 12);
    CHECK_INT(misuses_of(t), 0);
    CHECK_INT(stats_of(t).used_bytes, 0);
    akit_region_destroy(h, 0);
    akit_tiered_destroy(t, 0);
}

CASE(regions_are_no_blocks_of_a_tiered_handle)
{
    akit_region *h = new_region();
    akit_tiered *t = new_heap();
    for (size_t i = 0; i < SIZES; i++) {
        void *p = plain_region(h, sizes[i]);
        mark(p, sizes[i], i);
        uint64_t all = process_stats().misuses_total;
        akit_tiered_free(t, p);
        CHECK_INT(misuses_of(t), i + 1);
        akit_free(p);
        CHECK_REFUSED(akit_realloc(p, MIB(8)), ENOENT);
        CHECK_AT_LEAST(process_stats().misuses_total, all + 3);
        CHECK_INT(akit_usable_size(p), 0);
        CHECK_INT(akit_tiered_owns(t, p), 0);
        CHECK(marked(p, sizes[i], i));
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
    akit_tiered_destroy(t, 0);
}
