#include "heap.h"

#include <cstring>

#include "row.h"

#if defined(HEAP_TIERED)
Heap row_heap() {
    static akit_tiered* handle = [] {
        akit_tiered* made = nullptr;
        if (akit_tiered_create(nullptr, &made) != 0) std::abort();
        return made;
    }();
    return {handle};
}
#elif defined(HEAP_REGION)
Heap row_heap() {
    static akit_region* handle = [] {
        akit_region_config config = AKIT_REGION_CONFIG_INIT;
        if (std::strcmp(options.way, "unbounded") == 0) config.cache_bytes = AKIT_NONE;
        akit_region* made = nullptr;
        if (akit_region_create(&config, &made) != 0) std::abort();
        return made;
    }();
    return {handle};
}
#else
Heap row_heap() { return {}; }
#endif
