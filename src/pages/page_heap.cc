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

Span* span_new() {
  {
    os::Guard g(number_lock);
    if (Span* s = spare) {
      spare = s->next;
      std::uint32_t n = s->number;
      new (s) Span;
      s->number = n;
      return s;
    }
  }
  void* p = meta::get(sizeof(Span));
  if (!p) return nullptr;
  auto* s = new (p) Span;
  os::Guard g(number_lock);
  std::uint32_t n = next_number;
  if (n >= kPerChunk * kChunks) {
    meta::put(p, sizeof(Span));
    return nullptr;
  }
  auto& slot = chunks[n / kPerChunk];
  if (!slot.load(std::memory_order_relaxed)) {
    void* t = meta::get_pages(kPerChunk * sizeof(std::atomic<Span*>));
    if (!t) {
      meta::put(p, sizeof(Span));
      return nullptr;
    }
    slot.store(static_cast<std::atomic<Span*>*>(t), std::memory_order_release);
  }
  ++next_number;
  s->number = n;
  slot.load(std::memory_order_relaxed)[n % kPerChunk].store(s, std::memory_order_release);
  return s;
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
