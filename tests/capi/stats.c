/* stats.h and the stats functions of tiered.h: structs, walks, purge. What each figure means is in stats_move*.c. */
#include "kit.h"

CASE(stats_of_null_handle_is_einval)
{
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    CHECK_INT(akit_tiered_stats_get(NULL, &st), -EINVAL);
}

CASE(stats_without_out_is_einval)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_stats_get(h, NULL), -EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(stats_struct_size_0_is_einval)
{
    akit_tiered *h = new_heap();
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    st.struct_size = 0;
    CHECK_INT(akit_tiered_stats_get(h, &st), -EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(stats_struct_size_not_a_multiple_of_8_is_einval)
{
    akit_tiered *h = new_heap();
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    st.struct_size = sizeof st - 1;
    CHECK_INT(akit_tiered_stats_get(h, &st), -EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(stats_for_an_older_caller_writes_only_what_it_knows)
{
    akit_tiered *h = new_heap();
    akit_tiered_stats st;
    memset(&st, 0xff, sizeof st);
    st.struct_size = offsetof(akit_tiered_stats, small_used_bytes);
    CHECK_INT(akit_tiered_stats_get(h, &st), 0);
    CHECK_INT(st.kind, AKIT_KIND_TIERED);
    CHECK(all_bytes(&st.small_used_bytes, sizeof st - offsetof(akit_tiered_stats, small_used_bytes), 0xff));
    akit_tiered_destroy(h, 0);
}

CASE(stats_for_a_newer_caller_zeroes_the_rest)
{
    struct {
        akit_tiered_stats st;
        uint64_t tail[3];
    } n;
    akit_tiered *h = new_heap();
    memset(&n, 0xff, sizeof n);
    n.st.struct_size = sizeof n;
    CHECK_INT(akit_tiered_stats_get(h, &n.st), 0);
    CHECK(all_bytes(n.tail, sizeof n.tail, 0));
    CHECK_INT(n.st.struct_size, sizeof n);
    akit_tiered_destroy(h, 0);
}

CASE(stats_parts_add_up)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 300; i++)
        block(h, (size_t)1 << i % 20);
    akit_tiered_stats st = stats_of(h);
    CHECK_INT(st.small_used_bytes + st.medium_used_bytes + st.large_used_bytes + st.huge_used_bytes, st.used_bytes);
    CHECK_INT(st.allocs_total, 300);
    CHECK_AT_MOST(st.used_bytes, st.mapped_bytes);
    CHECK_AT_MOST(st.used_bytes, st.used_peak_bytes);
    CHECK_AT_MOST(st.mapped_bytes, st.mapped_peak_bytes);
    CHECK_AT_MOST(st.thread_cache_bytes, st.cached_bytes);
    CHECK_INT(st.maps_total - st.unmaps_total, st.mappings);
    akit_tiered_destroy(h, 0);
}

CASE(stats_used_is_the_sum_of_usable_sizes)
{
    akit_tiered *h = new_heap();
    uint64_t sum = 0;
    for (size_t size = 1; size < MIB(4); size = size * 3 / 2 + 1)
        sum += akit_tiered_usable_size(h, block(h, size));
    CHECK_INT(stats_of(h).used_bytes, sum);
    akit_tiered_destroy(h, 0);
}

CASE(class_count_of_null_handle_is_0)
{
    CHECK_INT(akit_tiered_class_count(NULL), 0);
}

CASE(classes_are_ordered_by_block_size)
{
    akit_tiered *h = new_heap();
    size_t count = akit_tiered_class_count(h);
    CHECK_AT_LEAST(count, 10);
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        akit_class_stats st = AKIT_CLASS_STATS_INIT;
        CHECK_INT(akit_tiered_class_stats_get(h, i, &st), 0);
        CHECK(st.block_bytes > last);
        last = st.block_bytes;
    }
    akit_tiered_destroy(h, 0);
}

CASE(class_beyond_the_last_is_enoent)
{
    akit_tiered *h = new_heap();
    akit_class_stats st = AKIT_CLASS_STATS_INIT;
    CHECK_INT(akit_tiered_class_stats_get(h, akit_tiered_class_count(h), &st), -ENOENT);
    CHECK_INT(akit_tiered_class_stats_get(h, SIZE_MAX, &st), -ENOENT);
    akit_tiered_destroy(h, 0);
}

CASE(class_stats_bad_arguments_are_einval)
{
    akit_tiered *h = new_heap();
    akit_class_stats st = AKIT_CLASS_STATS_INIT;
    CHECK_INT(akit_tiered_class_stats_get(NULL, 0, &st), -EINVAL);
    CHECK_INT(akit_tiered_class_stats_get(h, 0, NULL), -EINVAL);
    st.struct_size = 0;
    CHECK_INT(akit_tiered_class_stats_get(h, 0, &st), -EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(class_of_a_block_counts_it)
{
    akit_tiered *h = new_heap();
    void *p[10];
    CHECK_INT(akit_tiered_alloc_n(h, 200, 10, p), 10);
    uint64_t usable = akit_tiered_usable_size(h, p[0]), used = 0, all = 0;
    for (size_t i = 0; i < akit_tiered_class_count(h); i++) {
        akit_class_stats st = AKIT_CLASS_STATS_INIT;
        CHECK_INT(akit_tiered_class_stats_get(h, i, &st), 0);
        all += st.used_blocks;
        if (st.block_bytes == usable)
            used = st.used_blocks;
    }
    CHECK_INT(used, 10);
    CHECK_INT(all, 10);
    akit_tiered_destroy(h, 0);
}

CASE(process_stats_bad_arguments_are_einval)
{
    akit_process_stats st = AKIT_PROCESS_STATS_INIT;
    CHECK_INT(akit_process_stats_get(NULL), -EINVAL);
    st.struct_size = 0;
    CHECK_INT(akit_process_stats_get(&st), -EINVAL);
}

CASE(process_page_sizes_are_the_systems)
{
    akit_process_stats st = process_stats();
    CHECK_INT(st.page_bytes, sysconf(_SC_PAGESIZE));
    CHECK(st.huge_page_bytes == 0 || st.huge_page_bytes > st.page_bytes);
}

CASE(process_features_are_what_akit_feature_says_at_most)
{
    akit_process_stats st = process_stats();
    for (uint32_t f = 1; f < 64; f++)
        if (st.features >> f & 1)
            CHECK_INT(akit_feature(f), 0);
}

CASE(process_used_is_the_sum_over_handles)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    uint64_t before = process_stats().used_bytes;
    block(h, 1000);
    block(g, MIB(3));
    CHECK_INT(process_stats().used_bytes - before, stats_of(h).used_bytes + stats_of(g).used_bytes);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
    CHECK_INT(process_stats().used_bytes, before);
}

CASE(handle_next_meets_every_handle_once_in_order)
{
    akit_tiered *h[20];
    uint64_t ids[20], id = 0, last = 0;
    uint32_t kind = 0;
    int met = 0, rc;
    for (int i = 0; i < 20; i++) {
        h[i] = new_heap();
        ids[i] = stats_of(h[i]).id;
    }
    while ((rc = akit_handle_next(&id, &kind)) == 0) {
        CHECK(id > last && kind == AKIT_KIND_TIERED);
        last = id;
        for (int i = 0; i < 20; i++)
            met += id == ids[i];
    }
    CHECK_INT(rc, -ENOENT);
    CHECK_INT(met, 20);
    for (int i = 0; i < 20; i++)
        akit_tiered_destroy(h[i], 0);
}

CASE(handle_next_without_kind)
{
    akit_tiered *h = new_heap();
    uint64_t id = 0;
    CHECK_INT(akit_handle_next(&id, NULL), 0);
    akit_tiered_destroy(h, 0);
}

CASE(handle_next_without_id_is_einval)
{
    CHECK_INT(akit_handle_next(NULL, NULL), -EINVAL);
}

CASE(handle_next_goes_on_behind_a_destroyed_handle)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    uint64_t id = stats_of(h).id, next = stats_of(g).id;
    akit_tiered_destroy(h, 0);
    CHECK_INT(akit_handle_next(&id, NULL), 0);
    CHECK_INT(id, next);
    akit_tiered_destroy(g, 0);
}

CASE(purge_of_null_handle_is_einval)
{
    uint64_t bytes = 0;
    CHECK_INT(akit_tiered_purge(NULL, 0, &bytes), -EINVAL);
}

CASE(purge_unknown_flags_is_einval)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_purge(h, 8, NULL), -EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(purge_reports_what_the_kernel_got)
{
    akit_tiered *h = new_heap();
    uint64_t bytes = 0;
    akit_tiered_free(h, block(h, MIB(8)));
    CHECK_INT(akit_tiered_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, &bytes), 0);
    CHECK_AT_LEAST(bytes, MIB(8));
    CHECK_AT_LEAST(stats_of(h).purged_bytes_total, MIB(8));
    CHECK_INT(stats_of(h).cached_bytes, 0);
    CHECK_INT(akit_tiered_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, &bytes), 0);
    CHECK_INT(bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(purge_due_leaves_young_memory)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.decay_ns = 60000000000u;
    akit_tiered *h = new_heap_with(&cfg);
    uint64_t bytes = 99;
    akit_tiered_free(h, block(h, MIB(8)));
    CHECK_INT(akit_tiered_purge(h, AKIT_PURGE_DUE, &bytes), 0);
    CHECK_INT(bytes, 0);
    CHECK_AT_LEAST(stats_of(h).cached_bytes, MIB(8));
    akit_tiered_destroy(h, 0);
}

