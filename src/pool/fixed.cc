// Pools in memory of the caller: no bins. A buffer comes out of its slab and goes back there, under the
// lock of its class; a slab that is empty serves any class again.
#include <errno.h>

#include "heap/bin_ops.h"
#include "pool/pool.h"

namespace akit::pool {

using namespace heap;

namespace {

void* take(Heap* h, unsigned c) {
  void* p = nullptr;
  os::Guard g(h->classes[c].lock);
  return slab_take(h, c, &p, 1) ? p : nullptr;
}

void count(Heap* h, unsigned c, std::int64_t n) {
  pool_count(h, c, n, n);
  pool_count(h, 0, n, n);
}

}  // namespace

void* fixed_get(Heap* h, std::size_t n, unsigned c, std::size_t* capacity) {
  os::SlowSection section(os::current_or_null());
  bool over_cap = false;
  void* p = take(h, c);
  std::uint64_t bit = std::uint64_t{1} << (c % 64);
  __atomic_fetch_or(&h->touched[c / 64], bit, __ATOMIC_RELAXED);
  if (!p && h->opt.exhaust_mode == 0) {
    if (slab_new(h, c, &over_cap)) p = take(h, c);
    for (unsigned other = 1; !p && other <= h->pool->count; ++other) {  // empty slabs of other classes
      {
        os::Guard g(h->classes[other].lock);
        release_empty_slabs(h, other, 0);
      }
      if (slab_new(h, c, &over_cap)) p = take(h, c);
    }
  }
  if (!p) {
    h->failures.fetch_add(1, std::memory_order_relaxed);
    errno = ENOBUFS;
    return nullptr;
  }
  store(state_of(reinterpret_cast<std::uintptr_t>(p)), kOut);
  {
    os::Guard g(h->classes[c].lock);
    ++h->classes[c].misses;
  }
  unsigned length = length_of(n), named = h->pool->first[length];
  __atomic_fetch_add(&h->classes[kLengthBins + length].gets_retired, 1, __ATOMIC_RELAXED);
  if (named != c) {  // as count_length in pool.h
    __atomic_fetch_add(&h->classes[c].gets_retired, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&h->classes[named].gets_retired, 1, __ATOMIC_RELAXED);
  }
  count(h, c, 1);
  std::size_t size = h->pool->size[c];
  if (h->watch) {
    watch_out(h, p, size, size, false);
    if (h->watch & kWatchZeroAlloc) h->pool->zeroed_bytes.fetch_add(size, std::memory_order_relaxed);
    Buffer b = find(h, p);
    if (std::uint64_t* tag = tag_of(b, p)) *tag = 0;
  }
  if (capacity) *capacity = size;
  return p;
}

bool fixed_put(Heap* h, unsigned c, void* p) {
  {
    os::Guard g(h->classes[c].lock);
    std::uint8_t* state = state_of(reinterpret_cast<std::uintptr_t>(p));
    if (load(state) != kOut) return false;  // another put of it was quicker
    store(state, kIdle);
    __atomic_store_n(state + 1, 0, __ATOMIC_RELAXED);  // the mark that says it is in no slab
    slab_return(h, c, p, 0);
  }
  count(h, c, -1);
  return true;
}

}  // namespace akit::pool
