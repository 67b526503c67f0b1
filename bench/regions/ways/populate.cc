// How long it takes until memory of one size is there with every page resident: fresh memory each time, because giving it
// back afterwards, which is not timed, returns it to the kernel.
#include <unistd.h>

#include <algorithm>

#include "jobs.h"
#include "measure.h"
#include "pages.h"
#include "samples.h"

namespace {

// Pages that are not there would make a way look fast.
void check_resident(char* p, std::size_t size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    static unsigned char* seen = own_array<unsigned char>(std::size_t{64} << 20 >> 12);
    if (mincore(p, size, seen) != 0) std::abort();
    for (std::size_t i = 0; i < size / page; i++)
        if ((seen[i] & 1) == 0) std::abort();
}

template <class Get, class Give>
void run(const Row& row, Get get, Give give) {
    // 2 MiB takes up to half a millisecond, 64 MiB up to 30.
    const std::size_t least = row.a > (std::size_t{2} << 20) ? 20 : 400;
    const std::size_t count = std::max(least, static_cast<std::size_t>(options.seconds * 50) * least);
    Samples samples(count);
    for (std::size_t i = 0; i < count; i++) {
        const std::uint64_t start = now_ns();
        char* p = get(row.a);
        samples.add(now_ns() - start);
        check_resident(p, row.a);
        give(p, row.a);
    }
    samples.report_all(row.job, {{"p50", 500}, {"p99", 990}, {"max", 1000}}, 1000, nullptr);
}

// --way region-prefault, region-touch, and the same with -4K: without transparent huge pages.
void by_handle(const Row& row, bool prefault, bool small) {
    akit_region* handle = make_region(small ? AKIT_THP_NEVER : AKIT_THP_DEFAULT);
    run(row,
        [=](std::size_t size) {
            char* p = take_region(handle, size, AKIT_ALLOC_NO_CACHE);
            if (!prefault) touch_pages(p, size);
            else if (akit_region_prefault(handle, p, size, 0) != 0) std::abort();
            return p;
        },
        [=](char* p, std::size_t) { akit_region_free(handle, p); });
}

} // namespace

void populate(const Row& row) {
    const auto unmap = [](char* p, std::size_t size) { munmap(p, size); };
    const auto huge_pages = [](std::size_t size) {
        char* p = map_pages(size, 0);
        advise(p, size, MADV_HUGEPAGE);
        return p;
    };
    const char* way = options.way;
    if (std::strncmp(way, "region-", 7) == 0)
        return by_handle(row, std::strstr(way, "prefault") != nullptr, std::strstr(way, "-4K") != nullptr);
    if (way_is(way, "populate-4K")) return run(row, [](std::size_t size) { return map_pages(size, MAP_POPULATE); }, unmap);
    if (way_is(way, "populate-thp"))
        return run(row, [=](std::size_t size) {
            char* p = huge_pages(size);
            advise(p, size, MADV_POPULATE_WRITE);
            return p;
        }, unmap);
    if (way_is(way, "touch-4K"))
        return run(row, [](std::size_t size) {
            char* p = map_pages(size, 0);
            touch_pages(p, size);
            return p;
        }, unmap);
    if (way_is(way, "touch-thp"))
        return run(row, [=](std::size_t size) {
            char* p = huge_pages(size);
            touch_pages(p, size);
            return p;
        }, unmap);
    std::abort();
}
