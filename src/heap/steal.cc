// Taking bins from threads that are asleep, or in the middle of anything, without a locked
// instruction on their side. The protocol is described in cache/bins.h.
#include "os/sanitizer.h"
#include "heap/bin_ops.h"

namespace akit::heap {
namespace {

struct Loot {
  Heap* heap;
  ThreadCache* cache;
  Slot* top;
  unsigned cls;
};
constexpr unsigned kLoot = 768;
// One thief at a time: the buffer is shared and each pass costs one membarrier.
constinit os::Lock thief_lock;
constinit Loot loot[kLoot]{};

// Empty bins are left alone, full or not; a bin that its owner just moved is looked at again later.
bool worth(ThreadCache* tc, unsigned c, bool idle_only) {
  if (tc->bin[c].load(std::memory_order_relaxed) == cache::poison()) return false;
  auto gets = static_cast<std::uint32_t>(gets_of(tc, c));
  bool idle = gets_seen(tc)[c] == gets;
  gets_seen(tc)[c] = gets;
  return idle || !idle_only;
}

// An operation that began before the barrier ends within nanoseconds, unless its thread was put to
// sleep inside it.
bool owner_left(ThreadCache* tc) {
  for (int i = 0; i < 1000; ++i)
    if (tc->busy.load(std::memory_order_acquire) == 0) return true;
  return false;
}

// After the barrier, under tc->lock. Returns blocks taken.
unsigned take(const Loot& l, std::uint64_t stamp) {
  ThreadCache* tc = l.cache;
  unsigned c = l.cls;
  Slot* expected = cache::poison();
  if (!owner_left(tc)) {
    tc->bin[c].compare_exchange_strong(expected, l.top, std::memory_order_release);
    return 0;
  }
  if (tc->bin[c].load(std::memory_order_acquire) != cache::poison()) return 0;  // its owner moved it meanwhile
  void* p[cache::kMaxCapacity];
  if (l.heap->pool) class_tell(l.heap, tc, c, l.top), class_settle(tc, c);
  Slot* array = array_of(l.top);
  Slot* bottom = bottom_of(tc, c, array);
  unsigned n = 0;
  for (Slot* s = l.top; s > bottom; --s) p[n++] = s->load(std::memory_order_relaxed);
  detach(tc, c, array);
  depot_put(l.heap, c, p, n, tc, stamp, !l.heap->pool || l.heap->stub->phase.load(std::memory_order_relaxed) != Phase::kOpen);  // pools decide in the depot what is kept for a warm-up
  return n;
}

std::uint64_t finish_pass(unsigned n, std::uint64_t stamp) {
  std::uint64_t bytes = 0;
  if (n && os::membarrier()) {
    for (unsigned i = 0; i < n; ++i) bytes += take(loot[i], stamp) * size_of(loot[i].heap, loot[i].cls);
  } else {
    for (unsigned i = 0; i < n; ++i) {
      Slot* expected = cache::poison();
      loot[i].cache->bin[loot[i].cls].compare_exchange_strong(expected, loot[i].top, std::memory_order_release);
    }
  }
  for (unsigned i = 0; i < n; ++i)
    if (i + 1 == n || loot[i + 1].cache != loot[i].cache) loot[i].cache->lock.unlock();
  return bytes;
}

bool possible() {
#if !defined(__SANITIZE_THREAD__)
  if (san::tsan()) return false;  // it could not see these hand-overs
#endif
  return os::prepare_membarrier();
}

}  // namespace

std::uint64_t steal(Heap* const* heaps, unsigned count, bool idle_only, std::uint64_t stamp) {
  if (!possible()) return 0;
  std::uint64_t bytes = 0;
  os::Guard thief(thief_lock);
  for (unsigned i = 0; i < count;) {
    // As many heaps as fit share one barrier. Their lists stay locked meanwhile.
    unsigned n = 0, first = i;
    for (; i < count && (i == first || n + 2 * kClasses <= kLoot); ++i) {
      Heap* h = heaps[i];
      h->caches_lock.lock();
      for (ThreadCache* list : {h->caches, h->orphans}) {
        for (ThreadCache* tc = list; tc; tc = tc->heap_next) {
          if (n + kClasses > kLoot) {  // a heap with very many caches: a pass of its own for these
            bytes += finish_pass(n, stamp);
            n = 0;
          }
          tc->lock.lock();
          unsigned before = n;
          for (unsigned w = 0; w < 3; ++w)
            for (std::uint64_t m = __atomic_load_n(&tc->touched[w], __ATOMIC_RELAXED); m; m &= m - 1) {
              unsigned c = w * 64 + lowest_bit(m);
              if (!worth(tc, c, idle_only)) continue;
              loot[n++] = {h, tc, tc->bin[c].exchange(cache::poison(), std::memory_order_acq_rel), c};
            }
          if (n == before) tc->lock.unlock();
        }
      }
    }
    bytes += finish_pass(n, stamp);
    for (unsigned k = first; k < i; ++k) heaps[k]->caches_lock.unlock();
  }
  return bytes;
}

void spill_all(Heap* h, ThreadCache* tc, bool to_spans, std::uint64_t stamp) {
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = tc->touched[w]; m; m &= m - 1) {
      unsigned c = w * 64 + lowest_bit(m);
      Slot* b = tc->bin[c].load(std::memory_order_relaxed);
      if (b == cache::poison()) continue;
      if (h->pool) class_tell(h, tc, c, b);
      void* p[cache::kMaxCapacity];
      unsigned n = take_oldest(tc, c, p, cache::kMaxCapacity);
      tc->bin[c].store(cache::poison(), std::memory_order_relaxed);
      if (h->pool) class_settle(tc, c);
      detach(tc, c, array_of(b));
      depot_put(h, c, p, n, tc, stamp, to_spans);
    }
}

}  // namespace akit::heap
