// The fast path of nodes and arrays: a list that is popped and pushed, a bit, two counts.
#include <errno.h>

#include "nodes/nodes.h"

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::nodes {

AKIT_INLINE void* alloc(akit_nodes* h, unsigned which) {
  akit_tiered* st = stub(h);
  if (AKIT_UNLIKELY(!is_open(st))) return alloc_rest(h, which);
  Nodes* n = st->heap->nodes;
  NodeClass& c = n->classes()[which];
  if (AKIT_UNLIKELY(n->watched)) return alloc_rest(h, which);
  std::uintptr_t a = c.head;
  if (AKIT_LIKELY(a != 0)) {
    std::uint64_t next = heap::link_in(a) ^ n->key;
    if (AKIT_UNLIKELY((next & heap::kNoAddress) != 0)) return alloc_rest(h, which);
    c.head = next;
  } else {
    a = c.fresh;
    if (AKIT_UNLIKELY(a == c.end)) return alloc_rest(h, which);
    c.fresh = a + c.stride;
  }
  count_out(n, c, a);
  void* p = reinterpret_cast<void*>(a);
  return AKIT_UNLIKELY(n->room < 0) ? new_peak(n, p) : p;
}

AKIT_INLINE int free(akit_nodes* h, unsigned which, void* p) {
  akit_tiered* st = stub(h);
  if (AKIT_UNLIKELY(!is_open(st))) return free_rest(h, which, p);
  Nodes* n = st->heap->nodes;
  NodeClass& c = n->classes()[which];
  auto a = reinterpret_cast<std::uintptr_t>(p);
  const map::Leaf* l = map::leaf_of(a);
  if (AKIT_UNLIKELY(!l) || AKIT_UNLIKELY(l->entry[map::page_in_leaf(a)].load(std::memory_order_relaxed) != c.entry)) return free_rest(h, which, p);
  std::uint8_t *b = marks_of(l, a), marks = load(b), bit = bit_of(a);
  if (AKIT_UNLIKELY((a & 15) != 0) || AKIT_UNLIKELY(!(marks & bit))) return free_rest(h, which, p);
  store(b, marks & ~bit);
  heap::push(n, c, a);
  c.frees = c.frees + 1;
  n->room = n->room + c.stride;
  return 0;
}

#if defined(AKIT_CHECKS)
// Finds a second thread that is in a call at the same moment.
class Alone {
 public:
  explicit Alone(akit_nodes* h) : nodes_(is_open(stub(h)) ? stub(h)->heap->nodes : nullptr) {
    std::uintptr_t nobody = 0;
    if (nodes_ && !nodes_->busy.compare_exchange_strong(nobody, os::thread_pointer(), std::memory_order_acquire)) {
      yes = false;
      nodes_ = nullptr;
      two_threads(stub(h));
    }
  }
  ~Alone() {
    if (nodes_) nodes_->busy.store(0, std::memory_order_release);
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  bool yes = true;

 private:
  Nodes* nodes_;
};
#else
struct Alone {
  explicit Alone(akit_nodes*) {}
  static constexpr bool yes = true;
};
#endif

}  // namespace akit::nodes

using akit::nodes::Alone;

AKIT_HOT void* akit_nodes_alloc(akit_nodes* h) {
  Alone alone(h);
  return alone.yes ? akit::nodes::alloc(h, 0) : nullptr;
}

AKIT_HOT int akit_nodes_free(akit_nodes* h, void* p) {
  Alone alone(h);
  return alone.yes ? akit::nodes::free(h, 0, p) : -EBUSY;
}

AKIT_HOT std::size_t akit_nodes_alloc_n(akit_nodes* h, std::size_t n, void** out) {
  std::size_t done = 0;
  if (AKIT_UNLIKELY(!out && n)) {
    errno = EINVAL;
    return 0;
  }
  Alone alone(h);
  while (alone.yes && done < n && (out[done] = akit::nodes::alloc(h, 0)) != nullptr) ++done;
  return done;
}

AKIT_HOT std::size_t akit_nodes_free_n(akit_nodes* h, std::size_t n, void* const* p) {
  std::size_t done = 0;
  Alone alone(h);
  for (std::size_t i = 0; alone.yes && p && i < n; ++i) done += p[i] && akit::nodes::free(h, 0, p[i]) == 0;
  return done;
}

AKIT_HOT void* akit_nodes_array_alloc(akit_nodes* h, std::size_t elements, std::size_t* capacity) {
  akit_tiered* st = akit::nodes::stub(h);
  if (capacity) *capacity = 0;
  if (AKIT_UNLIKELY(!akit::nodes::is_open(st)) || AKIT_UNLIKELY(elements > akit::heap::kMostElements)) return akit::nodes::array_refused(h, elements);
  const akit::heap::Nodes* n = st->heap->nodes;
  unsigned which = n->class_of[elements];
  if (AKIT_UNLIKELY(which == 0)) return akit::nodes::array_refused(h, elements);
  Alone alone(h);
  void* p = alone.yes ? akit::nodes::alloc(h, which) : nullptr;
  if (AKIT_LIKELY(p != nullptr) && capacity) *capacity = n->classes()[which].capacity;
  return p;
}

AKIT_HOT int akit_nodes_array_free(akit_nodes* h, void* p, std::size_t capacity) {
  akit_tiered* st = akit::nodes::stub(h);
  if (AKIT_UNLIKELY(!akit::nodes::is_open(st)) || AKIT_UNLIKELY(capacity > akit::heap::kMostElements)) return akit::nodes::capacity_refused(h, p, capacity);
  const akit::heap::Nodes* n = st->heap->nodes;
  unsigned which = n->class_of[capacity];
  if (AKIT_UNLIKELY(which == 0) || AKIT_UNLIKELY(n->classes()[which].capacity != capacity)) return akit::nodes::capacity_refused(h, p, capacity);
  Alone alone(h);
  return alone.yes ? akit::nodes::free(h, which, p) : -EBUSY;
}
