/* Purges: what goes back, what stays, and how, by purge_method. */
#include "region_kit.h"
#include "smaps.h"

enum { MS = 1000000 };

static akit_region *region_that_decays(uint64_t decay_ns, uint32_t method)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = decay_ns;
    cfg.purge_method = method;
    return new_region_with(&cfg);
}

static void *taken[256];

static void take_and_free(akit_region *h, int n, size_t size)
{
    for (int i = 0; i < n; i++)
        taken[i] = touched_region(h, size);
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
}

static void purge_gives_everything_back(size_t size, int n, uint32_t flags)
{
    akit_region *h = patient_region();
    begin();
    int64_t lines = map_lines();
    take_and_free(h, n, size);
    uint64_t bytes = 0;
    int64_t had = grown_rss();
    CHECK_INT(akit_region_purge(h, flags, &bytes), 0);
    CHECK_AT_MOST(grown_rss(), MIB(1));
    CHECK_AT_MOST(map_lines() - lines, 4);
    int64_t gone = had - grown_rss();
    CHECK_AT_MOST((int64_t)bytes, gone + (int64_t)MIB(1));
    CHECK_AT_MOST(gone, (int64_t)bytes + (int64_t)MIB(1));
    akit_region_stats st = region_stats_of(h);
    CHECK_INT(st.cached_mappings, 0);
    CHECK_AT_LEAST(st.purges_total, 1);
    CHECK_INT(st.purged_bytes_total, bytes);
    CHECK_INT(st.evictions_total + st.rejected_total, 0); /* those count what a budget drove out */
    CHECK_INT(akit_region_purge(h, flags, &bytes), 0);
    CHECK_INT(bytes, 0);
    akit_region_destroy(h, 0);
}

FRESH(purge_of_256_small_regions) { purge_gives_everything_back(KIB(64), 256, AKIT_PURGE_ALL); }
FRESH(purge_of_64_regions_of_a_mebibyte) { purge_gives_everything_back(MIB(1), 64, AKIT_PURGE_ALL); }
FRESH(purge_of_odd_sizes) { purge_gives_everything_back(777777, 100, 0); }
FRESH(purge_of_large_regions) { purge_gives_everything_back(MIB(48), 4, AKIT_PURGE_ALL | AKIT_PURGE_WAIT); }

FRESH(purge_gives_addresses_back_where_no_mapping_is_split)
{
    akit_region *h = patient_region();
    begin();
    take_and_free(h, 64, MIB(1));
    CHECK_AT_LEAST(grown_size(), MIB(64));
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(grown_size(), MIB(4));
    CHECK_AT_LEAST(region_stats_of(h).unmaps_total, 1);
    akit_region_destroy(h, 0);
}

FRESH(akit_purge_knows_regions)
{
    akit_region *h = patient_region();
    begin();
    take_and_free(h, 64, MIB(1));
    uint64_t bytes = 0;
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, &bytes), 0);
    CHECK_AT_MOST(grown_rss(), MIB(2));
    CHECK_AT_LEAST(bytes, MIB(63));
    akit_region_destroy(h, 0);
}

CASE(purge_leaves_regions_in_use_alone)
{
    akit_region *h = patient_region();
    for (int i = 0; i < 32; i++) {
        taken[i] = plain_region(h, KIB(512));
        mark(taken[i], KIB(512), (uint64_t)i);
    }
    for (int i = 0; i < 32; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    for (int i = 1; i < 32; i += 2)
        CHECK(marked(taken[i], KIB(512), (uint64_t)i) && akit_region_free(h, taken[i]) == 0);
    akit_region_destroy(h, 0);
}

CASE(purge_due_takes_only_what_is_due)
{
    akit_region *h = region_that_decays((uint64_t)3600 * 1000 * MS, 0);
    uint64_t bytes = 1;
    take_and_free(h, 4, MIB(1));
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_DUE, &bytes), 0);
    CHECK_INT(bytes, 0);
    for (int i = 0; i < 4; i++)
        CHECK_INT(resident(taken[i], MIB(1)), MIB(1));
    akit_region_destroy(h, 0);
}

/* Regions with an alignment have no bin: these are free pages from the start. */
CASE(purge_due_leaves_free_pages_that_are_not_due)
{
    akit_region *h = region_that_decays((uint64_t)3600 * 1000 * MS, 0);
    uint64_t bytes = 1;
    void *p = akit_region_alloc(h, MIB(1), MIB(2), 0, NULL);
    CHECK(p != NULL);
    touch_pages(p, MIB(1));
    CHECK_INT(akit_region_free(h, hidden(p)), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_DUE, &bytes), 0);
    CHECK_INT(bytes, 0);
    CHECK_INT(resident(p, MIB(1)), MIB(1));
    akit_region_destroy(h, 0);
}

CASE(purge_of_unknown_flags_is_einval)
{
    akit_region *h = new_region();
    CHECK_INT(akit_region_purge(h, 8, NULL), -EINVAL);
    CHECK_INT(akit_region_purge(h, 1u << 31, NULL), -EINVAL);
    akit_region_destroy(h, 0);
}

