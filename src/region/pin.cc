// Pins, prefaulting, and where pages are.
#include <errno.h>

#include "os/keep_errno.h"
#include "os/numa.h"
#include "region/region.h"

namespace akit::region {

using namespace heap;

namespace {

constexpr std::uint32_t kMostPins = 1u << 31;

int wrong(Heap* h, int error, const void* p) {
  report(h, error, p);
  return -error;
}

}  // namespace

int pin(akit_region* r, void* p) noexcept {
  os::KeepErrno keep;
  Heap* h = checked_heap(stub(r), kKindRegion);
  if (!h) return -EINVAL;
  os::SlowSection section(os::current_or_null());
  Found f = find_out(h, p);
  if (f.error) return wrong(h, f.error, p);
  Span* s = f.span;
  os::Guard g(h->spans_lock);
  if (s->pins == kMostPins) return -EAGAIN;
  s->pins = s->pins + 1;
  if (s->pins == 1) {
    h->pinned_spans.fetch_add(1, std::memory_order_relaxed);
    h->pinned_bytes.fetch_add(s->bytes(), std::memory_order_relaxed);
    map::set_entries(s->base, 1, entry_for(h, 0));  // its free must come to the slow path
  }
  return 0;
}

int unpin(akit_region* r, void* p) noexcept {
  os::KeepErrno keep;
  akit_tiered* st = stub(r);
  Heap* h = checked_heap(st, kKindRegion, true);
  if (!h) return -EINVAL;
  {
    os::SlowSection section(os::current_or_null());
    auto a = reinterpret_cast<std::uintptr_t>(p);
    Span* s = p ? pages::span_at(a) : nullptr;
    if (!s || s->owner != h || s->start != a || s->state.load(std::memory_order_acquire) != pages::State::kInUse) return wrong(h, ENOENT, p);
    bool pinned, ends = false;
    {
      os::Guard g(h->spans_lock);
      pinned = s->pins != 0;
      if (pinned) s->pins = s->pins - 1;
      if (pinned && s->pins == 0) {
        h->pinned_spans.fetch_sub(1, std::memory_order_relaxed);
        h->pinned_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
        if (s->role == pages::Role::kBlock && !s->was_zero) map::set_entries(s->base, 1, entry_for(h, s->cls));
        ends = s->freed || st->phase.load(std::memory_order_acquire) == Phase::kLingering;
        s->freed = false;
      }
    }
    if (!pinned) return wrong(h, EINVAL, p);
    if (ends) free_to_pages(h, s);
  }
  if (st->phase.load(std::memory_order_acquire) != Phase::kOpen) destroy_if_last(st);
  return 0;
}

int prefault(akit_region* r, void* p, std::size_t length, std::uint32_t flags) noexcept {
  os::KeepErrno keep;
  Heap* h = checked_heap(stub(r), kKindRegion);
  if (!h || flags) return -EINVAL;
  if (h->fixed) return -ENOSYS;
  auto a = reinterpret_cast<std::uintptr_t>(p);
  Span* s = span_around(a);
  if (!s || s->owner != h || a < s->start || a >= s->start + s->usable || find_out(h, reinterpret_cast<void*>(s->start)).error) return -ENOENT;
  std::size_t room = s->start + s->usable - a;
  if (length > room) return -EINVAL;
  std::size_t page = os::page_size();
  std::uintptr_t from = align_down(a, page), to = align_up(a + (length ? length : room), page);
  int rc = os::advise(reinterpret_cast<void*>(from), to - from, os::Advice::kPopulate);
  if (rc == -EINVAL) {  // Linux before 5.14: an addition of nothing makes a page resident and changes no byte
    for (std::uintptr_t at = from; at < to; at += page) __atomic_fetch_add(reinterpret_cast<char*>(at), 0, __ATOMIC_RELAXED);
    rc = 0;
  }
  if (rc != 0) return -ENOMEM;
  h->prefaulted.fetch_add(to - from, std::memory_order_relaxed);
  return 0;
}

std::int64_t node_bytes(akit_region* r, std::uint32_t node) noexcept {
  Heap* h = checked_heap(stub(r), kKindRegion);
  return h ? bytes_on_node(h, node) : -EINVAL;
}

}  // namespace akit::region
