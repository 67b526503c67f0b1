/*
 * allockit/ring.h - slices of one contiguous area: acquired by one producer, released by any thread.
 *
 * For receive paths, parsers, loggers and other programs that take pieces of memory in a row and let
 * them go roughly in that order. The area is cut into blocks (config field `block_bytes`). Acquiring
 * moves a position forward in the current block; a block whose slices have all been released is used
 * again, so releases may come in any order. What a slice leaves unused at the end of a block is
 * padding: counted, and given back together with the block. No slice is larger than a block
 * (statistics field `max_slice_bytes`); slices acquired one after the other from one block are
 * contiguous. Few blocks are in use when little is out: a ring touches no more of its area than its
 * live data needs.
 *
 * With AKIT_RING_ORDERED memory comes back slice by slice in the order of acquiring, as byte streams
 * want it; a slice may then be as large as the area, and akit_ring_release_to releases all that came
 * before.
 *
 * One thread at a time may acquire, and commit: the producer. The handle is not tied to a thread; the
 * program orders the calls when it hands the part of the producer on. Any thread may release, retain
 * and read, at any time. Neither acquiring nor releasing on the producer's thread executes a locked
 * instruction, nor a system call.
 *
 * A release checks its pointer without looking into the slice: what is not out, is of another ring,
 * or the middle of a slice is refused and counted. A release of a slice whose memory was handed out
 * again meanwhile cannot be told from a right one.
 *
 * The area is one range without books inside, so that it can be registered with io_uring as one fixed
 * buffer. It may be memory of the caller (config fields `memory` and `memory_bytes`): the ring then
 * maps its books when it is created and makes no system call afterwards, save to wait when threads
 * meet in a call that may wait.
 */
#ifndef ALLOCKIT_RING_H
#define ALLOCKIT_RING_H

#include <allockit/base.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akit_ring akit_ring;

/* Config field order: when the memory of released slices can be used again. */
#define AKIT_RING_ANY     0u /* with the last slice of their block that is released */
#define AKIT_RING_ORDERED 1u /* when all that were acquired before them are released, too */

/* Configuration. Zero in any field but struct_size is the default. */
typedef struct akit_ring_config {
    uint64_t struct_size;    /* bytes; AKIT_RING_CONFIG_INIT and config_init set it */
    uint64_t flags;          /* 0 */
    const char *name;        /* label in the statistics; 1 to 63 of A-Z a-z 0-9 . _ - ; NULL: none.
                                Copied */
    uint64_t limit_bytes;    /* cap on everything the ring maps: area and metadata. At least 64 KiB;
                                0 or AKIT_NONE: no cap */
    uint64_t decay_ns;       /* kept for config_get: the area belongs to the ring until it ends, so
                                nothing of it goes back earlier. 0: 100 ms, AKIT_NONE: never */
    uint32_t thp;            /* AKIT_THP_...; ADVISE: the area on transparent huge pages */
    uint32_t fork_mode;      /* AKIT_FORK_... */
    uint32_t zero_mode;      /* AKIT_ZERO_...: ON_ALLOC zeroes the slice, rounded up to `alignment`, when
                                it is acquired, ON_FREE with its last release */
    uint32_t numa_mode;      /* AKIT_NUMA_... */
    uint64_t numa_nodes;     /* bit n stands for node n, 0 to 63; must be 0 with AKIT_NUMA_LOCAL,
                                and name nodes that are there with the others */
    uint64_t prefault_bytes; /* bytes made resident at create, from the beginning of the area, by a
                                system call that never writes to them; more than the area: all of
                                it. 0 or AKIT_NONE: none */
    uint32_t check_mode;     /* AKIT_CHECK_...: FAST already finds all but racing double releases at
                                the call; EXACT finds these there, too */
    uint32_t reserved0;      /* 0 */
    uint64_t reserved_a;     /* 0 */
    uint64_t reserved_b;     /* 0 */
    uint64_t reserved_c;     /* 0 */
    uint64_t reserved_d;     /* 0 */
    akit_region *region;     /* the area comes from this handle, and counts in it. NULL: from the
                                kernel. Borrowed: the ring keeps what it needs of it alive */
    akit_huge *huge;         /* the area comes from this handle, on the pages that its policy gives.
                                NULL: no explicit huge pages */
    uint64_t capacity_bytes; /* size of the area, rounded up to whole blocks; at most 2^28 times the
                                alignment. 0: 4 MiB, or as many blocks as fit into `memory` */
    uint64_t block_bytes;    /* largest slice, a multiple of the alignment and at most the capacity.
                                0: capacity / 64, rounded up to the alignment; AKIT_RING_ORDERED: the
                                capacity */
    uint64_t alignment;      /* of every slice, and what lengths are rounded up to: a power of two, at
                                most 1 GiB; below 16 it counts as 16. 0: 64 */
    uint64_t colour_bytes;   /* left unused after a slice when it would otherwise take a multiple of
                                4096 bytes, so that slices of equal length do not share their cache
                                sets: a multiple of the alignment, below block_bytes. 0: nothing */
    uint32_t order;          /* AKIT_RING_ANY or AKIT_RING_ORDERED */
    uint32_t reserved1;      /* 0 */
    void *memory;            /* the area lies in this memory of the caller, readable and writable, and
                                valid until the ring has ended. NULL: none */
    uint64_t memory_bytes;   /* its size: at least one block, after what the alignment cuts off */
} akit_ring_config;

