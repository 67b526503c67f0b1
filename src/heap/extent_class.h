// Sizes of regions: whole pages to 32 KiB, then eight per doubling to 2 GiB. Multiples of a larger
// page than 4 KiB are among them.
#pragma once
#include "cache/bins.h"

namespace akit::heap {

inline constexpr unsigned kLinearExtents = 8;
inline constexpr unsigned kLastExtent = kLinearExtents + 16 * 8;
inline constexpr std::size_t kMaxExtent = std::size_t{1} << 31;
static_assert(kLastExtent < cache::kBins);

// n from 1 to kMaxExtent
AKIT_INLINE unsigned extent_class(std::size_t n) {
  if (AKIT_UNLIKELY(n <= 32 * 1024)) return static_cast<unsigned>((n + 4095) >> 12);
  std::size_t m = n - 1;
  unsigned lg = log2_floor(m);
  return lg * 8 + static_cast<unsigned>(m >> (lg - 3)) - (15 * 8 - 1);
}

constexpr std::size_t extent_size(unsigned c) {
  if (c <= kLinearExtents) return std::size_t{c} << 12;
  return (std::size_t{9} + ((c - kLinearExtents - 1) & 7)) << (12 + ((c - kLinearExtents - 1) >> 3));
}
static_assert(extent_size(9) == 36 * 1024 && extent_size(kLastExtent) == kMaxExtent);

}  // namespace akit::heap
