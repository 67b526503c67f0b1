// Placement of system pages. The next address is handed out by bumping inside a random window of
// one leaf; what other mappings occupy is skipped. Under tools that own the address space, and when
// the kernel refuses, the kernel chooses.
#include <errno.h>

#include "os/lock.h"
#include "os/page_source.h"
#include "os/sanitizer.h"

namespace akit::os {
namespace {

constexpr std::uintptr_t kWindow = std::uintptr_t{1} << 34;  // one leaf of the address map
constexpr std::uintptr_t kFirstWindow = 0x200000000000, kWindows = 2048;
constinit Lock window_lock;
constinit std::uintptr_t next_at = 0, window_end = 0;
constinit bool kernel_chooses = false;

constinit std::uint64_t windows_used[kWindows / 64]{};

void open_window() {
  // The range is clear of executables, libraries, stacks and sanitizer shadows. A window that was used
  // has addresses that are not mapped now and still somebody's.
  std::uintptr_t i = random64() % kWindows;
  for (unsigned k = 0; k < kWindows && (windows_used[i / 64] >> (i % 64)) & 1; ++k) i = (i + 1) % kWindows;
  windows_used[i / 64] |= std::uint64_t{1} << (i % 64);
  std::uintptr_t base = kFirstWindow + i * kWindow;
  if constexpr (sizeof(void*) == 8) {
    next_at = base;
    window_end = base + kWindow;
  }
}

// An address for `size` bytes that nobody of ours uses; 0: let the kernel choose.
std::uintptr_t place(std::size_t size, std::size_t alignment) {
  Guard g(window_lock);
  if (kernel_chooses || san::tsan() || size > kWindow / 2) return 0;
  std::uintptr_t at = align_up(next_at, alignment);
  if (!next_at || at + size > window_end) {
    open_window();
    at = align_up(next_at, alignment);
    if (at + size > window_end) return 0;
  }
  next_at = at + size;
  return at;
}

Extent map_anywhere(std::size_t size, std::size_t alignment) {
  void* p;
  std::size_t page = page_size();
  if (alignment <= page) return os::map(nullptr, size, 0, &p) == 0 ? Extent{p, size} : Extent{};
  std::size_t wide;
  if (__builtin_add_overflow(size, alignment - page, &wide)) return {};
  if (os::map(nullptr, wide, 0, &p) != 0) return {};
  auto a = reinterpret_cast<std::uintptr_t>(p), start = align_up(a, alignment);
  auto cut = [](std::uintptr_t from, std::uintptr_t to) {
    if (from < to) {
      // One mapping became two: the counters see the cut part go and the rest stay.
      map_counters.live.fetch_add(1, std::memory_order_relaxed);
      map_counters.maps.fetch_add(1, std::memory_order_relaxed);
      os::unmap(reinterpret_cast<void*>(from), to - from);
    }
  };
  cut(a, start);
  cut(start + size, a + wide);
  return {reinterpret_cast<void*>(start), size};
}

}  // namespace

// false: the memory is not what was asked for. Advice may be refused (old kernel, THP built out), and
// a wish for nodes; only where pages must not be is no wish.
bool SystemPages::apply(void* p, std::size_t size, PageKind kind) noexcept {
  if (policy_.numa != Numa::kLocal && os::bind(p, size, policy_.numa, policy_.nodes) != 0 && policy_.numa == Numa::kBind) return false;
  if (kind.thp == 1) advise(p, size, Advice::kHuge);
  if (kind.thp == 2) advise(p, size, Advice::kNoHuge);
  if (kind.fork == 1) advise(p, size, Advice::kDontFork);
  if (kind.fork == 2) advise(p, size, Advice::kWipeOnFork);
  if (policy_.name) os::name(p, size, policy_.name);
  return true;
}

Extent SystemPages::map(std::size_t size, std::size_t alignment, PageKind kind) noexcept {
  alignment = max(alignment, page_size());
  bool refused = false;
  for (int i = 0; i < 8; ++i) {
    std::uintptr_t at = place(size, alignment);
    if (!at) break;
    void* p;
    int rc = os::map(reinterpret_cast<void*>(at), size, 0, &p);
    if (rc == 0) {
      if (apply(p, size, kind)) return {p, size};
      os::unmap(p, size);
      return {};
    }
    refused = rc != -EEXIST;
    if (refused) break;
    Guard g(window_lock);
    next_at = i < 4 ? next_at + (std::uintptr_t{64} << 20) : window_end;  // somebody lives here
  }
  Extent e = map_anywhere(size, alignment);
  if (!e.base) return {};
  if (refused) {  // the address was the trouble, not the memory: a small address space, or a tool
    Guard g(window_lock);
    kernel_chooses = true;
  }
  if (apply(e.base, size, kind)) return e;
  os::unmap(e.base, size);
  return {};
}

int SystemPages::map_at(void* at, std::size_t size, PageKind kind) noexcept {
  void* p;
  int rc = os::map(at, size, 0, &p);
  if (rc == 0 && !apply(p, size, kind)) {
    os::unmap(p, size);
    rc = -ENOMEM;
  }
  return rc;
}

// What the kernel chose it may give to anybody once it is unmapped.
bool SystemPages::keeps(const void* at) noexcept {
  return reinterpret_cast<std::uintptr_t>(at) - kFirstWindow < kWindows * kWindow && !san::tsan();
}

static_assert(PageSource<SystemPages> && PageSource<Counting<SystemPages>> && PageSource<Failing<SystemPages>>);

}  // namespace akit::os
