// All blocks at once, and slabs that hold none.
#include <errno.h>

#include "nodes/nodes.h"
#include "os/sanitizer.h"

namespace akit::nodes {

using namespace heap;

namespace {

void erase(const NodeSlab* s) {
  void* p = reinterpret_cast<void*>(s->base);
  san::on_release(p, s->pos);
  std::size_t whole = align_up(s->pos, os::page_size());
  if (s->span && s->pos > 64 * 1024 && !s->span->page_shift && !pages::heap_of(s->span).fixed() && os::discard(p, min(whole, s->bytes)) == 0) return;
  __builtin_memset(p, 0, s->pos);
}

void forget_runs(Nodes* n) {
  for (unsigned i = 0; i < n->count; ++i) {
    NodeClass& c = n->classes()[i];
    c.peak = peak_of(c);
    c.lost = c.lost + cut_of(c);
    c.cut = c.runs = c.run_bytes = 0;
    forget_free(n, c);
    c.run = c.fresh = c.run_end = 0;
    c.uncut = 0;
    std::uint64_t allocs = c.allocs;
    c.frees = allocs;
  }
  n->room = static_cast<std::int64_t>(static_cast<std::uint64_t>(n->peak));
}

}  // namespace

int reset(akit_nodes* r, std::uint64_t keep_bytes) noexcept {
  Heap* h = checked_heap(stub(r), kKindNodes);
  if (!h) return -EINVAL;
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  Nodes* n = h->nodes;
  NodeSlab *used, *left = n->idle;
  n->idle = nullptr;
  {
    os::Guard g(h->spans_lock);
    used = n->slabs;
    n->slabs = nullptr;
  }
  forget_runs(n);
  std::uint64_t kept = 0;
  for (NodeSlab* list : {used, left})
    while (NodeSlab* s = list) {
      list = s->next;
      bool stays = h->opt.memory ? !s->span : h->opt.exhaust_mode == 1;
      if (!stays && (s->lent || keep_bytes - min(kept, keep_bytes) < s->bytes)) {
        if (h->watch & kWatchZeroFree) erase(s);
        node_slab_end(h, s);
        continue;
      }
      kept += s->bytes;
      if (s->pos) {
        if (h->watch & kWatchZeroFree) erase(s);
        s->zero = false;
      }
      node_slab_blank(h, s);
      s->next = n->idle;
      n->idle = s;
    }
  n->warned = n->refused = false;
  return 0;
}

int purge(akit_nodes* r, std::uint32_t flags, std::uint64_t* bytes) noexcept {
  Heap* h = checked_heap(stub(r), kKindNodes);
  if (!h) return -EINVAL;
  if ((flags & 1) && !(flags & 2)) return 0;  // idle slabs have no deadline
  {
    os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
    h->purges.fetch_add(1, std::memory_order_relaxed);
    node_slabs_leave(h);
    h->nodes->refused = h->nodes->warned = false;
  }
  return h->opt.memory ? 0 : heap::purge(stub(r), kKindNodes, flags, bytes);
}

}  // namespace akit::nodes
