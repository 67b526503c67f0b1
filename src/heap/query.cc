// Questions about a pointer or a size. None touches the block.
#include <errno.h>

#include "os/sanitizer.h"
#include "heap/current.h"
#include "heap/miss.h"
#include "heap/nodes_part.h"

namespace akit::heap {
// The span whose user range contains p, also in the middle of a large block: walk back through the
// map to the page where a span begins.
namespace {
template <class Wanted>
Span* span_around(std::uintptr_t a, Wanted wanted) {
  if (Span* s = pages::span_at(a)) return s;
  map::Leaf* l = map::leaf_of(a);
  if (!l) return nullptr;
  for (std::size_t i = map::page_in_leaf(a) + 1; i-- > 0;)
    if (std::uint32_t n = l->span[i].load(std::memory_order_relaxed)) {
      Span* s = pages::span_by_number(n);
      if (s && wanted(s->state.load(std::memory_order_acquire)) && a >= s->base && a < s->end()) return s;
      // Numbers inside spans that were merged or cut are stale; keep walking, a bounded way.
      if (map::page_in_leaf(a) - i > (std::size_t{1} << 19)) return nullptr;
    }
  return nullptr;
}

}  // namespace

Span* span_around(std::uintptr_t a) {
  return span_around(a, [](pages::State st) { return st == pages::State::kInUse; });
}

bool is_free_page(const Heap* h, std::uintptr_t a) {
  auto free = [](pages::State st) { return st == pages::State::kDirty || st == pages::State::kClean || st == pages::State::kGone; };
  Span* s = h->own_pages && a % os::page_size() == 0 ? span_around(a, free) : nullptr;
  return s && free(s->state.load(std::memory_order_acquire)) && (s->heap == h->plain_heap || s->heap == h->huge_heap);
}

std::size_t usable_size(akit_tiered* h, const void* p) noexcept {
  if (!p) return 0;
  // Hosts ask this as often as they allocate, so the common answers come from the map alone.
  ThreadCache* tc = h ? current_for(h) : current_any_for(p);
  if (AKIT_LIKELY(!h || tc->handle == h)) {
    auto a = reinterpret_cast<std::uintptr_t>(p);
    std::uint32_t c = cache::class_of(tc, p);
    if (AKIT_LIKELY(c - 1 < kClasses - 1)) {
      auto* heap = static_cast<Heap*>(tc->heap);
      bool block = is_slab_class(heap, c) ? map::is_out(a) : a % map::kPage == colour_of(heap, c, align_down(a, map::kPage));
      return block ? size_of_class(c) : 0;
    }
  }
  Heap* heap = h ? checked_heap(h) : nullptr;
  if (h && !heap) return 0;
  Found f = find_block(p);
  if (heap ? f.heap != heap : f.heap && f.heap->kind != kKindTiered) f.error = ENOENT;
  if (!f.error && (f.heap->watch & kWatchExact)) {
    auto* b = map::exact_byte(reinterpret_cast<std::uintptr_t>(p));
    if (!b || b->load(std::memory_order_relaxed) != 1) f.error = EINVAL;
  }
  if (f.error) return 0;  // a question, not a misuse
  if (f.heap->watch & kWatchTool) san::on_alloc(const_cast<void*>(p), f.usable);
  return f.usable;
}

std::size_t good_size(akit_tiered* h, std::size_t n) noexcept {
  if (AKIT_UNLIKELY(current_for(h)->handle != h) && !checked_heap(h)) return 0;
  if (n == 0) return 16;
  if (n > kMaxSized) return n > PTRDIFF_MAX - 15 ? 0 : align_up(n, 16);
  return size_of_class(class_of_size(n));
}

int owns(akit_tiered* h, const void* p) noexcept {
  Heap* heap = checked_heap(h);
  if (!heap) return -EINVAL;
  Span* s = span_around(reinterpret_cast<std::uintptr_t>(p));
  if (!s || s->owner != heap) return 0;
  auto a = reinterpret_cast<std::uintptr_t>(p);
  if (s->role == pages::Role::kSlab) {
    std::size_t i = (a - s->base) / s->stride;
    return i < s->capacity && map::is_out(s->base + i * s->stride);
  }
  return a >= s->start && a < s->start + s->usable && !is_cached(s);
}

namespace {

// 0 free, 1 out, 2 cached. The byte of marks is told in pool/pool.h.
std::uint64_t pool_state(const Span* s, std::uintptr_t base, std::size_t i) {
  auto mark = [](std::uintptr_t a) {
    auto* marks = map::out_table(a);
    return marks ? __atomic_load_n(map::out_byte(marks, a), __ATOMIC_RELAXED) : 0;
  };
  if (mark(base) == 3) return 1;
  if (mark(base + map::kOwnByte)) return 2;
  return i < s->fresh && !((s->bits[i / 64] >> (i % 64)) & 1) ? 2 : 0;
}

}  // namespace

std::uint64_t tag_at(const Span* s, std::uintptr_t base) {
  std::uint64_t tag = __atomic_load_n(&s->tag, __ATOMIC_RELAXED);
  if (s->role != pages::Role::kSlab || tag == 0) return tag;
  return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(tag) + (base - s->base) / s->stride, __ATOMIC_RELAXED);
}

