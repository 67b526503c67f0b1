// The one list of counters. It makes the structs, and capi makes JSON, OpenMetrics and the layout
// checks from it, so that none of them can drift apart. Order is frozen: append only.
// Names ending in _total are counters, everything else is a gauge.
#pragma once
#include "base/config.h"

#define AKIT_HANDLE_STATS_FIELDS(X)                                                              \
  X(id) X(kind) X(limit_bytes) X(used_bytes) X(used_peak_bytes) X(cached_bytes)                  \
  X(metadata_bytes) X(mapped_bytes) X(mapped_peak_bytes) X(pinned_bytes) X(mappings)             \
  X(allocs_total) X(frees_total) X(failures_total) X(limit_hits_total) X(misuses_total)          \
  X(maps_total) X(unmaps_total) X(purges_total) X(purged_bytes_total) X(prefaulted_bytes_total)

#define AKIT_TIERED_STATS_FIELDS(X)                                                              \
  X(small_used_bytes) X(medium_used_bytes) X(large_used_bytes) X(huge_used_bytes)                \
  X(thread_cache_bytes) X(thread_caches) X(cache_hits_total) X(cache_misses_total)               \
  X(remote_frees_total) X(remote_pending_bytes) X(reallocs_total) X(reallocs_in_place_total)     \
  X(huge_fallbacks_total)

#define AKIT_REGION_STATS_FIELDS(X)                                                              \
  X(cache_hits_total) X(cache_misses_total) X(evictions_total) X(rejected_total)                 \
  X(cached_mappings) X(waste_bytes) X(remaps_total) X(purge_deadline_ns) X(purge_overdue_ns)     \
  X(purge_skipped_pinned_total)

#define AKIT_HUGE_STATS_FIELDS(X)                                                                \
  X(giant_bytes) X(hugetlb_bytes) X(thp_bytes) X(base_bytes) X(cache_hits_total)                 \
  X(cache_misses_total) X(fallbacks_total) X(last_fallback_reason) X(last_fallback_unix_ns)      \
  X(populate_max_ns) X(populate_ns_total)

#define AKIT_POOL_STATS_FIELDS(X)                                                                \
  X(out_buffers) X(out_peak_buffers) X(hits_total) X(misses_total) X(puts_total)                 \
  X(discards_total) X(oversize_total) X(zeroed_bytes_total) X(grown_total) X(fallbacks_total)    \
  X(first_fallback_unix_ns) X(thread_cache_bytes) X(reused_bytes_total)

#define AKIT_URING_STATS_FIELDS(X)                                                               \
  X(state) X(last_errno) X(memlock_needed_bytes) X(memlock_limit_bytes) X(registered_bytes)      \
  X(slots) X(slots_used) X(areas) X(areas_pending) X(areas_draining) X(lookups_missed_total)     \
  X(registers_total) X(register_failures_total)

#define AKIT_GROUP_STATS_FIELDS(X)                                                               \
  X(group_id) X(entries) X(published) X(window) X(buffers_out) X(taken_total) X(refills_total)   \
  X(enobufs_total) X(empty_ns_total) X(misuses_total)

#define AKIT_RING_STATS_FIELDS(X)                                                                \
  X(capacity_bytes) X(max_slice_bytes) X(out_slices) X(out_peak_slices) X(releases_total)        \
  X(padding_bytes) X(padding_bytes_total) X(exhausted_total) X(too_large_total)                  \
  X(head_blocked_total) X(oldest_block_acquires) X(held_blocks)

#define AKIT_ARENA_STATS_FIELDS(X)                                                               \
  X(capacity_bytes) X(high_water_bytes) X(slabs) X(dedicated_slabs) X(tail_waste_bytes)          \
  X(resets_total) X(rewinds_total) X(fallbacks_total) X(first_fallback_unix_ns) X(warnings_total)

#define AKIT_NODES_STATS_FIELDS(X)                                                               \
  X(nodes_used) X(arrays_used) X(free_bytes) X(slabs) X(recycled_total) X(fallbacks_total)       \
  X(first_fallback_unix_ns) X(warnings_total)

#define AKIT_CLASS_STATS_FIELDS(X)                                                               \
  X(block_bytes) X(used_blocks) X(used_peak_blocks) X(cached_blocks) X(gets_total)               \
  X(puts_total) X(hits_total) X(misses_total) X(discards_total) X(slabs) X(mapped_bytes)

#define AKIT_PROCESS_STATS_FIELDS(X)                                                             \
  X(handles) X(handles_created_total) X(mapped_bytes) X(used_bytes) X(cached_bytes)              \
  X(metadata_bytes) X(table_bytes) X(pinned_bytes) X(mappings) X(threads) X(misuses_total)       \
  X(purge_thread_running) X(next_purge_ns) X(features) X(page_bytes) X(huge_page_bytes)

namespace akit {
#define AKIT_FIELD(name) std::uint64_t name;
struct TieredStats {
  std::uint64_t struct_size;
  AKIT_HANDLE_STATS_FIELDS(AKIT_FIELD)
  AKIT_TIERED_STATS_FIELDS(AKIT_FIELD)
};
struct RegionStats {
  std::uint64_t struct_size;
  AKIT_HANDLE_STATS_FIELDS(AKIT_FIELD)
  AKIT_REGION_STATS_FIELDS(AKIT_FIELD)
};
struct HugeStats {
  std::uint64_t struct_size;
  AKIT_HANDLE_STATS_FIELDS(AKIT_FIELD)
  AKIT_HUGE_STATS_FIELDS(AKIT_FIELD)
};
struct PoolStats {
  std::uint64_t struct_size;
  AKIT_HANDLE_STATS_FIELDS(AKIT_FIELD)
  AKIT_POOL_STATS_FIELDS(AKIT_FIELD)
};
struct RingStats {
  std::uint64_t struct_size;
  AKIT_HANDLE_STATS_FIELDS(AKIT_FIELD)
  AKIT_RING_STATS_FIELDS(AKIT_FIELD)
};
struct ArenaStats {
  std::uint64_t struct_size;
  AKIT_HANDLE_STATS_FIELDS(AKIT_FIELD)
  AKIT_ARENA_STATS_FIELDS(AKIT_FIELD)
};
struct NodesStats {
  std::uint64_t struct_size;
  AKIT_HANDLE_STATS_FIELDS(AKIT_FIELD)
  AKIT_NODES_STATS_FIELDS(AKIT_FIELD)
};
struct UringStats {
  std::uint64_t struct_size;
  AKIT_URING_STATS_FIELDS(AKIT_FIELD)
};
struct GroupStats {
  std::uint64_t struct_size;
  AKIT_GROUP_STATS_FIELDS(AKIT_FIELD)
};
struct ClassStats {
  std::uint64_t struct_size;
  AKIT_CLASS_STATS_FIELDS(AKIT_FIELD)
};
struct ProcessStats {
  std::uint64_t struct_size;
  AKIT_PROCESS_STATS_FIELDS(AKIT_FIELD)
};
#undef AKIT_FIELD
}  // namespace akit
