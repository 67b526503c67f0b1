// 16 threads each allocate 16 MiB of blocks of mixed sizes (16 B to 512 KiB), write every page, free them
// all, and then sleep without ending. What does the process still hold?
#include <atomic>
#include <thread>

#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "random.h"

namespace {

constexpr unsigned threads = 16;
constexpr std::size_t per_thread = std::size_t{16} << 20;
constexpr std::size_t most_blocks = 2000;

struct Gate {
    std::atomic<unsigned> arrived{0};
    std::atomic<unsigned> open{0};

    void arrive() { arrived.fetch_add(1); }
    void wait(unsigned step) {
        for (unsigned now; (now = open.load()) < step;) open.wait(now);
    }
    void let_go(unsigned step) {
        open.store(step);
        open.notify_all();
    }
    void await_all(unsigned count) const {
        while (arrived.load() != count) sleep_ms(1);
    }
};

void use_and_free(Heap heap, Random random, char** block) {
    std::size_t count = 0;
    for (std::size_t bytes = 0; bytes < per_thread && count < most_blocks;) {
        const std::size_t size = random.mixed_size(4, 18);
        block[count] = take(heap, size);
        touch_pages(block[count++], size);
        bytes += size;
    }
    while (count > 0) heap.free(block[--count]);
}

} // namespace

void sleeping(const Row&) {
    static Gate gate;
    const Heap heap = row_heap();
    char** block = own_array<char*>(threads * most_blocks);
    std::thread thread[threads];
    for (unsigned n = 0; n < threads; n++) {
        thread[n] = std::thread([=] {
            gate.arrive();
            gate.wait(1);
            use_and_free(heap, Random(n + 1), block + n * most_blocks);
            gate.arrive();
            gate.wait(2);
        });
    }
    gate.await_all(threads);
    sleep_ms(20); // all of them asleep: their stacks belong to the start
    const Memory before = memory_now();
    gate.let_go(1);
    gate.await_all(2 * threads);
    sleep_ms(300);
    const Memory soon = memory_now() - before;
    sleep_ms(700);
    const Memory later = memory_now() - before;
    report({"sleep-kept-300", static_cast<double>(soon.resident_bytes) / (1 << 20), -1, -1, &soon});
    report({"sleep-kept-1000", static_cast<double>(later.resident_bytes) / (1 << 20), -1, -1, &later});
    gate.let_go(2);
    for (auto& t : thread) t.join();
}
