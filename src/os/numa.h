// Memory policy by raw system calls: no library, and a clear answer where the kernel has none.
#pragma once
#include "os/sys.h"

namespace akit::os {

enum class Numa : std::uint8_t { kLocal, kBind, kInterleave, kPreferred };  // AKIT_NUMA_*

inline constexpr unsigned kMostNodes = 64;

// Nodes that are online, a bit each; 1 on a kernel that says nothing of nodes.
std::uint64_t numa_nodes();
bool numa_supported();  // the kernel has memory policies

// Policy of a mapping whose pages have not been touched. 0 or -errno (-EPERM under seccomp).
int bind(void* base, std::size_t size, Numa mode, std::uint64_t nodes);

// Resident bytes of [base, base + size) on the node, looked at in steps of `page`. -ENOSYS: the kernel does not say.
std::int64_t bytes_on_node(void* base, std::size_t size, std::size_t page, unsigned node);

}  // namespace akit::os
