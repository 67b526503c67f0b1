/*
 * allockit/uring.h - memory of the kit, or of the caller, registered with an io_uring.
 *
 * The io_uring belongs to the program, whatever library made it: it is named by its file descriptor,
 * and only the register system call is used on it. Registered memory can be read into and written
 * from with the FIXED operations, named by the slot that akit_uring_lookup tells; what is not
 * registered is used with the plain ones, so registration is never a condition for anything.
 *
 *     akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
 *     cfg.ring_fd = ring.ring_fd;                      // of liburing, the io-uring crate, your own
 *     cfg.flags = AKIT_URING_CREATE_TABLE;
 *     if (akit_uring_create(&cfg, &reg) < 0) ...
 *     akit_uring_add_pool(reg, pool);
 *     akit_uring_sync(reg);                            // on the io_uring's own thread
 *     int slot = akit_uring_lookup(reg, p, n);         // >= 0: READ_FIXED with buf_index = slot
 *
 * What is added waits until akit_uring_sync, which is also where slabs that a pool has made since
 * are registered; call it where the program goes around its loop: it costs nothing when nothing
 * changed. A range of up to 1 GiB takes one slot, a larger one several. Registered memory is never
 * purged, moved or unmapped; memory that was removed, or whose pool or ring was destroyed, stays
 * where it is until the kernel is done with it: see tag_base.
 *
 * Locked memory is limited (RLIMIT_MEMLOCK) for processes without CAP_IPC_LOCK. What the kernel
 * refuses stays out, the statistics say why, and plain operations go on; akit_uring_probe and
 * akit_uring_probe_text tell beforehand. Fixed buffers need Linux 5.13 and groups Linux 5.19, and an
 * io_uring that the system's policy allows; without them everything else of the kit works.
 *
 * A group is a ring of provided buffers, filled from a class of a pool: the kernel picks a buffer when
 * data arrives. Groups publish whole buffers (no incremental consumption, no bundles).
 */
#ifndef ALLOCKIT_URING_H
#define ALLOCKIT_URING_H

#include <allockit/base.h>
#include <allockit/pool.h>
#include <allockit/ring.h>
#include <allockit/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akit_uring akit_uring;
typedef struct akit_uring_group akit_uring_group;

/* Config field flags. */
#define AKIT_URING_NO_DUP        1u /* use ring_fd itself. By default it is duplicated, so that the number
                                       cannot come to mean another file; the io_uring then lives until
                                       akit_uring_destroy, too */
#define AKIT_URING_CREATE_TABLE  2u /* make the table of fixed buffers: slot_base + slot_count empty slots.
                                       Without it the io_uring has one, and grants a range of it */
#define AKIT_URING_REGISTERED_FD 4u /* ring_fd is an index of a registered ring (IORING_REGISTER_RING_FDS)
                                       of the calling thread; it is not duplicated */

/* Stats field state. */
#define AKIT_URING_OFF     0u /* nothing is registered, and nothing was refused */
#define AKIT_URING_DENIED  1u /* nothing is registered, because it was refused: last_errno */
#define AKIT_URING_PARTIAL 2u /* some of it was refused */
#define AKIT_URING_ON      3u /* all that was there at the last akit_uring_sync is registered */

/* Tag of akit_uring_drained: everything that was removed. */
#define AKIT_URING_ALL UINT64_MAX

/* Configuration. Zero in any field but struct_size and ring_fd is the default. */
typedef struct akit_uring_config {
    uint64_t struct_size;  /* bytes; AKIT_URING_CONFIG_INIT and config_init set it */
    uint64_t flags;        /* AKIT_URING_... */
    const char *name;      /* label in the statistics; 1 to 63 of A-Z a-z 0-9 . _ - ; NULL: none.
                              Copied */
    int32_t ring_fd;       /* the io_uring. Required: 0 is a legal file descriptor */
    uint32_t table_mode;   /* 0 */
    uint32_t slot_base;    /* first slot of the table that this handle may use */
    uint32_t slot_count;   /* how many; slot_base + slot_count is at most 16384. 0, only with
                              AKIT_URING_CREATE_TABLE: 1024 */
    uint64_t tag_base;     /* completions with user_data from tag_base to tag_base + slot_count - 1 are
                              for akit_uring_drained: one comes when the kernel is done with memory that
                              left a slot, also because of a request that was in flight. 0: no such
                              completions; the caller sees to it that no request uses memory that is
                              removed, once akit_uring_sync or akit_uring_destroy has returned */
    uint64_t memlock_bytes; /* most locked memory to ask for, as akit_uring_stats.memlock_needed_bytes
                              counts it. 0 or AKIT_NONE: as much as the kernel gives */
} akit_uring_config;

