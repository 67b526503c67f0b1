// A burst: 10,000 buffers are live at once, every page of them written; all are put in random order; then the program is
// idle, watched from outside.
#include "heap.h"
#include "idle.h"
#include "jobs.h"
#include "measure.h"
#include "random.h"

void burst(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    const std::size_t count = options.bytes != 0 ? options.bytes / size : 10000;
    char** block = own_array<char*>(count);
    for (std::size_t i = 0; i < count; i++) touch_pages(block[i] = take(heap, size), size);
    Random random(17);
    shuffle(random, block, count);
    then_idle("burst-put", [=] {
        for (std::size_t i = 0; i < count; i++) heap.free(block[i], size);
    });
}
