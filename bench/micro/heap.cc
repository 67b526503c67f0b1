#include "heap.h"

#ifdef MICRO_ALLOCKIT
Heap row_heap() {
    static akit_tiered* handle = [] {
        akit_tiered* made = nullptr;
        if (akit_tiered_create(nullptr, &made) != 0) std::abort();
        return made;
    }();
    return {handle};
}
#else
Heap row_heap() { return {}; }
#endif
