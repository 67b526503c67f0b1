// Where areas come from, what keeps them where they are, and how that ends.
#include <errno.h>

#include "cache/meta.h"
#include "heap/open.h"
#include "os/huge_pages.h"
#include "os/keep_errno.h"
#include "region/api.h"
#include "ring/api.h"
#include "uring/uring.h"

namespace akit::uring {
namespace {

constexpr std::size_t kAtOnce = 32;

akit_region* region_of(const Source* s) { return reinterpret_cast<akit_region*>(s->stub); }

// What a page may be at most there: the kernel counts all of it.
std::size_t unit_of(std::size_t bytes, std::size_t page, bool advised) {
  std::size_t thp = os::thp_size();
  if (page) return page;
  return thp && (advised || bytes >= thp || os::thp_mode() == os::ThpMode::kAlways) ? thp : os::page_size();
}

Area* area_new() {
  auto* a = static_cast<Area*>(meta::get(sizeof(Area)));
  if (a) *a = {};
  return a;
}

// There is room for its base.
void area_add(Uring* u, Area* a, Source* s, std::uintptr_t base, std::size_t bytes, std::size_t unit) {
  *a = {nullptr, nullptr, base, bytes, s, unit, 0, AreaState::kPending, false};
  u->by_base.add(base, a);
  list_add(list_of(u, AreaState::kPending), a);
  ++s->areas;
}

std::size_t reserve(Area** out, std::size_t n) {
  std::size_t done = 0;
  while (done < n && (out[done] = area_new()) != nullptr) ++done;
  return done;
}
void give_back(Area** areas, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) meta::put(areas[i], sizeof(Area));
}

bool is_known(void* uring, const void* base) {
  return static_cast<Uring*>(uring)->by_base.find(reinterpret_cast<std::uintptr_t>(base)) != nullptr;
}

void look_for_slabs_of(Uring* u, Source* s) {
  std::uint64_t made = heap::slabs_made(s->heap);
  if (made == s->slabs_seen) return;
  for (;;) {
    Area* area[kAtOnce];
    heap::PinnedSlab slab[kAtOnce];
    std::size_t n = u->by_base.make_room(kAtOnce) ? reserve(area, kAtOnce) : 0;
    std::size_t got = heap::pin_slabs(s->heap, is_known, u, slab, n);
    for (std::size_t i = 0; i < got; ++i)
      area_add(u, area[i], s, reinterpret_cast<std::uintptr_t>(slab[i].base), slab[i].bytes,
               unit_of(slab[i].bytes, slab[i].page, s->heap->opt.thp == 2));
    give_back(area + got, n - got);
    if (n < kAtOnce) return;  // no memory: the next sync goes on
    if (got < n) break;
  }
  s->slabs_seen = made;
}

void unpin(const Area* a) {
  if (a->source->kind == SourceKind::kPool) heap::unpin_slab(a->source->heap, reinterpret_cast<void*>(a->base));
}

}  // namespace

void let_go(Source* s) {
  if (s->kind == SourceKind::kMemory && s->block) region::unpin(region_of(s), s->block);
  if (s->kind == SourceKind::kRing) ring::unpin(reinterpret_cast<akit_ring*>(s->stub));
  if (s->heap) {
    os::Guard r(heap::registry_lock);
    if (--s->heap->children == 0 && s->stub->phase.load(std::memory_order_acquire) != Phase::kOpen) heap::finish_if_last(s->heap);
  }
  meta::put(s, sizeof(Source));
}

int add_pieces(Uring* u, Source* s, std::uintptr_t base, std::size_t length, std::size_t page) {
  std::size_t unit = unit_of(length, page, s->heap && s->heap->opt.thp == 2);
  for (std::size_t at = 0; at < length; at += os::uring::kMostSlotBytes)
    if (u->by_base.find(base + at)) return -EBUSY;
  for (std::size_t at = 0; at < length; at += os::uring::kMostSlotBytes) {
    Area* a = u->by_base.make_room(1) ? area_new() : nullptr;
    if (!a) return -ENOMEM;
    area_add(u, a, s, base + at, min(length - at, os::uring::kMostSlotBytes), unit);
  }
  return 0;
}

