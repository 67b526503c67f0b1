/* tiered.h: free, free_sized, free_aligned_sized, alloc_n, free_n: correct use. */
#include "kit.h"

#include <pthread.h>

CASE(free_null_does_nothing)
{
    akit_tiered *h = new_heap();
    akit_tiered_free(h, NULL);
    akit_tiered_free_sized(h, NULL, 10);
    akit_tiered_free_aligned_sized(h, NULL, 64, 10);
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).frees_total, 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_preserves_errno)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {10, 5000, 100000, MIB(4), MIB(40)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = block(h, sizes[i]);
        errno = 12345;
        akit_tiered_free(h, p);
        CHECK_INT(errno, 12345);
    }
    akit_tiered_destroy(h, 0);
}

CASE(free_of_misuse_preserves_errno)
{
    akit_tiered *h = new_heap();
    errno = 12345;
    akit_tiered_free(h, &check_count);
    akit_tiered_free_sized(h, &check_count, 4);
    akit_free(&check_count);
    CHECK_INT(errno, 12345);
    akit_tiered_destroy(h, 0);
}

CASE(free_sized_and_free_n_preserve_errno)
{
    akit_tiered *h = new_heap();
    void *p[8];
    CHECK_INT(akit_tiered_alloc_n(h, 500, 8, p), 8);
    errno = 777;
    akit_tiered_free_sized(h, p[0], 500);
    akit_tiered_free_n(h, 7, p + 1);
    CHECK_INT(errno, 777);
    akit_tiered_destroy(h, 0);
}

CASE(free_sized_accepts_size_to_usable_size)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {1, 24, 1000, 1025, 5000, 16000, 100000, MIB(3)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        akit_tiered_free_sized(h, block(h, sizes[i]), sizes[i]);
        void *p = block(h, sizes[i]);
        akit_tiered_free_sized(h, p, akit_tiered_usable_size(h, p));
    }
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_sized_of_a_size_0_block)
{
    akit_tiered *h = new_heap();
    akit_tiered_free_sized(h, akit_tiered_alloc(h, 0), 0);
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).frees_total, 1);
    akit_tiered_destroy(h, 0);
}

CASE(free_sized_after_realloc_takes_the_new_size)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_realloc(h, block(h, 100), 5000);
    akit_tiered_free_sized(h, p, 5000);
    p = akit_tiered_realloc(h, block(h, 5000), 40);
    akit_tiered_free_sized(h, p, 40);
    p = akit_tiered_realloc(h, block(h, 100), 101);
    akit_tiered_free_sized(h, p, 101);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_aligned_sized_takes_what_was_asked)
{
    akit_tiered *h = new_heap();
    for (size_t alignment = 16; alignment <= MIB(64); alignment *= 2)
        for (size_t size = 1; size < MIB(4); size = size * 9 + 5) {
            void *p = akit_tiered_aligned_alloc(h, alignment, size);
            CHECK(p != NULL);
            akit_tiered_free_aligned_sized(h, p, alignment, size);
        }
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_aligned_sized_alignment_0_means_16)
{
    akit_tiered *h = new_heap();
    akit_tiered_free_aligned_sized(h, akit_tiered_aligned_alloc(h, 0, 300), 0, 300);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(freed_blocks_are_used_again)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 100000; i++)
        akit_tiered_free(h, block(h, 100));
    CHECK_AT_MOST(stats_of(h).mapped_bytes, MIB(4));
    akit_tiered_destroy(h, 0);
}

CASE(freed_huge_blocks_are_used_again)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 100; i++)
        akit_tiered_free(h, akit_tiered_alloc(h, MIB(16)));
    CHECK_AT_MOST(stats_of(h).mapped_bytes, MIB(64));
    akit_tiered_destroy(h, 0);
}

typedef struct {
    akit_tiered *h;
    void **p;
    size_t n;
} batch;

static void *free_one_by_one(void *arg)
{
    batch *b = (batch *)arg;
    for (size_t i = 0; i < b->n; i++)
        akit_tiered_free(b->h, b->p[i]);
    return NULL;
}

