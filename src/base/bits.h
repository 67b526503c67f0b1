// Alignment, logarithms and checked arithmetic.
#pragma once
#include "base/config.h"

namespace akit {

constexpr bool is_pow2(std::uint64_t x) { return x != 0 && (x & (x - 1)) == 0; }
constexpr std::uint64_t align_up(std::uint64_t x, std::uint64_t a) { return (x + a - 1) & ~(a - 1); }
constexpr std::uint64_t align_down(std::uint64_t x, std::uint64_t a) { return x & ~(a - 1); }
constexpr unsigned log2_floor(std::uint64_t x) { return 63u - static_cast<unsigned>(__builtin_clzll(x)); }
constexpr unsigned log2_ceil(std::uint64_t x) { return x <= 1 ? 0 : log2_floor(x - 1) + 1; }
constexpr unsigned lowest_bit(std::uint64_t x) { return static_cast<unsigned>(__builtin_ctzll(x)); }

// The upper half of a product.
__extension__ using Wide = unsigned __int128;
inline std::uint64_t mul_high(std::uint64_t a, std::uint64_t b) { return static_cast<std::uint64_t>(Wide{a} * b >> 64); }

// true when a * b does not fit
inline bool mul_overflows(std::size_t a, std::size_t b, std::size_t* out) {
  return __builtin_mul_overflow(a, b, out);
}

template <class T>
constexpr T min(T a, T b) { return a < b ? a : b; }
template <class T>
constexpr T max(T a, T b) { return a < b ? b : a; }

}  // namespace akit
