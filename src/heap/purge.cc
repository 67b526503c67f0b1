// Giving back: rounds for the purge thread and akit_maintain, purges on request, the cap's last
// resort, and the end of handles whose destruction was deferred.
#include <errno.h>

#include "cache/meta.h"
#include "cache/purger.h"
#include "heap/bin_ops.h"
#include "heap/current.h"
#include "heap/miss.h"
#include "heap/open.h"

namespace akit::heap {
std::uint64_t flush_depots(Heap* h, std::uint64_t older_than) {
  std::uint64_t bytes = 0;
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = __atomic_load_n(&h->touched[w], __ATOMIC_RELAXED); m; m &= m - 1) {
      unsigned c = w * 64 + lowest_bit(m);
      if (h->classes[c].depot) bytes += depot_flush(h, c, older_than);
    }
  return bytes;
}

namespace {

constexpr unsigned kRoundHeaps = 64;
constinit os::Lock armed_lock;
constinit Heap* armed = nullptr;
constinit Heap* armed_last = nullptr;
constinit unsigned armed_count = 0;
constinit os::Lock round_lock;
constinit std::atomic<std::uint64_t> last_round{0};
constinit std::atomic<std::uint64_t> tick{purger::kTick};  // of the most impatient armed handle

// A bin is idle when two looks a tick apart saw no allocation; then slabs and pages age. A quarter of
// the decay time per look leaves room for all of it.
std::uint64_t tick_of(const Heap* h) { return min(purger::kTick, max<std::uint64_t>(h->opt.decay_ns / 4, 200000)); }

void armed_append(Heap* h) {
  h->armed_next = nullptr;
  h->armed_prev = armed_last;
  (armed_last ? armed_last->armed_next : armed) = h;
  armed_last = h;
  ++armed_count;
}
void armed_remove(Heap* h) {
  (h->armed_prev ? h->armed_prev->armed_next : armed) = h->armed_next;
  (h->armed_next ? h->armed_next->armed_prev : armed_last) = h->armed_prev;
  --armed_count;
}

// In the depot, and not there to stay.
bool depot_will_go(Heap* h, unsigned c) {
  ClassState& k = h->classes[c];
  if (!k.depot || !h->pool) return k.depot;
  os::Guard g(k.lock);
  return k.oldest && k.depot_blocks - k.oldest->n >= h->pool->warm[c];
}

bool anything_cached(Heap* h) {
  if (h->idle_bytes.load(std::memory_order_relaxed)) return true;
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = __atomic_load_n(&h->touched[w], __ATOMIC_RELAXED); m; m &= m - 1)
      if (depot_will_go(h, w * 64 + lowest_bit(m))) return true;
  for (unsigned c = 1; h->pool && c <= h->pool->count; ++c)
    if (h->pool->holes[c].load(std::memory_order_relaxed)) return true;
  if (h->stub->phase.load(std::memory_order_relaxed) == Phase::kClosing) return true;
  os::Guard g(h->caches_lock);
  for (ThreadCache* list : {h->caches, h->orphans})
    for (ThreadCache* tc = list; tc; tc = tc->heap_next)
      for (unsigned w = 0; w < 3; ++w)
        for (std::uint64_t m = __atomic_load_n(&tc->touched[w], __ATOMIC_RELAXED); m; m &= m - 1)
          if (cache::bin_count(tc, w * 64 + lowest_bit(m))) return true;
  return false;
}

void release_slabs(Heap* h, std::uint64_t stamp) {
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = __atomic_load_n(&h->touched[w], __ATOMIC_RELAXED); m; m &= m - 1) {
      unsigned c = w * 64 + lowest_bit(m);
      ClassState& k = h->classes[c];
      os::Guard g(k.lock);
      release_empty_slabs(h, c, stamp);
    }
}

// Bins without an allocation since the last look, old batches, empty slabs. Idle time counts from
// the look before this one, so pages go when the decay time has passed since then.
void tend(Heap* const* heaps, unsigned n, std::uint64_t now) {
  Heap* due[kRoundHeaps] = {};
  unsigned k = 0;
  for (unsigned i = 0; i < n; ++i)
    if (heaps[i]->opt.decay_ns != kNone || heaps[i]->stub->phase.load() == Phase::kClosing) due[k++] = heaps[i];
  std::uint64_t step = tick.load(std::memory_order_relaxed), stamp = now - min(now, step);
  steal(due, k, true, stamp);
  for (unsigned i = 0; i < k; ++i) {
    std::uint64_t age = min(due[i]->opt.decay_ns / 4, 2 * step);
    bool over = due[i]->depot_bytes.load(std::memory_order_relaxed) > due[i]->opt.cache_bytes;
    idle_purge(due[i], now);
    flush_depots(due[i], over ? kNone : now - min(now, age));
    release_slabs(due[i], stamp);
    tend_holes(due[i], now);
  }
}

