// A group of provided buffers: the kernel's ring of entries, and what each number stands for. A number is
// of a published buffer; when its completion came it is free, and the buffer is found by its address.
#pragma once
#include "base/shared_field.h"
#include "uring/uring.h"

namespace akit::uring {

struct Group {
  os::Lock lock;
  akit_tiered* stub;
  Uring* uring;
  akit_pool* pool;
  Heap* pool_heap;           // kept alive
  os::uring::Buffer* entry;  // the kernel's
  void** buffer;             // by number; NULL: not published
  std::uint16_t* spare;      // numbers that are free, a stack
  std::uint32_t id, entries, window_min, window_max;
  std::uint32_t spares;
  std::uint16_t tail;
  std::size_t capacity;      // of every buffer
  AddressTable out;          // taken, and not put back
  // how many to publish
  std::uint32_t taken_since;  // the last refill
  std::uint32_t most_taken, refills_seen;
  // figures, also read without the lock
  Shared<std::uint64_t> published, window, buffers_out, taken, refills, enobufs, empty_ns, empty_since;
  std::atomic<std::uint64_t> misuses;
};

inline akit_tiered* stub(akit_uring_group* g) { return reinterpret_cast<akit_tiered*>(g); }

// window.cc
void window_open(Group* g);
void window_starved(Group* g);   // a completion found the group dry
void window_refilled(Group* g);  // before a refill: so many were taken since the last

}  // namespace akit::uring
