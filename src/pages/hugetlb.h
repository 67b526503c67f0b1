// Explicit huge pages, only when a handle asks for them: populated at map time, so that exhaustion,
// cgroup and node limits are an error here and never SIGBUS later.
#pragma once
#include "pages/span.h"

namespace akit::pages {

enum Backing : std::uint8_t { kBase = 0, kThp = 1, kHuge = 2, kGiant = 3 };
enum Reason : std::uint8_t { kNoReason = 0, kNotReserved = 1, kCgroup = 2, kNode = 3, kFragmented = 4, kPermission = 5, kKernel = 6, kLimit = 7 };

// A block of at least `bytes` on explicit huge pages; NULL and why not.
pages::Span* map_hugetlb(std::size_t bytes, std::size_t alignment, bool dont_fork, Reason* why);
void unmap_hugetlb(pages::Span* s);

}  // namespace akit::pages
