// What a ring proposes. A ring that was large enough knows from its peak. One that refused requests knows how
// many attempts a slice was out, and what was wanted within as many: had it served them all, so much would
// have been out at once.
#include <errno.h>

#include "os/thread.h"
#include "ring/ring.h"

namespace akit::ring {

using namespace heap;

namespace {

using Mark = RingHistory::Mark;

std::uint64_t wanted(const Ring* r) { return acquired_granules(r) + r->history.refused_granules; }

// The value of `of` where `by` was x, between marks in proportion.
std::uint64_t between(const Ring* r, std::uint64_t Mark::*by, std::uint64_t x, std::uint64_t Mark::*of) {
  const RingHistory& t = r->history;
  Mark now{attempts(r), r->acquired, wanted(r)}, before{0, 0, 0};
  unsigned low = 0, high = t.marks;  // the first mark beyond x
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (t.mark[middle].*by > x)
      high = middle;
    else
      low = middle + 1;
  }
  if (low > 0) before = t.mark[low - 1];
  if (low < t.marks) now = t.mark[low];
  std::uint64_t wide = now.*by - before.*by, part = x - min(x, before.*by);
  if (wide == 0) return now.*of;
  return before.*of + static_cast<std::uint64_t>(static_cast<double>(now.*of - before.*of) * static_cast<double>(min(part, wide)) / static_cast<double>(wide));
}

void mark_now(Ring* r) {
  RingHistory& t = r->history;
  std::uint64_t now = attempts(r);
  if (t.marks && now - t.mark[t.marks - 1].attempts < t.step) return;
  if (t.marks == RingHistory::kMarks) {
    // Forget what is older than two lives, or else every second mark.
    std::uint64_t old = t.life ? now - min(now, 2 * t.life) : 0;
    unsigned n = 0, from = 0;
    while (from < t.marks && t.mark[from].attempts < old) ++from;
    bool thin = from < t.marks / 4;
    for (unsigned i = thin ? 1 : from; i < t.marks; i += thin ? 2 : 1) t.mark[n++] = t.mark[i];
    t.marks = n;
    if (thin) t.step *= 2;
  }
  t.step = max<std::uint64_t>(t.step, 1);
  t.mark[t.marks++] = {now, r->acquired, wanted(r)};
}

}  // namespace

std::uint64_t last_attempt(const Ring* r) {
  const RingHistory& t = r->history;
  return t.refused && t.failed_at == r->acquired ? t.last_ok : attempts(r);
}

std::uint64_t attempt_of(const Ring* r, std::uint64_t slice) { return between(r, &Mark::acquired, slice, &Mark::attempts); }

void note_life(Ring* r, std::uint64_t last, bool at_once) {
  std::uint64_t now = attempts(r), age = now - min(now, last);
  RingHistory& t = r->history;
  t.loose = max(t.loose, age);
  if (at_once) t.life = max(t.life, age);
}

void note_refused(Ring* r, std::uint64_t n) {
  RingHistory& t = r->history;
  if (n > kMostGranules) return;  // no ring can be that large
  if (!t.refused || t.failed_at != r->acquired) t.last_ok = attempts(r);
  t.failed_at = r->acquired;
  t.refused = t.refused + 1;
  t.refused_granules = t.refused_granules + n;
  r->longest = max<std::uint64_t>(r->longest, n);
  mark_now(r);
  std::uint64_t life = t.life ? t.life : t.loose, now = attempts(r), before = 0;
  if (life == 0 && r->back_slices) {  // all we know is what was out
    t.need = max<std::uint64_t>(t.need, r->peak_granules + n);
    return;
  }
  if (life && now > life + 1) before = between(r, &Mark::attempts, now - life - 1, &Mark::granules);
  t.need = max<std::uint64_t>(t.need, wanted(r) - min(wanted(r), before));
}

int suggest(akit_ring* ring, Options* out) noexcept {
  Heap* h = checked_heap(stub(ring), kKindRing);
  if (!h) return -EINVAL;
  os::SlowSection section(h->opt.memory ? os::current_or_null() : os::current());
  *out = answered(h);
  const Ring* r = h->ring;
  std::uint64_t seen = attempts(r), longest = r->longest;
  if (seen == 0 || longest == 0) return 0;
  std::uint64_t need = max<std::uint64_t>(max<std::uint64_t>(r->peak_granules, r->history.need), longest);
  bool equal = wanted(r) == seen * longest;
  std::uint64_t slice = longest + (stride_of(r, longest) - longest), block, capacity;
  if (r->colour) need += need / longest * (slice - longest);
  if (r->ordered) {
    block = longest;
    capacity = need + (equal ? 0 : longest);  // the end of the area that no slice fits into
    if (equal) capacity = (need + slice - 1) / slice * slice;
  } else {
    // Blocks that lose little at their ends, and are small against the whole.
    block = max(slice, need / 64 / slice * slice);
    std::uint64_t lost = equal ? 0 : longest / 2;
    if (!equal && block < 8 * slice) block = min(8 * slice, max(slice, need / 24 / slice * slice));
    std::uint64_t blocks = (need + block - lost - 1) / (block - lost);
    capacity = (blocks + (equal && block == slice ? 0 : 2)) * block;
  }
  if (capacity > kMostGranules) return 0;
  out->capacity_bytes = capacity << r->shift;
  out->block_bytes = block << r->shift;
  out->colour_bytes = h->opt.colour_bytes < out->block_bytes ? h->opt.colour_bytes : 0;
  out->prefault_bytes = h->opt.prefault_bytes;
  if (out->memory && out->capacity_bytes > h->opt.memory_bytes) out->memory = nullptr, out->memory_bytes = 0;
  return 0;
}

}  // namespace akit::ring
