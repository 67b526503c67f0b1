// Handles of this library: places in a table that is never freed, so that a stale one is answered and
// not followed, for as long as it takes to make kStaleFor others.
#pragma once
#include <allockit/io.h>

#include <atomic>

namespace akit::io {
struct Io;
}

struct akit_io {
  std::atomic<akit::io::Io*> io;
};

namespace akit::io {

inline constexpr unsigned kHandles = 8192;
inline constexpr unsigned kStaleFor = 1024;

Io* resolve(akit_io* h) noexcept;          // NULL: not a handle, ended, or made before a fork
int publish(Io* io, akit_io** out) noexcept;  // 0 or -EAGAIN
void retract(akit_io* h) noexcept;

// Whole pages from a region of the kit, zeroed. In the child of a fork they read as zero, which is
// how a handle of the parent is known there without a system call.
void* memory_get(std::size_t size) noexcept;  // NULL: none
void memory_put(void* p) noexcept;

}  // namespace akit::io
