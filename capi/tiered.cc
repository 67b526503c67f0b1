// The hot functions (alloc, free, free_sized) are exported by the core itself, so that each is one
// function from the caller's call to its return.
#include <allockit/tiered.h>

#include <cerrno>

#include "handle.h"
#include "tiered_options.h"

namespace abi = akit::abi;
namespace core = akit::heap;

extern "C" {

int akit_tiered_config_init(akit_tiered_config* cfg, size_t size) {
  return abi::config_init(cfg, size);
}

int akit_tiered_create(const akit_tiered_config* cfg, akit_tiered** out) {
  return abi::create(cfg, out);
}

int akit_tiered_destroy(akit_tiered* h, uint32_t flags) {
  return abi::destroy(h, core::kKindTiered, flags);
}

int akit_tiered_config_get(akit_tiered* h, akit_tiered_config* out) {
  return abi::config_get(h, out);
}

int akit_tiered_stats_get(akit_tiered* h, akit_tiered_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

size_t akit_tiered_class_count(akit_tiered* h) { return core::class_count(h); }

int akit_tiered_class_stats_get(akit_tiered* h, size_t index, akit_class_stats* out) {
  if (const int rc = abi::check_out(out); rc < 0) return rc;
  akit::ClassStats s{};
  if (const int rc = core::class_stats_get(h, index, &s); rc < 0) return rc;
  abi::copy_out(out, s);
  return 0;
}

int akit_tiered_suggest(akit_tiered* h, akit_tiered_config* out) {
  return abi::suggest(h, out, core::suggest);
}

int akit_tiered_purge(akit_tiered* h, uint32_t flags, uint64_t* bytes) {
  return abi::purge(h, core::kKindTiered, flags, bytes);
}

void* akit_tiered_calloc(akit_tiered* h, size_t count, size_t size) {
  return core::calloc(h, count, size);
}

void* akit_tiered_realloc(akit_tiered* h, void* p, size_t size) {
  return core::reallocx(h, p, size, 0, 0, nullptr);
}

void* akit_tiered_aligned_alloc(akit_tiered* h, size_t alignment, size_t size) {
  return core::allocx(h, size, alignment, 0, nullptr);
}

void* akit_tiered_allocx(akit_tiered* h, size_t size, size_t alignment, uint32_t flags,
                         size_t* usable) {
  if (usable) *usable = 0;
  return core::allocx(h, size, alignment, flags, usable);
}

void* akit_tiered_reallocx(akit_tiered* h, void* p, size_t size, size_t alignment, uint32_t flags,
                           size_t* usable) {
  if (usable) *usable = 0;
  return core::reallocx(h, p, size, alignment, flags, usable);
}

void akit_tiered_free_aligned_sized(akit_tiered* h, void* p, size_t alignment, size_t size) {
  core::free_aligned_sized(h, p, alignment, size);
}

size_t akit_tiered_usable_size(akit_tiered* h, const void* p) {
  return h == nullptr ? 0 : core::usable_size(h, p);  // to the core NULL means any handle
}

size_t akit_tiered_good_size(akit_tiered* h, size_t size) { return core::good_size(h, size); }

int akit_tiered_owns(akit_tiered* h, const void* p) { return core::owns(h, p); }

size_t akit_tiered_alloc_n(akit_tiered* h, size_t size, size_t n, void** out) {
  if (out == nullptr && n != 0) {
    errno = EINVAL;
    return 0;
  }
  return core::alloc_n(h, size, n, out);
}

size_t akit_tiered_free_n(akit_tiered* h, size_t n, void* const* p) {
  return p == nullptr ? 0 : core::free_n(h, n, p);
}

}  // extern "C"
