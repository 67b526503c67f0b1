// Partly used slabs: pages that lie under free blocks alone. They stay with the slab, since its next
// blocks come from there. Pools give them back after the decay time, because a few buffers that stay out
// would keep most of a burst; elsewhere only an explicit purge of everything does.
#include "os/sys.h"
#include "heap/heap.h"

namespace akit::heap {
namespace {

bool is_free(const Span* s, std::uint32_t i) { return (s->bits[i / 64] >> (i % 64)) & 1; }

std::uint64_t discard_between(std::uintptr_t from, std::uintptr_t to) {
  from = align_up(from, os::page_size());
  to = align_down(to, os::page_size());
  if (from >= to) return 0;
  std::uint64_t resident = os::resident_bytes(reinterpret_cast<void*>(from), to - from);
  return resident && os::discard(reinterpret_cast<void*>(from), to - from) == 0 ? resident : 0;
}

std::uint64_t discard_holes(const Span* s) {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < s->fresh;) {
    if (!is_free(s, i)) {
      ++i;
      continue;
    }
    std::uint32_t first = i;
    while (i < s->fresh && is_free(s, i)) ++i;
    bytes += discard_between(s->base + std::uintptr_t{first} * s->stride, s->base + std::uintptr_t{i} * s->stride);
  }
  return bytes;
}

// One slab per turn of the lock. false: none is due.
bool discard_one(Heap* h, unsigned c, std::uint64_t now) {
  ClassState& k = h->classes[c];
  os::Guard g(k.lock);
  bool later = false;
  for (Span* s = k.partial; s; s = s->next) {
    if (s->deadline == kNone || s->free_bits == 0 || s->pins) continue;
    if (s->deadline > now) {
      later = true;
      continue;
    }
    s->deadline = kNone;
    discard_holes(s);
    return true;
  }
  h->pool->holes[c].store(later, std::memory_order_relaxed);
  return false;
}

constexpr unsigned kSlabsAtOnce = 64;  // per round; the next one goes on

}  // namespace

bool tend_holes(Heap* h, std::uint64_t now) {
  if (!h->pool) return false;
  bool left = false;
  for (unsigned c = 1, n = 0; c <= h->pool->count; ++c) {
    while (h->pool->holes[c].load(std::memory_order_relaxed) && n < kSlabsAtOnce && discard_one(h, c, now)) ++n;
    left |= h->pool->holes[c].load(std::memory_order_relaxed);
  }
  return left;
}

std::uint64_t purge_holes(Heap* h) {
  if (h->fixed || (h->watch & kWatchTool)) return 0;  // tools keep their own record of what free blocks hold
  std::uint64_t bytes = 0;
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = __atomic_load_n(&h->touched[w], __ATOMIC_RELAXED); m; m &= m - 1) {
      unsigned c = w * 64 + lowest_bit(m);
      ClassState& k = h->classes[c];
      os::Guard g(k.lock);
      for (Span* s = k.partial; s; s = s->next)
        if (s->free_bits && s->pins == 0) bytes += discard_holes(s);
    }
  return bytes;
}

}  // namespace akit::heap
