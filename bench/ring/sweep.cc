// The three benchmarks of the ring that this kit descends from, as it ran them.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>

#include "jobs.h"
#include "measure.h"
#include "rings.h"

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t most_live = 1024;
constexpr int warm_up = 10000;

// Of the wall, and of the CPU time of the process.
struct Step {
    double ns, cpu_ns;
};

// Slices of a page until the area is full, a float written into each; then all are released in order.
template <class R>
void touch_area(R ring, std::size_t capacity) {
    const std::size_t most = capacity / page;
    auto* slice = own_array<typename R::Slice>(most);
    std::size_t count = 0;
    for (; count < most; count++) {
        slice[count] = ring.try_acquire(page);
        if (R::none(slice[count])) break;
        write_float(R::data(slice[count]), count);
    }
    for (std::size_t i = 0; i < count; i++) ring.release(slice[i]);
    munmap(slice, most * sizeof *slice);
}

// The slices that are live are in a ring themselves: the new one takes the place of the oldest, which is released. The
// time of filling it is part of the figure, which is that of one step.
template <bool written, class R>
Step loop(R ring, std::size_t length, std::size_t live) {
    static typename R::Slice slot[most_live];
    for (int i = 0; i < warm_up; i++) {
        const auto slice = acquire(ring, length);
        if (written) write_float(R::data(slice), i);
        ring.release(slice);
    }
    const std::uint64_t steps = step_count();
    const std::uint64_t cpu = process_cpu_ns(), start = now_ns();
    for (std::size_t i = 0; i < live; i++) slot[i] = acquire(ring, length);
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < steps; i++) {
        const auto slice = acquire(ring, length);
        if (written) write_float(R::data(slice), i);
        ring.release(slot[at]);
        slot[at] = slice;
        if (++at == live) at = 0;
    }
    const std::uint64_t end = now_ns(), cpu_end = process_cpu_ns();
    for (std::size_t i = 0; i < live; i++) ring.release(slot[i]);
    return {static_cast<double>(end - start) / static_cast<double>(steps), static_cast<double>(cpu_end - cpu) / static_cast<double>(steps)};
}

void report_with_memory(const char* row, Step step) {
    const Memory grown = memory_now() - memory_at_start();
    report({row, step.ns, -1, step.cpu_ns, &grown});
}

#ifndef HEAP_ALLOCKIT
// The floor: a float written every `stride` bytes of the area, nothing else.
Step bare_stores(std::size_t capacity, std::size_t stride, bool huge) {
    void* area = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED || (huge && madvise(area, capacity, MADV_HUGEPAGE) != 0)) std::abort();
    char* base = static_cast<char*>(area);
    for (std::size_t at = 0; at < capacity; at += page) write_float(base + at, at);
    const std::size_t last = capacity - stride;
    const std::uint64_t steps = step_count();
    const std::uint64_t cpu = process_cpu_ns(), start = now_ns();
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < steps; i++) {
        write_float(base + at, i);
        at = at + stride <= last ? at + stride : 0;
    }
    return {static_cast<double>(now_ns() - start) / static_cast<double>(steps), static_cast<double>(process_cpu_ns() - cpu) / static_cast<double>(steps)};
}

// --way store[-coloured][-huge]
bool floor_row(const char* row, std::size_t capacity, std::size_t length) {
    if (std::strncmp(options.way, "store", 5) != 0) return false;
    const std::size_t more = std::strstr(options.way, "coloured") != nullptr ? 64 : 0;
    report_with_memory(row, bare_stores(capacity, length + more, std::strstr(options.way, "huge") != nullptr));
    return true;
}
#else
bool floor_row(const char*, std::size_t, std::size_t) { return false; }
#endif

} // namespace

void sweep(const Row& row) {
    const std::size_t capacity = row.a, length = row.b;
    if (floor_row(row.id, capacity, length)) return;
    with_ring(capacity, length, [&](auto ring) {
        touch_area(ring, capacity);
        const std::size_t live = std::clamp<std::size_t>(capacity / length / 2, 4, most_live);
        report_with_memory(row.id, loop<true>(ring, length, live));
    });
}

void sizes(const Row& row) {
    const std::size_t capacity = options.bytes != 0 ? options.bytes : row.a;
    const std::size_t longest = row.c;
    with_ring(capacity, longest, [&](auto ring) {
        touch_area(ring, capacity);
        for (std::size_t length = row.b; length <= longest; length *= 2) {
            char id[32];
            std::snprintf(id, sizeof id, "sizes-%zu", length);
            report_with_memory(id, loop<true>(ring, length, most_live));
        }
    });
}

void profile(const Row& row) {
    with_ring(row.a, row.b, [&](auto ring) { report_with_memory(row.id, loop<false>(ring, row.b, most_live)); });
}
