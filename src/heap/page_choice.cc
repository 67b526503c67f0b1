// Which page heaps a handle takes from: those of the process, of the region it stands on, or its own.
#include "heap/open.h"

namespace akit::heap {
namespace {

// Page heaps of this handle alone. false: no memory for them.
bool open_own_pages(Heap* h, unsigned plain, unsigned dense, unsigned fork) {
  const Options& o = h->opt;
  h->own_pages = true;
  h->plain_heap = h->huge_heap = h->slab_heap = h->dense_heap = 0;
  h->fixed = o.memory != nullptr;
  h->accounted = h->kind == kKindRegion || h->kind == kKindHuge || h->fixed;
  pages::OwnHeap own{{static_cast<std::uint8_t>(plain), static_cast<std::uint8_t>(fork)},
                     {static_cast<os::Numa>(o.numa_mode), o.numa_nodes, h->name[0] ? h->name : nullptr},
                     h->accounted ? &h->account : nullptr, nullptr, 0, (h->watch & kWatchExact) != 0};
  if (h->fixed) {
    std::uintptr_t at = align_up(reinterpret_cast<std::uintptr_t>(o.memory), os::page_size());
    own.memory = reinterpret_cast<void*>(at);
    own.memory_bytes = align_down(reinterpret_cast<std::uintptr_t>(o.memory) + o.memory_bytes, os::page_size()) - at;
  }
  auto open = [&](unsigned thp) {
    own.kind.thp = static_cast<std::uint8_t>(thp);
    return static_cast<std::uint16_t>(pages::own_heap_open(own));
  };
  h->plain_heap = open(plain);
  if (!h->plain_heap) return false;
  h->huge_heap = plain == dense || h->fixed ? h->plain_heap : open(dense);
  h->slab_heap = h->accounted ? h->plain_heap : open(plain);
  h->dense_heap = h->accounted ? h->huge_heap : plain == dense ? h->slab_heap : open(dense);
  return h->huge_heap && h->slab_heap && h->dense_heap;
}

}  // namespace

void close_own_pages(Heap* h) {
  if (!h->own_pages) return;
  std::uint16_t all[] = {h->plain_heap, h->huge_heap, h->slab_heap, h->dense_heap};
  for (unsigned i = 0; i < 4; ++i) {
    bool seen = all[i] == 0;
    for (unsigned k = 0; k < i; ++k) seen |= all[k] == all[i];
    if (!seen) pages::own_heap_close(all[i]);
  }
  h->own_pages = h->accounted = h->fixed = false;
}

bool choose_pages(Heap* h) {
  const Options& o = h->opt;
  unsigned fork = o.fork_mode == 2 ? 1 : o.fork_mode == 3 ? 2 : 0;
  unsigned plain = o.thp == 2 ? 1 : o.thp == 3 ? 2 : 0;
  unsigned dense = o.thp == 1 ? 0 : o.thp == 3 ? 2 : 1;
  if (h->kind == kKindHuge) plain = dense;
  if (h->region_parent) {
    const Heap* r = h->region_parent;
    h->plain_heap = r->plain_heap;
    h->huge_heap = r->huge_heap;
    h->slab_heap = r->slab_heap;
    h->dense_heap = r->dense_heap;
    h->fixed = r->fixed;
    h->opt.thp = r->opt.thp;
    h->opt.fork_mode = r->opt.fork_mode;
    return true;
  }
  bool own = h->kind == kKindRegion || h->kind == kKindHuge;
  if (own || o.numa_mode != 0 || (o.memory && h->kind != kKindRing && h->kind != kKindArena && h->kind != kKindNodes)) return open_own_pages(h, plain, dense, fork);
  h->plain_heap = static_cast<std::uint16_t>(pages::heap_index(plain, fork, false));
  h->huge_heap = static_cast<std::uint16_t>(pages::heap_index(dense, fork, false));
  h->slab_heap = static_cast<std::uint16_t>(pages::heap_index(plain, fork, true));
  h->dense_heap = static_cast<std::uint16_t>(pages::heap_index(dense, fork, true));
  return true;
}

void open_account(Heap* h) {
  const Options& o = h->opt;
  pages::Account& a = h->account;
  a.mapped = &h->mapped;
  a.mapped_peak = &h->mapped_peak;
  a.limit = o.limit_bytes;
  a.cache_bytes = h->kind == kKindHuge && o.cache_bytes == 0 ? std::uint64_t{64} << 20 : o.cache_bytes;
  a.max_entries = o.max_entries ? o.max_entries : kNone;
  a.max_mappings = o.max_mappings ? o.max_mappings : kNone;
  a.method = static_cast<pages::Method>(o.purge_method);
  for (auto* n : {&a.front_bytes, &a.front_entries, &a.mappings, &a.evictions, &a.rejected, &a.maps, &a.unmaps}) n->store(0, std::memory_order_relaxed);
}

}  // namespace akit::heap
