// A burst of memory in regions of mixed sizes (64 KiB to 32 MiB, every page written), all freed in random order; then the
// program is idle, watched from outside.
#include <algorithm>

#include "heap.h"
#include "idle.h"
#include "jobs.h"
#include "measure.h"
#include "random.h"

namespace {

constexpr std::size_t most_blocks = 20000;

struct Block {
    char* at;
    std::size_t size;
};

} // namespace

void decay(const Row&) {
    const std::size_t total = options.bytes != 0 ? options.bytes : std::size_t{1} << 30;
    const Heap heap = row_heap();
    Block* block = own_array<Block>(most_blocks);
    Random random(11);
    std::size_t count = 0;
    for (std::size_t bytes = 0; bytes < total && count < most_blocks; bytes += block[count++].size) {
        const std::size_t size = std::min(random.mixed_size(16, 24), std::max<std::size_t>(total - bytes, 65536));
        block[count] = {take(heap, size), size};
        touch_pages(block[count].at, size);
    }
    shuffle(random, block, count);
    then_idle("decay-free", [=] {
        for (std::size_t i = 0; i < count; i++) heap.free(block[i].at, block[i].size);
    });
}
