// The fast path of arenas: a position that moves.
#include <errno.h>

#include "arena/arena.h"

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::arena {

// No power of two, above 1 GiB, or a size that is 0 or not small.
AKIT_INLINE bool is_odd(std::size_t size, std::size_t alignment) {
  return AKIT_UNLIKELY((alignment & (alignment - 1)) != 0) || AKIT_UNLIKELY(((size - 1) | alignment) >> kAlignmentBits != 0);
}
AKIT_INLINE std::size_t in_force(std::size_t alignment) { return alignment ? alignment : 16; }

AKIT_INLINE void* alloc(akit_arena* h, std::size_t size, std::size_t alignment) {
  akit_tiered* st = stub(h);
  if (AKIT_UNLIKELY(!is_open(st))) return alloc_rest(h, size, alignment);
  Arena* a = st->heap->arena;
  if (is_odd(size, alignment)) return alloc_rest(h, size, alignment);
  std::uintptr_t p = align_up(a->pos, in_force(alignment));
  if (AKIT_UNLIKELY(p + size > a->end)) return alloc_rest(h, size, alignment);
  a->pos = p + size;
  a->last = p;
  a->allocs = a->allocs + 1;
  return reinterpret_cast<void*>(p);
}

// As many blocks as the current slab has room for, at most n: their addresses are a stride apart.
AKIT_INLINE std::size_t run(Arena* a, std::size_t size, std::size_t al, std::size_t n, void** out) {
  std::uintptr_t p = align_up(a->pos, al);
  if (p + size > a->end) return 0;
  std::size_t stride = align_up(size, al), left = a->end - p - size, all;
  std::size_t k = !mul_overflows(stride, n - 1, &all) && all <= left ? n : left / stride + 1;
  std::uintptr_t at = p;
  for (std::size_t i = 0; i < k; ++i, at += stride) out[i] = reinterpret_cast<void*>(at);
  a->pos = at - stride + size;
  a->last = at - stride;
  a->allocs = a->allocs + k;
  return k;
}

AKIT_INLINE std::size_t alloc_n(akit_arena* h, std::size_t size, std::size_t alignment, std::size_t n, void** out) {
  akit_tiered* st = stub(h);
  size = max<std::size_t>(size, 1);
  std::size_t al = in_force(alignment), done = 0;
  while (done < n) {
    if (AKIT_LIKELY(is_open(st)) && !is_odd(size, alignment)) done += run(st->heap->arena, size, al, n - done, out + done);
    if (done == n || (out[done] = alloc_rest(h, size, alignment)) == nullptr) break;
    ++done;
  }
  return done;
}

}  // namespace akit::arena

AKIT_HOT void* akit_arena_alloc(akit_arena* h, std::size_t size, std::size_t alignment) {
  akit::arena::Alone one(h);
  return one.yes ? akit::arena::alloc(h, size, alignment) : nullptr;
}

AKIT_HOT std::size_t akit_arena_alloc_n(akit_arena* h, std::size_t size, std::size_t alignment, std::size_t n, void** out) {
  if (AKIT_UNLIKELY(!out && n)) {
    errno = EINVAL;
    return 0;
  }
  akit::arena::Alone one(h);
  return one.yes ? akit::arena::alloc_n(h, size, alignment, n, out) : 0;
}
