// One block is allocated, written as the row says, and freed; again and again with the same size.
#include "heap.h"
#include "pass.h"

void pair(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    with_touch(row.b, [&](auto write) {
        const auto once = [=] {
            char* p = take(heap, size);
            write(p, size);
            heap.free(p, size);
        };
        if (row.c == 2) time_pass(row, [=] { once(), once(); });
        else time_pass(row, once);
    });
}
