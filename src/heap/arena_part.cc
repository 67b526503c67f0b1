// Arenas: where their slabs come from, how they begin and end.
#include "heap/arena_part.h"

#include "cache/meta.h"
#include "heap/heap.h"
#include "os/sanitizer.h"

namespace akit::heap {
namespace {

static_assert(sizeof(Arena) <= meta::kLargest);

ArenaSlab* record_new(std::uintptr_t base, std::uint64_t size, Span* span) {
  auto* s = static_cast<ArenaSlab*>(meta::get(sizeof(ArenaSlab)));
  if (!s) return nullptr;
  *s = {nullptr, nullptr, base, size, 0, 0, base, base + size, span, false};
  return s;
}

ArenaSlab* slab_on(Heap* h, Span* span) {
  std::uintptr_t base = span->start;
  ArenaSlab* s = record_new(base, span->usable, span);
  if (!s) return nullptr;
  if (span->zero) s->dirty = base;
  span->zero = false;
  if (h->watch & kWatchTool) san::on_fresh(reinterpret_cast<void*>(base), s->size);
  Arena* a = h->arena;
  a->capacity = a->capacity + s->size;
  return s;
}

Span* span_new(Heap* h, std::uint64_t bytes, std::size_t alignment, bool* over_cap) {
  bool zeroed = (h->watch & kWatchZeroAlloc) != 0;
  *over_cap = false;
  if (h->huge_parent) return huge_block_new(h, h->huge_parent, {bytes, alignment, zeroed, false}, over_cap);
  return block_new(h, {bytes, alignment, 0, zeroed, false}, over_cap);
}

void span_free_beyond(Heap* h, Span* s) {
  unlink_span(h, s);
  map::set_entries(align_down(s->start, map::kPage), 1, 0);
  s->owner = nullptr;
  uncharge(h, s->bytes());
  pages::free_span(s, deadline_from(h, os::now_coarse_ns()));
}

void drop_records(Heap* h, ArenaSlab* s) {
  while (s) {
    ArenaSlab* next = s->next;
    if (s->beyond && s->span) span_free_beyond(h, s->span);
    meta::put(s, sizeof(ArenaSlab));
    s = next;
  }
}

void populate(Heap* h, const ArenaSlab* s, std::uint64_t bytes) {
  bytes = align_up(min(bytes, s->size), os::page_size());
  if (os::advise(reinterpret_cast<void*>(s->base), bytes, os::Advice::kPopulate) == 0) h->prefaulted.fetch_add(bytes, std::memory_order_relaxed);
}

// Slabs for as many bytes as are asked for; as many as can be had.
void prefault(Heap* h) {
  const Options& o = h->opt;
  Arena* a = h->arena;
  std::uint64_t left = o.prefault_bytes == kNone ? 0 : o.prefault_bytes;
  for (ArenaSlab* s = a->first; left; s = s->next) {
    populate(h, s, left);
    left -= min(left, s->size);
    if (!left || o.exhaust_mode == 1) return;
    bool over_cap = false;
    ArenaSlab* next = arena_slab_new(h, a->grow_bytes, os::page_size(), 0, &over_cap);
    if (!next) return;
    a->grow_bytes = min(2 * a->grow_bytes, o.max_slab_bytes);
    a->slabs = a->slabs + 1;
    s->next = next;
    next->prev = s;
  }
}

// The first slab. It is the only one where the arena may not grow: then it must be whole.
bool begin(Heap* h) {
  const Options& o = h->opt;
  Arena* a = h->arena;
  ArenaSlab* s;
  if (o.memory) {
    s = record_new(reinterpret_cast<std::uintptr_t>(o.memory), o.memory_bytes, nullptr);
    if (s) a->capacity = s->size;
    if (s && (h->watch & kWatchTool)) san::on_fresh(o.memory, o.memory_bytes);
  } else {
    bool over_cap = false;
    s = arena_slab_new(h, o.slab_bytes, o.exhaust_mode == 1 ? o.slab_bytes : os::page_size(), 0, &over_cap);
  }
  if (!s) return false;
  a->grow_bytes = o.memory ? o.slab_bytes : min(2 * o.slab_bytes, o.max_slab_bytes);
  a->slabs = 1;
  a->first = s;
  if (arena_is_alone(h) && o.warn_percent <= 100) a->warn_at = s->base + static_cast<std::uint64_t>(Wide{s->size} * o.warn_percent / 100);
  arena_enter(a, s, 0);
  return true;
}

}  // namespace

bool arena_is_alone(const Heap* h) { return h->opt.exhaust_mode == 1 || (h->opt.memory && h->opt.exhaust_mode == 0); }

ArenaSlab* arena_slab_new(Heap* h, std::uint64_t bytes, std::uint64_t need, std::size_t alignment, bool* over_cap) {
  std::size_t unit = os::page_size();
  need = align_up(need, unit);
  std::uint64_t mapped = h->mapped.load(std::memory_order_relaxed), room = h->opt.limit_bytes - min(h->opt.limit_bytes, mapped);
  bytes = max(min(align_up(bytes, unit), align_down(room, unit)), need);
  Span* span = nullptr;
  *over_cap = need > room;
  // A handle that this one stands on may have less room than this one.
  while (need <= room && !(span = span_new(h, bytes, alignment, over_cap)) && bytes > need) bytes = max(align_up(bytes / 2, unit), need);
  if (!span) return nullptr;
  ArenaSlab* s = slab_on(h, span);
  if (!s) block_free(h, span, 0);
  return s;
}

ArenaSlab* arena_slab_beyond(Heap* h, std::uint64_t bytes, std::size_t alignment) {
  bytes = align_up(bytes, os::page_size());
  if (bytes > PTRDIFF_MAX) return nullptr;
  unsigned fork = h->opt.fork_mode == 2 ? 1 : h->opt.fork_mode == 3 ? 2 : 0;
  bool lent = h->region_parent || h->huge_parent;
  unsigned heap = lent ? pages::heap_index(0, fork, false) : h->plain_heap;
  Span* span = pages::alloc_span(heap, bytes >> map::kPageShift, alignment, (h->watch & kWatchZeroAlloc) != 0);
  if (!span) return nullptr;
  std::uint64_t now = h->mapped.fetch_add(span->bytes(), std::memory_order_relaxed) + span->bytes();
  std::uint64_t peak = h->mapped_peak.load(std::memory_order_relaxed);
  while (now > peak && !h->mapped_peak.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  span->backing = 0;
  span->reason = pages::kNoReason;
  span->guarded = span->freed = span->was_zero = span->no_cache = false;
  span->pins = 0;
  span->role = pages::Role::kNone;
  wipe_foreign(h, span);
  finish_block(h, span, 0, span->bytes(), span->base);
  ArenaSlab* s = slab_on(h, span);
  if (s)
    s->beyond = true;
  else
    span_free_beyond(h, span);
  return s;
}

void arena_slab_free(Heap* h, ArenaSlab* s) {
  h->arena->capacity = h->arena->capacity - s->size;
  if (s->beyond)
    span_free_beyond(h, s->span);
  else
    block_free(h, s->span, os::now_coarse_ns());
  meta::put(s, sizeof(ArenaSlab));
}

void arena_enter(Arena* a, ArenaSlab* s, std::uint64_t first) {
  s->first = first;
  s->extra = 0;
  s->top = s->base;
  a->current = s;
  a->base = s->base;
  a->pos = s->base;
  a->limit = s->base + s->size;
  a->last = 0;
  arena_set_end(a);
}

ArenaSum arena_sum(const Arena* a) {
  std::uintptr_t pos = a->pos, base = a->base, limit = a->limit;
  std::uint64_t here = pos < base || pos > limit ? 0 : pos - base;  // another thread may be between two slabs
  ArenaSum s;
  s.used = a->left_used + here + a->own_used;
  s.waste = a->left_waste + a->own_waste;
  s.used_peak = max<std::uint64_t>(a->used_peak, s.used);
  s.high_water = max<std::uint64_t>(a->high_water, s.used + s.waste);
  return s;
}

void arena_peaks(Arena* a) {
  ArenaSum s = arena_sum(a);
  a->used_peak = s.used_peak;
  a->high_water = s.high_water;
}

bool arena_open(Heap* h) {
  auto* a = static_cast<Arena*>(meta::get(sizeof(Arena)));
  if (!a) return false;
  __builtin_memset(static_cast<void*>(a), 0, sizeof *a);
  h->arena = a;
  h->watch = h->watch & ~std::uint32_t{kWatchExact};  // blocks do not come back one by one
  a->veiled = (h->watch & (kWatchZeroAlloc | kWatchTool)) != 0;
  a->epoch = 1;
  if (!begin(h)) {
    arena_close(h);
    return false;
  }
  prefault(h);
  return true;
}

void arena_close(Heap* h) {
  Arena* a = h->arena;
  if (!a) return;
  if (h->opt.memory && a->first) {
    if (h->watch & kWatchTool) san::on_release(h->opt.memory, h->opt.memory_bytes);
    ArenaSlab* s = a->first;
    std::uintptr_t top = a->current == s ? static_cast<std::uintptr_t>(a->pos) : s->top;
    if (h->watch & kWatchZeroFree) __builtin_memset(h->opt.memory, 0, top - s->base);
  }
  for (ArenaSlab* list : {a->first, a->own, a->idle}) drop_records(h, list);
  meta::put(a, sizeof(Arena));
  h->arena = nullptr;
}

void arena_forget(Heap* h) {
  Arena* a = h->arena;
  a->busy.store(0, std::memory_order_relaxed);
  auto is_gone = [&](const Span* s) {
    return s && (pages::heap_of(s).kind().fork == 1 || (s->page_shift && h->huge_parent && !h->huge_parent->opt.copy_asked));
  };
  bool any = false;
  for (ArenaSlab* list : {a->first, a->own, a->idle})
    for (ArenaSlab* s = list; s; s = s->next) any |= is_gone(s->span);
  if (!any) return;
  arena_peaks(a);
  for (ArenaSlab* list : {a->first, a->own, a->idle})
    while (ArenaSlab* s = list) {
      list = s->next;
      Span* span = s->span;  // an arena in memory of the caller has none of these modes
      if (!is_gone(span)) {
        s->beyond ? span_free_beyond(h, span) : block_free(h, span, 0);
      } else if (span->page_shift) {
        huge_block_forget(h, span);
      } else {
        unlink_span(h, span);
        map::set_entries(align_down(span->start, map::kPage), 1, 0);
        s->beyond ? uncharge(h, span->bytes()) : uncharge_of(h, span, span->bytes());
        os::forget(span->bytes());
        pages::heap_of(span).free_gone(span);
      }
      meta::put(s, sizeof(ArenaSlab));
    }
  a->first = a->own = a->idle = a->current = nullptr;
  for (auto* n : {&a->left_used, &a->left_waste, &a->own_used, &a->own_waste, &a->capacity, &a->slabs, &a->own_slabs}) *n = 0;
  a->pos = a->last = 0;
  a->base = a->limit = 0;
  a->grow_bytes = h->opt.slab_bytes;
  a->rewind[0] = {++a->epoch, 0};
  a->rewind_count = 1;
  a->marked = false;
  a->before = 0;
  a->warn_at = 0;
  arena_set_end(a);
}

}  // namespace akit::heap
