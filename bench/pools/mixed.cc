// The seed's mixed row: one buffer is got and put, then one of the next size of four. Nothing is written into them. The
// figure is one pair.
#include "heap.h"
#include "jobs.h"
#include "pass.h"

namespace {
constexpr unsigned sizes = 4;
}

void mixed(const Row& row) {
    const Heap heap = row_heap();
    std::size_t* size = own_array<std::size_t>(sizes);
    for (unsigned i = 0; i < sizes; i++) size[i] = std::size_t{2048} << i;
    time_pass(row, [=] {
        for (unsigned i = 0; i < sizes; i++) heap.free(take(heap, size[i]), size[i]);
    }, sizes);
}
