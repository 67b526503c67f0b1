// What handles of nodes have besides the common part of a heap: classes, one for nodes and one for each
// capacity of arrays, and slabs that are cut into runs of whole pages, each run for one class.
//
// The address map tells of every page of a run whose it is and of which class. Blocks of a class start at
// multiples of their size, so a start is told from the middle by a multiplication. A free block holds the
// link to the next one, encoded, and behind it a mark that only this block can have; everything else is out
// of line. No block is looked into before the map has said that its page is ours.
#pragma once
#include <atomic>

#include "base/shared_field.h"
#include "heap/heap.h"

namespace akit::heap {

inline constexpr unsigned kMostElements = 64, kNodeClasses = kMostElements + 1;
inline constexpr std::uint64_t kLargestNode = std::uint64_t{1} << 20;  // and array, and alignment
inline constexpr std::uint64_t kLargestNodeSlab = std::uint64_t{64} << 20;

struct NodeSlab {
  NodeSlab* next;
  Span* span;  // NULL: memory of the caller
  std::uintptr_t base;
  std::size_t bytes;  // whole pages of the address map
  std::size_t pos;    // cut into runs so far
  bool zero;          // what is not cut yet reads as zero
  bool lent;          // mapped beyond the bound
  std::uint64_t* starts;  // a bit per page: a run starts there
};

inline constexpr std::size_t kFarStride = 8192;  // above, starts are relative to the run, and frees do not take the fast path

struct alignas(kCacheLine) NodeClass {
  HotShared<std::uint64_t> head;    // free blocks, the last that was freed first: encoded, as the links are
  HotShared<std::uintptr_t> fresh;  // in the current run: the first that was never handed out
  HotShared<std::uint32_t> uncut;   // bytes of those that are open: on pages of the class in the map, and marked as free
  std::uint32_t rotate;             // of (address * inverse): at most `most` for multiples of the stride
  HotShared<std::uint64_t> allocs, frees;
  std::uint64_t inverse, most;
  std::uint32_t stride;
  map::Entry entry;                 // of its pages, as the fast path expects it
  // Blocks are cut in order, and only when no free one is left: so as many as were cut were out at once.
  map::Entry pages;                 // as `entry`, as it is
  std::uint32_t capacity;           // elements
  std::uintptr_t run_end;
  bool lent;                        // the current run lies in a slab beyond the bound: each block is opened alone
  bool zero;                        // what is not cut yet of the current run reads as zero
  Shared<std::uintptr_t> run;       // first block of the current run
  Shared<std::uint64_t> cut;        // blocks of earlier runs
  Shared<std::uint64_t> lost;       // blocks that were cut and went away with their slabs
  Shared<std::uint64_t> peak;       // most that were cut at once, before slabs went away
  Shared<std::uint64_t> runs, run_bytes;
  std::size_t least;                // bytes of a run, so that little of it is lost
};

// The classes follow it.
struct Nodes {
  const akit_tiered* self;          // its stub; NULL: no call takes the fast path
  HotShared<std::int64_t> room;     // most bytes that were out at once, less what is out
  std::uint64_t key, mark;          // of links and marks
  std::uint64_t no_address;         // bits that no address of a block has
  std::uintptr_t leaf_number;       // of the part of the address map where blocks were last seen
  const map::Leaf* leaf;
  std::uint8_t class_of[kMostElements + 1];  // by elements
  bool watched;
  std::atomic<std::uintptr_t> busy;          // checked build: the thread in a call
  // misses
  alignas(kCacheLine) Shared<std::uint64_t> peak;  // bytes
  NodeSlab* slabs;               // cut, the current one first
  NodeSlab* idle;                // not cut
  Shared<std::uint64_t> slab_count, slab_bytes, fallbacks, first_fallback_unix_ns, warnings;
  std::uint64_t frees_at_refusal;
  bool refused, warned;
  unsigned count;                // classes
  std::size_t largest, alignment;  // of a run; 0: pages will do
  NodeClass* classes() { return reinterpret_cast<NodeClass*>(this + 1); }
  const NodeClass* classes() const { return reinterpret_cast<const NodeClass*>(this + 1); }
};

// Encoded with a secret of the handle: what somebody else wrote is hardly ever an address.
using NodeWord = std::uint64_t __attribute__((may_alias));
inline constexpr std::size_t kNodeWords = 2 * sizeof(NodeWord);
AKIT_INLINE NodeWord& link_in(std::uintptr_t a) { return *reinterpret_cast<NodeWord*>(a); }
AKIT_INLINE NodeWord& mark_in(std::uintptr_t a) { return *reinterpret_cast<NodeWord*>(a + sizeof(NodeWord)); }
AKIT_INLINE void push(Nodes* n, NodeClass& c, std::uintptr_t a) {
  link_in(a) = c.head;
  mark_in(a) = a ^ n->mark;
  c.head = a ^ n->key;
}
AKIT_INLINE std::uintptr_t first_free(const Nodes* n, const NodeClass& c) { return c.head ^ n->key; }  // 0: none
AKIT_INLINE bool leads_somewhere(const Nodes* n, std::uint64_t link) { return ((link ^ n->key) & n->no_address) == 0; }
inline void forget_free(const Nodes* n, NodeClass& c) { c.head = n->key; }

inline std::uint64_t cut_in_run(const NodeClass& c) {
  std::uintptr_t run = c.run, at = c.fresh;
  return at > run ? (at - run) / c.stride : 0;
}
inline std::uint64_t cut_of(const NodeClass& c) { return c.cut + cut_in_run(c); }
inline std::uint64_t out_of(const NodeClass& c) {
  std::uint64_t frees = c.frees, allocs = c.allocs;
  return allocs - min(allocs, frees);
}
inline std::uint64_t peak_of(const NodeClass& c) { return max<std::uint64_t>(c.peak, cut_of(c)); }
// Allocations that took a block which was out before.
inline std::uint64_t recycled_of(const NodeClass& c) {
  std::uint64_t first = c.lost + cut_of(c), allocs = c.allocs;
  return allocs - min(allocs, first);
}

// nodes_part.cc ---------------------------------------------------------------------------------
bool nodes_open(Heap* h);    // false: no memory, or over the cap
void nodes_clear(Heap* h);   // nobody finds its blocks any more; before its spans go
void nodes_close(Heap* h);
void nodes_forget(Heap* h);  // child of a fork
std::uint64_t nodes_out_bytes(const Nodes* n);
// node_slabs.cc
bool run_new(Heap* h, Nodes* n, NodeClass& c, int* error);  // *error: as errno
bool open_more(Nodes* n, NodeClass& c);                     // of the current run; false: it is at its end
void know_leaf(Nodes* n, std::uintptr_t a);
NodeSlab* node_slab_new(Heap* h, std::size_t bytes, bool lent, bool* over_cap);
void node_slab_end(Heap* h, NodeSlab* s);                   // and its span
void node_slab_forget(NodeSlab* s);                         // the record alone
void node_slab_blank(Heap* h, NodeSlab* s);                 // no block was ever cut from it
void relist(Nodes* n);                                      // the lists from the marks, lowest addresses first
// Slabs without a block that is out leave; `take` says of each whether it does. Returns bytes.
std::uint64_t node_slabs_leave(Heap* h);
// Of a block that was cut. Also read while it is somebody's, whose data it may be: then it is not what a free
// one has there.
bool is_free(const Nodes* n, std::uintptr_t a);
std::uintptr_t first_block(const NodeClass& c, std::uintptr_t run_start);
struct NodeBlock {
  NodeSlab* slab;
  NodeClass* cls;
  std::uintptr_t base;
};
// What holds this address, out or not; slab NULL: no block. Under spans_lock, or by the handle's own thread.
NodeBlock node_around(Nodes* n, std::uintptr_t a);

}  // namespace akit::heap
