// What only a pool has: checks and tags by its configuration, and several pools in one program.
#include <cstring>

#include "heap.h"
#include "jobs.h"
#include "pass.h"

#ifdef HEAP_POOL
// The pair with the configuration of --way exact, tags or tagged; with the last, every buffer also gets a tag.
void checked(const Row& row) {
    if (std::strcmp(options.way, "tagged") != 0) return pair(row);
    time_pass(row, [heap = row_heap(), size = row.a] {
        char* p = take(heap, size);
        if (akit_pool_tag_set(heap.handle, p, size) != 0) std::abort();
        heap.free(p);
    });
}

// A pair on each of several pools in turn. Nothing is written into the buffers. The figure is one pair.
void several(const Row& row) {
    const std::size_t size = row.a;
    const std::size_t count = row.b;
    Heap* heap = own_array<Heap>(count);
    for (std::size_t i = 0; i < count; i++)
        if (akit_pool_create(nullptr, &heap[i].handle) != 0) std::abort();
    time_pass(row, [=] {
        for (std::size_t i = 0; i < count; i++) heap[i].free(take(heap[i], size));
    }, static_cast<double>(count));
}
#else
void checked(const Row& row) { report_skipped(row.id, "not a pool"); }
void several(const Row& row) { report_skipped(row.id, "not a pool"); }
#endif
