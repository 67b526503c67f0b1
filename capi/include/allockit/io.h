/*
 * allockit/io.h - a small io_uring of its own, for programs and languages that bring none.
 *
 * This is a library beside the kit: liballockit_io, pkg-config allockit_io, on top of liburing. The
 * umbrella header does not include it. Requests are queued, sent to the kernel together, and answered
 * by events; reads and writes use fixed buffers by themselves where the memory is registered.
 *
 *     akit_io *io;
 *     akit_io_event done;
 *     if (akit_io_create(NULL, &io) < 0) ...               // EPERM, ENOSYS: io_uring is forbidden here
 *     akit_uring_add_pool(akit_io_registration(io), pool);
 *     akit_uring_sync(akit_io_registration(io));           // from now on buffers of `pool` are fixed
 *     akit_io_read(io, fd, buffer, 65536, 0, 42);          // queued
 *     akit_io_submit(io, 1, AKIT_NONE);                    // sent; waits for one event
 *     akit_io_take(io, &done, 1);                          // done.user_data is 42, done.res as of read(2)
 *
 * One thread at a time, and by default not tied to a thread: goroutines, tasks and interpreters may
 * move between two calls. That is why IORING_SETUP_SINGLE_ISSUER is off unless it is asked for
 * (config field single_issuer), although it is a little faster. Only a thread must not end before what it
 * submitted: the kernel cancels that when its turn comes, and the events say -ECANCELED.
 *
 * The memory of a request belongs to the kernel from the call that queues it to its last event.
 *
 * After fork a handle exists in the parent only; in the child every call answers -EINVAL. Wrong handles
 * are answered with -EINVAL here, and not reported through akit_misuse_handler.
 */
#ifndef ALLOCKIT_IO_H
#define ALLOCKIT_IO_H

#include <allockit/base.h>
#include <allockit/uring.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akit_io akit_io;

/* Config field flags. */
#define AKIT_IO_NO_MULTISHOT 1u /* receives and accepts that go on are armed again after each event, as on
                                   kernels that do not do that by themselves (before 6.0 and 5.19) */

/* Config fields single_issuer, sqpoll, defer_taskrun. */
#define AKIT_IO_DEFAULT 0u
#define AKIT_IO_YES     1u /* where the kernel has it; akit_io_config_get tells what came of it */
#define AKIT_IO_NO      2u

/* Event flags. */
#define AKIT_IO_EVENT_MORE   1u /* further events of this request follow: an accept or a receive that goes
                                   on. Without it this event is the request's last */
#define AKIT_IO_EVENT_BUFFER 2u /* `buffer` and `group` are set */
#define AKIT_IO_EVENT_FIXED  4u /* a read or write that used registered memory */

/* Configuration. Zero in any field but struct_size is the default. */
typedef struct akit_io_config {
    uint64_t struct_size;   /* bytes; AKIT_IO_CONFIG_INIT and config_init set it */
    uint64_t flags;         /* AKIT_IO_NO_MULTISHOT */
    const char *name;       /* label of the registration in the statistics; 1 to 63 of A-Z a-z 0-9 . _ - ;
                               NULL: none. Copied */
    uint64_t memlock_bytes; /* as akit_uring_config.memlock_bytes */
    uint32_t entries;       /* requests that can be queued between two submits, 1 to 32768; the kernel
                               rounds up to a power of two. 0: 256. Any number may be in flight */
    uint32_t single_issuer; /* YES: only the thread that made the handle may use it, and the kernel relies
                               on that; Go then needs runtime.LockOSThread. 0: NO */
    uint32_t defer_taskrun; /* YES, only with single_issuer: completions are worked on only in
                               akit_io_submit. 0: as single_issuer, without sqpoll */
    uint32_t sqpoll;        /* YES: a thread of the kernel fetches the requests; it spins for up to a
                               second when there are none. 0: NO */
    uint32_t slot_count;    /* slots of the table of fixed buffers, at most 16384. 0: 1024 */
    uint32_t reserved0;     /* 0 */
} akit_io_config;

#define AKIT_IO_CONFIG_INIT { sizeof(akit_io_config), 0, NULL, 0, 0, 0, 0, 0, 0, 0 }

/* Statistics of one handle. */
typedef struct akit_io_stats {
    uint64_t struct_size;    /* bytes; set by the caller */
    uint64_t entries;        /* config field entries in force */
    uint64_t queued;         /* requests that wait for akit_io_submit */
    uint64_t in_flight;      /* requests whose last event has not come, queued ones included */
    uint64_t starved;        /* of these, receives that wait for a buffer of their group */
    uint64_t events_ready;   /* events that akit_io_take can deliver */
    uint64_t requests_total; /* requests that were queued */
    uint64_t fixed_total;    /* of these, reads and writes that used registered memory */
    uint64_t submits_total;  /* times the kernel was entered to send or to wait */
    uint64_t full_total;     /* times a request found the queue full */
    uint64_t events_total;   /* events delivered by akit_io_take */
    uint64_t enobufs_total;  /* times a receive found its group dry */
    uint64_t rearms_total;   /* times a receive or an accept was armed again */
    uint64_t drained_total;  /* areas of removed memory that the kernel was done with */
} akit_io_stats;

