// A little of everything with arenas, going on with what they get when memory is refused.
#pragma once
#include "arena/api.h"
#include "core.h"
#include "os/misuse.h"

extern "C" {
void* akit_arena_alloc(akit_arena*, std::size_t, std::size_t);
std::size_t akit_arena_alloc_n(akit_arena*, std::size_t, std::size_t, std::size_t, void**);
}

namespace core {

struct Arenas {
  akit_arena* h;
  bool may_fail, bounded;
  struct One {
    void* p;
    std::size_t size;
  } one[600];
  unsigned n = 0;

  void keep(void* p, std::size_t size) {
    if (!p) {
      bool exhausted = bounded && (errno == ENOBUFS || errno == EMSGSIZE);
      if (!may_fail && !exhausted) fail("a block of %zu bytes was refused without reason, errno %d", size, errno);
      if (errno != ENOMEM && !exhausted) fail("refused with errno %d", errno);
      return;
    }
    fill(p, size, n);
    one[n] = {p, size};
    ++n;
  }
  void check() const {
    for (unsigned i = 0; i < n; ++i)
      if (!intact(one[i].p, one[i].size, i)) fail("a block of %zu bytes is damaged", one[i].size);
  }
};

inline void fill_up(Arenas& w) {
  static const std::size_t sizes[] = {1, 100, 3000, 20000, 70000, 300000, std::size_t{5} << 20};
  for (std::size_t size : sizes)
    for (int i = 0; i < 4; ++i) w.keep(akit_arena_alloc(w.h, size, i == 3 ? 16384 : 8), size);
  void* many[40];
  std::size_t got = akit_arena_alloc_n(w.h, 5000, 0, 40, many);
  NEED(got == 40 || w.may_fail || w.bounded);
  for (std::size_t i = 0; i < got; ++i) w.keep(many[i], 5000);
}

inline void one_arena(heap::Options o, bool may_fail) {
  o.kind = heap::kKindArena;
  akit_tiered* stub = nullptr;
  int rc = heap::create(o, &stub);
  if (rc != 0) {
    NEED(may_fail && (rc == -ENOMEM || (o.numa_mode && rc == -ENOSYS)));
    return;
  }
  Arenas w{reinterpret_cast<akit_arena*>(stub), may_fail, o.exhaust_mode == 1 || o.memory != nullptr, {}, 0};
  w.keep(akit_arena_alloc(w.h, 64, 0), 64);
  std::uint64_t mark = 0;
  unsigned kept = w.n;
  NEED(arena::mark(w.h, &mark) == 0);
  for (int round = 0; round < 3; ++round) {
    fill_up(w);
    w.check();
    NEED(arena::rewind(w.h, mark) == 0);
    w.n = kept;
    w.check();
  }
  fill_up(w);
  NEED(arena::reset(w.h, 200000) == 0);
  w.n = 0;
  fill_up(w);
  NEED(arena::reset(w.h, 0) == 0);
  w.n = 0;
  NEED(arena::rewind(w.h, mark) == -EINVAL);
  fill_up(w);
  w.check();
  ArenaStats st{};
  NEED(arena::stats_get(w.h, &st) == 0);
  NEED(st.capacity_bytes == st.used_bytes + st.cached_bytes + st.tail_waste_bytes && st.misuses_total == 1);
  NEED(o.limit_bytes == 0 || o.exhaust_mode == 2 || st.mapped_bytes <= o.limit_bytes);
  NEED(heap::destroy(stub, heap::kKindArena, 0) == 0);
  NEED(akit_arena_alloc(w.h, 1, 0) == nullptr && errno == EINVAL);
}

inline void arena_scenario(bool may_fail) {
  misuse_mode(1);
  one_arena({}, may_fail);
  heap::Options o{};
  o.name = "blocks";
  o.zero_mode = 2;
  o.numa_mode = 2;
  o.numa_nodes = 1;
  one_arena(o, may_fail);
  heap::Options capped{};
  capped.limit_bytes = 500000;
  capped.exhaust_mode = 2;
  capped.zero_mode = 1;
  capped.fork_mode = 2;
  capped.prefault_bytes = 300000;
  one_arena(capped, may_fail);
  heap::Options single{};
  single.exhaust_mode = 1;
  single.slab_bytes = 1 << 20;
  single.thp = 2;
  one_arena(single, may_fail);
  static char memory[100000];
  heap::Options lent{};
  lent.memory = memory;
  lent.memory_bytes = sizeof memory;
  lent.exhaust_mode = 2;
  one_arena(lent, may_fail);
  akit_tiered* parent = nullptr;
  heap::Options region{};
  region.kind = heap::kKindRegion;
  int rc = heap::create(region, &parent);
  NEED(rc == 0 || may_fail);
  if (rc != 0) return;
  heap::Options on{};
  on.region = reinterpret_cast<akit_region*>(parent);
  one_arena(on, may_fail);
  NEED(heap::destroy(parent, heap::kKindRegion, 0) == 0);
}

}  // namespace core
