// Times one unit of work of the calling thread, again and again, and reports it with what the process holds at the end.
// With `parts` the figure is one of so many equal parts of the unit.
#pragma once

#include "measure.h"
#include "row.h"
#include "timed.h"

template <class Pass>
void time_pass(const Row& row, Pass pass, double parts = 1) {
    const std::uint64_t start = now_ns();
    pass();
    const auto cold = static_cast<double>(now_ns() - start);
    const Timing t = time_loop(options.seconds, [=](benchmark::State& state) {
        const Pass local = pass; // in registers, where captures would be loaded at every step
        for (auto _ : state) local();
    });
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, t.real_ns / parts, cold / parts, t.cpu_ns / parts, &grown});
}
