// Giving back: the part of PageHeap that purges, trims and unmaps. Included by page_heap_impl.h.
#pragma once
#include "os/sanitizer.h"
#include "pages/page_heap.h"

namespace akit::pages {

template <os::PageSource S>
std::uint64_t PageHeap<S>::purge(std::uint64_t now, std::uint64_t keep) {
  constexpr unsigned kBatch = 128;
  std::uint64_t total = 0, before = 0;
  for (;;) {
    Span* batch[kBatch];
    os::Range ranges[kBatch];
    unsigned n = 0, discards = 0;
    {
      os::Guard g(lock_);
      std::uint64_t dirty = counters.dirty_bytes.load(std::memory_order_relaxed);
      while (n < kBatch && oldest_ && (oldest_->deadline <= now || dirty > keep)) {
        Span* s = oldest_;
        dirty -= s->bytes();
        remove(s);
        s->state.store(State::kBusy, std::memory_order_release);
        batch[n++] = s;
      }
    }
    if (n == 0) {
      trim_clean(keep == kNone ? kCleanKept : min(kCleanKept, keep));
      return total;
    }
    // Large ranges leave the address space once enough empty mappings are kept; small ones stay
    // mapped, because unmapping them would split mappings.
    std::uint64_t clean = counters.clean_bytes.load(std::memory_order_relaxed);
    for (unsigned i = 0; i < n; ++i) {
      bool out = batch[i]->bytes() >= (std::size_t{1} << 20) && clean + batch[i]->bytes() > kCleanKept;
      if (out) {
        total += batch[i]->bytes();
        unmap(batch[i]);
        batch[i] = nullptr;
      } else {
        clean += batch[i]->bytes();
        ranges[discards++] = {reinterpret_cast<void*>(batch[i]->base), batch[i]->bytes()};
      }
    }
    std::uint64_t asked = 0;
    for (unsigned i = 0; i < discards; ++i) asked += ranges[i].size;
    bool refused = discards && source_.discard(ranges, discards) != asked;
    if (!refused) total += asked;
    counters.purges.fetch_add(1, std::memory_order_relaxed);
    counters.purged_bytes.fetch_add(total - before, std::memory_order_relaxed);
    before = total;
    os::Guard g(lock_);
    for (unsigned i = 0; i < n; ++i) {
      if (!batch[i]) continue;
      if (refused) batch[i]->deadline = now + kRetry;  // not known to be zero: dirty still, ask again later
      put_free(batch[i], refused ? State::kDirty : State::kClean);
    }
    if (refused) return total;
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
  for (State st : {State::kDirty, State::kClean}) {
    for (unsigned b = 0; b < kBuckets; ++b) {
      for (;;) {
        Span* s;
        {
          os::Guard g(lock_);
          s = lists(st).head[b];
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
  if (kind_.fork != 1) return;  // copied, or mapped and wiped
  for (State st : {State::kDirty, State::kClean})
    for (unsigned b = 0; b < kBuckets; ++b)
      while (Span* s = lists(st).head[b]) {
        remove(s);
        put_gone(s);
      }
  // What was mapped is not in the child: all of this heap is addresses only now.
  os::forget(mapped_);
  mapped_ = 0;
}

}  // namespace akit::pages
