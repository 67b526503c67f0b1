// How long does the first get of a buffer take that nobody has had yet? 4000 buffers are got one after the other, each
// timed by itself, written as the row says within that time; reading the clock twice is part of every figure. Warm: as many
// were made idle before, by akit_pool_warm, or where there is no such thing by writing every page of as many and
// freeing them.
#include <cstdio>

#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "samples.h"

namespace {

constexpr std::size_t count = 4000;

#ifdef HEAP_POOL
// More may be idle than the defaults allow.
Heap heap_for_all() {
    akit_pool_config config = AKIT_POOL_CONFIG_INIT;
    config.cache_bytes = AKIT_NONE;
    Heap heap;
    if (akit_pool_create(&config, &heap.handle) != 0) std::abort();
    return heap;
}

void warm(Heap heap, std::size_t size, char**) {
    if (akit_pool_warm(heap.handle, size, count) != 0) std::abort();
}
#else
Heap heap_for_all() { return row_heap(); }

void warm(Heap heap, std::size_t size, char** block) {
    for (std::size_t i = 0; i < count; i++) touch_pages(block[i] = take(heap, size), size);
    for (std::size_t i = 0; i < count; i++) heap.free(block[i], size);
}
#endif

} // namespace

void first_get(const Row& row) {
    const Heap heap = heap_for_all();
    const std::size_t size = row.a;
    char** block = own_array<char*>(count);
    Samples samples(count);
    if (row.c == 1) {
        const std::uint64_t start = now_ns();
        warm(heap, size, block);
        const double ns = static_cast<double>(now_ns() - start) / count;
        char id[64];
        std::snprintf(id, sizeof id, "%s-up", row.job);
        report({id, ns});
    }
    with_touch(row.b, [&](auto write) {
        for (std::size_t i = 0; i < count; i++) {
            const std::uint64_t start = now_ns();
            block[i] = take(heap, size);
            write(block[i], size);
            samples.add(now_ns() - start);
        }
    });
    const Memory grown = memory_now() - memory_at_start();
    for (std::size_t i = 0; i < count; i++) heap.free(block[i], size);
    samples.report_all(row.job, {{"p50", 500}, {"p99", 990}, {"p99.9", 999}}, 1, &grown);
}
