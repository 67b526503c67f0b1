// A registration from the inside. Memory comes from sources (memory of the caller, a pool, a ring) and is
// kept as areas, each wanting one slot of the table.
//
//   add -> pending -> (sync: the kernel takes it) -> live -> (remove) -> leaving -> (sync: slot emptied)
//       -> with tags: draining, until its completion came -> gone
//
// `lock` covers everything but lookups, and is taken before the locks of pools. What may end a handle (the
// last pin of its memory) is done after it, because that takes the registry's lock, which comes first.
#pragma once
#include "heap/heap.h"
#include "os/uring.h"
#include "uring/address_table.h"
#include "uring/api.h"
#include "uring/index.h"

namespace akit::uring {

using heap::Heap;
using heap::Phase;

enum class SourceKind : std::uint8_t { kMemory, kPool, kRing };

struct Source {
  Source* next;
  SourceKind kind;
  bool removed;
  std::uint32_t areas;      // in any state
  const void* key;          // what the caller names it by
  akit_tiered* stub;        // of the pool or ring, or of the region that is pinned; NULL: none
  Heap* heap;               // behind it; kept alive
  void* block;              // memory: the region's block that is pinned
  std::uint64_t slabs_seen;
};

enum class AreaState : std::uint8_t { kPending, kLive, kLeaving, kDraining };

struct Area {
  Area* next;
  Area* prev;
  std::uintptr_t base;
  std::size_t bytes;
  Source* source;
  std::size_t unit;  // size of the pages it may lie on
  std::uint32_t slot;
  AreaState state;
  bool refused;
};
static_assert(sizeof(Area) <= 64);

struct AreaList {
  Area* first = nullptr;
  Area* last = nullptr;
  std::uint64_t count = 0;
};

inline constexpr unsigned kMissCounters = 8;
struct alignas(kCacheLine) MissCounter {
  std::atomic<std::uint64_t> n;
};

struct Uring {
  Index index;  // all that look-ups read

  alignas(kCacheLine) os::Lock lock;
  std::uint32_t slot_base, slot_count;
  akit_tiered* stub;
  char name[64];
  os::uring::Ring ring;
  bool own_fd, own_table, table_made;
  bool in_child;              // its pins are the parent's
  std::uint64_t tag_base, memlock_bytes;
  std::uint64_t* free_slots;  // a bit each
  Area** in_slot;
  AreaList list[4];           // by state
  AddressTable by_base;       // areas that were not removed
  Source* sources;
  std::uint32_t users;        // of the ring: this handle, groups; under registry_lock
  std::uint64_t needed_bytes; // locked memory of what is in slots
  std::uint64_t registered_bytes, registers, failures, refused;
  int last_error;
  MissCounter missed[kMissCounters];
};

inline akit_tiered* stub(akit_uring* h) { return reinterpret_cast<akit_tiered*>(h); }
// 0, or why a call with this handle is refused. `lingering_too`: also after its destroy.
int check(akit_tiered* s, heap::Kind kind, bool lingering_too = false);

inline AreaList& list_of(Uring* u, AreaState s) { return u->list[static_cast<unsigned>(s)]; }
void list_add(AreaList& l, Area* a);
void list_remove(AreaList& l, Area* a);
void area_move(Uring* u, Area* a, AreaState to);

// sources.cc
void let_go(Source* s);                                    // no lock held: what it holds, and the record
int add_pieces(Uring* u, Source* s, std::uintptr_t base, std::size_t length, std::size_t page);  // under u->lock
Source* source_find(Uring* u, const void* key);            // under u->lock, as the next three
void look_for_slabs(Uring* u);
void source_remove(Uring* u, Source* s, AreaList* gone);
void drop_ended_sources(Uring* u, AreaList* gone);         // pools and rings that were destroyed
bool area_again(Uring* u, Source* s, const Area* like);     // the same memory; false: no memory
void areas_end(Uring* u, AreaList* gone);      // no lock held: unpins, and lets go of sources without areas
std::uint64_t locked_bytes(const Area* a);     // that the kernel counts for it, from above

// table.cc, all under u->lock
bool slots_open(Uring* u);
void slots_close(Uring* u);
int table_need(Uring* u);                      // makes it where it is to be made
int empty_slots(Uring* u, AreaList* gone);     // 0, or the last refusal
int fill_slots(Uring* u);                      // how many, or the last refusal when there was nothing else
int area_adopt(Uring* u, Area* a, std::uint32_t slot);  // the kernel has it there already
void slot_free(Uring* u, Area* a, AreaList* gone);  // of an area that is leaving or draining
void hide_from_children(const Area* a);

// clone.cc: everything but the handle. 0 also when the kernel refused areas.
int copy_areas(Uring* to, Uring* from);

void user_gone(Uring* u);                      // under registry_lock: the record ends with the last one

}  // namespace akit::uring
