// The table: every row of the report, in its order. The field `who` is the section of the report; what a row writes into
// its buffers is said there or in its label.
#include "heap.h"
#include "jobs.h"

namespace {
constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
} // namespace

// A row for every class: how it is called in names, in labels, and its size.
#define PER_CLASS(row) \
    row("2K", "2 KiB", 2 * KiB), row("4K", "4 KiB", 4 * KiB), row("8K", "8 KiB", 8 * KiB), row("16K", "16 KiB", 16 * KiB), \
        row("32K", "32 KiB", 32 * KiB), row("64K", "64 KiB", 64 * KiB)

// clang-format off
#define PAIR(name, label, size) {"pair-" name, "pair-" name, "ns", "time", "pair", label, pair, size, touch_none, 0}
#define WORD(name, label, size) {"word-" name, "word-" name, "ns", "time", "word", label, pair, size, touch_word, 0}
#define BATCH(name, label, size) {"batch-" name, "batch-" name, "ns", "time", "batch", "100 x " label, batch, size, 100, touch_none}
#define SHUFFLED(name, label, size) {"shuffled-" name, "shuffled-" name, "ns", "time", "batch", "100 x " label ", shuffled", shuffled, size, 100, 0}
#define MANY(name, label, size) {"many-" name, "many-" name, "ns", "time", "many", label, many, size, 32, 0}
#define ZERO_PUT(name, label, size) {"zero-put-" name, "zero-put-" name, "ns", "time", "zero-put", label, zero_put, size, 0, 0}
#define ZERO_GET(name, label, size) {"zero-get-" name, "zero-get-" name, "ns", "time", "zero-get", label, zero_get, size, 0, 0}
#define CHECKED(name, label, size) {"checked-" name, "checked-" name, "ns", "extra", "checks", label, checked, size, touch_none, 0}

#define ON_THREADS(name, label, size, threads, kind) \
    {"threads-" name "-" threads, "threads-" name, "ns", kind, "threads", label ", threads: " threads, on_threads, size, touch_none, 64}
#define THREADS(name, label, size) \
    ON_THREADS(name, label, size, "1", "extra"), ON_THREADS(name, label, size, "2", "time"), \
    ON_THREADS(name, label, size, "4", "time"), ON_THREADS(name, label, size, "8", "time"), \
    ON_THREADS(name, label, size, "16", "time"), ON_THREADS(name, label, size, "32", "time"), \
    ON_THREADS(name, label, size, "64", "time"), \
    {"threads-" name "-ratio", "threads-" name, "x", "more", "threads", label ", throughput of 2 over 1", on_threads, size, touch_none, 64}

#define TURNS(name, label, size) \
    {"turns-" name "-get", "turns-" name, "ns", "extra", "handover", label ", the getting side by itself", hand_over_turns, size, 0, 0}, \
    {"turns-" name "-put", "turns-" name, "ns", "extra", "handover", label ", the putting side by itself", hand_over_turns, size, 0, 0}

#define FIRST(section, name, label, size, touch, warm) \
    {section "-" name "-p50", section "-" name, "ns", "time", section, label ", p50", first_get, size, touch, warm}, \
    {section "-" name "-p99", section "-" name, "ns", "extra", section, label ", p99", first_get, size, touch, warm}, \
    {section "-" name "-p99.9", section "-" name, "ns", "extra", section, label ", p99.9", first_get, size, touch, warm}
#define UP(name, label, size, touch) {"warm-" name "-up", "warm-" name, "ns", "extra", "warm", label ", warming up, per buffer", first_get, size, touch, 1}

