// Sizes and classes: every 16 bytes to 1 KiB, eight per doubling to 16 KiB, four per doubling to
// 2 GiB. A class is one byte and needs no table. Five more classes have natural alignment, for aligned
// requests only.
#pragma once
#include "cache/bins.h"

namespace akit::heap {

inline constexpr std::size_t kLinearMax = 1024;
inline constexpr unsigned kLinear = 64;
inline constexpr std::size_t kFineMax = 16 * 1024;
inline constexpr unsigned kFine = kLinear + 4 * 8;
inline constexpr unsigned kLastSized = kFine + 17 * 4;
inline constexpr std::size_t kMaxSized = std::size_t{1} << 31;
inline constexpr unsigned kFirstNatural = kLastSized + 1;
inline constexpr unsigned kClasses = cache::kBins;
inline constexpr std::uint32_t kNaturalSize[5] = {512, 768, 1024, 2048, 3072};
static_assert(kFirstNatural + 5 == kClasses);

// n <= kMaxSized; 0 gives class 0, whose bin is always empty
AKIT_INLINE unsigned class_of_size(std::size_t n) {
  if (AKIT_LIKELY(n <= kLinearMax)) return static_cast<unsigned>((n + 15) >> 4);
  std::size_t m = n - 1;
  unsigned lg = log2_floor(m), bits = m < kFineMax ? 3 : 2;
  // The shifted size has its leading one at 2^bits.
  constexpr unsigned kFineBase = kLinear + 1 - 8 - 10 * 8, kCoarseBase = kFine + 1 - 4 - 14 * 4;
  return (m < kFineMax ? kFineBase : kCoarseBase) + (lg << bits) + static_cast<unsigned>(m >> (lg - bits));
}

constexpr std::size_t size_of_class(unsigned c) {
  if (c <= kLinear) return std::size_t{c} * 16;
  if (c >= kFirstNatural) return c < kClasses ? kNaturalSize[c - kFirstNatural] : 0;
  if (c <= kFine) return (std::size_t{9} + ((c - kLinear - 1) & 7)) << (7 + ((c - kLinear - 1) >> 3));
  return (std::size_t{5} + ((c - kFine - 1) & 3)) << (12 + ((c - kFine - 1) >> 2));
}
static_assert(size_of_class(65) == 1152 && size_of_class(kFine) == kFineMax && size_of_class(kFine + 1) == 20480 &&
              size_of_class(kLastSized) == kMaxSized);

// Distance of two blocks in a slab. Blocks that are multiples of 256 bytes would all start at few
// page offsets and share few cache sets, so their stride is a little larger.
constexpr std::size_t stride_of_class(unsigned c) {
  std::size_t n = size_of_class(c);
  if (c >= kFirstNatural || n < 512 || n % 256 != 0) return n;
  return n + (n < 4096 ? 16 : 64);
}

// Largest power of two that every block of a slab of this class is aligned to.
constexpr std::size_t slab_alignment_of_class(unsigned c) {
  std::size_t s = stride_of_class(c);
  return s & (~s + 1);
}

}  // namespace akit::heap
