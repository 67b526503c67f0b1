/* akit_huge_alloc without a reservation: sizes, alignment, flags, zeroing, pages in smaps, the cache, threads. */
#include "huge_kit.h"
#include "smaps.h"

#include <pthread.h>

static akit_huge *plain_handle(void)
{
    return huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER);
}

CASE(sizes_hold_their_payload)
{
    akit_huge *h = plain_handle();
    const size_t sizes[] = {0, 1, 4096, 4097, 100000, MIB(2) - 1, MIB(2), MIB(2) + 1, MIB(3), 7777777, MIB(64)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t backing = 99;
        void *p = akit_huge_alloc(h, sizes[i], 0, 0, &backing);
        CHECK(p && aligned_to(p, page_bytes()));
        akit_block_info info = inspect(p);
        CHECK_AT_LEAST(info.usable_bytes, sizes[i] ? sizes[i] : 1);
        CHECK(info.base == (uintptr_t)p && info.handle_kind == AKIT_KIND_HUGE && info.handle_id == huge_stats_of(h).id);
        CHECK(info.state == AKIT_BLOCK_OUT && info.backing == backing && info.numa_node == AKIT_NONE);
        CHECK(backing == AKIT_BACKING_THP || backing == AKIT_BACKING_BASE);
        CHECK_INT(info.usable_bytes % page_bytes(), 0);
        mark(p, info.usable_bytes, i);
        CHECK(marked(p, info.usable_bytes, i));
        CHECK_INT(huge_stats_of(h).used_bytes, info.usable_bytes);
        CHECK_INT(akit_huge_free(h, p), 0);
    }
    CHECK_INT(huge_misuses(h), 0);
    akit_huge_destroy(h, 0);
}

CASE(sizes_that_cannot_be_are_enomem)
{
    akit_huge *h = new_huge();
    const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - MIB(2), (size_t)PTRDIFF_MAX, (size_t)1 << 56};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t backing = 99;
        CHECK_REFUSED(akit_huge_alloc(h, sizes[i], 0, 0, &backing), ENOMEM);
        CHECK_INT(backing, 0);
    }
    CHECK_INT(huge_stats_of(h).failures_total, sizeof sizes / sizeof sizes[0]);
    akit_huge_destroy(h, 0);
}

CASE(every_alignment_up_to_1_gib)
{
    akit_huge *h = plain_handle();
    const size_t sizes[] = {1, MIB(3)};
    for (int i = 0; i < 2; i++)
        for (size_t alignment = 1; alignment <= GIB(1); alignment *= 2) {
            void *p = akit_huge_alloc(h, sizes[i], alignment, 0, NULL), *q = akit_huge_alloc(h, sizes[i], alignment, 0, NULL);
            CHECK(p && q && p != q && aligned_to(p, alignment) && aligned_to(q, alignment));
            touch_pages(p, sizes[i]);
            CHECK_INT(akit_huge_free(h, p), 0);
            CHECK_INT(akit_huge_free(h, q), 0);
        }
    const size_t bad[] = {3, 48, MIB(3), GIB(1) + 1, GIB(2), SIZE_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t backing = 99;
        CHECK_REFUSED(akit_huge_alloc(h, 100, bad[i], 0, &backing), EINVAL);
        CHECK_INT(backing, 0);
    }
    akit_huge_destroy(h, 0);
}

CASE(unknown_flags_are_einval)
{
    akit_huge *h = new_huge();
    for (int bit = 0; bit < 32; bit++)
        if (1u << bit != AKIT_ALLOC_ZERO && 1u << bit != AKIT_ALLOC_NO_CACHE)
            CHECK_REFUSED(akit_huge_alloc(h, 100, 0, 1u << bit, NULL), EINVAL);
    akit_huge_destroy(h, 0);
}

static void zeroes(uint32_t mode, uint32_t flags)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.zero_mode = mode;
    cfg.decay_ns = AKIT_NONE;
    akit_huge *h = new_huge_with(&cfg);
    for (int i = 0; i < 9; i++) {
        void *p = akit_huge_alloc(h, MIB(1) << (i % 3), 0, flags, NULL);
        CHECK(p != NULL);
        akit_block_info info = inspect(p);
        CHECK(info.zeroed <= 1 && (!flags || info.zeroed));
        CHECK((!mode && !flags && !info.zeroed) || all_bytes(p, info.usable_bytes, 0));
        memset(p, 0xff, info.usable_bytes);
        CHECK_INT(akit_huge_free(h, p), 0);
    }
    akit_huge_destroy(h, 0);
}

