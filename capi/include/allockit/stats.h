/*
 * allockit/stats.h - statistics of the process, of size classes, and of all handles as text.
 * The struct of each kind of handle is in the header of that kind.
 *
 * All fields are uint64_t. Names ending in _total are counters: they only grow, from creation on.
 * All others are gauges. Structs only ever grow at the end. Reading never blocks an allocation
 * and may miss a call that is under way in another thread; no figure is ever negative.
 */
#ifndef ALLOCKIT_STATS_H
#define ALLOCKIT_STATS_H

#include <allockit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Figures of one size class of a handle, read through its ..._class_stats_get function. */
typedef struct akit_class_stats {
    uint64_t struct_size;      /* bytes; set by the caller */
    uint64_t block_bytes;      /* usable size of the blocks of this class */
    uint64_t used_blocks;      /* blocks in use by the program */
    uint64_t used_peak_blocks; /* most blocks in use, seen at the class's slow path */
    uint64_t cached_blocks;    /* freed blocks kept in thread caches and in the depot */
    uint64_t gets_total;       /* blocks handed out */
    uint64_t puts_total;       /* blocks taken back */
    uint64_t hits_total;       /* gets answered from the thread's cache */
    uint64_t misses_total;     /* gets that went to the slow path */
    uint64_t discards_total;   /* puts that were not kept because the cache was at its bound */
    uint64_t slabs;            /* slabs cut into blocks of this class */
    uint64_t mapped_bytes;     /* bytes of those slabs */
} akit_class_stats;

#define AKIT_CLASS_STATS_INIT { sizeof(akit_class_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Figures of this copy of the library in this process. */
typedef struct akit_process_stats {
    uint64_t struct_size;           /* bytes; set by the caller */
    uint64_t handles;               /* handles alive, the default heap included */
    uint64_t handles_created_total; /* handles ever created */
    uint64_t mapped_bytes;          /* address space mapped by the library and readable */
    uint64_t used_bytes;            /* usable bytes of all blocks in use */
    uint64_t cached_bytes;          /* bytes kept for later requests, process-wide cache included */
    uint64_t metadata_bytes;        /* bytes of the library's own books, table_bytes not included */
    uint64_t table_bytes;           /* bytes of the process-wide address table, in no handle's cap */
    uint64_t pinned_bytes;          /* bytes that are never purged or moved */
    uint64_t mappings;              /* mappings made by the library and still there */
    uint64_t threads;               /* threads that have a cache in some handle */
    uint64_t misuses_total;         /* misuses seen, those with unknown handle included */
    uint64_t purge_thread_running;  /* 1 while the purge thread runs, else 0 */
    uint64_t next_purge_ns;         /* ns until maintenance is due, AKIT_NONE when nothing is */
    uint64_t features;              /* bit 1 << AKIT_FEATURE_... for each that works here */
    uint64_t page_bytes;            /* size of an ordinary page */
    uint64_t huge_page_bytes;       /* size of a default huge page, 0 when there are none */
} akit_process_stats;

#define AKIT_PROCESS_STATS_INIT \
    { sizeof(akit_process_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Read the figures of the process.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -EINVAL for a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_process_stats_get(akit_process_stats *out);

/* Walk over the handles that are alive. Set *id to 0 to begin; each call puts the next id and kind
 * (AKIT_KIND_...; `kind` may be NULL) in their place, in the order of creation. Ids are not used
 * again. Handles created or destroyed during the walk may or may not appear.
 * Ownership: none.  Threads: any thread.
 * Errors: -ENOENT at the end, -EINVAL for a NULL `id`.  Since: 0.1 */
AKIT_API int akit_handle_next(uint64_t *id, uint32_t *kind);

/* Write statistics as JSON text: of one handle, or with id 0
 * {"process": {...}, "handles": [{...}, ...]}. Keys are the names of the struct fields, those of
 * the handle's kind; a handle also has its "name" ("" without one), and a tiered one, a pool or nodes "classes", an
 * array of the figures of each size class that was ever used, with its "index". AKIT_NONE is the
 * number 18446744073709551615.
 * `need` (may be NULL) is set to the bytes the whole text takes, the final NUL included; with
 * `buf` NULL and `size` 0 that is all that happens, and the result is -ENOSPC. As figures may have
 * more digits the next time, add some room.
 * Ownership: the text goes into the caller's buffer.  Threads: any thread.
 * Errors: -ENOSPC when `size` is less than `need`; -ENOENT for an unknown id; then the buffer
 * holds an empty string. -EINVAL for a NULL `buf` with a size.  Since: 0.1 */
AKIT_API int akit_stats_json(uint64_t id, char *buf, size_t size, size_t *need);

/* Write statistics as OpenMetrics text: of one handle, or with id 0 of the process and all
 * handles, then with "# EOF" at the end. Metrics are allockit_tiered_<field>,
 * allockit_region_<field> and so on for each kind, with labels `handle` and `copy`, as far as there
 * are handles of the kind; and allockit_process_<field>, with label `copy`.
 * Pools with a name, and one that is asked for by its id, also have allockit_pool_class_<field> for
 * each class, with the labels `id` and `block_bytes` besides. AKIT_NONE is +Inf; id and kind are not
 * metrics.
 *   handle   the name from the config. Handles of one kind and name are added up. So are all
 *            handles of a kind without a name, under handle="", so that short-lived handles make
 *            no new series; and handles with further names beyond the first 512. Of what is no
 *            sum the first is taken (purge_deadline_ns), the most (purge_overdue_ns,
 *            populate_max_ns), the latest (last_fallback_...) or the
 *            earliest (first_fallback_unix_ns).
 *   copy     tells several copies of the library in one process apart: name of the file it is in,
 *            and a hash of that file's path. It stays the same from run to run.
 * Buffer handling as in akit_stats_json.
 * Ownership: the text goes into the caller's buffer.  Threads: any thread.
 * Errors: as akit_stats_json.  Since: 0.1 */
AKIT_API int akit_stats_openmetrics(uint64_t id, char *buf, size_t size, size_t *need);

#ifdef __cplusplus
}
#endif

#endif
