// What rings have besides the common part of a heap: the area, a cell per granule of it, and its blocks.
//
// A granule is `alignment` bytes, a slice some granules of one block. The cell of a slice's first granule
// holds its references (low byte, 0: not out) and its length (high byte, in granules; 255: it is in the high
// bytes of the four cells behind). Cells of other granules are what earlier slices left, with no reference,
// and are not cleared: only walking a block from its beginning tells its slices from them.
//
// Slices and granules are counted in pairs, packed into one word: slices << 35 | granules.
#pragma once
#include <atomic>

#include "base/shared_field.h"
#include "os/lock.h"

namespace akit::heap {

struct Heap;

inline constexpr unsigned kSliceShift = 35;
inline constexpr std::uint64_t kOneSlice = std::uint64_t{1} << kSliceShift, kGranules = kOneSlice - 1;
inline constexpr std::uint64_t kMostGranules = std::uint64_t{1} << 28;  // of a ring
inline constexpr unsigned kLongLength = 255;
inline constexpr std::uint32_t kNoBlock = ~std::uint32_t{0};

using Cell = std::uint16_t;

// What was wanted so far, by attempts to acquire: from it comes the capacity that would have served them all.
struct RingHistory {
  static constexpr unsigned kMarks = 128;
  struct Mark {
    std::uint64_t attempts, acquired, granules;
  };
  Mark mark[kMarks];
  unsigned marks;
  std::uint64_t step;                       // attempts between marks
  Shared<std::uint64_t> refused, refused_granules;  // for lack of room, or as too large
  std::uint64_t failed_at, last_ok;         // slices acquired at the last failure; attempts at the success before it
  std::uint64_t life, loose;                // attempts that a slice was out; the same where it was noticed late
  Shared<std::uint64_t> need;               // granules that were wanted within a life, at most
};

// An ordered ring has one for all of its area.
struct alignas(kCacheLine) RingBlock {
  // What came back from this block since ever is own + remote: the thread that began it adds to `own` with
  // plain stores, all others to `remote`. So whoever produces meanwhile, nobody's addition is lost.
  Shared<std::uintptr_t> thread;  // 0: nobody, all use `remote`
  Shared<std::uint64_t> own;
  Shared<std::uint64_t> base;     // of own + remote, what came back before this lap
  Shared<std::uint64_t> lap;      // what was acquired from it until the producer left it; 0: current, or all of it came back
  Shared<std::uint64_t> started;  // slices that the ring had handed out when the lap began
  std::uint64_t seen;             // of `remote`, what the producer knows of
  std::uint32_t next;             // held, or free
  Shared<std::uint32_t> left;     // granules behind its last slice when the producer left it
  alignas(kCacheLine) std::atomic<std::uint64_t> remote;
  std::uint64_t last;             // attempts of the ring when its last slice was acquired
  Shared<std::uint64_t> padding;  // `left` and what colours took
};
static_assert(sizeof(RingBlock) == 128);

// Records of rings are never used for anything else, so that a release of a ring that has just ended may
// still set `told`.
struct Ring {
  // Read by every call; changes only when the ring opens or ends.
  std::uintptr_t base;
  std::uint64_t granules;
  Cell* cells;
  RingBlock* blocks;
  std::uint64_t magic;       // number of a granule's block: high half of 2 * granule * magic
  std::uint32_t shift;       // log2 of the granule
  std::uint32_t block_granules, block_count;
  bool plain;                // releases by the thread that began the block take no locked instruction
  bool veiled;               // acquires do not take the fast path: `left` is 0, and `hidden` has it
  bool ordered;
  bool gone;                 // a fork did not copy the area

  // Of the producer, and all that its fast path writes.
  alignas(kCacheLine) Shared<std::uint64_t> left;  // granules from here to the end of this run
  std::uintptr_t end;        // address and cell of that end
  Cell* cell_end;
  Shared<std::uint64_t> acquired;  // slices
  Shared<std::uint64_t> room;      // peak less what is out, packed, with a guard bit above each count
  std::uint64_t mask;        // granule - 1
  std::uint32_t own_shift;   // as `shift`
  std::uint32_t most;        // granules of the longest slice so far: longer ones are noted by the slow path
  std::atomic<std::uintptr_t> busy;  // checked build: the thread that acquires

  // Of the producer, when a run ends.
  alignas(kCacheLine) Shared<std::uint64_t> hidden;
  Shared<std::uint64_t> run;       // `left` when the run began
  Shared<std::uint64_t> coloured;  // granules of it that colours took
  Shared<std::uint64_t> closed;    // granules of the slices of earlier runs
  Shared<std::uint64_t> back_slices, back_granules;  // what came back in laps that are over
  Shared<std::uint32_t> current, fresh;  // block in use; blocks from `fresh` on were never used
  std::uint32_t held, held_last;        // blocks that the producer left, oldest first
  std::uint32_t skip, patience;          // looks at held blocks that are left out
  Shared<std::uint64_t> peak_slices, peak_granules, padding_total;
  std::uint64_t colour, colour_mask;     // granules
  std::uintptr_t producer;               // thread that began the run
  bool moved;                            // there were several
  Shared<std::uint64_t> head_blocked, exhausted, too_large;
  Shared<std::uint64_t> longest;         // granules of one request so far, refused ones included
  std::uint64_t largest;                 // granules that fit
  bool barren;                           // all blocks were looked at in vain, at this moment:
  std::uint64_t barren_room, barren_acquired, stuck;
  RingHistory history;

