#include "region/pages.h"

namespace akit::region {

constinit std::atomic<std::uint64_t> process_free_bytes{0};
constinit Pages heaps[kHeaps]{};

namespace {
constinit std::atomic<bool> ready{false};
constinit std::atomic<std::uint64_t> budget{std::uint64_t{32} << 20};
constinit std::atomic<bool (*)()> over_budget{nullptr};
}  // namespace

void init_heaps() {
  if (ready.load(std::memory_order_acquire)) return;
  for (unsigned i = 0; i < kKinds; ++i)
    heaps[i].configure(static_cast<std::uint8_t>(i),
                       {static_cast<std::uint8_t>(i % 3), static_cast<std::uint8_t>(i / 3 % 3)});
  heaps[kInternal].configure(kInternal, {});
  ready.store(true, std::memory_order_release);
}

Span* alloc_span(unsigned heap, std::size_t pages, std::size_t alignment, bool zeroed) {
  if (Span* s = heaps[heap].alloc(pages, alignment, zeroed)) return s;
  std::uint64_t got = 0;
  for (Pages& h : heaps) got += h.unmap_free();
  return got ? heaps[heap].alloc(pages, alignment, zeroed) : nullptr;
}

void free_span(Span* s, std::uint64_t deadline) {
  heap_of(s).free(s, deadline);
  std::uint64_t limit = budget.load(std::memory_order_relaxed);
  if (AKIT_LIKELY(process_free_bytes.load(std::memory_order_relaxed) <= limit)) return;
  auto hook = over_budget.load(std::memory_order_acquire);
  // Half the budget stays, so that the next frees do not come straight back here.
  if (!hook || !hook()) purge_pages(0, limit / 2);
}

std::uint64_t dirty_bytes() {
  std::uint64_t n = 0;
  for (Pages& h : heaps) n += h.counters.dirty_bytes.load(std::memory_order_relaxed);
  return n;
}
std::uint64_t clean_bytes() {
  std::uint64_t n = 0;
  for (Pages& h : heaps) n += h.counters.clean_bytes.load(std::memory_order_relaxed);
  return n;
}

std::uint64_t purged_bytes() {
  std::uint64_t n = 0;
  for (Pages& h : heaps) n += h.counters.purged_bytes.load(std::memory_order_relaxed);
  return n;
}

std::uint64_t cache_budget() { return budget.load(std::memory_order_relaxed); }
void set_cache_budget(std::uint64_t bytes) { budget.store(bytes, std::memory_order_relaxed); }

std::uint64_t purge_pages(std::uint64_t now, std::uint64_t keep_total) {
  std::uint64_t bytes = 0, left = keep_total;
  for (Pages& h : heaps) {
    bytes += h.purge(now, left);
    std::uint64_t here = h.counters.dirty_bytes.load(std::memory_order_relaxed);
    left = left == kNone ? kNone : left > here ? left - here : 0;
  }
  return bytes;
}

std::uint64_t next_purge() {
  std::uint64_t t = kNone;
  for (Pages& h : heaps)
    if (h.counters.dirty_bytes.load(std::memory_order_relaxed)) t = min(t, h.next_deadline());
  return t;
}

void set_over_budget_hook(bool (*hook)()) { over_budget.store(hook, std::memory_order_release); }

}  // namespace akit::region
