// What the C ABI calls for registrations and groups; akit_uring_lookup is exported by uring/entry.cc itself. Errors exactly as the public header says.
#pragma once
#include "heap/api.h"

struct akit_uring;
struct akit_uring_group;
struct akit_ring;

namespace akit::uring {

enum Flags : std::uint64_t { kNoDup = 1, kCreateTable = 2, kRegisteredFd = 4 };  // AKIT_URING_*

struct Options {
  std::uint64_t flags = 0;
  const char* name = nullptr;
  std::int32_t ring_fd = 0;
  std::uint32_t slot_base = 0, slot_count = 0;
  std::uint64_t tag_base = 0, memlock_bytes = 0;
};

struct GroupOptions {
  akit_pool* pool = nullptr;
  std::uint64_t buffer_bytes = 0;
  std::uint32_t group_id = 0, entries = 0, window_min = 0, window_max = 0;
};

struct ProbeInfo {  // akit_uring_probe_info without struct_size
  std::uint64_t available, error, features, soft, hard, used, ipc_lock, max_slots, max_slot_bytes;
};

ProbeInfo probe() noexcept;
int create(const Options& o, akit_uring** out) noexcept;
int clone(akit_uring* from, const Options& o, akit_uring** out) noexcept;
int destroy(akit_uring* h, bool now) noexcept;
int stats_get(akit_uring* h, UringStats* out) noexcept;
int stats_by_id(std::uint64_t id, UringStats* out, char name[64]) noexcept;  // -ENOENT: none
int add_ring(akit_uring* h, akit_ring* ring) noexcept;
int add_pool(akit_uring* h, akit_pool* pool) noexcept;
int add_memory(akit_uring* h, void* base, std::size_t length) noexcept;
int remove(akit_uring* h, void* base) noexcept;
int sync(akit_uring* h) noexcept;
int drained(akit_uring* h, std::uint64_t tag) noexcept;

int group_create(akit_uring* h, const GroupOptions& o, akit_uring_group** out) noexcept;
int group_destroy(akit_uring_group* g, bool now) noexcept;
int group_take(akit_uring_group* g, std::int32_t res, std::uint32_t cqe_flags, void** p, std::size_t* length) noexcept;
int group_put(akit_uring_group* g, void* p) noexcept;
int group_refill(akit_uring_group* g) noexcept;
int group_stats_get(akit_uring_group* g, GroupStats* out) noexcept;
int group_stats_by_id(std::uint64_t id, GroupStats* out, char name[64]) noexcept;

}  // namespace akit::uring
