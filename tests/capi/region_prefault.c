/* Pages of regions: prefault, which makes them resident and writes nothing, and transparent huge pages. */
#include "region_kit.h"
#include "smaps.h"

FRESH(prefault_makes_pages_resident_and_writes_nothing)
{
    akit_region *h = patient_region();
    size_t page = page_bytes(), usable = 0;
    char *p = (char *)akit_region_alloc(h, MIB(1), 0, 0, &usable);
    CHECK(p != NULL);
    CHECK_INT(akit_region_prefault(h, p + 16 * page, 4 * page, 0), 0);
    CHECK_INT(resident(p + 16 * page, 4 * page), 4 * page);
    CHECK_AT_MOST(resident(p, 8 * page), 0);
    mark(p, MIB(1) / 2, 4);
    CHECK_INT(akit_region_prefault(h, p, 0, 0), 0);
    CHECK_INT(resident(p, usable), usable);
    CHECK(marked(p, MIB(1) / 2, 4));
    CHECK_AT_LEAST(region_stats_of(h).prefaulted_bytes_total, 4 * page);
    int64_t faults = minor_faults();
    touch_pages(p, usable);
    CHECK_AT_MOST(minor_faults() - faults, 2);
    akit_region_destroy(h, 0);
}

CASE(prefault_answers)
{
    static char mine[4096] __attribute__((aligned(4096)));
    akit_region *h = exact_region();
    size_t usable = 0;
    char *p = (char *)akit_region_alloc(h, MIB(1), 0, 0, &usable);
    CHECK_INT(akit_region_prefault(h, mine, 0, 0), -ENOENT);
    CHECK_INT(akit_region_prefault(h, NULL, 0, 0), -ENOENT);
    CHECK_INT(akit_region_prefault(h, p, usable, 0), 0);
    CHECK_INT(akit_region_prefault(h, p + 100, usable - 100, 0), 0);
    CHECK_INT(akit_region_prefault(h, p, usable + 1, 0), -EINVAL);
    CHECK_INT(akit_region_prefault(h, p + 100, usable, 0), -EINVAL);
    CHECK_INT(akit_region_prefault(h, p, SIZE_MAX, 0), -EINVAL);
    CHECK_INT(akit_region_prefault(h, p, 0, 1), -EINVAL);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_prefault(h, p, 0, 0), -ENOENT);
    akit_region_destroy(h, 0);
}

FRESH(prefault_bytes_of_the_config_are_resident)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.prefault_bytes = MIB(32);
    cfg.decay_ns = AKIT_NONE;
    begin();
    akit_region *h = new_region_with(&cfg);
    CHECK_AT_LEAST(grown_rss(), MIB(32));
    CHECK_AT_LEAST(region_stats_of(h).prefaulted_bytes_total, MIB(32));
    int64_t faults = minor_faults();
    touched_region(h, MIB(16));
    CHECK_AT_MOST(minor_faults() - faults, 64);
    akit_region_destroy(h, 0);
}

static int asks_for_huge_pages(akit_region *h, size_t size)
{
    size_t usable = 0;
    void *p = akit_region_alloc(h, size, 0, 0, &usable);
    CHECK(p != NULL);
    touch_pages(p, usable);
    memory m = memory_at(p, usable);
    CHECK(m.thp_eligible || m.thp == 0);
    return m.thp_eligible;
}

FRESH(advice_about_transparent_huge_pages)
{
    akit_huge_system sys = AKIT_HUGE_SYSTEM_INIT;
    CHECK_INT(akit_huge_system_get(&sys), 0);
    if (sys.thp_mode != AKIT_THP_MODE_MADVISE || sys.thp_page_bytes != MIB(2))
        SKIP("the system does not wait for advice, or has other huge pages");
    if (CHECK_SANITIZED)
        SKIP("a sanitizer has its own idea of mappings");
    for (uint32_t thp = AKIT_THP_DEFAULT; thp <= AKIT_THP_NEVER; thp++) {
        akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
        cfg.thp = thp;
        akit_region *h = new_region_with(&cfg);
        int everywhere = thp == AKIT_THP_ADVISE, large = everywhere || thp == AKIT_THP_DEFAULT;
        CHECK_INT(asks_for_huge_pages(h, MIB(9)), large);
        CHECK_INT(asks_for_huge_pages(h, MIB(4)), large);
        CHECK_INT(asks_for_huge_pages(h, MIB(3)), everywhere);
        CHECK_INT(asks_for_huge_pages(h, KIB(64)), everywhere);
        CHECK_INT(akit_region_destroy(h, 0), 0);
        CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    }
}
