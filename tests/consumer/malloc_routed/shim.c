/* malloc and its family on top of the default heap, for a host that routes everything here. Loaded with LD_PRELOAD. */
#include <allockit.h>
#include <errno.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void *malloc(size_t size) { return akit_malloc(size); }
EXPORT void *calloc(size_t count, size_t size) { return akit_calloc(count, size); }
EXPORT void free(void *p) { akit_free(p); }
EXPORT void *aligned_alloc(size_t alignment, size_t size) { return akit_aligned_alloc(alignment, size); }
EXPORT void *memalign(size_t alignment, size_t size) { return akit_aligned_alloc(alignment, size); }
EXPORT void *valloc(size_t size) { return akit_aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size); }
EXPORT size_t malloc_usable_size(void *p) { return akit_usable_size(p); }

EXPORT void *realloc(void *p, size_t size)
{
    return akit_realloc(p, size);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
    int before = errno;
    void *p = akit_aligned_alloc(alignment, size);
    int rc = p ? 0 : errno;
    errno = before;
    if (p)
        *out = p;
    return rc;
}
