// A burst of memory in regions of mixed sizes (64 KiB to 32 MiB, every page written), all freed in random order; then the
// program is idle, or does what an event loop would: call akit_maintain when it is due (--way maintain). The driver
// watches the resident size from outside, from the line "freed" on, until it closes the standard input.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "random.h"

namespace {

constexpr std::size_t most_blocks = 20000;

struct Block {
    char* at;
    std::size_t size;
};

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

void decay(const Row&) {
    const std::size_t total = options.bytes != 0 ? options.bytes : std::size_t{1} << 30;
    const Heap heap = row_heap();
    Block* block = own_array<Block>(most_blocks);
    Random random(11);
    std::size_t count = 0;
    for (std::size_t bytes = 0; bytes < total && count < most_blocks; bytes += block[count++].size) {
        const std::size_t size = std::min(random.mixed_size(16, 24), std::max<std::size_t>(total - bytes, 65536));
        block[count] = {take(heap, size), size};
        touch_pages(block[count].at, size);
    }
    for (std::size_t i = count; i > 1; i--) std::swap(block[i - 1], block[random.below(i)]);
    say("peak");
    if (wait_for_end(200)) return; // the driver takes the peak
    const std::uint64_t start = now_ns();
    for (std::size_t i = 0; i < count; i++) heap.free(block[i].at, block[i].size);
    const double ms = static_cast<double>(now_ns() - start) / 1e6;
    say("freed");
    if (options.way[0] == 'm') maintain();
    else be_idle();
    report({"decay-free", ms});
}
