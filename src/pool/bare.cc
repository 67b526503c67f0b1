// Without a thread's bins, under the lock of the class: pools in memory of the caller, which make no system
// call, and threads for whose books there is no memory left under the cap. In the former a buffer comes out
// of its slab and goes back there; a slab that is empty serves any class again.
#include "heap/bin_ops.h"
#include "pool/pool.h"

namespace akit::pool {

using namespace heap;

namespace {

void* take(Heap* h, unsigned c) {
  void* p = nullptr;
  os::Guard g(h->classes[c].lock);
  if (void* idle = depot_take_one(h, c)) return idle;
  if (!slab_take(h, c, &p, 1)) return nullptr;
  ++h->classes[c].misses;
  return p;
}

// Idle slabs of other classes are made room for this one.
void* take_in_memory(Heap* h, unsigned c, bool* over_cap) {
  void* p = take(h, c);
  if (p || h->opt.exhaust_mode != 0) return p;
  if (slab_new(h, c, over_cap)) p = take(h, c);
  for (unsigned other = 1; !p && other <= h->pool->count; ++other) {
    {
      os::Guard g(h->classes[other].lock);
      release_empty_slabs(h, other, 0);
    }
    if (slab_new(h, c, over_cap)) p = take(h, c);
  }
  return p;
}

void* take_at_cap(Heap* h, unsigned c, bool* over_cap) {
  void* p = take(h, c);
  if (p || h->fruitless.load(std::memory_order_relaxed)) return p;
  purge_at_cap(h);
  if ((p = take(h, c)) || h->opt.exhaust_mode != 0) return p;
  return slab_new(h, c, over_cap) ? take(h, c) : nullptr;
}

void count(Heap* h, unsigned c, std::int64_t n) {
  pool_count(h, c, n, n);
  pool_count(h, 0, n, n);
}

}  // namespace

void* bare_get(Heap* h, std::size_t n, unsigned c, std::size_t* capacity) {
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  mark_touched(h, c);
  bool over_cap = false;
  void* p = h->opt.memory ? take_in_memory(h, c, &over_cap) : take_at_cap(h, c, &over_cap);
  if (!p) return nullptr;
  store(state_of(reinterpret_cast<std::uintptr_t>(p)), kOut);
  unsigned length = length_of(n), named = h->pool->first[length];
  __atomic_fetch_add(&h->classes[kLengthBins + length].gets_retired, 1, __ATOMIC_RELAXED);
  if (named != c) {  // as count_length in pool.h
    __atomic_fetch_add(&h->classes[c].gets_retired, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&h->classes[named].gets_retired, 1, __ATOMIC_RELAXED);
  }
  count(h, c, 1);
  std::size_t size = h->pool->size[c];
  if (h->watch) watched_out(h, p, size, false);
  if (capacity) *capacity = size;
  return p;
}

bool bare_put(Heap* h, unsigned c, void* p) {
  os::Guard g(h->classes[c].lock);
  std::uint8_t* state = state_of(reinterpret_cast<std::uintptr_t>(p));
  if (load(state) != kOut) return false;  // another put of it was quicker
  store(state, kIdle);
  __atomic_store_n(state + 1, 0, __ATOMIC_RELAXED);  // the mark that says it is in no slab
  count(h, c, -1);
  slab_return(h, c, p, 0);  // last: a pool that waits for it may end now
  return true;
}

}  // namespace akit::pool
