// akit_uring_lookup is exported by the core itself: see pool.cc.
#include <allockit/uring.h>

#include "abi_struct.h"
#include "handle.h"
#include "uring/api.h"

namespace abi = akit::abi;
namespace core = akit::uring;

namespace {

// The oldest structs, of the first version.
constexpr std::size_t kUringSmallest = sizeof(akit_uring_config);
constexpr std::size_t kGroupSmallest = sizeof(akit_uring_group_config);

static_assert(AKIT_URING_NO_DUP == core::kNoDup && AKIT_URING_CREATE_TABLE == core::kCreateTable &&
              AKIT_URING_REGISTERED_FD == core::kRegisteredFd);

template <class Config>
int config_init(Config* cfg, std::size_t size, std::size_t smallest) {
  if (cfg == nullptr || abi::check_size(size, smallest) < 0) return -EINVAL;
  std::memset(static_cast<void*>(cfg), 0, size);
  cfg->struct_size = size;
  return 0;
}

int options_from(const akit_uring_config* cfg, core::Options& o) {
  if (cfg == nullptr) return -EINVAL;
  akit_uring_config c;
  if (const int rc = abi::copy_in(cfg, c, kUringSmallest); rc < 0) return rc;
  if (c.table_mode != 0) return -EINVAL;
  o.flags = c.flags;
  o.name = c.name;
  o.ring_fd = c.ring_fd;
  o.slot_base = c.slot_base;
  o.slot_count = c.slot_count;
  o.tag_base = c.tag_base;
  o.memlock_bytes = c.memlock_bytes;
  return 0;
}

int group_options_from(const akit_uring_group_config* cfg, core::GroupOptions& o) {
  if (cfg == nullptr) return -EINVAL;
  akit_uring_group_config c;
  if (const int rc = abi::copy_in(cfg, c, kGroupSmallest); rc < 0) return rc;
  if (c.flags != 0) return -EINVAL;
  o.pool = c.pool;
  o.buffer_bytes = c.buffer_bytes;
  o.group_id = c.group_id;
  o.entries = c.entries;
  o.window_min = c.window_min;
  o.window_max = c.window_max;
  return 0;
}

bool unknown(uint32_t flags) { return (flags & ~(AKIT_DESTROY_DEFER | AKIT_DESTROY_NOW)) != 0; }

}  // namespace

extern "C" {

int akit_uring_probe(akit_uring_probe_info* out) {
  if (const int rc = abi::check_out(out); rc < 0) return rc;
  const core::ProbeInfo p = core::probe();
  const akit_uring_probe_info info = {sizeof(info), p.available, p.error, p.features,  p.soft,
                                      p.hard,       p.used,      p.ipc_lock, p.max_slots, p.max_slot_bytes};
  abi::copy_out(out, info);
  return 0;
}

int akit_uring_config_init(akit_uring_config* cfg, size_t size) {
  return config_init(cfg, size, kUringSmallest);
}

int akit_uring_create(const akit_uring_config* cfg, akit_uring** out) {
  if (out == nullptr) return -EINVAL;
  *out = nullptr;
  core::Options o;
  const int rc = options_from(cfg, o);
  return rc < 0 ? rc : core::create(o, out);
}

int akit_uring_clone(akit_uring* from, const akit_uring_config* cfg, akit_uring** out) {
  if (out == nullptr) return -EINVAL;
  *out = nullptr;
  core::Options o;
  const int rc = options_from(cfg, o);
  return rc < 0 ? rc : core::clone(from, o, out);
}

int akit_uring_destroy(akit_uring* h, uint32_t flags) {
  const int rc = core::destroy(h, (flags & AKIT_DESTROY_NOW) != 0);
  return rc < 0 ? rc : h && unknown(flags) ? -EINVAL : 0;
}

int akit_uring_stats_get(akit_uring* h, akit_uring_stats* out) {
  return abi::stats_get(h, out, core::stats_get);
}

int akit_uring_add_ring(akit_uring* h, akit_ring* ring) { return core::add_ring(h, ring); }

int akit_uring_add_pool(akit_uring* h, akit_pool* pool) { return core::add_pool(h, pool); }

int akit_uring_add_memory(akit_uring* h, void* base, size_t length) {
  return core::add_memory(h, base, length);
}

int akit_uring_remove(akit_uring* h, void* base) { return core::remove(h, base); }

int akit_uring_sync(akit_uring* h) { return core::sync(h); }

int akit_uring_drained(akit_uring* h, uint64_t tag) { return core::drained(h, tag); }

int akit_uring_group_config_init(akit_uring_group_config* cfg, size_t size) {
  return config_init(cfg, size, kGroupSmallest);
}

int akit_uring_group_create(akit_uring* h, const akit_uring_group_config* cfg,
                            akit_uring_group** out) {
  if (out == nullptr) return -EINVAL;
  *out = nullptr;
  core::GroupOptions o;
  const int rc = group_options_from(cfg, o);
  return rc < 0 ? rc : core::group_create(h, o, out);
}

int akit_uring_group_destroy(akit_uring_group* g, uint32_t flags) {
  const int rc = core::group_destroy(g, (flags & AKIT_DESTROY_NOW) != 0);
  return rc < 0 ? rc : g && unknown(flags) ? -EINVAL : 0;
}

int akit_uring_group_take(akit_uring_group* g, int32_t res, uint32_t cqe_flags, void** p,
                          size_t* length) {
  return core::group_take(g, res, cqe_flags, p, length);
}

int akit_uring_group_put(akit_uring_group* g, void* p) { return core::group_put(g, p); }

int akit_uring_group_refill(akit_uring_group* g) { return core::group_refill(g); }

int akit_uring_group_stats_get(akit_uring_group* g, akit_uring_group_stats* out) {
  return abi::stats_get(g, out, core::group_stats_get);
}

}  // extern "C"
