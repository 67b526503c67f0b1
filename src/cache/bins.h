// A thread's cache of one handle: per size class a stack of block addresses, and the two operations
// of the fast path, pop and push. Blocks themselves are never touched.
//
// A bin is one word, the address of its newest slot in an array that ends on a 1 KiB boundary. The
// slot under the oldest block holds NULL. An empty bin, a full one and one that was never used are
// all ordinary misses.
//
// Stealing (heap/steal.cc) takes bins of sleeping threads without a locked instruction here. The
// owner raises `busy` before it reads a bin's word and lowers it after its last store. The thief
// swaps the word for `poison`, passes one membarrier, and waits until busy is down once: an operation
// that began before has ended then, and any later one sees poison. The bin is taken when its word is
// still poison. Poison fails both tests here: the slot it points to holds NULL, and its successor is
// 1 KiB-aligned. A taken bin stays poisoned until its owner's next miss.
#pragma once
#include "base/shared_field.h"
#include "cache/address_map.h"
#include "os/thread.h"

namespace akit::cache {

inline constexpr unsigned kBins = 170;
inline constexpr unsigned kPoolClasses = 64;
inline constexpr std::size_t kArrayBytes = 1024;
inline constexpr unsigned kArraySlots = kArrayBytes / sizeof(void*);
inline constexpr unsigned kMaxCapacity = kArraySlots - 1;

using Slot = std::atomic<void*>;

extern Slot poison_page[kArraySlots];
AKIT_INLINE Slot* poison() { return &poison_page[kArraySlots - 1]; }

inline constexpr char no_handle = 0;
inline constexpr const void* kNoHandle = &no_handle;  // equal to no handle, NULL included

struct ThreadCache {
  // read on every call
  HotShared<const void*> handle = kNoHandle;   // the handle this cache serves, unless its calls are watched
  HotShared<const void*> watched = kNoHandle;  // the handle when exact checks, zeroing or a tool want every call
  HotShared<std::uintptr_t> leaf_number = ~std::uintptr_t{0};
  const std::atomic<map::Entry>* leaf = nullptr;  // biased: index it by address >> 12
  map::Entry own = 0;                             // owner << 8
  std::atomic<std::uint32_t> busy{0};             // the owner is inside pop or push
  std::uint8_t* const* outs = nullptr;            // biased like leaf: tables of out bits by address >> 22
  const void* table = nullptr;                    // pools: classes by length
  // Pools: how many more buffers may leave through this cache before more of them are out than ever since
  // it last told the pool.
  std::atomic<std::int32_t> room{0};
  std::atomic<Slot*> bin[kBins]{};
  std::atomic<std::uint64_t> gets[kBins]{};
  // Pools: the lowest that a bin's word was since this cache last told the pool.
  std::atomic<Slot*> low[kPoolClasses + 1]{};

