// What a push that missed does, and frees that the fast path could not place.
#include <errno.h>

#include "heap/bin_ops.h"
#include "heap/current.h"
#include "heap/exact.h"
#include "heap/miss.h"

namespace akit::heap {

Found find_block(const void* p) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  Found f{nullptr, nullptr, 0, 0, ENOENT};
  if (!p || (a & 15)) return f;
  map::Entry e = map::entry_of(a);
  f.heap = heap_by_owner(e >> map::kOwnerShift);
  if (!f.heap || !f.heap->stub) {
    f.heap = nullptr;
    return f;
  }
  Span* s = pages::span_at(a);
  if (!s || s->owner != f.heap || s->state.load(std::memory_order_acquire) != pages::State::kInUse) return f;
  f.span = s;
  f.cls = e & 0xff;
  f.usable = s->usable;
  if (s->role == pages::Role::kSlab) {
    auto offset = static_cast<std::uint32_t>(a - s->base);
    if (offset % s->stride || offset / s->stride >= s->capacity) return f;
    f.error = map::is_out(a) ? 0 : EINVAL;
  } else if (a == s->start) {
    f.error = is_cached(s) ? EINVAL : 0;
  }
  return f;
}

bool free_class(Heap* h, ThreadCache* tc, unsigned c, void* p) {
  os::SlowSection section(tc->thread);
  arm(h);
  void* out[cache::kMaxCapacity];
  unsigned n = 0;
  {
    os::Guard g(tc->lock);
    if (h->pool) class_tell(h, tc, c, tc->bin[c].load(std::memory_order_relaxed));
    if (attach(h, tc, c)) {
      if (tc->bin[c].load(std::memory_order_relaxed)->load(std::memory_order_relaxed) == p) {
        if (h->pool) class_settle(tc, c);
        report(h, EINVAL, p);
        return false;
      }
      if (!cache::push(tc, c, p)) {
        if (!widen(h, tc, c)) n = take_oldest(tc, c, out, spill_size(tc, c));
        cache::push(tc, c, p);
      }
      if (AKIT_UNLIKELY(h->fruitless.load(std::memory_order_relaxed)))
        h->fruitless.store(false, std::memory_order_relaxed);
    } else {
      out[n++] = p;  // this thread's budget is used up: straight to the depot
    }
    if (h->pool) class_settle(tc, c), pool_count(h, c, -1, 0), peaks_tell(h, tc);
  }
  if (n) depot_put(h, c, out, n, tc, os::now_coarse_ns(), false);
  return true;
}

void free_found(Heap* h, ThreadCache* tc, void* p) {
  Found f = find_block(p);
  if (f.heap != h || f.error) return report(h, f.heap == h ? f.error : ENOENT, p);
  if (f.cls) {
    if (!cache::push(tc, f.cls, p)) free_class(h, tc, f.cls, p);
    return;
  }
  os::SlowSection section(tc->thread);
  count_direct(h, f.usable, false);
  h->fruitless.store(false, std::memory_order_relaxed);
  arm(h);
  block_free(h, f.span, os::now_coarse_ns());
}

// No cache for this thread can be made (memory is refused): straight to the span.
void free_without_cache(Heap* h, void* p) {
  Found f = find_block(p);
  if (f.heap != h || f.error) return report(h, f.heap == h ? f.error : ENOENT, p);
  os::SlowSection section(os::current());
  if (f.cls) {
    depot_put(h, f.cls, &p, 1, nullptr, os::now_coarse_ns(), true);
    return;
  }
  count_direct(h, f.usable, false);
  block_free(h, f.span, os::now_coarse_ns());
}

// ---- entries of the fast path's misses -----------------------------------------------------------

void* alloc_unwatched(Heap* h, ThreadCache* tc, std::size_t n, bool* zeroed, std::size_t* usable) {
  if (AKIT_LIKELY(n <= kMaxSized)) {
    unsigned c = n == 0 ? 1 : class_of_size(n);
    bool direct = (h->huge_parent || h->opt.hugetlb_mode != 3) && c > h->last_large;
    if (!direct) {
      if (usable) *usable = size_of_class(c);
      // Fresh pages are zero: for a block with a span of its own they beat a used block of the bin.
      if (!(*zeroed && c > h->last_medium && c > kLinear))
        if (void* p = cache::pop(tc, c)) {
          *zeroed = false;
          return p;
        }
      return alloc_class(h, tc, c, zeroed);
    }
  }
  if (n > PTRDIFF_MAX) {
    h->failures.fetch_add(1, std::memory_order_relaxed);
    errno = ENOMEM;
    return nullptr;
  }
  void* p = alloc_direct(h, {n, 0, 0, *zeroed, false}, zeroed);
  if (p && usable) *usable = pages::span_at(reinterpret_cast<std::uintptr_t>(p))->usable;
  return p;
}

