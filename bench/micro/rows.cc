// The table: every row of the report, in its order. Each says in its label what is written into the blocks;
// where it says nothing, the first byte of each block is.
#include "heap.h"
#include "jobs.h"

namespace {
constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
} // namespace

// clang-format off
const Row rows[] = {
    // id, job, unit, kind, who, label, function, a, b, c
    {"pair-16", "pair-16", "ns", "time", "all", "alloc + free pair, 16 B", pair, 16, touch_first, 0},
    {"pair-64", "pair-64", "ns", "time", "all", "alloc + free pair, 64 B", pair, 64, touch_first, 0},
    {"pair-256", "pair-256", "ns", "time", "all", "alloc + free pair, 256 B", pair, 256, touch_first, 0},
    {"pair-1K", "pair-1K", "ns", "time", "all", "alloc + free pair, 1 KiB", pair, 1 * KiB, touch_first, 0},
    {"pair-4K", "pair-4K", "ns", "time", "all", "alloc + free pair, 4 KiB", pair, 4 * KiB, touch_first, 0},
    {"pair-16K", "pair-16K", "ns", "time", "all", "alloc + free pair, 16 KiB", pair, 16 * KiB, touch_first, 0},
    {"pair-64K", "pair-64K", "ns", "time", "all", "alloc + free pair, 64 KiB", pair, 64 * KiB, touch_first, 0},
    {"pair-256K", "pair-256K", "ns", "time", "all", "alloc + free pair, 256 KiB", pair, 256 * KiB, touch_first, 0},
    {"pair-1M", "pair-1M", "ns", "time", "all", "alloc + free pair, 1 MiB", pair, 1 * MiB, touch_first, 0},
    {"pair-2M", "pair-2M", "ns", "time", "all", "alloc + free pair, 2 MiB", pair, 2 * MiB, touch_first, 0},
    {"pair-4M", "pair-4M", "ns", "time", "all", "alloc + free pair, 4 MiB", pair, 4 * MiB, touch_first, 0},
    {"pair-16M", "pair-16M", "ns", "time", "all", "alloc + free pair, 16 MiB", pair, 16 * MiB, touch_first, 0},
    {"pair-64M", "pair-64M", "ns", "time", "all", "alloc + free pair, 64 MiB", pair, 64 * MiB, touch_first, 0},
    {"batch-100x1K", "batch-100x1K", "ns", "time", "all", "100 x 1 KiB, then free all (first byte written)", batch, 1 * KiB, 100, touch_first},
    {"batch-100x16K", "batch-100x16K", "ns", "time", "all", "100 x 16 KiB, then free all (untouched)", batch, 16 * KiB, 100, touch_none},
    {"batch-100x16K-touched", "batch-100x16K-touched", "ns", "time", "all", "100 x 16 KiB, then free all (every page written)", batch, 16 * KiB, 100, touch_all},
    {"batch-10x1M", "batch-10x1M", "ns", "time", "all", "10 x 1 MiB, then free all (untouched)", batch, 1 * MiB, 10, touch_none},
    {"batch-10x1M-touched", "batch-10x1M-touched", "ns", "time", "all", "10 x 1 MiB, then free all (every page written)", batch, 1 * MiB, 10, touch_all},
    {"batch-10x4M", "batch-10x4M", "ns", "time", "all", "10 x 4 MiB, then free all (untouched)", batch, 4 * MiB, 10, touch_none},
    {"batch-10x4M-touched", "batch-10x4M-touched", "ns", "time", "all", "10 x 4 MiB, then free all (every page written)", batch, 4 * MiB, 10, touch_all},
    {"replace-8-1K", "replace-8-1K", "ns", "time", "all", "random replace 8 B-1 KiB, 1000 live", replace, 8, 1 * KiB, 1000},
    {"replace-16-256", "replace-16-256", "ns", "time", "all", "random replace 16-256 B, 50,000 live", replace, 16, 256, 50000},
    {"replace-1K-16K", "replace-1K-16K", "ns", "time", "all", "random replace 1-16 KiB, 1000 live", replace, 1 * KiB, 16 * KiB, 1000},
    {"replace-16K-2M", "replace-16K-2M", "ns", "time", "all", "random replace 16 KiB-2 MiB, 100 live", replace, 16 * KiB, 2 * MiB, 100},
    {"replace2-8-1K", "replace2-8-1K", "ns", "time", "all", "2 threads: random replace 8 B-1 KiB", replace_two, 8, 1 * KiB, 1000},
    {"replace2-1K-16K", "replace2-1K-16K", "ns", "time", "all", "2 threads: random replace 1-16 KiB", replace_two, 1 * KiB, 16 * KiB, 1000},
    {"replace2-16K-2M", "replace2-16K-2M", "ns", "time", "all", "2 threads: random replace 16 KiB-2 MiB", replace_two, 16 * KiB, 2 * MiB, 100},
    {"handover-64", "handover-64", "ns", "time", "all", "hand-over to another thread, 64 B", hand_over, 64, 0, 0},
    {"handover-1K", "handover-1K", "ns", "time", "all", "hand-over to another thread, 1 KiB", hand_over, 1 * KiB, 0, 0},
    {"handover-16K", "handover-16K", "ns", "time", "all", "hand-over to another thread, 16 KiB", hand_over, 16 * KiB, 0, 0},
    {"handover-64K", "handover-64K", "ns", "time", "all", "hand-over to another thread, 64 KiB", hand_over, 64 * KiB, 0, 0},
    {"drop-free", "drop", "ns", "time", "all", "drop 512 MiB of mixed blocks, per block", drop, 0, 0, 0},
    {"drop-grow", "drop", "ns", "extra", "all", "growth to 512 MiB of mixed blocks, per block", drop, 0, 0, 0},
    {"drop-peak", "drop", "%", "memory", "all", "peak over requested, 512 MiB", drop, 0, 0, 0},
    {"drop-kept-0", "drop", "MiB", "memory", "all", "memory kept at once after the drop", drop, 0, 0, 0},
    {"drop-kept-300", "drop", "MiB", "memory", "all", "memory kept 300 ms after the drop", drop, 0, 0, 0},
    {"sleep-kept-300", "sleep", "MiB", "memory", "all", "16 sleeping threads after 16 MiB each, kept after 300 ms", sleeping, 0, 0, 0},
    {"sleep-kept-1000", "sleep", "MiB", "memory", "all", "16 sleeping threads after 16 MiB each, kept after 1 s", sleeping, 0, 0, 0},
    {"fragment", "fragment", "ratio", "memory", "all", "fragmentation: random replace, resident over live bytes", fragment, 0, 0, 0},
    {"fragment-op", "fragment", "ns", "extra", "all", "fragmentation: time per replace, every page written", fragment, 0, 0, 0},
    {"create", "create", "ns", "extra", "handles", "create + 64 B + destroy, warm", create_destroy, 0, 0, 0},
    {"create-cold", "create", "ns", "extra", "handles", "create + 64 B + destroy, first in the process", create_destroy, 0, 0, 0},
    {"handles-create", "handles", "ns", "extra", "handles", "create + 64 B with 10,000 handles staying alive", many_handles, 0, 0, 0},
    {"handles-resident", "handles", "KiB", "memory", "handles", "resident per handle with one 64 B block", many_handles, 0, 0, 0},
    {"handles-virtual", "handles", "KiB", "memory", "handles", "address space per handle with one 64 B block", many_handles, 0, 0, 0},
    {"handles-pair", "handles", "ns", "extra", "handles", "a 64 B pair on each of 10,000 handles in turn", many_handles, 0, 0, 0},
    {"handles-destroy", "handles", "ns", "extra", "handles", "destroy one of 10,000 handles", many_handles, 0, 0, 0},
    {"handles-kept-0", "handles", "MiB", "memory", "handles", "memory kept at once after destroying 10,000", many_handles, 0, 0, 0},
    {"handles-kept-300", "handles", "MiB", "memory", "handles", "memory kept 300 ms after destroying 10,000", many_handles, 0, 0, 0},
    {"purge-first", "purge", "ms", "memory", "allockit", "CPU time of giving back what 10,000 fresh idle handles hold", purge_round, 0, 0, 0},
    {"purge-idle", "purge", "ms", "memory", "allockit", "CPU time of a purge round (50 ms) over 10,000 idle handles", purge_round, 0, 0, 0},
    {"exact-16", "exact-16", "ns", "extra", "allockit", "pair with AKIT_CHECK_EXACT, 16 B", pair_exact, 16, 0, 0},
    {"exact-64", "exact-64", "ns", "extra", "allockit", "pair with AKIT_CHECK_EXACT, 64 B", pair_exact, 64, 0, 0},
    {"exact-1K", "exact-1K", "ns", "extra", "allockit", "pair with AKIT_CHECK_EXACT, 1 KiB", pair_exact, 1 * KiB, 0, 0},
    {"sized-16", "sized-16", "ns", "extra", "allockit", "pair with sized free, 16 B", pair_sized, 16, 0, 0},
    {"sized-64", "sized-64", "ns", "extra", "allockit", "pair with sized free, 64 B", pair_sized, 64, 0, 0},
    {"sized-1K", "sized-1K", "ns", "extra", "allockit", "pair with sized free, 1 KiB", pair_sized, 1 * KiB, 0, 0},
    {"sized-64K", "sized-64K", "ns", "extra", "allockit", "pair with sized free, 64 KiB", pair_sized, 64 * KiB, 0, 0},
    {"refuse-64", "refuse-64", "ns", "extra", "allockit", "refused allocation at the cap, 64 B", refuse, 64, 0, 0},
    {"refuse-64K", "refuse-64K", "ns", "extra", "allockit", "refused allocation at the cap, 64 KiB", refuse, 64 * KiB, 0, 0},
};
// clang-format on

const std::size_t row_count = sizeof rows / sizeof rows[0];
