#include "pages/page_heap.h"

#include "cache/meta.h"
#include "os/sanitizer.h"
#include "pages/page_heap_impl.h"

namespace akit::pages {
namespace {
// Records are numbered so that the address map needs four bytes per page for them, and are reused
// but never given back: look-ups of a stale address may still read them.
constexpr unsigned kPerChunk = 4096;
constexpr unsigned kChunks = 16384;
constinit std::atomic<std::atomic<Span*>*> chunks[kChunks]{};
constinit os::Lock number_lock;
constinit std::uint32_t next_number = 1;  // 0 = none
constinit Span* spare = nullptr;
}  // namespace

Span* span_by_number(std::uint32_t n) {
  if (n == 0 || n >= kPerChunk * kChunks) return nullptr;
  auto* c = chunks[n / kPerChunk].load(std::memory_order_acquire);
  return c ? c[n % kPerChunk].load(std::memory_order_acquire) : nullptr;
}

namespace {

// Under number_lock: n numbers in a row, with room in the table.
std::uint32_t take_numbers(std::uint32_t n) {
  std::uint32_t first = next_number;
  if (n > kPerChunk * kChunks - first) return 0;
  for (std::uint32_t c = first / kPerChunk; c <= (first + n - 1) / kPerChunk; ++c) {
    if (chunks[c].load(std::memory_order_relaxed)) continue;
    void* t = meta::get_pages(kPerChunk * sizeof(std::atomic<Span*>));
    if (!t) return 0;
    chunks[c].store(static_cast<std::atomic<Span*>*>(t), std::memory_order_release);
  }
  next_number = first + n;
  return first;
}

void publish(Span* s, std::uint32_t n) {
  s->number = n;
  chunks[n / kPerChunk].load(std::memory_order_relaxed)[n % kPerChunk].store(s, std::memory_order_release);
}

Span* reset(Span* s) {
  static_cast<SpanFields&>(*s) = SpanFields{};
  s->heap.store(0, std::memory_order_relaxed);
  return s;
}

constinit Reserve left_over{};  // of reserves that were closed; under number_lock

}  // namespace

Span* span_new() {
  {
    os::Guard g(number_lock);
    if (Span* s = spare) {
      spare = s->next;
      return reset(s);
    }
    if (Span* s = reserve_take(&left_over)) return s;
  }
  void* p = meta::get(sizeof(Span));
  if (!p) return nullptr;
  auto* s = new (p) Span;
  os::Guard g(number_lock);
  std::uint32_t n = take_numbers(1);
  if (!n) {
    meta::put(p, sizeof(Span));
    return nullptr;
  }
  publish(s, n);
  return s;
}

bool reserve_open(Reserve* r, std::uint32_t n) {
  void* p = meta::get_pages(std::size_t{n} * sizeof(Span));
  if (!p) return false;  // numbers are taken last: they cannot be given back
  os::Guard g(number_lock);
  *r = {static_cast<Span*>(p), take_numbers(n), n, nullptr};
  return r->number != 0;
}

Span* reserve_take(Reserve* r) {
  if (Span* s = r->spare) {
    r->spare = s->next;
    return reset(s);
  }
  if (r->left == 0) return nullptr;
  auto* s = new (r->next++) Span;
  --r->left;
  publish(s, r->number++);
  return s;
}

// One rest is kept for ordinary use; of two the smaller becomes records at once.
void reserve_close(Reserve* r) {
  os::Guard g(number_lock);
  auto to_spare = [](Span* s) {
    s->next = spare;
    spare = s;
  };
  while (Span* s = r->spare) {
    r->spare = s->next;
    to_spare(s);
  }
  if (r->left > left_over.left) {
    Reserve smaller = left_over;
    left_over = *r;
    *r = smaller;
  }
  while (r->left) to_spare(reserve_take(r));
  *r = {};
}

void span_delete(Span* s) {
  s->state.store(State::kUnused, std::memory_order_release);
  s->base = 0;
  s->pages = 0;
  os::Guard g(number_lock);
  s->next = spare;
  spare = s;
}

template class PageHeap<os::SystemPages>;

}  // namespace akit::pages
