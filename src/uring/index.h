// From an address to the slot it is registered in, for any thread, without a lock.
//
// A slot covers grains: of 2 MiB when it has that much memory, otherwise of 64 KiB; the table has a cell
// for each grain and slot, open addressing, so that the first probe answers as a rule. Cells come and go
// one by one, and a reader sees each or does not. A table that is full, or full of cells that are no more,
// is built anew beside the old one; `generation` tells readers that the memory they read may have been used
// a second time, and they begin again. Outgrown tables stay until the end.
//
// A slot's range is changed by clearing its end first. A reader takes the end before and after the
// beginning, so it never combines one range's beginning with another's end.
#pragma once
#include "base/bits.h"

#include <atomic>

namespace akit::uring {

class Index {
 public:
  static constexpr int kNone = -1;

  bool open(std::uint32_t first_slot, std::uint32_t slots);  // false: no memory
  void close();

  // Room for this range, so that `add` cannot fail. false: no memory.
  bool make_room(std::uintptr_t begin, std::uintptr_t end);
  void add(std::uint32_t slot, std::uintptr_t begin, std::uintptr_t end);
  void remove(std::uint32_t slot);

  // The slot in the io_uring's table, where the first cell of its key has it; else kNone: ask `search`.
  // What is found was there at some moment of the call, whatever became of the table.
  AKIT_INLINE int find(std::uintptr_t a, std::size_t length) const {
    const Table* t = table_.load(std::memory_order_acquire);
    int slot = first_cell(t, large_key(a), a, length);
    return slot != kNone ? slot : first_cell(t, small_key(a), a, length);
  }

  AKIT_WARM int search(std::uintptr_t a, std::size_t length) const {
    for (;;) {
      std::uint64_t before = generation_.load(std::memory_order_acquire);
      const Table* t = table_.load(std::memory_order_acquire);
      int slot = probe(t, large_key(a), a, length);
      if (slot == kNone) slot = probe(t, small_key(a), a, length);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (AKIT_LIKELY(generation_.load(std::memory_order_relaxed) == before)) return slot;
    }
  }

 private:
  struct Slot {
    std::atomic<std::uintptr_t> begin, end;
  };
  struct Table {
    std::size_t size;
    unsigned shift;  // 64 - log2 of size
    Table* older;
    // The cells lie behind it: key << kSlotBits | slot + 1.
    std::atomic<std::uint64_t>& cell(std::size_t i) { return reinterpret_cast<std::atomic<std::uint64_t>*>(this + 1)[i]; }
    std::uint64_t seen(std::size_t i) const { return reinterpret_cast<const std::atomic<std::uint64_t>*>(this + 1)[i].load(std::memory_order_acquire); }
  };

  static constexpr unsigned kSlotBits = 15, kSmall = 16, kLarge = 21;
  static constexpr std::size_t kFewestCells = 512;  // a quarter of them is used at most: few lie beside their place
  static constexpr std::uint64_t kGone = ~std::uint64_t{0};  // no key is that large and odd
  // Never 0, which is no cell.
  static std::uint64_t small_key(std::uintptr_t a) { return ((a >> kSmall) + 1) << 1; }
  static std::uint64_t large_key(std::uintptr_t a) { return a >> kLarge << 1 | 1; }
  static bool is_large(std::uintptr_t begin, std::uintptr_t end) { return end - begin >= std::size_t{1} << kLarge; }
  static std::size_t first_of(const Table* t, std::uint64_t key) { return key * 0x9E3779B97F4A7C15u >> t->shift; }

  static std::size_t slot_of(std::uint64_t cell) { return (cell & ((1u << kSlotBits) - 1)) - 1; }

  AKIT_INLINE int first_cell(const Table* t, std::uint64_t key, std::uintptr_t a, std::size_t length) const {
    std::uint64_t c = t->seen(first_of(t, key));
    if (c >> kSlotBits != key || !holds(slots_[slot_of(c)], a, length)) return kNone;
    return static_cast<int>(slot_of(c) + first_slot_);
  }

  AKIT_INLINE int probe(const Table* t, std::uint64_t key, std::uintptr_t a, std::size_t length) const {
    for (std::size_t i = first_of(t, key);; i = (i + 1) & (t->size - 1)) {
      std::uint64_t c = t->seen(i);
      if (c == 0) return kNone;
      if (c >> kSlotBits != key) continue;
      if (holds(slots_[slot_of(c)], a, length)) return static_cast<int>(slot_of(c) + first_slot_);
    }
  }

  AKIT_INLINE static bool holds(const Slot& s, std::uintptr_t a, std::size_t length) {
    std::uintptr_t end = s.end.load(std::memory_order_acquire), begin = s.begin.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    return a >= begin && a < end && length <= end - a && s.end.load(std::memory_order_relaxed) == end;
  }

  template <class Use>
  static void each_key(std::uintptr_t begin, std::uintptr_t end, Use use) {
    bool large = is_large(begin, end);
    std::uint64_t last = large ? large_key(end - 1) : small_key(end - 1);
    for (std::uint64_t key = large ? large_key(begin) : small_key(begin); key <= last; key += 2) use(key);
  }

  static void put(Table* t, std::uint64_t cell);
  bool rebuild(std::size_t cells);

  std::atomic<Table*> table_{nullptr};
  std::atomic<std::uint64_t> generation_{0};
  Slot* slots_ = nullptr;
  std::uint32_t first_slot_ = 0, slot_count_ = 0;
  std::size_t cells_ = 0, gone_ = 0;  // in the table
  Table* spare_ = nullptr;            // as large as the table
};

}  // namespace akit::uring
