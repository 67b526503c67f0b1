#include "kinds.h"

#include <cstring>

#include "arena/api.h"
#include "huge/api.h"
#include "nodes/api.h"
#include "pool/api.h"
#include "region/api.h"
#include "ring/api.h"
#include "uring/api.h"

namespace akit::abi {

namespace {

template <class Stats, int (*Ask)(std::uint64_t, Stats*, char*) noexcept>
int read(std::uint64_t id, Figures* out, char name[64]) noexcept {
  static_assert(sizeof(Stats) <= sizeof(std::uint64_t) + sizeof(Figures));
  Stats s{};
  if (const int rc = Ask(id, &s, name); rc < 0) return rc;
  constexpr std::size_t head = sizeof(std::uint64_t);
  std::memcpy(out->of, reinterpret_cast<const unsigned char*>(&s) + head, sizeof s - head);
  return 0;
}

#define AKIT_NAME(name) #name,
constexpr const char* kTiered[] = {
    AKIT_HANDLE_STATS_FIELDS(AKIT_NAME) AKIT_TIERED_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kRegion[] = {
    AKIT_HANDLE_STATS_FIELDS(AKIT_NAME) AKIT_REGION_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kHuge[] = {
    AKIT_HANDLE_STATS_FIELDS(AKIT_NAME) AKIT_HUGE_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kPool[] = {
    AKIT_HANDLE_STATS_FIELDS(AKIT_NAME) AKIT_POOL_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kRing[] = {
    AKIT_HANDLE_STATS_FIELDS(AKIT_NAME) AKIT_RING_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kArena[] = {
    AKIT_HANDLE_STATS_FIELDS(AKIT_NAME) AKIT_ARENA_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kNodes[] = {
    AKIT_HANDLE_STATS_FIELDS(AKIT_NAME) AKIT_NODES_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kUring[] = {AKIT_URING_STATS_FIELDS(AKIT_NAME)};
constexpr const char* kGroup[] = {AKIT_GROUP_STATS_FIELDS(AKIT_NAME)};
#undef AKIT_NAME

template <class Stats, std::size_t N>
consteval std::size_t count(const char* const (&)[N]) {
  static_assert(sizeof(Stats) == (N + 1) * sizeof(std::uint64_t));
  return N;
}

}  // namespace

constexpr KindTexts kinds[kKinds] = {
    {heap::kKindTiered, "tiered", kTiered, count<TieredStats>(kTiered), heap::class_stats_by_id,
     read<TieredStats, heap::stats_by_id>},
    {heap::kKindRegion, "region", kRegion, count<RegionStats>(kRegion), nullptr,
     read<RegionStats, region::stats_by_id>},
    {heap::kKindHuge, "huge", kHuge, count<HugeStats>(kHuge), nullptr,
     read<HugeStats, huge::stats_by_id>},
    {heap::kKindPool, "pool", kPool, count<PoolStats>(kPool), pool::class_stats_by_id,
     read<PoolStats, pool::stats_by_id>},
    {heap::kKindRing, "ring", kRing, count<RingStats>(kRing), nullptr,
     read<RingStats, ring::stats_by_id>},
    {heap::kKindArena, "arena", kArena, count<ArenaStats>(kArena), nullptr,
     read<ArenaStats, arena::stats_by_id>},
    {heap::kKindNodes, "nodes", kNodes, count<NodesStats>(kNodes), nodes::class_stats_by_id,
     read<NodesStats, nodes::stats_by_id>},
    {heap::kKindUring, "uring", kUring, count<UringStats>(kUring), nullptr,
     read<UringStats, uring::stats_by_id>},
    {heap::kKindGroup, "uring_group", kGroup, count<GroupStats>(kGroup), nullptr,
     read<GroupStats, uring::group_stats_by_id>},
};

}  // namespace akit::abi
