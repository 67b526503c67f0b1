// Questions about buffers that are out: where they are, what they hold, whose they are.
#include <errno.h>

#include "pool/pool.h"

namespace akit::pool {

using namespace heap;

namespace {

struct Next {
  Span* span = nullptr;
  std::uintptr_t at = ~std::uintptr_t{0};
};

// The first buffer of this span that is out, from `from` on and below what was found so far.
void look(Span* s, std::uintptr_t from, Next* found) {
  if (s->end() <= from || s->base >= found->at) return;
  if (s->role != pages::Role::kSlab) {
    if (s->start >= from && s->start < found->at && !s->freed) *found = {s, s->start};
    return;
  }
  std::size_t i = from > s->base ? (from - s->base + s->stride - 1) / s->stride : 0;
  for (; i < s->capacity; ++i) {
    std::uintptr_t a = s->base + i * s->stride;
    if (a >= found->at) return;
    if (load(state_of(a)) == kOut) {
      *found = {s, a};
      return;
    }
  }
}

}  // namespace

std::uint64_t* tag_of(const Buffer& b, const void* p) {
  if (!b.span) return nullptr;
  if (b.cls == 0) return &b.span->tag;
  if (b.span->tag == 0) return nullptr;
  return reinterpret_cast<std::uint64_t*>(b.span->tag) + (reinterpret_cast<std::uintptr_t>(p) - b.span->base) / b.span->stride;
}

int leak_next(akit_pool* r, std::uint64_t* cursor, BlockInfo* out) noexcept {
  Heap* h = checked_heap(stub(r), kKindPool);
  if (!h || !cursor) return -EINVAL;
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  Next n;
  os::Guard g(h->spans_lock);
  for (Span* s = h->spans; s; s = s->all_next) look(s, *cursor, &n);
  if (!n.span) return -ENOENT;
  *cursor = n.at + 1;
  const Span* s = n.span;
  *out = {h->stub->id, h->stub->kind, n.at, s->usable, 1, s->backing, s->reason, policy_node(h), false, tag_at(s, n.at)};
  return 0;
}

std::size_t capacity(akit_pool* r, const void* p) noexcept {
  Heap* h = p ? checked_heap(stub(r), kKindPool) : nullptr;
  if (!h) return 0;
  Buffer b = find(h, p);
  return b.error ? 0 : b.capacity;
}

int tag_set(akit_pool* r, void* p, std::uint64_t tag) noexcept {
  Heap* h = checked_heap(stub(r), kKindPool);
  if (!h || !(h->watch & kWatchTags)) return -EINVAL;
  Buffer b = find(h, p);
  if (b.error) {
    report(h, b.error, p);
    return -b.error;
  }
  __atomic_store_n(tag_of(b, p), tag, __ATOMIC_RELAXED);
  return 0;
}

}  // namespace akit::pool
