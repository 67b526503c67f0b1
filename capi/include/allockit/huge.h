/*
 * allockit/huge.h - explicit huge pages, with an answer when they cannot be had.
 *
 * A request is tried on giant pages (1 GiB on x86-64), then on huge pages (2 MiB), then on
 * transparent huge pages, then on ordinary ones; giant_mode and huge_mode say for each of the first
 * two whether it must be used, may be used, or must not. Explicit pages are taken when the block
 * is allocated, so exhaustion, control group limits and node limits are errors here and never
 * SIGBUS later. Each block tells what it stands on (`backing`), and akit_inspect why it is not
 * more (`reason`); both are counted.
 *
 * Explicit pages come from the system's reservation, which root makes:
 *     echo 64 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
 * akit_huge_system_get tells how many there are, akit_huge_system_text also how to get more.
 */
#ifndef ALLOCKIT_HUGE_H
#define ALLOCKIT_HUGE_H

#include <allockit/base.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Config field populate: when pages are taken. */
#define AKIT_POPULATE_DEFAULT 0u /* explicit pages when the block is allocated, others at first use */
#define AKIT_POPULATE_ALL     1u /* all of them when the block is allocated; `backing` is then what
                                    the kernel reports, where it can tell (Linux 6.7) */

/* akit_huge_system.thp_mode: the system's setting of transparent huge pages. */
#define AKIT_THP_MODE_UNKNOWN 0u
#define AKIT_THP_MODE_ALWAYS  1u
#define AKIT_THP_MODE_MADVISE 2u
#define AKIT_THP_MODE_NEVER   3u

/* Configuration. Zero in any field but struct_size is the default. */
typedef struct akit_huge_config {
    uint64_t struct_size;    /* bytes; AKIT_HUGE_CONFIG_INIT and config_init set it */
    uint64_t flags;          /* none defined: 0 */
    const char *name;        /* label in the statistics, as akit_region_config.name. Copied */
    uint64_t limit_bytes;    /* cap on everything the handle maps. At least 64 KiB; 0 or
                                AKIT_NONE: no cap */
    uint64_t decay_ns;       /* idle memory is due to go back after this time. 0: 100 ms,
                                AKIT_NONE: never by itself */
    uint32_t thp;            /* AKIT_THP_... of what is not on explicit pages; by default advised */
    uint32_t fork_mode;      /* AKIT_FORK_...; by default DONTFORK for explicit pages, COPY for
                                others */
    uint32_t zero_mode;      /* AKIT_ZERO_... */
    uint32_t numa_mode;      /* AKIT_NUMA_... */
    uint64_t numa_nodes;     /* bit n stands for node n, 0 to 63; must be 0 with AKIT_NUMA_LOCAL,
                                and name nodes that are there with the others */
    uint64_t prefault_bytes; /* bytes taken and made resident at create, for the first blocks; they
                                wait in the cache, so cache_bytes must be at least as much.
                                0: none */
    uint32_t check_mode;     /* AKIT_CHECK_... */
    uint32_t reserved0;      /* 0 */
    uint64_t reserved_a;     /* 0 */
    uint64_t reserved_b;     /* 0 */
    uint64_t reserved_c;     /* 0 */
    uint64_t reserved_d;     /* 0 */
    uint64_t giant_page_bytes; /* a size the kernel offers. 0: its next one above the huge page */
    uint64_t huge_page_bytes;  /* a size the kernel offers. 0: its default one */
    uint32_t giant_mode;       /* AKIT_HUGE_...: giant pages. By default PREFER, which takes them
                                  where that wastes no more than an eighth; REQUIRE takes them
                                  whatever they waste */
    uint32_t huge_mode;        /* AKIT_HUGE_...: huge pages. By default PREFER */
    uint32_t populate;         /* AKIT_POPULATE_... */
    uint32_t reserved1;        /* 0 */
    uint64_t cache_bytes;      /* freed bytes that are kept. 0: none on explicit pages, which others
                                  may need, and 64 MiB of the rest; a number holds for all
                                  together. AKIT_NONE: no bound */
} akit_huge_config;

