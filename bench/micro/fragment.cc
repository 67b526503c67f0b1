// Random replace over 100,000 live blocks of mixed sizes (16 B to 16 KiB, every page written) for a fixed
// time; then resident bytes over the bytes that are asked for at that moment.
#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "random.h"

namespace {

constexpr std::size_t live = 100000;

struct Block {
    char* at;
    std::size_t size;
};

Block make(Heap heap, Random& random) {
    const std::size_t size = random.mixed_size(4, 13);
    char* at = take(heap, size);
    touch_pages(at, size);
    return {at, size};
}

} // namespace

void fragment(const Row&) {
    Block* block = own_array<Block>(live);
    const Heap heap = row_heap();
    const Memory before = memory_now();
    Random random(3);
    for (std::size_t i = 0; i < live; i++) block[i] = make(heap, random);

    const std::uint64_t start = now_ns();
    const std::uint64_t stop = start + static_cast<std::uint64_t>(options.seconds * 1e9);
    std::uint64_t operations = 0;
    std::uint64_t now;
    do {
        for (int i = 0; i < 1024; i++) {
            Block& place = block[random.below(live)];
            heap.free(place.at);
            place = make(heap, random);
        }
        operations += 1024;
    } while ((now = now_ns()) < stop);

    const Memory grown = memory_now() - before;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < live; i++) bytes += block[i].size;
    report({"fragment", static_cast<double>(grown.resident_bytes) / static_cast<double>(bytes), -1, -1, &grown});
    report({"fragment-op", static_cast<double>(now - start) / static_cast<double>(operations), -1, -1, &grown});
}
