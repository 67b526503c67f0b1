// Several buffers of one size are got, then all put: in another order than they were got, or by the calls that take
// many at once.
#include <cstring>

#include "heap.h"
#include "jobs.h"
#include "pass.h"
#include "random.h"

// The order is random, and the same in every pass. Nothing is written into the buffers. The figure is the whole batch.
void shuffled(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    const std::size_t count = row.b;
    char** block = own_array<char*>(count);
    std::size_t* order = own_array<std::size_t>(count);
    for (std::size_t i = 0; i < count; i++) order[i] = i;
    Random random(13);
    shuffle(random, order, count);
    time_pass(row, [=] {
        for (std::size_t i = 0; i < count; i++) block[i] = take(heap, size);
        for (std::size_t i = 0; i < count; i++) heap.free(block[order[i]], size);
    });
}

// One by one where there are no such calls, and with --way each. Nothing is written into the buffers. The figure is one
// buffer's share.
void many(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    const std::size_t count = row.b;
    void** block = own_array<void*>(count);
    const auto parts = static_cast<double>(count);
#ifdef HEAP_POOL
    if (std::strcmp(options.way, "each") != 0) {
        return time_pass(row, [=] {
            if (akit_pool_get_n(heap.handle, size, count, block, nullptr) != count) std::abort();
            escape(block);
            akit_pool_put_n(heap.handle, count, block);
        }, parts);
    }
#endif
    time_pass(row, [=] {
        for (std::size_t i = 0; i < count; i++) block[i] = take(heap, size);
        for (std::size_t i = 0; i < count; i++) heap.free(block[i], size);
    }, parts);
}
