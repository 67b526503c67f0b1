// The other side of the fast path of nodes. heap/nodes_part.h says how they are kept.
#pragma once
#include "heap/nodes_part.h"
#include "nodes/api.h"
#include "os/thread.h"

namespace akit::nodes {

using heap::Heap;
using heap::NodeClass;
using heap::Nodes;

// Kind and phase are neighbours, so that one comparison tells an open handle from everything else.
AKIT_INLINE bool is_open(const akit_tiered* s) {
  using Both = std::uint64_t __attribute__((may_alias));
  static_assert(offsetof(akit_tiered, phase) == offsetof(akit_tiered, kind) + 4);
  if (AKIT_UNLIKELY(!s || s->anchor != &heap::anchor_of_this_copy)) return false;
  constexpr std::uint64_t kOpenNodes = heap::kKindNodes | std::uint64_t{static_cast<std::uint32_t>(heap::Phase::kOpen)} << 32;
  return AKIT_LIKELY(__atomic_load_n(reinterpret_cast<const Both*>(&s->kind), __ATOMIC_RELAXED) == kOpenNodes);
}

AKIT_INLINE std::uint8_t bit_of(std::uintptr_t a) { return static_cast<std::uint8_t>(1u << ((a >> map::kGrain) & 7)); }
// The byte with the bit of a block in a page of ours.
AKIT_INLINE std::uint8_t* marks_of(const map::Leaf* l, std::uintptr_t a) {
  return map::out_byte(l->out[(a >> map::kRangeShift) & (map::kRanges - 1)].load(std::memory_order_relaxed), a);
}
AKIT_INLINE std::uint8_t load(const std::uint8_t* b) { return __atomic_load_n(b, __ATOMIC_RELAXED); }
AKIT_INLINE void store(std::uint8_t* b, unsigned v) { __atomic_store_n(b, static_cast<std::uint8_t>(v), __ATOMIC_RELAXED); }

AKIT_INLINE void count_out(Nodes* n, NodeClass& c, std::uintptr_t a) {
  std::uint8_t* b = marks_of(map::root[a >> map::kLeafShift].load(std::memory_order_relaxed), a);
  store(b, load(b) | bit_of(a));
  c.allocs = c.allocs + 1;
  n->room = n->room - c.stride;
}

// More is out than ever. Returns p.
AKIT_WARM void* new_peak(Nodes* n, void* p);
AKIT_WARM void* alloc_rest(akit_nodes* h, unsigned c);
AKIT_WARM int free_rest(akit_nodes* h, unsigned c, void* p);
// Without arrays, of no capacity at all, or of a stale handle.
AKIT_MISS void* array_refused(akit_nodes* h, std::size_t elements);
AKIT_MISS int capacity_refused(akit_nodes* h, void* p, std::size_t capacity);
AKIT_MISS bool two_threads(akit_tiered* st);  // checked build

}  // namespace akit::nodes
