// Seats: which cache of a handle serves which thread. A small open table, larger ones when threads come.
#include "heap/seats.h"

#include <new>

namespace akit::heap {
namespace {
constexpr unsigned kProbes = 8;
}

Seat* seat_of(akit_tiered* h, std::uintptr_t tp, bool vacant) {
  std::uint32_t mask = h->seat_mask.load(std::memory_order_acquire), i = seat_hash(tp);
  Seat* seats = h->seats.load(std::memory_order_acquire);  // after the mask: never an old table with a new mask
  for (unsigned k = 0; k < kProbes && k <= mask; ++k) {
    Seat* s = &seats[(i + k) & mask];
    if (s->pointer.load(std::memory_order_acquire) == (vacant ? 0 : tp)) return s;
  }
  return nullptr;
}

// Under caches_lock. Tables that were replaced stay readable until the handle goes (they hang
// behind the new one), because other threads may be probing them.
bool take_seat(Heap* h, std::uintptr_t tp, ThreadCache* tc) {
  akit_tiered* stub = h->stub;
  Seat* s = seat_of(stub, tp, false);
  if (!s) s = seat_of(stub, tp, true);
  while (!s) {
    std::uint32_t mask = stub->seat_mask.load(std::memory_order_relaxed);
    std::size_t n = (std::size_t{mask} + 1) * 4;
    Span* span = pages::alloc_span(pages::kInternal, ((n + 1) * sizeof(Seat) + map::kPage - 1) >> map::kPageShift, 0, false);
    if (!span || n > (1u << 24)) return false;
    span->role = pages::Role::kInternal;
    h->metadata.fetch_add(span->bytes(), std::memory_order_relaxed);
    h->mapped.fetch_add(span->bytes(), std::memory_order_relaxed);
    auto* table = static_cast<Seat*>(span->memory());
    for (std::size_t i = 0; i <= n; ++i) new (&table[i]) Seat{};
    Seat* old = stub->seats.load(std::memory_order_relaxed);
    // The last element links to what came before, so that destroy finds every table.
    table[n].pointer.store(reinterpret_cast<std::uintptr_t>(old), std::memory_order_relaxed);
    for (std::uint32_t i = 0; i <= mask; ++i) {
      std::uintptr_t p = old[i].pointer.load(std::memory_order_relaxed);
      if (!p) continue;
      std::uint32_t at = seat_hash(p);
      while (table[at & (n - 1)].pointer.load(std::memory_order_relaxed)) ++at;
      table[at & (n - 1)].cache.store(old[i].cache.load(std::memory_order_relaxed), std::memory_order_relaxed);
      table[at & (n - 1)].pointer.store(p, std::memory_order_relaxed);
    }
    // Mask after table: a reader with the new table and the old mask only probes less.
    stub->seats.store(table, std::memory_order_release);
    stub->seat_mask.store(static_cast<std::uint32_t>(n - 1), std::memory_order_release);
    s = seat_of(stub, tp, true);
  }
  s->cache.store(tc, std::memory_order_relaxed);
  s->pointer.store(tp, std::memory_order_release);
  return true;
}

void leave_seat(Heap* h, std::uintptr_t tp) {
  if (Seat* s = seat_of(h->stub, tp, false)) {
    s->pointer.store(0, std::memory_order_release);
    s->cache.store(nullptr, std::memory_order_relaxed);
  }
}

}  // namespace akit::heap
