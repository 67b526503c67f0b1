// The allocator under test. The same row programs are compiled several times: against malloc and free, which the
// caller replaces by LD_PRELOAD; against a handle of the installed allockit library (HEAP_TIERED, HEAP_REGION,
// HEAP_POOL); and against plain mmap and munmap (HEAP_MMAP). With HEAP_OWN the rows call the library by themselves, and the
// heap is malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#if defined(HEAP_TIERED) || defined(HEAP_REGION) || defined(HEAP_POOL) || defined(HEAP_OWN)
#include <allockit.h>
#define HEAP_ALLOCKIT
#elif defined(HEAP_MMAP)
#include <sys/mman.h>
#endif

// Blocks can be freed with their size everywhere, and without it where the allocator knows it by itself at no cost
// to the comparison.
#if defined(HEAP_TIERED)
struct Heap {
    akit_tiered* handle;

    void* alloc(std::size_t size) const { return akit_tiered_alloc(handle, size); }
    void free(void* p) const { akit_tiered_free(handle, p); }
    void free(void* p, std::size_t) const { akit_tiered_free(handle, p); }
};
#elif defined(HEAP_REGION)
struct Heap {
    akit_region* handle;

    void* alloc(std::size_t size) const { return akit_region_alloc(handle, size, 0, 0, nullptr); }
    void free(void* p) const { akit_region_free(handle, p); }
    void free(void* p, std::size_t) const { akit_region_free(handle, p); }
};
#elif defined(HEAP_POOL)
struct Heap {
    akit_pool* handle;

    void* alloc(std::size_t size) const { return akit_pool_get(handle, size, nullptr); }
    void free(void* p) const { akit_pool_put(handle, p); }
    void free(void* p, std::size_t) const { akit_pool_put(handle, p); }
};
#elif defined(HEAP_MMAP)
struct Heap {
    void* alloc(std::size_t size) const {
        void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return p == MAP_FAILED ? nullptr : p;
    }
    void free(void* p, std::size_t size) const { munmap(p, size); }
};
#else
struct Heap {
    void* alloc(std::size_t size) const { return std::malloc(size); }
    void free(void* p) const { std::free(p); }
    void free(void* p, std::size_t) const { std::free(p); }
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

inline volatile std::uint64_t& first_word(char* p) { return *reinterpret_cast<volatile std::uint64_t*>(p); }

// First byte of every 4 KiB step, and the last byte.
inline void touch_pages(char* p, std::size_t size) {
    for (std::size_t at = 0; at < size; at += 4096) touch(p + at);
    touch(p + size - 1);
}

// What a row writes into its blocks. Only rows with the same policy are ever compared.
enum Touch : std::size_t { touch_none, touch_first, touch_all, touch_ends, touch_word };

// Calls `use` with the function that writes into a block: (pointer, size).
template <class Use>
void with_touch(std::size_t how, Use use) {
    switch (how) {
    case touch_none: return use([](char*, std::size_t) {});
    case touch_first: return use([](char* p, std::size_t) { touch(p); });
    case touch_all: return use([](char* p, std::size_t size) { touch_pages(p, size); });
    case touch_ends: return use([](char* p, std::size_t size) { touch(p), touch(p + size - 1); });
    case touch_word: return use([](char* p, std::size_t) { first_word(p) = 1; });
    default: std::abort();
    }
}
