// What the C ABI calls. Every function is noexcept and sets errno or returns -errno exactly as the
// public header says; the hot functions (alloc, free, free_sized, malloc, free) are not here: they
// are exported directly by tiered/entry.cc, so that the fast path is one function.
#pragma once
#include "base/stats_fields.h"

struct akit_tiered;  // the stub of a handle of any kind
struct akit_region;
struct akit_huge;
struct akit_pool;
struct akit_ring;
struct akit_arena;
struct akit_nodes;

namespace akit::heap {

enum Kind : std::uint32_t {  // AKIT_KIND_*
  kKindTiered = 1, kKindRegion = 2, kKindHuge = 3, kKindPool = 4, kKindRing = 5, kKindArena = 6, kKindNodes = 7, kKindUring = 8, kKindGroup = 9
};

// The fields of the config structs of all kinds; 0 = default. Each kind looks only at its own.
struct Options {
  std::uint32_t kind = kKindTiered;
  std::uint64_t flags = 0;
  const char* name = nullptr;
  std::uint64_t limit_bytes = 0, decay_ns = 0;
  std::uint32_t thp = 0, fork_mode = 0, zero_mode = 0, numa_mode = 0;
  bool copy_asked = false;  // fork_mode was COPY, not the default: explicit huge pages are copied, too
  std::uint64_t numa_nodes = 0, prefault_bytes = 0;
  std::uint32_t check_mode = 0;
  std::uint64_t cache_bytes = 0;
  // tiered
  akit_region* region = nullptr;
  akit_huge* huge = nullptr;
  std::uint64_t small_max_bytes = 0, medium_max_bytes = 0, large_max_bytes = 0, thread_cache_bytes = 0;
  std::uint32_t hugetlb_mode = 0;
  std::uint64_t guard_sample_interval = 0;
  // region
  std::uint64_t max_waste_permille = 0, max_mappings = 0, max_entries = 0;
  std::uint32_t purge_method = 0, guard = 0;
  void* memory = nullptr;
  std::uint64_t memory_bytes = 0;
  // huge
  std::uint64_t giant_page_bytes = 0, huge_page_bytes = 0;
  std::uint32_t giant_mode = 0, huge_mode = 0, populate = 0;
  // pool
  std::uint64_t min_class_bytes = 0, max_class_bytes = 0, classes_per_doubling = 0;
  const std::uint64_t* class_bytes = nullptr;
  std::uint64_t class_count = 0, class_cache_bytes = 0, alignment = 0, slab_bytes = 0;
  std::uint32_t exhaust_mode = 0;
  // ring
  std::uint64_t capacity_bytes = 0, block_bytes = 0, colour_bytes = 0;
  std::uint32_t order = 0;
  // arena
  std::uint64_t max_slab_bytes = 0;
  // nodes
  std::uint64_t node_bytes = 0, node_alignment = 0, element_bytes = 0, max_elements = 0, capacity_step = 0;
  std::uint32_t warn_percent = 0;
};

struct BlockInfo {  // akit_block_info without struct_size
  std::uint64_t handle_id, handle_kind, base, usable_bytes, state, backing, reason, numa_node, zeroed, tag;
};

int create(const Options& opt, akit_tiered** out) noexcept;
int destroy(akit_tiered* h, Kind kind, std::uint32_t flags) noexcept;
int options_get(akit_tiered* h, Kind kind, Options* out) noexcept;
int suggest(akit_tiered* h, Options* out) noexcept;
int stats_get(akit_tiered* h, TieredStats* out) noexcept;
std::size_t class_count(akit_tiered* h) noexcept;
int class_stats_get(akit_tiered* h, std::size_t index, ClassStats* out) noexcept;
int purge(akit_tiered* h, Kind kind, std::uint32_t flags, std::uint64_t* bytes) noexcept;

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
// -ENOENT also for a handle of another kind; region/api.h and huge/api.h have theirs
int stats_by_id(std::uint64_t id, TieredStats* out, char name[64]) noexcept;
int class_stats_by_id(std::uint64_t id, std::size_t index, ClassStats* out) noexcept;  // -ENOENT

int maintain(std::uint64_t* next_ns) noexcept;
int purge_thread(std::uint32_t run) noexcept;
int thread_flush(std::uint32_t flags) noexcept;
int purge_process(std::uint32_t flags, std::uint64_t* bytes) noexcept;
int cache_limit(std::uint64_t bytes) noexcept;

}  // namespace akit::heap
