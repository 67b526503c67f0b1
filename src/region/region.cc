// Allocating, freeing and resizing regions when the thread's bin does not answer.
#include "region/region.h"

#include <errno.h>

#include "heap/bin_ops.h"
#include "os/keep_errno.h"
#include "os/sanitizer.h"

namespace akit::region {

using namespace heap;

namespace {

constexpr std::size_t kMaxAlignment = std::size_t{1} << 30;
constexpr std::size_t kMaxSize = PTRDIFF_MAX - (std::size_t{8} << 30);
// Wiping a used region is cheaper than faulting in a fresh one, if most of it is used then; larger ones
// may well be sparse.
constexpr std::size_t kWipeUpTo = std::size_t{32} << 20;
// Below, copying into cached memory beats moving pages, whose old place must be mapped and faulted again.
constexpr std::size_t kMoveFrom = std::size_t{4} << 20;

void* refuse(Heap* h, int error) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  errno = error;
  return nullptr;
}

// It reads as zero now. Its first free must come to the slow path, to say that it no longer does.
void note_zero(Heap* h, Span* s) {
  s->was_zero = true;
  if (s->role == pages::Role::kBlock) map::set_entries(s->base, 1, entry_for(h, 0));
}

bool closing(const Heap* h) { return h->stub->phase.load(std::memory_order_acquire) != Phase::kOpen; }

void* from_class(Heap* h, ThreadCache* tc, unsigned c, bool* zeroed) {
  bool fresh = *zeroed && extent_size(c) > kWipeUpTo;
  if (!fresh) {
    *zeroed = false;
    if (void* p = cache::pop(tc, c)) return p;
  }
  return alloc_class(h, tc, c, zeroed);
}

}  // namespace

void* alloc_slow(akit_region* r, std::size_t n, std::size_t alignment, std::uint32_t flags, std::size_t* usable) {
  if (usable) *usable = 0;
  akit_tiered* st = stub(r);
  ThreadCache* tc = current_region_for(st);
  Heap* h = tc->handle == st ? static_cast<Heap*>(tc->heap) : checked_heap(st, kKindRegion);
  if (AKIT_UNLIKELY(!h)) {
    errno = EINVAL;
    return nullptr;
  }
  if ((alignment && (!is_pow2(alignment) || alignment > kMaxAlignment)) || (flags & ~(kZero | kNoCache | kGuard))) return refuse(h, EINVAL);
  if (AKIT_UNLIKELY(closing(h))) return refuse(h, ESHUTDOWN);
  bool zero = (flags & kZero) || (h->watch & kWatchZeroAlloc), zeroed = zero;
  if (h->fixed && (flags & kGuard)) return refuse(h, EINVAL);
  if (h->fixed) return fixed_alloc(h, n, alignment, zero, usable);
  if (n > kMaxSize) return refuse(h, ENOMEM);
  n = max<std::size_t>(n, 1);
  unsigned c = (flags & (kNoCache | kGuard)) || alignment > os::page_size() ? 0 : block_class(h, n);
  void* p;
  std::size_t got;
  if (c) {
    if (tc->handle != st && !(tc = cache_for(st, kKindRegion))) return refuse(h, ENOMEM);
    p = from_class(h, tc, c, &zeroed);
    got = extent_size(c);
  } else {
    arm(h);
    p = alloc_direct(h, {n, alignment, 0, zeroed, (flags & kGuard) != 0, (flags & (kNoCache | kGuard)) != 0}, &zeroed);
    got = p ? pages::span_at(reinterpret_cast<std::uintptr_t>(p))->usable : 0;
  }
  if (!p) return nullptr;
  if (h->watch) watch_out(h, p, usable || zero ? got : n, got, zeroed);
  if (zero && !zeroed) {
    if (!(h->watch & kWatchZeroAlloc)) __builtin_memset(p, 0, got);
    note_zero(h, pages::span_at(reinterpret_cast<std::uintptr_t>(p)));
  }
  if (usable) *usable = got;
  return p;
}

Found find_out(Heap* h, const void* p) {
  Found f = find_block(p);
  if (f.heap != h) f.error = is_free_page(h, reinterpret_cast<std::uintptr_t>(p)) ? EINVAL : ENOENT;
  if (!f.error && (h->watch & kWatchExact)) {
    auto* b = map::exact_byte(reinterpret_cast<std::uintptr_t>(p));
    if (b && b->load(std::memory_order_relaxed) != 1) f.error = EINVAL;
  }
  return f;
}

void free_to_pages(Heap* h, Span* s) {
  if (s->no_cache) h->rejected.fetch_add(1, std::memory_order_relaxed);
  h->fruitless.store(false, std::memory_order_relaxed);
  void* p = reinterpret_cast<void*>(s->start);
  if (h->stub->phase.load(std::memory_order_acquire) == Phase::kLingering) {
    block_free(h, s, os::now_coarse_ns());  // its classes have forgotten it
  } else if (s->role == pages::Role::kBlock) {
    map::set_entries(s->base, 1, entry_for(h, s->cls));
    depot_put(h, s->cls, &p, 1, nullptr, os::now_coarse_ns(), true);
  } else {
    std::size_t usable = s->usable;
    block_free(h, s, os::now_coarse_ns());
    count_direct(h, usable, false);
  }
}