#define AKIT_RING_CONFIG_INIT                                                                \
    { sizeof(akit_ring_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, \
      0, 0, 0, 0, 0, 0, NULL, 0 }

/* Statistics of one ring. The first 22 fields are those of every kind. */
typedef struct akit_ring_stats {
    uint64_t struct_size;            /* bytes; set by the caller */
    uint64_t id;                     /* id of the handle, from 1, never used again */
    uint64_t kind;                   /* AKIT_KIND_RING */
    uint64_t limit_bytes;            /* the cap in force, AKIT_NONE without one */
    uint64_t used_bytes;             /* bytes of the slices that are out, each rounded up to the
                                        alignment */
    uint64_t used_peak_bytes;        /* most of it so far; releases by a thread that produced before may be
                                        off by one slice when they meet an acquire at that very moment */
    uint64_t cached_bytes;           /* bytes of the area that can be handed out now: what is left of
                                        the current block, and blocks that are free */
    uint64_t metadata_bytes;         /* the ring's own books */
    uint64_t mapped_bytes;           /* bytes of address space the ring holds, `memory` included */
    uint64_t mapped_peak_bytes;      /* most of it so far */
    uint64_t pinned_bytes;           /* bytes of the area that are registered with io_uring */
    uint64_t mappings;               /* ranges the ring holds: 1, the area */
    uint64_t allocs_total;           /* slices handed out */
    uint64_t frees_total;            /* slices that came back with their last reference */
    uint64_t failures_total;         /* requests answered with NULL, whatever the reason */
    uint64_t limit_hits_total;       /* 0: the cap is met when the ring is created */
    uint64_t misuses_total;          /* wrong releases, retains and commits, and calls with a pointer that
                                        was not legal */
    uint64_t maps_total;             /* 1, the area */
    uint64_t unmaps_total;           /* 0 */
    uint64_t purges_total;           /* 0: the area is the ring's until it ends */
    uint64_t purged_bytes_total;     /* 0 */
    uint64_t prefaulted_bytes_total; /* bytes made resident ahead of use */
    uint64_t capacity_bytes;         /* the area's size: whole blocks */
    uint64_t max_slice_bytes;        /* largest length that can be acquired */
    uint64_t out_slices;             /* slices that are out */
    uint64_t out_peak_slices;        /* most of them so far */
    uint64_t releases_total;         /* references given back */
    uint64_t padding_bytes;          /* lost now at the ends of blocks (ordered: of the area), and to
                                        colour_bytes, until these slices or blocks come back */
    uint64_t padding_bytes_total;    /* lost so far */
    uint64_t exhausted_total;        /* requests answered with ENOBUFS */
    uint64_t too_large_total;        /* requests answered with EMSGSIZE */
    uint64_t head_blocked_total;     /* of exhausted_total, those that only found no room because
                                        slices that were released wait for others: they were as large
                                        as what is not in use */
    uint64_t oldest_block_acquires;  /* how many slices have been acquired since the oldest held block
                                        was begun (ordered: since the oldest slice was acquired) */
    uint64_t held_blocks;            /* blocks with slices that are out, without the current one
                                        (ordered: 1 when there are any) */
} akit_ring_stats;

#define AKIT_RING_STATS_INIT                                                             \
    { sizeof(akit_ring_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_ring_config_init(akit_ring_config *cfg, size_t size);

/* Make a ring. `cfg` may be NULL: all defaults.
 * Ownership: *out belongs to the caller, who ends it with akit_ring_destroy; on error it is set
 * to NULL. Nothing of `cfg` is referred to later, save `memory`.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL `out`, a bad struct_size or a value that makes no sense (an alignment that is no
 * power of two or above 1 GiB; a block that is no multiple of it or larger than the capacity; a
 * capacity that does not fit into `memory` or is too large; more than one of region, huge, memory and
 * a NUMA mode; memory with huge pages or another fork mode than COPY; thp or a fork mode with region or
 * huge, which have theirs; prefault_bytes with huge or memory); -E2BIG for a non-zero field from
 * a newer version; -ENOMEM when limit_bytes or the kernel refuses; -ENOSYS for a NUMA mode on a kernel
 * without NUMA.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_ring_create(const akit_ring_config *cfg, akit_ring **out);

/* End a ring. Nothing new can be had from it (ESHUTDOWN); slices that are out stay valid and must be
 * released, and the last release ends the ring. With AKIT_DESTROY_NOW everything goes at once, and
 * slices still out are dangling; what is registered with io_uring stays until it is not. NULL is legal
 * and does nothing. Memory of the caller is the caller's again when the ring has ended.
 * Ownership: consumes `h`, also on error; as long as slices are out akit_ring_release, _release_n,
 * _release_to and _retain remain legal.
 * Threads: any thread, but beside no other call on `h` save releases and retains; no matter which
 * threads used it.
 * Errors: -EINVAL for a handle that is stale or not of this kind, and for unknown flags, which are
 * otherwise ignored.  Since: 0.1 */
AKIT_API int akit_ring_destroy(akit_ring *h, uint32_t flags);

/* Read the configuration in force, with the defaults filled in.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the ring.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_ring_config_get(akit_ring *h, akit_ring_config *out);

/* Read the statistics. They are exact when no other call on the ring is under way.
 * Ownership: `out` is filled; struct_size must be set.
 * Threads: any thread; it adds up what the blocks know and stops nobody.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_ring_stats_get(akit_ring *h, akit_ring_stats *out);

/* Propose a configuration from what the ring has seen: the capacity that would have served every
 * request so far, also those it refused, and a block_bytes that the largest of them fits into. It
 * changes nothing; before the first request it is the configuration in force. A proposal larger than
 * `memory` names no memory.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the ring.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_ring_suggest(akit_ring *h, akit_ring_config *out);

/* Where the area lies. `base` and `length` may be NULL.
 * Ownership: the area stays the ring's.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle; *base is then NULL and *length 0.  Since: 0.1 */
AKIT_API int akit_ring_memory_get(akit_ring *h, void **base, size_t *length);

/* Acquire a slice of at least `length` bytes; 0 acquires the smallest. The contents are undefined
 * without a zero_mode.
 * Ownership: the caller has one reference to the slice, until it is released.
 * Threads: one thread at a time, the producer; beside releases and retains by any thread.
 * Errors: NULL and EMSGSIZE for more than max_slice_bytes (ENOMEM above PTRDIFF_MAX), ENOBUFS when
 * there is no room now, ESHUTDOWN after akit_ring_destroy, EINVAL for a NULL or stale handle.
 * Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_ring_acquire(akit_ring *h, size_t length);

/* Acquire up to `n` slices of one length into `out`. Returns how many, from the front.
 * Ownership, Threads: as akit_ring_acquire.
 * Errors: fewer than `n`, with errno as akit_ring_acquire for the one that failed; 0 with EINVAL for
 * a NULL `out` and n > 0.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT size_t akit_ring_acquire_n(akit_ring *h, size_t length, size_t n, void **out);

/* Shorten the slice that was acquired last to `used` bytes: the next one may begin behind them. At
 * least the smallest slice stays. The statistics then count the shorter slice; peaks stay.
 * Ownership: none; the slice keeps its references.
 * Threads: as akit_ring_acquire.
 * Errors: -ENOENT for what is not the start of a slice of this ring, -EINVAL for one that is not out or
 * was not acquired last, for `used` above its length (rounded up to the alignment), and for a NULL or
 * stale handle. All are misuse: reported, and nothing changes.  Since: 0.1 */
AKIT_API int akit_ring_commit(akit_ring *h, void *p, size_t used);

/* Add `count` references to a slice that is out: it comes back with the release of the last one. 0
 * does nothing.
 * Ownership: the caller has `count` references more.
 * Threads: any thread that has a reference.
 * Errors: -EOVERFLOW when the slice would have more than 255, -ENOENT for what is not the start of a
 * slice of this ring, -EINVAL for one that is not out, and for a NULL or stale handle. The latter two
 * are misuse: reported. Nothing changes.  Since: 0.1 */
AKIT_API int akit_ring_retain(akit_ring *h, void *p, uint32_t count);

/* Give one reference to a slice back; with the last one the slice is released. NULL does nothing.
 * Ownership: consumes the reference.
 * Threads: any thread.
 * Errors: -ENOENT for what is not the start of a slice of this ring, -EINVAL for one that is not out,
 * and for a NULL or stale handle. All are misuse: reported, and nothing changes. errno is left as it
 * was. Two releases of one reference that race are found when the block comes back, and reported
 * then with EINVAL.  Since: 0.1 */
AKIT_API int akit_ring_release(akit_ring *h, void *p);

/* Release up to `n` references. Returns how many were released; a wrong pointer is counted as misuse,
 * skipped, and not counted as released.
 * Ownership: consumes the references that were released.
 * Threads: any thread.
 * Errors: 0 for a NULL `p` or a NULL or stale handle.  Since: 0.1 */
AKIT_API size_t akit_ring_release_n(akit_ring *h, size_t n, void *const *p);

/* Release, whatever their references, all slices that were acquired before `p` and are still out; `p`
 * stays out. Returns how many slices that were, at most INT_MAX.
 * Ownership: consumes all references to these slices.
 * Threads: any thread; a release of one of these slices at the same moment is a double release.
 * Errors: -EINVAL without AKIT_RING_ORDERED, -ENOENT for what is not the start of a slice of this ring,
 * -EINVAL for one that is not out, and for a NULL or stale handle. All are misuse: reported, and
 * nothing changes.  Since: 0.1 */
AKIT_API int akit_ring_release_to(akit_ring *h, const void *p);

#ifdef __cplusplus
}
#endif

#endif
