// Slabs: one span cut into blocks of one class, with a bit per free block, all out of line.
#include "cache/meta.h"
#include "os/sanitizer.h"
#include "heap/heap.h"

namespace akit::heap {
namespace {

constexpr std::size_t kFirstSlab = 4096;          // small handles stay small: 10,000 of them fit in 1 GiB
constexpr std::size_t kSlab = 64 * 1024;          // later ones
constexpr std::uint64_t kDenseAfter = 32u << 20;   // a handle that big gets its slabs from huge-page memory
constexpr unsigned kFewest = 8;
constexpr std::size_t kLargestStride = 64 * 1024 + 64;  // of a medium threshold at its most

std::size_t words(std::uint32_t capacity) { return (capacity + 63) / 64; }

// Pages of a full-grown slab: 64 KiB or eight blocks at least, and up to 64 KiB more where that leaves
// less behind the last block.
struct FullPages {
  std::uint8_t of[kClasses];
  constexpr FullPages() : of{} {
    for (unsigned c = 1; c < kClasses; ++c) {
      std::size_t stride = stride_of_class(c), least = max(kSlab, stride * 8) / map::kPage;
      if (stride > kLargestStride) continue;
      std::size_t best = least, best_lost = ~std::size_t{0};
      for (std::size_t n = least; n <= least + 16; ++n) {
        std::size_t lost = (n * map::kPage % stride) * 1024 / n;  // per page
        if (lost < best_lost) best = n, best_lost = lost;
      }
      of[c] = static_cast<std::uint8_t>(best);
    }
  }
};
constexpr FullPages full_pages;

std::size_t slab_bytes(unsigned c, std::uint32_t nth) {
  std::size_t stride = stride_of_class(c), n = kFirstSlab << min(2 * nth, 4u);
  if (n >= kSlab && full_pages.of[c]) return align_up(full_pages.of[c] * map::kPage, os::page_size());
  return align_up(max(n, stride * (stride > 2048 && nth == 0 ? 4 : kFewest)), os::page_size());
}

void push_partial(ClassState& k, Span* s) {
  s->prev = nullptr;
  s->next = k.partial;
  if (s->next) s->next->prev = s;
  k.partial = s;
  s->listed = true;
}
void drop_partial(ClassState& k, Span* s) {
  if (s->prev)
    s->prev->next = s->next;
  else
    k.partial = s->next;
  if (s->next) s->next->prev = s->prev;
  s->next = s->prev = nullptr;
  s->listed = false;
}

void clear_map(Span* s) { map::set_entries(s->base, s->pages, 0); }

}  // namespace

bool charge(Heap* h, std::uint64_t bytes) {
  std::uint64_t now = h->mapped.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (AKIT_UNLIKELY(now > h->opt.limit_bytes)) {
    h->mapped.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  std::uint64_t peak = h->mapped_peak.load(std::memory_order_relaxed);
  while (now > peak && !h->mapped_peak.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  return true;
}
void uncharge(Heap* h, std::uint64_t bytes) { h->mapped.fetch_sub(bytes, std::memory_order_relaxed); }

bool charge_span(Heap* h, std::uint64_t bytes) {
  if (AKIT_UNLIKELY(h->accounted)) return true;
  if (!charge(h, bytes)) return false;
  if (AKIT_UNLIKELY(h->region_parent != nullptr)) h->region_parent->lent.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}
void uncharge_span(Heap* h, std::uint64_t bytes) {
  if (AKIT_UNLIKELY(h->accounted)) return;
  uncharge(h, bytes);
  if (AKIT_UNLIKELY(h->region_parent != nullptr)) h->region_parent->lent.fetch_sub(bytes, std::memory_order_relaxed);
}

// Of a block with a span of its own, which a huge-page handle may have lent.
static bool is_lent(const Heap* h, const Span* s) {
  return AKIT_UNLIKELY(h->huge_parent != nullptr) && pages::heap_of(s).account() == &h->huge_parent->account;
}
bool charge_of(Heap* h, const Span* s, std::uint64_t bytes) {
  if (AKIT_LIKELY(!is_lent(h, s))) return charge_span(h, bytes);
  if (!charge(h, bytes)) return false;
  h->huge_parent->lent.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}
void uncharge_of(Heap* h, const Span* s, std::uint64_t bytes) {
  if (AKIT_LIKELY(!is_lent(h, s))) return uncharge_span(h, bytes);
  uncharge(h, bytes);
  h->huge_parent->lent.fetch_sub(bytes, std::memory_order_relaxed);
}

void link_span(Heap* h, Span* s) {
  s->owner = h;
  h->spans_count.fetch_add(1, std::memory_order_relaxed);
  h->maps.fetch_add(1, std::memory_order_relaxed);
  os::Guard g(h->spans_lock);
  s->all_prev = nullptr;
  s->all_next = h->spans;
  if (s->all_next) s->all_next->all_prev = s;
  h->spans = s;
}
void unlink_span(Heap* h, Span* s) {
  h->spans_count.fetch_sub(1, std::memory_order_relaxed);
  h->unmaps.fetch_add(1, std::memory_order_relaxed);
  os::Guard g(h->spans_lock);
  (s->all_prev ? s->all_prev->all_next : h->spans) = s->all_next;
  if (s->all_next) s->all_next->all_prev = s->all_prev;
  s->all_next = s->all_prev = nullptr;
}

Span* slab_new(Heap* h, unsigned c, bool* over_cap) {
  ClassState& k = h->classes[c];
  std::size_t bytes = slab_bytes(c, k.slabs);
  std::size_t stride = stride_of_class(c);
  if (h->mapped.load(std::memory_order_relaxed) + bytes > h->opt.limit_bytes)
    bytes = align_up(max(kFirstSlab, stride), os::page_size());  // near the cap: the smallest that helps
  if (!charge_span(h, bytes)) {
    *over_cap = true;
    return nullptr;
  }
  bool dense = h->slab_bytes.load(std::memory_order_relaxed) >= kDenseAfter;
  // Natural classes need the alignment of their size, which a page gives.
  Span* s = pages::alloc_span(dense ? h->dense_heap : h->slab_heap, bytes >> map::kPageShift, 4096, false);
  if (!s) {
    *over_cap = pages_are_full(h, dense ? h->dense_heap : h->slab_heap, bytes);
    uncharge_span(h, bytes);
    return nullptr;
  }
  bytes = s->bytes();
  s->stride = static_cast<std::uint32_t>(stride);
  s->capacity = static_cast<std::uint32_t>(bytes / stride);
  s->bits = static_cast<std::uint64_t*>(meta::get(words(s->capacity) * 8));
  if (!s->bits || !map::cover(s->base, bytes, true, (h->watch & kWatchExact) != 0)) {
    if (s->bits) meta::put(s->bits, words(s->capacity) * 8);
    pages::free_span(s, 0);
    uncharge_span(h, bytes);
    return nullptr;
  }
  for (std::size_t i = 0; i < words(s->capacity); ++i) s->bits[i] = 0;
  s->role = pages::Role::kSlab;
  s->cls = static_cast<std::uint8_t>(c);
  s->fresh = s->free_bits = 0;
  s->backing = dense ? 1 : 0;
  s->usable = size_of_class(c);
  link_span(h, s);
  for (std::size_t i = 0; i < s->pages; ++i) map::set_span(s->base + (i << map::kPageShift), s->number);
  map::set_entries(s->base, s->pages, entry_for(h, c));
  h->slab_bytes.fetch_add(bytes, std::memory_order_relaxed);
  if (AKIT_UNLIKELY(h->watch & kWatchTool)) san::on_fresh(reinterpret_cast<void*>(s->base), bytes);
  os::Guard g(k.lock);
  k.slabs = k.slabs + 1;
  push_partial(k, s);
  return s;
}

// Lowest addresses first: neighbours in memory are neighbours in time.
unsigned slab_take(Heap* h, unsigned c, void** out, unsigned want) {
  ClassState& k = h->classes[c];
  unsigned n = 0;
  while (n < want && k.partial) {
    Span* s = k.partial;
    for (std::size_t w = 0; s->free_bits && n < want && w < words(s->capacity); ++w) {
      while (s->bits[w] && n < want) {
        unsigned b = lowest_bit(s->bits[w]);
        s->bits[w] &= s->bits[w] - 1;
        --s->free_bits;
        out[n++] = reinterpret_cast<void*>(s->base + (w * 64 + b) * s->stride);
      }
    }
    while (s->fresh < s->capacity && n < want)
      out[n++] = reinterpret_cast<void*>(s->base + std::size_t{s->fresh++} * s->stride);
    if (s->free_bits == 0 && s->fresh == s->capacity) drop_partial(k, s);
  }
  mark_out(h, c, out, n);
  san::take_over(&k);
  k.out += n;
  h->taken_bytes.fetch_add(n * size_of_class(c), std::memory_order_relaxed);
  return n;
}

void slab_return(Heap* h, unsigned c, void* p, std::uint64_t stamp) {
  ClassState& k = h->classes[c];
  Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(p));
  auto i = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(p) - s->base) / s->stride;
  s->bits[i / 64] |= std::uint64_t{1} << (i % 64);
  ++s->free_bits;
  --k.out;
  ++k.discards;
  h->taken_bytes.fetch_sub(s->usable, std::memory_order_relaxed);
  if (!s->listed) push_partial(k, s);
  // An empty slab leaves, unless it is the last with free blocks of a class that is in use.
  if (s->free_bits == s->fresh && (k.partial != s || s->next || k.out == 0)) {
    drop_partial(k, s);
    k.slabs = k.slabs - 1;
    release_span(h, s, stamp);
  }
}

void release_empty_slabs(Heap* h, unsigned c, std::uint64_t stamp) {
  ClassState& k = h->classes[c];
  for (Span* s = k.partial; s;) {
    Span* next = s->next;
    if (s->free_bits == s->fresh) {
      drop_partial(k, s);
      k.slabs = k.slabs - 1;
      release_span(h, s, stamp);
    }
    s = next;
  }
}

// Everything about a slab but its pages.
void release_slab_record(Heap* h, Span* s) {
  unlink_span(h, s);
  clear_map(s);
  if (s->free_bits != s->fresh) map::clear_marks(s->base, s->bytes());  // dies with blocks out
  h->slab_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
  meta::put(s->bits, words(s->capacity) * 8);
  s->bits = nullptr;
  s->owner = nullptr;
  uncharge_span(h, s->bytes());
}

void release_span(Heap* h, Span* s, std::uint64_t stamp) {
  if (s->role == pages::Role::kSlab) {
    release_slab_record(h, s);
  } else {
    unlink_span(h, s);
    map::set_entries(align_down(s->start, map::kPage), 1, 0);
    if (h->watch & kWatchExact) map::clear_marks(s->start, 16);
    s->owner = nullptr;
    uncharge_of(h, s, s->bytes());
    if (AKIT_UNLIKELY(s->no_cache)) return pages::heap_of(s).give_up(s);
  }
  pages::free_span(s, deadline_from(h, stamp));
}

}  // namespace akit::heap
