// Pools: their classes, the caps on idle buffers, and the books of who is out at most.
#include "cache/meta.h"
#include "heap/bin_ops.h"

namespace akit::heap {
namespace {

// A buffer has two bytes of marks of its own in the address map.
constexpr std::size_t kStride = 2 * map::kOwnByte;

void fill_table(PoolPart* p, const Options& o) {
  p->count = pool_classes(o, p->class_bytes);
  for (unsigned i = 0; i < p->count; ++i) {
    p->size[i + 1] = static_cast<std::uint32_t>(p->class_bytes[i]);
    p->stride[i + 1] = static_cast<std::uint32_t>(align_up(p->class_bytes[i], max<std::uint64_t>(o.alignment, kStride)));
  }
  p->largest = p->size[p->count];
  // The shortest length of a bucket is one more than a multiple of 64.
  unsigned c = 1;
  for (std::size_t n = 1; n <= p->largest; n += 64) {
    while (p->size[c] < n) ++c;
    std::uint8_t& first = p->first[length_of(n)];  // 0 above the largest class: class 0 has no buffers
    if (first == 0) first = static_cast<std::uint8_t>(c);
  }
}

// Everything that would need the system later: marks of the whole memory, and bits for its slabs.
bool prepare_memory(Heap* h, PoolPart* p) {
  std::uintptr_t at = align_up(reinterpret_cast<std::uintptr_t>(h->opt.memory), os::page_size()),
                 end = align_down(reinterpret_cast<std::uintptr_t>(h->opt.memory) + h->opt.memory_bytes, os::page_size());
  std::size_t bytes = align_up((end - at) / map::kPage * sizeof(std::uint64_t), os::page_size());
  if (!map::cover(at, end - at, true, (h->watch & kWatchExact) != 0) || !charge(h, bytes)) return false;
  Span* s = pages::alloc_span(pages::kInternal, bytes >> map::kPageShift, 4096, false);
  if (!s) {
    uncharge(h, bytes);
    return false;
  }
  s->role = pages::Role::kInternal;
  h->metadata.fetch_add(bytes, std::memory_order_relaxed);
  p->page_bits = static_cast<std::uint64_t*>(s->memory());
  p->memory = at;
  return true;
}

bool by_steps(const Options& o) { return o.min_class_bytes || o.max_class_bytes || o.classes_per_doubling; }

}  // namespace

unsigned pool_classes(const Options& o, std::uint64_t (&out)[cache::kPoolClasses]) {
  if (o.class_bytes || o.class_count) {
    if (by_steps(o) || !o.class_bytes || o.class_count == 0 || o.class_count > cache::kPoolClasses) return 0;
    for (unsigned i = 0; i < o.class_count; ++i) {
      out[i] = o.class_bytes[i];
      if (out[i] == 0 || out[i] > kMaxPoolClass || (i && out[i] <= out[i - 1])) return 0;
    }
    return static_cast<unsigned>(o.class_count);
  }
  std::uint64_t least = o.min_class_bytes, most = o.max_class_bytes, steps = o.classes_per_doubling ? o.classes_per_doubling : 1;
  if (most == 0) most = max<std::uint64_t>(least, 65536);
  if (least == 0) least = min<std::uint64_t>(most, 2048);
  if (least > most || most > kMaxPoolClass || steps > 8 || !is_pow2(steps)) return 0;
  unsigned n = 0;
  for (std::uint64_t whole = least; whole < most; whole *= 2)
    for (std::uint64_t i = 0; i < steps; ++i) {
      std::uint64_t size = whole + whole * i / steps;
      if (size >= most || (n && size == out[n - 1])) continue;
      if (n + 1 == cache::kPoolClasses) return 0;
      out[n++] = size;
    }
  out[n++] = most;
  return n;
}

bool pool_open(Heap* h) {
  auto* p = static_cast<PoolPart*>(meta::get(sizeof(PoolPart)));
  if (!p) return false;
  __builtin_memset(static_cast<void*>(p), 0, sizeof *p);
  fill_table(p, h->opt);
  h->opt.class_bytes = p->class_bytes;
  h->opt.class_count = p->count;
  h->opt.min_class_bytes = h->opt.max_class_bytes = h->opt.classes_per_doubling = 0;
  h->pool = p;
  if (!h->opt.memory || prepare_memory(h, p)) return true;
  pool_close(h);
  return false;
}

void pool_close(Heap* h) {
  if (!h->pool) return;
  for (ClassState& k : h->classes) k.gets_retired = 0;  // also by length, and of classes that were only named
  if (h->pool->page_bits) {
    Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(h->pool->page_bits));
    uncharge(h, s->bytes());
    pages::free_span(s, 0);
  }
  meta::put(h->pool, sizeof(PoolPart));
  h->pool = nullptr;
}

namespace {

template <class At>
std::uint64_t gets_at(const PoolPart* p, unsigned c, At at) {
  std::uint64_t n = at(c);
  for (unsigned i = 0; i < kLengths; ++i)
    if (p->first[i] == c) n += at(kLengthBins + i);
  return n;
}

}  // namespace

