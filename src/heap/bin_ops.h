// Bins under the cache's lock: attaching arrays, spilling, filling. The owner is not inside a pop
// or push (it is the caller, or it is gone), and thieves wait for the lock.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

using cache::Slot;

inline unsigned full_capacity(const Heap* h, unsigned c) {
  std::size_t size = size_of(h, c);
  std::size_t n = (std::size_t{2} << 20) / size;
  if (size > (std::size_t{16} << 10) && size <= (std::size_t{4} << 20)) n = max<std::size_t>(n, 16);
  if (size > (std::size_t{4} << 20)) n = size <= (std::size_t{16} << 20) ? 2 : 1;
  if (h->kind == kKindRegion) {  // a miss gives all of it back to other sizes
    n = size <= (std::size_t{4} << 20) ? max<std::size_t>((std::size_t{8} << 20) / size, 16) : size <= (std::size_t{16} << 20) ? 10 : 2;
    if (size > (std::size_t{64} << 20)) n = 1;
  }
  if (h->pool) n = h->opt.thread_cache_bytes / 8 * 7 / size;  // of few classes each may have much of it
  return static_cast<unsigned>(min<std::size_t>(n, cache::kMaxCapacity));
}

// A bin that ran full once gives little away, so that a program which cycles through a little more
// than the bin holds settles down; one that runs full again and again, because its thread only
// frees, gives nearly all. Likewise for empty ones.
inline unsigned growing(std::uint8_t* run, unsigned first, unsigned most) {
  unsigned n = first << *run;
  if (n < most) ++*run;
  return min(n, most);
}
inline unsigned most_moved(const ThreadCache* tc, unsigned c) {
  auto* h = static_cast<const Heap*>(tc->heap);
  std::size_t size = size_of(h, c);
  if (size > (std::size_t{256} << 10) && !h->pool) return size <= (std::size_t{1} << 20) ? 8 : size <= (std::size_t{4} << 20) ? 4 : 1;
  return tc->capacity[c] * 7u / 8;
}
inline unsigned spill_size(ThreadCache* tc, unsigned c) {
  empty_runs(tc)[c] = 0;
  unsigned most = max(1u, min(most_moved(tc, c), tc->capacity[c] * 7u / 8));
  return growing(&full_runs(tc)[c], min(most, 8u), most);
}
inline unsigned refill_size(ThreadCache* tc, unsigned c) {
  full_runs(tc)[c] = 0;
  unsigned most = max(1u, min<unsigned>(most_moved(tc, c), tc->capacity[c]));
  return growing(&empty_runs(tc)[c], min(most, 16u), most);
}

inline Slot* array_of(Slot* below) {
  return reinterpret_cast<Slot*>(align_down(reinterpret_cast<std::uintptr_t>(below), cache::kArrayBytes));
}

// What the bin of class c may hold, as far as the thread's budget allows. 0: nothing.
// Regions have one budget for all threads; bins have half of it at most.
inline std::uint64_t grant_from_account(pages::Account& a, std::uint64_t size, std::uint64_t want) {
  if (a.cache_bytes != kNone) {
    std::uint64_t used = a.front_bytes.load(std::memory_order_relaxed), most = a.cache_bytes / 2;
    want = min(want, used < most ? (most - used) / size : 0);
  }
  if (a.max_entries != kNone) {
    std::uint64_t used = a.front_entries.load(std::memory_order_relaxed), most = a.max_entries / 2;
    want = min(want, used < most ? most - used : 0);
  }
  a.front_bytes.fetch_add(size * want, std::memory_order_relaxed);
  a.front_entries.fetch_add(want, std::memory_order_relaxed);
  return want;
}

inline unsigned grant(Heap* h, ThreadCache* tc, unsigned c, unsigned have, unsigned want) {
  std::uint64_t size = size_of(h, c), budget = h->opt.thread_cache_bytes;
  if (size * want > budget && want > have) want = max<unsigned>(have, static_cast<unsigned>(budget / size));
  std::uint64_t used = std::uint64_t{tc->granted_kib} << 10;
  if (want <= have) return have;
  std::uint64_t more = size * (want - have);
  if (used + more > budget) {
    std::uint64_t room = used < budget ? budget - used : 0;
    want = have + static_cast<unsigned>(room / size);
    more = size * (want - have);
  }
  if (h->pool) {
    want = have + static_cast<unsigned>(pool_admit_bin(h, c, want - have));
    more = size * (want - have);
  } else if (AKIT_UNLIKELY(h->accounted)) {
    want = have + static_cast<unsigned>(grant_from_account(h->account, size, want - have));
    more = size * (want - have);
  }
  tc->granted_kib += static_cast<std::uint32_t>((more + 1023) >> 10);
  return want;
}

inline void ungrant(ThreadCache* tc, unsigned c, unsigned n) {
  auto* h = static_cast<Heap*>(tc->heap);
  std::uint64_t size = size_of(h, c);
  tc->granted_kib -= static_cast<std::uint32_t>((size * n + 1023) >> 10);
  if (h->pool) return pool_dismiss(h, c, n);
  if (AKIT_LIKELY(!h->accounted)) return;
  h->account.front_bytes.fetch_sub(size * n, std::memory_order_relaxed);
  h->account.front_entries.fetch_sub(n, std::memory_order_relaxed);
}

