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

// What was free was written to: reported, and the list is made anew from the bits.
AKIT_MISS void mend(Heap* h, std::uintptr_t a) {
  report(h, EINVAL, reinterpret_cast<void*>(a));
  relist(h->nodes);
}

std::uintptr_t pop(Heap* h, Nodes* n, NodeClass& c) {
  for (int turn = 0; turn < 2; ++turn) {
    std::uintptr_t a = c.head;
    if (a == 0) return 0;
    if (n->watched) san::on_release(reinterpret_cast<void*>(a), sizeof(std::uint64_t));
    std::uint64_t next = link_in(a) ^ n->key;
    if (AKIT_LIKELY((next & kNoAddress) == 0)) {
      c.head = next;
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
  std::uintptr_t a = c.fresh, lent = c.lent_fresh;
  if (a != c.end) {
    c.fresh = a + c.stride;
    return a;
  }
  if (lent == c.lent_end) return 0;
  note_fallback(n);
  c.lent_fresh = lent + c.stride;
  return lent;
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
  if (h->watch & kWatchTool) san::on_release(p, sizeof(std::uint64_t));
}

// Why p is not a block of this class that is out; 0: it is.
int why_not(Nodes* n, const NodeClass& c, std::uintptr_t a) {
  NodeBlock b = node_around(n, a);
  if (!b.slab || b.base != a) return ENOENT;
  return b.cls != &c || !map::is_out(a) ? EINVAL : 0;
}

}  // namespace

AKIT_WARM void* new_peak(Nodes* n, void* p) {
  n->peak = n->peak + static_cast<std::uint64_t>(-n->room);
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
  count_out(n, c, a);
  if (n->room < 0) new_peak(n, nullptr);
  if (n->watched) watched_out(h, c, a, zero);
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
  std::uint8_t* b = map::out_byte(map::out_table(a), a);
  store(b, load(b) & ~bit_of(a));
  if (n->watched) watched_in(h, c, a);
  push(n, c, a);
  if (h->watch & kWatchTool) san::on_free(p, c.stride);
  c.frees = c.frees + 1;
  n->room = n->room + c.stride;
  return 0;
}

AKIT_MISS void* array_refused(akit_nodes* r, std::size_t elements) {
  akit_tiered* st = stub(r);
  if (!is_open(st)) return refuse_handle(r);
  std::size_t bytes;
  const Options& o = st->heap->opt;
  if (o.element_bytes == 0) return refuse(st->heap, EINVAL);
  return refuse(st->heap, mul_overflows(elements, o.element_bytes, &bytes) || bytes > PTRDIFF_MAX ? ENOMEM : EMSGSIZE);
}

AKIT_MISS int capacity_refused(akit_nodes* r, void* p, std::size_t) {
  if (!p) return 0;
  os::KeepErrno keep;
  akit_tiered* st = stub(r);
  if (!is_open(st)) return checked_heap(st, kKindNodes), -EINVAL;
  auto a = reinterpret_cast<std::uintptr_t>(p);
  NodeBlock b = node_around(st->heap->nodes, a);
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
