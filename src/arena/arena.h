// The other side of an arena's fast path. heap/arena_part.h says how slabs and positions are kept.
#pragma once
#include "arena/api.h"
#include "heap/is_open.h"
#include "os/thread.h"

namespace akit::arena {

using heap::Arena;
using heap::ArenaSlab;
using heap::Heap;

AKIT_INLINE bool is_open(const akit_tiered* s) { return heap::is_open<heap::kKindArena>(s); }

inline constexpr unsigned kAlignmentBits = 31;  // up to 1 GiB

AKIT_WARM void* alloc_rest(akit_arena* h, std::size_t size, std::size_t alignment);
AKIT_MISS bool two_at_once(akit_tiered* st);  // checked build

// The position of the next block.
inline std::uint64_t position(const Arena* a) {
  return a->current ? a->current->first + (a->pos - a->base) + a->current->extra : a->before;
}
// What lies from here to the old end of blocks is nobody's now.
void give_back(Heap* h, ArenaSlab* s, std::uintptr_t from, std::uintptr_t to);
// It leaves the stack of slabs of one block, and is kept when it may be.
void own_back(Heap* h, Arena* a);
// Kept slabs go back: those of one block, then those behind the current one. `keep` bytes of all slabs stay.
void trim(Heap* h, Arena* a, std::uint64_t keep);

#if defined(AKIT_CHECKS)
// Finds a second thread that is in a call at the same moment.
class Alone {
 public:
  explicit Alone(akit_arena* h) : arena_(is_open(stub(h)) ? stub(h)->heap->arena : nullptr) {
    std::uintptr_t nobody = 0;
    if (arena_ && !arena_->busy.compare_exchange_strong(nobody, os::thread_pointer(), std::memory_order_acquire)) {
      arena_ = nullptr;
      yes = two_at_once(stub(h));
    }
  }
  ~Alone() {
    if (arena_) arena_->busy.store(0, std::memory_order_release);
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  bool yes = true;

 private:
  Arena* arena_;
};
#else
struct Alone {
  explicit Alone(akit_arena*) {}
  static constexpr bool yes = true;
};
#endif

}  // namespace akit::arena
