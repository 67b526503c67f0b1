// A run of pages: in use by one owner, or free in one of three states.
#pragma once
#include "base/shared_field.h"
#include "cache/address_map.h"
#include "os/page_source.h"

namespace akit::pages {

enum class State : std::uint8_t {
  kUnused,   // the record itself is spare
  kInUse,
  kDirty,    // free, pages may be resident
  kClean,    // free, mapped, no pages behind it: reads as zero
  kGone,     // address range kept, nothing mapped
  kBusy,     // on its way between two states, outside the lock
};

enum class Role : std::uint8_t { kNone, kSlab, kBlock, kDirect, kGuarded, kHugetlb, kInternal };

struct Span;

// What belongs to the lock of its page heap, or to its owner.
struct SpanFields {
  Span* next = nullptr;      // free list, or the class's list of slabs with free blocks
  Span* prev = nullptr;
  Span* all_next = nullptr;  // free: list by age; in use: all spans of the owner
  Span* all_prev = nullptr;
  Shared<std::uintptr_t> base = 0;  // with `pages`, also read by those who only look the number up
  Shared<std::size_t> pages = 0;    // of map::kPage
  std::uint64_t deadline = 0;  // free and dirty: when the pages should go back
  void* owner = nullptr;
  Role role = Role::kNone;
  std::uint8_t cls = 0;
  bool guarded = false;      // its last page is inaccessible
  bool zero = false;     // reads as zero: fresh from the system or purged, not handed out since
  bool listed = false;       // on its class's list
  std::uint8_t backing = 0, reason = 0;
  std::uint8_t page_shift = 0;  // explicit huge pages: log2 of their size, else 0
  Shared<bool> was_zero = false;  // when it was handed out
  Shared<bool> freed = false;        // by its owner, but pinned, or kept on explicit huge pages
  bool no_cache = false;     // its pages leave when it is freed
  bool unforked = false;     // slab: pinned, and not copied by fork
  Shared<std::uint32_t> pins = 0;
  std::uint32_t in_bin = 0;  // number of the count that found it in a thread's bin
  // slab: blocks of `stride` bytes; bits[] has a bit per block that is free in the span
  std::uint32_t stride = 0, capacity = 0, fresh = 0, free_bits = 0;
  std::uint64_t* bits = nullptr;
  std::uintptr_t start = 0;  // block: address the user has
  std::size_t usable = 0;    // block: bytes the user may use
  std::uint64_t tag = 0;     // pools: of a block with a span of its own; slab: address of the tags of its blocks
};

struct alignas(kCacheLine) Span : SpanFields {
  // Asked by whoever finds the number in the address map, also when the record is somebody else's by now.
  std::uint32_t number = 0;
  std::atomic<State> state{State::kUnused};
  std::atomic<std::uint16_t> heap{0};  // index of the page heap it belongs to

  void* memory() const { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(base)); }
  std::size_t bytes() const { return pages << map::kPageShift; }
  std::uintptr_t end() const { return base + bytes(); }
};
static_assert(sizeof(Span) <= 192);

Span* span_new();          // NULL when memory for the record is refused

// Records set aside, for memory that must be managed without a system call. Their pages are touched
// only as they are used.
struct Reserve {
  Span* next = nullptr;   // not yet a record
  std::uint32_t number = 0, left = 0;
  Span* spare = nullptr;  // given back
};
bool reserve_open(Reserve* r, std::uint32_t n);
Span* reserve_take(Reserve* r);
void reserve_close(Reserve* r);
void span_delete(Span* s);
Span* span_by_number(std::uint32_t number);

// The span whose first, last or (slab) any page holds `a`; NULL when there is none.
inline Span* span_at(std::uintptr_t a) {
  Span* s = span_by_number(map::span_of(a));
  return s && a >= s->base && a < s->end() ? s : nullptr;
}

}  // namespace akit::pages
