// Which cache serves this thread, and the life of caches: made at a thread's first call on a handle,
// left behind at thread exit for the next new thread to adopt warm, void when the handle goes.
#include <errno.h>

#include <new>

#include "cache/meta.h"
#include "os/sanitizer.h"
#include "heap/current.h"
#include "heap/seats.h"

namespace akit::cache {
alignas(kArrayBytes) constinit Slot poison_page[kArraySlots]{};
}

namespace akit::heap {

constinit ThreadCache no_cache{};

#if AKIT_TLS_WORD
__attribute__((tls_model("initial-exec"))) constinit __thread HotShared<ThreadCache*> current_cache = &no_cache;
__attribute__((tls_model("initial-exec"))) constinit __thread HotShared<ThreadCache*> current_region_cache = &no_cache;
__attribute__((tls_model("initial-exec"))) constinit __thread HotShared<ThreadCache*> current_pool_cache = &no_cache;
#endif

namespace {

constexpr unsigned kCachePages = 2;  // the cache itself; what thieves remember of it, three arrays
constexpr unsigned kArraysPerSpan = 16;
constexpr unsigned kOrphansKept = 4;

void free_arrays(Heap* h, ThreadCache* tc) {
  auto* s = static_cast<Span*>(tc->array_spans);
  while (s) {
    Span* next = s->next;
    uncharge(h, s->bytes());
    h->metadata.fetch_sub(s->bytes(), std::memory_order_relaxed);
    pages::free_span(s, deadline_from(h, os::now_coarse_ns()));
    s = next;
  }
  tc->array_spans = nullptr;
  depot_free_emptied(tc);
}

void first_arrays(ThreadCache* tc) {
  char* at = reinterpret_cast<char*>(tc) + 4096;
  tc->arrays = nullptr;
  for (int i = 3; i >= 1; --i) {
    auto* a = reinterpret_cast<cache::Slot*>(at + i * static_cast<int>(cache::kArrayBytes));
    a[0].store(tc->arrays, std::memory_order_relaxed);
    tc->arrays = a;
  }
}

ThreadCache* cache_new(Heap* h) {
  std::uint64_t bytes = align_up(kCachePages * map::kPage, os::page_size());
  if (!charge(h, bytes)) return nullptr;
  Span* s = pages::alloc_span(pages::kInternal, bytes >> map::kPageShift, 4096, false);
  if (!s) {
    uncharge(h, bytes);
    return nullptr;
  }
  s->role = pages::Role::kInternal;
  h->metadata.fetch_add(bytes, std::memory_order_relaxed);
  auto* tc = new (s->memory()) ThreadCache;
  tc->span = s;
  tc->heap = h;
  tc->own = h->owner << map::kOwnerShift;
  for (auto& b : tc->bin) b.store(cache::poison(), std::memory_order_relaxed);
  peaks_reset(tc);
  __builtin_memset(gets_seen(tc), 0, cache::kArrayBytes);
  first_arrays(tc);
  ++h->cache_count;
  return tc;
}

void link_to_heap(ThreadCache* tc, ThreadCache** list) {
  tc->heap_prev = nullptr;
  tc->heap_next = *list;
  if (*list) (*list)->heap_prev = tc;
  *list = tc;
}
void unlink_from_heap(ThreadCache* tc, ThreadCache** list) {
  (tc->heap_prev ? tc->heap_prev->heap_next : *list) = tc->heap_next;
  if (tc->heap_next) tc->heap_next->heap_prev = tc->heap_prev;
}

// A destroyed handle's cache may be the one its thread looks at this very moment, on its way to
// another handle. Only that thread can say when it no longer does: it frees the page itself later.
void drop_for_owner(Heap* h, ThreadCache* tc, os::Thread* t) {
  free_arrays(h, tc);
  tc->heap_next = static_cast<ThreadCache*>(t->dropped);
  t->dropped = tc;
  --h->cache_count;
}

void reap_dropped(os::Thread* t) {
  while (auto* tc = static_cast<ThreadCache*>(t->dropped)) {
    t->dropped = tc->heap_next;
    pages::free_span(static_cast<Span*>(tc->span), os::now_coarse_ns());
  }
}

ThreadCache* adopt_or_make(Heap* h, os::Thread* t) {
  os::Guard r(registry_lock);
  if (AKIT_UNLIKELY(t->dropped != nullptr)) {
    forget_current();
    reap_dropped(t);
  }
  if (h->stub->phase.load(std::memory_order_acquire) == Phase::kStale) return nullptr;
  os::Guard g(h->caches_lock);
  if (Seat* s = seat_of(h->stub, t->pointer, false)) return s->cache.load(std::memory_order_relaxed);
  ThreadCache* tc = h->orphans;
  if (tc) {
    san::take_over(h);
    unlink_from_heap(tc, &h->orphans);
    --h->orphan_count;
  } else if (!(tc = cache_new(h))) {
    return nullptr;
  }
  if (!take_seat(h, t->pointer, tc)) {
    link_to_heap(tc, &h->orphans);
    ++h->orphan_count;
    return nullptr;
  }
  link_to_heap(tc, &h->caches);
  tc->orphan = false;
  tc->thread = t;
  tc->thread_prev = nullptr;
  tc->thread_next = static_cast<ThreadCache*>(t->caches);
  if (tc->thread_next) tc->thread_next->thread_prev = tc;
  t->caches = tc;
  tc->watch_flags = h->watch;
  tc->handle = h->watch ? cache::kNoHandle : h->stub;
  tc->watched = h->watch ? h->stub : cache::kNoHandle;
  tc->leaf_number = ~std::uintptr_t{0};
  tc->table = h->pool;
#if AKIT_TLS_WORD
  t->words[0] = reinterpret_cast<void**>(&current_cache);
  t->words[1] = reinterpret_cast<void**>(&current_region_cache);
  t->words[2] = reinterpret_cast<void**>(&current_pool_cache);
#endif
  return tc;
}

}  // namespace

ThreadCache* cache_find(akit_tiered* h) {
  Seat* s = seat_of(h, os::thread_pointer(), false);
  return s ? s->cache.load(std::memory_order_relaxed) : nullptr;
}

ThreadCache* cache_for(akit_tiered* h, Kind kind) {
  Heap* heap = checked_heap(h, kind);
  if (AKIT_UNLIKELY(!heap)) {
    errno = EINVAL;
    return nullptr;
  }
  if (ThreadCache* tc = cache_find(h)) {
    set_current(tc);
    return tc;
  }
  os::Thread* t = os::current();
  if (t) {
    os::SlowSection s(t);
    if (ThreadCache* tc = adopt_or_make(heap, t)) {
      set_current(tc);
      return tc;
    }
  }
  errno = ENOMEM;
  return nullptr;
}

void* array_get(Heap* h, ThreadCache* tc) {
  if (!tc->arrays) {
    std::size_t bytes = align_up(kArraysPerSpan * cache::kArrayBytes, os::page_size());
    if (!charge(h, bytes)) return nullptr;
    Span* s = pages::alloc_span(pages::kInternal, bytes >> map::kPageShift, 4096, false);
    if (!s) {
      uncharge(h, bytes);
      return nullptr;
    }
    s->role = pages::Role::kInternal;
    h->metadata.fetch_add(bytes, std::memory_order_relaxed);
    s->next = static_cast<Span*>(tc->array_spans);
    tc->array_spans = s;
    char* at = static_cast<char*>(s->memory());
    for (std::size_t i = kArraysPerSpan; i-- > 0;) {
      auto* a = reinterpret_cast<cache::Slot*>(at + i * cache::kArrayBytes);
      a[0].store(tc->arrays, std::memory_order_relaxed);
      tc->arrays = a;
    }
  }
  cache::Slot* a = tc->arrays;
  tc->arrays = static_cast<cache::Slot*>(a[0].load(std::memory_order_relaxed));
  return a;
}

void detach_from_thread(ThreadCache* tc) {
  os::Thread* t = tc->thread;
  if (!t) return;
  (tc->thread_prev ? tc->thread_prev->thread_next : *reinterpret_cast<ThreadCache**>(&t->caches)) = tc->thread_next;
  if (tc->thread_next) tc->thread_next->thread_prev = tc->thread_prev;
#if AKIT_TLS_WORD
  // Its thread may be storing another cache there right now: the loser only costs a look-up.
  for (void** word : t->words)
    if (word && __atomic_load_n(word, __ATOMIC_RELAXED) == tc) __atomic_store_n(word, static_cast<void*>(&no_cache), __ATOMIC_RELAXED);
#endif
  tc->thread = nullptr;
}

void cache_release(Heap* h, ThreadCache* tc) {
  free_arrays(h, tc);
  auto* s = static_cast<Span*>(tc->span);
  for (unsigned c = 1; c < kClasses; ++c)  // pools: also those by length
    if (std::uint64_t n = tc->gets[c].load(std::memory_order_relaxed)) {
      os::Guard g(h->classes[c].lock);
      h->classes[c].gets_retired += n;
    }
  h->reallocs.fetch_add(tc->reallocs.load(std::memory_order_relaxed), std::memory_order_relaxed);
  h->reallocs_in_place.fetch_add(tc->reallocs_in_place.load(std::memory_order_relaxed), std::memory_order_relaxed);
  if (h->pool) peaks_tell(h, tc);
  uncharge(h, s->bytes());
  h->metadata.fetch_sub(s->bytes(), std::memory_order_relaxed);
  --h->cache_count;
  pages::free_span(s, deadline_from(h, os::now_coarse_ns()));
}

// The handle goes: what caches hold is void. One cache stays with the heap for its next life, with
// its bins reset class by class as far as they were used.
void void_caches(Heap* h) {
  os::Guard g(h->caches_lock);
  ThreadCache* keep = nullptr;
  os::Thread* self = os::current_or_null();
  for (ThreadCache** list : {&h->caches, &h->orphans}) {
    while (ThreadCache* tc = *list) {
      unlink_from_heap(tc, list);
      os::Thread* owner = tc->thread;
      detach_from_thread(tc);
      tc->handle = tc->watched = cache::kNoHandle;
      tc->leaf_number = ~std::uintptr_t{0};
      if (owner && owner != self && os::exits_are_seen()) {
        drop_for_owner(h, tc, owner);
        continue;
      }
      if (keep) {
        cache_release(h, tc);
        continue;
      }
      keep = tc;
      free_arrays(h, tc);
      first_arrays(tc);
      for (unsigned w = 0; w < 3; ++w) {
        for (std::uint64_t m = tc->touched[w]; m; m &= m - 1) {
          unsigned c = w * 64 + lowest_bit(m);
          tc->bin[c].store(cache::poison(), std::memory_order_relaxed);
          tc->gets[c].store(0, std::memory_order_relaxed);
          gets_seen(tc)[c] = 0;
          empty_runs(tc)[c] = full_runs(tc)[c] = 0;
          tc->capacity[c] = 0;
        }
        tc->touched[w] = 0;
      }
      if (h->pool) peaks_reset(tc);
      tc->granted_kib = 0;
      tc->misses = 0;
      tc->reallocs.store(0, std::memory_order_relaxed);
      tc->reallocs_in_place.store(0, std::memory_order_relaxed);
    }
  }
  h->orphan_count = 0;
  if (keep) {
    keep->orphan = true;
    link_to_heap(keep, &h->orphans);
    h->orphan_count = 1;
  }
  // Larger seat tables, newest first.
  Seat* table = h->stub->seats.load(std::memory_order_relaxed);
  std::size_t n = std::size_t{h->stub->seat_mask.load(std::memory_order_relaxed)} + 1;
  while (table != h->inline_seats && table != no_seats) {
    auto* old = reinterpret_cast<Seat*>(table[n].pointer.load(std::memory_order_relaxed));
    Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(table));
    h->metadata.fetch_sub(s->bytes(), std::memory_order_relaxed);
    h->mapped.fetch_sub(s->bytes(), std::memory_order_relaxed);
    pages::free_span(s, deadline_from(h, os::now_coarse_ns()));
    table = old;
    n /= 4;
  }
  for (Seat& s : h->inline_seats) {
    s.pointer.store(0, std::memory_order_relaxed);
    s.cache.store(nullptr, std::memory_order_relaxed);
  }
}