#define AKIT_URING_CONFIG_INIT { sizeof(akit_uring_config), 0, NULL, 0, 0, 0, 0, 0, 0 }

/* Statistics of one registration. An area is a range of memory that takes one slot. */
typedef struct akit_uring_stats {
    uint64_t struct_size;             /* bytes; set by the caller */
    uint64_t state;                   /* AKIT_URING_OFF, _DENIED, _PARTIAL or _ON */
    uint64_t last_errno;              /* of the last registration that was refused; 0: none was */
    uint64_t memlock_needed_bytes;    /* locked memory that all areas take together, an estimate from
                                         above: whole huge pages where the memory may lie on them, and
                                         what two areas share counts twice */
    uint64_t memlock_limit_bytes;     /* RLIMIT_MEMLOCK, or memlock_bytes when that is less. AKIT_NONE:
                                         no limit, or a process with CAP_IPC_LOCK */
    uint64_t registered_bytes;        /* bytes that akit_uring_lookup finds */
    uint64_t slots;                   /* slot_count in force */
    uint64_t slots_used;              /* slots with memory that is registered or not yet drained */
    uint64_t areas;                   /* areas that were added and not removed */
    uint64_t areas_pending;           /* of these, those not registered: until akit_uring_sync, or because
                                         they were refused, which every sync tries again */
    uint64_t areas_draining;          /* removed areas that the kernel may still use: until
                                         akit_uring_sync, then until akit_uring_drained */
    uint64_t lookups_missed_total;    /* akit_uring_lookup that answered -ENOENT */
    uint64_t registers_total;         /* areas that were registered */
    uint64_t register_failures_total; /* areas that were refused, each time */
} akit_uring_stats;

#define AKIT_URING_STATS_INIT { sizeof(akit_uring_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* What the system allows. */
typedef struct akit_uring_probe_info {
    uint64_t struct_size;        /* bytes; set by the caller */
    uint64_t available;          /* 1: this process may use io_uring */
    uint64_t error;              /* errno when it may not (ENOSYS: the kernel has none; EPERM: forbidden),
                                    or when a ring of one entry was refused (ENOMEM: locked memory) */
    uint64_t features;           /* IORING_FEAT_... of the kernel, 0 when no ring could be made */
    uint64_t memlock_soft_bytes; /* RLIMIT_MEMLOCK; AKIT_NONE: unlimited */
    uint64_t memlock_hard_bytes; /* what the soft limit may be raised to */
    uint64_t memlock_used_bytes; /* locked and pinned memory of this process (VmLck + VmPin). The limit is
                                    one for all processes of a user, and theirs cannot be seen */
    uint64_t ipc_lock;           /* 1: the process has CAP_IPC_LOCK, and the limit does not hold for it */
    uint64_t max_slots;          /* largest table: 16384 */
    uint64_t max_slot_bytes;     /* largest range of one slot: 1 GiB */
} akit_uring_probe_info;

#define AKIT_URING_PROBE_INFO_INIT { sizeof(akit_uring_probe_info), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Configuration of a group. Zero in any field but struct_size and pool is the default. */
typedef struct akit_uring_group_config {
    uint64_t struct_size;  /* bytes; AKIT_URING_GROUP_CONFIG_INIT and config_init set it */
    uint64_t flags;        /* none defined: 0 */
    akit_pool *pool;       /* the buffers come from this pool. Required. Borrowed: the group keeps what it
                              needs of it alive */
    uint64_t buffer_bytes; /* the class that serves this length; its capacity is the buffers' length.
                              0: the smallest class */
    uint32_t group_id;     /* buf_group of the requests, at most 65535 */
    uint32_t entries;      /* size of the ring: a power of two, at most 32768. 0: 1024 */
    uint32_t window_min;   /* fewest buffers to keep published. 0: 32, or entries when that is less */
    uint32_t window_max;   /* most, at most entries. 0: entries */
} akit_uring_group_config;

#define AKIT_URING_GROUP_CONFIG_INIT { sizeof(akit_uring_group_config), 0, NULL, 0, 0, 0, 0, 0 }

