// Kernels with pages of 16 and 64 KiB: the size is the kit's idea here, which every mapping, discard
// and guard page then follows. A scenario and random calls, checked byte by byte.
#include "../check.h"
#include "pools.h"
#include "scenario.h"

namespace {

using namespace core;

struct Random {
  std::uint64_t s = 88172645463325252u;
  std::uint64_t below(std::uint64_t n) {
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    return (s * 0x9E3779B97F4A7C15u >> 20) % n;
  }
  std::size_t size() {
    static const std::size_t most[] = {200, 200, 1024, 1024, 9000, 40000, 40000, 300000, 3000000};
    return below(most[below(9)]);
  }
};

void model(const heap::Options& o, unsigned steps) {
  static Block live[300];
  Random r;
  akit_tiered* h;
  NEED(heap::create(o, &h) == 0);
  auto take = [&](Block& b, void* p, std::size_t n, std::size_t kept) {
    NEED(p && (kept == 0 || intact(p, b.size, b.tag, kept)));
    b = {p, n, static_cast<unsigned>(r.below(250))};
    fill(p, n, b.tag);
  };
  auto drop = [&](Block& b) {
    NEED(intact(b.p, b.size, b.tag));
    akit_tiered_free(h, b.p);
    b = {};
  };
  for (unsigned i = 0; i < steps; ++i) {
    Block& b = live[r.below(300)];
    std::size_t n = r.size(), usable = 0;
    if (b.p && r.below(3)) {
      drop(b);
    } else if (b.p) {
      take(b, heap::reallocx(h, b.p, n, 0, 0, nullptr), n, min(n, b.size));
    } else {
      std::size_t a = std::size_t{1} << r.below(18);
      unsigned how = static_cast<unsigned>(r.below(12));
      void* p = how < 6 ? akit_tiered_alloc(h, n) : heap::allocx(h, n, how < 9 ? 0 : a, how == 6 ? 8 : how == 7 ? 1 : 0, &usable);
      NEED(how < 9 || reinterpret_cast<std::uintptr_t>(p) % a == 0);
      NEED(how != 7 || all_zero(p, usable));
      NEED(heap::usable_size(h, p) >= n);
      take(b, p, usable ? usable : n, 0);
    }
    std::uint64_t bytes;
    if (r.below(500) == 0) NEED(heap::purge(h, heap::kKindTiered, 0, &bytes) == 0);
    if (r.below(300) == 0) NEED(heap::thread_flush(0) == 0);
  }
  for (Block& b : live)
    if (b.p) drop(b);
  NEED(heap::destroy(h, heap::kKindTiered, 0) == 0);
}

void with_pages_of(std::size_t n) {
  const char* wrong = in_child([&] {
    os::fault::set_page_size(n);
    scenario(false);
    expect_no_leak();
    pool_scenario(false);
    expect_no_leak();
    model({}, 6000);
    heap::Options o{};
    o.check_mode = 1;
    o.zero_mode = 1;
    o.guard_sample_interval = 20;
    o.limit_bytes = std::uint64_t{1} << 30;
    model(o, 3000);
    expect_no_leak();
    akit_tiered* h;
    o.limit_bytes = 4 << 20;
    NEED(heap::create(o, &h) == 0);
    TieredStats st{};
    NEED(heap::stats_get(h, &st) == 0);
    NEED(st.mapped_bytes % n == 0 && st.metadata_bytes % n == 0);
    void* last = nullptr;
    while (void* p = akit_tiered_alloc(h, 3000)) last = p;
    NEED(last && errno == ENOMEM);
    NEED(heap::stats_get(h, &st) == 0 && st.mapped_bytes <= o.limit_bytes && st.mapped_bytes % n == 0);
    NEED(heap::destroy(h, heap::kKindTiered, 0) == 0);
    expect_no_leak();
  });
  if (*wrong) CHECK_FAIL("%s", wrong);
}

}  // namespace

CASE(pages_of_4_kib) { with_pages_of(4096); }
CASE(pages_of_16_kib) { with_pages_of(16384); }
CASE(pages_of_64_kib) { with_pages_of(65536); }
