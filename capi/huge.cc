#include <allockit/huge.h>

#include "handle.h"
#include "huge/api.h"
#include "huge_options.h"

namespace abi = akit::abi;
namespace core = akit::huge;
using akit::heap::kKindHuge;
using core::stub;

namespace {

int system_get(std::uint32_t node_or_all, akit_huge_system* out) {
  if (const int rc = abi::check_out(out); rc < 0) return rc;
  core::System s{};
  if (const int rc = core::system_get(node_or_all, &s); rc < 0) return rc;
  const akit_huge_system system = {
      sizeof(system),    s.base_page_bytes,  s.thp_page_bytes, s.thp_mode,
      s.huge_page_bytes, s.huge_total,       s.huge_free,      s.huge_reserved,
      s.huge_surplus,    s.giant_page_bytes, s.giant_total,    s.giant_free,
      s.numa_nodes,      s.cgroup_huge_limit_bytes};
  abi::copy_out(out, system);
  return 0;
}

}  // namespace

extern "C" {

int akit_huge_config_init(akit_huge_config* cfg, size_t size) {
  return abi::config_init(cfg, size);
}

int akit_huge_create(const akit_huge_config* cfg, akit_huge** out) { return abi::create(cfg, out); }

int akit_huge_destroy(akit_huge* h, uint32_t flags) {
  return abi::destroy(stub(h), kKindHuge, flags);
}

int akit_huge_config_get(akit_huge* h, akit_huge_config* out) {
  return abi::config_get(stub(h), out);
}

int akit_huge_stats_get(akit_huge* h, akit_huge_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

int akit_huge_suggest(akit_huge* h, akit_huge_config* out) {
  return abi::suggest(h, out, core::suggest);
}

int akit_huge_purge(akit_huge* h, uint32_t flags, uint64_t* bytes) {
  return abi::purge(stub(h), kKindHuge, flags, bytes);
}

void* akit_huge_alloc(akit_huge* h, size_t size, size_t alignment, uint32_t flags,
                      uint32_t* backing) {
  if (backing) *backing = AKIT_BACKING_BASE;
  return core::alloc(h, size, alignment, flags, backing);
}

int akit_huge_free(akit_huge* h, void* p) { return core::free(h, p); }

int akit_huge_system_get(akit_huge_system* out) { return system_get(core::kAllNodes, out); }

int akit_huge_system_node_get(uint32_t node, akit_huge_system* out) {
  if (node != core::kAllNodes) return system_get(node, out);
  const int rc = abi::check_out(out);
  return rc < 0 ? rc : -ENOENT;  // to the core that number means all nodes
}

int64_t akit_huge_reason_count(akit_huge* h, uint32_t reason) {
  return core::reason_count(h, reason);
}

int64_t akit_huge_node_bytes(akit_huge* h, uint32_t node) { return core::node_bytes(h, node); }

}  // extern "C"
