// Changing a block's size: in place when the class or the span allows, by moving pages when that is
// cheaper than copying them, else a new block and a copy. Shrinking never fails.
#include <errno.h>

#include "os/sanitizer.h"
#include "heap/bin_ops.h"
#include "heap/current.h"
#include "heap/miss.h"

namespace akit::heap {
namespace {

constexpr std::uint32_t kZero = 1, kNoMove = 2;
// Moving page tables beats memcpy from here (x10 at 1 MiB, x700 at 64 MiB).
constexpr std::size_t kMoveFrom = 256 * 1024;

// One block of class c more is out, as if allocated: its free will be counted.
void take_class(Heap* h, unsigned c) {
  ClassState& k = h->classes[c];
  std::uint64_t bit = std::uint64_t{1} << (c % 64);
  if (!(__atomic_load_n(&h->touched[c / 64], __ATOMIC_RELAXED) & bit)) __atomic_fetch_or(&h->touched[c / 64], bit, __ATOMIC_RELAXED);
  os::Guard g(k.lock);
  ++k.out;
  ++k.gets_retired;
  h->taken_bytes.fetch_add(size_of(h, c), std::memory_order_relaxed);
  k.slabs = k.slabs + 1;
}

// The block keeps its address and its span and gets another size.
void relabel(Heap* h, Span* s, unsigned c, std::size_t usable) {
  unsigned old = s->cls;
  if (s->role == pages::Role::kBlock) {
    {
      os::Guard g(h->classes[old].lock);
      --h->classes[old].out;
      h->taken_bytes.fetch_sub(size_of(h, old), std::memory_order_relaxed);
      h->classes[old].slabs = h->classes[old].slabs - 1;
    }
    take_class(h, c);
    s->cls = static_cast<std::uint8_t>(c);
    s->was_zero = false;
    map::set_entries(align_down(s->start, map::kPage), 1, entry_for(h, c));
  } else {
    count_direct(h, s->usable, false);
    count_direct(h, usable, true);
  }
  s->usable = usable;
}

// A block that no longer starts where its class says has no bin: it is freed to its span.
bool keeps_class(const Heap* h, const Span* s, unsigned c) {
  return s->role != pages::Role::kBlock || (c != 0 && s->start - s->base == colour_of(h, c, s->base));
}

bool plain_span(const Span* s) {
  return !s->guarded && (s->role == pages::Role::kBlock || s->role == pages::Role::kDirect);
}

std::size_t usable_for(const Heap* h, const Span* s, unsigned c, std::size_t n) {
  return s->role == pages::Role::kBlock ? size_of(h, c) : align_up(n, h->kind == kKindTiered ? 16 : os::page_size());
}

bool shrink_in_place(Heap* h, Span* s, std::size_t n) {
  unsigned c = s->role == pages::Role::kBlock ? block_class(h, n) : 0;
  if (!keeps_class(h, s, c)) return false;
  std::size_t usable = usable_for(h, s, c, n), before = s->bytes();
  if (usable >= s->usable) return true;
  pages::heap_of(s).shrink(s, (s->start - s->base + usable + map::kPage - 1) >> map::kPageShift,
                            deadline_from(h, os::now_coarse_ns()));
  uncharge_of(h, s, before - s->bytes());
  relabel(h, s, c, usable);
  return true;
}

bool grow_in_place(Heap* h, Span* s, std::size_t n) {
  unsigned c = s->role == pages::Role::kBlock ? block_class(h, n) : 0;
  if (!keeps_class(h, s, c)) return false;
  std::size_t usable = usable_for(h, s, c, n), before = s->bytes();
  std::size_t bytes = align_up(s->start - s->base + usable, os::page_size());
  if (bytes > before) {
    if (!charge_of(h, s, bytes - before)) return false;
    if (!pages::heap_of(s).extend(s, bytes >> map::kPageShift)) {
      uncharge_of(h, s, bytes - before);
      return false;
    }
  }
  relabel(h, s, c, usable);
  return true;
}

// The pages of the old span become the front of a new one.
void* grow_by_moving(Heap* h, Span* s, std::size_t n) {
  // Where the kernel chooses addresses, another thread could be given the old ones before we let go.
  if (h->fixed || s->guarded || !pages::heap_of(s).keeps(s)) return nullptr;
  // Its offset in the page comes along, so the block gets no bin class: size and pages alone.
  unsigned c = 0;
  bool over_cap = false;
  std::size_t room = n + (s->start - s->base);
  if (unsigned sized = block_class(h, n)) room = size_of(h, sized) + (s->start - s->base);
  // Regions: into empty addresses, since pages that are there would be dropped for those that come.
  Span* t = block_new(h, {room, 0, c, h->kind == kKindRegion, false}, &over_cap);
  std::size_t offset = s->start - s->base;
  if (!t) return nullptr;
  if (!plain_span(t) || t->bytes() < s->bytes() || s->role == pages::Role::kGuarded) {
    block_free(h, t, 0);
    return nullptr;
  }
  if (os::move(s->memory(), s->bytes(), t->memory(), s->bytes()) != 0) {
    block_free(h, t, 0);
    return nullptr;
  }
  if (t->backing == 1) os::advise(t->memory(), t->bytes(), os::Advice::kHuge);
  t->start = t->base + offset;
  t->usable -= offset;
  t->zero = false;
  // The old span: no pages, only addresses.
  unlink_span(h, s);
  map::set_entries(align_down(s->start, map::kPage), 1, 0);
  uncharge_of(h, s, s->bytes());
  if (s->role == pages::Role::kBlock) {
    os::Guard g(h->classes[s->cls].lock);
    --h->classes[s->cls].out;
    h->taken_bytes.fetch_sub(size_of(h, s->cls), std::memory_order_relaxed);
    h->classes[s->cls].slabs = h->classes[s->cls].slabs - 1;
  } else {
    count_direct(h, s->usable, false);
  }
  pages::heap_of(s).free_gone(s);
  h->remaps.fetch_add(1, std::memory_order_relaxed);
  count_direct(h, t->usable, true);
  return reinterpret_cast<void*>(t->start);
}

void* refuse(Heap* h, int error) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  errno = error;
  return nullptr;
}

// A slab block to a slab block, the commonest case, without a look at the span. NULL: not that case.
void* small_realloc(Heap* h, ThreadCache* tc, void* p, std::size_t n, std::size_t* usable) {
  std::uint32_t c = cache::class_of(tc, p);
  if (c - 1 >= kClasses - 1 || !is_slab_class(h, c)) return nullptr;
  unsigned to = class_of_size(n);
  std::size_t old = size_of_class(c);
  if (!is_slab_class(h, to) || !map::is_out(reinterpret_cast<std::uintptr_t>(p))) return nullptr;
  bool stay = n <= old && (n > old / 2 || old <= 64);
  void* q = stay ? p : cache::pop(tc, to);
  if (!q) return nullptr;
  tc->reallocs.store(tc->reallocs.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (stay) {
    tc->reallocs_in_place.store(tc->reallocs_in_place.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (usable) *usable = old;
    return p;
  }
  __builtin_memcpy(q, p, min(old, n));
  if (!cache::push(tc, c, p)) free_class(h, tc, c, p);
  if (usable) *usable = size_of_class(to);
  return q;
}

}  // namespace

// In place, or by moving pages; NULL: neither.
void* resize_span(Heap* h, Span* s, std::size_t n, bool may_move) {
  os::SlowSection section(h->fixed ? os::current_or_null() : os::current());
  if (!h->fixed) arm(h);
  if (n <= s->usable) return shrink_in_place(h, s, n) ? reinterpret_cast<void*>(s->start) : nullptr;
  if (n > PTRDIFF_MAX - (std::size_t{4} << 30)) return nullptr;
  if (grow_in_place(h, s, n)) return reinterpret_cast<void*>(s->start);
  if (!may_move || s->usable < kMoveFrom || (h->watch & (kWatchExact | kWatchTool))) return nullptr;
  return grow_by_moving(h, s, n);
}

void* reallocx(akit_tiered* h, void* p, std::size_t n, std::size_t alignment, std::uint32_t flags, std::size_t* usable) noexcept {
  if (!p) return allocx(h, n, alignment, flags, usable);
  if ((alignment && (!is_pow2(alignment) || alignment > (std::size_t{1} << 30))) || (flags & ~15u)) {
    errno = EINVAL;
    return nullptr;
  }
  ThreadCache* tc = cache_of(h);
  if (!tc) return nullptr;
  auto* heap = static_cast<Heap*>(tc->heap);
  if (AKIT_LIKELY(tc->handle == h && !flags && alignment <= 16 && n - 1 < kMaxSized))
    if (void* q = small_realloc(heap, tc, p, n, usable)) return q;
  Found f = find_block(p);
  if (f.heap != heap) f.error = ENOENT;
  if (!f.error && (heap->watch & kWatchExact)) {
    auto* b = map::exact_byte(reinterpret_cast<std::uintptr_t>(p));
    if (!b || b->load(std::memory_order_relaxed) != 1) f.error = EINVAL;
  }
  if (f.error) {
    report(heap, f.error, p);
    errno = f.error;
    return nullptr;
  }
  heap->reallocs.fetch_add(1, std::memory_order_relaxed);
  std::size_t old = f.usable, want = max<std::size_t>(n, 1);
  bool aligned = (reinterpret_cast<std::uintptr_t>(p) & (max<std::size_t>(alignment, 16) - 1)) == 0;
  void* q = nullptr;
  if (aligned) {
    bool close = want <= old && want > old / 2;
    if (close || (want <= old && (old <= 64 || (flags & kNoMove)))) {
      q = p;
    } else if (plain_span(f.span) && want > heap->opt.medium_max_bytes) {
      q = resize_span(heap, f.span, want, !(flags & kNoMove) && alignment <= 64 && !(heap->watch & kWatchZeroFree));
    }
  }
  if (q) {
    if (q == p) heap->reallocs_in_place.fetch_add(1, std::memory_order_relaxed);
    std::size_t now = find_block(q).usable;
    if (heap->watch & kWatchTool) {
      san::on_release(q, now);
      san::on_alloc(q, usable ? now : want);
    }
    bool zero = (flags & kZero) || (heap->watch & kWatchZeroAlloc);
    if (zero && now > old) __builtin_memset(static_cast<char*>(q) + old, 0, now - old);
    if (usable) *usable = now;
    return q;
  }
  if (flags & kNoMove) return refuse(heap, ENOMEM);
  if (heap->watch & kWatchClosing) {
    errno = ESHUTDOWN;
    return nullptr;
  }
  std::size_t got = 0;
  int saved = errno;
  q = allocx(h, n, alignment, flags & ~kZero, &got);
  if (!q) {
    if (want > old || !aligned) return nullptr;
    errno = saved;  // no smaller block to be had: the larger one is good
    if (usable) *usable = old;
    return p;
  }
  std::size_t keep = min(old, got);
  if (heap->watch & kWatchTool) san::on_release(p, old);
  __builtin_memcpy(q, p, keep);
  if ((flags & kZero) && got > keep) __builtin_memset(static_cast<char*>(q) + keep, 0, got - keep);
  free_other(h, p);
  if (usable) *usable = got;
  return q;
}

void* default_realloc(void* p, std::size_t n) noexcept {
  if (!p) return alloc_other(default_handle(), n);
  Heap* h = heap_by_owner(map::entry_of(reinterpret_cast<std::uintptr_t>(p)) >> map::kOwnerShift);
  if (!h || !h->stub || h->kind != kKindTiered) {
    misuse(ENOENT, 0, p);
    errno = ENOENT;
    return nullptr;
  }
  return reallocx(h->stub, p, n, 0, 0, nullptr);
}

}  // namespace akit::heap
