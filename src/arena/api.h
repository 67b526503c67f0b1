// What the C ABI calls for arenas. akit_arena_alloc and akit_arena_alloc_n are exported by arena/entry.cc
// itself. Errors exactly as the public header says.
#pragma once
#include "heap/api.h"

namespace akit::arena {

inline akit_tiered* stub(akit_arena* h) { return reinterpret_cast<akit_tiered*>(h); }

int stats_get(akit_arena* h, ArenaStats* out) noexcept;
int stats_by_id(std::uint64_t id, ArenaStats* out, char name[64]) noexcept;  // -ENOENT: no arena
int resize(akit_arena* h, void* p, std::size_t old_size, std::size_t new_size) noexcept;
int mark(akit_arena* h, std::uint64_t* mark) noexcept;
int rewind(akit_arena* h, std::uint64_t mark) noexcept;
int reset(akit_arena* h, std::uint64_t keep_bytes) noexcept;

}  // namespace akit::arena
