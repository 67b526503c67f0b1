// When the current slab does not answer: the next one, blocks with slabs of their own, arenas that are
// watched, warnings and refusals.
#include "arena/arena.h"

#include <errno.h>

#include "os/misuse.h"
#include "os/sanitizer.h"

namespace akit::arena {

using namespace heap;

namespace {

AKIT_MISS void* refuse(Heap* h, int error) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  errno = error;
  return nullptr;
}

void warn(Heap* h, Arena* a) {
  a->warned = true;
  a->warnings = a->warnings + 1;
  event(ENOBUFS, h->stub->id, h->stub);
}

void note_fallback(Arena* a) {
  a->fallbacks = a->fallbacks + 1;
  if (a->first_fallback_unix_ns == 0) a->first_fallback_unix_ns = os::now_unix_ns();
}

// The cap comes near.
void look_at_cap(Heap* h, Arena* a) {
  const Options& o = h->opt;
  if (a->warned || o.limit_bytes == kNone || o.warn_percent > 100) return;
  if (Wide{h->mapped.load(std::memory_order_relaxed)} * 100 >= Wide{o.limit_bytes} * o.warn_percent) warn(h, a);
}

// The block is at p in this slab, and may be watched.
void* hand_out(Heap* h, Arena* a, const ArenaSlab* s, std::uintptr_t at, std::size_t size) {
  void* p = reinterpret_cast<void*>(at);
  a->allocs = a->allocs + 1;
  if (h->watch & kWatchTool) san::on_release(p, size);
  if ((h->watch & kWatchZeroAlloc) && at < s->dirty) __builtin_memset(p, 0, min<std::uint64_t>(size, s->dirty - at));
  return p;
}

void* take(Heap* h, Arena* a, std::size_t size, std::size_t al) {
  std::uintptr_t p = align_up(a->pos, al), limit = a->limit;
  if (p > limit || size > limit - p) return nullptr;
  a->pos = p + size;
  a->last = p;
  if (AKIT_UNLIKELY(a->warn_at && !a->warned && a->pos >= a->warn_at)) {
    warn(h, a);
    arena_set_end(a);
  }
  return hand_out(h, a, a->current, p, size);
}

bool fits(const ArenaSlab* s, std::size_t size, std::size_t al) {
  std::uintptr_t p = align_up(s->base, al), end = s->base + s->size;
  return p <= end && size <= end - p;
}

void put_behind(Arena* a, ArenaSlab* before, ArenaSlab* s) {
  s->prev = before;
  s->next = before ? before->next : a->first;
  if (s->next) s->next->prev = s;
  (before ? before->next : a->first) = s;
}
void unlink(Arena* a, ArenaSlab* s) {
  (s->prev ? s->prev->next : a->first) = s->next;
  if (s->next) s->next->prev = s->prev;
}

// The current slab is left for this one, which is behind it.
void go_on(Arena* a, ArenaSlab* s) {
  ArenaSlab* was = a->current;
  std::uint64_t first = a->before;
  if (was) {
    first = was->first + was->size + was->extra;
    was->top = a->pos;
    a->left_used = a->left_used + (was->top - was->base);
    a->left_waste = a->left_waste + (a->limit - was->top);
  }
  arena_enter(a, s, first);
}

// A kept slab that is large enough becomes the next one.
bool next_kept(Arena* a, std::size_t size, std::size_t al) {
  ArenaSlab* s = a->current ? a->current->next : a->first;
  if (s && fits(s, size, al)) return go_on(a, s), true;
  while (s && !fits(s, size, al)) s = s->next;
  if (!s) return false;
  unlink(a, s);
  put_behind(a, a->current, s);
  return go_on(a, s), true;
}

// Near the cap what is kept and does not fit makes room.
ArenaSlab* slab_new(Heap* h, Arena* a, std::uint64_t bytes, std::uint64_t need, std::size_t alignment) {
  bool over_cap = false;
  ArenaSlab* s = arena_slab_new(h, bytes, need, alignment, &over_cap);
  bool kept = a->idle || (a->current ? a->current->next : a->first);
  if (!s && over_cap && kept) {
    trim(h, a, 0);
    s = arena_slab_new(h, bytes, need, alignment, &over_cap);
  }
  if (s)
    look_at_cap(h, a);
  else if (over_cap)
    h->limit_hits.fetch_add(1, std::memory_order_relaxed);
  return s;
}

bool next_new(Heap* h, Arena* a, std::uint64_t need) {
  std::uint64_t most = h->opt.max_slab_bytes, bytes = a->grow_bytes;
  while (bytes < need) bytes = min(2 * bytes, most);
  ArenaSlab* s = slab_new(h, a, bytes, need, 0);
  if (!s) return false;
  a->grow_bytes = min(2 * bytes, most);
  a->slabs = a->slabs + 1;
  put_behind(a, a->current, s);
  go_on(a, s);
  return true;
}

// One that a rewind gave back, and of which not most would be lost.
ArenaSlab* idle_take(Arena* a, std::size_t size, std::size_t al) {
  ArenaSlab** best = nullptr;
  for (ArenaSlab** at = &a->idle; *at; at = &(*at)->next)
    if ((*at)->base % al == 0 && (*at)->size >= size && (*at)->size / 2 <= size && (!best || (*at)->size < (*best)->size)) best = at;
  ArenaSlab* s = best ? *best : nullptr;
  if (s) *best = s->next;
  return s;
}

void* own_slab(Heap* h, Arena* a, ArenaSlab* s, std::size_t size) {
  s->first = position(a);
  s->top = s->base + size;
  s->next = a->own;
  a->own = s;
  a->last = 0;
  ++(a->current ? a->current->extra : a->before);
  a->own_slabs = a->own_slabs + 1;
  a->own_used = a->own_used + size;
  a->own_waste = a->own_waste + (s->size - size);
  return hand_out(h, a, s, s->base, size);
}

void* fall_back(Heap* h, Arena* a, ArenaSlab* s, std::size_t size) {
  if (!s) return refuse(h, ENOMEM);
  note_fallback(a);
  look_at_cap(h, a);
  return own_slab(h, a, s, size);
}

// There is no room, and there may be more slabs.
void* grow(Heap* h, Arena* a, std::size_t size, std::size_t al) {
  const Options& o = h->opt;
  os::SlowSection section(os::current());
  if (next_kept(a, size, al)) return take(h, a, size, al);
  std::size_t page = os::page_size(), alignment = al > page ? al : 0;
  std::uint64_t need = size + (al > page ? al - page : 0);
  if (need <= o.max_slab_bytes) {
    if (next_new(h, a, need)) {
      if (o.memory) note_fallback(a);
      return take(h, a, size, al);
    }
  } else {
    ArenaSlab* s = idle_take(a, size, al);
    if (!s) s = slab_new(h, a, size, size, alignment);
    if (s) {
      if (o.memory) note_fallback(a);
      return own_slab(h, a, s, size);
    }
  }
  return o.exhaust_mode == 2 ? fall_back(h, a, arena_slab_beyond(h, size, alignment), size) : refuse(h, ENOMEM);
}

}  // namespace

