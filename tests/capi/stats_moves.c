/*
 * No dead figures: for every field of akit_tiered_stats there is something a program can do that moves it. Each
 * case makes a handle, looks, does that, and looks again. Fields that cannot move are at the end, each with its reason.
 */
#include "kit.h"

#include <pthread.h>

typedef void doing(akit_tiered *h);

static uint64_t field_at(akit_tiered *h, size_t offset)
{
    akit_tiered_stats st = stats_of(h);
    uint64_t value;
    memcpy(&value, (const char *)&st + offset, sizeof value);
    return value;
}

static void moves(const akit_tiered_config *cfg, size_t offset, doing *act)
{
    akit_tiered *h = new_heap_with(cfg);
    uint64_t before = field_at(h, offset);
    act(h);
    uint64_t after = field_at(h, offset);
    akit_tiered_destroy(h, 0);
    if (before == after)
        CHECK_FAIL("stays at %llu", (unsigned long long)after);
}

#define MOVES(field, act) \
    CASE(moves_##field) { moves(NULL, offsetof(akit_tiered_stats, field), act); }
#define MOVES_WITH(field, act, config_field, value)                    \
    CASE(moves_##field)                                                \
    {                                                                  \
        akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;              \
        cfg.config_field = (value);                                    \
        moves(&cfg, offsetof(akit_tiered_stats, field), act);          \
    }

static void take_small(akit_tiered *h) { block(h, 100); }
static void take_medium(akit_tiered *h) { block(h, 5000); }
static void take_large(akit_tiered *h) { block(h, 100000); }
static void take_huge(akit_tiered *h) { block(h, MIB(4)); }
static void give_back(akit_tiered *h) { akit_tiered_free(h, block(h, 100)); }

static void take_much(akit_tiered *h)
{
    for (int i = 0; i < 20000; i++)
        block(h, 1000);
}

static void hit_the_cap(akit_tiered *h)
{
    CHECK_REFUSED(akit_tiered_alloc(h, MIB(64)), ENOMEM);
}

static void ask_the_impossible(akit_tiered *h)
{
    volatile size_t size = SIZE_MAX;
    CHECK_REFUSED(akit_tiered_alloc(h, size), ENOMEM);
}

static void free_a_foreign_pointer(akit_tiered *h) { akit_tiered_free(h, hidden(&check_entries)); }

static void purge_idle_memory(akit_tiered *h)
{
    akit_tiered_free(h, block(h, MIB(8)));
    CHECK_INT(akit_tiered_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
}

static void take_and_take_again(akit_tiered *h)
{
    give_back(h);
    give_back(h);
}

static void *free_here(void *arg)
{
    void **box = (void **)arg;
    for (void **p = box + 1; *p; p++)
        akit_tiered_free((akit_tiered *)box[0], *p);
    akit_thread_flush(0);
    return NULL;
}

static void free_on_another_thread(akit_tiered *h)
{
    void *box[130] = {h};
    CHECK_INT(akit_tiered_alloc_n(h, 1000, 128, box + 1), 128);
    pthread_t t;
    CHECK_INT(pthread_create(&t, NULL, free_here, box), 0);
    pthread_join(t, NULL);
}

static void take_what_another_thread_freed(akit_tiered *h)
{
    free_on_another_thread(h);
    for (int i = 0; i < 200; i++)
        block(h, 1000);
}

static pthread_barrier_t in_use;

static void *use_and_stay(void *arg)
{
    give_back((akit_tiered *)arg);
    pthread_barrier_wait(&in_use);
    pthread_barrier_wait(&in_use);
    return NULL;
}

/* A second thread has a cache in the handle while the figure is read. */
static void moves_with_a_second_thread(size_t offset)
{
    akit_tiered *h = new_heap();
    pthread_t t;
    give_back(h);
    uint64_t before = field_at(h, offset);
    pthread_barrier_init(&in_use, NULL, 2);
    CHECK_INT(pthread_create(&t, NULL, use_and_stay, h), 0);
    pthread_barrier_wait(&in_use);
    uint64_t after = field_at(h, offset);
    pthread_barrier_wait(&in_use);
    pthread_join(t, NULL);
    akit_tiered_destroy(h, 0);
    if (after <= before)
        CHECK_FAIL("%llu and then %llu", (unsigned long long)before, (unsigned long long)after);
}

static void grow_in_place(akit_tiered *h)
{
    void *p = akit_tiered_realloc(h, block(h, 100), 101);
    CHECK(p != NULL);
}

static void wish_for_huge_pages(akit_tiered *h)
{
    /* More than any reservation has: some of these get smaller pages. */
    for (int i = 0; i < 4; i++)
        CHECK(akit_tiered_alloc(h, GIB(16)) != NULL);
}

MOVES(used_bytes, take_small)
MOVES(used_peak_bytes, take_much)
MOVES(cached_bytes, give_back)
CASE(moves_metadata_bytes) { moves_with_a_second_thread(offsetof(akit_tiered_stats, metadata_bytes)); }
MOVES(mapped_bytes, take_much)
MOVES(mapped_peak_bytes, take_much)
MOVES(mappings, take_huge)
MOVES(allocs_total, take_small)
MOVES(frees_total, give_back)
MOVES(failures_total, ask_the_impossible)
MOVES_WITH(limit_hits_total, hit_the_cap, limit_bytes, MIB(4))
MOVES(misuses_total, free_a_foreign_pointer)
MOVES(maps_total, take_huge)
MOVES(unmaps_total, purge_idle_memory)
MOVES(purges_total, purge_idle_memory)
MOVES(purged_bytes_total, purge_idle_memory)
MOVES(small_used_bytes, take_small)
MOVES(medium_used_bytes, take_medium)
MOVES(large_used_bytes, take_large)
MOVES(huge_used_bytes, take_huge)
MOVES(thread_cache_bytes, give_back)
CASE(moves_thread_caches) { moves_with_a_second_thread(offsetof(akit_tiered_stats, thread_caches)); }
MOVES(cache_hits_total, take_and_take_again)
MOVES(cache_misses_total, take_small)
MOVES(remote_frees_total, take_what_another_thread_freed)
MOVES(remote_pending_bytes, free_on_another_thread)
MOVES(reallocs_total, grow_in_place)
MOVES(reallocs_in_place_total, grow_in_place)

CASE(moves_huge_fallbacks_total)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.hugetlb_mode = AKIT_HUGE_PREFER;
    if (akit_feature(AKIT_FEATURE_HUGETLB) < 0)
        SKIP("built without explicit huge pages");
    FILE *f = fopen("/proc/sys/vm/overcommit_memory", "r");
    int mode = f ? fgetc(f) : '0';
    if (f)
        fclose(f);
    if (mode == '2')
        SKIP("strict overcommit");
    moves(&cfg, offsetof(akit_tiered_stats, huge_fallbacks_total), wish_for_huge_pages);
}

CASE(moves_limit_bytes_by_config)
{
    akit_tiered *h = capped_heap(MIB(7));
    CHECK_INT(stats_of(h).limit_bytes, MIB(7));
    akit_tiered_destroy(h, 0);
}

CASE(moves_prefaulted_bytes_total_by_config)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.prefault_bytes = MIB(1);
    akit_tiered *h = new_heap_with(&cfg);
    CHECK_AT_LEAST(stats_of(h).prefaulted_bytes_total, MIB(1));
    akit_tiered_destroy(h, 0);
}

CASE(moves_id_from_handle_to_handle)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    CHECK(stats_of(h).id != stats_of(g).id);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

/* Cannot move in a tiered handle: its kind is what it is, and nothing can pin its memory in this version. */
CASE(constant_kind)
{
    akit_tiered *h = new_heap();
    CHECK_INT(stats_of(h).kind, AKIT_KIND_TIERED);
    akit_tiered_destroy(h, 0);
}

CASE(constant_pinned_bytes)
{
    akit_tiered *h = new_heap();
    take_huge(h);
    CHECK_INT(stats_of(h).pinned_bytes, 0);
    akit_tiered_destroy(h, 0);
}

/* Every field is in one of the cases above: the number of 64-bit words of the struct says so. */
CASE(every_field_has_a_case)
{
    int cases = 0;
    for (int i = 0; i < check_count; i++)
        cases += !strncmp(check_entries[i].name, "moves_", 6) || !strncmp(check_entries[i].name, "constant_", 9);
    CHECK_INT(cases, sizeof(akit_tiered_stats) / 8 - 1);
}
