// The beginning and the end of a page heap of one handle.
#pragma once
#include "pages/page_heap_books.h"

namespace akit::pages {

template <os::PageSource S>
bool PageHeap<S>::stand_on(std::uintptr_t base, std::size_t bytes, bool exact) {
  fixed_ = true;
  if (!map::cover(base, bytes, false, exact) || !reserve_open(&reserve_, static_cast<std::uint32_t>(bytes / os::page_size() + 2))) return false;
  Span* s = record();
  s->base = base;
  s->pages = bytes >> map::kPageShift;
  s->heap = index_;
  os::Guard g(lock_);
  s->deadline = kNone;
  tag(s);
  s->state.store(State::kDirty, std::memory_order_release);
  insert(s);
  return true;
}

template <os::PageSource S>
void PageHeap<S>::close(PageHeap* heir, bool pages_too) {
  for (State st : {State::kDirty, State::kClean, State::kGone})
    for (unsigned b = 0; b < kBuckets; ++b)
      for (;;) {
        os::Guard g(lock_);
        Span* s = lists(st).head[b];
        if (!s) break;
        remove(s);
        State now = st;
        if (fixed_) {
          untag(s);
          discard_record(s);
          continue;
        }
        if (st != State::kGone) {
          count_unmapped(s);
          if (!pages_too) {
            // Refused: the kernel is out of mappings. The pages are gone all the same.
            now = source_.unmap({s->memory(), s->bytes()}) ? State::kGone : State::kClean;
          }
        }
        if (now == State::kGone && !keeps(s)) {
          untag(s);
          discard_record(s);
          continue;
        }
        heir->inherit(s, now);
      }
  if (fixed_) reserve_close(&reserve_);
}

template <os::PageSource S>
void PageHeap<S>::inherit(Span* s, State st) {
  os::Guard g(lock_);
  s->heap = index_;
  if (st != State::kGone) count_mapped(s);
  put_free(s, st);
}

}  // namespace akit::pages
