// Figures of a registration, and what the system allows.
#include <errno.h>

#include "heap/open.h"
#include "os/keep_errno.h"
#include "uring/uring.h"

namespace akit::uring {
namespace {

enum State : std::uint64_t { kOff, kDenied, kPartial, kOn };  // AKIT_URING_*

std::uint64_t state_of(Uring* u) {
  bool any = list_of(u, AreaState::kLive).count != 0, refused = u->refused != 0 || (u->own_table && !u->table_made && u->last_error);
  return any ? (refused ? kPartial : kOn) : refused ? kDenied : kOff;
}

std::uint64_t memlock_limit(const Uring* u) {
  os::uring::Limits l{};
  os::uring::memlock(&l);
  return min(u->memlock_bytes, l.ipc_lock ? kNone : l.soft);
}

void fill(Uring* u, UringStats* out) {
  std::uint64_t limit = memlock_limit(u), misses = 0;
  for (const MissCounter& m : u->missed) misses += m.n.load(std::memory_order_relaxed);
  os::Guard g(u->lock);
  std::uint64_t live = list_of(u, AreaState::kLive).count, pending = list_of(u, AreaState::kPending).count;
  std::uint64_t leaving = list_of(u, AreaState::kLeaving).count + list_of(u, AreaState::kDraining).count;
  std::uint64_t needed = 0;
  for (AreaState state : {AreaState::kLive, AreaState::kPending})
    for (const Area* a = list_of(u, state).first; a; a = a->next) needed += locked_bytes(a);
  *out = {out->struct_size, state_of(u), static_cast<std::uint64_t>(u->last_error), needed, limit, u->registered_bytes, u->slot_count,
          live + leaving, live + pending, pending, leaving, misses, u->registers, u->failures};
}

}  // namespace

int stats_get(akit_uring* h, UringStats* out) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring)) return rc;
  os::SlowSection section(os::current());
  fill(stub(h)->uring, out);
  return 0;
}

int stats_by_id(std::uint64_t id, UringStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(heap::registry_lock);
  akit_tiered* s = heap::stub_by_id(id, heap::kKindUring);
  if (!s) return -ENOENT;
  fill(s->uring, out);
  __builtin_memcpy(name, s->uring->name, 64);
  return 0;
}

ProbeInfo probe() noexcept {
  os::uring::Limits l{};
  os::uring::probe(&l);
  return {l.available, static_cast<std::uint64_t>(l.error), l.features, l.soft, l.hard, l.used, l.ipc_lock, os::uring::kMostSlots,
          os::uring::kMostSlotBytes};
}

}  // namespace akit::uring