/* Every other region is freed, so that what is purged lies between regions in use. */
static akit_region *with_holes(uint32_t method, int n, size_t size)
{
    akit_region *h = region_that_decays((uint64_t)20 * MS, method);
    for (int i = 0; i < n; i++)
        taken[i] = touched_region(h, size);
    for (int i = 1; i < n; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    return h;
}

static void let_it_decay(void)
{
    for (int i = 0; i < 8; i++) {
        usleep(30000);
        CHECK_INT(akit_maintain(NULL), 0);
    }
}

FRESH(method_dontneed_keeps_the_addresses)
{
    begin();
    akit_region *h = with_holes(AKIT_PURGE_METHOD_DONTNEED, 32, MIB(1));
    let_it_decay();
    CHECK_AT_MOST(grown_rss(), MIB(17));
    CHECK_AT_LEAST(grown_size(), MIB(32));
    for (int i = 1; i < 32; i += 2)
        CHECK_INT(resident(taken[i], MIB(1)), 0); /* mapped, and nothing there */
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    for (int i = 1; i < 32; i += 2)
        CHECK_INT(resident(taken[i], MIB(1)), 0);
    akit_region_destroy(h, 0);
}

FRESH(method_default_splits_no_mapping)
{
    begin();
    int64_t lines = map_lines();
    akit_region *h = with_holes(AKIT_PURGE_METHOD_DEFAULT, 200, KIB(64));
    let_it_decay();
    for (int i = 1; i < 200; i += 2)
        CHECK_AT_MOST(resident(taken[i], KIB(64)), 0);
    CHECK_AT_MOST(map_lines() - lines, 8);
    akit_region_destroy(h, 0);
}

FRESH(method_free_leaves_the_pages_to_the_kernel)
{
    begin();
    akit_region *h = with_holes(AKIT_PURGE_METHOD_FREE, 32, MIB(1));
    let_it_decay();
    CHECK_AT_LEAST(anonymous().lazy_free, MIB(15));
    CHECK_AT_LEAST(grown_rss(), MIB(30));
    for (int i = 0; i < 32; i += 2)
        CHECK_INT(((unsigned char *)taken[i])[0], 0x5a);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0); /* takes them at once all the same */
    CHECK_AT_MOST(anonymous().lazy_free, KIB(64));
    CHECK_AT_MOST(grown_rss(), MIB(17));
    akit_region_destroy(h, 0);
}

FRESH(method_free_is_not_lazy_when_all_must_go)
{
    akit_region *h = region_that_decays((uint64_t)3600 * 1000 * MS, AKIT_PURGE_METHOD_FREE);
    begin();
    take_and_free(h, 32, MIB(1));
    CHECK_AT_LEAST(grown_rss(), MIB(32));
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(1));
    akit_region_destroy(h, 0);
}

FRESH(a_region_given_up_lazily_is_reused_whole)
{
    akit_region *h = region_that_decays((uint64_t)20 * MS, AKIT_PURGE_METHOD_FREE);
    take_and_free(h, 8, MIB(1));
    let_it_decay();
    for (int i = 0; i < 8; i++) {
        size_t usable = 0;
        void *p = akit_region_alloc(h, MIB(1), 0, i % 2 ? AKIT_ALLOC_ZERO : 0, &usable);
        CHECK(p != NULL);
        CHECK(!(i % 2) || all_bytes(p, usable, 0));
        mark(p, usable, (uint64_t)i);
        CHECK(marked(p, usable, (uint64_t)i));
    }
    akit_region_destroy(h, 0);
}

/* Memory that never decays is due, too, when a purge asks for all of it. */
FRESH(method_unmap_gives_up_what_never_decays)
{
    akit_region *h = region_that_decays(AKIT_NONE, AKIT_PURGE_METHOD_UNMAP);
    for (int i = 0; i < 32; i++)
        taken[i] = touched_region(h, MIB(1));
    for (int i = 1; i < 32; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    for (int i = 1; i < 32; i += 2)
        CHECK(!is_mapped(taken[i], MIB(1)));
    akit_region_destroy(h, 0);
}

FRESH(method_unmap_gives_the_addresses_up)
{
    begin();
    akit_region *h = with_holes(AKIT_PURGE_METHOD_UNMAP, 32, MIB(1));
    int64_t lines = map_lines(), size = grown_size();
    let_it_decay();
    for (int i = 1; i < 32; i += 2)
        CHECK(!is_mapped(taken[i], MIB(1)));
    CHECK_AT_MOST(grown_size(), size - (int64_t)MIB(16));
    CHECK_AT_LEAST(map_lines(), lines + 10); /* splits them */
    for (int i = 0; i < 32; i += 2)
        CHECK_INT(((unsigned char *)taken[i])[0], 0x5a);
    akit_region_destroy(h, 0);
}
