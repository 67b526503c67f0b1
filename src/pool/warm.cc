// Warm-up: buffers made idle and resident ahead of use. The kernel makes their pages, nothing is
// written, so nothing can be overwritten.
#include <errno.h>

#include "os/sys.h"
#include "heap/bin_ops.h"
#include "pool/pool.h"

namespace akit::pool {

using namespace heap;

namespace {

constexpr unsigned kTogether = kBatchMax;

// Buffers of one slab come in the order of their addresses: few system calls for many.
void populate(Heap* h, unsigned c, void* const* p, unsigned n) {
  for (unsigned i = 0; i < n;) {
    auto first = reinterpret_cast<std::uintptr_t>(p[i]), end = first + h->pool->stride[c];
    for (++i; i < n && reinterpret_cast<std::uintptr_t>(p[i]) == end; ++i) end += h->pool->stride[c];
    first = align_down(first, os::page_size());
    end = align_up(end, os::page_size());
    if (os::advise(reinterpret_cast<void*>(first), end - first, os::Advice::kPopulate) == 0)
      h->prefaulted.fetch_add(end - first, std::memory_order_relaxed);
  }
}

unsigned take(Heap* h, unsigned c, void** out, unsigned want) {
  os::Guard g(h->classes[c].lock);
  return slab_take(h, c, out, want);
}

// Memory of the caller: its pages are the caller's business, but room for so many is made.
int fixed_warm(Heap* h, unsigned c, std::size_t count) {
  for (;;) {
    std::size_t free = 0;
    {
      os::Guard g(h->classes[c].lock);
      for (Span* s = h->classes[c].partial; s; s = s->next) free += s->capacity - s->fresh + s->free_bits;
    }
    bool over_cap = false;
    if (free >= count) return 0;
    if (!slab_new(h, c, &over_cap)) return -ENOBUFS;
  }
}

}  // namespace

int warm(akit_pool* r, std::size_t length, std::size_t count) noexcept {
  Heap* h = checked_heap(stub(r), kKindPool);
  if (!h) return -EINVAL;
  if (closing(h)) return -ESHUTDOWN;
  std::size_t n = max<std::size_t>(length, 1);
  PoolPart* t = h->pool;
  if (n > t->largest) return -EMSGSIZE;
  unsigned c = class_for(t, n, length_of(n));
  std::uint64_t most = min(h->opt.cache_bytes, h->opt.class_cache_bytes) / t->size[c];
  if (count > most || count > UINT32_MAX) return -EINVAL;
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  mark_touched(h, c);
  if (h->opt.memory) return fixed_warm(h, c, count);
  std::size_t idle;
  {
    os::Guard g(h->classes[c].lock);
    t->warm[c] = max(t->warm[c], static_cast<std::uint32_t>(count));
  }
  {
    os::Guard g(h->caches_lock);
    std::uint64_t bins;
    idle = sum_class(h, c, &bins).cached;
  }
  while (idle < count) {
    void* got[kTogether];
    bool over_cap = false;
    unsigned k = take(h, c, got, static_cast<unsigned>(min<std::size_t>(count - idle, kTogether)));
    if (k == 0) {
      if (slab_new(h, c, &over_cap)) continue;
      return -ENOMEM;
    }
    populate(h, c, got, k);
    depot_put(h, c, got, k, nullptr, os::now_coarse_ns(), false);
    idle += k;
  }
  return 0;
}

}  // namespace akit::pool
