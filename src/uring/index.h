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

  bool open(std::uint32_t slots);  // false: no memory
  void close();

  // Room for this range, so that `add` cannot fail. false: no memory.
  bool make_room(std::uintptr_t begin, std::uintptr_t end);
  void add(std::uint32_t slot, std::uintptr_t begin, std::uintptr_t end);
  void remove(std::uint32_t slot);

  AKIT_INLINE int find(std::uintptr_t a, std::size_t length) const {
    for (;;) {
      std::uint64_t before = generation_.load(std::memory_order_acquire);
      int slot = kNone;
      if (const Table* t = table_.load(std::memory_order_acquire)) {
        std::uint32_t grains = grains_.load(std::memory_order_relaxed);
        if (grains & 1) slot = probe(t, small_key(a), a, length);
        if (slot == kNone && (grains & 2)) slot = probe(t, large_key(a), a, length);
      }
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
  static constexpr std::uint64_t kGone = ~std::uint64_t{0};  // no key is that large and odd
  static std::uint64_t small_key(std::uintptr_t a) { return a >> kSmall << 1; }
  static std::uint64_t large_key(std::uintptr_t a) { return a >> kLarge << 1 | 1; }
  static bool is_large(std::uintptr_t begin, std::uintptr_t end) { return end - begin >= std::size_t{1} << kLarge; }
  static std::size_t first_of(const Table* t, std::uint64_t key) { return key * 0x9E3779B97F4A7C15u >> t->shift; }

  AKIT_INLINE int probe(const Table* t, std::uint64_t key, std::uintptr_t a, std::size_t length) const {
    for (std::size_t i = first_of(t, key);; i = (i + 1) & (t->size - 1)) {
      std::uint64_t c = t->seen(i);
      if (c == 0) return kNone;
      if (c >> kSlotBits != key) continue;
      auto slot = static_cast<std::uint32_t>(c & ((1u << kSlotBits) - 1)) - 1;
      if (AKIT_LIKELY(holds(slots_[slot], a, length))) return static_cast<int>(slot);
    }
  }

  AKIT_INLINE static bool holds(const Slot& s, std::uintptr_t a, std::size_t length) {
    std::uintptr_t end = s.end.load(std::memory_order_acquire), begin = s.begin.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    return a >= begin && a < end && length <= end - a && s.end.load(std::memory_order_relaxed) == end;
  }

  template <class Use>
  static void each_key(std::uintptr_t begin, std::uintptr_t end, Use use) {
    unsigned shift = is_large(begin, end) ? kLarge : kSmall;
    for (std::uintptr_t a = begin >> shift; a <= (end - 1) >> shift; ++a) use(a << 1 | (shift == kLarge));
  }

  static void put(Table* t, std::uint64_t cell);
  bool rebuild(std::size_t cells);

  std::atomic<Table*> table_{nullptr};
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::uint32_t> grains_{0};  // bit 0: there are small ones, bit 1: large ones
  std::uint32_t slot_count_ = 0;
  Slot* slots_ = nullptr;
  std::size_t cells_ = 0, gone_ = 0;  // in the table
  Table* spare_ = nullptr;            // as large as the table
};

}  // namespace akit::uring
