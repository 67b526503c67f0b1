/* A plug-in that contains the static archive: it has a copy of the library of its own. */
#include <allockit.h>

__attribute__((visibility("default"))) akit_tiered *plugin_heap(void)
{
    static akit_tiered *heap;
    if (!heap && akit_tiered_create(NULL, &heap) < 0)
        return NULL;
    return heap;
}

__attribute__((visibility("default"))) void *plugin_alloc(size_t size)
{
    return akit_tiered_alloc(plugin_heap(), size);
}

__attribute__((visibility("default"))) void plugin_free(void *p)
{
    akit_tiered_free(plugin_heap(), p);
}

__attribute__((visibility("default"))) unsigned long long plugin_misuses(void)
{
    akit_process_stats st = AKIT_PROCESS_STATS_INIT;
    akit_process_stats_get(&st);
    return st.misuses_total;
}
