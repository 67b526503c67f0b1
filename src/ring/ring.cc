// Acquiring when the current block does not answer: the next block, lengths that need more than one
// cell, rings that are watched, refusals, and peaks.
#include "ring/ring.h"

#include <errno.h>

#include "os/misuse.h"
#include "os/sanitizer.h"

namespace akit::ring {

using namespace heap;

namespace {

constexpr unsigned kProbes = 8, kMostPatience = 64;

AKIT_MISS void* refuse(Heap* h, Ring* r, int error, std::uint64_t n) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  if (error == EMSGSIZE) r->too_large = r->too_large + 1;
  if (error == ENOBUFS) {
    r->exhausted = r->exhausted + 1;
    if (r->stuck >= n) r->head_blocked = r->head_blocked + 1;
  }
  if (error != ENOMEM) note_refused(r, n);
  errno = error;
  return nullptr;
}

// Not a ring that is open.
AKIT_MISS void* refuse_handle(akit_ring* h) {
  Heap* heap = checked_heap(stub(h), kKindRing);
  if (heap) heap->failures.fetch_add(1, std::memory_order_relaxed);
  errno = heap ? ESHUTDOWN : EINVAL;
  return nullptr;
}

AKIT_INLINE void* take(Heap* h, Ring* r, std::uint64_t n, std::size_t length) {
  std::uint64_t left = left_of(r), stride = r->colour ? taken_at(r, place_now(r), n) : n, gap = stride - n;
  void* p = reinterpret_cast<void*>(r->end - (left << r->shift));
  set_length(r->cell_end - left, n);
  set_left(r, left - stride);
  if (AKIT_UNLIKELY(gap != 0)) {
    r->coloured = r->coloured + gap;
    r->padding_total = r->padding_total + gap;
    r->padding = r->padding + gap;
  }
  if (AKIT_UNLIKELY(n > r->longest)) r->longest = n;
  if (AKIT_UNLIKELY(n > r->most)) r->most = static_cast<std::uint32_t>(n);
  r->acquired = r->acquired + 1;
  if (AKIT_UNLIKELY(r->veiled)) {
    std::size_t whole = n << r->shift;
    bool zero = (h->watch & kWatchZeroAlloc) != 0;
    if (h->watch & kWatchTool) san::on_alloc(p, zero ? whole : max<std::size_t>(length, 1));
    if (zero) __builtin_memset(p, 0, whole);
  }
  std::uint64_t room = r->room - (kOneSlice | n);
  r->room = room;
  return AKIT_UNLIKELY(beyond_peak(room)) ? new_peak(r, p) : p;
}

// The fast path of rings with colours; NULL: something is out of the ordinary.
AKIT_INLINE void* take_coloured(Heap* h, Ring* r, std::uint64_t n) {
  std::uint64_t left = r->hidden, gap = (n & r->colour_mask) == 0 ? r->colour : 0;
  if (AKIT_UNLIKELY(n + gap > left) || AKIT_UNLIKELY(n > r->most) || AKIT_UNLIKELY(h->watch != 0)) return nullptr;
  r->hidden = left - n - gap;
  set_length(r->cell_end - left, n);
  r->coloured = r->coloured + gap;
  r->padding_total = r->padding_total + gap;
  r->padding = r->padding + gap;
  r->acquired = r->acquired + 1;
  std::uint64_t room = r->room - (kOneSlice | n);
  r->room = room;
  void* p = reinterpret_cast<void*>(r->end - (left << r->shift));
  return AKIT_UNLIKELY(beyond_peak(room)) ? new_peak(r, p) : p;
}

// What was acquired from the current block so far.
std::uint64_t lap_now(const Ring* r, const RingBlock& b) {
  return (r->acquired - b.started) << kSliceShift | (r->run - left_of(r) - r->coloured);
}

void collect(Ring* r, RingBlock& b) {
  std::uint64_t now = b.remote.load(std::memory_order_acquire);
  r->room = r->room + (now - b.seen);
  b.seen = now;
}

// All of the lap came back, or more: then something was released twice.
bool is_back(std::uint64_t came, std::uint64_t lap) { return granules_of(came) >= granules_of(lap); }

AKIT_MISS void report_block(Heap* h, Ring* r, RingBlock& b) {
  report(h, EINVAL, reinterpret_cast<void*>(r->base + (static_cast<std::uint64_t>(&b - r->blocks) * r->block_granules << r->shift)));
}

AKIT_INLINE void retire(Heap* h, Ring* r, RingBlock& b, std::uint64_t lap, std::uint64_t came) {
  if (!r->plain) san::take_over(&b);
  collect(r, b);
  if (AKIT_UNLIKELY(came != lap)) report_block(h, r, b);
  r->back_slices = r->back_slices + slices_of(lap);
  r->back_granules = r->back_granules + granules_of(lap);
  b.base = b.base + came;
  b.lap = 0;
}

AKIT_INLINE bool retire_held(Heap* h, Ring* r, RingBlock& b) {
  std::uint64_t lap = b.lap, came = back_in_lap(b);
  if (!is_back(came, lap)) return false;
  retire(h, r, b, lap, came);
  if (AKIT_UNLIKELY(r->history.refused != 0)) note_life(r, b.last, r->barren && r->barren_acquired == r->acquired);
  return true;
}

// Takes what is behind `before` out of the list; what is before it goes to the end, because it will
// probably stay for long.
AKIT_INLINE std::uint32_t unlink_behind(Ring* r, std::uint32_t before) {
  if (before == kNoBlock) {
    std::uint32_t i = r->held;
    r->held = r->blocks[i].next;
    if (r->held == kNoBlock) r->held_last = kNoBlock;
    return i;
  }
  std::uint32_t i = r->blocks[before].next, rest = r->blocks[i].next;
  r->blocks[before].next = kNoBlock;
  if (rest != kNoBlock) {
    r->blocks[r->held_last].next = r->held;
    r->held = rest;
  }
  r->held_last = before;
  return i;
}

std::uint32_t probe(Heap* h, Ring* r, std::uint32_t most) {
  std::uint32_t before = kNoBlock;
  for (std::uint32_t i = r->held; i != kNoBlock && most-- > 0; before = i, i = r->blocks[i].next)
    if (retire_held(h, r, r->blocks[i])) return unlink_behind(r, before);
  return kNoBlock;
}

// The oldest held block as a rule, and a few more now and then.
std::uint32_t probe_oldest(Heap* h, Ring* r) {
  bool few = r->skip != 0;
  std::uint32_t i = probe(h, r, few ? 1 : kProbes);
  if (i != kNoBlock) {
    r->skip = r->patience = 0;
  } else if (few) {
    --r->skip;
  } else {
    r->patience = min(max(2 * r->patience, 1u), kMostPatience);
    r->skip = r->patience;
  }
  return i;
}

std::uint32_t probe_all(Heap* h, Ring* r) {
  if (r->barren && r->barren_acquired == r->acquired && r->barren_room == r->room && !r->told.load(std::memory_order_acquire)) return kNoBlock;
  r->told.exchange(0, std::memory_order_seq_cst);
  std::uint32_t i = probe(h, r, kNoBlock);
  r->barren = i == kNoBlock;
  if (i != kNoBlock) {
    r->told.store(1, std::memory_order_relaxed);  // not all were looked at
    return i;
  }
  RingBlock& cur = r->blocks[r->current];
  collect(r, cur);
  std::uint64_t stuck = granules_of(back_in_lap(cur));
  for (std::uint32_t k = r->held; k != kNoBlock; k = r->blocks[k].next) {
    collect(r, r->blocks[k]);
    stuck += granules_of(back_in_lap(r->blocks[k]));
  }
  r->stuck = stuck;
  r->barren_acquired = r->acquired;
  r->barren_room = r->room;
  return kNoBlock;
}

std::uint32_t find_block(Heap* h, Ring* r) {
  std::uint32_t i = probe_oldest(h, r);
  if (i != kNoBlock) return i;
  if (r->fresh < r->block_count) {
    i = r->fresh;
    r->fresh = i + 1;
    return i;
  }
  return probe_all(h, r);
}

AKIT_INLINE void begin(Ring* r, std::uint32_t i) {
  RingBlock& b = r->blocks[i];
  b.started = r->acquired;
  if (r->plain) b.thread = os::thread_pointer();
  r->current = i;
  start_run(r, std::uint64_t{i} * r->block_granules, r->block_granules);
}

AKIT_INLINE void leave(Ring* r, RingBlock& b, std::uint64_t lap) {
  std::uint32_t i = r->current;
  std::uint64_t left = left_of(r);
  b.lap = lap;
  b.left = static_cast<std::uint32_t>(left);
  b.padding = left + r->coloured;
  b.last = AKIT_UNLIKELY(r->history.refused != 0) ? last_attempt(r) : static_cast<std::uint64_t>(r->acquired);
  r->padding_total = r->padding_total + left;
  r->closed = r->closed + granules_of(lap);
  r->coloured = 0;
  b.next = kNoBlock;
  (r->held == kNoBlock ? r->held : r->blocks[r->held_last].next) = i;
  r->held_last = i;
}

}  // namespace

