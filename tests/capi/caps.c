/* limit_bytes: what counts, what happens at the cap, and that everything is usable afterwards. */
#include "kit.h"

static void *kept[300000];

static size_t take_all(akit_tiered *h, size_t size)
{
    size_t n = 0;
    while (n < sizeof kept / sizeof kept[0] && (kept[n] = akit_tiered_alloc(h, size)))
        n++;
    CHECK(n < sizeof kept / sizeof kept[0]);
    CHECK_INT(errno, ENOMEM);
    return n;
}

static void cap_holds(size_t size)
{
    akit_tiered *h = capped_heap(MIB(8));
    size_t n = take_all(h, size);
    CHECK_AT_LEAST(n * size, MIB(5));
    CHECK_AT_MOST(stats_of(h).mapped_bytes, MIB(8));
    CHECK_AT_LEAST(stats_of(h).limit_hits_total, 1);
    CHECK_AT_LEAST(stats_of(h).failures_total, stats_of(h).limit_hits_total);
    CHECK_INT(akit_tiered_free_n(h, n, kept), n);
    CHECK_INT(stats_of(h).used_bytes, 0);
    size_t again = take_all(h, size);
    CHECK_AT_LEAST(again, n - n / 8);
    CHECK_INT(akit_tiered_free_n(h, again, kept), again);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(cap_of_small_blocks) { cap_holds(64); }
CASE(cap_of_larger_small_blocks) { cap_holds(1000); }
CASE(cap_of_medium_blocks) { cap_holds(6000); }
CASE(cap_of_large_blocks) { cap_holds(100000); }

CASE(cap_of_huge_blocks)
{
    akit_tiered *h = capped_heap(MIB(16));
    void *a = block(h, MIB(5)), *b = block(h, MIB(5));
    CHECK_REFUSED(akit_tiered_alloc(h, MIB(8)), ENOMEM);
    akit_tiered_free(h, a);
    akit_tiered_free(h, b);
    a = block(h, MIB(12));
    CHECK_AT_MOST(stats_of(h).mapped_bytes, MIB(16));
    akit_tiered_free(h, a);
    akit_tiered_destroy(h, 0);
}

CASE(cap_memory_moves_from_small_to_huge)
{
    akit_tiered *h = capped_heap(MIB(16));
    size_t n = take_all(h, 500);
    CHECK_INT(akit_tiered_free_n(h, n, kept), n);
    void *p = block(h, MIB(12));
    CHECK_AT_MOST(stats_of(h).mapped_bytes, MIB(16));
    akit_tiered_free(h, p);
    akit_tiered_destroy(h, 0);
}

CASE(cap_memory_moves_from_huge_to_small)
{
    akit_tiered *h = capped_heap(MIB(16));
    akit_tiered_free(h, block(h, MIB(14)));
    size_t n = take_all(h, 100);
    CHECK_AT_LEAST(n * 100, MIB(10));
    CHECK_INT(akit_tiered_free_n(h, n, kept), n);
    akit_tiered_destroy(h, 0);
}

CASE(cap_refuses_one_request_above_it)
{
    akit_tiered *h = capped_heap(MIB(4));
    CHECK_REFUSED(akit_tiered_alloc(h, MIB(5)), ENOMEM);
    CHECK_REFUSED(akit_tiered_calloc(h, 5, MIB(1)), ENOMEM);
    CHECK_REFUSED(akit_tiered_aligned_alloc(h, 4096, MIB(5)), ENOMEM);
    CHECK_REFUSED(akit_tiered_allocx(h, MIB(5), 0, 0, NULL), ENOMEM);
    CHECK_REFUSED(akit_tiered_realloc(h, NULL, MIB(5)), ENOMEM);
    CHECK_INT(stats_of(h).limit_hits_total, 5);
    akit_tiered_free(h, block(h, 100));
    akit_tiered_destroy(h, 0);
}

CASE(cap_refuses_growth_by_realloc_and_keeps_the_block)
{
    akit_tiered *h = capped_heap(MIB(8));
    void *p = block(h, MIB(3));
    CHECK_REFUSED(akit_tiered_realloc(h, p, MIB(9)), ENOMEM);
    CHECK(all_bytes(p, MIB(3), 0x5a));
    akit_tiered_free(h, p);
    akit_tiered_destroy(h, 0);
}

CASE(cap_leaves_live_blocks_intact)
{
    akit_tiered *h = capped_heap(MIB(4));
    size_t n = take_all(h, 3000);
    for (size_t i = 0; i < n; i++)
        memset(kept[i], (int)i, 3000);
    CHECK_REFUSED(akit_tiered_alloc(h, 3000), ENOMEM);
    for (size_t i = 0; i < n; i++)
        CHECK(all_bytes(kept[i], 3000, (unsigned char)i));
    akit_tiered_destroy(h, 0);
}

CASE(cap_refusals_are_cheap)
{
    akit_tiered *h = capped_heap(MIB(4));
    take_all(h, 3000);
    uint64_t hits = stats_of(h).limit_hits_total, purges = stats_of(h).purges_total, maps = stats_of(h).maps_total;
    for (int i = 0; i < 1000000; i++)
        if (akit_tiered_alloc(h, 3000))
            CHECK_FAIL("the cap gave way");
    akit_tiered_stats now = stats_of(h);
    CHECK_AT_LEAST(now.limit_hits_total, hits + 1000000);
    CHECK_AT_MOST(now.purges_total, purges + 2); /* none per refusal */
    CHECK_AT_MOST(now.maps_total, maps + 2);
    akit_tiered_destroy(h, 0);
}

CASE(cap_below_the_handles_own_needs_is_einval)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *h = NULL;
    cfg.limit_bytes = 1;
    int rc = akit_tiered_create(&cfg, &h);
    CHECK_INT(rc, -EINVAL);
    CHECK(h == NULL);
}

CASE(cap_of_64_kib_serves_small_blocks)
{
    akit_tiered *h = capped_heap(KIB(64));
    akit_tiered_free(h, block(h, 64));
    CHECK_REFUSED(akit_tiered_alloc(h, KIB(64)), ENOMEM);
    CHECK_AT_MOST(stats_of(h).mapped_bytes, KIB(64));
    akit_tiered_destroy(h, 0);
}

CASE(cap_none_is_unlimited)
{
    akit_tiered *h = capped_heap(AKIT_NONE);
    akit_tiered_free(h, akit_tiered_alloc(h, MIB(200)));
    CHECK(stats_of(h).limit_bytes == AKIT_NONE);
    akit_tiered_destroy(h, 0);
}

CASE(cap_default_is_none)
{
    akit_tiered *h = new_heap();
    CHECK(stats_of(h).limit_bytes == AKIT_NONE);
    akit_tiered_destroy(h, 0);
}

CASE(cap_is_the_handles_own)
{
    akit_tiered *h = capped_heap(MIB(2)), *g = capped_heap(MIB(2));
    size_t n = take_all(h, 1000);
    CHECK(n > 0);
    akit_tiered_free(g, block(g, MIB(1)));
    CHECK_INT(stats_of(g).limit_hits_total, 0);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(cap_counts_metadata)
{
    akit_tiered *h = capped_heap(MIB(4));
    size_t n = take_all(h, 16);
    akit_tiered_stats st = stats_of(h);
    CHECK_AT_MOST(st.used_bytes + st.metadata_bytes, MIB(4));
    CHECK_AT_LEAST(st.used_bytes, n * 16);
    akit_tiered_destroy(h, 0);
}
