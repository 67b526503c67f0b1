// Buffers that never show what the one before had in them: zeroed when they are put, or when they are got, over their whole
// capacity. Where the allocator does not do it, the program does; zeroed memory from malloc is calloc's.
#include <cstring>

#include "heap.h"
#include "jobs.h"
#include "pass.h"

#ifdef HEAP_POOL
namespace {

void pair_zeroing(const Row& row, std::uint32_t mode) {
    akit_pool_config config = AKIT_POOL_CONFIG_INIT;
    config.zero_mode = mode;
    Heap heap;
    if (akit_pool_create(&config, &heap.handle) != 0) std::abort();
    time_pass(row, [heap, size = row.a] {
        char* p = take(heap, size);
        first_word(p) = 1;
        heap.free(p);
    });
}

} // namespace

void zero_put(const Row& row) { pair_zeroing(row, AKIT_ZERO_ON_FREE); }
void zero_get(const Row& row) { pair_zeroing(row, AKIT_ZERO_ON_ALLOC); }
#else
namespace {

#ifdef HEAP_ALLOCKIT
char* take_zeroed(Heap heap, std::size_t size) {
    char* p = take(heap, size);
    std::memset(p, 0, size);
    return p;
}
#else
char* take_zeroed(Heap, std::size_t size) {
    char* p = static_cast<char*>(std::calloc(1, size));
    if (p == nullptr) std::abort();
    return p;
}
#endif

} // namespace

void zero_put(const Row& row) {
    time_pass(row, [heap = row_heap(), size = row.a] {
        char* p = take(heap, size);
        first_word(p) = 1;
        std::memset(p, 0, size);
        heap.free(p, size);
    });
}

void zero_get(const Row& row) {
    time_pass(row, [heap = row_heap(), size = row.a] {
        char* p = take_zeroed(heap, size);
        escape(p);
        first_word(p) = 1;
        heap.free(p, size);
    });
}
#endif
