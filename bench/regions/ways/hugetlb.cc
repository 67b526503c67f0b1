// Blocks of 2 MiB on explicit huge pages, allocated and freed again and again: from a handle that keeps what is freed, from
// one that gives it back to the reservation (the default), and by mmap and munmap, which map and zero a page each time.
#include "jobs.h"
#include "pages.h"
#include "pass.h"

void hugetlb(const Row& row) {
    constexpr std::size_t size = std::size_t{2} << 20;
    with_touch(row.a, [&](auto write) {
        if (way_is(options.way, "mmap")) {
            time_pass(row, [=] {
                char* p = map_pages(size, map_huge_2m | MAP_POPULATE);
                write(p, size);
                escape(p);
                munmap(p, size);
            });
        } else {
            akit_huge* handle = make_huge(false, way_is(options.way, "cached") ? std::uint64_t{64} << 20 : 0);
            time_pass(row, [=] {
                char* p = take_huge(handle, size);
                escape(p);
                write(p, size);
                akit_huge_free(handle, p);
            });
        }
    });
}
