/*
 * allockit/region.h - regions: blocks of whole pages, mapped from the kernel and kept for reuse.
 *
 * For programs that take big blocks: databases, virtual machines, columnar tools, plotting. A
 * region that is freed is kept, by size, in a cache with a budget in bytes and in entries, so that
 * the next one of its size costs neither a system call nor a page fault; what stays idle for the
 * decay time goes back to the kernel. Every thread has bins of its own in front of the common
 * part, so a hit takes no lock. A region can grow and shrink in place or by moving its pages, can
 * be pinned (never purged, moved or unmapped), and can have an inaccessible page behind it.
 *
 * A region starts on a page boundary. Sizes are rounded up to whole pages, and up to 2 GiB further
 * to one of eight steps per doubling, so that regions of nearly the same size serve each other;
 * max_waste_permille bounds what that may add.
 *
 * A handle may also stand on memory of the caller (config fields `memory` and `memory_bytes`). It
 * then maps its books when it is created and makes no system call afterwards, save to wait when
 * threads meet; it never has thread bins.
 */
#ifndef ALLOCKIT_REGION_H
#define ALLOCKIT_REGION_H

#include <allockit/base.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Config field purge_method: how idle pages go back. */
#define AKIT_PURGE_METHOD_DEFAULT  0u /* unmapped where no mapping is split by it, else as
                                         DONTNEED */
#define AKIT_PURGE_METHOD_DONTNEED 1u /* the pages go at once, visible in the resident size; the
                                         addresses stay mapped */
#define AKIT_PURGE_METHOD_FREE     2u /* MADV_FREE: the kernel takes the pages when it is short of
                                         memory; the resident size does not fall before that.
                                         AKIT_PURGE_ALL takes them at once all the same */
#define AKIT_PURGE_METHOD_UNMAP    3u /* unmapped, even where that splits a mapping, as far as
                                         max_mappings allows */

/* Configuration. Zero in any field but struct_size is the default. */
typedef struct akit_region_config {
    uint64_t struct_size;    /* bytes; AKIT_REGION_CONFIG_INIT and config_init set it */
    uint64_t flags;          /* none defined: 0 */
    const char *name;        /* label in the statistics, and of the mappings in /proc/self/maps
                                where the kernel allows it; 1 to 63 of A-Z a-z 0-9 . _ - ; NULL:
                                none. Copied */
    uint64_t limit_bytes;    /* cap on everything the handle maps: regions, caches, metadata.
                                At least 64 KiB; 0 or AKIT_NONE: no cap */
    uint64_t decay_ns;       /* idle memory is due to go back after this time. 0: 100 ms,
                                AKIT_NONE: never by itself */
    uint32_t thp;            /* AKIT_THP_...; by default asked for from 8 MiB, and for regions of
                                whole huge pages */
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
    uint64_t cache_bytes;        /* freed bytes that are kept, all threads together. 0: 256 MiB,
                                    AKIT_NONE: no bound */
    uint64_t max_waste_permille; /* most that a region may be larger than the size asked for,
                                    rounded up to pages, in thousandths of it. 0: 125; at most
                                    1000. Below 125 odd sizes are reused less */
    uint64_t max_mappings;       /* most mappings of the kernel that the handle may cause.
                                    0: 16384, AKIT_NONE: no bound */
    uint64_t max_entries;        /* freed regions that are kept, all threads together. 0: 65536,
                                    AKIT_NONE: no bound */
    uint32_t purge_method;       /* AKIT_PURGE_METHOD_... */
    uint32_t guard;              /* 1: an inaccessible page behind every region. 0: only with
                                    AKIT_ALLOC_GUARD */
    void *memory;                /* stand on this memory of the caller, readable and writable,
                                    and valid until the handle has ended. NULL: on the kernel's */
    uint64_t memory_bytes;       /* its size, at least one whole page */
} akit_region_config;

