// The allocator under test. The same row programs are compiled twice: against malloc and free, which the
// caller replaces by LD_PRELOAD, and against a tiered handle of the installed allockit library.
#pragma once

#include <cstddef>
#include <cstdlib>

#ifdef MICRO_ALLOCKIT
#include <allockit.h>

struct Heap {
    akit_tiered* handle;

    void* alloc(std::size_t size) const { return akit_tiered_alloc(handle, size); }
    void free(void* p) const { akit_tiered_free(handle, p); }
};
#else
struct Heap {
    void* alloc(std::size_t size) const { return std::malloc(size); }
    void free(void* p) const { std::free(p); }
};
#endif

// The heap of the row, made at the first call.
Heap row_heap();

// Keeps the compiler from removing a block or guessing what is in it. The pointer stays in its register.
inline void escape(void* p) { asm volatile("" : : "r"(p) : "memory"); }

// A failed allocation ends the run: a row that got no memory must never look fast.
inline char* take(Heap heap, std::size_t size) {
    char* p = static_cast<char*>(heap.alloc(size));
    if (p == nullptr) [[unlikely]] std::abort();
    escape(p);
    return p;
}

inline void touch(char* p) { *static_cast<volatile char*>(p) = 1; }

// First byte of every 4 KiB step, and the last byte.
inline void touch_pages(char* p, std::size_t size) {
    for (std::size_t at = 0; at < size; at += 4096) touch(p + at);
    touch(p + size - 1);
}
