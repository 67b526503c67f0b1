// Blocks on explicit huge pages: the chain from giant pages down, the reasons why not, and the cache
// of freed ones. The handle whose policy holds need not be the one that owns the block.
#include <errno.h>

#include "heap/heap.h"
#include "os/huge_pages.h"
#include "os/sanitizer.h"

namespace akit::heap {
namespace {

void note_fallback(Heap* source, pages::Reason why, int error) {
  source->reasons[why].fetch_add(1, std::memory_order_relaxed);
  if (error == 0) return;
  source->fallback_error.store(static_cast<std::uint64_t>(error), std::memory_order_relaxed);
  source->fallback_unix_ns.store(os::now_unix_ns(), std::memory_order_relaxed);
}

void note_populate(Heap* source, std::uint64_t ns) {
  source->populate_ns.fetch_add(ns, std::memory_order_relaxed);
  std::uint64_t most = source->populate_max_ns.load(std::memory_order_relaxed);
  while (ns > most && !source->populate_max_ns.compare_exchange_weak(most, ns, std::memory_order_relaxed)) {
  }
}

// A freed block of exactly this size and kind.
Span* idle_take(Heap* h, std::size_t bytes, std::size_t page, std::size_t alignment) {
  os::Guard g(h->idle_lock);
  for (Span* s = h->idle; s; s = s->next) {
    if (s->bytes() != bytes || s->page_shift != log2_floor(page) || (alignment && s->base % alignment)) continue;
    (s->prev ? s->prev->next : h->idle) = s->next;
    if (s->next) s->next->prev = s->prev;
    s->next = s->prev = nullptr;
    h->idle_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    h->account.front_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    s->freed = false;
    s->zero = false;
    return s;
  }
  return nullptr;
}

// A block that one handle lends another counts in both.
bool charge_both(Heap* h, std::uint64_t bytes) {
  Heap* from = h->huge_parent;
  if (!charge(h, bytes)) return false;
  if (!from) return true;
  if (!charge(from, bytes)) {
    uncharge(h, bytes);
    return false;
  }
  from->lent.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

void uncharge_both(Heap* h, std::uint64_t bytes) {
  uncharge(h, bytes);
  if (Heap* from = h->huge_parent) {
    uncharge(from, bytes);
    from->lent.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

void leave_books(Heap* h, Span* s) {
  unlink_span(h, s);
  map::set_entries(s->base, 1, 0);
  uncharge_both(h, s->bytes());
  Heap* source = h->huge_parent ? h->huge_parent : h;
  source->account.mappings.fetch_sub(1, std::memory_order_relaxed);
  source->account.unmaps.fetch_add(1, std::memory_order_relaxed);
}

void unmap_block(Heap* h, Span* s) {
  leave_books(h, s);
  pages::unmap_hugetlb(s);
}

std::size_t usable_of(const Heap* h, const HugeRequest& r, std::size_t whole) {
  return h->kind == kKindTiered ? align_up(max<std::size_t>(r.size, 16), 16) : whole;
}

struct Attempt {
  Span* span;
  pages::Reason why;  // not
};

Attempt refused(Heap* source, pages::Reason why, int error) {
  note_fallback(source, why, error);
  return {nullptr, why};
}

Attempt on_pages_of(Heap* h, Heap* source, std::size_t page, const HugeRequest& r, bool* over_cap) {
  if (page == 0) return refused(source, pages::kKernel, ENOSYS);
  std::size_t bytes = align_up(max<std::size_t>(r.size, 1), page);
  if (h == source && h->kind == kKindHuge && !r.no_cache)
    if (Span* s = idle_take(h, bytes, page, r.alignment)) {
      h->idle_hits.fetch_add(1, std::memory_order_relaxed);
      return {s, pages::kNoReason};
    }
  if (!charge_both(h, bytes)) {
    *over_cap = true;
    return refused(source, pages::kLimit, ENOMEM);
  }
  // DONTFORK unless COPY was asked for: a child that writes would need a page of the reservation for each.
  pages::HugetlbResult got = pages::map_hugetlb({bytes, page, r.alignment, static_cast<os::Numa>(source->opt.numa_mode),
                                                 source->opt.numa_nodes, !source->opt.copy_asked});
  Span* s = got.span;
  if (!s) {
    uncharge_both(h, bytes);
    return refused(source, got.why, got.error);
  }
  if (source->kind == kKindHuge) source->idle_misses.fetch_add(1, std::memory_order_relaxed);
  note_populate(source, got.populate_ns);
  s->page_shift = static_cast<std::uint8_t>(log2_floor(page));
  s->backing = source->kind == kKindHuge && page == source->opt.giant_page_bytes ? pages::kGiant : pages::kHuge;
  s->reason = pages::kNoReason;
  s->freed = s->guarded = s->was_zero = false;
  s->no_cache = r.no_cache;
  s->pins = 0;
  source->account.mappings.fetch_add(1, std::memory_order_relaxed);
  source->account.maps.fetch_add(1, std::memory_order_relaxed);
  finish_block(h, s, 0, usable_of(h, r, bytes), s->base);
  return {s, pages::kNoReason};
}

// PREFER: not when it wastes more than an eighth.
bool giant_fits(const Heap* source, std::size_t size) {
  std::size_t page = source->opt.giant_page_bytes;
  if (page == 0) return false;
  std::size_t whole = align_up(size, page);
  return (whole - size) * 8 <= size;
}

// Why the kernel will not give transparent huge pages, though they are wished for.
pages::Reason why_no_thp(const Heap* source) {
  os::ThpMode mode = os::thp_mode();
  bool asked = source->opt.thp != 1;  // 1: inherit the system's setting
  return os::thp_size() != 0 && (mode == os::ThpMode::kAlways || (mode == os::ThpMode::kMadvise && asked)) ? pages::kNoReason : pages::kKernel;
}

// Whether huge pages map the block now; where the kernel does not say, as it was asked for.
bool populated_huge(Heap* source, Span* s) {
  void* p = s->memory();
  std::uint64_t began = os::now_ns();
  if (os::advise(p, s->bytes(), os::Advice::kPopulate) == 0) source->prefaulted.fetch_add(s->bytes(), std::memory_order_relaxed);
  note_populate(source, os::now_ns() - began);
  return os::huge_mapped_bytes(p, s->bytes()) >= s->bytes() / 2;
}

// Pages that need no reservation.
Attempt on_other_pages(Heap* h, Heap* source, const HugeRequest& r, bool* over_cap) {
  Span* s = block_new(source, {r.size, r.alignment, 0, r.zeroed, false, r.no_cache}, over_cap);
  if (!s) return refused(source, *over_cap ? pages::kLimit : pages::kKernel, ENOMEM);
  if (h != source) {
    if (!charge(h, s->bytes())) {
      block_free(source, s, 0);
      *over_cap = true;
      return {nullptr, pages::kLimit};
    }
    source->lent.fetch_add(s->bytes(), std::memory_order_relaxed);
    unlink_span(source, s);
    finish_block(h, s, 0, usable_of(h, r, s->usable), s->start);
  }
  (s->zero ? source->idle_misses : source->idle_hits).fetch_add(1, std::memory_order_relaxed);  // used before: it was kept
  bool wished = source->opt.thp != 3 && r.size >= os::thp_size() / 2;  // smaller ones would be mostly waste
  pages::Reason why = wished ? why_no_thp(source) : pages::kNoReason;
  s->backing = wished && why == pages::kNoReason ? pages::kThp : pages::kBase;
  if (source->opt.populate == 1 && !populated_huge(source, s) && s->backing == pages::kThp) {
    s->backing = pages::kBase;
    why = pages::kFragmented;
  }
  if (why != pages::kNoReason) note_fallback(source, why, 0);
  s->reason = why;
  return {s, why};
}

void count_fallback(Heap* source, Span* s, pages::Reason why) {
  if (why == pages::kNoReason) return;
  s->reason = why;
  (source->kind == kKindHuge ? source->fallbacks : source->huge_fallbacks).fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Span* huge_block_new(Heap* h, Heap* source, const HugeRequest& r, bool* over_cap) {
  bool own_policy = source->kind == kKindHuge;
  std::uint32_t giant_mode = own_policy ? source->opt.giant_mode : 3, huge_mode = own_policy ? source->opt.huge_mode : h->opt.hugetlb_mode;
  pages::Reason why = pages::kNoReason;  // the first one: of the largest pages that were wished for
  auto try_pages = [&](std::size_t page) {
    *over_cap = false;
    Attempt a = on_pages_of(h, source, page, r, over_cap);
    if (a.span)
      count_fallback(source, a.span, why);
    else if (why == pages::kNoReason)
      why = a.why;
    return a.span;
  };
  if (giant_mode == 1 || (giant_mode == 2 && giant_fits(source, max<std::size_t>(r.size, 1)))) {
    Span* s = try_pages(source->opt.giant_page_bytes);
    if (s || giant_mode == 1) return s;
  }
  if (huge_mode != 3) {
    Span* s = try_pages(own_policy ? source->opt.huge_page_bytes : os::hugetlb_size());
    if (s || huge_mode == 1) return s;
  }
  if (!own_policy) {
    h->huge_fallbacks.fetch_add(1, std::memory_order_relaxed);
    return nullptr;  // the tiered handle goes on by itself
  }
  *over_cap = false;
  Attempt a = on_other_pages(h, source, r, over_cap);
  if (a.span) count_fallback(source, a.span, why != pages::kNoReason ? why : a.why);
  return a.span;
}

void huge_block_free(Heap* h, Span* s, std::uint64_t stamp) {
  std::uint64_t budget = h->kind == kKindHuge ? h->opt.cache_bytes : 0;  // 0: explicit pages are for others, too
  bool keep = !s->no_cache && !s->freed && budget != 0 && h->stub->phase.load(std::memory_order_relaxed) == Phase::kOpen &&
              s->bytes() <= budget - min(budget, h->account.front_bytes.load(std::memory_order_relaxed));
  if (!keep) {
    if (h->kind == kKindHuge && !s->freed) h->rejected.fetch_add(1, std::memory_order_relaxed);
    return unmap_block(h, s);
  }
  san::on_release(s->memory(), s->bytes());
  s->freed = true;
  s->deadline = deadline_from(h, stamp);
  h->account.front_bytes.fetch_add(s->bytes(), std::memory_order_relaxed);
  h->idle_bytes.fetch_add(s->bytes(), std::memory_order_relaxed);
  os::Guard g(h->idle_lock);
  s->prev = nullptr;
  s->next = h->idle;
  if (s->next) s->next->prev = s;
  h->idle = s;
}

void huge_block_forget(Heap* h, Span* s) {
  os::forget(s->bytes());
  leave_books(h, s);
  pages::forget_hugetlb(s);
}

void huge_blocks_forget(Heap* h) {
  h->account.front_bytes.fetch_sub(h->idle_bytes.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  h->idle = nullptr;
  for (Span* s = h->spans; s;) {
    Span* next = s->all_next;
    if (s->role == pages::Role::kHugetlb) {
      if (!s->freed) {
        count_direct(h, s->usable, false);
        if (h->kind == kKindHuge) h->backing_bytes[s->backing].fetch_sub(s->usable, std::memory_order_relaxed);
      }
      huge_block_forget(h, s);
    }
    s = next;
  }
}

std::uint64_t idle_purge(Heap* h, std::uint64_t older_than) {
  std::uint64_t bytes = 0;
  for (;;) {
    Span* s;
    {
      os::Guard g(h->idle_lock);
      for (s = h->idle; s && s->deadline > older_than; s = s->next) {
      }
      if (!s) return bytes;
      (s->prev ? s->prev->next : h->idle) = s->next;
      if (s->next) s->next->prev = s->prev;
      s->next = s->prev = nullptr;
    }
    bytes += s->bytes();
    h->idle_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
    h->account.front_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
    h->purged_bytes.fetch_add(s->bytes(), std::memory_order_relaxed);
    unmap_block(h, s);
  }
}

}  // namespace akit::heap
