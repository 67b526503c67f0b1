// A little of everything with rings, by two threads, going on with what it gets when memory is refused.
#pragma once
#include "core.h"
#include "os/misuse.h"
#include "ring/api.h"

extern "C" {
void* akit_ring_acquire(akit_ring*, std::size_t);
int akit_ring_release(akit_ring*, void*);
std::size_t akit_ring_acquire_n(akit_ring*, std::size_t, std::size_t, void**);
std::size_t akit_ring_release_n(akit_ring*, std::size_t, void* const*);
}

namespace core {

struct Rings {
  akit_ring* h;
  struct One {
    void* p;
    std::size_t length;
    unsigned tag;
  } one[300];
  unsigned n = 0;

  // Acquiring maps nothing, so nothing but exhaustion can refuse it.
  void keep(std::size_t length) {
    void* p = akit_ring_acquire(h, length);
    if (!p) {
      NEED(errno == ENOBUFS || errno == EMSGSIZE);
      return;
    }
    fill(p, length, n);
    one[n] = {p, length, n};
    ++n;
  }
  void drop(unsigned i) {
    if (!intact(one[i].p, one[i].length, one[i].tag)) fail("a slice of %zu bytes is damaged", one[i].length);
    NEED(akit_ring_release(h, one[i].p) == 0);
    if (n > 1) NEED(akit_ring_release(h, one[i].p) < 0);
    one[i] = one[--n];
  }
};

inline void acquire_some(Rings& w) {
  static const std::size_t lengths[] = {0, 100, 3000, 5000, 9000, 20000, 65536, 300000};
  for (std::size_t length : lengths)
    for (int i = 0; i < 6; ++i) w.keep(length);
  void* many[40];
  std::size_t got = akit_ring_acquire_n(w.h, 4000, 40, many);
  NEED(akit_ring_release_n(w.h, got, many) == got);
}

inline void* second_thread_of_rings(void* arg) {
  Rings& w = *static_cast<Rings*>(arg);
  for (unsigned i = 0; i < w.n; i += 2) w.drop(i);
  acquire_some(w);
  return nullptr;
}

inline void one_ring(heap::Options o, bool may_fail) {
  o.kind = heap::kKindRing;
  akit_tiered* stub = nullptr;
  int rc = heap::create(o, &stub);
  if (rc != 0) {
    NEED(may_fail && (rc == -ENOMEM || (o.numa_mode && rc == -ENOSYS)));
    return;
  }
  Rings w{reinterpret_cast<akit_ring*>(stub), {}, 0};
  acquire_some(w);
  pthread_t t;
  NEED(pthread_create(&t, nullptr, second_thread_of_rings, &w) == 0);
  pthread_join(t, nullptr);
  std::uint64_t bytes;
  NEED(heap::maintain(&bytes) == 0);
  acquire_some(w);
  NEED(ring::pin(w.h) == 0);
  RingStats st{};
  NEED(ring::stats_get(w.h, &st) == 0);
  NEED(st.out_slices == w.n && st.allocs_total - st.frees_total == w.n && st.pinned_bytes == st.capacity_bytes);
  NEED(ring::destroy(w.h, 0) == 0);
  NEED(akit_ring_acquire(w.h, 1) == nullptr && errno == ESHUTDOWN);
  while (w.n > 0) w.drop(w.n - 1);
  void* base = nullptr;
  std::size_t length = 0;
  NEED(ring::area(w.h, &base, &length) == 0 && length == st.capacity_bytes);
  if (!CHECK_SANITIZED) fill(base, length, 1);  // registered: it stays; for a sanitizer nothing of it is out
  NEED(ring::unpin(w.h) == 0);
  NEED(ring::unpin(w.h) == -EINVAL);
  NEED(akit_ring_acquire(w.h, 1) == nullptr && errno == EINVAL);
}

inline void ring_scenario(bool may_fail) {
  misuse_mode(1);
  one_ring({}, may_fail);
  heap::Options o{};
  o.name = "slices";
  o.zero_mode = 2;
  o.check_mode = 1;
  o.numa_mode = 2;
  o.numa_nodes = 1;
  o.colour_bytes = 64;
  one_ring(o, may_fail);
  heap::Options ordered{};
  ordered.order = 1;
  ordered.fork_mode = 2;
  ordered.thp = 2;
  ordered.prefault_bytes = 300000;
  ordered.alignment = 4096;
  one_ring(ordered, may_fail);
  static char memory[std::size_t{4} << 20];
  heap::Options fixed{};
  fixed.memory = memory;
  fixed.memory_bytes = sizeof memory;
  one_ring(fixed, may_fail);
  akit_tiered* parent = nullptr;
  heap::Options region{};
  region.kind = heap::kKindRegion;
  int rc = heap::create(region, &parent);
  NEED(rc == 0 || may_fail);
  if (rc != 0) return;
  heap::Options on{};
  on.region = reinterpret_cast<akit_region*>(parent);
  one_ring(on, may_fail);
  NEED(heap::destroy(parent, heap::kKindRegion, 0) == 0);
}

}  // namespace core
