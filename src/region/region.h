// The other side of a region's fast path.
#pragma once
#include "heap/current.h"
#include "region/api.h"

namespace akit::region {

using heap::Heap;
using heap::Span;
using heap::ThreadCache;

enum Flags : std::uint32_t { kZero = 1, kNoMove = 2, kNoCache = 4, kGuard = 8 };  // AKIT_ALLOC_*

AKIT_MISS void* alloc_slow(akit_region* r, std::size_t n, std::size_t alignment, std::uint32_t flags, std::size_t* usable);
AKIT_MISS int free_slow(akit_region* r, void* p);

// Memory of the caller: no bins, no system call.
void* fixed_alloc(Heap* h, std::size_t n, std::size_t alignment, bool zero, std::size_t* usable);

// The block of h that starts at p and is out; with exact checks, also not one in a bin.
heap::Found find_out(Heap* h, const void* p);

// The block leaves its user: not to a bin, but to the page heap. Under no lock.
void free_to_pages(Heap* h, Span* s);

}  // namespace akit::region
