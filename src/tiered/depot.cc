// The depot of a class: batches of blocks between thread caches. One lock per batch, no owner test
// and no list per block; whoever allocates next gets them, so a producer is fed by its consumer.
//
// Here every block is checked once: the out bit (slabs) or the entry of the address map (blocks with
// a span of their own) says whether a thread cache could hold it at all. A second free of a block
// that is still free, and a pointer into the middle of one, end here at the latest.
#include <errno.h>

#include "cache/meta.h"
#include "os/sanitizer.h"
#include "tiered/heap.h"

namespace akit::tiered {
namespace {

bool check_in(Heap* h, unsigned c, void* p, bool slab) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  if (slab) return map::mark_in(a);
  Span* s = region::span_at(a);
  if (!s || s->owner != h || s->start != a || map::entry_of(a) != entry_for(h, c)) return false;
  map::set_entries(align_down(a, map::kPage), 1, entry_for(h, 0));
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
  __atomic_store_n(&k.slabs, k.slabs - 1, __ATOMIC_RELAXED);
  block_free(h, region::span_at(reinterpret_cast<std::uintptr_t>(p)), stamp);
}

}  // namespace

unsigned depot_put(Heap* h, unsigned c, void* const* p, unsigned n, const void* from, std::uint64_t stamp, bool to_spans) {
  ClassState& k = h->classes[c];
  bool slab = is_slab_class(h, c);
  std::size_t size = size_of_class(c);
  if (h->fruitless.load(std::memory_order_relaxed)) h->fruitless.store(false, std::memory_order_relaxed);
  san::hand_over(&k);
  if (!to_spans && h->depot_bytes.load(std::memory_order_relaxed) + n * size > h->opt.cache_bytes) to_spans = true;
  Batch* b = to_spans ? nullptr : static_cast<Batch*>(meta::get(sizeof(Batch)));
  unsigned good = 0;
  void* bad[kBatchMax];
  unsigned bads = 0;
  {
    os::Guard g(k.lock);
    for (unsigned i = 0; i < n; ++i) {
      if (AKIT_UNLIKELY(!check_in(h, c, p[i], slab))) {
        bad[bads++] = p[i];
        continue;
      }
      if (b) {
        b->p[good] = p[i];
      } else {
        to_span(h, c, p[i], slab, stamp);
      }
      ++good;
    }
    if (b && good) {
      b->n = good;
      b->from = from;
      b->stamp = stamp;
      b->next = k.depot;
      k.depot = b;
      k.depot_blocks += good;
      h->depot_bytes.fetch_add(good * size, std::memory_order_relaxed);
      b = nullptr;
    }
  }
  if (b) meta::put(b, sizeof(Batch));
  for (unsigned i = 0; i < bads; ++i) report(h, error_of(h, bad[i], slab), bad[i]);
  return good;
}

unsigned depot_take(Heap* h, unsigned c, void** out, unsigned want, const void* to) {
  ClassState& k = h->classes[c];
  Batch* b = k.depot;
  if (!b) return 0;
  bool slab = is_slab_class(h, c);
  unsigned n = min(want, b->n);
  b->n -= n;
  for (unsigned i = 0; i < n; ++i) {
    out[i] = b->p[b->n + i];
    auto a = reinterpret_cast<std::uintptr_t>(out[i]);
    if (slab)
      map::mark_out(a);
    else
      map::set_entries(align_down(a, map::kPage), 1, entry_for(h, c));
  }
  if (b->from != to) h->remote_frees.fetch_add(n, std::memory_order_relaxed);
  k.depot_blocks -= n;
  h->depot_bytes.fetch_sub(n * size_of_class(c), std::memory_order_relaxed);
  if (b->n == 0) {
    k.depot = b->next;
    meta::put(b, sizeof(Batch));
  }
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
    Batch** at = &k.depot;
    while (*at && (*at)->stamp > older_than) at = &(*at)->next;
    Batch* b = *at;
    if (!b) return bytes;
    *at = b->next;
    k.depot_blocks -= b->n;
    h->depot_bytes.fetch_sub(b->n * size_of_class(c), std::memory_order_relaxed);
    bytes += b->n * size_of_class(c);
    for (unsigned i = 0; i < b->n; ++i) to_span(h, c, b->p[i], slab, b->stamp);
    meta::put(b, sizeof(Batch));
  }
}

}  // namespace akit::tiered
