// Going back: marks, rewind, reset.
//
// A mark is a position, the epoch it was taken in and a check, veiled with a key of the arena: marks of other
// arenas and numbers that are no marks decode to nonsense. Every rewind begins an epoch in which positions above
// it, marked before, mean nothing any more.
#include <errno.h>

#include "arena/arena.h"
#include "os/misuse.h"

namespace akit::arena {

using namespace heap;

namespace {

constexpr unsigned kPositionBits = 40, kEpochBits = 16;
constexpr std::uint64_t kPositions = (std::uint64_t{1} << kPositionBits) - 1, kEpochs = (std::uint64_t{1} << kEpochBits) - 1;
constexpr std::uint64_t kCheck = 0xA7;

std::uint64_t key_of(const Heap* h) {
  std::uint64_t z = h->stub->id * 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

// Rewinds in the order of time, and so of positions. When there are too many, every second of the older half
// is forgotten: then a stale mark may be taken for a good one, but never a good one for a stale one.
void note_rewind(Arena* a, std::uint64_t to) {
  while (a->rewind_count && a->rewind[a->rewind_count - 1].position >= to) --a->rewind_count;
  if (a->marked) ++a->epoch;
  a->marked = false;
  if (a->rewind_count && a->rewind[a->rewind_count - 1].epoch == a->epoch) return;  // no mark lies between the two
  if (a->rewind_count == Arena::kRewinds) {
    constexpr unsigned kHalf = Arena::kRewinds / 2;
    for (unsigned i = 0; i < kHalf / 2; ++i) a->rewind[i] = a->rewind[2 * i];
    for (unsigned i = kHalf; i < Arena::kRewinds; ++i) a->rewind[i - kHalf / 2] = a->rewind[i];
    a->rewind_count -= kHalf / 2;
  }
  a->rewind[a->rewind_count++] = {a->epoch, to};
}

bool is_stale(const Arena* a, std::uint64_t epoch, std::uint64_t at) {
  unsigned low = 0, high = a->rewind_count;
  while (low < high) {
    unsigned mid = (low + high) / 2;
    if (a->rewind[mid].epoch > epoch)
      high = mid;
    else
      low = mid + 1;
  }
  return low < a->rewind_count && a->rewind[low].position < at;
}

// Where a good mark points to; no slab: before the first of the chain.
struct Place {
  ArenaSlab* slab;
  std::uintptr_t at;
};

// Blocks with slabs of their own that were begun in this slab count in its positions.
std::uint64_t& extra_of(Arena* a, ArenaSlab* s) { return s ? s->extra : a->before; }
std::uint64_t end_of(const Arena* a, const ArenaSlab* s) { return s ? s->first + s->size + s->extra : a->before; }

bool find(Arena* a, std::uint64_t position, Place* out) {
  ArenaSlab* s = a->current;
  while (s && s->first > position) s = s->prev;
  *out = {s, 0};
  if (!s) return position <= a->before;
  std::uint64_t extra = s->extra, end = end_of(a, s), off = position - s->first;
  for (const ArenaSlab* own = a->own; own && own->first >= position; own = own->next) extra -= own->first < end;
  std::uintptr_t top = s == a->current ? static_cast<std::uintptr_t>(a->pos) : s->top;
  if (off < extra || off - extra > top - s->base) return false;
  out->at = s->base + (off - extra);
  return true;
}

void rearm_warning(Heap* h, Arena* a) {
  const Options& o = h->opt;
  if (!a->warned) return;
  a->warned = a->warn_at ? a->pos >= a->warn_at
                         : Wide{h->mapped.load(std::memory_order_relaxed)} * 100 >= Wide{o.limit_bytes} * o.warn_percent;
  arena_set_end(a);
}

void leave_all(Arena* a) {
  a->current = nullptr;
  a->pos = a->last = 0;
  a->base = a->limit = 0;
  arena_set_end(a);
}

// All slabs behind this one are empty now, and it is the current one, full.
void return_to(Heap* h, Arena* a, ArenaSlab* to) {
  if (a->current == to) return;
  give_back(h, a->current, a->current->base, a->pos);
  for (ArenaSlab* s = a->current->prev; s; s = s->prev) {
    a->left_used = a->left_used - (s->top - s->base);
    a->left_waste = a->left_waste - (s->base + s->size - s->top);
    if (s == to) break;
    give_back(h, s, s->base, s->top);
  }
  if (!to) return leave_all(a);
  std::uintptr_t top = to->top;
  std::uint64_t extra = to->extra;
  arena_enter(a, to, to->first);
  to->extra = extra;
  a->pos = top;
}

// All blocks at or above this position are gone.
void go_back(Heap* h, Arena* a, std::uint64_t position, Place to) {
  os::SlowSection section(a->own || a->current != to.slab ? os::current() : nullptr);
  arena_peaks(a);
  for (std::uint64_t end = end_of(a, to.slab); a->own && a->own->first >= position;) {
    extra_of(a, to.slab) -= a->own->first < end;
    own_back(h, a);
  }
  return_to(h, a, to.slab);
  if (to.slab) give_back(h, to.slab, to.at, a->pos);
  a->pos = to.at;
  rearm_warning(h, a);
}

int wrong(Heap* h, std::uint64_t mark) {
  report(h, EINVAL, reinterpret_cast<const void*>(mark));
  return -EINVAL;
}

}  // namespace

int mark(akit_arena* arena, std::uint64_t* out) noexcept {
  if (!out) return -EINVAL;
  *out = 0;
  Heap* h = checked_heap(stub(arena), kKindArena);
  if (!h) return -EINVAL;
  Alone one(arena);
  if (!one.yes) return -EBUSY;
  Arena* a = h->arena;
  std::uint64_t at = position(a);
  if (at > kPositions) return -EOVERFLOW;
  a->marked = true;
  a->last = 0;  // the block before it must keep its end
  *out = (at | (a->epoch & kEpochs) << kPositionBits | kCheck << (kPositionBits + kEpochBits)) ^ key_of(h);
  return 0;
}

int rewind(akit_arena* arena, std::uint64_t mark) noexcept {
  Heap* h = checked_heap(stub(arena), kKindArena);
  if (!h) return -EINVAL;
  Alone one(arena);
  if (!one.yes) return -EBUSY;
  Arena* a = h->arena;
  std::uint64_t plain = mark ^ key_of(h), at = plain & kPositions;
  std::uint64_t epoch = a->epoch - ((a->epoch - (plain >> kPositionBits)) & kEpochs);
  Place to{};
  if (plain >> (kPositionBits + kEpochBits) != kCheck || at > position(a) || is_stale(a, epoch, at)) return wrong(h, mark);
  if (!find(a, at, &to)) return wrong(h, mark);
  if (at < position(a)) {
    go_back(h, a, at, to);
    note_rewind(a, at);
  }
  a->last = 0;
  a->rewinds = a->rewinds + 1;
  return 0;
}

int reset(akit_arena* arena, std::uint64_t keep_bytes) noexcept {
  Heap* h = checked_heap(stub(arena), kKindArena);
  if (!h) return -EINVAL;
  Alone one(arena);
  if (!one.yes) return -EBUSY;
  Arena* a = h->arena;
  if (position(a) != 0) {
    bool chain = a->current && a->before == 0;
    go_back(h, a, 0, chain ? Place{a->first, a->first->base} : Place{nullptr, 0});
    note_rewind(a, 0);
  }
  a->last = 0;
  if (keep_bytes != kNone && !arena_is_alone(h)) {
    os::SlowSection section(os::current());
    if (a->current && !h->opt.memory) leave_all(a);
    trim(h, a, keep_bytes);
    rearm_warning(h, a);
  }
  if (!a->current && a->first) arena_enter(a, a->first, 0);
  a->resets = a->resets + 1;
  return 0;
}

}  // namespace akit::arena
