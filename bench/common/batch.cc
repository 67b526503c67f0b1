// Several blocks of one size are allocated and written as the row says, then all freed in the same order. The
// figure is the whole batch.
#include "heap.h"
#include "pass.h"

void batch(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    const std::size_t count = row.b;
    char** block = own_array<char*>(count);
    with_touch(row.c, [&](auto write) {
        time_pass(row, [=] {
            for (std::size_t i = 0; i < count; i++) {
                block[i] = take(heap, size);
                write(block[i], size);
            }
            for (std::size_t i = 0; i < count; i++) heap.free(block[i], size);
        });
    });
}
