// The functions that every kind of handle has, up to the names and types of the ABI.
#pragma once
#include "options.h"

namespace akit::abi {

template <class Config>
int config_init(Config* cfg, std::size_t size) noexcept {
  if (cfg == nullptr || check_size(size, kConfigSmallest) < 0) return -EINVAL;
  std::memset(static_cast<void*>(cfg), 0, size);
  cfg->struct_size = size;
  return 0;
}

// The core has one type for the handles of all kinds.
template <class Config, class Handle>
int create(const Config* cfg, Handle** out) noexcept {
  if (out == nullptr) return -EINVAL;
  *out = nullptr;
  heap::Options o;
  if (const int rc = options_from(cfg, o); rc < 0) return rc;
  akit_tiered* h = nullptr;
  const int rc = heap::create(o, &h);
  *out = reinterpret_cast<Handle*>(h);
  return rc;
}

// Unknown flags do not keep the handle alive: destroying always consumes it.
inline int destroy(akit_tiered* h, heap::Kind kind, std::uint32_t flags) noexcept {
  if (h == nullptr) return 0;
  const int rc = heap::destroy(h, kind, flags & AKIT_DESTROY_DEFER);
  if (rc < 0) return rc;
  return flags & ~(AKIT_DESTROY_DEFER | AKIT_DESTROY_NOW) ? -EINVAL : 0;
}

template <class Config>
int config_get(akit_tiered* h, Config* out) noexcept {
  if (const int rc = check_out(out); rc < 0) return rc;
  heap::Options o{};
  if (const int rc = heap::options_get(h, Own<Config>::kind, &o); rc < 0) return rc;
  options_to(o, out);
  return 0;
}

// `ask` is the function of the core that fills the options.
template <class Handle, class Config>
int suggest(Handle* h, Config* out, int (*ask)(Handle*, heap::Options*) noexcept) noexcept {
  if (const int rc = check_out(out); rc < 0) return rc;
  heap::Options o{};
  if (const int rc = ask(h, &o); rc < 0) return rc;
  options_to(o, out);
  return 0;
}

template <class Handle, class Out, class Stats>
int stats_get(Handle* h, Out* out, int (*ask)(Handle*, Stats*) noexcept) noexcept {
  if (const int rc = check_out(out); rc < 0) return rc;
  Stats s{};
  if (const int rc = ask(h, &s); rc < 0) return rc;
  copy_out(out, s);
  return 0;
}

inline int purge(akit_tiered* h, heap::Kind kind, std::uint32_t flags,
                 std::uint64_t* bytes) noexcept {
  std::uint64_t unused;
  std::uint64_t& given_back = bytes ? *bytes : unused;
  given_back = 0;
  if (flags & ~(AKIT_PURGE_DUE | AKIT_PURGE_ALL | AKIT_PURGE_WAIT)) return -EINVAL;
  return heap::purge(h, kind, flags, &given_back);
}

}  // namespace akit::abi
