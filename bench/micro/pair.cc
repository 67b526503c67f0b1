// One block is allocated, one byte of it written, and freed; again and again with the same size.
#include <cstdlib>

#include "heap.h"
#include "measure.h"
#include "row.h"
#include "timed.h"

namespace {

template <class Take, class Give>
void run(const Row& row, Take get, Give give) {
    const std::uint64_t start = now_ns();
    char* first = get();
    touch(first);
    give(first);
    const auto cold = static_cast<double>(now_ns() - start);
    const Timing t = time_loop(options.seconds, [=](benchmark::State& state) {
        const Take local_get = get; // in registers, where captures would be loaded at every step
        const Give local_give = give;
        for (auto _ : state) {
            char* p = local_get();
            touch(p);
            local_give(p);
        }
    });
    const Memory grown = memory_now() - memory_at_start();
    report({row.id, t.real_ns, cold, t.cpu_ns, &grown});
}

} // namespace

void pair(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    run(row, [=] { return take(heap, size); }, [=](char* p) { heap.free(p); });
}

#ifdef MICRO_ALLOCKIT
void pair_exact(const Row& row) {
    akit_tiered_config config = AKIT_TIERED_CONFIG_INIT;
    config.check_mode = AKIT_CHECK_EXACT;
    Heap heap;
    if (akit_tiered_create(&config, &heap.handle) != 0) std::abort();
    const std::size_t size = row.a;
    run(row, [=] { return take(heap, size); }, [=](char* p) { heap.free(p); });
}

void pair_sized(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t size = row.a;
    run(row, [=] { return take(heap, size); }, [=](char* p) { akit_tiered_free_sized(heap.handle, p, size); });
}
#else
void pair_exact(const Row& row) { report_skipped(row.id, "no exact check"); }
void pair_sized(const Row& row) { report_skipped(row.id, "no sized free in the C interface"); }
#endif
