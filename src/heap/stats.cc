// Statistics: counters are per thread or under locks that misses take anyway, and are summed here.
// No call of the fast path pays for them but one add per allocation.
#include <errno.h>

#include "cache/meta.h"
#include "cache/purger.h"
#include "os/misuse.h"
#include "heap/current.h"
#include "heap/open.h"
#include "heap/nodes_part.h"

namespace akit::heap {
namespace {
void fill_ring(const Ring* r, TieredStats* out) {
  RingSum s = ring_sum(r);
  out->used_bytes = s.out_granules << r->shift;
  out->used_peak_bytes = max(r->peak_granules << r->shift, out->used_bytes);
  out->cached_bytes = s.free_granules << r->shift;
  out->allocs_total = r->acquired;
  out->frees_total = s.back_slices;
}

void fill_arena(const Arena* a, TieredStats* out) {
  ArenaSum s = arena_sum(a);
  std::uint64_t capacity = a->capacity;
  out->used_bytes = s.used;
  out->used_peak_bytes = s.used_peak;
  out->cached_bytes = capacity - min(capacity, s.used + s.waste);
  out->allocs_total = a->allocs;
  out->frees_total = a->rewinds + a->resets;
}

void fill_nodes(const Nodes* n, TieredStats* out) {
  for (unsigned i = 0; i < n->count; ++i) {
    out->allocs_total += n->classes()[i].allocs;
    out->frees_total += n->classes()[i].frees;
  }
  out->used_bytes = nodes_out_bytes(n);
  out->used_peak_bytes = max<std::uint64_t>(n->peak, out->used_bytes);
  out->cached_bytes = n->slab_bytes - min<std::uint64_t>(n->slab_bytes, out->used_bytes);
}
}  // namespace

// Reading never blocks a fast path; a call in progress may be missed, so nothing may go below zero.
ClassSum sum_class(Heap* h, unsigned c, std::uint64_t* bins) {
  ClassState& k = h->classes[c];
  ClassSum s{};
  std::uint64_t binned = 0, gets = 0;
  for (ThreadCache* list : {h->caches, h->orphans})
    for (ThreadCache* tc = list; tc; tc = tc->heap_next) {
      os::Guard g(tc->lock);
      binned += cache::bin_count(tc, c);
      gets += gets_of(tc, c);
    }
  os::Guard g(k.lock);
  s.depot = k.depot_blocks;
  s.remote = k.remote;
  s.cached = binned + k.depot_blocks;
  s.used = k.out > s.cached ? k.out - s.cached : 0;
  s.gets = max(gets + gets_retired(h, c), s.used);
  s.misses = min(k.misses, s.gets);
  s.discards = k.discards;
  s.slabs = k.slabs;
  k.peak = max(k.peak, s.used);
  s.peak = k.peak;
  *bins = binned;
  return s;
}

namespace {

bool touched(Heap* h, unsigned c) { return (__atomic_load_n(&h->touched[c / 64], __ATOMIC_RELAXED) >> (c % 64)) & 1; }

// To the outside the classes with natural alignment are part of the ordinary ones of their size.
unsigned natural_twin(unsigned c) {
  for (unsigned k = kFirstNatural; k < kClasses; ++k)
    if (size_of_class(k) == size_of_class(c)) return k;
  return 0;
}

int class_stats(Heap* h, std::size_t index, ClassStats* out) {
  if (index >= kLastSized) return -ENOENT;
  auto c = static_cast<unsigned>(index + 1);  // class 0 has no blocks
  std::uint64_t keep = out->struct_size, bins;
  *out = {};
  out->struct_size = keep;
  os::Guard g(h->caches_lock);
  ClassSum s = sum_class(h, c, &bins);
  unsigned twin = natural_twin(c);
  if (twin) {
    ClassSum t = sum_class(h, twin, &bins);
    s = {s.used + t.used, s.cached + t.cached, s.depot + t.depot, s.remote + t.remote, s.gets + t.gets,
         s.misses + t.misses, s.discards + t.discards, s.slabs + t.slabs, s.peak + t.peak};
  }
  out->block_bytes = size_of_class(c);
  out->used_blocks = s.used;
  out->used_peak_blocks = s.peak;
  out->cached_blocks = s.cached;
  out->gets_total = s.gets;
  out->puts_total = s.gets - min(s.gets, s.used);
  out->hits_total = s.gets - s.misses;
  out->misses_total = s.misses;
  out->discards_total = s.discards;
  out->slabs = s.slabs;
  os::Guard l(h->spans_lock);
  for (Span* span = h->spans; span; span = span->all_next)
    if ((span->cls == c || (twin && span->cls == twin)) && span->role != pages::Role::kDirect) out->mapped_bytes += span->bytes();
  return 0;
}

}  // namespace

void fill_handle(Heap* h, TieredStats* out) {
  std::uint64_t size_keep = out->struct_size;
  *out = {};
  out->struct_size = size_keep;
  os::Guard g(h->caches_lock);
  std::uint64_t tiers[4] = {}, bins_bytes = 0, live = 0, gets = 0;
  for (unsigned c = 1; c < kClasses; ++c) {
    if (!touched(h, c)) continue;
    std::uint64_t bins;
    ClassSum s = sum_class(h, c, &bins);
    std::size_t size = size_of(h, c);
    tiers[tier_of(h, size)] += s.used * size;
    bins_bytes += bins * size;
    out->cached_bytes += s.cached * size;
    out->cache_misses_total += s.misses;
    out->remote_frees_total += s.remote;
    out->remote_pending_bytes += s.depot * size;
    live += s.used;
    gets += s.gets;
  }
  for (unsigned t = 0; t < 4; ++t) tiers[t] += h->direct_bytes[t].load(std::memory_order_relaxed);
  std::uint64_t da = h->direct_allocs.load(std::memory_order_relaxed), df = h->direct_frees.load(std::memory_order_relaxed);
  out->id = h->stub->id;
  out->kind = h->kind;
  out->limit_bytes = h->opt.limit_bytes;
  out->used_bytes = tiers[0] + tiers[1] + tiers[2] + tiers[3];
  std::uint64_t peak = max(h->used_peak.load(std::memory_order_relaxed), out->used_bytes);
  h->used_peak.store(peak, std::memory_order_relaxed);
  out->used_peak_bytes = peak;
  out->metadata_bytes = h->metadata.load(std::memory_order_relaxed);
  out->mapped_bytes = h->mapped.load(std::memory_order_relaxed);
  out->mapped_peak_bytes = max(h->mapped_peak.load(std::memory_order_relaxed), out->mapped_bytes);
  out->mappings = h->spans_count.load(std::memory_order_relaxed);
  out->allocs_total = gets + da;
  out->frees_total = gets - min(gets, live) + min(df, da);
  out->failures_total = h->failures.load(std::memory_order_relaxed);
  out->limit_hits_total = h->limit_hits.load(std::memory_order_relaxed);
  out->misuses_total = h->misuses.load(std::memory_order_relaxed);
  out->maps_total = h->maps.load(std::memory_order_relaxed);
  out->unmaps_total = h->unmaps.load(std::memory_order_relaxed);
  out->purges_total = h->purges.load(std::memory_order_relaxed);
  out->purged_bytes_total = h->purged_bytes.load(std::memory_order_relaxed);
  out->prefaulted_bytes_total = h->prefaulted.load(std::memory_order_relaxed);
  out->small_used_bytes = tiers[0];
  out->medium_used_bytes = tiers[1];
  out->large_used_bytes = tiers[2];
  out->huge_used_bytes = tiers[3];
  out->thread_cache_bytes = bins_bytes;
  out->thread_caches = h->cache_count;
  out->cache_hits_total = gets - min(gets, out->cache_misses_total);
  out->reallocs_total = h->reallocs.load(std::memory_order_relaxed);
  out->reallocs_in_place_total = h->reallocs_in_place.load(std::memory_order_relaxed);
  for (ThreadCache* list : {static_cast<ThreadCache*>(h->caches), static_cast<ThreadCache*>(h->orphans)})
    for (ThreadCache* tc = list; tc; tc = tc->heap_next) {
      out->reallocs_total += tc->reallocs.load(std::memory_order_relaxed);
      out->reallocs_in_place_total += tc->reallocs_in_place.load(std::memory_order_relaxed);
    }
  out->huge_fallbacks_total = h->huge_fallbacks.load(std::memory_order_relaxed);
  if (h->ring) fill_ring(h->ring, out);
  if (h->arena) fill_arena(h->arena, out);
  if (h->nodes) fill_nodes(h->nodes, out);
}

std::uint64_t cached_blocks(Heap* h) {
  os::Guard g(h->caches_lock);
  std::uint64_t n = 0;
  for (unsigned c = 1; c < kClasses; ++c) {
    std::uint64_t bins;
    if (touched(h, c)) n += sum_class(h, c, &bins).cached;
  }
  return n;
}

std::uint64_t used_blocks(Heap* h, unsigned c) {
  if (!touched(h, c)) return 0;
  os::Guard g(h->caches_lock);
  std::uint64_t bins;
  return sum_class(h, c, &bins).used;
}

akit_tiered* stub_by_id(std::uint64_t id, Kind kind) {
  for (akit_tiered* s = first_live(); s; s = s->next)
    if (s->id == id && s->kind == kind && s->phase.load(std::memory_order_acquire) == Phase::kOpen) return s;
  return nullptr;
}

int stats_get(akit_tiered* stub, TieredStats* out) noexcept {
  Heap* h = checked_heap(stub);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current());
  fill_handle(h, out);
  return 0;
}

