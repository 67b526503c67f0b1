#pragma once
#include <allockit/huge.h>

#include "options.h"

namespace akit::abi {

template <>
struct Own<akit_huge_config> {
  static constexpr heap::Kind kind = heap::kKindHuge;
  static constexpr std::size_t first = offsetof(akit_huge_config, giant_page_bytes);

  static std::uint32_t reserved(const akit_huge_config& c) noexcept { return c.reserved1; }

  template <class C, class O, class Copy>
  static void fields(C& c, O& o, Copy copy) noexcept {
    copy(c.giant_page_bytes, o.giant_page_bytes);
    copy(c.huge_page_bytes, o.huge_page_bytes);
    copy(c.giant_mode, o.giant_mode);
    copy(c.huge_mode, o.huge_mode);
    copy(c.populate, o.populate);
    copy(c.cache_bytes, o.cache_bytes);
  }
};

}  // namespace akit::abi