AKIT_INLINE bool next_block(Heap* h, Ring* r) {
  RingBlock& cur = r->blocks[r->current];
  std::uint64_t lap = lap_now(r, cur);
  if (is_back(back_in_lap(cur), lap)) {
    if (lap) {
      retire(h, r, cur, lap, back_in_lap(cur));
      if (AKIT_UNLIKELY(r->history.refused != 0)) note_life(r, last_attempt(r), r->barren && r->barren_acquired == r->acquired);
    }
    r->closed = r->closed + granules_of(lap);
    r->coloured = 0;
    begin(r, r->current);
    return true;
  }
  std::uint32_t i = r->held;
  if (AKIT_LIKELY(i != kNoBlock && retire_held(h, r, r->blocks[i])))
    unlink_behind(r, kNoBlock);
  else if ((i = find_block(h, r)) == kNoBlock)
    return false;
  leave(r, cur, lap);
  begin(r, i);
  return true;
}

AKIT_WARM void* acquire_rest(akit_ring* ring, std::size_t length) {
  akit_tiered* st = stub(ring);
  if (AKIT_UNLIKELY(!is_open(st))) return refuse_handle(ring);
  Heap* h = st->heap;
  Ring* r = h->ring;
  if (AKIT_UNLIKELY(length > PTRDIFF_MAX)) return refuse(h, r, ENOMEM, 0);
  std::uint64_t n = max<std::uint64_t>((length + r->mask) >> r->shift, 1);
  if (r->colour)
    if (void* p = take_coloured(h, r, n)) return p;
  if (AKIT_UNLIKELY(n > r->largest)) return refuse(h, r, EMSGSIZE, n);
  if (AKIT_UNLIKELY(r->gone) && memory_get(ring, nullptr, nullptr) < 0) return refuse(h, r, ENOBUFS, n);
  std::uint64_t wanted = AKIT_UNLIKELY(r->colour != 0) && r->ordered ? max(taken_at(r, place_now(r), n), n) : n;
  if (wanted > left_of(r) && !(r->ordered ? advance(r, n) : next_block(h, r))) return refuse(h, r, ENOBUFS, n);
  return take(h, r, n, length);
}

