// Blocks with a span of their own: the large tier, the huge tier, and every request with an
// alignment, a guard or a size that no bin serves.
#include "pages/hugetlb.h"
#include "os/sanitizer.h"
#include "heap/heap.h"

namespace akit::heap {
namespace {

// Large blocks start at varying cache lines of their first page: blocks that all start at the same
// page offset fight for the same few cache sets. Small ones would pay a page for it too often.
constexpr std::size_t kColourFrom = 512 * 1024 + 1;
constexpr std::size_t kTwoMiB = std::size_t{2} << 20;
constexpr std::size_t kThpFrom = std::size_t{8} << 20;  // below, the last huge page wastes too much

void finish(Heap* h, Span* s, const BlockRequest& r, std::size_t usable, std::uintptr_t start) {
  s->cls = static_cast<std::uint8_t>(r.cls);
  s->usable = usable;
  s->start = start;
  if (s->role != pages::Role::kHugetlb && s->role != pages::Role::kGuarded)
    s->role = r.cls ? pages::Role::kBlock : pages::Role::kDirect;
  link_span(h, s);
  map::set_entries(align_down(start, map::kPage), 1, entry_for(h, s->role == pages::Role::kBlock ? r.cls : 0));
  // The page of the start must name the span even when it is neither its first nor its last.
  map::set_span(align_down(start, map::kPage), s->number);
}

Span* on_hugetlb(Heap* h, const BlockRequest& r, std::size_t usable, bool* over_cap) {
  std::size_t page = os::hugetlb_size();
  std::size_t bytes = page ? align_up(usable, page) : usable;
  pages::Reason why = pages::kKernel;
  if (page && charge(h, bytes)) {
    bool dont_fork = h->opt.fork_mode != 1;  // DONTFORK is the default for explicit huge pages
    if (Span* s = pages::map_hugetlb(usable, r.alignment, dont_fork, &why)) {
      BlockRequest direct = r;
      direct.cls = 0;
      finish(h, s, direct, usable, s->base);
      return s;
    }
    uncharge(h, bytes);
  } else if (page) {
    *over_cap = true;
  }
  h->huge_fallbacks.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

// Both, even when the first is refused: the caller may want them open again.
bool guard_pages(Span* s, bool open) {
  std::size_t unit = os::page_size();
  int front = os::protect(reinterpret_cast<void*>(s->base), unit, open);
  int back = os::protect(reinterpret_cast<void*>(s->end() - unit), unit, open);
  return front == 0 && back == 0;
}

}  // namespace

unsigned tier_of(const Heap* h, std::size_t usable) {
  return usable <= h->opt.small_max_bytes ? 0 : usable <= h->opt.medium_max_bytes ? 1 : usable <= h->opt.large_max_bytes ? 2 : 3;
}

std::size_t colour_of(const Heap* h, unsigned c, std::uintptr_t page) {
  std::size_t usable = size_of_class(c);
  if (usable < kColourFrom || (usable >= kThpFrom && tier_of(h, usable) == 3)) return 0;
  return ((page >> map::kPageShift) * 0x9E3779B97F4A7C15u >> 58) * 64;
}

void count_direct(Heap* h, std::size_t usable, bool in) {
  auto& bytes = h->direct_bytes[tier_of(h, usable)];
  in ? bytes.fetch_add(usable, std::memory_order_relaxed) : bytes.fetch_sub(usable, std::memory_order_relaxed);
  (in ? h->direct_allocs : h->direct_frees).fetch_add(1, std::memory_order_relaxed);
}

Span* block_new(Heap* h, const BlockRequest& r, bool* over_cap) {
  std::size_t unit = os::page_size();
  std::size_t usable = r.cls ? size_of_class(r.cls) : align_up(max<std::size_t>(r.size, 16), 16);
  if (usable < r.size || usable > PTRDIFF_MAX - (std::size_t{4} << 30)) return nullptr;
  bool huge_tier = tier_of(h, usable) == 3;
  if (huge_tier && (h->opt.hugetlb_mode == 1 || h->opt.hugetlb_mode == 2) && !r.guarded) {
    if (Span* s = on_hugetlb(h, r, usable, over_cap)) return s;
    if (*over_cap || h->opt.hugetlb_mode == 1) return nullptr;  // REQUIRE: no fallback
  }
  std::size_t bytes = align_up(usable, unit);
  bool thp = huge_tier && usable >= kThpFrom;
  std::size_t alignment = max(r.alignment, thp ? kTwoMiB : std::size_t{0});
  if (r.guarded) {
    bytes += unit + max(unit, r.alignment);  // a page on each side, and an aligned start behind the first
  } else if (r.cls && usable >= kColourFrom && !thp) {
    bytes += unit;
  }
  if (!charge(h, bytes)) {
    *over_cap = true;
    return nullptr;
  }
  std::uint8_t heap = thp ? h->huge_heap : h->plain_heap;
  Span* s = pages::alloc_span(heap, bytes >> map::kPageShift, alignment, r.zeroed);
  if (!s || ((h->watch & kWatchExact) && !map::cover(s->base, s->bytes(), false, true))) {
    if (s) pages::free_span(s, 0);
    uncharge(h, bytes);
    return nullptr;
  }
  if (s->bytes() > bytes) charge(h, s->bytes() - bytes) ? void() : (void)h->mapped.fetch_add(s->bytes() - bytes);
  s->backing = thp ? 1 : 0;
  s->role = r.guarded ? pages::Role::kGuarded : pages::Role::kNone;  // the record may have had another one before
  std::uintptr_t start = s->base + (r.cls ? colour_of(h, r.cls, s->base) : 0);
  if (r.guarded) {
    // Right against the page behind, as far as alignment allows: overruns fault at once.
    std::uintptr_t a = max<std::size_t>(r.alignment, 16);
    start = align_down(s->end() - unit - usable, a);
    s->zero = false;
    if (!guard_pages(s, false)) {
      uncharge(h, s->bytes());
      guard_pages(s, true) ? pages::free_span(s, 0) : pages::heap_of(s).drop(s);
      return nullptr;
    }
  }
  finish(h, s, r, usable, start);
  return s;
}

void block_free(Heap* h, Span* s, std::uint64_t stamp) {
  if (s->role == pages::Role::kHugetlb) {
    unlink_span(h, s);
    map::set_entries(s->base, 1, 0);
    uncharge(h, s->bytes());
    pages::unmap_hugetlb(s);
    return;
  }
  if (s->role == pages::Role::kGuarded) {
    if (!guard_pages(s, true)) {  // cannot be opened again: the range leaves for good
      unlink_span(h, s);
      map::set_entries(align_down(s->start, map::kPage), 1, 0);
      uncharge(h, s->bytes());
      pages::heap_of(s).drop(s);
      return;
    }
  }
  release_span(h, s, stamp);
}

}  // namespace akit::heap