#define AKIT_REGION_CONFIG_INIT                                                              \
    { sizeof(akit_region_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, NULL, 0 }

/* Statistics of one handle. The first 22 fields are those of every kind. */
typedef struct akit_region_stats {
    uint64_t struct_size;            /* bytes; set by the caller */
    uint64_t id;                     /* id of the handle, from 1, never used again */
    uint64_t kind;                   /* AKIT_KIND_REGION */
    uint64_t limit_bytes;            /* the cap in force, AKIT_NONE without one */
    uint64_t used_bytes;             /* usable bytes of the regions in use */
    uint64_t used_peak_bytes;        /* most of it, as seen when a bin was empty and on reading */
    uint64_t cached_bytes;           /* freed and kept: bins of threads, the common part, and free
                                        pages that were used */
    uint64_t metadata_bytes;         /* the handle's own books */
    uint64_t mapped_bytes;           /* bytes of address space the handle holds */
    uint64_t mapped_peak_bytes;      /* most of it so far */
    uint64_t pinned_bytes;           /* bytes of pinned regions */
    uint64_t mappings;               /* mappings of the kernel that these regions take */
    uint64_t allocs_total;           /* regions handed out */
    uint64_t frees_total;            /* regions taken back */
    uint64_t failures_total;         /* requests answered with NULL, whatever the reason */
    uint64_t limit_hits_total;       /* of these, the ones because of limit_bytes or max_mappings */
    uint64_t misuses_total;          /* calls with a pointer that was not legal */
    uint64_t maps_total;             /* mmap calls */
    uint64_t unmaps_total;           /* munmap calls */
    uint64_t purges_total;           /* purges that gave something back */
    uint64_t purged_bytes_total;     /* bytes given back to the kernel by them */
    uint64_t prefaulted_bytes_total; /* bytes made resident ahead of use */
    uint64_t cache_hits_total;       /* requests answered by the thread's own bin */
    uint64_t cache_misses_total;     /* requests that took the slow path */
    uint64_t evictions_total;        /* regions that left the cache because of its budget */
    uint64_t rejected_total;         /* freed regions that were not kept at all: too large for the
                                        budget, guarded, or AKIT_ALLOC_NO_CACHE */
    uint64_t cached_mappings;        /* freed regions that are kept now */
    uint64_t waste_bytes;            /* bytes behind the regions in use that nobody can use: guard
                                        pages and what an alignment cut off */
    uint64_t remaps_total;           /* regions that grew by moving their pages */
    uint64_t purge_deadline_ns;      /* ns until idle memory of this handle is due to go back,
                                        AKIT_NONE when there is none */
    uint64_t purge_overdue_ns;       /* ns since it was due and nobody came; 0: it is not */
    uint64_t purge_skipped_pinned_total; /* freed regions that were kept because they are pinned */
} akit_region_stats;

#define AKIT_REGION_STATS_INIT                                                          \
    { sizeof(akit_region_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_region_config_init(akit_region_config *cfg, size_t size);

/* Make a handle. `cfg` may be NULL: all defaults.
 * Ownership: *out belongs to the caller, who ends it with akit_region_destroy; on error it is set
 * to NULL. Nothing of `cfg` is referred to later, save `memory`.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL `out`, a bad struct_size or a value that makes no sense (also: memory
 * together with NUMA, huge pages, guards, a purge method or another fork mode than COPY); -E2BIG
 * for a non-zero field from a newer version; -ENOMEM for no memory; -ENOSYS for a NUMA mode on a
 * kernel without NUMA.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_region_create(const akit_region_config *cfg, akit_region **out);

/* End a handle. With flags 0 every region leaves it now, and those still out are dangling, except
 * pinned ones: they stay mapped until the last akit_region_unpin. With AKIT_DESTROY_DEFER nothing
 * new can be allocated, regions that are out stay valid and must be freed with akit_region_free,
 * and the last one gives the rest back. Handles that stand on this one keep what they need of it
 * alive. NULL is legal and does nothing. Memory of the caller is the caller's again when the last
 * region has gone.
 * Ownership: consumes `h`, also on error; after AKIT_DESTROY_DEFER, or with pinned regions,
 * akit_region_free and akit_region_unpin remain legal for the regions that are left.
 * Threads: any thread, but beside no other call on `h`; no matter which threads have used it.
 * Errors: -EINVAL for a handle that is stale or not of this kind, and for unknown flags, which are
 * otherwise ignored.  Since: 0.1 */
AKIT_API int akit_region_destroy(akit_region *h, uint32_t flags);

/* Read the configuration in force, with the defaults filled in.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_region_config_get(akit_region *h, akit_region_config *out);

/* Read the statistics.
 * Ownership: `out` is filled; struct_size must be set.
 * Threads: any thread; it adds up the counters of all threads and stops none.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_region_stats_get(akit_region *h, akit_region_stats *out);

/* Propose a configuration from what the handle has seen: its own, with cache_bytes, max_entries,
 * decay_ns, max_mappings and limit_bytes as the statistics recommend. It changes nothing.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_region_suggest(akit_region *h, akit_region_config *out);

/* Give cached memory of the handle back to the kernel: pages first, then addresses where no mapping
 * is split by it. Pinned regions are left alone. `flags` are AKIT_PURGE_...; `bytes` (may be NULL)
 * is set to what the kernel got back.
 * Ownership: none; regions in use are not touched.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle or unknown flags.  Since: 0.1 */
AKIT_API int akit_region_purge(akit_region *h, uint32_t flags, uint64_t *bytes);

/* Allocate a region of at least `size` bytes that starts on a page boundary, or on a multiple of
 * `alignment`, a power of two up to 1 GiB. `flags` are AKIT_ALLOC_ZERO, _NO_CACHE and _GUARD.
 * `usable` (may be NULL) is set to the bytes that may be used; with AKIT_ALLOC_ZERO all of them
 * are zero. Contents are undefined otherwise: akit_inspect tells in `zeroed` whether they happen
 * to be zero.
 * Ownership: the region is the caller's until freed or the handle destroyed.
 * Threads: any thread.
 * Errors: NULL and ENOMEM (cap, mapping budget, kernel, size above PTRDIFF_MAX), EINVAL for a NULL
 * or stale handle, another alignment or unknown flags (on memory of the caller also
 * AKIT_ALLOC_GUARD), ESHUTDOWN after a deferred destroy; on
 * memory of the caller EMSGSIZE for more than it can ever give and ENOBUFS for more than is free
 * now. *usable is 0 then.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_region_alloc(akit_region *h, size_t size, size_t alignment,
                                            uint32_t flags, size_t *usable);

/* Change the size of a region: in place where the addresses behind it are free, else by moving its
 * pages (mremap) or its contents. The contents stay, up to the smaller size; a larger alignment
 * than that of a page is kept only when the region does not move. `flags` are AKIT_ALLOC_ZERO (the
 * grown part is zero, if the region was zero beyond its size before) and AKIT_ALLOC_NO_MOVE. NULL
 * `p` allocates. Shrinking does not fail.
 * Ownership: on success `p` is consumed and the result is the caller's; on failure `p` stays.
 * Threads: any thread, one at a time for one region.
 * Errors: NULL and as akit_region_alloc; EBUSY for a pinned region; ENOENT or EINVAL for what is
 * not a region in use of this handle; ENOMEM when AKIT_ALLOC_NO_MOVE cannot be met.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_region_realloc(akit_region *h, void *p, size_t size,
                                                   uint32_t flags, size_t *usable);

/* Free a region. It is kept in the cache as far as the budgets allow; a pinned one is kept as it
 * is until it is unpinned. NULL does nothing.
 * Ownership: consumes the region.
 * Threads: any thread, also another one than it was allocated by.
 * Errors: -ENOENT for what is not the start of a region of this handle, -EINVAL for one that is
 * not in use, and for a NULL or stale handle. Both are misuse: reported, and nothing changes. errno
 * is left as it was.  Since: 0.1 */
AKIT_API int akit_region_free(akit_region *h, void *p);

/* Make pages of a region resident now, by one system call that never writes to them, so memory in
 * use may be prefaulted, too. `p` may lie inside the region; `length` 0 means up to its end. `flags`
 * must be 0.
 * Ownership: none.  Threads: any thread.
 * Errors: -ENOENT for what does not lie in a region in use of this handle; -EINVAL for a length
 * that reaches beyond it, unknown flags, or a NULL or stale handle; -ENOMEM when the kernel has no
 * memory for it; -ENOSYS on memory of the caller.  Since: 0.1 */
AKIT_API int akit_region_prefault(akit_region *h, void *p, size_t length, uint32_t flags);

/* Pin a region: until it has been unpinned as often, it is not purged, moved or unmapped, whatever
 * happens to it. For memory that the kernel or a device knows by its pages: RDMA, GPU, AF_XDP.
 * Ownership: none.  Threads: any thread.
 * Errors: -ENOENT or -EINVAL as akit_region_free; -EAGAIN after 2^31 pins.  Since: 0.1 */
AKIT_API int akit_region_pin(akit_region *h, void *p);

/* Take one pin back. The last one ends a region that was freed meanwhile.
 * Ownership: none.  Threads: any thread.
 * Errors: -ENOENT for what is not the start of a region of this handle, -EINVAL for one that is
 * not pinned, and for a NULL or stale handle; reported, and nothing changes.  Since: 0.1 */
AKIT_API int akit_region_unpin(akit_region *h, void *p);

/* Bytes of the handle's regions in use that are resident on a NUMA node, asked of the kernel
 * (move_pages(2)).
 * Ownership: none.  Threads: any thread; takes about 0.1 us per page.
 * Errors: -ENOENT for a node that does not exist, -EINVAL for a NULL or stale handle, -ENOSYS when
 * the kernel does not tell.  Since: 0.1 */
AKIT_API int64_t akit_region_node_bytes(akit_region *h, uint32_t node);

#ifdef __cplusplus
}
#endif

#endif
