// Slices that are not released in the order of acquiring, or are not of one length. 1024 slices are live, the first
// float of each is written. The figure is one step: a release, an acquire, the float.
#include "jobs.h"
#include "measure.h"
#include "random.h"
#include "rings.h"

namespace {

constexpr std::size_t live = 1024;

// `step` is told the number of the step, and releases and acquires one. As many steps as the live slices are left out of
// the time, and then enough for the oldest slices to be gone.
template <class Step>
void time_steps(const Row& row, Step step) {
    constexpr std::uint64_t unmeasured = 50000;
    const std::uint64_t steps = step_count() / 4;
    for (std::uint64_t i = 0; i < unmeasured; i++) step(i);
    const std::uint64_t start = now_ns();
    for (std::uint64_t i = 0; i < steps; i++) step(i + unmeasured);
    const auto spent = static_cast<double>(now_ns() - start);
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, spent / static_cast<double>(steps), -1, -1, &grown});
}

template <class R>
typename R::Slice written(R ring, std::size_t length, std::uint64_t value) {
    auto slice = acquire(ring, length);
    write_float(R::data(slice), value);
    return slice;
}

} // namespace

void random_release(const Row& row) {
    const std::size_t length = row.b;
    with_ring(row.a, length, [&](auto ring) {
        auto* slot = own_array<typename decltype(ring)::Slice>(live);
        for (std::size_t i = 0; i < live; i++) slot[i] = written(ring, length, i);
        Random random(5);
        time_steps(row, [=](std::uint64_t i) mutable {
            auto& place = slot[random.below(live)];
            ring.release(place);
            place = written(ring, length, i);
        });
    });
}

void held_release(const Row& row) {
    constexpr std::size_t held = 20; // of 1024 slices one is kept for 20 rounds of them
    const std::size_t length = row.b;
    with_ring(row.a, length, [&](auto ring) {
        auto* slot = own_array<typename decltype(ring)::Slice>(live + held);
        for (std::size_t i = 0; i < live + held; i++) slot[i] = written(ring, length, i);
        time_steps(row, [=](std::uint64_t i) {
            auto* place = &slot[i % live];
            if (i % live == 0) std::swap(*place, slot[live + i / live % held]);
            ring.release(*place);
            *place = written(ring, length, i);
        });
    });
}

void mixed_lengths(const Row& row) {
    constexpr std::size_t lengths = 4096;
    const std::size_t longest = row.b;
    with_ring(row.a, longest, [&](auto ring) {
        auto* slot = own_array<typename decltype(ring)::Slice>(live);
        auto* length = own_array<std::size_t>(lengths);
        Random random(6);
        for (std::size_t i = 0; i < lengths; i++) length[i] = 1 + random.below(longest);
        for (std::size_t i = 0; i < live; i++) slot[i] = written(ring, length[i], i);
        time_steps(row, [=](std::uint64_t i) {
            auto& place = slot[i % live];
            ring.release(place);
            place = written(ring, length[i % lengths], i);
        });
    });
}
