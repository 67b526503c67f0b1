// A second io_uring with the same areas: by a copy of the table where the kernel makes one, else anew.
#include <errno.h>

#include "cache/meta.h"
#include "region/api.h"
#include "ring/api.h"
#include "uring/uring.h"

namespace akit::uring {
namespace {

// A copy has no tags, and its slots are those of the whole table.
bool may_copy_table(Uring* to, Uring* from) {
  return to->own_table && from->own_table && from->table_made && !to->tag_base && to->memlock_bytes == kNone &&
         to->slot_base == from->slot_base && to->slot_count == from->slot_count && list_of(from, AreaState::kLeaving).count == 0;
}

// With holds of its own; the originals keep everything alive meanwhile.
Source* source_copy(const Source* from) {
  auto* s = static_cast<Source*>(meta::get(sizeof(Source)));
  if (!s) return nullptr;
  *s = *from;
  s->areas = 0;
  s->slabs_seen = kNone;
  if (s->heap) ++s->heap->children;
  if (s->kind == SourceKind::kRing) ring::pin(reinterpret_cast<akit_ring*>(s->stub));
  if (s->block && region::pin(reinterpret_cast<akit_region*>(s->stub), s->block) < 0) s->block = nullptr;
  return s;
}

bool copy_sources(Uring* to, Uring* from) {
  for (const Source* s = from->sources; s; s = s->next) {
    if (s->removed || (s->heap && s->stub->phase.load(std::memory_order_acquire) != Phase::kOpen)) continue;
    Source* copy = source_copy(s);
    if (!copy) return false;
    copy->next = to->sources;
    to->sources = copy;
    if (s->kind == SourceKind::kPool) continue;
    for (AreaState state : {AreaState::kPending, AreaState::kLive})
      for (const Area* a = list_of(from, state).first; a; a = a->next)
        if (a->source == s && !area_again(to, copy, a)) return false;
  }
  look_for_slabs(to);
  return true;
}

// What the kernel copied and we have no area for leaves again.
void adopt(Uring* to, const Area* theirs) {
  auto* a = static_cast<Area*>(to->by_base.find(theirs->base));
  if (a && a->bytes == theirs->bytes && area_adopt(to, a, theirs->slot) == 0) return;
  os::Range none{nullptr, 0};
  std::uint64_t tag = 0;
  os::uring::update(to->ring, to->slot_base + theirs->slot, &none, &tag, 1);
}

}  // namespace

int copy_areas(Uring* to, Uring* from) {
  os::Guard r(heap::registry_lock);
  os::Guard g(from->lock);
  if (!copy_sources(to, from)) return -ENOMEM;
  if (may_copy_table(to, from) && os::uring::table_clone(to->ring, from->ring) >= 0) {
    to->table_made = true;
    for (const Area* a = list_of(from, AreaState::kLive).first; a; a = a->next) adopt(to, a);
  }
  int rc = table_need(to);
  if (rc == -EBUSY || rc == -EBADF || rc == -EOPNOTSUPP) return rc;
  if (rc == 0) fill_slots(to);
  return 0;
}

}  // namespace akit::uring
