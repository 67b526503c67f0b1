// Where pages come from. A source is anything of this shape; sources wrap one another: system
// pages, huge pages over them, a counter or a saboteur for the tests in between.
#pragma once
#include <concepts>

#include "os/numa.h"

namespace akit::os {

// Properties that belong to a mapping and so decide which mappings may lie in one page heap.
struct PageKind {
  std::uint8_t thp = 0;   // 0 inherit, 1 advise, 2 never
  std::uint8_t fork = 0;  // 0 copy, 1 dontfork, 2 wipe
};

struct Extent {
  void* base = nullptr;
  std::size_t size = 0;
};

template <class S>
concept PageSource = requires(S s, std::size_t n, void* at, PageKind k, const Range* r, Extent e) {
  { s.map(n, n, k) } noexcept -> std::same_as<Extent>;      // size, alignment; base NULL when refused
  { s.map_at(at, n, k) } noexcept -> std::same_as<int>;     // exactly there, or -errno
  { s.unmap(e) } noexcept -> std::same_as<bool>;            // false: refused; mapped still, and zero
  { s.keeps(at) } noexcept -> std::same_as<bool>;            // nobody else gets these addresses after unmap
  { s.discard(r, n) } noexcept -> std::same_as<std::uint64_t>;  // keep the addresses, drop the pages
};

// Plain anonymous memory, placed inside windows of addresses that belong to one leaf of the address
// map, so that one leaf serves a process until it holds 16 GiB.
class SystemPages {
 public:
  struct Policy {  // of every mapping of one source
    Numa numa = Numa::kLocal;
    std::uint64_t nodes = 0;
    const char* name = nullptr;  // outlives the source
  };
  constexpr SystemPages() = default;
  constexpr explicit SystemPages(const Policy& policy) : policy_(policy) {}
  Extent map(std::size_t size, std::size_t alignment, PageKind kind) noexcept;
  int map_at(void* at, std::size_t size, PageKind kind) noexcept;
  bool unmap(Extent e) noexcept { return os::unmap(e.base, e.size); }
  bool keeps(const void* at) noexcept;
  std::uint64_t discard(const Range* r, std::size_t n) noexcept { return discard_many(r, n); }
  bool plain() const noexcept { return policy_.numa == Numa::kLocal && !policy_.name; }

 private:
  bool apply(void* p, std::size_t size, PageKind kind) noexcept;
  Policy policy_{};
};

// For tests: counts what passes through.
template <PageSource S>
class Counting {
 public:
  explicit Counting(S inner = {}) : inner_(inner) {}
  Extent map(std::size_t size, std::size_t alignment, PageKind kind) noexcept {
    Extent e = inner_.map(size, alignment, kind);
    if (e.base) ++maps, bytes += e.size;
    return e;
  }
  int map_at(void* at, std::size_t size, PageKind kind) noexcept {
    int rc = inner_.map_at(at, size, kind);
    if (rc == 0) ++maps, bytes += size;
    return rc;
  }
  bool unmap(Extent e) noexcept {
    if (!inner_.unmap(e)) return false;
    ++unmaps, bytes -= e.size;
    return true;
  }
  bool keeps(const void* at) noexcept { return inner_.keeps(at); }
  std::uint64_t discard(const Range* r, std::size_t n) noexcept {
    ++discards;
    return inner_.discard(r, n);
  }
  std::uint64_t maps = 0, unmaps = 0, discards = 0, bytes = 0;

 private:
  S inner_;
};

// For tests: refuses the n-th mapping (and, when `forever`, all after it).
template <PageSource S>
class Failing {
 public:
  explicit Failing(std::uint64_t nth, bool forever = false, S inner = {}) : inner_(inner), nth_(nth), forever_(forever) {}
  Extent map(std::size_t size, std::size_t alignment, PageKind kind) noexcept {
    return refused() ? Extent{} : inner_.map(size, alignment, kind);
  }
  int map_at(void* at, std::size_t size, PageKind kind) noexcept {
    return refused() ? -12 : inner_.map_at(at, size, kind);
  }
  bool unmap(Extent e) noexcept { return inner_.unmap(e); }
  bool keeps(const void* at) noexcept { return inner_.keeps(at); }
  std::uint64_t discard(const Range* r, std::size_t n) noexcept { return inner_.discard(r, n); }

 private:
  bool refused() { return ++seen_ == nth_ || (forever_ && seen_ > nth_); }
  S inner_;
  std::uint64_t nth_, seen_ = 0;
  bool forever_;
};

}  // namespace akit::os