  // misses only
  Shared<std::uint32_t> watch_flags = 0;
  Shared<std::uint8_t> capacity[kBins]{};
  std::uint64_t touched[3]{};  // classes whose bin was ever used
  os::Lock lock;               // owner's misses against thieves and statistics
  std::uint32_t granted_kib = 0;  // capacity granted to bins, in KiB
  os::Thread* thread = nullptr;
  void* heap = nullptr;
  Slot* arrays = nullptr;      // free list of 1 KiB arrays
  void* emptied = nullptr;     // batches it unpacked, on their way back to a depot
  void* array_spans = nullptr;  // spans they were cut from, after the first few
  ThreadCache* heap_next = nullptr;
  ThreadCache* heap_prev = nullptr;
  ThreadCache* thread_next = nullptr;
  ThreadCache* thread_prev = nullptr;
  void* span = nullptr;
  std::uint64_t misses = 0;
  std::atomic<std::uint64_t> reallocs{0}, reallocs_in_place{0};
  std::uint64_t next_check_ns = 0;
  // Pools: of all classes the most that were out since then, and of each the slot its bin's word named then.
  std::atomic<std::int32_t> most{0};
  std::atomic<std::uint8_t> told[kPoolClasses + 1]{};
  bool orphan = false;
};
static_assert(sizeof(ThreadCache) <= 4096, "a cache is one page and its arrays start on the next");

AKIT_INLINE void remember_leaf(ThreadCache* tc, std::uintptr_t a, map::Leaf* l) {
  std::uintptr_t n = a >> map::kLeafShift;
  tc->leaf = reinterpret_cast<const std::atomic<map::Entry>*>(
      reinterpret_cast<std::uintptr_t>(l->entry) - ((n << (map::kLeafShift - map::kPageShift)) * sizeof(map::Entry)));
  tc->outs = reinterpret_cast<std::uint8_t* const*>(
      reinterpret_cast<std::uintptr_t>(l->out) - ((n << (map::kLeafShift - map::kRangeShift)) * sizeof(l->out[0])));
  tc->leaf_number = n;
}

// Only the owner writes; a plain increment, for which compilers make three instructions of an atomic.
AKIT_INLINE void count_get(ThreadCache* tc, unsigned c) {
#if defined(__x86_64__) && !defined(AKIT_TSAN_BUILD)
  __asm__("incq %0" : "+m"(tc->gets[c]));
#else
  tc->gets[c].store(tc->gets[c].load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
#endif
}

// One more, by one instruction where the compiler would make three.
AKIT_INLINE void plus(std::atomic<std::int32_t>& n) {
#if defined(__x86_64__) && !defined(AKIT_TSAN_BUILD)
  __asm__("incl %0" : "+m"(n));
#else
  n.store(n.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
#endif
}
// One less: true when it is below zero then.
AKIT_INLINE bool minus(std::atomic<std::int32_t>& n) {
#if defined(__x86_64__) && !defined(AKIT_TSAN_BUILD)
  __asm__ goto("decl %0\n\tjs %l1" : : "m"(n) : "cc", "memory" : negative);
  return false;
negative:
  return true;
#else
  std::int32_t v = n.load(std::memory_order_relaxed) - 1;
  n.store(v, std::memory_order_relaxed);
  return v < 0;
#endif
}

AKIT_INLINE void enter(ThreadCache* tc) {
  tc->busy.store(1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
AKIT_INLINE void leave(ThreadCache* tc) { tc->busy.store(0, std::memory_order_release); }

// NULL: miss. Pools count their gets themselves.
template <bool kCount = true>
AKIT_INLINE void* pop(ThreadCache* tc, unsigned c) {
  enter(tc);
  Slot* s = tc->bin[c].load(std::memory_order_acquire);
  void* p = s->load(std::memory_order_relaxed);
  if (AKIT_LIKELY(p != nullptr)) {
    tc->bin[c].store(s - 1, std::memory_order_relaxed);
    if (kCount) count_get(tc, c);
  }
  leave(tc);
  return p;
}

// false: miss (full, never used, taken, or p is the newest block: freed twice in a row)
AKIT_INLINE bool push(ThreadCache* tc, unsigned c, void* p) {
  enter(tc);
  Slot* s = tc->bin[c].load(std::memory_order_acquire);
  if (AKIT_UNLIKELY((reinterpret_cast<std::uintptr_t>(s + 1) & (kArrayBytes - 1)) == 0) ||
      AKIT_UNLIKELY(s->load(std::memory_order_relaxed) == p)) {
    leave(tc);
    return false;
  }
  s[1].store(p, std::memory_order_relaxed);
  tc->bin[c].store(s + 1, std::memory_order_relaxed);
  leave(tc);
  return true;
}

// The class of the block that starts at p, when it belongs to this cache's handle; else >= kBins:
// not this handle's, or in another leaf than the last one. One rotation serves two tests: the four
// low bits, moved to the top, make a misaligned address belong to no leaf.
AKIT_INLINE std::uint32_t class_of(const ThreadCache* tc, const void* p) {
  auto a = reinterpret_cast<std::uintptr_t>(p);
  if (AKIT_UNLIKELY((((a >> 4) | (a << 60)) >> (map::kLeafShift - 4)) != tc->leaf_number)) return ~0u;
  return tc->leaf[a >> map::kPageShift].load(std::memory_order_relaxed) - tc->own;
}

// Blocks in the bin.
inline unsigned bin_count(const ThreadCache* tc, unsigned c) {
  Slot* s = tc->bin[c].load(std::memory_order_acquire);
  if (s == poison()) return 0;
  unsigned bottom = kArraySlots - 1 - tc->capacity[c];
  unsigned at = static_cast<unsigned>((reinterpret_cast<std::uintptr_t>(s) & (kArrayBytes - 1)) / sizeof(void*));
  return at > bottom ? at - bottom : 0;
}

}  // namespace akit::cache
