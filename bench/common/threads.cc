// Pairs on one thread, then on two at once, and so on by doubling as far as each can have a CPU of its own (two always
// run). Figures are wall time per pair of all threads together, and the throughput of two threads over that of one.
#include <atomic>
#include <cstdio>
#include <thread>

#include "heap.h"
#include "measure.h"
#include "row.h"
#include "window.h"

namespace {

struct Worker {
    alignas(128) std::atomic<std::uint64_t> pairs{0};
};

constexpr unsigned most_threads = 64;
Worker worker[most_threads];
std::atomic<bool> stop;

template <class Write>
void work(unsigned n, std::size_t size, Write write) {
    pin_thread(n);
    const Heap heap = row_heap();
    for (std::uint64_t done = 16; !stop.load(std::memory_order_relaxed); done += 16) {
        for (int i = 0; i < 16; i++) {
            char* p = take(heap, size);
            write(p, size);
            heap.free(p, size);
        }
        worker[n].pairs.store(done, std::memory_order_relaxed);
    }
}

template <class Write>
double ns_per_pair(unsigned threads, std::size_t size, Write write) {
    stop.store(false);
    for (Worker& one : worker) one.pairs.store(0);
    std::thread thread[most_threads];
    for (unsigned n = 0; n < threads; n++) thread[n] = std::thread([=] { work(n, size, write); });
    const auto total = [=] {
        std::uint64_t sum = 0;
        for (unsigned n = 0; n < threads; n++) sum += worker[n].pairs.load(std::memory_order_relaxed);
        return sum;
    };
    for (unsigned n = 0; n < threads; n++)
        while (worker[n].pairs.load() == 0) sleep_ms(1);
    const auto window = static_cast<unsigned>(options.seconds * 1000);
    sleep_ms(window); // reaches the steady state
    const double ns = ns_per_step(window, 256, total);
    stop.store(true);
    for (unsigned n = 0; n < threads; n++) thread[n].join();
    return ns;
}

} // namespace

void on_threads(const Row& row) {
    with_touch(row.b, [&](auto write) {
        char id[64];
        double one = 0;
        for (unsigned threads = 1; threads <= row.c; threads *= 2) {
            std::snprintf(id, sizeof id, "%s-%u", row.job, threads);
            if (threads > 2 && threads > cpu_count()) {
                report_skipped(id, "fewer CPUs than threads");
                continue;
            }
            const double ns = ns_per_pair(threads, row.a, write);
            const Memory grown = memory_now() - memory_at_start();
            report({id, ns, -1, -1, &grown});
            if (threads == 1) one = ns;
            if (threads != 2) continue;
            std::snprintf(id, sizeof id, "%s-ratio", row.job);
            report({id, one / ns, -1, -1, &grown});
        }
    });
}
