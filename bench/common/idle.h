// A program that is watched from outside (watch.py): it says "peak", gives everything back, says "freed", and is idle
// until its standard input is closed; or does what an event loop would: calls akit_maintain when it is due (--way
// maintain).
#pragma once

#include "measure.h"
#include "row.h"

// False when the watcher has gone.
bool say_peak();
void say_freed_and_wait();

// `row` is the time in ms that `give_back` took.
template <class GiveBack>
void then_idle(const char* row, GiveBack give_back) {
    if (!say_peak()) return;
    const std::uint64_t start = now_ns();
    give_back();
    const double ms = static_cast<double>(now_ns() - start) / 1e6;
    say_freed_and_wait();
    report({row, ms});
}
