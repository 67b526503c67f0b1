// Areas and slots: what akit_uring_sync tells the kernel.
#include <errno.h>

#include "uring/uring.h"

namespace akit::uring {
namespace {

constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

std::uint32_t words(const Uring* u) { return (u->slot_count + 63) / 64; }

std::uint32_t free_slot(Uring* u) {
  for (std::uint32_t w = 0; w < words(u); ++w)
    if (u->free_slots[w]) return w * 64 + lowest_bit(u->free_slots[w]);
  return kNoSlot;
}

void mark(Uring* u, std::uint32_t slot, bool free) {
  std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  u->free_slots[slot / 64] = free ? u->free_slots[slot / 64] | bit : u->free_slots[slot / 64] & ~bit;
}

std::uint64_t tag_of(const Uring* u, std::uint32_t slot) { return u->tag_base ? u->tag_base + slot : 0; }

// Not because of this area: the others would fare the same.
bool is_hopeless(int error) {
  return error == -EEXIST || error == -EBADF || error == -ENXIO || error == -EPERM || error == -EACCES || error == -ENOSYS || error == -EOPNOTSUPP;
}

int refuse(Uring* u, Area* a, int error) {
  if (!a->refused) ++u->refused;
  a->refused = true;
  ++u->failures;
  u->last_error = -error;
  return error;
}

void take_slot(Uring* u, Area* a, std::uint32_t slot) {
  mark(u, slot, false);
  a->slot = slot;
  u->in_slot[slot] = a;
  u->needed_bytes += locked_bytes(a);
  u->registered_bytes += a->bytes;
  if (a->refused) --u->refused;
  a->refused = false;
  ++u->registers;
  area_move(u, a, AreaState::kLive);
  u->index.add(slot, a->base, a->base + a->bytes);
  hide_from_children(a);
}

int fill_one(Uring* u, Area* a) {
  std::uint32_t slot = free_slot(u);
  if (slot == kNoSlot) return refuse(u, a, -ENOBUFS);
  if (u->memlock_bytes != kNone && u->needed_bytes + locked_bytes(a) > u->memlock_bytes) return refuse(u, a, -ENOMEM);
  if (!u->index.make_room(a->base, a->base + a->bytes)) return refuse(u, a, -ENOMEM);
  os::Range memory{reinterpret_cast<void*>(a->base), a->bytes};
  std::uint64_t tag = tag_of(u, slot);
  int rc = os::uring::update(u->ring, u->slot_base + slot, &memory, &tag, 1);
  if (rc < 0) return refuse(u, a, rc);
  take_slot(u, a, slot);
  return 0;
}

}  // namespace

bool slots_open(Uring* u) {
  std::size_t bits = words(u) * sizeof(std::uint64_t), owners = u->slot_count * sizeof(Area*);
  if (!u->index.open(u->slot_base, u->slot_count)) return false;
  u->free_slots = static_cast<std::uint64_t*>(array_get(bits + owners));
  if (!u->free_slots) return false;
  u->in_slot = reinterpret_cast<Area**>(u->free_slots + words(u));
  for (std::uint32_t i = 0; i < u->slot_count; ++i) mark(u, i, true);
  return true;
}

void slots_close(Uring* u) {
  u->index.close();
  array_put(u->free_slots);
}

int table_need(Uring* u) {
  if (!u->own_table || u->table_made) return 0;
  int rc = os::uring::table_make(u->ring, u->slot_base + u->slot_count);
  u->table_made = rc >= 0;
  if (rc < 0) u->last_error = -rc;
  return rc < 0 ? rc : 0;
}

void slot_free(Uring* u, Area* a, AreaList* gone) {
  mark(u, a->slot, true);
  u->in_slot[a->slot] = nullptr;
  u->needed_bytes -= locked_bytes(a);
  list_remove(list_of(u, a->state), a);
  list_add(*gone, a);
}

int empty_slots(Uring* u, AreaList* gone) {
  int result = 0;
  for (Area* a = list_of(u, AreaState::kLeaving).first; a;) {
    Area* next = a->next;
    os::Range none{nullptr, 0};
    std::uint64_t tag = 0;
    int rc = os::uring::update(u->ring, u->slot_base + a->slot, &none, &tag, 1);
    if (rc < 0) {
      u->last_error = -rc;
      if (is_hopeless(result = rc)) return result;
    } else if (u->tag_base) {
      area_move(u, a, AreaState::kDraining);
    } else {
      slot_free(u, a, gone);
    }
    a = next;
  }
  return result;
}

int fill_slots(Uring* u) {
  int done = 0, error = 0;
  for (Area* a = list_of(u, AreaState::kPending).first; a;) {
    Area* next = a->next;
    int rc = fill_one(u, a);
    done += rc == 0;
    if (rc < 0) error = rc;
    a = is_hopeless(rc) ? nullptr : next;
  }
  return done ? done : error;
}

int area_adopt(Uring* u, Area* a, std::uint32_t slot) {
  if (!u->index.make_room(a->base, a->base + a->bytes)) return -ENOMEM;
  take_slot(u, a, slot);
  return 0;
}

}  // namespace akit::uring
