#pragma once
#include <allockit/arena.h>

#include "options.h"

namespace akit::abi {

template <>
struct Own<akit_arena_config> {
  static constexpr heap::Kind kind = heap::kKindArena;
  static constexpr std::size_t first = offsetof(akit_arena_config, region);

  static std::uint32_t reserved(const akit_arena_config&) noexcept { return 0; }

  template <class C, class O, class Copy>
  static void fields(C& c, O& o, Copy copy) noexcept {
    copy(c.region, o.region);
    copy(c.huge, o.huge);
    copy(c.slab_bytes, o.slab_bytes);
    copy(c.max_slab_bytes, o.max_slab_bytes);
    copy(c.exhaust_mode, o.exhaust_mode);
    copy(c.warn_percent, o.warn_percent);
    copy(c.memory, o.memory);
    copy(c.memory_bytes, o.memory_bytes);
  }
};

}  // namespace akit::abi
