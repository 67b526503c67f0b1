/*
 * Every allocation of a Mojo program goes through these two functions of its runtime, which bring their own allocator. Preloading this
 * sends them to malloc, so that other allocators can be compared, or to allockit. The names are internal to the runtime: good for
 * measuring, not for products.
 */
#include <stddef.h>
#include <stdlib.h>

#ifdef USE_ALLOCKIT
#include <allockit.h>

__attribute__((constructor)) static void start(void)
{
    (void)akit_purge_thread(1);
}

#define malloc akit_malloc
#define aligned_alloc akit_aligned_alloc
#define free akit_free
#endif

void *KGEN_CompilerRT_AlignedAlloc(size_t alignment, size_t size);
void KGEN_CompilerRT_AlignedFree(void *p);

void *KGEN_CompilerRT_AlignedAlloc(size_t alignment, size_t size)
{
    void *p = alignment <= 16 ? malloc(size) : aligned_alloc(alignment, size);
    if (!p)
        abort();
    return p;
}

void KGEN_CompilerRT_AlignedFree(void *p)
{
    free(p);
}
