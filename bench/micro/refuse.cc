// A handle with a cap of 16 MiB is filled until it says no; how long does every further refusal take?
#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "timed.h"

#ifdef HEAP_TIERED
void refuse(const Row& row) {
    akit_tiered_config config = AKIT_TIERED_CONFIG_INIT;
    config.limit_bytes = std::uint64_t{16} << 20;
    akit_tiered* handle = nullptr;
    if (akit_tiered_create(&config, &handle) != 0) std::abort();
    for (std::size_t size : {std::size_t{65536}, row.a})
        while (char* p = static_cast<char*>(akit_tiered_alloc(handle, size))) touch(p);
    const std::uint64_t start = now_ns();
    escape(akit_tiered_alloc(handle, row.a));
    const auto cold = static_cast<double>(now_ns() - start);
    const Timing t = time_loop(options.seconds, [=](benchmark::State& state) {
        for (auto _ : state)
            if (akit_tiered_alloc(handle, row.a) != nullptr) std::abort();
    });
    report({row.id, t.real_ns, cold, t.cpu_ns, nullptr});
}
#else
void refuse(const Row& row) { report_skipped(row.id, "no caps"); }
#endif
