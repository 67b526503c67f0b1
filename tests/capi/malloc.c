/* malloc.h: the functions in C's shapes, on the default heap and on blocks of any handle. */
#include "kit.h"

static volatile size_t above_ptrdiff = (size_t)PTRDIFF_MAX + 1;

CASE(malloc_0_gives_a_block)
{
    void *a = hidden(akit_malloc(0)), *b = hidden(akit_malloc(0));
    CHECK(a && b && a != b);
    akit_free(a);
    akit_free(b);
}

CASE(malloc_above_ptrdiff_max_is_enomem)
{
    CHECK_REFUSED(akit_malloc(above_ptrdiff), ENOMEM);
    CHECK_REFUSED(akit_malloc(SIZE_MAX), ENOMEM);
}

CASE(malloc_blocks_belong_to_the_default_heap)
{
    void *p = akit_malloc(100);
    CHECK_INT(akit_tiered_owns(akit_default(), p), 1);
    akit_free(p);
}

CASE(calloc_zeroes)
{
    for (int i = 0; i < 3; i++) {
        char *p = (char *)akit_calloc(30, 30);
        CHECK(p && all_bytes(p, 900, 0));
        memset(p, 1, 900);
        akit_free(p);
    }
}

CASE(calloc_overflow_is_enomem)
{
    CHECK_REFUSED(akit_calloc(SIZE_MAX, 2), ENOMEM);
    CHECK_REFUSED(akit_calloc((size_t)1 << 33, (size_t)1 << 33), ENOMEM);
}

CASE(realloc_null_is_malloc)
{
    void *p = akit_realloc(NULL, 100);
    CHECK(p && akit_tiered_owns(akit_default(), p) == 1);
    akit_free(p);
}

CASE(realloc_0_shrinks_and_never_frees)
{
    void *p = akit_realloc(akit_malloc(1000), 0);
    CHECK(p != NULL);
    CHECK_AT_LEAST(akit_usable_size(p), 1);
    akit_free(p);
}

CASE(realloc_of_a_handles_block_stays_in_the_handle)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    const size_t sizes[] = {5000, 100000, MIB(3), 10};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        p = akit_realloc(p, sizes[i]);
        CHECK(p && akit_tiered_owns(h, p) == 1 && all_bytes(p, 10, 0x5a));
    }
    akit_free(p);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_of_a_handles_block_respects_its_cap)
{
    akit_tiered *h = capped_heap(MIB(4));
    void *p = block(h, 100);
    CHECK_REFUSED(akit_realloc(p, MIB(5)), ENOMEM);
    CHECK(all_bytes(p, 100, 0x5a));
    akit_free(p);
    akit_tiered_destroy(h, 0);
}

CASE(realloc_of_a_foreign_pointer_is_enoent)
{
    static char mine[64] __attribute__((aligned(16)));
    CHECK_REFUSED(akit_realloc(hidden(mine), 100), ENOENT);
}

CASE(realloc_impossible_is_enomem)
{
    void *p = akit_malloc(10);
    memset(p, 7, 10);
    CHECK_REFUSED(akit_realloc(p, above_ptrdiff), ENOMEM);
    CHECK(all_bytes(p, 10, 7));
    akit_free(p);
}

CASE(aligned_alloc_aligns)
{
    for (size_t alignment = 1; alignment <= GIB(1); alignment *= 4) {
        void *p = akit_aligned_alloc(alignment, 100);
        CHECK(p && aligned_to(p, alignment));
        akit_free_aligned_sized(p, alignment, 100);
    }
}

CASE(aligned_alloc_bad_alignment_is_einval)
{
    CHECK_REFUSED(akit_aligned_alloc(3, 100), EINVAL);
    CHECK_REFUSED(akit_aligned_alloc(GIB(2), 100), EINVAL);
}

