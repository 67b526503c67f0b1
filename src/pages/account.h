// What the page heaps of one handle share: its cap, its budgets, and the figures of its mappings.
#pragma once
#include <atomic>

#include "base/bits.h"

namespace akit::pages {

enum class Method : std::uint8_t { kDefault, kDiscard, kLazy, kUnmap };  // AKIT_PURGE_METHOD_*

struct Account {
  std::atomic<std::uint64_t>* mapped;       // of the handle, its own records included
  std::atomic<std::uint64_t>* mapped_peak;
  std::uint64_t limit, cache_bytes, max_entries, max_mappings;
  Method method;
  // Freed memory in front of the page heaps, in the bins of threads and in depots.
  std::atomic<std::uint64_t> front_bytes, front_entries;
  std::atomic<std::uint64_t> mappings, evictions, rejected, maps, unmaps;

  bool take(std::uint64_t bytes) {
    std::uint64_t now = mapped->fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (AKIT_UNLIKELY(now > limit)) {
      mapped->fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    std::uint64_t peak = mapped_peak->load(std::memory_order_relaxed);
    while (now > peak && !mapped_peak->compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    return true;
  }
  // So much more is over the cap, or one mapping more is.
  bool full(std::uint64_t bytes) const {
    return mapped->load(std::memory_order_relaxed) + bytes > limit || mappings.load(std::memory_order_relaxed) >= max_mappings;
  }
  void give(std::uint64_t bytes) { mapped->fetch_sub(bytes, std::memory_order_relaxed); }
  // What the page heaps may keep beside what lies in front of them.
  std::uint64_t bytes_left() const { return left(cache_bytes, front_bytes); }
  std::uint64_t entries_left() const { return left(max_entries, front_entries); }

 private:
  static std::uint64_t left(std::uint64_t budget, const std::atomic<std::uint64_t>& used) {
    std::uint64_t n = used.load(std::memory_order_relaxed);
    return budget == kNone ? kNone : budget > n ? budget - n : 0;
  }
};

}  // namespace akit::pages
