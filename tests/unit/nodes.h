// A little of everything with nodes, going on with what it gets when memory is refused.
#pragma once
#include "core.h"
#include "nodes/api.h"
#include "os/misuse.h"

extern "C" {
void* akit_nodes_alloc(akit_nodes*);
int akit_nodes_free(akit_nodes*, void*);
std::size_t akit_nodes_alloc_n(akit_nodes*, std::size_t, void**);
std::size_t akit_nodes_free_n(akit_nodes*, std::size_t, void* const*);
void* akit_nodes_array_alloc(akit_nodes*, std::size_t, std::size_t*);
int akit_nodes_array_free(akit_nodes*, void*, std::size_t);
}

namespace core {

struct NodeWorld {
  akit_nodes* h;
  bool may_fail, fixed;
  std::size_t node_bytes, element_bytes;
  struct One {
    void* p;
    std::size_t capacity;
    unsigned tag;
  } one[4000];
  unsigned n = 0;

  std::size_t size(const One& o) const { return o.capacity ? o.capacity * element_bytes : node_bytes; }
  void keep(void* p, std::size_t capacity) {
    if (!p) {
      bool exhausted = fixed && errno == ENOBUFS;
      if (!may_fail && !exhausted) fail("a node was refused without reason, errno %d", errno);
      if (errno != ENOMEM && !exhausted) fail("refused with errno %d", errno);
      return;
    }
    one[n] = {p, capacity, n};
    fill(p, size(one[n]), n);
    ++n;
  }
  void drop(unsigned i) {
    One& o = one[i];
    if (!intact(o.p, size(o), o.tag)) fail("a block of %zu bytes is damaged", size(o));
    NEED((o.capacity ? akit_nodes_array_free(h, o.p, o.capacity) : akit_nodes_free(h, o.p)) == 0);
    NEED((o.capacity ? akit_nodes_array_free(h, o.p, o.capacity) : akit_nodes_free(h, o.p)) == -EINVAL);
    o = one[--n];
  }
};

inline void alloc_some(NodeWorld& w) {
  for (unsigned i = 0; i < 1500; ++i) {
    std::size_t capacity = 0;
    errno = 0;
    if (i % 3)
      w.keep(akit_nodes_alloc(w.h), 0);
    else if (void* p = akit_nodes_array_alloc(w.h, 1 + i % 64, &capacity))
      w.keep(p, capacity);
    else
      w.keep(nullptr, 0);
  }
}

inline void one_nodes(heap::Options o, bool may_fail) {
  o.kind = heap::kKindNodes;
  o.node_bytes = 200;
  o.element_bytes = 24;
  akit_tiered* stub = nullptr;
  int rc = heap::create(o, &stub);
  if (rc != 0) {
    NEED(may_fail && (rc == -ENOMEM || (o.numa_mode && rc == -ENOSYS)));
    return;
  }
  static NodeWorld w;
  w.h = reinterpret_cast<akit_nodes*>(stub);
  w.may_fail = may_fail;
  w.fixed = o.memory != nullptr || o.exhaust_mode == 1;
  w.node_bytes = o.node_bytes;
  w.element_bytes = o.element_bytes;
  w.n = 0;
  alloc_some(w);
  for (unsigned i = w.n; i-- > 0;)
    if (i % 8) w.drop(i);
  std::uint64_t bytes = 0;
  NEED(nodes::purge(w.h, 0, &bytes) == 0);
  alloc_some(w);
  void* many[300];
  std::size_t got = akit_nodes_alloc_n(w.h, 300, many);
  NEED(got == 300 || may_fail || w.fixed);
  NEED(akit_nodes_free_n(w.h, got, many) == got);
  NodesStats st{};
  NEED(nodes::stats_get(w.h, &st) == 0);
  if (st.nodes_used + st.arrays_used != w.n) fail("%u blocks are out, not %u", static_cast<unsigned>(st.nodes_used + st.arrays_used), w.n);
  for (unsigned i = 0; i < w.n; ++i) NEED(intact(w.one[i].p, w.size(w.one[i]), w.one[i].tag));
  NEED(nodes::reset(w.h, 100000) == 0);
  w.n = 0;
  alloc_some(w);
  for (unsigned i = 0; i < w.n; ++i) NEED(intact(w.one[i].p, w.size(w.one[i]), w.one[i].tag));
  NEED(nodes::reset(w.h, 0) == 0);
  NEED(nodes::purge(w.h, 0, &bytes) == 0);
  NEED(heap::destroy(stub, heap::kKindNodes, 0) == 0);
}

inline void nodes_scenario(bool may_fail) {
  misuse_mode(1);
  one_nodes({}, may_fail);
  heap::Options o{};
  o.zero_mode = 2;
  o.fork_mode = 2;
  o.thp = 3;
  o.prefault_bytes = 300000;
  o.exhaust_mode = 2;
  o.limit_bytes = 200000;
  one_nodes(o, may_fail);
  static unsigned char memory[256 * 1024];
  o = {};
  o.memory = memory;
  o.memory_bytes = sizeof memory;
  one_nodes(o, may_fail);
}

}  // namespace core
