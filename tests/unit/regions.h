// A little of everything with regions and huge pages, going on with what it gets when memory is refused.
#pragma once
#include "core.h"
#include "huge/api.h"
#include "os/misuse.h"
#include "region/api.h"

extern "C" {
void* akit_region_alloc(akit_region*, std::size_t, std::size_t, std::uint32_t, std::size_t*);
int akit_region_free(akit_region*, void*);
}

namespace core {

enum : std::uint32_t { kZero = 1, kNoMove = 2, kNoCache = 4, kGuard = 8 };

struct Regions {
  akit_region* h;
  bool may_fail;
  struct One {
    void* p;
    std::size_t size;
    unsigned tag;
  } one[64];
  unsigned n = 0;

  bool refused(const void* p, bool fixed) const {
    if (p) return false;
    if (!may_fail && !fixed) fail("a region was refused without reason, errno %d", errno);
    if (errno != ENOMEM && !(fixed && (errno == ENOBUFS || errno == EMSGSIZE))) fail("refused with errno %d", errno);
    return true;
  }
};

inline void use_regions(Regions& w, bool fixed) {
  static const std::size_t sizes[] = {0, 1, 4096, 5000, 65536, 100000, 300000, std::size_t{1} << 20, std::size_t{9} << 18};
  const std::uint32_t flags[] = {0, kZero, kNoCache, fixed ? std::uint32_t{0} : std::uint32_t{kGuard}};
  for (std::size_t n : sizes)
    for (std::uint32_t f : flags) {
      std::size_t usable = 0;
      void* p = akit_region_alloc(w.h, n, n == 5000 ? 65536 : 0, f, &usable);
      if (w.refused(p, fixed)) continue;
      NEED(usable >= n && (n != 5000 || reinterpret_cast<std::uintptr_t>(p) % 65536 == 0));
      if ((f & kZero) && usable < 400000) NEED(all_zero(p, usable));
      fill(p, usable, w.n);
      w.one[w.n] = {p, usable, w.n};
      ++w.n;
    }
  for (unsigned i = 0; i < w.n; i += 2) {
    Regions::One& o = w.one[i];
    std::size_t usable = 0, n = i % 4 ? o.size / 3 + 1 : o.size * 2;
    void* p = region::realloc(w.h, o.p, n, 0, &usable);
    if (w.refused(p, fixed)) continue;
    if (!intact(p, o.size, o.tag, n)) fail("realloc from %zu to %zu lost bytes", o.size, n);
    o = {p, usable, o.tag};
    fill(p, usable, o.tag);
  }
  for (unsigned i = 0; i < w.n; ++i) {
    Regions::One& o = w.one[i];
    if (!intact(o.p, o.size, o.tag)) fail("a region of %zu bytes is damaged", o.size);
    if (i % 5 == 0) {
      NEED(region::pin(w.h, o.p) == 0);
      NEED(akit_region_free(w.h, o.p) == 0);
      NEED(akit_region_free(w.h, o.p) == -EINVAL);
      if (!intact(o.p, o.size, o.tag)) fail("a pinned region of %zu bytes was touched", o.size);
      NEED(region::unpin(w.h, o.p) == 0);
    } else {
      int rc = fixed ? 0 : region::prefault(w.h, o.p, 0, 0);
      NEED(rc == 0 || (w.may_fail && rc == -ENOMEM));
      NEED(akit_region_free(w.h, o.p) == 0);
    }
  }
}

inline void one_region(heap::Options o, bool may_fail) {
  o.kind = heap::kKindRegion;
  akit_tiered* stub = nullptr;
  int rc = heap::create(o, &stub);
  if (rc != 0) {
    NEED(may_fail && (rc == -ENOMEM || (o.numa_mode && rc == -ENOSYS)));
    return;
  }
  Regions w{reinterpret_cast<akit_region*>(stub), may_fail, {}, 0};
  use_regions(w, o.memory != nullptr);
  std::uint64_t bytes;
  NEED(heap::purge(stub, heap::kKindRegion, 0, &bytes) == 0);
  // A heap that stands on it and outlives it.
  heap::Options on{};
  on.region = w.h;
  akit_tiered* child = nullptr;
  rc = heap::create(on, &child);
  NEED(rc == 0 || may_fail);
  void* p = rc == 0 ? akit_tiered_alloc(child, 3000) : nullptr;
  RegionStats st{};
  NEED(region::stats_get(w.h, &st) == 0);
  NEED(st.misuses_total == (st.allocs_total == 0 ? 0 : st.purge_skipped_pinned_total));
  NEED(heap::destroy(stub, heap::kKindRegion, 0) == 0);
  if (p) fill(p, 3000, 1);
  if (rc == 0) NEED(heap::destroy(child, heap::kKindTiered, 0) == 0);
}

inline void one_huge(heap::Options o, bool may_fail) {
  o.kind = heap::kKindHuge;
  akit_tiered* stub = nullptr;
  int rc = heap::create(o, &stub);
  if (rc != 0) {
    NEED(may_fail && rc == -ENOMEM);
    return;
  }
  auto* h = reinterpret_cast<akit_huge*>(stub);
  for (std::size_t n : {std::size_t{1}, std::size_t{3} << 20, std::size_t{4} << 20}) {
    std::uint32_t backing = 9;
    void* p = huge::alloc(h, n, 0, kZero, &backing);
    NEED(p ? backing <= 3 : may_fail && errno == ENOMEM && backing == 0);
    if (!p) continue;
    fill(p, n, 1);
    NEED(huge::free(h, p) == 0);
  }
  heap::Options on{};
  on.huge = h;
  akit_tiered* child = nullptr;
  rc = heap::create(on, &child);
  NEED(rc == 0 || may_fail);
  if (rc == 0) {
    void* p = akit_tiered_alloc(child, std::size_t{5} << 20);
    NEED(p || may_fail);
    if (p) akit_tiered_free(child, p);
    NEED(heap::destroy(child, heap::kKindTiered, 0) == 0);
  }
  NEED(heap::destroy(stub, heap::kKindHuge, 0) == 0);
}

inline void region_scenario(bool may_fail) {
  misuse_mode(1);
  one_region({}, may_fail);
  heap::Options o{};
  o.guard = 1;
  o.zero_mode = 2;
  o.purge_method = 3;
  o.cache_bytes = std::size_t{1} << 20;
  o.numa_mode = 2;
  o.numa_nodes = 1;
  o.name = "regions";
  one_region(o, may_fail);
  heap::Options lazy{};
  lazy.purge_method = 2;
  lazy.max_waste_permille = 20;
  lazy.fork_mode = 2;
  one_region(lazy, may_fail);
  static char memory[std::size_t{8} << 20];
  heap::Options fixed{};
  fixed.memory = memory;
  fixed.memory_bytes = sizeof memory;
  one_region(fixed, may_fail);
  one_huge({}, may_fail);
  heap::Options populated{};
  populated.populate = 1;
  populated.cache_bytes = std::size_t{16} << 20;
  one_huge(populated, may_fail);
}

}  // namespace core
