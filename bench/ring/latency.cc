// Single acquires, each timed by itself, reading the clock included. 1024 slices are live, released in order; the first
// float of each is written outside the time. The area was written before.
#include <algorithm>

#include "jobs.h"
#include "measure.h"
#include "rings.h"
#include "samples.h"

void latency(const Row& row) {
    constexpr std::size_t live = 1024;
    const std::size_t length = row.b;
    const auto count = static_cast<std::size_t>(std::max<std::uint64_t>(step_count() / 10, 100000));
    with_ring(row.a, length, [&](auto ring) {
        auto* slot = own_array<typename decltype(ring)::Slice>(live);
        Samples samples(count);
        for (std::size_t i = 0; i < live; i++) slot[i] = acquire(ring, length);
        const std::size_t unmeasured = 2 * row.a / length;
        for (std::size_t i = 0; i < count + unmeasured; i++) {
            auto& place = slot[i % live];
            ring.release(place);
            const std::uint64_t start = now_ns();
            place = acquire(ring, length);
            const std::uint64_t end = now_ns();
            if (i >= unmeasured) samples.add(end - start);
            write_float(decltype(ring)::data(place), i);
        }
        const Memory grown = memory_now() - memory_at_start();
        samples.report_all(row.job, {{"p50", 500}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}}, 1, &grown);
    });
}
