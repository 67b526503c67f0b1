// Getting and putting buffers when the thread's bin does not answer, and the end of a pool.
#include "pool/pool.h"

#include <errno.h>

#include "heap/bin_ops.h"
#include "os/keep_errno.h"
#include "os/misuse.h"
#include "os/sanitizer.h"

namespace akit::pool {

using namespace heap;

namespace {

constexpr std::size_t kMaxSize = PTRDIFF_MAX - (std::size_t{8} << 30);
constexpr std::uint32_t kReportLeaks = 2;  // AKIT_POOL_REPORT_LEAKS

void* refuse(Heap* h, int error) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  errno = error;
  return nullptr;
}

// Of buffers with a mapping of their own; for those of the classes gets and puts tell it.
void note_zeroed(Heap* h, std::size_t bytes) { h->pool->zeroed_bytes.fetch_add(bytes, std::memory_order_relaxed); }

// A mapping of its own, which leaves when it is put back.
void* get_alone(Heap* h, std::size_t n, std::size_t* capacity) {
  if (n > kMaxSize) return refuse(h, ENOMEM);
  if (n > h->opt.limit_bytes) return refuse(h, EMSGSIZE);
  arm(h);
  bool zeroed = (h->watch & kWatchZeroAlloc) != 0;
  void* p = alloc_direct(h, {n, max<std::size_t>(h->opt.alignment, 64), 0, zeroed, false}, &zeroed);
  if (!p) return nullptr;
  Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(p));
  __atomic_store_n(&s->tag, 0, __ATOMIC_RELAXED);
  std::size_t got = s->usable;
  pool_count(h, 0, 1, 1);
  if (h->watch) watched_out(h, p, got, zeroed);
  if ((h->watch & kWatchZeroAlloc) && !zeroed) note_zeroed(h, got);
  if (capacity) *capacity = got;
  return p;
}

// Buffers of one class have one capacity, wherever they come from.
void* fall_back(Heap* h, std::size_t n, std::size_t size, std::size_t* capacity) {
  void* p = get_alone(h, size, capacity);
  if (!p) return nullptr;
  Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(p));
  h->direct_bytes[tier_of(h, s->usable)].fetch_sub(s->usable - size, std::memory_order_relaxed);
  s->usable = size;
  if (capacity) *capacity = size;
  std::uint64_t none = 0;
  h->pool->alone[length_of(n)].fetch_add(1, std::memory_order_relaxed);
  h->fallbacks.fetch_add(1, std::memory_order_relaxed);
  h->pool->first_fallback_unix_ns.compare_exchange_strong(none, os::now_unix_ns(), std::memory_order_relaxed);
  return p;
}

void* exhausted(Heap* h, std::size_t n, unsigned c, bool at_cap, std::size_t* capacity) {
  if (h->opt.exhaust_mode == 2) return fall_back(h, n, h->pool->size[c], capacity);
  bool grows = h->opt.exhaust_mode == 0 && !h->opt.memory;
  if (at_cap && grows) h->limit_hits.fetch_add(1, std::memory_order_relaxed);
  return refuse(h, grows ? ENOMEM : ENOBUFS);
}

void* get_oversize(Heap* h, std::size_t n, std::size_t* capacity) {
  if (h->opt.memory) return refuse(h, n > kMaxSize ? ENOMEM : EMSGSIZE);
  if (h->opt.exhaust_mode == 1) return refuse(h, n > kMaxSize ? ENOMEM : EMSGSIZE);
  void* p = get_alone(h, n, capacity);
  if (!p) return nullptr;
  h->pool->oversize.fetch_add(1, std::memory_order_relaxed);
  if (n <= kMaxPoolClass) h->pool->alone[length_of(n)].fetch_add(1, std::memory_order_relaxed);
  return p;
}

// Out of the bin, or from where bins are filled.
void* from_class(Heap* h, ThreadCache* tc, unsigned c, bool* at_cap) {
  if (void* p = cache::pop<false>(tc, c)) {
    note_low(tc, c, tc->bin[c].load(std::memory_order_relaxed));
    return p;
  }
  bool zeroed = false;
  return try_class(h, tc, c, &zeroed, at_cap);
}

// Never the first leaf, which an empty bin's NULL would seem to lie in.
void know_leaf(ThreadCache* tc, std::uintptr_t a) {
  if ((a >> map::kLeafShift) != tc->leaf_number && (a >> map::kLeafShift) != 0) cache::remember_leaf(tc, a, map::leaf_of(a));
}

void put_alone(Heap* h, Span* s) {
  pool_count(h, 0, -1, 0);
  h->fruitless.store(false, std::memory_order_relaxed);
  std::size_t usable = s->usable;
  block_free(h, s, os::now_coarse_ns());
  count_direct(h, usable, false);
}

// Nobody's bin: to the slab.
void put_away(Heap* h, unsigned c, void* p) {
  store(state_of(reinterpret_cast<std::uintptr_t>(p)), kIdle);
  pool_count(h, c, -1, 0);
  pool_count(h, 0, -1, 0);
  depot_put(h, c, &p, 1, nullptr, os::now_coarse_ns(), true);
}

}  // namespace

void watched_out(Heap* h, void* p, std::size_t capacity, bool zeroed) {
  watch_out(h, p, capacity, capacity, zeroed);
  if (!(h->watch & kWatchTags)) return;
  Buffer b = find(h, p);
  if (std::uint64_t* tag = tag_of(b, p)) __atomic_store_n(tag, 0, __ATOMIC_RELAXED);
}

