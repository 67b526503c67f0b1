#include "heap.h"

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
        akit_region* made = nullptr;
        if (akit_region_create(nullptr, &made) != 0) std::abort();
        return made;
    }();
    return {handle};
}
#else
Heap row_heap() { return {}; }
#endif
