/* A program with a liburing ring of its own: a file into a fixed buffer, and a socket into a group. Also C++. */
#include <allockit.h>
#include <allockit/liburing.h>

#include "check.h"

static struct io_uring ring;

static struct io_uring_cqe completion(void)
{
    struct io_uring_cqe *cqe = NULL, copy;
    must(io_uring_submit_and_wait(&ring, 1) >= 0 && io_uring_peek_cqe(&ring, &cqe) == 0, "a completion");
    memcpy(&copy, cqe, sizeof copy);
    io_uring_cqe_seen(&ring, cqe);
    return copy;
}

static void receive_into_a_group(akit_uring *registration, akit_pool *pool)
{
    akit_uring_group_config cfg = AKIT_URING_GROUP_CONFIG_INIT;
    akit_uring_group *group = NULL;
    int ends[2];
    cfg.pool = pool;
    cfg.group_id = 5;
    if (akit_uring_group_create(registration, &cfg, &group) < 0)
        return; /* before Linux 5.19 */
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && akit_uring_group_refill(group) > 0, "a group");
    akit_prep_recv_group(io_uring_get_sqe(&ring), ends[0], 5, 0);
    must(io_uring_submit(&ring) == 1 && send(ends[1], "hello", 5, 0) == 5, "the message");
    struct io_uring_cqe cqe = completion();
    void *p = NULL;
    size_t length = 0;
    must(akit_uring_group_take(group, cqe.res, cqe.flags, &p, &length) == 1, "the buffer");
    must(length == 5 && memcmp(p, "hello", 5) == 0, "the message that came");
    must(akit_uring_group_put(group, p) == 0, "putting the buffer back");
    close(ends[1]);
    cqe = completion();
    must(cqe.res == 0 && !(cqe.flags & IORING_CQE_F_MORE), "the end of the stream");
    must(akit_uring_group_destroy(group, 0) == 0, "the end of the group");
    close(ends[0]);
}

int main(void)
{
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    akit_uring *registration = NULL;
    akit_pool *pool = NULL;
    int fd = known_file();
    may_be_forbidden(io_uring_queue_init(8, &ring, 0));
    cfg.ring_fd = ring.ring_fd;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    must(akit_uring_create(&cfg, &registration) == 0 && akit_pool_create(NULL, &pool) == 0, "the handles");
    void *buffer = akit_pool_get(pool, BYTES, NULL);
    must(akit_uring_add_pool(registration, pool) == 0, "adding the pool");
    akit_uring_sync(registration);

    memset(buffer, 0, BYTES);
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    int fixed = akit_prep_read(sqe, registration, fd, buffer, BYTES, 0) >= 0;
    must(fixed == (sqe->opcode == IORING_OP_READ_FIXED), "the operation");
    must(completion().res == (int)BYTES, "the read");
    must_be_known(buffer);
    akit_prep_write(io_uring_get_sqe(&ring), registration, fd, buffer, BYTES, BYTES);
    must(completion().res == (int)BYTES, "the write");
    char local[16];
    must(akit_prep_read(io_uring_get_sqe(&ring), registration, fd, local, 16, BYTES) < 0, "memory that is not registered");
    must(completion().res == 16 && memcmp(local, buffer, 16) == 0, "the plain read");
    receive_into_a_group(registration, pool);

    must(akit_uring_destroy(registration, 0) == 0, "the end of the registration");
    io_uring_queue_exit(&ring);
    akit_pool_put(pool, buffer);
    must(akit_pool_destroy(pool, 0) == 0, "the end of the pool");
    return verified(fixed);
}
