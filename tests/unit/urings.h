// Memory, a pool and a group registered with a real io_uring, going on when the kernel refuses a call.
#pragma once
#include <sys/socket.h>
#include <sys/syscall.h>

#include "pools.h"
#include "uring/api.h"

extern "C" int akit_uring_lookup(akit_uring*, const void*, std::size_t);

namespace core {

// A ring by a system call of our own: the hooks do not see it. -1: there is none here.
inline int plain_ring() {
  std::uint64_t params[15] = {};
  return static_cast<int>(syscall(SYS_io_uring_setup, 16, params));
}

inline akit_pool* plain_pool() {
  heap::Options o;
  o.kind = heap::kKindPool;
  akit_tiered* h = nullptr;
  return heap::create(o, &h) == 0 ? reinterpret_cast<akit_pool*>(h) : nullptr;
}

// A request for the kernel was refused with the errno the run is about, or with what follows from it.
inline bool uring_refused(bool may_fail, int rc) {
  if (rc >= 0) return false;
  if (!may_fail) fail("refused without reason: %d", rc);
  return true;
}

inline void uring_found(akit_uring* h, bool may_fail, const void* p, std::size_t n) {
  int slot = akit_uring_lookup(h, p, n);
  NEED(slot >= 0 || (may_fail && slot == -ENOENT));
}

inline void uring_group(akit_uring* h, akit_pool* pool, bool may_fail) {
  uring::GroupOptions o;
  o.pool = pool;
  o.entries = 8;
  akit_uring_group* g = nullptr;
  if (uring_refused(may_fail, uring::group_create(h, o, &g))) return;
  int n = uring::group_refill(g);
  if (!uring_refused(may_fail, n)) NEED(n <= 8);
  void* p;
  std::size_t length;
  if (n > 0 && uring::group_take(g, 100, 1, &p, &length) == 1) {
    NEED(p && length == 100);
    NEED(uring::group_put(g, p) == 0);
    NEED(uring::group_put(g, p) < 0);
  }
  GroupStats st{};
  NEED(uring::group_stats_get(g, &st) == 0 && st.buffers_out == 0);
  if (uring_refused(may_fail, uring::group_destroy(g, 1)))  // the entries are in the kernel still: the ring ends soon
    return;
}

inline void uring_scenario(bool may_fail) {
  int fd = plain_ring(), second = plain_ring();
  if (fd < 0 || second < 0) return;
  misuse_mode(1);
  akit_pool* pool = plain_pool();
  if (!pool && may_fail) return void((close(fd), close(second)));
  NEED(pool);
  void* p[40];
  for (auto& one : p) one = akit_pool_get(pool, 8192, nullptr);
  auto* memory = static_cast<char*>(mmap(nullptr, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  uring::Options o;
  o.ring_fd = fd;
  o.flags = uring::kCreateTable;
  o.slot_count = 32;
  akit_uring *h = nullptr, *clone = nullptr;
  if (!uring_refused(may_fail, uring::create(o, &h))) {
    for (int i = 0; i < 4; ++i) uring_refused(may_fail, uring::add_memory(h, memory + (i << 21), std::size_t{1} << (12 + 3 * i)));
    uring_refused(may_fail, uring::add_pool(h, pool));
    uring_refused(may_fail, uring::sync(h));
    uring_found(h, may_fail, memory, 4096);
    for (auto* one : p)
      if (one) uring_found(h, may_fail, one, 8192);
    uring_group(h, pool, may_fail);
    uring_refused(may_fail, uring::remove(h, memory));
    NEED(akit_uring_lookup(h, memory, 1) == -ENOENT);
    uring_refused(may_fail, uring::sync(h));
    o.ring_fd = second;
    if (!uring_refused(may_fail, uring::clone(h, o, &clone))) {
      uring_found(clone, may_fail, memory + (1 << 21), 4096);
      uring_refused(may_fail, uring::destroy(clone, true));
    }
    UringStats st{};
    NEED(uring::stats_get(h, &st) == 0);
    NEED(may_fail || st.state == 3);
    uring_refused(may_fail, uring::destroy(h, true));
  }
  for (auto* one : p)
    if (one) NEED(akit_pool_put(pool, one) == 0);
  PoolStats ps{};
  NEED(pool::stats_get(pool, &ps) == 0 && ps.pinned_bytes == 0);
  NEED(ps.out_buffers == 0);
  NEED(pool::destroy(pool, 0) == 0);
  munmap(memory, 8 << 20);
  close(fd);
  close(second);
}

}  // namespace core