  // Ordered. The tail is where memory came back to: slices behind it << 28 | granule.
  alignas(kCacheLine) Shared<std::uint64_t> tail;
  std::uint64_t tail_slices, tail_granules;  // that it passed
  bool wrapped;                              // the run lies before the tail
  Shared<std::uint64_t> padding;
  os::Lock order_lock;                       // of calls that release in order
  std::uint64_t order_at;                    // how far they came, as `tail`

  // Written by anybody, seldom.
  alignas(kCacheLine) std::atomic<std::uint32_t> told;  // somebody added to a `remote`
  std::atomic<std::uint64_t> references;     // releases that were not the last of their slice
  std::uint64_t pins;                        // under the heap's spans_lock
  std::uint64_t waiting;                     // under registry_lock: releases until the end is worth a look
  void* books;                               // blocks and cells
  std::size_t books_bytes;
  Ring* next_spare;
};

// What releases of other threads write is on no line that the producer's fast path touches.
static_assert(offsetof(Ring, left) % kCacheLine == 0 && offsetof(Ring, hidden) - offsetof(Ring, left) == kCacheLine &&
              offsetof(Ring, told) % kCacheLine == 0 && offsetof(RingBlock, remote) == kCacheLine);

inline constexpr std::uint64_t kGuards = std::uint64_t{1} << 34 | std::uint64_t{1} << 63;

inline std::uint64_t granules_of(std::uint64_t packed) { return packed & kGranules; }
inline std::uint64_t slices_of(std::uint64_t packed) { return packed >> kSliceShift; }
inline std::uint64_t back(const RingBlock& b) { return b.own.acquired() + b.remote.load(std::memory_order_acquire); }
// In this lap; the difference is right whatever the two counts overflowed to.
inline std::uint64_t back_in_lap(const RingBlock& b) { return back(b) - b.base; }
inline std::uint64_t left_of(const Ring* r) { return r->veiled ? r->hidden : r->left; }
// Of the slice whose first cell is at g.
inline std::uint64_t long_length(const Cell* c) {
  std::uint64_t n = 0;
  for (unsigned i = 4; i > 0; --i) n = n << 8 | __atomic_load_n(&c[i], __ATOMIC_RELAXED) >> 8;
  return n;
}
inline std::uint64_t ring_length(const Ring* r, std::uint64_t g) {
  Cell c = __atomic_load_n(&r->cells[g], __ATOMIC_RELAXED);
  if (AKIT_LIKELY(c >> 8 != kLongLength)) return c >> 8;
  return g + 4 < r->granules ? long_length(&r->cells[g]) : 0;
}
inline std::uint64_t acquired_granules(const Ring* r) {
  std::uint64_t run = r->run;
  return r->closed + run - min(run, left_of(r) + r->coloured);
}
// Granules from the start of a slice of n to the next one, unless its block ends before.
inline std::uint64_t stride_of(const Ring* r, std::uint64_t n) {
  return n + (AKIT_UNLIKELY(r->colour != 0) && (n & r->colour_mask) == 0 ? r->colour : 0);
}

// What a slice of n that begins at g takes from its run. Blocks and areas end where they end.
inline std::uint64_t place_now(const Ring* r) { return static_cast<std::uint64_t>(r->cell_end - r->cells) - left_of(r); }
inline std::uint64_t taken_at(const Ring* r, std::uint64_t g, std::uint64_t n) {
  std::uint64_t end = r->ordered ? r->granules : static_cast<std::uint64_t>(r->cell_end - r->cells);
  return min(stride_of(r, n), end - min(end, g));
}
// How many slices come after number a of 36 bits, up to number b.
inline std::uint64_t slices_between(std::uint64_t a, std::uint64_t b) { return (b - a) << 28 >> 28; }

// ring_part.cc ----------------------------------------------------------------------------------
bool ring_open(Heap* h);    // false: no memory, or over the cap
void ring_close(Heap* h);   // books and record; the area is a span of the heap, or the caller's
struct RingSum {
  std::uint64_t out_slices, out_granules, back_slices, padding, free_granules, oldest, held;
};
RingSum ring_sum(const Ring* r);
bool ring_is_back(Ring* r);        // nothing is out; under registry_lock
void ring_drain(Ring* r);          // destroyed with slices out: no release takes the fast path from here on
void ring_forked(Heap* h);         // child of a fork
bool ring_area(Heap* h);           // a new one
void ring_begin(Ring* r);          // nothing was acquired, or what was is forgotten

}  // namespace akit::heap
