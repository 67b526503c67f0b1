#include "uring/index.h"

#include "uring/memory.h"

namespace akit::uring {

bool Index::open(std::uint32_t first_slot, std::uint32_t slots) {
  first_slot_ = first_slot;
  slot_count_ = slots;
  slots_ = static_cast<Slot*>(array_get(slots * sizeof(Slot)));
  return slots_ && rebuild(0);
}

void Index::close() {
  for (Table* t : {table_.load(std::memory_order_relaxed), spare_})
    while (t) {
      Table* older = t->older;
      array_put(t);
      t = older;
    }
  array_put(slots_);
}

void Index::put(Table* t, std::uint64_t cell) {
  std::size_t i = first_of(t, cell >> kSlotBits);
  for (;; i = (i + 1) & (t->size - 1)) {
    std::uint64_t c = t->cell(i).load(std::memory_order_relaxed);
    if (c == 0 || c == kGone) break;
  }
  t->cell(i).store(cell, std::memory_order_release);
}

// Cells that are no more count until the table is built anew, also when their place was used again.
bool Index::make_room(std::uintptr_t begin, std::uintptr_t end) {
  std::size_t more = 0;
  each_key(begin, end, [&](std::uint64_t) { ++more; });
  const Table* t = table_.load(std::memory_order_relaxed);
  return 4 * (cells_ + gone_ + more) <= t->size || rebuild(cells_ + more);
}

bool Index::rebuild(std::size_t cells) {
  Table* now = table_.load(std::memory_order_relaxed);
  std::size_t size = now ? now->size : kFewestCells;
  while (size < 8 * cells) size *= 2;
  Table* t = spare_;
  if (!t || t->size != size) {
    t = static_cast<Table*>(array_get(sizeof(Table) + size * sizeof(std::uint64_t)));
    if (!t) return false;
    t->size = size;
    t->shift = 64 - log2_floor(size);
    t->older = spare_;
  }
  Table* older = t == spare_ ? t->older : spare_;
  generation_.store(generation_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < size; ++i) t->cell(i).store(0, std::memory_order_relaxed);
  for (std::uint32_t slot = 0; slot < slot_count_; ++slot)
    if (std::uintptr_t end = slots_[slot].end.load(std::memory_order_relaxed))
      each_key(slots_[slot].begin.load(std::memory_order_relaxed), end, [&](std::uint64_t key) { put(t, key << kSlotBits | (slot + 1)); });
  t->older = nullptr;
  if (now) now->older = older;
  spare_ = now;
  table_.store(t, std::memory_order_release);
  gone_ = 0;
  return true;
}

void Index::add(std::uint32_t slot, std::uintptr_t begin, std::uintptr_t end) {
  slots_[slot].begin.store(begin, std::memory_order_relaxed);
  slots_[slot].end.store(end, std::memory_order_release);
  Table* t = table_.load(std::memory_order_relaxed);
  each_key(begin, end, [&](std::uint64_t key) {
    put(t, key << kSlotBits | (slot + 1));
    ++cells_;
  });
}

void Index::remove(std::uint32_t slot) {
  std::uintptr_t begin = slots_[slot].begin.load(std::memory_order_relaxed), end = slots_[slot].end.load(std::memory_order_relaxed);
  slots_[slot].end.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  Table* t = table_.load(std::memory_order_relaxed);
  each_key(begin, end, [&](std::uint64_t key) {
    std::size_t i = first_of(t, key);
    while (t->cell(i).load(std::memory_order_relaxed) != (key << kSlotBits | (slot + 1))) i = (i + 1) & (t->size - 1);
    t->cell(i).store(kGone, std::memory_order_relaxed);
    --cells_;
    ++gone_;
  });
}

}  // namespace akit::uring
