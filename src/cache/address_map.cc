#include "cache/address_map.h"

#include "cache/meta.h"
#include "os/lock.h"

namespace akit::map {

constinit std::atomic<Leaf*> root[kRootSize]{};

namespace {
// Without this lock threads that make their first slab at once lose each other's leaves.
constinit os::Lock grow_lock;
constinit std::atomic<std::uint64_t> bytes{0};

constexpr std::size_t kBitTable = std::size_t{1} << (kRangeShift - kGrain - 3);
constexpr std::size_t kByteTable = std::size_t{1} << (kRangeShift - kGrain);

template <class T>
bool ensure(std::atomic<T*>& at, std::size_t size) {
  if (at.load(std::memory_order_acquire)) return true;
  os::Guard g(grow_lock);
  if (at.load(std::memory_order_relaxed)) return true;
  void* p;
  if (size >= 1 << 20) {
    if (os::map(nullptr, align_up(size, os::page_size()), 0, &p) != 0) return false;
  } else if (!(p = meta::get_pages(size))) {
    return false;
  }
  bytes.fetch_add(size, std::memory_order_relaxed);
  at.store(static_cast<T*>(p), std::memory_order_release);
  return true;
}
}  // namespace

bool cover(std::uintptr_t a, std::size_t size, bool bits, bool exact) {
  std::uintptr_t last = a + size - 1;
  if (last < a || (last >> kLeafShift) >= kRootSize) return false;
  for (std::uintptr_t i = a >> kLeafShift; i <= last >> kLeafShift; ++i)
    if (!ensure(root[i], sizeof(Leaf))) return false;
  if (!bits && !exact) return true;
  for (std::uintptr_t r = a >> kRangeShift; r <= last >> kRangeShift; ++r) {
    Leaf* l = leaf_of(r << kRangeShift);
    std::size_t i = r & (kRanges - 1);
    if (bits && !ensure(l->out[i], kBitTable)) return false;
    if (exact && !ensure(l->exact[i], kByteTable)) return false;
  }
  return true;
}

void set_entries(std::uintptr_t a, std::size_t pages, Entry e) {
  for (std::size_t i = 0; i < pages; ++i, a += kPage)
    leaf_of(a)->entry[page_in_leaf(a)].store(e, std::memory_order_relaxed);
}

void set_span(std::uintptr_t a, std::uint32_t number) {
  leaf_of(a)->span[page_in_leaf(a)].store(number, std::memory_order_relaxed);
}

void clear_marks(std::uintptr_t a, std::size_t size) {
  for (std::uintptr_t end = a + size; a < end;) {
    std::uintptr_t stop = min(end, align_down(a, std::uintptr_t{1} << kRangeShift) + (std::uintptr_t{1} << kRangeShift));
    std::size_t first = (a >> kGrain) & ((std::size_t{1} << (kRangeShift - kGrain)) - 1), n = (stop - a) >> kGrain;
    Leaf* l = leaf_of(a);
    std::size_t r = (a >> kRangeShift) & (kRanges - 1);
    if (std::uint64_t* t = l->out[r].load(std::memory_order_acquire)) __builtin_memset(t + first / 64, 0, n / 8);
    if (std::uint8_t* t = l->exact[r].load(std::memory_order_acquire)) __builtin_memset(t + first, 0, n);
    a = stop;
  }
}

std::uint64_t table_bytes() { return bytes.load(std::memory_order_relaxed); }

}  // namespace akit::map
