// What the C ABI calls for nodes. The hot functions (alloc, free, their batches and those of arrays) are
// exported by nodes/entry.cc itself. Errors exactly as the public header says.
#pragma once
#include "heap/api.h"

namespace akit::nodes {

using heap::Options;

inline akit_tiered* stub(akit_nodes* h) { return reinterpret_cast<akit_tiered*>(h); }

int stats_get(akit_nodes* h, NodesStats* out) noexcept;
int stats_by_id(std::uint64_t id, NodesStats* out, char name[64]) noexcept;  // -ENOENT: no such handle
std::size_t class_count(akit_nodes* h) noexcept;
int class_stats_get(akit_nodes* h, std::size_t index, ClassStats* out) noexcept;
int class_stats_by_id(std::uint64_t id, std::size_t index, ClassStats* out) noexcept;  // -ENOENT
int suggest(akit_nodes* h, Options* out) noexcept;
int purge(akit_nodes* h, std::uint32_t flags, std::uint64_t* bytes) noexcept;
int reset(akit_nodes* h, std::uint64_t keep_bytes) noexcept;

}  // namespace akit::nodes
