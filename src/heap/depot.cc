// The depot of a class: batches of blocks between thread caches. One lock per batch, no owner test
// and no list per block; whoever allocates next gets them, so a producer is fed by its consumer.
//
// Here every block is checked once: the out bit (slabs) or the entry of the address map (blocks with
// a span of their own) says whether a thread cache could hold it at all. A second free of a block
// that is still free, and a pointer into the middle of one, end here at the latest.
#include <errno.h>

#include "cache/meta.h"
#include "cache/out_bits.h"
#include "cache/purger.h"
#include "os/sanitizer.h"
#include "heap/heap.h"

namespace akit::heap {
namespace {

constexpr std::int64_t kSync = 256 * 1024;

// Blocks with a span of their own: the entry of the address map. No look at the span: in a large drop
// each would be a cache miss.
struct Entries {
  Heap* h;
  unsigned c;
  void set(std::uintptr_t a) { map::set_entries(align_down(a, map::kPage), 1, entry_for(h, c)); }
  bool clear(std::uintptr_t a) {
    std::uintptr_t page = align_down(a, map::kPage);
    if (map::entry_of(a) != entry_for(h, c) || a - page != colour_of(h, c, page)) return false;
    map::set_entries(page, 1, entry_for(h, 0));
    return true;
  }
  void forget() {}
};

// Buffers of pools: their first byte is changed by threads, without a lock; the mark that is changed under
// the lock alone is their second one.
struct SecondBytes {
  map::OutBytes bytes;
  void set(std::uintptr_t a) { bytes.set(a + map::kOwnByte); }
  bool clear(std::uintptr_t a) { return bytes.clear(a + map::kOwnByte); }
  void forget() {}
};

template <class F>
void with_marks(Heap* h, unsigned c, F f) {
  if (h->pool)
    f(SecondBytes());
  else if (!is_slab_class(h, c))
    f(Entries{h, c});
  else if (stride_of_class(c) >= map::kOwnByte)
    f(map::OutBytes());
  else
    f(map::OutWords());
}

int error_of(Heap* h, void* p, bool slab) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  Span* s = pages::span_at(a);
  if (!s || s->owner != h) return ENOENT;
  return slab ? ((a - s->base) % s->stride ? ENOENT : EINVAL) : (a == s->start ? EINVAL : ENOENT);
}

void to_span(Heap* h, unsigned c, void* p, bool slab, std::uint64_t stamp) {
  if (slab) return slab_return(h, c, p, stamp);
  ClassState& k = h->classes[c];
  --k.out;
  ++k.discards;
  h->taken_bytes.fetch_sub(size_of(h, c), std::memory_order_relaxed);
  k.slabs = k.slabs - 1;
  block_free(h, pages::span_at(reinterpret_cast<std::uintptr_t>(p)), stamp);
}

// The heap's sum is shared by all classes and threads, so it hears of changes in larger steps.
void count_blocks(Heap* h, unsigned c, std::int32_t n) {
  ClassState& k = h->classes[c];
  std::size_t size = size_of(h, c);
  k.depot_blocks += static_cast<std::uint32_t>(n);
  if (h->pool) {
    if (n < 0) pool_dismiss(h, c, static_cast<std::uint64_t>(-n));  // admitted beforehand
  } else if (AKIT_UNLIKELY(h->accounted)) {
    h->account.front_bytes.fetch_add(static_cast<std::uint64_t>(static_cast<std::int64_t>(size) * n), std::memory_order_relaxed);
    h->account.front_entries.fetch_add(static_cast<std::uint64_t>(std::int64_t{n}), std::memory_order_relaxed);
  }
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
  bool admitted = false;
  // Over the budget blocks go to their spans; with a purge thread it does that at its next tick.
  if (AKIT_UNLIKELY(h->pool != nullptr)) {
    admitted = !to_spans && pool_admit(h, c, n);
    to_spans = !admitted;
  } else if (AKIT_UNLIKELY(h->accounted)) {
    const pages::Account& a = h->account;
    to_spans |= a.front_bytes.load(std::memory_order_relaxed) + n * size_of(h, c) > a.cache_bytes ||
                a.front_entries.load(std::memory_order_relaxed) + n > a.max_entries;
  } else if (AKIT_UNLIKELY(held > h->opt.cache_bytes) && !(purger::running() && held / 4 <= h->opt.cache_bytes)) to_spans = true;
  unsigned bads = 0;
  void* bad[cache::kMaxCapacity];
  auto put = [&](auto&& marks) {
    Batch* b = nullptr;
    std::int32_t batched = 0;
    for (unsigned i = 0; i < n; ++i) {
      auto a = reinterpret_cast<std::uintptr_t>(p[i]);
      if (AKIT_UNLIKELY(!marks.clear(a))) {
        bad[bads++] = p[i];
        continue;
      }
      if (AKIT_LIKELY(!to_spans) && (!b || b->n == kBatchMax || AKIT_UNLIKELY(high_of(a) != b->high)))
        b = next_batch(k, high_of(a), from, stamp);
      if (AKIT_UNLIKELY(to_spans || !b)) {
        marks.forget();
        to_span(h, c, p[i], slab, stamp);
        continue;
      }
      b->low[b->n++] = static_cast<std::uint32_t>(a >> map::kGrain);
      ++batched;
    }
    if (batched) count_blocks(h, c, batched);
    if (admitted && n != static_cast<unsigned>(batched)) pool_dismiss(h, c, n - static_cast<unsigned>(batched));
  };
  {
    os::Guard g(k.lock);
    with_marks(h, c, put);
    if (Batch* next = k.spare) prefetch_for_write(next);
  }
  for (unsigned i = 0; i < bads; ++i) report(h, error_of(h, bad[i], slab), bad[i]);
  return n - bads;
}

void mark_out(Heap* h, unsigned c, void* const* p, unsigned n) {
  with_marks(h, c, [&](auto&& marks) {
    for (unsigned i = 0; i < n; ++i) marks.set(reinterpret_cast<std::uintptr_t>(p[i]));
  });
}

Taken depot_take(Heap* h, unsigned c, void** out, unsigned want, const ThreadCache* to) {
  ClassState& k = h->classes[c];
  Taken t{nullptr, 0};
  Batch** end = &t.whole;
  while (Batch* b = k.depot) {
    if (b->next) prefetch_for_write(b->next);
    if (b->n > want - t.n) {
      if (t.n) break;
      for (; t.n < want; ++t.n) out[t.n] = b->at(--b->n);
      if (b->from != to) k.remote += t.n;
      break;
    }
    k.depot = b->next;
    (b->next ? b->next->prev : k.oldest) = nullptr;
    if (b->from != to) k.remote += b->n;
    t.n += b->n;
    *end = b;
    end = &b->next;
  }
  *end = nullptr;
  if (t.n == 0) return t;
  count_blocks(h, c, -static_cast<std::int32_t>(t.n));
  san::take_over(&k);
  return t;
}

void depot_unpack(Heap* h, unsigned c, Taken t, void** out, ThreadCache* tc) {
  unsigned n = 0;
  for (Batch* b = t.whole; b;) {
    while (b->n) out[n++] = b->at(--b->n);  // freed last, first
    Batch* next = b->next;
    b->next = static_cast<Batch*>(tc->emptied);
    tc->emptied = b;
    b = next;
  }
  mark_out(h, c, out, t.n);
}

void* depot_take_one(Heap* h, unsigned c) {
  ClassState& k = h->classes[c];
  Batch* b = k.depot;
  if (!b) return nullptr;
  void* p = b->at(--b->n);
  if (b->n == 0) {
    k.depot = b->next;
    (b->next ? b->next->prev : k.oldest) = nullptr;
    retire(k, b);
  }
  count_blocks(h, c, -1);
  san::take_over(&k);
  mark_out(h, c, &p, 1);
  return p;
}

void depot_return_emptied(ClassState& k, ThreadCache* tc) {
  while (auto* b = static_cast<Batch*>(tc->emptied)) {
    tc->emptied = b->next;
    retire(k, b);
  }
}

void depot_free_emptied(ThreadCache* tc) {
  while (auto* b = static_cast<Batch*>(tc->emptied)) {
    tc->emptied = b->next;
    meta::put(b, sizeof(Batch));
  }
}

std::uint64_t depot_flush(Heap* h, unsigned c, std::uint64_t older_than) {
  ClassState& k = h->classes[c];
  bool slab = is_slab_class(h, c);
  std::uint64_t bytes = 0;
  for (;;) {
    // One batch per turn of the lock, so that a thread in need never waits for the whole depot.
    os::Guard g(k.lock);
    Batch* b = k.oldest;
    bool warm = b && h->pool && k.depot_blocks - b->n < h->pool->warm[c];
    if (!b || b->stamp > older_than || warm) {
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
    count_blocks(h, c, -static_cast<std::int32_t>(b->n));
    bytes += b->n * size_of(h, c);
    for (unsigned i = 0; i < b->n; ++i) to_span(h, c, b->at(i), slab, b->stamp);
    retire(k, b);
  }
}

}  // namespace akit::heap
