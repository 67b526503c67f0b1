/* Decay: idle regions go back within decay_ns, by akit_maintain and by the purge thread, and the statistics say when. */
#include "region_kit.h"
#include "smaps.h"

enum { MS = 1000000 };

static akit_region *region_that_decays(uint64_t decay_ns)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = decay_ns;
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

FRESH(idle_regions_go_back_through_maintain_alone)
{
    akit_region *h = region_that_decays(0);
    begin();
    take_and_free(h, 64, MIB(1));
    CHECK_AT_LEAST(grown_rss(), MIB(60));
    for (int i = 0; i < 40 && (i < 4 || grown_rss() > (int64_t)MIB(2)); i++) {
        uint64_t next_ns = 0;
        usleep(50000);
        CHECK_INT(akit_maintain(&next_ns), 0);
    }
    CHECK_AT_MOST(grown_rss(), MIB(2));
    CHECK_AT_LEAST(region_stats_of(h).purges_total, 1);
    CHECK_AT_LEAST(region_stats_of(h).purged_bytes_total, MIB(64));
    akit_region_destroy(h, 0);
}

FRESH(maintain_says_when_it_is_wanted_again)
{
    akit_region *h = region_that_decays((uint64_t)400 * MS);
    uint64_t next_ns = 0;
    CHECK_INT(akit_maintain(&next_ns), 0);
    CHECK(next_ns == AKIT_NONE);
    take_and_free(h, 1, MIB(4));
    CHECK_INT(akit_maintain(&next_ns), 0);
    CHECK_AT_MOST(next_ns, (uint64_t)400 * MS);
    CHECK_AT_LEAST(next_ns, 1);
    for (int i = 0; i < 40 && next_ns != AKIT_NONE; i++) {
        usleep((useconds_t)(next_ns / 1000 + 1000));
        CHECK_INT(akit_maintain(&next_ns), 0);
    }
    CHECK(next_ns == AKIT_NONE);
    CHECK_AT_MOST(resident(taken[0], MIB(4)), 0);
    akit_region_destroy(h, 0);
}

FRESH(idle_regions_go_back_through_the_purge_thread)
{
    CHECK_INT(akit_purge_thread(1), 0);
    akit_region *h = region_that_decays(0);
    begin();
    take_and_free(h, 64, MIB(1));
    usleep(300000); /* decay and 200 ms */
    CHECK_AT_MOST(grown_rss_waiting_for(MIB(2)), MIB(2));
    CHECK_INT(akit_purge_thread(0), 0);
    akit_region_destroy(h, 0);
}

FRESH(what_is_used_again_and_again_does_not_decay)
{
    akit_region *h = region_that_decays((uint64_t)1000 * MS);
    void *p = touched_region(h, MIB(1));
    int64_t faults = minor_faults();
    for (int i = 0; i < 30; i++) {
        CHECK_INT(akit_region_free(h, p), 0);
        usleep(10000);
        CHECK_INT(akit_maintain(NULL), 0);
        p = touched_region(h, MIB(1));
    }
    CHECK_AT_MOST(minor_faults() - faults, 100);
    akit_region_destroy(h, 0);
}

FRESH(decay_none_never_goes_back_by_itself)
{
    akit_region *h = region_that_decays(AKIT_NONE);
    begin();
    take_and_free(h, 16, MIB(1));
    for (int i = 0; i < 6; i++) {
        usleep(50000);
        CHECK_INT(akit_maintain(NULL), 0);
        CHECK_INT(akit_region_purge(h, AKIT_PURGE_DUE, NULL), 0);
    }
    CHECK_AT_LEAST(grown_rss(), MIB(16));
    CHECK(region_stats_of(h).purge_deadline_ns == AKIT_NONE);
    CHECK_INT(region_stats_of(h).purge_overdue_ns, 0);
    akit_region_destroy(h, 0);
}

FRESH(deadline_and_overdue)
{
    akit_region *h = region_that_decays((uint64_t)300 * MS);
    akit_region_stats st = region_stats_of(h);
    CHECK(st.purge_deadline_ns == AKIT_NONE);
    CHECK_INT(st.purge_overdue_ns, 0);
    take_and_free(h, 2, MIB(1));
    st = region_stats_of(h);
    CHECK_AT_MOST(st.purge_deadline_ns, (uint64_t)300 * MS);
    CHECK_INT(st.purge_overdue_ns, 0);
    usleep(800000);
    st = region_stats_of(h);
    CHECK_INT(st.purge_deadline_ns, 0);
    CHECK_AT_LEAST(st.purge_overdue_ns, (uint64_t)100 * MS);
    CHECK_AT_MOST(st.purge_overdue_ns, (uint64_t)60000 * MS);
    for (int i = 0; i < 20 && region_stats_of(h).purge_deadline_ns != AKIT_NONE; i++) {
        CHECK_INT(akit_maintain(NULL), 0);
        usleep(50000);
    }
    st = region_stats_of(h);
    CHECK(st.purge_deadline_ns == AKIT_NONE);
    CHECK_INT(st.purge_overdue_ns, 0);
    akit_region_destroy(h, 0);
}
