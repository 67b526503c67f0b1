// Rings: their area and books, and what is out of them.
#include "heap/ring_part.h"

#include "cache/meta.h"
#include "heap/heap.h"
#include "os/sanitizer.h"

namespace akit::heap {
namespace {

constinit Ring* spare_rings = nullptr;  // under registry_lock

constexpr std::size_t kTwoMiB = std::size_t{2} << 20;
static_assert(sizeof(Ring) <= meta::kLargest);

Ring* ring_new() {
  Ring* r = spare_rings;
  if (r)
    spare_rings = r->next_spare;
  else if (!(r = static_cast<Ring*>(meta::get(sizeof(Ring)))))
    return nullptr;
  __builtin_memset(static_cast<void*>(r), 0, sizeof *r);
  return r;
}

bool books_new(Heap* h, Ring* r) {
  std::size_t blocks = std::size_t{r->block_count} * sizeof(RingBlock), bytes = align_up(blocks + r->granules * sizeof(Cell), os::page_size());
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
  r->books = s->memory();
  r->books_bytes = s->bytes();
  r->blocks = static_cast<RingBlock*>(r->books);
  r->cells = reinterpret_cast<Cell*>(static_cast<char*>(r->books) + blocks);
  return true;
}

// Where nothing else lies on its huge pages: a ring is registered as a whole.
Span* area_new(Heap* h) {
  const Options& o = h->opt;
  bool lent = h->region_parent || h->huge_parent, large = o.capacity_bytes >= kTwoMiB && !lent, over_cap = false;
  std::size_t size = large ? align_up(o.capacity_bytes, kTwoMiB) : o.capacity_bytes;
  std::size_t alignment = max<std::size_t>(o.alignment, large ? kTwoMiB : 0);
  if (alignment < os::page_size()) alignment = 0;
  if (h->huge_parent) return huge_block_new(h, h->huge_parent, {size, alignment, false, false}, &over_cap);
  return block_new(h, {size, alignment, 0, false, false}, &over_cap);
}

void take_span(Heap* h, Span* s) {
  h->ring->base = s->start;
  std::size_t bytes = min<std::size_t>(h->opt.prefault_bytes == kNone ? 0 : h->opt.prefault_bytes, h->opt.capacity_bytes);
  bytes = align_up(bytes, os::page_size());
  if (bytes && os::advise(s->memory(), bytes, os::Advice::kPopulate) == 0) h->prefaulted.fetch_add(bytes, std::memory_order_relaxed);
}

Span* area_of(const Heap* h) { return h->opt.memory ? nullptr : static_cast<Span*>(h->spans); }

std::uint64_t released(const Ring* r) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0, n = min<std::uint32_t>(r->fresh, r->block_count); i < n; ++i) sum += back_in_lap(r->blocks[i]);
  return sum;
}

std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a - min(a, b); }

// How many slices were acquired since the oldest one that is out; ordered. The producer may go on meanwhile.
std::uint64_t oldest_in_order(const Ring* r) {
  std::uint64_t tail = r->tail, at = tail & (kMostGranules - 1), passed = 0, in = slices_between(tail >> 28, r->acquired);
  for (; passed < in; ++passed) {
    if (at >= r->granules) at = 0;
    Cell c = __atomic_load_n(&r->cells[at], __ATOMIC_RELAXED);
    if (c == 0 && at != 0) {
      at = 0;
      c = __atomic_load_n(&r->cells[0], __ATOMIC_RELAXED);
    }
    if ((c & 0xff) || c == 0) break;
    at += stride_of(r, ring_length(r, at));
  }
  return in - passed;
}

}  // namespace

void ring_begin(Ring* r) {
  r->fresh = 1;
  r->current = 0;
  r->blocks[0].started = r->acquired;
  r->held = r->held_last = kNoBlock;
  r->left = r->hidden = r->run = r->coloured = 0;  // the first acquire begins a run
  r->end = r->base;
  r->cell_end = r->cells;
  r->producer = 0;
}

bool ring_open(Heap* h) {
  Ring* r = ring_new();
  if (!r) return false;
  const Options& o = h->opt;
  r->shift = r->own_shift = log2_floor(o.alignment);
  r->mask = o.alignment - 1;
  r->granules = o.capacity_bytes >> r->shift;
  r->ordered = o.order == 1;
  r->largest = o.block_bytes >> r->shift;
  r->block_granules = static_cast<std::uint32_t>(r->ordered ? r->granules : r->largest);
  r->block_count = static_cast<std::uint32_t>(r->granules / r->block_granules);
  r->magic = r->ordered ? 0 : ((std::uint64_t{1} << 63) + r->block_granules - 1) / r->block_granules;
  r->colour = o.colour_bytes >> r->shift;
  r->colour_mask = max<std::uint64_t>(4096 >> min(r->shift, 12u), 1) - 1;
  r->plain = !(h->watch & (kWatchExact | kWatchZeroFree | kWatchTool)) && !san::tsan() && os::membarrier_available();
  r->veiled = (h->watch & (kWatchZeroAlloc | kWatchTool)) || r->colour;
  r->room = kGuards;
  h->ring = r;
  if (!books_new(h, r) || !ring_area(h)) {
    ring_close(h);
    return false;
  }
  ring_begin(r);
  return true;
}

