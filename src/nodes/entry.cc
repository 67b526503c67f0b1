// The fast path of nodes and arrays: a list that is popped and pushed, a mark, two counts.
#include <errno.h>

#include "nodes/nodes.h"

#define AKIT_HOT extern "C" AKIT_EXPORT __attribute__((hot, aligned(64)))

namespace akit::nodes {

AKIT_INLINE void* alloc(akit_nodes* h, Nodes* n, unsigned which) {
  NodeClass& c = n->classes()[which];
  std::uintptr_t a = heap::first_free(n, c);
  if (AKIT_LIKELY(a != 0)) {
    std::uint64_t link = heap::link_in(a);
    if (AKIT_UNLIKELY(!heap::leads_somewhere(n, link))) return alloc_rest(h, which);
    c.head = link;
  } else {
    if (AKIT_UNLIKELY(c.uncut == 0)) return alloc_rest(h, which);
    a = c.fresh;
    c.fresh = a + c.stride;
    c.uncut = c.uncut - c.stride;
  }
  heap::mark_in(a) = 0;
  c.allocs = c.allocs + 1;
  std::int64_t room = n->room - c.stride;
  n->room = room;
  void* p = reinterpret_cast<void*>(a);
  return AKIT_UNLIKELY(room < 0) ? new_peak(n, p) : p;
}

AKIT_INLINE int free(akit_nodes* h, Nodes* n, unsigned which, void* p) {
  NodeClass& c = n->classes()[which];
  auto a = reinterpret_cast<std::uintptr_t>(p);
  if (AKIT_UNLIKELY(a >> map::kLeafShift != n->leaf_number)) return free_rest(h, which, p);
  if (AKIT_UNLIKELY(n->leaf->entry[map::page_in_leaf(a)].load(std::memory_order_relaxed) != c.entry)) return free_rest(h, which, p);
  // Its page is ours. The middle of a block, or one that is free:
  std::uint64_t mark = a ^ n->mark;
  if (AKIT_UNLIKELY(!starts_block(c, a)) || AKIT_UNLIKELY(heap::mark_in(a) == mark)) return free_rest(h, which, p);
  heap::link_in(a) = c.head;
  heap::mark_in(a) = mark;
  c.head = a ^ n->key;
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
using akit::nodes::books_of;
using akit::nodes::stub;

AKIT_HOT void* akit_nodes_alloc(akit_nodes* h) {
  Alone alone(h);
  if (!alone.yes) return nullptr;
  akit::heap::Nodes* n = books_of(stub(h));
  return AKIT_LIKELY(n != nullptr) ? akit::nodes::alloc(h, n, 0) : akit::nodes::alloc_rest(h, 0);
}

AKIT_HOT int akit_nodes_free(akit_nodes* h, void* p) {
  Alone alone(h);
  if (!alone.yes) return -EBUSY;
  akit::heap::Nodes* n = books_of(stub(h));
  return AKIT_LIKELY(n != nullptr) ? akit::nodes::free(h, n, 0, p) : akit::nodes::free_rest(h, 0, p);
}

AKIT_HOT std::size_t akit_nodes_alloc_n(akit_nodes* h, std::size_t n, void** out) {
  std::size_t done = 0;
  if (AKIT_UNLIKELY(!out && n)) {
    errno = EINVAL;
    return 0;
  }
  Alone alone(h);
  akit::heap::Nodes* books = books_of(stub(h));
  while (alone.yes && done < n && (out[done] = books ? akit::nodes::alloc(h, books, 0) : akit::nodes::alloc_rest(h, 0)) != nullptr) ++done;
  return done;
}

AKIT_HOT std::size_t akit_nodes_free_n(akit_nodes* h, std::size_t n, void* const* p) {
  std::size_t done = 0;
  Alone alone(h);
  akit::heap::Nodes* books = books_of(stub(h));
  for (std::size_t i = 0; alone.yes && p && i < n; ++i)
    done += p[i] && (books ? akit::nodes::free(h, books, 0, p[i]) : akit::nodes::free_rest(h, 0, p[i])) == 0;
  return done;
}

AKIT_HOT void* akit_nodes_array_alloc(akit_nodes* h, std::size_t elements, std::size_t* capacity) {
  Alone alone(h);
  if (!alone.yes) return nullptr;
  akit::heap::Nodes* n = books_of(stub(h));
  if (AKIT_UNLIKELY(!n) || AKIT_UNLIKELY(elements > akit::heap::kMostElements)) return akit::nodes::array_rest(h, elements, capacity);
  unsigned which = n->class_of[elements];
  if (AKIT_UNLIKELY(which == 0)) return akit::nodes::array_rest(h, elements, capacity);
  void* p = akit::nodes::alloc(h, n, which);
  if (capacity) *capacity = p ? n->classes()[which].capacity : 0;
  return p;
}

AKIT_HOT int akit_nodes_array_free(akit_nodes* h, void* p, std::size_t capacity) {
  Alone alone(h);
  if (!alone.yes) return -EBUSY;
  akit::heap::Nodes* n = books_of(stub(h));
  if (AKIT_UNLIKELY(!n) || AKIT_UNLIKELY(capacity > akit::heap::kMostElements)) return akit::nodes::array_free_rest(h, p, capacity);
  unsigned which = n->class_of[capacity];
  if (AKIT_UNLIKELY(which == 0) || AKIT_UNLIKELY(n->classes()[which].capacity != capacity)) return akit::nodes::array_free_rest(h, p, capacity);
  return akit::nodes::free(h, n, which, p);
}
