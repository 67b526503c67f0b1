// What a pop that missed does: depot, slabs with free blocks, a new slab; for classes with a span
// per block one new block. At the cap one purge, then refusal.
#include <errno.h>

#include "heap/bin_ops.h"
#include "heap/current.h"

namespace akit::heap {
namespace {

// Peaks are noted when a bin is refilled: it is empty then, so what is out is in use, but for the
// `cached` blocks that were just fetched with the one asked for.
void note_used(Heap* h, unsigned c, ClassState& k, unsigned cached) {
  std::uint64_t used = k.out - k.depot_blocks - cached;
  if (used > k.peak) k.peak = used;
  std::uint64_t bytes = h->taken_bytes.load(std::memory_order_relaxed) - cached * size_of(h, c);
  std::uint64_t depot = h->depot_bytes.load(std::memory_order_relaxed);
  bytes -= min(bytes, depot);
  if (bytes > h->used_peak.load(std::memory_order_relaxed)) h->used_peak.store(bytes, std::memory_order_relaxed);
}

// More than the cap leaves, even if all that is free in the handle's own page heaps left them.
bool too_much(Heap* h, std::size_t bytes) {
  std::uint64_t held = h->mapped.load(std::memory_order_relaxed);
  if (AKIT_UNLIKELY(h->accounted))
    for (std::uint16_t i : {h->plain_heap, h->huge_heap}) {
      const pages::HeapCounters& n = pages::heap_at(i).counters;
      held -= min(held, n.dirty_bytes.load(std::memory_order_relaxed) + n.clean_bytes.load(std::memory_order_relaxed));
    }
  return held + align_up(bytes, os::page_size()) > h->opt.limit_bytes;
}

// Pools may be told to make do with the slabs they have.
bool may_grow(const Heap* h) { return h->opt.exhaust_mode == 0 || h->fixed; }

// At the cap, and nothing of this class is free anywhere: a few loads instead of an attempt.
bool hopeless(Heap* h, unsigned c) {
  ClassState& k = h->classes[c];
  if (k.partial || k.depot) return false;
  if (!may_grow(h)) return true;
  std::size_t least = is_slab_class(h, c) ? max<std::size_t>(4096, stride_of(h, c)) : size_of(h, c);
  return too_much(h, least);
}

void check_decay(Heap* h, ThreadCache* tc) {
  // A hit reads no clock; a miss does, now and then: without any purger a thread's own idle bins
  // still go back after the decay time.
  if ((tc->misses & 15) != 0 || h->opt.decay_ns == kNone) return;
  std::uint64_t now = os::now_coarse_ns();
  if (now < tc->next_check_ns) return;
  tc->next_check_ns = now + h->opt.decay_ns;
  purge_if_due(now);
}

void* refused(Heap* h, bool at_cap) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  if (at_cap) h->limit_hits.fetch_add(1, std::memory_order_relaxed);
  errno = ENOMEM;
  return nullptr;
}

// Regions in this thread's bins and in the depots, of all sizes, become free pages that serve any size.
// false: there is less than so much.
bool reclaim(Heap* h, std::size_t bytes) {
  if (h->account.front_bytes.load(std::memory_order_relaxed) < bytes) return false;
  std::uint64_t now = os::now_coarse_ns(), before = h->account.front_bytes.load(std::memory_order_relaxed);
  ThreadCache* tc = cache_find(h->stub);
  if (tc && tc->thread == os::current()) {
    os::Guard g(tc->lock);
    spill_all(h, tc, true, now);
  }
  flush_depots(h, kNone);
  return h->account.front_bytes.load(std::memory_order_relaxed) < before;
}

// The next free of this class must be seen: it makes another purge worth while.
void close_bin(ThreadCache* tc, unsigned c) {
  os::Guard g(tc->lock);
  Slot* b = tc->bin[c].load(std::memory_order_relaxed);
  if (b == cache::poison() || cache::bin_count(tc, c)) return;
  tc->bin[c].store(cache::poison(), std::memory_order_relaxed);
  detach(tc, c, array_of(b));
}

// A new block with a span of its own.
void* new_block(Heap* h, unsigned c, bool* zeroed, bool may_map, bool* over_cap) {
  ClassState& k = h->classes[c];
  Span* s = block_new(h, {size_of(h, c), 0, c, *zeroed, false, false, may_map}, over_cap);
  if (!s) return nullptr;
  *zeroed = s->zero;
  s->was_zero = h->kind == kKindRegion && s->zero;
  s->zero = false;
  // So that its first free comes to the slow path, and from then on it is not known to be zero.
  if (s->was_zero) map::set_entries(s->base, 1, entry_for(h, 0));
  os::Guard g(k.lock);
  k.slabs = k.slabs + 1;
  ++k.out;
  ++k.misses;
  h->taken_bytes.fetch_add(size_of(h, c), std::memory_order_relaxed);
  note_used(h, c, k, 0);
  return reinterpret_cast<void*>(s->start);
}

// Under tc->lock; the bin is empty, and attached unless its capacity is 0. First what other threads
// put away, then slabs; one block is returned, the others fill the bin.
void* from_class(Heap* h, ThreadCache* tc, unsigned c, bool* over_cap) {
  ClassState& k = h->classes[c];
  bool slab = is_slab_class(h, c), early = unpacks_under_lock(h, c);
  void* got[cache::kMaxCapacity + 1];
  unsigned want = refill_size(tc, c);
  for (int turn = 0; turn < 2; ++turn) {
    Taken t;
    unsigned n;
    {
      os::Guard g(k.lock);
      depot_return_emptied(k, tc);
      t = depot_take(h, c, got, want, tc);
      n = t.n;
      if (n && early) depot_unpack(h, c, t, got, tc);
      // From slabs only some 64 KiB at a time: blocks nobody asked for yet. Pools take one: it costs page
      // faults anyway, and what is fresh and what is used again can be told apart.
      bool fresh = n == 0 && slab;
      if (fresh)
        n = slab_take(h, c, got, h->pool ? 1 : min<unsigned>(want, max<unsigned>(4, 65536 / static_cast<unsigned>(size_of(h, c)))));
      if (n) {
        k.misses += fresh || !h->pool;
        note_used(h, c, k, n - 1);
      }
    }
    if (t.n && !early) depot_unpack(h, c, t, got, tc);
    if (n > 1) fill(tc, c, got + 1, n - 1);
    if (n) return got[0];
    if (turn || !slab || !may_grow(h) || !slab_new(h, c, over_cap)) break;
  }
  return nullptr;
}

void pool_got(Heap* h, ThreadCache* tc, unsigned c) {
  class_settle(tc, c);
  pool_count(h, c, 1, 1);
  peaks_tell(h, tc);
}

void* attempt(Heap* h, ThreadCache* tc, unsigned c, bool* zeroed, bool may_map, bool* over_cap) {
  os::Guard g(tc->lock);
  mark_touched(h, tc, c);
  if (h->pool) class_tell(h, tc, c, tc->bin[c].load(std::memory_order_relaxed));
  bool usable = attach(h, tc, c);
  if (usable && h->pool) widen(h, tc, c);  // a thread that only gets never runs full
  if (usable)
    if (void* p = h->pool ? cache::pop<false>(tc, c) : cache::pop(tc, c)) {  // it was only poisoned, and put back
      *zeroed = false;
      if (h->pool) pool_got(h, tc, c);
      return p;
    }
  ++tc->misses;
  bool slab = is_slab_class(h, c);
  void* p = slab || !*zeroed ? from_class(h, tc, c, over_cap) : nullptr;
  if (p || slab)
    *zeroed = false;
  else
    p = new_block(h, c, zeroed, may_map, over_cap);
  if (p && !h->pool) cache::count_get(tc, c);
  if (h->pool && p) pool_got(h, tc, c);
  return p;
}

}  // namespace