std::uint64_t round_locked(std::uint64_t now) {
  last_round.store(now, std::memory_order_relaxed);
  unsigned left;
  {
    os::Guard g(armed_lock);
    left = armed_count;
  }
  while (left > 0) {
    // A few heaps at a time: a destroy that meets the round waits for one such step at most.
    Heap* batch[kRoundHeaps];
    unsigned n = 0;
    {
      os::Guard g(armed_lock);
      for (Heap* h = armed; h && n < kRoundHeaps && n < left; h = h->armed_next) {
        h->in_round = true;
        batch[n++] = h;
      }
    }
    if (n == 0) break;
    left -= n;
    tend(batch, n, now);
    for (unsigned i = 0; i < n; ++i) {
      Heap* h = batch[i];
      h->armed.store(false, std::memory_order_seq_cst);
      if (anything_cached(h) && h->opt.decay_ns != kNone) h->armed.store(true, std::memory_order_relaxed);
      h->armed_at.store(now, std::memory_order_relaxed);
    }
    os::Guard g(armed_lock);
    for (unsigned i = 0; i < n; ++i) {
      Heap* h = batch[i];
      armed_remove(h);
      if (h->armed.load(std::memory_order_relaxed)) armed_append(h);
      h->in_round = false;
    }
  }
  pages::purge_pages(now, pages::cache_budget());
  std::uint64_t step = tick.load(std::memory_order_relaxed);
  {
    os::Guard g(armed_lock);
    if (armed_count) return step;
    tick.store(purger::kTick, std::memory_order_relaxed);
  }
  std::uint64_t next = pages::next_purge();
  return next == kNone ? kNone : max(step, next > now ? next - now : 0);
}

}  // namespace

void arm(Heap* h) {
  if (AKIT_LIKELY(h->armed.load(std::memory_order_relaxed))) return;
  bool sooner = false;
  {
    os::Guard g(armed_lock);
    if (h->armed.load(std::memory_order_relaxed) || h->stub == nullptr) return;
    if (!h->in_round) armed_append(h);  // in a round it is still on the list
    h->armed.store(true, std::memory_order_relaxed);
    h->armed_at.store(os::now_coarse_ns(), std::memory_order_relaxed);
    sooner = tick_of(h) < tick.load(std::memory_order_relaxed);
    if (sooner) tick.store(tick_of(h), std::memory_order_relaxed);
  }
  purger::something_cached();
  if (sooner) purger::wake_now();
}

void disarm(Heap* h) {
  for (;;) {
    {
      os::Guard g(armed_lock);
      if (!h->in_round) {
        if (h->armed.load(std::memory_order_relaxed)) armed_remove(h);
        h->armed.store(false, std::memory_order_relaxed);
        return;
      }
    }
    os::yield();
  }
}

std::uint64_t purge_round(std::uint64_t now) {
  if (!round_lock.try_lock()) return tick.load(std::memory_order_relaxed);
  std::uint64_t next;
  {
    os::SlowSection section(os::current());
    next = round_locked(now);
  }
  round_lock.unlock();
  finish_closed();
  return next;
}

void purge_if_due(std::uint64_t now) {
  if (purger::running() || now - last_round.load(std::memory_order_relaxed) < tick.load(std::memory_order_relaxed)) return;
  purge_round(now);
}

// More is free than the process cache may keep: the purge thread is woken when there is one.
bool over_budget() {
  if (!purger::running()) return false;
  purger::wake_now();
  return pages::process_free_bytes.load(std::memory_order_relaxed) < 16 * pages::cache_budget();
}

std::uint64_t purge_heap(Heap* h) {
  if (h->ring || h->arena || h->nodes || (h->fixed && h->accounted)) return 0;  // no bins; memory of the caller: no system call
  h->purges.fetch_add(1, std::memory_order_relaxed);
  std::uint64_t before = h->mapped.load(std::memory_order_relaxed);
  std::uint64_t now = os::now_coarse_ns();
  if (os::Thread* self = os::current()) {
    // Own bins need no barrier.
    ThreadCache* tc = cache_find(h->stub);
    if (tc && tc->thread == self) {
      os::Guard g(tc->lock);
      spill_all(h, tc, !h->pool, now);
    }
  }
  steal(&h, 1, false, now);
  idle_purge(h, kNone);
  flush_depots(h, kNone);
  release_slabs(h, now);
  std::uint64_t after = h->mapped.load(std::memory_order_relaxed);
  return before > after ? before - after : 0;
}

