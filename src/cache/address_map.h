// From an address to what lies there, for the whole process.
//
// Two levels: a root by address >> 34, leaves of 16 GiB made on demand. Per 4 KiB page a leaf has
//   entry  class | owner << 8     0 = not a block of ours starts here
//   span   number of the span that begins, ends or (slabs) lies here
// and per 4 MiB range, made on demand, one bit per 16 bytes that is set exactly while the block that
// starts there is held by a thread cache or a user: it finds double frees and interior pointers when
// a batch leaves a thread cache; and, only for handles that ask for exact checks, one byte per 16.
#pragma once
#include <atomic>

#include "base/bits.h"

namespace akit::map {

inline constexpr unsigned kPageShift = 12;  // the map's own unit, whatever the kernel's page size
inline constexpr std::size_t kPage = std::size_t{1} << kPageShift;
inline constexpr unsigned kLeafShift = 34;
inline constexpr std::size_t kLeafPages = std::size_t{1} << (kLeafShift - kPageShift);
inline constexpr unsigned kRangeShift = 22;
inline constexpr std::size_t kRanges = std::size_t{1} << (kLeafShift - kRangeShift);
inline constexpr std::size_t kRootSize = std::size_t{1} << (48 - kLeafShift);
inline constexpr unsigned kGrain = 4;  // log2 of the smallest distance of two block starts

using Entry = std::uint32_t;
inline constexpr unsigned kOwnerShift = 8;

struct Leaf {
  std::atomic<Entry> entry[kLeafPages];
  std::atomic<std::uint32_t> span[kLeafPages];
  std::atomic<std::uint64_t*> out[kRanges];
  std::atomic<std::uint8_t*> exact[kRanges];
};

extern std::atomic<Leaf*> root[kRootSize];

AKIT_INLINE Leaf* leaf_of(std::uintptr_t a) {
  std::uintptr_t i = a >> kLeafShift;
  return i < kRootSize ? root[i].load(std::memory_order_acquire) : nullptr;
}
AKIT_INLINE std::size_t page_in_leaf(std::uintptr_t a) { return (a >> kPageShift) & (kLeafPages - 1); }

AKIT_INLINE Entry entry_of(std::uintptr_t a) {
  Leaf* l = leaf_of(a);
  return l ? l->entry[page_in_leaf(a)].load(std::memory_order_relaxed) : 0;
}
AKIT_INLINE std::uint32_t span_of(std::uintptr_t a) {
  Leaf* l = leaf_of(a);
  return l ? l->span[page_in_leaf(a)].load(std::memory_order_relaxed) : 0;
}

// Makes the leaves (and with `bits` or `bytes` the range tables) that cover [a, a + size).
bool cover(std::uintptr_t a, std::size_t size, bool bits, bool bytes);
void set_entries(std::uintptr_t a, std::size_t pages, Entry e);
void set_span(std::uintptr_t a, std::uint32_t number);
void clear_marks(std::uintptr_t a, std::size_t size);  // out bits and exact bytes of a range that dies whole
std::uint64_t table_bytes();

inline std::uint64_t* out_table(std::uintptr_t a) {
  Leaf* l = leaf_of(a);
  return l ? l->out[(a >> kRangeShift) & (kRanges - 1)].load(std::memory_order_acquire) : nullptr;
}
// A word of the table covers 1 KiB; the platforms are little-endian.
inline constexpr std::size_t kOwnByte = 128;  // blocks this far apart have a byte of the table each
inline std::uint8_t* out_byte(std::uint64_t* table, std::uintptr_t a) {
  return reinterpret_cast<std::uint8_t*>(table) + ((a >> (kGrain + 3)) & ((std::size_t{1} << (kRangeShift - kGrain - 3)) - 1));
}
inline bool is_out(std::uintptr_t a) {
  std::uint64_t* t = out_table(a);
  return t && ((__atomic_load_n(out_byte(t, a), __ATOMIC_RELAXED) >> ((a >> kGrain) & 7)) & 1);
}

AKIT_INLINE std::atomic<std::uint8_t>* exact_byte(std::uintptr_t a) {
  Leaf* l = leaf_of(a);
  std::uint8_t* t = l ? l->exact[(a >> kRangeShift) & (kRanges - 1)].load(std::memory_order_acquire) : nullptr;
  if (AKIT_UNLIKELY(!t)) return nullptr;
  return reinterpret_cast<std::atomic<std::uint8_t>*>(t) + ((a >> kGrain) & ((std::size_t{1} << (kRangeShift - kGrain)) - 1));
}

}  // namespace akit::map
