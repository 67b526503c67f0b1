#include "pages/pages.h"

namespace akit::pages {

constinit std::atomic<std::uint64_t> process_free_bytes{0};
constinit Pages heaps[kHeaps]{};

namespace {
constinit os::Lock open_lock;
constinit std::atomic<std::uint32_t> opened{0};  // a bit per heap
constinit std::atomic<std::uint64_t> budget{std::uint64_t{32} << 20};
constinit std::atomic<bool (*)()> over_budget{nullptr};

Pages& heap_opened(unsigned i) {
  std::uint32_t bit = std::uint32_t{1} << i;
  if (AKIT_UNLIKELY(!(opened.load(std::memory_order_acquire) & bit))) {
    os::Guard g(open_lock);
    os::PageKind kind{};
    if (i < kKinds) kind = {static_cast<std::uint8_t>(i % 3), static_cast<std::uint8_t>(i / 3 % 3)};
    if (!(opened.load(std::memory_order_relaxed) & bit)) heaps[i].configure(static_cast<std::uint8_t>(i), kind);
    opened.fetch_or(bit, std::memory_order_release);
  }
  return heaps[i];
}

template <class F>
void each_heap(F f) {
  for (std::uint32_t m = opened.load(std::memory_order_acquire); m; m &= m - 1) f(heaps[lowest_bit(m)]);
}

std::uint64_t sum(std::atomic<std::uint64_t> HeapCounters::*counter) {
  std::uint64_t n = 0;
  each_heap([&](Pages& h) { n += (h.counters.*counter).load(std::memory_order_relaxed); });
  return n;
}
}  // namespace

Span* alloc_span(unsigned heap, std::size_t pages, std::size_t alignment, bool zeroed) {
  Pages& h = heap_opened(heap);
  if (Span* s = h.alloc(pages, alignment, zeroed)) return s;
  std::uint64_t got = 0;
  each_heap([&](Pages& other) { got += other.unmap_free(); });
  return got ? h.alloc(pages, alignment, zeroed) : nullptr;
}

void free_span(Span* s, std::uint64_t deadline) {
  heap_of(s).free(s, deadline);
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

std::uint64_t purge_pages(std::uint64_t now, std::uint64_t keep_total) {
  std::uint64_t bytes = 0, left = keep_total;
  each_heap([&](Pages& h) {
    bytes += h.purge(now, left);
    std::uint64_t here = h.counters.dirty_bytes.load(std::memory_order_relaxed);
    left = left == kNone ? kNone : left > here ? left - here : 0;
  });
  return bytes;
}

std::uint64_t next_purge() {
  std::uint64_t t = kNone;
  each_heap([&](Pages& h) {
    if (h.counters.dirty_bytes.load(std::memory_order_relaxed)) t = min(t, h.next_deadline());
  });
  return t;
}

void set_over_budget_hook(bool (*hook)()) { over_budget.store(hook, std::memory_order_release); }

void forget_after_fork() {
  each_heap([](Pages& h) { h.forget_after_fork(); });
}

}  // namespace akit::pages