inline void mark_touched(Heap* h, unsigned c) { __atomic_fetch_or(&h->touched[c / 64], std::uint64_t{1} << (c % 64), __ATOMIC_RELAXED); }
inline void mark_touched(Heap* h, ThreadCache* tc, unsigned c) {
  std::uint64_t bit = std::uint64_t{1} << (c % 64);
  if (tc->touched[c / 64] & bit) return;
  __atomic_store_n(&tc->touched[c / 64], tc->touched[c / 64] | bit, __ATOMIC_RELAXED);
  mark_touched(h, c);
}

// The budget of a pool's thread is used up: the class that leaves most of its share unused gives half of that
// back. false: it is not worth a buffer of class c.
bool borrow(Heap* h, ThreadCache* tc, unsigned c);

// Makes the bin usable when it is poisoned (never used, or taken). false: no array or no budget.
inline bool attach(Heap* h, ThreadCache* tc, unsigned c) {
  if (tc->bin[c].load(std::memory_order_relaxed) != cache::poison()) return true;
  mark_touched(h, tc, c);  // here, because a thread may free into a class that it never allocated from
  unsigned full = full_capacity(h, c), first = size_of(h, c) <= (std::size_t{16} << 10) && !h->pool ? full : min(full, size_of(h, c) <= (std::size_t{1} << 20) ? 4u : 2u);
  unsigned cap = grant(h, tc, c, 0, first);
  if (cap == 0 && AKIT_UNLIKELY(h->pool != nullptr) && borrow(h, tc, c)) cap = grant(h, tc, c, 0, first);
  if (cap == 0) return false;
  auto* a = static_cast<Slot*>(array_get(h, tc));
  if (!a) {
    ungrant(tc, c, cap);
    return false;
  }
  tc->capacity[c] = static_cast<std::uint8_t>(cap);
  Slot* bottom = a + (cache::kArraySlots - 1 - cap);
  bottom->store(nullptr, std::memory_order_relaxed);
  tc->bin[c].store(bottom, std::memory_order_release);
  return true;
}

// The bin is empty and gives its array and its share of the budget back.
inline void detach(ThreadCache* tc, unsigned c, Slot* array) {
  ungrant(tc, c, tc->capacity[c]);
  tc->capacity[c] = 0;
  array[0].store(tc->arrays, std::memory_order_relaxed);
  tc->arrays = array;
}

inline Slot* bottom_of(const ThreadCache* tc, unsigned c, Slot* array) {
  return array + (cache::kArraySlots - 1 - tc->capacity[c]);
}

// Oldest first. The bin keeps what is left, moved down.
inline unsigned take_oldest(ThreadCache* tc, unsigned c, void** out, unsigned n) {
  Slot* top = tc->bin[c].load(std::memory_order_relaxed);
  Slot* bottom = bottom_of(tc, c, array_of(top));
  unsigned have = static_cast<unsigned>(top - bottom);
  n = min(n, have);
  for (unsigned i = 0; i < n; ++i) out[i] = bottom[i + 1].load(std::memory_order_relaxed);
  for (unsigned i = 1; i + n <= have; ++i)
    bottom[i].store(bottom[i + n].load(std::memory_order_relaxed), std::memory_order_relaxed);
  tc->bin[c].store(top - n, std::memory_order_relaxed);
  return n;
}

// Into an empty bin; p[0] becomes the newest.
inline void fill(ThreadCache* tc, unsigned c, void* const* p, unsigned n) {
  Slot* bottom = tc->bin[c].load(std::memory_order_relaxed);
  for (unsigned i = 0; i < n; ++i) bottom[n - i].store(p[i], std::memory_order_relaxed);
  tc->bin[c].store(bottom + n, std::memory_order_release);
}

// The bin is full: room for more, within the class's and the thread's bounds.
inline bool widen(Heap* h, ThreadCache* tc, unsigned c) {
  unsigned have = tc->capacity[c], full = full_capacity(h, c);
  if (have >= full) return false;
  unsigned cap = grant(h, tc, c, have, min(full, have * 2));
  if (cap <= have && AKIT_UNLIKELY(h->pool != nullptr) && borrow(h, tc, c)) cap = grant(h, tc, c, have, min(full, have * 2));
  if (cap <= have) return false;
  Slot* top = tc->bin[c].load(std::memory_order_relaxed);
  unsigned down = cap - have;
  for (Slot* s = bottom_of(tc, c, array_of(top)); s <= top; ++s)
    (s - down)->store(s->load(std::memory_order_relaxed), std::memory_order_relaxed);
  tc->bin[c].store(top - down, std::memory_order_relaxed);
  tc->capacity[c] = static_cast<std::uint8_t>(cap);
  return true;
}

}  // namespace akit::heap
