/*
 * allockit/tiered.h - general-purpose heap as a handle.
 *
 * Requests go by size to one of four tiers: small and medium blocks are cut from slabs, large
 * blocks are regions of their own, huge blocks (2 MiB and up) may get huge pages. Every thread
 * keeps a bounded cache of freed blocks for each handle it uses; blocks freed by another thread
 * than the one that asked for them travel in batches. A handle is cheap: one per script, request
 * or connection is what it is made for.
 *
 * Blocks of any tiered handle may be given to akit_free, akit_realloc and akit_usable_size of
 * <allockit/malloc.h>, which find the handle by the address. The functions here take the handle
 * and check that the block is its own.
 */
#ifndef ALLOCKIT_TIERED_H
#define ALLOCKIT_TIERED_H

#include <allockit/base.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akit_tiered akit_tiered;

/* Configuration. Zero in any field but struct_size is the default. */
typedef struct akit_tiered_config {
    uint64_t struct_size;    /* bytes; AKIT_TIERED_CONFIG_INIT and config_init set it */
    uint64_t flags;          /* none defined: 0 */
    const char *name;        /* label in the statistics: 1 to 63 of A-Z a-z 0-9 . _ - ; NULL: none.
                                Copied. Need not be unique, but names that are read better */
    uint64_t limit_bytes;    /* cap on everything the handle maps: blocks, caches, metadata.
                                At least 64 KiB; 0 or AKIT_NONE: no cap */
    uint64_t decay_ns;       /* idle memory is due to go back after this time. 0: 100 ms,
                                AKIT_NONE: never by itself */
    uint32_t thp;            /* AKIT_THP_... */
    uint32_t fork_mode;      /* AKIT_FORK_... */
    uint32_t zero_mode;      /* AKIT_ZERO_... */
    uint32_t numa_mode;      /* AKIT_NUMA_... */
    uint64_t numa_nodes;     /* bit n stands for node n, 0 to 63; must be 0 with AKIT_NUMA_LOCAL,
                                and name nodes that are there with the others */
    uint64_t prefault_bytes; /* bytes made resident at create. 0: none */
    uint32_t check_mode;     /* AKIT_CHECK_... */
    uint32_t reserved0;      /* 0 */
    uint64_t reserved_a;     /* 0 */
    uint64_t reserved_b;     /* 0 */
    uint64_t reserved_c;     /* 0 */
    uint64_t reserved_d;     /* 0 */
    akit_region *region;     /* take memory from this handle. NULL: from the process-wide cache.
                                Borrowed at create, kept alive inside */
    akit_huge *huge;         /* take huge blocks from this handle. NULL: from the region's */
    uint64_t small_max_bytes;       /* largest small block, 16 to medium_max_bytes, rounded up to
                                       a size class. 0: 1 KiB */
    uint64_t medium_max_bytes;      /* largest medium block, up to 64 KiB and large_max_bytes,
                                       rounded up likewise. 0: 16 KiB */
    uint64_t large_max_bytes;       /* largest large block; above is huge. 0: just below 2 MiB */
    uint64_t thread_cache_bytes;    /* freed bytes one thread may keep. 0: 128 MiB. Within that
                                       each size class has a bound of its own, 2 MiB or a few
                                       blocks; AKIT_NONE: only that one */
    uint64_t cache_bytes;           /* freed bytes all threads and the depot may keep together.
                                       0: 256 MiB, AKIT_NONE: no bound */
    uint32_t hugetlb_mode;          /* AKIT_HUGE_...: explicit huge pages for huge blocks.
                                       0: never */
    uint32_t reserved1;             /* 0 */
    uint64_t guard_sample_interval; /* one in so many blocks gets a guard page. 0: none */
} akit_tiered_config;

