// Tells several copies of the library in one process apart, and stays the same from run to run.
#pragma once
#include <cstddef>

namespace akit::abi {

inline constexpr std::size_t kCopyLabel = 64;

// Name of the object file that contains this copy, "-", and a hash of its whole path.
void copy_label(char (&out)[kCopyLabel]) noexcept;

}  // namespace akit::abi
