// Several blocks of one size are allocated, then all freed in the same order. The figure is the whole batch.
// Each block is left alone, or (c = 1) its first byte, or (c = 2) every page of it is written.
#include "heap.h"
#include "measure.h"
#include "row.h"
#include "timed.h"

namespace {

template <class Touch>
void run(const Row& row, Touch touch_block) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    const std::size_t count = row.b;
    char** block = own_array<char*>(count);
    const auto pass = [=] {
        for (std::size_t i = 0; i < count; i++) {
            block[i] = take(heap, size);
            touch_block(block[i], size);
        }
        for (std::size_t i = 0; i < count; i++) heap.free(block[i]);
    };
    const std::uint64_t start = now_ns();
    pass();
    const auto cold = static_cast<double>(now_ns() - start);
    const Timing t = time_loop(options.seconds, [=](benchmark::State& state) {
        const auto local = pass;
        for (auto _ : state) local();
    });
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, t.real_ns, cold, t.cpu_ns, &grown});
}

} // namespace

void batch(const Row& row) {
    if (row.c == 0) run(row, [](char*, std::size_t) {});
    else if (row.c == 1) run(row, [](char* p, std::size_t) { touch(p); });
    else run(row, [](char* p, std::size_t size) { touch_pages(p, size); });
}
