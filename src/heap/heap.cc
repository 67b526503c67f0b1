// The life of a handle: create from options, destroy whole, destroy deferred.
#include "heap/heap.h"

#include <errno.h>

#include <new>

#include "cache/purger.h"
#include "os/sanitizer.h"
#include "heap/current.h"
#include "heap/miss.h"
#include "heap/open.h"

namespace akit::heap {
namespace {

constexpr unsigned kSparesKept = 16;
constexpr std::uint64_t kDefaultDecay = 100000000;
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

// What will be in force; -EINVAL when it cannot be.
int resolve(Options& o) {
  if (o.thp > 3 || o.fork_mode > 3 || o.zero_mode > 2 || o.numa_mode > 3 || o.check_mode > 1 || o.hugetlb_mode > 3) return -EINVAL;
  if (o.flags != 0 || o.region || o.huge) return -EINVAL;
  if (o.numa_mode != 0) return -ENOSYS;
  if (o.numa_nodes != 0) return -EINVAL;
  if (o.small_max_bytes && o.small_max_bytes < 16) return -EINVAL;
  o.limit_bytes = or_default(o.limit_bytes, kNone);
  o.decay_ns = or_default(o.decay_ns, kDefaultDecay);
  o.fork_mode = o.fork_mode ? o.fork_mode : 1;
  o.hugetlb_mode = o.hugetlb_mode ? o.hugetlb_mode : 3;
  o.small_max_bytes = or_default(o.small_max_bytes, 1024);
  o.medium_max_bytes = or_default(o.medium_max_bytes, max<std::uint64_t>(16384, o.small_max_bytes));
  o.large_max_bytes = or_default(o.large_max_bytes, max<std::uint64_t>((std::uint64_t{2} << 20) - 1, o.medium_max_bytes));
  if (o.thread_cache_bytes == 0) o.thread_cache_bytes = std::uint64_t{128} << 20;
  if (o.thread_cache_bytes == kNone) o.thread_cache_bytes = std::uint64_t{1} << 40;
  o.cache_bytes = or_default(o.cache_bytes, std::uint64_t{256} << 20);
  // Slabs hold blocks of up to 64 KiB; a threshold lies on a class boundary.
  if (o.medium_max_bytes > 65536 || o.small_max_bytes > o.medium_max_bytes || o.medium_max_bytes > o.large_max_bytes) return -EINVAL;
  o.small_max_bytes = round_to_class(o.small_max_bytes);
  o.medium_max_bytes = round_to_class(o.medium_max_bytes);
  if (o.limit_bytes < 64 * 1024) return -EINVAL;  // less than a handle's own records and first slabs
  return 0;
}

unsigned last_class_within(std::uint64_t n) {
  if (n >= kMaxSized) return kLastSized;
  unsigned c = class_of_size(n);
  return size_of_class(c) <= n ? c : c - 1;
}

Heap* heap_new() {
  if (Heap* h = spare_heaps) {
    spare_heaps = h->next_spare;
    --spare_count;
    return h;
  }
  Span* s = pages::alloc_span(pages::kInternal, (kHeapBytes + map::kPage - 1) >> map::kPageShift, 4096, true);
  if (!s) return nullptr;
  s->role = pages::Role::kInternal;
  void* p = reinterpret_cast<void*>(s->base);
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
  pages::free_span(s, os::now_coarse_ns() + kDefaultDecay);
}

std::uint64_t own_bytes() { return align_up(kHeapBytes, os::page_size()); }

void prefault(Heap* h) {
  if (h->opt.prefault_bytes == 0 || h->opt.prefault_bytes == kNone) return;
  std::size_t bytes = align_up(h->opt.prefault_bytes, os::page_size());
  if (bytes > h->opt.limit_bytes) return;
  // Populated and left in the process cache as clean memory with pages behind: the next slabs of
  // this handle come from there.
  if (Span* s = pages::alloc_span(h->slab_heap, bytes >> map::kPageShift, 0, false)) {
    if (os::advise(reinterpret_cast<void*>(s->base), s->bytes(), os::Advice::kPopulate) == 0)
      h->prefaulted.fetch_add(s->bytes(), std::memory_order_relaxed);
    pages::heap_of(s).free(s, deadline_from(h, os::now_coarse_ns()));
  }
}

void open_heap(Heap* h, akit_tiered* stub, const Options& o, const char* name) {
  h->stub = stub;
  h->opt = o;
  for (unsigned i = 0; i < 64; ++i) {
    h->name[i] = name[i];
    if (!name[i]) break;
  }
  h->opt.name = h->name[0] ? h->name : nullptr;
  h->last_small = last_class_within(o.small_max_bytes);
  h->last_medium = last_class_within(o.medium_max_bytes);
  h->last_large = last_class_within(o.large_max_bytes);
  unsigned fork = o.fork_mode == 2 ? 1 : o.fork_mode == 3 ? 2 : 0;
  unsigned plain = o.thp == 2 ? 1 : o.thp == 3 ? 2 : 0;
  unsigned dense = o.thp == 1 ? 0 : o.thp == 3 ? 2 : 1;
  h->plain_heap = static_cast<std::uint8_t>(pages::heap_index(plain, fork, false));
  h->huge_heap = static_cast<std::uint8_t>(pages::heap_index(dense, fork, false));
  h->slab_heap = static_cast<std::uint8_t>(pages::heap_index(plain, fork, true));
  h->dense_heap = static_cast<std::uint8_t>(pages::heap_index(dense, fork, true));
  h->watch = (o.check_mode == 1 ? kWatchExact : 0u) | (o.zero_mode == 1 ? kWatchZeroAlloc : 0u) |
             (o.zero_mode == 2 ? kWatchZeroFree : 0u) |
             (o.guard_sample_interval && o.guard_sample_interval != kNone ? kWatchGuard : 0u) |
             (san::watching() ? kWatchTool : 0u);
  std::uint64_t own = own_bytes();
  for (ThreadCache* tc = h->orphans; tc; tc = tc->heap_next) own += static_cast<Span*>(tc->span)->bytes();
  h->mapped.store(own, std::memory_order_relaxed);
  h->mapped_peak.store(own, std::memory_order_relaxed);
  h->metadata.store(own, std::memory_order_relaxed);
  stub->heap = h;
  stub->seats.store(h->inline_seats, std::memory_order_release);
  stub->seat_mask.store(kInlineSeats - 1, std::memory_order_release);
  stub->phase.store(Phase::kOpen, std::memory_order_release);
}

// Blocks that are still out in a handle that zeroes on free must not show up in another handle.
void wipe(Span* s) {
  void* p = reinterpret_cast<void*>(s->base);
  if (s->role == pages::Role::kHugetlb || s->role == pages::Role::kGuarded) return;  // unmapped, or made anew
  san::on_release(p, s->bytes());
  if (s->bytes() > 64 * 1024 && os::discard(p, s->bytes()) == 0) return;
  __builtin_memset(p, 0, s->bytes());
}

// Everything the handle had leaves it: blocks are not looked at one by one.
void release_all(Heap* h) {
  std::uint64_t now = os::now_coarse_ns();
  for (unsigned w = 0; w < 3; ++w)
    for (std::uint64_t m = h->touched[w]; m; m &= m - 1) drop_batches(h->classes[w * 64 + lowest_bit(m)]);
  Span* s = h->spans;
  while (s) {
    Span* next = s->all_next;
    if (h->watch & kWatchZeroFree) wipe(s);
    block_free(h, s, now);
    s = next;
  }
  for (unsigned w = 0; w < 3; ++w) {
    for (std::uint64_t m = h->touched[w]; m; m &= m - 1) new (&h->classes[w * 64 + lowest_bit(m)]) ClassState;
    h->touched[w] = 0;
  }
}

}  // namespace

// Under registry_lock. The stub is stale when this returns.
void end_heap(akit_tiered* stub) {
  Heap* h = stub->heap;
  disarm(h);
  void_caches(h);
  release_all(h);
  stub_retire(stub);
  h->stub = nullptr;
#define AKIT_COUNTER(x) h->x.store(0, std::memory_order_relaxed);
  AKIT_HEAP_COUNTERS(AKIT_COUNTER)
#undef AKIT_COUNTER
  h->used_peak.store(0, std::memory_order_relaxed);
  h->depot_bytes.store(0, std::memory_order_relaxed);
  h->slab_bytes.store(0, std::memory_order_relaxed);
  h->taken_bytes.store(0, std::memory_order_relaxed);
  for (auto& b : h->direct_bytes) b.store(0, std::memory_order_relaxed);
  h->fruitless.store(false, std::memory_order_relaxed);
  h->watch = 0;
  if (spare_count < kSparesKept) {
    h->next_spare = spare_heaps;
    spare_heaps = h;
    ++spare_count;
  } else {
    owner_release(h);
    heap_delete(h);
  }
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
  if (!good_name(opt.name, name)) return -EINVAL;
  if (int rc = resolve(o)) return rc;
  start_once();
  os::SlowSection section(os::current());
  os::Guard r(registry_lock);
  Heap* h = heap_new();
  if (!h) return -ENOMEM;
  akit_tiered* stub = owner_assign(h) ? stub_open(stub_or_null) : nullptr;
  if (!stub) {
    h->next_spare = spare_heaps;
    spare_heaps = h;
    ++spare_count;
    return -ENOMEM;
  }
  open_heap(h, stub, o, name);
  prefault(h);
  if (out) *out = stub;
  return 0;
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
  if (!(flags & 1)) {
    end_heap(stub);
    return 0;
  }
  Heap* h = stub->heap;
  stub->phase.store(Phase::kClosing, std::memory_order_release);
  close_caches(h);
  finish_if_last(h);
  return 0;
}

int options_get(akit_tiered* stub, Kind kind, Options* out) noexcept {
  Heap* h = checked_heap(stub, kind);
  if (!h) return -EINVAL;
  *out = h->opt;
  return 0;
}

}  // namespace akit::heap