CASE(purge_gives_back_small_blocks_too)
{
    akit_tiered *h = new_heap();
    static void *p[20000];
    CHECK_INT(akit_tiered_alloc_n(h, 500, 20000, p), 20000);
    for (int i = 0; i < 20000; i++)
        memset(p[i], 1, 500);
    CHECK_INT(akit_tiered_free_n(h, 20000, p), 20000);
    uint64_t bytes = 0;
    CHECK_INT(akit_tiered_purge(h, 0, &bytes), 0);
    CHECK_AT_LEAST(bytes, MIB(8));
    CHECK_AT_MOST(stats_of(h).cached_bytes, MIB(1));
    akit_tiered_destroy(h, 0);
}

CASE(suggest_is_a_legal_configuration)
{
    akit_tiered *h = new_heap();
    for (int i = 0; i < 1000; i++)
        block(h, (size_t)(i * 37 % 30000));
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    CHECK_INT(akit_tiered_suggest(h, &cfg), 0);
    akit_tiered *g = new_heap_with(&cfg);
    akit_tiered_free(g, block(g, 100));
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(suggest_of_an_unused_handle_is_legal)
{
    akit_tiered *h = new_heap();
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    CHECK_INT(akit_tiered_suggest(h, &cfg), 0);
    akit_tiered_destroy(new_heap_with(&cfg), 0);
    akit_tiered_destroy(h, 0);
}

CASE(suggest_bad_arguments_are_einval)
{
    akit_tiered *h = new_heap();
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    CHECK_INT(akit_tiered_suggest(NULL, &cfg), -EINVAL);
    CHECK_INT(akit_tiered_suggest(h, NULL), -EINVAL);
    cfg.struct_size = 0;
    CHECK_INT(akit_tiered_suggest(h, &cfg), -EINVAL);
    akit_tiered_destroy(h, 0);
}
