// Statistics of regions, and what they suggest.
#include <errno.h>

#include "os/thread.h"
#include "region/region.h"

namespace akit::region {

using namespace heap;

namespace {

// Free, with pages behind, in this handle's page heaps, and when the oldest of it is due.
struct Free {
  std::uint64_t bytes = 0, spans = 0, deadline = kNone, purges = 0, purged = 0;
};
Free free_in(Heap* h) {
  Free f;
  const std::uint16_t all[] = {h->plain_heap, h->huge_heap};
  for (unsigned i = 0; i < (all[0] == all[1] ? 1 : 2) && !h->fixed; ++i) {
    pages::Pages& p = pages::heap_at(all[i]);
    f.bytes += p.counters.dirty_bytes.load(std::memory_order_relaxed);
    f.purges += p.counters.purges.load(std::memory_order_relaxed);
    f.purged += p.counters.purged_bytes.load(std::memory_order_relaxed);
    f.spans += p.free_spans();
    f.deadline = min(f.deadline, p.next_deadline());
  }
  return f;
}

void fill(Heap* h, RegionStats* out) {
  TieredStats t{};
  fill_handle(h, &t);
  std::uint64_t keep = out->struct_size;
  *out = {};
  out->struct_size = keep;
#define AKIT_SAME(name) out->name = t.name;
  AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
#undef AKIT_SAME
  const pages::Account& a = h->account;
  auto get = [](const std::atomic<std::uint64_t>& n) { return n.load(std::memory_order_relaxed); };
  Free f = free_in(h);
  out->used_bytes += get(h->lent);
  out->used_peak_bytes = max(out->used_peak_bytes, out->used_bytes);
  out->cached_bytes += f.bytes;
  if (h->fixed) out->mapped_bytes += h->opt.memory_bytes, out->mapped_peak_bytes += h->opt.memory_bytes;
  out->pinned_bytes = get(h->pinned_bytes);
  out->mappings = get(a.mappings);
  out->maps_total = get(a.maps);
  out->unmaps_total = get(a.unmaps);
  // A request with a span of its own never had a bin to be answered from.
  out->cache_hits_total = t.cache_hits_total;
  out->cache_misses_total = t.cache_misses_total + get(h->direct_allocs);
  out->evictions_total = get(a.evictions);
  out->rejected_total = get(h->rejected) + get(a.rejected);
  out->purges_total = f.purges;
  out->purged_bytes_total = f.purged;
  out->cached_mappings = cached_blocks(h) + f.spans;
  out->remaps_total = get(h->remaps);
  out->purge_skipped_pinned_total = get(h->skipped_pinned);
  for (unsigned c = 1; c <= kLastExtent; ++c)
    if (std::uint64_t n = used_blocks(h, c))
      out->waste_bytes += n * (align_up(extent_size(c), os::page_size()) - extent_size(c) + (h->opt.guard ? os::page_size() : 0));
  {
    os::Guard g(h->spans_lock);
    for (Span* s = h->spans; s; s = s->all_next) {
      if (s->role != pages::Role::kBlock && !s->freed) out->waste_bytes += s->bytes() - s->usable;
      if (!s->freed) continue;
      out->used_bytes -= min<std::uint64_t>(out->used_bytes, s->usable);  // pinned: freed, and kept
      ++out->frees_total;
      out->cached_bytes += s->usable;
    }
  }
  std::uint64_t now = os::now_coarse_ns();
  // In bins and depots: since the handle was last seen to cache nothing that is old.
  if (t.cached_bytes && h->opt.decay_ns != kNone)
    f.deadline = min(f.deadline, h->armed_at.load(std::memory_order_relaxed) + h->opt.decay_ns);
  out->purge_deadline_ns = f.deadline == kNone ? kNone : f.deadline > now ? f.deadline - now : 0;
  out->purge_overdue_ns = f.deadline < now ? now - f.deadline : 0;
}

}  // namespace

int stats_get(akit_region* r, RegionStats* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindRegion);
  if (!h) return -EINVAL;
  os::SlowSection section(h->fixed ? os::current_or_null() : os::current());
  fill(h, out);
  return 0;
}

int stats_by_id(std::uint64_t id, RegionStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindRegion);
  if (!s) return -ENOENT;
  fill(s->heap, out);
  __builtin_memcpy(name, s->heap->name, 64);
  return 0;
}

// Budgets that would have held what was freed and asked for again, and caps a quarter above what was
// needed.
int suggest(akit_region* r, Options* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindRegion);
  if (!h) return -EINVAL;
  *out = h->opt;
  RegionStats s{};
  if (int rc = stats_get(r, &s)) return rc;
  if (s.allocs_total == 0) return 0;
  constexpr std::uint64_t kUnit = std::uint64_t{1} << 20;
  std::uint64_t swing = s.mapped_peak_bytes - min(s.mapped_peak_bytes, s.used_bytes + s.metadata_bytes);
  out->cache_bytes = align_up(max(max(swing, s.cached_bytes), kUnit), kUnit);
  out->max_entries = max<std::uint64_t>(64, 2 * s.cached_mappings);
  out->limit_bytes = align_up(s.mapped_peak_bytes + s.mapped_peak_bytes / 4, kUnit);
  out->max_mappings = max<std::uint64_t>(256, 4 * s.mappings);
  // Pages that went back and were mapped again soon after: it pays to wait longer, up to ten seconds.
  bool comes_back = s.purged_bytes_total > 0 && s.maps_total > 8 && s.unmaps_total * 2 > s.maps_total;
  if (comes_back && h->opt.decay_ns != kNone) out->decay_ns = min<std::uint64_t>(4 * h->opt.decay_ns, max<std::uint64_t>(h->opt.decay_ns, 10000000000u));
  return 0;
}

}  // namespace akit::region
