/* Sockets through liballockit_io: send and receive, accepts that go on, receives into groups. */
#include "io_kit.h"

#include <netinet/in.h>

static int listener(struct sockaddr_in *where)
{
    socklen_t size = sizeof *where;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        SKIP("no TCP here: %s", strerror(errno));
    memset(where, 0, sizeof *where);
    where->sin_family = AF_INET;
    where->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)where, sizeof *where) != 0 || listen(fd, 64) != 0)
        SKIP("no loopback here: %s", strerror(errno));
    CHECK_INT(getsockname(fd, (struct sockaddr *)where, &size), 0);
    return fd;
}

static int connection(const struct sockaddr_in *where)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_AT_LEAST(fd, 0);
    CHECK_INT(connect(fd, (const struct sockaddr *)where, sizeof *where), 0);
    return fd;
}

CASE(io_send_and_receive)
{
    akit_io *io = new_io();
    int ends[2];
    char b[100];
    pair(ends, SOCK_STREAM);
    CHECK_INT(akit_io_send(io, ends[0], "hello", 5, 0, 1), 0);
    CHECK_INT(event_of(io, 1).res, 5);
    CHECK_INT(akit_io_recv(io, ends[1], b, 100, MSG_PEEK, 2), 0);
    CHECK_INT(event_of(io, 2).res, 5);
    CHECK_INT(akit_io_recv(io, ends[1], b, 3, 0, 3), 0);
    CHECK_INT(event_of(io, 3).res, 3);
    CHECK_INT(akit_io_recv(io, ends[1], b + 3, 97, 0, 4), 0);
    CHECK_INT(event_of(io, 4).res, 2);
    CHECK(memcmp(b, "hello", 5) == 0);
    close(ends[1]);
    CHECK_INT(akit_io_recv(io, ends[0], b, 100, 0, 5), 0);
    CHECK_INT(event_of(io, 5).res, 0);
    CHECK_INT(akit_io_send(io, ends[0], "x", 1, 0, 6), 0);
    CHECK_INT(event_of(io, 6).res, -EPIPE);
    CHECK_INT(akit_io_send(io, 0x7fffff, "x", 1, 0, 7), 0);
    CHECK_INT(event_of(io, 7).res, -EBADF);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
}

