// The region cache: free address ranges of one page kind, with byte budgets and decay. It hands out
// runs of pages (spans), prefers dirty ones, then clean ones, then addresses it once had, then fresh
// mappings, and gives pages back when their deadline has passed or the budget is exceeded.
#pragma once
#include "os/lock.h"
#include "pages/span.h"

namespace akit::pages {

struct HeapCounters {
  std::atomic<std::uint64_t> dirty_bytes, clean_bytes, gone_bytes, purged_bytes, purges, maps, unmaps;
};

// Free and mapped, of all heaps of the process: what the budget of the process cache bounds.
extern std::atomic<std::uint64_t> process_free_bytes;

template <os::PageSource Source>
class PageHeap {
 public:
  constexpr PageHeap() = default;
  constexpr explicit PageHeap(Source source) : source_(source) {}
  void configure(std::uint8_t index, os::PageKind kind) { index_ = index, kind_ = kind; }

  // `pages` of 4 KiB, aligned to `alignment` bytes. `zeroed`: prefer pages that read as zero.
  Span* alloc(std::size_t pages, std::size_t alignment, bool zeroed);
  // deadline: when its pages should go back (kNone: never by age)
  void free(Span* s, std::uint64_t deadline);
  void free_gone(Span* s);            // the pages were moved away or unmapped
  bool keeps(const Span* s) { return source_.keeps(reinterpret_cast<void*>(s->base)); }
  void drop(Span* s);                 // leaves the heap for good, addresses and all
  void shrink(Span* s, std::size_t pages, std::uint64_t deadline);
  bool extend(Span* s, std::size_t pages);  // into the free range behind it
  // Gives back what is due, and more until at most `keep` dirty bytes remain. Returns bytes.
  std::uint64_t purge(std::uint64_t now, std::uint64_t keep);
  std::uint64_t unmap_free();         // everything free: the address limit was met
  std::uint64_t next_deadline();      // kNone when nothing is dirty
  void forget_after_fork();           // child: the kernel did not copy this kind

  HeapCounters counters{};

 private:
  static constexpr unsigned kExact = 512, kBuckets = kExact + 4 * 40, kMapWords = (kBuckets + 63) / 64;
  struct Lists {
    Span** head;
    std::uint64_t* map;  // which heads are not empty
  };

  static unsigned bucket_floor(std::size_t pages);
  static unsigned bucket_ceil(std::size_t pages);
  Lists lists(State s) {
    unsigned i = static_cast<unsigned>(s) - static_cast<unsigned>(State::kDirty);
    return {head_[i], map_[i]};
  }
  std::atomic<std::uint64_t>& bytes_of(State s);
  void insert(Span* s);
  void remove(Span* s);
  Span* fit(State st, std::size_t pages, std::size_t alignment);
  Span* carve(Span* s, std::size_t pages, std::size_t alignment);
  void put_free(Span* s, State st);
  bool unmap(Span* s);
  Span* split_tail(Span* s, std::size_t pages);
  Span* grow(std::size_t pages, std::size_t alignment);
  bool remap(Span* s);
  Span* revive(std::size_t pages, std::size_t alignment);
  void trim_clean(std::uint64_t keep);
  void age_append(Span* s);
  void age_remove(Span* s);
  void put_gone(Span* s);
  static void tag(Span* s);
  static void untag(Span* s);

  os::Lock lock_;
  Source source_{};
  std::uint64_t mapped_ = 0;  // bytes of this heap that are mapped now
  std::uint8_t index_ = 0;
  os::PageKind kind_{};
  Span* oldest_ = nullptr;  // dirty, by deadline
  Span* newest_ = nullptr;
  // The maps together and in front: a look for free pages touches one page of memory, not three.
  std::uint64_t map_[3][kMapWords] = {};
  Span* head_[3][kBuckets] = {};
};

}  // namespace akit::pages
