// Giving back: the part of PageHeap that purges, trims and unmaps. Included by page_heap_impl.h.
#pragma once
#include "os/sanitizer.h"
#include "pages/page_heap.h"

namespace akit::pages {

inline constexpr std::uint64_t kSplitsAllowed = 256;  // mappings of a heap of the process, before purges stop splitting them

// Whether a purge unmaps this range, rather than drop its pages and keep its addresses. Under the lock.
// `splitting`: mappings that ranges on their way out will split, and that are not counted yet.
template <os::PageSource S>
bool PageHeap<S>::leaves(const Span* s, std::uint64_t clean, std::uint64_t splitting) {
  bool splits = sides(s) == 2;
  if (!account_) {
    // Large ranges leave once enough empty mappings are kept; small ones stay, they would split mappings.
    return s->bytes() >= (std::size_t{1} << 20) && clean + s->bytes() > kCleanKept &&
           (!splits || mappings_.load(std::memory_order_relaxed) < kSplitsAllowed);
  }
  switch (account_->method) {
    case Method::kDiscard:
    case Method::kLazy: return false;
    case Method::kUnmap: return !splits || account_->mappings.load(std::memory_order_relaxed) + splitting < account_->max_mappings;
    case Method::kDefault: break;
  }
  return !splits;
}

template <os::PageSource S>
std::uint64_t PageHeap<S>::purge(std::uint64_t now, std::uint64_t keep) {
  constexpr unsigned kBatch = 128;
  if (AKIT_UNLIKELY(fixed_)) return 0;
  std::uint64_t total = 0, before = 0, entries = account_ ? account_->entries_left() : kNone, account_limit = account_ ? account_->cache_bytes : kNone;
  for (;;) {
    Span* batch[kBatch];
    os::Range ranges[kBatch];
    bool out[kBatch], lazy = account_ && account_->method == Method::kLazy;
    unsigned n = 0, discards = 0, evicted = 0, rejected = 0, splitting = 0;
    {
      os::Guard g(lock_);
      std::uint64_t dirty = counters.dirty_bytes.load(std::memory_order_relaxed);
      std::uint64_t clean = counters.clean_bytes.load(std::memory_order_relaxed);
      while (n < kBatch && oldest_) {
        Span* s = oldest_;
        bool all = now == kNone - 1, due = all || s->deadline <= now;  // a purge of all: also what is never due by age
        if (!due && dirty <= keep && dirty_spans_ <= entries) break;
        if (!due || all) lazy = false;  // the budget, or a purge of all: they must go now
        if (!due) ++(s->bytes() > account_limit ? rejected : evicted);
        dirty -= s->bytes();
        remove(s);
        // What is only above the budget keeps its addresses: they may be wanted again at once.
        out[n] = !lazy && (due || !account_) && leaves(s, clean, splitting);
        if (out[n] && sides(s) == 2) ++splitting;
        if (!out[n]) clean += s->bytes();
        s->state.store(State::kBusy, std::memory_order_release);
        batch[n++] = s;
      }
    }
    if (account_) {
      account_->evictions.fetch_add(evicted, std::memory_order_relaxed);
      account_->rejected.fetch_add(rejected, std::memory_order_relaxed);
    }
    if (n == 0) {
      if (account_ && now != 0)  // not while memory is only above its budget: it may be needed soon
        trim_whole();
      else if (!account_)
        trim_clean(keep == kNone ? kCleanKept : min(kCleanKept, keep));
      return total;
    }
    for (unsigned i = 0; i < n; ++i) {
      if (out[i]) {
        total += batch[i]->bytes();
        unmap(batch[i]);
        batch[i] = nullptr;
      } else {
        ranges[discards++] = {batch[i]->memory(), batch[i]->bytes()};
      }
    }
    std::uint64_t asked = 0, done = 0;
    for (unsigned i = 0; i < discards; ++i) asked += ranges[i].size;
    if (lazy) {
      for (unsigned i = 0; i < discards; ++i)
        if (os::advise(ranges[i].base, ranges[i].size, os::Advice::kLazyFree) == 0) done += ranges[i].size;
    } else if (discards) {
      done = source_.discard(ranges, discards);
    }
    bool refused = done != asked;
    if (!refused) total += asked;
    counters.purges.fetch_add(1, std::memory_order_relaxed);
    counters.purged_bytes.fetch_add(total - before, std::memory_order_relaxed);
    before = total;
    os::Guard g(lock_);
    for (unsigned i = 0; i < n; ++i) {
      if (!batch[i]) continue;
      // Not known to be zero: dirty still. Refused ones are asked again later, lazy ones are done with.
      if (refused || lazy) batch[i]->deadline = refused ? now + kRetry : kNone;
      put_free(batch[i], refused || lazy ? State::kDirty : State::kClean);
    }
    if (refused) return total;
  }
}

template <os::PageSource S>
void PageHeap<S>::give_up(Span* s) {
  if (AKIT_UNLIKELY(fixed_)) return free(s, kNone);
  san::on_release(s->memory(), s->bytes());
  bool out;
  {
    os::Guard g(lock_);
    s->state.store(State::kBusy, std::memory_order_release);
    out = leaves(s, kCleanKept);
  }
  if (out) {
    unmap(s);
    return;
  }
  os::Range r{s->memory(), s->bytes()};
  bool clean = source_.discard(&r, 1) == r.size;
  os::Guard g(lock_);
  s->deadline = os::now_coarse_ns();
  put_free(s, clean ? State::kClean : State::kDirty);
}

// Heaps of one handle: every empty mapping that can leave without splitting another one. Each that
// leaves may make its neighbours follow.
template <os::PageSource S>
void PageHeap<S>::trim_whole() {
  for (;;) {
    Span* s;
    {
      os::Guard g(lock_);
      for (s = leavers_; s && !leaves(s, kCleanKept); s = leavers_) leaver_remove(s);
      if (!s) return;
      remove(s);
      s->state.store(State::kBusy, std::memory_order_release);
    }
    if (!unmap(s)) return;  // the kernel refuses: another time
  }
}

// Empty mappings beyond `keep` leave the address space, the largest first: few mappings are split.
template <os::PageSource S>
void PageHeap<S>::trim_clean(std::uint64_t keep) {
  while (counters.clean_bytes.load(std::memory_order_relaxed) > keep) {
    Span* s = nullptr;
    {
      os::Guard g(lock_);
      Lists l = lists(State::kClean);
      for (unsigned w = kMapWords; w-- > 0 && !s;)
        if (l.map[w]) s = l.head[w * 64 + log2_floor(l.map[w])];
      if (!s || s->bytes() < kTrimFrom) return;
      remove(s);
      s->state.store(State::kBusy, std::memory_order_release);
    }
    if (!unmap(s)) return;
  }
}

template <os::PageSource S>
std::uint64_t PageHeap<S>::unmap_free() {
  std::uint64_t total = 0;
  if (AKIT_UNLIKELY(fixed_)) return 0;
  for (State st : {State::kDirty, State::kClean}) {
    for (unsigned b = 0; b < kBuckets; ++b) {
      for (;;) {
        Span* s;
        {
          os::Guard g(lock_);
          s = lists(st).head[b];
          while (s && account_ && sides(s) == 2 && account_->mappings.load(std::memory_order_relaxed) >= account_->max_mappings) s = s->next;
          if (!s) break;
          remove(s);
          s->state.store(State::kBusy, std::memory_order_release);
        }
        std::size_t bytes = s->bytes();
        if (!unmap(s)) return total;
        total += bytes;
      }
    }
  }
  return total;
}

template <os::PageSource S>
std::uint64_t PageHeap<S>::next_deadline() {
  os::Guard g(lock_);
  return oldest_ ? oldest_->deadline : kNone;
}

template <os::PageSource S>
void PageHeap<S>::forget_after_fork() {
  if (kind_.fork != 1 || fixed_) return;  // copied, or mapped and wiped
  std::uint64_t bytes = 0;
  for (State st : {State::kDirty, State::kClean})
    for (unsigned b = 0; b < kBuckets; ++b)
      while (Span* s = lists(st).head[b]) {
        remove(s);
        bytes += s->bytes();
        count_unmapped(s);
        put_gone(s);
      }
  os::forget(bytes);
}

}  // namespace akit::pages
