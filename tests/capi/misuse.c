/* Misuse: what is caught at which call, what is counted, what is reported. Nothing may change by it. */
#include "kit.h"

#include <pthread.h>
#include <sys/mman.h>

static char mine[4096] __attribute__((aligned(4096)));

CASE(double_free_at_once_is_caught)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {10, 1000, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = block(h, sizes[i]);
        akit_tiered_free(h, p);
        akit_tiered_free(h, p);
        CHECK_INT(misuses_of(h), i + 1);
        CHECK_INT(stats_of(h).frees_total, i + 1);
    }
    akit_tiered_destroy(h, 0);
}

CASE(double_free_at_once_hands_out_no_block_twice)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    akit_tiered_free(h, p);
    void *a = hidden(akit_tiered_alloc(h, 100)), *b = hidden(akit_tiered_alloc(h, 100));
    CHECK(a != b);
    akit_tiered_destroy(h, 0);
}

CASE(double_free_by_akit_free_is_caught)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    akit_free(p);
    akit_free(p);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(double_free_by_free_sized_is_caught)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    akit_tiered_free_sized(h, p, 100);
    akit_tiered_free_sized(h, p, 100);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(double_free_later_is_caught_with_exact_check)
{
    akit_tiered *h = exact_heap();
    const size_t sizes[] = {10, 1000, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *a = block(h, sizes[i]), *b = block(h, sizes[i]), *c = block(h, sizes[i]);
        akit_tiered_free(h, a);
        akit_tiered_free(h, b);
        akit_tiered_free(h, a);
        CHECK_INT(misuses_of(h), i + 1);
        akit_tiered_free(h, c);
        CHECK_INT(misuses_of(h), i + 1);
    }
    akit_tiered_destroy(h, 0);
}

CASE(double_free_later_is_caught_at_the_latest_on_flush)
{
    akit_tiered *h = new_heap();
    void *a = block(h, 100), *b = block(h, 100);
    akit_tiered_free(h, a);
    akit_tiered_free(h, b);
    akit_tiered_free(h, a);
    CHECK_INT(akit_thread_flush(0), 0);
    CHECK_INT(misuses_of(h), 1);
    void *p[3] = {hidden(akit_tiered_alloc(h, 100)), hidden(akit_tiered_alloc(h, 100)), hidden(akit_tiered_alloc(h, 100))};
    CHECK(p[0] != p[1] && p[1] != p[2] && p[0] != p[2]);
    akit_tiered_destroy(h, 0);
}

CASE(double_free_after_flush_is_caught_with_exact_check)
{
    akit_tiered *h = exact_heap();
    void *a = block(h, 100);
    akit_tiered_free(h, a);
    CHECK_INT(akit_thread_flush(0), 0);
    akit_tiered_free(h, a);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

typedef struct {
    akit_tiered *h;
    void *p;
} one_free;

static void *free_it(void *arg)
{
    one_free *f = (one_free *)arg;
    akit_tiered_free(f->h, f->p);
    return NULL;
}

CASE(double_free_by_another_thread_is_caught_with_exact_check)
{
    akit_tiered *h = exact_heap();
    one_free f = {h, block(h, 100)};
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, free_it, &f), 0);
    pthread_join(t, NULL);
    akit_tiered_free(h, f.p);
    CHECK_INT(misuses_of(h), 1);
    CHECK_INT(stats_of(h).frees_total, 1);
    akit_tiered_destroy(h, 0);
}

CASE(interior_pointer_is_caught_with_exact_check)
{
    akit_tiered *h = exact_heap();
    const size_t sizes[] = {64, 1000, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = (char *)block(h, sizes[i]);
        akit_tiered_free(h, p + 16);
        akit_tiered_free(h, p + 32);
        CHECK_INT(misuses_of(h), 2 * (i + 1));
        CHECK(all_bytes(p, sizes[i], 0x5a));
        akit_tiered_free(h, p);
        CHECK_INT(misuses_of(h), 2 * (i + 1));
    }
    akit_tiered_destroy(h, 0);
}

CASE(interior_page_of_a_huge_block_is_caught)
{
    akit_tiered *h = new_heap();
    char *p = (char *)block(h, MIB(6));
    akit_tiered_free(h, p + MIB(2));
    akit_tiered_free(h, p + 4096);
    CHECK_INT(misuses_of(h), 2);
    CHECK(all_bytes(p, MIB(6), 0x5a));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 2);
    akit_tiered_destroy(h, 0);
}

