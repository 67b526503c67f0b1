// Speed of threads that run freely while the measuring thread watches their counter.
#pragma once

#include <cstdint>

#include "measure.h"

// Wall time per step of `count` over a window of at least `ms`, longer while it is less than `least` steps because the
// threads hardly got to run.
template <class Count>
double ns_per_step(unsigned ms, std::uint64_t least, Count count) {
    const std::uint64_t before = count();
    const std::uint64_t start = now_ns();
    std::uint64_t steps;
    do {
        sleep_ms(ms);
        steps = count() - before;
    } while (steps < least);
    return static_cast<double>(now_ns() - start) / static_cast<double>(steps);
}
