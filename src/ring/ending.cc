// The end of a ring, the area, and what keeps it: pins.
#include <errno.h>

#include "os/keep_errno.h"
#include "ring/ring.h"

namespace akit::ring {

using namespace heap;

int destroy(akit_ring* ring, std::uint32_t flags) noexcept {
  return heap::destroy(stub(ring), kKindRing, flags ? 0 : 1);
}

namespace {

// In the child of a fork that did not copy the area: a new one.
bool revive(Heap* h) {
  os::SlowSection section(os::current());
  Ring* r = h->ring;
  os::Guard one(r->order_lock);
  if (!r->gone) return true;
  if (!ring_area(h)) return false;
  r->granules = h->opt.capacity_bytes >> r->shift;
  r->gone = false;
  return true;
}

int where(Heap* h, void** base, std::size_t* length) {
  if (base) *base = nullptr;
  if (length) *length = 0;
  if (!h) return -EINVAL;
  if (AKIT_UNLIKELY(h->ring->gone) && !revive(h)) return -ENOMEM;
  if (base) *base = reinterpret_cast<void*>(h->ring->base);
  if (length) *length = h->opt.capacity_bytes;
  return 0;
}

}  // namespace

int memory_get(akit_ring* ring, void** base, std::size_t* length) noexcept {
  return where(checked_heap(stub(ring), kKindRing), base, length);
}

int area(akit_ring* ring, void** base, std::size_t* length) noexcept {
  return where(checked_heap(stub(ring), kKindRing, true), base, length);
}

int pin(akit_ring* ring) noexcept {
  os::KeepErrno keep;
  Heap* h = checked_heap(stub(ring), kKindRing);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current_or_null());
  os::Guard g(h->spans_lock);
  if (h->ring->pins++ == 0) {
    if (h->spans) h->spans->pins = 1;
    h->pinned_spans.fetch_add(1, std::memory_order_relaxed);
    h->pinned_bytes.fetch_add(h->opt.capacity_bytes, std::memory_order_relaxed);
  }
  return 0;
}

int unpin(akit_ring* ring) noexcept {
  os::KeepErrno keep;
  akit_tiered* st = stub(ring);
  Heap* h = checked_heap(st, kKindRing, true);
  if (!h) return -EINVAL;
  {
    os::SlowSection section(os::current_or_null());
    os::Guard g(h->spans_lock);
    if (h->ring->pins == 0) return -EINVAL;
    if (--h->ring->pins == 0) {
      if (h->spans) copy_to_children(h->spans), h->spans->pins = 0;
      h->pinned_spans.fetch_sub(1, std::memory_order_relaxed);
      h->pinned_bytes.fetch_sub(h->opt.capacity_bytes, std::memory_order_relaxed);
    }
  }
  if (st->phase.load(std::memory_order_acquire) != Phase::kOpen) destroy_if_last(st);
  return 0;
}

}  // namespace akit::ring
