// Odd sizes: 32 live blocks of random sizes from 64 KiB to 8 MiB, none a multiple of the page; each operation frees one
// of them at random and allocates another of another size. The number of operations is fixed, so all see the same sizes.
#include <algorithm>
#include <cstdio>

#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "random.h"

namespace {

constexpr std::size_t live = 32;
constexpr std::size_t least = std::size_t{64} << 10;
constexpr std::size_t most = std::size_t{8} << 20;
constexpr double mib = 1 << 20;

struct Block {
    char* at;
    std::size_t size;
};

template <class Write>
void run(const Row& row, std::size_t operations, Write write) {
    const Heap heap = row_heap();
    Block* block = own_array<Block>(live);
    Random random(5);
    const auto fill = [&](Block& place) {
        place.size = (least + random.below(most - least)) | 1;
        place.at = take(heap, place.size);
        write(place.at, place.size);
    };
    reset_peak();
    const std::int64_t before = proc_bytes("status", "VmRSS:");
    for (std::size_t i = 0; i < live; i++) fill(block[i]);
    const std::uint64_t start = now_ns();
    for (std::size_t i = 0; i < operations; i++) {
        Block& place = block[random.below(live)];
        heap.free(place.at, place.size);
        fill(place);
    }
    const double ns = static_cast<double>(now_ns() - start) / static_cast<double>(operations);
    const std::int64_t peak = proc_bytes("status", "VmHWM:") - before;
    const Memory grown = memory_now() - memory_at_start();
    char id[64];
    const auto say = [&](const char* what, double value) {
        std::snprintf(id, sizeof id, "%s-%s", row.job, what);
        report({id, value, -1, -1, &grown});
    };
    say("op", ns);
    say("peak", static_cast<double>(peak) / mib);
    say("mappings", static_cast<double>(grown.mappings));
}

} // namespace

void sweep(const Row& row) {
    // Written pages cost up to a millisecond per block, so fewer blocks do.
    const double scale = row.a == touch_all ? 12800 : 204800;
    const auto operations = static_cast<std::size_t>(std::max(options.seconds, 0.02) * scale);
    with_touch(row.a, [&](auto write) { run(row, operations, write); });
}
