/* The end of a handle with requests in flight, events that nobody took, and memory that is registered. */
#include "io_kit.h"

#include <netinet/in.h>

/* When destroy has returned, the kernel writes into none of the buffers any more. */
static void ends_in_flight(uint32_t single_issuer, size_t requests, int sent)
{
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    cfg.entries = 8;
    cfg.single_issuer = single_issuer;
    akit_io *io = new_io_with(&cfg);
    int ends[2];
    static char b[2000];
    pair(ends, SOCK_STREAM);
    memset(b, 0, sizeof b);
    for (size_t i = 0; i < requests; i++)
        CHECK_INT(akit_io_recv(io, ends[0], b + i, 1, 0, 1), 0);
    if (sent)
        CHECK_INT(akit_io_submit(io, 0, 0), 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(send(ends[1], "xxxxxxxxxx", 10, 0), 10);
    for (size_t i = 0; i < requests; i++)
        CHECK_INT(b[i], 0);
    char got[20];
    CHECK_INT(recv(ends[0], got, sizeof got, 0), 10);
    close(ends[0]);
    close(ends[1]);
}

CASE(io_ends_with_requests_in_flight)
{
    ends_in_flight(0, 1, 1);
    ends_in_flight(0, 5, 1);
    ends_in_flight(0, 2000, 1);
    ends_in_flight(AKIT_IO_YES, 5, 1);
    ends_in_flight(AKIT_IO_YES, 2000, 1);
}

CASE(io_what_was_not_sent_does_not_happen)
{
    ends_in_flight(0, 5, 0);
    ends_in_flight(AKIT_IO_YES, 5, 0);
    akit_io *io = new_io();
    int fd = temporary_file(0);
    CHECK_INT(akit_io_write(io, fd, "abc", 3, 0, 1), 0);
    CHECK_INT(akit_io_accept(io, fd, 0, 2), 0);
    int zero_is_open = fcntl(0, F_GETFD) >= 0;
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(fcntl(0, F_GETFD) >= 0, zero_is_open); /* the answer of an accept that never was is no descriptor */
    CHECK_INT(lseek(fd, 0, SEEK_END), 0);
    io = new_io();
    CHECK_INT(akit_io_write(io, fd, "abc", 3, 0, 1), 0);
    CHECK_INT(akit_io_destroy(io, AKIT_DESTROY_NOW), 0);
    CHECK_INT(lseek(fd, 0, SEEK_END), 0);
    close(fd);
}

CASE(io_buffers_of_events_that_nobody_took)
{
    akit_io *io = new_io();
    akit_pool *pool = pool_of(2048);
    akit_uring_group *group = new_group(io, pool, 1, 8);
    int ends[2];
    pair(ends, SOCK_DGRAM);
    CHECK_INT(akit_io_recv_group(io, ends[0], group, 0, 1), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(send(ends[1], "abc", 3, 0), 3);
    CHECK_INT(akit_io_submit(io, 3, SOON), 3);
    akit_io_event e;
    CHECK_INT(akit_io_take(io, &e, 1), 1);
    CHECK_INT(group_stats_of(group).buffers_out, 3);
    for (int i = 0; i < 2; i++)
        CHECK_INT(send(ends[1], "def", 3, 0), 3); /* and two that were not even fetched */
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(group_stats_of(group).buffers_out, 1);
    CHECK(e.res == 3 && memcmp(e.buffer, "abc", 3) == 0);
    put_back(e);
    CHECK_INT(akit_uring_group_destroy(group, 0), 0);
    CHECK_INT(pool_stats_of(pool).out_buffers, 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

static void connections_nobody_took(uint32_t flags)
{
    akit_io *io = new_io();
    struct sockaddr_in where;
    socklen_t size = sizeof where;
    memset(&where, 0, sizeof where);
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), clients[3];
    if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof where) != 0 || listen(fd, 8) != 0)
        SKIP("no loopback here: %s", strerror(errno));
    CHECK_INT(getsockname(fd, (struct sockaddr *)&where, &size), 0);
    CHECK_INT(akit_io_accept(io, fd, 0, 1), 0);
    for (int i = 0; i < 3; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        CHECK_INT(connect(clients[i], (struct sockaddr *)&where, sizeof where), 0);
    }
    int before = open_descriptors();
    CHECK_INT(akit_io_submit(io, 3, SOON), 3);
    CHECK_INT(open_descriptors(), before + 3);
    akit_io_event e;
    CHECK_INT(akit_io_take(io, &e, 1), 1);
    int ring = akit_io_fd(io);
    CHECK_AT_LEAST(ring, 0);
    CHECK_INT(akit_io_destroy(io, flags), 0);
    CHECK(fcntl(ring, F_GETFD) < 0);
    CHECK_INT(fcntl(e.res, F_GETFD), 0); /* the one that was taken is the caller's */
    char b;
    int closed = 0;
    for (int i = 0; i < 3; i++)
        closed += recv(clients[i], &b, 1, MSG_DONTWAIT) == 0;
    CHECK_INT(closed, 2);
    close(e.res);
    for (int i = 0; i < 3; i++)
        close(clients[i]);
    close(fd);
}

CASE(io_connections_that_nobody_took)
{
    connections_nobody_took(0);
}

CASE(io_ends_while_memory_is_registered)
{
    for (int round = 0; round < 2; round++) {
        akit_io *io = new_io();
        akit_pool *pool = new_pool();
        int ends[2];
        CHECK_INT(pipe(ends), 0);
        void *p = akit_pool_get(pool, 65536, NULL);
        CHECK_INT(akit_uring_add_pool(akit_io_registration(io), pool), 0);
        CHECK_AT_LEAST(akit_uring_sync(akit_io_registration(io)), -ENOMEM);
        CHECK_INT(akit_io_read(io, ends[0], p, 65536, AKIT_NONE, 1), 0);
        CHECK_INT(akit_io_submit(io, 0, 0), 0);
        if (round == 0) {
            CHECK_INT(akit_io_destroy(io, 0), 0);
            CHECK_INT(pool_stats_of(pool).pinned_bytes, 0);
            CHECK_INT(akit_pool_put(pool, p), 0);
            CHECK_INT(akit_pool_destroy(pool, 0), 0);
        } else { /* the pool goes first: its memory stays until the handle has ended */
            CHECK_INT(akit_pool_put(pool, p), 0);
            CHECK_INT(akit_pool_destroy(pool, 0), 0);
            CHECK_INT(akit_io_destroy(io, 0), 0);
        }
        CHECK_INT(write(ends[1], "x", 1), 1);
        close(ends[0]);
        close(ends[1]);
    }
}

CASE(io_many_handles)
{
    enum { MANY = 40 };
    akit_io *io[MANY];
    int ends[2];
    char b[MANY];
    pair(ends, SOCK_DGRAM);
    for (int i = 0; i < MANY; i++) {
        io[i] = small_io(2, 0);
        CHECK_INT(akit_io_recv(io[i], ends[0], b + i, 1, 0, (uint64_t)i), 0);
        CHECK_INT(akit_io_submit(io[i], 0, 0), 0);
    }
    for (int i = 0; i < MANY; i++)
        CHECK_INT(send(ends[1], "x", 1, 0), 1);
    for (int i = MANY - 1; i >= 0; i--) {
        CHECK_INT(event_of(io[i], (uint64_t)i).res, 1);
        CHECK_INT(akit_io_destroy(io[i], 0), 0);
    }
    close(ends[0]);
    close(ends[1]);
}
