// Memory for the kit's own records: power-of-two pools of 64 to 4096 bytes, cut from 256 KiB
// mappings. Out of line: never between user blocks, never handed to users. Pools only grow; what is
// large or short-lived (handles, thread caches) comes from the page heap instead.
#pragma once
#include "base/bits.h"

namespace akit::meta {

inline constexpr std::size_t kSmallest = 64, kLargest = 4096;

void* get(std::size_t size);           // 64-byte aligned, contents undefined; NULL when refused
void put(void* p, std::size_t size);   // the same size as asked
void* get_pages(std::size_t size);     // zeroed, page aligned, kept for ever (tables)
std::uint64_t bytes_mapped();

}  // namespace akit::meta
