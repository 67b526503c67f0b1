// Handles themselves: how long they take to make and to end, and what they hold. Where an allocator has no
// heaps as objects, these rows are empty.
#include <cstdint>
#include <cstdlib>

#include "handles.h"
#include "heap.h"
#include "jobs.h"
#include "measure.h"
#include "timed.h"

namespace {

constexpr std::size_t many = 10000;
constexpr double mib = 1 << 20;

char* first_block(const Handles& kit, void* handle) {
    char* p = static_cast<char*>(kit.alloc(handle, 64));
    if (p == nullptr) std::abort();
    escape(p);
    touch(p);
    return p;
}

} // namespace

// Create, one block of 64 B with its first byte written, destroy with the block still out. Cold is the first
// time in the process.
void create_destroy(const Row& row) {
    const Handles* found = handles();
    if (found == nullptr) return report_skipped(row.id, "no heaps as objects");
    const Handles kit = *found;
    const auto cycle = [kit] {
        void* handle = kit.create();
        first_block(kit, handle);
        kit.destroy(handle);
    };
    const std::uint64_t start = now_ns();
    cycle();
    const auto cold = static_cast<double>(now_ns() - start);
    const Timing t = time_loop(options.seconds, [=](benchmark::State& state) {
        const auto local = cycle;
        for (auto _ : state) local();
    });
    const Memory grown = memory_now() - memory_at_start();
    report({"create", t.real_ns, cold, t.cpu_ns, &grown});
    report({"create-cold", cold, -1, -1, nullptr});
}

// 10,000 handles alive at once with one block of 64 B each; then one pair on each in turn; then all destroyed.
void many_handles(const Row& row) {
    const Handles* found = handles();
    if (found == nullptr) return report_skipped(row.id, "no heaps as objects");
    const Handles kit = *found;
    void** handle = own_array<void*>(many);
    const Memory before = memory_now();

    std::uint64_t start = now_ns();
    for (std::size_t i = 0; i < many; i++) first_block(kit, handle[i] = kit.create());
    const double create_ns = static_cast<double>(now_ns() - start) / many;
    const Memory alive = memory_now() - before;

    start = now_ns();
    for (std::size_t i = 0; i < many; i++) kit.free(handle[i], first_block(kit, handle[i]));
    const double pair_ns = static_cast<double>(now_ns() - start) / many;

    start = now_ns();
    for (std::size_t i = 0; i < many; i++) kit.destroy(handle[i]);
    const double destroy_ns = static_cast<double>(now_ns() - start) / many;
    const Memory kept = memory_now() - before;
    sleep_ms(300);
    const Memory later = memory_now() - before;

    report({"handles-create", create_ns, -1, -1, &alive});
    report({"handles-resident", static_cast<double>(alive.resident_bytes) / many / 1024, -1, -1, &alive});
    report({"handles-virtual", static_cast<double>(alive.virtual_bytes) / many / 1024, -1, -1, &alive});
    report({"handles-pair", pair_ns, -1, -1, nullptr});
    report({"handles-destroy", destroy_ns, -1, -1, &kept});
    report({"handles-kept-0", static_cast<double>(kept.resident_bytes) / mib, -1, -1, &kept});
    report({"handles-kept-300", static_cast<double>(later.resident_bytes) / mib, -1, -1, &later});
}

// CPU time of giving back what 10,000 idle handles hold (each had one block, freed since). With the purge
// thread the program sleeps and all CPU time is the thread's; without it, the program calls akit_maintain.
#ifdef HEAP_TIERED
static double cpu_ms_of(void (*work)()) {
    const std::uint64_t start = process_cpu_ns();
    work();
    return static_cast<double>(process_cpu_ns() - start) / 1e6;
}

void purge_round(const Row&) {
    const Handles& kit = *handles();
    void** handle = own_array<void*>(many);
    for (std::size_t i = 0; i < many; i++) {
        handle[i] = kit.create();
        kit.free(handle[i], first_block(kit, handle[i]));
    }
    const auto round = options.purge_thread ? [] { sleep_ms(500); } : [] {
        for (int i = 0; i < 10; i++) {
            std::uint64_t next;
            sleep_ms(50);
            akit_maintain(&next);
        }
    };
    report({"purge-first", cpu_ms_of(round)});
    cpu_ms_of(round);
    report({"purge-idle", cpu_ms_of(round) / 10});
}
#else
void purge_round(const Row& row) { report_skipped(row.id, "not comparable"); }
#endif
