// The fast path of pools: the class of the length, a pop or a push in this thread's bin, and the
// buffer's state byte. The buffer itself is never touched.
#include "pool/pool.h"

#include <errno.h>

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::pool {

using cache::Slot;

AKIT_INLINE void* get(akit_pool* p, std::size_t n, std::size_t* capacity) {
  akit_tiered* h = stub(p);
  ThreadCache* tc = heap::current_pool_for(h);
  if (AKIT_UNLIKELY(tc->handle != h)) return get_slow(p, n, capacity);
  auto* t = static_cast<const heap::PoolPart*>(tc->table);
  if (AKIT_UNLIKELY(n - 1 >= t->largest)) return get_slow(p, n, capacity);
  unsigned length = heap::length_of(n), c = class_for(t, n, length);
  cache::enter(tc);
  Slot* s = tc->bin[c].load(std::memory_order_acquire);
  void* q = s->load(std::memory_order_relaxed);
  auto a = reinterpret_cast<std::uintptr_t>(q);
  if (AKIT_UNLIKELY((a >> map::kLeafShift) != tc->leaf_number)) {  // also: none
    cache::leave(tc);
    return get_slow(p, n, capacity);
  }
  tc->bin[c].store(s - 1, std::memory_order_relaxed);
  cache::leave(tc);
  store(state_of(tc, a), kOut);
  cache::count_get(tc, c);
  cache::count_get(tc, heap::kLengthBins + length);
  count_out(tc, c);
  tc->last = q;
  tc->last_class = c;
  if (capacity) *capacity = t->size[c];
  return q;
}

AKIT_INLINE int put(akit_pool* p, void* q) {
  akit_tiered* h = stub(p);
  ThreadCache* tc = heap::current_pool_for(h);
  if (AKIT_UNLIKELY(tc->handle != h)) return put_slow(p, q);
  auto a = reinterpret_cast<std::uintptr_t>(q);
  std::uint32_t c = cache::class_of(tc, q);
  if (AKIT_UNLIKELY(c - 1 >= cache::kPoolClasses) || AKIT_UNLIKELY(a & (map::kOwnByte - 1))) return put_slow(p, q);
  if (q == tc->last) {
    // Got last and put first, as most buffers are. Its class comes from there, so that the bin's
    // address, which the next get waits for, does not wait for the address map.
    std::uint32_t known = tc->last_class;
    __asm__("" : "+r"(known));
    if (AKIT_UNLIKELY(known != c)) return put_slow(p, q);
    c = known;
  }
  std::uint8_t* state = state_of(tc, a);
  if (AKIT_UNLIKELY(load(state) != kOut)) return put_slow(p, q);
  cache::enter(tc);
  Slot* s = tc->bin[c].load(std::memory_order_acquire);
  if (AKIT_UNLIKELY((reinterpret_cast<std::uintptr_t>(s + 1) & (cache::kArrayBytes - 1)) == 0)) {
    cache::leave(tc);
    return put_slow(p, q);
  }
  store(state, kInBin);
  s[1].store(q, std::memory_order_relaxed);
  tc->bin[c].store(s + 1, std::memory_order_relaxed);
  cache::leave(tc);
  count_in(tc, c);
  return 0;
}

}  // namespace akit::pool

AKIT_HOT void* akit_pool_get(akit_pool* p, std::size_t n, std::size_t* capacity) { return akit::pool::get(p, n, capacity); }

AKIT_HOT int akit_pool_put(akit_pool* p, void* q) { return akit::pool::put(p, q); }

AKIT_HOT std::size_t akit_pool_get_n(akit_pool* p, std::size_t length, std::size_t n, void** out, std::size_t* capacity) {
  std::size_t done = 0, got = 0;
  if (AKIT_UNLIKELY(!out && n)) {
    errno = EINVAL;
    n = 0;
  }
  while (done < n && (out[done] = akit::pool::get(p, length, &got)) != nullptr) ++done;
  if (capacity) *capacity = done ? got ? got : akit::pool::capacity(p, out[0]) : 0;
  return done;
}

AKIT_HOT std::size_t akit_pool_put_n(akit_pool* p, std::size_t n, void* const* q) {
  std::size_t done = 0;
  for (std::size_t i = 0; q && i < n; ++i) done += q[i] && akit::pool::put(p, q[i]) == 0;
  return done;
}
