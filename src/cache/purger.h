// The one optional thread of a copy: it sleeps while nothing is cached, and otherwise runs a round
// of giving back every tick. Hosts with a loop of their own call the same round by akit_maintain.
#pragma once
#include "os/thread.h"

namespace akit::purger {

inline constexpr std::uint64_t kTick = 25000000;  // ns; shorter while a handle with a short decay caches

// round: does what is due; returns in how many ns the next is due, kNone when nothing is cached.
void set_round(std::uint64_t (*round)(std::uint64_t now));
int start();        // 0, also when it runs already; -errno
int stop();
bool running();
void wake_now();    // over a budget: do not wait for the tick
void something_cached();  // leave deep sleep
void forget_after_fork();

}  // namespace akit::purger
