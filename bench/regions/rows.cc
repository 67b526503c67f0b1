// The table: every row of the report, in its order. The field `who` is the section of the report; what a row writes into
// its blocks is said there or in its label.
#include "heap.h"
#include "jobs.h"

namespace {
constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
constexpr std::size_t GiB = 1024 * MiB;
} // namespace

// clang-format off
const Row rows[] = {
    // id, job, unit, kind, section, label, function, a, b, c
    {"pair-64K", "pair-64K", "ns", "time", "pair", "64 KiB", pair, 64 * KiB, touch_none, 0},
    {"pair-256K", "pair-256K", "ns", "time", "pair", "256 KiB", pair, 256 * KiB, touch_none, 0},
    {"pair-1M", "pair-1M", "ns", "time", "pair", "1 MiB", pair, 1 * MiB, touch_none, 0},
    {"pair-2M", "pair-2M", "ns", "time", "pair", "2 MiB", pair, 2 * MiB, touch_none, 0},
    {"pair-4M", "pair-4M", "ns", "time", "pair", "4 MiB", pair, 4 * MiB, touch_none, 0},
    {"pair-16M", "pair-16M", "ns", "time", "pair", "16 MiB", pair, 16 * MiB, touch_none, 0},
    {"pair-64M", "pair-64M", "ns", "time", "pair", "64 MiB", pair, 64 * MiB, touch_none, 0},
    {"pair-256M", "pair-256M", "ns", "time", "pair", "256 MiB", pair, 256 * MiB, touch_none, 0},
    {"pair-1G", "pair-1G", "ns", "time", "pair", "1 GiB", pair, 1 * GiB, touch_none, 0},

    {"batch-100x64K", "batch-100x64K", "ns", "time", "batch", "100 x 64 KiB, untouched", batch, 64 * KiB, 100, touch_none},
    {"batch-10x1M", "batch-10x1M", "ns", "time", "batch", "10 x 1 MiB, untouched", batch, 1 * MiB, 10, touch_none},
    {"batch-10x4M", "batch-10x4M", "ns", "time", "batch", "10 x 4 MiB, untouched", batch, 4 * MiB, 10, touch_none},
    {"batch-10x16M", "batch-10x16M", "ns", "time", "batch", "10 x 16 MiB, untouched", batch, 16 * MiB, 10, touch_none},
    {"batch-100x64K-touched", "batch-100x64K-touched", "ns", "time", "batch", "100 x 64 KiB, every page written", batch, 64 * KiB, 100, touch_all},
    {"batch-10x1M-touched", "batch-10x1M-touched", "ns", "time", "batch", "10 x 1 MiB, every page written", batch, 1 * MiB, 10, touch_all},
    {"batch-10x4M-touched", "batch-10x4M-touched", "ns", "time", "batch", "10 x 4 MiB, every page written", batch, 4 * MiB, 10, touch_all},
    {"batch-10x16M-touched", "batch-10x16M-touched", "ns", "time", "batch", "10 x 16 MiB, every page written", batch, 16 * MiB, 10, touch_all},

    {"first-64K", "first-64K", "ns", "time", "touch", "first touch, 64 KiB (mean of 256 blocks)", first_touch, 64 * KiB, 256, 0},
    {"first-1M", "first-1M", "ns", "time", "touch", "first touch, 1 MiB (mean of 64 blocks)", first_touch, 1 * MiB, 64, 0},
    {"first-16M", "first-16M", "ns", "time", "touch", "first touch, 16 MiB (mean of 4 blocks)", first_touch, 16 * MiB, 4, 0},
    {"first-64M", "first-64M", "ns", "time", "touch", "first touch, 64 MiB (one block)", first_touch, 64 * MiB, 1, 0},
    {"again-64K", "again-64K", "ns", "time", "touch", "re-touch, 64 KiB", pair, 64 * KiB, touch_all, 0},
    {"again-1M", "again-1M", "ns", "time", "touch", "re-touch, 1 MiB", pair, 1 * MiB, touch_all, 0},
    {"again-16M", "again-16M", "ns", "time", "touch", "re-touch, 16 MiB", pair, 16 * MiB, touch_all, 0},
    {"again-64M", "again-64M", "ns", "time", "touch", "re-touch, 64 MiB", pair, 64 * MiB, touch_all, 0},

    {"threads-64K-1", "threads-64K", "ns", "extra", "threads", "64 KiB, 1 thread", on_threads, 64 * KiB, touch_none, 2},
    {"threads-64K-2", "threads-64K", "ns", "time", "threads", "64 KiB, 2 threads", on_threads, 64 * KiB, touch_none, 2},
    {"threads-64K-ratio", "threads-64K", "x", "more", "threads", "64 KiB, throughput of 2 over 1", on_threads, 64 * KiB, touch_none, 2},
    {"threads-1M-1", "threads-1M", "ns", "extra", "threads", "1 MiB, 1 thread", on_threads, 1 * MiB, touch_none, 2},
    {"threads-1M-2", "threads-1M", "ns", "time", "threads", "1 MiB, 2 threads", on_threads, 1 * MiB, touch_none, 2},
    {"threads-1M-ratio", "threads-1M", "x", "more", "threads", "1 MiB, throughput of 2 over 1", on_threads, 1 * MiB, touch_none, 2},
    {"threads-16M-1", "threads-16M", "ns", "extra", "threads", "16 MiB, 1 thread", on_threads, 16 * MiB, touch_none, 2},
    {"threads-16M-2", "threads-16M", "ns", "time", "threads", "16 MiB, 2 threads", on_threads, 16 * MiB, touch_none, 2},
    {"threads-16M-ratio", "threads-16M", "x", "more", "threads", "16 MiB, throughput of 2 over 1", on_threads, 16 * MiB, touch_none, 2},
    {"handover-64K", "handover-64K", "ns", "time", "threads", "64 KiB, freed by another thread, first byte written", hand_over, 64 * KiB, 0, 0},
    {"handover-1M", "handover-1M", "ns", "time", "threads", "1 MiB, freed by another thread, first byte written", hand_over, 1 * MiB, 0, 0},

    {"sweep-op", "sweep", "ns", "time", "sweep", "per operation, first and last byte written", sweep, touch_ends, 0, 0},
    {"sweep-peak", "sweep", "MiB", "memory", "sweep", "peak resident, first and last byte written", sweep, touch_ends, 0, 0},
    {"sweep-mappings", "sweep", "count", "memory", "sweep", "mappings at the end, first and last byte written", sweep, touch_ends, 0, 0},
    {"sweep-touched-op", "sweep-touched", "ns", "time", "sweep", "per operation, every page written", sweep, touch_all, 0, 0},
    {"sweep-touched-peak", "sweep-touched", "MiB", "memory", "sweep", "peak resident, every page written", sweep, touch_all, 0, 0},
    {"sweep-touched-mappings", "sweep-touched", "count", "memory", "sweep", "mappings at the end, every page written", sweep, touch_all, 0, 0},

#ifdef HEAP_REGION
    {"populate-2M-p50", "populate-2M", "us", "time", "populate", "2 MiB, p50", populate, 2 * MiB, 0, 0},
    {"populate-2M-p99", "populate-2M", "us", "extra", "populate", "2 MiB, p99", populate, 2 * MiB, 0, 0},
    {"populate-2M-max", "populate-2M", "us", "extra", "populate", "2 MiB, maximum", populate, 2 * MiB, 0, 0},
    {"populate-64M-p50", "populate-64M", "us", "time", "populate", "64 MiB, p50", populate, 64 * MiB, 0, 0},
    {"populate-64M-p99", "populate-64M", "us", "extra", "populate", "64 MiB, p99", populate, 64 * MiB, 0, 0},
    {"populate-64M-max", "populate-64M", "us", "extra", "populate", "64 MiB, maximum", populate, 64 * MiB, 0, 0},

    {"hugetlb", "hugetlb", "ns", "time", "hugetlb", "2 MiB, untouched", hugetlb, touch_none, 0, 0},
    {"hugetlb-touched", "hugetlb-touched", "ns", "time", "hugetlb", "2 MiB, every 4 KiB written", hugetlb, touch_all, 0, 0},

    {"chase", "chase", "ns", "time", "backing", "per load", chase, 0, 0, 0},
#endif
    {"decay-peak", "decay", "MiB", "memory", "decay", "resident before the free", decay, 0, 0, 0},
    {"decay-free", "decay", "ms", "extra", "decay", "time of freeing all", decay, 0, 0, 0},
    {"decay-0", "decay", "MiB", "memory", "decay", "kept at once", decay, 0, 0, 0},
    {"decay-100", "decay", "MiB", "memory", "decay", "kept after 100 ms", decay, 0, 0, 0},
    {"decay-300", "decay", "MiB", "memory", "decay", "kept after 300 ms", decay, 0, 0, 0},
    {"decay-1000", "decay", "MiB", "memory", "decay", "kept after 1 s", decay, 0, 0, 0},
    {"decay-1500", "decay", "MiB", "memory", "decay", "kept after 1.5 s", decay, 0, 0, 0},

    {"seed-b-100x64K", "seed-b-100x64K", "ns", "time", "seed-b", "100 x 64 KiB", batch, 64 * KiB, 100, touch_first},
    {"seed-b-10x1M", "seed-b-10x1M", "ns", "time", "seed-b", "10 x 1 MiB", batch, 1 * MiB, 10, touch_first},
    {"seed-b-10x4M", "seed-b-10x4M", "ns", "time", "seed-b", "10 x 4 MiB", batch, 4 * MiB, 10, touch_first},

    {"seed-c-16K", "seed-c-16K", "ns", "time", "seed-c", "16 KiB", pair, 16 * KiB, touch_ends, 0},
    {"seed-c-64K", "seed-c-64K", "ns", "time", "seed-c", "64 KiB", pair, 64 * KiB, touch_ends, 0},
    {"seed-c-256K", "seed-c-256K", "ns", "time", "seed-c", "256 KiB", pair, 256 * KiB, touch_ends, 0},
    {"seed-c-1M", "seed-c-1M", "ns", "time", "seed-c", "1 MiB", pair, 1 * MiB, touch_ends, 0},
    {"seed-c-4M", "seed-c-4M", "ns", "time", "seed-c", "4 MiB", pair, 4 * MiB, touch_ends, 0},
    {"seed-c-16K-twice", "seed-c-16K-twice", "ns", "time", "seed-c", "16 KiB, two pairs", pair, 16 * KiB, touch_ends, 2},
    {"seed-c-64K-twice", "seed-c-64K-twice", "ns", "time", "seed-c", "64 KiB, two pairs", pair, 64 * KiB, touch_ends, 2},
    {"seed-c-256K-twice", "seed-c-256K-twice", "ns", "time", "seed-c", "256 KiB, two pairs", pair, 256 * KiB, touch_ends, 2},
    {"seed-c-1M-twice", "seed-c-1M-twice", "ns", "time", "seed-c", "1 MiB, two pairs", pair, 1 * MiB, touch_ends, 2},
    {"seed-c-4M-twice", "seed-c-4M-twice", "ns", "time", "seed-c", "4 MiB, two pairs", pair, 4 * MiB, touch_ends, 2},

    {"seed-e-small", "seed-e-small", "ns", "time", "seed-e", "small: 8 blocks, 128-512 B", lists, 0, 0, 0},
    {"seed-e-medium", "seed-e-medium", "ns", "time", "seed-e", "medium: 7 blocks, 2-8 KiB", lists, 1, 0, 0},
    {"seed-e-large", "seed-e-large", "ns", "time", "seed-e", "large: 5 blocks, 32-128 KiB", lists, 2, 0, 0},
    {"seed-e-mixed", "seed-e-mixed", "ns", "time", "seed-e", "mixed: 7 blocks, 128 B-128 KiB", lists, 3, 0, 0},

    {"seed-f-1K", "seed-f-1K", "ns", "time", "seed-f", "1 KiB, threads made and joined", concurrent, 1 * KiB, 0, 0},
    {"seed-f-4K", "seed-f-4K", "ns", "time", "seed-f", "4 KiB, threads made and joined", concurrent, 4 * KiB, 0, 0},
    {"seed-f-16K", "seed-f-16K", "ns", "time", "seed-f", "16 KiB, threads made and joined", concurrent, 16 * KiB, 0, 0},
    {"seed-f-64K", "seed-f-64K", "ns", "time", "seed-f", "64 KiB, threads made and joined", concurrent, 64 * KiB, 0, 0},
    {"seed-f-1K-kept", "seed-f-1K-kept", "ns", "time", "seed-f", "1 KiB, threads persist", concurrent, 1 * KiB, 1, 0},
    {"seed-f-4K-kept", "seed-f-4K-kept", "ns", "time", "seed-f", "4 KiB, threads persist", concurrent, 4 * KiB, 1, 0},
    {"seed-f-16K-kept", "seed-f-16K-kept", "ns", "time", "seed-f", "16 KiB, threads persist", concurrent, 16 * KiB, 1, 0},
    {"seed-f-64K-kept", "seed-f-64K-kept", "ns", "time", "seed-f", "64 KiB, threads persist", concurrent, 64 * KiB, 1, 0},

    {"seed-g-64K-p50", "seed-g-64K", "ns", "time", "seed-g", "64 KiB, p50", latency, 64 * KiB, 0, 0},
    {"seed-g-64K-p99", "seed-g-64K", "ns", "extra", "seed-g", "64 KiB, p99", latency, 64 * KiB, 0, 0},
    {"seed-g-64K-p99.9", "seed-g-64K", "ns", "extra", "seed-g", "64 KiB, p99.9", latency, 64 * KiB, 0, 0},
    {"seed-g-64K-clock", "seed-g-64K", "ns", "extra", "seed-g", "64 KiB, reading the clock alone", latency, 64 * KiB, 0, 0},
    {"seed-g-1M-p50", "seed-g-1M", "ns", "time", "seed-g", "1 MiB, p50", latency, 1 * MiB, 0, 0},
    {"seed-g-1M-p99", "seed-g-1M", "ns", "extra", "seed-g", "1 MiB, p99", latency, 1 * MiB, 0, 0},
    {"seed-g-1M-p99.9", "seed-g-1M", "ns", "extra", "seed-g", "1 MiB, p99.9", latency, 1 * MiB, 0, 0},
};
// clang-format on

const std::size_t row_count = sizeof rows / sizeof rows[0];
