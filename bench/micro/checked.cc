// The pair through the other ways that a tiered handle offers: exact checks, and frees that say the size.
#include "heap.h"
#include "jobs.h"
#include "pass.h"

#ifdef HEAP_TIERED
void pair_exact(const Row& row) {
    akit_tiered_config config = AKIT_TIERED_CONFIG_INIT;
    config.check_mode = AKIT_CHECK_EXACT;
    Heap heap;
    if (akit_tiered_create(&config, &heap.handle) != 0) std::abort();
    time_pass(row, [heap, size = row.a] {
        char* p = take(heap, size);
        touch(p);
        heap.free(p);
    });
}

void pair_sized(const Row& row) {
    time_pass(row, [heap = row_heap(), size = row.a] {
        char* p = take(heap, size);
        touch(p);
        akit_tiered_free_sized(heap.handle, p, size);
    });
}
#else
void pair_exact(const Row& row) { report_skipped(row.id, "no exact check"); }
void pair_sized(const Row& row) { report_skipped(row.id, "no sized free in the C interface"); }
#endif
