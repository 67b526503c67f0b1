// The other side of a ring's fast path. heap/ring_part.h says how slices are kept.
#pragma once
#include "heap/is_open.h"
#include "os/thread.h"
#include "ring/api.h"

namespace akit::ring {

using heap::Cell;
using heap::Heap;
using heap::Ring;
using heap::RingBlock;

AKIT_INLINE bool is_open(const akit_tiered* s) { return heap::is_open<heap::kKindRing>(s); }

// The granule at p; no granule of the ring when p is not aligned or not in the area.
AKIT_INLINE std::uint64_t granule_at(const Ring* r, const void* p) {
  std::uint64_t off = reinterpret_cast<std::uintptr_t>(p) - r->base;
  return off >> r->shift | off << (64 - r->shift);
}
AKIT_INLINE RingBlock* block_at(const Ring* r, std::uint64_t g) {
  return r->blocks + mul_high(2 * g, r->magic);
}
AKIT_INLINE Cell load(const Cell* c) { return __atomic_load_n(c, __ATOMIC_ACQUIRE); }
AKIT_INLINE void store(Cell* c, std::uint64_t v) { __atomic_store_n(c, static_cast<Cell>(v), __ATOMIC_RELEASE); }
// A slice of n granules that is out begins here.
AKIT_INLINE void set_length(Cell* c, std::uint64_t n) {
  if (AKIT_UNLIKELY(n >= heap::kLongLength)) {
    for (unsigned i = 1; i <= 4; ++i) __atomic_store_n(&c[i], static_cast<Cell>(n >> (8 * (i - 1)) << 8), __ATOMIC_RELAXED);
    n = heap::kLongLength;
  }
  __atomic_store_n(c, static_cast<Cell>(n << 8 | 1), __ATOMIC_RELAXED);
}
inline unsigned references(Cell c) { return c & 0xff; }

AKIT_INLINE bool beyond_peak(std::uint64_t room) { return (room & heap::kGuards) != heap::kGuards; }
// More is out than ever, as far as the producer knows. Returns p.
AKIT_WARM void* new_peak(Ring* r, void* p);
AKIT_WARM void* acquire_rest(akit_ring* h, std::size_t length);
AKIT_WARM int release_rest(akit_ring* h, void* p);
AKIT_MISS int release_late(akit_tiered* st);  // the ring was destroyed while a release was under way
AKIT_MISS bool two_producers(akit_tiered* st);  // checked build

inline std::uint64_t attempts(const Ring* r) { return r->acquired + r->history.refused; }
inline void set_left(Ring* r, std::uint64_t n) { (r->veiled ? r->hidden : r->left) = n; }

// A run is what slices are acquired from without a look at what came back: granules first to first + n.
AKIT_INLINE void start_run(Ring* r, std::uint64_t first, std::uint64_t n) {
  if (std::uintptr_t self = os::thread_pointer(); AKIT_UNLIKELY(r->producer != self)) {
    r->moved |= r->producer != 0;
    r->producer = self;
  }
  set_left(r, 0);  // for the child of a fork by another thread: never this run's end with the last one's rest
  std::atomic_signal_fence(std::memory_order_seq_cst);
  r->run = n;
  r->end = r->base + ((first + n) << r->shift);
  r->cell_end = r->cells + first + n;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  set_left(r, n);
}
bool advance(Ring* r, std::uint64_t n);  // ordered: a run with room for n granules

// 0, or why p is not a slice that is out, positive.
int why_not(const Ring* r, const void* p);
// Counts what came back. The last word about these slices: the ring may have ended when it returns.
void count_back(Ring* r, RingBlock* b, std::uint64_t packed);
void taken_back(Heap* h, Ring* r, std::uint64_t g, std::uint64_t n);

// suggest.cc: what the ring learns from requests that it refuses, and from what comes back.
void note_refused(Ring* r, std::uint64_t n);
void note_life(Ring* r, std::uint64_t last_attempt, bool at_once);
std::uint64_t last_attempt(const Ring* r);              // that was served
std::uint64_t attempt_of(const Ring* r, std::uint64_t slice);

}  // namespace akit::ring
