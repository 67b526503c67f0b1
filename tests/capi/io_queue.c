/* The queue of liballockit_io: when it is full, what submit waits for, and cancelled requests. */
#include "io_kit.h"

#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

CASE(io_full_queue_submits_by_itself)
{
    enum { MANY = 1000 };
    akit_io *io = small_io(4, 0);
    int ends[2];
    static char b[MANY];
    pair(ends, SOCK_STREAM);
    for (uint64_t i = 0; i < MANY; i++)
        CHECK_INT(akit_io_recv(io, ends[0], b + i, 1, 0, i), 0);
    akit_io_stats st = io_stats_of(io);
    CHECK_INT(st.in_flight, MANY);
    CHECK_INT(st.full_total, MANY / 4 - 1);
    CHECK_AT_MOST(st.queued, 4);
    for (int i = 0; i < MANY; i++)
        CHECK_INT(send(ends[1], "x", 1, 0), 1);
    static unsigned char seen[MANY];
    for (int got = 0; got < MANY;) {
        akit_io_event e[16];
        CHECK_AT_LEAST(akit_io_submit(io, 1, SOON), 1);
        size_t n = akit_io_take(io, e, 16);
        CHECK_AT_LEAST(n, 1);
        for (size_t k = 0; k < n; k++, got++) {
            CHECK_INT(e[k].res, 1);
            CHECK(e[k].user_data < MANY && !seen[e[k].user_data]++);
        }
    }
    CHECK_INT(io_stats_of(io).in_flight, 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

/* Nothing takes events while many requests end: none is lost, although the kernel's own queue is short. */
CASE(io_events_wait_until_they_are_taken)
{
    enum { MANY = 500 };
    akit_io *io = small_io(2, 0);
    int fd = temporary_file(0);
    static unsigned char seen[MANY];
    char b[8];
    akit_io_event e;
    uint64_t queued = 0, got = 0;
    while (got < MANY) {
        int rc = queued < MANY ? akit_io_read(io, fd, b, 8, 0, queued) : -EBUSY;
        if (rc == 0) {
            queued++;
            continue;
        }
        CHECK_INT(rc, -EBUSY);
        int ready = akit_io_submit(io, 1, SOON);
        CHECK(ready >= 1 || ready == -EBUSY);
        CHECK_INT(akit_io_take(io, &e, 1), 1);
        CHECK_INT(e.res, 0);
        CHECK(e.user_data < MANY && !seen[e.user_data]++);
        got++;
    }
    CHECK_INT(akit_io_take(io, &e, 1), 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(fd);
}

CASE(io_submit_waits_for_as_many_as_asked)
{
    akit_io *io = small_io(8, 0);
    int ends[2];
    char b[4];
    akit_io_event e[8];
    pair(ends, SOCK_STREAM);
    CHECK_INT(akit_io_submit(io, 17, 0), -EINVAL);
    CHECK_INT(akit_io_submit(io, 16, AKIT_NONE), 0); /* nothing is in flight: no wait */
    for (uint64_t i = 0; i < 4; i++)
        CHECK_INT(akit_io_recv(io, ends[0], b + i, 1, 0, i), 0);
    CHECK_INT(akit_io_submit(io, 4, SHORT), 0);
    CHECK_INT(akit_io_submit(io, 4, 0), 0);
    CHECK_INT(send(ends[1], "ab", 2, 0), 2);
    CHECK_INT(akit_io_submit(io, 2, AKIT_NONE), 2);
    CHECK_INT(akit_io_submit(io, 3, SHORT), 2); /* fewer than asked is no error */
    CHECK_INT(send(ends[1], "cd", 2, 0), 2);
    CHECK_INT(akit_io_submit(io, 16, AKIT_NONE), 4); /* not for what cannot come */
    CHECK_INT(io_stats_of(io).events_ready, 4);
    CHECK_INT(akit_io_take(io, e, 3), 3);
    CHECK_INT(akit_io_take(io, e + 3, 5), 1);
    unsigned seen = 0, letters = 0;
    for (uint64_t i = 0; i < 4; i++) {
        CHECK(e[i].res == 1 && e[i].user_data < 4);
        seen |= 1u << e[i].user_data;
        letters |= 1u << (b[i] - 'a');
    }
    CHECK_INT(seen, 15);
    CHECK_INT(letters, 15);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

CASE(io_submit_waits_no_shorter_than_the_timeout)
{
    akit_io *io = new_io();
    int ends[2];
    char b;
    pair(ends, SOCK_STREAM);
    CHECK_INT(akit_io_recv(io, ends[0], &b, 1, 0, 1), 0);
    for (int i = 0; i < 2; i++) {
        uint64_t before = now_ns();
        CHECK_INT(akit_io_submit(io, 1, SHORT), 0);
        CHECK_AT_LEAST(now_ns() - before, SHORT);
    }
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

CASE(io_descriptor_can_be_polled)
{
    akit_io *io = new_io();
    int ends[2];
    char b;
    pair(ends, SOCK_STREAM);
    CHECK_INT(akit_io_recv(io, ends[0], &b, 1, 0, 1), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    struct pollfd p = {akit_io_fd(io), POLLIN, 0};
    CHECK_INT(poll(&p, 1, 20), 0);
    CHECK_INT(send(ends[1], "x", 1, 0), 1);
    CHECK_INT(poll(&p, 1, 20000), 1);
    akit_io_event e;
    CHECK_INT(akit_io_take(io, &e, 1), 1);
    CHECK(e.res == 1 && b == 'x');
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

static void nothing(int signal)
{
    (void)signal;
}

CASE(io_signal_ends_the_wait)
{
    akit_io *io = new_io();
    int ends[2];
    char b;
    pair(ends, SOCK_STREAM);
    struct sigaction act = {0}, old;
    act.sa_handler = nothing;
    CHECK_INT(sigaction(SIGALRM, &act, &old), 0);
    struct itimerval soon = {{0, 20000}, {0, 20000}};
    CHECK_INT(akit_io_recv(io, ends[0], &b, 1, 0, 1), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    int rc = akit_io_submit(io, 1, AKIT_NONE);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    sigaction(SIGALRM, &old, NULL);
    CHECK_INT(rc, -EINTR);
    CHECK_INT(send(ends[1], "x", 1, 0), 1);
    CHECK_INT(event_of(io, 1).res, 1);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

CASE(io_cancel_ends_all_with_that_number)
{
    akit_io *io = new_io();
    int ends[2];
    char b[4];
    pair(ends, SOCK_STREAM);
    CHECK_INT(akit_io_cancel(io, 7), -ENOENT);
    for (int i = 0; i < 4; i++)
        CHECK_INT(akit_io_recv(io, ends[0], b + i, 1, 0, i % 2 ? 7 : 8), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    CHECK_INT(akit_io_cancel(io, 9), -ENOENT);
    CHECK_INT(akit_io_cancel(io, 7), 2);
    CHECK_INT(akit_io_cancel(io, 7), -ENOENT); /* they were asked already */
    CHECK_INT(event_of(io, 7).res, -ECANCELED);
    CHECK_INT(event_of(io, 7).res, -ECANCELED);
    no_event(io);
    CHECK_INT(io_stats_of(io).in_flight, 2);
    CHECK_INT(send(ends[1], "ab", 2, 0), 2);
    CHECK_INT(event_of(io, 8).res, 1);
    CHECK_INT(event_of(io, 8).res, 1);
    CHECK_INT(akit_io_recv(io, ends[0], b, 1, 0, 7), 0); /* cancelled before it was sent */
    CHECK_INT(akit_io_cancel(io, 7), 1);
    CHECK_INT(event_of(io, 7).res, -ECANCELED);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

static void modes_work(uint32_t single_issuer, uint32_t sqpoll)
{
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    cfg.single_issuer = single_issuer;
    cfg.sqpoll = sqpoll;
    cfg.entries = 4;
    akit_io *io = new_io_with(&cfg);
    int ends[2];
    char b[8];
    pair(ends, SOCK_STREAM);
    for (uint64_t i = 0; i < 100; i++) {
        CHECK_INT(akit_io_recv(io, ends[0], b, 8, 0, i), 0);
        CHECK_INT(akit_io_send(io, ends[1], "xyz", 3, 0, 1000 + i), 0);
        akit_io_event e[2] = {next_event(io), next_event(io)};
        for (int k = 0; k < 2; k++)
            CHECK(e[k].res == 3 && (e[k].user_data == i || e[k].user_data == 1000 + i));
        CHECK(e[0].user_data != e[1].user_data && memcmp(b, "xyz", 3) == 0);
    }
    CHECK_INT(akit_io_recv(io, ends[0], b, 8, 0, 1), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    CHECK_INT(akit_io_cancel(io, 1), 1);
    CHECK_INT(event_of(io, 1).res, -ECANCELED);
    CHECK_INT(akit_io_recv(io, ends[0], b, 8, 0, 1), 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

CASE(io_single_issuer_works)
{
    modes_work(AKIT_IO_YES, 0);
}

CASE(io_sqpoll_works)
{
    modes_work(0, AKIT_IO_YES);
}

CASE(io_sqpoll_and_single_issuer_work)
{
    modes_work(AKIT_IO_YES, AKIT_IO_YES);
}
