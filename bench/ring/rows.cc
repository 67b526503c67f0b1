// The table: every row of the report, in its order. The field `who` is the section of the report; what a row writes into
// its slices is said there or in its label.
#include "jobs.h"

namespace {
constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
constexpr std::size_t GiB = 1024 * MiB;
} // namespace

// clang-format off
#define SWEEP(name, label, capacity) {"sweep-" name, "sweep-" name, "ns", "time", "sweep", label, sweep, capacity, 4 * KiB, 0}
#define SIZES(length) {"sizes-" length, "sizes", "ns", "time", "sizes", length " bytes", sizes, 2 * GiB, 512, 32 * KiB}
#define LATENCY(name, kind) {"latency-" name, "latency", "ns", kind, "latency", "4 KiB of 64 MiB, " name, latency, 64 * MiB, 4 * KiB, 0}
#define OTHER(name, unit, kind, label) {"other-" name, "other", unit, kind, "other", label, other_thread, 64 * MiB, 4 * KiB, 0}

const Row rows[] = {
    // id, job, unit, kind, section, label, function, a, b, c
    SWEEP("32K", "32 KiB", 32 * KiB), SWEEP("64K", "64 KiB", 64 * KiB), SWEEP("128K", "128 KiB", 128 * KiB),
    SWEEP("256K", "256 KiB", 256 * KiB), SWEEP("512K", "512 KiB", 512 * KiB), SWEEP("1M", "1 MiB", 1 * MiB),
    SWEEP("2M", "2 MiB", 2 * MiB), SWEEP("4M", "4 MiB", 4 * MiB), SWEEP("8M", "8 MiB", 8 * MiB),
    SWEEP("16M", "16 MiB", 16 * MiB), SWEEP("32M", "32 MiB", 32 * MiB), SWEEP("64M", "64 MiB", 64 * MiB),
    SWEEP("128M", "128 MiB", 128 * MiB), SWEEP("256M", "256 MiB", 256 * MiB), SWEEP("512M", "512 MiB", 512 * MiB),
    SWEEP("1G", "1 GiB", 1 * GiB),

    SIZES("512"), SIZES("1024"), SIZES("2048"), SIZES("4096"), SIZES("8192"), SIZES("16384"), SIZES("32768"),

    {"profile", "profile", "ns", "time", "profile", "4 KiB of 32 MiB, untouched", profile, 32 * MiB, 4 * KiB, 0},

    LATENCY("p50", "time"), LATENCY("p99", "extra"), LATENCY("p99.9", "extra"), LATENCY("max", "extra"),

    {"mixed", "mixed", "ns", "time", "mixed", "1 byte to 16 KiB of 64 MiB, in order", mixed_lengths, 64 * MiB, 16 * KiB, 0},

    {"random", "random", "ns", "time", "order", "4 KiB of 128 MiB, a random one released", random_release, 128 * MiB, 4 * KiB, 0},
    {"held", "held", "ns", "time", "order", "4 KiB of 128 MiB, in order, but 1 of 1024 after 20,480 acquires", held_release, 128 * MiB, 4 * KiB, 0},

    OTHER("own-acquire", "ns", "extra", "one thread: acquire and write"),
    OTHER("own-release", "ns", "extra", "one thread: release"),
    OTHER("acquire", "ns", "time", "acquire and write, released by another thread"),
    OTHER("release", "ns", "time", "release, by another thread"),
    OTHER("ratio", "x", "memory", "both sides, another thread over one thread"),
};
// clang-format on

const std::size_t row_count = sizeof rows / sizeof rows[0];
