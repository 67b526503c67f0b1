// Changing the out bits of many blocks of one class. Clearing is a check and happens under the lock of
// the class. Blocks that have a byte each may be set without it, because nobody else has them.
#pragma once
#include "cache/address_map.h"

namespace akit::map {

// Blocks less than 128 bytes apart share bytes: whole words, always under the lock. Blocks of a batch
// are neighbours more often than not, so a word stays in a register until another one is needed.
class OutWords {
 public:
  ~OutWords() { flush(); }
  AKIT_INLINE void set(std::uintptr_t a) {
    seek(a);
    value_ |= bit(a);
  }
  // false: it was not out, so this is a second free or no block start
  AKIT_INLINE bool clear(std::uintptr_t a) {
    seek(a);
    bool was = (value_ & bit(a)) != 0;
    value_ &= ~bit(a);
    return was;
  }
  // Before the slab may go: its bits are nobody's then, or somebody else's.
  void forget() {
    flush();
    word_ = nullptr;
    at_ = ~std::uintptr_t{0};
  }

 private:
  static std::uint64_t bit(std::uintptr_t a) { return std::uint64_t{1} << ((a >> kGrain) & 63); }
  AKIT_INLINE void seek(std::uintptr_t a) {
    if (AKIT_UNLIKELY((a >> 10) != at_)) move(a);
  }
  AKIT_INLINE void move(std::uintptr_t a) {
    flush();
    if (AKIT_UNLIKELY((a >> kRangeShift) != range_)) {
      range_ = a >> kRangeShift;
      table_ = out_table(a);
    }
    at_ = a >> 10;
    word_ = table_ ? &table_[at_ & ((std::size_t{1} << (kRangeShift - 10)) - 1)] : nullptr;
    value_ = word_ ? *word_ : 0;
  }
  AKIT_INLINE void flush() {
    if (word_) __atomic_store_n(word_, value_, __ATOMIC_RELAXED);
  }
  std::uintptr_t at_ = ~std::uintptr_t{0}, range_ = ~std::uintptr_t{0};
  std::uint64_t* table_ = nullptr;
  std::uint64_t* word_ = nullptr;
  std::uint64_t value_ = 0;
};

class OutBytes {
 public:
  AKIT_INLINE void set(std::uintptr_t a) {
    if (std::uint8_t* b = seek(a)) __atomic_store_n(b, bit(a), __ATOMIC_RELAXED);
  }
  AKIT_INLINE bool clear(std::uintptr_t a) {
    std::uint8_t* b = seek(a);
    if (AKIT_UNLIKELY(!b || __atomic_load_n(b, __ATOMIC_RELAXED) != bit(a))) return false;
    __atomic_store_n(b, 0, __ATOMIC_RELAXED);
    return true;
  }
  void forget() {}

 private:
  static std::uint8_t bit(std::uintptr_t a) { return static_cast<std::uint8_t>(1u << ((a >> kGrain) & 7)); }
  AKIT_INLINE std::uint8_t* seek(std::uintptr_t a) {
    if (AKIT_UNLIKELY((a >> kRangeShift) != range_)) {
      range_ = a >> kRangeShift;
      table_ = out_table(a);
    }
    return table_ ? out_byte(table_, a) : nullptr;
  }
  std::uintptr_t range_ = ~std::uintptr_t{0};
  std::uint64_t* table_ = nullptr;
};

}  // namespace akit::map