CASE(zero_flag_zeroes_reused_blocks) { zeroes(AKIT_ZERO_NONE, AKIT_ALLOC_ZERO); }
CASE(zero_on_alloc) { zeroes(AKIT_ZERO_ON_ALLOC, 0); }
CASE(zero_on_free) { zeroes(AKIT_ZERO_ON_FREE, 0); }
CASE(zeroed_tells_the_truth) { zeroes(AKIT_ZERO_NONE, 0); }

/* --- pages in smaps --------------------------------------------------------------------------------------------------- */

static akit_huge *thp_handle(uint32_t thp, uint32_t populate)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = cfg.huge_mode = AKIT_HUGE_NEVER;
    cfg.thp = thp;
    cfg.populate = populate;
    cfg.decay_ns = AKIT_NONE;
    return new_huge_with(&cfg);
}

FRESH(populated_blocks_are_resident_and_tell_what_they_stand_on)
{
    akit_huge *h = thp_handle(AKIT_THP_ADVISE, AKIT_POPULATE_ALL);
    begin();
    for (int i = 0; i < 4; i++) {
        uint32_t backing = 99;
        char *p = (char *)akit_huge_alloc(h, MIB(16), 0, 0, &backing);
        CHECK(p != NULL);
        CHECK_INT(resident(p, MIB(16)), MIB(16));
        memory m = memory_at(p, MIB(16));
        if (backing == AKIT_BACKING_THP) {
            CHECK_AT_LEAST(m.thp, MIB(16));
            CHECK(aligned_to(p, MIB(2)));
        } else {
            CHECK_INT(backing, AKIT_BACKING_BASE);
            CHECK(inspect(p).reason != AKIT_REASON_NONE); /* the kernel had none at hand */
        }
        int64_t faults = minor_faults();
        touch_pages(p, MIB(16));
        CHECK_AT_MOST(minor_faults() - faults, MIB(16) / MIB(2) - 1); /* some are the program's own */
    }
    CHECK_AT_LEAST(grown_rss(), MIB(64));
    akit_huge_stats st = huge_stats_of(h);
    CHECK_INT(st.thp_bytes + st.base_bytes, MIB(64));
    CHECK_AT_LEAST(st.populate_max_ns, 1);
    CHECK_AT_LEAST(st.populate_ns_total, st.populate_max_ns);
    CHECK_AT_LEAST(st.prefaulted_bytes_total, MIB(64));
    akit_huge_destroy(h, 0);
}

FRESH(without_populate_pages_come_at_first_use)
{
    akit_huge *h = thp_handle(AKIT_THP_ADVISE, AKIT_POPULATE_DEFAULT);
    begin();
    char *p = (char *)akit_huge_alloc(h, MIB(64), 0, 0, NULL);
    CHECK(p != NULL);
    CHECK_AT_MOST(grown_rss(), MIB(1));
    p[0] = p[MIB(32)] = 1;
    CHECK_AT_MOST(grown_rss(), MIB(5));
    akit_huge_destroy(h, 0);
}

FRESH(advice_asks_for_transparent_huge_pages)
{
    if (huge_system().thp_mode == AKIT_THP_MODE_NEVER || huge_system().thp_mode == AKIT_THP_MODE_UNKNOWN)
        SKIP("the system has no transparent huge pages");
    for (uint32_t thp = AKIT_THP_DEFAULT; thp <= AKIT_THP_NEVER; thp++) {
        akit_huge *h = thp_handle(thp, 0);
        uint32_t backing = 99;
        char *p = (char *)akit_huge_alloc(h, MIB(32), 0, 0, &backing);
        CHECK(p != NULL);
        touch_pages(p, MIB(32));
        memory m = memory_at(p, MIB(32));
        if (thp == AKIT_THP_DEFAULT || thp == AKIT_THP_ADVISE) {
            CHECK_INT(backing, AKIT_BACKING_THP);
            CHECK(aligned_to(p, MIB(2)) && m.thp_eligible);
            CHECK_INT(huge_stats_of(h).thp_bytes, MIB(32));
        } else if (thp == AKIT_THP_NEVER) {
            CHECK_INT(backing, AKIT_BACKING_BASE);
            CHECK_INT(m.thp, 0);
            CHECK(!m.thp_eligible);
            CHECK_INT(huge_stats_of(h).base_bytes, MIB(32));
        } else if (huge_system().thp_mode == AKIT_THP_MODE_MADVISE) {
            CHECK_INT(m.thp, 0); /* no advice given */
        }
        CHECK_INT(akit_huge_destroy(h, 0), 0);
        CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    }
}

/* --- the cache -------------------------------------------------------------------------------------------------------- */

static void *taken[64];

