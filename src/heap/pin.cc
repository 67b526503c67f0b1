// Slabs of a pool whose pages the kernel has pinned: they are not purged and do not leave until the last
// pin is gone. And what becomes of pinned memory, also of rings, in a child of a fork. The class lock keeps a slab from leaving while it is looked at.
#include "heap/heap.h"

namespace akit::heap {
namespace {

void pin(Heap* h, Span* s) {
  s->pins = s->pins + 1;
  if (s->pins != 1) return;
  h->pinned_spans.fetch_add(1, std::memory_order_relaxed);
  h->pinned_bytes.fetch_add(s->bytes(), std::memory_order_relaxed);
}

std::size_t pin_class(Heap* h, unsigned c, bool (*known)(void*, const void*), void* arg, PinnedSlab* out, std::size_t n) {
  std::size_t done = 0;
  os::Guard g(h->classes[c].lock);
  os::Guard l(h->spans_lock);
  for (Span* s = h->spans; s && done < n; s = s->all_next) {
    if (s->role != pages::Role::kSlab || s->cls != c || known(arg, s->memory())) continue;
    pin(h, s);
    out[done++] = {s->memory(), s->bytes(), s->page_shift ? std::size_t{1} << s->page_shift : 0};
  }
  return done;
}

// Explicit huge pages and memory of the caller have a rule of their own, and so have handles that do not
// copy anything.
bool may_hide(const Heap* h, const Span* s) { return s->page_shift == 0 && !h->fixed && h->opt.fork_mode < 2 && !h->opt.copy_asked; }

}  // namespace

std::uint64_t slabs_made(const Heap* h) { return h->pool->grown.load(std::memory_order_relaxed); }

std::size_t pin_slabs(Heap* h, bool (*known)(void* arg, const void* base), void* arg, PinnedSlab* out, std::size_t n) {
  std::size_t done = 0;
  for (unsigned c = 1; c <= h->pool->count && done < n; ++c) done += pin_class(h, c, known, arg, out + done, n - done);
  return done;
}

void keep_from_children(Heap* h, void* base) {
  Span* s = span_around(reinterpret_cast<std::uintptr_t>(base));
  os::Guard g(h->spans_lock);
  if (!s || s->owner != h || s->unforked || !may_hide(h, s)) return;
  s->unforked = os::advise(s->memory(), s->bytes(), os::Advice::kDontFork) == 0;
}

void copy_to_children(Span* s) {
  if (s->unforked) os::advise(s->memory(), s->bytes(), os::Advice::kDoFork);
  s->unforked = false;
}

void unpin_slab(Heap* h, void* base) {
  akit_tiered* stub = h->stub;
  {
    Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(base));
    ClassState& k = h->classes[s->cls];
    os::Guard g(k.lock);
    os::Guard l(h->spans_lock);
    s->pins = s->pins - 1;
    if (s->pins) return;
    copy_to_children(s);
    if (s->deadline != kNone) h->pool->holes[s->cls].store(true, std::memory_order_relaxed);
    h->pinned_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
    h->pinned_spans.fetch_sub(1, std::memory_order_relaxed);
  }
  if (stub->phase.load(std::memory_order_acquire) == Phase::kOpen)
    arm(h);
  else
    destroy_if_last(stub);
}

}  // namespace akit::heap
