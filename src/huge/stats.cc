// Statistics of huge-page handles.
#include <errno.h>

#include "heap/heap.h"
#include "huge/api.h"
#include "os/thread.h"

namespace akit::huge {

using namespace heap;

namespace {

void fill(Heap* h, HugeStats* out) {
  TieredStats t{};
  fill_handle(h, &t);
  std::uint64_t keep = out->struct_size;
  *out = {};
  out->struct_size = keep;
#define AKIT_SAME(name) out->name = t.name;
  AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
#undef AKIT_SAME
  auto get = [](const std::atomic<std::uint64_t>& n) { return n.load(std::memory_order_relaxed); };
  pages::Pages& other = pages::heap_at(h->plain_heap);
  out->used_bytes += get(h->lent);
  out->used_peak_bytes = max(out->used_peak_bytes, out->used_bytes);
  out->cached_bytes = get(h->idle_bytes) + get(other.counters.dirty_bytes);
  out->purges_total = get(other.counters.purges) + get(h->purges);
  out->purged_bytes_total = get(other.counters.purged_bytes) + get(h->purged_bytes);
  out->mappings = get(h->account.mappings);
  out->maps_total = get(h->account.maps);
  out->unmaps_total = get(h->account.unmaps);
  out->giant_bytes = get(h->backing_bytes[pages::kGiant]);
  out->hugetlb_bytes = get(h->backing_bytes[pages::kHuge]);
  out->thp_bytes = get(h->backing_bytes[pages::kThp]);
  out->base_bytes = get(h->backing_bytes[pages::kBase]);
  out->cache_hits_total = get(h->idle_hits);
  out->cache_misses_total = get(h->idle_misses);
  out->fallbacks_total = get(h->fallbacks);
  out->last_fallback_reason = get(h->fallback_error);
  out->last_fallback_unix_ns = get(h->fallback_unix_ns);
  out->populate_max_ns = get(h->populate_max_ns);
  out->populate_ns_total = get(h->populate_ns);
}

}  // namespace

int stats_get(akit_huge* r, HugeStats* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindHuge);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current());
  fill(h, out);
  return 0;
}

int stats_by_id(std::uint64_t id, HugeStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindHuge);
  if (!s) return -ENOENT;
  fill(s->heap, out);
  __builtin_memcpy(name, s->heap->name, 64);
  return 0;
}

}  // namespace akit::huge