#define AKIT_TIERED_CONFIG_INIT                                                              \
    { sizeof(akit_tiered_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, \
      0, 0, 0, 0, 0, 0, 0, 0 }

/* Statistics of one handle. */
typedef struct akit_tiered_stats {
    uint64_t struct_size;            /* bytes; set by the caller */
    uint64_t id;                     /* id of the handle, from 1, never used again */
    uint64_t kind;                   /* AKIT_KIND_TIERED */
    uint64_t limit_bytes;            /* the cap in force, AKIT_NONE without one */
    uint64_t used_bytes;             /* usable bytes of the blocks in use */
    uint64_t used_peak_bytes;        /* most of it, seen when a cache is refilled and on
                                        reading */
    uint64_t cached_bytes;           /* freed and kept: thread caches, depot, free slabs, regions */
    uint64_t metadata_bytes;         /* the handle's own books */
    uint64_t mapped_bytes;           /* bytes of address space the handle holds */
    uint64_t mapped_peak_bytes;      /* most of it so far */
    uint64_t pinned_bytes;           /* bytes that are never purged or moved */
    uint64_t mappings;               /* pieces of address space the handle holds */
    uint64_t allocs_total;           /* blocks handed out */
    uint64_t frees_total;            /* blocks taken back */
    uint64_t failures_total;         /* requests answered with NULL, whatever the reason */
    uint64_t limit_hits_total;       /* of these, the ones because of limit_bytes */
    uint64_t misuses_total;          /* calls with a pointer or size that was not legal */
    uint64_t maps_total;             /* pieces of address space taken */
    uint64_t unmaps_total;           /* pieces of address space given up */
    uint64_t purges_total;           /* purge rounds that gave something back */
    uint64_t purged_bytes_total;     /* bytes given back to the kernel by them */
    uint64_t prefaulted_bytes_total; /* bytes made resident ahead of use */
    uint64_t small_used_bytes;       /* part of used_bytes in small blocks */
    uint64_t medium_used_bytes;      /* the same in medium blocks */
    uint64_t large_used_bytes;       /* the same in large blocks */
    uint64_t huge_used_bytes;        /* the same in huge blocks */
    uint64_t thread_cache_bytes;     /* part of cached_bytes in caches of threads */
    uint64_t thread_caches;          /* threads that have a cache in this handle */
    uint64_t cache_hits_total;       /* requests answered by the thread's own cache */
    uint64_t cache_misses_total;     /* requests that took the slow path */
    uint64_t remote_frees_total;     /* blocks that left the thread that freed them in a batch */
    uint64_t remote_pending_bytes;   /* bytes in such batches, waiting for a thread in need */
    uint64_t reallocs_total;         /* calls of realloc and reallocx with a block */
    uint64_t reallocs_in_place_total; /* of these, the ones that kept the address */
    uint64_t huge_fallbacks_total;   /* huge blocks that got smaller pages than wished for */
} akit_tiered_stats;

#define AKIT_TIERED_STATS_INIT                                                          \
    { sizeof(akit_tiered_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_tiered_config_init(akit_tiered_config *cfg, size_t size);

/* Make a handle. `cfg` may be NULL: all defaults.
 * Ownership: *out belongs to the caller, who ends it with akit_tiered_destroy; on error it is
 * set to NULL. Nothing of `cfg` is referred to later, save `region` and `huge`.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL `out`, a bad struct_size, a `region` or `huge` that is stale or not of
 * that kind, or another value that makes no sense; -E2BIG for a non-zero field from a newer
 * version; -ENOMEM for no memory; -ENOSYS for a NUMA mode on a kernel without NUMA.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_tiered_create(const akit_tiered_config *cfg, akit_tiered **out);

/* End a handle. With flags 0 every page leaves it now, without freeing block by block, and blocks
 * still out are dangling. With AKIT_DESTROY_DEFER nothing new can be allocated, blocks that are
 * out stay valid and must be freed with akit_free or akit_tiered_free, and the last one gives the
 * rest back. NULL is legal and does nothing.
 * Ownership: consumes `h`, also on error.
 * Threads: any thread, but beside no other call on `h`; no matter which threads have used it.
 * Errors: -EPERM for the default heap, which goes on; -EINVAL for a handle that is stale or not
 * of this kind, and for unknown flags, which are otherwise ignored.  Since: 0.1 */
AKIT_API int akit_tiered_destroy(akit_tiered *h, uint32_t flags);

/* Read the configuration in force, with the defaults filled in.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_tiered_config_get(akit_tiered *h, akit_tiered_config *out);

/* Read the statistics.
 * Ownership: `out` is filled; struct_size must be set.
 * Threads: any thread; it adds up the counters of all threads and stops none.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_tiered_stats_get(akit_tiered *h, akit_tiered_stats *out);

/* Number of size classes; the index of akit_tiered_class_stats_get is below it.
 * Ownership: none.  Threads: any thread.  Errors: 0 for a NULL or stale handle.  Since: 0.1 */
AKIT_API size_t akit_tiered_class_count(akit_tiered *h);

/* Read the statistics of one size class. Classes are ordered by block size.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -ENOENT for an index that does not exist, -EINVAL for a NULL or stale handle, a NULL
 * `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_tiered_class_stats_get(akit_tiered *h, size_t index, akit_class_stats *out);

/* Propose a configuration from what the handle has seen: its own, with thresholds, cache budgets
 * and prefault_bytes as the statistics recommend. It changes nothing.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_tiered_suggest(akit_tiered *h, akit_tiered_config *out);

/* Give cached memory of the handle back to the kernel. `flags` are AKIT_PURGE_...; `bytes` (may be
 * NULL) is set to what the kernel got back.
 * Ownership: none; blocks in use are not touched.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle or unknown flags.  Since: 0.1 */
AKIT_API int akit_tiered_purge(akit_tiered *h, uint32_t flags, uint64_t *bytes);

/* Allocate a block of at least `size` bytes, aligned to 16. Contents are undefined.
 * Ownership: the block is the caller's until freed or the handle destroyed.
 * Threads: any thread.
 * Errors: NULL and ENOMEM (cap, kernel, size above PTRDIFF_MAX); EINVAL for a NULL or stale
 * handle.  Since: 0.1 */
AKIT_API AKIT_FRESH_SIZE(2) void *akit_tiered_alloc(akit_tiered *h, size_t size);

/* Allocate a block of count * size bytes that reads as zero. Pages known to be zero are not
 * written to.
 * Ownership, Threads: as akit_tiered_alloc.
 * Errors: as akit_tiered_alloc; ENOMEM, too, when the product overflows.  Since: 0.1 */
AKIT_API AKIT_FRESH_SIZE2(2, 3) void *akit_tiered_calloc(akit_tiered *h, size_t count, size_t size);

/* Change the size of a block, in place where that is possible; the contents stay, up to the
 * smaller size. NULL `p` allocates, size 0 shrinks to the smallest block. When the block moves, no
 * more than the alignment of 16 is kept: see akit_tiered_reallocx for more.
 * Ownership: on success `p` is consumed and the result is the caller's; on failure `p` stays.
 * Shrinking a block does not fail.
 * Threads: any thread, one at a time for one block.
 * Errors: NULL and ENOMEM as akit_tiered_alloc; ENOENT or EINVAL for a pointer that is not a block
 * in use of this handle, EINVAL for a NULL or stale handle.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_tiered_realloc(akit_tiered *h, void *p, size_t size);

/* Allocate a block aligned to `alignment`, which is 0 (16) or a power of two up to 1 GiB; `size`
 * need not be a multiple of it.
 * Ownership, Threads: as akit_tiered_alloc.
 * Errors: as akit_tiered_alloc; EINVAL for another alignment.  Since: 0.1 */
AKIT_API AKIT_FRESH_SIZE(3) void *akit_tiered_aligned_alloc(akit_tiered *h, size_t alignment,
                                                            size_t size);

/* Allocate with everything at once: alignment as in akit_tiered_aligned_alloc, `flags` from
 * AKIT_ALLOC_ZERO, _NO_CACHE and _GUARD, and the usable size through `usable` (may be NULL). All
 * *usable bytes may be used; with AKIT_ALLOC_ZERO all of them are zero.
 * Ownership, Threads: as akit_tiered_alloc.
 * Errors: as akit_tiered_aligned_alloc; EINVAL for unknown flags. *usable is 0 then.  Since: 0.1 */
AKIT_API AKIT_FRESH void *akit_tiered_allocx(akit_tiered *h, size_t size, size_t alignment,
                                             uint32_t flags, size_t *usable);

/* Change the size of a block with everything at once: the result is aligned to `alignment`, also
 * when it does not move; AKIT_ALLOC_NO_MOVE fails rather than move; AKIT_ALLOC_ZERO makes what was
 * beyond the old usable size zero, so use it from the first allocation on; `usable` as in
 * akit_tiered_allocx.
 * Ownership, Threads: as akit_tiered_realloc.
 * Errors: as akit_tiered_realloc and akit_tiered_allocx; ENOMEM when AKIT_ALLOC_NO_MOVE cannot be
 * met. On failure *usable is 0 and `p` stays as it was.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_tiered_reallocx(akit_tiered *h, void *p, size_t size,
                                                    size_t alignment, uint32_t flags, size_t *usable);

/* Free a block of this handle. NULL does nothing.
 * Ownership: consumes the block.
 * Threads: any thread, also another one than the block was allocated by.
 * Errors: misuse is reported and changes nothing; errno is left as it was.  Since: 0.1 */
AKIT_API void akit_tiered_free(akit_tiered *h, void *p);

/* Free a block whose size the caller knows: the size asked for when it was last allocated or
 * resized, or anything from there to its usable size. A size above the usable size is misuse; one
 * below the size asked for is not noticed.
 * Ownership, Threads, Errors: as akit_tiered_free.  Since: 0.1 */
AKIT_API void akit_tiered_free_sized(akit_tiered *h, void *p, size_t size);

/* Free a block whose size and alignment the caller knows: those it was allocated with.
 * Ownership, Threads, Errors: as akit_tiered_free.  Since: 0.1 */
AKIT_API void akit_tiered_free_aligned_sized(akit_tiered *h, void *p, size_t alignment, size_t size);

/* Usable size of a block of this handle; 0 for NULL and for what is not a block in use of it. See
 * akit_usable_size for the use of bytes beyond the size asked for.
 * Ownership: none.  Threads: any thread.
 * Errors: none; a pointer that is not ours is an answer and not counted as misuse.  Since: 0.1 */
AKIT_API size_t akit_tiered_usable_size(akit_tiered *h, const void *p);

/* Usable size that a request of `size` bytes would have: for hosts that grow buffers.
 * Ownership: none.  Threads: any thread.
 * Errors: 0 when such a request must fail, and for a NULL or stale handle.  Since: 0.1 */
AKIT_API size_t akit_tiered_good_size(akit_tiered *h, size_t size);

/* Whether an address lies in memory of this handle: 1 or 0. Interior addresses are legal, and the
 * memory is not touched.
 * Ownership: none.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle.  Since: 0.1 */
AKIT_API int akit_tiered_owns(akit_tiered *h, const void *p);

/* Allocate up to `n` blocks of `size` bytes into out[0..n-1].
 * Ownership: each block as from akit_tiered_alloc; they are freed singly or in batches.
 * Threads: any thread.
 * Errors: fewer than `n` (burst semantics): out[result...] is left alone and errno says why the
 * next one failed.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT size_t akit_tiered_alloc_n(akit_tiered *h, size_t size, size_t n,
                                                    void **out);

/* Free `n` blocks of this handle, of any sizes. NULLs are skipped.
 * Ownership: consumes the blocks.  Threads: any thread.
 * Errors: returns how many were done, NULLs included; a wrong pointer is misuse, skipped, and not
 * counted as done. errno is left as it was.  Since: 0.1 */
AKIT_API size_t akit_tiered_free_n(akit_tiered *h, size_t n, void *const *p);

#ifdef __cplusplus
}
#endif

#endif
