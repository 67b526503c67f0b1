// Where the pages of a handle's blocks are, asked of the kernel.
#include <errno.h>

#include "heap/heap.h"
#include "os/numa.h"

namespace akit::heap {
namespace {

constinit os::Lock count_lock;
constinit std::uint32_t counts = 0;

// Blocks in bins look like blocks in use from everywhere but the bin.
void mark_bins(Heap* h) {
  os::Guard g(h->caches_lock);
  for (ThreadCache* list : {h->caches, h->orphans})
    for (ThreadCache* tc = list; tc; tc = tc->heap_next) {
      os::Guard l(tc->lock);
      for (unsigned c = 1; c <= kLastExtent; ++c) {
        unsigned n = cache::bin_count(tc, c);
        cache::Slot* top = tc->bin[c].load(std::memory_order_acquire);
        for (unsigned i = 0; i < n; ++i)
          if (void* p = top[-static_cast<int>(i)].load(std::memory_order_relaxed))
            if (Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(p))) s->in_bin = counts;
      }
    }
}

}  // namespace

std::int64_t bytes_on_node(Heap* h, std::uint32_t node) {
  if (node >= os::kMostNodes || !((os::numa_nodes() >> node) & 1)) return -ENOENT;
  os::SlowSection section(os::current_or_null());
  os::Guard c(count_lock);
  ++counts;
  if (h->kind == kKindRegion) mark_bins(h);
  std::int64_t bytes = 0;
  os::Guard g(h->spans_lock);
  for (Span* s = h->spans; s; s = s->all_next) {
    if (s->in_bin == counts || is_cached(s)) continue;
    std::size_t page = s->page_shift ? std::size_t{1} << s->page_shift : os::page_size();
    std::int64_t here = os::bytes_on_node(s->memory(), s->bytes(), page, node);
    if (here < 0) return here;
    bytes += here;
  }
  return bytes;
}

}  // namespace akit::heap
