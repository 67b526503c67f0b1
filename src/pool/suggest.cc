// What a pool proposes: the classes that would have wasted least on the lengths it was asked for, and
// caps that keep what was in use at once.
#include <errno.h>

#include "os/thread.h"
#include "pool/pool.h"

namespace akit::pool {

using namespace heap;

namespace {

constexpr unsigned kFewest = 8, kMost = 16;  // classes to propose, when so many lengths occurred
constexpr std::uint64_t kUnit = std::uint64_t{1} << 20;

struct Lengths {
  unsigned n = 0;
  std::uint64_t bytes[kLengths], count[kLengths];
};

Lengths seen(Heap* h) {
  Lengths l;
  os::Guard g(h->caches_lock);
  for (unsigned i = 0; i < kLengths; ++i) {
    std::uint64_t n = h->pool->alone[i].load(std::memory_order_relaxed) + __atomic_load_n(&h->classes[kLengthBins + i].gets_retired, __ATOMIC_RELAXED);
    for (ThreadCache* list : {h->caches, h->orphans})
      for (ThreadCache* tc = list; tc; tc = tc->heap_next) n += tc->gets[kLengthBins + i].load(std::memory_order_relaxed);
    if (n == 0) continue;
    l.bytes[l.n] = length_end(i);
    l.count[l.n++] = n;
  }
  return l;
}

// Bytes wasted when lengths first..last share a class.
double waste(const Lengths& l, unsigned first, unsigned last) {
  double sum = 0;
  for (unsigned i = first; i <= last; ++i) sum += static_cast<double>(l.count[i]) * static_cast<double>(l.bytes[last] - l.bytes[i]);
  return sum;
}

// Least waste for the lengths up to i with k classes, by the best place for the last but one.
unsigned choose(const Lengths& l, unsigned most, std::uint64_t* out) {
  static_assert(kLengths < 256);
  double cost[kMost][kLengths];
  std::uint8_t from[kMost][kLengths];
  most = min(most, l.n);
  for (unsigned i = 0; i < l.n; ++i) cost[0][i] = waste(l, 0, i), from[0][i] = 0;
  for (unsigned k = 1; k < most; ++k)
    for (unsigned i = k; i < l.n; ++i) {
      cost[k][i] = -1;
      for (unsigned first = k; first <= i; ++first) {
        double c = cost[k - 1][first - 1] + waste(l, first, i);
        if (cost[k][i] < 0 || c < cost[k][i]) cost[k][i] = c, from[k][i] = static_cast<std::uint8_t>(first);
      }
    }
  unsigned last = l.n - 1;
  for (unsigned k = most; k-- > 0;) {
    out[k] = l.bytes[last];
    last = from[k][last] - 1u;
  }
  return most;
}

}  // namespace

int suggest(akit_pool* r, Options* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindPool);
  if (!h) return -EINVAL;
  *out = answered(h);
  PoolStats s{};
  if (int rc = stats_get(r, &s)) return rc;
  os::SlowSection section(os::current());
  Lengths l = seen(h);
  if (l.n == 0) return 0;
  PoolPart* t = h->pool;
  out->class_count = choose(l, min(max(t->count, kFewest), kMost), t->suggested);
  out->class_bytes = t->suggested;
  std::uint64_t largest = 0;
  {
    os::Guard g(h->caches_lock);
    for (unsigned c = 1; c <= t->count; ++c)
      largest = max(largest, static_cast<std::uint64_t>(max<std::int64_t>(t->peak[c].load(std::memory_order_relaxed), 0)) * t->size[c]);
  }
  // Room that a thread's bins took and do not use counts against the caps.
  auto with_bins = [&](std::uint64_t peak) { return align_up(max(peak + min(peak / 2, h->opt.thread_cache_bytes), kUnit), kUnit); };
  out->cache_bytes = with_bins(s.used_peak_bytes);
  out->class_cache_bytes = min(out->cache_bytes, with_bins(largest));
  if (!h->huge_parent && !h->opt.memory) out->prefault_bytes = align_up(s.used_peak_bytes, os::page_size());
  return 0;
}

}  // namespace akit::pool
