// The table: every row of the report, in its order. The field `who` is the section of the report.
#include "jobs.h"

namespace {
constexpr std::size_t KiB = 1024;
} // namespace

// clang-format off
#define REGISTER(job, pages, huge) \
    {job "-hand", job, "ms", "extra", "register", pages ": by hand, one slot (pins the pages)", registering, huge, 0, 0}, \
    {job "-ours", job, "ms", "extra", "register", pages ": akit_uring_add_memory and akit_uring_sync", registering, huge, 0, 0}, \
    {job "-beyond", job, "ms", "extra", "register", pages ": beyond the pinning", registering, huge, 0, 0}, \
    {job "-buffers", job, "ms", "extra", "register", pages ": by hand, 16,384 slots of 64 KiB", registering, huge, 0, 0}, \
    {job "-hand-off", job, "ms", "extra", "register", pages ": one slot given up by hand", registering, huge, 0, 0}, \
    {job "-ours-off", job, "ms", "extra", "register", pages ": akit_uring_destroy", registering, huge, 0, 0}, \
    {job "-buffers-off", job, "ms", "extra", "register", pages ": 16,384 slots given up by hand", registering, huge, 0, 0}
#define LOOKUP(name, label, areas, miss) {"lookup-" name, "lookup-" name, "ns", "extra", "lookup", label, lookup, areas, miss, 0}
#define FILES(name, label, block, depth, how) \
    {name "-rate", name, "MB/s", "more", "files", label ": throughput", files, block, depth, how}, \
    {name "-cpu", name, "ms", "time", "files", label ": CPU per GB", files, block, depth, how}
#define SOCKETS(name, label, size) {"sockets-" name, "sockets-" name, "ns", "time", "sockets", label, sockets, size, 0, 0}

const Row rows[] = {
    {"allowed", "allowed", "", "memory", "none", "1: this process may use io_uring", allowed, 0, 0, 0},

    // id, job, unit, kind, section, label, function, a, b, c
    REGISTER("register-2M", "2 MiB pages", 1),
    REGISTER("register-4K", "4 KiB pages", 0),

    LOOKUP("1", "1 area", 1, 0), LOOKUP("64", "64 areas", 64, 0), LOOKUP("1000", "1000 areas", 1000, 0), LOOKUP("miss", "not registered, 64 areas", 64, 1),

    FILES("cached-4K-32", "page cache, 4 KiB, 32 in flight", 4 * KiB, 32, 0),
    FILES("cached-64K-1", "page cache, 64 KiB, 1 in flight", 64 * KiB, 1, 0),
    FILES("cached-256K-1", "page cache, 256 KiB, 1 in flight", 256 * KiB, 1, 0),
    FILES("cached-256K-32", "page cache, 256 KiB, 32 in flight", 256 * KiB, 32, 0),
    FILES("direct-4K-32", "O_DIRECT, 4 KiB, 32 in flight", 4 * KiB, 32, 1),
    FILES("direct-64K-32", "O_DIRECT, 64 KiB, 32 in flight", 64 * KiB, 32, 1),
    FILES("direct-256K-32", "O_DIRECT, 256 KiB, 32 in flight", 256 * KiB, 32, 1),
    FILES("direct-256K-32-4K", "the same, memory on 4 KiB pages", 256 * KiB, 32, 2),

    SOCKETS("64", "64 bytes", 64), SOCKETS("1K", "1 KiB", 1 * KiB), SOCKETS("16K", "16 KiB", 16 * KiB),
};
// clang-format on

const std::size_t row_count = sizeof rows / sizeof rows[0];
