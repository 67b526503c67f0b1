// Bodies of PageHeap, for the one instantiation of the product and those of the tests.
#pragma once
#include <new>

#include "os/sanitizer.h"
#include "pages/page_heap_books.h"

namespace akit::pages {

// The smallest fitting free span of this state, removed from its list.
template <os::PageSource S>
Span* PageHeap<S>::fit(State st, std::size_t pages, std::size_t alignment) {
  Lists l = lists(st);
  std::size_t want = pages;
  if (alignment > os::page_size()) want += (alignment - os::page_size()) >> map::kPageShift;
  auto fits = [&](Span* s) {
    std::uintptr_t start = align_up(s->base, alignment);
    return start >= s->base && start + (pages << map::kPageShift) <= s->end();
  };
  // Alignment is often met by accident, so look below the sure size first.
  unsigned b = bucket_floor(pages);
  for (unsigned w = b / 64; w < kMapWords; ++w) {
    std::uint64_t bits = l.map[w];
    if (w == b / 64) bits &= ~std::uint64_t{0} << (b % 64);
    while (bits) {
      unsigned i = w * 64 + lowest_bit(bits);
      bits &= bits - 1;
      int tries = 0;
      for (Span* s = l.head[i]; s && tries < 16; s = s->next, ++tries)
        if (s->pages >= pages && fits(s)) {
          remove(s);
          return s;
        }
      if (i >= bucket_ceil(want) && !l.head[i]) break;
    }
  }
  return nullptr;
}

// A new record for everything behind the first `pages`; both parts tagged. NULL: no record.
template <os::PageSource S>
Span* PageHeap<S>::split_tail(Span* s, std::size_t pages) {
  Span* t = record();
  if (!t) return nullptr;
  t->base = s->base + (pages << map::kPageShift);
  t->pages = s->pages - pages;
  t->deadline = s->deadline;
  t->heap = index_;
  t->zero = s->zero;
  t->state.store(s->state.load(std::memory_order_relaxed), std::memory_order_release);
  s->pages = pages;
  tag(s);
  tag(t);
  return t;
}

// s is off the lists. Cuts what is in front for alignment and behind for size, puts those back.
template <os::PageSource S>
Span* PageHeap<S>::carve(Span* s, std::size_t pages, std::size_t alignment) {
  std::uintptr_t start = align_up(s->base, alignment);
  if (start != s->base) {
    Span* t = split_tail(s, (start - s->base) >> map::kPageShift);
    if (!t) {
      insert(s);
      return nullptr;
    }
    insert(s);
    s = t;
  }
  if (s->pages > pages) {
    // Without a record for the rest the caller simply gets more than it asked for.
    if (Span* t = split_tail(s, pages)) insert(t);
  }
  return s;
}

template <os::PageSource S>
Span* PageHeap<S>::alloc(std::size_t pages, std::size_t alignment, bool zeroed, bool may_map) {
  std::size_t unit = os::page_size() >> map::kPageShift;
  pages = align_up(pages, unit);
  alignment = max(alignment, os::page_size());
  os::Guard g(lock_);
  Span* s = zeroed ? fit(State::kClean, pages, alignment) : fit(State::kDirty, pages, alignment);
  if (!s) s = zeroed ? nullptr : fit(State::kClean, pages, alignment);
  if (!s && may_map) s = revive(pages, alignment);
  if (!s && may_map) s = grow(pages, alignment);
  if (!s && zeroed) s = fit(State::kDirty, pages, alignment);
  if (!s || !(s = carve(s, pages, alignment))) return nullptr;
  s->state.store(State::kInUse, std::memory_order_release);
  s->next = s->prev = s->all_next = s->all_prev = nullptr;
  san::take_over(this);
  return s;
}

// Of two spans that become one: the mean over their pages, so that memory in which blocks come and go
// does not look as old as its first page, nor an idle range young for a small neighbour.
inline std::uint64_t mean_deadline(const Span* a, const Span* b) {
  if (a->deadline == kNone || b->deadline == kNone) return (a->pages > b->pages ? a : b)->deadline;
  const Span* first = a->deadline < b->deadline ? a : b;
  const Span* second = first == a ? b : a;
  return first->deadline + (second->deadline - first->deadline) / (a->pages + b->pages) * second->pages;
}

// Merges with free neighbours of the same state and lists the result.
template <os::PageSource S>
void PageHeap<S>::put_free(Span* s, State st) {
  s->zero = st != State::kDirty;
  auto mergeable = [&](Span* n) {
    return n && n->state.load(std::memory_order_acquire) == st && n->heap == index_;
  };
  Span* left = span_by_number(map::span_of(s->base - map::kPage));
  if (mergeable(left) && left->end() == s->base) {
    remove(left);
    s->deadline = mean_deadline(s, left);
    s->base = left->base;
    s->pages = s->pages + left->pages;
    discard_record(left);
  }
  Span* right = span_by_number(map::span_of(s->end()));
  if (mergeable(right) && right->base == s->end()) {
    remove(right);
    s->deadline = mean_deadline(s, right);
    s->pages = s->pages + right->pages;
    discard_record(right);
  }
  tag(s);
  s->state.store(st, std::memory_order_release);
  insert(s);
}

template <os::PageSource S>
void PageHeap<S>::free(Span* s, std::uint64_t deadline) {
  san::on_release(s->memory(), s->bytes());
  san::hand_over(this);
  os::Guard g(lock_);
  s->deadline = deadline;
  put_free(s, State::kDirty);
}

template <os::PageSource S>
void PageHeap<S>::free_gone(Span* s) {
  os::Guard g(lock_);
  count_unmapped(s);
  put_gone(s);
}

template <os::PageSource S>
void PageHeap<S>::put_gone(Span* s) {
  if (keeps(s)) return put_free(s, State::kGone);
  untag(s);
  discard_record(s);
}

template <os::PageSource S>
void PageHeap<S>::drop(Span* s) {
  {
    os::Guard g(lock_);
    count_unmapped(s);
    untag(s);
  }
  source_.unmap({s->memory(), s->bytes()});
  discard_record(s);
}

template <os::PageSource S>
void PageHeap<S>::shrink(Span* s, std::size_t pages, std::uint64_t deadline) {
  pages = align_up(pages, os::page_size() >> map::kPageShift);
  os::Guard g(lock_);
  if (pages >= s->pages) return;
  if (Span* t = split_tail(s, pages)) {
    t->deadline = deadline;
    put_free(t, State::kDirty);
  }
}

// s is busy. Where the kernel refuses, the pages are gone all the same and the range is clean.
template <os::PageSource S>
bool PageHeap<S>::unmap(Span* s) {
  bool keep = keeps(s);
  if (!keep) {
    // Its addresses may be somebody else's the moment it is unmapped.
    os::Guard g(lock_);
    count_unmapped(s);
    untag(s);
  }
  bool gone = source_.unmap({s->memory(), s->bytes()});
  os::Guard g(lock_);
  if (!keep && gone) {
    discard_record(s);
  } else if (!keep) {
    if (account_) account_->mapped->fetch_add(s->bytes(), std::memory_order_relaxed);
    tag(s);
    count_mapped(s);
    put_free(s, State::kClean);
  } else {
    if (gone) count_unmapped(s);
    put_free(s, gone ? State::kGone : State::kClean);
  }
  return gone;
}

}  // namespace akit::pages

#include "pages/page_heap_ends.h"
#include "pages/page_heap_grow.h"
#include "pages/page_heap_purge.h"