/* Statistics of one group. */
typedef struct akit_uring_group_stats {
    uint64_t struct_size;    /* bytes; set by the caller */
    uint64_t group_id;       /* as configured */
    uint64_t entries;        /* size of the ring */
    uint64_t published;      /* buffers that the kernel has */
    uint64_t window;         /* how many akit_uring_group_refill publishes at present: doubled when the
                                group ran dry, and slowly less when that many are not used */
    uint64_t buffers_out;    /* buffers that were taken and not put back */
    uint64_t taken_total;    /* buffers taken */
    uint64_t refills_total;  /* akit_uring_group_refill that published something */
    uint64_t enobufs_total;  /* completions that found the group dry */
    uint64_t empty_ns_total; /* time with nothing published, while the group was in use */
    uint64_t misuses_total;  /* wrong puts, and completions that are not of this group */
} akit_uring_group_stats;

#define AKIT_URING_GROUP_STATS_INIT { sizeof(akit_uring_group_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Find out whether io_uring can be used, and how much memory may be registered. It makes a ring of one
 * entry and closes it, when that is allowed.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -EINVAL for a NULL `out` or a bad struct_size. That io_uring is forbidden is no error.
 * Since: 0.1 */
AKIT_API int akit_uring_probe(akit_uring_probe_info *out);

/* The same as text for people, one line per fact, and for registering `bytes` bytes (0: no number in
 * mind) whether the limit is enough and how to raise it. `need` (may be NULL) is set to the size it
 * takes, terminating NUL included.
 * Ownership: `buf` is filled; it may be NULL when `size` is 0.  Threads: any thread.
 * Errors: -ENOSPC when `size` is too small, then `buf` has an empty string; -EINVAL for a NULL `buf`
 * and size > 0.  Since: 0.1 */
AKIT_API int akit_uring_probe_text(uint64_t bytes, char *buf, size_t size, size_t *need);

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_uring_config_init(akit_uring_config *cfg, size_t size);

/* Attach to an io_uring. The table is made here, with AKIT_URING_CREATE_TABLE; where the kernel refuses
 * it because another thread is the io_uring's own (IORING_SETUP_SINGLE_ISSUER), the first
 * akit_uring_sync makes it, and any other refusal (no memory, an older kernel, a policy) is the state
 * AKIT_URING_DENIED and no error.
 * Ownership: *out belongs to the caller, who ends it with akit_uring_destroy before the process gives
 * the io_uring up; on error it is set to NULL. Nothing of `cfg` is referred to later.
 * Threads: any thread; AKIT_URING_REGISTERED_FD: the io_uring's own.
 * Errors: -EINVAL for a NULL `cfg` or `out`, a bad struct_size or a value that makes no sense (no or
 * too many slots, tags that overflow); -E2BIG for a non-zero field from a newer version; -EBADF for a
 * descriptor that is not open; -EOPNOTSUPP for one that is no io_uring; -EBUSY when a table is to be
 * made and the io_uring has one; -EMFILE when it cannot be duplicated; -ENOSYS on a kernel without
 * io_uring; -ENOMEM.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_uring_create(const akit_uring_config *cfg, akit_uring **out);

/* Attach to another io_uring, with all that `from` has: its areas, pending ones included, and its
 * pools and rings. With AKIT_URING_CREATE_TABLE and no tag_base the kernel copies the table (Linux
 * 6.12), with the same slots and no second accounting of locked memory; otherwise the areas are
 * registered anew, what is refused stays pending, and slots may differ.
 * Ownership: as akit_uring_create; `from` may be destroyed at any time afterwards.
 * Threads: the new io_uring's own thread.
 * Errors: as akit_uring_create, and -EINVAL for a NULL or stale `from`; -EPERM in a child of a fork.
 * Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_uring_clone(akit_uring *from, const akit_uring_config *cfg,
                                              akit_uring **out);

/* End a registration: slots are emptied, and a table that was made here is given up. Without tags the
 * caller vouches that no request uses the memory any more. With tags the memory stays where it is
 * until each tag has come and was told to akit_uring_drained, the only call that remains legal. With
 * AKIT_DESTROY_NOW the caller vouches in any case. NULL is legal and does nothing. Groups are not
 * touched: each is ended by its own destroy.
 * Ownership: consumes `h`, also on error.
 * Threads: the io_uring's own thread, beside no other call on `h`.
 * Errors: -EEXIST when it is another thread (IORING_SETUP_SINGLE_ISSUER), and any other refusal of the
 * kernel: then the memory stays where it is until akit_uring_drained with AKIT_URING_ALL, which is to
 * say that the io_uring is closed, and with AKIT_DESTROY_NOW it does not. -EINVAL for a handle that is
 * stale or not of this kind, and for unknown flags, which are otherwise ignored; -EPERM in a child of a
 * fork, where the handle is given up and the parent's registration not touched.  Since: 0.1 */
