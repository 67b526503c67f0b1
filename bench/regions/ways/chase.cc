// Loads that depend on each other, in random order over 1 GiB, one per cache line: the misses of the TLB that huge pages are
// for. The order is that of a linear congruential generator of full period, so the chain is one cycle through all lines.
#include <algorithm>

#include "jobs.h"
#include "measure.h"
#include "pages.h"

namespace {

constexpr std::size_t size = std::size_t{1} << 30;
constexpr std::size_t line = 64;
constexpr std::size_t lines = size / line;

void fill(char* p) {
    for (std::size_t i = 0; i < lines; i++) {
        const std::size_t next = (i * 0x957f2d + 0x7c5a61) % lines;
        *reinterpret_cast<char**>(p + i * line) = p + next * line;
    }
}

char* follow(char* p, std::size_t loads) {
    for (std::size_t i = 0; i < loads; i++) p = *reinterpret_cast<char**>(p);
    escape(p);
    return p;
}

char* by_hand(int map_flags, int advice) {
    char* p = map_pages(size, map_flags);
    if (advice != 0) advise(p, size, advice);
    return p;
}

char* by_region(std::uint32_t thp) {
    akit_region* handle = make_region(thp);
    char* p = take_region(handle, size, 0);
    if (akit_region_prefault(handle, p, size, 0) != 0) std::abort();
    return p;
}

char* on_pages_of(const char* way) {
    if (way_is(way, "region-4K")) return by_region(AKIT_THP_NEVER);
    if (way_is(way, "region-thp")) return by_region(AKIT_THP_ADVISE);
    if (way_is(way, "huge-2M")) return take_huge(make_huge(false, 0), size);
    if (way_is(way, "huge-1G")) return take_huge(make_huge(true, 0), size);
    if (way_is(way, "mmap-4K")) return by_hand(0, MADV_NOHUGEPAGE);
    if (way_is(way, "mmap-thp")) return by_hand(0, MADV_HUGEPAGE);
    if (way_is(way, "mmap-2M")) return by_hand(map_huge_2m, 0);
    if (way_is(way, "mmap-1G")) return by_hand(map_huge_1g, 0);
    std::abort();
}

} // namespace

void chase(const Row& row) {
    char* p = on_pages_of(options.way);
    fill(p);
    const std::size_t suffix = std::strlen(options.way) - 3;
    if (way_is(options.way + suffix, "thp") && proc_bytes("smaps_rollup", "AnonHugePages:") < static_cast<std::int64_t>(size / 10 * 9))
        return report_skipped(row.id, "the kernel had no transparent huge pages for it");
    constexpr std::size_t step = 1 << 16;
    p = follow(p, 4 * step); // warms the page-walk caches
    const std::uint64_t start = now_ns();
    const auto least = static_cast<std::uint64_t>(options.seconds * 10e9);
    std::size_t loads = 0;
    std::uint64_t spent;
    do {
        p = follow(p, step);
        loads += step;
        spent = now_ns() - start;
    } while (spent < least);
    report({row.id, static_cast<double>(spent) / static_cast<double>(loads)});
}
