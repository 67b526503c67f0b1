// The seed's load test: every thread looks whether it is to stop, gets a buffer, writes its first bytes and puts it, in turn
// through a list of sizes that thread n enters at its n-th place. 100 buffers of every size are idle before. The figure
// is millions of such operations per second, of all threads together.
#include <sched.h>

#include <atomic>
#include <thread>

#include "heap.h"
#include "jobs.h"
#include "measure.h"

namespace {

constexpr std::size_t K = 1024;
constexpr unsigned most_threads = 64;
constexpr unsigned idle = 100;

struct List {
    std::size_t count;
    std::size_t size[6];
};

constexpr List list[] = {{2, {4 * K, 8 * K}}, {4, {2 * K, 4 * K, 8 * K, 16 * K}}, {6, {2 * K, 4 * K, 8 * K, 16 * K, 32 * K, 64 * K}}};

struct Worker {
    alignas(128) std::uint64_t operations = 0;
};

Worker worker[most_threads];
std::atomic<unsigned> ready{0};
std::atomic<bool> go{false}, stop{false};

#ifdef HEAP_POOL
void warm(Heap heap, std::size_t size) {
    if (akit_pool_warm(heap.handle, size, idle) != 0) std::abort();
}
#else
void warm(Heap heap, std::size_t size) {
    char* block[idle];
    for (char*& one : block) touch_pages(one = take(heap, size), size);
    for (char* one : block) heap.free(one, size);
}
#endif

void work(unsigned n, const List& sizes, std::size_t bytes) {
    pin_thread(n);
    const Heap heap = row_heap();
    ready.fetch_add(1);
    while (!go.load()) sched_yield();
    std::size_t i = n % sizes.count;
    std::uint64_t done = 0;
    for (; !stop.load(std::memory_order_relaxed); done++) {
        char* p = take(heap, sizes.size[i]);
        for (std::size_t at = 0; at < bytes; at++) static_cast<volatile char*>(p)[at] = static_cast<char>(at);
        heap.free(p, sizes.size[i]);
        if (++i == sizes.count) i = 0;
    }
    worker[n].operations = done;
}

} // namespace

void load(const Row& row) {
    const auto threads = static_cast<unsigned>(row.a);
    const List& sizes = list[row.b];
    const Heap heap = row_heap();
    for (std::size_t i = 0; i < sizes.count; i++) warm(heap, sizes.size[i]);
    std::thread thread[most_threads];
    for (unsigned n = 0; n < threads; n++) thread[n] = std::thread([&, n] { work(n, sizes, row.c); });
    while (ready.load() != threads) sched_yield();

    const std::uint64_t start = now_ns();
    go.store(true);
    sleep_ms(static_cast<unsigned>(options.seconds * 1000));
    stop.store(true);
    std::uint64_t operations = 0;
    for (unsigned n = 0; n < threads; n++) {
        thread[n].join();
        operations += worker[n].operations;
    }
    const auto ns = static_cast<double>(now_ns() - start);
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, static_cast<double>(operations) * 1e3 / ns, -1, -1, &grown});
}
