// A little of everything, by two threads on two handles, that goes on with what it gets when memory
// is refused. At the end nothing is in use.
#pragma once
#include "core.h"

namespace core {

struct Block {
  void* p = nullptr;
  std::size_t size = 0;
  unsigned tag = 0;
};

struct World {
  akit_tiered* h;
  bool may_fail;
  std::size_t largest;
  static constexpr unsigned kMost = 256;
  Block block[kMost];
  unsigned n = 0;

  // What any call that hands out memory may answer.
  bool refused(const void* p) const {
    if (p) return false;
    if (!may_fail) fail("refused without reason, errno %d", errno);
    if (errno != ENOMEM) fail("refused with errno %d", errno);
    return true;
  }
  void keep(void* p, std::size_t size) {
    if (refused(p)) return;
    NEED(n < kMost && reinterpret_cast<std::uintptr_t>(p) % 16 == 0);
    fill(p, size, n * 7 + 1);
    block[n] = {p, size, n * 7 + 1};
    ++n;
  }
  void check(const Block& b) const {
    if (!intact(b.p, b.size, b.tag)) fail("a block of %zu bytes is damaged", b.size);
  }
  void drop(unsigned i) {
    if (!block[i].p) return;
    check(block[i]);
    i % 3 == 0 ? akit_free(block[i].p) : i % 3 == 1 ? akit_tiered_free(h, block[i].p) : akit_tiered_free_sized(h, block[i].p, block[i].size);
    block[i].p = nullptr;
  }
};

inline void allocs(World& w) {
  static const std::size_t sizes[] = {0, 16, 24, 100, 500, 1000, 3000, 9000, 20000, 70000, 300000, 900000, std::size_t{3} << 20, std::size_t{9} << 20};
  for (std::size_t n : sizes) {
    if (n > w.largest) break;
    w.keep(akit_tiered_alloc(w.h, n), n);
    errno = 0;
    std::size_t usable = 0;
    void* p = heap::allocx(w.h, n, 0, 1, &usable);
    if (p && !all_zero(p, min<std::size_t>(usable, 70000))) fail("%zu bytes that should be zero are not", n);
    w.keep(p, p ? usable : 0);
  }
  for (std::size_t a = 32; a <= (std::size_t{4} << 20); a *= 8) {
    void* p = heap::allocx(w.h, 200, a, 0, nullptr);
    NEED(reinterpret_cast<std::uintptr_t>(p) % a == 0);
    w.keep(p, 200);
  }
  w.keep(heap::allocx(w.h, 100, 0, 8, nullptr), 100);   // guarded
  w.keep(heap::allocx(w.h, 5000, 64, 8, nullptr), 5000);
  w.keep(heap::allocx(w.h, 5000, 0, 4, nullptr), 5000);  // without a bin
  void* many[40];
  std::size_t got = heap::alloc_n(w.h, 48, 40, many);
  NEED(got == 40 || w.may_fail);
  for (std::size_t i = 0; i < got; ++i) fill(many[i], 48, static_cast<unsigned>(i));
  for (std::size_t i = 0; i < got; ++i) NEED(intact(many[i], 48, static_cast<unsigned>(i)));
  NEED(heap::free_n(w.h, got, many) == got);
}

inline void reallocs(World& w) {
  for (unsigned i = 0; i < w.n; i += 2) {
    Block& b = w.block[i];
    if (!b.p) continue;
    std::size_t n = i % 4 ? b.size / 2 : b.size * 2 + 100;
    void* p = heap::reallocx(w.h, b.p, n, 0, 0, nullptr);
    if (w.refused(p)) {
      w.check(b);
      continue;
    }
    if (!intact(p, b.size, b.tag, n)) fail("realloc from %zu to %zu lost bytes", b.size, n);
    fill(p, n, b.tag);
    b.p = p;
    b.size = n;
  }
}

inline void* second_thread(void* arg) {
  World& w = *static_cast<World*>(arg);
  unsigned before = w.n;
  for (unsigned i = 0; i < before; i += 3) w.drop(i);
  for (std::size_t n = 8; n < 200000; n = n * 3 / 2) w.keep(akit_tiered_alloc(w.h, n), n);
  for (unsigned i = before; i < w.n; i += 2) w.drop(i);
  return nullptr;
}

inline void one_handle(const heap::Options& o, bool may_fail) {
  World w{};
  w.may_fail = may_fail;
  w.largest = o.zero_mode ? std::size_t{1} << 20 : kNone;  // zeroing large blocks takes long
  int rc = heap::create(o, &w.h);
  if (rc != 0) {
    NEED(may_fail && rc == -ENOMEM);
    return;
  }
  allocs(w);
  reallocs(w);
  pthread_t t;
  NEED(pthread_create(&t, nullptr, second_thread, &w) == 0);
  pthread_join(t, nullptr);
  std::uint64_t bytes = 0;
  NEED(heap::purge(w.h, heap::kKindTiered, 0, &bytes) == 0);
  for (unsigned i = 0; i < w.n; ++i)
    if (w.block[i].p) w.check(w.block[i]);
  for (unsigned i = 0; i < w.n; i += 2) w.drop(i);
  NEED(heap::maintain(&bytes) == 0);
  NEED(heap::thread_flush(0) == 0);
  for (unsigned i = 0; i < w.n; ++i) w.drop(i);
  TieredStats st{};
  NEED(heap::stats_get(w.h, &st) == 0);
  if (st.used_bytes || st.misuses_total || st.allocs_total != st.frees_total)
    fail("%llu bytes in use, %llu allocs, %llu frees, %llu misuses", static_cast<unsigned long long>(st.used_bytes),
         static_cast<unsigned long long>(st.allocs_total), static_cast<unsigned long long>(st.frees_total),
         static_cast<unsigned long long>(st.misuses_total));
  NEED(heap::purge(w.h, heap::kKindTiered, 1, &bytes) == 0);
  NEED(heap::destroy(w.h, heap::kKindTiered, 0) == 0);
}

inline void scenario(bool may_fail) {
  one_handle({}, may_fail);
  int rc = heap::purge_thread(1);
  NEED(rc == 0 || may_fail);
  heap::Options o{};
  o.check_mode = 1;
  o.zero_mode = 2;
  o.fork_mode = 3;
  o.thp = 3;
  o.guard_sample_interval = 10;
  o.prefault_bytes = 100000;
  o.thread_cache_bytes = 65536;
  one_handle(o, may_fail);
  NEED(heap::purge_thread(0) == 0);
}

// Every mapping of a library without handles has a reason.
inline void expect_no_leak() {
  std::uint64_t bytes;
  NEED(heap::purge_process(0, &bytes) == 0);
  std::uint64_t mapped = os::map_counters.bytes, known = accounted_for();
  if (mapped != known)
    fail("%llu bytes are mapped, %llu have a reason", static_cast<unsigned long long>(mapped), static_cast<unsigned long long>(known));
}

}  // namespace core
