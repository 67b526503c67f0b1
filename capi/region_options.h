#pragma once
#include <allockit/region.h>

#include "options.h"

namespace akit::abi {

template <>
struct Own<akit_region_config> {
  static constexpr heap::Kind kind = heap::kKindRegion;
  static constexpr std::size_t first = offsetof(akit_region_config, cache_bytes);

  static std::uint32_t reserved(const akit_region_config&) noexcept { return 0; }

  template <class C, class O, class Copy>
  static void fields(C& c, O& o, Copy copy) noexcept {
    copy(c.cache_bytes, o.cache_bytes);
    copy(c.max_waste_permille, o.max_waste_permille);
    copy(c.max_mappings, o.max_mappings);
    copy(c.max_entries, o.max_entries);
    copy(c.purge_method, o.purge_method);
    copy(c.guard, o.guard);
    copy(c.memory, o.memory);
    copy(c.memory_bytes, o.memory_bytes);
  }
};

}  // namespace akit::abi
