#pragma once
#include <allockit/tiered.h>

#include "options.h"

namespace akit::abi {

template <>
struct Own<akit_tiered_config> {
  static constexpr heap::Kind kind = heap::kKindTiered;
  static constexpr std::size_t first = offsetof(akit_tiered_config, region);

  static std::uint32_t reserved(const akit_tiered_config& c) noexcept { return c.reserved1; }

  template <class C, class O, class Copy>
  static void fields(C& c, O& o, Copy copy) noexcept {
    copy(c.region, o.region);
    copy(c.huge, o.huge);
    copy(c.small_max_bytes, o.small_max_bytes);
    copy(c.medium_max_bytes, o.medium_max_bytes);
    copy(c.large_max_bytes, o.large_max_bytes);
    copy(c.thread_cache_bytes, o.thread_cache_bytes);
    copy(c.cache_bytes, o.cache_bytes);
    copy(c.hugetlb_mode, o.hugetlb_mode);
    copy(c.guard_sample_interval, o.guard_sample_interval);
  }
};

}  // namespace akit::abi
