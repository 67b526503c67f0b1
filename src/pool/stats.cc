// Statistics of pools. Counters of the fast path lie in the caches of the threads; here they are summed.
#include <errno.h>

#include "os/thread.h"
#include "pool/pool.h"

namespace akit::pool {

using namespace heap;

namespace {

std::uint64_t get(const std::atomic<std::uint64_t>& n) { return n.load(std::memory_order_relaxed); }

// Most that were out at once: what was told, and what the caches have seen since. Under caches_lock.
std::uint64_t peak_of(Heap* h, unsigned c) {
  std::int64_t now = h->pool->out[c].load(std::memory_order_relaxed);
  for (ThreadCache* list : {h->caches, h->orphans})
    for (ThreadCache* tc = list; tc; tc = tc->heap_next) {
      os::Guard g(tc->lock);
      if (c == 0)
        now += tc->most.load(std::memory_order_relaxed);
      else if (tc->bin[c].load(std::memory_order_relaxed) != cache::poison())
        now += told_above(tc, c, tc->low[c].load(std::memory_order_relaxed));
    }
  std::int64_t peak = max(h->pool->peak[c].load(std::memory_order_relaxed), now);
  return peak > 0 ? static_cast<std::uint64_t>(peak) : 0;
}

void fill(Heap* h, PoolStats* out) {
  TieredStats t{};
  fill_handle(h, &t);
  std::uint64_t keep = out->struct_size;
  *out = {};
  out->struct_size = keep;
#define AKIT_SAME(name) out->name = t.name;
  AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
#undef AKIT_SAME
  if (h->opt.memory) out->mapped_bytes += h->opt.memory_bytes, out->mapped_peak_bytes += h->opt.memory_bytes;
  out->pinned_bytes = get(h->pinned_bytes);
  std::uint64_t alone = get(h->direct_allocs) - min(get(h->direct_allocs), get(h->direct_frees)), used = 0;
  os::Guard g(h->caches_lock);
  for (unsigned c = 1; c <= h->pool->count; ++c) {
    std::uint64_t bins;
    ClassSum s = sum_class(h, c, &bins);
    used += s.used;
    out->hits_total += s.gets - s.misses;
    out->misses_total += s.misses;
    out->puts_total += s.gets - s.used;
    out->discards_total += s.discards;
    out->thread_cache_bytes += bins * h->pool->size[c];
    out->reused_bytes_total += (s.gets - s.misses) * h->pool->size[c];
    if (h->opt.zero_mode == 1) out->zeroed_bytes_total += s.gets * h->pool->size[c];
    if (h->opt.zero_mode == 2) out->zeroed_bytes_total += (s.gets - s.used) * h->pool->size[c];
  }
  out->out_buffers = used + alone;
  out->out_peak_buffers = max(peak_of(h, 0), out->out_buffers);
  out->oversize_total = get(h->pool->oversize);
  out->zeroed_bytes_total += get(h->pool->zeroed_bytes);
  out->grown_total = get(h->pool->grown);
  out->fallbacks_total = get(h->fallbacks);
  out->first_fallback_unix_ns = get(h->pool->first_fallback_unix_ns);
}

int class_stats(Heap* h, std::size_t index, ClassStats* out) {
  if (index >= h->pool->count) return -ENOENT;
  auto c = static_cast<unsigned>(index + 1);
  std::uint64_t keep = out->struct_size, bins;
  *out = {};
  out->struct_size = keep;
  os::Guard g(h->caches_lock);
  ClassSum s = sum_class(h, c, &bins);
  out->block_bytes = h->pool->size[c];
  out->used_blocks = s.used;
  out->used_peak_blocks = max(peak_of(h, c), s.used);
  out->cached_blocks = s.cached;
  out->gets_total = s.gets;
  out->puts_total = s.gets - s.used;
  out->hits_total = s.gets - s.misses;
  out->misses_total = s.misses;
  out->discards_total = s.discards;
  out->slabs = s.slabs;
  os::Guard l(h->spans_lock);
  for (Span* span = h->spans; span; span = span->all_next)
    if (span->role == pages::Role::kSlab && span->cls == c) out->mapped_bytes += span->bytes();
  return 0;
}

}  // namespace

int stats_get(akit_pool* r, PoolStats* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindPool);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current());
  fill(h, out);
  return 0;
}

std::size_t class_count(akit_pool* r) noexcept {
  Heap* h = checked_heap(stub(r), kKindPool);
  return h ? h->pool->count : 0;
}

int class_stats_get(akit_pool* r, std::size_t index, ClassStats* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindPool);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current());
  return class_stats(h, index, out);
}

int stats_by_id(std::uint64_t id, PoolStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindPool);
  if (!s) return -ENOENT;
  fill(s->heap, out);
  __builtin_memcpy(name, s->heap->name, 64);
  return 0;
}

int class_stats_by_id(std::uint64_t id, std::size_t index, ClassStats* out) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindPool);
  return s ? class_stats(s->heap, index, out) : -ENOENT;
}

}  // namespace akit::pool
