// akit_region_alloc and akit_region_free are exported by the core itself: see tiered.cc.
#include <allockit/region.h>

#include "handle.h"
#include "region/api.h"
#include "region_options.h"

namespace abi = akit::abi;
namespace core = akit::region;
using akit::heap::kKindRegion;
using core::stub;

extern "C" {

int akit_region_config_init(akit_region_config* cfg, size_t size) {
  return abi::config_init(cfg, size);
}

int akit_region_create(const akit_region_config* cfg, akit_region** out) {
  return abi::create(cfg, out);
}

int akit_region_destroy(akit_region* h, uint32_t flags) {
  return abi::destroy(stub(h), kKindRegion, flags);
}

int akit_region_config_get(akit_region* h, akit_region_config* out) {
  return abi::config_get(stub(h), out);
}

int akit_region_stats_get(akit_region* h, akit_region_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

int akit_region_suggest(akit_region* h, akit_region_config* out) {
  return abi::suggest(h, out, core::suggest);
}

int akit_region_purge(akit_region* h, uint32_t flags, uint64_t* bytes) {
  return abi::purge(stub(h), kKindRegion, flags, bytes);
}

void* akit_region_realloc(akit_region* h, void* p, size_t size, uint32_t flags, size_t* usable) {
  if (usable) *usable = 0;
  return core::realloc(h, p, size, flags, usable);
}

int akit_region_prefault(akit_region* h, void* p, size_t length, uint32_t flags) {
  return core::prefault(h, p, length, flags);
}

int akit_region_pin(akit_region* h, void* p) { return core::pin(h, p); }

int akit_region_unpin(akit_region* h, void* p) { return core::unpin(h, p); }

int64_t akit_region_node_bytes(akit_region* h, uint32_t node) { return core::node_bytes(h, node); }

}  // extern "C"
