#pragma once
#include <allockit/pool.h>

#include "options.h"

namespace akit::abi {

template <>
struct Own<akit_pool_config> {
  static constexpr heap::Kind kind = heap::kKindPool;
  static constexpr std::size_t first = offsetof(akit_pool_config, region);

  static std::uint32_t reserved(const akit_pool_config& c) noexcept { return c.reserved1; }

  template <class C, class O, class Copy>
  static void fields(C& c, O& o, Copy copy) noexcept {
    copy(c.region, o.region);
    copy(c.huge, o.huge);
    copy(c.min_class_bytes, o.min_class_bytes);
    copy(c.max_class_bytes, o.max_class_bytes);
    copy(c.classes_per_doubling, o.classes_per_doubling);
    copy(c.class_bytes, o.class_bytes);
    copy(c.class_count, o.class_count);
    copy(c.class_cache_bytes, o.class_cache_bytes);
    copy(c.cache_bytes, o.cache_bytes);
    copy(c.thread_cache_bytes, o.thread_cache_bytes);
    copy(c.alignment, o.alignment);
    copy(c.slab_bytes, o.slab_bytes);
    copy(c.exhaust_mode, o.exhaust_mode);
    copy(c.memory, o.memory);
    copy(c.memory_bytes, o.memory_bytes);
  }
};

}  // namespace akit::abi
