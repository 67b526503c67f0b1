// A handle's table from thread pointers to caches.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

Seat* seat_of(akit_tiered* h, std::uintptr_t tp, bool vacant);       // NULL: none
bool take_seat(Heap* h, std::uintptr_t tp, ThreadCache* tc);          // under caches_lock; false: no memory
void leave_seat(Heap* h, std::uintptr_t tp);

}  // namespace akit::heap
