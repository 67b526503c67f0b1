// What the C ABI calls. Every function is noexcept and sets errno or returns -errno exactly as the
// public header says; the hot functions (alloc, free, free_sized, malloc, free) are not here: they
// are exported directly by tiered/entry.cc, so that the fast path is one function.
#pragma once
#include "base/stats_fields.h"

struct akit_tiered;

namespace akit::heap {

struct Options {  // the fields of akit_tiered_config; 0 = default
  std::uint64_t flags;
  const char* name;
  std::uint64_t limit_bytes, decay_ns;
  std::uint32_t thp, fork_mode, zero_mode, numa_mode;
  std::uint64_t numa_nodes, prefault_bytes;
  std::uint32_t check_mode;
  const void* region;
  const void* huge;
  std::uint64_t small_max_bytes, medium_max_bytes, large_max_bytes, thread_cache_bytes, cache_bytes;
  std::uint32_t hugetlb_mode;
  std::uint64_t guard_sample_interval;
};

struct BlockInfo {  // akit_block_info without struct_size
  std::uint64_t handle_id, handle_kind, base, usable_bytes, state, backing, reason, numa_node;
};

int create(const Options& opt, akit_tiered** out) noexcept;
int destroy(akit_tiered* h, std::uint32_t flags) noexcept;
int options_get(akit_tiered* h, Options* out) noexcept;
int suggest(akit_tiered* h, Options* out) noexcept;
int stats_get(akit_tiered* h, TieredStats* out) noexcept;
std::size_t class_count(akit_tiered* h) noexcept;
int class_stats_get(akit_tiered* h, std::size_t index, ClassStats* out) noexcept;
int purge(akit_tiered* h, std::uint32_t flags, std::uint64_t* bytes) noexcept;

void* allocx(akit_tiered* h, std::size_t size, std::size_t alignment, std::uint32_t flags, std::size_t* usable) noexcept;
void* reallocx(akit_tiered* h, void* p, std::size_t size, std::size_t alignment, std::uint32_t flags, std::size_t* usable) noexcept;
void* calloc(akit_tiered* h, std::size_t count, std::size_t size) noexcept;
void free_aligned_sized(akit_tiered* h, void* p, std::size_t alignment, std::size_t size) noexcept;
std::size_t usable_size(akit_tiered* h, const void* p) noexcept;  // h NULL: any handle of this copy
std::size_t good_size(akit_tiered* h, std::size_t size) noexcept;
int owns(akit_tiered* h, const void* p) noexcept;
std::size_t alloc_n(akit_tiered* h, std::size_t size, std::size_t n, void** out) noexcept;
std::size_t free_n(akit_tiered* h, std::size_t n, void* const* p) noexcept;

akit_tiered* default_handle() noexcept;
int default_configure(const Options& opt) noexcept;
void* default_realloc(void* p, std::size_t size) noexcept;  // a block stays in its own handle
void default_free_aligned_sized(void* p, std::size_t alignment, std::size_t size) noexcept;

int inspect(const void* p, BlockInfo* out) noexcept;
int process_stats_get(ProcessStats* out) noexcept;
int handle_next(std::uint64_t* id, std::uint32_t* kind) noexcept;
int stats_by_id(std::uint64_t id, TieredStats* out, char name[64]) noexcept;
int class_stats_by_id(std::uint64_t id, std::size_t index, ClassStats* out) noexcept;  // -ENOENT

int maintain(std::uint64_t* next_ns) noexcept;
int purge_thread(std::uint32_t run) noexcept;
int thread_flush(std::uint32_t flags) noexcept;
int purge_process(std::uint32_t flags, std::uint64_t* bytes) noexcept;
int cache_limit(std::uint64_t bytes) noexcept;

}  // namespace akit::heap
