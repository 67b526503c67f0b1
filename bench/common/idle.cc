#include "idle.h"

#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "heap.h"

namespace {

void say(const char* what) {
    std::printf("%s\n", what);
    std::fflush(stdout);
}

// Whether the driver has closed our input. Nothing is ever written to it.
bool wait_for_end(int ms) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return poll(&input, 1, ms) != 0;
}

void be_idle() {
    while (!wait_for_end(-1)) {}
}

#ifdef HEAP_ALLOCKIT
void maintain() {
    std::uint64_t next = 0;
    int ms = 0;
    do {
        akit_maintain(&next);
        ms = next == AKIT_NONE ? -1 : static_cast<int>(next / 1000000) + 1;
    } while (!wait_for_end(ms));
}
#else
void maintain() { std::abort(); }
#endif

} // namespace

bool say_peak() {
    say("peak");
    return !wait_for_end(200); // so long it may take
}

void say_freed_and_wait() {
    say("freed");
    if (options.way[0] == 'm') maintain();
    else be_idle();
}
