// Compiler words used everywhere. No dependencies.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>  // loops over braced lists need it

#define AKIT_LIKELY(x) __builtin_expect(!!(x), 1)
#define AKIT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define AKIT_INLINE inline __attribute__((always_inline))

// A miss is never inlined, and on gcc its signature is never rewritten: without `noipa` the
// compiler drops unused parameters and the hot path then shuffles registers for the new form.
#if defined(__clang__)
#define AKIT_MISS __attribute__((noinline, cold))
#else
#define AKIT_MISS __attribute__((noinline, cold, noipa))
#endif

// Reached by a jump from the fast path, but warm itself: exact checks live there.
#if defined(__clang__)
#define AKIT_WARM __attribute__((noinline))
#else
#define AKIT_WARM __attribute__((noinline, noipa))
#endif

#if defined(AKIT_STATIC)
#define AKIT_EXPORT __attribute__((visibility("hidden")))
#else
#define AKIT_EXPORT __attribute__((visibility("default")))
#endif

// The checked build (-Dchecks=true) turns these on; they never change exports or layouts.
#if defined(AKIT_CHECKS)
#define AKIT_ASSERT(x) (AKIT_LIKELY(x) ? (void)0 : __builtin_trap())
#else
#define AKIT_ASSERT(x) ((void)0)
#endif

namespace akit {
inline constexpr std::size_t kCacheLine = 64;
inline constexpr std::uint64_t kNone = ~std::uint64_t{0};  // AKIT_NONE
}  // namespace akit
