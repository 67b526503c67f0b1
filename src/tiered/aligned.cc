// Alignment above 16 and the general forms: calloc, allocx.
#include <errno.h>

#include "heap/current.h"
#include "heap/miss.h"

namespace akit::heap {
namespace {

constexpr std::size_t kMaxAlignment = std::size_t{1} << 30;
constexpr std::uint32_t kZero = 1, kNoCache = 4, kGuardFlag = 8, kAllFlags = 15;

// A slab class whose every block is aligned enough; 0: none, the block gets a span.
unsigned aligned_class(const Heap* h, std::size_t n, std::size_t alignment) {
  if (n > h->opt.medium_max_bytes || alignment > 4096) return 0;
  unsigned best = 0;
  for (unsigned c = kFirstNatural; c < kClasses; ++c)
    if (size_of_class(c) >= n && size_of_class(c) <= h->opt.medium_max_bytes && slab_alignment_of_class(c) >= alignment) {
      best = c;
      break;
    }
  // A few steps up the ordinary classes; never more than a quarter larger than asked.
  for (unsigned c = class_of_size(max(n, alignment)), i = 0; c <= h->last_medium && i < 16; ++c, ++i) {
    if (slab_alignment_of_class(c) < alignment) continue;
    if (best == 0 || size_of_class(c) < size_of_class(best)) best = c;
    break;
  }
  return best;
}

}  // namespace

void* alloc_aligned(Heap* h, ThreadCache* tc, std::size_t n, std::size_t alignment, bool* zeroed, std::size_t* usable) {
  if (alignment <= 16) return alloc_unwatched(h, tc, n, zeroed, usable);
  if (n > PTRDIFF_MAX - alignment) {
    h->failures.fetch_add(1, std::memory_order_relaxed);
    errno = ENOMEM;
    return nullptr;
  }
  if (unsigned c = aligned_class(h, max<std::size_t>(n, 1), alignment)) {
    if (usable) *usable = size_of_class(c);
    if (void* p = cache::pop(tc, c)) {
      *zeroed = false;
      return p;
    }
    return alloc_class(h, tc, c, zeroed);
  }
  void* p = alloc_direct(h, {max<std::size_t>(n, 1), alignment, 0, *zeroed, false}, zeroed);
  if (p && usable) *usable = pages::span_at(reinterpret_cast<std::uintptr_t>(p))->usable;
  return p;
}

void* allocx(akit_tiered* h, std::size_t n, std::size_t alignment, std::uint32_t flags, std::size_t* usable) noexcept {
  if ((alignment && (!is_pow2(alignment) || alignment > kMaxAlignment)) || (flags & ~kAllFlags)) {
    errno = EINVAL;
    return nullptr;
  }
  ThreadCache* tc = cache_of(h);
  if (!tc) return nullptr;
  auto* heap = static_cast<Heap*>(tc->heap);
  if (heap->watch & kWatchClosing) {
    errno = ESHUTDOWN;
    return nullptr;
  }
  bool want_zero = (flags & kZero) || (heap->watch & kWatchZeroAlloc), zeroed = want_zero;
  std::size_t got = 0;
  void* p;
  if (flags & (kGuardFlag | kNoCache)) {
    if (n > PTRDIFF_MAX - (std::size_t{2} << 30)) {
      errno = ENOMEM;
      return nullptr;
    }
    p = alloc_direct(heap, {n, alignment, 0, zeroed, (flags & kGuardFlag) != 0}, &zeroed);
    if (p) got = pages::span_at(reinterpret_cast<std::uintptr_t>(p))->usable;
  } else {
    p = alloc_aligned(heap, tc, n, alignment, &zeroed, &got);
  }
  if (!p) return nullptr;
  if (heap->watch) watch_out(heap, p, usable ? got : n, got, zeroed);
  if (want_zero && !zeroed) __builtin_memset(p, 0, usable ? got : n);
  if (usable) *usable = got;
  return p;
}

void* calloc(akit_tiered* h, std::size_t count, std::size_t size) noexcept {
  std::size_t n;
  if (mul_overflows(count, size, &n)) {
    if (Heap* heap = checked_heap(h)) heap->failures.fetch_add(1, std::memory_order_relaxed);
    errno = h ? ENOMEM : EINVAL;
    return nullptr;
  }
  ThreadCache* tc = current_for(h);
  if (AKIT_LIKELY(tc->handle == h && n - 1 < kLinearMax)) {
    if (void* p = cache::pop(tc, static_cast<unsigned>((n + 15) >> 4))) {
      __builtin_memset(p, 0, n);
      return p;
    }
  }
  return allocx(h, n, 0, kZero, nullptr);
}

}  // namespace akit::heap