std::uint64_t policy_node(const Heap* h) {
  const Heap* policy = h->region_parent ? h->region_parent : h;
  bool one_node = is_pow2(policy->opt.numa_nodes) && policy->opt.numa_mode != static_cast<std::uint32_t>(os::Numa::kInterleave);
  return one_node ? lowest_bit(policy->opt.numa_nodes) : kNone;
}

namespace {

int inspect_node(Heap* h, std::uintptr_t a, const Span* s, BlockInfo* out) {
  os::SlowSection section(os::current_or_null());
  os::Guard g(h->spans_lock);
  NodeBlock b = node_around(h->nodes, a);
  if (!b.slab || !h->stub) return -ENOENT;
  std::uint64_t state = is_free(h->nodes, b.base) ? 2 : 1, usable = b.cls->capacity ? b.cls->capacity * h->opt.element_bytes : b.cls->stride;
  *out = {h->stub->id, h->stub->kind, b.base, usable, state, s ? std::uint64_t{s->backing} : 0, s ? std::uint64_t{s->reason} : 0, policy_node(h), 0, 0};
  return 0;
}

}  // namespace

int inspect(const void* p, BlockInfo* out) noexcept {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  Span* s = span_around(a);
  auto* h = s ? static_cast<Heap*>(s->owner) : heap_by_owner(map::entry_of(a) >> map::kOwnerShift);
  if (h && h->nodes) return inspect_node(h, a, s, out);
  if (!s) return -ENOENT;
  if (!h || !h->stub || s->role == pages::Role::kInternal) return -ENOENT;
  std::uintptr_t base = s->start;
  std::uint64_t state = 1;
  if (s->role == pages::Role::kSlab) {
    std::size_t i = (a - s->base) / s->stride;
    if (i >= s->capacity) return -ENOENT;
    base = s->base + i * s->stride;
    if (h->pool)
      state = pool_state(s, base, i);
    else if (!map::is_out(base)) state = i < s->fresh && !((s->bits[i / 64] >> (i % 64)) & 1) ? 2 : 0;
  } else if (a < s->start || a >= s->start + s->usable) {
    return -ENOENT;
  } else if (is_cached(s)) {
    state = 2;
  }
  if (state == 1 && (h->watch & kWatchExact)) {
    auto* b = map::exact_byte(base);
    if (b && b->load(std::memory_order_relaxed) != 1) state = 2;
  }
  *out = {h->stub->id, h->stub->kind, base, s->usable, state, s->backing, s->reason, policy_node(h), state == 1 && s->was_zero, h->pool && state == 1 ? tag_at(s, base) : 0};
  return 0;
}

}  // namespace akit::heap
