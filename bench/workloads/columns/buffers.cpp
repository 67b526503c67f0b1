#include "buffers.h"

#include "../common/program.h"

#include <allockit/huge.h>
#include <allockit/region.h>

namespace {

constexpr uint64_t cache_bytes = uint64_t{256} << 20; // what a region handle keeps by default

void *need(void *p) {
    if (p == nullptr || p == MAP_FAILED) die("out of memory");
    return p;
}

void done(int rc) {
    if (rc < 0) die("a buffer was not taken back");
}

namespace from_malloc {
void *take(size_t bytes) { return need(malloc(bytes)); }
void *take_zeroed(size_t bytes) { return need(calloc(1, bytes)); }
void *grow(void *p, size_t, size_t bytes) { return need(realloc(p, bytes)); }
void give(void *p, size_t) { free(p); }
constexpr Source source{take, take_zeroed, grow, give};
} // namespace from_malloc

namespace from_mmap {
void *take(size_t bytes) { return need(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); }
void *grow(void *p, size_t old_bytes, size_t bytes) { return need(mremap(p, old_bytes, bytes, MREMAP_MAYMOVE)); }
void give(void *p, size_t bytes) { done(munmap(p, bytes)); }
constexpr Source source{take, take, grow, give};
} // namespace from_mmap

namespace from_region {
akit_region *handle;
void *take(size_t bytes) { return need(akit_region_alloc(handle, bytes, 0, 0, nullptr)); }
void *take_zeroed(size_t bytes) { return need(akit_region_alloc(handle, bytes, 0, AKIT_ALLOC_ZERO, nullptr)); }
void *grow(void *p, size_t, size_t bytes) { return need(akit_region_realloc(handle, p, bytes, 0, nullptr)); }
void give(void *p, size_t) { done(akit_region_free(handle, p)); }
constexpr Source source{take, take_zeroed, grow, give};
} // namespace from_region

namespace from_huge {
akit_huge *handle;
void *take(size_t bytes) { return need(akit_huge_alloc(handle, bytes, 0, 0, nullptr)); }
void *take_zeroed(size_t bytes) { return need(akit_huge_alloc(handle, bytes, 0, AKIT_ALLOC_ZERO, nullptr)); }
void give(void *p, size_t) { done(akit_huge_free(handle, p)); }
void *grow(void *p, size_t old_bytes, size_t bytes) { // these blocks have no realloc
    void *fresh = take(bytes);
    memcpy(fresh, p, old_bytes);
    give(p, old_bytes);
    return fresh;
}
constexpr Source source{take, take_zeroed, grow, give};
} // namespace from_huge

void open_region() {
    akit_region_config config;
    if (akit_region_config_init(&config, sizeof config) < 0) die("akit_region_config_init");
    config.name = "columns";
    if (akit_region_create(&config, &from_region::handle) < 0) die("akit_region_create");
    start_purge_thread();
}

void open_huge() {
    akit_huge_config config;
    if (akit_huge_config_init(&config, sizeof config) < 0) die("akit_huge_config_init");
    config.name = "columns";
    config.cache_bytes = cache_bytes;
    if (akit_huge_create(&config, &from_huge::handle) < 0) die("akit_huge_create");
    start_purge_thread();
}

} // namespace

Source source = from_malloc::source;

void open_source(const char *mode) {
    if (strcmp(mode, "malloc") == 0) return;
    if (strcmp(mode, "mmap") == 0) {
        source = from_mmap::source;
    } else if (strcmp(mode, "region") == 0) {
        open_region();
        source = from_region::source;
    } else if (strcmp(mode, "huge") == 0) {
        open_huge();
        source = from_huge::source;
    } else {
        die("mode is malloc, mmap, region or huge");
    }
}

void close_source() {
    if (akit_region_destroy(from_region::handle, 0) < 0) die("akit_region_destroy");
    if (akit_huge_destroy(from_huge::handle, 0) < 0) die("akit_huge_destroy");
}
