// The seed's concurrent suite: four threads at once, each allocates ten blocks, writes their first byte and frees them.
// The figure is the whole round: with threads that are made and joined in it, or with threads that wait for its start.
#include <atomic>
#include <thread>

#include "heap.h"
#include "jobs.h"
#include "pass.h"

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

} // namespace

void concurrent(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    if (row.b == 0) {
        time_pass(row, [=] {
            std::thread thread[threads];
            for (std::thread& one : thread) one = std::thread(ten, heap, size);
            for (std::thread& one : thread) one.join();
        });
    } else {
        Crew crew(heap, size);
        time_pass(row, [&crew] { crew.round(); });
    }
}
