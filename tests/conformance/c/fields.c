/* Fields by name. The lists are written once more here on purpose: they say what a user of the structs relies on. */
#include "state.h"

#include <string.h>

#define WIDE(type, field) {#field, offsetof(type, field), 8}
#define NARROW(type, field) {#field, offsetof(type, field), 4}

typedef struct {
    const char *name;
    size_t offset, size;
} field_entry;

#define T(f) WIDE(akit_tiered_stats, f)
static const field_entry tiered_fields[] = {
    T(id), T(kind), T(limit_bytes), T(used_bytes), T(used_peak_bytes), T(cached_bytes), T(metadata_bytes),
    T(mapped_bytes), T(mapped_peak_bytes), T(pinned_bytes), T(mappings), T(allocs_total), T(frees_total),
    T(failures_total), T(limit_hits_total), T(misuses_total), T(maps_total), T(unmaps_total), T(purges_total),
    T(purged_bytes_total), T(prefaulted_bytes_total), T(small_used_bytes), T(medium_used_bytes),
    T(large_used_bytes), T(huge_used_bytes), T(thread_cache_bytes), T(thread_caches), T(cache_hits_total),
    T(cache_misses_total), T(remote_frees_total), T(remote_pending_bytes), T(reallocs_total),
    T(reallocs_in_place_total), T(huge_fallbacks_total)};

#define K(f) WIDE(akit_class_stats, f)
static const field_entry class_fields[] = {
    K(block_bytes), K(used_blocks), K(used_peak_blocks), K(cached_blocks), K(gets_total), K(puts_total),
    K(hits_total), K(misses_total), K(discards_total), K(slabs), K(mapped_bytes)};

#define P(f) WIDE(akit_process_stats, f)
static const field_entry process_fields[] = {
    P(handles), P(handles_created_total), P(mapped_bytes), P(used_bytes), P(cached_bytes), P(metadata_bytes),
    P(table_bytes), P(pinned_bytes), P(mappings), P(threads), P(misuses_total), P(purge_thread_running),
    P(next_purge_ns), P(features), P(page_bytes), P(huge_page_bytes)};

#define B(f) WIDE(akit_block_info, f)
static const field_entry block_fields[] = {B(handle_id), B(handle_kind), B(base), B(usable_bytes),
                                           B(state), B(backing), B(reason), B(numa_node),
                                           B(zeroed), B(tag)};

#define C8(f) WIDE(akit_tiered_config, f)
#define C4(f) NARROW(akit_tiered_config, f)
static const field_entry config_fields[] = {
    C8(flags), C8(limit_bytes), C8(decay_ns), C4(thp), C4(fork_mode), C4(zero_mode), C4(numa_mode), C8(numa_nodes),
    C8(prefault_bytes), C4(check_mode), C8(small_max_bytes), C8(medium_max_bytes), C8(large_max_bytes),
    C8(thread_cache_bytes), C8(cache_bytes), C4(hugetlb_mode), C8(guard_sample_interval)};

#define R(f) WIDE(akit_region_stats, f)
static const field_entry region_fields[] = {
    R(id), R(kind), R(limit_bytes), R(used_bytes), R(used_peak_bytes), R(cached_bytes), R(metadata_bytes),
    R(mapped_bytes), R(mapped_peak_bytes), R(pinned_bytes), R(mappings), R(allocs_total), R(frees_total),
    R(failures_total), R(limit_hits_total), R(misuses_total), R(maps_total), R(unmaps_total), R(purges_total),
    R(purged_bytes_total), R(prefaulted_bytes_total), R(cache_hits_total), R(cache_misses_total),
    R(evictions_total), R(rejected_total), R(cached_mappings), R(waste_bytes), R(remaps_total),
    R(purge_deadline_ns), R(purge_overdue_ns), R(purge_skipped_pinned_total)};