#define AKIT_IO_STATS_INIT { sizeof(akit_io_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Answer to a request. The layout is final: it has no struct_size. */
typedef struct akit_io_event {
    uint64_t user_data;      /* as given with the request */
    int32_t res;             /* as of the system call: bytes, a descriptor, or -errno */
    uint32_t flags;          /* AKIT_IO_EVENT_... */
    void *buffer;            /* group receive: the buffer with `res` bytes; else NULL */
    akit_uring_group *group; /* where it goes back: akit_uring_group_put(group, buffer) */
} akit_io_event;

/* Make `cfg` the default configuration: `size`, which is sizeof *cfg, bytes of zero, then
 * struct_size.
 * Ownership: the struct stays the caller's.  Threads: any thread.
 * Errors: -EINVAL for a NULL `cfg` or a size that no version of the struct has.  Since: 0.1 */
AKIT_API int akit_io_config_init(akit_io_config *cfg, size_t size);

/* Make an io_uring, with a table of fixed buffers that is empty. `cfg` may be NULL: all defaults. What
 * the kernel has not, of single_issuer, defer_taskrun and sqpoll, is left out.
 * Ownership: *out belongs to the caller, who ends it with akit_io_destroy; on error it is set to
 * NULL. Nothing of `cfg` is referred to later.
 * Threads: any thread; with single_issuer it becomes the handle's own.
 * Errors: -EINVAL for a NULL `out`, a bad struct_size or a value that makes no sense (defer_taskrun
 * without single_issuer or with sqpoll); -E2BIG for a non-zero field from a newer version; -EPERM when
 * io_uring is forbidden (seccomp, kernel.io_uring_disabled), -ENOSYS when the kernel has none; -ENOMEM,
 * also for locked memory; -EMFILE; -EAGAIN with 7168 handles.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT int akit_io_create(const akit_io_config *cfg, akit_io **out);

/* End it. All requests are cancelled, and the call returns when the kernel uses none of their memory
 * any more. Events that were not taken are dropped: their buffers go back to the groups, and
 * connections that were accepted are closed. Registered memory is unpinned. With AKIT_DESTROY_NOW
 * nothing is cancelled or waited for: the caller vouches that no request is in flight, or that the
 * process ends. Groups are ended before or after with akit_uring_group_destroy. NULL is legal and
 * does nothing.
 * Ownership: consumes `io`, also on error.
 * Threads: as all calls, one at a time; with single_issuer the handle's own thread.
 * Errors: -EEXIST on another thread than the handle's own: then nothing was cancelled, and registered
 * memory stays pinned. -EINVAL for a stale handle, and for unknown flags, which are otherwise
 * ignored.  Since: 0.1 */
AKIT_API int akit_io_destroy(akit_io *io, uint32_t flags);

/* Read the configuration in force, with the defaults filled in.
 * Ownership: `out` is filled, struct_size must be set; out->name is borrowed from the handle.
 * Threads: one at a time.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_io_config_get(akit_io *io, akit_io_config *out);

/* Read the statistics.
 * Ownership: `out` is filled; struct_size must be set.  Threads: one at a time.
 * Errors: -EINVAL for a NULL or stale handle, a NULL `out` or a bad struct_size.  Since: 0.1 */
AKIT_API int akit_io_stats_get(akit_io *io, akit_io_stats *out);

/* The registration of this io_uring: add rings, pools and memory here, make groups, and call
 * akit_uring_sync. Tags of removed memory are answered by akit_io_submit and akit_io_take.
 * Ownership: borrowed, until akit_io_destroy; destroying it is not allowed.
 * Threads: one at a time.
 * Errors: NULL and EINVAL for a NULL or stale handle.  Since: 0.1 */
AKIT_API akit_uring *akit_io_registration(akit_io *io);

/* The descriptor of the io_uring, for poll or epoll: readable when the kernel has answered something.
 * Events that were fetched already do not show there: take until there are none, then wait.
 * Ownership: borrowed; it must not be closed.  Threads: one at a time.
 * Errors: -EINVAL for a NULL or stale handle.  Since: 0.1 */
AKIT_API int akit_io_fd(akit_io *io);

