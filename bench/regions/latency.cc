// The seed's latency suite: each allocate + write the first byte + free is timed by itself. What reading the clock twice
// takes is part of every figure and is reported beside them.
#include <cstdio>

#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "samples.h"

void latency(const Row& row) {
    constexpr std::size_t count = 20000;
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    Samples samples(count), clock(count);
    for (std::size_t i = 0; i < count; i++) {
        const std::uint64_t start = now_ns();
        char* p = take(heap, size);
        touch(p);
        heap.free(p, size);
        samples.add(now_ns() - start);
    }
    for (std::size_t i = 0; i < count; i++) {
        const std::uint64_t start = now_ns();
        clock.add(now_ns() - start);
    }
    const Memory grown = memory_now() - memory_at_start();
    samples.report_all(row.job, {{"p50", 500}, {"p99", 990}, {"p99.9", 999}}, 1, &grown);
    clock.report_all(row.job, {{"clock", 500}}, 1, &grown);
}