const Row rows[] = {
    // id, job, unit, kind, section, label, function, a, b, c
    PER_CLASS(PAIR),
    PER_CLASS(WORD),
    PER_CLASS(BATCH),
    PER_CLASS(SHUFFLED),
    PER_CLASS(MANY),

    {"mixed-4", "mixed-4", "ns", "time", "mixed", "pairs, 2, 4, 8, 16 KiB in turn, untouched", mixed, 0, 0, 0},
    {"replace-1K-64K", "replace-1K-64K", "ns", "time", "mixed", "random replace 1-64 KiB, 1000 live, first byte written", replace, 1 * KiB, 64 * KiB, 1000},
    {"replace2-1K-64K", "replace2-1K-64K", "ns", "time", "mixed", "2 threads: the same, sets of their own", replace_two, 1 * KiB, 64 * KiB, 1000},

    THREADS("4K", "4 KiB", 4 * KiB),
    THREADS("64K", "64 KiB", 64 * KiB),

    {"handover-2K", "handover-2K", "ns", "time", "handover", "2 KiB", hand_over, 2 * KiB, 1, 0},
    {"handover-16K", "handover-16K", "ns", "time", "handover", "16 KiB", hand_over, 16 * KiB, 1, 0},
    {"handover-64K", "handover-64K", "ns", "time", "handover", "64 KiB", hand_over, 64 * KiB, 1, 0},
    TURNS("2K", "2 KiB", 2 * KiB), TURNS("16K", "16 KiB", 16 * KiB), TURNS("64K", "64 KiB", 64 * KiB),

    {"load-1", "load-1", "M/s", "more", "load", "1 thread, 4 and 8 KiB, 10 bytes written", load, 1, 0, 10},
    {"load-2", "load-2", "M/s", "more", "load", "2 threads, 4 and 8 KiB, 10 bytes written", load, 2, 0, 10},
    {"load-8", "load-8", "M/s", "more", "load", "8 threads, 2 to 16 KiB, 50 bytes written", load, 8, 1, 50},
    {"load-all", "load-all", "M/s", "more", "load", "2 threads, 2 to 64 KiB, 100 bytes written", load, 2, 2, 100},

    FIRST("warm", "4K", "4 KiB, untouched", 4 * KiB, touch_none, 1),
    FIRST("warm", "64K", "64 KiB, untouched", 64 * KiB, touch_none, 1),
    FIRST("warm", "4K-touched", "4 KiB, every page written", 4 * KiB, touch_all, 1),
    FIRST("warm", "64K-touched", "64 KiB, every page written", 64 * KiB, touch_all, 1),
    UP("4K", "4 KiB", 4 * KiB, touch_none),
    UP("64K", "64 KiB", 64 * KiB, touch_none),
    FIRST("cold", "4K", "4 KiB, untouched", 4 * KiB, touch_none, 0),
    FIRST("cold", "64K", "64 KiB, untouched", 64 * KiB, touch_none, 0),
    FIRST("cold", "4K-touched", "4 KiB, every page written", 4 * KiB, touch_all, 0),
    FIRST("cold", "64K-touched", "64 KiB, every page written", 64 * KiB, touch_all, 0),

    {"burst-peak", "burst", "MiB", "memory", "burst", "resident before the puts", burst, 64 * KiB, 0, 0},
    {"burst-put", "burst", "ms", "extra", "burst", "time of putting all", burst, 64 * KiB, 0, 0},
    {"burst-0", "burst", "MiB", "memory", "burst", "kept at once", burst, 64 * KiB, 0, 0},
    {"burst-100", "burst", "MiB", "memory", "burst", "kept after 100 ms", burst, 64 * KiB, 0, 0},
    {"burst-300", "burst", "MiB", "memory", "burst", "kept after 300 ms", burst, 64 * KiB, 0, 0},
    {"burst-1000", "burst", "MiB", "memory", "burst", "kept after 1 s", burst, 64 * KiB, 0, 0},
    {"burst-1500", "burst", "MiB", "memory", "burst", "kept after 1.5 s", burst, 64 * KiB, 0, 0},

    PER_CLASS(ZERO_PUT),
    PER_CLASS(ZERO_GET),

    {"oversize-1M", "oversize-1M", "ns", "time", "oversize", "1 MiB, untouched", pair, 1 * MiB, touch_none, 0},
    {"oversize-1M-word", "oversize-1M-word", "ns", "time", "oversize", "1 MiB, first word written", pair, 1 * MiB, touch_word, 0},

    PER_CLASS(CHECKED),
    {"several-1", "several-1", "ns", "extra", "several", "1 pool", several, 4 * KiB, 1, 0},
    {"several-2", "several-2", "ns", "extra", "several", "2 pools", several, 4 * KiB, 2, 0},
    {"several-4", "several-4", "ns", "extra", "several", "4 pools", several, 4 * KiB, 4, 0},
    {"several-16", "several-16", "ns", "extra", "several", "16 pools", several, 4 * KiB, 16, 0},
    {"several-64", "several-64", "ns", "extra", "several", "64 pools", several, 4 * KiB, 64, 0},
};
// clang-format on

const std::size_t row_count = sizeof rows / sizeof rows[0];
