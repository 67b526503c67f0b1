// akit_nodes_alloc, _free, their batches and those of arrays are exported by the core itself: see tiered.cc.
#include <allockit/nodes.h>

#include "handle.h"
#include "nodes/api.h"
#include "nodes_options.h"

namespace abi = akit::abi;
namespace core = akit::nodes;
using akit::heap::kKindNodes;
using core::stub;

extern "C" {

int akit_nodes_config_init(akit_nodes_config* cfg, size_t size) {
  return abi::config_init(cfg, size);
}

int akit_nodes_create(const akit_nodes_config* cfg, akit_nodes** out) {
  return abi::create(cfg, out);
}

// Everything goes now, whatever the flags say: nothing can wait for a last free.
int akit_nodes_destroy(akit_nodes* h, uint32_t flags) {
  if (const int rc = abi::destroy(stub(h), kKindNodes, 0); rc < 0) return rc;
  return h && flags & ~AKIT_DESTROY_NOW ? -EINVAL : 0;
}

int akit_nodes_config_get(akit_nodes* h, akit_nodes_config* out) {
  return abi::config_get(stub(h), out);
}

int akit_nodes_stats_get(akit_nodes* h, akit_nodes_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

size_t akit_nodes_class_count(akit_nodes* h) { return core::class_count(h); }

int akit_nodes_class_stats_get(akit_nodes* h, size_t index, akit_class_stats* out) {
  if (const int rc = abi::check_out(out); rc < 0) return rc;
  akit::ClassStats s{};
  if (const int rc = core::class_stats_get(h, index, &s); rc < 0) return rc;
  abi::copy_out(out, s);
  return 0;
}

int akit_nodes_suggest(akit_nodes* h, akit_nodes_config* out) {
  return abi::suggest(h, out, core::suggest);
}

int akit_nodes_purge(akit_nodes* h, uint32_t flags, uint64_t* bytes) {
  uint64_t unused;
  uint64_t& given_back = bytes ? *bytes : unused;
  given_back = 0;
  if (flags & ~(AKIT_PURGE_DUE | AKIT_PURGE_ALL | AKIT_PURGE_WAIT)) return -EINVAL;
  return core::purge(h, flags, &given_back);
}

int akit_nodes_reset(akit_nodes* h, uint64_t keep_bytes) { return core::reset(h, keep_bytes); }

}  // extern "C"