/* Queue a read of up to `length` bytes at `offset`; AKIT_NONE: at the file's position, as read(2). One
 * request reads 2,147,479,552 bytes at most, as read(2) does. When the memory is registered
 * (akit_uring_lookup), the fixed operation is used. What is queued must be submitted before
 * the akit_uring_sync that removes its memory.
 * Ownership: the memory is the kernel's until the event.
 * Threads: one at a time.
 * Errors: -EBUSY when the queue is full and the kernel takes nothing now: take events, then try again;
 * otherwise a full queue is submitted by the call itself. -ENOMEM; -EEXIST on another thread than the
 * handle's own (single_issuer; seen when the queue is submitted); -EINVAL for a NULL or stale handle.
 * What is wrong with the request itself is said by the event.  Since: 0.1 */
AKIT_API int akit_io_read(akit_io *io, int fd, void *p, size_t length, uint64_t offset,
                          uint64_t user_data);

/* Queue a write of up to `length` bytes at `offset`; AKIT_NONE: at the file's position, as write(2).
 * Ownership: the memory must stay as it is until the event.
 * Threads, Errors: as akit_io_read.  Since: 0.1 */
AKIT_API int akit_io_write(akit_io *io, int fd, const void *p, size_t length, uint64_t offset,
                           uint64_t user_data);

/* Queue a send; `flags` are MSG_... of send(2). A broken connection is an event with -EPIPE and no signal.
 * Ownership: the memory must stay as it is until the event.
 * Threads, Errors: as akit_io_read.  Since: 0.1 */
AKIT_API int akit_io_send(akit_io *io, int fd, const void *p, size_t length, uint32_t flags,
                          uint64_t user_data);

/* Queue a receive; `flags` are MSG_... of recv(2).
 * Ownership: the memory is the kernel's until the event.
 * Threads, Errors: as akit_io_read.  Since: 0.1 */
AKIT_API int akit_io_recv(akit_io *io, int fd, void *p, size_t length, uint32_t flags,
                          uint64_t user_data);

/* Queue a receive that goes on, into buffers of a group of this io_uring: one event for each buffer that
 * was filled, the last one with res 0 (the peer has closed, or an empty datagram) or an error. When the
 * group runs dry, that is no event: the receive waits, and is armed again when the group has buffers;
 * akit_io_submit refills the groups.
 * Ownership: a buffer is the caller's from akit_io_take to akit_uring_group_put. The group must not
 * be destroyed before the last event.
 * Threads: one at a time; buffers may be put back by any thread.
 * Errors: as akit_io_read, and -EINVAL for a NULL or stale group; -ENOSPC for more than 256 groups at
 * once.  Since: 0.1 */
AKIT_API int akit_io_recv_group(akit_io *io, int fd, akit_uring_group *group, uint32_t flags,
                                uint64_t user_data);

/* Queue an accept that goes on: one event for each connection, res is its descriptor; the last one has
 * an error. `flags` are SOCK_CLOEXEC and SOCK_NONBLOCK, as of accept4(2).
 * Ownership: the descriptors are the caller's when they are taken.
 * Threads, Errors: as akit_io_read.  Since: 0.1 */
AKIT_API int akit_io_accept(akit_io *io, int fd, uint32_t flags, uint64_t user_data);

/* Queue the end of all requests with this user_data. Returns how many were asked to end. Each still has
 * its last event: with -ECANCELED, or as it ended when it was too late. The search takes time in
 * proportion to the requests in flight.
 * Ownership: none.  Threads: one at a time.
 * Errors: -ENOENT when there is none; otherwise as akit_io_read.  Since: 0.1 */
AKIT_API int akit_io_cancel(akit_io *io, uint64_t user_data);

/* Send what is queued, refill the groups, and wait until `wait_for` events can be taken, for
 * `timeout_ns` at most; 0 does not wait, AKIT_NONE has no bound. It does not wait for what cannot come:
 * when fewer requests are in flight, it waits for these. Returns how many events can be taken; fewer
 * than `wait_for` is no error. A receive that waits for buffers which other threads put back is looked
 * at once a millisecond during the wait.
 * Ownership: none.  Threads: one at a time.
 * Errors: -EINTR when a signal came and no event can be taken; -EBUSY when events must be taken first;
 * -EAGAIN when the kernel has no memory for more requests now; -EEXIST on another thread than the
 * handle's own (single_issuer); -EINVAL for a NULL or stale handle, and for `wait_for` above twice
 * the entries.  Since: 0.1 */
AKIT_API int akit_io_submit(akit_io *io, uint32_t wait_for, uint64_t timeout_ns);

/* Take up to `n` events, oldest first. Returns how many. It does not wait, and does not enter the kernel.
 * Ownership: `events` is filled; buffers and descriptors in them are the caller's.
 * Threads: one at a time.
 * Errors: 0 for a NULL or stale handle or a NULL `events`.  Since: 0.1 */
AKIT_API AKIT_USE_RESULT size_t akit_io_take(akit_io *io, akit_io_event *events, size_t n);

#ifdef __cplusplus
}
#endif

#endif
