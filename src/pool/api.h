// What the C ABI calls for pools. akit_pool_get, _put and their batches are exported by pool/entry.cc
// itself. Errors exactly as the public header says.
#pragma once
#include "heap/api.h"

namespace akit::pool {

using heap::Options;

inline akit_tiered* stub(akit_pool* h) { return reinterpret_cast<akit_tiered*>(h); }

int destroy(akit_pool* h, std::uint32_t flags) noexcept;
int stats_get(akit_pool* h, PoolStats* out) noexcept;
int stats_by_id(std::uint64_t id, PoolStats* out, char name[64]) noexcept;  // -ENOENT: no pool
std::size_t class_count(akit_pool* h) noexcept;
int class_stats_get(akit_pool* h, std::size_t index, ClassStats* out) noexcept;
int class_stats_by_id(std::uint64_t id, std::size_t index, ClassStats* out) noexcept;
int suggest(akit_pool* h, Options* out) noexcept;
int warm(akit_pool* h, std::size_t length, std::size_t count) noexcept;
int leak_next(akit_pool* h, std::uint64_t* cursor, heap::BlockInfo* out) noexcept;
std::size_t capacity(akit_pool* h, const void* p) noexcept;
int tag_set(akit_pool* h, void* p, std::uint64_t tag) noexcept;

}  // namespace akit::pool
