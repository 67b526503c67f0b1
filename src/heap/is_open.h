// Whether a handle is open and of this kind, for functions that are too fast for checked_heap.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

// Kind and phase are neighbours, so that one comparison tells an open handle from everything else.
template <Kind K>
AKIT_INLINE bool is_open(const akit_tiered* s) {
  using Both = std::uint64_t __attribute__((may_alias));
  static_assert(offsetof(akit_tiered, phase) == offsetof(akit_tiered, kind) + 4);
  if (AKIT_UNLIKELY(!s || s->anchor != &anchor_of_this_copy)) return false;
  constexpr std::uint64_t kOpen = K | std::uint64_t{static_cast<std::uint32_t>(Phase::kOpen)} << 32;
  return AKIT_LIKELY(__atomic_load_n(reinterpret_cast<const Both*>(&s->kind), __ATOMIC_RELAXED) == kOpen);
}

}  // namespace akit::heap
