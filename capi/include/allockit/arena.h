/*
 * allockit/arena.h - bump allocation: blocks are handed out one behind the other and go together.
 *
 * For parsers, compilers, requests, frames and other work that makes many blocks and ends with all of
 * them. An arena moves a position forward in a slab; when the slab is full it goes on in the next one,
 * each up to twice as large as the one before. A block larger than any slab gets a slab of its own.
 * Blocks are not freed one by one: akit_arena_rewind goes back to a mark, akit_arena_reset to the
 * beginning, akit_arena_destroy ends it all. Rewinding costs time per slab, not per block, and keeps
 * the slabs for what comes next. They stay until akit_arena_reset gives them back, another slab needs
 * their room under limit_bytes, or the arena ends: nothing of an arena ages.
 *
 * One thread at a time may use an arena. It is not tied to a thread: the program orders the calls when
 * it hands the arena on. Only akit_arena_config_get and akit_arena_stats_get may be called beside
 * other calls. The checked build reports two threads at once, and answers EBUSY.
 *
 * When memory is used up (config field exhaust_mode):
 *   GROW      slabs are added up to limit_bytes; then NULL and ENOMEM.
 *   FAIL      there is one slab of slab_bytes, made at create; then NULL and ENOBUFS.
 *   FALLBACK  as GROW, but beyond limit_bytes each request gets a mapping of its own, outside of the
 *             cap. These go with the blocks, at the next rewind or reset; the first one and all are
 *             in the statistics.
 * An arena may begin in memory of the caller, on the stack or static (config fields memory and
 * memory_bytes). With GROW and FAIL that is all it ever uses, and it makes no system call after it was
 * created; NULL and ENOBUFS when it is used up. With FALLBACK it goes on with slabs of the system,
 * which count as fallbacks.
 *
 * A mark is a number that is good for this arena until something before it is rewound. What is stale,
 * above the position, or of another arena is refused and counted.
 */
#ifndef ALLOCKIT_ARENA_H
#define ALLOCKIT_ARENA_H

#include <allockit/base.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akit_arena akit_arena;

/* Configuration. Zero in any field but struct_size is the default. */
typedef struct akit_arena_config {
    uint64_t struct_size;    /* bytes; AKIT_ARENA_CONFIG_INIT and config_init set it */
    uint64_t flags;          /* 0 */
    const char *name;        /* label in the statistics; 1 to 63 of A-Z a-z 0-9 . _ - ; NULL: none.
                                Copied */
    uint64_t limit_bytes;    /* cap on everything the arena maps: slabs, used or kept, and metadata. At
                                least 64 KiB; 0 or AKIT_NONE: no cap. Near it slabs are smaller */
    uint64_t decay_ns;       /* how long pages that left the arena stay in the process cache. 0: 100 ms,
                                AKIT_NONE: no limit */
    uint32_t thp;            /* AKIT_THP_... */
    uint32_t fork_mode;      /* AKIT_FORK_...; with DONTFORK the arena is empty in the child */
    uint32_t zero_mode;      /* AKIT_ZERO_...: ON_ALLOC zeroes the block when it is handed out, unless its
                                pages are fresh; ON_FREE what a rewind, a reset or a smaller size gives
                                back */
    uint32_t numa_mode;      /* AKIT_NUMA_... */
    uint64_t numa_nodes;     /* bit n stands for node n, 0 to 63; must be 0 with AKIT_NUMA_LOCAL,
                                and name nodes that are there with the others */
    uint64_t prefault_bytes; /* bytes of slabs made resident at create, by a system call that never writes
                                to them; with AKIT_EXHAUST_FAIL at most the slab. 0 or AKIT_NONE: none */
    uint32_t check_mode;     /* AKIT_CHECK_...; kept for config_get: blocks do not come back one by one */
    uint32_t reserved0;      /* 0 */
    uint64_t reserved_a;     /* 0 */
    uint64_t reserved_b;     /* 0 */
    uint64_t reserved_c;     /* 0 */
    uint64_t reserved_d;     /* 0 */
    akit_region *region;     /* slabs come from this handle, and count in it. NULL: from the kernel.
                                Borrowed: the arena keeps what it needs of it alive */
    akit_huge *huge;         /* slabs come from this handle, on the pages that its policy gives. NULL: no
                                explicit huge pages */
    uint64_t slab_bytes;     /* size of the first slab, rounded up to pages; at most 1 TiB. 0: 64 KiB, with
                                huge 2 MiB; at most max_slab_bytes */
    uint64_t max_slab_bytes; /* what later slabs grow to, each twice the one before. Larger blocks get a slab
                                of their own. At least slab_bytes, at most 1 TiB. 0: 4 MiB, or slab_bytes
                                when that is more */
    uint32_t exhaust_mode;   /* AKIT_EXHAUST_...; see the beginning of this header */
    uint32_t warn_percent;   /* when the arena maps so many per cent of limit_bytes (with FAIL, and in memory
                                of the caller that may not be left: has used so much of it), one line goes
                                through the misuse handler, with ENOBUFS and the handle, and is counted;
                                once until it was below again. 1 to 100; UINT32_MAX: never. 0: 80 */
    void *memory;            /* the first slab is this memory of the caller, readable and writable, and valid
                                until the arena has ended. NULL: none */
    uint64_t memory_bytes;   /* its size, at least 1; 0 without memory */
} akit_arena_config;

