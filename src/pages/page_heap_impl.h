// Bodies of PageHeap, for the one instantiation of the product and those of the tests.
#pragma once
#include <new>

#include "os/sanitizer.h"
#include "pages/page_heap.h"

namespace akit::pages {

inline constexpr std::size_t kGrow = std::size_t{4} << 20;        // mapped at a time
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
Span* PageHeap<S>::grow(std::size_t pages, std::size_t alignment) {
  if (AKIT_UNLIKELY(fixed_)) return nullptr;
  bool tight = os::address_limit() != kNone;
  std::size_t bytes = pages << map::kPageShift;
  // Large requests are mapped as they are: the rest of a chunk would be address space for nothing.
  std::size_t step = bytes >= kGrow / 8 ? 0 : tight ? kGrowTight : kGrow;
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
  if (source_.map_at(reinterpret_cast<void*>(s->base), s->bytes(), kind_) != 0) {
    if (account_) account_->give(s->bytes());
    return false;
  }
  if (!count_mapped(s)) {
    source_.unmap({reinterpret_cast<void*>(s->base), s->bytes()});
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

template <os::PageSource S>
Span* PageHeap<S>::alloc(std::size_t pages, std::size_t alignment, bool zeroed) {
  std::size_t unit = os::page_size() >> map::kPageShift;
  pages = align_up(pages, unit);
  alignment = max(alignment, os::page_size());
  os::Guard g(lock_);
  Span* s = zeroed ? fit(State::kClean, pages, alignment) : fit(State::kDirty, pages, alignment);
  if (!s) s = zeroed ? nullptr : fit(State::kClean, pages, alignment);
  if (!s) s = revive(pages, alignment);
  if (!s) s = grow(pages, alignment);
  if (!s && zeroed) s = fit(State::kDirty, pages, alignment);
  if (!s || !(s = carve(s, pages, alignment))) return nullptr;
  s->state.store(State::kInUse, std::memory_order_release);
  s->next = s->prev = s->all_next = s->all_prev = nullptr;
  san::take_over(this);
  return s;
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
    if (left->pages > s->pages) s->deadline = left->deadline;  // the larger part decides the age
    s->base = left->base;
    s->pages += left->pages;
    discard_record(left);
  }
  Span* right = span_by_number(map::span_of(s->end()));
  if (mergeable(right) && right->base == s->end()) {
    remove(right);
    if (right->pages > s->pages) s->deadline = right->deadline;
    s->pages += right->pages;
    discard_record(right);
  }
  tag(s);
  s->state.store(st, std::memory_order_release);
  insert(s);
}

template <os::PageSource S>
void PageHeap<S>::free(Span* s, std::uint64_t deadline) {
  san::on_release(reinterpret_cast<void*>(s->base), s->bytes());
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
  source_.unmap({reinterpret_cast<void*>(s->base), s->bytes()});
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

// The range behind s, in pieces: free and mapped, given up before, or (heaps of one handle) of nobody.
template <os::PageSource S>
Span* PageHeap<S>::behind(Span* s, std::size_t more) {
  Span* right = span_by_number(map::span_of(s->end()));
  bool ours = right && right->heap == index_ && right->base == s->end() && right->state != State::kUnused;
  if (!ours) {
    if (!account_ || fixed_ || right) return nullptr;
    Span* t = record();
    if (!t) return nullptr;
    t->base = s->end();
    t->pages = more;
    t->heap = index_;
    if (map::cover(t->base, t->bytes(), false, false) && source_.keeps(reinterpret_cast<void*>(t->base)) && remap(t)) return t;
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
  s->pages += right->pages;
  discard_record(right);
  tag(s);
  return true;
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
  bool gone = source_.unmap({reinterpret_cast<void*>(s->base), s->bytes()});
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
            now = source_.unmap({reinterpret_cast<void*>(s->base), s->bytes()}) ? State::kGone : State::kClean;
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

#include "pages/page_heap_purge.h"
