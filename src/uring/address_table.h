// Addresses and what they stand for: open addressing, for one thread at a time.
#pragma once
#include "uring/memory.h"

namespace akit::uring {

class AddressTable {
 public:
  bool make_room(std::size_t n) {  // for so many more; false: no memory
    if (2 * (used_ + n) <= size_) return true;
    std::size_t size = size_ ? 2 * size_ : 256;
    while (2 * (used_ + n) > size) size *= 2;
    auto* cells = static_cast<Cell*>(array_get(size * sizeof(Cell)));
    if (!cells) return false;
    Cell* old = cells_;
    std::size_t before = size_;
    cells_ = cells;
    size_ = size;
    for (std::size_t i = 0; i < before; ++i)
      if (old[i].key) *place_of(old[i].key) = old[i];
    array_put(old);
    return true;
  }

  void add(std::uintptr_t key, void* value) {  // room was made, and there is no such key
    *place_of(key) = {key, value};
    ++used_;
  }

  void* find(std::uintptr_t key) const { return size_ ? place_of(key)->value : nullptr; }

  // What lies behind moves up, so that no search ends too early.
  void remove(std::uintptr_t key) {
    if (!size_) return;
    Cell* hole = place_of(key);
    if (!hole->key) return;
    --used_;
    for (std::size_t i = hole - cells_, at = i;;) {
      at = (at + 1) & (size_ - 1);
      if (!cells_[at].key) break;
      if (((at - first_of(cells_[at].key)) & (size_ - 1)) < ((at - i) & (size_ - 1))) continue;
      cells_[i] = cells_[at];
      i = at;
      hole = &cells_[i];
    }
    *hole = {};
  }

  std::size_t used() const { return used_; }

  void close() {
    array_put(cells_);
    cells_ = nullptr;
    size_ = used_ = 0;
  }

 private:
  struct Cell {
    std::uintptr_t key;
    void* value;
  };

  std::size_t first_of(std::uintptr_t key) const { return (key * 0x9E3779B97F4A7C15u >> 20) & (size_ - 1); }
  Cell* place_of(std::uintptr_t key) const {
    std::size_t i = first_of(key);
    while (cells_[i].key && cells_[i].key != key) i = (i + 1) & (size_ - 1);
    return &cells_[i];
  }

  Cell* cells_ = nullptr;
  std::size_t size_ = 0, used_ = 0;
};

}  // namespace akit::uring
