// The depot of a class: batches of blocks between thread caches. One lock per batch, no owner test
// and no list per block; whoever allocates next gets them, so a producer is fed by its consumer.
//
// Here every block is checked once: the out bit (slabs) or the entry of the address map (blocks with
// a span of their own) says whether a thread cache could hold it at all. A second free of a block
// that is still free, and a pointer into the middle of one, end here at the latest.
#include <errno.h>

#include "cache/meta.h"
#include "cache/purger.h"
#include "os/sanitizer.h"
#include "tiered/heap.h"

namespace akit::tiered {
namespace {

constexpr std::int64_t kSync = 256 * 1024;

bool check_in(Heap* h, unsigned c, void* p) {
  // No look at the span: in a large drop each would be a cache miss.
  auto a = reinterpret_cast<std::uintptr_t>(p), page = align_down(a, map::kPage);
  if (map::entry_of(a) != entry_for(h, c) || a - page != colour_of(h, c, page)) return false;
  map::set_entries(page, 1, entry_for(h, 0));
  return true;
}

int error_of(Heap* h, void* p, bool slab) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  Span* s = region::span_at(a);
  if (!s || s->owner != h) return ENOENT;
  return slab ? ((a - s->base) % s->stride ? ENOENT : EINVAL) : (a == s->start ? EINVAL : ENOENT);
}

void to_span(Heap* h, unsigned c, void* p, bool slab, std::uint64_t stamp) {
  if (slab) return slab_return(h, c, p, stamp);
  ClassState& k = h->classes[c];
  --k.out;
  ++k.discards;
  h->taken_bytes.fetch_sub(size_of_class(c), std::memory_order_relaxed);
  k.slabs = k.slabs - 1;
  block_free(h, region::span_at(reinterpret_cast<std::uintptr_t>(p)), stamp);
}

// The heap's sum is shared by all classes and threads, so it hears of changes in larger steps.
void count_blocks(Heap* h, ClassState& k, std::size_t size, std::int32_t n) {
  k.depot_blocks += static_cast<std::uint32_t>(n);
  k.unsynced += n;
  std::int64_t bytes = k.unsynced * static_cast<std::int64_t>(size);
  if (bytes >= kSync || bytes <= -kSync) {
    h->depot_bytes.fetch_add(static_cast<std::uint64_t>(bytes), std::memory_order_relaxed);
    k.unsynced = 0;
  }
}

Batch* empty_batch(ClassState& k) {
  if (Batch* b = k.spare) {
    k.spare = b->next;
    return b;
  }
  return static_cast<Batch*>(meta::get(sizeof(Batch)));
}

// Only the purger gives batches back; a class in use keeps as many as it needs.
void retire(ClassState& k, Batch* b) {
  b->next = k.spare;
  k.spare = b;
}

std::uint32_t high_of(std::uintptr_t a) { return static_cast<std::uint32_t>(a >> 36); }

// An empty batch at the new end of the depot; NULL when memory is refused.
Batch* next_batch(ClassState& k, std::uint32_t high, const void* from, std::uint64_t stamp) {
  Batch* b = empty_batch(k);
  if (AKIT_UNLIKELY(!b)) return nullptr;
  b->n = 0;
  b->high = high;
  b->from = from;
  b->stamp = stamp;
  b->prev = nullptr;
  b->next = k.depot;
  (k.depot ? static_cast<Batch*>(k.depot)->prev : k.oldest) = b;
  k.depot = b;
  return b;
}

// The batch that this thread will want next was last written by another core, as a rule.
void prefetch_for_write(const Batch* b) {
  for (std::size_t at = 0; at < sizeof(Batch); at += kCacheLine)
    __builtin_prefetch(reinterpret_cast<const char*>(b) + at, 1, 3);
}

}  // namespace

