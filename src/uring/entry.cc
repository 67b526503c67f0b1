// The look-up, exported as it is: any thread, no lock.
#include <errno.h>

#include "uring/uring.h"

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::uring {
namespace {

// Misses are counted where threads rarely meet.
AKIT_WARM int look_further(akit_tiered* s, std::uintptr_t a, std::size_t length) {
  if (int rc = check(s, heap::kKindUring)) return rc;
  if (int slot = s->uring->index.search(a, length); slot >= 0) return slot;
  s->uring->missed[(os::thread_pointer() >> 12) % kMissCounters].n.fetch_add(1, std::memory_order_relaxed);
  return -ENOENT;
}

}  // namespace
}  // namespace akit::uring

AKIT_HOT int akit_uring_lookup(akit_uring* h, const void* p, std::size_t length) {
  using namespace akit;
  akit_tiered* s = uring::stub(h);
  bool open = s && (reinterpret_cast<std::uintptr_t>(s) & 7) == 0 && s->anchor == &heap::anchor_of_this_copy && s->kind == heap::kKindUring &&
              s->phase.load(std::memory_order_acquire) == heap::Phase::kOpen;
  auto a = reinterpret_cast<std::uintptr_t>(p);
  int slot = AKIT_LIKELY(open) ? s->uring->index.find(a, length) : -1;
  return AKIT_LIKELY(slot >= 0) ? slot : uring::look_further(s, a, length);
}
