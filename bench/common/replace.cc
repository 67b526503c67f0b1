// A set of live blocks of random sizes; each operation frees one of them at random and puts a new one of
// another random size in its place, and writes its first byte. The cold figure is the filling of the set.
#ifndef HEAP_MMAP // munmap would have to be told the size
#include <atomic>
#include <thread>

#include "heap.h"
#include "measure.h"
#include "random.h"
#include "row.h"
#include "timed.h"
#include "window.h"

namespace {

struct Live {
    Live(const Row& row, std::uint64_t seed)
        : random(seed), least(row.a), range(row.b - row.a + 1), count(row.c), block(own_array<char*>(row.c)) {}

    void fill(Heap heap) {
        for (std::size_t i = 0; i < count; i++) {
            block[i] = take(heap, least + random.below(range));
            touch(block[i]);
        }
    }

    void replace_one(Heap heap) {
        const std::uint64_t x = random.next();
        char*& place = block[Random::scale(x >> 32, count)];
        heap.free(place);
        place = take(heap, least + Random::scale(static_cast<std::uint32_t>(x), range));
        touch(place);
    }

    Random random;
    std::size_t least, range, count;
    char** block;
};

struct Worker {
    alignas(128) std::atomic<std::uint64_t> operations{0};
    std::uint64_t fill_ns = 0;
};

} // namespace

void replace(const Row& row) {
    const Heap heap = row_heap();
    Live live(row, 1);
    const std::uint64_t start = now_ns();
    live.fill(heap);
    const double cold = static_cast<double>(now_ns() - start) / static_cast<double>(row.c);
    const auto loop = [&](benchmark::State& state) {
        Live local = live; // copies in registers, where references would be loaded at every step
        const Heap local_heap = heap;
        for (auto _ : state) local.replace_one(local_heap);
        live.random = local.random;
    };
    time_loop(options.seconds, loop); // reaches the steady state
    const Timing t = time_loop(options.seconds, loop);
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, t.real_ns, cold, t.cpu_ns, &grown});
}

// Both threads work on sets of their own; the figure is wall time over the operations of both.
void replace_two(const Row& row) {
    const Heap heap = row_heap();
    static Worker worker[2];
    static std::atomic<bool> stop{false};
    const auto work = [heap, &row](unsigned n) {
        pin_thread(n);
        const Heap local_heap = heap; // in a register
        Live live(row, n + 1);
        const std::uint64_t start = now_ns();
        live.fill(local_heap);
        worker[n].fill_ns = now_ns() - start;
        for (std::uint64_t done = 256; !stop.load(std::memory_order_relaxed); done += 256) {
            for (int i = 0; i < 256; i++) live.replace_one(local_heap);
            worker[n].operations.store(done, std::memory_order_relaxed);
        }
    };
    std::thread first(work, 0u), second(work, 1u);
    while (worker[0].operations.load() == 0 || worker[1].operations.load() == 0) sleep_ms(1);
    const auto total = [] { return worker[0].operations.load() + worker[1].operations.load(); };
    const auto window = static_cast<unsigned>(options.seconds * 1000);
    sleep_ms(window); // reaches the steady state
    const double ns = ns_per_step(window, 4096, total);
    const Memory grown = memory_now() - memory_at_start();
    stop.store(true);
    first.join();
    second.join();
    const double cold = static_cast<double>(worker[0].fill_ns + worker[1].fill_ns) / static_cast<double>(2 * row.c);
    report({row.id, ns, cold, -1, &grown});
}
#endif
