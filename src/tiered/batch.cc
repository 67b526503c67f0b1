// Many blocks in one call: for bindings whose calls are dear, and for programs that work in bursts.
#include <errno.h>

#include "heap/current.h"
#include "heap/miss.h"

extern "C" {
void* akit_tiered_alloc(akit_tiered* h, std::size_t n);
void akit_tiered_free(akit_tiered* h, void* p);
}

namespace akit::heap {

std::size_t alloc_n(akit_tiered* h, std::size_t size, std::size_t n, void** out) noexcept {
  std::size_t i = 0;
  for (; i < n; ++i) {
    void* p = akit_tiered_alloc(h, size);
    if (!p) break;
    out[i] = p;
  }
  return i;
}

// A wrong pointer is reported, skipped and not counted as done. NULL counts as done.
std::size_t free_n(akit_tiered* h, std::size_t n, void* const* p) noexcept {
  Heap* heap = checked_heap(h);
  if (!heap) return 0;
  std::size_t done = 0;
  for (std::size_t i = 0; i < n; ++i) {
    ThreadCache* tc = current_for(h);
    if (AKIT_LIKELY(tc->handle == h)) {
      std::uint32_t c = cache::class_of(tc, p[i]);
      if (AKIT_LIKELY(c < kClasses && cache::push(tc, c, p[i]))) {
        ++done;
        continue;
      }
    }
    std::uint64_t before = heap->misuses.load(std::memory_order_relaxed);
    akit_tiered_free(h, p[i]);
    if (heap->misuses.load(std::memory_order_relaxed) == before) ++done;
  }
  return done;
}

void free_aligned_sized(akit_tiered* h, void* p, std::size_t alignment, std::size_t size) noexcept {
  if (!p) return;
  if (alignment && (!is_pow2(alignment) || (reinterpret_cast<std::uintptr_t>(p) & (alignment - 1)))) {
    Found f = find_block(p);
    report(f.heap, f.error ? f.error : EINVAL, p);
    return;
  }
  free_sized_other(h, p, size);
}

void default_free_aligned_sized(void* p, std::size_t alignment, std::size_t size) noexcept {
  if (!p) return;
  Heap* h = heap_by_owner(map::entry_of(reinterpret_cast<std::uintptr_t>(p)) >> map::kOwnerShift);
  if (!h || !h->stub) return misuse(ENOENT, 0, p);
  free_aligned_sized(h->stub, p, alignment, size);
}

}  // namespace akit::heap
