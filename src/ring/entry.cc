// The fast path of rings: a position that moves, a cell, two counts. The slice itself is never touched.
#include <errno.h>

#include "ring/ring.h"

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::ring {

AKIT_INLINE void* acquire(akit_ring* h, std::size_t length) {
  akit_tiered* st = stub(h);
  if (AKIT_UNLIKELY(!is_open(st))) return acquire_rest(h, length);
  Ring* r = st->heap->ring;
  std::uint64_t left = r->left, n = (length + r->mask) >> r->own_shift;
  // One comparison serves lengths of 0 and those that overflow, too.
  if (AKIT_UNLIKELY(n - 1 >= left) || AKIT_UNLIKELY(n > r->most)) return acquire_rest(h, length);
  r->left = left - n;
  set_length(r->cell_end - left, n);
  r->acquired = r->acquired + 1;
  std::uint64_t room = r->room - (heap::kOneSlice | n);
  r->room = room;
  void* p = reinterpret_cast<void*>(r->end - (left << r->own_shift));
  return AKIT_UNLIKELY(beyond_peak(room)) ? new_peak(r, p) : p;
}

AKIT_INLINE int release(akit_ring* h, void* p) {
  akit_tiered* st = stub(h);
  if (AKIT_UNLIKELY(!is_open(st))) return release_rest(h, p);
  Ring* r = st->heap->ring;
  std::uint64_t g = granule_at(r, p);
  if (AKIT_UNLIKELY(g >= r->granules)) return release_rest(h, p);
  Cell* cell = &r->cells[g];
  std::uint64_t c = load(cell), n = c >> 8;
  if (AKIT_UNLIKELY((c & 0xff) != 1)) return release_rest(h, p);
  if (AKIT_UNLIKELY(n == heap::kLongLength)) n = heap::long_length(cell);
  RingBlock* b = block_at(r, g);
  if (AKIT_UNLIKELY(b->thread != os::thread_pointer())) return release_rest(h, p);
  store(cell, c - 1);
  r->room = r->room + (heap::kOneSlice | n);
  b->own.release(b->own + (heap::kOneSlice | n));
  // From here on the ring may be gone, but not its stub.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (AKIT_UNLIKELY(st->phase.load(std::memory_order_relaxed) != heap::Phase::kOpen)) return release_late(st);
  return 0;
}

#if defined(AKIT_CHECKS)
// Finds a second thread that acquires at the same moment.
class Producer {
 public:
  explicit Producer(akit_ring* h) : ring_(is_open(stub(h)) ? stub(h)->heap->ring : nullptr) {
    std::uintptr_t nobody = 0;
    if (ring_ && !ring_->busy.compare_exchange_strong(nobody, os::thread_pointer(), std::memory_order_acquire)) {
      alone = false;
      ring_ = nullptr;
      two_producers(stub(h));
    }
  }
  ~Producer() {
    if (ring_) ring_->busy.store(0, std::memory_order_release);
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;
  bool alone = true;

 private:
  Ring* ring_;
};
#else
struct Producer {
  explicit Producer(akit_ring*) {}
  static constexpr bool alone = true;
};
#endif

}  // namespace akit::ring

AKIT_HOT void* akit_ring_acquire(akit_ring* h, std::size_t length) {
  akit::ring::Producer one(h);
  return one.alone ? akit::ring::acquire(h, length) : nullptr;
}

AKIT_HOT int akit_ring_release(akit_ring* h, void* p) { return akit::ring::release(h, p); }

AKIT_HOT std::size_t akit_ring_acquire_n(akit_ring* h, std::size_t length, std::size_t n, void** out) {
  std::size_t done = 0;
  if (AKIT_UNLIKELY(!out && n)) {
    errno = EINVAL;
    return 0;
  }
  akit::ring::Producer one(h);
  while (one.alone && done < n && (out[done] = akit::ring::acquire(h, length)) != nullptr) ++done;
  return done;
}

AKIT_HOT std::size_t akit_ring_release_n(akit_ring* h, std::size_t n, void* const* p) {
  std::size_t done = 0;
  for (std::size_t i = 0; p && i < n; ++i) done += p[i] && akit::ring::release(h, p[i]) == 0;
  return done;
}
