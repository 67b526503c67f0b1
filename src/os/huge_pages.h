// What the system has of explicit and transparent huge pages.
#pragma once
#include "os/sys.h"

namespace akit::os {

inline constexpr unsigned kMostHugeSizes = 8;
inline constexpr unsigned kAllNodes = ~0u;

// Sizes of explicit huge pages that the kernel offers, ascending; returns how many.
unsigned hugetlb_sizes(std::size_t (&out)[kMostHugeSizes]);

enum class HugeCount { kTotal, kFree, kReserved, kSurplus };
std::uint64_t hugetlb_count(std::size_t page, HugeCount what, unsigned node_or_all);  // pages; 0 when unknown

enum class ThpMode : std::uint8_t { kUnknown, kAlways, kMadvise, kNever };
ThpMode thp_mode();

// Least of the hugetlb limits of the control groups this process is in, in bytes; kNone: no limit known.
std::uint64_t cgroup_hugetlb_limit(std::size_t page);

// Bytes of the range that huge pages map now (Linux 6.7); kNone: the kernel does not say.
std::uint64_t huge_mapped_bytes(void* base, std::size_t size);

}  // namespace akit::os
