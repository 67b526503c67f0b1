// One thread allocates blocks and writes their first byte, another frees them without reading; or (b = 1) the first word
// of each is written, and read by the other thread before it frees the block. They pass through a ring of 1024 pointers that is
// published 64 at a time, so the ring itself costs little. The figure is wall time per block.
#include <sched.h>

#include <atomic>
#include <thread>

#include "heap.h"
#include "measure.h"
#include "row.h"
#include "window.h"

namespace {

constexpr std::size_t ring_size = 1024;
constexpr std::size_t burst = 64;

struct Ring {
    alignas(128) std::atomic<std::size_t> head{0}; // taken out
    alignas(128) std::atomic<std::size_t> tail{0}; // put in
    alignas(128) std::atomic<bool> stop{false};
    char* slot[ring_size];
};

// Burns a little time, and lets the other side run when both share one CPU.
void wait_a_little(unsigned& turns) {
    if (++turns % 4096 == 0) sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

template <bool word>
void produce(Heap heap, Ring& ring, std::size_t size) {
    std::size_t tail = 0;
    unsigned turns = 0;
    while (!ring.stop.load(std::memory_order_relaxed)) {
        if (tail - ring.head.load(std::memory_order_acquire) > ring_size - burst) {
            wait_a_little(turns);
            continue;
        }
        for (std::size_t i = 0; i < burst; i++) {
            char* p = take(heap, size);
            if (word) first_word(p) = tail + i;
            else touch(p);
            ring.slot[(tail + i) % ring_size] = p;
        }
        tail += burst;
        ring.tail.store(tail, std::memory_order_release);
    }
}

template <bool word>
void consume(Heap heap, Ring& ring, std::size_t size) {
    std::size_t head = 0;
    unsigned turns = 0;
    while (!ring.stop.load(std::memory_order_relaxed)) {
        if (ring.tail.load(std::memory_order_acquire) == head) {
            wait_a_little(turns);
            continue;
        }
        for (std::size_t i = 0; i < burst; i++) {
            char* p = ring.slot[(head + i) % ring_size];
            if (word && first_word(p) != head + i) std::abort();
            heap.free(p, size);
        }
        head += burst;
        ring.head.store(head, std::memory_order_release);
    }
}

template <bool word>
void run(const Row& row) {
    const Heap heap = row_heap();
    static Ring ring;
    const auto window = static_cast<unsigned>(options.seconds * 1000);
    const std::uint64_t cold_start = now_ns();
    std::thread producer([&] { pin_thread(0); produce<word>(heap, ring, row.a); });
    std::thread consumer([&] { pin_thread(1); consume<word>(heap, ring, row.a); });
    while (ring.head.load(std::memory_order_relaxed) < ring_size) sched_yield();
    const double cold = static_cast<double>(now_ns() - cold_start) / ring_size;
    sleep_ms(window);
    const double ns = ns_per_step(window, 4096, [] { return ring.head.load(); });
    const Memory grown = memory_now() - memory_at_start();
    ring.stop.store(true);
    producer.join();
    consumer.join();
    report({row.id, ns, cold, -1, &grown});
}

} // namespace

void hand_over(const Row& row) { row.b == 1 ? run<true>(row) : run<false>(row); }