AKIT_API int akit_uring_destroy(akit_uring *h, uint32_t flags);

/* Read the statistics.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size; -EPERM in a child of a
 * fork.  Since: 0.1 */
AKIT_API int akit_uring_stats_get(akit_uring *h, akit_uring_stats *out);

/* Add the area of a ring. It waits for akit_uring_sync. While it is registered a child of a fork has
 * another area, unless the ring was made with AKIT_FORK_COPY.
 * Ownership: borrowed: a ring that is destroyed keeps its area until that is drained; akit_uring_sync
 * removes it.  Threads: any thread.
 * Errors: -EINVAL for NULL or stale handles; -EBUSY when it was added already; -ENOMEM; -EPERM in a
 * child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_add_ring(akit_uring *h, akit_ring *ring);

/* Add the slabs of a pool: those it has, and at each akit_uring_sync those it has made since. A slab
 * that is registered does not leave the pool, and its pages are not given back. The buffers of a pool
 * with registered slabs do not exist in a child of a fork, unless it was made with AKIT_FORK_COPY.
 * Ownership: borrowed: a pool that is destroyed keeps its slabs until they are drained; akit_uring_sync
 * removes them.  Threads: any thread.
 * Errors: as akit_uring_add_ring.  Since: 0.1 */
AKIT_API int akit_uring_add_pool(akit_uring *h, akit_pool *pool);

/* Add any memory of the process that may be written to: of the caller, a block of a handle. Files that
 * are mapped shared are refused by the kernel. A region is pinned, once for each time it is added.
 * Ownership: the memory stays the caller's; it must stay mapped until it is removed and drained.
 * Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `base`, a length of 0 or one that wraps around;
 * -EBUSY when an area begins there already; -ENOMEM; -EPERM in a child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_add_memory(akit_uring *h, void *base, size_t length);

/* Remove what was added: `base` is the start of the memory, or the akit_ring or akit_pool.
 * akit_uring_lookup does not find it any more; its slots are emptied by the next akit_uring_sync, and
 * until that, and until it is drained, it stays pinned.
 * Ownership: memory is the caller's alone again when it has drained (tag_base), without tags when
 * akit_uring_sync has returned.
 * Threads: any thread.
 * Errors: -ENOENT for what was not added; -EINVAL for a NULL or stale handle; -EPERM in a child of a
 * fork.  Since: 0.1 */
AKIT_API int akit_uring_remove(akit_uring *h, void *base);