std::size_t class_count(akit_tiered* stub) noexcept { return checked_heap(stub) ? kLastSized : 0; }

int class_stats_get(akit_tiered* stub, std::size_t index, ClassStats* out) noexcept {
  Heap* h = checked_heap(stub);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current());
  return class_stats(h, index, out);
}

int stats_by_id(std::uint64_t id, TieredStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindTiered);
  if (!s) return -ENOENT;
  fill_handle(s->heap, out);
  __builtin_memcpy(name, s->heap->name, 64);
  return 0;
}

int class_stats_by_id(std::uint64_t id, std::size_t index, ClassStats* out) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindTiered);
  return s ? class_stats(s->heap, index, out) : -ENOENT;
}

int handle_next(std::uint64_t* id, std::uint32_t* kind) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* best = nullptr;
  for (akit_tiered* s = first_live(); s; s = s->next)
    if (s->id > *id && (!best || s->id < best->id) && s->phase.load(std::memory_order_acquire) == Phase::kOpen) best = s;
  if (!best) return -ENOENT;
  *id = best->id;
  if (kind) *kind = best->kind;
  return 0;
}

int process_stats_get(ProcessStats* out) noexcept {
  std::uint64_t keep = out->struct_size;
  *out = {};
  out->struct_size = keep;
  os::SlowSection section(os::current());
  {
    os::Guard r(registry_lock);
    for (akit_tiered* s = first_live(); s; s = s->next) {
      if (!has_heap(s)) continue;
      TieredStats t{};
      fill_handle(s->heap, &t);
      out->used_bytes += t.used_bytes;
      out->cached_bytes += t.cached_bytes;
      out->metadata_bytes += t.metadata_bytes;
      out->pinned_bytes += s->heap->pinned_bytes.load(std::memory_order_relaxed);
    }
  }
  out->handles = handles_live.load(std::memory_order_relaxed);
  out->handles_created_total = handles_created.load(std::memory_order_relaxed);
  out->mapped_bytes = os::map_counters.bytes.load(std::memory_order_relaxed);
  out->cached_bytes += pages::dirty_bytes() + pages::clean_bytes();
  out->metadata_bytes += meta::bytes_mapped();
  out->table_bytes = map::table_bytes();
  out->mappings = os::map_counters.live.load(std::memory_order_relaxed);
  out->threads = os::thread_count.load(std::memory_order_relaxed);
  out->misuses_total = misuse_count();
  out->purge_thread_running = purger::running();
  out->next_purge_ns = next_round();
  // Bits by AKIT_FEATURE_*: 2 explicit huge pages, 3 membarrier.
  out->features = (os::hugetlb_size() ? 1u << 2 : 0) | (os::membarrier_available() ? 1u << 3 : 0);
  out->page_bytes = os::page_size();
  out->huge_page_bytes = os::hugetlb_size();
  return 0;
}

}  // namespace akit::heap
