/* Mappings of the kernel: few of them whatever is freed and purged, the budget of them, guard pages. */
#include "region_kit.h"
#include "child.h"
#include "smaps.h"

enum { LARGE = 64 * 1024, SMALL = 36 * 16 * 1024 }; /* 64 GiB of 1 MiB and 36 GiB of 64 KiB */
static void *taken[LARGE + SMALL];

/* A page is touched in a few of the regions, as in a sparse table. */
static void take_and_touch_few(akit_region *h, int from, int n, size_t size)
{
    for (int i = from; i < from + n; i++) {
        taken[i] = plain_region(h, size);
        if (i % 64 < 2)
            *(volatile unsigned char *)taken[i] = (unsigned char)i;
    }
}

FRESH(purging_100_gib_of_sparse_memory_splits_nothing)
{
    begin();
    int64_t lines = map_lines();
    akit_region *h = patient_region();
    take_and_touch_few(h, 0, LARGE, MIB(1));
    take_and_touch_few(h, LARGE, SMALL, KIB(64));
    CHECK_AT_MOST(map_lines() - lines, 999);
    for (int i = 0; i < LARGE + SMALL; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    CHECK_AT_MOST(map_lines() - lines, 999);
    int64_t rss = grown_rss();
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(map_lines() - lines, 999);
    CHECK_AT_MOST(grown_rss(), rss);
    for (int i = 1; i < LARGE + SMALL; i += 2)
        CHECK(i % 64 >= 2 || *(unsigned char *)taken[i] == (unsigned char)i);
    for (int i = 1; i < LARGE + SMALL; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(map_lines() - lines, 999);
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(map_lines() - lines, 8);
}

static akit_region *with_mappings(uint64_t max_mappings, uint32_t method)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.max_mappings = max_mappings;
    cfg.purge_method = method;
    cfg.decay_ns = AKIT_NONE;
    return new_region_with(&cfg);
}

/* Pages of the host before and behind a region: what is mapped next cannot join it. Answers how many there are. */
static int fence_in(char *p, size_t usable)
{
    int fences = 0;
    size_t page = page_bytes();
    char *at[2] = {p - page, p + usable};
    for (int i = 0; i < 2; i++)
        fences += mmap(at[i], page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == (void *)at[i];
    return fences;
}

FRESH(max_mappings_is_the_most_and_then_enomem)
{
    begin();
    akit_region *h = with_mappings(16, 0);
    plain_region(h, KIB(64)); /* the books are mapped */
    int64_t lines = map_lines(), fences = 0, regions = 0;
    errno = 0;
    for (; regions < 2000; regions++) {
        size_t usable = 0;
        char *p = (char *)akit_region_alloc(h, GIB(1), 0, 0, &usable);
        if (!p)
            break;
        fences += fence_in((char *)hidden(p), usable);
        CHECK_AT_MOST(map_lines() - lines - fences, 16 + 4);
    }
    CHECK_INT(errno, ENOMEM);
    CHECK_AT_MOST(regions, 1999);
    CHECK_AT_LEAST(regions, 4);
    akit_region_stats st = region_stats_of(h);
    CHECK_AT_MOST(st.mappings, 16);
    CHECK_AT_LEAST(st.limit_hits_total, 1);
    CHECK_AT_LEAST(st.failures_total, st.limit_hits_total);
    akit_region_destroy(h, 0);
}

FRESH(max_mappings_bounds_what_unmapping_splits)
{
    enum { n = 1000 };
    begin();
    akit_region *h = with_mappings(32, AKIT_PURGE_METHOD_UNMAP);
    int64_t lines = map_lines();
    for (int i = 0; i < n; i++)
        taken[i] = touched_region(h, KIB(256));
    for (int i = 0; i < n; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(map_lines() - lines, 32 + 8);
    CHECK_AT_LEAST(map_lines() - lines, 24); /* and it goes as far */
    CHECK_AT_MOST(region_stats_of(h).mappings, 32);
    CHECK_AT_MOST(grown_rss(), n / 2 * KIB(256) + MIB(2)); /* what could not be unmapped is empty all the same */
    for (int i = 1; i < n; i += 2)
        CHECK(all_bytes(taken[i], 1, 0x5a));
    akit_region_destroy(h, 0);
}

/* Free memory that makes room for another size is unmapped by every method, but not into more pieces than that. */
FRESH(max_mappings_bounds_what_the_cap_splits)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    cfg.limit_bytes = MIB(64);
    cfg.max_mappings = 8;
    begin();
    akit_region *h = new_region_with(&cfg);
    int64_t lines = map_lines();
    int n = 0;
    while (n < 1000 && (taken[n] = akit_region_alloc(h, KIB(256), 0, 0, NULL)) != NULL)
        n++;
    CHECK(n > 100 && n < 1000);
    for (int i = 0; i < n; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    errno = 0;
    CHECK(akit_region_alloc(h, MIB(20), 0, 0, NULL) != NULL || errno == ENOMEM);
    CHECK_AT_MOST(map_lines() - lines, 8 + 4);
    CHECK_AT_MOST(region_stats_of(h).mappings, 8);
    akit_region_destroy(h, 0);
}

FRESH(mappings_as_counted_are_those_of_the_kernel)
{
    begin();
    akit_region *h = with_mappings(0, 0);
    int64_t lines = map_lines();
    for (int i = 0; i < 300; i++) {
        taken[i] = plain_region(h, KIB(100) + (size_t)(i % 5) * MIB(1));
        if (i % 3 == 0)
            CHECK_INT(akit_region_free(h, taken[i]), 0);
    }
    int64_t now = map_lines() - lines;
    uint64_t counted = region_stats_of(h).mappings;
    CHECK_AT_LEAST(counted, 1);
    CHECK_AT_MOST(now, counted + 6); /* the kernel joins neighbours; the books lie beside */
    for (int i = 0; i < 300; i++)
        if (i % 3)
            CHECK_INT(akit_region_free(h, taken[i]), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(region_stats_of(h).mappings, 0); /* all of it has left */
    akit_region_destroy(h, 0);
}

/* --- guard pages ---------------------------------------------------------------------------------------------------- */

static int kernel_has_guards(void)
{
    size_t page = page_bytes();
    void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int works = p != MAP_FAILED && madvise(p, page, 102 /* MADV_GUARD_INSTALL, Linux 6.13 */) == 0;
    munmap(p, page);
    return works;
}

static akit_region *guarding(void)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.guard = 1;
    return new_region_with(&cfg);
}

static void is_guarded(akit_region *h, size_t size, uint32_t flags)
{
    size_t usable = 0, page = page_bytes();
    unsigned char *p = (unsigned char *)hidden(akit_region_alloc(h, size, 0, flags, &usable));
    CHECK(p != NULL);
    memset(p, 1, usable);
    CHECK(access_faults(p + usable, 1));
    CHECK(access_faults(p + usable, 0));
    CHECK(access_faults(p + usable + page - 1, 1));
    CHECK(!access_faults(p + usable - 1, 1));
    CHECK_AT_LEAST(region_stats_of(h).waste_bytes, page);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(region_stats_of(h).waste_bytes, 0);
}

CASE(guard_of_the_config_faults)
{
    akit_region *h = guarding();
    is_guarded(h, 1, 0);
    is_guarded(h, 100000, 0);
    is_guarded(h, MIB(1), 0);
    is_guarded(h, MIB(5) + 1, 0);
    akit_region_destroy(h, 0);
}

CASE(guard_of_the_flag_faults)
{
    akit_region *h = new_region();
    is_guarded(h, 1, AKIT_ALLOC_GUARD);
    is_guarded(h, 100000, AKIT_ALLOC_GUARD | AKIT_ALLOC_ZERO);
    is_guarded(h, MIB(5), AKIT_ALLOC_GUARD | AKIT_ALLOC_NO_CACHE);
    akit_region_destroy(h, 0);
}

CASE(guard_is_gone_for_the_next_owner)
{
    akit_region *h = new_region();
    for (int i = 0; i < 200; i++) {
        size_t usable = 0;
        void *p = akit_region_alloc(h, KIB(64), 0, i % 2 ? 0 : AKIT_ALLOC_GUARD, &usable);
        CHECK(p != NULL);
        memset(p, 1, usable);
        CHECK_INT(akit_region_free(h, p), 0);
        p = akit_region_alloc(h, KIB(256), 0, 0, &usable); /* may lie over the guard */
        CHECK(p != NULL);
        memset(p, 1, usable);
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
}

CASE(guard_moves_with_the_region)
{
    akit_region *h = guarding();
    size_t usable = 0;
    void *p = plain_region(h, KIB(64));
    mark(p, KIB(64), 5);
    for (size_t size = KIB(128); size <= MIB(16); size *= 4) {
        p = akit_region_realloc(h, p, size, 0, &usable);
        CHECK(p != NULL && marked_part(p, KIB(64), KIB(64) + 1, 5));
        memset((char *)p + KIB(64), 1, usable - KIB(64)); /* where the guard was */
        CHECK(access_faults((char *)p + usable, 1));
    }
    p = akit_region_realloc(h, p, KIB(100), 0, &usable);
    CHECK(p != NULL && access_faults((char *)p + usable, 1));
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

/* Whoever looks through memory when a process ends, as leak checkers do, meets no guard. */
FRESH(a_guarded_region_may_be_out_at_the_end_of_the_process)
{
    akit_region *h = guarding();
    for (int i = 0; i < 10; i++)
        touched_region(h, KIB(64));
}

FRESH(guards_take_no_mappings)
{
    if (!kernel_has_guards())
        SKIP("the kernel has no guard-install");
    begin();
    int64_t lines = map_lines();
    akit_region *h = guarding();
    for (int i = 0; i < 2000; i++)
        taken[i] = plain_region(h, KIB(64));
    CHECK_AT_MOST(map_lines() - lines, 20);
    CHECK_AT_MOST(grown_rss(), MIB(2)); /* and no memory */
    CHECK(access_faults((char *)taken[1234] + usable_of(taken[1234]), 1));
    CHECK_AT_LEAST(region_stats_of(h).waste_bytes, 2000 * page_bytes());
    akit_region_destroy(h, 0);
}

FRESH(guards_with_a_small_budget_of_mappings_are_enomem_or_there)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.guard = 1;
    cfg.max_mappings = 8;
    akit_region *h = new_region_with(&cfg);
    begin();
    int64_t lines = map_lines();
    int n = 0;
    for (; n < 200; n++) {
        size_t usable = 0;
        errno = 0;
        taken[n] = akit_region_alloc(h, KIB(64), 0, 0, &usable);
        if (!taken[n])
            break;
        if (n % 20 == 0)
            CHECK(access_faults((char *)taken[n] + usable, 1));
    }
    CHECK(n == 200 || errno == ENOMEM);
    CHECK_AT_MOST(map_lines() - lines, 8 + 8);
    akit_region_destroy(h, 0);
}

CASE(alignment_cuts_off_waste)
{
    akit_region *h = patient_region();
    for (int i = 0; i < 4; i++) {
        taken[i] = akit_region_alloc(h, KIB(64), MIB(64), 0, NULL);
        CHECK(taken[i] != NULL && aligned_to(taken[i], MIB(64)));
        CHECK_AT_MOST(region_stats_of(h).waste_bytes, (i + 1) * MIB(64));
    }
    for (int i = 0; i < 4; i++)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    CHECK_INT(region_stats_of(h).waste_bytes, 0);
    akit_region_destroy(h, 0);
}
