// The fast path: the six exported hot functions, nothing else. Each is one compare (whose cache is
// this), one class, one pop or push; every miss is a tail call to a function elsewhere.
#include "heap/current.h"
#include "heap/miss.h"

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::heap {

// Two copies, one per kind of size: neither jumps to the other.
AKIT_INLINE void* take(akit_tiered* h, ThreadCache* tc, unsigned c, std::size_t n) {
  void* p = cache::pop(tc, c);
  if (AKIT_UNLIKELY(!p)) return alloc_miss(h, n);
  return p;
}

AKIT_INLINE void* alloc_fast(akit_tiered* h, std::size_t n) {
  ThreadCache* tc = current_for(h);
  if (AKIT_UNLIKELY(tc->handle != h)) return alloc_other(h, n);
  if (AKIT_LIKELY(n <= kLinearMax)) return take(h, tc, static_cast<unsigned>((n + 15) >> 4), n);
  if (AKIT_UNLIKELY(n > kMaxSized)) return alloc_miss(h, n);
  return take(h, tc, class_of_size(n), n);
}

AKIT_INLINE void free_fast(akit_tiered* h, void* p) {
  ThreadCache* tc = current_for(h);
  if (AKIT_UNLIKELY(tc->handle != h)) return free_other(h, p);
  std::uint32_t c = cache::class_of(tc, p);
  if (AKIT_UNLIKELY(c >= kClasses) || AKIT_UNLIKELY(!cache::push(tc, c, p))) return free_miss(h, p);
}

// Owner and class come from the address map in any case. The class of the size is known before that
// load ends, so the store of the push, which later calls wait for, has its address early.
AKIT_INLINE bool push_sized(ThreadCache* tc, void* p, std::size_t n) {
  std::uint32_t c = cache::class_of(tc, p);
  if (AKIT_UNLIKELY(c >= kClasses) || AKIT_UNLIKELY(n > kMaxSized)) return false;
  std::uint32_t by_size = class_of_size(n), place = by_size;
  __asm__("" : "+r"(place));  // or compilers take the register of `c`, which is the late one
  if (AKIT_UNLIKELY(by_size != c)) return by_size < c && c <= kLastSized && cache::push(tc, c, p);  // shrunk in place
  return cache::push(tc, place, p);
}

}  // namespace akit::heap

AKIT_HOT void* akit_tiered_alloc(akit_tiered* h, std::size_t n) { return akit::heap::alloc_fast(h, n); }

AKIT_HOT void akit_tiered_free(akit_tiered* h, void* p) { akit::heap::free_fast(h, p); }

AKIT_HOT void akit_tiered_free_sized(akit_tiered* h, void* p, std::size_t n) {
  using namespace akit::heap;
  ThreadCache* tc = current_for(h);
  if (AKIT_UNLIKELY(tc->handle != h) || AKIT_UNLIKELY(!push_sized(tc, p, n))) free_sized_other(h, p, n);
}

AKIT_HOT void* akit_malloc(std::size_t n) { return akit::heap::alloc_fast(&akit::heap::default_stub, n); }

// Any handle of this copy: when the block is of the handle used last, as almost always, the owner
// test inside class_of is all there is.
AKIT_HOT void akit_free(void* p) {
  using namespace akit;
  using namespace akit::heap;
  ThreadCache* tc = current_any_for(p);
  std::uint32_t c = cache::class_of(tc, p);
  if (AKIT_UNLIKELY(c >= kClasses) || AKIT_UNLIKELY(!cache::push(tc, c, p))) return free_any(p);
}

AKIT_HOT void akit_free_sized(void* p, std::size_t n) {
  using namespace akit::heap;
  if (AKIT_UNLIKELY(!push_sized(current_any_for(p), p, n))) free_sized_any(p, n);
}
