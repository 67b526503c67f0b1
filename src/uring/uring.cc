// The life of a registration: attach, synchronise, end, and the child of a fork.
#include "uring/uring.h"

#include <errno.h>

#include "cache/meta.h"
#include "heap/open.h"
#include "os/keep_errno.h"

namespace akit::uring {
namespace {

constexpr std::uint32_t kDefaultSlots = 1024;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

// 1 to 63 characters of a few kinds, or no name.
bool copy_name(const char* from, char (&to)[64]) {
  std::size_t n = 0;
  for (; from && from[n]; ++n) {
    if (n == 63 || !is_name_char(from[n])) return false;
    to[n] = from[n];
  }
  to[n] = 0;
  return !from || n > 0;
}

bool makes_sense(const Options& o, std::uint32_t slots) {
  if (o.flags & ~std::uint64_t{kNoDup | kCreateTable | kRegisteredFd} || o.ring_fd < 0) return false;
  if (slots == 0 || o.slot_base > os::uring::kMostSlots || slots > os::uring::kMostSlots - o.slot_base) return false;
  return o.tag_base <= kNone - slots;  // AKIT_URING_ALL is no tag
}

Uring* uring_new(const Options& o, std::uint32_t slots) {
  static_assert(sizeof(Uring) <= meta::kLargest);
  auto* u = static_cast<Uring*>(meta::get(sizeof(Uring)));
  if (!u) return nullptr;
  __builtin_memset(static_cast<void*>(u), 0, sizeof *u);  // every field starts as zero
  u->slot_base = o.slot_base;
  u->slot_count = slots;
  u->tag_base = o.tag_base;
  u->memlock_bytes = o.memlock_bytes ? o.memlock_bytes : kNone;
  u->own_table = (o.flags & kCreateTable) != 0;
  u->ring = {o.ring_fd, (o.flags & kRegisteredFd) != 0};
  u->users = 1;
  if (slots_open(u)) return u;
  slots_close(u);
  meta::put(u, sizeof(Uring));
  return nullptr;
}

void uring_delete(Uring* u) {
  slots_close(u);
  u->by_base.close();
  meta::put(u, sizeof(Uring));
}

int attach(Uring* u, const Options& o) {
  if (int rc = os::uring::identify(u->ring)) return rc;
  if (o.flags & (kNoDup | kRegisteredFd)) return 0;
  int fd = os::uring::duplicate(u->ring.fd);
  if (fd < 0) return fd;
  u->ring.fd = fd;
  u->own_fd = true;
  return 0;
}

void forget_ring(Uring* u) {
  if (u->own_fd) os::uring::close(u->ring.fd);
  u->own_fd = false;
}

// In the child: neither memory nor descriptor of the io_uring is its business.
void in_child() {
  for (akit_tiered* s = heap::first_live(); s; s = s->next) {
    if (heap::has_heap(s) || s->phase.load(std::memory_order_relaxed) == Phase::kInParent) continue;
    s->phase.store(Phase::kInParent, std::memory_order_relaxed);
    if (s->kind == heap::kKindUring) forget_ring(s->uring);
  }
}

int open_stub(Uring* u, akit_uring** out) {
  os::Guard r(heap::registry_lock);
  akit_tiered* s = heap::stub_open(nullptr);
  if (!s) return -ENOMEM;
  heap::set_child_hook(in_child);
  s->kind = heap::kKindUring;
  s->uring = u;
  u->stub = s;
  s->phase.store(Phase::kOpen, std::memory_order_release);
  *out = reinterpret_cast<akit_uring*>(s);
  return 0;
}

// With its ring, but no table yet.
int make(const Options& o, Uring** out) {
  std::uint32_t slots = o.slot_count || !(o.flags & kCreateTable) ? o.slot_count : kDefaultSlots;
  char name[64];
  if (!makes_sense(o, slots) || !copy_name(o.name, name)) return -EINVAL;
  heap::start_once();
  Uring* u = uring_new(o, slots);
  if (!u) return -ENOMEM;
  __builtin_memcpy(u->name, name, sizeof name);
  if (int rc = attach(u, o)) {
    uring_delete(u);
    return rc;
  }
  *out = u;
  return 0;
}

void unmake(Uring* u) {
  if (u->table_made) os::uring::table_drop(u->ring);
  forget_ring(u);
  uring_delete(u);
}

// Retires the handle when nothing is left to wait for.
void end_if_empty(Uring* u) {
  {
    os::Guard g(u->lock);
    if (list_of(u, AreaState::kLeaving).count || list_of(u, AreaState::kDraining).count) return;
  }
  os::Guard r(heap::registry_lock);
  heap::stub_retire(u->stub);
  user_gone(u);
}

// Everything that was registered leaves; what the kernel says is answered.
int leave_table(Uring* u, AreaList* gone, bool now) {
  for (Source* s = u->sources; s; s = s->next)
    if (!s->removed) source_remove(u, s, gone);
  AreaList& leaving = list_of(u, AreaState::kLeaving);
  int rc = 0;
  if (u->table_made) {
    rc = os::uring::table_drop(u->ring);
    if (rc == -ENXIO) rc = 0;  // the table is gone already
    while (rc >= 0 && leaving.first) u->tag_base ? area_move(u, leaving.first, AreaState::kDraining) : slot_free(u, leaving.first, gone);
  } else {
    rc = empty_slots(u, gone);
  }
  if (now)
    for (AreaState state : {AreaState::kLeaving, AreaState::kDraining})
      while (Area* a = list_of(u, state).first) slot_free(u, a, gone);
  return rc < 0 ? rc : 0;
}

int end_in_child(Uring* u) {
  AreaList gone;
  {
    os::Guard g(u->lock);
    for (Source* s = u->sources; s; s = s->next)
      if (!s->removed) source_remove(u, s, &gone);
    for (AreaState state : {AreaState::kLeaving, AreaState::kDraining})
      while (Area* a = list_of(u, state).first) slot_free(u, a, &gone);
    u->in_child = true;
  }
  areas_end(u, &gone);
  end_if_empty(u);
  return -EPERM;
}

}  // namespace

int check(akit_tiered* s, heap::Kind kind, bool lingering_too) {
  auto a = reinterpret_cast<std::uintptr_t>(s);
  bool ours = s && !(a & 7) && s->anchor == &heap::anchor_of_this_copy && s->kind == kind;
  Phase phase = ours ? s->phase.load(std::memory_order_acquire) : Phase::kStale;
  if (AKIT_LIKELY(phase == Phase::kOpen) || (lingering_too && phase == Phase::kLingering)) return 0;
  if (phase == Phase::kInParent) return -EPERM;
  misuse(EINVAL, ours ? s->id : 0, s);
  return -EINVAL;
}

void user_gone(Uring* u) {
  if (--u->users) return;
  forget_ring(u);
  uring_delete(u);
}

int create(const Options& o, akit_uring** out) noexcept {
  os::KeepErrno keep;
  os::SlowSection section(os::current());
  Uring* u = nullptr;
  if (int rc = make(o, &u)) return rc;
  int rc = table_need(u);
  if (rc == -EEXIST) u->last_error = 0;  // the io_uring's own thread will make it
  if (rc == -EBUSY || rc == -EBADF || rc == -EOPNOTSUPP || (rc = open_stub(u, out)) < 0) unmake(u);
  return rc;
}

int clone(akit_uring* from, const Options& o, akit_uring** out) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(from), heap::kKindUring)) return rc;
  os::SlowSection section(os::current());
  Uring* u = nullptr;
  if (int rc = make(o, &u)) return rc;
  int rc = copy_areas(u, stub(from)->uring);
  if (rc < 0 || (rc = open_stub(u, out)) < 0) {
    AreaList gone;
    {
      os::Guard g(u->lock);
      leave_table(u, &gone, true);
    }
    u->table_made = false;
    areas_end(u, &gone);
    unmake(u);
  }
  return rc;
}

