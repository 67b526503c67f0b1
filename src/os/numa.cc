#include "os/numa.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fault.h"
#include "os/keep_errno.h"

namespace akit::os {

// "0", "0-1", "0,2-3"
std::uint64_t numa_nodes() {
  char text[256];
  if (!read_text("/sys/devices/system/node/online", text, sizeof text)) return 1;
  std::uint64_t nodes = 0;
  for (const char* at = text; *at >= '0' && *at <= '9';) {
    auto number = [&] {
      unsigned n = 0;
      for (; *at >= '0' && *at <= '9'; ++at) n = n * 10 + static_cast<unsigned>(*at - '0');
      return n;
    };
    unsigned first = number(), last = first;
    if (*at == '-') {
      ++at;
      last = number();
    }
    for (unsigned n = first; n <= last && n < kMostNodes; ++n) nodes |= std::uint64_t{1} << n;
    if (*at == ',') ++at;
  }
  return nodes ? nodes : 1;
}

bool numa_supported() {
  KeepErrno keep;
  if (fault::hit(fault::kBind)) return false;
  int mode = 0;
  return syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0) == 0 || errno != ENOSYS;
}

int bind(void* base, std::size_t size, Numa mode, std::uint64_t nodes) {
  if (mode == Numa::kLocal) return 0;
  KeepErrno keep;
  if (int rc = fault::hit(fault::kBind)) return rc;
#if defined(AKIT_TEST_HOOKS)
  if (auto* m = fault::pretended()) return m->bind(base, size, static_cast<int>(mode), nodes);
#endif
  int policy = mode == Numa::kBind ? MPOL_BIND : mode == Numa::kInterleave ? MPOL_INTERLEAVE : MPOL_PREFERRED;
  unsigned long mask = nodes;
  return syscall(SYS_mbind, base, size, policy, &mask, kMostNodes + 1, 0) == 0 ? 0 : -errno;
}

std::int64_t bytes_on_node(void* base, std::size_t size, std::size_t page, unsigned node) {
  constexpr std::size_t kBatch = 512;
  KeepErrno keep;
  std::int64_t bytes = 0;
  for (std::size_t at = 0; at < size;) {
    void* pages[kBatch];
    int status[kBatch];
    std::size_t n = 0;
    for (; n < kBatch && at < size; at += page) pages[n++] = static_cast<char*>(base) + at;
    if (int rc = fault::hit(fault::kMovePages)) return rc;
#if defined(AKIT_TEST_HOOKS)
    if (auto* m = fault::pretended()) {
      for (std::size_t i = 0; i < n; ++i)
        if (m->node_of(pages[i]) == static_cast<int>(node)) bytes += static_cast<std::int64_t>(page);
      continue;
    }
#endif
    if (syscall(SYS_move_pages, 0, n, pages, nullptr, status, 0) != 0) return -errno;
    for (std::size_t i = 0; i < n; ++i)
      if (status[i] == static_cast<int>(node)) bytes += static_cast<std::int64_t>(page);
  }
  return bytes;
}

}  // namespace akit::os