unsigned depot_put(Heap* h, unsigned c, void* const* p, unsigned n, const void* from, std::uint64_t stamp, bool to_spans) {
  ClassState& k = h->classes[c];
  bool slab = is_slab_class(h, c);
  if (h->fruitless.load(std::memory_order_relaxed)) h->fruitless.store(false, std::memory_order_relaxed);
  san::hand_over(&k);
  std::uint64_t held = h->depot_bytes.load(std::memory_order_relaxed);
  // Over the budget blocks go to their spans; with a purge thread it does that at its next tick.
  if (AKIT_UNLIKELY(held > h->opt.cache_bytes) && !(purger::running() && held / 4 <= h->opt.cache_bytes)) to_spans = true;
  unsigned bads = 0;
  void* bad[cache::kMaxCapacity];
  {
    os::Guard g(k.lock);
    map::OutBits bits;
    Batch* b = nullptr;
    std::int32_t batched = 0;
    for (unsigned i = 0; i < n; ++i) {
      auto a = reinterpret_cast<std::uintptr_t>(p[i]);
      bool ok = slab ? bits.clear(a) : check_in(h, c, p[i]);
      if (AKIT_UNLIKELY(!ok)) {
        bad[bads++] = p[i];
        continue;
      }
      if (AKIT_LIKELY(!to_spans) && (!b || b->n == kBatchMax || AKIT_UNLIKELY(high_of(a) != b->high)))
        b = next_batch(k, high_of(a), from, stamp);
      if (AKIT_UNLIKELY(to_spans || !b)) {
        bits.forget();
        to_span(h, c, p[i], slab, stamp);
        continue;
      }
      b->low[b->n++] = static_cast<std::uint32_t>(a >> map::kGrain);
      ++batched;
    }
    if (batched) count_blocks(h, k, size_of_class(c), batched);
    if (Batch* next = k.spare) prefetch_for_write(next);
  }
  for (unsigned i = 0; i < bads; ++i) report(h, error_of(h, bad[i], slab), bad[i]);
  return n - bads;
}

unsigned depot_take(Heap* h, unsigned c, void** out, unsigned want, const void* to) {
  ClassState& k = h->classes[c];
  bool slab = is_slab_class(h, c);
  unsigned n = 0;
  map::OutBits bits;
  while (Batch* b = k.depot) {
    if (b->next) prefetch_for_write(b->next);
    unsigned some = min(want - n, b->n);
    b->n -= some;
    for (unsigned end = b->n + some; end > b->n; ++n) {
      out[n] = b->at(--end);  // freed last, first
      auto a = reinterpret_cast<std::uintptr_t>(out[n]);
      if (slab)
        bits.set(a);
      else
        map::set_entries(align_down(a, map::kPage), 1, entry_for(h, c));
    }
    if (b->from != to) k.remote += some;
    if (b->n) break;
    k.depot = b->next;
    (b->next ? b->next->prev : k.oldest) = nullptr;
    retire(k, b);
    if (n == want) break;
  }
  if (n == 0) return 0;
  count_blocks(h, k, size_of_class(c), -static_cast<std::int32_t>(n));
  san::take_over(&k);
  return n;
}

std::uint64_t depot_flush(Heap* h, unsigned c, std::uint64_t older_than) {
  ClassState& k = h->classes[c];
  bool slab = is_slab_class(h, c);
  std::uint64_t bytes = 0;
  for (;;) {
    // One batch per turn of the lock, so that a thread in need never waits for the whole depot.
    os::Guard g(k.lock);
    Batch* b = k.oldest;
    if (!b || b->stamp > older_than) {
      while (Batch* e = k.spare) {
        k.spare = e->next;
        meta::put(e, sizeof(Batch));
      }
      return bytes;
    }
    k.oldest = b->prev;
    if (b->prev)
      b->prev->next = nullptr;
    else
      k.depot = nullptr;
    count_blocks(h, k, size_of_class(c), -static_cast<std::int32_t>(b->n));
    bytes += b->n * size_of_class(c);
    for (unsigned i = 0; i < b->n; ++i) to_span(h, c, b->at(i), slab, b->stamp);
    retire(k, b);
  }
}

}  // namespace akit::tiered
