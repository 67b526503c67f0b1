/* The cache of regions: reuse without the kernel, budgets in bytes and entries, what is not kept, other threads. */
#include "region_kit.h"
#include "seccomp.h"
#include "smaps.h"

#include <pthread.h>

static akit_region *region_with_budget(uint64_t cache_bytes, uint64_t max_entries)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    cfg.cache_bytes = cache_bytes;
    cfg.max_entries = max_entries;
    return new_region_with(&cfg);
}

static void reuse_costs_nothing(size_t size, int pairs)
{
    akit_region *h = patient_region();
    void *p = touched_region(h, size);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(akit_region_free(h, p), 0);
        p = touched_region(h, size);
    }
    read_proc("/proc/self/maps"); /* touches the buffer */
    int64_t lines = map_lines(), faults = minor_faults();
    int moved = 0;
    for (int i = 0; i < pairs; i++) {
        akit_region_free(h, p);
        void *q = hidden(akit_region_alloc(h, size, 0, 0, NULL));
        moved += q != p;
        p = q;
        touch_pages(p, size);
    }
    faults = minor_faults() - faults;
    CHECK_INT(moved, 0);
    CHECK_AT_MOST(faults, 2);
    CHECK_INT(map_lines(), lines);
    CHECK_AT_LEAST(region_stats_of(h).cache_hits_total, pairs);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

FRESH(reuse_of_64_kib_costs_neither_mappings_nor_faults) { reuse_costs_nothing(KIB(64), 10000); }
FRESH(reuse_of_1_mib_costs_neither_mappings_nor_faults) { reuse_costs_nothing(MIB(1), 10000); }
FRESH(reuse_of_an_odd_size_costs_neither_mappings_nor_faults) { reuse_costs_nothing(1234567, 10000); }
FRESH(reuse_of_64_mib_costs_neither_mappings_nor_faults) { reuse_costs_nothing(MIB(64), 300); }

FRESH(nearly_the_same_sizes_serve_each_other)
{
    akit_region *h = patient_region();
    CHECK_INT(akit_region_free(h, touched_region(h, MIB(1))), 0);
    read_proc("/proc/self/maps");
    int64_t lines = map_lines(), faults = minor_faults();
    for (size_t size = KIB(964); size <= MIB(1); size += KIB(10))
        CHECK_INT(akit_region_free(h, touched_region(h, size)), 0);
    CHECK_AT_MOST(minor_faults() - faults, 2);
    CHECK_INT(map_lines(), lines);
    akit_region_destroy(h, 0);
}

static int pairs_without_the_kernel(void *arg)
{
    akit_region *h = (akit_region *)arg;
    for (size_t size = KIB(64); size <= MIB(8); size *= 2)
        akit_region_free(h, touched_region(h, size));
    only_system_calls((const long[]){SYS_exit_group, SYS_exit, SYS_write, -1});
    for (int i = 0; i < 10000; i++)
        for (size_t size = KIB(64); size <= MIB(8); size *= 2) {
            void *p = akit_region_alloc(h, size, 0, 0, NULL);
            if (!p || akit_region_free(h, hidden(p)))
                return BAD;
        }
    return 0;
}

CASE(a_hit_makes_no_system_call)
{
    needs_seccomp();
    akit_region *h = patient_region();
    in_child(pairs_without_the_kernel, h);
    akit_region_destroy(h, 0);
}

static void *taken[4096];

FRESH(budget_in_bytes_holds)
{
    akit_region *h = region_with_budget(MIB(8), 0);
    begin();
    for (int i = 0; i < 64; i++)
        taken[i] = touched_region(h, MIB(1));
    CHECK_AT_LEAST(grown_rss(), MIB(64));
    uint64_t most = 0;
    for (int i = 0; i < 64; i++) {
        CHECK_INT(akit_region_free(h, taken[i]), 0);
        uint64_t cached = region_stats_of(h).cached_bytes;
        most = cached > most ? cached : most;
    }
    CHECK_AT_MOST(grown_rss(), MIB(8) + MIB(2));
    CHECK_AT_MOST(most, MIB(8));
    akit_region_stats st = region_stats_of(h);
    CHECK_AT_LEAST(st.cached_bytes, MIB(4)); /* it does keep something */
    CHECK_AT_LEAST(st.evictions_total, 1);
    akit_region_destroy(h, 0);
}

