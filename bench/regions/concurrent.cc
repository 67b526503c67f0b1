// The seed's concurrent suite: four threads at once, each allocates ten blocks, writes their first byte and frees them.
// The figure is the median of whole rounds, because a thread that waits for a CPU waits for milliseconds: with threads that
// are made and joined in the round, or with threads that wait for its start.
#include <atomic>
#include <thread>

#include "heap.h"
#include "jobs.h"
#include "samples.h"

namespace {

constexpr unsigned threads = 4;
constexpr unsigned blocks = 10;

void ten(Heap heap, std::size_t size) {
    char* block[blocks];
    for (char*& one : block) touch(one = take(heap, size));
    for (char* one : block) heap.free(one, size);
}

class Crew {
public:
    Crew(Heap heap, std::size_t size) {
        for (std::thread& one : thread_) one = std::thread([this, heap, size] { follow(heap, size); });
    }

    ~Crew() {
        stop_.store(true);
        start_round();
        for (std::thread& one : thread_) one.join();
    }

    void round() {
        left_.store(threads);
        start_round();
        for (unsigned now; (now = left_.load()) != 0;) left_.wait(now);
    }

private:
    void start_round() {
        round_.fetch_add(1);
        round_.notify_all();
    }

    void follow(Heap heap, std::size_t size) {
        for (unsigned seen = 0;; seen++) {
            round_.wait(seen);
            if (stop_.load()) return;
            ten(heap, size);
            if (left_.fetch_sub(1) == 1) left_.notify_one();
        }
    }

    std::atomic<unsigned> round_{0};
    std::atomic<unsigned> left_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_[threads];
};

template <class Round>
void median_of(const Row& row, Round round) {
    constexpr std::size_t most = 100000;
    Samples samples(most);
    const std::uint64_t end = now_ns() + static_cast<std::uint64_t>(options.seconds * 2e9);
    std::uint64_t cold = 0;
    for (std::size_t i = 0; i < most; i++) {
        const std::uint64_t start = now_ns();
        round();
        const std::uint64_t now = now_ns();
        if (i == 0) cold = now - start;
        else samples.add(now - start);
        if (now > end && i >= 40) break;
    }
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, static_cast<double>(samples.quantile(500)), static_cast<double>(cold), -1, &grown});
}

} // namespace

void concurrent(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    if (row.b == 0) {
        median_of(row, [=] {
            std::thread thread[threads];
            for (std::thread& one : thread) one = std::thread(ten, heap, size);
            for (std::thread& one : thread) one.join();
        });
    } else {
        Crew crew(heap, size);
        median_of(row, [&crew] { crew.round(); });
    }
}
