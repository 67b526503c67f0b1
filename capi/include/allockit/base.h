/*
 * allockit/base.h - version, errors, misuse reports, maintenance, and the constants that several
 * kinds of handle share. Chapters on ownership, threads, errors and struct_size: <allockit.h>.
 */
#ifndef ALLOCKIT_BASE_H
#define ALLOCKIT_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Attributes. AKIT_API exports from the shared library; it is empty while the static archive is
 * built, so that nothing there is visible outside the program that links it.
 * There is no attribute about alignment: 0 is a legal alignment here, and compilers draw wrong
 * conclusions from it.
 */
#if defined(__cplusplus) && !defined(__cpp_exceptions)
#define AKIT_NOTHROW
#else
#define AKIT_NOTHROW __attribute__((nothrow))
#endif
#if defined(AKIT_STATIC)
#define AKIT_API AKIT_NOTHROW
#else
#define AKIT_API AKIT_NOTHROW __attribute__((visibility("default")))
#endif
#define AKIT_USE_RESULT __attribute__((warn_unused_result))
/* The result is a fresh block: it overlaps nothing and holds no pointers. */
#define AKIT_FRESH __attribute__((malloc, warn_unused_result))
/* As AKIT_FRESH, and the block is as large as argument n (or n times m) says. _FORTIFY_SOURCE
 * relies on it: see akit_usable_size. */
#define AKIT_FRESH_SIZE(n) __attribute__((malloc, alloc_size(n), warn_unused_result))
#define AKIT_FRESH_SIZE2(n, m) __attribute__((malloc, alloc_size(n, m), warn_unused_result))

/* Version of these headers. Compare with akit_version() for that of the library. */
#define AKIT_VERSION_MAJOR 0
#define AKIT_VERSION_MINOR 1
#define AKIT_VERSION_PATCH 0
#define AKIT_VERSION_STRING "0.1.0"
#define AKIT_VERSION_NUMBER(major, minor, patch) \
    ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8 | (uint32_t)(patch))
#define AKIT_VERSION AKIT_VERSION_NUMBER(AKIT_VERSION_MAJOR, AKIT_VERSION_MINOR, AKIT_VERSION_PATCH)

/* None, never or unlimited in a 64-bit field. In a 32-bit field it is UINT32_MAX. */
#define AKIT_NONE UINT64_MAX
/* Alignment, in bytes, that every block has without asking. */
#define AKIT_MIN_ALIGN 16u

/* Kind of a handle: stats field `kind`, akit_block_info.handle_kind, akit_handle_next. */
#define AKIT_KIND_TIERED 1u
#define AKIT_KIND_REGION 2u
#define AKIT_KIND_HUGE   3u
#define AKIT_KIND_POOL   4u
#define AKIT_KIND_RING   5u
#define AKIT_KIND_ARENA  6u
#define AKIT_KIND_NODES  7u
#define AKIT_KIND_URING  8u
#define AKIT_KIND_GROUP  9u

/* Facilities that akit_feature knows. */
#define AKIT_FEATURE_URING      1u /* registration of memory with io_uring */
#define AKIT_FEATURE_HUGETLB    2u /* explicit huge pages */
#define AKIT_FEATURE_MEMBARRIER 3u /* taking idle caches away from sleeping threads */

/* Flags of the destroy functions. 0 is right for nearly every caller. */
#define AKIT_DESTROY_DEFER 1u /* tiered, region, huge: blocks that are out stay valid until freed */
#define AKIT_DESTROY_NOW   2u /* handles that wait for what is out by default: do not wait */

/* Flags of the purge functions. 0 means AKIT_PURGE_ALL. */
#define AKIT_PURGE_DUE  1u /* only what has been idle for longer than the decay time */
#define AKIT_PURGE_ALL  2u /* everything that is cached */
#define AKIT_PURGE_WAIT 4u /* return only when a purge that runs elsewhere has ended, too */

/* What happens on misuse: akit_misuse_mode. It is counted in every mode. */
#define AKIT_MISUSE_REPORT 0u /* one line through the handler */
#define AKIT_MISUSE_COUNT  1u /* only count */
#define AKIT_MISUSE_ABORT  2u /* report, then abort the process */

/* Config field check_mode. */
#define AKIT_CHECK_FAST  0u /* foreign, misaligned and repeated frees at once, others when the
                               block leaves the thread's cache */
#define AKIT_CHECK_EXACT 1u /* also every double free of a free block and interior pointers at
                               the call; costs about 1.5 ns per pair */

/* Config field zero_mode. Applies to the whole usable size, and a later owner never sees the
 * contents of an earlier one when either of them asked for zeroing. */
#define AKIT_ZERO_NONE     0u
#define AKIT_ZERO_ON_ALLOC 1u /* every block is zeroed when it is handed out */
#define AKIT_ZERO_ON_FREE  2u /* every block is zeroed when it comes back */

