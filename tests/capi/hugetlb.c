/* hugetlb_mode: explicit huge pages for huge blocks, when the machine has some reserved. */
#include "kit.h"


static uint64_t free_huge_pages(void)
{
    uint64_t n = 0;
    FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
    if (f) {
        char line[32] = "";
        if (fgets(line, sizeof line, f))
            n = strtoull(line, NULL, 10);
        fclose(f);
    }
    return n;
}

static akit_tiered *heap_with_mode(uint32_t mode)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.hugetlb_mode = mode;
    return new_heap_with(&cfg);
}

static uint64_t backing_of(const void *p)
{
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(p, &info), 0);
    return info.backing;
}

CASE(hugetlb_is_not_used_unless_asked_for)
{
    akit_tiered *h = new_heap();
    void *p = block(h, MIB(8));
    CHECK(backing_of(p) == AKIT_BACKING_BASE || backing_of(p) == AKIT_BACKING_THP);
    akit_tiered_destroy(h, 0);
}

CASE(hugetlb_never_is_never)
{
    akit_tiered *h = heap_with_mode(AKIT_HUGE_NEVER);
    void *p = block(h, MIB(8));
    CHECK(backing_of(p) == AKIT_BACKING_BASE || backing_of(p) == AKIT_BACKING_THP);
    CHECK_INT(stats_of(h).huge_fallbacks_total, 0);
    akit_tiered_destroy(h, 0);
}

CASE(hugetlb_prefer_takes_reserved_pages)
{
    if (free_huge_pages() < 8)
        SKIP("fewer than 8 huge pages are free");
    uint64_t before = free_huge_pages();
    akit_tiered *h = heap_with_mode(AKIT_HUGE_PREFER);
    void *p = block(h, MIB(8));
    CHECK_INT(backing_of(p), AKIT_BACKING_HUGE);
    CHECK_AT_MOST(free_huge_pages(), before - 4);
    CHECK_INT(stats_of(h).huge_fallbacks_total, 0);
    akit_tiered_free(h, p);
    CHECK_INT(akit_tiered_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(free_huge_pages(), before);
    akit_tiered_destroy(h, 0);
}

CASE(hugetlb_prefer_falls_back_and_counts)
{
    size_t more = (free_huge_pages() + 8) * MIB(2);
    if (more > GIB(4))
        SKIP("too many huge pages are free");
    akit_tiered *h = heap_with_mode(AKIT_HUGE_PREFER);
    char *p = (char *)akit_tiered_alloc(h, more);
    CHECK(p != NULL);
    p[0] = p[more - 1] = 1;
    CHECK(backing_of(p) != AKIT_BACKING_HUGE);
    CHECK_INT(stats_of(h).huge_fallbacks_total, 1);
    akit_tiered_destroy(h, 0);
}

CASE(hugetlb_require_fails_when_there_are_none)
{
    size_t more = (free_huge_pages() + 8) * MIB(2);
    akit_tiered *h = heap_with_mode(AKIT_HUGE_REQUIRE);
    CHECK_REFUSED(akit_tiered_alloc(h, more), ENOMEM);
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(hugetlb_require_takes_reserved_pages)
{
    if (free_huge_pages() < 4)
        SKIP("fewer than 4 huge pages are free");
    akit_tiered *h = heap_with_mode(AKIT_HUGE_REQUIRE);
    void *p = block(h, MIB(4));
    CHECK_INT(backing_of(p), AKIT_BACKING_HUGE);
    akit_tiered_destroy(h, 0);
}

CASE(hugetlb_realloc_moves_and_keeps_the_bytes)
{
    if (free_huge_pages() < 16)
        SKIP("fewer than 16 huge pages are free");
    akit_tiered *h = heap_with_mode(AKIT_HUGE_PREFER);
    unsigned char *p = (unsigned char *)block(h, MIB(4));
    p = (unsigned char *)akit_tiered_realloc(h, p, MIB(12));
    CHECK(p && all_bytes(p, MIB(4), 0x5a));
    p = (unsigned char *)akit_tiered_realloc(h, p, MIB(2));
    CHECK(p && all_bytes(p, MIB(2), 0x5a));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(hugetlb_destroy_gives_the_pages_back)
{
    if (free_huge_pages() < 8)
        SKIP("fewer than 8 huge pages are free");
    uint64_t before = free_huge_pages();
    akit_tiered *h = heap_with_mode(AKIT_HUGE_PREFER);
    block(h, MIB(8));
    akit_tiered_destroy(h, 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(free_huge_pages(), before);
}
