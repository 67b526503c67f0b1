// akit_ring_acquire, akit_ring_release and their batches are exported by the core itself: see tiered.cc.
#include <allockit/ring.h>

#include "handle.h"
#include "ring/api.h"
#include "ring_options.h"

namespace abi = akit::abi;
namespace core = akit::ring;
using core::stub;

extern "C" {

int akit_ring_config_init(akit_ring_config* cfg, size_t size) {
  return abi::config_init(cfg, size);
}

int akit_ring_create(const akit_ring_config* cfg, akit_ring** out) { return abi::create(cfg, out); }

// Waiting for what is out is this kind's default. Unknown flags do not keep the handle alive.
int akit_ring_destroy(akit_ring* h, uint32_t flags) {
  if (const int rc = core::destroy(h, flags & AKIT_DESTROY_NOW); rc < 0) return rc;
  return h && flags & ~(AKIT_DESTROY_DEFER | AKIT_DESTROY_NOW) ? -EINVAL : 0;
}

int akit_ring_config_get(akit_ring* h, akit_ring_config* out) {
  return abi::config_get(stub(h), out);
}

int akit_ring_stats_get(akit_ring* h, akit_ring_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

int akit_ring_suggest(akit_ring* h, akit_ring_config* out) {
  return abi::suggest(h, out, core::suggest);
}

int akit_ring_memory_get(akit_ring* h, void** base, size_t* length) {
  return core::memory_get(h, base, length);
}

int akit_ring_commit(akit_ring* h, void* p, size_t used) { return core::commit(h, p, used); }

int akit_ring_retain(akit_ring* h, void* p, uint32_t count) { return core::retain(h, p, count); }

int akit_ring_release_to(akit_ring* h, const void* p) { return core::release_to(h, p); }

}  // extern "C"