CASE(free_accepts_blocks_of_any_handle)
{
    akit_tiered *h = new_heap();
    akit_free(block(h, 10));
    akit_free(block(h, 5000));
    akit_free(block(h, MIB(3)));
    akit_free_sized(block(h, 10), 10);
    akit_free_aligned_sized(akit_tiered_aligned_alloc(h, 64, 10), 64, 10);
    CHECK_INT(stats_of(h).frees_total, 5);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(free_null_does_nothing)
{
    uint64_t before = process_stats().misuses_total;
    akit_free(NULL);
    akit_free_sized(NULL, 10);
    akit_free_aligned_sized(NULL, 64, 10);
    CHECK_INT(process_stats().misuses_total, before);
}

CASE(free_preserves_errno)
{
    void *p = akit_malloc(MIB(10)), *q = akit_malloc(10);
    errno = 4321;
    akit_free(p);
    akit_free_sized(q, 10);
    akit_free(NULL);
    CHECK_INT(errno, 4321);
}

CASE(free_sized_wrong_is_counted_and_the_block_stays)
{
    uint64_t before = process_stats().misuses_total;
    char *p = (char *)akit_malloc(100);
    memset(p, 9, 100);
    akit_free_sized(p, 5000);
    CHECK_INT(process_stats().misuses_total, before + 1);
    CHECK(all_bytes(p, 100, 9));
    akit_free_sized(p, 100);
    CHECK_INT(process_stats().misuses_total, before + 1);
}

CASE(usable_size_of_any_handles_block)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 1000), *q = akit_malloc(1000);
    CHECK_INT(akit_usable_size(p), akit_tiered_usable_size(h, p));
    CHECK_AT_LEAST(akit_usable_size(q), 1000);
    CHECK_INT(akit_usable_size(NULL), 0);
    CHECK_INT(akit_usable_size(&check_count), 0);
    akit_free(q);
    akit_tiered_destroy(h, 0);
}

CASE(default_is_always_the_same_handle)
{
    CHECK(akit_default() != NULL && akit_default() == akit_default());
}

CASE(default_destroy_is_eperm_and_nothing_happens)
{
    void *p = akit_malloc(100);
    CHECK_INT(akit_tiered_destroy(akit_default(), 0), -EPERM);
    CHECK_INT(akit_tiered_destroy(akit_default(), AKIT_DESTROY_DEFER), -EPERM);
    akit_free(p);
    p = akit_malloc(100);
    CHECK(p != NULL);
    akit_free(p);
}

CASE(default_configure_after_first_use_is_ebusy)
{
    akit_free(akit_malloc(1));
    int rc = akit_default_configure(NULL);
    CHECK_INT(rc, -EBUSY);
}

FRESH(default_configure_before_first_use)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT, now = AKIT_TIERED_CONFIG_INIT;
    cfg.limit_bytes = MIB(8);
    cfg.name = "main";
    int rc = akit_default_configure(&cfg);
    CHECK_INT(rc, 0);
    CHECK_INT(akit_tiered_config_get(akit_default(), &now), 0);
    CHECK_INT(now.limit_bytes, MIB(8));
    CHECK(now.name && !strcmp(now.name, "main"));
    CHECK_REFUSED(akit_malloc(MIB(9)), ENOMEM);
    rc = akit_default_configure(&cfg);
    CHECK_INT(rc, -EBUSY);
}

FRESH(default_configure_refuses_a_bad_config_and_can_be_tried_again)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.thp = 99;
    int rc = akit_default_configure(&cfg);
    CHECK_INT(rc, -EINVAL);
    cfg.thp = 0;
    cfg.struct_size = 0;
    rc = akit_default_configure(&cfg);
    CHECK_INT(rc, -EINVAL);
    rc = akit_default_configure(NULL);
    CHECK_INT(rc, 0);
}

static void *late;

static void free_late(void)
{
    akit_free(late);
    akit_free(akit_malloc(100));
    if (misuses_of(akit_default()))
        _exit(CHECK_FAILED);
}

FRESH(default_heap_works_in_atexit_handlers)
{
    late = akit_malloc(100);
    CHECK_INT(atexit(free_late), 0);
}
