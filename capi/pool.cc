// akit_pool_get, akit_pool_put and their batches are exported by the core itself: see tiered.cc.
#include <allockit/pool.h>

#include "block_info.h"
#include "handle.h"
#include "pool/api.h"
#include "pool_options.h"

namespace abi = akit::abi;
namespace core = akit::pool;
using akit::heap::kKindPool;
using core::stub;

extern "C" {

int akit_pool_config_init(akit_pool_config* cfg, size_t size) {
  return abi::config_init(cfg, size);
}

int akit_pool_create(const akit_pool_config* cfg, akit_pool** out) { return abi::create(cfg, out); }

// Waiting for what is out is this kind's default. Unknown flags do not keep the handle alive.
int akit_pool_destroy(akit_pool* h, uint32_t flags) {
  if (const int rc = core::destroy(h, flags & AKIT_DESTROY_NOW); rc < 0) return rc;
  return h && flags & ~(AKIT_DESTROY_DEFER | AKIT_DESTROY_NOW) ? -EINVAL : 0;
}

int akit_pool_config_get(akit_pool* h, akit_pool_config* out) {
  return abi::config_get(stub(h), out);
}

int akit_pool_stats_get(akit_pool* h, akit_pool_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

size_t akit_pool_class_count(akit_pool* h) { return core::class_count(h); }

int akit_pool_class_stats_get(akit_pool* h, size_t index, akit_class_stats* out) {
  if (const int rc = abi::check_out(out); rc < 0) return rc;
  akit::ClassStats s{};
  if (const int rc = core::class_stats_get(h, index, &s); rc < 0) return rc;
  abi::copy_out(out, s);
  return 0;
}

int akit_pool_suggest(akit_pool* h, akit_pool_config* out) {
  return abi::suggest(h, out, core::suggest);
}

int akit_pool_purge(akit_pool* h, uint32_t flags, uint64_t* bytes) {
  return abi::purge(stub(h), kKindPool, flags, bytes);
}

int akit_pool_warm(akit_pool* h, size_t length, size_t count) {
  return core::warm(h, length, count);
}

int akit_pool_leak_next(akit_pool* h, uint64_t* cursor, akit_block_info* out) {
  if (const int rc = abi::check_out(out); rc < 0) return rc;
  akit::heap::BlockInfo b{};
  if (const int rc = core::leak_next(h, cursor, &b); rc < 0) return rc;
  abi::copy_out(out, abi::block_info(b));
  return 0;
}

size_t akit_pool_capacity(akit_pool* h, const void* p) { return core::capacity(h, p); }

int akit_pool_tag_set(akit_pool* h, void* p, uint64_t tag) { return core::tag_set(h, p, tag); }

}  // extern "C"
