// Slabs of nodes: where they come from, how they are cut into runs, and when they leave.
#include <errno.h>

#include "cache/meta.h"
#include "heap/nodes_part.h"
#include "os/sanitizer.h"

namespace akit::heap {
namespace {

constexpr std::size_t kLargestRun = 256 * 1024, kMostDoubled = std::size_t{4} << 20, kHugeSlab = std::size_t{2} << 20, kFallback = 64 * 1024;

std::size_t record_bytes(std::size_t bytes) { return sizeof(NodeSlab) + (bytes / map::kPage + 63) / 64 * 8; }

bool starts_at(const NodeSlab* s, std::size_t page) { return (s->starts[page / 64] >> (page % 64)) & 1; }

// f(class, first block, blocks, bytes) of each run of a slab. Blocks of the current run that were never out are not among them.
template <class F>
void each_run(Nodes* n, const NodeSlab* s, F f) {
  std::size_t pages = s->pos / map::kPage;
  for (std::size_t i = 0; i < pages;) {
    std::uintptr_t base = s->base + i * map::kPage;
    std::size_t k = i + 1;
    while (k < pages && !starts_at(s, k)) ++k;
    unsigned c = (map::entry_of(base) & 0xff) - 1;
    if (starts_at(s, i) && c < n->count) {
      NodeClass& cls = n->classes()[c];
      std::uintptr_t first = first_block(cls, base);
      f(cls, first, first == cls.run ? cut_in_run(cls) : (s->base + k * map::kPage - first) / cls.stride, (k - i) * map::kPage);
    }
    i = k;
  }
}

bool any_out(Nodes* n, const NodeSlab* s) {
  bool out = false;
  each_run(n, s, [&](const NodeClass& c, std::uintptr_t base, std::uint64_t blocks, std::size_t) {
    for (std::uint64_t i = 0; i < blocks && !out; ++i) out = !is_free(n, base + i * c.stride);
  });
  return out;
}

// A bound that is nearly reached is told once, until there is room again.
void warn(Heap* h, Nodes* n) {
  std::uint64_t bound = h->opt.limit_bytes, now = h->mapped.load(std::memory_order_relaxed);
  NodeSlab* only = h->opt.memory || h->opt.exhaust_mode == 1 ? n->slabs : nullptr;
  if (only && only->lent) return;
  if (only) bound = only->bytes, now = only->pos;
  if (bound == kNone || h->opt.warn_percent == ~0u) return;
  bool near = now >= bound / 100 * h->opt.warn_percent;
  if (near && !n->warned) {
    n->warnings = n->warnings + 1;
    event(ENOBUFS, h->stub->id, h->stub);
  }
  n->warned = near;
}

std::size_t next_bytes(const Heap* h, const Nodes* n) {
  std::size_t first = h->opt.slab_bytes, doubled = first << min<std::uint64_t>(n->slab_count, 10);
  return max(first, min(doubled, h->huge_parent ? max(kMostDoubled, kHugeSlab) : kMostDoubled));
}

NodeSlab* take_idle(Nodes* n, std::size_t need) {
  for (NodeSlab** at = &n->idle; *at; at = &(*at)->next)
    if ((*at)->bytes >= need) {
      NodeSlab* s = *at;
      *at = s->next;
      return s;
    }
  return nullptr;
}

// Nothing was freed since slabs were last looked through in vain.
bool fruitless(Nodes* n) {
  std::uint64_t frees = 0;
  for (unsigned i = 0; i < n->count; ++i) frees += n->classes()[i].frees;
  bool same = n->refused && frees == n->frees_at_refusal;
  n->refused = true;
  n->frees_at_refusal = frees;
  return same;
}

NodeSlab* grown(Heap* h, Nodes* n, std::size_t need, int* error) {
  *error = ENOBUFS;
  bool fixed = h->opt.memory || (h->opt.exhaust_mode == 1 && n->slab_count), over_cap = false;
  if (!fixed) {
    *error = ENOMEM;
    for (int turn = 0; turn < 2; ++turn) {
      std::size_t bytes = max(next_bytes(h, n), need);
      for (; over_cap = false, true; bytes = max(bytes / 2 / map::kPage * map::kPage, need)) {
        if (NodeSlab* s = node_slab_new(h, bytes, false, &over_cap)) return s;
        if (!over_cap || bytes == need) break;
      }
      if (!over_cap || turn || fruitless(n) || !node_slabs_leave(h)) break;
    }
    if (over_cap) h->limit_hits.fetch_add(1, std::memory_order_relaxed);
  }
  return h->opt.exhaust_mode == 2 ? node_slab_new(h, max(max<std::size_t>(h->opt.slab_bytes, kFallback), need), true, &over_cap) : nullptr;
}

std::uintptr_t place_in(const NodeSlab* s, const Nodes* n) { return align_up(s->base + s->pos, max<std::size_t>(n->alignment, map::kPage)); }

bool has_room(const NodeSlab* s, const Nodes* n, const NodeClass& c) { return place_in(s, n) + c.least <= s->base + s->bytes; }

void put_in_use(Heap* h, Nodes* n, NodeSlab* s) {
  os::Guard g(h->spans_lock);
  s->next = n->slabs;
  n->slabs = s;
}

}  // namespace

NodeSlab* node_slab_new(Heap* h, std::size_t bytes, bool lent, bool* over_cap) {
  Nodes* n = h->nodes;
  std::size_t alignment = n->alignment > os::page_size() ? n->alignment : 0;
  bytes = align_up(h->huge_parent ? max(bytes, kHugeSlab) : bytes, os::page_size());
  BlockRequest r{bytes, alignment, 0, false, false};
  r.beyond_cap = lent;
  Span* s = h->huge_parent && !lent ? huge_block_new(h, h->huge_parent, {bytes, alignment, false, false}, over_cap) : block_new(h, r, over_cap);
  if (!s) return nullptr;
  bytes = min<std::size_t>(s->bytes(), kLargestNodeSlab);
  auto* slab = static_cast<NodeSlab*>(meta::get(record_bytes(bytes)));
  if (!slab || !map::cover(s->base, bytes, false, false)) {
    if (slab) meta::put(slab, record_bytes(bytes));
    block_free(h, s, 0);
    return nullptr;
  }
  *slab = {nullptr, s, s->base, bytes, 0, s->zero, lent, reinterpret_cast<std::uint64_t*>(slab + 1)};
  s->zero = false;
  node_slab_blank(h, slab);
  n->slab_count = n->slab_count + 1;
  n->slab_bytes = n->slab_bytes + bytes;
  return slab;
}

// Nobody else's business: the tools would take it for a use of memory that is free, or a race.
__attribute__((noinline, no_sanitize_address, no_sanitize_thread)) bool is_free(const Nodes* n, std::uintptr_t a) {
  return mark_in(a) == (a ^ n->mark);
}

std::uintptr_t first_block(const NodeClass& c, std::uintptr_t run_start) {
  return c.stride > kFarStride ? run_start : (run_start + c.stride - 1) / c.stride * c.stride;
}

void node_slab_blank(Heap* h, NodeSlab* s) {
  __builtin_memset(s->starts, 0, (s->bytes / map::kPage + 63) / 64 * 8);
  map::set_entries(s->base, s->bytes / map::kPage, h->owner << map::kOwnerShift);
  s->pos = 0;
  if (h->watch & kWatchTool) san::on_fresh(reinterpret_cast<void*>(s->base), s->bytes);
}

void node_slab_forget(NodeSlab* s) {
  map::set_entries(s->base, s->bytes / map::kPage, 0);
  meta::put(s, record_bytes(s->bytes));
}

void node_slab_end(Heap* h, NodeSlab* s) {
  Nodes* n = h->nodes;
  n->slab_count = n->slab_count - 1;
  n->slab_bytes = n->slab_bytes - s->bytes;
  Span* span = s->span;
  if (h->watch & kWatchTool) san::on_release(reinterpret_cast<void*>(s->base), s->bytes);
  node_slab_forget(s);
  block_free(h, span, os::now_coarse_ns());
}

bool run_new(Heap* h, Nodes* n, NodeClass& c, int* error) {
  std::size_t need = c.least + (n->alignment > map::kPage ? n->alignment : 0);
  NodeSlab* s = n->slabs;
  if (!s || !has_room(s, n, c)) {
    s = take_idle(n, need);
    if (!s) s = grown(h, n, align_up(need, os::page_size()), error);
    if (!s) return false;
    if (!has_room(s, n, c)) __builtin_unreachable();  // runs were given room for their alignment
    put_in_use(h, n, s);
  }
  std::uintptr_t at = place_in(s, n);
  std::size_t most = s->base + s->bytes - at, want = min<std::size_t>(max<std::size_t>(c.run_bytes / 4, c.least), max(kLargestRun, c.least));
  std::size_t unit = c.stride > kFarStride ? c.least : map::kPage, bytes = min(want, most) / unit * unit, first = (at - s->base) / map::kPage;
  c.peak = peak_of(c);
  c.cut = cut_of(c);
  c.run = first_block(c, at);
  c.runs = c.runs + 1;
  c.run_bytes = c.run_bytes + bytes;
  {
    os::Guard g(h->spans_lock);  // anybody may ask what lies at an address
    s->starts[first / 64] |= std::uint64_t{1} << (first % 64);
    s->pos = at + bytes - s->base;
  }
  map::set_entries(at, 1, c.pages);
  c.fresh = c.run;
  c.uncut = 0;
  c.run_end = c.fresh + (at + bytes - c.fresh) / c.stride * c.stride;
  c.lent = s->lent;
  c.zero = s->zero;
  n->refused = false;
  warn(h, n);
  return true;
}

void know_leaf(Nodes* n, std::uintptr_t a) {
  n->leaf_number = a >> map::kLeafShift;
  n->leaf = map::leaf_of(a);
}

static void mark_free(Nodes* n, std::uintptr_t a) {
  if (n->watched) san::on_release(reinterpret_cast<void*>(a), kNodeWords);
  mark_in(a) = a ^ n->mark;
  if (n->watched) san::on_fresh(reinterpret_cast<void*>(a), kNodeWords);
}

// A page's worth of blocks, so that pages are touched as they are used. What is marked as free is found when
// somebody frees it who had it before a reset.
bool open_more(Nodes* n, NodeClass& c) {
  std::uintptr_t first = c.fresh, end = c.run_end, at = first;
  if (first == end) return false;
  if (first >> map::kLeafShift != n->leaf_number) know_leaf(n, first);
  std::uintptr_t stop = align_down(first, map::kPage) + map::kPage;
  for (; at < end && (at < stop || at == first); at += c.stride) mark_free(n, at);
  // What is left behind the last one looks like the start of a block.
  if (at == end && at < stop) mark_free(n, at);
  map::set_entries(align_down(first, map::kPage), 1, c.pages);
  c.uncut = c.lent ? c.stride : static_cast<std::uint32_t>(at - first);
  return true;
}

NodeBlock node_around(Nodes* n, std::uintptr_t a) {
  NodeBlock none{nullptr, nullptr, 0};
  for (NodeSlab* s = n->slabs; s; s = s->next) {
    if (a - s->base >= s->pos) continue;
    std::size_t page = (a - s->base) / map::kPage;
    while (page > 0 && !starts_at(s, page)) --page;
    unsigned c = (map::entry_of(s->base + page * map::kPage) & 0xff) - 1;
    if (c >= n->count) return none;
    NodeClass& cls = n->classes()[c];
    std::uintptr_t first = first_block(cls, s->base + page * map::kPage);
    if (a < first) return none;
    std::uintptr_t base = first + (a - first) / cls.stride * cls.stride;
    if (first == cls.run) return base < first + cut_in_run(cls) * cls.stride ? NodeBlock{s, &cls, base} : none;
    // What is left behind the last block belongs to none.
    std::size_t last = page + 1;
    while (last * map::kPage < s->pos && !starts_at(s, last)) ++last;
    return base + cls.stride <= s->base + last * map::kPage ? NodeBlock{s, &cls, base} : none;
  }
  return none;
}

void relist(Nodes* n) {
  for (unsigned i = 0; i < n->count; ++i) {
    NodeClass& c = n->classes()[i];
    std::uint64_t before = cut_of(c);
    c.peak = max<std::uint64_t>(c.peak, before);
    if (map::entry_of(c.run) != c.pages) c.run = c.fresh = c.run_end = 0, c.uncut = 0;
    forget_free(n, c);
    c.cut = c.runs = c.run_bytes = 0;
    c.lost = c.lost + before;
  }
  for (NodeSlab* s = n->slabs; s; s = s->next)
    each_run(n, s, [&](NodeClass& c, std::uintptr_t base, std::uint64_t blocks, std::size_t bytes) {
      for (std::uint64_t i = blocks; i-- > 0;)
        if (std::uintptr_t a = base + i * c.stride; is_free(n, a)) {
          if (n->watched) san::on_release(reinterpret_cast<void*>(a), kNodeWords);
          push(n, c, a);
          if (n->watched) san::on_fresh(reinterpret_cast<void*>(a), kNodeWords);
        }
      c.runs = c.runs + 1;
      c.run_bytes = c.run_bytes + bytes;
      c.lost = c.lost - blocks;
      if (base != c.run) c.cut = c.cut + blocks;
    });
}

std::uint64_t node_slabs_leave(Heap* h) {
  Nodes* n = h->nodes;
  if (h->opt.memory || h->opt.exhaust_mode == 1) return 0;
  NodeSlab* gone = nullptr;
  bool cut = false;
  {
    os::Guard g(h->spans_lock);
    for (NodeSlab** at = &n->slabs; *at;) {
      NodeSlab* s = *at;
      if (any_out(n, s)) {
        at = &s->next;
        continue;
      }
      *at = s->next;
      s->next = gone;
      gone = s;
      cut = true;
    }
  }
  for (NodeSlab* s = gone; s; s = s->next) map::set_entries(s->base, s->bytes / map::kPage, 0);
  if (cut) relist(n);
  while (NodeSlab* s = n->idle) {
    n->idle = s->next;
    s->next = gone;
    gone = s;
  }
  std::uint64_t bytes = 0;
  while (NodeSlab* s = gone) {
    gone = s->next;
    bytes += s->bytes;
    node_slab_end(h, s);
  }
  return bytes;
}

}  // namespace akit::heap