// A thread ends: each of its caches waits, warm, for the next thread; beyond a few they are emptied
// and go back.
void on_thread_exit(os::Thread* t) {
  os::SlowSection section(t);
  std::uint64_t now = os::now_coarse_ns();
  os::Guard r(registry_lock);
  forget_current();
  reap_dropped(t);
  while (auto* tc = static_cast<ThreadCache*>(t->caches)) {
    auto* h = static_cast<Heap*>(tc->heap);
    detach_from_thread(tc);
    os::Guard g(h->caches_lock);
    leave_seat(h, t->pointer);
    unlink_from_heap(tc, &h->caches);
    tc->orphan = true;
    if (h->orphan_count < kOrphansKept) {
      san::hand_over(h);
      link_to_heap(tc, &h->orphans);
      ++h->orphan_count;
      arm(h);
    } else {
      {
        os::Guard l(tc->lock);
        spill_all(h, tc, false, now);
      }
      cache_release(h, tc);
      arm(h);
    }
  }
}

// In the child of a fork the other threads' caches have no owner any more.
void orphan_all_but(Heap* h, os::Thread* self) {
  ThreadCache* next;
  for (ThreadCache* tc = h->caches; tc; tc = next) {
    next = tc->heap_next;
    if (tc->thread == self && self) continue;
    leave_seat_of(h, tc);
    tc->busy.store(0, std::memory_order_relaxed);
    unlink_from_heap(tc, &h->caches);
    tc->thread = nullptr;
    tc->thread_next = tc->thread_prev = nullptr;
    tc->orphan = true;
    link_to_heap(tc, &h->orphans);
    ++h->orphan_count;
  }
}

void leave_seat_of(Heap* h, ThreadCache* tc) {
  Seat* seats = h->stub->seats.load(std::memory_order_relaxed);
  std::uint32_t mask = h->stub->seat_mask.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i <= mask; ++i)
    if (seats[i].cache.load(std::memory_order_relaxed) == tc) {
      seats[i].pointer.store(0, std::memory_order_relaxed);
      seats[i].cache.store(nullptr, std::memory_order_relaxed);
    }
}

}  // namespace akit::heap