/* Flags of allocx and reallocx, and of the alloc functions of regions and huge pages. */
#define AKIT_ALLOC_ZERO     1u /* contents (of the grown part) are zero */
#define AKIT_ALLOC_NO_MOVE  2u /* reallocx: in place or fail with ENOMEM */
#define AKIT_ALLOC_NO_CACHE 4u /* do not keep the block in a cache when it is freed */
#define AKIT_ALLOC_GUARD    8u /* inaccessible page right behind the block's last page */

/* Config fields hugetlb_mode, huge_mode, giant_mode: use of explicit huge pages. */
#define AKIT_HUGE_DEFAULT 0u
#define AKIT_HUGE_REQUIRE 1u /* fail when there are none */
#define AKIT_HUGE_PREFER  2u /* fall back to smaller pages, and count it */
#define AKIT_HUGE_NEVER   3u

/* Config field exhaust_mode: what happens when memory at hand is used up. The headers of the kinds
 * say what that means for each. */
#define AKIT_EXHAUST_GROW     0u /* more is mapped, up to limit_bytes */
#define AKIT_EXHAUST_FAIL     1u /* the request fails with ENOBUFS */
#define AKIT_EXHAUST_FALLBACK 2u /* the request is served by a mapping of its own, and counted */

/* Config field thp: advice about transparent huge pages. */
#define AKIT_THP_DEFAULT 0u /* ask for them where they were measured to pay */
#define AKIT_THP_INHERIT 1u /* give no advice, the system's setting holds */
#define AKIT_THP_ADVISE  2u /* ask for them everywhere */
#define AKIT_THP_NEVER   3u /* ask for none anywhere */

/* akit_block_info.backing: the pages behind a block, as the library asked for them. */
#define AKIT_BACKING_BASE  0u /* ordinary pages */
#define AKIT_BACKING_THP   1u /* transparent huge pages, if the kernel has them at hand */
#define AKIT_BACKING_HUGE  2u /* explicit huge pages, 2 MiB on x86-64 */
#define AKIT_BACKING_GIANT 3u /* explicit giant pages, 1 GiB on x86-64 */

/* Config field fork_mode: what a child process sees of the handle's memory. */
#define AKIT_FORK_DEFAULT  0u /* COPY, but DONTFORK for explicit huge pages */
#define AKIT_FORK_COPY     1u /* a private copy of everything, made page by page on write */
#define AKIT_FORK_DONTFORK 2u /* blocks do not exist in the child; new allocations work */
#define AKIT_FORK_WIPE     3u /* blocks exist in the child and read as zero */

/* Config field numa_mode; the nodes are in numa_nodes. */
#define AKIT_NUMA_LOCAL      0u /* node of the thread that touches a page first */
#define AKIT_NUMA_BIND       1u /* only the given nodes */
#define AKIT_NUMA_INTERLEAVE 2u /* the given nodes in turn, page by page */
#define AKIT_NUMA_PREFERRED  3u /* the given node, others when it is full */

/* akit_block_info.reason: why a block got smaller pages than the policy wished for. */
#define AKIT_REASON_NONE         0u /* it got what was wished for */
#define AKIT_REASON_NOT_RESERVED 1u /* no free page in the huge page reservation */
#define AKIT_REASON_CGROUP       2u /* refused by the control group's limit */
#define AKIT_REASON_NODE         3u /* none on the wanted NUMA nodes */
#define AKIT_REASON_FRAGMENTED   4u /* the kernel found no contiguous memory */
#define AKIT_REASON_PERMISSION   5u /* the process may not use them */
#define AKIT_REASON_KERNEL       6u /* the kernel does not support them */
#define AKIT_REASON_LIMIT        7u /* the handle's own cap, or the process's of address space */

/* akit_block_info.state. */
#define AKIT_BLOCK_FREE   0u /* memory of the handle that is not handed out */
#define AKIT_BLOCK_OUT    1u /* in use by the program */
#define AKIT_BLOCK_CACHED 2u /* freed, and kept for the next request */

/* Handles that others may stand on; a NULL pointer to one is "the default" wherever it can be given. */
typedef struct akit_region akit_region;
typedef struct akit_huge akit_huge;

/* What akit_inspect knows about an address. */
typedef struct akit_block_info {
    uint64_t struct_size;  /* bytes; set by the caller */
    uint64_t handle_id;    /* id of the handle it belongs to, from 1 */
    uint64_t handle_kind;  /* AKIT_KIND_... */
    uint64_t base;         /* address of the block's first byte */
    uint64_t usable_bytes; /* bytes from base that belong to the block */
    uint64_t state;        /* AKIT_BLOCK_FREE, _OUT or _CACHED */
    uint64_t backing;      /* AKIT_BACKING_... */
    uint64_t reason;       /* AKIT_REASON_...: why the backing is not the one wished for */
    uint64_t numa_node;    /* node the handle's policy binds to, AKIT_NONE when it binds to none */
    uint64_t zeroed;       /* 1: known to have read as zero when it was handed out */
    uint64_t tag;          /* buffer of a pool: the number noted with akit_pool_tag_set, else 0 */
} akit_block_info;