namespace {
// The page heaps this handle takes from; those of other handles are none of its business.
std::uint64_t purge_own_pages(Heap* h, std::uint64_t now, std::uint64_t keep) {
  const Heap* source = h->region_parent ? h->region_parent : h;
  if (!source->own_pages) return pages::purge_shared(now, keep);
  std::uint64_t bytes = 0;
  const std::uint16_t all[] = {source->plain_heap, source->huge_heap, source->slab_heap, source->dense_heap};
  for (std::uint16_t i : all) bytes += pages::heap_at(i).purge(now, keep);  // the second time there is nothing
  return bytes;
}
}  // namespace

void forget_warm(Heap* h) {
  for (unsigned c = 1; h->pool && c <= h->pool->count; ++c) {
    os::Guard g(h->classes[c].lock);
    h->pool->warm[c] = 0;
  }
}

int purge(akit_tiered* stub, Kind kind, std::uint32_t flags, std::uint64_t* bytes) noexcept {
  *bytes = 0;
  Heap* h = checked_heap(stub, kind);
  if (!h) return -EINVAL;
  if (flags & ~7u) return -EINVAL;
  if (h->fixed && h->accounted) return 0;  // memory of the caller: nothing of it goes back
  os::SlowSection section(os::current());
  std::uint64_t now = os::now_ns();
  if ((flags & 1) && !(flags & 2)) {
    Heap* one[1] = {h};
    tend(one, 1, now);
    if (h->opt.decay_ns != kNone) *bytes = purge_own_pages(h, now, kNone);
  } else {
    std::uint64_t before = pages::purged_bytes();  // what the process cache has no room for goes at once
    std::uint64_t explicit_pages = h->idle_bytes.load(std::memory_order_relaxed);
    forget_warm(h);
    purge_heap(h);
    explicit_pages -= min(explicit_pages, h->idle_bytes.load(std::memory_order_relaxed));
    *bytes = purge_own_pages(h, kNone - 1, 0);
    if (!h->own_pages && !h->region_parent) *bytes = pages::purged_bytes() - before;
    *bytes += purge_holes(h);
    if (!h->accounted) h->purged_bytes.fetch_add(*bytes, std::memory_order_relaxed);  // else the page heaps count
    *bytes += explicit_pages;
    return 0;
  }
  if (!h->accounted) h->purged_bytes.fetch_add(*bytes, std::memory_order_relaxed);
  return 0;
}

int purge_process(std::uint32_t flags, std::uint64_t* bytes) noexcept {
  *bytes = 0;
  if (flags & ~7u) return -EINVAL;
  os::SlowSection section(os::current());
  std::uint64_t now = os::now_ns();
  if ((flags & 1) && !(flags & 2)) {
    os::Guard g(round_lock);
    std::uint64_t before = pages::purged_bytes();
    round_locked(now);
    *bytes = pages::purged_bytes() - before;
    return 0;
  }
  std::uint64_t before = pages::purged_bytes();
  {
    os::Guard r(registry_lock);
    for (akit_tiered* s = first_live(); s; s = s->next) {
      if (!has_heap(s)) continue;
      forget_warm(s->heap);
      purge_heap(s->heap);
      *bytes += purge_holes(s->heap);
    }
  }
  trim_spare_heaps();
  pages::purge_pages(kNone - 1, 0);
  *bytes += pages::purged_bytes() - before;
  return 0;
}

int cache_limit(std::uint64_t bytes) noexcept {
  pages::set_cache_budget(bytes);
  if (pages::dirty_bytes() > bytes) {
    os::SlowSection section(os::current());
    pages::purge_pages(0, bytes);
  }
  return 0;
}

std::uint64_t next_round() {
  std::uint64_t now = os::now_ns(), last = last_round.load(std::memory_order_relaxed);
  os::Guard g(armed_lock);
  if (!armed && pages::dirty_bytes() == 0) return kNone;
  std::uint64_t step = tick.load(std::memory_order_relaxed);
  return now - last >= step ? 0 : step - (now - last);
}

int maintain(std::uint64_t* next_ns) noexcept {
  *next_ns = next_round();
  if (*next_ns == 0) *next_ns = purge_round(os::now_ns());
  return 0;
}

int purge_thread(std::uint32_t run) noexcept {
  if (run > 1) return -EINVAL;
  if (!run) return purger::stop();
  purger::set_round(purge_round);
  return purger::start();
}

int thread_flush(std::uint32_t flags) noexcept {
  if (flags) return -EINVAL;
  os::Thread* t = os::current_or_null();
  if (!t) return 0;
  os::SlowSection section(t);
  std::uint64_t now = os::now_coarse_ns();
  os::Guard r(registry_lock);
  for (auto* tc = static_cast<ThreadCache*>(t->caches); tc; tc = tc->thread_next) {
    auto* h = static_cast<Heap*>(tc->heap);
    os::Guard g(tc->lock);
    spill_all(h, tc, false, now);
    arm(h);
  }
  return 0;
}

}  // namespace akit::heap