#define AKIT_HUGE_CONFIG_INIT                                                              \
    { sizeof(akit_huge_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Statistics of one handle. The first 22 fields are those of every kind. */
typedef struct akit_huge_stats {
    uint64_t struct_size;            /* bytes; set by the caller */
    uint64_t id;                     /* id of the handle, from 1, never used again */
    uint64_t kind;                   /* AKIT_KIND_HUGE */
    uint64_t limit_bytes;            /* the cap in force, AKIT_NONE without one */
    uint64_t used_bytes;             /* usable bytes of the blocks in use */
    uint64_t used_peak_bytes;        /* most of it so far */
    uint64_t cached_bytes;           /* freed and kept */
    uint64_t metadata_bytes;         /* the handle's own books */
    uint64_t mapped_bytes;           /* bytes of address space the handle holds */
    uint64_t mapped_peak_bytes;      /* most of it so far */
    uint64_t pinned_bytes;           /* bytes that are never purged or moved */
    uint64_t mappings;               /* mappings of the kernel that these blocks take */
    uint64_t allocs_total;           /* blocks handed out */
    uint64_t frees_total;            /* blocks taken back */
    uint64_t failures_total;         /* requests answered with NULL, whatever the reason */
    uint64_t limit_hits_total;       /* of these, the ones because of limit_bytes */
    uint64_t misuses_total;          /* calls with a pointer that was not legal */
    uint64_t maps_total;             /* mmap calls */
    uint64_t unmaps_total;           /* munmap calls */
    uint64_t purges_total;           /* purges that gave something back */
    uint64_t purged_bytes_total;     /* bytes given back to the kernel by them */
    uint64_t prefaulted_bytes_total; /* bytes made resident ahead of use */
    uint64_t giant_bytes;            /* part of used_bytes on giant pages */
    uint64_t hugetlb_bytes;          /* the same on huge pages */
    uint64_t thp_bytes;              /* the same where transparent huge pages are asked for */
    uint64_t base_bytes;             /* the same on ordinary pages */
    uint64_t cache_hits_total;       /* requests answered from the cache */
    uint64_t cache_misses_total;     /* requests that went to the kernel */
    uint64_t fallbacks_total;        /* blocks that got less than the policy wished for; by reason
                                        through akit_huge_reason_count */
    uint64_t last_fallback_reason;   /* errno of the last refusal, 0: none so far */
    uint64_t last_fallback_unix_ns;  /* when, by the wall clock; 0: never */
    uint64_t populate_max_ns;        /* longest time that taking the pages of one block took */
    uint64_t populate_ns_total;      /* all of that time together */
} akit_huge_stats;

#define AKIT_HUGE_STATS_INIT                                                            \
    { sizeof(akit_huge_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* What the system offers, of all nodes or of one. Numbers of pages are as the kernel counts them. */
typedef struct akit_huge_system {
    uint64_t struct_size;      /* bytes; set by the caller */
    uint64_t base_page_bytes;  /* size of an ordinary page */
    uint64_t thp_page_bytes;   /* size of a transparent huge page, 0: none */
    uint64_t thp_mode;         /* AKIT_THP_MODE_... */
    uint64_t huge_page_bytes;  /* default size of explicit huge pages, 0: the kernel has none */
    uint64_t huge_total;       /* pages of that size in the reservation */
    uint64_t huge_free;        /* of these, not in use */
    uint64_t huge_reserved;    /* of the free ones, promised to somebody; 0 for one node */
    uint64_t huge_surplus;     /* of the total, beyond the configured number */
    uint64_t giant_page_bytes; /* next larger size the kernel offers, 0: none */
    uint64_t giant_total;      /* pages of that size in the reservation */
    uint64_t giant_free;       /* of these, not in use */
    uint64_t numa_nodes;       /* bit n stands for node n; of one node: its own bit */
    uint64_t cgroup_huge_limit_bytes; /* most the process's control group may take of the default
                                         size, AKIT_NONE: no limit known */
} akit_huge_system;

#define AKIT_HUGE_SYSTEM_INIT { sizeof(akit_huge_system), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_huge_config_init(akit_huge_config *cfg, size_t size);

/* Make a handle. `cfg` may be NULL: all defaults.
 * Ownership: *out belongs to the caller, who ends it with akit_huge_destroy; on error it is set to
 * NULL. Nothing of `cfg` is referred to later.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL `out`, a bad struct_size, a page size the kernel does not offer or
 * another value that makes no sense; -E2BIG for a non-zero field from a newer version; -ENOMEM for
 * no memory, also when prefault_bytes cannot be had; -ENOSYS for a NUMA mode on a kernel without
 * NUMA.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_huge_create(const akit_huge_config *cfg, akit_huge **out);

/* End a handle. With flags 0 every block leaves it now, and those still out are dangling. With
 * AKIT_DESTROY_DEFER nothing new can be allocated, blocks that are out stay valid and must be freed
 * with akit_huge_free, and the last one gives the rest back. Handles that stand on this one keep
 * what they need of it alive. NULL is legal and does nothing.
 * Ownership: consumes `h`, also on error.
 * Threads: any thread, but beside no other call on `h`; no matter which threads have used it.
 * Errors: -EINVAL for a handle that is stale or not of this kind, and for unknown flags, which are
 * otherwise ignored.  Since: 0.1 */
AKIT_API int akit_huge_destroy(akit_huge *h, uint32_t flags);

/* Read the configuration in force, with the defaults filled in.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_huge_config_get(akit_huge *h, akit_huge_config *out);

/* Read the statistics.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_huge_stats_get(akit_huge *h, akit_huge_stats *out);

/* Propose a configuration from what the handle has seen: its own, with cache_bytes, decay_ns and
 * limit_bytes as the statistics recommend, and AKIT_HUGE_NEVER for a page size that was never once
 * to be had. It changes nothing.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_huge_suggest(akit_huge *h, akit_huge_config *out);

/* Give cached memory of the handle back: explicit pages to the reservation, others to the kernel.
 * `flags` are AKIT_PURGE_...; `bytes` (may be NULL) is set to what was given back.
 * Ownership: none; blocks in use are not touched.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle or unknown flags.  Since: 0.1 */
AKIT_API int akit_huge_purge(akit_huge *h, uint32_t flags, uint64_t *bytes);

/* Allocate a block of at least `size` bytes on the largest pages the policy allows and the system
 * has; it is rounded up to whole pages of that kind, and akit_inspect tells its usable size. It
 * starts on a page of its kind, or on a multiple of `alignment`, a power of two up to 1 GiB. `flags`
 * are AKIT_ALLOC_ZERO and AKIT_ALLOC_NO_CACHE. `backing` (may be NULL) is set to AKIT_BACKING_...
 * Ownership: the block is the caller's until freed or the handle destroyed.
 * Threads: any thread.
 * Errors: NULL and ENOMEM (cap, a page kind that is required and cannot be had, kernel, size above
 * PTRDIFF_MAX), EINVAL for a NULL or stale handle, another alignment or unknown flags, ESHUTDOWN
 * after a deferred destroy. *backing is 0 then. Why is in akit_huge_reason_count and the
 * statistics.  Since: 0.1 */
AKIT_API AKIT_FRESH void *akit_huge_alloc(akit_huge *h, size_t size, size_t alignment,
                                          uint32_t flags, uint32_t *backing);

/* Free a block. NULL does nothing.
 * Ownership: consumes the block.
 * Threads: any thread, also another one than it was allocated by.
 * Errors: -ENOENT for what is not the start of a block of this handle, -EINVAL for one that is not
 * in use, and for a NULL or stale handle. Both are misuse: reported, and nothing changes. errno is
 * left as it was.  Since: 0.1 */
AKIT_API int akit_huge_free(akit_huge *h, void *p);

/* Read what the system offers now.
 * Ownership: `out` is filled; struct_size must be set.
 * Threads: any thread; it reads files of /sys and /proc, which takes about 0.1 ms.
 * Errors: -EINVAL for a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_huge_system_get(akit_huge_system *out);

/* The same of one NUMA node: the numbers of pages are those of the node.
 * Ownership, Threads: as akit_huge_system_get.
 * Errors: -ENOENT for a node that does not exist; -EINVAL as akit_huge_system_get.  Since: 0.1 */
AKIT_API int akit_huge_system_node_get(uint32_t node, akit_huge_system *out);

/* The same as text for people: a line per page size and node, and the commands that reserve more.
 * Buffer handling as in akit_stats_json.
 * Ownership: the text goes into the caller's buffer.  Threads: any thread.
 * Errors: -ENOSPC when `size` is less than `need`; -EINVAL for a NULL `buf` with a size.
 * Since: 0.1 */
AKIT_API int akit_huge_system_text(char *buf, size_t size, size_t *need);

/* How often a page kind of the policy could not be had for this reason (AKIT_REASON_...). One
 * request may count several times: giant pages, huge pages, transparent huge pages.
 * Ownership: none.  Threads: any thread.
 * Errors: -EINVAL for an unknown reason, and for a NULL or stale handle.  Since: 0.1 */
AKIT_API int64_t akit_huge_reason_count(akit_huge *h, uint32_t reason);

/* Bytes of the handle's blocks in use that are resident on a NUMA node, asked of the kernel
 * (move_pages(2)).
 * Ownership: none.  Threads: any thread; takes about 0.1 us per page.
 * Errors: -ENOENT for a node that does not exist, -EINVAL for a NULL or stale handle, -ENOSYS when
 * the kernel does not tell.  Since: 0.1 */
AKIT_API int64_t akit_huge_node_bytes(akit_huge *h, uint32_t node);

#ifdef __cplusplus
}
#endif

#endif
