// The page heaps of the process: one per kind of mapping, plus one for the kit's own large records.
// Free spans of all of them are the process cache that akit_cache_limit bounds.
#pragma once
#include "pages/page_heap.h"

namespace akit::pages {

using Pages = PageHeap<os::SystemPages>;  // the only line to read to know where pages come from

// Slabs lie apart from blocks with a span of their own: their marks in the address map are dense then.
inline constexpr unsigned kKinds = 18;      // thp (3) x fork (3) x {blocks, slabs}
inline constexpr unsigned kInternal = kKinds;  // handles, thread caches: copied by fork, small pages
inline constexpr unsigned kHeaps = kKinds + 1;    // of the process; indices above are page heaps of one handle

extern Pages heaps[kHeaps];  // those never used are all zero, and never looked at

inline unsigned heap_index(unsigned thp, unsigned fork, bool slabs) { return thp + 3 * fork + 9 * slabs; }

// Page heaps of one handle: with memory policies, budgets or memory of its own. 0: no memory for it.
struct OwnHeap {
  os::PageKind kind;
  os::SystemPages::Policy policy;
  Account* account;  // NULL: what is free in it is part of the process cache
  void* memory;      // stand on this
  std::size_t memory_bytes;
  bool exact;        // with tables for exact checks
};
unsigned own_heap_open(const OwnHeap& h);
void own_heap_close(unsigned heap);  // nothing in use
inline constexpr unsigned kOwnPerChunk = 512, kOwnChunks = 127;
extern std::atomic<std::atomic<Pages*>*> own_heaps[kOwnChunks];

inline Pages& heap_at(unsigned i) {
  if (AKIT_LIKELY(i < kHeaps)) return heaps[i];
  return *own_heaps[(i - kHeaps) / kOwnPerChunk].load(std::memory_order_acquire)[(i - kHeaps) % kOwnPerChunk].load(std::memory_order_acquire);
}
inline Pages& heap_of(const Span* s) { return heap_at(s->heap.load(std::memory_order_relaxed)); }

// When the system refuses a mapping, everything free is unmapped once and the request repeated.
Span* alloc_span(unsigned heap, std::size_t pages, std::size_t alignment, bool zeroed, bool may_map = true);
void free_span(Span* s, std::uint64_t deadline);

std::uint64_t dirty_bytes();
std::uint64_t clean_bytes();
std::uint64_t purged_bytes();  // given back so far
std::uint64_t cache_budget();
void set_cache_budget(std::uint64_t bytes);
std::uint64_t purge_pages(std::uint64_t now, std::uint64_t keep_total);   // of all heaps; those of one handle keep their budgets
std::uint64_t purge_shared(std::uint64_t now, std::uint64_t keep_total);  // without heaps of one handle
std::uint64_t next_purge();  // earliest deadline, kNone

// Above the budget pages are given back at once: by the purge thread when it runs (the hook returns
// true then), else here, so that a program which never calls us again is bounded all the same.
void set_over_budget_hook(bool (*hook)());
void forget_after_fork();  // child

}  // namespace akit::pages
