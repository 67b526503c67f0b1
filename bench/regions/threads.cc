// Pairs on one thread, then on two at once, each on a CPU of its own where there are two. Figures are wall time per
// pair of all threads together, and the throughput of two threads over that of one.
#include <atomic>
#include <cstdio>
#include <thread>

#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "window.h"

namespace {

struct Worker {
    alignas(128) std::atomic<std::uint64_t> pairs{0};
};

Worker worker[2];
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
    std::thread thread[2];
    for (unsigned n = 0; n < threads; n++) thread[n] = std::thread([=] { work(n, size, write); });
    const auto total = [] { return worker[0].pairs.load() + worker[1].pairs.load(); };
    while (worker[0].pairs.load() == 0 || worker[threads - 1].pairs.load() == 0) sleep_ms(1);
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
        const double one = ns_per_pair(1, row.a, write);
        const double two = ns_per_pair(2, row.a, write);
        const Memory grown = memory_now() - memory_at_start();
        char id[64];
        const auto say = [&](const char* what, double value) {
            std::snprintf(id, sizeof id, "%s-%s", row.job, what);
            report({id, value, -1, -1, &grown});
        };
        say("1", one);
        say("2", two);
        say("ratio", one / two);
    });
}
