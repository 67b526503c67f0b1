// What the C ABI calls for rings. akit_ring_acquire, _release and their batches are exported by
// ring/entry.cc itself. Errors exactly as the public header says.
#pragma once
#include "heap/api.h"

namespace akit::ring {

using heap::Options;

inline akit_tiered* stub(akit_ring* h) { return reinterpret_cast<akit_tiered*>(h); }

int destroy(akit_ring* h, std::uint32_t flags) noexcept;
int stats_get(akit_ring* h, RingStats* out) noexcept;
int stats_by_id(std::uint64_t id, RingStats* out, char name[64]) noexcept;  // -ENOENT: no ring
int suggest(akit_ring* h, Options* out) noexcept;
int memory_get(akit_ring* h, void** base, std::size_t* length) noexcept;
int commit(akit_ring* h, void* p, std::size_t used) noexcept;
int retain(akit_ring* h, void* p, std::uint32_t count) noexcept;
int release_to(akit_ring* h, const void* p) noexcept;

// For io_uring: the area is registered. It outlives the ring until it is unpinned as often as it was
// pinned. The handle may be one that was destroyed meanwhile.
int pin(akit_ring* h) noexcept;
int unpin(akit_ring* h) noexcept;
int area(akit_ring* h, void** base, std::size_t* length) noexcept;

}  // namespace akit::ring