int destroy(akit_uring* h, bool now) noexcept {
  if (!h) return 0;
  os::KeepErrno keep;
  int rc = check(stub(h), heap::kKindUring);
  if (rc < 0 && rc != -EPERM) return rc;
  Uring* u = stub(h)->uring;
  os::SlowSection section(os::current());
  if (rc < 0) return end_in_child(u);
  AreaList gone;
  {
    os::Guard g(u->lock);
    stub(h)->phase.store(Phase::kLingering, std::memory_order_release);
    rc = leave_table(u, &gone, now);
  }
  {
    os::Guard r(heap::registry_lock);
    if (u->users == 1) forget_ring(u);
  }
  areas_end(u, &gone);
  end_if_empty(u);
  return rc;
}

int sync(akit_uring* h) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring)) return rc;
  Uring* u = stub(h)->uring;
  os::SlowSection section(os::current());
  AreaList gone;
  int result;
  {
    os::Guard g(u->lock);
    drop_ended_sources(u, &gone);
    look_for_slabs(u);
    result = table_need(u);
    if (result == 0) {
      int emptied = empty_slots(u, &gone);
      result = fill_slots(u);
      if (result == 0) result = emptied;
    }
  }
  areas_end(u, &gone);
  return result;
}

int drained(akit_uring* h, std::uint64_t tag) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring, true)) return rc;
  Uring* u = stub(h)->uring;
  os::SlowSection section(os::current());
  AreaList gone;
  bool lingering = stub(h)->phase.load(std::memory_order_acquire) == Phase::kLingering;
  {
    os::Guard g(u->lock);
    if (tag == kNone) {
      for (AreaState state : {AreaState::kDraining, AreaState::kLeaving})
        while (Area* a = state == AreaState::kDraining || lingering ? list_of(u, state).first : nullptr) slot_free(u, a, &gone);
    } else {
      std::uint64_t slot = tag - u->tag_base;
      Area* a = u->tag_base && tag >= u->tag_base && slot < u->slot_count ? u->in_slot[slot] : nullptr;
      if (!a || (a->state != AreaState::kDraining && !(lingering && a->state == AreaState::kLeaving))) return -ENOENT;
      slot_free(u, a, &gone);
    }
  }
  auto n = static_cast<int>(gone.count);
  areas_end(u, &gone);
  if (lingering) end_if_empty(u);
  return n;
}

}  // namespace akit::uring
