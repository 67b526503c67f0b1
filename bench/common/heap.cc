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
#elif defined(HEAP_POOL)
Heap row_heap() {
    static akit_pool* handle = [] {
        akit_pool_config config = AKIT_POOL_CONFIG_INIT;
        if (std::strcmp(options.way, "exact") == 0) config.check_mode = AKIT_CHECK_EXACT;
        else if (std::strncmp(options.way, "tag", 3) == 0) config.flags = AKIT_POOL_TAGS;
        akit_pool* made = nullptr;
        if (akit_pool_create(&config, &made) != 0) std::abort();
        return made;
    }();
    return {handle};
}
#else
Heap row_heap() { return {}; }
#endif
