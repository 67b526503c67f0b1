#include "handles.h"

#ifdef HEAP_TIERED
#include <allockit.h>

#include <cstdlib>

namespace {

void* create() {
    akit_tiered* made = nullptr;
    if (akit_tiered_create(nullptr, &made) != 0) std::abort();
    return made;
}

const Handles ours = {
    create,
    [](void* h, std::size_t size) { return akit_tiered_alloc(static_cast<akit_tiered*>(h), size); },
    [](void* h, void* p) { akit_tiered_free(static_cast<akit_tiered*>(h), p); },
    [](void* h) { akit_tiered_destroy(static_cast<akit_tiered*>(h), 0); },
};

} // namespace

const Handles* handles() { return &ours; }
#else
#include <dlfcn.h>

namespace {

Handles found;

template <class F>
bool find(const char* name, F& function) {
    function = reinterpret_cast<F>(dlsym(RTLD_DEFAULT, name));
    return function != nullptr;
}

void (*mi_free)(void*);

} // namespace

const Handles* handles() {
    found.free = [](void*, void* p) { mi_free(p); };
    const bool all = find("mi_heap_new", found.create) && find("mi_heap_malloc", found.alloc) &&
                     find("mi_heap_destroy", found.destroy) && find("mi_free", mi_free);
    return all ? &found : nullptr;
}
#endif
