/*
 * allockit - a kit of memory allocators behind a C ABI.
 *
 * This is the umbrella header. Each allocator is a handle: create it, give it a cap, read its
 * statistics, give its idle memory back, destroy it.
 *
 *     #include <allockit.h>                        cc app.c $(pkg-config --cflags --libs allockit)
 *
 *     akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
 *     akit_tiered *heap;
 *     cfg.limit_bytes = 64u << 20;                 // everything else: the default
 *     if (akit_tiered_create(&cfg, &heap) < 0) ...
 *     void *p = akit_tiered_alloc(heap, 100);      // NULL and errno when the cap is reached
 *     akit_tiered_free(heap, p);
 *     akit_tiered_destroy(heap, 0);                // every block goes, none need be freed before
 *
 * Kinds of handle: akit_tiered, the general-purpose heap; akit_region, blocks of whole pages that
 * are kept for reuse, also inside memory of the caller; akit_huge, explicit huge pages, with an
 * answer when they cannot be had. A tiered handle may stand on a region and on a huge handle (its
 * config fields `region` and `huge`), and so may akit_pool: byte buffers in size classes, put back by
 * any thread. akit_ring hands out slices of one area, acquired by one thread, released by any.
 * akit_arena hands out blocks one behind the other, which go together. akit_nodes hands out nodes of
 * one size and small arrays, for one thread at a time. akit_uring registers memory of rings and pools
 * with an io_uring, and akit_uring_group has the kernel pick the buffers of a pool.
 *
 *
 * Chapter 1: ownership
 *
 *   - A handle delivered through `T **out` belongs to the caller, who ends it with the destroy
 *     function of its kind. A pointer that is returned (akit_default, akit_version_string, the
 *     pointers inside a config_get result) is borrowed and lives as long as its parent.
 *   - A block belongs to the handle it came from. Any thread may use it and free it.
 *   - A region that is pinned stays where it is until it is unpinned, even when it is freed or its
 *     handle destroyed meanwhile.
 *   - A buffer of a pool stays valid when the pool is destroyed, until it is put back; a slice of a
 *     ring likewise, until it is released.
 *   - Memory that is registered with an io_uring stays where it is until it has drained, also when
 *     it is freed or its handle destroyed meanwhile.
 *   - Destroying NULL is legal. Destroying always consumes the handle, also when it returns an
 *     error, and the order of parents and children does not matter: a child keeps what it needs
 *     of its parent alive. The default heap alone cannot be destroyed (-EPERM).
 *   - The library copies every string and every struct it is given. It keeps no pointer of the
 *     caller but the `user` argument of akit_misuse_handler and the memory given to
 *     the create functions (config field `memory`).
 *   - The library never calls malloc, free or stdio, so it may itself stand behind malloc.
 *
 *
 * Chapter 2: threads
 *
 *   - "any thread" in a comment: any number of threads may make the call at the same time.
 *   - "one thread at a time": the calls must be ordered by the caller, but the handle is not tied
 *     to a thread. Goroutines and asynchronous tasks may move between two calls.
 *   - A call that ends a handle must not run beside another call on the same handle.
 *   - Threads may exit at any time and in any order; what they had cached stays usable.
 *   - After fork the child may use every handle of this header set but akit_uring and
 *     akit_uring_group, whose calls answer -EPERM there. Memory that other threads of
 *     the parent held in their caches is lost to the child's cap. The purge thread does not run
 *     in the child until it is asked for again.
 *   - No function is async-signal-safe.
 *   - Idle memory goes back to the kernel within the handle's decay time only if something calls
 *     akit_maintain, or if the purge thread was started with akit_purge_thread(1). The library
 *     starts no thread on its own.
 *   - Several copies of the library may live in one process (shared, static, older, newer). They
 *     do not share handles or blocks: one given to the wrong copy is reported as misuse.
 *
 *
 * Chapter 3: errors
 *
 *   - `int` results: 0 or more is success, less is -errno. akit_strerror gives the text.
 *   - Pointer results: NULL with errno set. Functions that free leave errno as it was.
 *   - `size_t` results of batch functions (`_n`): how many were done, counted from the front.
 *     Fewer than asked is a normal answer ("burst", not "all or none").
 *
 *     ENOMEM   the cap is reached, the kernel refused, or the size is above PTRDIFF_MAX
 *     EINVAL   a value that is not legal, a stale, foreign or wrong-kind handle, or a pointer that
 *              is the start of a block which is not in use
 *     ENOENT   a pointer that is not the start of a block of this handle; end of a walk
 *     E2BIG    a struct has a non-zero field that this version of the library does not know
 *     ENOSPC   the text buffer is too small
 *     EBUSY    too late: already in use; or a pinned region cannot be moved or resized
 *     EAGAIN   the system or a counter is at its end: no thread, too many pins
 *     EPERM    not allowed for the default heap, or in a child of a fork; io_uring is forbidden
 *     ENOSYS   this part was not built, or the kernel does not have it
 *     ENOBUFS  a handle on memory of the caller, a ring, or a pool that may not grow, has less free now
 *     EMSGSIZE more than such a handle can ever give
 *     ESHUTDOWN   the handle is being destroyed (AKIT_DESTROY_DEFER): nothing new from it
 *
 *   - Misuse (double free, foreign pointer, stale handle, wrong size in a sized free) changes
 *     nothing. It is counted in the statistics, reported through akit_misuse_handler (by default
 *     one line on file descriptor 2) and answered with ENOENT or EINVAL where there is a result.
 *     Double frees of a block that has been handed out again in between cannot be detected.
 *
 *
 * Chapter 4: sizes, alignment, edge values
 *
 *   - Sizes are in bytes. Names ending in _ns are durations in nanoseconds, _unix_ns wall clock.
 *   - Size 0 gives the smallest block. Sizes above PTRDIFF_MAX fail with ENOMEM. The product of
 *     calloc is checked.
 *   - Blocks are aligned to AKIT_MIN_ALIGN (16). An alignment argument is 0 (that default) or a
 *     power of two up to 1 GiB. The argument order is (alignment, size) only in functions with
 *     the names of C's own, elsewhere (size, alignment).
 *   - realloc(p, 0) shrinks to the smallest block and never frees. free(NULL) does nothing.
 *
 *
 * Chapter 5: struct_size
 *
 *   Every public struct begins with `uint64_t struct_size`. The caller stores the size it was
 *   compiled with; the _INIT macros and the config_init functions do it.
 *
 *   - Zero in any other field of a config means "the default", now and in later versions.
 *     AKIT_NONE means none, never or unlimited.
 *   - Config, older caller: fields it does not know have their defaults.
 *   - Config, newer caller: fields the library does not know must be zero, otherwise -E2BIG.
 *   - Out structs: the library fills the fields both know and zeroes the rest. struct_size itself
 *     is left as the caller set it.
 *   - A struct_size that is 0, too small for the common fields, or not a multiple of 8: -EINVAL.
 *   - A value that makes no sense is -EINVAL; nothing is clamped in silence. The config_get
 *     functions return what is in force.
 *   - Structs have no padding, and new fields are only ever appended.
 *
 *
 * Chapter 6: environment of the default heap
 *
 *   The heap behind akit_malloc reads its configuration from the environment at its first use,
 *   unless akit_default_configure was called before. The variables are named after the fields of
 *   akit_tiered_config; values are unsigned decimal numbers in the unit of the field, for modes
 *   the number of the constant. A malformed value gives one line on file descriptor 2 and
 *   counts as not set.
 *
 *     ALLOCKIT_LIMIT_BYTES          ALLOCKIT_DECAY_NS             ALLOCKIT_THP
 *     ALLOCKIT_FORK_MODE            ALLOCKIT_ZERO_MODE            ALLOCKIT_NUMA_MODE
 *     ALLOCKIT_NUMA_NODES           ALLOCKIT_PREFAULT_BYTES       ALLOCKIT_CHECK_MODE
 *     ALLOCKIT_SMALL_MAX_BYTES      ALLOCKIT_MEDIUM_MAX_BYTES     ALLOCKIT_LARGE_MAX_BYTES
 *     ALLOCKIT_THREAD_CACHE_BYTES   ALLOCKIT_CACHE_BYTES          ALLOCKIT_HUGETLB_MODE
 *     ALLOCKIT_GUARD_SAMPLE_INTERVAL
 *
 *   No other handle reads the environment.
 *
 *
 * Chapter 7: linking
 *
 *   Shared: pkg-config --cflags --libs allockit. Static: add --static; the archive's symbols are
 *   hidden, so a program or plug-in that contains it neither exports them nor has them replaced.
 *   A small io_uring for programs that bring none is a second library, with a header of its own:
 *   pkg-config allockit_io and <allockit/io.h>. For programs with liburing: <allockit/liburing.h>.
 */
#ifndef ALLOCKIT_H
#define ALLOCKIT_H

#include <allockit/arena.h>
#include <allockit/base.h>
#include <allockit/host.h>
#include <allockit/huge.h>
#include <allockit/malloc.h>
#include <allockit/nodes.h>
#include <allockit/pool.h>
#include <allockit/region.h>
#include <allockit/ring.h>
#include <allockit/stats.h>
#include <allockit/tiered.h>
#include <allockit/uring.h>

#endif
