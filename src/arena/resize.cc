// In place, or not at all.
#include <errno.h>

#include "arena/arena.h"
#include "os/misuse.h"
#include "os/sanitizer.h"

namespace akit::arena {

using namespace heap;

namespace {

// The slab whose blocks lie around this address, and where they end.
struct Found {
  ArenaSlab* slab;
  std::uintptr_t top;
  bool own;  // the block has it alone
};

Found find(const Arena* a, std::uintptr_t at) {
  for (ArenaSlab* s = a->current; s; s = s->prev) {
    std::uintptr_t top = s == a->current ? static_cast<std::uintptr_t>(a->pos) : s->top;
    if (at >= s->base && at < top) return {s, top, false};
  }
  for (ArenaSlab* s = a->own; s; s = s->next)
    if (at == s->base) return {s, s->top, true};
  return {};
}

int refuse(Heap* h, int error, const void* p) {
  report(h, error, p);
  return -error;
}

// Bytes that were no part of the block, and are now.
void open(Heap* h, const ArenaSlab* s, std::uintptr_t from, std::uintptr_t to) {
  void* p = reinterpret_cast<void*>(from);
  if (h->watch & kWatchTool) san::on_release(p, to - from);
  if ((h->watch & kWatchZeroAlloc) && from < s->dirty) __builtin_memset(p, 0, min(to, s->dirty) - from);
}

}  // namespace

int resize(akit_arena* arena, void* p, std::size_t old_size, std::size_t new_size) noexcept {
  Heap* h = checked_heap(stub(arena), kKindArena);
  if (!h) return -EINVAL;
  Alone one(arena);
  if (!one.yes) return -EBUSY;
  Arena* a = h->arena;
  auto at = reinterpret_cast<std::uintptr_t>(p);
  Found f = find(a, at);
  if (!f.slab) return refuse(h, ENOENT, p);
  old_size = max<std::size_t>(old_size, 1);
  if (old_size > f.top - at || (f.own && at + old_size != f.top) || (at == a->last && at + old_size != a->pos)) return refuse(h, EINVAL, p);
  if (new_size > PTRDIFF_MAX) return -ENOMEM;
  new_size = max<std::size_t>(new_size, 1);
  if (!f.own && at != a->last) return new_size <= old_size ? 0 : -ENOSPC;
  std::uintptr_t end = f.own ? f.slab->base + f.slab->size : static_cast<std::uintptr_t>(a->limit), to = at + new_size;
  if (new_size > end - at) return -ENOSPC;
  if (to < f.top) {
    arena_peaks(a);
    give_back(h, f.slab, to, f.top);
  } else {
    open(h, f.slab, f.top, to);
  }
  if (f.own) {
    f.slab->top = to;
    a->own_used = a->own_used + (to - f.top);
    a->own_waste = a->own_waste - (to - f.top);
  } else {
    a->pos = to;
  }
  return 0;
}

}  // namespace akit::arena