#define RC8(f) WIDE(akit_region_config, f)
#define RC4(f) NARROW(akit_region_config, f)
static const field_entry region_config_fields[] = {
    RC8(flags), RC8(limit_bytes), RC8(decay_ns), RC4(thp), RC4(fork_mode), RC4(zero_mode), RC4(numa_mode),
    RC8(numa_nodes), RC8(prefault_bytes), RC4(check_mode), RC8(cache_bytes), RC8(max_waste_permille),
    RC8(max_mappings), RC8(max_entries), RC4(purge_method), RC4(guard), RC8(memory_bytes)};

#define H(f) WIDE(akit_huge_stats, f)
static const field_entry huge_fields[] = {
    H(id), H(kind), H(limit_bytes), H(used_bytes), H(used_peak_bytes), H(cached_bytes), H(metadata_bytes),
    H(mapped_bytes), H(mapped_peak_bytes), H(pinned_bytes), H(mappings), H(allocs_total), H(frees_total),
    H(failures_total), H(limit_hits_total), H(misuses_total), H(maps_total), H(unmaps_total), H(purges_total),
    H(purged_bytes_total), H(prefaulted_bytes_total), H(giant_bytes), H(hugetlb_bytes), H(thp_bytes), H(base_bytes),
    H(cache_hits_total), H(cache_misses_total), H(fallbacks_total), H(last_fallback_reason),
    H(last_fallback_unix_ns), H(populate_max_ns), H(populate_ns_total)};

#define HC8(f) WIDE(akit_huge_config, f)
#define HC4(f) NARROW(akit_huge_config, f)
static const field_entry huge_config_fields[] = {
    HC8(flags), HC8(limit_bytes), HC8(decay_ns), HC4(thp), HC4(fork_mode), HC4(zero_mode), HC4(numa_mode),
    HC8(numa_nodes), HC8(prefault_bytes), HC4(check_mode), HC8(giant_page_bytes), HC8(huge_page_bytes),
    HC4(giant_mode), HC4(huge_mode), HC4(populate), HC8(cache_bytes)};

#define Q(f) WIDE(akit_pool_stats, f)
static const field_entry pool_fields[] = {
    Q(id), Q(kind), Q(limit_bytes), Q(used_bytes), Q(used_peak_bytes), Q(cached_bytes), Q(metadata_bytes),
    Q(mapped_bytes), Q(mapped_peak_bytes), Q(pinned_bytes), Q(mappings), Q(allocs_total), Q(frees_total),
    Q(failures_total), Q(limit_hits_total), Q(misuses_total), Q(maps_total), Q(unmaps_total), Q(purges_total),
    Q(purged_bytes_total), Q(prefaulted_bytes_total), Q(out_buffers), Q(out_peak_buffers), Q(hits_total),
    Q(misses_total), Q(puts_total), Q(discards_total), Q(oversize_total), Q(zeroed_bytes_total), Q(grown_total),
    Q(fallbacks_total), Q(first_fallback_unix_ns), Q(thread_cache_bytes), Q(reused_bytes_total)};

#define QC8(f) WIDE(akit_pool_config, f)
#define QC4(f) NARROW(akit_pool_config, f)
static const field_entry pool_config_fields[] = {
    QC8(flags), QC8(limit_bytes), QC8(decay_ns), QC4(thp), QC4(fork_mode), QC4(zero_mode), QC4(numa_mode),
    QC8(numa_nodes), QC8(prefault_bytes), QC4(check_mode), QC8(min_class_bytes), QC8(max_class_bytes),
    QC8(classes_per_doubling), QC8(class_count), QC8(class_cache_bytes), QC8(cache_bytes), QC8(thread_cache_bytes),
    QC8(alignment), QC8(slab_bytes), QC4(exhaust_mode), QC8(memory_bytes)};

