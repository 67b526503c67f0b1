// What the kernel tells in files of /sys and /proc.
#include <fcntl.h>
#include <unistd.h>

#include "os/fault.h"
#include "os/keep_errno.h"
#include "os/sys.h"

namespace akit::os {
namespace {

#if defined(AKIT_TEST_HOOKS)
constinit const char* root = nullptr;
#endif

int open_file(const char* path) {
#if defined(AKIT_TEST_HOOKS)
  char moved[512];
  if (root) {
    std::size_t n = 0;
    for (const char* part : {root, path})
      for (; *part && n < sizeof moved - 1; ++part) moved[n++] = *part;
    moved[n] = 0;
    path = moved;
    return open(moved, O_RDONLY | O_CLOEXEC);
  }
#endif
  return open(path, O_RDONLY | O_CLOEXEC);
}

}  // namespace

std::size_t read_text(const char* path, char* buf, std::size_t size) {
  KeepErrno keep;
  int fd = open_file(path);
  if (fd < 0) return 0;
  ssize_t n = read(fd, buf, size - 1);
  close(fd);
  buf[n > 0 ? n : 0] = 0;
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

std::uint64_t read_number(const char* path, const char* key) {
  char buf[4096];
  if (!read_text(path, buf, sizeof buf)) return kNone;
  const char* at = buf;
  std::size_t k = 0;
  for (; key && *at; ++at) {
    for (k = 0; key[k] && at[k] == key[k];) ++k;
    if (!key[k]) break;
  }
  if (key && !*at) return kNone;
  at += key ? k : 0;
  while (*at == ' ' || *at == '\t') ++at;
  if (*at < '0' || *at > '9') return kNone;
  std::uint64_t value = 0;
  for (; *at >= '0' && *at <= '9'; ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  return value;
}

namespace {
// Asked of the kernel once: 1 is no page size.
std::size_t once(std::atomic<std::size_t>& cached, const char* path, const char* key, std::size_t unit) {
  std::size_t n = cached.load(std::memory_order_relaxed);
  if (n != 1) return n;
  std::uint64_t read = read_number(path, key);
  n = read == kNone ? 0 : static_cast<std::size_t>(read) * unit;
  cached.store(n, std::memory_order_relaxed);
  return n;
}
constinit std::atomic<std::size_t> thp_bytes{1}, hugetlb_bytes{1};
}  // namespace

std::size_t thp_size() { return once(thp_bytes, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", nullptr, 1); }
std::size_t hugetlb_size() { return once(hugetlb_bytes, "/proc/meminfo", "Hugepagesize:", 1024); }

#if defined(AKIT_TEST_HOOKS)
namespace fault {
void set_root(const char* path) {
  root = path;
  thp_bytes.store(1);
  hugetlb_bytes.store(1);
}
}  // namespace fault
#endif

}  // namespace akit::os
