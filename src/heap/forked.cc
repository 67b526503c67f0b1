// The child of a fork: memory of DONTFORK handles, and explicit huge pages by default, does not
// exist there. Blocks in it are forgotten; new allocations work.
#include <new>

#include "cache/meta.h"
#include "heap/bin_ops.h"
#include "heap/open.h"
#include "heap/nodes_part.h"

namespace akit::heap {
namespace {

// The process has one thread, so no lock is needed anywhere here.
void empty_caches(Heap* h) {
  for (ThreadCache* list : {h->caches, h->orphans})
    for (ThreadCache* tc = list; tc; tc = tc->heap_next)
      for (unsigned c = 1; c < kClasses; ++c) {
        Slot* b = tc->bin[c].load(std::memory_order_relaxed);
        if (b == cache::poison()) continue;
        tc->bin[c].store(cache::poison(), std::memory_order_relaxed);
        if (h->pool) class_settle(tc, c);
        detach(tc, c, array_of(b));
      }
  for (ClassState& k : h->classes) {
    drop_batches(k);
    std::uint64_t gets = k.gets_retired, misses = k.misses;
    new (&k) ClassState;
    k.gets_retired = gets;
    k.misses = misses;
  }
  h->depot_bytes.store(0, std::memory_order_relaxed);
  h->taken_bytes.store(0, std::memory_order_relaxed);
  h->account.front_bytes.store(0, std::memory_order_relaxed);
  h->account.front_entries.store(0, std::memory_order_relaxed);
  for (ThreadCache* list : {h->caches, h->orphans})
    for (ThreadCache* tc = list; tc && h->pool; tc = tc->heap_next) peaks_tell(h, tc);
  for (unsigned c = 0; h->pool && c <= cache::kPoolClasses; ++c) h->pool->out[c].store(0, std::memory_order_relaxed);
  if (h->pool)
    for (auto& n : h->pool->front) n.store(0, std::memory_order_relaxed);
}

// The child's memory is not registered. true: some slabs do not exist in it.
bool forget_slab_pins(Heap* h) {
  bool hidden = false;
  for (Span* s = h->pool ? h->spans : nullptr; s; s = s->all_next) {
    if (s->role != pages::Role::kSlab || s->pins == 0) continue;
    s->pins = 0;
    hidden |= s->unforked;
    h->pinned_spans.fetch_sub(1, std::memory_order_relaxed);
    h->pinned_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
  }
  return hidden;
}

}  // namespace

void forget_blocks(Heap* h) {
  if (h->ring) return ring_forked(h);
  if (h->arena) return arena_forget(h);
  if (h->nodes) return nodes_forget(h);
  bool hidden = forget_slab_pins(h);
  if (!h->opt.copy_asked) huge_blocks_forget(h);
  bool lent = h->pool && h->huge_parent && !h->huge_parent->opt.copy_asked;  // slabs on explicit huge pages
  if (h->opt.fork_mode != 2 && !lent && !hidden) return;
  empty_caches(h);
  for (Span* s = h->spans; s;) {
    Span* next = s->all_next;
    bool slab = s->role == pages::Role::kSlab, unforked = slab && s->unforked;
    if (s->page_shift || (h->opt.fork_mode != 2 && !unforked)) {
      if (s->page_shift && lent)
        release_slab_record(h, s), huge_block_forget(h, s);
      else if (slab && hidden)
        release_span(h, s, 0);  // a pool is forgotten as a whole
      s = next;
      continue;
    }
    if (s->role == pages::Role::kSlab) {
      s->unforked = false;
      release_slab_record(h, s);
      unlink_span(h, s);
      s->owner = nullptr;
      uncharge_span(h, s->bytes());
    } else {
      if (s->role != pages::Role::kBlock && !s->freed) count_direct(h, s->usable, false);
      if (s->pins) {
        h->pinned_spans.fetch_sub(1, std::memory_order_relaxed);
        h->pinned_bytes.fetch_sub(s->bytes(), std::memory_order_relaxed);
      }
      unlink_span(h, s);
      map::set_entries(align_down(s->start, map::kPage), 1, 0);
      uncharge_span(h, s->bytes());
    }
    os::forget(s->bytes());
    pages::heap_of(s).free_gone(s);
    s = next;
  }
  if (h->opt.fork_mode == 2) h->slab_bytes.store(0, std::memory_order_relaxed);
  if (h->kind == kKindHuge) {
    h->backing_bytes[pages::kBase].store(0, std::memory_order_relaxed);
    h->backing_bytes[pages::kThp].store(0, std::memory_order_relaxed);
  }
}

}  // namespace akit::heap