static void *free_32(void *arg)
{
    void **args = (void **)arg;
    for (int i = 0; i < 32; i++)
        THREAD_CHECK(akit_region_free((akit_region *)args[0], ((void **)args[1])[i]) == 0);
    return NULL;
}

FRESH(budget_in_bytes_holds_for_all_threads_together)
{
    enum { threads = 8 };
    akit_region *h = region_with_budget(MIB(8), 0);
    begin();
    for (int i = 0; i < 256; i++)
        taken[i] = touched_region(h, KIB(256));
    uint64_t most = 0;
    for (int t = 0; t < threads; t++) {
        pthread_t thread;
        void *args[2] = {h, taken + (ptrdiff_t)t * 32};
        CHECK_INT(pthread_create(&thread, NULL, free_32, args), 0);
        pthread_join(thread, NULL);
        uint64_t cached = region_stats_of(h).cached_bytes;
        most = cached > most ? cached : most;
    }
    CHECK_THREADS();
    CHECK_AT_MOST(grown_rss(), MIB(8) + MIB(3)); /* and what glibc keeps of the stacks */
    CHECK_AT_MOST(most, MIB(8));
    akit_region_destroy(h, 0);
}

FRESH(budget_in_entries_holds)
{
    akit_region *h = region_with_budget(0, 4);
    begin();
    for (int i = 0; i < 32; i++)
        taken[i] = touched_region(h, MIB(2));
    for (int i = 0; i < 32; i++) {
        CHECK_INT(akit_region_free(h, taken[i]), 0);
        CHECK_AT_MOST(region_stats_of(h).cached_mappings, 4);
    }
    CHECK_AT_MOST(grown_rss(), MIB(8) + MIB(2));
    CHECK_AT_LEAST(region_stats_of(h).cached_mappings, 1);
    CHECK_AT_LEAST(region_stats_of(h).evictions_total, 1);
    akit_region_destroy(h, 0);
}

FRESH(no_bound_keeps_everything)
{
    akit_region *h = region_with_budget(AKIT_NONE, AKIT_NONE);
    for (int i = 0; i < 400; i++)
        taken[i] = touched_region(h, MIB(1));
    for (int i = 0; i < 400; i++)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    int64_t faults = minor_faults();
    for (int i = 0; i < 400; i++)
        taken[i] = touched_region(h, MIB(1));
    CHECK_AT_MOST(minor_faults() - faults, 400);
    CHECK_INT(region_stats_of(h).evictions_total, 0);
    CHECK_INT(region_stats_of(h).rejected_total, 0);
    akit_region_destroy(h, 0);
}

/* What the kernel got back at once, by address; nothing may be left for a cache to count. */
static void not_kept(akit_region *h, void *p, size_t size)
{
    uint64_t rejected = region_stats_of(h).rejected_total;
    CHECK_AT_LEAST(resident(p, size), size);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_AT_MOST(resident(p, size), 0);
    CHECK_INT(region_stats_of(h).rejected_total, rejected + 1);
    CHECK_INT(region_stats_of(h).cached_mappings, 0);
}

CASE(no_cache_is_not_kept)
{
    akit_region *h = patient_region();
    void *p = akit_region_alloc(h, MIB(4), 0, AKIT_ALLOC_NO_CACHE, NULL);
    CHECK(p != NULL);
    touch_pages(p, MIB(4));
    not_kept(h, hidden(p), MIB(4));
    akit_region_destroy(h, 0);
}

/* No mapping is split for it, but the pages go all the same. */
CASE(no_cache_is_not_kept_between_neighbours)
{
    akit_region *h = patient_region();
    for (int i = 0; i < 16; i++) {
        taken[i] = hidden(akit_region_alloc(h, MIB(1), 0, AKIT_ALLOC_NO_CACHE, NULL));
        CHECK(taken[i] != NULL);
        touch_pages(taken[i], MIB(1));
    }
    for (int i = 1; i < 16; i += 2)
        not_kept(h, taken[i], MIB(1));
    akit_region_destroy(h, 0);
}

