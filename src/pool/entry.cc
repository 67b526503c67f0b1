// The fast path of pools: the class of the length, a pop or a push in this thread's bin, and the
// buffer's state byte. The buffer itself is never touched.
#include "pool/pool.h"

#include <errno.h>

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::pool {

using cache::Slot;

// The same as the argument, but no register need keep that for the miss.
AKIT_INLINE akit_pool* handle_of(const ThreadCache* tc) { return static_cast<akit_pool*>(const_cast<void*>(static_cast<const void*>(tc->handle))); }

// The second way is for what the TLS word does not answer: the turn of another pool, and pools that zero,
// whose calls are watched. It finds the cache by its seat, and goes on like the first.
enum Way { kPlain, kSecond };

template <Way kWay>
AKIT_INLINE bool serves(const ThreadCache* tc, const akit_tiered* h) {
  if (tc->handle == h) return true;
  return kWay == kSecond && tc->watched == h && (tc->watch_flags & ~(heap::kWatchZeroAlloc | heap::kWatchZeroFree)) == 0;
}
AKIT_INLINE bool zeroes(const ThreadCache* tc, std::uint32_t when) { return (tc->watch_flags & when) != 0; }

template <Way kWay>
AKIT_INLINE void* not_ours(akit_pool* p, std::size_t n, std::size_t* capacity) {
  return kWay == kPlain ? get_second(p, n, capacity) : get_slow(p, n, capacity);
}
template <Way kWay>
AKIT_INLINE int not_ours(akit_pool* p, void* q) {
  return kWay == kPlain ? put_second(p, q) : put_slow(p, q);
}
AKIT_INLINE bool turn_to(akit_pool* p) {
  ThreadCache* tc = heap::seat_cache(stub(p), heap::kKindPool);
  if (!serves<kSecond>(tc, stub(p))) return false;
  heap::set_current(tc);
  return true;
}

template <bool kSearch, Way kWay = kPlain>
AKIT_INLINE void* get(akit_pool* p, std::size_t n, std::size_t* capacity) {
  akit_tiered* h = stub(p);
  ThreadCache* tc = heap::current_pool_for(h);
  if (AKIT_UNLIKELY(!serves<kWay>(tc, h))) return not_ours<kWay>(p, n, capacity);
  auto* t = static_cast<const heap::PoolPart*>(tc->table);
  unsigned length = heap::length_of(n), c = kSearch ? class_for(t, n, length) : t->first[length];
  std::size_t size = t->size[c];
  if (!kSearch && AKIT_UNLIKELY(n > size)) return get_later(p, n, capacity);
  if (capacity) *capacity = size;
  cache::enter(tc);
  Slot* s = tc->bin[c].load(std::memory_order_acquire);
  void* q = s->load(std::memory_order_relaxed);
  auto a = reinterpret_cast<std::uintptr_t>(q);
  if (AKIT_UNLIKELY((a >> map::kLeafShift) != tc->leaf_number)) {  // also: none
    cache::leave(tc);
    return get_slow(kWay == kPlain ? handle_of(tc) : p, n, capacity);
  }
  tc->bin[c].store(s - 1, std::memory_order_relaxed);
  cache::leave(tc);
  store(state_of(tc, a), kOut);
  kSearch ? count_length(tc, t, length, c) : cache::count_get(tc, heap::kLengthBins + length);
  note_low(tc, c, s - 1);
  if (kWay == kSecond && zeroes(tc, heap::kWatchZeroAlloc)) __builtin_memset(q, 0, size);
  return counted_out(tc, q);
}

AKIT_WARM void* get_later(akit_pool* p, std::size_t n, std::size_t* capacity) {
  auto* t = static_cast<const heap::PoolPart*>(heap::current_pool_for(stub(p))->table);
  return n - 1 < t->largest ? get<true>(p, n, capacity) : get_slow(p, n, capacity);
}

template <Way kWay = kPlain>
AKIT_INLINE int put(akit_pool* p, void* q) {
  akit_tiered* h = stub(p);
  ThreadCache* tc = heap::current_pool_for(h);
  if (AKIT_UNLIKELY(!serves<kWay>(tc, h))) return not_ours<kWay>(p, q);
  auto a = reinterpret_cast<std::uintptr_t>(q);
  // One rotation serves two tests: the low bits, moved to the top, make an address that is no multiple
  // of 128 belong to no leaf.
  constexpr unsigned kLow = map::kGrain + 3;
  std::uintptr_t turned = (a >> kLow) | (a << (64 - kLow));
  if (AKIT_UNLIKELY((turned >> (map::kLeafShift - kLow)) != tc->leaf_number)) return put_slow(p, q);
  std::uint32_t c = tc->leaf[a >> map::kPageShift].load(std::memory_order_relaxed) - tc->own;
  if (AKIT_UNLIKELY(c - 1 >= cache::kPoolClasses)) return put_slow(p, q);
  std::uint8_t* state = tc->outs[a >> map::kRangeShift] + (turned & (kMarks - 1));
  if (AKIT_UNLIKELY(load(state) != kOut)) return put_slow(p, q);
  if (kWay == kSecond && zeroes(tc, heap::kWatchZeroFree)) __builtin_memset(q, 0, static_cast<const heap::PoolPart*>(tc->table)->size[c]);
  cache::enter(tc);
  Slot* s = tc->bin[c].load(std::memory_order_acquire);
  if (AKIT_UNLIKELY((reinterpret_cast<std::uintptr_t>(s + 1) & (cache::kArrayBytes - 1)) == 0)) {
    cache::leave(tc);
    return put_slow(p, q);
  }
  store(state, kIdle);
  s[1].store(q, std::memory_order_relaxed);
  tc->bin[c].store(s + 1, std::memory_order_relaxed);
  cache::leave(tc);
  cache::plus(tc->room);
  return 0;
}

AKIT_MISS void* get_second(akit_pool* p, std::size_t n, std::size_t* capacity) {
  if (!turn_to(p)) return get_slow(p, n, capacity);
  auto* t = static_cast<const heap::PoolPart*>(heap::current_pool_for(stub(p))->table);
  return n - 1 < t->largest ? get<true, kSecond>(p, n, capacity) : get_slow(p, n, capacity);
}
AKIT_MISS int put_second(akit_pool* p, void* q) { return turn_to(p) ? put<kSecond>(p, q) : put_slow(p, q); }

}  // namespace akit::pool

AKIT_HOT void* akit_pool_get(akit_pool* p, std::size_t n, std::size_t* capacity) { return akit::pool::get<false>(p, n, capacity); }

AKIT_HOT int akit_pool_put(akit_pool* p, void* q) { return akit::pool::put(p, q); }

AKIT_HOT std::size_t akit_pool_get_n(akit_pool* p, std::size_t length, std::size_t n, void** out, std::size_t* capacity) {
  std::size_t done = 0, got = 0;
  if (AKIT_UNLIKELY(!out && n)) {
    errno = EINVAL;
    n = 0;
  }
  while (done < n && (out[done] = akit::pool::get<false>(p, length, &got)) != nullptr) ++done;
  if (capacity) *capacity = done ? got ? got : akit::pool::capacity(p, out[0]) : 0;
  return done;
}

AKIT_HOT std::size_t akit_pool_put_n(akit_pool* p, std::size_t n, void* const* q) {
  std::size_t done = 0;
  for (std::size_t i = 0; q && i < n; ++i) done += q[i] && akit::pool::put(p, q[i]) == 0;
  return done;
}