int free_slow(akit_region* r, void* p) {
  if (!p) return 0;
  os::KeepErrno keep;
  akit_tiered* st = stub(r);
  Heap* h = checked_heap(st, kKindRegion, true);
  if (!h) return -EINVAL;
  os::SlowSection section(h->fixed ? os::current_or_null() : os::current());
  Found f = find_out(h, p);
  if (f.error) {
    report(h, f.error, p);
    return -f.error;
  }
  Span* s = f.span;
  {
    os::Guard g(h->spans_lock);
    if (s->pins) {
      s->freed = true;
      h->skipped_pinned.fetch_add(1, std::memory_order_relaxed);
      return 0;
    }
  }
  if ((h->watch & (kWatchExact | kWatchZeroFree | kWatchTool)) && !watch_in(h, p)) return -EINVAL;
  bool ending = closing(h);
  if (ending || s->role != pages::Role::kBlock) {
    if (!ending && !h->fixed) arm(h);
    free_to_pages(h, s);
    if (ending) destroy_if_last(st);
    return 0;
  }
  unsigned c = s->cls;
  if (s->was_zero) {
    s->was_zero = false;
    map::set_entries(s->base, 1, entry_for(h, c));
  }
  ThreadCache* tc = region_cache_of(st);
  if (!tc) {
    free_to_pages(h, s);
    return 0;
  }
  map::Leaf* l = map::leaf_of(s->base);
  if ((s->base >> map::kLeafShift) != tc->leaf_number && tc->handle == st) cache::remember_leaf(tc, s->base, l);
  return cache::push(tc, c, p) || free_class(h, tc, c, p) ? 0 : -EINVAL;
}

namespace {

void* resized(Heap* h, void* q, std::size_t old, bool zero, std::size_t* usable) {
  std::size_t now = find_block(q).usable;
  if (zero && now > old) __builtin_memset(static_cast<char*>(q) + old, 0, now - old);
  if (h->watch & kWatchTool) {
    san::on_release(q, now);
    san::on_alloc(q, now);
  }
  if (usable) *usable = now;
  return q;
}

}  // namespace

void* realloc(akit_region* r, void* p, std::size_t n, std::uint32_t flags, std::size_t* usable) noexcept {
  if (usable) *usable = 0;
  if (flags & ~(kZero | kNoMove)) {
    errno = EINVAL;
    return nullptr;
  }
  if (!p) return alloc_slow(r, n, 0, flags & kZero, usable);
  Heap* h = checked_heap(stub(r), kKindRegion);
  if (!h) {
    errno = EINVAL;
    return nullptr;
  }
  Found f = find_out(h, p);
  if (f.error) {
    report(h, f.error, p);
    return refuse(h, f.error);
  }
  Span* s = f.span;
  if (s->pins) return refuse(h, EBUSY);
  if (n > kMaxSize) return refuse(h, ENOMEM);
  h->reallocs.fetch_add(1, std::memory_order_relaxed);
  std::size_t want = align_up(max<std::size_t>(n, 1), os::page_size()), old = s->usable;
  bool zero = (flags & kZero) || (h->watch & kWatchZeroAlloc), same = s->role == pages::Role::kBlock && block_class(h, want) == s->cls;
  void* q = same || want == old ? p : nullptr;
  bool plain = !s->guarded && (s->role == pages::Role::kBlock || s->role == pages::Role::kDirect);
  // What is left behind would not be wiped.
  bool wipes = (h->watch & kWatchZeroFree) != 0;
  if (!q && plain && !(wipes && want < old)) q = resize_span(h, s, want, !(flags & kNoMove) && !wipes && old >= kMoveFrom);
  if (q) {
    if (q == p) h->reallocs_in_place.fetch_add(1, std::memory_order_relaxed);
    return resized(h, q, old, zero, usable);
  }
  if (flags & kNoMove) return want <= old ? resized(h, p, old, false, usable) : refuse(h, ENOMEM);
  std::size_t got = 0;
  int saved = errno;
  q = alloc_slow(r, want, 0, 0, &got);
  if (!q) {
    if (want > old) return nullptr;
    errno = saved;  // shrinking does not fail
    return resized(h, p, old, false, usable);
  }
  std::size_t keep = min(old, got);
  __builtin_memcpy(q, p, keep);
  if (zero && got > keep) __builtin_memset(static_cast<char*>(q) + keep, 0, got - keep);
  free_slow(r, p);
  if (usable) *usable = got;
  return q;
}

}  // namespace akit::region
