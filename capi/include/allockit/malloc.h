/*
 * allockit/malloc.h - a default heap behind functions with the shapes of malloc and free.
 *
 * The default heap is a tiered handle that is made at its first use and never torn down, so that
 * freeing in atexit handlers and late destructors is legal. It is configured by
 * akit_default_configure or by the environment (<allockit.h>, chapter 6). Functions here that take
 * a block take one of any tiered handle of this copy of the library, not only of the default heap.
 */
#ifndef ALLOCKIT_MALLOC_H
#define ALLOCKIT_MALLOC_H

#include <allockit/base.h>
#include <allockit/tiered.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The default heap as a handle: for statistics, purging, and the functions of tiered.h.
 * Ownership: borrowed, valid for ever; destroying it is refused with -EPERM.
 * Threads: any thread.
 * Errors: NULL and ENOMEM when it cannot be made.  Since: 0.1 */
AKIT_API akit_tiered *akit_default(void);

/* Configure the default heap before its first use. The environment is not read then. NULL means
 * all defaults.
 * Ownership: as akit_tiered_create.
 * Threads: any thread.
 * Errors: -EBUSY after the first use, which includes an earlier call of this function;
 * otherwise as akit_tiered_create.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_default_configure(const akit_tiered_config *cfg);

/* Allocate a block of at least `size` bytes, aligned to 16. Contents are undefined.
 * Ownership: the block is the caller's until freed.  Threads: any thread.
 * Errors: NULL and ENOMEM (cap, kernel, size above PTRDIFF_MAX).  Since: 0.1 */
AKIT_API AKIT_FRESH_SIZE(1) void *akit_malloc(size_t size);

/* Allocate a block of count * size bytes that reads as zero.
 * Ownership, Threads: as akit_malloc.
 * Errors: as akit_malloc; ENOMEM, too, when the product overflows.  Since: 0.1 */
AKIT_API AKIT_FRESH_SIZE2(1, 2) void *akit_calloc(size_t count, size_t size);

/* Change the size of a block; it stays in its handle. NULL `p` allocates from the default heap,
 * size 0 shrinks to the smallest block and does not free.
 * Ownership: on success `p` is consumed and the result is the caller's; on failure `p` stays.
 * Threads: any thread, one at a time for one block.
 * Errors: NULL and ENOMEM as akit_malloc; ENOENT or EINVAL for a pointer that is not a block in
 * use.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_realloc(void *p, size_t size);

/* Allocate a block aligned to `alignment`, which is 0 (16) or a power of two up to 1 GiB; `size`
 * need not be a multiple of it.
 * Ownership, Threads: as akit_malloc.
 * Errors: as akit_malloc; EINVAL for another alignment.  Since: 0.1 */
AKIT_API AKIT_FRESH_SIZE(2) void *akit_aligned_alloc(size_t alignment, size_t size);

/* Free a block of any tiered handle of this copy. NULL does nothing.
 * Ownership: consumes the block.  Threads: any thread.
 * Errors: misuse is reported and changes nothing; errno is left as it was.  Since: 0.1 */
AKIT_API void akit_free(void *p);

/* Free a block whose size the caller knows: the size asked for when it was last allocated or
 * resized, or anything from there to its usable size. A size above the usable size is misuse; one
 * below the size asked for is not noticed.
 * Ownership, Threads, Errors: as akit_free.  Since: 0.1 */
AKIT_API void akit_free_sized(void *p, size_t size);

/* Free a block whose size and alignment the caller knows: those it was allocated with.
 * Ownership, Threads, Errors: as akit_free.  Since: 0.1 */
AKIT_API void akit_free_aligned_sized(void *p, size_t alignment, size_t size);

/* Usable size of a block, at least the size asked for; 0 for NULL and for what is not a block in
 * use. Compilers know from the declarations above how much was asked for, and with
 * _FORTIFY_SOURCE they stop a program that writes beyond it. To use all of a block, ask for it
 * through akit_tiered_allocx, or resize it to its usable size, which happens in place.
 * Ownership: none.  Threads: any thread.
 * Errors: none; a pointer that is not ours is an answer and not counted as misuse.  Since: 0.1 */
AKIT_API size_t akit_usable_size(const void *p);

#ifdef __cplusplus
}
#endif

#endif