std::uint64_t pool_gets(const PoolPart* p, const ThreadCache* tc, unsigned c) {
  return gets_at(p, c, [&](unsigned i) { return tc->gets[i].load(std::memory_order_relaxed); });
}

// Under the class lock. The counters by length have no lock.
std::uint64_t gets_retired(const Heap* h, unsigned c) {
  if (!h->pool) return h->classes[c].gets_retired;
  return gets_at(h->pool, c, [&](unsigned i) { return __atomic_load_n(&h->classes[i].gets_retired, __ATOMIC_RELAXED); });
}

void pool_count(Heap* h, unsigned c, std::int64_t net, std::int64_t most) {
  std::int64_t before = h->pool->out[c].fetch_add(net, std::memory_order_relaxed), peak = h->pool->peak[c].load(std::memory_order_relaxed);
  while (before + most > peak && !h->pool->peak[c].compare_exchange_weak(peak, before + most, std::memory_order_relaxed)) {
  }
}

void class_tell(Heap* h, ThreadCache* tc, unsigned c, cache::Slot* top) {
  if (top != cache::poison()) pool_count(h, c, told_above(tc, c, top), told_above(tc, c, tc->low[c].load(std::memory_order_relaxed)));
}

void class_settle(ThreadCache* tc, unsigned c) {
  cache::Slot* top = tc->bin[c].load(std::memory_order_relaxed);
  tc->told[c].store(static_cast<std::uint8_t>(slot_number(top)), std::memory_order_relaxed);
  tc->low[c].store(top, std::memory_order_relaxed);
}

void peaks_tell(Heap* h, ThreadCache* tc) {
  std::int32_t most = tc->most.load(std::memory_order_relaxed);
  pool_count(h, 0, most - tc->room.load(std::memory_order_relaxed), most);
  tc->most.store(0, std::memory_order_relaxed);
  tc->room.store(0, std::memory_order_relaxed);
}

void peaks_reset(ThreadCache* tc) {
  for (unsigned c = 0; c <= cache::kPoolClasses; ++c) {
    tc->told[c].store(static_cast<std::uint8_t>(slot_number(cache::poison())), std::memory_order_relaxed);
    tc->low[c].store(cache::poison(), std::memory_order_relaxed);
  }
  tc->most.store(0, std::memory_order_relaxed);
  tc->room.store(0, std::memory_order_relaxed);
  for (auto& n : tc->gets) n.store(0, std::memory_order_relaxed);  // also of classes that were only named
}

namespace {
// All or nothing, and never for a moment more than the caps.
bool add_within(std::atomic<std::uint64_t>& n, std::uint64_t more, std::uint64_t cap) {
  std::uint64_t now = n.load(std::memory_order_relaxed);
  do
    if (now + more > cap) return false;
  while (!n.compare_exchange_weak(now, now + more, std::memory_order_relaxed));
  return true;
}

bool reserve(Heap* h, unsigned c, std::uint64_t n, unsigned part) {
  std::uint64_t bytes = n * h->pool->size[c];
  if (!add_within(h->pool->front[c], bytes, h->opt.class_cache_bytes / part)) return false;
  if (add_within(h->account.front_bytes, bytes, h->opt.cache_bytes / part)) return true;
  h->pool->front[c].fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}
}  // namespace

bool borrow(Heap* h, ThreadCache* tc, unsigned c) {
  unsigned from = 0;
  std::uint64_t most = size_of(h, c) * 2 - 1;
  for (unsigned i = 1; i <= h->pool->count; ++i) {
    if (i == c || tc->bin[i].load(std::memory_order_relaxed) == cache::poison()) continue;
    // One place is left to it: a bin without any would be neither open nor closed.
    std::uint64_t unused = (tc->capacity[i] - max(cache::bin_count(tc, i), 1u)) * size_of(h, i);
    if (unused > most) most = unused, from = i;
  }
  if (!from) return false;
  // The bin keeps its top in the array: what it holds moves up.
  cache::Slot* top = tc->bin[from].load(std::memory_order_relaxed);
  auto give = static_cast<unsigned>(max<std::uint64_t>(most / size_of(h, from) / 2, 1));
  class_tell(h, tc, from, top);
  cache::Slot* bottom = bottom_of(tc, from, array_of(top));
  for (cache::Slot* s = top; s >= bottom; --s) s[give].store(s->load(std::memory_order_relaxed), std::memory_order_relaxed);
  tc->bin[from].store(top + give, std::memory_order_relaxed);
  tc->capacity[from] = static_cast<std::uint8_t>(tc->capacity[from] - give);
  class_settle(tc, from);
  ungrant(tc, from, give);
  return true;
}

bool pool_admit(Heap* h, unsigned c, std::uint64_t n) { return reserve(h, c, n, 1); }

// Bins have half of each cap at most: what other threads put away must find room, too.
std::uint64_t pool_admit_bin(Heap* h, unsigned c, std::uint64_t want) {
  while (want && !reserve(h, c, want, 2)) want /= 2;
  return want;
}

void pool_dismiss(Heap* h, unsigned c, std::uint64_t n) {
  std::uint64_t bytes = n * h->pool->size[c];
  h->pool->front[c].fetch_sub(bytes, std::memory_order_relaxed);
  h->account.front_bytes.fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace akit::heap
