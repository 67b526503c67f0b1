// Opening and ending handles, shared by heap.cc, default.cc and purge.cc.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

// A handle on a new stub, or on a static one (the default heap).
void start_once();
int open_stub(const Options& opt, akit_tiered* stub_or_null, akit_tiered** out);
akit_tiered* stub_open(akit_tiered* stub_or_null);  // under registry_lock; registry.cc
void owner_release(Heap* h);                        // under registry_lock; registry.cc
void end_heap(akit_tiered* stub);                   // under registry_lock
void close_caches(Heap* h);                         // deferred destroy: no call is fast any more
void finish_closed();                               // those whose last block was in some thread's hands
void drop_batches(ClassState& k);                   // depot and spare; the handle goes
std::uint64_t trim_spare_heaps();

// page_choice.cc
void open_account(Heap* h);
bool choose_pages(Heap* h);     // false: no memory for page heaps of its own
void close_own_pages(Heap* h);  // nothing of them is in use

std::uint64_t purge_round(std::uint64_t now);  // purge.cc
std::uint64_t next_round();  // ns until something is due, kNone
bool over_budget();
void after_fork_in_child();
void set_child_hook(void (*hook)());  // of the layers above, before the heaps look at themselves

}  // namespace akit::heap
