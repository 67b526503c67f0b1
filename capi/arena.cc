// akit_arena_alloc and akit_arena_alloc_n are exported by the core itself: see tiered.cc.
#include <allockit/arena.h>

#include "arena/api.h"
#include "arena_options.h"
#include "handle.h"

namespace abi = akit::abi;
namespace core = akit::arena;
using core::stub;

extern "C" {

int akit_arena_config_init(akit_arena_config* cfg, size_t size) {
  return abi::config_init(cfg, size);
}

int akit_arena_create(const akit_arena_config* cfg, akit_arena** out) {
  return abi::create(cfg, out);
}

// Nothing waits: blocks do not come back one by one. Unknown flags do not keep the handle alive.
int akit_arena_destroy(akit_arena* h, uint32_t flags) {
  if (h == nullptr) return 0;
  if (const int rc = akit::heap::destroy(stub(h), akit::heap::kKindArena, 0); rc < 0) return rc;
  return flags & ~AKIT_DESTROY_NOW ? -EINVAL : 0;
}

int akit_arena_config_get(akit_arena* h, akit_arena_config* out) {
  return abi::config_get(stub(h), out);
}

int akit_arena_stats_get(akit_arena* h, akit_arena_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

int akit_arena_resize(akit_arena* h, void* p, size_t old_size, size_t new_size) {
  return core::resize(h, p, old_size, new_size);
}

int akit_arena_mark(akit_arena* h, uint64_t* mark) { return core::mark(h, mark); }

int akit_arena_rewind(akit_arena* h, uint64_t mark) { return core::rewind(h, mark); }

int akit_arena_reset(akit_arena* h, uint64_t keep_bytes) { return core::reset(h, keep_bytes); }

}  // extern "C"
