/* A program that knows the kernel's io_uring and no library but allockit: three system calls. */
#include <allockit.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "check.h"

int main(void)
{
    struct io_uring_params params;
    memset(&params, 0, sizeof params);
    int fd = known_file(), ring = (int)syscall(SYS_io_uring_setup, 4, &params);
    may_be_forbidden(ring);
    size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    if (size < params.sq_off.array + params.sq_entries * sizeof(unsigned))
        size = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    must(params.features & IORING_FEAT_SINGLE_MMAP, "one mapping for both queues");
    char *queues = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *sqe = mmap(NULL, params.sq_entries * sizeof *sqe, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                                    ring, IORING_OFF_SQES);
    must(queues != MAP_FAILED && (void *)sqe != MAP_FAILED, "the queues");

    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    akit_uring *registration;
    akit_pool *pool;
    cfg.ring_fd = ring;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    must(akit_uring_create(&cfg, &registration) == 0 && akit_pool_create(NULL, &pool) == 0, "the handles");
    void *buffer = akit_pool_get(pool, BYTES, NULL);
    must(akit_uring_add_pool(registration, pool) == 0, "adding the pool");
    akit_uring_sync(registration);

    int slot = akit_uring_lookup(registration, buffer, BYTES);
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = slot >= 0 ? IORING_OP_READ_FIXED : IORING_OP_READ;
    sqe->buf_index = slot >= 0 ? (unsigned short)slot : 0;
    sqe->fd = fd;
    sqe->addr = (unsigned long)buffer;
    sqe->len = BYTES;
    unsigned *array = (unsigned *)(void *)(queues + params.sq_off.array);
    unsigned *tail = (unsigned *)(void *)(queues + params.sq_off.tail);
    array[*tail & (params.sq_entries - 1)] = 0;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    must(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1, "sending the request");
    unsigned *head = (unsigned *)(void *)(queues + params.cq_off.head);
    struct io_uring_cqe *cqes = (struct io_uring_cqe *)(void *)(queues + params.cq_off.cqes);
    must(cqes[*head & (params.cq_entries - 1)].res == (int)BYTES, "the completion");
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
    must_be_known(buffer);

    must(akit_uring_destroy(registration, 0) == 0, "the end of the registration");
    close(ring);
    akit_pool_put(pool, buffer);
    must(akit_pool_destroy(pool, 0) == 0, "the end of the pool");
    return verified(slot >= 0);
}