static void budget_holds(uint64_t cache_bytes, uint64_t most)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = cfg.huge_mode = AKIT_HUGE_NEVER;
    cfg.decay_ns = AKIT_NONE;
    cfg.cache_bytes = cache_bytes;
    akit_huge *h = new_huge_with(&cfg);
    begin();
    for (int i = 0; i < 64; i++)
        taken[i] = huge_block(h, MIB(4));
    CHECK_AT_LEAST(grown_rss(), MIB(256));
    for (int i = 0; i < 64; i++) {
        CHECK_INT(akit_huge_free(h, taken[i]), 0);
        CHECK_AT_MOST(huge_stats_of(h).cached_bytes, most);
    }
    CHECK_AT_MOST(grown_rss(), most + MIB(2));
    CHECK_AT_LEAST(grown_rss(), most / 2);
    CHECK_INT(akit_huge_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(2));
    akit_huge_stats st = huge_stats_of(h);
    CHECK_INT(st.cached_bytes, 0);
    CHECK(st.purges_total && st.purged_bytes_total >= most / 2 && st.unmaps_total);
    akit_huge_destroy(h, 0);
}

FRESH(budget_by_default_is_64_mib) { budget_holds(0, MIB(64)); }
FRESH(budget_of_8_mib) { budget_holds(MIB(8), MIB(8)); }
FRESH(budget_without_bound) { budget_holds(AKIT_NONE, MIB(256)); }

FRESH(reuse_costs_neither_mappings_nor_faults)
{
    akit_huge *h = thp_handle(0, 0);
    CHECK_INT(akit_huge_free(h, huge_block(h, MIB(8))), 0);
    read_proc("/proc/self/maps");
    int64_t lines = map_lines(), faults = minor_faults();
    for (int i = 0; i < 2000; i++)
        CHECK_INT(akit_huge_free(h, huge_block(h, MIB(8))), 0);
    CHECK_AT_MOST(minor_faults() - faults, 2);
    CHECK_INT(map_lines(), lines);
    CHECK_AT_LEAST(huge_stats_of(h).cache_hits_total, 2000);
    CHECK_AT_LEAST(huge_stats_of(h).cache_misses_total, 1);
    akit_huge_destroy(h, 0);
}

CASE(no_cache_is_not_kept)
{
    akit_huge *h = thp_handle(0, 0);
    void *p = akit_huge_alloc(h, MIB(4), 0, AKIT_ALLOC_NO_CACHE, NULL);
    CHECK(p != NULL);
    touch_pages(p, MIB(4));
    CHECK_INT(akit_huge_free(h, hidden(p)), 0);
    CHECK_AT_MOST(resident(p, MIB(4)), 0);
    CHECK_INT(huge_stats_of(h).cached_bytes, 0);
    akit_huge_destroy(h, 0);
}

FRESH(idle_blocks_go_back_through_maintain_and_by_the_purge_thread)
{
    akit_huge *h = plain_handle();
    begin();
    for (int with_thread = 0; with_thread < 2; with_thread++) {
        CHECK_INT(akit_purge_thread((uint32_t)with_thread), 0);
        CHECK_INT(akit_huge_free(h, huge_block(h, MIB(48))), 0);
        CHECK_AT_LEAST(grown_rss(), MIB(40));
        for (int i = 0; i < 40 && grown_rss() > (int64_t)MIB(2); i++) {
            usleep(50000);
            CHECK_INT(with_thread ? 0 : akit_maintain(NULL), 0);
        }
        CHECK_AT_MOST(grown_rss(), MIB(2));
    }
    CHECK_INT(akit_purge_thread(0), 0);
    akit_huge_destroy(h, 0);
}

static void *work(void *arg)
{
    akit_huge *h = (akit_huge *)arg;
    uint64_t x = (uintptr_t)&x;
    void *p[6] = {NULL};
    size_t size[6] = {0};
    for (int i = 0; i < 1500; i++) {
        uint64_t word = random_word(&x);
        int k = (int)(word % 6);
        if (p[k])
            THREAD_CHECK(marked(p[k], size[k], (uint64_t)k) && akit_huge_free(h, p[k]) == 0);
        size[k] = 1 + (size_t)(word >> 8) % MIB(5);
        p[k] = akit_huge_alloc(h, size[k], 0, word >> 61 ? 0 : AKIT_ALLOC_NO_CACHE, NULL);
        THREAD_CHECK(p[k] != NULL);
        mark(p[k], size[k], (uint64_t)k);
    }
    for (int k = 0; k < 6; k++)
        THREAD_CHECK(akit_huge_free(h, p[k]) == 0);
    return NULL;
}

CASE(threads_allocate_and_free_at_random)
{
    enum { threads = 4 };
    akit_huge *h = new_huge();
    pthread_t t[threads];
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&t[i], NULL, work, h), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    akit_huge_stats st = huge_stats_of(h);
    CHECK_INT(st.used_bytes, 0);
    CHECK_INT(st.allocs_total, st.frees_total);
    CHECK_INT(st.misuses_total, 0);
    akit_huge_destroy(h, 0);
}
