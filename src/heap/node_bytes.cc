// Where the pages of a handle's blocks are, asked of the kernel.
#include <errno.h>

#include "heap/heap.h"
#include "os/numa.h"

namespace akit::heap {

std::int64_t bytes_on_node(Heap* h, std::uint32_t node) {
  if (node >= os::kMostNodes || !((os::numa_nodes() >> node) & 1)) return -ENOENT;
  os::SlowSection section(os::current_or_null());
  std::int64_t bytes = 0;
  os::Guard g(h->spans_lock);
  for (Span* s = h->spans; s; s = s->all_next) {
    if (s->freed) continue;
    std::size_t page = s->role == pages::Role::kHugetlb ? std::size_t{1} << s->stride : os::page_size();
    std::int64_t here = os::bytes_on_node(reinterpret_cast<void*>(s->base), s->bytes(), page, node);
    if (here < 0) return here;
    bytes += here;
  }
  return bytes;
}

}  // namespace akit::heap
