/*
 * allockit/pool.h - byte buffers in size classes, taken and put back by any thread.
 *
 * For servers and other programs that live on buffers. A buffer has the capacity of its class, and
 * keeps it for its life; the classes are 2, 4, 8, 16, 32 and 64 KiB unless the configuration says
 * otherwise. Every thread has a cache of its own, so a get and a put that it answers take no lock;
 * caches fill and flush in batches, and a buffer may be put back by another thread than the one that
 * got it. What is idle longer than the decay time goes back to the kernel.
 *
 * A put checks its pointer without looking into the buffer: a buffer that is not out, of another
 * pool, or the middle of one is refused and counted. Lengths above the largest class are served by a
 * mapping of their own that leaves the pool when it is put back, so one giant never stays behind as
 * a small one.
 *
 * Buffers are cut from slabs, each one contiguous range that holds nothing else (the books are
 * elsewhere), so that a slab can be registered with io_uring as one fixed buffer.
 *
 * A pool may also stand on memory of the caller (config fields `memory` and `memory_bytes`). It then
 * maps its books when it is created and makes no system call afterwards, save to wait when threads
 * meet; it has no thread caches then.
 */
#ifndef ALLOCKIT_POOL_H
#define ALLOCKIT_POOL_H

#include <allockit/base.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akit_pool akit_pool;

/* Config field flags. */
#define AKIT_POOL_TAGS        1u /* a number of the caller's with every buffer that is out:
                                    akit_pool_tag_set. Costs some 15 ns per get and put */
#define AKIT_POOL_REPORT_LEAKS 2u /* akit_pool_destroy reports buffers that are out: one line per class
                                    through the misuse handler, with EBUSY and one of them */

/* Config field exhaust_mode, when no idle buffer is left: GROW maps more, up to limit_bytes; FAIL hands
 * out only what akit_pool_warm made, and nothing above the largest class; FALLBACK serves the request
 * by a mapping of its own, up to limit_bytes. */

#define AKIT_POOL_MAX_CLASSES 64u /* most classes of a pool */

/* Configuration. Zero in any field but struct_size is the default. */
typedef struct akit_pool_config {
    uint64_t struct_size;    /* bytes; AKIT_POOL_CONFIG_INIT and config_init set it */
    uint64_t flags;          /* AKIT_POOL_... */
    const char *name;        /* label in the statistics; 1 to 63 of A-Z a-z 0-9 . _ - ; NULL: none.
                                Copied */
    uint64_t limit_bytes;    /* cap on everything the pool maps: slabs, caches, metadata. At least
                                64 KiB; 0 or AKIT_NONE: no cap */
    uint64_t decay_ns;       /* idle buffers are due to go back after this time, save those that
                                akit_pool_warm made. 0: 100 ms, AKIT_NONE: never by themselves */
    uint32_t thp;            /* AKIT_THP_...; ADVISE: slabs on transparent huge pages */
    uint32_t fork_mode;      /* AKIT_FORK_... */
    uint32_t zero_mode;      /* AKIT_ZERO_...: ON_ALLOC zeroes the whole capacity on get, ON_FREE on
                                put */
    uint32_t numa_mode;      /* AKIT_NUMA_... */
    uint64_t numa_nodes;     /* bit n stands for node n, 0 to 63; must be 0 with AKIT_NUMA_LOCAL,
                                and name nodes that are there with the others */
    uint64_t prefault_bytes; /* bytes made resident at create, for whatever class asks first. 0: none */
    uint32_t check_mode;     /* AKIT_CHECK_...: FAST already finds all but racing double puts at the
                                call; EXACT finds these there, too */
    uint32_t reserved0;      /* 0 */
    uint64_t reserved_a;     /* 0 */
    uint64_t reserved_b;     /* 0 */
    uint64_t reserved_c;     /* 0 */
    uint64_t reserved_d;     /* 0 */
    akit_region *region;     /* slabs come from this handle, and count in it. NULL: from the kernel.
                                Borrowed: the pool keeps what it needs of it alive */
    akit_huge *huge;         /* slabs come from this handle, on the pages that its policy gives. NULL:
                                no explicit huge pages */
    uint64_t min_class_bytes;      /* capacity of the smallest class. 0: 2 KiB, or the largest class
                                      when that is smaller */
    uint64_t max_class_bytes;      /* capacity of the largest class, at most 16 MiB. 0: 64 KiB, or
                                      the smallest class when that is larger */
    uint64_t classes_per_doubling; /* 1, 2, 4 or 8. 0: 1 */
    const uint64_t *class_bytes;   /* instead of the three above: the capacities, ascending, each at
                                      most 16 MiB. Copied */
    uint64_t class_count;          /* how many, 1 to AKIT_POOL_MAX_CLASSES */
    uint64_t class_cache_bytes;    /* most idle bytes of one class, all threads together. 0: as
                                      cache_bytes */
    uint64_t cache_bytes;          /* most idle bytes of all classes and threads. 0: 64 MiB,
                                      AKIT_NONE: no bound */
    uint64_t thread_cache_bytes;   /* most idle bytes in the cache of one thread. 0: 8 MiB, AKIT_NONE:
                                      as cache_bytes */
    uint64_t alignment;            /* of every buffer: a power of two, at most 2 MiB. 0: 64. A buffer
                                      takes a multiple of it, and of 256 */
    uint64_t slab_bytes;           /* size of a slab, at most 1 GiB: as many whole buffers as fit, one at
                                      least and 32768 at most. 0: from 64 KiB in the beginning to 2 MiB */
    uint32_t exhaust_mode;         /* AKIT_EXHAUST_... */
    uint32_t reserved1;            /* 0 */
    void *memory;                  /* cut the slabs from this memory of the caller, readable and
                                      writable, and valid until the pool has ended. NULL: none */
    uint64_t memory_bytes;         /* its size, at least two whole pages */
} akit_pool_config;

