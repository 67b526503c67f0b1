// Where PageHeap gets addresses: fresh ones, ones it had before, and those behind a span that grows.
#pragma once
#include "pages/page_heap_books.h"

namespace akit::pages {

template <os::PageSource S>
Span* PageHeap<S>::grow(std::size_t pages, std::size_t alignment) {
  if (AKIT_UNLIKELY(fixed_)) return nullptr;
  bool tight = os::address_limit() != kNone;
  std::size_t bytes = pages << map::kPageShift;
  // Large requests are mapped as they are: the rest of a chunk would be address space for nothing.
  // Heaps of one handle begin small, as many of them stay; so does the kit's own.
  std::size_t most = tight ? kGrowTight : first_step_ ? min<std::size_t>(kGrow, max<std::size_t>(first_step_, mapped_)) : kGrow;
  std::size_t step = bytes >= kGrow / 8 ? 0 : align_down(most, kGrowFirst);
  // Big mappings start on a 2 MiB boundary so that huge pages can back them.
  bool huge = kind_.thp != 2 && (kind_.thp == 1 || bytes >= (std::size_t{2} << 20));
  std::size_t align = max(alignment, huge && !tight ? std::size_t{2} << 20 : os::page_size());
  Span* s = record();
  if (!s) return nullptr;
  s->heap = index_;
  s->zero = true;
  if (map_fresh(s, align_up(max(bytes, step), os::page_size()), align)) return s;
  if (step > bytes && map_fresh(s, align_up(bytes, os::page_size()), alignment)) return s;
  discard_record(s);
  return nullptr;
}

template <os::PageSource S>
bool PageHeap<S>::map_fresh(Span* s, std::size_t size, std::size_t alignment) {
  if (account_ && !account_->take(size)) return false;
  os::Extent e = source_.map(size, alignment, kind_);
  s->base = reinterpret_cast<std::uintptr_t>(e.base);
  s->pages = e.size >> map::kPageShift;
  if (!e.base || !map::cover(s->base, size, false, false) || !count_mapped(s)) {
    if (e.base) source_.unmap(e);
    if (account_) account_->give(size);
    return false;
  }
  s->state.store(State::kClean, std::memory_order_release);
  tag(s);
  return true;
}

// Maps a range again that was given up before. false: somebody else lives there now, or it is too much.
template <os::PageSource S>
bool PageHeap<S>::remap(Span* s) {
  if (account_ && !account_->take(s->bytes())) return false;
  if (source_.map_at(s->memory(), s->bytes(), kind_) != 0) {
    if (account_) account_->give(s->bytes());
    return false;
  }
  if (!count_mapped(s)) {
    source_.unmap({s->memory(), s->bytes()});
    account_->give(s->bytes());
    return false;
  }
  s->zero = true;
  s->state.store(State::kClean, std::memory_order_release);
  return true;
}

// Addresses given up before, mapped again: for small requests a whole aligned chunk at a time, since
// a huge page needs its 2 MiB mapped before the first touch.
template <os::PageSource S>
Span* PageHeap<S>::revive(std::size_t pages, std::size_t alignment) {
  if (counters.gone_bytes.load(std::memory_order_relaxed) == 0) return nullptr;
  constexpr std::size_t kChunkPages = kGrow >> map::kPageShift, kHuge = std::size_t{2} << 20;
  Span* s = nullptr;
  if (pages < kChunkPages / 8 && (s = fit(State::kGone, kChunkPages, max(alignment, kHuge))))
    s = carve(s, kChunkPages, max(alignment, kHuge));
  else if ((s = fit(State::kGone, pages, alignment)))
    s = carve(s, pages, alignment);
  if (s && !remap(s)) {
    untag(s);
    discard_record(s);
    return nullptr;
  }
  return s;
}

// Addresses that a span has, be it mapped or only kept: its first and its last page name it.
inline bool anyone_in(std::uintptr_t a, std::size_t pages) {
  for (std::size_t i = 0; i < pages; ++i)
    if (Span* n = span_by_number(map::span_of(a + (i << map::kPageShift))))
      if (n->state.load(std::memory_order_acquire) != State::kUnused) return true;
  return false;
}

// The range behind s, in pieces: free and mapped, given up before, or (heaps of one handle) of nobody.
template <os::PageSource S>
Span* PageHeap<S>::behind(Span* s, std::size_t more) {
  Span* right = span_by_number(map::span_of(s->end()));
  bool ours = right && right->heap == index_ && right->base == s->end() && right->state != State::kUnused;
  if (!ours) {
    if (!account_ || fixed_ || right || anyone_in(s->end(), more)) return nullptr;
    Span* t = record();
    if (!t) return nullptr;
    t->base = s->end();
    t->pages = more;
    t->heap = index_;
    if (map::cover(t->base, t->bytes(), false, false) && source_.keeps(t->memory()) && remap(t)) return t;
    discard_record(t);
    return nullptr;
  }
  State st = right->state.load(std::memory_order_acquire);
  if (right->pages < more || (st != State::kDirty && st != State::kClean && st != State::kGone)) return nullptr;
  remove(right);
  if (right->pages > more) {
    Span* rest = split_tail(right, more);
    if (!rest) {
      insert(right);
      return nullptr;
    }
    insert(rest);
  }
  if (st == State::kGone && !remap(right)) {
    insert(right);
    return nullptr;
  }
  return right;
}

template <os::PageSource S>
bool PageHeap<S>::extend(Span* s, std::size_t pages) {
  pages = align_up(pages, os::page_size() >> map::kPageShift);
  os::Guard g(lock_);
  Span* right = behind(s, pages - s->pages);
  if (!right) return false;
  s->pages = s->pages + right->pages;
  discard_record(right);
  tag(s);
  return true;
}

}  // namespace akit::pages
