#include <allockit/stats.h>

#include <allockit/huge.h>
#include <allockit/nodes.h>
#include <allockit/pool.h>
#include <allockit/region.h>
#include <allockit/tiered.h>
#include <allockit/uring.h>

#include "abi_struct.h"
#include "heap/api.h"

// The core's structs are made from the list of fields, the public ones are written out for readers.
// They are copied as bytes, so each field must be at the same place in both.
#define AKIT_SAME(name)                                                                  \
  static_assert(offsetof(AKIT_PUBLIC, name) == offsetof(AKIT_CORE, name) &&              \
                sizeof(AKIT_PUBLIC::name) == sizeof(std::uint64_t));

#define AKIT_PUBLIC akit_tiered_stats
#define AKIT_CORE akit::TieredStats
AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
AKIT_TIERED_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_region_stats
#define AKIT_CORE akit::RegionStats
AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
AKIT_REGION_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_huge_stats
#define AKIT_CORE akit::HugeStats
AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
AKIT_HUGE_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_pool_stats
#define AKIT_CORE akit::PoolStats
AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
AKIT_POOL_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_uring_stats
#define AKIT_CORE akit::UringStats
AKIT_URING_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_uring_group_stats
#define AKIT_CORE akit::GroupStats
AKIT_GROUP_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_class_stats
#define AKIT_CORE akit::ClassStats
AKIT_CLASS_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_nodes_stats
#define AKIT_CORE akit::NodesStats
AKIT_HANDLE_STATS_FIELDS(AKIT_SAME)
AKIT_NODES_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

#define AKIT_PUBLIC akit_process_stats
#define AKIT_CORE akit::ProcessStats
AKIT_PROCESS_STATS_FIELDS(AKIT_SAME)
static_assert(sizeof(AKIT_PUBLIC) == sizeof(AKIT_CORE));
#undef AKIT_PUBLIC
#undef AKIT_CORE

static_assert(AKIT_NONE == akit::kNone);

extern "C" {

int akit_process_stats_get(akit_process_stats* out) {
  if (const int rc = akit::abi::check_out(out); rc < 0) return rc;
  akit::ProcessStats s{};
  if (const int rc = akit::heap::process_stats_get(&s); rc < 0) return rc;
  akit::abi::copy_out(out, s);
  return 0;
}

int akit_handle_next(uint64_t* id, uint32_t* kind) {
  if (id == nullptr) return -EINVAL;
  uint32_t unused;
  return akit::heap::handle_next(id, kind ? kind : &unused);
}

}  // extern "C"