// Releases by other threads are not in `room` until somebody looks. Oldest blocks first, as long as there
// seems to be a new peak.
AKIT_WARM void* new_peak(Ring* r, void* p) {
  std::uint64_t room = r->room;
  bool moved = r->moved || r->producer != os::thread_pointer();
  if (r->told.load(std::memory_order_acquire) || moved) {
    r->told.exchange(0, std::memory_order_seq_cst);
    collect(r, r->blocks[r->current]);
    bool more = !r->ordered;
    for (std::uint32_t i = r->held; more && i != kNoBlock; i = r->blocks[i].next) {
      if (!beyond_peak(r->room)) {
        r->told.store(1, std::memory_order_relaxed);  // not all were looked at
        break;
      }
      collect(r, r->blocks[i]);
    }
    if (moved) {
      // Two threads may have changed `room` at once, so it proves nothing: count.
      RingSum s = ring_sum(r);
      room = kGuards + (r->peak_slices << kSliceShift) + r->peak_granules - (s.out_slices << kSliceShift) - s.out_granules;
      r->room = room;
    }
    room = r->room;
  }
  std::uint64_t granules = room & (kGranules), slices = room >> kSliceShift;
  constexpr std::uint64_t kGranuleGuard = std::uint64_t{1} << 34, kSliceGuard = std::uint64_t{1} << 28;
  if (granules < kGranuleGuard) {
    r->peak_granules = min(r->peak_granules + (kGranuleGuard - granules), r->granules);
    granules = kGranuleGuard;
  }
  if (slices < kSliceGuard) {
    r->peak_slices = r->peak_slices + (kSliceGuard - slices);
    slices = kSliceGuard;
  }
  r->room = slices << kSliceShift | granules;
  return p;
}

bool two_producers(akit_tiered* st) {
  st->heap->misuses.fetch_add(1, std::memory_order_relaxed);
  misuse(EBUSY, st->id, st);
  errno = EBUSY;
  return false;
}

}  // namespace akit::ring
