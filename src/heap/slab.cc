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
constexpr std::size_t kMostBuffers = 32768;  // of one slab of a pool: their bits fit in one record
constexpr std::size_t kLargestPoolSlab = std::size_t{2} << 20;
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

// Whole buffers, as near as can be to what was asked for, or to what has served so far.
std::size_t pool_slab_bytes(const Heap* h, unsigned c, std::uint32_t nth) {
  std::size_t stride = h->pool->stride[c], want = h->opt.slab_bytes;
  if (want == 0) want = h->huge_parent ? kLargestPoolSlab : min(kSlab << min(nth, 5u), kLargestPoolSlab);
  return align_up(min(max<std::size_t>(want / stride, 1), kMostBuffers) * stride, os::page_size());
}

std::size_t slab_bytes(const Heap* h, unsigned c, std::uint32_t nth) {
  if (h->pool) return pool_slab_bytes(h, c, nth);
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

// A pool that may not grow keeps the slabs it has.
bool may_leave(const Heap* h) { return !h->pool || h->opt.exhaust_mode == 0 || h->stub->phase.load(std::memory_order_relaxed) != Phase::kOpen; }

// Its pages, with an account of them. Slabs on explicit huge pages are blocks of their handle first.
Span* slab_pages(Heap* h, std::size_t bytes, bool dense, bool* over_cap) {
  if (h->huge_parent && h->pool) {
    Span* s = huge_block_new(h, h->huge_parent, {bytes, h->opt.alignment, false, false}, over_cap);
    if (!s) return nullptr;
    map::set_entries(align_down(s->start, map::kPage), 1, 0);
    unlink_span(h, s);  // nobody may look at it before it is a slab
    h->maps.fetch_sub(1, std::memory_order_relaxed);
    h->unmaps.fetch_sub(1, std::memory_order_relaxed);
    return s;
  }
  if (!charge_span(h, bytes)) {
    *over_cap = true;
    return nullptr;
  }
  unsigned heap = dense ? h->dense_heap : h->slab_heap;
  // Natural classes need the alignment of their size, which a page gives.
  Span* s = pages::alloc_span(heap, bytes >> map::kPageShift, h->pool ? max<std::size_t>(h->opt.alignment, 4096) : 4096,
                              (h->watch & kWatchZeroFree) != 0);
  if (s) return s;
  *over_cap = pages_are_full(h, heap, bytes);
  uncharge_span(h, bytes);
  return nullptr;
}

void leave_pages(Heap* h, Span* s, std::uint64_t deadline) {
  if (AKIT_UNLIKELY(s->page_shift != 0)) return huge_block_free(h, s, 0);
  s->owner = nullptr;
  uncharge_of(h, s, s->bytes());
  pages::free_span(s, deadline);
}

std::uint64_t* bits_new(Heap* h, const Span* s) {
  if (h->pool && h->pool->page_bits) return h->pool->page_bits + ((s->base - h->pool->memory) >> map::kPageShift);
  return static_cast<std::uint64_t*>(meta::get(words(s->capacity) * 8));
}

void bits_delete(Heap* h, Span* s) {
  if (s->bits && !(h->pool && h->pool->page_bits)) meta::put(s->bits, words(s->capacity) * 8);
  s->bits = nullptr;
}

// From here on no walk over the handle's spans looks into it.
void hide_slab(Heap* h, Span* s) {
  if (AKIT_LIKELY(s->page_shift == 0)) return unlink_span(h, s);
  os::Guard g(h->spans_lock);
  s->role = pages::Role::kHugetlb;
  s->freed = true;
}

void set_all_bits(Span* s) {
  for (std::uint32_t i = 0; i < s->capacity; ++i) s->bits[i / 64] |= std::uint64_t{1} << (i % 64);
}

bool tags_new(Heap* h, Span* s) {
  s->tag = 0;
  if (!(h->watch & kWatchTags)) return true;
  std::size_t bytes = align_up(s->capacity * sizeof(std::uint64_t), os::page_size());
  if (!charge(h, bytes)) return false;
  Span* t = pages::alloc_span(pages::kInternal, bytes >> map::kPageShift, 4096, true);
  if (!t) {
    uncharge(h, bytes);
    return false;
  }
  t->role = pages::Role::kInternal;
  if (!t->zero) __builtin_memset(t->memory(), 0, bytes);
  t->zero = false;
  h->metadata.fetch_add(bytes, std::memory_order_relaxed);
  s->tag = reinterpret_cast<std::uintptr_t>(t->memory());
  return true;
}

void tags_delete(Heap* h, Span* s) {
  if (s->tag == 0) return;
  Span* t = pages::span_at(s->tag);
  uncharge(h, t->bytes());
  h->metadata.fetch_sub(t->bytes(), std::memory_order_relaxed);
  pages::free_span(t, deadline_from(h, os::now_coarse_ns()));
  s->tag = 0;
}
}  // namespace