void give_back(Heap* h, ArenaSlab* s, std::uintptr_t from, std::uintptr_t to) {
  if (to <= from) return;
  void* p = reinterpret_cast<void*>(from);
  s->dirty = max(s->dirty, to);
  if (h->watch & kWatchZeroFree) {
    if (h->watch & kWatchTool) san::on_release(p, to - from);
    __builtin_memset(p, 0, to - from);
  }
  if (h->watch & kWatchTool) san::on_fresh(p, to - from);
}

void own_back(Heap* h, Arena* a) {
  ArenaSlab* s = a->own;
  a->own = s->next;
  a->own_slabs = a->own_slabs - 1;
  a->own_used = a->own_used - (s->top - s->base);
  a->own_waste = a->own_waste - (s->base + s->size - s->top);
  give_back(h, s, s->base, s->top);
  if (s->beyond) return arena_slab_free(h, s);
  s->next = a->idle;
  a->idle = s;
}

void trim(Heap* h, Arena* a, std::uint64_t keep) {
  std::uint64_t kept = 0;
  auto stays = [&](const ArenaSlab* s) {
    if (s->size > keep - min(keep, kept)) return false;
    kept += s->size;
    return true;
  };
  bool behind = a->current == nullptr;
  ArenaSlab* last = nullptr;
  for (ArenaSlab* s = a->first; s;) {
    ArenaSlab* next = s->next;
    bool used = !behind;
    if (used) kept += s->size;
    behind |= s == a->current;
    if (used || stays(s)) {
      last = s;
    } else {
      unlink(a, s);
      a->slabs = a->slabs - 1;
      arena_slab_free(h, s);
    }
    s = next;
  }
  for (ArenaSlab** at = &a->idle; ArenaSlab* s = *at;) {
    if (stays(s)) {
      at = &s->next;
      continue;
    }
    *at = s->next;
    arena_slab_free(h, s);
  }
  a->grow_bytes = last && last->span ? min(2 * max(last->size, h->opt.slab_bytes), h->opt.max_slab_bytes) : h->opt.slab_bytes;
}

AKIT_WARM void* alloc_rest(akit_arena* arena, std::size_t size, std::size_t alignment) {
  akit_tiered* st = stub(arena);
  Heap* h = is_open(st) ? st->heap : checked_heap(st, kKindArena);
  if (AKIT_UNLIKELY(!h)) {
    errno = EINVAL;
    return nullptr;
  }
  Arena* a = h->arena;
  std::size_t al = alignment ? alignment : 16;
  if (AKIT_UNLIKELY(!is_pow2(al) || al >> kAlignmentBits)) return refuse(h, EINVAL);
  if (AKIT_UNLIKELY(size > PTRDIFF_MAX)) return refuse(h, ENOMEM);
  size = max<std::size_t>(size, 1);
  if (void* p = take(h, a, size, al)) return p;
  bool alone = arena_is_alone(h);
  // Its only slab is gone in the child of a fork that did not copy it.
  if (alone && (a->first ? !fits(a->first, size, al) : size > h->opt.slab_bytes)) return refuse(h, EMSGSIZE);
  if (alone && a->first) return refuse(h, ENOBUFS);
  return grow(h, a, size, al);
}

bool two_at_once(akit_tiered* st) {
  st->heap->misuses.fetch_add(1, std::memory_order_relaxed);
  misuse(EBUSY, st->id, st);
  errno = EBUSY;
  return false;
}

}  // namespace akit::arena
