// The page heap over sources that count and refuse.
#include <gtest/gtest.h>

#include <vector>

#include "core.h"
#include "pages/page_heap_impl.h"

using namespace akit;
using namespace akit::pages;

namespace {

constexpr std::uint64_t kNever = kNone;
using Counted = PageHeap<os::Counting<os::SystemPages>>;
using Refused = PageHeap<os::Failing<os::SystemPages>>;

std::uint64_t every_free_byte(const HeapCounters& c) { return c.dirty_bytes + c.clean_bytes + c.gone_bytes; }

struct Heap : testing::Test {
  // Static, because its free ranges stay in the address map; an index of its own, so that no other
  // heap takes them for neighbours.
  static Counted& fresh() {
    static Counted heaps[40];
    static std::uint8_t used = 0;
    heaps[used].configure(static_cast<std::uint8_t>(100 + used), {});
    return heaps[used++];
  }
  Counted& heap = fresh();
};

bool apart(const std::vector<Span*>& all) {
  for (Span* a : all)
    for (Span* b : all)
      if (a != b && a->base < b->end() && b->base < a->end()) return false;
  return true;
}

}  // namespace

TEST_F(Heap, SpansAreAlignedAndApart) {
  std::vector<Span*> all;
  for (std::size_t pages = 1; pages < 300; pages += 7)
    for (std::size_t alignment : {std::size_t{0}, std::size_t{65536}, std::size_t{2} << 20}) {
      Span* s = heap.alloc(pages, alignment, false);
      ASSERT_TRUE(s);
      EXPECT_EQ(s->pages, pages);
      EXPECT_EQ(s->base % max<std::size_t>(alignment, 4096), 0u);
      EXPECT_EQ(span_at(s->base), s);
      EXPECT_EQ(span_at(s->end() - 1), s);
      all.push_back(s);
    }
  EXPECT_TRUE(apart(all));
  for (Span* s : all) heap.free(s, kNever);
}

TEST_F(Heap, NeighboursMerge) {
  Span* a = heap.alloc(1024, 0, false);
  std::uintptr_t base = a->base;
  heap.free(a, kNever);
  std::vector<Span*> parts;
  for (int i = 0; i < 8; ++i) parts.push_back(heap.alloc(128, 0, false));
  for (int i : {3, 0, 7, 1, 5, 2, 6, 4}) heap.free(parts[static_cast<std::size_t>(i)], kNever);
  Span* again = heap.alloc(1024, 0, false);
  EXPECT_EQ(again->base, base);
  heap.free(again, kNever);
}

TEST_F(Heap, DirtyBeforeCleanUnlessZeroIsWanted) {
  Span* a = heap.alloc(16, 0, false);
  std::uintptr_t base = a->base;
  EXPECT_TRUE(a->zero);
  heap.free(a, kNever);
  EXPECT_EQ(heap.counters.dirty_bytes, 16u * 4096);
  Span* zero = heap.alloc(16, 0, true);
  EXPECT_NE(zero->base, base);
  EXPECT_TRUE(zero->zero);
  Span* any = heap.alloc(16, 0, false);
  EXPECT_EQ(any->base, base);
  EXPECT_FALSE(any->zero);
  heap.free(zero, kNever);
  heap.free(any, kNever);
}

TEST_F(Heap, PurgeFollowsDeadlinesAndBudget) {
  std::vector<Span*> held;
  Span* at[4];
  for (Span*& s : at) {
    s = heap.alloc(16, 0, false);
    std::memset(s->memory(), 1, s->bytes());
    held.push_back(heap.alloc(1, 0, false));  // keeps neighbours from merging
  }
  for (std::uint64_t i = 0; i < 4; ++i) heap.free(at[i], 100 * (i + 1));
  EXPECT_EQ(heap.next_deadline(), 100u);
  EXPECT_EQ(heap.purge(99, kNone), 0u);
  EXPECT_EQ(heap.purge(200, kNone), 2 * 65536u);
  EXPECT_EQ(heap.next_deadline(), 300u);
  EXPECT_EQ(heap.purge(200, 65536), 65536u);  // more than its budget is dirty: the oldest goes early
  EXPECT_EQ(heap.counters.dirty_bytes, 65536u);
  EXPECT_EQ(heap.purge(kNever - 1, 0), 65536u);
  EXPECT_EQ(heap.next_deadline(), kNever);
  Span* again = heap.alloc(16, 0, true);
  EXPECT_TRUE(core::all_zero(again->memory(), again->bytes()));
  heap.free(again, kNever);
  for (Span* s : held) heap.free(s, kNever);
}