bool ring_area(Heap* h) {
  if (h->opt.memory) {
    h->ring->base = align_up(reinterpret_cast<std::uintptr_t>(h->opt.memory), h->opt.alignment);
  } else {
    Span* s = area_new(h);
    if (!s) return false;
    take_span(h, s);
  }
  if (h->watch & kWatchTool) san::on_fresh(reinterpret_cast<void*>(h->ring->base), h->opt.capacity_bytes);
  return true;
}

void ring_close(Heap* h) {
  Ring* r = h->ring;
  if (!r) return;
  if (r->base && h->opt.memory && (h->watch & kWatchTool)) san::on_release(reinterpret_cast<void*>(r->base), h->opt.capacity_bytes);
  if (r->books) {
    Span* s = pages::span_at(reinterpret_cast<std::uintptr_t>(r->books));
    uncharge(h, s->bytes());
    pages::free_span(s, 0);
  }
  h->ring = nullptr;
  r->next_spare = spare_rings;
  spare_rings = r;
}

bool ring_is_back(Ring* r) {
  std::uint64_t came_back = r->back_slices + slices_of(released(r));
  r->waiting = less(r->acquired, came_back);
  return r->waiting == 0;
}

// A release that found the ring open ends within nanoseconds, and then looks whether it still is; the barrier
// makes sure that either it sees it is not, or its work is seen here.
void ring_drain(Ring* r) {
  if (r->plain && !ring_is_back(r)) os::membarrier();
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

namespace {

// The area was not copied: nothing is out, and the next acquire makes a new one.
void forget(Heap* h, Span* s) {
  Ring* r = h->ring;
  if (s->page_shift) {
    huge_block_forget(h, s);
  } else {
    unlink_span(h, s);
    map::set_entries(align_down(s->start, map::kPage), 1, 0);
    uncharge_of(h, s, s->bytes());
    os::forget(s->bytes());
    pages::heap_of(s).free_gone(s);
  }
  std::uint64_t none = r->acquired;
  r->closed = acquired_granules(r);
  r->back_slices = none;
  r->back_granules = r->closed;
  r->room = kGuards | (r->peak_slices << kSliceShift) | r->peak_granules;
  if (os::discard(r->books, r->books_bytes) != 0) __builtin_memset(r->books, 0, r->books_bytes);
  r->tail = none << 28;
  r->tail_slices = none;
  r->tail_granules = r->closed;
  r->wrapped = false;
  r->padding = 0;
  r->barren = false;
  r->order_at = r->tail;
  r->base = 0;
  r->granules = 0;
  r->gone = true;
  ring_begin(r);
}

// The producer may have been another thread, in the middle of a change of blocks: every one but the current
// is on the list again, and those with nothing out serve at once.
void relink(Ring* r) {
  r->held = r->held_last = kNoBlock;
  if (r->ordered) return;
  r->blocks[r->current].lap = 0;
  for (std::uint32_t i = 0, n = min<std::uint32_t>(r->fresh, r->block_count); i < n; ++i) {
    if (i == r->current) continue;
    r->blocks[i].next = kNoBlock;
    (r->held == kNoBlock ? r->held : r->blocks[r->held_last].next) = i;
    r->held_last = i;
  }
}

}  // namespace

void ring_forked(Heap* h) {
  Ring* r = h->ring;
  Span* s = area_of(h);
  r->order_lock.reset();
  r->busy.store(0, std::memory_order_relaxed);
  bool gone = s && (s->page_shift ? !h->huge_parent->opt.copy_asked : s->unforked || pages::heap_of(s).kind().fork == 1);
  // The child's area is not registered.
  r->pins = 0;
  h->pinned_spans.store(0, std::memory_order_relaxed);
  h->pinned_bytes.store(0, std::memory_order_relaxed);
  if (s) s->pins = 0, s->unforked = false;
  gone ? forget(h, s) : relink(r);
}

RingSum ring_sum(const Ring* r) {
  RingSum s{};
  std::uint64_t sum = 0, held_granules = 0, now = r->acquired;
  std::uint32_t n = min<std::uint32_t>(r->fresh, r->block_count);
  for (std::uint32_t i = 0; i < n; ++i) {
    const RingBlock& b = r->blocks[i];
    std::uint64_t d = back_in_lap(b), lap = b.lap;
    sum += d;
    if (r->ordered || i == r->current || lap == 0 || granules_of(d) >= granules_of(lap)) continue;
    ++s.held;
    held_granules += r->block_granules;
    s.padding += b.padding;
    s.oldest = max(s.oldest, less(now, b.started));
  }
  s.back_slices = r->back_slices + slices_of(sum);
  s.out_slices = less(now, s.back_slices);
  s.out_granules = less(acquired_granules(r), r->back_granules + granules_of(sum));
  if (r->ordered) {
    s.held = s.out_slices != 0;
    s.oldest = s.out_slices ? oldest_in_order(r) : 0;
    s.padding = s.out_slices ? static_cast<std::uint64_t>(r->padding) : 0;
    s.free_granules = s.out_slices ? less(r->granules, less(acquired_granules(r), r->tail_granules) + s.padding) : r->granules;
  } else {
    const RingBlock& cur = r->blocks[r->current];
    bool empty = slices_of(back_in_lap(cur)) >= less(now, cur.started);
    std::uint64_t run = r->run, begun = empty ? 0 : run - min(run, left_of(r));
    if (!empty) s.padding += r->coloured;
    s.free_granules = less(r->granules, held_granules + begun);
  }
  return s;
}

}  // namespace akit::heap
