// What arenas have besides the common part of a heap: a chain of slabs, and where in it the next block lies.
//
// The slabs before the current one are full, those behind it are kept from before a rewind. A block that no
// slab is large enough for has one of its own: it is on a stack beside the chain, newest first.
//
// Positions in an arena are counted in bytes of slabs, in the order of the chain. A block with a slab of its own
// moves the position by one, and no address: so positions alone say what is older.
#pragma once
#include <atomic>

#include "base/bits.h"
#include "base/shared_field.h"

namespace akit::pages {
struct Span;
}

namespace akit::heap {

struct Heap;

struct ArenaSlab {
  ArenaSlab *next, *prev;
  std::uintptr_t base;
  std::uint64_t size;
  std::uint64_t first;    // position of its first byte; of a block's own slab: the position before the block
  std::uint64_t extra;    // blocks with slabs of their own that were begun while it was the current one
  std::uintptr_t top;     // where its blocks end, once it is left
  std::uintptr_t dirty;   // from here on it reads as zero
  pages::Span* span;      // NULL: memory of the caller
  bool beyond;            // outside of the cap
};

// Positions above `position` that were marked before `epoch` are gone.
struct ArenaRewind {
  std::uint64_t epoch, position;
};

struct Arena {
  // Of the fast path.
  HotShared<std::uintptr_t> pos;  // where the next block may begin
  std::uintptr_t end;             // and where the fast path must stop: 0 when it must not be taken
  HotShared<std::uintptr_t> last;  // start of the youngest block; 0: a mark was set behind it, or it has its own slab
  HotShared<std::uint64_t> allocs;
  ArenaSlab* current;           // NULL: there is no slab yet
  Shared<std::uintptr_t> base, limit;  // of the current slab
  std::atomic<std::uintptr_t> busy;    // checked build: the thread that is in a call

  alignas(kCacheLine) ArenaSlab* first;  // of the chain
  ArenaSlab* own;                        // slabs of one block, newest first
  ArenaSlab* idle;                       // those of them that a rewind gave back
  std::uint64_t before;                  // blocks with slabs of their own from before the first of the chain
  std::uint64_t grow_bytes;              // size of the next slab
  std::uintptr_t warn_at;                // in the only slab, where blocks end; 0: there may be others
  bool warned, veiled;                   // every call takes the slow path
  Shared<std::uint64_t> left_used, left_waste;  // of slabs before the current one
  Shared<std::uint64_t> own_used, own_waste;
  Shared<std::uint64_t> capacity, slabs, own_slabs;
  Shared<std::uint64_t> used_peak, high_water;
  Shared<std::uint64_t> resets, rewinds, fallbacks, first_fallback_unix_ns, warnings;

  // Positions grow with epochs: what a rewind undid of earlier ones is no news.
  static constexpr unsigned kRewinds = 128;
  std::uint64_t epoch;
  bool marked;  // in this epoch
  unsigned rewind_count;
  ArenaRewind rewind[kRewinds];
};

bool arena_is_alone(const Heap* h);  // its first slab is all it may have

struct ArenaSum {
  std::uint64_t used, waste, used_peak, high_water;
};
ArenaSum arena_sum(const Arena* a);  // by any thread
void arena_peaks(Arena* a);          // before the position goes back

bool arena_open(Heap* h);   // false: no memory, or over the cap
void arena_close(Heap* h);  // all but its spans, which are the heap's
void arena_forget(Heap* h); // child of a fork: memory was not copied

// A slab of `bytes`, or fewer near the cap, but at least `need`. On no list.
ArenaSlab* arena_slab_new(Heap* h, std::uint64_t bytes, std::uint64_t need, std::size_t alignment, bool* over_cap);
ArenaSlab* arena_slab_beyond(Heap* h, std::uint64_t bytes, std::size_t alignment);  // outside of the cap
void arena_slab_free(Heap* h, ArenaSlab* s);
void arena_enter(Arena* a, ArenaSlab* s, std::uint64_t first);  // it becomes the current one, empty
inline void arena_set_end(Arena* a) {
  a->end = a->veiled ? 0 : a->warn_at && !a->warned ? min<std::uintptr_t>(a->warn_at - 1, a->limit) : static_cast<std::uintptr_t>(a->limit);
}

}  // namespace akit::heap
