/*
 * allockit/liburing.h - for programs that use liburing themselves. Opt-in, and inline: nothing of it is
 * in the library. Include it instead of, or after, <liburing.h>; it needs liburing 2.3 or newer.
 *
 *     struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
 *     akit_prep_read(sqe, registration, fd, buffer, length, offset);
 *     io_uring_sqe_set_data64(sqe, 42);
 */
#ifndef ALLOCKIT_LIBURING_H
#define ALLOCKIT_LIBURING_H

#include <allockit/uring.h>
#include <liburing.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Prepare a read: the fixed form when akit_uring_lookup finds the memory, the plain one otherwise.
 * `offset` as of io_uring_prep_read. Returns the slot, or a negative number for the plain form.
 * Ownership: the memory is the kernel's until the completion.
 * Threads: as `sqe`.  Errors: none; a NULL `h` gives the plain form.  Since: 0.1 */
static inline int akit_prep_read(struct io_uring_sqe *sqe, akit_uring *h, int fd, void *p,
                                 unsigned length, uint64_t offset)
{
    const int slot = h ? akit_uring_lookup(h, p, length) : -1;
    if (slot >= 0)
        io_uring_prep_read_fixed(sqe, fd, p, length, offset, slot);
    else
        io_uring_prep_read(sqe, fd, p, length, offset);
    return slot;
}

/* Prepare a write, as akit_prep_read.
 * Ownership: the memory must stay as it is until the completion.
 * Threads: as `sqe`.  Errors: none; a NULL `h` gives the plain form.  Since: 0.1 */
static inline int akit_prep_write(struct io_uring_sqe *sqe, akit_uring *h, int fd, const void *p,
                                  unsigned length, uint64_t offset)
{
    const int slot = h ? akit_uring_lookup(h, p, length) : -1;
    if (slot >= 0)
        io_uring_prep_write_fixed(sqe, fd, p, length, offset, slot);
    else
        io_uring_prep_write(sqe, fd, p, length, offset);
    return slot;
}

/* Prepare a receive that goes on, into buffers of the group with this number; each completion is for
 * akit_uring_group_take. When it ends with -ENOBUFS, refill the group and prepare it again. Needs Linux
 * 6.0.
 * Ownership: none.  Threads: as `sqe`.  Errors: none.  Since: 0.1 */
static inline void akit_prep_recv_group(struct io_uring_sqe *sqe, int fd, uint16_t group_id, int flags)
{
    io_uring_prep_recv_multishot(sqe, fd, NULL, 0, flags);
    io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
    sqe->buf_group = group_id;
}

#ifdef __cplusplus
}
#endif

#endif
