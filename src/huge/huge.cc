// The huge-page handle: allocate, free, suggest. The chain of page kinds is heap/huge_block.cc.
#include <errno.h>

#include "heap/heap.h"
#include "huge/api.h"
#include "os/huge_pages.h"
#include "os/keep_errno.h"
#include "os/sanitizer.h"

namespace akit::huge {

using namespace heap;

namespace {

enum Flags : std::uint32_t { kZero = 1, kNoCache = 4 };  // AKIT_ALLOC_*
constexpr std::size_t kMaxAlignment = std::size_t{1} << 30;
constexpr std::size_t kMaxSize = PTRDIFF_MAX - (std::size_t{8} << 30);

void* refuse(Heap* h, int error) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  errno = error;
  return nullptr;
}

void note_peak(Heap* h) {
  std::uint64_t used = 0, peak = h->used_peak.load(std::memory_order_relaxed);
  for (auto& b : h->backing_bytes) used += b.load(std::memory_order_relaxed);
  while (used > peak && !h->used_peak.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

}  // namespace

void* alloc(akit_huge* r, std::size_t n, std::size_t alignment, std::uint32_t flags, std::uint32_t* backing) noexcept {
  if (backing) *backing = 0;
  Heap* h = checked_heap(stub(r), kKindHuge);
  if (!h) {
    errno = EINVAL;
    return nullptr;
  }
  if ((alignment && (!is_pow2(alignment) || alignment > kMaxAlignment)) || (flags & ~(kZero | kNoCache))) return refuse(h, EINVAL);
  if (h->stub->phase.load(std::memory_order_acquire) != Phase::kOpen) return refuse(h, ESHUTDOWN);
  if (n > kMaxSize) return refuse(h, ENOMEM);
  os::SlowSection section(os::current());
  bool over_cap = false;
  HugeRequest want{max<std::size_t>(n, 1), alignment, (flags & kZero) != 0, (flags & kNoCache) != 0};
  Span* s = huge_block_new(h, h, want, &over_cap);
  if (!s && h->account.front_bytes.load(std::memory_order_relaxed) && purge_heap(h)) s = huge_block_new(h, h, want, &over_cap);
  if (!s) {
    if (over_cap) h->limit_hits.fetch_add(1, std::memory_order_relaxed);
    return refuse(h, ENOMEM);
  }
  bool zeroed = s->was_zero = s->zero;
  s->zero = false;
  count_direct(h, s->usable, true);
  h->backing_bytes[s->backing].fetch_add(s->usable, std::memory_order_relaxed);
  note_peak(h);
  void* p = reinterpret_cast<void*>(s->start);
  if (h->watch) watch_out(h, p, s->usable, s->usable, zeroed);
  if ((flags & kZero) && !zeroed && !(h->watch & kWatchZeroAlloc)) __builtin_memset(p, 0, s->usable);
  if (backing) *backing = s->backing;
  return p;
}

int free(akit_huge* r, void* p) noexcept {
  if (!p) return 0;
  os::KeepErrno keep;
  akit_tiered* st = stub(r);
  Heap* h = checked_heap(st, kKindHuge);
  if (!h) return -EINVAL;
  {
    os::SlowSection section(os::current());
    Found f = find_block(p);
    if (f.heap != h) f.error = is_free_page(h, reinterpret_cast<std::uintptr_t>(p)) ? EINVAL : ENOENT;
    if (int error = f.error) {
      report(h, error, p);
      return -error;
    }
    if ((h->watch & (kWatchExact | kWatchZeroFree | kWatchTool)) && !watch_in(h, p)) return -EINVAL;
    Span* s = f.span;
    count_direct(h, s->usable, false);
    h->backing_bytes[s->backing].fetch_sub(s->usable, std::memory_order_relaxed);
    h->fruitless.store(false, std::memory_order_relaxed);
    block_free(h, s, os::now_coarse_ns());
    arm(h);
  }
  if (st->phase.load(std::memory_order_acquire) != Phase::kOpen) destroy_if_last(st);
  return 0;
}

std::int64_t reason_count(akit_huge* r, std::uint32_t reason) noexcept {
  Heap* h = checked_heap(stub(r), kKindHuge);
  if (!h || reason >= pages::kReasons) return -EINVAL;
  return static_cast<std::int64_t>(h->reasons[reason].load(std::memory_order_relaxed));
}

std::int64_t node_bytes(akit_huge* r, std::uint32_t node) noexcept {
  Heap* h = checked_heap(stub(r), kKindHuge);
  return h ? bytes_on_node(h, node) : -EINVAL;
}

int suggest(akit_huge* r, Options* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindHuge);
  if (!h) return -EINVAL;
  *out = h->opt;
  HugeStats s{};
  if (int rc = stats_get(r, &s)) return rc;
  if (s.allocs_total == 0) return 0;
  constexpr std::uint64_t kUnit = std::uint64_t{2} << 20;
  // Freed again and asked for again: what was given back in between could have been kept.
  std::uint64_t idle = s.used_peak_bytes - min(s.used_peak_bytes, s.used_bytes);
  if (s.cache_misses_total > 1 && s.frees_total > 0) out->cache_bytes = align_up(max(idle, kUnit), kUnit);
  out->limit_bytes = align_up(s.mapped_peak_bytes + s.mapped_peak_bytes / 4, kUnit);
  bool never_had = h->reasons[pages::kNotReserved].load() + h->reasons[pages::kKernel].load() + h->reasons[pages::kPermission].load() != 0;
  auto used = [&](unsigned backing) { return h->backing_bytes[backing].load(std::memory_order_relaxed) != 0; };
  if (never_had && out->huge_mode == 2 && !used(pages::kHuge) && h->idle_bytes.load() == 0 && s.populate_max_ns == 0) out->huge_mode = 3;
  if (never_had && out->giant_mode == 2 && !used(pages::kGiant) && s.populate_max_ns == 0) out->giant_mode = 3;
  return 0;
}

int system_get(std::uint32_t node, System* out) noexcept {
  std::uint64_t nodes = os::numa_nodes();
  if (node != kAllNodes && (node >= os::kMostNodes || !((nodes >> node) & 1))) return -ENOENT;
  std::size_t sizes[os::kMostHugeSizes], huge = os::hugetlb_size(), giant = 0;
  unsigned n = os::hugetlb_sizes(sizes);
  for (unsigned i = n; i-- > 0;)
    if (sizes[i] > huge) giant = sizes[i];
  using os::HugeCount;
  *out = {os::page_size(), os::thp_size(), static_cast<std::uint64_t>(os::thp_mode()), huge,
          os::hugetlb_count(huge, HugeCount::kTotal, node), os::hugetlb_count(huge, HugeCount::kFree, node),
          os::hugetlb_count(huge, HugeCount::kReserved, node), os::hugetlb_count(huge, HugeCount::kSurplus, node), giant,
          os::hugetlb_count(giant, HugeCount::kTotal, node), os::hugetlb_count(giant, HugeCount::kFree, node),
          node == kAllNodes ? nodes : std::uint64_t{1} << node, os::cgroup_hugetlb_limit(huge)};
  return 0;
}

}  // namespace akit::huge