#define N(f) WIDE(akit_ring_stats, f)
static const field_entry ring_fields[] = {
    N(id), N(kind), N(limit_bytes), N(used_bytes), N(used_peak_bytes), N(cached_bytes), N(metadata_bytes),
    N(mapped_bytes), N(mapped_peak_bytes), N(pinned_bytes), N(mappings), N(allocs_total), N(frees_total),
    N(failures_total), N(limit_hits_total), N(misuses_total), N(maps_total), N(unmaps_total), N(purges_total),
    N(purged_bytes_total), N(prefaulted_bytes_total), N(capacity_bytes), N(max_slice_bytes), N(out_slices),
    N(out_peak_slices), N(releases_total), N(padding_bytes), N(padding_bytes_total), N(exhausted_total),
    N(too_large_total), N(head_blocked_total), N(oldest_block_acquires), N(held_blocks)};

#define NC8(f) WIDE(akit_ring_config, f)
#define NC4(f) NARROW(akit_ring_config, f)
static const field_entry ring_config_fields[] = {
    NC8(flags), NC8(limit_bytes), NC8(decay_ns), NC4(thp), NC4(fork_mode), NC4(zero_mode), NC4(numa_mode),
    NC8(numa_nodes), NC8(prefault_bytes), NC4(check_mode), NC8(capacity_bytes), NC8(block_bytes), NC8(alignment),
    NC8(colour_bytes), NC4(order), NC8(memory_bytes)};

#define U(f) WIDE(akit_uring_stats, f)
static const field_entry uring_fields[] = {
    U(state), U(last_errno), U(memlock_needed_bytes), U(memlock_limit_bytes), U(registered_bytes), U(slots),
    U(slots_used), U(areas), U(areas_pending), U(areas_draining), U(lookups_missed_total), U(registers_total),
    U(register_failures_total)};

#define UC8(f) WIDE(akit_uring_config, f)
#define UC4(f) NARROW(akit_uring_config, f)
static const field_entry uring_config_fields[] = {UC8(flags),      UC4(ring_fd),  UC4(table_mode),   UC4(slot_base),
                                                  UC4(slot_count), UC8(tag_base), UC8(memlock_bytes)};

#define UP(f) WIDE(akit_uring_probe_info, f)
static const field_entry uring_probe_fields[] = {
    UP(available), UP(error), UP(features), UP(memlock_soft_bytes), UP(memlock_hard_bytes), UP(memlock_used_bytes),
    UP(ipc_lock), UP(max_slots), UP(max_slot_bytes)};

#define G(f) WIDE(akit_uring_group_stats, f)
static const field_entry group_fields[] = {
    G(group_id), G(entries), G(published), G(window), G(buffers_out), G(taken_total), G(refills_total),
    G(enobufs_total), G(empty_ns_total), G(misuses_total)};

#define GC8(f) WIDE(akit_uring_group_config, f)
#define GC4(f) NARROW(akit_uring_group_config, f)
static const field_entry group_config_fields[] = {GC8(flags),   GC8(buffer_bytes), GC4(group_id),
                                                  GC4(entries), GC4(window_min),   GC4(window_max)};

#define S(f) WIDE(akit_huge_system, f)
static const field_entry system_fields[] = {
    S(base_page_bytes), S(thp_page_bytes), S(thp_mode), S(huge_page_bytes), S(huge_total), S(huge_free),
    S(huge_reserved), S(huge_surplus), S(giant_page_bytes), S(giant_total), S(giant_free), S(numa_nodes),
    S(cgroup_huge_limit_bytes)};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const field_entry *find(const field_entry *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, name))
            return &list[i];
    return NULL;
}

static int read_field(const field_entry *list, size_t count, const void *from, const char *name, uint64_t *value)
{
    const field_entry *f = find(list, count, name);
    if (!f)
        return 0;
    *value = 0;
    memcpy(value, (const char *)from + f->offset, f->size);
    return 1;
}

int tiered_stat(const akit_tiered_stats *st, const char *field, uint64_t *value)
{
    return read_field(tiered_fields, COUNT(tiered_fields), st, field, value);
}

int class_stat(const akit_class_stats *st, const char *field, uint64_t *value)
{
    return read_field(class_fields, COUNT(class_fields), st, field, value);
}

int process_stat(const akit_process_stats *st, const char *field, uint64_t *value)
{
    return read_field(process_fields, COUNT(process_fields), st, field, value);
}

