// The life of a handle: create from options, destroy whole, destroy deferred.
#include "heap/heap.h"

#include <errno.h>

#include <new>

#include "cache/purger.h"
#include "os/sanitizer.h"
#include "heap/current.h"
#include "heap/miss.h"
#include "heap/open.h"
#include "heap/nodes_part.h"

namespace akit::heap {
namespace {

constexpr unsigned kSparesKept = 16;
constexpr std::uint64_t kSpareDecay = 100000000;
constexpr std::size_t kHeapBytes = sizeof(Heap);

constinit Heap* spare_heaps = nullptr;  // under registry_lock
constinit unsigned spare_count = 0;
constinit std::atomic<int> started{0};

}  // namespace

void start_once() {
  if (AKIT_LIKELY(started.load(std::memory_order_acquire) == 2)) return;
  int none = 0;
  if (started.compare_exchange_strong(none, 1)) {
    os::set_thread_exit_hook(on_thread_exit);
    purger::set_round(purge_round);
    pages::set_over_budget_hook(over_budget);
    started.store(2, std::memory_order_release);
    // Last: it may allocate, and with malloc routed to us that comes back here.
    os::install_fork_handlers(after_fork_in_child);
  }
  while (started.load(std::memory_order_acquire) != 2) {
  }
}

namespace {

Heap* heap_new() {
  if (Heap* h = spare_heaps) {
    spare_heaps = h->next_spare;
    --spare_count;
    return h;
  }
  Span* s = pages::alloc_span(pages::kInternal, (kHeapBytes + map::kPage - 1) >> map::kPageShift, 4096, true);
  if (!s) return nullptr;
  s->role = pages::Role::kInternal;
  void* p = s->memory();
  if (!s->zero) __builtin_memset(p, 0, kHeapBytes);
  s->zero = false;
  return static_cast<Heap*>(p);  // every field starts as zero
}

void heap_delete(Heap* h) {
  while (ThreadCache* tc = h->orphans) {  // nobody else knows this heap any more
    h->orphans = tc->heap_next;
    cache_release(h, tc);
  }
  Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(h));
  pages::free_span(s, os::now_coarse_ns() + kSpareDecay);
}

std::uint64_t own_bytes() { return align_up(kHeapBytes, os::page_size()); }

// Populated and left in the cache as memory with pages behind: the next spans of this handle come from
// there.
int prefault(Heap* h) {
  if (h->opt.prefault_bytes == 0 || h->opt.prefault_bytes == kNone || h->ring || h->arena || h->nodes) return 0;  // they have done it
  std::size_t bytes = align_up(h->opt.prefault_bytes, os::page_size());
  if (bytes > h->opt.limit_bytes) return 0;
  std::uint64_t deadline = deadline_from(h, os::now_coarse_ns());
  if (h->kind == kKindHuge) {
    bool over_cap = false;
    Span* s = huge_block_new(h, h, {bytes, 0, false, false}, &over_cap);
    if (!s) return -ENOMEM;
    if (s->role != pages::Role::kHugetlb) os::advise(s->memory(), s->bytes(), os::Advice::kPopulate);
    h->prefaulted.fetch_add(s->bytes(), std::memory_order_relaxed);
    block_free(h, s, os::now_coarse_ns());
    return 0;
  }
  if (Span* s = pages::alloc_span(h->slab_heap, bytes >> map::kPageShift, 0, false)) {
    if (os::advise(s->memory(), s->bytes(), os::Advice::kPopulate) == 0)
      h->prefaulted.fetch_add(s->bytes(), std::memory_order_relaxed);
    pages::free_span(s, deadline);
  }
  return 0;
}

// false: no memory for its page heaps; then nothing of it is open.
bool open_heap(Heap* h, akit_tiered* stub, const Options& o, const char* name) {
  h->stub = stub;
  h->kind = stub->kind;
  h->opt = o;
  for (unsigned i = 0; i < 64; ++i) {
    h->name[i] = name[i];
    if (!name[i]) break;
  }
  h->opt.name = h->name[0] ? h->name : nullptr;
  h->last_small = last_class_within(o.small_max_bytes);
  h->last_medium = h->kind == kKindTiered ? last_class_within(o.medium_max_bytes) : h->kind == kKindPool ? cache::kPoolClasses : 0;
  h->last_large = last_class_within(o.large_max_bytes);
  h->watch = (o.check_mode == 1 && h->kind != kKindNodes ? kWatchExact : 0u) | (o.zero_mode == 1 ? kWatchZeroAlloc : 0u) |
             (o.zero_mode == 2 ? kWatchZeroFree : 0u) |
             (o.guard_sample_interval && o.guard_sample_interval != kNone ? kWatchGuard : 0u) |
             (san::watching() ? kWatchTool : 0u) | (h->kind == kKindRegion && o.max_waste_permille < 125 ? kWatchWaste : 0u) |
             (o.flags & 1 ? kWatchTags : 0u);
  std::uint64_t own = own_bytes();
  for (ThreadCache* tc = h->orphans; tc; tc = tc->heap_next) own += static_cast<Span*>(tc->span)->bytes();
  h->mapped.store(own, std::memory_order_relaxed);
  h->mapped_peak.store(own, std::memory_order_relaxed);
  h->metadata.store(own, std::memory_order_relaxed);
  open_account(h);
  if (!choose_pages(h) || (h->kind == kKindPool && !pool_open(h)) || (h->kind == kKindRing && !ring_open(h)) ||
      (h->kind == kKindArena && !arena_open(h)) || (h->kind == kKindNodes && !nodes_open(h))) {
    close_own_pages(h);
    return false;
  }
  stub->heap = h;
  // Nodes have no threads' caches: there the word leads to their books at once.
  stub->seats.store(h->nodes ? reinterpret_cast<Seat*>(h->nodes) : h->inline_seats, std::memory_order_release);
  stub->seat_mask.store(kInlineSeats - 1, std::memory_order_release);
  stub->phase.store(Phase::kOpen, std::memory_order_release);
  return true;
}

// Blocks that are still out in a handle that zeroes on free must not show up in another handle.
void wipe(Span* s) {
  void* p = s->memory();
  if (s->role == pages::Role::kHugetlb || s->role == pages::Role::kGuarded) return;  // unmapped, or made anew
  san::on_release(p, s->bytes());
  if (s->guarded) guards_gone(s);
  if (s->bytes() > 64 * 1024 && !pages::heap_of(s).fixed() && os::discard(p, s->bytes()) == 0) return;
  __builtin_memset(p, 0, s->bytes());
}

// Everything the handle had leaves it, save pinned regions: blocks are not looked at one by one.
void release_all(Heap* h) {
  std::uint64_t now = os::now_coarse_ns();
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = h->touched[w]; m; m &= m - 1) drop_batches(h->classes[w * 64 + lowest_bit(m)]);
  h->idle = nullptr;
  h->idle_bytes.store(0, std::memory_order_relaxed);
  Span* s = h->spans;
  while (s) {
    Span* next = s->all_next;
    if (s->pins == 0) {
      if (h->watch & kWatchZeroFree) wipe(s);
      s->no_cache |= s->role == pages::Role::kHugetlb;
      block_free(h, s, now);
    } else if (s->role == pages::Role::kSlab) {
      map::set_entries(s->base, s->pages, 0);  // its buffers are none any more
    }
    s = next;
  }
  for (unsigned w = 0; w < 3; ++w) {
    for (std::uint64_t m = h->touched[w]; m; m &= m - 1) new (&h->classes[w * 64 + lowest_bit(m)]) ClassState;
    h->touched[w] = 0;
  }
  h->taken_bytes.store(0, std::memory_order_relaxed);
  h->depot_bytes.store(0, std::memory_order_relaxed);
  h->account.front_bytes.store(0, std::memory_order_relaxed);
  h->account.front_entries.store(0, std::memory_order_relaxed);
}

