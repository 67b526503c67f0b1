// The ring that a row runs with. The program is compiled twice: with akit_ring, and with everything else, where --way
// chooses between the ancestors and malloc.
#pragma once

#include <cstdint>
#include <cstring>

#include "heap.h"
#include "row.h"

#ifdef HEAP_ALLOCKIT
#include "ours.h"
#else
#include "ancestors.h"
#include "blocks.h"
#endif

// Calls `use` with a ring of `capacity` bytes, whose longest slices are of `longest` bytes. Rings are passed by value: they
// are pointers, and stay in a register.
template <class Use>
void with_ring(std::size_t capacity, std::size_t longest, Use use) {
#ifdef HEAP_ALLOCKIT
    use(Ours(capacity, longest));
#else
    if (std::strcmp(options.way, "seed") == 0) use(Seed(capacity, longest));
    else if (std::strcmp(options.way, "later") == 0) use(Later(capacity, longest));
    else use(Blocks(capacity, longest));
#endif
}

// No room ends the run: all rows leave enough.
template <class R>
typename R::Slice acquire(R ring, std::size_t length) {
    auto slice = ring.try_acquire(length);
    if (R::none(slice)) [[unlikely]] std::abort();
    return slice;
}

// What the ancestors' benchmark writes: one float.
inline void write_float(char* p, std::uint64_t value) { *reinterpret_cast<volatile float*>(p) = static_cast<float>(value); }

// How many steps a row takes: 10 million, as that benchmark does, when it is given 0.1 s.
inline std::uint64_t step_count() { return static_cast<std::uint64_t>(options.seconds * 1e8); }
