// Releasing when the fast path does not answer: by other threads, slices with several references, lengths
// that need more than one cell, rings that are watched or about to end, and misuse.
#include <errno.h>

#include "os/keep_errno.h"
#include "os/misuse.h"
#include "os/sanitizer.h"
#include "ring/ring.h"

namespace akit::ring {

using namespace heap;

namespace {

// Whether a slice of this lap starts at g, out or not: cells alone do not tell.
bool walk(const Ring* r, std::uint64_t at, std::uint64_t end, std::uint64_t g) {
  while (at < g && at < end) {
    std::uint64_t n = ring_length(r, at);
    if (n == 0) return false;
    at += min(stride_of(r, n), end - at);
  }
  return at == g && at < end && ring_length(r, at) != 0;
}

bool is_start(const Ring* r, std::uint64_t g) {
  std::uint64_t current_end = place_now(r);
  if (r->ordered) {
    if (r->run == 0 && r->acquired == 0) return false;
    return g < current_end ? walk(r, 0, current_end, g) : r->wrapped && walk(r, r->tail & (kMostGranules - 1), r->granules, g);
  }
  const RingBlock* b = block_at(r, g);
  auto i = static_cast<std::uint32_t>(b - r->blocks);
  if (i >= r->fresh || (i == r->current && r->run == 0)) return false;
  std::uint64_t first = std::uint64_t{i} * r->block_granules;
  return walk(r, first, i == r->current ? current_end : first + r->block_granules - b->left, g);
}

// One of several references. false: it is the last one, or there is none.
bool drop_reference(Ring* r, Cell* cell) {
  Cell c = load(cell);
  while (references(c) > 1)
    if (__atomic_compare_exchange_n(cell, &c, static_cast<Cell>(c - 1), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      r->references.fetch_add(1, std::memory_order_relaxed);
      return true;
    }
  return false;
}

// The last reference of the slice at g. false: it was released at the same moment.
bool drop_last(Heap* h, Ring* r, std::uint64_t g, std::uint64_t n) {
  Cell* cell = &r->cells[g];
  Cell c = load(cell);
  san::hand_over(block_at(r, g));
  // The memory of an ordered ring is the producer's as soon as the cell says so.
  bool before = r->ordered && (h->watch & (kWatchZeroFree | kWatchTool));
  if (before) {
    os::Guard one(r->order_lock);
    if (references(load(cell)) != 1) return false;
    taken_back(h, r, g, n);
    store(cell, c - 1u);
    return true;
  }
  if (h->watch & kWatchExact) {
    if (references(c) != 1 || !__atomic_compare_exchange_n(cell, &c, static_cast<Cell>(c - 1), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return false;
    taken_back(h, r, g, n);
    return true;
  }
  taken_back(h, r, g, n);
  store(cell, c - 1u);
  return true;
}

// 0 or a positive error; nothing is reported.
int give_back(Heap* h, Ring* r, void* p) {
  if (int error = why_not(r, p)) return error;
  std::uint64_t g = granule_at(r, p);
  if (drop_reference(r, &r->cells[g])) return 0;
  std::uint64_t n = ring_length(r, g);
  RingBlock* b = block_at(r, g);
  if (n == 0 || !drop_last(h, r, g, n)) return EINVAL;
  count_back(r, b, kOneSlice | n);
  return 0;
}

// The handle waits for its last slice, or is none.
AKIT_MISS int release_closing(akit_ring* ring, void* p) {
  os::KeepErrno keep;
  akit_tiered* st = stub(ring);
  Heap* h = checked_heap(st, kKindRing);
  if (!h) return -EINVAL;
  int error;
  std::uint64_t id = st->id;
  {
    os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
    os::Guard g(registry_lock);
    if (st->phase.load(std::memory_order_acquire) != Phase::kClosing || st->kind != kKindRing) {
      error = EINVAL;
    } else {
      Ring* r = h->ring;
      std::uint64_t before = r->references.load(std::memory_order_relaxed);
      error = give_back(h, r, p);
      if (error)
        h->misuses.fetch_add(1, std::memory_order_relaxed);
      else if (before == r->references.load(std::memory_order_relaxed) && (r->waiting <= 1 || --r->waiting == 0))
        finish_if_last(h);
    }
  }
  if (error) misuse(error, id, p);
  return -error;
}

}  // namespace

void taken_back(Heap* h, Ring* r, std::uint64_t g, std::uint64_t n) {
  void* p = reinterpret_cast<void*>(r->base + (g << r->shift));
  if (h->watch & kWatchZeroFree) {
    if (h->watch & kWatchTool) san::on_release(p, n << r->shift);
    __builtin_memset(p, 0, n << r->shift);
  }
  if (h->watch & kWatchTool) san::on_free(p, n << r->shift);
}

void count_back(Ring* r, RingBlock* b, std::uint64_t packed) {
  if (b->thread == os::thread_pointer()) {
    r->room = r->room + packed;
    b->own.release(b->own + packed);
    return;
  }
  san::hand_over(b);
  b->remote.fetch_add(packed, std::memory_order_acq_rel);
  if (r->told.load(std::memory_order_relaxed) == 0) r->told.store(1, std::memory_order_release);  // the ring may have ended: harmless
}

int why_not(const Ring* r, const void* p) {
  std::uint64_t g = granule_at(r, p);
  if (g >= r->granules) return ENOENT;
  if (references(load(&r->cells[g]))) return 0;
  return is_start(r, g) ? EINVAL : ENOENT;
}

AKIT_WARM int release_rest(akit_ring* ring, void* p) {
  if (!p) return 0;
  akit_tiered* st = stub(ring);
  if (AKIT_UNLIKELY(!is_open(st))) return release_closing(ring, p);
  Heap* h = st->heap;
  if (int error = give_back(h, h->ring, p)) {
    os::KeepErrno keep;
    report(h, error, p);
    return -error;
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (AKIT_UNLIKELY(st->phase.load(std::memory_order_relaxed) != Phase::kOpen)) return release_late(st);
  return 0;
}

AKIT_MISS int release_late(akit_tiered* st) {
  os::KeepErrno keep;
  destroy_if_last(st);
  return 0;
}

int retain(akit_ring* ring, void* p, std::uint32_t count) noexcept {
  os::KeepErrno keep;
  akit_tiered* st = stub(ring);
  Heap* h = checked_heap(st, kKindRing);
  if (!h) return -EINVAL;
  Ring* r = h->ring;
  int error = why_not(r, p);
  if (!error && count) {
    Cell* cell = &r->cells[granule_at(r, p)];
    Cell c = load(cell);
    do {
      if (references(c) == 0) break;
      if (count > 255 - references(c)) return -EOVERFLOW;
    } while (!__atomic_compare_exchange_n(cell, &c, static_cast<Cell>(c + count), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    if (references(c) == 0) error = EINVAL;
  }
  if (error) report(h, error, p);
  return -error;
}

// The tail of a slice is nobody's from here on.
static void shorten(Heap* h, char* p, std::size_t used, std::size_t kept, std::size_t whole) {
  used = max<std::size_t>(used, 1);
  if (h->watch & kWatchTool) san::on_release(p, whole);
  if (h->watch & kWatchZeroFree) __builtin_memset(p + kept, 0, whole - kept);
  if (h->watch & kWatchTool) san::on_fresh(p + used, whole - used);
}

int commit(akit_ring* ring, void* p, std::size_t used) noexcept {
  os::KeepErrno keep;
  Heap* h = checked_heap(stub(ring), kKindRing);
  if (!h) return -EINVAL;
  Ring* r = h->ring;
  auto wrong = [&](int error) {
    report(h, error, p);
    return -error;
  };
  if (int error = why_not(r, p)) return wrong(error);
  std::uint64_t g = granule_at(r, p), n = ring_length(r, g), stride = taken_at(r, g, n);
  bool here = r->ordered || block_at(r, g) == r->blocks + r->current;
  if (!here || g + stride != place_now(r) || used > n << r->shift) return wrong(EINVAL);
  std::uint64_t keeps = max<std::uint64_t>((used + r->mask) >> r->shift, 1);
  if (taken_at(r, g, keeps) > stride) ++keeps;  // a colour that there is no room for
  std::uint64_t rest = n - keeps;
  if (h->watch & (kWatchTool | kWatchZeroFree)) shorten(h, static_cast<char*>(p), used, keeps << r->shift, n << r->shift);
  if (rest == 0) return 0;
  Cell* cell = &r->cells[g];
  bool is_long = keeps >= kLongLength;
  for (unsigned i = 1; is_long && i <= 4; ++i) __atomic_store_n(&cell[i], static_cast<Cell>(keeps >> (8 * (i - 1)) << 8), __ATOMIC_RELAXED);
  Cell c = load(cell);
  while (!__atomic_compare_exchange_n(cell, &c, static_cast<Cell>((is_long ? kLongLength : keeps) << 8 | references(c)), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
  }
  std::uint64_t next = taken_at(r, g, keeps), colour = (next - keeps) - (stride - n);
  std::uint64_t left = left_of(r) + stride - next;
  if (r->ordered) {  // the run may have begun behind the slice
    r->closed = acquired_granules(r) - rest;
    r->run = left;
    r->coloured = 0;
  } else {
    r->coloured = r->coloured + colour;  // one of them may be less: the sum is right
  }
  r->padding = r->padding + colour;
  r->padding_total = r->padding_total + colour;
  set_left(r, left);
  r->room = r->room + rest;
  return 0;
}

}  // namespace akit::ring