#define AKIT_ARENA_CONFIG_INIT                                                                \
    { sizeof(akit_arena_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, \
      0, 0, 0, 0, NULL, 0 }

/* Statistics of one arena. The first 22 fields are those of every kind. */
typedef struct akit_arena_stats {
    uint64_t struct_size;            /* bytes; set by the caller */
    uint64_t id;                     /* id of the handle, from 1, never used again */
    uint64_t kind;                   /* AKIT_KIND_ARENA */
    uint64_t limit_bytes;            /* the cap in force, AKIT_NONE without one */
    uint64_t used_bytes;             /* bytes of the blocks that are out, with what alignment left between
                                        them */
    uint64_t used_peak_bytes;        /* most of it so far */
    uint64_t cached_bytes;           /* bytes of slabs that can be handed out now: what is left of the
                                        current one, and slabs that are kept */
    uint64_t metadata_bytes;         /* the arena's own books */
    uint64_t mapped_bytes;           /* bytes of address space the arena holds, `memory` and fallbacks
                                        included */
    uint64_t mapped_peak_bytes;      /* most of it so far */
    uint64_t pinned_bytes;           /* 0 */
    uint64_t mappings;               /* ranges the arena holds: its slabs */
    uint64_t allocs_total;           /* blocks handed out */
    uint64_t frees_total;            /* calls that gave blocks back: rewinds and resets */
    uint64_t failures_total;         /* requests answered with NULL, whatever the reason */
    uint64_t limit_hits_total;       /* slabs that the cap refused */
    uint64_t misuses_total;          /* wrong marks, wrong blocks or sizes in akit_arena_resize, and in the
                                        checked build two threads at once */
    uint64_t maps_total;             /* slabs taken */
    uint64_t unmaps_total;           /* slabs given back */
    uint64_t purges_total;           /* 0: slabs are the arena's until it gives them back */
    uint64_t purged_bytes_total;     /* 0 */
    uint64_t prefaulted_bytes_total; /* bytes made resident ahead of use */
    uint64_t capacity_bytes;         /* bytes of all slabs, used or kept */
    uint64_t high_water_bytes;       /* most of used_bytes + tail_waste_bytes so far: capacity that would have
                                        served everything */
    uint64_t slabs;                  /* slabs of the chain, used or kept; `memory` is one */
    uint64_t dedicated_slabs;        /* slabs in use by one block each, fallbacks included */
    uint64_t tail_waste_bytes;       /* left unused now at the ends of slabs that were left, and of slabs of
                                        one block */
    uint64_t resets_total;           /* calls of akit_arena_reset */
    uint64_t rewinds_total;          /* calls of akit_arena_rewind that did their work */
    uint64_t fallbacks_total;        /* mappings made as AKIT_EXHAUST_FALLBACK says */
    uint64_t first_fallback_unix_ns; /* when the first of them was made, 0: never */
    uint64_t warnings_total;         /* times warn_percent was reached */
} akit_arena_stats;

#define AKIT_ARENA_STATS_INIT                                                              \
    { sizeof(akit_arena_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_arena_config_init(akit_arena_config *cfg, size_t size);

/* Make an arena, with its first slab. `cfg` may be NULL: all defaults.
 * Ownership: *out belongs to the caller, who ends it with akit_arena_destroy; on error it is set
 * to NULL. Nothing of `cfg` is referred to later, save `memory`.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL `out`, a bad struct_size or a value that makes no sense (max_slab_bytes
 * below slab_bytes; one of memory and memory_bytes without the other; more than one of region, huge and
 * memory; a NUMA mode, thp or a fork mode with region or huge, which have theirs; memory with a NUMA
 * mode, huge pages or another fork mode than COPY; prefault_bytes with huge or memory); -E2BIG for a
 * non-zero field from a newer version; -ENOMEM when limit_bytes or the kernel refuses the first slab;
 * -ENOSYS for a NUMA mode on a kernel without NUMA.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_arena_create(const akit_arena_config *cfg, akit_arena **out);

/* End an arena: everything goes now, and its blocks are dangling. NULL is legal and does nothing.
 * Memory of the caller is the caller's again.
 * Ownership: consumes `h`, also on error.
 * Threads: any thread, but beside no other call on `h`; no matter which threads used it.
 * Errors: -EINVAL for a handle that is stale or not of this kind, and for other flags than
 * AKIT_DESTROY_NOW, which changes nothing; they are otherwise ignored.  Since: 0.1 */
AKIT_API int akit_arena_destroy(akit_arena *h, uint32_t flags);

/* Read the configuration in force, with the defaults filled in.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the arena.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_arena_config_get(akit_arena *h, akit_arena_config *out);

/* Read the statistics. They are exact when no other call on the arena is under way.
 * Ownership: `out` is filled; struct_size must be set.
 * Threads: any thread; it stops nobody.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_arena_stats_get(akit_arena *h, akit_arena_stats *out);

/* Hand out a block of `size` bytes; 0 counts as 1. `alignment` is a power of two up to 1 GiB, and 0
 * stands for 16; with 1 blocks follow each other without a gap. The contents are undefined without a
 * zero_mode.
 * Ownership: the block is the arena's, valid until a rewind to a mark before it, a reset or the end.
 * Threads: one thread at a time.
 * Errors: NULL and EINVAL for another alignment or a NULL or stale handle; ENOMEM above PTRDIFF_MAX and
 * when limit_bytes or the system refuses; where the arena may not grow ENOBUFS when there is no room
 * now, EMSGSIZE when there never is. Nothing has moved then.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_arena_alloc(akit_arena *h, size_t size, size_t alignment);

/* Hand out up to `n` blocks of one size and alignment into `out`. Returns how many, from the front.
 * Ownership, Threads: as akit_arena_alloc.
 * Errors: fewer than `n`, with errno as akit_arena_alloc for the one that failed; 0 with EINVAL for
 * a NULL `out` and n > 0.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT size_t akit_arena_alloc_n(akit_arena *h, size_t size, size_t alignment, size_t n,
                                                   void **out);

/* Make a block larger or smaller where it is. The youngest block does both, when its slab has room; so
 * does a block with a slab of its own. Of others, smaller is always possible and gives nothing back.
 * After a mark or a rewind no block counts as the youngest, so that marks stay where they are.
 * Ownership: none; the block stays the arena's.  Threads: one thread at a time.
 * Errors: -ENOSPC when it cannot grow here; -ENOMEM above PTRDIFF_MAX; -ENOENT for an address that no
 * block of the arena holds, -EINVAL for a NULL or stale handle and for an `old_size` that reaches beyond
 * the blocks of the slab, or is not the size of the youngest block or of one with a slab of its own. A
 * wrong address or old_size is misuse where it can be told, and nothing changes.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_arena_resize(akit_arena *h, void *p, size_t old_size, size_t new_size);

/* Note the position in *mark. It costs no memory, and needs no counterpart.
 * Ownership: none.  Threads: one thread at a time.
 * Errors: -EINVAL for a NULL or stale handle or a NULL `mark`, -EOVERFLOW when the arena holds more than
 * 1 TiB; *mark is then 0, which is no mark.  Since: 0.1 */
AKIT_API int akit_arena_mark(akit_arena *h, uint64_t *mark);

/* Go back to a mark: blocks handed out since are gone, their slabs are kept. The same mark may be gone
 * back to again. Of more than a hundred nested rewinds the arena remembers only some, and may then take a
 * stale mark for a good one; it never refuses a good one.
 * Ownership: takes back the blocks behind the mark.  Threads: one thread at a time.
 * Errors: -EINVAL for a NULL or stale handle, and (misuse; nothing changes) for a mark that is above the
 * position, stale because the arena was rewound below it, of another arena, or none.  Since: 0.1 */
AKIT_API int akit_arena_rewind(akit_arena *h, uint64_t mark);

/* Go back to the beginning. Slabs are kept up to `keep_bytes`, oldest first, and the others given back;
 * AKIT_NONE keeps all, 0 none. The only slab of an arena that may not grow stays. Marks are stale
 * afterwards, save of the beginning.
 * Ownership: takes back all blocks.  Threads: one thread at a time.
 * Errors: -EINVAL for a NULL or stale handle.  Since: 0.1 */
AKIT_API int akit_arena_reset(akit_arena *h, uint64_t keep_bytes);

#ifdef __cplusplus
}
#endif

#endif
