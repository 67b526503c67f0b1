// What pools have besides the common part of a heap: their classes, found by length, the caps on idle
// buffers, and who is out at most.
#pragma once
#include "cache/bins.h"

namespace akit::heap {

// Lengths are told apart to a quarter of a doubling, from 64 bytes to 16 MiB.
inline constexpr unsigned kLengthBase = 527, kLengths = 73, kAllLengths = 237;
inline constexpr std::uint64_t kMaxPoolClass = std::uint64_t{16} << 20;
inline constexpr unsigned kLengthBins = cache::kPoolClasses + 1;  // where ThreadCache::gets counts them
static_assert(kLengthBins + kLengths <= cache::kBins);

// Below kLengths for n from 1 to kMaxPoolClass, and below kAllLengths for any n, 0 included.
AKIT_INLINE unsigned length_of(std::size_t n) {
  // Exponent and first two digits of a float: a third of the instructions that counting zeros takes.
  auto m = static_cast<float>(static_cast<std::int64_t>(((n - 1) >> 1) | 31));
  std::uint32_t bits;
  __builtin_memcpy(&bits, &m, sizeof bits);
  return (bits >> 21) - kLengthBase;
}
// The largest of these lengths.
constexpr std::uint64_t length_end(unsigned i) {
  if (i == 0) return 64;
  unsigned at = i + 23, lg = at / 4;
  return std::uint64_t{5 + at % 4} << (lg - 2);
}
static_assert(length_end(1) == 80 && length_end(4) == 128 && length_end(kLengths - 1) == kMaxPoolClass);

struct PoolPart {
  // read on every get
  std::uint32_t largest, count;
  std::uint8_t first[kAllLengths + 3];  // the class of the shortest of these lengths; 0, which has no buffers, for others
  std::uint32_t size[cache::kPoolClasses + 1], stride[cache::kPoolClasses + 1];  // by class, from 1
  // misses
  std::atomic<std::uint64_t> front[cache::kPoolClasses + 1];  // idle bytes: in depots, and what bins may hold
  std::uint32_t warm[cache::kPoolClasses + 1];                // under the class lock: kept by decay
  std::atomic<bool> holes[cache::kPoolClasses + 1];           // written under the class lock: buffers came back to slabs in use
  std::atomic<std::int64_t> out[cache::kPoolClasses + 1];     // as far as caches have told; [0]: all classes
  std::atomic<std::int64_t> peak[cache::kPoolClasses + 1];
  std::atomic<std::uint64_t> oversize, zeroed_bytes, grown, first_fallback_unix_ns;
  std::atomic<std::uint32_t> alone[kLengths];  // requests that got a mapping of their own
  std::uint64_t* page_bits;  // memory of the caller: a word per page, for the bits of slabs
  std::uintptr_t memory;     // which begins here
  std::uint64_t class_bytes[cache::kPoolClasses];
  std::uint64_t suggested[cache::kPoolClasses];
};
static_assert(sizeof(PoolPart) <= 4096);

}  // namespace akit::heap