AKIT_MISS void* alloc_miss(akit_tiered* h, std::size_t n) {
  ThreadCache* tc = cache_of(h);
  if (AKIT_UNLIKELY(!tc)) return nullptr;
  if (AKIT_UNLIKELY(tc->watch_flags)) return watched_alloc(h, tc, n);
  bool zeroed = false;
  return alloc_unwatched(static_cast<Heap*>(tc->heap), tc, n, &zeroed, nullptr);
}

// Another handle than last time: look its cache up, make it the current one.
AKIT_WARM void* alloc_other(akit_tiered* h, std::size_t n) {
#if AKIT_TLS_WORD
  ThreadCache* tc = current_cache;
  if (AKIT_LIKELY(tc->watched == h)) {
    if (AKIT_LIKELY(tc->watch_flags == kWatchExact && n - 1 < kMaxSized))
      if (void* p = exact_pop(tc, class_of_size(n))) return p;
    return watched_alloc(h, tc, n);
  }
#endif
  return alloc_miss(h, n);
}

AKIT_MISS void free_miss(akit_tiered* h, void* p) {
  if (!p) return;
  int saved = errno;
  ThreadCache* tc = current_for(h);
  Heap* heap = AKIT_LIKELY(tc->handle == h) ? static_cast<Heap*>(tc->heap) : checked_heap(h);
  if (AKIT_LIKELY(heap)) {
    if (AKIT_LIKELY(tc->handle == h) || (tc = cache_for(h))) {
      if (AKIT_UNLIKELY(tc->watch_flags)) {
        watched_free(h, tc, p);
      } else {
        auto a = reinterpret_cast<std::uintptr_t>(p);
        map::Leaf* l = map::leaf_of(a);
        if (l && (a >> map::kLeafShift) != tc->leaf_number) cache::remember_leaf(tc, a, l);
        std::uint32_t c = cache::class_of(tc, p);
        if (c >= 1 && c < kClasses) {
          if (!cache::push(tc, c, p)) free_class(heap, tc, c, p);
        } else {
          free_found(heap, tc, p);
        }
      }
    } else {
      free_without_cache(heap, p);
    }
  }
  errno = saved;
}

AKIT_WARM void free_other(akit_tiered* h, void* p) {
#if AKIT_TLS_WORD
  ThreadCache* tc = current_cache;
  if (AKIT_LIKELY(tc->watched == h)) {
    if (AKIT_LIKELY(tc->watch_flags == kWatchExact) && AKIT_LIKELY(exact_push(tc, p))) return;
    return watched_free(h, tc, p);
  }
#endif
  free_miss(h, p);
}

namespace {
// A size that cannot be this block's is reported and the block stays out. Smaller sizes are legal:
// a block that was shrunk in place keeps its class.
bool size_fits(const void* p, std::size_t n) {
  Found f = find_block(p);
  if (f.error || n <= f.usable) return true;  // other errors are the free's to report
  report(f.heap, EINVAL, p);
  return false;
}
}  // namespace

AKIT_MISS void free_sized_other(akit_tiered* h, void* p, std::size_t n) {
  if (!p || !size_fits(p, n)) return;
  ThreadCache* tc = current_for(h);
  if (tc->handle == h) {
    std::uint32_t c = cache::class_of(tc, p);
    if (c < kClasses && cache::push(tc, c, p)) return;
  }
  free_other(h, p);
}

AKIT_MISS void free_any(void* p) {
  if (!p) return;
  map::Entry e = map::entry_of(reinterpret_cast<std::uintptr_t>(p));
  Heap* h = heap_by_owner(e >> map::kOwnerShift);
  if (AKIT_UNLIKELY(!h || !h->stub || h->kind != kKindTiered)) return misuse(ENOENT, 0, p);
  free_other(h->stub, p);
}

AKIT_MISS void free_sized_any(void* p, std::size_t n) {
  if (p && size_fits(p, n)) free_any(p);
}

}  // namespace akit::heap
