// Regions in memory of the caller: one page heap, its books made beforehand, no bins.
#include <errno.h>

#include "region/region.h"

namespace akit::region {

using namespace heap;

void* fixed_alloc(Heap* h, std::size_t n, std::size_t alignment, bool zero, std::size_t* usable) {
  auto refuse = [&](int error) {
    h->failures.fetch_add(1, std::memory_order_relaxed);
    errno = error;
    return nullptr;
  };
  if (n > h->opt.memory_bytes) return refuse(EMSGSIZE);
  std::size_t bytes = align_up(max<std::size_t>(n, 1), os::page_size());
  if (bytes > h->opt.memory_bytes) return refuse(EMSGSIZE);
  os::SlowSection section(os::current_or_null());
  Span* s = pages::heap_at(h->plain_heap).alloc(bytes >> map::kPageShift, alignment, false);
  if (!s) return refuse(ENOBUFS);
  s->backing = s->reason = 0;
  s->guarded = s->freed = s->no_cache = s->was_zero = false;
  s->pins = 0;
  s->role = pages::Role::kDirect;
  finish_block(h, s, 0, s->bytes(), s->base);
  count_direct(h, s->usable, true);
  void* p = reinterpret_cast<void*>(s->start);
  if (h->watch) watch_out(h, p, s->usable, s->usable, false);
  if (zero && !(h->watch & kWatchZeroAlloc)) __builtin_memset(p, 0, s->usable);
  if (usable) *usable = s->usable;
  return p;
}

}  // namespace akit::region
