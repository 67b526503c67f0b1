// Handles of nodes: their classes, the memory they begin with, and their end.
#include "heap/nodes_part.h"

#include "os/sanitizer.h"

namespace akit::heap {
namespace {

constexpr map::Entry kNoPage = ~map::Entry{0};

// Up to a stride is lost before the first block and behind the last one of a run.
std::size_t least_run(std::size_t stride) {
  if (stride <= kFarStride) return align_up(4 * stride, map::kPage);
  std::size_t first = align_up(stride, map::kPage), best = first;
  for (std::size_t n = first; n < first + 8 * map::kPage; n += map::kPage) {
    if (n % stride * 8 <= n) return n;
    if (n % stride * best < best % stride * n) best = n;
  }
  return best;
}

// x is a multiple of `stride` exactly when x * inverse, rotated, is at most `most`.
void set_divisor(NodeClass& c) {
  c.rotate = lowest_bit(c.stride);
  std::uint64_t odd = c.stride >> c.rotate, inverse = odd;
  for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
  c.inverse = inverse;
  c.most = ~std::uint64_t{0} / c.stride;
}

void add_class(Heap* h, Nodes* n, std::size_t bytes, std::size_t alignment, std::uint64_t capacity) {
  NodeClass& c = n->classes()[n->count++];
  c.stride = static_cast<std::uint32_t>(align_up(bytes, alignment));
  c.capacity = static_cast<std::uint32_t>(capacity);
  c.least = least_run(c.stride);
  c.pages = entry_for(h, n->count);
  forget_free(n, c);
  c.entry = c.stride > kFarStride ? kNoPage : c.pages;
  set_divisor(c);
  n->largest = max(n->largest, c.least);
}

std::uint64_t secret(const void* p) {
  std::uint64_t z = (os::now_ns() ^ reinterpret_cast<std::uintptr_t>(p) << 20 ^ reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))) * 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 32) * 0xBF58476D1CE4E5B9u;
  return z ^ z >> 29;
}

// The caller's memory is one slab, which is there from the beginning.
bool adopt(Heap* h, Nodes* n) {
  std::uintptr_t first = align_up(reinterpret_cast<std::uintptr_t>(h->opt.memory), max<std::size_t>(n->alignment, map::kPage));
  std::uintptr_t end = align_down(reinterpret_cast<std::uintptr_t>(h->opt.memory) + h->opt.memory_bytes, map::kPage);
  std::size_t bytes = min<std::size_t>(end - first, kLargestNodeSlab);
  if (!map::cover(first, bytes, false, false)) return false;
  NodeSlab* s = n->idle;
  s->base = first;
  s->bytes = bytes;
  node_slab_blank(h, s);
  n->slab_count = 1;
  n->slab_bytes = bytes;
  return true;
}

bool prefault(Heap* h, Nodes* n) {
  std::uint64_t want = h->opt.prefault_bytes == kNone ? 0 : h->opt.prefault_bytes;
  if (h->opt.memory || want > h->opt.limit_bytes) return true;
  while (want) {
    bool over_cap = false;
    std::size_t bytes = max<std::size_t>(min<std::size_t>(want, kLargestNodeSlab), max<std::size_t>(h->opt.slab_bytes, align_up(n->largest + n->alignment, os::page_size())));
    NodeSlab* s = node_slab_new(h, bytes, false, &over_cap);
    if (!s) return h->opt.exhaust_mode == 1 && n->slab_count ? true : over_cap;
    s->next = n->idle;
    n->idle = s;
    bytes = min<std::size_t>(want, s->bytes);
    if (os::advise(reinterpret_cast<void*>(s->base), align_up(bytes, os::page_size()), os::Advice::kPopulate) == 0) h->prefaulted.fetch_add(bytes, std::memory_order_relaxed);
    want -= bytes;
    if (h->opt.exhaust_mode == 1) break;
  }
  return true;
}

std::size_t book_bytes(const Options& o) {
  std::size_t classes = 1 + (o.element_bytes ? (o.max_elements + o.capacity_step - 1) / o.capacity_step : 0);
  std::size_t record = o.memory ? sizeof(NodeSlab) + (min<std::uint64_t>(o.memory_bytes, kLargestNodeSlab) / map::kPage + 64) / 64 * 8 : 0;
  return align_up(sizeof(Nodes) + classes * sizeof(NodeClass) + record, os::page_size());
}

}  // namespace

