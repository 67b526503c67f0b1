// AKIT_CHECK_EXACT's own fast path: one byte per block start says whether the block is out.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

enum : std::uint8_t { kIn = 0, kOut = 1 };

AKIT_INLINE void* exact_pop(ThreadCache* tc, unsigned c) {
  void* p = cache::pop(tc, c);
  if (AKIT_LIKELY(p != nullptr))
    map::exact_byte(reinterpret_cast<std::uintptr_t>(p))->store(kOut, std::memory_order_relaxed);
  return p;
}

// false: nothing changed. A plain test and store: two frees of one block at the very same time are
// found when the batch leaves the cache.
AKIT_INLINE bool exact_push(ThreadCache* tc, void* p) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  map::Leaf* l = map::leaf_of(a);
  if (AKIT_UNLIKELY(!l) || AKIT_UNLIKELY(a & 15)) return false;
  std::uint32_t c = l->entry[map::page_in_leaf(a)].load(std::memory_order_relaxed) - tc->own;
  std::uint8_t* t = l->exact[(a >> map::kRangeShift) & (map::kRanges - 1)].load(std::memory_order_acquire);
  if (AKIT_UNLIKELY(c - 1 >= kClasses - 1) || AKIT_UNLIKELY(!t)) return false;
  auto* b = reinterpret_cast<std::atomic<std::uint8_t>*>(t) + ((a >> map::kGrain) & ((1u << (map::kRangeShift - map::kGrain)) - 1));
  if (AKIT_UNLIKELY(b->load(std::memory_order_relaxed) != kOut)) return false;
  b->store(kIn, std::memory_order_relaxed);  // before the block can reach anybody else
  if (AKIT_LIKELY(cache::push(tc, c, p))) return true;
  b->store(kOut, std::memory_order_relaxed);
  return false;
}

}  // namespace akit::heap
