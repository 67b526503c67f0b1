#pragma once
#include <allockit/ring.h>

#include "options.h"

namespace akit::abi {

template <>
struct Own<akit_ring_config> {
  static constexpr heap::Kind kind = heap::kKindRing;
  static constexpr std::size_t first = offsetof(akit_ring_config, region);

  static std::uint32_t reserved(const akit_ring_config& c) noexcept { return c.reserved1; }

  template <class C, class O, class Copy>
  static void fields(C& c, O& o, Copy copy) noexcept {
    copy(c.region, o.region);
    copy(c.huge, o.huge);
    copy(c.capacity_bytes, o.capacity_bytes);
    copy(c.block_bytes, o.block_bytes);
    copy(c.alignment, o.alignment);
    copy(c.colour_bytes, o.colour_bytes);
    copy(c.order, o.order);
    copy(c.memory, o.memory);
    copy(c.memory_bytes, o.memory_bytes);
  }
};

}  // namespace akit::abi
