// Explicit huge pages, only when a handle asks for them: populated at map time, so that exhaustion,
// cgroup and node limits are an error here and never SIGBUS later.
#pragma once
#include "os/numa.h"
#include "pages/span.h"

namespace akit::pages {

enum Backing : std::uint8_t { kBase = 0, kThp = 1, kHuge = 2, kGiant = 3 };
enum Reason : std::uint8_t { kNoReason, kNotReserved, kCgroup, kNode, kFragmented, kPermission, kKernel, kLimit, kReasons };

struct HugetlbRequest {
  std::size_t bytes, page, alignment;
  os::Numa numa;
  std::uint64_t nodes;
  bool dont_fork;
};
struct HugetlbResult {
  Span* span;      // NULL: refused
  Reason why;
  int error;       // errno of the refusal
  std::uint64_t populate_ns;
};

// A span of at least so many bytes, rounded up to whole pages of that kind; it belongs to no page heap.
HugetlbResult map_hugetlb(const HugetlbRequest& r);
void unmap_hugetlb(Span* s);
void forget_hugetlb(Span* s);  // it is not mapped in this process

}  // namespace akit::pages
