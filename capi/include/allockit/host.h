/*
 * allockit/host.h - functions with exactly the shapes in which other libraries ask for an
 * allocator. The first argument is an akit_tiered handle that was given to the host as its
 * context; it stays the caller's and must outlive the host's object.
 *
 *     lua_State *L = lua_newstate(akit_host_lua, heap);
 *     stream.zalloc = akit_host_zalloc; stream.zfree = akit_host_zfree; stream.opaque = heap;
 *
 * Hosts that take (context, size) need nothing from here: akit_tiered_alloc, _calloc, _realloc and
 * _free have that shape.
 */
#ifndef ALLOCKIT_HOST_H
#define ALLOCKIT_HOST_H

#include <allockit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* lua_Alloc of Lua 5.1 to 5.4: allocate, resize, and free when `new_size` is 0. `old_size` is the
 * block's size; when `p` is NULL it is a type tag and ignored. Shrinking never fails.
 * Ownership: as realloc: the result replaces `p`, which stays when NULL is returned for a
 * `new_size` above 0.
 * Threads: any thread; a Lua state has one at a time.
 * Errors: NULL and errno as akit_tiered_realloc; Lua then collects garbage and tries again.
 * Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_host_lua(void *ud, void *p, size_t old_size, size_t new_size);

/* alloc_func of zlib: allocate items * size bytes. Contents are undefined.
 * Ownership: the block is the host's until akit_host_zfree.  Threads: any thread.
 * Errors: NULL and errno as akit_tiered_alloc, ENOMEM when the product overflows.  Since: 0.1 */
AKIT_API AKIT_FRESH_SIZE2(2, 3) void *akit_host_zalloc(void *opaque, unsigned items, unsigned size);

/* free_func of zlib: free a block from akit_host_zalloc.
 * Ownership, Threads, Errors: as akit_tiered_free.  Since: 0.1 */
AKIT_API void akit_host_zfree(void *opaque, void *p);

#ifdef __cplusplus
}
#endif

#endif
