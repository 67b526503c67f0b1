// The region cache: free address ranges of one page kind, with byte budgets and decay. It hands out
// runs of pages (spans), prefers dirty ones, then clean ones, then addresses it once had, then fresh
// mappings, and gives pages back when their deadline has passed or the budget is exceeded.
#pragma once
#include "os/lock.h"
#include "pages/account.h"
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
  // With an account the heap belongs to one handle: its mappings count against that handle's cap, and
  // what is free in it against that handle's cache.
  void configure(std::uint16_t index, os::PageKind kind, Account* account = nullptr) {
    index_ = index, kind_ = kind, account_ = account;
  }
  void begin_with(std::uint32_t bytes) { first_step_ = bytes; }
  void set_source(const Source& source) { source_ = source; }
  // Hands out this memory of somebody else's and nothing besides; no system call from here on.
  bool stand_on(std::uintptr_t base, std::size_t bytes, bool exact);
  std::uint64_t mappings() { return mappings_.load(std::memory_order_relaxed); }
  Account* account() { return account_; }
  bool fixed() const { return fixed_; }
  void retire() { retired_ = true; }  // its handle ends: for this handle's own calls alone
  bool retired() const { return retired_; }
  os::PageKind kind() const { return kind_; }
  bool plain() const { return !fixed_ && source_.plain(); }  // its pages are like anybody's
  void keep_within_budget() {
    if (AKIT_UNLIKELY(counters.dirty_bytes.load(std::memory_order_relaxed) > account_->bytes_left() || dirty_spans_ > account_->entries_left()))
      purge(0, account_->bytes_left());
  }

  // `pages` of 4 KiB, aligned to `alignment` bytes. `zeroed`: prefer pages that read as zero.
  // may_map false: only what is mapped already.
  Span* alloc(std::size_t pages, std::size_t alignment, bool zeroed, bool may_map = true);
  // deadline: when its pages should go back (kNone: never by age)
  void free(Span* s, std::uint64_t deadline);
  void free_gone(Span* s);            // the pages were moved away or unmapped
  void give_up(Span* s);              // the pages go back at once
  bool keeps(const Span* s) { return source_.keeps(s->memory()); }
  void drop(Span* s);                 // leaves the heap for good, addresses and all
  void shrink(Span* s, std::size_t pages, std::uint64_t deadline);
  bool extend(Span* s, std::size_t pages);  // into the free range behind it
  // Gives back what is due, and more until at most `keep` dirty bytes remain. Returns bytes.
  std::uint64_t purge(std::uint64_t now, std::uint64_t keep);
  std::uint64_t unmap_free();         // everything free: the address limit was met
  std::uint64_t next_deadline();      // kNone when nothing is dirty
  void forget_after_fork();           // child: the kernel did not copy this kind
  // The heap ends; nothing of it is in use. What is free goes to `heir`, as addresses alone unless the
  // pages may be anybody's.
  void close(PageHeap* heir, bool pages_too);
  std::uint64_t free_spans() { return dirty_spans_; }

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
  bool map_fresh(Span* s, std::size_t size, std::size_t alignment);
  Span* behind(Span* s, std::size_t more);
  void inherit(Span* s, State st);
  bool remap(Span* s);
  Span* revive(std::size_t pages, std::size_t alignment);
  void trim_clean(std::uint64_t keep);
  void age_append(Span* s);
  void age_remove(Span* s);
  void put_gone(Span* s);
  static void tag(Span* s);
  static void untag(Span* s);

  Span* record() { return AKIT_UNLIKELY(fixed_) ? reserve_take(&reserve_) : span_new(); }
  void discard_record(Span* s);
  bool mapped_beside(std::uintptr_t page, std::uintptr_t edge);
  unsigned sides(const Span* s) { return mapped_beside(s->base - map::kPage, s->base) + mapped_beside(s->end(), s->end()); }
  bool count_mapped(Span* s);
  void count_unmapped(Span* s);
  bool leaves(const Span* s, std::uint64_t clean, std::uint64_t splitting = 0);
  void trim_whole();
  void leaver_add(Span* s);
  void leaver_remove(Span* s);

  os::Lock lock_;
  Source source_{};
  Account* account_ = nullptr;
  Reserve reserve_{};
  std::uint64_t mapped_ = 0;  // bytes of this heap that are mapped now
  // Ranges of mapped addresses without a hole: what the kernel counts, since it joins neighbours.
  std::atomic<std::uint64_t> mappings_{0};
  Shared<std::uint64_t> dirty_spans_ = 0;
  std::uint32_t first_step_ = 0;  // bytes mapped at a time in the beginning; 0: as later
  std::uint16_t index_ = 0;
  bool fixed_ = false;
  bool retired_ = false;
  Span* leavers_ = nullptr;     // empty mappings at the edge of something unmapped
  os::PageKind kind_{};
  Span* oldest_ = nullptr;  // dirty, by deadline
  Span* newest_ = nullptr;
  // The maps together and in front: a look for free pages touches one page of memory, not three.
  std::uint64_t map_[3][kMapWords] = {};
  Span* head_[3][kBuckets] = {};
};

}  // namespace akit::pages