#define AKIT_BLOCK_INFO_INIT { sizeof(akit_block_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Version of the library in use: major << 16 | minor << 8 | patch.
 * Ownership: none.  Threads: any thread.  Errors: none.  Since: 0.1 */
AKIT_API uint32_t akit_version(void);

/* Version of the library in use as text, for example "0.1.0".
 * Ownership: static text, never freed.  Threads: any thread.  Errors: none.  Since: 0.1 */
AKIT_API const char *akit_version_string(void);

/* Whether the library was built with a facility. That the running kernel allows it, too, is
 * another question, answered by the statistics and by the function that uses it.
 * Ownership: none.  Threads: any thread.
 * Errors: 0 when built in, -ENOSYS when not, -EINVAL for an unknown feature.  Since: 0.1 */
AKIT_API int akit_feature(uint32_t feature);

/* Text for an error of this library. Takes -errno as returned, or errno.
 * Ownership: static text in English, never freed, never NULL.
 * Threads: any thread, unlike strerror.
 * Errors: none; 0 gives "success", a number this library never returns "unknown error".
 * Since: 0.1 */
AKIT_API const char *akit_strerror(int rc);

/* Choose what happens on misuse, for the whole copy of the library: AKIT_MISUSE_REPORT (default),
 * AKIT_MISUSE_COUNT or AKIT_MISUSE_ABORT.
 * Ownership: none.  Threads: any thread.  Errors: -EINVAL for an unknown mode.  Since: 0.1 */
AKIT_API int akit_misuse_mode(uint32_t mode);

/* Install a function that is told of misuse instead of the line on file descriptor 2. NULL brings
 * the line back. `error` is EINVAL or ENOENT (the checked build: EBUSY for two threads at once),
 * `handle_id` the handle's id or 0 when unknown, `p` the pointer in question, which must not be read
 * through. Events that are no misuse come here, too, uncounted: EBUSY for a pool that is destroyed with
 * buffers out, ENOBUFS for an arena or nodes that are nearly full. The function is called by the thread that
 * made the mistake, inside the call; it must not call this library.
 * Ownership: `user` is stored and passed back, never read; it stays the caller's.
 * Threads: any thread; a call of the old handler may still be running when this returns.
 * Errors: none, returns 0.  Since: 0.1 */
AKIT_API int akit_misuse_handler(void (*fn)(void *user, int error, uint64_t handle_id, const void *p),
                                 void *user);

/* Look up which handle and block an address belongs to. Interior addresses are legal. The memory
 * at `p` is never touched, so any value may be asked about.
 * Ownership: `out` is filled; struct_size must be set.
 * Threads: any thread; about a block that another thread frees meanwhile the answer may be old.
 * Errors: -ENOENT when the address is not ours, -EINVAL for a NULL `out` or a bad struct_size.
 * Since: 0.1 */
AKIT_API int akit_inspect(const void *p, akit_block_info *out);

/* Do the maintenance that is due, in this thread: hand idle memory back to the kernel. For hosts
 * with an event loop, in place of the purge thread. `next_ns` (may be NULL) is set to the time
 * until more will be due, in ns from now: AKIT_NONE when nothing is cached.
 * Ownership: none.  Threads: any thread; a second caller returns at once.
 * Errors: none, returns 0.  Since: 0.1 */
AKIT_API int akit_maintain(uint64_t *next_ns);

/* Start (1) or stop (0) the purge thread, one per copy of the library, with all signals blocked.
 * While it runs, idle memory goes back within the decay time with no call from the program. It
 * sleeps without waking up when nothing is cached. Stopping waits until it has ended. It does not
 * survive fork.
 * Ownership: the thread belongs to the library.  Threads: any thread.
 * Errors: -EAGAIN or -ENOMEM when it cannot be started, -EINVAL for another value than 0 and 1.
 * Since: 0.1 */
AKIT_API int akit_purge_thread(uint32_t run);

/* Hand over everything this thread has in its caches, of all handles, because it will be idle.
 * Calling it is never necessary. `flags` must be 0.
 * Ownership: none.  Threads: any thread, for itself.  Errors: -EINVAL for flags.  Since: 0.1 */
AKIT_API int akit_thread_flush(uint32_t flags);

/* Give cached memory of every handle and of the process-wide cache back to the kernel. `flags`
 * are AKIT_PURGE_...; `bytes` (may be NULL) is set to what the kernel got back, not to what merely
 * moved from one cache to another.
 * Ownership: none.  Threads: any thread.  Errors: -EINVAL for unknown flags.  Since: 0.1 */
AKIT_API int akit_purge(uint32_t flags, uint64_t *bytes);

/* Set the budget of the process-wide cache through which handles recycle their slabs and regions:
 * in bytes, 32 MiB unless set; 0 keeps nothing, AKIT_NONE has no bound. What exceeds it goes back
 * to the kernel at once.
 * Ownership: none.  Threads: any thread.  Errors: none, returns 0.  Since: 0.1 */
AKIT_API int akit_cache_limit(uint64_t bytes);

#ifdef __cplusplus
}
#endif

#endif