int block_field(const akit_block_info *info, const char *field, uint64_t *value)
{
    return read_field(block_fields, COUNT(block_fields), info, field, value);
}

int config_field(const akit_tiered_config *cfg, const char *field, uint64_t *value)
{
    return read_field(config_fields, COUNT(config_fields), cfg, field, value);
}

static int write_field(const field_entry *list, size_t count, void *to, const char *name, uint64_t value)
{
    const field_entry *f = find(list, count, name);
    if (!f)
        return 0;
    memcpy((char *)to + f->offset, &value, f->size);
    return 1;
}

int set_config_field(akit_tiered_config *cfg, const char *field, uint64_t value)
{
    return write_field(config_fields, COUNT(config_fields), cfg, field, value);
}

int region_stat(const akit_region_stats *st, const char *field, uint64_t *value)
{
    return read_field(region_fields, COUNT(region_fields), st, field, value);
}

int region_config_field(const akit_region_config *cfg, const char *field, uint64_t *value)
{
    return read_field(region_config_fields, COUNT(region_config_fields), cfg, field, value);
}

int set_region_config_field(akit_region_config *cfg, const char *field, uint64_t value)
{
    return write_field(region_config_fields, COUNT(region_config_fields), cfg, field, value);
}

int huge_stat(const akit_huge_stats *st, const char *field, uint64_t *value)
{
    return read_field(huge_fields, COUNT(huge_fields), st, field, value);
}

int huge_config_field(const akit_huge_config *cfg, const char *field, uint64_t *value)
{
    return read_field(huge_config_fields, COUNT(huge_config_fields), cfg, field, value);
}

int set_huge_config_field(akit_huge_config *cfg, const char *field, uint64_t value)
{
    return write_field(huge_config_fields, COUNT(huge_config_fields), cfg, field, value);
}

int pool_stat(const akit_pool_stats *st, const char *field, uint64_t *value)
{
    return read_field(pool_fields, COUNT(pool_fields), st, field, value);
}

int pool_config_field(const akit_pool_config *cfg, const char *field, uint64_t *value)
{
    return read_field(pool_config_fields, COUNT(pool_config_fields), cfg, field, value);
}

int set_pool_config_field(akit_pool_config *cfg, const char *field, uint64_t value)
{
    return write_field(pool_config_fields, COUNT(pool_config_fields), cfg, field, value);
}

int ring_stat(const akit_ring_stats *st, const char *field, uint64_t *value)
{
    return read_field(ring_fields, COUNT(ring_fields), st, field, value);
}

int ring_config_field(const akit_ring_config *cfg, const char *field, uint64_t *value)
{
    return read_field(ring_config_fields, COUNT(ring_config_fields), cfg, field, value);
}

int set_ring_config_field(akit_ring_config *cfg, const char *field, uint64_t value)
{
    return write_field(ring_config_fields, COUNT(ring_config_fields), cfg, field, value);
}

int uring_stat(const akit_uring_stats *st, const char *field, uint64_t *value)
{
    return read_field(uring_fields, COUNT(uring_fields), st, field, value);
}

int set_uring_config_field(akit_uring_config *cfg, const char *field, uint64_t value)
{
    return write_field(uring_config_fields, COUNT(uring_config_fields), cfg, field, value);
}

int uring_probe_field(const akit_uring_probe_info *info, const char *field, uint64_t *value)
{
    return read_field(uring_probe_fields, COUNT(uring_probe_fields), info, field, value);
}

int group_stat(const akit_uring_group_stats *st, const char *field, uint64_t *value)
{
    return read_field(group_fields, COUNT(group_fields), st, field, value);
}

int set_group_config_field(akit_uring_group_config *cfg, const char *field, uint64_t value)
{
    return write_field(group_config_fields, COUNT(group_config_fields), cfg, field, value);
}

int system_field(const akit_huge_system *system, const char *field, uint64_t *value)
{
    return read_field(system_fields, COUNT(system_fields), system, field, value);
}
