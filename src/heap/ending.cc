// Handles whose end waits: for the last free after a deferred destroy, for pins, for handles that stand
// on them. And the child of a fork.
#include "cache/meta.h"
#include "cache/purger.h"
#include "heap/current.h"
#include "heap/open.h"

namespace akit::heap {
namespace {
constinit std::atomic<unsigned> closing{0};  // handles that wait for their last free
}

void close_caches(Heap* h) {
  h->watch = h->watch | kWatchClosing;
  closing.fetch_add(1, std::memory_order_relaxed);
  {
    os::Guard g(h->caches_lock);
    for (ThreadCache* list : {h->caches, h->orphans})
      for (ThreadCache* tc = list; tc; tc = tc->heap_next) {
        tc->watch_flags = std::uint32_t{h->watch};
        tc->handle = cache::kNoHandle;
        tc->leaf_number = ~std::uintptr_t{0};
      }
  }
  forget_warm(h);
  purge_heap(h);
}

// Under registry_lock.
bool finish_if_last(Heap* h) {
  if (h->children || h->pinned_spans.load(std::memory_order_relaxed)) return false;
  if (h->stub->phase.load(std::memory_order_relaxed) == Phase::kLingering) {
    end_heap(h->stub);
    return true;
  }
  if (h->ring && !ring_is_back(h->ring)) return false;
  for (auto& b : h->direct_bytes)
    if (b.load(std::memory_order_relaxed)) return false;
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = __atomic_load_n(&h->touched[w], __ATOMIC_RELAXED); m; m &= m - 1) {
      ClassState& k = h->classes[w * 64 + lowest_bit(m)];
      os::Guard g(k.lock);
      if (k.out) return false;
    }
  closing.fetch_sub(1, std::memory_order_relaxed);
  end_heap(h->stub);
  return true;
}

void destroy_if_last(akit_tiered* stub) {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  Phase now = stub->phase.load(std::memory_order_acquire);
  if (now == Phase::kClosing || now == Phase::kLingering) finish_if_last(stub->heap);
}

void finish_own(akit_tiered* stub) {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  if (stub->phase.load(std::memory_order_acquire) != Phase::kClosing) return;
  ThreadCache* tc = cache_find(stub);
  if (tc && tc->thread == os::current()) {
    os::Guard g(tc->lock);
    spill_all(stub->heap, tc, true, os::now_coarse_ns());
  }
  finish_if_last(stub->heap);
}

void drop_batches(ClassState& k) {
  for (Batch* list : {static_cast<Batch*>(k.depot), k.spare})
    while (Batch* b = list) {
      list = b->next;
      meta::put(b, sizeof(Batch));
    }
  k.depot = k.spare = nullptr;
}

// Handles whose destruction was deferred and whose last block was in some thread's hands just then.
void finish_closed() {
  if (AKIT_LIKELY(closing.load(std::memory_order_relaxed) == 0)) return;
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  for (akit_tiered* s = first_live(); s;) {
    akit_tiered* next = s->next;
    if (has_heap(s) && s->phase.load(std::memory_order_acquire) == Phase::kClosing) finish_if_last(s->heap);
    s = next;
  }
}
namespace {
constinit std::atomic<void (*)()> child_hook{nullptr};
}
void set_child_hook(void (*hook)()) { child_hook.store(hook, std::memory_order_release); }

void after_fork_in_child() {
  purger::forget_after_fork();
  if (auto hook = child_hook.load(std::memory_order_acquire)) hook();
  os::Thread* self = os::current_or_null();
  for (akit_tiered* s = first_live(); s; s = s->next) {
    if (!has_heap(s)) continue;
    Heap* h = s->heap;
    orphan_all_but(h, self);
    forget_blocks(h);
    arm(h);
  }
  pages::forget_after_fork();
}

}  // namespace akit::heap
