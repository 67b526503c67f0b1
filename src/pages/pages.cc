#include "pages/pages.h"

#include "cache/meta.h"

namespace akit::pages {

constinit std::atomic<std::uint64_t> process_free_bytes{0};
constinit Pages heaps[kHeaps]{};
constinit std::atomic<std::atomic<Pages*>*> own_heaps[kOwnChunks]{};

namespace {
constinit os::Lock open_lock;
constinit std::atomic<std::uint32_t> opened{0};  // a bit per heap
constinit std::atomic<std::uint64_t> budget{std::uint64_t{32} << 20};
constinit std::atomic<bool (*)()> over_budget{nullptr};

// Of one handle. A slot is NULL or a heap in use.
constinit os::Lock own_lock;       // against walks
constinit os::Lock own_open_lock;  // before it
constinit unsigned own_end = 0;   // slots ever used
constinit unsigned own_free = 0;  // none is free below

Pages& heap_opened(unsigned i) {
  if (AKIT_UNLIKELY(i >= kHeaps)) return heap_at(i);
  std::uint32_t bit = std::uint32_t{1} << i;
  if (AKIT_UNLIKELY(!(opened.load(std::memory_order_acquire) & bit))) {
    os::Guard g(open_lock);
    os::PageKind kind{};
    if (i < kKinds) kind = {static_cast<std::uint8_t>(i % 3), static_cast<std::uint8_t>(i / 3 % 3)};
    if (!(opened.load(std::memory_order_relaxed) & bit)) {
      heaps[i].configure(static_cast<std::uint16_t>(i), kind);
      if (i == kInternal) heaps[i].begin_with(256 << 10);
    }
    opened.fetch_or(bit, std::memory_order_release);
  }
  return heaps[i];
}

std::atomic<Pages*>& own_slot(unsigned i) { return own_heaps[i / kOwnPerChunk].load(std::memory_order_acquire)[i % kOwnPerChunk]; }

template <class F>
void each_shared(F f) {
  for (std::uint32_t m = opened.load(std::memory_order_acquire); m; m &= m - 1) f(heaps[lowest_bit(m)]);
}
// Heaps of handles are walked under the lock that their end takes.
template <class F>
void each_own(F f) {
  os::Guard g(own_lock);
  for (unsigned i = 0; i < own_end; ++i)
    if (Pages* h = own_slot(i).load(std::memory_order_relaxed); h && !h->retired()) f(*h);
}

template <class F>
void each_heap(F f) {
  each_shared(f);
  each_own(f);
}

// Memory of the caller is nobody's cache, and none of it is ever due.
std::uint64_t sum(std::atomic<std::uint64_t> HeapCounters::*counter) {
  std::uint64_t n = 0;
  each_heap([&](Pages& h) {
    if (!h.fixed()) n += (h.counters.*counter).load(std::memory_order_relaxed);
  });
  return n;
}
}  // namespace

unsigned own_heap_open(const OwnHeap& want) {
  os::Guard g(own_open_lock);
  unsigned i = own_free;
  while (i < own_end && own_slot(i).load(std::memory_order_relaxed)) ++i;
  if (i == kOwnPerChunk * kOwnChunks) return 0;
  auto& chunk = own_heaps[i / kOwnPerChunk];
  if (!chunk.load(std::memory_order_relaxed)) {
    void* t = meta::get_pages(kOwnPerChunk * sizeof(std::atomic<Pages*>));
    if (!t) return 0;
    chunk.store(static_cast<std::atomic<Pages*>*>(t), std::memory_order_release);
  }
  Span* room = alloc_span(kInternal, (sizeof(Pages) + map::kPage - 1) >> map::kPageShift, 0, true);
  if (!room) return 0;
  room->role = Role::kInternal;
  void* p = room->memory();
  // A page heap of nothing is all zero, and most of it is never touched.
  if (!room->zero) __builtin_memset(p, 0, sizeof(Pages));
  room->zero = false;
  auto* h = static_cast<Pages*>(p);
  h->set_source(os::SystemPages(want.policy));
  h->begin_with(256 << 10);
  h->configure(static_cast<std::uint16_t>(kHeaps + i), want.kind, want.account);
  if (want.memory && !h->stand_on(reinterpret_cast<std::uintptr_t>(want.memory), want.memory_bytes, want.exact)) {
    free_span(room, 0);
    return 0;
  }
  os::Guard walk(own_lock);
  own_slot(i).store(h, std::memory_order_release);
  own_end = max(own_end, i + 1);
  own_free = i + 1;
  return kHeaps + i;
}

void own_heap_close(unsigned index) {
  Pages& h = heap_at(index);
  {
    os::Guard g(own_lock);  // no round is at work on it, and none will be
    h.retire();
  }
  // The addresses are of use to anybody, the pages only where nothing special was asked of them.
  bool plain = h.plain();
  h.close(&heap_opened(heap_index(h.kind().thp, h.kind().fork, false)), plain);
  {
    os::Guard o(own_open_lock);
    os::Guard g(own_lock);
    own_slot(index - kHeaps).store(nullptr, std::memory_order_release);
    own_free = min(own_free, index - kHeaps);
  }
  free_span(span_at(reinterpret_cast<std::uintptr_t>(&h)), os::now_coarse_ns());
  std::uint64_t limit = budget.load(std::memory_order_relaxed);
  if (process_free_bytes.load(std::memory_order_relaxed) > limit) purge_pages(0, limit);
}

Span* alloc_span(unsigned heap, std::size_t pages, std::size_t alignment, bool zeroed, bool may_map) {
  Pages& h = heap_opened(heap);
  if (Span* s = h.alloc(pages, alignment, zeroed, may_map)) return s;
  if (!may_map) return nullptr;
  // At the handle's own cap only its own memory is of help.
  if (h.fixed()) return nullptr;
  if (h.account()) {
    std::uint64_t left = 0;
    each_own([&](Pages& own) { left += own.account() == h.account() ? own.unmap_free() : 0; });
    if (left)
      if (Span* s = h.alloc(pages, alignment, zeroed)) return s;
    if (h.account()->full(pages << map::kPageShift)) return nullptr;
  }
  std::uint64_t got = 0;
  each_heap([&](Pages& other) { got += other.unmap_free(); });
  return got ? h.alloc(pages, alignment, zeroed) : nullptr;
}

void free_span(Span* s, std::uint64_t deadline) {
  Pages& h = heap_of(s);
  h.free(s, deadline);
  if (AKIT_UNLIKELY(h.account() != nullptr)) return h.keep_within_budget();
  std::uint64_t limit = budget.load(std::memory_order_relaxed);
  if (AKIT_LIKELY(process_free_bytes.load(std::memory_order_relaxed) <= limit)) return;
  auto hook = over_budget.load(std::memory_order_acquire);
  // Half the budget stays, so that the next frees do not come straight back here.
  if (!hook || !hook()) purge_pages(0, limit / 2);
}

std::uint64_t dirty_bytes() { return sum(&HeapCounters::dirty_bytes); }
std::uint64_t clean_bytes() { return sum(&HeapCounters::clean_bytes); }
std::uint64_t purged_bytes() { return sum(&HeapCounters::purged_bytes); }

std::uint64_t cache_budget() { return budget.load(std::memory_order_relaxed); }
void set_cache_budget(std::uint64_t bytes) { budget.store(bytes, std::memory_order_relaxed); }

namespace {
// `left`: how much dirty memory may stay; what this heap keeps of it is taken off.
std::uint64_t purge_one(Pages& h, std::uint64_t now, std::uint64_t& left) {
  if (h.account()) return h.purge(now, now == kNone - 1 ? 0 : h.account()->bytes_left());
  std::uint64_t bytes = h.purge(now, left), here = h.counters.dirty_bytes.load(std::memory_order_relaxed);
  left = left == kNone ? kNone : left > here ? left - here : 0;
  return bytes;
}
}  // namespace

std::uint64_t purge_pages(std::uint64_t now, std::uint64_t keep_total) {
  std::uint64_t bytes = 0;
  each_heap([&](Pages& h) { bytes += purge_one(h, now, keep_total); });
  return bytes;
}

std::uint64_t purge_shared(std::uint64_t now, std::uint64_t keep_total) {
  std::uint64_t bytes = 0;
  each_shared([&](Pages& h) { bytes += purge_one(h, now, keep_total); });
  return bytes;
}

std::uint64_t next_purge() {
  std::uint64_t t = kNone;
  each_heap([&](Pages& h) {
    if (!h.fixed() && h.counters.dirty_bytes.load(std::memory_order_relaxed)) t = min(t, h.next_deadline());
  });
  return t;
}

void set_over_budget_hook(bool (*hook)()) { over_budget.store(hook, std::memory_order_release); }

void forget_after_fork() {
  each_heap([](Pages& h) { h.forget_after_fork(); });
}

}  // namespace akit::pages
