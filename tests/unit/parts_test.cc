// Bins, out bits, the address map, metadata pools and locks, one by one.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "cache/out_bits.h"
#include "cache/purger.h"
#include "core.h"
#include "heap/bin_ops.h"

using namespace akit;
using namespace akit::heap;

namespace {

constexpr unsigned kClass = 4;  // 64 bytes

// A cache that belongs to no thread, with two arrays.
struct Bins : testing::Test {
  Heap* h = static_cast<Heap*>(std::aligned_alloc(64, align_up(sizeof(Heap), 64)));
  char* room = static_cast<char*>(std::aligned_alloc(4096, 8192));
  ThreadCache* tc = new (room) ThreadCache;
  void* blocks[300];

  Bins() {
    std::memset(static_cast<void*>(h), 0, sizeof(Heap));
    std::memset(room + 4096, 0, 4096);
    h->opt.thread_cache_bytes = 1 << 20;
    h->kind = kKindTiered;
    tc->heap = h;
    for (auto& b : tc->bin) b.store(cache::poison());
    for (int i = 2; i >= 1; --i) {
      auto* a = reinterpret_cast<Slot*>(room + 4096 + i * 1024);
      a[0].store(tc->arrays);
      tc->arrays = a;
    }
    for (std::size_t i = 0; i < 300; ++i) blocks[i] = reinterpret_cast<void*>(0x200000001000 + i * 64);
  }
  ~Bins() override {
    std::free(room);
    std::free(h);
  }
};

}  // namespace

TEST_F(Bins, PoisonMissesBothWays) {
  EXPECT_EQ(cache::pop(tc, kClass), nullptr);
  EXPECT_FALSE(cache::push(tc, kClass, blocks[0]));
  EXPECT_EQ(cache::bin_count(tc, kClass), 0u);
}

TEST_F(Bins, LastInFirstOutUpToCapacity) {
  ASSERT_TRUE(attach(h, tc, kClass));
  unsigned n = 0;
  while (cache::push(tc, kClass, blocks[n])) ++n;
  EXPECT_EQ(n, tc->capacity[kClass]);
  EXPECT_EQ(n, unsigned{cache::kMaxCapacity});
  EXPECT_EQ(cache::bin_count(tc, kClass), n);
  std::uint64_t gets = tc->gets[kClass];
  for (unsigned i = n; i-- > 0;) EXPECT_EQ(cache::pop(tc, kClass), blocks[i]);
  EXPECT_EQ(cache::pop(tc, kClass), nullptr);
  EXPECT_EQ(tc->gets[kClass] - gets, n);
  EXPECT_EQ(tc->busy.load(), 0u);
}

TEST_F(Bins, TheNewestBlockIsNotTakenTwice) {
  ASSERT_TRUE(attach(h, tc, kClass));
  EXPECT_TRUE(cache::push(tc, kClass, blocks[0]));
  EXPECT_FALSE(cache::push(tc, kClass, blocks[0]));
  EXPECT_TRUE(cache::push(tc, kClass, blocks[1]));
  EXPECT_EQ(cache::bin_count(tc, kClass), 2u);
}

