// What a configuration means: defaults filled in, impossible values refused, nothing clamped.
#include <errno.h>

#include "heap/heap.h"
#include "os/huge_pages.h"
#include "heap/nodes_part.h"

namespace akit::heap {
namespace {

constexpr std::uint64_t kDefaultDecay = 100000000;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

bool good_name(const char* s, char* out) {
  std::size_t n = 0;
  for (; s && s[n]; ++n) {
    char ch = s[n];
    bool ok = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_' || ch == '.' || ch == '-';
    if (!ok || n >= 63) return false;
    out[n] = ch;
  }
  if (s && n == 0) return false;
  out[n] = 0;
  return true;
}

std::uint64_t or_default(std::uint64_t v, std::uint64_t d) { return v == 0 ? d : v; }

std::uint64_t round_to_class(std::uint64_t n) { return n > kMaxSized ? n : size_of_class(class_of_size(n)); }

int resolve_numa(const Options& o) {
  if (o.numa_mode == 0) return o.numa_nodes ? -EINVAL : 0;
  if (o.numa_nodes == 0 || (o.numa_nodes & ~os::numa_nodes())) return -EINVAL;
  return os::numa_supported() ? 0 : -ENOSYS;
}

int resolve_tiered(Options& o) {
  if (o.hugetlb_mode > 3 || (o.huge && o.hugetlb_mode)) return -EINVAL;
  // Memory that another handle owns is as that handle has it.
  if (o.region && (o.numa_mode || o.thp || o.fork_mode)) return -EINVAL;
  if (o.small_max_bytes && o.small_max_bytes < 16) return -EINVAL;
  o.fork_mode = o.fork_mode ? o.fork_mode : 1;
  o.hugetlb_mode = o.hugetlb_mode ? o.hugetlb_mode : 3;
  o.small_max_bytes = or_default(o.small_max_bytes, 1024);
  o.medium_max_bytes = or_default(o.medium_max_bytes, max<std::uint64_t>(16384, o.small_max_bytes));
  o.large_max_bytes = or_default(o.large_max_bytes, max<std::uint64_t>(2 * kMiB - 1, o.medium_max_bytes));
  o.thread_cache_bytes = or_default(o.thread_cache_bytes, 128 * kMiB);
  if (o.thread_cache_bytes == kNone) o.thread_cache_bytes = std::uint64_t{1} << 40;
  o.cache_bytes = or_default(o.cache_bytes, 256 * kMiB);
  // Slabs hold blocks of up to 64 KiB; a threshold lies on a class boundary.
  if (o.medium_max_bytes > 65536 || o.small_max_bytes > o.medium_max_bytes || o.medium_max_bytes > o.large_max_bytes) return -EINVAL;
  o.small_max_bytes = round_to_class(o.small_max_bytes);
  o.medium_max_bytes = round_to_class(o.medium_max_bytes);
  return 0;
}

// Whole pages inside the caller's memory; 0: none.
std::uint64_t usable_memory(const Options& o) {
  auto a = reinterpret_cast<std::uintptr_t>(o.memory);
  std::uintptr_t end;
  if (__builtin_add_overflow(a, o.memory_bytes, &end)) return 0;
  std::uintptr_t first = align_up(a, os::page_size()), last = align_down(end, os::page_size());
  return last > first ? last - first : 0;
}

int resolve_region(Options& o) {
  if (o.purge_method > 3 || o.guard > 1 || o.max_waste_permille > 1000) return -EINVAL;
  if (!o.memory && o.memory_bytes) return -EINVAL;
  if (o.memory && (o.numa_mode || o.thp > 1 || o.fork_mode > 1 || o.guard || o.purge_method || !usable_memory(o))) return -EINVAL;
  o.fork_mode = o.fork_mode ? o.fork_mode : 1;
  o.cache_bytes = or_default(o.cache_bytes, 256 * kMiB);
  o.max_waste_permille = or_default(o.max_waste_permille, 125);
  o.max_mappings = or_default(o.max_mappings, 16384);
  o.max_entries = or_default(o.max_entries, 65536);
  o.thread_cache_bytes = std::uint64_t{1} << 40;  // one budget for all threads
  return 0;
}

int resolve_huge(Options& o) {
  if (o.giant_mode > 3 || o.huge_mode > 3 || o.populate > 1 || o.prefault_bytes > o.cache_bytes) return -EINVAL;
  std::size_t sizes[os::kMostHugeSizes];
  unsigned n = os::hugetlb_sizes(sizes);
  auto offered = [&](std::uint64_t size) {
    for (unsigned i = 0; i < n; ++i)
      if (sizes[i] == size) return true;
    return false;
  };
  if ((o.giant_page_bytes && !offered(o.giant_page_bytes)) || (o.huge_page_bytes && !offered(o.huge_page_bytes))) return -EINVAL;
  o.huge_page_bytes = or_default(o.huge_page_bytes, os::hugetlb_size());
  for (unsigned i = 0; i < n && !o.giant_page_bytes; ++i)
    if (sizes[i] > o.huge_page_bytes) o.giant_page_bytes = sizes[i];
  if (o.giant_page_bytes && o.giant_page_bytes <= o.huge_page_bytes) return -EINVAL;
  o.giant_mode = o.giant_mode ? o.giant_mode : 2;
  o.huge_mode = o.huge_mode ? o.huge_mode : 2;
  return 0;
}

int resolve_pool(Options& o) {
  std::uint64_t classes[cache::kPoolClasses];
  unsigned n = pool_classes(o, classes);
  bool lent = o.region || o.huge;
  if (n == 0 || o.exhaust_mode > 2 || o.slab_bytes > (std::uint64_t{1} << 30)) return -EINVAL;
  if (o.alignment && (!is_pow2(o.alignment) || o.alignment > 2 * kMiB)) return -EINVAL;
  // Memory that another handle or the caller owns is as they have it.
  if ((o.region != nullptr) + (o.huge != nullptr) + (o.memory != nullptr) > 1) return -EINVAL;
  if ((lent || o.memory) && (o.numa_mode || o.thp > (lent ? 0u : 1u) || o.fork_mode > (lent ? 0u : 1u))) return -EINVAL;
  if (((o.huge || o.memory) && o.prefault_bytes) || (o.memory && (o.flags & 1))) return -EINVAL;
  if (o.memory ? o.exhaust_mode == 2 || usable_memory(o) < align_up(classes[n - 1], os::page_size()) : o.memory_bytes != 0) return -EINVAL;
  o.fork_mode = o.fork_mode ? o.fork_mode : 1;
  o.alignment = or_default(o.alignment, 64);
  o.cache_bytes = or_default(o.cache_bytes, 64 * kMiB);
  o.class_cache_bytes = or_default(o.class_cache_bytes, o.cache_bytes);
  o.thread_cache_bytes = or_default(o.thread_cache_bytes, 8 * kMiB);
  if (o.thread_cache_bytes == kNone) o.thread_cache_bytes = min(o.cache_bytes, std::uint64_t{1} << 40);
  return 0;
}

// Bytes of the caller's memory from the first aligned address on.
std::uint64_t aligned_memory(const Options& o, std::uint64_t alignment) {
  auto a = reinterpret_cast<std::uintptr_t>(o.memory);
  std::uintptr_t first = align_up(a, alignment), end;
  return __builtin_add_overflow(a, o.memory_bytes, &end) || first < a || first > end ? 0 : end - first;
}

int resolve_ring(Options& o) {
  bool lent = o.region || o.huge;
  if (o.order > 1 || (o.alignment && (!is_pow2(o.alignment) || o.alignment > (std::uint64_t{1} << 30)))) return -EINVAL;
  if ((o.region != nullptr) + (o.huge != nullptr) + (o.memory != nullptr) > 1 || (!o.memory && o.memory_bytes)) return -EINVAL;
  if ((lent || o.memory) && (o.numa_mode || o.thp > (lent ? 0u : 1u) || o.fork_mode > (lent ? 0u : 1u))) return -EINVAL;
  if ((o.huge || o.memory) && o.prefault_bytes) return -EINVAL;
  o.fork_mode = o.fork_mode ? o.fork_mode : 1;
  o.alignment = max<std::uint64_t>(or_default(o.alignment, 64), 16);
  std::uint64_t room = o.memory ? aligned_memory(o, o.alignment) : kNone, most = o.alignment * kMostGranules;
  if (o.capacity_bytes > min(room, most)) return -EINVAL;
  bool fill = o.memory && o.capacity_bytes == 0;
  std::uint64_t capacity = fill ? align_down(min(room, most), o.alignment) : align_up(or_default(o.capacity_bytes, 4 * kMiB), o.alignment);
  std::uint64_t block = o.block_bytes;
  if (block == 0) block = o.order == 1 ? capacity : align_up(capacity / 64, o.alignment);
  if (block == 0) block = o.alignment;
  if (block % o.alignment || block > capacity || (o.colour_bytes && (o.colour_bytes % o.alignment || o.colour_bytes >= block))) return -EINVAL;
  if (o.order == 0) capacity = fill ? capacity - capacity % block : (capacity + block - 1) / block * block;
  if (capacity > min(room, most)) return -EINVAL;
  o.capacity_bytes = capacity;
  o.block_bytes = block;
  return 0;
}

int resolve_arena(Options& o) {
  bool lent = o.region || o.huge;
  if (o.exhaust_mode > 2 || (o.warn_percent > 100 && o.warn_percent != ~std::uint32_t{0})) return -EINVAL;
  if ((o.region != nullptr) + (o.huge != nullptr) + (o.memory != nullptr) > 1 || (o.memory != nullptr) != (o.memory_bytes != 0)) return -EINVAL;
  if ((lent || o.memory) && (o.numa_mode || o.thp > (lent ? 0u : 1u) || o.fork_mode > (lent ? 0u : 1u))) return -EINVAL;
  if ((o.huge || o.memory) && o.prefault_bytes) return -EINVAL;
  std::uintptr_t end;
  if (__builtin_add_overflow(reinterpret_cast<std::uintptr_t>(o.memory), o.memory_bytes, &end)) return -EINVAL;
  std::uint64_t most = std::uint64_t{1} << 40, page = os::page_size();
  if (o.slab_bytes > most || o.max_slab_bytes > most) return -EINVAL;
  o.fork_mode = o.fork_mode ? o.fork_mode : 1;
  std::uint64_t usual = o.huge ? 2 * kMiB : 64 * 1024;
  if (o.slab_bytes == 0) o.slab_bytes = o.max_slab_bytes ? min(o.max_slab_bytes, usual) : usual;
  if (o.max_slab_bytes == 0) o.max_slab_bytes = max(4 * kMiB, o.slab_bytes);
  if (o.max_slab_bytes < o.slab_bytes) return -EINVAL;
  o.slab_bytes = align_up(o.slab_bytes, page);
  o.max_slab_bytes = align_up(o.max_slab_bytes, page);
  o.warn_percent = o.warn_percent ? o.warn_percent : 80;
  return 0;
}

int resolve_nodes(Options& o) {
  bool lent = o.region || o.huge;
  if (o.node_bytes == 0 || o.node_bytes > kLargestNode || o.node_alignment > kLargestNode || (o.node_alignment && !is_pow2(o.node_alignment))) return -EINVAL;
  if (!o.element_bytes && (o.max_elements || o.capacity_step)) return -EINVAL;
  if (o.max_elements > kMostElements || o.exhaust_mode > 2 || o.slab_bytes > kLargestNodeSlab) return -EINVAL;
  if (o.warn_percent > 100 && o.warn_percent != ~0u) return -EINVAL;
  if ((o.region != nullptr) + (o.huge != nullptr) + (o.memory != nullptr) > 1 || (!o.memory && o.memory_bytes)) return -EINVAL;
  if ((lent || o.memory) && (o.numa_mode || o.thp > (lent ? 0u : 1u) || o.fork_mode > (lent ? 0u : 1u))) return -EINVAL;
  if (o.memory && (o.prefault_bytes || o.slab_bytes)) return -EINVAL;
  if (o.element_bytes) {
    o.max_elements = or_default(o.max_elements, kMostElements);
    o.capacity_step = or_default(o.capacity_step, min<std::uint64_t>(4, o.max_elements));
    if (o.element_bytes > kLargestNode / o.max_elements || o.capacity_step > o.max_elements) return -EINVAL;
  }
  o.node_alignment = max<std::uint64_t>(o.node_alignment, 16);
  // Room for one block of each kind, whatever their alignment costs.
  std::uint64_t largest = max(align_up(o.node_bytes, o.node_alignment), o.element_bytes * o.max_elements) + o.node_alignment;
  if (o.memory && aligned_memory(o, max<std::uint64_t>(o.node_alignment, map::kPage)) < align_up(largest, map::kPage)) return -EINVAL;
  o.fork_mode = o.fork_mode ? o.fork_mode : 1;
  if (!o.memory) o.slab_bytes = align_up(or_default(o.slab_bytes, 64 * 1024), os::page_size());
  o.warn_percent = o.warn_percent ? o.warn_percent : 80;
  return 0;
}

}  // namespace

unsigned last_class_within(std::uint64_t n) {
  if (n >= kMaxSized) return kLastSized;
  unsigned c = class_of_size(n);
  return size_of_class(c) <= n ? c : c - 1;
}

int resolve(Options& o, char (&name)[64]) {
  if (!good_name(o.name, name)) return -EINVAL;
  if (o.flags & ~std::uint64_t{o.kind == kKindPool ? 3u : 0u}) return -EINVAL;
  if (o.thp > 3 || o.fork_mode > 3 || o.zero_mode > 2 || o.numa_mode > 3 || o.check_mode > 1) return -EINVAL;
  o.copy_asked = o.fork_mode == 1;
  o.limit_bytes = or_default(o.limit_bytes, kNone);
  o.decay_ns = or_default(o.decay_ns, kDefaultDecay);
  if (o.limit_bytes < 64 * 1024) return -EINVAL;  // less than a handle's own records and first slabs
  int rc = o.kind == kKindRegion ? resolve_region(o) : o.kind == kKindHuge ? resolve_huge(o) : o.kind == kKindPool ? resolve_pool(o) : o.kind == kKindRing ? resolve_ring(o) : o.kind == kKindArena ? resolve_arena(o) : o.kind == kKindNodes ? resolve_nodes(o) : resolve_tiered(o);
  return rc ? rc : resolve_numa(o);
}

}  // namespace akit::heap