#define AKIT_POOL_CONFIG_INIT                                                                \
    { sizeof(akit_pool_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, \
      0, 0, 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0 }

/* Statistics of one pool. The first 22 fields are those of every kind. */
typedef struct akit_pool_stats {
    uint64_t struct_size;            /* bytes; set by the caller */
    uint64_t id;                     /* id of the handle, from 1, never used again */
    uint64_t kind;                   /* AKIT_KIND_POOL */
    uint64_t limit_bytes;            /* the cap in force, AKIT_NONE without one */
    uint64_t used_bytes;             /* capacity of the buffers that are out */
    uint64_t used_peak_bytes;        /* most of it, as seen when a thread's cache was filled or
                                        flushed and on reading */
    uint64_t cached_bytes;           /* capacity of the idle buffers: caches of threads and the common
                                        part */
    uint64_t metadata_bytes;         /* the pool's own books */
    uint64_t mapped_bytes;           /* bytes of address space the pool holds */
    uint64_t mapped_peak_bytes;      /* most of it so far */
    uint64_t pinned_bytes;           /* bytes of slabs that are registered with io_uring */
    uint64_t mappings;               /* ranges the pool holds: slabs and buffers of their own */
    uint64_t allocs_total;           /* buffers handed out, also those larger than the largest class */
    uint64_t frees_total;            /* buffers taken back */
    uint64_t failures_total;         /* requests answered with NULL, whatever the reason */
    uint64_t limit_hits_total;       /* of these, the ones because of limit_bytes */
    uint64_t misuses_total;          /* wrong puts, and calls with a pointer that was not legal */
    uint64_t maps_total;             /* slabs and buffers of their own that were made */
    uint64_t unmaps_total;           /* and given up */
    uint64_t purges_total;           /* purges of everything that was cached */
    uint64_t purged_bytes_total;     /* bytes given back to the kernel on request */
    uint64_t prefaulted_bytes_total; /* bytes made resident ahead of use */
    uint64_t out_buffers;            /* buffers that are out */
    uint64_t out_peak_buffers;       /* most buffers that were out at once; exact when one thread uses
                                        the pool, otherwise up to one batch per thread too high */
    uint64_t hits_total;             /* requests served by an idle buffer */
    uint64_t misses_total;           /* requests that took a buffer out of a slab */
    uint64_t puts_total;             /* buffers of the classes taken back */
    uint64_t discards_total;         /* idle buffers that went back to their slabs: caps, decay, purge */
    uint64_t oversize_total;         /* requests above the largest class */
    uint64_t zeroed_bytes_total;     /* bytes zeroed for zero_mode */
    uint64_t grown_total;            /* slabs made */
    uint64_t fallbacks_total;        /* requests served as AKIT_EXHAUST_FALLBACK says */
    uint64_t first_fallback_unix_ns; /* when the first was, wall clock; 0: none so far */
    uint64_t thread_cache_bytes;     /* of cached_bytes, what is in caches of threads */
    uint64_t reused_bytes_total;     /* capacity of the buffers of hits_total */
} akit_pool_stats;

#define AKIT_POOL_STATS_INIT                                                             \
    { sizeof(akit_pool_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_pool_config_init(akit_pool_config *cfg, size_t size);

/* Make a pool. `cfg` may be NULL: all defaults.
 * Ownership: *out belongs to the caller, who ends it with akit_pool_destroy; on error it is set
 * to NULL. Nothing of `cfg` is referred to later, save `memory`.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL `out`, a bad struct_size or a value that makes no sense (classes that do
 * not ascend; both ways to name them; more than one of region, huge, memory and a NUMA mode; memory
 * with AKIT_EXHAUST_FALLBACK, AKIT_POOL_TAGS, huge pages or another fork mode than COPY, or too small for
 * one buffer of the largest class; thp or a fork mode with region or huge, which have theirs;
 * prefault_bytes with huge or memory); -E2BIG for a non-zero field from a newer version; -ENOMEM for no memory; -ENOSYS for a NUMA
 * mode on a kernel without NUMA.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_pool_create(const akit_pool_config *cfg, akit_pool **out);

/* End a pool. Nothing new can be had from it (ESHUTDOWN); buffers that are out stay valid and must be
 * put back with akit_pool_put, and the last one ends the pool. With AKIT_DESTROY_NOW everything goes
 * at once, and buffers still out are dangling. NULL is legal and does nothing. Memory of the caller
 * is the caller's again when the pool has ended.
 * Ownership: consumes `h`, also on error; as long as buffers are out akit_pool_put, _put_n, _capacity
 * and _leak_next remain legal.
 * Threads: any thread, but beside no other call on `h` save puts; no matter which threads used it.
 * Errors: -EINVAL for a handle that is stale or not of this kind, and for unknown flags, which are
 * otherwise ignored.  Since: 0.1 */
AKIT_API int akit_pool_destroy(akit_pool *h, uint32_t flags);

/* Read the configuration in force, with the defaults filled in: class_bytes and class_count tell the
 * classes however they were named.
 * Ownership: `out` is filled, struct_size must be set; out->name and out->class_bytes are borrowed
 * from the pool.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_pool_config_get(akit_pool *h, akit_pool_config *out);

/* Read the statistics.
 * Ownership: `out` is filled; struct_size must be set.
 * Threads: any thread; it adds up the counters of all threads and stops none.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_pool_stats_get(akit_pool *h, akit_pool_stats *out);

/* How many classes the pool has.
 * Ownership: none.  Threads: any thread.
 * Errors: 0 for a NULL or stale handle.  Since: 0.1 */
AKIT_API size_t akit_pool_class_count(akit_pool *h);

/* Read the statistics of one class, from 0, the smallest.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -ENOENT for an index that is too large; -EINVAL for a NULL or stale handle, a NULL `out`
 * or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_pool_class_stats_get(akit_pool *h, size_t index, akit_class_stats *out);

/* Propose a configuration from what the pool has seen: the classes that waste least on the lengths
 * that were asked for (known to a quarter of a doubling), the caps that would keep what was in use at
 * once, and in prefault_bytes that much as warm-up. It changes nothing; before the first request it
 * is the configuration in force.
 * Ownership: `out` is filled, struct_size must be set; out->name and out->class_bytes are borrowed
 * from the pool, the latter until the next akit_pool_suggest.
 * Threads: any thread; one at a time while out->class_bytes is in use.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_pool_suggest(akit_pool *h, akit_pool_config *out);

/* Give idle buffers of the pool back to the kernel, also those that akit_pool_warm made, unless
 * `flags`, which are AKIT_PURGE_..., say only what is due. `bytes` (may be NULL) is set to what the
 * kernel got back.
 * Ownership: none; buffers that are out are not touched.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle or unknown flags.  Since: 0.1 */
AKIT_API int akit_pool_purge(akit_pool *h, uint32_t flags, uint64_t *bytes);

/* Make at least `count` buffers of the class that serves `length` idle and resident, by system calls
 * that never write to them. Decay leaves that many alone from now on; akit_pool_purge does not.
 * Ownership: none.  Threads: any thread.
 * Errors: -EMSGSIZE above the largest class; -ENOMEM when limit_bytes or the kernel refuses
 * (-ENOBUFS: memory of the caller), what could be made is kept; -EINVAL when the caps on idle bytes
 * do not allow that many, and for a NULL or stale handle; -ESHUTDOWN after akit_pool_destroy.
 * Since: 0.1 */
AKIT_API int akit_pool_warm(akit_pool *h, size_t length, size_t count);

/* Get a buffer of at least `length` bytes. `capacity` (may be NULL) is set to its capacity, which
 * stays the same for its life. Length 0 gets the smallest class. The contents are undefined without a
 * zero_mode.
 * Ownership: the buffer is the caller's until it is put back.
 * Threads: any thread.
 * Errors: NULL, *capacity 0, and ENOMEM (cap, kernel, length above PTRDIFF_MAX), EMSGSIZE for more
 * than limit_bytes or memory of the caller can ever give and with AKIT_EXHAUST_FAIL above the largest
 * class, ENOBUFS when memory of the caller or (AKIT_EXHAUST_FAIL) what was warmed up is exhausted
 * now, ESHUTDOWN after akit_pool_destroy, EINVAL for a NULL or stale handle.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT void *akit_pool_get(akit_pool *h, size_t length, size_t *capacity);

/* Put a buffer back. NULL does nothing.
 * Ownership: consumes the buffer.
 * Threads: any thread, also another one than it was got by.
 * Errors: -ENOENT for what is not the start of a buffer of this pool, -EINVAL for one that is not
 * out, and for a NULL or stale handle. Both are misuse: reported, and nothing changes. errno is left
 * as it was. Two puts of one buffer that race are found when it leaves the threads' caches.
 * Since: 0.1 */
AKIT_API int akit_pool_put(akit_pool *h, void *p);

/* Get up to `n` buffers of one length into `out`; all have the capacity *capacity (may be NULL).
 * Ownership, Threads: as akit_pool_get.
 * Errors: fewer than `n`, with errno as akit_pool_get for the one that failed; 0 with EINVAL for a
 * NULL `out` and n > 0.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT size_t akit_pool_get_n(akit_pool *h, size_t length, size_t n, void **out,
                                                size_t *capacity);

/* Put up to `n` buffers back. Returns how many were put; a wrong pointer is counted as misuse,
 * skipped, and not counted as put.
 * Ownership: consumes the buffers that were put.
 * Threads: any thread.
 * Errors: 0 for a NULL `p` or a NULL or stale handle.  Since: 0.1 */
AKIT_API size_t akit_pool_put_n(akit_pool *h, size_t n, void *const *p);

/* Walk over the buffers that are out, in the order of their addresses: start with *cursor 0. Gets
 * and puts meanwhile do no harm; the walk may or may not see their buffers. out->usable_bytes is the
 * capacity, out->tag the caller's number.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -ENOENT at the end; -EINVAL for a NULL `cursor` or `out`, a bad struct_size, or a NULL or
 * stale handle.  Since: 0.1 */
AKIT_API int akit_pool_leak_next(akit_pool *h, uint64_t *cursor, akit_block_info *out);

/* Capacity of the buffer that starts at `p`.
 * Ownership: none; `p` is not touched.  Threads: any thread.
 * Errors: 0 for what is not a buffer of this pool that is out; that is no misuse.  Since: 0.1 */
AKIT_API size_t akit_pool_capacity(akit_pool *h, const void *p);

/* Note a number of the caller's with a buffer that is out: a line of the source, a request. It is 0
 * at first, and akit_pool_leak_next tells it.
 * Ownership: none.  Threads: any thread, one at a time for one buffer.
 * Errors: -ENOENT or -EINVAL as akit_pool_put; -EINVAL for a pool without AKIT_POOL_TAGS; -ENOMEM.
 * Since: 0.1 */
AKIT_API int akit_pool_tag_set(akit_pool *h, void *p, uint64_t tag);

#ifdef __cplusplus
}
#endif

#endif
