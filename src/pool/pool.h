// The other side of a pool's fast path, and the state of a buffer.
//
// A buffer starts on a multiple of 256 bytes, so the two bytes of marks that the address map has for these
// are its alone. The first is 3 when the program has it, else 1, or 0 when nobody ever had. Gets and puts
// change it by plain stores: two puts of one buffer that race both find 3. The second is 1 while a thread's
// bin or the program has the buffer, and changes only under the lock of the class: when the batch with the
// second of two such puts is taken out of its bin, it is found there.
#pragma once
#include "heap/current.h"
#include "pool/api.h"

namespace akit::pool {

using heap::Heap;
using heap::Span;
using heap::ThreadCache;

enum State : std::uint8_t { kIdle = 1, kOut = 3 };

inline constexpr std::size_t kMarks = std::size_t{1} << (map::kRangeShift - map::kGrain - 3);  // of a range
AKIT_INLINE std::uint8_t* state_in(std::uint8_t* marks, std::uintptr_t a) { return marks + ((a >> (map::kGrain + 3)) & (kMarks - 1)); }
AKIT_INLINE std::uint8_t* state_of(const ThreadCache* tc, std::uintptr_t a) { return state_in(tc->outs[a >> map::kRangeShift], a); }
inline std::uint8_t* state_of(std::uintptr_t a) {
  auto* marks = reinterpret_cast<std::uint8_t*>(map::out_table(a));
  return marks ? state_in(marks, a) : nullptr;
}
AKIT_INLINE std::uint8_t load(const std::uint8_t* s) { return __atomic_load_n(s, __ATOMIC_RELAXED); }
AKIT_INLINE void store(std::uint8_t* s, State v) { __atomic_store_n(s, static_cast<std::uint8_t>(v), __ATOMIC_RELAXED); }

// A get is counted by its length, which tells the class as a rule; where it does not, the count is moved
// from the class that first[] names to its own. Only the sums are true numbers.
AKIT_INLINE void count_length(ThreadCache* tc, const heap::PoolPart* t, unsigned length, unsigned c) {
  cache::count_get(tc, heap::kLengthBins + length);
  unsigned named = t->first[length];
  if (AKIT_LIKELY(named == c)) return;
  cache::count_get(tc, c);
  tc->gets[named].store(tc->gets[named].load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}
// n from 1 to the largest class
AKIT_INLINE unsigned class_for(const heap::PoolPart* t, std::size_t n, unsigned length) {
  unsigned c = t->first[length];
  while (AKIT_UNLIKELY(n > t->size[c])) ++c;
  return c;
}

// More are out than ever since this cache told the pool. Returns q.
AKIT_WARM void* new_peak(ThreadCache* tc, void* q);
AKIT_INLINE void* counted_out(ThreadCache* tc, void* q) { return AKIT_UNLIKELY(cache::minus(tc->room)) ? new_peak(tc, q) : q; }
AKIT_INLINE void note_low(ThreadCache* tc, unsigned c, cache::Slot* top) {
  if (AKIT_UNLIKELY(top < tc->low[c].load(std::memory_order_relaxed))) tc->low[c].store(top, std::memory_order_relaxed);
}

// Lengths between two classes: the one that first[] names is too small.
AKIT_WARM void* get_later(akit_pool* h, std::size_t n, std::size_t* capacity);
// When the TLS word does not name this pool, or the pool zeroes.
AKIT_MISS void* get_second(akit_pool* h, std::size_t n, std::size_t* capacity);
AKIT_MISS int put_second(akit_pool* h, void* p);
AKIT_MISS void* get_slow(akit_pool* h, std::size_t n, std::size_t* capacity);
AKIT_MISS int put_slow(akit_pool* h, void* p);

// Without bins. NULL: nothing is left, and no failure is counted.
void* bare_get(Heap* h, std::size_t n, unsigned c, std::size_t* capacity);
bool bare_put(Heap* h, unsigned c, void* p);  // memory of the caller. false: it was not out
void watched_out(Heap* h, void* p, std::size_t capacity, bool zeroed);

// The buffer of h that starts at p and is out; a class of 0: it has a span of its own.
struct Buffer {
  Span* span;
  unsigned cls;
  std::size_t capacity;
  int error;  // 0, ENOENT, EINVAL
};
Buffer find(Heap* h, const void* p);
bool closing(const Heap* h);
std::uint64_t* tag_of(const Buffer& b, const void* p);  // NULL: the pool keeps none

}  // namespace akit::pool