CASE(free_by_a_thread_that_exits)
{
    akit_tiered *h = new_heap();
    static void *p[2000];
    CHECK_INT(akit_tiered_alloc_n(h, 300, 2000, p), 2000);
    batch b = {h, p, 2000};
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, free_one_by_one, &b), 0);
    pthread_join(t, NULL);
    CHECK_INT(stats_of(h).used_bytes, 0);
    CHECK_INT(stats_of(h).frees_total, 2000);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_n_gives_distinct_blocks)
{
    akit_tiered *h = new_heap();
    static unsigned *p[3000];
    CHECK_INT(akit_tiered_alloc_n(h, 40, 3000, (void **)p), 3000);
    for (unsigned i = 0; i < 3000; i++)
        *p[i] = i;
    for (unsigned i = 0; i < 3000; i++)
        CHECK(*p[i] == i && aligned_to(p[i], 16));
    CHECK_INT(stats_of(h).allocs_total, 3000);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_n_of_0_is_0)
{
    akit_tiered *h = new_heap();
    void *p = &check_count;
    CHECK_INT(akit_tiered_alloc_n(h, 40, 0, &p), 0);
    CHECK(p == &check_count);
    CHECK_INT(akit_tiered_alloc_n(h, 40, 0, NULL), 0);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_n_every_tier)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {0, 16, 1024, 1025, 16384, 16385, 300000, MIB(2), MIB(3)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p[10];
        CHECK_INT(akit_tiered_alloc_n(h, sizes[i], 10, p), 10);
        for (int j = 0; j < 10; j++)
            memset(p[j], j, sizes[i]);
        for (int j = 0; j < 10; j++)
            CHECK(all_bytes(p[j], sizes[i], (unsigned char)j));
        CHECK_INT(akit_tiered_free_n(h, 10, p), 10);
    }
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_n_impossible_size_is_0_and_enomem)
{
    akit_tiered *h = new_heap();
    void *p[4] = {&check_count, &check_count, &check_count, &check_count};
    volatile size_t size = SIZE_MAX;
    errno = 0;
    CHECK_INT(akit_tiered_alloc_n(h, size, 4, p), 0);
    CHECK_INT(errno, ENOMEM);
    CHECK(p[0] == &check_count && p[3] == &check_count);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_n_product_overflow_is_0_and_enomem)
{
    akit_tiered *h = new_heap();
    void *p[4] = {NULL, NULL, NULL, NULL};
    errno = 0;
    CHECK_INT(akit_tiered_alloc_n(h, (size_t)1 << 60, 4, p), 0);
    CHECK_INT(errno, ENOMEM);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_n_on_null_handle_is_0_and_einval)
{
    void *p[4];
    errno = 0;
    CHECK_INT(akit_tiered_alloc_n(NULL, 40, 4, p), 0);
    CHECK_INT(errno, EINVAL);
}

CASE(alloc_n_without_out_is_0_and_einval)
{
    akit_tiered *h = new_heap();
    errno = 0;
    CHECK_INT(akit_tiered_alloc_n(h, 40, 4, NULL), 0);
    CHECK_INT(errno, EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(alloc_n_at_the_cap_does_the_front)
{
    akit_tiered *h = capped_heap(MIB(8));
    void *p[64];
    memset(p, 0, sizeof p);
    errno = 0;
    size_t done = akit_tiered_alloc_n(h, 300000, 64, p);
    CHECK(done > 10 && done < 64);
    CHECK_INT(errno, ENOMEM);
    CHECK(p[done - 1] != NULL && p[done] == NULL && p[63] == NULL);
    CHECK_INT(akit_tiered_free_n(h, done, p), done);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_n_of_mixed_sizes)
{
    akit_tiered *h = new_heap();
    void *p[6] = {block(h, 10), block(h, 3000), block(h, 70000), block(h, MIB(3)), block(h, 10), block(h, 1)};
    CHECK_INT(akit_tiered_free_n(h, 6, p), 6);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_n_skips_null_and_counts_it_done)
{
    akit_tiered *h = new_heap();
    void *p[4] = {NULL, block(h, 10), NULL, block(h, 10)};
    CHECK_INT(akit_tiered_free_n(h, 4, p), 4);
    CHECK_INT(stats_of(h).frees_total, 2);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_n_skips_a_wrong_pointer)
{
    akit_tiered *h = new_heap();
    static char mine[64] __attribute__((aligned(16)));
    void *p[3] = {block(h, 10), mine, block(h, 10)};
    CHECK_INT(akit_tiered_free_n(h, 3, p), 2);
    CHECK_INT(stats_of(h).frees_total, 2);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(free_n_of_0_is_0)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_free_n(h, 0, NULL), 0);
    akit_tiered_destroy(h, 0);
}
