// Calls that are watched: exact checks, zeroing, guard sampling, sanitizers and Valgrind, and
// handles that are closing. The fast path never sees such a handle: its caches do not answer to it.
#include <errno.h>

#include "os/sanitizer.h"
#include "heap/bin_ops.h"
#include "heap/current.h"
#include "heap/exact.h"
#include "heap/miss.h"

namespace akit::heap {
namespace {

bool sample_guard(Heap* h, std::size_t n) {
  return (h->watch & kWatchGuard) && n <= (std::size_t{1} << 20) &&
         h->guard_count.fetch_add(1, std::memory_order_relaxed) % h->opt.guard_sample_interval == h->opt.guard_sample_interval - 1;
}

}  // namespace

bool watch_out(Heap* h, void* p, std::size_t size, std::size_t usable, bool zeroed) {
  if (h->watch & kWatchTool) san::on_alloc(p, (h->watch & kWatchZeroAlloc) ? usable : max<std::size_t>(size, 1));
  if ((h->watch & kWatchZeroAlloc) && !zeroed) __builtin_memset(p, 0, usable);
  if (h->watch & kWatchExact)
    if (auto* b = map::exact_byte(reinterpret_cast<std::uintptr_t>(p))) b->store(kOut, std::memory_order_relaxed);
  return true;
}

bool watch_in(Heap* h, void* p) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  Found f = find_block(p);
  if (f.heap != h || f.error) {
    report(h, f.heap == h ? f.error : ENOENT, p);
    return false;
  }
  if (h->watch & kWatchExact) {
    auto* b = map::exact_byte(a);
    // The exchange decides between two threads that free the same block at once.
    if (!b || b->exchange(kIn, std::memory_order_acq_rel) != kOut) {
      report(h, EINVAL, p);
      return false;
    }
  }
  if (h->watch & kWatchZeroFree) {
    if (h->watch & kWatchTool) san::on_alloc(p, f.usable);
    __builtin_memset(p, 0, f.usable);
  }
  if (h->watch & kWatchTool) san::on_free(p, f.usable);
  return true;
}

void* watched_alloc(akit_tiered* h, ThreadCache* tc, std::size_t n) {
  auto* heap = static_cast<Heap*>(tc->heap);
  if (heap->watch & kWatchClosing) {
    errno = ESHUTDOWN;
    return nullptr;
  }
  (void)h;
  bool zeroed = false;
  std::size_t usable = 0;
  void* p = sample_guard(heap, n) ? alloc_direct(heap, {n, 0, 0, false, true}, &zeroed) : nullptr;
  if (p)
    usable = pages::span_at(reinterpret_cast<std::uintptr_t>(p))->usable;
  else  // also when the system has no more mappings for guard pages
    p = alloc_unwatched(heap, tc, n, &zeroed, &usable);
  if (p) watch_out(heap, p, n, usable, zeroed);
  return p;
}

void watched_free(akit_tiered* h, ThreadCache* tc, void* p) {
  auto* heap = static_cast<Heap*>(tc->heap);
  if (AKIT_LIKELY(tc->watch_flags == kWatchExact)) {
    // The bin was full, or the block has none, or this is no block that is out.
    auto a = reinterpret_cast<std::uintptr_t>(p);
    std::uint32_t c = map::entry_of(a) - tc->own;
    auto* b = map::exact_byte(a);
    if (c - 1 < kClasses - 1 && b && b->load(std::memory_order_relaxed) == kOut && (a & 15) == 0) {
      b->store(kIn, std::memory_order_relaxed);
      free_class(heap, tc, c, p);
      return;
    }
  }
  if (!p) return;
  int saved = errno;
  if (watch_in(heap, p)) {
    if (heap->watch & kWatchClosing) {
      free_without_cache(heap, p);
      destroy_if_last(h);
    } else {
      free_found(heap, tc, p);
    }
  }
  errno = saved;
}

}  // namespace akit::heap
