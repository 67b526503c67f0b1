/*
 * allockit/nodes.h - nodes of one size, and small arrays by their capacity.
 *
 * For trees, tries, lists, graphs and hash maps: containers that allocate many blocks of one size, or
 * arrays of a few elements that grow step by step. Memory is cut from slabs that grow with the
 * container; what is freed is kept on a list and handed out next, the last that was freed first. Each
 * capacity of arrays has a list of its own. akit_nodes_reset frees everything at once.
 *
 * Arrays (config fields `element_bytes`, `max_elements`) have capacities that are multiples of
 * `capacity_step`. An array that grows by one element is copied only at each step; with a step of 1
 * nothing is unused, and every growth copies. The capacity that akit_nodes_array_alloc tells must be
 * given to akit_nodes_array_free.
 *
 * One thread at a time may call. The handle is not tied to a thread; the program orders the calls.
 * Reading the statistics is legal for any thread, at any time.
 *
 * A free checks its pointer without looking into the block: what is not out, is of another handle, of
 * another capacity or the middle of a block is refused and counted, in every check_mode. A free of a
 * block that was handed out again meanwhile cannot be told from a right one. The link that a free
 * block holds is encoded; one that was overwritten is found, as a rule, when its block is handed out:
 * that is reported, too, and the list is made anew.
 *
 * The bound is loud: what happens at limit_bytes, or when the memory of the caller is used up, is said
 * by exhaust_mode, warned of at warn_percent, and counted.
 */
#ifndef ALLOCKIT_NODES_H
#define ALLOCKIT_NODES_H

#include <allockit/base.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akit_nodes akit_nodes;

/* Configuration. Zero in any field but struct_size and node_bytes is the default. */
typedef struct akit_nodes_config {
    uint64_t struct_size;    /* bytes; AKIT_NODES_CONFIG_INIT and config_init set it */
    uint64_t flags;          /* 0 */
    const char *name;        /* label in the statistics; 1 to 63 of A-Z a-z 0-9 . _ - ; NULL: none.
                                Copied */
    uint64_t limit_bytes;    /* cap on everything the handle maps: slabs and metadata. At least 64 KiB;
                                0 or AKIT_NONE: no cap */
    uint64_t decay_ns;       /* pages of slabs that left the handle go back to the kernel after this
                                time; slabs that are empty leave by akit_nodes_purge, akit_nodes_reset
                                or at the cap, not by time. 0: 100 ms, AKIT_NONE: never by themselves */
    uint32_t thp;            /* AKIT_THP_...; ADVISE: slabs on transparent huge pages */
    uint32_t fork_mode;      /* AKIT_FORK_...; with DONTFORK the child begins with no block out */
    uint32_t zero_mode;      /* AKIT_ZERO_...: over the whole block */
    uint32_t numa_mode;      /* AKIT_NUMA_... */
    uint64_t numa_nodes;     /* bit n stands for node n, 0 to 63; must be 0 with AKIT_NUMA_LOCAL,
                                and name nodes that are there with the others */
    uint64_t prefault_bytes; /* slabs of this many bytes are mapped and made resident at create, by a
                                system call that never writes to them, as far as the cap allows. 0 or
                                AKIT_NONE: none */
    uint32_t check_mode;     /* AKIT_CHECK_...: FAST already finds everything that EXACT would */
    uint32_t reserved0;      /* 0 */
    uint64_t reserved_a;     /* 0 */
    uint64_t reserved_b;     /* 0 */
    uint64_t reserved_c;     /* 0 */
    uint64_t reserved_d;     /* 0 */
    akit_region *region;     /* slabs come from this handle, and count in it. NULL: from the kernel.
                                Borrowed: the handle keeps what it needs of it alive */
    akit_huge *huge;         /* slabs come from this handle, on the pages that its policy gives. NULL:
                                no explicit huge pages */
    uint64_t node_bytes;     /* size of a node, required: 1 to 1 MiB, rounded up to the alignment */
    uint64_t node_alignment; /* of nodes: a power of two up to 1 MiB; below 16 it counts as 16, which
                                is also the alignment of arrays. 0: 16 */
    uint64_t element_bytes;  /* size of an array's element; the largest array at most 1 MiB. 0: no
                                arrays */
    uint64_t max_elements;   /* most elements of an array, 1 to 64. 0: 64 */
    uint64_t capacity_step;  /* capacities are multiples of it, and max_elements: 1 to max_elements.
                                0: 4, which made growing arrays faster than exact ones (fewer copies) */
    uint64_t slab_bytes;     /* size of the first slab, at most 64 MiB; each further one is twice as
                                large, up to 4 MiB. 0: 64 KiB. Must be 0 with `memory`, which is one slab */
    uint32_t exhaust_mode;   /* AKIT_EXHAUST_...: GROW: slabs up to limit_bytes; FAIL: one slab, of
                                slab_bytes or prefault_bytes, is all there is; FALLBACK: beyond
                                limit_bytes or `memory`, slabs are mapped all the same, and what they
                                serve is counted */
    uint32_t warn_percent;   /* of limit_bytes (of the one slab): when this much is used, one line goes
                                through the misuse handler, with ENOBUFS. 0: 80; AKIT_NONE (UINT32_MAX):
                                no warning */
    void *memory;            /* the slab lies in this memory of the caller, readable and writable, and
                                valid until the handle has ended. NULL: none */
    uint64_t memory_bytes;   /* its size: at least two pages of 4 KiB, and room for one block of each
                                kind. At most 64 MiB of it are used */
} akit_nodes_config;

