// Between the config struct of the ABI and the options of the core.
#pragma once
#include <allockit/tiered.h>

#include "abi_struct.h"
#include "heap/api.h"

namespace akit::abi {

// Older callers have at least the fields that every kind of handle shares.
inline constexpr std::size_t kConfigSmallest = offsetof(akit_tiered_config, region);

inline int options_from(const akit_tiered_config* cfg, heap::Options& o) noexcept {
  o = {};
  if (cfg == nullptr) return 0;
  akit_tiered_config c;
  if (const int rc = copy_in(cfg, c, kConfigSmallest); rc < 0) return rc;
  if (c.reserved0 | c.reserved1 | c.reserved_a | c.reserved_b | c.reserved_c | c.reserved_d)
    return -EINVAL;
  if (c.region != nullptr || c.huge != nullptr) return -ENOSYS;
  o.flags = c.flags;
  o.name = c.name;
  o.limit_bytes = c.limit_bytes;
  o.decay_ns = c.decay_ns;
  o.thp = c.thp;
  o.fork_mode = c.fork_mode;
  o.zero_mode = c.zero_mode;
  o.numa_mode = c.numa_mode;
  o.numa_nodes = c.numa_nodes;
  o.prefault_bytes = c.prefault_bytes;
  o.check_mode = c.check_mode;
  o.small_max_bytes = c.small_max_bytes;
  o.medium_max_bytes = c.medium_max_bytes;
  o.large_max_bytes = c.large_max_bytes;
  o.thread_cache_bytes = c.thread_cache_bytes;
  o.cache_bytes = c.cache_bytes;
  o.hugetlb_mode = c.hugetlb_mode;
  o.guard_sample_interval = c.guard_sample_interval;
  return 0;
}

inline void options_to(const heap::Options& o, akit_tiered_config* out) noexcept {
  akit_tiered_config c = AKIT_TIERED_CONFIG_INIT;
  c.flags = o.flags;
  c.name = o.name;
  c.limit_bytes = o.limit_bytes;
  c.decay_ns = o.decay_ns;
  c.thp = o.thp;
  c.fork_mode = o.fork_mode;
  c.zero_mode = o.zero_mode;
  c.numa_mode = o.numa_mode;
  c.numa_nodes = o.numa_nodes;
  c.prefault_bytes = o.prefault_bytes;
  c.check_mode = o.check_mode;
  c.small_max_bytes = o.small_max_bytes;
  c.medium_max_bytes = o.medium_max_bytes;
  c.large_max_bytes = o.large_max_bytes;
  c.thread_cache_bytes = o.thread_cache_bytes;
  c.cache_bytes = o.cache_bytes;
  c.hugetlb_mode = o.hugetlb_mode;
  c.guard_sample_interval = o.guard_sample_interval;
  copy_out(out, c);
}

}  // namespace akit::abi
