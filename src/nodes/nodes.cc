// Allocating and freeing when the fast path does not answer: new runs, refusals, handles that are watched,
// wrong pointers.
#include "nodes/nodes.h"

#include <errno.h>

#include "os/keep_errno.h"
#include "os/sanitizer.h"

namespace akit::nodes {

using namespace heap;

namespace {

void* refuse(Heap* h, int error) {
  h->failures.fetch_add(1, std::memory_order_relaxed);
  errno = error;
  return nullptr;
}

AKIT_MISS void* refuse_handle(akit_nodes* h) {
  (void)checked_heap(stub(h), kKindNodes);
  errno = EINVAL;
  return nullptr;
}

// What was free was written to: reported, and the list is made anew from the marks.
AKIT_MISS void mend(Heap* h, std::uintptr_t a) {
  report(h, EINVAL, reinterpret_cast<void*>(a));
  relist(h->nodes);
}

std::uintptr_t pop(Heap* h, Nodes* n, NodeClass& c) {
  for (int turn = 0; turn < 2; ++turn) {
    std::uintptr_t a = first_free(n, c);
    if (a == 0) return 0;
    if (n->watched) san::on_release(reinterpret_cast<void*>(a), kNodeWords);
    std::uint64_t link = link_in(a);
    if (AKIT_LIKELY(leads_somewhere(n, link))) {
      c.head = link;
      return a;
    }
    mend(h, a);
  }
  return 0;
}

void note_fallback(Nodes* n) {
  n->fallbacks = n->fallbacks + 1;
  if (n->first_fallback_unix_ns == 0) n->first_fallback_unix_ns = os::now_unix_ns();
}

std::uintptr_t cut(Nodes* n, NodeClass& c) {
  std::uintptr_t a = c.fresh;
  if (!c.uncut && !open_more(n, c)) return 0;
  c.fresh = a + c.stride;
  c.uncut = c.uncut - c.stride;
  if (c.lent) note_fallback(n);
  return a;
}

void watched_out(Heap* h, const NodeClass& c, std::uintptr_t a, bool zero) {
  auto* p = reinterpret_cast<void*>(a);
  std::size_t size = c.capacity ? c.capacity * h->opt.element_bytes : h->opt.node_bytes;
  if (h->watch & kWatchTool) san::on_alloc(p, (h->watch & kWatchZeroAlloc) ? c.stride : size);
  if ((h->watch & kWatchZeroAlloc) && !zero) __builtin_memset(p, 0, c.stride);
}

void watched_in(Heap* h, const NodeClass& c, std::uintptr_t a) {
  auto* p = reinterpret_cast<void*>(a);
  if (h->watch & kWatchZeroFree) {
    if (h->watch & kWatchTool) san::on_release(p, c.stride);
    __builtin_memset(p, 0, c.stride);
  }
}

// Why p is not a block of this class that is out; 0: it is.
int why_not(Nodes* n, const NodeClass& c, std::uintptr_t a) {
  if (map::entry_of(a) == c.entry && starts_block(c, a) && !is_free(n, a)) {
    know_leaf(n, a);
    return 0;
  }
  NodeBlock b = node_around(n, a);
  if (!b.slab || b.base != a) return ENOENT;
  return b.cls != &c || is_free(n, a) ? EINVAL : 0;
}

}  // namespace

AKIT_WARM void* new_peak(Nodes* n, void* p) {
  std::int64_t beyond = -n->room;
  n->peak = n->peak + static_cast<std::uint64_t>(beyond);
  n->room = 0;
  return p;
}

AKIT_WARM void* alloc_rest(akit_nodes* r, unsigned which) {
  akit_tiered* st = stub(r);
  if (AKIT_UNLIKELY(!is_open(st))) return refuse_handle(r);
  Heap* h = st->heap;
  Nodes* n = h->nodes;
  NodeClass& c = n->classes()[which];
  std::uintptr_t a = pop(h, n, c);
  bool zero = false;
  if (!a) {
    int error = 0, saved = errno;
    os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
    for (;;) {
      if ((a = cut(n, c)) != 0) {
        zero = c.zero;
        break;
      }
      if ((a = pop(h, n, c)) != 0) break;  // after slabs were looked through
      if (!run_new(h, n, c, &error)) return refuse(h, error);
    }
    errno = saved;
  }
  if (n->watched) san::on_release(reinterpret_cast<void*>(a), kNodeWords);  // the mark may lie behind a small node
  mark_in(a) = 0;
  if (n->watched) watched_out(h, c, a, zero);
  c.allocs = c.allocs + 1;
  n->room = n->room - c.stride;
  if (n->room < 0) new_peak(n, nullptr);
  return reinterpret_cast<void*>(a);
}

AKIT_WARM int free_rest(akit_nodes* r, unsigned which, void* p) {
  if (!p) return 0;
  os::KeepErrno keep;
  akit_tiered* st = stub(r);
  if (AKIT_UNLIKELY(!is_open(st))) return checked_heap(st, kKindNodes), -EINVAL;
  Heap* h = st->heap;
  Nodes* n = h->nodes;
  NodeClass& c = n->classes()[which];
  auto a = reinterpret_cast<std::uintptr_t>(p);
  if (int error = why_not(n, c, a)) {
    report(h, error, p);
    return -error;
  }
  if (n->watched) watched_in(h, c, a);
  push(n, c, a);
  if (h->watch & kWatchTool) san::on_free(p, c.stride);
  c.frees = c.frees + 1;
  n->room = n->room + c.stride;
  return 0;
}

AKIT_WARM void* array_rest(akit_nodes* r, std::size_t elements, std::size_t* capacity) {
  if (capacity) *capacity = 0;
  akit_tiered* st = stub(r);
  if (!is_open(st)) return refuse_handle(r);
  Heap* h = st->heap;
  std::size_t bytes;
  if (h->opt.element_bytes == 0) return refuse(h, EINVAL);
  if (elements > h->opt.max_elements) return refuse(h, mul_overflows(elements, h->opt.element_bytes, &bytes) || bytes > PTRDIFF_MAX ? ENOMEM : EMSGSIZE);
  unsigned which = h->nodes->class_of[elements];
  void* p = alloc_rest(r, which);
  if (p && capacity) *capacity = h->nodes->classes()[which].capacity;
  return p;
}

AKIT_WARM int array_free_rest(akit_nodes* r, void* p, std::size_t capacity) {
  if (!p) return 0;
  os::KeepErrno keep;
  akit_tiered* st = stub(r);
  if (!is_open(st)) return checked_heap(st, kKindNodes), -EINVAL;
  Nodes* n = st->heap->nodes;
  unsigned which = capacity <= kMostElements ? n->class_of[capacity] : 0;
  if (which && n->classes()[which].capacity == capacity) return free_rest(r, which, p);
  auto a = reinterpret_cast<std::uintptr_t>(p);
  NodeBlock b = node_around(n, a);
  int error = b.slab && b.base == a ? EINVAL : ENOENT;
  report(st->heap, error, p);
  return -error;
}

bool two_threads(akit_tiered* st) {
  st->heap->misuses.fetch_add(1, std::memory_order_relaxed);
  misuse(EBUSY, st->id, st);
  errno = EBUSY;
  return false;
}

}  // namespace akit::nodes
