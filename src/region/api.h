// What the C ABI calls for regions. akit_region_alloc and akit_region_free are exported by
// region/entry.cc itself. Errors exactly as the public header says.
#pragma once
#include "heap/api.h"

namespace akit::region {

using heap::Options;

inline akit_tiered* stub(akit_region* h) { return reinterpret_cast<akit_tiered*>(h); }

int stats_get(akit_region* h, RegionStats* out) noexcept;
int stats_by_id(std::uint64_t id, RegionStats* out, char name[64]) noexcept;  // -ENOENT: no region handle
int suggest(akit_region* h, Options* out) noexcept;
void* realloc(akit_region* h, void* p, std::size_t size, std::uint32_t flags, std::size_t* usable) noexcept;
int prefault(akit_region* h, void* p, std::size_t length, std::uint32_t flags) noexcept;
int pin(akit_region* h, void* p) noexcept;
int unpin(akit_region* h, void* p) noexcept;
std::int64_t node_bytes(akit_region* h, std::uint32_t node) noexcept;

}  // namespace akit::region
