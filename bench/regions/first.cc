// First touch: blocks are allocated one after the other and every page of each is written, with none freed in
// between, so that all of it is memory this process has not had; then all are freed. The figure is one block's share of
// everything.
#include "heap.h"
#include "jobs.h"
#include "measure.h"

void first_touch(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    const std::size_t count = row.b;
    char** block = own_array<char*>(count);
    const std::uint64_t start = now_ns();
    for (std::size_t i = 0; i < count; i++) {
        block[i] = take(heap, size);
        touch_pages(block[i], size);
    }
    for (std::size_t i = 0; i < count; i++) heap.free(block[i], size);
    const double ns = static_cast<double>(now_ns() - start) / static_cast<double>(count);
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, ns, -1, -1, &grown});
}
