// Blocks with a span of their own: the large tier, the huge tier, regions, and every request with an
// alignment, a guard or a size that no bin serves.
#include "heap/heap.h"
#include "os/sanitizer.h"

namespace akit::heap {
namespace {

// Large blocks start at varying cache lines of their first page: blocks that all start at the same
// page offset fight for the same few cache sets. Small ones would pay a page for it too often.
constexpr std::size_t kColourFrom = 512 * 1024 + 1;
constexpr std::size_t kTwoMiB = std::size_t{2} << 20;
constexpr std::size_t kThpFrom = std::size_t{8} << 20;  // below, the last huge page wastes too much

// Both, even when the first is refused: the caller may want them open again.
bool guard_pages(Span* s, bool on) {
  std::size_t unit = os::page_size();
  int front = os::guard(s->memory(), unit, on);
  int back = os::guard(reinterpret_cast<void*>(s->end() - unit), unit, on);
  return front == 0 && back == 0;
}

bool guard_behind(Span* s, bool on) {
  std::size_t unit = os::page_size();
  return os::guard(reinterpret_cast<void*>(s->end() - unit), unit, on) == 0;
}

bool on_huge_pages(const Heap* h, const BlockRequest& r) {
  return !r.guarded && (h->huge_parent || h->opt.hugetlb_mode == 1 || h->opt.hugetlb_mode == 2);
}

}  // namespace

void finish_block(Heap* h, Span* s, unsigned cls, std::size_t usable, std::uintptr_t start) {
  s->cls = static_cast<std::uint8_t>(cls);
  s->usable = usable;
  s->start = start;
  if (s->role != pages::Role::kHugetlb && s->role != pages::Role::kGuarded)
    s->role = cls ? pages::Role::kBlock : pages::Role::kDirect;
  link_span(h, s);
  map::set_entries(align_down(start, map::kPage), 1, entry_for(h, cls));
  // The page of the start must name the span even when it is neither its first nor its last.
  map::set_span(align_down(start, map::kPage), s->number);
}

unsigned block_class(const Heap* h, std::size_t n) {
  if (h->kind == kKindHuge || h->pool || h->fixed) return 0;
  if (h->kind == kKindTiered) {
    unsigned c = n > kMaxSized ? 0 : class_of_size(n);
    return c > h->last_medium ? c : 0;
  }
  std::size_t whole = align_up(n, os::page_size());
  if (n == 0 || whole > kMaxExtent) return 0;
  unsigned c = extent_class(whole);
  return (extent_size(c) - whole) * 1000 <= whole * h->opt.max_waste_permille ? c : 0;
}

bool pages_are_full(Heap* h, unsigned heap, std::size_t bytes) {
  const pages::Account* a = heap >= pages::kHeaps ? pages::heap_at(heap).account() : nullptr;
  if (!a || !a->full(bytes)) return false;
  if (a != &h->account && h->region_parent) h->region_parent->limit_hits.fetch_add(1, std::memory_order_relaxed);
  return true;
}

unsigned tier_of(const Heap* h, std::size_t usable) {
  return usable <= h->opt.small_max_bytes ? 0 : usable <= h->opt.medium_max_bytes ? 1 : usable <= h->opt.large_max_bytes ? 2 : 3;
}

std::size_t colour_of(const Heap* h, unsigned c, std::uintptr_t page) {
  if (h->kind == kKindRegion) return 0;
  std::size_t usable = size_of_class(c);
  if (usable < kColourFrom || (usable >= kThpFrom && tier_of(h, usable) == 3)) return 0;
  return ((page >> map::kPageShift) * 0x9E3779B97F4A7C15u >> 58) * 64;
}

void count_direct(Heap* h, std::size_t usable, bool in) {
  // The bytes last: a handle that waits for its last block may be gone when they are taken off.
  (in ? h->direct_allocs : h->direct_frees).fetch_add(1, std::memory_order_relaxed);
  auto& bytes = h->direct_bytes[tier_of(h, usable)];
  in ? bytes.fetch_add(usable, std::memory_order_relaxed) : bytes.fetch_sub(usable, std::memory_order_release);
}

Span* block_new(Heap* h, const BlockRequest& r, bool* over_cap) {
  std::size_t unit = os::page_size(), grain = h->kind == kKindTiered ? 16 : unit;
  if (r.size > PTRDIFF_MAX - (std::size_t{4} << 30)) return nullptr;
  std::size_t usable = r.cls ? size_of(h, r.cls) : align_up(max<std::size_t>(r.size, 16), grain);
  bool huge_tier = tier_of(h, usable) == 3;
  if (huge_tier && on_huge_pages(h, r)) {
    Heap* source = h->huge_parent ? h->huge_parent : h;
    if (Span* s = huge_block_new(h, source, {r.size, r.alignment, r.zeroed, r.no_cache}, over_cap)) return s;
    if (*over_cap || h->huge_parent || h->opt.hugetlb_mode == 1) return nullptr;  // REQUIRE: no fallback
  }
  std::size_t bytes = align_up(usable, unit);
  bool thp = huge_tier && (usable >= kThpFrom || (h->kind == kKindRegion && usable % kTwoMiB == 0) || h->kind == kKindHuge);
  std::size_t alignment = max(r.alignment, thp && !h->fixed ? kTwoMiB : std::size_t{0});
  bool between = r.guarded && h->kind == kKindTiered, behind = (r.guarded || h->opt.guard) && h->kind == kKindRegion;
  if (between) {
    bytes += unit + max(unit, r.alignment);  // a page on each side, and an aligned start behind the first
  } else if (behind || (r.cls && usable >= kColourFrom && !thp && h->kind == kKindTiered)) {
    bytes += unit;
  }
  if (r.beyond_cap) {
    charge_beyond(h, bytes);
  } else if (!charge_span(h, bytes)) {
    *over_cap = true;
    return nullptr;
  }
  unsigned heap = thp ? h->huge_heap : h->plain_heap;
  Span* s = pages::alloc_span(heap, bytes >> map::kPageShift, alignment, r.zeroed, r.may_map);
  if (!s || ((h->watch & kWatchExact) && !map::cover(s->base, s->bytes(), false, true))) {
    if (s) pages::free_span(s, 0);
    if (!s && r.may_map) *over_cap = pages_are_full(h, heap, bytes);
    uncharge_span(h, bytes);
    return nullptr;
  }
  if (s->bytes() > bytes && !h->accounted) charge(h, s->bytes() - bytes) ? void() : (void)h->mapped.fetch_add(s->bytes() - bytes);
  s->backing = thp ? 1 : 0;
  s->reason = pages::kNoReason;
  s->guarded = s->freed = s->was_zero = false;
  s->no_cache = r.no_cache;
  s->pins = 0;
  s->role = between ? pages::Role::kGuarded : pages::Role::kNone;  // the record may have had another one before
  std::uintptr_t start = s->base + (r.cls ? colour_of(h, r.cls, s->base) : 0);
  if (between) {
    // Right against the page behind, as far as alignment allows: overruns fault at once.
    std::uintptr_t a = max<std::size_t>(r.alignment, 16);
    start = align_down(s->end() - unit - usable, a);
    s->zero = false;
  }
  if ((between && !guard_pages(s, true)) || (behind && !guard_behind(s, true))) {
    uncharge_span(h, s->bytes());
    bool open = between ? guard_pages(s, false) : guard_behind(s, false);
    open ? pages::free_span(s, 0) : pages::heap_of(s).drop(s);
    return nullptr;
  }
  s->guarded = behind;
  if (!between) wipe_foreign(h, s);
  finish_block(h, s, r.cls, usable, start);
  return s;
}

void wipe_foreign(Heap* h, Span* s) {
  bool shared = !h->own_pages || h->region_parent;
  if (!(h->watch & kWatchZeroFree) || !shared || s->zero || s->page_shift) return;
  san::on_alloc(s->memory(), s->bytes());
  if (s->bytes() <= 64 * 1024 || h->fixed || os::discard(s->memory(), s->bytes()) != 0) __builtin_memset(s->memory(), 0, s->bytes());
}

bool guards_gone(Span* s) {
  if (s->role == pages::Role::kGuarded) return guard_pages(s, false);
  if (!s->guarded) return true;
  s->guarded = false;
  return guard_behind(s, false);
}

void block_free(Heap* h, Span* s, std::uint64_t stamp) {
  if (s->role == pages::Role::kHugetlb) return huge_block_free(h, s, stamp);
  if (!guards_gone(s)) {  // cannot be opened again: the range leaves for good
    unlink_span(h, s);
    map::set_entries(align_down(s->start, map::kPage), 1, 0);
    uncharge_span(h, s->bytes());
    pages::heap_of(s).drop(s);
    return;
  }
  release_span(h, s, stamp);
}

}  // namespace akit::heap
