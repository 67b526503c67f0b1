// The hand-over again, each side timed by itself: one thread gets 64 buffers and writes the first word of each; another
// reads and checks it and puts them. Neither waits within the time that is taken, so the figures hold on a machine that
// is busy with other things, too. 1024 buffers at most are between the two. The figures are medians of one buffer's share.
#include <cstdio>
#include <semaphore>
#include <thread>

#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "samples.h"

namespace {

constexpr std::size_t turn = 64;
constexpr std::size_t between = 16; // turns
constexpr std::size_t turns = 3000;
constexpr std::size_t warm_up = 500;

char* slot[between][turn];
std::counting_semaphore<between> full{0}, empty{between};

// `work` is told the buffers of a turn, and the number of the first.
template <class Work>
void follow(unsigned cpu, std::counting_semaphore<between>& from, std::counting_semaphore<between>& to, Samples& samples, Work work) {
    pin_thread(cpu);
    for (std::size_t t = 0; t < turns; t++) {
        from.acquire();
        const std::uint64_t start = now_ns();
        work(slot[t % between], t * turn);
        if (t >= warm_up) samples.add(now_ns() - start);
        to.release();
    }
}

} // namespace

void hand_over_turns(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    Samples get(turns), put(turns);
    std::thread producer([&] {
        follow(0, empty, full, get, [=](char** p, std::uint64_t number) {
            for (std::size_t i = 0; i < turn; i++) {
                p[i] = take(heap, size);
                first_word(p[i]) = number + i;
            }
        });
    });
    std::thread consumer([&] {
        follow(1, full, empty, put, [=](char** p, std::uint64_t number) {
            for (std::size_t i = 0; i < turn; i++) {
                if (first_word(p[i]) != number + i) std::abort();
                heap.free(p[i], size);
            }
        });
    });
    producer.join();
    consumer.join();
    const Memory grown = memory_now() - memory_at_start();
    get.report_all(row.job, {{"get", 500}}, turn, &grown);
    put.report_all(row.job, {{"put", 500}}, turn, &grown);
}
