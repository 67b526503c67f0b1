// Misuse reports: one counter, one line or one callback, and nothing else changed.
#pragma once
#include "base/config.h"

namespace akit {
int misuse_mode(std::uint32_t mode) noexcept;
int misuse_handler(void (*fn)(void*, int, std::uint64_t, const void*), void* user) noexcept;
std::uint64_t misuse_count() noexcept;
// error is a positive errno value: ENOENT = not the start of a block of this handle, EINVAL = such
// a start but not out, or a bad handle. handle_id 0 = unknown. Preserves errno.
void misuse(int error, std::uint64_t handle_id, const void* p) noexcept;
// Told through the same handler, but no misuse: neither counted nor a reason to abort.
void event(int error, std::uint64_t handle_id, const void* p) noexcept;
}  // namespace akit