bool nodes_open(Heap* h) {
  const Options& o = h->opt;
  std::size_t bytes = book_bytes(o);
  if (!charge(h, bytes)) return false;
  Span* s = pages::alloc_span(pages::kInternal, bytes >> map::kPageShift, 4096, true);
  if (!s) {
    uncharge(h, bytes);
    return false;
  }
  s->role = pages::Role::kInternal;
  if (!s->zero) __builtin_memset(s->memory(), 0, bytes);
  s->zero = false;
  h->metadata.fetch_add(bytes, std::memory_order_relaxed);
  auto* n = static_cast<Nodes*>(s->memory());
  h->nodes = n;
  n->key = secret(n);
  n->mark = secret(&n->mark);
  n->no_address = 0xffff00000000000f;
  n->leaf_number = ~std::uintptr_t{0};
  n->watched = (h->watch & (kWatchZeroAlloc | kWatchZeroFree | kWatchTool)) != 0;
  n->self = n->watched ? nullptr : h->stub;
  n->alignment = o.node_alignment > map::kPage ? o.node_alignment : 0;
  add_class(h, n, o.node_bytes, o.node_alignment, 0);
  for (std::uint64_t k = 0; o.element_bytes && k < o.max_elements;) {
    std::uint64_t capacity = min(k + o.capacity_step, o.max_elements);
    add_class(h, n, capacity * o.element_bytes, 16, capacity);
    for (; k < capacity; ++k) n->class_of[k + 1] = static_cast<std::uint8_t>(n->count - 1);
  }
  n->class_of[0] = n->class_of[1];
  if (o.memory) {
    auto* record = reinterpret_cast<NodeSlab*>(n->classes() + n->count);
    record->starts = reinterpret_cast<std::uint64_t*>(record + 1);
    n->idle = record;
  }
  if (o.memory ? adopt(h, n) : prefault(h, n)) return true;
  nodes_clear(h);
  while (h->spans) block_free(h, h->spans, 0);
  nodes_close(h);
  return false;
}

void nodes_clear(Heap* h) {
  Nodes* n = h->nodes;
  h->stub->seats.store(h->inline_seats, std::memory_order_relaxed);
  for (NodeSlab* list : {n->slabs, n->idle})
    while (NodeSlab* s = list) {
      list = s->next;
      void* p = reinterpret_cast<void*>(s->base);
      if (h->watch & kWatchTool) san::on_release(p, s->bytes);
      if (!s->span) {
        if (h->watch & kWatchZeroFree) __builtin_memset(p, 0, s->pos);
        map::set_entries(s->base, s->bytes / map::kPage, 0);
      } else {
        node_slab_forget(s);
      }
    }
  n->slabs = n->idle = nullptr;
}

void nodes_close(Heap* h) {
  if (!h->nodes) return;
  Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(h->nodes));
  uncharge(h, s->bytes());
  h->nodes = nullptr;
  pages::free_span(s, 0);
}

void nodes_forget(Heap* h) {
  Nodes* n = h->nodes;
  auto not_copied = [&](const NodeSlab* slab) {
    const Span* s = slab->span;
    return s && (pages::heap_of(s).kind().fork == 1 || (s->page_shift && !h->huge_parent->opt.copy_asked));
  };
  bool changed = h->opt.fork_mode == 3;  // wiped: so are the links
  for (NodeSlab** at : {&n->slabs, &n->idle})
    while (NodeSlab* slab = *at) {
      if (!not_copied(slab)) {
        at = &slab->next;
        continue;
      }
      *at = slab->next;
      Span* s = slab->span;
      n->slab_count = n->slab_count - 1;
      n->slab_bytes = n->slab_bytes - slab->bytes;
      node_slab_forget(slab);
      if (s->page_shift) {
        huge_block_forget(h, s);
      } else {
        unlink_span(h, s);
        uncharge_of(h, s, s->bytes());
        os::forget(s->bytes());
        pages::heap_of(s).free_gone(s);
      }
      changed = true;
    }
  if (!changed) return;
  std::uint64_t before = nodes_out_bytes(n);
  relist(n);
  if (h->opt.fork_mode == 3) return;  // and which blocks were free
  // Blocks that are cut and on no list are out.
  for (unsigned i = 0; i < n->count; ++i) {
    NodeClass& c = n->classes()[i];
    std::uint64_t listed = 0;
    for (std::uintptr_t a = first_free(n, c); a; a = link_in(a) ^ n->key) ++listed;
    c.frees = c.allocs - (cut_of(c) - listed);
  }
  n->room = n->room + static_cast<std::int64_t>(before - nodes_out_bytes(n));
}

std::uint64_t nodes_out_bytes(const Nodes* n) {
  std::uint64_t bytes = 0;
  for (unsigned i = 0; i < n->count; ++i) bytes += out_of(n->classes()[i]) * n->classes()[i].stride;
  return bytes;
}

}  // namespace akit::heap