void forget_counters(Heap* h) {
#define AKIT_COUNTER(x) h->x.store(0, std::memory_order_relaxed);
  AKIT_HEAP_COUNTERS(AKIT_COUNTER)
#undef AKIT_COUNTER
  h->used_peak.store(0, std::memory_order_relaxed);
  h->slab_bytes.store(0, std::memory_order_relaxed);
  for (auto& b : h->direct_bytes) b.store(0, std::memory_order_relaxed);
  for (auto& b : h->backing_bytes) b.store(0, std::memory_order_relaxed);
  for (auto& n : h->reasons) n.store(0, std::memory_order_relaxed);
  h->lent.store(0, std::memory_order_relaxed);
  h->fruitless.store(false, std::memory_order_relaxed);
  h->watch = 0;
}

void keep_spare(Heap* h) {
  h->next_spare = spare_heaps;
  spare_heaps = h;
  ++spare_count;
}

}  // namespace

// Under registry_lock. The stub is stale when this returns.
void end_heap(akit_tiered* stub) {
  Heap* h = stub->heap;
  disarm(h);
  if (h->nodes) nodes_clear(h);
  void_caches(h);
  arena_close(h);
  release_all(h);
  pool_close(h);
  ring_close(h);
  nodes_close(h);
  close_own_pages(h);
  stub_retire(stub);
  h->stub = nullptr;
  forget_counters(h);
  Heap *region = h->region_parent, *huge = h->huge_parent;
  h->region_parent = h->huge_parent = nullptr;
  if (spare_count < kSparesKept) {
    keep_spare(h);
  } else {
    owner_release(h);
    heap_delete(h);
  }
  for (Heap* parent : {region, huge})
    if (parent && --parent->children == 0 && parent->stub->phase.load(std::memory_order_acquire) != Phase::kOpen) finish_if_last(parent);
}

