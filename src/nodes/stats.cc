// Statistics of nodes. Nearly all come from what the fast path needs anyway.
#include <errno.h>

#include "nodes/nodes.h"

namespace akit::nodes {

using namespace heap;

namespace {

void fill(Heap* h, NodesStats* out) {
  TieredStats t{};
  fill_handle(h, &t);
  std::uint64_t keep = out->struct_size;
  *out = {};
  out->struct_size = keep;
#define AKIT_SAME(name) out->name = t.name;
  AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
#undef AKIT_SAME
  const Nodes* n = h->nodes;
  if (h->opt.memory) {
    out->mapped_bytes += h->opt.memory_bytes;
    out->mapped_peak_bytes += h->opt.memory_bytes;
  }
  out->nodes_used = out_of(n->classes()[0]);
  for (unsigned i = 0; i < n->count; ++i) {
    const NodeClass& c = n->classes()[i];
    std::uint64_t used = out_of(c), cut = cut_of(c);
    if (i) out->arrays_used += used;
    out->free_bytes += (cut - min(cut, used)) * c.stride;
    out->recycled_total += recycled_of(c);
  }
  out->slabs = n->slab_count;
  out->fallbacks_total = n->fallbacks;
  out->first_fallback_unix_ns = n->first_fallback_unix_ns;
  out->warnings_total = n->warnings;
}

int class_stats(const Heap* h, std::size_t index, ClassStats* out) {
  if (index >= h->nodes->count) return -ENOENT;
  const NodeClass& c = h->nodes->classes()[index];
  std::uint64_t keep = out->struct_size, used = out_of(c), cut = cut_of(c);
  *out = {};
  out->struct_size = keep;
  out->block_bytes = c.stride;
  out->used_blocks = used;
  out->used_peak_blocks = max(peak_of(c), used);
  out->cached_blocks = cut - min(cut, used);
  out->gets_total = c.allocs;
  out->puts_total = out->gets_total - used;
  out->hits_total = recycled_of(c);
  out->misses_total = out->gets_total - min(out->gets_total, out->hits_total);
  out->discards_total = c.lost;
  out->slabs = c.runs;
  out->mapped_bytes = c.run_bytes;
  return 0;
}

}  // namespace

int stats_get(akit_nodes* r, NodesStats* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindNodes);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current());
  fill(h, out);
  return 0;
}

std::size_t class_count(akit_nodes* r) noexcept {
  Heap* h = checked_heap(stub(r), kKindNodes);
  return h ? h->nodes->count : 0;
}

int class_stats_get(akit_nodes* r, std::size_t index, ClassStats* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindNodes);
  return h ? class_stats(h, index, out) : -EINVAL;
}

int stats_by_id(std::uint64_t id, NodesStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindNodes);
  if (!s) return -ENOENT;
  fill(s->heap, out);
  __builtin_memcpy(name, s->heap->name, 64);
  return 0;
}

int class_stats_by_id(std::uint64_t id, std::size_t index, ClassStats* out) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindNodes);
  return s ? class_stats(s->heap, index, out) : -ENOENT;
}

// One slab for what was out at most, and that much resident from the beginning.
int suggest(akit_nodes* r, Options* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindNodes);
  if (!h) return -EINVAL;
  *out = answered(h);
  const Nodes* n = h->nodes;
  std::uint64_t bytes = 0;
  for (unsigned i = 0; i < n->count; ++i) bytes += (peak_of(n->classes()[i]) * n->classes()[i].stride + n->classes()[i].least - 1) / n->classes()[i].least * n->classes()[i].least;
  if (bytes == 0 || h->opt.memory) return 0;
  std::uint64_t slab = std::uint64_t{1} << log2_ceil(max<std::uint64_t>(bytes, 64 * 1024));
  out->slab_bytes = align_up(min(slab, std::uint64_t{4} << 20), os::page_size());
  if (!h->huge_parent) out->prefault_bytes = align_up(bytes, os::page_size());
  return 0;
}

}  // namespace akit::nodes
