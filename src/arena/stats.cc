// Statistics of arenas.
#include <errno.h>

#include "arena/arena.h"

namespace akit::arena {

using namespace heap;

namespace {

void fill(Heap* h, ArenaStats* out) {
  TieredStats t{};
  fill_handle(h, &t);
  std::uint64_t keep = out->struct_size;
  *out = {};
  out->struct_size = keep;
#define AKIT_SAME(name) out->name = t.name;
  AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
#undef AKIT_SAME
  if (h->opt.memory) {
    out->mapped_bytes += h->opt.memory_bytes;
    out->mapped_peak_bytes += h->opt.memory_bytes;
    out->mappings += 1;
    out->maps_total += 1;
  }
  const Arena* a = h->arena;
  ArenaSum s = arena_sum(a);
  out->capacity_bytes = a->capacity;
  out->high_water_bytes = s.high_water;
  out->slabs = a->slabs;
  out->dedicated_slabs = a->own_slabs;
  out->tail_waste_bytes = s.waste;
  out->resets_total = a->resets;
  out->rewinds_total = a->rewinds;
  out->fallbacks_total = a->fallbacks;
  out->first_fallback_unix_ns = a->first_fallback_unix_ns;
  out->warnings_total = a->warnings;
}

}  // namespace

int stats_get(akit_arena* arena, ArenaStats* out) noexcept {
  Heap* h = checked_heap(stub(arena), kKindArena);
  if (!h) return -EINVAL;
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  fill(h, out);
  return 0;
}

int stats_by_id(std::uint64_t id, ArenaStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  akit_tiered* s = stub_by_id(id, kKindArena);
  if (!s) return -ENOENT;
  fill(s->heap, out);
  __builtin_memcpy(name, s->heap->name, 64);
  return 0;
}

}  // namespace akit::arena
