// Between the config structs of the ABI and the options of the core. What all kinds of handle share
// is here; Own<Config> adds what one kind has alone, as one list that serves both directions.
#pragma once
#include <allockit/tiered.h>

#include "abi_struct.h"
#include "heap/api.h"

namespace akit::abi {

template <class Config>
struct Own;  // kind, first (offset of the first field of its own), reserved(c), fields(c, o, copy)

// Older callers have at least the fields that every kind of handle shares.
inline constexpr std::size_t kConfigSmallest = offsetof(akit_tiered_config, region);

template <class C, class O, class Copy>
void shared_fields(C& c, O& o, Copy copy) noexcept {
  copy(c.flags, o.flags);
  copy(c.name, o.name);
  copy(c.limit_bytes, o.limit_bytes);
  copy(c.decay_ns, o.decay_ns);
  copy(c.thp, o.thp);
  copy(c.fork_mode, o.fork_mode);
  copy(c.zero_mode, o.zero_mode);
  copy(c.numa_mode, o.numa_mode);
  copy(c.numa_nodes, o.numa_nodes);
  copy(c.prefault_bytes, o.prefault_bytes);
  copy(c.check_mode, o.check_mode);
}

template <class Config>
int options_from(const Config* cfg, heap::Options& o) noexcept {
  static_assert(Own<Config>::first == kConfigSmallest);
  o = {};
  o.kind = Own<Config>::kind;
  if (cfg == nullptr) return 0;
  Config c;
  if (const int rc = copy_in(cfg, c, kConfigSmallest); rc < 0) return rc;
  if (c.reserved0 | c.reserved_a | c.reserved_b | c.reserved_c | c.reserved_d) return -EINVAL;
  if (Own<Config>::reserved(c) != 0) return -EINVAL;
  const auto take = [](const auto& from, auto& to) { to = from; };
  shared_fields(c, o, take);
  Own<Config>::fields(c, o, take);
  return 0;
}

template <class Config>
void options_to(const heap::Options& o, Config* out) noexcept {
  Config c{};
  const auto give = [](auto& to, const auto& from) { to = from; };
  shared_fields(c, o, give);
  Own<Config>::fields(c, o, give);
  copy_out(out, c);
}

}  // namespace akit::abi