bool closing(const Heap* h) { return h->stub->phase.load(std::memory_order_acquire) != Phase::kOpen; }

AKIT_WARM void* new_peak(ThreadCache* tc, void* q) {
  tc->room.store(0, std::memory_order_relaxed);
  tc->most.store(tc->most.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return q;
}

Buffer find(Heap* h, const void* p) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  Buffer none{nullptr, 0, 0, ENOENT};
  map::Entry e = map::entry_of(a);
  if ((a & 15) || (e >> map::kOwnerShift) != h->owner) return none;
  Span* s = pages::span_at(a);
  if (!s || s->owner != h || s->state.load(std::memory_order_acquire) != pages::State::kInUse) return none;
  if ((e & 0xff) == 0) return a == s->start && s->role != pages::Role::kSlab ? Buffer{s, 0, s->usable, 0} : none;
  auto offset = static_cast<std::size_t>(a - s->base);
  if (s->role != pages::Role::kSlab || offset % s->stride || offset / s->stride >= s->capacity) return none;
  return {s, e & 0xff, s->usable, load(state_of(a)) == kOut ? 0 : EINVAL};
}

void* get_slow(akit_pool* r, std::size_t n, std::size_t* capacity) {
  if (capacity) *capacity = 0;
  akit_tiered* st = stub(r);
  ThreadCache* tc = current_pool_for(st);
  Heap* h = tc->handle == st ? static_cast<Heap*>(tc->heap) : checked_heap(st, kKindPool);
  if (AKIT_UNLIKELY(!h)) {
    errno = EINVAL;
    return nullptr;
  }
  if (AKIT_UNLIKELY(closing(h))) return refuse(h, ESHUTDOWN);
  if (n == 0) n = 1;
  if (n > h->pool->largest) return get_oversize(h, n, capacity);
  unsigned length = length_of(n), c = class_for(h->pool, n, length);
  int saved = errno;
  if (h->opt.memory || (tc->handle != st && !(tc = cache_for(st, kKindPool)))) {
    errno = saved;
    void* p = bare_get(h, n, c, capacity);
    return p ? p : exhausted(h, n, c, !h->opt.memory, capacity);
  }
  bool at_cap = false;
  void* p = from_class(h, tc, c, &at_cap);
  if (AKIT_UNLIKELY(!p)) return exhausted(h, n, c, at_cap, capacity);
  auto a = reinterpret_cast<std::uintptr_t>(p);
  know_leaf(tc, a);
  store(state_of(a), kOut);
  count_length(tc, h->pool, length, c);
  counted_out(tc, p);
  std::size_t size = h->pool->size[c];
  if (h->watch) watched_out(h, p, size, false);
  if (capacity) *capacity = size;
  return p;
}

int put_slow(akit_pool* r, void* p) {
  if (!p) return 0;
  os::KeepErrno keep;
  akit_tiered* st = stub(r);
  Heap* h = checked_heap(st, kKindPool, true);
  if (!h) return -EINVAL;
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  Buffer b = find(h, p);
  if (b.error) {
    report(h, b.error, p);
    return -b.error;
  }
  if ((h->watch & (kWatchExact | kWatchZeroFree | kWatchTool)) && !watch_in(h, p)) return -EINVAL;
  if ((h->watch & kWatchZeroFree) && b.cls == 0) note_zeroed(h, b.capacity);
  bool ending = closing(h);
  ThreadCache* tc = nullptr;
  if (b.cls == 0) {
    if (!ending) arm(h);
    put_alone(h, b.span);
  } else if (h->opt.memory) {
    if (!bare_put(h, b.cls, p)) {
      report(h, EINVAL, p);
      return -EINVAL;
    }
  } else if (ending || !(tc = current_pool_for(st), tc = tc->handle == st ? tc : cache_for(st, kKindPool))) {
    put_away(h, b.cls, p);
  } else {
    know_leaf(tc, reinterpret_cast<std::uintptr_t>(p));
    store(state_of(reinterpret_cast<std::uintptr_t>(p)), kIdle);
    cache::plus(tc->room);
    if (!cache::push(tc, b.cls, p)) free_class(h, tc, b.cls, p);
  }
  if (ending)
    destroy_if_last(st);
  else if (AKIT_UNLIKELY(st->phase.load(std::memory_order_acquire) == Phase::kClosing))
    finish_own(st);  // it was destroyed while this put was under way
  return 0;
}

int destroy(akit_pool* r, std::uint32_t flags) noexcept {
  if (!r) return 0;
  Heap* h = checked_heap(stub(r), kKindPool);
  if (!h) return -EINVAL;
  if ((h->opt.flags & kReportLeaks) && !closing(h)) {
    std::uint64_t reported = 0, cursor = 0;
    heap::BlockInfo i;
    while (leak_next(r, &cursor, &i) == 0) {
      Buffer b = find(h, reinterpret_cast<void*>(i.base));
      if (b.error || (reported >> (b.cls & 63) & 1)) continue;
      reported |= std::uint64_t{1} << (b.cls & 63);
      event(EBUSY, i.handle_id, reinterpret_cast<void*>(i.base));
    }
  }
  return heap::destroy(stub(r), kKindPool, flags ? 0 : 1);
}

}  // namespace akit::pool
