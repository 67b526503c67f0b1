// 512 MiB of blocks of mixed sizes (16 B to 512 KiB), every page written, then all freed in random order,
// then 300 ms in which the program makes no call at all.
#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "random.h"

namespace {

constexpr std::size_t total = std::size_t{512} << 20;
constexpr std::size_t most_blocks = 20000;
constexpr double mib = 1 << 20;

struct Plan {
    std::uint32_t* size = own_array<std::uint32_t>(most_blocks);
    std::uint32_t* order = own_array<std::uint32_t>(most_blocks);
    char** block = own_array<char*>(most_blocks);
    std::size_t count = 0;
    std::size_t bytes = 0;

    Plan() {
        Random random(7);
        while (bytes < total && count < most_blocks) {
            size[count] = static_cast<std::uint32_t>(random.mixed_size(4, 18));
            order[count] = static_cast<std::uint32_t>(count);
            bytes += size[count++];
        }
        shuffle(random, order, count);
    }
};

} // namespace

void drop(const Row&) {
    const Plan plan;
    const Heap heap = row_heap();
    const auto count = static_cast<double>(plan.count);
    const Memory before = memory_now();

    std::uint64_t start = now_ns();
    for (std::size_t i = 0; i < plan.count; i++) {
        plan.block[i] = take(heap, plan.size[i]);
        touch_pages(plan.block[i], plan.size[i]);
    }
    const double grow_ns = static_cast<double>(now_ns() - start) / count;
    const Memory peak = memory_now() - before;

    start = now_ns();
    for (std::size_t i = 0; i < plan.count; i++) heap.free(plan.block[plan.order[i]]);
    const double drop_ns = static_cast<double>(now_ns() - start) / count;
    const Memory kept = memory_now() - before;
    sleep_ms(300);
    const Memory later = memory_now() - before;

    const double over = static_cast<double>(peak.resident_bytes) / static_cast<double>(plan.bytes);
    report({"drop-grow", grow_ns, -1, -1, &peak});
    report({"drop-free", drop_ns, -1, -1, &kept});
    report({"drop-peak", (over - 1) * 100, -1, -1, &peak});
    report({"drop-kept-0", static_cast<double>(kept.resident_bytes) / mib, -1, -1, &kept});
    report({"drop-kept-300", static_cast<double>(later.resident_bytes) / mib, -1, -1, &later});
}