TEST_F(Heap, LargeRangesLeaveAndComeBack) {
  Span* s = heap.alloc(std::size_t{64} << 8, 0, false);  // 64 MiB
  std::uintptr_t base = s->base;
  heap.free(s, 1);
  heap.purge(kNever - 1, 0);
  EXPECT_GE(heap.counters.gone_bytes, std::size_t{64} << 20);
  EXPECT_GE(heap.counters.unmaps, 1u);
  s = heap.alloc(std::size_t{64} << 8, 0, false);
  EXPECT_EQ(s->base, base);  // the same addresses, mapped again
  *static_cast<char*>(s->memory()) = 1;
  heap.free(s, kNever);
}

TEST_F(Heap, ShrinkAndExtend) {
  Span* s = heap.alloc(100, 0, false);
  heap.shrink(s, 40, kNever);
  EXPECT_EQ(s->pages, 40u);
  EXPECT_EQ(span_at(s->end() - 1), s);
  EXPECT_TRUE(heap.extend(s, 90));
  EXPECT_EQ(s->pages, 90u);
  EXPECT_EQ(span_at(s->end() - 1), s);
  Span* next = heap.alloc(10, 0, false);
  EXPECT_EQ(next->base, s->end());
  EXPECT_FALSE(heap.extend(s, 100));
  EXPECT_EQ(s->pages, 90u);
  heap.free(s, kNever);
  heap.free(next, kNever);
}

TEST_F(Heap, UnmapFreeLeavesNothingMapped) {
  std::vector<Span*> all;
  for (std::size_t i = 1; i < 60; ++i) all.push_back(heap.alloc(i, 0, false));
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % 2) {
      heap.free(all[i], kNever);
    } else {
      used += all[i]->bytes();
    }
  heap.unmap_free();
  EXPECT_EQ(heap.counters.dirty_bytes + heap.counters.clean_bytes, 0u);
  for (std::size_t i = 0; i < all.size(); i += 2) {
    std::memset(all[i]->memory(), 1, all[i]->bytes());
    heap.free(all[i], kNever);
  }
  EXPECT_EQ(heap.counters.dirty_bytes, used);
}

TEST_F(Heap, RandomLoadKeepsItsBooks) {
  std::vector<Span*> live;
  std::uint64_t s = 7, in_use = 0;
  auto below = [&](std::uint64_t n) {
    s = s * 6364136223846793005u + 1442695040888963407u;
    return (s >> 33) % n;
  };
  for (unsigned i = 0; i < 20000; ++i) {
    if (live.size() > 100 || (!live.empty() && below(2))) {
      std::size_t k = below(live.size());
      in_use -= live[k]->bytes();
      heap.free(live[k], below(1000));
      live[k] = live.back();
      live.pop_back();
    } else {
      Span* p = heap.alloc(1 + below(below(20) ? 60 : 2000), std::size_t{4096} << below(6), below(2));
      ASSERT_TRUE(p);
      in_use += p->bytes();
      live.push_back(p);
    }
    if (below(200) == 0) heap.purge(below(1000), kNone);
    if (below(3000) == 0) heap.unmap_free();
  }
  ASSERT_TRUE(apart(live));
  for (Span* p : live) heap.free(p, 0);
  heap.purge(kNever - 1, 0);
  EXPECT_EQ(heap.counters.dirty_bytes, 0u);
  EXPECT_GE(every_free_byte(heap.counters), in_use);
}

TEST(RefusedHeap, AnswersNullAndGoesOn) {
  for (std::uint64_t nth = 1; nth <= 4; ++nth) {
    static Refused heaps[5]{Refused(os::Failing<os::SystemPages>(0)), Refused(os::Failing<os::SystemPages>(1)), Refused(os::Failing<os::SystemPages>(2)),
                            Refused(os::Failing<os::SystemPages>(3)), Refused(os::Failing<os::SystemPages>(4))};
    Refused& heap = heaps[nth];
    heap.configure(static_cast<std::uint8_t>(200 + nth), {});
    std::vector<Span*> got;
    for (int i = 0; i < 6; ++i)
      if (Span* s = heap.alloc(std::size_t{8} << 8, 0, false)) got.push_back(s);
    // Each large request is one mapping, asked for once, so exactly one is refused.
    EXPECT_EQ(got.size(), 5u) << nth;
    for (Span* s : got) heap.free(s, 0);
  }
}