#define AKIT_NODES_CONFIG_INIT                                                                \
    { sizeof(akit_nodes_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, \
      0, 0, 0, 0, 0, 0, 0, 0, NULL, 0 }

/* Statistics of one handle. The first 22 fields are those of every kind. */
typedef struct akit_nodes_stats {
    uint64_t struct_size;            /* bytes; set by the caller */
    uint64_t id;                     /* id of the handle, from 1, never used again */
    uint64_t kind;                   /* AKIT_KIND_NODES */
    uint64_t limit_bytes;            /* the cap in force, AKIT_NONE without one */
    uint64_t used_bytes;             /* bytes of the nodes and arrays that are out, each rounded up to
                                        its alignment */
    uint64_t used_peak_bytes;        /* most of it so far */
    uint64_t cached_bytes;           /* bytes of slabs that are not out */
    uint64_t metadata_bytes;         /* the handle's own books */
    uint64_t mapped_bytes;           /* bytes of address space the handle holds, `memory` included */
    uint64_t mapped_peak_bytes;      /* most of it so far */
    uint64_t pinned_bytes;           /* 0 */
    uint64_t mappings;               /* slabs that are mapped */
    uint64_t allocs_total;           /* nodes and arrays handed out */
    uint64_t frees_total;            /* nodes and arrays that came back, by akit_nodes_reset, too */
    uint64_t failures_total;         /* requests answered with NULL, whatever the reason */
    uint64_t limit_hits_total;       /* times a slab was refused because of limit_bytes */
    uint64_t misuses_total;          /* wrong frees, and free blocks that were written to */
    uint64_t maps_total;             /* slabs mapped */
    uint64_t unmaps_total;           /* slabs that left */
    uint64_t purges_total;           /* purges that looked for empty slabs */
    uint64_t purged_bytes_total;     /* bytes given back to the kernel by them */
    uint64_t prefaulted_bytes_total; /* bytes made resident ahead of use */
    uint64_t nodes_used;             /* nodes that are out */
    uint64_t arrays_used;            /* arrays that are out */
    uint64_t free_bytes;             /* bytes of freed nodes and arrays, which are handed out first */
    uint64_t slabs;                  /* slabs, kept ones without a block included */
    uint64_t recycled_total;         /* requests served with a block that had been freed */
    uint64_t fallbacks_total;        /* blocks cut from slabs beyond limit_bytes or `memory` */
    uint64_t first_fallback_unix_ns; /* wall clock of the first of them; 0: none */
    uint64_t warnings_total;         /* times that warn_percent was reached */
} akit_nodes_stats;

#define AKIT_NODES_STATS_INIT                                                            \
    { sizeof(akit_nodes_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, 0, 0, 0, 0, 0, 0 }

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size. node_bytes is still to be set.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_nodes_config_init(akit_nodes_config *cfg, size_t size);

/* Make a handle. Its first slab is mapped when it is needed.
 * Ownership: *out belongs to the caller, who ends it with akit_nodes_destroy; on error it is set
 * to NULL. Nothing of `cfg` is referred to later, save `memory`.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or `out`, a bad struct_size or a value that makes no sense (node_bytes
 * 0; an alignment that is no power of two; sizes, elements or a step out of their bounds; max_elements
 * or capacity_step without element_bytes; warn_percent above 100; more than one of region, huge, memory
 * and a NUMA mode; memory that is too small, or with slab_bytes, prefault_bytes, huge pages or another
 * fork mode than COPY; thp or a fork mode with region or huge, which have theirs); -E2BIG for a
 * non-zero field from a newer version; -ENOMEM for no memory; -ENOSYS for a NUMA mode on a kernel without
 * NUMA.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_nodes_create(const akit_nodes_config *cfg, akit_nodes **out);

/* End a handle: everything goes now, and nodes and arrays still out are dangling. NULL is legal and
 * does nothing.
 * Ownership: consumes `h`, also on error.
 * Threads: any thread, but beside no other call on `h`; no matter which threads used it.
 * Errors: -EINVAL for a handle that is stale or not of this kind, and for flags other than
 * AKIT_DESTROY_NOW, which are otherwise ignored.  Since: 0.1 */
AKIT_API int akit_nodes_destroy(akit_nodes *h, uint32_t flags);

/* Read the configuration in force, with the defaults filled in.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_nodes_config_get(akit_nodes *h, akit_nodes_config *out);

/* Read the statistics. They are exact when no other call on the handle is under way.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_nodes_stats_get(akit_nodes *h, akit_nodes_stats *out);

/* How many classes the handle has: one for nodes, and one for each capacity of arrays.
 * Ownership: none.  Threads: any thread.
 * Errors: 0 for a NULL or stale handle.  Since: 0.1 */
AKIT_API size_t akit_nodes_class_count(akit_nodes *h);

/* Read the statistics of one class: index 0 is that of nodes, index i that of the arrays whose
 * capacity is i times capacity_step, or max_elements where that is less. Hits are requests that a freed
 * block served, `slabs` counts the runs of pages that were cut for the class, and discards the blocks
 * that went away with their slabs, or with all others at a reset.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -ENOENT for an index that is too large; -EINVAL for a NULL or stale handle, a NULL `out`
 * or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_nodes_class_stats_get(akit_nodes *h, size_t index, akit_class_stats *out);

/* Propose a configuration from what the handle has seen: slab_bytes for what was out at most, and in
 * prefault_bytes that much. It changes nothing; before the first request it is the configuration in
 * force.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_nodes_suggest(akit_nodes *h, akit_nodes_config *out);

/* Give slabs in which nothing is out back to the kernel; those of AKIT_EXHAUST_FAIL and memory of the
 * caller stay. With AKIT_PURGE_DUE alone nothing happens: slabs do not leave by time. `bytes` (may be
 * NULL) is set to what the kernel got back.
 * Ownership: none; nodes and arrays that are out are not touched.
 * Threads: one thread at a time.
 * Errors: -EINVAL for a NULL or stale handle or unknown flags.  Since: 0.1 */
AKIT_API int akit_nodes_purge(akit_nodes *h, uint32_t flags, uint64_t *bytes);

/* Allocate a node. The contents are undefined without a zero_mode.
 * Ownership: the node is the caller's until it is freed, or all are.
 * Threads: one thread at a time.
 * Errors: NULL and ENOMEM when limit_bytes or the kernel refuses, ENOBUFS when memory of the caller or the
 * one slab of AKIT_EXHAUST_FAIL is used up, EINVAL for a NULL or stale handle. Nothing changes then.
 * Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_nodes_alloc(akit_nodes *h);

/* Free a node. NULL does nothing.
 * Ownership: consumes the node.
 * Threads: one thread at a time.
 * Errors: -ENOENT for what is not the start of a node or array of this handle, -EINVAL for a node that is
 * not out, for an array, and for a NULL or stale handle. All are misuse: reported, and nothing changes.
 * errno is left as it was.  Since: 0.1 */
AKIT_API int akit_nodes_free(akit_nodes *h, void *p);

/* Allocate up to `n` nodes into `out`. Returns how many, from the front.
 * Ownership, Threads: as akit_nodes_alloc.
 * Errors: fewer than `n`, with errno as akit_nodes_alloc for the one that failed; 0 with EINVAL for a
 * NULL `out` and n > 0.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT size_t akit_nodes_alloc_n(akit_nodes *h, size_t n, void **out);

/* Free up to `n` nodes. Returns how many were freed; a wrong pointer is counted as misuse, skipped, and
 * not counted as freed.
 * Ownership: consumes the nodes that were freed.
 * Threads: one thread at a time.
 * Errors: 0 for a NULL `p` or a NULL or stale handle.  Since: 0.1 */
AKIT_API size_t akit_nodes_free_n(akit_nodes *h, size_t n, void *const *p);

/* Allocate an array of at least `elements` elements; 0 allocates the smallest. `capacity` (may be NULL)
 * is set to how many it has room for, which is the same for the same `elements`.
 * Ownership: the array is the caller's until it is freed, or all are.
 * Threads: one thread at a time.
 * Errors: NULL, *capacity 0, and EMSGSIZE for more than max_elements (ENOMEM above PTRDIFF_MAX bytes),
 * EINVAL for a handle without element_bytes, otherwise as akit_nodes_alloc.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_nodes_array_alloc(akit_nodes *h, size_t elements, size_t *capacity);

/* Free an array; `capacity` is what akit_nodes_array_alloc told. A NULL array does nothing.
 * Ownership: consumes the array.
 * Threads: one thread at a time.
 * Errors: -EINVAL for another capacity than its own, for an array that is not out, for a node, and for a
 * NULL or stale handle; -ENOENT for what is not the start of a node or array of this handle. All are
 * misuse: reported, and nothing changes. errno is left as it was.  Since: 0.1 */
AKIT_API int akit_nodes_array_free(akit_nodes *h, void *p, size_t capacity);

/* Free all nodes and arrays at once, looking at slabs alone. Slabs of up to `keep_bytes` together stay
 * for what comes next (AKIT_NONE: all of them, but not those beyond the cap), the others go back.
 * Pointers from before are no blocks of the handle any more: -ENOENT.
 * Ownership: consumes every node and array.
 * Threads: one thread at a time.
 * Errors: -EINVAL for a NULL or stale handle.  Since: 0.1 */
AKIT_API int akit_nodes_reset(akit_nodes *h, uint64_t keep_bytes);

#ifdef __cplusplus
}
#endif

#endif