/* Do what is pending: empty the slots of what was removed, then register what was added or grew.
 * Returns how many areas were registered.
 * Ownership: none.
 * Threads: the io_uring's own thread (IORING_SETUP_SINGLE_ISSUER), otherwise any.
 * Errors: the kernel's, when something was to be registered and all of it was refused: -ENOMEM (locked
 * memory), -EEXIST (another thread), -EFAULT (memory that cannot be written to, a shared mapping),
 * -ENXIO or -EINVAL (no such slots in the io_uring's own table), -EBADF (AKIT_URING_NO_DUP: it was
 * closed), -ENOSYS (no table in this kernel), -EPERM; -ENOBUFS when no slot is free. -EINVAL for a NULL
 * or stale handle; -EPERM in a child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_sync(akit_uring *h);

/* The completion with this tag has come: unpin what it stood for. With AKIT_URING_ALL the caller
 * vouches that no request uses anything of what was removed. Also legal after akit_uring_destroy, until
 * everything is drained. Returns how many areas were unpinned.
 * Ownership: memory that was added is the caller's alone again.  Threads: any thread.
 * Errors: -ENOENT for a tag that nothing waits for; -EINVAL for a NULL or stale handle; -EPERM in a
 * child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_drained(akit_uring *h, uint64_t tag);

/* The slot in which `length` bytes from `p` on are registered, all of them.
 * Ownership: none; `p` is not touched.
 * Threads: any thread; it takes no lock and does not wait.
 * Errors: -ENOENT when they are not registered, or not in one slot: use the plain operation. That is no
 * misuse. -EINVAL for a NULL or stale handle; -EPERM in a child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_lookup(akit_uring *h, const void *p, size_t length);

/* Make `cfg` the default configuration, as akit_uring_config_init.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_uring_group_config_init(akit_uring_group_config *cfg, size_t size);

/* Make a group of provided buffers in the io_uring of `h`. It is empty until akit_uring_group_refill.
 * Ownership: *out belongs to the caller, who ends it with akit_uring_group_destroy, before or after
 * `h`; on error it is set to NULL. Nothing of `cfg` is referred to later.
 * Threads: the io_uring's own thread.
 * Errors: -EINVAL for a NULL `cfg` or `out`, a bad struct_size, a value that makes no sense, a NULL or
 * stale handle or pool; -E2BIG for a non-zero field from a newer version; -EMSGSIZE for more than the
 * pool's largest class; -EEXIST when there is such a group, or on another thread; -ENOSYS on a kernel
 * without provided-buffer rings; -ENOMEM, also for locked memory; -EBADF; -EPERM.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_uring_group_create(akit_uring *h,
                                                     const akit_uring_group_config *cfg,
                                                     akit_uring_group **out);

/* End a group: it is taken from the io_uring, and published buffers go back to the pool. Requests that
 * name the group answer ENOBUFS from then on; the caller vouches that none has taken a buffer whose
 * completion is still to come. Buffers that were taken go back with akit_pool_put. NULL is legal and
 * does nothing.
 * Ownership: consumes `g`, also on error.
 * Threads: the io_uring's own thread, beside no other call on `g`.
 * Errors: -EEXIST on another thread, and any other refusal of the kernel: then the published buffers and
 * the ring's memory are left to the kernel, unless `flags` has AKIT_DESTROY_NOW: the caller vouches that
 * the io_uring is closed. -EINVAL for a handle that is stale or not of this kind, and for unknown flags,
 * which are otherwise ignored; -EPERM in a child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_group_destroy(akit_uring_group *g, uint32_t flags);

/* Evaluate the completion of a request that named the group: `res` and `cqe_flags` as they came. Returns
 * 1 when it brought a buffer: *p is the buffer, *length the bytes in it; 0 when it brought none; and
 * `res` when that is an error. A buffer that comes with an error goes back to the pool.
 * Ownership: the buffer is the caller's, until akit_uring_group_put.
 * Threads: any thread; completions in the order they came.
 * Errors: `res`; of these -ENOBUFS is counted, and doubles the window: refill, and send the request
 * again when that has published something. -EINVAL for a NULL `p` or `length`, a NULL or stale handle,
 * and for a completion that cannot be (misuse: a buffer that is not published, more bytes than it has,
 * incremental consumption); -EPERM in a child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_group_take(akit_uring_group *g, int32_t res, uint32_t cqe_flags, void **p,
                                   size_t *length);

/* Put a buffer back that was taken: it goes to the pool, and the next refill may publish it.
 * NULL does nothing.
 * Ownership: consumes the buffer.  Threads: any thread.
 * Errors: -ENOENT for what is not the start of a buffer of the pool, -EINVAL for one that was not taken
 * from this group, and for a NULL or stale handle. Both are misuse: reported, and nothing changes.
 * -EPERM in a child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_group_put(akit_uring_group *g, void *p);

/* Publish buffers until the kernel has as many as the window is wide: once for all completions of a
 * turn of the loop. Returns how many were published.
 * Ownership: the buffers are the kernel's until their completion.
 * Threads: any thread; one of these calls at a time does the work.
 * Errors: as akit_pool_get, when the kernel has none and none could be had: -ENOMEM, -ENOBUFS,
 * -ESHUTDOWN. -EINVAL for a NULL or stale handle; -EPERM in a child of a fork.  Since: 0.1 */
AKIT_API int akit_uring_group_refill(akit_uring_group *g);

/* Read the statistics of a group.
 * Ownership: `out` is filled; struct_size must be set.  Threads: any thread.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size; -EPERM in a child of a
 * fork.  Since: 0.1 */
AKIT_API int akit_uring_group_stats_get(akit_uring_group *g, akit_uring_group_stats *out);

#ifdef __cplusplus
}
#endif

#endif
