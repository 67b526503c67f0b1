// A configuration proposed from what was seen: budgets that would have held the caches at their
// observed use, and thresholds between the sizes that recur and those that do not.
#include <errno.h>

#include "heap/heap.h"

namespace akit::heap {
namespace {

std::uint64_t round_mib(std::uint64_t n) { return align_up(max<std::uint64_t>(n, 1), std::uint64_t{1} << 20); }

}  // namespace

int suggest(akit_tiered* stub, Options* out) noexcept {
  Heap* h = checked_heap(stub);
  if (!h) return -EINVAL;
  *out = answered(h);
  TieredStats t{};
  if (int rc = stats_get(stub, &t)) return rc;
  if (t.allocs_total == 0) return 0;  // nothing seen, nothing to propose
  // The largest recurring slab-sized class decides how far the medium tier reaches.
  std::uint64_t medium = 0, hot = 0;
  for (std::size_t i = 0; i < class_count(stub); ++i) {
    ClassStats s{};
    if (class_stats_get(stub, i, &s) != 0 || s.gets_total == 0 || s.block_bytes > 65536) continue;
    if (s.gets_total >= 64) medium = max(medium, s.block_bytes);
    hot += min<std::uint64_t>(s.used_peak_blocks, cache::kMaxCapacity) * s.block_bytes;
  }
  if (medium > 1024) out->medium_max_bytes = max(medium, out->small_max_bytes);
  out->large_max_bytes = max(out->large_max_bytes, out->medium_max_bytes);
  std::uint64_t idle = t.mapped_peak_bytes - min(t.mapped_peak_bytes, t.used_bytes);
  out->thread_cache_bytes = round_mib(max<std::uint64_t>(hot, t.thread_cache_bytes));
  out->cache_bytes = round_mib(idle);
  // A quarter of headroom over the most that was mapped.
  out->limit_bytes = round_mib(t.mapped_peak_bytes + t.mapped_peak_bytes / 4);
  return 0;
}

}  // namespace akit::heap
