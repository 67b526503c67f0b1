// The other side of the fast path. Argument order equals that of the exported functions, so that a
// miss is a plain jump.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

extern akit_tiered default_stub;  // the default heap; opened at its first use

AKIT_MISS void* alloc_miss(akit_tiered* h, std::size_t n);
AKIT_WARM void* alloc_other(akit_tiered* h, std::size_t n);
AKIT_MISS void free_miss(akit_tiered* h, void* p);
AKIT_WARM void free_other(akit_tiered* h, void* p);
AKIT_MISS void free_sized_other(akit_tiered* h, void* p, std::size_t n);
AKIT_MISS void free_any(void* p);
AKIT_MISS void free_sized_any(void* p, std::size_t n);

// Any size, no watching. *zeroed: in, zero pages are preferred; out, the block is known to be zero.
void* alloc_unwatched(Heap* h, ThreadCache* tc, std::size_t n, bool* zeroed, std::size_t* usable);
// The same with alignment (0 or a power of two).
void* alloc_aligned(Heap* h, ThreadCache* tc, std::size_t n, std::size_t alignment, bool* zeroed, std::size_t* usable);

}  // namespace akit::heap
