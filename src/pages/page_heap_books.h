// The books of PageHeap: lists by size and by age, tags in the address map, what is mapped.
#pragma once
#include "pages/page_heap.h"

namespace akit::pages {

inline constexpr std::size_t kGrow = std::size_t{4} << 20;        // mapped at a time
inline constexpr std::size_t kGrowFirst = std::size_t{256} << 10;  // heaps of one handle
inline constexpr std::size_t kGrowTight = std::size_t{512} << 10;  // under an address limit
inline constexpr std::uint64_t kRetry = 1000000000;               // after a refused discard
inline constexpr std::size_t kTrimFrom = std::size_t{64} << 10;
inline constexpr std::size_t kCleanKept = std::size_t{8} << 20;  // mapped but empty, per heap

template <os::PageSource S>
unsigned PageHeap<S>::bucket_floor(std::size_t pages) {
  if (pages < kExact) return static_cast<unsigned>(pages);
  unsigned lg = log2_floor(pages);
  return kExact + (lg - 9) * 4 + static_cast<unsigned>((pages >> (lg - 2)) & 3);
}
template <os::PageSource S>
unsigned PageHeap<S>::bucket_ceil(std::size_t pages) {
  unsigned b = bucket_floor(pages);
  if (pages < kExact) return b;
  unsigned lg = log2_floor(pages);
  return (pages & ((std::size_t{1} << (lg - 2)) - 1)) ? b + 1 : b;
}

template <os::PageSource S>
std::atomic<std::uint64_t>& PageHeap<S>::bytes_of(State s) {
  return s == State::kDirty ? counters.dirty_bytes : s == State::kClean ? counters.clean_bytes : counters.gone_bytes;
}

template <os::PageSource S>
void PageHeap<S>::insert(Span* s) {
  Lists l = lists(s->state.load(std::memory_order_relaxed));
  unsigned b = bucket_floor(s->pages);
  s->prev = nullptr;
  s->next = l.head[b];
  if (s->next) s->next->prev = s;
  l.head[b] = s;
  l.map[b / 64] |= std::uint64_t{1} << (b % 64);
  bytes_of(s->state).fetch_add(s->bytes(), std::memory_order_relaxed);
  if (s->state != State::kGone && !account_) process_free_bytes.fetch_add(s->bytes(), std::memory_order_relaxed);
  if (s->state == State::kDirty) age_append(s), ++dirty_spans_;
  if (s->state == State::kClean && account_ && sides(s) < 2) leaver_add(s);
}

template <os::PageSource S>
void PageHeap<S>::remove(Span* s) {
  Lists l = lists(s->state.load(std::memory_order_relaxed));
  unsigned b = bucket_floor(s->pages);
  (s->prev ? s->prev->next : l.head[b]) = s->next;
  if (s->next) s->next->prev = s->prev;
  if (!l.head[b]) l.map[b / 64] &= ~(std::uint64_t{1} << (b % 64));
  bytes_of(s->state).fetch_sub(s->bytes(), std::memory_order_relaxed);
  if (s->state != State::kGone && !account_) process_free_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
  if (s->state == State::kDirty) age_remove(s), --dirty_spans_;
  if (s->listed) leaver_remove(s);
}

template <os::PageSource S>
void PageHeap<S>::age_append(Span* s) {
  // Almost always the newest; a handle with a shorter decay walks a few steps.
  Span* at = newest_;
  for (int i = 0; at && at->deadline > s->deadline && i < 32; ++i) at = at->all_prev;
  if (at && at->deadline > s->deadline) at = newest_;
  s->all_prev = at;
  s->all_next = at ? at->all_next : oldest_;
  (s->all_prev ? s->all_prev->all_next : oldest_) = s;
  (s->all_next ? s->all_next->all_prev : newest_) = s;
}
template <os::PageSource S>
void PageHeap<S>::age_remove(Span* s) {
  (s->all_prev ? s->all_prev->all_next : oldest_) = s->all_next;
  (s->all_next ? s->all_next->all_prev : newest_) = s->all_prev;
  s->all_next = s->all_prev = nullptr;
}

template <os::PageSource S>
bool PageHeap<S>::mapped_beside(std::uintptr_t page, std::uintptr_t edge) {
  Span* n = span_by_number(map::span_of(page));
  if (!n || n->heap != index_ || (n->base != edge && n->end() != edge)) return false;
  State st = n->state.load(std::memory_order_acquire);
  return st != State::kGone && st != State::kUnused;
}

// A range was mapped. false: that is one mapping more than the budget allows.
template <os::PageSource S>
bool PageHeap<S>::count_mapped(Span* s) {
  std::uint64_t more = 1 - std::uint64_t{sides(s)};  // wraps: two neighbours become one
  if (account_ && more == 1 && account_->mappings.load(std::memory_order_relaxed) >= account_->max_mappings) return false;
  mappings_.fetch_add(more, std::memory_order_relaxed);
  if (account_) {
    account_->mappings.fetch_add(more, std::memory_order_relaxed);
    account_->maps.fetch_add(1, std::memory_order_relaxed);
  }
  mapped_ += s->bytes();
  counters.maps.fetch_add(1, std::memory_order_relaxed);
  return true;
}

template <os::PageSource S>
void PageHeap<S>::count_unmapped(Span* s) {
  std::uint64_t more = std::uint64_t{sides(s)} - 1;
  mappings_.fetch_add(more, std::memory_order_relaxed);
  if (account_) {
    account_->mappings.fetch_add(more, std::memory_order_relaxed);
    account_->unmaps.fetch_add(1, std::memory_order_relaxed);
    account_->give(s->bytes());
    // Nothing is mapped on one side of its neighbours now.
    for (std::uintptr_t page : {s->base - map::kPage, s->end()}) {
      Span* n = span_by_number(map::span_of(page));
      bool beside = n && n->heap == index_ && (n->end() == s->base || n->base == s->end());
      if (beside && n->state == State::kClean && !n->listed) leaver_add(n);
    }
  }
  mapped_ -= s->bytes();
  counters.unmaps.fetch_add(1, std::memory_order_relaxed);
}

// Empty mappings that can leave without splitting another one: their age links are free.
template <os::PageSource S>
void PageHeap<S>::leaver_add(Span* s) {
  s->listed = true;
  s->all_prev = nullptr;
  s->all_next = leavers_;
  if (leavers_) leavers_->all_prev = s;
  leavers_ = s;
}
template <os::PageSource S>
void PageHeap<S>::leaver_remove(Span* s) {
  s->listed = false;
  (s->all_prev ? s->all_prev->all_next : leavers_) = s->all_next;
  if (s->all_next) s->all_next->all_prev = s->all_prev;
  s->all_next = s->all_prev = nullptr;
}

template <os::PageSource S>
void PageHeap<S>::discard_record(Span* s) {
  if (AKIT_LIKELY(!fixed_)) return span_delete(s);
  s->state.store(State::kUnused, std::memory_order_release);
  s->base = 0;
  s->pages = 0;
  s->next = reserve_.spare;
  reserve_.spare = s;
}

template <os::PageSource S>
void PageHeap<S>::tag(Span* s) {
  map::set_span(s->base, s->number);
  map::set_span(s->end() - map::kPage, s->number);
}

// Before its addresses can be somebody else's.
template <os::PageSource S>
void PageHeap<S>::untag(Span* s) {
  map::set_span(s->base, 0);
  map::set_span(s->end() - map::kPage, 0);
}

}  // namespace akit::pages
