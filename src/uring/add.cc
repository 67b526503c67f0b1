// Adding memory, rings and pools.
#include <errno.h>

#include "cache/meta.h"
#include "os/keep_errno.h"
#include "region/api.h"
#include "ring/api.h"
#include "uring/uring.h"

namespace akit::uring {
namespace {

// Of memory that lies in a region: it is pinned.
void hold_region(Source* s, std::uintptr_t base, std::size_t* page) {
  pages::Span* span = heap::span_around(base);
  if (!span || !span->owner || span->role == pages::Role::kInternal || span->role == pages::Role::kSlab) return;
  auto* h = static_cast<Heap*>(span->owner);
  *page = span->page_shift ? std::size_t{1} << span->page_shift : 0;
  auto* block = reinterpret_cast<void*>(span->start);
  if (h->kind != heap::kKindRegion || !h->stub || region::pin(reinterpret_cast<akit_region*>(h->stub), block) < 0) return;
  s->stub = h->stub;
  s->block = block;
}

Source* source_new(SourceKind kind, const void* key) {
  auto* s = static_cast<Source*>(meta::get(sizeof(Source)));
  if (s) *s = {nullptr, kind, false, 0, key, nullptr, nullptr, nullptr, kNone};
  return s;
}

// Keeps a pool or ring from ending.
int hold_heap(Source* s, akit_tiered* of, heap::Kind kind) {
  Heap* h = heap::checked_heap(of, kind);
  if (!h) return -EINVAL;
  os::Guard r(heap::registry_lock);
  if (of->phase.load(std::memory_order_relaxed) != Phase::kOpen) return -EINVAL;
  ++h->children;
  s->stub = of;
  s->heap = h;
  return 0;
}

// One contiguous piece of memory, which `s` keeps where it is. The source ends here when it cannot be added.
int add_whole(Uring* u, Source* s, std::uintptr_t base, std::size_t length, std::size_t page) {
  AreaList gone;
  int rc = -EBUSY;
  bool kept = false;
  {
    os::Guard g(u->lock);
    if (!source_find(u, s->key)) {
      kept = true;
      s->next = u->sources;
      u->sources = s;
      rc = add_pieces(u, s, base, length, page);
      if (rc < 0) source_remove(u, s, &gone);
    }
  }
  if (!kept) let_go(s);
  areas_end(u, &gone);
  return rc;
}

}  // namespace

int add_memory(akit_uring* h, void* base, std::size_t length) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring)) return rc;
  auto a = reinterpret_cast<std::uintptr_t>(base);
  if (!base || !length || a + length < a) return -EINVAL;
  os::SlowSection section(os::current());
  Source* s = source_new(SourceKind::kMemory, base);
  if (!s) return -ENOMEM;
  std::size_t page = 0;
  hold_region(s, a, &page);
  return add_whole(stub(h)->uring, s, a, length, page);
}

int add_ring(akit_uring* h, akit_ring* r) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring)) return rc;
  os::SlowSection section(os::current());
  Source* s = source_new(SourceKind::kRing, r);
  if (!s) return -ENOMEM;
  void* base;
  std::size_t length;
  int rc = hold_heap(s, reinterpret_cast<akit_tiered*>(r), heap::kKindRing);
  if (rc == 0 && (rc = ring::area(r, &base, &length)) == 0) rc = ring::pin(r);
  if (rc < 0) {
    s->kind = SourceKind::kMemory;  // nothing is pinned
    let_go(s);
    return rc;
  }
  pages::Span* span = heap::span_around(reinterpret_cast<std::uintptr_t>(base));
  std::size_t page = span && span->owner == s->heap && span->page_shift ? std::size_t{1} << span->page_shift : 0;
  return add_whole(stub(h)->uring, s, reinterpret_cast<std::uintptr_t>(base), length, page);
}

int add_pool(akit_uring* h, akit_pool* pool) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring)) return rc;
  Uring* u = stub(h)->uring;
  os::SlowSection section(os::current());
  Source* s = source_new(SourceKind::kPool, pool);
  if (!s) return -ENOMEM;
  if (int rc = hold_heap(s, reinterpret_cast<akit_tiered*>(pool), heap::kKindPool)) {
    let_go(s);
    return rc;
  }
  bool known;
  {
    os::Guard g(u->lock);
    known = source_find(u, pool) != nullptr;
    if (!known) {
      s->next = u->sources;
      u->sources = s;
      look_for_slabs(u);
    }
  }
  if (known) let_go(s);
  return known ? -EBUSY : 0;
}

}  // namespace akit::uring
