// A little of everything with pools, by two threads, going on with what it gets when memory is refused.
#pragma once
#include "core.h"
#include "os/misuse.h"
#include "pool/api.h"

extern "C" {
void* akit_pool_get(akit_pool*, std::size_t, std::size_t*);
int akit_pool_put(akit_pool*, void*);
std::size_t akit_pool_get_n(akit_pool*, std::size_t, std::size_t, void**, std::size_t*);
std::size_t akit_pool_put_n(akit_pool*, std::size_t, void* const*);
}

namespace core {

struct Pools {
  akit_pool* h;
  bool may_fail, fixed, tags;
  struct One {
    void* p;
    std::size_t capacity;
    unsigned tag;
  } one[600];
  unsigned n = 0;

  bool refused(const void* p) const {
    if (p) return false;
    bool exhausted = fixed && (errno == ENOBUFS || errno == EMSGSIZE);
    if (!may_fail && !exhausted) fail("a buffer was refused without reason, errno %d", errno);
    if (errno != ENOMEM && !exhausted) fail("refused with errno %d", errno);
    return true;
  }
  void keep(void* p, std::size_t capacity) {
    fill(p, capacity, n);
    one[n] = {p, capacity, n};
    ++n;
  }
  void drop(unsigned i) {
    if (!intact(one[i].p, one[i].capacity, one[i].tag)) fail("a buffer of %zu bytes is damaged", one[i].capacity);
    NEED(akit_pool_put(h, one[i].p) == 0);
    NEED(akit_pool_put(h, one[i].p) < 0);
    one[i] = one[--n];
  }
};

inline void get_some(Pools& w) {
  static const std::size_t lengths[] = {0, 100, 3000, 5000, 9000, 20000, 65536, 65537, 300000};
  for (std::size_t length : lengths)
    for (int i = 0; i < 6; ++i) {
      std::size_t capacity = 1;
      void* p = akit_pool_get(w.h, length, &capacity);
      if (w.refused(p)) {
        NEED(capacity == 0);
        continue;
      }
      NEED(capacity >= length && pool::capacity(w.h, p) == capacity);
      if (w.tags && i == 0) {
        int rc = pool::tag_set(w.h, p, length);
        NEED(rc == 0 || (w.may_fail && rc == -ENOMEM));
      }
      w.keep(p, capacity);
    }
  void* many[40];
  std::size_t capacity = 0, got = akit_pool_get_n(w.h, 4000, 40, many, &capacity);
  NEED(got == 40 || w.may_fail || w.fixed);
  NEED(got == 0 ? capacity == 0 : capacity == 4096);
  for (std::size_t i = 0; i < got; ++i) w.keep(many[i], capacity);
}

inline void* second_thread_of_pools(void* arg) {
  Pools& w = *static_cast<Pools*>(arg);
  for (unsigned i = 0; i < w.n; i += 2) w.drop(i);
  get_some(w);
  return nullptr;
}

inline void one_pool(heap::Options o, bool may_fail) {
  o.kind = heap::kKindPool;
  akit_tiered* stub = nullptr;
  int rc = heap::create(o, &stub);
  if (rc != 0) {
    NEED(may_fail && (rc == -ENOMEM || (o.numa_mode && rc == -ENOSYS)));
    return;
  }
  Pools w{reinterpret_cast<akit_pool*>(stub), may_fail, o.memory != nullptr, (o.flags & 1) != 0, {}, 0};
  rc = pool::warm(w.h, 5000, 20);
  NEED(rc == 0 || (may_fail && rc == -ENOMEM));
  get_some(w);
  pthread_t t;
  NEED(pthread_create(&t, nullptr, second_thread_of_pools, &w) == 0);
  pthread_join(t, nullptr);
  std::uint64_t bytes, cursor = 0, met = 0;
  NEED(heap::purge(stub, heap::kKindPool, 0, &bytes) == 0);
  get_some(w);
  heap::BlockInfo info{};
  while (pool::leak_next(w.h, &cursor, &info) == 0) ++met;
  NEED(met == w.n);
  NEED(heap::maintain(&bytes) == 0);
  while (w.n > 30) w.drop(w.n / 2);
  PoolStats st{};
  NEED(pool::stats_get(w.h, &st) == 0);
  NEED(st.out_buffers == w.n && st.allocs_total - st.frees_total == w.n && (o.limit_bytes == 0 || st.mapped_bytes <= o.limit_bytes));
  NEED(pool::destroy(w.h, 0) == 0);
  NEED(w.n == 0 || (akit_pool_get(w.h, 1, nullptr) == nullptr && errno == ESHUTDOWN));
  while (w.n > 0) w.drop(w.n - 1);
  NEED(akit_pool_get(w.h, 1, nullptr) == nullptr && errno == EINVAL);
}

inline void pool_scenario(bool may_fail) {
  misuse_mode(1);
  one_pool({}, may_fail);
  heap::Options o{};
  o.flags = 1;
  o.name = "buffers";
  o.zero_mode = 2;
  o.check_mode = 1;
  o.numa_mode = 2;
  o.numa_nodes = 1;
  o.cache_bytes = 200000;
  one_pool(o, may_fail);
  heap::Options lazy{};
  lazy.fork_mode = 2;
  lazy.thp = 2;
  lazy.prefault_bytes = 300000;
  lazy.exhaust_mode = 2;
  lazy.alignment = 4096;
  one_pool(lazy, may_fail);
  static char memory[std::size_t{4} << 20];
  heap::Options fixed{};
  fixed.memory = memory;
  fixed.memory_bytes = sizeof memory;
  one_pool(fixed, may_fail);
  akit_tiered* parent = nullptr;
  heap::Options region{};
  region.kind = heap::kKindRegion;
  int rc = heap::create(region, &parent);
  NEED(rc == 0 || may_fail);
  if (rc != 0) return;
  heap::Options on{};
  on.region = reinterpret_cast<akit_region*>(parent);
  one_pool(on, may_fail);
  NEED(heap::destroy(parent, heap::kKindRegion, 0) == 0);
}

}  // namespace core
