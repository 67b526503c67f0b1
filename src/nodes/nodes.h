// The other side of the fast path of nodes. heap/nodes_part.h says how they are kept.
#pragma once
#include "heap/is_open.h"
#include "heap/nodes_part.h"
#include "nodes/api.h"
#include "os/thread.h"

namespace akit::nodes {

using heap::Heap;
using heap::NodeClass;
using heap::Nodes;

AKIT_INLINE bool is_open(const akit_tiered* s) { return heap::is_open<heap::kKindNodes>(s); }

// The books of a handle whose calls may take the fast path: they know it.
AKIT_INLINE Nodes* books_of(const akit_tiered* s) {
  if (AKIT_UNLIKELY(!is_open(s))) return nullptr;
  auto* n = reinterpret_cast<Nodes*>(s->seats.load(std::memory_order_relaxed));
  return AKIT_LIKELY(n->self == s) ? n : nullptr;
}

AKIT_INLINE bool starts_block(const NodeClass& c, std::uintptr_t a) {
  std::uint64_t x = a * c.inverse;
  return (x >> (c.rotate & 63) | x << (-c.rotate & 63)) <= c.most;
}

// More is out than ever. Returns p.
AKIT_WARM void* new_peak(Nodes* n, void* p);
AKIT_WARM void* alloc_rest(akit_nodes* h, unsigned c);
AKIT_WARM int free_rest(akit_nodes* h, unsigned c, void* p);
AKIT_WARM void* array_rest(akit_nodes* h, std::size_t elements, std::size_t* capacity);
AKIT_WARM int array_free_rest(akit_nodes* h, void* p, std::size_t capacity);
AKIT_MISS bool two_threads(akit_tiered* st);  // checked build

}  // namespace akit::nodes
