// Heaps as objects: what allockit is made of, and what mimalloc offers beside its malloc.
#pragma once

#include <cstddef>

struct Handles {
    void* (*create)();
    void* (*alloc)(void* handle, std::size_t size);
    void (*free)(void* handle, void* p);
    void (*destroy)(void* handle);
};

// Null where the allocator knows no such thing.
const Handles* handles();