// Not repeated until something was freed.
void purge_at_cap(Heap* h) {
  for (Heap* one : {h, h->region_parent, h->huge_parent})
    if (one) purge_heap(one);
  if (h->accounted) {
    os::Guard r(registry_lock);
    for (akit_tiered* s = h->children ? first_live() : nullptr; s; s = s->next)
      if (has_heap(s) && (s->heap->region_parent == h || s->heap->huge_parent == h)) purge_heap(s->heap);
  }
  h->fruitless.store(true, std::memory_order_relaxed);
}

void* alloc_class(Heap* h, ThreadCache* tc, unsigned c, bool* zeroed) {
  bool at_cap;
  void* p = try_class(h, tc, c, zeroed, &at_cap);
  return AKIT_LIKELY(p != nullptr) ? p : refused(h, at_cap);
}

void* try_class(Heap* h, ThreadCache* tc, unsigned c, bool* zeroed, bool* at_cap) {
  os::SlowSection section(tc->thread);
  *at_cap = true;
  arm(h);
  bool want_zero = *zeroed, over_cap = false;
  if (AKIT_UNLIKELY(h->fruitless.load(std::memory_order_relaxed)) && hopeless(h, c)) return nullptr;
  void* p = nullptr;
  if (h->kind == kKindRegion) {  // what is cached in other sizes comes before fresh addresses
    p = attempt(h, tc, c, zeroed, false, &over_cap);
    if (!p && reclaim(h, size_of(h, c))) {
      *zeroed = want_zero;
      p = attempt(h, tc, c, zeroed, false, &over_cap);
    }
    if (!p) *zeroed = want_zero;
  }
  if (p || (p = attempt(h, tc, c, zeroed, true, &over_cap))) {
    if (AKIT_UNLIKELY(h->fruitless.load(std::memory_order_relaxed))) h->fruitless.store(false, std::memory_order_relaxed);
    check_decay(h, tc);
    return p;
  }
  // A purge that found nothing is not repeated until something was freed: hosts retry by the million.
  *at_cap = over_cap;
  if (h->fruitless.load(std::memory_order_relaxed)) return nullptr;
  purge_at_cap(h);
  *zeroed = want_zero;
  over_cap = false;
  if ((p = attempt(h, tc, c, zeroed, true, &over_cap))) return p;
  close_bin(tc, c);
  *at_cap = over_cap;
  return nullptr;
}

void* alloc_direct(Heap* h, const BlockRequest& r, bool* zeroed) {
  os::SlowSection section(os::current());
  if (AKIT_UNLIKELY(h->fruitless.load(std::memory_order_relaxed)) && h->accounted && too_much(h, r.size)) return refused(h, true);
  bool over_cap = false;
  Span* s = nullptr;
  if (h->kind == kKindRegion) {
    BlockRequest cached = r;
    cached.may_map = false;
    s = block_new(h, cached, &over_cap);
    if (!s && reclaim(h, r.size)) s = block_new(h, cached, &over_cap);
  }
  if (!s) s = block_new(h, r, &over_cap);
  if (!s && !h->fruitless.load(std::memory_order_relaxed)) {
    purge_at_cap(h);
    over_cap = false;
    s = block_new(h, r, &over_cap);
  }
  if (!s) return refused(h, over_cap);
  *zeroed = s->was_zero = s->zero;
  s->zero = false;
  count_direct(h, s->usable, true);
  return reinterpret_cast<void*>(s->start);
}

}  // namespace akit::heap
