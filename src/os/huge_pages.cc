#include "os/huge_pages.h"

#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/keep_errno.h"

namespace akit::os {
namespace {

// Text put together without stdio.
class Path {
 public:
  Path& operator<<(const char* s) {
    while (*s && n_ < sizeof text_ - 1) text_[n_++] = *s++;
    text_[n_] = 0;
    return *this;
  }
  Path& operator<<(std::uint64_t v) {
    char digits[24];
    unsigned i = sizeof digits - 1;
    digits[i] = 0;
    do digits[--i] = static_cast<char>('0' + v % 10);
    while (v /= 10);
    return *this << digits + i;
  }
  const char* text() const { return text_; }
  std::size_t length() const { return n_; }
  void cut(std::size_t n) { text_[n_ = n] = 0; }

 private:
  char text_[512] = {};
  std::size_t n_ = 0;
};

Path pool_of(std::size_t page, unsigned node) {
  Path p;
  if (node == kAllNodes)
    p << "/sys/kernel/mm/hugepages/hugepages-";
  else
    p << "/sys/devices/system/node/node" << node << "/hugepages/hugepages-";
  p << page / 1024 << "kB/";
  return p;
}

// Structures of PAGEMAP_SCAN, which the headers of older systems lack.
struct PageRegion {
  __u64 start, end, categories;
};
struct ScanArgument {
  __u64 size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, category_mask, category_anyof_mask, return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArgument);
constexpr __u64 kPageIsHuge = 1u << 6;

// Where version 2 of the control groups is mounted: elsewhere than at /sys/fs/cgroup where both are.
Path cgroup_root() {
  static constexpr char kType[] = " cgroup2 ";
  char mounts[8192];
  Path p;
  std::size_t n = read_text("/proc/self/mounts", mounts, sizeof mounts);
  for (std::size_t i = 0, line = 0; i < n; ++i) {
    if (mounts[i] == '\n') line = i + 1;
    std::size_t k = 0;
    while (kType[k] && mounts[i + k] == kType[k]) ++k;
    if (kType[k]) continue;
    mounts[i] = 0;  // "device place type ...": the place ends here
    while (mounts[line] && mounts[line] != ' ') ++line;
    return mounts[line] ? p << mounts + line + 1 : p << "/sys/fs/cgroup";
  }
  return p << "/sys/fs/cgroup";
}

}  // namespace

unsigned hugetlb_sizes(std::size_t (&out)[kMostHugeSizes]) {
  // Every power of two from 64 KiB to 16 GiB is asked for: fewer calls than reading the folder, and no order to sort.
  unsigned n = 0;
  for (unsigned lg = 16; lg <= 34 && n < kMostHugeSizes; ++lg)
    if (read_number((pool_of(std::size_t{1} << lg, kAllNodes) << "nr_hugepages").text()) != kNone) out[n++] = std::size_t{1} << lg;
  return n;
}

std::uint64_t hugetlb_count(std::size_t page, HugeCount what, unsigned node) {
  if (page == 0) return 0;
  const char* file = what == HugeCount::kTotal  ? "nr_hugepages"
                     : what == HugeCount::kFree ? "free_hugepages"
                     : what == HugeCount::kReserved ? "resv_hugepages"
                                                    : "surplus_hugepages";
  std::uint64_t n = read_number((pool_of(page, node) << file).text());
  return n == kNone ? 0 : n;
}

ThpMode thp_mode() {
  char text[128];
  if (!read_text("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text)) return ThpMode::kUnknown;
  for (const char* at = text; *at; ++at)
    if (*at == '[') return at[1] == 'a' ? ThpMode::kAlways : at[1] == 'm' ? ThpMode::kMadvise : at[1] == 'n' ? ThpMode::kNever : ThpMode::kUnknown;
  return ThpMode::kUnknown;
}

std::uint64_t cgroup_hugetlb_limit(std::size_t page) {
  char groups[2048];
  if (page == 0 || !read_text("/proc/self/cgroup", groups, sizeof groups)) return kNone;
  // Version 2: the line "0::/path". The limit of every group up to the root holds.
  const char* at = groups;
  while (*at && !(at[0] == '0' && at[1] == ':' && at[2] == ':')) {
    while (*at && *at != '\n') ++at;
    if (*at) ++at;
  }
  if (!*at) return kNone;
  char own[512];
  std::size_t n = 0;
  for (at += 3; *at && *at != '\n' && n < sizeof own - 1; ++at) own[n++] = *at;
  own[n] = 0;
  Path mount = cgroup_root();
  bool mebi = page < (std::size_t{1} << 30);
  std::uint64_t least = kNone;
  for (;;) {
    for (const char* kind : {".max", ".rsvd.max"}) {
      Path p;
      p << mount.text() << own << "/hugetlb." << (page >> (mebi ? 20 : 30)) << (mebi ? "MB" : "GB") << kind;
      least = min(least, read_number(p.text()));
    }
    while (n > 0 && own[n - 1] != '/') --n;
    if (n == 0) return least;
    own[--n] = 0;
  }
}

std::uint64_t huge_mapped_bytes(void* base, std::size_t size) {
  KeepErrno keep;
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return kNone;
  std::uint64_t bytes = 0, end = reinterpret_cast<std::uint64_t>(base) + size;
  PageRegion found[64];
  ScanArgument a{};
  a.size = sizeof a;
  a.start = reinterpret_cast<std::uint64_t>(base);
  a.end = end;
  a.vec = reinterpret_cast<std::uint64_t>(found);
  a.vec_len = 64;
  a.category_mask = a.return_mask = kPageIsHuge;
  while (a.start < end) {
    int n = ioctl(fd, kPagemapScan, &a);
    if (n < 0) {
      bytes = kNone;
      break;
    }
    for (int i = 0; i < n; ++i) bytes += found[i].end - found[i].start;
    if (a.walk_end <= a.start) break;
    a.start = a.walk_end;
  }
  close(fd);
  return bytes;
}

}  // namespace akit::os
