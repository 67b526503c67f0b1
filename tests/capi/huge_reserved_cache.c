/* Explicit huge pages that a handle keeps: reuse, budget, alignment, another size, decay. */
#include "huge_kit.h"
#include "smaps.h"

CASE(zero_and_reuse)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *h = requiring(MIB(8));
    for (int i = 0; i < 6; i++) {
        void *p = akit_huge_alloc(h, MIB(4), 0, i % 2 ? 0 : AKIT_ALLOC_ZERO, NULL);
        CHECK(p != NULL);
        CHECK((i % 2 && !inspect(p).zeroed) || all_bytes(p, MIB(4), 0));
        memset(p, 0xee, MIB(4));
        CHECK_INT(akit_huge_free(h, p), 0);
    }
    CHECK_AT_LEAST(huge_stats_of(h).cache_hits_total, 1);
    akit_huge_destroy(h, 0);
}

CASE(the_cache_keeps_pages_until_purge)
{
    NEEDS_HUGE_PAGES(16);
    uint64_t before_it = free_huge_pages();
    akit_huge *h = requiring(MIB(8));
    void *p[4];
    for (int i = 0; i < 4; i++)
        p[i] = huge_block(h, MIB(4));
    CHECK_INT(free_huge_pages(), before_it - 8);
    for (int i = 0; i < 4; i++)
        CHECK_INT(akit_huge_free(h, p[i]), 0);
    CHECK_INT(free_huge_pages(), before_it - 4); /* 8 MiB of 16 are kept */
    CHECK_INT(huge_stats_of(h).cached_bytes, MIB(8));
    int64_t faults = minor_faults();
    p[0] = huge_block(h, MIB(4));
    CHECK_AT_MOST(minor_faults() - faults, 2);
    CHECK_INT(free_huge_pages(), before_it - 4);
    CHECK_INT(akit_huge_free(h, p[0]), 0);
    uint64_t bytes = 0;
    CHECK_INT(akit_huge_purge(h, AKIT_PURGE_ALL, &bytes), 0);
    CHECK_INT(bytes, MIB(8));
    CHECK_INT(free_huge_pages(), before_it);
    akit_huge_stats st = huge_stats_of(h);
    CHECK_INT(st.purged_bytes_total, MIB(8));
    CHECK_INT(st.cache_hits_total, 1);
    CHECK_INT(st.cache_misses_total, 4);
    CHECK_INT(st.used_bytes + st.hugetlb_bytes + st.mappings, 0);
    CHECK_INT(akit_huge_free(h, akit_huge_alloc(h, MIB(4), 0, AKIT_ALLOC_NO_CACHE, NULL)), 0);
    CHECK_INT(free_huge_pages(), before_it);
    akit_huge_destroy(h, 0);
}

CASE(a_kept_block_is_not_in_use)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *h = requiring(MIB(8));
    char *p = (char *)huge_block(h, MIB(4));
    CHECK_INT(akit_huge_free(h, p + MIB(2)), -ENOENT);
    CHECK_INT(akit_huge_free(h, p), 0);
    CHECK_INT(akit_huge_free(h, p), -EINVAL);
    CHECK_INT(huge_misuses(h), 2);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    int rc = akit_inspect(p, &info);
    CHECK(rc == -ENOENT || (rc == 0 && info.state != AKIT_BLOCK_OUT));
    void *q = huge_block(h, MIB(4)), *r = huge_block(h, MIB(4));
    CHECK(q != r); /* it was kept once */
    akit_huge_destroy(h, 0);
}

/* Pages that the handle itself has cached are no reason to refuse. */
CASE(the_cache_gives_way_to_another_size)
{
    enum { most = 512 };
    NEEDS_HUGE_PAGES(8);
    uint64_t n = free_huge_pages();
    if (n > most || overcommit_pages())
        SKIP("too many huge pages are free");
    akit_huge *h = requiring(AKIT_NONE);
    void *p[most];
    for (uint64_t i = 0; i < n; i++)
        p[i] = huge_block(h, MIB(2));
    for (uint64_t i = 0; i < n; i++)
        CHECK_INT(akit_huge_free(h, p[i]), 0);
    CHECK_INT(free_huge_pages(), 0);
    touch_pages(huge_block(h, n * MIB(2)), n * MIB(2));
    akit_huge_destroy(h, 0);
    CHECK_INT(free_huge_pages(), n);
}

/* A kept block serves only where it lies well. */
CASE(the_cache_looks_at_alignment)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *h = requiring(MIB(8));
    for (int i = 0; i < 4; i++) {
        CHECK_INT(akit_huge_free(h, huge_block(h, MIB(4))), 0);
        void *p = akit_huge_alloc(h, MIB(4), GIB(1), 0, NULL);
        CHECK(p && aligned_to(p, GIB(1)));
        CHECK_INT(akit_huge_free(h, p), 0);
        CHECK_INT(akit_huge_purge(h, AKIT_PURGE_ALL, NULL), 0);
    }
    akit_huge_destroy(h, 0);
}

CASE(cached_pages_decay)
{
    NEEDS_HUGE_PAGES(8);
    uint64_t before_it = free_huge_pages();
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.huge_mode = AKIT_HUGE_REQUIRE;
    cfg.cache_bytes = AKIT_NONE;
    akit_huge *h = new_huge_with(&cfg);
    CHECK_INT(akit_huge_free(h, huge_block(h, MIB(8))), 0);
    CHECK_INT(free_huge_pages(), before_it - 4);
    for (int i = 0; i < 40 && free_huge_pages() != before_it; i++) {
        usleep(50000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
    CHECK_INT(free_huge_pages(), before_it);
    akit_huge_destroy(h, 0);
}
