// Structs that cross the border: the caller's may be older or newer than ours. The first member,
// struct_size, says how much of it exists. The rules are chapter 5 of allockit.h.
#pragma once
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace akit::abi {

// No version will have a larger struct; it stops a garbage size from being read or cleared.
inline constexpr std::uint64_t kLargestStruct = 4096;

inline int check_size(std::uint64_t size, std::size_t smallest) noexcept {
  if (size < smallest || size % 8 != 0) return -EINVAL;
  return size > kLargestStruct ? -E2BIG : 0;
}

// Takes over what both sides know; fields the caller does not have yet are zero, the default.
template <class T>
int copy_in(const T* from, T& to, std::size_t smallest) noexcept {
  const std::uint64_t size = from->struct_size;
  if (const int rc = check_size(size, smallest); rc < 0) return rc;
  const auto* bytes = reinterpret_cast<const unsigned char*>(from);
  for (std::size_t i = sizeof(T); i < size; i++)
    if (bytes[i] != 0) return -E2BIG;
  std::memset(&to, 0, sizeof(T));
  std::memcpy(&to, from, size < sizeof(T) ? size : sizeof(T));
  return 0;
}

// Asked before the work, so that a bad struct fails without a side effect.
template <class T>
int check_out(const T* to) noexcept {
  if (to == nullptr) return -EINVAL;
  const int rc = check_size(to->struct_size, 2 * sizeof(std::uint64_t));
  return rc == -E2BIG ? -EINVAL : rc;
}

// Fills what both sides know and clears the rest. struct_size stays the caller's.
template <class T, class From>
void copy_out(T* to, const From& from) noexcept {
  static_assert(sizeof(T) == sizeof(From));
  const std::size_t size = to->struct_size;
  const std::size_t known = size < sizeof(T) ? size : sizeof(T);
  constexpr std::size_t head = sizeof(std::uint64_t);
  auto* bytes = reinterpret_cast<unsigned char*>(to);
  std::memcpy(bytes + head, reinterpret_cast<const unsigned char*>(&from) + head, known - head);
  std::memset(bytes + known, 0, size - known);
}

}  // namespace akit::abi