static void accepts(uint64_t flags)
{
    enum { MANY = 20 };
    akit_io *io = small_io(8, flags);
    struct sockaddr_in where;
    int fd = listener(&where), clients[MANY], seen[MANY];
    CHECK_INT(akit_io_accept(io, fd, SOCK_CLOEXEC, 5), 0);
    for (int i = 0; i < MANY; i++) {
        clients[i] = connection(&where);
        akit_io_event e = event_of(io, 5);
        CHECK_AT_LEAST(e.res, 0);
        CHECK_INT(e.flags, AKIT_IO_EVENT_MORE);
        CHECK_INT(fcntl(e.res, F_GETFD), FD_CLOEXEC);
        seen[i] = e.res;
    }
    CHECK_INT(io_stats_of(io).in_flight, 1);
    akit_io_submit(io, 0, 0);
    CHECK_INT(akit_io_cancel(io, 5), 1);
    akit_io_event e = event_of(io, 5);
    CHECK_INT(e.res, -ECANCELED);
    CHECK_INT(e.flags, 0);
    CHECK_INT(io_stats_of(io).in_flight, 0);
    if (flags)
        CHECK_AT_LEAST(io_stats_of(io).rearms_total, MANY - 1);
    CHECK_INT(akit_io_accept(io, clients[0], 0, 6), 0); /* that one does not listen */
    e = event_of(io, 6);
    CHECK_INT(e.res, -EINVAL);
    CHECK_INT(e.flags, 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    for (int i = 0; i < MANY; i++) {
        close(clients[i]);
        close(seen[i]);
    }
    close(fd);
}

CASE(io_accept_goes_on)
{
    accepts(0);
}

CASE(io_accept_is_armed_again_on_older_kernels)
{
    accepts(AKIT_IO_NO_MULTISHOT);
}

/* `senders` streams into one group of `entries` buffers; every byte of each arrives, in its order. */
static void streams(uint64_t flags, int tcp, int senders, uint32_t entries, size_t each)
{
    enum { MOST = 40 };
    akit_io *io = small_io(32, flags);
    akit_pool *pool = pool_of(2048);
    akit_uring_group *group = new_group(io, pool, 3, entries);
    struct sockaddr_in where;
    int listening = tcp ? listener(&where) : -1;
    struct {
        int in, out;
        size_t sent, received;
        int ended;
    } s[MOST];
    for (int i = 0; i < senders; i++) {
        int ends[2];
        if (tcp) {
            ends[1] = connection(&where);
            ends[0] = accept(listening, NULL, NULL);
            CHECK_AT_LEAST(ends[0], 0);
        } else {
            pair(ends, SOCK_STREAM);
        }
        CHECK_INT(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
        s[i].in = ends[0], s[i].out = ends[1];
        s[i].sent = s[i].received = 0, s[i].ended = 0;
        CHECK_INT(akit_io_recv_group(io, ends[0], group, 0, (uint64_t)i), 0);
    }
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    uint64_t random = 7;
    int ended = 0;
    while (ended < senders) {
        for (int i = 0; i < senders; i++) {
            unsigned char part[5000];
            size_t n = 1 + random_word(&random) % sizeof part;
            if (n > each - s[i].sent)
                n = each - s[i].sent;
            fill_stream(part, n, (uint64_t)i, s[i].sent);
            ssize_t w = n ? send(s[i].out, part, n, MSG_NOSIGNAL) : 0;
            CHECK(w >= 0 || errno == EAGAIN);
            s[i].sent += w > 0 ? (size_t)w : 0;
            if (n && s[i].sent == each)
                shutdown(s[i].out, SHUT_WR);
        }
        akit_io_event e[8];
        CHECK_AT_LEAST(akit_io_submit(io, 1, SOON), 1);
        size_t n = akit_io_take(io, e, 8);
        CHECK_AT_LEAST(n, 1);
        for (size_t k = 0; k < n; k++) {
            uint64_t i = e[k].user_data;
            CHECK(i < (uint64_t)senders && !s[i].ended);
            if (e[k].res == 0) {
                CHECK_INT(e[k].flags, 0);
                s[i].ended = 1;
                ended++;
                continue;
            }
            CHECK(e[k].res > 0 && e[k].res <= 2048);
            CHECK_INT(e[k].flags, AKIT_IO_EVENT_MORE | AKIT_IO_EVENT_BUFFER);
            CHECK(e[k].group == group);
            CHECK(is_stream(e[k].buffer, (size_t)e[k].res, i, s[i].received));
            s[i].received += (size_t)e[k].res;
            put_back(e[k]);
        }
    }
    for (int i = 0; i < senders; i++) {
        CHECK_INT(s[i].received, each);
        close(s[i].in);
        close(s[i].out);
    }
    if (listening >= 0)
        close(listening);
    akit_io_stats st = io_stats_of(io);
    CHECK_INT(st.in_flight, 0);
    CHECK_INT(st.starved, 0);
    CHECK_INT(st.enobufs_total, group_stats_of(group).enobufs_total);
    CHECK_INT(group_stats_of(group).buffers_out, 0);
    if (entries == 1 && senders > 1)
        CHECK_AT_LEAST(st.enobufs_total, 1);
    CHECK_INT(akit_uring_group_destroy(group, 0), 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(pool_stats_of(pool).out_buffers, 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
}

CASE(io_group_receives_a_stream)
{
    streams(0, 0, 1, 64, 300000);
}

CASE(io_group_receives_many_streams)
{
    streams(0, 0, 20, 64, 60000);
}

CASE(io_group_receives_over_tcp)
{
    streams(0, 1, 20, 64, 60000);
}

CASE(io_group_of_one_buffer)
{
    streams(0, 0, 1, 1, 60000);
}

CASE(io_group_of_one_buffer_for_many)
{
    streams(0, 0, 12, 1, 20000);
}

CASE(io_group_of_one_buffer_for_many_over_tcp)
{
    streams(0, 1, 12, 1, 20000);
}

CASE(io_group_receives_on_older_kernels)
{
    streams(AKIT_IO_NO_MULTISHOT, 0, 12, 16, 30000);
}

CASE(io_group_of_one_buffer_on_older_kernels)
{
    streams(AKIT_IO_NO_MULTISHOT, 1, 12, 1, 10000);
}

/* All buffers are with the caller: the receive waits, is no event, and goes on when one comes back. */
CASE(io_starved_receive_waits_for_a_buffer)
{
    akit_io *io = new_io();
    akit_pool *pool = pool_of(2048);
    akit_uring_group *group = new_group(io, pool, 0, 1);
    int ends[2], other[2];
    char b;
    pair(ends, SOCK_STREAM);
    pair(other, SOCK_STREAM);
    CHECK_INT(akit_pool_destroy(pool, 0), 0); /* nothing new: the published buffers are all there are */
    CHECK_INT(akit_io_recv_group(io, ends[0], group, 0, 1), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 1); /* the pool has ended before a buffer was published */
    akit_io_event e;
    CHECK_INT(akit_io_take(io, &e, 1), 1);
    CHECK_INT(e.res, -ESHUTDOWN);
    CHECK_INT(e.flags, 0);
    CHECK_INT(akit_uring_group_destroy(group, 0), 0);

    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    uint64_t classes = 2048;
    cfg.class_bytes = &classes;
    cfg.class_count = 1;
    cfg.exhaust_mode = AKIT_EXHAUST_FAIL;
    pool = new_pool_with(&cfg);
    CHECK_INT(akit_pool_warm(pool, 2048, 1), 0);
    group = new_group(io, pool, 0, 8);
    void *held[4096]; /* whatever else the warm-up made */
    size_t holding = 0;
    while (holding < 4096 && (held[holding] = akit_pool_get(pool, 2048, NULL)) != NULL)
        holding++;
    CHECK(holding >= 1 && holding < 4096);
    CHECK_INT(akit_pool_put(pool, held[--holding]), 0);
    CHECK_INT(akit_io_recv_group(io, ends[0], group, 0, 1), 0);
    CHECK_INT(akit_io_recv(io, other[0], &b, 1, 0, 2), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    CHECK_INT(send(ends[1], "one", 3, 0), 3);
    akit_io_event first = event_of(io, 1);
    CHECK_INT(first.res, 3);
    CHECK_INT(send(ends[1], "two", 3, 0), 3);
    no_event(io);
    CHECK_INT(io_stats_of(io).starved, 1);
    CHECK_INT(io_stats_of(io).in_flight, 2);
    CHECK_AT_LEAST(io_stats_of(io).enobufs_total, 1);
    CHECK_INT(send(other[1], "x", 1, 0), 1); /* others are not held up */
    CHECK_INT(event_of(io, 2).res, 1);
    CHECK(memcmp(first.buffer, "one", 3) == 0);
    put_back(first);
    akit_io_event second = event_of(io, 1);
    CHECK_INT(second.res, 3);
    CHECK(memcmp(second.buffer, "two", 3) == 0);
    no_event(io);
    CHECK_INT(send(ends[1], "three", 5, 0), 5);
    no_event(io);
    CHECK_INT(io_stats_of(io).starved, 1);
    CHECK_INT(akit_io_cancel(io, 1), 1); /* a starved one can be cancelled, too */
    akit_io_event last = event_of(io, 1);
    CHECK_INT(last.res, -ECANCELED);
    CHECK_INT(last.flags, 0);
    put_back(second);
    CHECK_INT(io_stats_of(io).in_flight, 0);
    CHECK_INT(akit_uring_group_destroy(group, 0), 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    while (holding > 0)
        CHECK_INT(akit_pool_put(pool, held[--holding]), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(other[i]);
    }
}

CASE(io_group_errors)
{
    akit_io *io = new_io();
    akit_pool *pool = pool_of(2048);
    akit_uring_group *group = new_group(io, pool, 9, 4);
    CHECK_INT(akit_io_recv_group(io, -1, group, 0, 1), 0);
    akit_io_event e = event_of(io, 1);
    CHECK_INT(e.res, -EBADF);
    CHECK_INT(e.flags, 0);
    CHECK_INT(akit_uring_group_destroy(group, 0), 0);
    CHECK_INT(akit_io_recv_group(io, 0, group, 0, 1), -EINVAL);
    CHECK_INT(io_stats_of(io).in_flight, 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
}
