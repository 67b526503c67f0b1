// Partly used slabs: pages that lie under free blocks alone. They stay with the slab, since its next
// blocks come from there, and only an explicit purge of everything gives them back.
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

}  // namespace

std::uint64_t purge_holes(Heap* h) {
  if (h->fixed || (h->watch & kWatchTool)) return 0;  // tools keep their own record of what free blocks hold
  std::uint64_t bytes = 0;
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = __atomic_load_n(&h->touched[w], __ATOMIC_RELAXED); m; m &= m - 1) {
      unsigned c = w * 64 + lowest_bit(m);
      ClassState& k = h->classes[c];
      os::Guard g(k.lock);
      for (Span* s = k.partial; s; s = s->next)
        if (s->free_bits) bytes += discard_holes(s);
    }
  return bytes;
}

}  // namespace akit::heap