bool area_again(Uring* u, Source* s, const Area* like) {
  Area* a = u->by_base.make_room(1) ? area_new() : nullptr;
  if (a) area_add(u, a, s, like->base, like->bytes, like->unit);
  return a != nullptr;
}

void list_add(AreaList& l, Area* a) {
  a->next = nullptr;
  a->prev = l.last;
  (l.last ? l.last->next : l.first) = a;
  l.last = a;
  ++l.count;
}

void list_remove(AreaList& l, Area* a) {
  (a->prev ? a->prev->next : l.first) = a->next;
  (a->next ? a->next->prev : l.last) = a->prev;
  --l.count;
}

void area_move(Uring* u, Area* a, AreaState to) {
  list_remove(list_of(u, a->state), a);
  a->state = to;
  list_add(list_of(u, to), a);
}

std::uint64_t locked_bytes(const Area* a) { return align_up(a->base + a->bytes, a->unit) - align_down(a->base, a->unit); }

void hide_from_children(const Area* a) {
  if (a->source->heap) heap::keep_from_children(a->source->heap, reinterpret_cast<void*>(a->base));
}

Source* source_find(Uring* u, const void* key) {
  for (Source* s = u->sources; s; s = s->next)
    if (s->key == key && !s->removed) return s;
  return nullptr;
}

void look_for_slabs(Uring* u) {
  for (Source* s = u->sources; s; s = s->next)
    if (s->kind == SourceKind::kPool && !s->removed) look_for_slabs_of(u, s);
}

void source_remove(Uring* u, Source* s, AreaList* gone) {
  s->removed = true;
  for (AreaState state : {AreaState::kPending, AreaState::kLive})
    for (Area* a = list_of(u, state).first; a;) {
      Area* next = a->next;
      if (a->source == s) {
        u->by_base.remove(a->base);
        if (state == AreaState::kLive) {
          u->index.remove(a->slot);
          u->registered_bytes -= a->bytes;
          area_move(u, a, AreaState::kLeaving);
        } else {
          if (a->refused) --u->refused;
          list_remove(list_of(u, state), a);
          list_add(*gone, a);
        }
      }
      a = next;
    }
}

void drop_ended_sources(Uring* u, AreaList* gone) {
  for (Source* s = u->sources; s; s = s->next)
    if (s->heap && !s->removed && s->stub->phase.load(std::memory_order_acquire) != Phase::kOpen) source_remove(u, s, gone);
}

void areas_end(Uring* u, AreaList* gone) {
  for (Area* a = u->in_child ? nullptr : gone->first; a; a = a->next) unpin(a);
  Source* ended = nullptr;
  {
    os::Guard g(u->lock);
    for (Area* a = gone->first; a;) {
      Area* next = a->next;
      --a->source->areas;
      meta::put(a, sizeof(Area));
      a = next;
    }
    for (Source** at = &u->sources; *at;) {
      Source* s = *at;
      if (!s->removed || s->areas) {
        at = &s->next;
        continue;
      }
      *at = s->next;
      s->next = ended;
      ended = s;
    }
  }
  *gone = {};
  while (Source* s = ended) {
    ended = s->next;
    let_go(s);
  }
}

int remove(akit_uring* h, void* base) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring)) return rc;
  Uring* u = stub(h)->uring;
  os::SlowSection section(os::current());
  AreaList gone;
  {
    os::Guard g(u->lock);
    Source* s = source_find(u, base);
    if (!s) return -ENOENT;
    source_remove(u, s, &gone);
  }
  areas_end(u, &gone);
  return 0;
}

}  // namespace akit::uring
