// Whether io_uring may be used, and which slot is this memory in? 64 addresses in turn, which lie in as many areas as the row says.
#include "area.h"
#include "heap.h"
#include "jobs.h"
#include "own_ring.h"
#include "pass.h"
#include "random.h"

void allowed(const Row& row) {
    akit_uring_probe_info info = AKIT_URING_PROBE_INFO_INIT;
    if (akit_uring_probe(&info) != 0) std::abort();
    report({row.id, static_cast<double>(info.available)});
}

void lookup(const Row& row) {
    constexpr std::size_t addresses = 64, area_bytes = 65536, gap = 2 * area_bytes;
    static OwnRing ring(8);
    static akit_uring* registration = attach(ring);
    char* memory = make_area(row.a * gap, false);
    for (std::size_t i = 0; i < row.a; i++)
        if (akit_uring_add_memory(registration, memory + i * gap, area_bytes) != 0) std::abort();
    if (akit_uring_sync(registration) < 0) return report_skipped(row.id, "locked memory is limited");
    static char* address[addresses];
    Random random(3);
    for (auto& one : address) one = memory + random.below(row.a) * gap + (row.b == 1 ? area_bytes : 0) + random.below(area_bytes / 4096) * 4096;
    time_pass(row, [&row] {
        const bool there = row.b != 1;
        for (char* p : address)
            if ((akit_uring_lookup(registration, p, 4096) >= 0) != there) [[unlikely]] std::abort();
    }, addresses);
}