CASE(what_exceeds_the_budget_alone_is_not_kept)
{
    akit_region *h = region_with_budget(MIB(8), 0);
    not_kept(h, touched_region(h, MIB(16)), MIB(16));
    akit_region_destroy(h, 0);
}

CASE(a_guarded_region_is_not_kept)
{
    akit_region *h = patient_region();
    void *p = akit_region_alloc(h, MIB(4), 0, AKIT_ALLOC_GUARD, NULL);
    CHECK(p != NULL);
    touch_pages(p, MIB(4));
    not_kept(h, hidden(p), MIB(4));
    akit_region_destroy(h, 0);
}

FRESH(counters_of_the_cache_are_alive)
{
    akit_region *h = patient_region();
    void *p = touched_region(h, MIB(1)), *q = touched_region(h, MIB(1));
    akit_region_stats st = region_stats_of(h);
    CHECK_INT(st.allocs_total, 2);
    CHECK_INT(st.cache_hits_total + st.cache_misses_total, 2);
    CHECK_AT_LEAST(st.cache_misses_total, 1);
    CHECK_AT_LEAST(st.used_bytes, MIB(2));
    CHECK_INT(st.used_bytes, usable_of(p) + usable_of(q));
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_free(h, q), 0);
    st = region_stats_of(h);
    CHECK_INT(st.frees_total, 2);
    CHECK_INT(st.used_bytes, 0);
    CHECK_AT_LEAST(st.used_peak_bytes, MIB(2));
    CHECK_AT_LEAST(st.cached_bytes, MIB(2));
    CHECK_INT(st.cached_mappings, 2);
    CHECK_AT_LEAST(st.mapped_bytes, MIB(2));
    CHECK_AT_LEAST(st.mapped_peak_bytes, st.mapped_bytes);
    CHECK_AT_LEAST(st.mappings, 1);
    CHECK_AT_LEAST(st.maps_total, 1);
    CHECK_INT(st.kind, AKIT_KIND_REGION);
    uint64_t hits = st.cache_hits_total;
    touched_region(h, MIB(1));
    st = region_stats_of(h);
    CHECK_INT(st.cache_hits_total, hits + 1);
    CHECK_INT(st.cached_mappings, 1);
    CHECK(akit_region_alloc(h, MIB(1), MIB(2), 0, NULL) && akit_region_alloc(h, MIB(1), 0, AKIT_ALLOC_NO_CACHE, NULL));
    uint64_t misses = st.cache_misses_total;
    st = region_stats_of(h);
    CHECK_INT(st.cache_misses_total, misses + 2); /* these have no bin */
    CHECK_INT(st.cache_hits_total + st.cache_misses_total, st.allocs_total);
    akit_region_destroy(h, 0);
}

typedef struct {
    akit_region *h;
    void *p;
    size_t size;
} errand;

static void *allocate_and_leave(void *arg)
{
    errand *e = (errand *)arg;
    for (int i = 0; i < 8; i++)
        taken[i] = akit_region_alloc(e->h, e->size, 0, 0, NULL);
    for (int i = 0; i < 8; i++) {
        touch_pages(taken[i], e->size);
        THREAD_CHECK(akit_region_free(e->h, taken[i]) == 0);
    }
    return NULL;
}

FRESH(what_a_thread_had_cached_is_usable_after_its_exit)
{
    errand e = {patient_region(), NULL, MIB(1)};
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, allocate_and_leave, &e), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    int64_t faults = minor_faults();
    for (int i = 0; i < 8; i++)
        touched_region(e.h, e.size);
    CHECK_AT_MOST(minor_faults() - faults, 64);
    akit_region_destroy(e.h, 0);
}

FRESH(what_a_thread_had_cached_goes_back_after_its_exit)
{
    errand e = {patient_region(), NULL, MIB(4)};
    begin();
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, allocate_and_leave, &e), 0);
    pthread_join(t, NULL);
    CHECK_AT_LEAST(grown_rss(), MIB(32));
    CHECK_INT(akit_region_purge(e.h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(2));
    akit_region_destroy(e.h, 0);
}
