// The fast path of regions: the class of the size, a pop or a push in this thread's bin.
#include "region/region.h"

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

AKIT_HOT void* akit_region_alloc(akit_region* r, std::size_t n, std::size_t alignment, std::uint32_t flags, std::size_t* usable) {
  using namespace akit;
  akit_tiered* h = region::stub(r);
  cache::ThreadCache* tc = heap::current_region_for(h);
  if (AKIT_UNLIKELY(tc->handle != h) || AKIT_UNLIKELY((alignment | flags) != 0) || AKIT_UNLIKELY(n - 1 >= heap::kMaxExtent))
    return region::alloc_slow(r, n, alignment, flags, usable);
  unsigned c = heap::extent_class(n);
  void* p = cache::pop(tc, c);
  if (AKIT_UNLIKELY(!p)) return region::alloc_slow(r, n, alignment, flags, usable);
  if (usable) *usable = heap::extent_size(c);
  return p;
}

AKIT_HOT int akit_region_free(akit_region* r, void* p) {
  using namespace akit;
  akit_tiered* h = region::stub(r);
  cache::ThreadCache* tc = heap::current_region_for(h);
  if (AKIT_UNLIKELY(tc->handle != h)) return region::free_slow(r, p);
  std::uint32_t c = cache::class_of(tc, p);
  if (AKIT_UNLIKELY(c >= heap::kClasses) || AKIT_UNLIKELY(!cache::push(tc, c, p))) return region::free_slow(r, p);
  return 0;
}
