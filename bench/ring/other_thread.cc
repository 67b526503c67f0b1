// One thread acquires 64 slices and writes the first float of each; another reads and checks them, and releases them. Each
// side is timed by itself, the releases without the reading, and neither waits within the time that is taken; so the
// figures hold on a machine that is busy with other things, too. 1024 slices at most are between the two. The same is done
// by one thread alone, for comparison. The figures are medians of one slice's share.
#include <algorithm>
#include <semaphore>
#include <thread>

#include "jobs.h"
#include "measure.h"
#include "rings.h"
#include "samples.h"

namespace {

constexpr std::size_t turn = 64;
constexpr std::size_t between = 16; // turns
constexpr std::size_t turns = 6000;
constexpr std::size_t warm_up = 1000;

template <class R>
struct Turns {
    explicit Turns(R ring, std::size_t length) : ring(ring), length(length) {}

    void acquire_all(std::size_t t) {
        auto* slice = slot[t % between];
        const std::uint64_t start = now_ns();
        for (std::size_t i = 0; i < turn; i++) {
            slice[i] = acquire(ring, length);
            write_float(R::data(slice[i]), t * turn + i);
        }
        if (t >= warm_up) acquires.add(now_ns() - start);
    }

    void release_all(std::size_t t) {
        auto* slice = slot[t % between];
        for (std::size_t i = 0; i < turn; i++)
            if (*reinterpret_cast<volatile float*>(R::data(slice[i])) != static_cast<float>(t * turn + i)) std::abort();
        const std::uint64_t start = now_ns();
        for (std::size_t i = 0; i < turn; i++) ring.release(slice[i]);
        if (t >= warm_up) releases.add(now_ns() - start);
    }

    const R ring;
    const std::size_t length;
    typename R::Slice slot[between][turn];
    Samples acquires{turns}, releases{turns};
};

// As far apart as on two threads that keep up with each other: the half of what may be between them.
template <class R>
void alone(Turns<R>& work) {
    for (std::size_t t = 0; t < turns + between / 2; t++) {
        if (t < turns) work.acquire_all(t);
        if (t >= between / 2) work.release_all(t - between / 2);
    }
}

template <class R>
void on_two_threads(Turns<R>& work) {
    std::counting_semaphore<between> full{0}, empty{between};
    std::thread producer([&] {
        pin_thread(0);
        for (std::size_t t = 0; t < turns; t++) {
            empty.acquire();
            work.acquire_all(t);
            full.release();
        }
    });
    std::thread consumer([&] {
        pin_thread(1);
        for (std::size_t t = 0; t < turns; t++) {
            full.acquire();
            work.release_all(t);
            empty.release();
        }
    });
    producer.join();
    consumer.join();
}

} // namespace

void other_thread(const Row& row) {
    const std::size_t length = row.b;
    with_ring(row.a, length, [&](auto ring) {
        using Both = Turns<decltype(ring)>;
        auto& one = *new Both(ring, length);
        alone(one);
        auto& two = *new Both(ring, length);
        on_two_threads(two);
        const Memory grown = memory_now() - memory_at_start();
        one.acquires.report_all(row.job, {{"own-acquire", 500}}, turn, &grown);
        one.releases.report_all(row.job, {{"own-release", 500}}, turn, &grown);
        two.acquires.report_all(row.job, {{"acquire", 500}}, turn, &grown);
        two.releases.report_all(row.job, {{"release", 500}}, turn, &grown);
        const auto sum = [](Both& work) { return static_cast<double>(work.acquires.quantile(500) + work.releases.quantile(500)); };
        char id[64];
        std::snprintf(id, sizeof id, "%s-ratio", row.job);
        report({id, sum(two) / sum(one)});
    });
}
