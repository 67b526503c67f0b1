#pragma once
#include <allockit/nodes.h>

#include "options.h"

namespace akit::abi {

template <>
struct Own<akit_nodes_config> {
  static constexpr heap::Kind kind = heap::kKindNodes;
  static constexpr std::size_t first = offsetof(akit_nodes_config, region);

  static std::uint32_t reserved(const akit_nodes_config&) noexcept { return 0; }

  template <class C, class O, class Copy>
  static void fields(C& c, O& o, Copy copy) noexcept {
    copy(c.region, o.region);
    copy(c.huge, o.huge);
    copy(c.node_bytes, o.node_bytes);
    copy(c.node_alignment, o.node_alignment);
    copy(c.element_bytes, o.element_bytes);
    copy(c.max_elements, o.max_elements);
    copy(c.capacity_step, o.capacity_step);
    copy(c.slab_bytes, o.slab_bytes);
    copy(c.exhaust_mode, o.exhaust_mode);
    copy(c.warn_percent, o.warn_percent);
    copy(c.memory, o.memory);
    copy(c.memory_bytes, o.memory_bytes);
  }
};

}  // namespace akit::abi