std::uint64_t trim_spare_heaps() {
  os::Guard r(registry_lock);
  while (Heap* h = spare_heaps) {
    spare_heaps = h->next_spare;
    --spare_count;
    owner_release(h);
    heap_delete(h);
  }
  return 0;
}

int open_stub(const Options& opt, akit_tiered* stub_or_null, akit_tiered** out) {
  Options o = opt;
  char name[64] = {};
  if (int rc = resolve(o, name)) return rc;
  start_once();
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  Heap* region = o.region ? checked_heap(reinterpret_cast<akit_tiered*>(o.region), kKindRegion) : nullptr;
  Heap* huge = o.huge ? checked_heap(reinterpret_cast<akit_tiered*>(o.huge), kKindHuge) : nullptr;
  for (Heap* parent : {region, huge})
    if (parent && parent->stub->phase.load(std::memory_order_relaxed) != Phase::kOpen) return -EINVAL;
  if ((o.region && !region) || (o.huge && !huge)) return -EINVAL;
  Heap* h = heap_new();
  if (!h) return -ENOMEM;
  akit_tiered* stub = owner_assign(h) ? stub_open(stub_or_null) : nullptr;
  if (!stub) {
    keep_spare(h);
    return -ENOMEM;
  }
  stub->kind = o.kind;
  h->region_parent = region;
  h->huge_parent = huge;
  int rc = open_heap(h, stub, o, name) ? 0 : -ENOMEM;
  if (rc == 0) {
    for (Heap* parent : {region, huge})
      if (parent) ++parent->children;
    if ((rc = prefault(h)) != 0) end_heap(stub);
  } else {
    stub_retire(stub);
    h->stub = nullptr;
    h->region_parent = h->huge_parent = nullptr;
    keep_spare(h);
  }
  if (rc == 0 && out) *out = stub;
  return rc;
}

int create(const Options& opt, akit_tiered** out) noexcept { return open_stub(opt, nullptr, out); }

int destroy(akit_tiered* stub, Kind kind, std::uint32_t flags) noexcept {
  if (!stub) return 0;
  if (stub == &default_stub) return -EPERM;
  if (flags & ~3u) return -EINVAL;
  if (!checked_heap(stub, kind)) return -EINVAL;
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  if (stub->phase.load(std::memory_order_acquire) != Phase::kOpen) {
    misuse(EINVAL, stub->id, stub);
    return -EINVAL;
  }
  Heap* h = stub->heap;
  if (flags & 1) {
    stub->phase.store(Phase::kClosing, std::memory_order_release);
    close_caches(h);
    if (h->ring) ring_drain(h->ring);
    finish_if_last(h);
  } else if (h->children || h->pinned_spans.load(std::memory_order_relaxed)) {
    stub->phase.store(Phase::kLingering, std::memory_order_release);
    disarm(h);
    void_caches(h);
    release_all(h);
  } else {
    end_heap(stub);
  }
  return 0;
}

// What create would take again: a handle that stands on another one has its pages as that one has them.
Options answered(const Heap* h) {
  Options o = h->opt;
  bool mixed = h->kind == kKindTiered;  // only its large blocks come from a huge handle
  if (h->region_parent || (!mixed && h->huge_parent)) o.thp = o.fork_mode = 0;
  if (mixed && h->huge_parent) o.hugetlb_mode = 0;
  return o;
}

int options_get(akit_tiered* stub, Kind kind, Options* out) noexcept {
  Heap* h = checked_heap(stub, kind);
  if (!h) return -EINVAL;
  *out = answered(h);
  return 0;
}

}  // namespace akit::heap
