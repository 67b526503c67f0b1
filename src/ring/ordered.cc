// Ordered rings: the tail follows the slices that came back, in the order they were acquired. Each lap begins
// at the beginning of the area; a cell of 0 says that the rest of the area is padding.
#include <errno.h>
#include <limits.h>

#include "os/keep_errno.h"
#include "os/misuse.h"
#include "os/sanitizer.h"
#include "ring/ring.h"

namespace akit::ring {

using namespace heap;

namespace {

constexpr std::uint64_t kPlace = kMostGranules - 1;

void start_lap(Ring* r, std::uint64_t first, std::uint64_t n) {
  r->closed = acquired_granules(r);
  r->coloured = 0;
  start_run(r, first, n);
}

// Where the slice lies that was at `at`, or the first one of the next lap.
std::uint64_t settle(const Ring* r, std::uint64_t at) {
  return at >= r->granules || load(&r->cells[at]) == 0 ? 0 : at;
}

void follow(Ring* r) {
  std::uint64_t at = r->tail & kPlace, slices = r->tail_slices, passed = 0;
  for (; slices < r->acquired; ++slices, ++passed) {
    std::uint64_t from = r->wrapped ? settle(r, at) : at;
    if (from != at) {
      r->wrapped = false;
      r->padding = r->padding - (r->granules - at);
      at = 0;
    }
    if (references(load(&r->cells[at]))) break;
    std::uint64_t n = ring_length(r, at), stride = taken_at(r, at, n);
    r->padding = r->padding - (stride - n);
    r->tail_granules += n;
    at += stride;
  }
  if (passed == 0) return;
  san::take_over(r->blocks);
  note_life(r, attempt_of(r, slices - 1), r->barren && r->barren_acquired == r->acquired);
  r->tail_slices = slices;
  r->tail.release(slices << 28 | at % r->granules);
  r->barren = false;
}

// What came back since the last look, also for the statistics: the two counts never begin anew.
void collect(Ring* r) {
  RingBlock& b = r->blocks[0];
  std::uint64_t remote = b.remote.load(std::memory_order_acquire), came = back_in_lap(b);
  r->room = r->room + (remote - b.seen);
  b.seen = remote;
  r->back_slices = r->back_slices + slices_of(came);
  r->back_granules = r->back_granules + granules_of(came);
  b.base = b.base + came;
}

}  // namespace

bool advance(Ring* r, std::uint64_t n) {
  follow(r);
  collect(r);
  if (r->tail_slices == r->acquired) {  // nothing is out: from the beginning
    // Nobody is about to count, so another thread may do it without a lock from now on.
    if (r->plain && r->back_slices == r->acquired) r->blocks[0].thread = os::thread_pointer();
    r->wrapped = false;
    r->padding = 0;
    r->tail.release(r->tail_slices << 28);
    start_lap(r, 0, r->granules);
    return true;
  }
  std::uint64_t here = place_now(r), tail = r->tail & kPlace;
  if (!r->wrapped && n > r->granules - here && taken_at(r, 0, n) <= tail) {
    std::uint64_t rest = r->granules - here;
    if (rest) store(&r->cells[here], 0);
    r->padding = r->padding + rest;
    r->padding_total = r->padding_total + rest;
    r->wrapped = true;
    here = 0;
  }
  std::uint64_t room = (r->wrapped ? tail : r->granules) - here;
  start_lap(r, here, room);
  if (taken_at(r, here, n) <= room && n <= room) return true;
  std::uint64_t in = acquired_granules(r) - r->tail_granules, out = acquired_granules(r) - r->back_granules;
  r->stuck = in - min(in, out);
  r->barren = true;
  r->barren_acquired = r->acquired;
  return false;
}

int release_to(akit_ring* ring, const void* p) noexcept {
  os::KeepErrno keep;
  akit_tiered* st = stub(ring);
  Heap* h = checked_heap(st, kKindRing);
  if (!h) return -EINVAL;
  Ring* r = h->ring;
  int error = r->ordered ? why_not(r, p) : EINVAL;
  if (error) {
    report(h, error, p);
    return -error;
  }
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  std::uint64_t target = granule_at(r, p), done = 0;
  {
    // p is out and stays so, hence the ring lasts.
    os::Guard one(r->order_lock);
    std::uint64_t tail = r->tail.acquired(), place = r->order_at & kPlace, slice = r->order_at >> 28;
    auto ahead = [&](std::uint64_t number) { return static_cast<std::int64_t>((number << 28) - (slice << 28)); };
    if (ahead(tail >> 28) >= 0) place = tail & kPlace, slice = tail >> 28;
    while ((place = settle(r, place)) != target && ahead(r->acquired) > 0) {
      Cell* cell = &r->cells[place];
      Cell c = load(cell);
      std::uint64_t n = ring_length(r, place);
      // The tail may pass what came back; then these cells were another lap's.
      tail = r->tail.acquired();
      if (ahead(tail >> 28) > 0) {
        place = tail & kPlace;
        slice = tail >> 28;
        continue;
      }
      std::uint64_t next = place + taken_at(r, place, n);
      if (references(c)) {
        taken_back(h, r, place, n);
        san::hand_over(r->blocks);
        c = __atomic_fetch_and(cell, static_cast<Cell>(0xff00), __ATOMIC_ACQ_REL);
        if (references(c)) {
          r->references.fetch_add(references(c) - 1, std::memory_order_relaxed);
          count_back(r, r->blocks, kOneSlice | n);
          ++done;
        }
      }
      place = next;
      ++slice;
    }
    r->order_at = slice << 28 | place % r->granules;
  }
  if (AKIT_UNLIKELY(st->phase.load(std::memory_order_acquire) != Phase::kOpen)) destroy_if_last(st);
  return done > INT_MAX ? INT_MAX : static_cast<int>(done);
}

}  // namespace akit::ring
