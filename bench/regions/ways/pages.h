// Memory by hand and by handle, on the pages that a way asks for. Everything aborts or returns null when it cannot be had.
#pragma once

#include <allockit.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "heap.h"

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

constexpr int map_huge_2m = MAP_HUGETLB | (21 << MAP_HUGE_SHIFT);
constexpr int map_huge_1g = MAP_HUGETLB | (30 << MAP_HUGE_SHIFT);

inline bool way_is(const char* way, const char* name) { return std::strcmp(way, name) == 0; }

inline char* map_pages(std::size_t size, int flags) {
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (p == MAP_FAILED) std::abort();
    return static_cast<char*>(p);
}

inline void advise(char* p, std::size_t size, int advice) {
    if (madvise(p, size, advice) != 0) std::abort();
}

inline akit_region* make_region(std::uint32_t thp) {
    akit_region_config config = AKIT_REGION_CONFIG_INIT;
    config.thp = thp;
    akit_region* made = nullptr;
    if (akit_region_create(&config, &made) != 0) std::abort();
    return made;
}

inline char* take_region(akit_region* handle, std::size_t size, std::uint32_t flags) {
    char* p = static_cast<char*>(akit_region_alloc(handle, size, 0, flags, nullptr));
    if (p == nullptr) std::abort();
    return p;
}

// A handle that must give huge pages, or giant ones.
inline akit_huge* make_huge(bool giant, std::uint64_t cache_bytes) {
    akit_huge_config config = AKIT_HUGE_CONFIG_INIT;
    config.giant_mode = giant ? AKIT_HUGE_REQUIRE : AKIT_HUGE_NEVER;
    config.huge_mode = giant ? AKIT_HUGE_NEVER : AKIT_HUGE_REQUIRE;
    config.cache_bytes = cache_bytes;
    akit_huge* made = nullptr;
    if (akit_huge_create(&config, &made) != 0) std::abort();
    return made;
}

inline char* take_huge(akit_huge* handle, std::size_t size) {
    char* p = static_cast<char*>(akit_huge_alloc(handle, size, 0, 0, nullptr));
    if (p == nullptr) [[unlikely]] std::abort();
    return p;
}
