// What the C ABI calls for huge pages. Errors exactly as the public header says.
#pragma once
#include "heap/api.h"

namespace akit::huge {

using heap::Options;

inline akit_tiered* stub(akit_huge* h) { return reinterpret_cast<akit_tiered*>(h); }

struct System {  // akit_huge_system without struct_size
  std::uint64_t base_page_bytes, thp_page_bytes, thp_mode, huge_page_bytes, huge_total, huge_free, huge_reserved, huge_surplus,
      giant_page_bytes, giant_total, giant_free, numa_nodes, cgroup_huge_limit_bytes;
};
inline constexpr std::uint32_t kAllNodes = ~0u;

int stats_get(akit_huge* h, HugeStats* out) noexcept;
int stats_by_id(std::uint64_t id, HugeStats* out, char name[64]) noexcept;  // -ENOENT: no huge handle
int suggest(akit_huge* h, Options* out) noexcept;
void* alloc(akit_huge* h, std::size_t size, std::size_t alignment, std::uint32_t flags, std::uint32_t* backing) noexcept;
int free(akit_huge* h, void* p) noexcept;
int system_get(std::uint32_t node_or_all, System* out) noexcept;  // -ENOENT: no such node
std::int64_t reason_count(akit_huge* h, std::uint32_t reason) noexcept;
std::int64_t node_bytes(akit_huge* h, std::uint32_t node) noexcept;

}  // namespace akit::huge
