// Statistics of rings: what the producer counted, and what the blocks say came back.
#include <errno.h>

#include "os/thread.h"
#include "ring/ring.h"

namespace akit::ring {

using namespace heap;

namespace {

void fill(Heap* h, RingStats* out) {
  TieredStats t{};
  fill_handle(h, &t);
  std::uint64_t keep = out->struct_size;
  *out = {};
  out->struct_size = keep;
#define AKIT_SAME(name) out->name = t.name;
  AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
#undef AKIT_SAME
  const Ring* r = h->ring;
  RingSum s = ring_sum(r);
  if (h->opt.memory) {
    out->mapped_bytes += h->opt.memory_bytes;
    out->mapped_peak_bytes += h->opt.memory_bytes;
    out->mappings = out->maps_total = 1;
  }
  out->pinned_bytes = h->pinned_bytes.load(std::memory_order_relaxed);
  out->capacity_bytes = h->opt.capacity_bytes;
  out->max_slice_bytes = h->opt.block_bytes;
  out->out_slices = s.out_slices;
  out->out_peak_slices = max<std::uint64_t>(r->peak_slices, s.out_slices);
  out->releases_total = s.back_slices + r->references.load(std::memory_order_relaxed);
  out->padding_bytes = s.padding << r->shift;
  out->padding_bytes_total = r->padding_total << r->shift;
  out->exhausted_total = r->exhausted;
  out->too_large_total = r->too_large;
  out->head_blocked_total = r->head_blocked;
  out->oldest_block_acquires = s.oldest;
  out->held_blocks = s.held;
}

}  // namespace

int stats_get(akit_ring* ring, RingStats* out) noexcept {
  Heap* h = checked_heap(stub(ring), kKindRing);
  if (!h) return -EINVAL;
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  fill(h, out);
  return 0;
}

int stats_by_id(std::uint64_t id, RingStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindRing);
  if (!s) return -ENOENT;
  fill(s->heap, out);
  __builtin_memcpy(name, s->heap->name, 64);
  return 0;
}

}  // namespace akit::ring
