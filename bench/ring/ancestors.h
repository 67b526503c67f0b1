// What the ring this kit descends from did, and the best of its later versions: the algorithm and the number of locked
// instructions of each, in C++. Three things are repaired, or the rows would not run: what is left unused at the end of
// the area comes back with the slice that follows it, and counts when room is looked for; slices cannot be copied.
//
// Both cut slices from one area by two positions that only grow. A release moves the position of reading by the length of
// the slice, so slices must be released in the order of acquiring.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "heap.h"

// counted: the first version, whose slices hold a reference to the pool. Otherwise the pool is never freed, and an
// addition at the release is the only locked instruction.
template <bool counted>
class Ancestor {
    struct Pool {
        std::atomic<std::size_t> references{1};
        float* data;
        std::size_t capacity; // in floats, as everything here
        std::atomic<std::uint64_t> write{0}, read{0}; // in one cache line, as there
    };

public:
    struct Slice {
        Pool* pool;
        std::size_t offset;
        std::size_t length; // with what was left unused before it
    };

    Ancestor(std::size_t capacity, std::size_t) : pool_(new Pool) {
        void* area = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED) std::abort();
        pool_->data = static_cast<float*>(area);
        pool_->capacity = capacity / sizeof(float);
    }

    Slice try_acquire(std::size_t bytes) const {
        Pool& pool = *pool_;
        const std::size_t length = (bytes + sizeof(float) - 1) / sizeof(float);
        const std::uint64_t write = pool.write.load(std::memory_order_relaxed);
        std::size_t offset = write % pool.capacity;
        std::size_t total = length;
        if (offset + length > pool.capacity) {
            total += pool.capacity - offset;
            offset = 0;
        }
        if (write + total - pool.read.load(std::memory_order_relaxed) > pool.capacity) return {};
        pool.write.store(write + total, std::memory_order_relaxed);
        if (counted) pool.references.fetch_add(1, std::memory_order_relaxed);
        escape(pool.data + offset);
        return {&pool, offset, total};
    }

    static void release(const Slice& slice) {
        slice.pool->read.fetch_add(slice.length, std::memory_order_relaxed);
        if (counted && slice.pool->references.fetch_sub(1, std::memory_order_release) == 1) std::abort(); // the owner has one
    }

    static char* data(const Slice& slice) { return reinterpret_cast<char*>(slice.pool->data + slice.offset); }
    static bool none(const Slice& slice) { return slice.pool == nullptr; }

private:
    Pool* pool_; // for the life of the program
};

using Seed = Ancestor<true>;
using Later = Ancestor<false>;
