// Handles of the process: stubs, owner numbers, and the check that a handle is one of ours.
#include <errno.h>

#include "cache/meta.h"
#include "heap/heap.h"
#include "heap/miss.h"
#include "heap/open.h"

namespace akit::heap {

constinit const char anchor_of_this_copy = 0;
constinit os::Lock registry_lock;
constinit Seat no_seats[1]{};
constinit std::atomic<std::uint64_t> handles_live{0}, handles_created{0};

namespace {

// Owner numbers are 24 bits in the address map; number 0 belongs to nobody.
constexpr unsigned kOwnersPerChunk = 4096, kOwnerChunks = 4096;
constinit std::atomic<std::atomic<std::uintptr_t>*> owners[kOwnerChunks]{};
constinit std::uint32_t next_owner = 1, free_owner = 0;

// Stubs are 80 bytes, come from the metadata pools and are never given back, so a stale handle is
// always readable. They are reused in the order they died, and not before this many are waiting.
constexpr unsigned kQuarantine = 1536;
constinit akit_tiered* spare_first = nullptr;
constinit akit_tiered* spare_last = nullptr;
constinit unsigned spares = 0;
constinit akit_tiered* live = nullptr;
constinit std::uint64_t next_id = 1;

}  // namespace

// A slot of the table holds a heap, or (odd) the number of the next free slot.
Heap* heap_by_owner(std::uint32_t owner) {
  if (owner == 0 || owner >= kOwnersPerChunk * kOwnerChunks) return nullptr;
  auto* c = owners[owner / kOwnersPerChunk].load(std::memory_order_acquire);
  std::uintptr_t v = c ? c[owner % kOwnersPerChunk].load(std::memory_order_acquire) : 0;
  return v & 1 ? nullptr : reinterpret_cast<Heap*>(v);
}

bool owner_assign(Heap* h) {
  std::uint32_t n = h->owner;
  auto slot = [](std::uint32_t k) -> std::atomic<std::uintptr_t>& {
    return owners[k / kOwnersPerChunk].load(std::memory_order_relaxed)[k % kOwnersPerChunk];
  };
  if (n == 0 && free_owner != 0) {
    n = free_owner;
    free_owner = static_cast<std::uint32_t>(slot(n).load(std::memory_order_relaxed) >> 1);
  } else if (n == 0) {
    n = next_owner;
    if (n >= kOwnersPerChunk * kOwnerChunks) return false;
    auto& c = owners[n / kOwnersPerChunk];
    if (!c.load(std::memory_order_relaxed)) {
      void* t = meta::get_pages(kOwnersPerChunk * sizeof(std::atomic<std::uintptr_t>));
      if (!t) return false;
      c.store(static_cast<std::atomic<std::uintptr_t>*>(t), std::memory_order_release);
    }
    ++next_owner;
  }
  h->owner = n;
  slot(n).store(reinterpret_cast<std::uintptr_t>(h), std::memory_order_release);
  return true;
}

void owner_release(Heap* h) {
  std::uint32_t n = h->owner;
  owners[n / kOwnersPerChunk].load(std::memory_order_relaxed)[n % kOwnersPerChunk].store(
      (std::uintptr_t{free_owner} << 1) | 1, std::memory_order_release);
  free_owner = n;
  h->owner = 0;
}

akit_tiered* stub_open(akit_tiered* own) {
  akit_tiered* h = own;
  if (!h && spares > kQuarantine) {
    h = spare_first;
    spare_first = h->next;
    --spares;
  } else if (!h) {
    h = static_cast<akit_tiered*>(meta::get(sizeof(akit_tiered)));
    if (!h) return nullptr;
  }
  h->anchor = &anchor_of_this_copy;
  h->kind = kKindTiered;
  h->id = next_id++;
  h->heap = nullptr;
  h->seats.store(no_seats, std::memory_order_relaxed);
  h->seat_mask.store(0, std::memory_order_relaxed);
  h->prev = nullptr;
  h->next = live;
  if (live) live->prev = h;
  live = h;
  handles_live.fetch_add(1, std::memory_order_relaxed);
  handles_created.fetch_add(1, std::memory_order_relaxed);
  return h;
}

void stub_retire(akit_tiered* h) {
  (h->prev ? h->prev->next : live) = h->next;
  if (h->next) h->next->prev = h->prev;
  h->phase.store(Phase::kStale, std::memory_order_release);
  h->seats.store(no_seats, std::memory_order_relaxed);
  h->seat_mask.store(0, std::memory_order_relaxed);
  h->next = nullptr;
  (spare_first ? spare_last->next : spare_first) = h;
  spare_last = h;
  ++spares;
  handles_live.fetch_sub(1, std::memory_order_relaxed);
}

akit_tiered* first_live() { return live; }

Heap* checked_heap(akit_tiered* h, Kind kind, bool lingering_too) {
  auto a = reinterpret_cast<std::uintptr_t>(h);
  if (!h || (a & 7) || h->anchor != &anchor_of_this_copy || h->kind != kind) {
    misuse(EINVAL, 0, h);
    return nullptr;
  }
  Phase ph = h->phase.load(std::memory_order_acquire);
  if (AKIT_UNLIKELY(ph == Phase::kSpare && h == &default_stub)) return default_handle() ? h->heap : nullptr;
  if (ph != Phase::kOpen && ph != Phase::kClosing && !(lingering_too && ph == Phase::kLingering)) {
    misuse(EINVAL, h->id, h);
    return nullptr;
  }
  return h->heap;
}

void report(Heap* h, int error, const void* p) {
  if (h) h->misuses.fetch_add(1, std::memory_order_relaxed);
  misuse(error, h && h->stub ? h->stub->id : 0, p);
}

}  // namespace akit::heap