static void note_mapped(Heap* h, std::uint64_t now) {
  std::uint64_t peak = h->mapped_peak.load(std::memory_order_relaxed);
  while (now > peak && !h->mapped_peak.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

bool charge(Heap* h, std::uint64_t bytes) {
  std::uint64_t now = h->mapped.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (AKIT_UNLIKELY(now > h->opt.limit_bytes)) {
    h->mapped.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  note_mapped(h, now);
  return true;
}
void uncharge(Heap* h, std::uint64_t bytes) { h->mapped.fetch_sub(bytes, std::memory_order_relaxed); }

bool charge_span(Heap* h, std::uint64_t bytes) {
  if (AKIT_UNLIKELY(h->accounted)) return true;
  if (!charge(h, bytes)) return false;
  if (AKIT_UNLIKELY(h->region_parent != nullptr)) h->region_parent->lent.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}
void charge_beyond(Heap* h, std::uint64_t bytes) {
  if (h->accounted) return;
  note_mapped(h, h->mapped.fetch_add(bytes, std::memory_order_relaxed) + bytes);
  if (h->region_parent) h->region_parent->lent.fetch_add(bytes, std::memory_order_relaxed);
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
  std::size_t bytes = slab_bytes(h, c, k.slabs);
  std::size_t stride = stride_of(h, c);
  if (h->mapped.load(std::memory_order_relaxed) + bytes > h->opt.limit_bytes)
    bytes = align_up(max(kFirstSlab, stride), os::page_size());  // near the cap: the smallest that helps
  bool dense = h->slab_bytes.load(std::memory_order_relaxed) >= kDenseAfter && !h->pool;
  Span* s = slab_pages(h, bytes, dense, over_cap);
  // What is left of the caller's memory may still be enough for one buffer.
  if (!s && h->pool && h->opt.memory) s = slab_pages(h, align_up(stride, os::page_size()), dense, over_cap);
  if (!s) return nullptr;
  bytes = s->bytes();
  s->stride = static_cast<std::uint32_t>(stride);
  s->capacity = static_cast<std::uint32_t>(h->pool ? min(bytes / stride, kMostBuffers) : bytes / stride);
  s->bits = bits_new(h, s);
  if (!s->bits || !map::cover(s->base, bytes, true, (h->watch & kWatchExact) != 0) || !tags_new(h, s)) {
    bits_delete(h, s);
    if (s->page_shift) link_span(h, s);  // whoever unmaps it takes it off the list
    leave_pages(h, s, 0);
    return nullptr;
  }
  for (std::size_t i = 0; i < words(s->capacity); ++i) s->bits[i] = 0;
  if (h->pool) set_all_bits(s);
  s->role = pages::Role::kSlab;
  s->cls = static_cast<std::uint8_t>(c);
  s->fresh = s->free_bits = h->pool ? s->capacity : 0;
  s->deadline = kNone;  // of pages under free blocks
  s->pins = 0;
  s->unforked = false;
  wipe_foreign(h, s);
  if (!h->huge_parent || !h->pool) s->backing = dense ? 1 : 0;
  s->usable = size_of(h, c);
  if (h->pool) h->pool->grown.fetch_add(1, std::memory_order_relaxed);
  link_span(h, s);
  for (std::size_t i = 0; i < s->pages; ++i) map::set_span(s->base + (i << map::kPageShift), s->number);
  map::set_entries(s->base, s->pages, entry_for(h, c));
  h->slab_bytes.fetch_add(bytes, std::memory_order_relaxed);
  if (AKIT_UNLIKELY(h->watch & kWatchTool)) san::on_fresh(s->memory(), bytes);
  os::Guard g(k.lock);
  k.slabs = k.slabs + 1;
  push_partial(k, s);
  return s;
}

// Buffers whose states share a cache line do not follow each other, because the next one may well be for
// another thread: every second of 4 KiB first, every fourth of 2 KiB.
void* take_apart(Span* s) {
  constexpr std::size_t kLine = map::kOwnByte * kCacheLine;  // bytes of memory
  static constexpr std::uint64_t kEvery[] = {~std::uint64_t{0}, 0x5555555555555555, 0x1111111111111111, 0x0101010101010101,
                                             0x0001000100010001, 0x0000000100000001};
  unsigned step = s->stride < kLine ? min(log2_ceil((kLine + s->stride - 1) / s->stride), 5u) : 0;
  for (unsigned first = 0; first < 1u << step; ++first)
    for (std::size_t w = 0; w < words(s->capacity); ++w)
      if (std::uint64_t free = s->bits[w] & (kEvery[step] << first)) {
        unsigned b = lowest_bit(free);
        s->bits[w] &= ~(std::uint64_t{1} << b);
        --s->free_bits;
        return reinterpret_cast<void*>(s->base + (w * 64 + b) * s->stride);
      }
  __builtin_unreachable();  // it is on the list of slabs with free blocks
}

// Lowest addresses first: neighbours in memory are neighbours in time.
unsigned slab_take(Heap* h, unsigned c, void** out, unsigned want) {
  ClassState& k = h->classes[c];
  unsigned n = 0;
  while (n < want && k.partial) {
    Span* s = k.partial;
    if (h->pool && want == 1) out[n++] = take_apart(s);  // a warm-up takes neighbours, which one system call makes resident
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
  h->taken_bytes.fetch_add(n * size_of(h, c), std::memory_order_relaxed);
  return n;
}

void slab_return(Heap* h, unsigned c, void* p, std::uint64_t stamp) {
  ClassState& k = h->classes[c];
  Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(p));
  if (!s) __builtin_unreachable();  // its mark was set
  auto i = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(p) - s->base) / s->stride;
  s->bits[i / 64] |= std::uint64_t{1} << (i % 64);
  ++s->free_bits;
  --k.out;
  ++k.discards;
  h->taken_bytes.fetch_sub(s->usable, std::memory_order_relaxed);
  if (!s->listed) push_partial(k, s);
  if (h->pool && has_due_holes(h)) s->deadline = deadline_from(h, stamp), h->pool->holes[c].store(true, std::memory_order_relaxed);
  // An empty slab leaves, unless it is the last with free blocks of a class that is in use.
  if (s->free_bits == s->fresh && (k.partial != s || s->next || k.out == 0) && may_leave(h) && s->pins == 0) {
    drop_partial(k, s);
    k.slabs = k.slabs - 1;
    release_span(h, s, stamp);
  }
}

void release_empty_slabs(Heap* h, unsigned c, std::uint64_t stamp) {
  ClassState& k = h->classes[c];
  for (Span* s = may_leave(h) ? static_cast<Span*>(k.partial) : nullptr; s;) {
    Span* next = s->next;
    if (s->free_bits == s->fresh && s->pins == 0) {
      drop_partial(k, s);
      k.slabs = k.slabs - 1;
      release_span(h, s, stamp);
    }
    s = next;
  }
}

// Everything about a slab but its pages.
void release_slab_record(Heap* h, Span* s) {
  clear_map(s);
  if (s->free_bits != s->fresh || h->pool) map::clear_marks(s->base, s->bytes());  // dies with blocks out
  h->slab_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
  bits_delete(h, s);
  if (h->pool) tags_delete(h, s);
}

void release_span(Heap* h, Span* s, std::uint64_t stamp) {
  if (s->role == pages::Role::kSlab) {
    hide_slab(h, s);
    release_slab_record(h, s);
    return leave_pages(h, s, deadline_from(h, stamp));
  }
  unlink_span(h, s);
  map::set_entries(align_down(s->start, map::kPage), 1, 0);
  if (h->watch & kWatchExact) map::clear_marks(s->start, 16);
  s->owner = nullptr;
  uncharge_of(h, s, s->bytes());
  if (AKIT_UNLIKELY(s->no_cache)) return pages::heap_of(s).give_up(s);
  pages::free_span(s, deadline_from(h, stamp));
}

}  // namespace akit::heap