CASE(misaligned_pointer_is_caught)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {64, 1000, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = (char *)block(h, sizes[i]);
        akit_tiered_free(h, p + 1);
        akit_tiered_free(h, p + 8);
        CHECK_INT(misuses_of(h), 2 * (i + 1));
        akit_tiered_free(h, p);
    }
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(stack_pointer_is_caught)
{
    akit_tiered *h = new_heap();
    char local[64] __attribute__((aligned(16)));
    akit_tiered_free(h, hidden(local));
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(static_pointer_is_caught)
{
    akit_tiered *h = new_heap();
    akit_tiered_free(h, hidden(mine));
    akit_tiered_free_sized(h, hidden(mine), 100);
    akit_tiered_free_aligned_sized(h, hidden(mine), 64, 100);
    CHECK_INT(misuses_of(h), 3);
    akit_tiered_destroy(h, 0);
}

CASE(malloc_pointer_is_caught)
{
    akit_tiered *h = new_heap();
    void *p = malloc(100);
    akit_tiered_free(h, hidden(p));
    CHECK_INT(misuses_of(h), 1);
    free(p);
    akit_tiered_destroy(h, 0);
}

CASE(unmapped_and_impossible_pointers_are_caught)
{
    akit_tiered *h = new_heap();
    const uint64_t bad[] = {16, 4096, 65536, 0x7ffffffff000, 0x800000000000, 0xdead000000000000, 0xffff800000000000, UINT64_MAX - 15};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        akit_tiered_free(h, (void *)(uintptr_t)bad[i]);
        CHECK_INT(misuses_of(h), i + 1);
    }
    akit_tiered_destroy(h, 0);
}

CASE(pointer_into_a_reserved_area_of_the_host_is_caught)
{
    akit_tiered *h = new_heap();
    char *area = (char *)mmap(NULL, MIB(16), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(area != MAP_FAILED);
    akit_tiered_free(h, area);
    akit_tiered_free(h, area + MIB(8));
    CHECK_INT(misuses_of(h), 2);
    munmap(area, MIB(16));
    akit_tiered_destroy(h, 0);
}

CASE(akit_free_of_a_foreign_pointer_is_counted_for_the_process)
{
    uint64_t before = process_stats().misuses_total;
    akit_free(hidden(mine));
    akit_free_sized(hidden(mine), 10);
    akit_free_aligned_sized(hidden(mine), 64, 10);
    CHECK_INT(process_stats().misuses_total, before + 3);
}

CASE(block_of_another_handle_is_caught_and_stays)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    const size_t sizes[] = {10, 1000, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = block(h, sizes[i]);
        akit_tiered_free(g, p);
        CHECK_INT(misuses_of(g), i + 1);
        CHECK(all_bytes(p, sizes[i], 0x5a));
        akit_tiered_free(h, p);
    }
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(free_on_null_handle_is_counted_for_the_process)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 10);
    uint64_t before = process_stats().misuses_total;
    akit_tiered_free(NULL, p);
    CHECK_INT(process_stats().misuses_total, before + 1);
    CHECK_INT(akit_tiered_owns(h, p), 1);
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_sized_too_large_is_caught_and_the_block_stays)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {10, 1000, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = block(h, sizes[i]);
        akit_tiered_free_sized(h, p, sizes[i] * 4);
        CHECK_INT(misuses_of(h), 2 * i + 1);
        akit_tiered_free_sized(h, p, SIZE_MAX);
        CHECK_INT(misuses_of(h), 2 * i + 2);
        CHECK(all_bytes(p, sizes[i], 0x5a));
        akit_tiered_free_sized(h, p, sizes[i]);
        CHECK_INT(misuses_of(h), 2 * i + 2);
    }
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

/* A size that is too small could only be found by a costly comparison; it frees the block or is caught, and nothing breaks. */
CASE(free_sized_too_small_frees_once_or_is_caught)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {1000, 5000, 100000, MIB(4)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *p = block(h, sizes[i]);
        akit_tiered_free_sized(h, p, sizes[i] / 4);
        akit_tiered_stats st = stats_of(h);
        CHECK_INT(st.frees_total + st.misuses_total, i + 1);
    }
    akit_tiered_destroy(h, 0);
}

CASE(free_aligned_sized_with_a_bad_alignment_is_caught)
{
    akit_tiered *h = new_heap();
    void *p = akit_tiered_aligned_alloc(h, 64, 100);
    akit_tiered_free_aligned_sized(h, p, 48, 100);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_free_aligned_sized(h, p, 64, 100);
    CHECK_INT(misuses_of(h), 1);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(memory_of_no_handle_as_handle_is_einval)
{
    static char zeros[65536] __attribute__((aligned(65536)));
    static char ones[65536] __attribute__((aligned(65536)));
    memset(ones, 0xff, sizeof ones);
    akit_tiered *bad[] = {(akit_tiered *)(void *)zeros, (akit_tiered *)(void *)ones};
    for (int i = 0; i < 2; i++) {
        akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
        CHECK_REFUSED(akit_tiered_alloc(bad[i], 10), EINVAL);
        CHECK_INT(akit_tiered_stats_get(bad[i], &st), -EINVAL);
        CHECK_INT(akit_tiered_purge(bad[i], 0, NULL), -EINVAL);
        CHECK_INT(akit_tiered_destroy(bad[i], 0), -EINVAL);
        akit_tiered_free(bad[i], NULL);
    }
}

CASE(random_words_as_pointers_are_caught)
{
    akit_tiered *h = new_heap();
    void *keep = block(h, 100);
    uint64_t x = 88172645463325252u, before = misuses_of(h), sent = 0;
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        void *p = (void *)(uintptr_t)(i % 2 ? x : x & 0x7fffffffffffu);
        if (akit_tiered_owns(h, p))
            continue;
        akit_tiered_free(h, p);
        sent++;
    }
    CHECK_INT(misuses_of(h) - before, sent);
    CHECK(all_bytes(keep, 100, 0x5a));
    akit_tiered_destroy(h, 0);
}