TEST_F(Bins, OldestLeaveFirst) {
  ASSERT_TRUE(attach(h, tc, kClass));
  for (int i = 0; i < 10; ++i) cache::push(tc, kClass, blocks[i]);
  void* out[16];
  ASSERT_EQ(take_oldest(tc, kClass, out, 4), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(out[i], blocks[i]);
  EXPECT_EQ(cache::bin_count(tc, kClass), 6u);
  for (int i = 9; i >= 4; --i) EXPECT_EQ(cache::pop(tc, kClass), blocks[i]);
  EXPECT_EQ(take_oldest(tc, kClass, out, 4), 0u);
  for (int i = 0; i < 3; ++i) cache::push(tc, kClass, blocks[i]);
  EXPECT_EQ(take_oldest(tc, kClass, out, 16), 3u);
  EXPECT_EQ(cache::bin_count(tc, kClass), 0u);
}

TEST_F(Bins, FillPutsTheFirstOnTop) {
  ASSERT_TRUE(attach(h, tc, kClass));
  fill(tc, kClass, blocks, 5);
  EXPECT_EQ(cache::bin_count(tc, kClass), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(cache::pop(tc, kClass), blocks[i]);
}

TEST_F(Bins, WideningKeepsBlocksAndOrder) {
  unsigned c = class_of_size(100000);  // starts narrow
  h->opt.thread_cache_bytes = 1 << 30;
  ASSERT_TRUE(attach(h, tc, c));
  unsigned first = tc->capacity[c], n = 0;
  ASSERT_LT(first, full_capacity(h, c));
  for (;;) {
    while (cache::push(tc, c, blocks[n])) ++n;
    EXPECT_EQ(n, tc->capacity[c]);
    if (!widen(h, tc, c)) break;
  }
  EXPECT_EQ(n, full_capacity(h, c));
  while (n-- > 0) EXPECT_EQ(cache::pop(tc, c), blocks[n]);
}

TEST_F(Bins, TheThreadBudgetBoundsAllBins) {
  h->opt.thread_cache_bytes = 64 * 20;
  ASSERT_TRUE(attach(h, tc, kClass));
  EXPECT_EQ(tc->capacity[kClass], 20u);
  unsigned other = class_of_size(2000);
  EXPECT_FALSE(attach(h, tc, other));
  Slot* a = array_of(tc->bin[kClass].load());
  tc->bin[kClass].store(cache::poison());
  detach(tc, kClass, a);
  EXPECT_EQ(tc->granted_kib, 0u);
  h->opt.thread_cache_bytes = 4096;
  EXPECT_TRUE(attach(h, tc, other));
}

namespace {
template <class Marks>
void tell_second_frees_and_interior_pointers(std::size_t apart) {
  pages::Span* s = pages::alloc_span(pages::kInternal, 64, 0, false);
  ASSERT_TRUE(s && map::cover(s->base, s->bytes(), true, false));
  {
    Marks b;
    for (std::size_t i = 0; i < s->bytes(); i += apart) b.set(s->base + i);
  }
  for (std::size_t i = 0; i < s->bytes(); i += 16) EXPECT_EQ(map::is_out(s->base + i), i % apart == 0);
  {
    Marks b;
    for (std::size_t i = 0; i < s->bytes(); i += 2 * apart) {
      EXPECT_FALSE(b.clear(s->base + i + 16));
      EXPECT_TRUE(b.clear(s->base + i));
      EXPECT_FALSE(b.clear(s->base + i));
      EXPECT_FALSE(b.clear(s->base + i + 16));
    }
  }
  for (std::size_t i = 0; i < s->bytes(); i += apart) EXPECT_EQ(map::is_out(s->base + i), i % (2 * apart) != 0);
  map::clear_marks(s->base, s->bytes());
  for (std::size_t i = 0; i < s->bytes(); i += 16) EXPECT_FALSE(map::is_out(s->base + i));
  Marks none;
  EXPECT_FALSE(none.clear(0x7f0000000000));  // no table there at all
  pages::free_span(s, 0);
}
// Defect D7 of the ring's ancestor: what the two sides count lay in one cache line.
TEST(Rings, d7_what_producer_and_releasers_write_lies_apart) {
  auto line = [](std::size_t offset) { return offset / kCacheLine; };
  EXPECT_NE(line(offsetof(RingBlock, own)), line(offsetof(RingBlock, remote)));
  EXPECT_EQ(offsetof(RingBlock, remote) % kCacheLine, 0u);
  EXPECT_EQ(sizeof(RingBlock) % kCacheLine, 0u);
  for (std::size_t read : {offsetof(Ring, base), offsetof(Ring, granules), offsetof(Ring, cells), offsetof(Ring, blocks)})
    for (std::size_t written : {offsetof(Ring, left), offsetof(Ring, room), offsetof(Ring, acquired), offsetof(Ring, told)}) EXPECT_NE(line(read), line(written));
  EXPECT_NE(line(offsetof(Ring, left)), line(offsetof(Ring, told)));
}

}  // namespace

TEST(OutBits, WordsTellSecondFreesAndInteriorPointers) { tell_second_frees_and_interior_pointers<map::OutWords>(48); }
TEST(OutBits, BytesTellSecondFreesAndInteriorPointers) {
  tell_second_frees_and_interior_pointers<map::OutBytes>(map::kOwnByte);
  tell_second_frees_and_interior_pointers<map::OutBytes>(1040);
}

TEST(AddressMap, AnswersForEveryAddress) {
  for (std::uintptr_t a : {std::uintptr_t{0}, std::uintptr_t{4096}, std::uintptr_t{0x7fffffffffff}, std::uintptr_t{1} << 48, ~std::uintptr_t{0}}) {
    EXPECT_EQ(map::entry_of(a), 0u);
    EXPECT_EQ(map::span_of(a), 0u);
    EXPECT_FALSE(map::is_out(a));
    EXPECT_EQ(map::exact_byte(a), nullptr);
  }
  EXPECT_FALSE(map::cover(std::uintptr_t{1} << 48, 4096, false, false));
  EXPECT_FALSE(map::cover(~std::uintptr_t{0} - 100, 4096, false, false));
  // Across two leaves.
  std::uintptr_t edge = std::uintptr_t{0x300000000000} + (std::uintptr_t{1} << map::kLeafShift);
  ASSERT_TRUE(map::cover(edge - 8192, 16384, true, true));
  map::set_entries(edge - 8192, 4, 77);
  for (std::uintptr_t a = edge - 8192; a < edge + 8192; a += 4096) EXPECT_EQ(map::entry_of(a + 5), 77u);
  map::clear_marks(edge - 8192, 16384);
  map::set_entries(edge - 8192, 4, 0);
}

// What is cached in the moment between a round's last look and the thread's sleep is looked at, too.
TEST(Purger, NewsInTheLastMomentOfARoundIsNotLost) {
  static std::atomic<int> rounds;
  rounds = 0;
  purger::set_round([](std::uint64_t) {
    if (rounds.fetch_add(1) == 0) purger::something_cached();
    return kNone;
  });
  ASSERT_EQ(purger::start(), 0);
  for (int i = 0; i < 200 && rounds < 2; ++i) usleep(10000);
  EXPECT_EQ(purger::stop(), 0);
  EXPECT_GE(rounds, 2);
  purger::set_round(nullptr);
}

TEST(MetaPools, ReuseAndNeverOverlap) {
  std::set<void*> all;
  std::vector<std::pair<void*, std::size_t>> held;
  for (std::size_t n : {1u, 64u, 65u, 192u, 256u, 1000u, 4096u})
    for (unsigned i = 0; i < 100; ++i) {
      void* p = meta::get(n);
      ASSERT_TRUE(p);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 64, 0u);
      EXPECT_TRUE(all.insert(p).second);
      core::fill(p, n, i);
      held.push_back({p, n});
    }
  for (std::size_t k = 0; k < held.size(); ++k) EXPECT_TRUE(core::intact(held[k].first, held[k].second, static_cast<unsigned>(k % 100)));
  std::uint64_t mapped = meta::bytes_mapped();
  for (int turn = 0; turn < 50; ++turn) {
    for (auto& b : held) meta::put(b.first, b.second);
    for (auto& b : held) b.first = meta::get(b.second);
  }
  EXPECT_EQ(meta::bytes_mapped(), mapped);
  for (auto& b : held) meta::put(b.first, b.second);
  void* table = meta::get_pages(10000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(table) % os::page_size(), 0u);
  EXPECT_TRUE(core::all_zero(table, 10000));
}

TEST(Lock, OneAtATime) {
  static os::Lock lock;
  static long sum;
  sum = 0;
  auto add = [](void*) -> void* {
    for (int i = 0; i < 100000; ++i) {
      os::Guard g(lock);
      ++sum;
    }
    return nullptr;
  };
  pthread_t t[4];
  for (auto& x : t) pthread_create(&x, nullptr, add, nullptr);
  for (auto& x : t) pthread_join(x, nullptr);
  EXPECT_EQ(sum, 400000);
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
}
