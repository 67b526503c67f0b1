/* Random sends, receives, group receives and cancels against a model: every request has exactly one last event, and
 * every byte arrives once, whoever received it. */
#include "io_kit.h"

enum { LINES = 6, MOST = 64 };

enum { IDLE, SENDING, RECEIVING, GROUP };

typedef struct {
    int kind, line, cancelled;
    size_t length;
    unsigned char bytes[512];
} request;

static struct {
    int ends[2];
    uint64_t sent, received; /* bytes */
    int sending, has_group;
} line[LINES];
static uint64_t sum_sent, sum_received;
static request use[MOST];
static int in_flight;

static void sum(uint64_t *total, const unsigned char *b, size_t n)
{
    while (n-- > 0)
        *total += b[n] + 1u;
}

static void answered(akit_io_event e)
{
    CHECK(e.user_data < MOST);
    request *r = &use[e.user_data];
    CHECK(r->kind != IDLE);
    int more = (e.flags & AKIT_IO_EVENT_MORE) != 0;
    CHECK(!more || (r->kind == GROUP && e.res > 0));
    CHECK_INT((e.flags & AKIT_IO_EVENT_BUFFER) != 0, r->kind == GROUP && e.res > 0);
    if (e.res < 0) {
        CHECK_INT(e.res, -ECANCELED);
        CHECK(r->cancelled);
    } else if (r->kind == SENDING) {
        CHECK_AT_MOST(e.res, r->length);
        sum(&sum_sent, r->bytes, (size_t)e.res);
        line[r->line].sent += (uint64_t)e.res;
    } else {
        CHECK(e.res > 0);
        if (r->kind == RECEIVING)
            CHECK_AT_MOST(e.res, r->length);
        sum(&sum_received, r->kind == GROUP ? (const unsigned char *)e.buffer : r->bytes, (size_t)e.res);
        line[r->line].received += (uint64_t)e.res;
    }
    if (e.flags & AKIT_IO_EVENT_BUFFER)
        put_back(e);
    if (more)
        return;
    if (r->kind == SENDING)
        line[r->line].sending = 0;
    if (r->kind == GROUP)
        line[r->line].has_group = 0;
    r->kind = IDLE;
    in_flight--;
}

static void take_all(akit_io *io, uint32_t wait_for)
{
    akit_io_event e[7];
    CHECK_AT_LEAST(akit_io_submit(io, wait_for, SHORT / 10), 0);
    for (size_t n; (n = akit_io_take(io, e, 7)) > 0;)
        for (size_t k = 0; k < n; k++)
            answered(e[k]);
}

static void start(akit_io *io, akit_uring_group *group, uint64_t *random, uint64_t i)
{
    request *r = &use[i];
    int l = (int)(random_word(random) % LINES), kind = (int)(1 + random_word(random) % 3);
    if ((kind == SENDING && line[l].sending) || (kind == GROUP && line[l].has_group))
        return;
    r->line = l, r->cancelled = 0, r->length = 1 + random_word(random) % sizeof r->bytes;
    if (kind == SENDING) {
        for (size_t k = 0; k < r->length; k++)
            r->bytes[k] = (unsigned char)random_word(random);
        CHECK_INT(akit_io_send(io, line[l].ends[0], r->bytes, r->length, 0, i), 0);
        line[l].sending = 1;
    } else if (kind == RECEIVING) {
        CHECK_INT(akit_io_recv(io, line[l].ends[1], r->bytes, r->length, 0, i), 0);
    } else {
        CHECK_INT(akit_io_recv_group(io, line[l].ends[1], group, 0, i), 0);
        line[l].has_group = 1;
    }
    r->kind = kind;
    in_flight++;
}

static void random_requests(uint64_t seed, uint64_t flags, uint32_t entries)
{
    akit_io *io = small_io(4, flags);
    akit_pool *pool = pool_of(256);
    akit_uring_group *group = new_group(io, pool, 1, entries);
    memset(line, 0, sizeof line);
    memset(use, 0, sizeof use);
    sum_sent = sum_received = 0;
    in_flight = 0;
    for (int l = 0; l < LINES; l++)
        pair(line[l].ends, SOCK_STREAM);
    uint64_t random = seed;
    for (int step = 0; step < 4000; step++) {
        uint64_t i = random_word(&random) % MOST;
        if (use[i].kind == IDLE) {
            start(io, group, &random, i);
        } else if (random_word(&random) % 4 == 0) {
            int rc = akit_io_cancel(io, i);
            CHECK_INT(rc, use[i].cancelled ? -ENOENT : 1);
            use[i].cancelled = 1;
        }
        if (random_word(&random) % 3 == 0)
            take_all(io, 0);
        akit_io_stats st = io_stats_of(io); /* a request whose last event waits to be taken is in flight no more */
        CHECK_AT_MOST(st.in_flight, in_flight);
        CHECK_AT_LEAST(st.in_flight + st.events_ready, in_flight);
    }
    for (uint64_t i = 0; i < MOST; i++) /* what is left is cancelled, group receives last */
        if (use[i].kind != IDLE && use[i].kind != GROUP && !use[i].cancelled) {
            use[i].cancelled = 1;
            akit_io_cancel(io, i);
        }
    for (int turn = 0; turn < 1000 && in_flight > 0; turn++) {
        take_all(io, 1);
        for (uint64_t i = 0; i < MOST && turn == 20; i++)
            if (use[i].kind == GROUP && !use[i].cancelled) {
                use[i].cancelled = 1;
                akit_io_cancel(io, i);
            }
    }
    CHECK_INT(in_flight, 0);
    for (int l = 0; l < LINES; l++) { /* the rest is still in the socket */
        unsigned char b[4096];
        ssize_t n;
        while ((n = recv(line[l].ends[1], b, sizeof b, MSG_DONTWAIT)) > 0) {
            sum(&sum_received, b, (size_t)n);
            line[l].received += (uint64_t)n;
        }
        CHECK_INT(line[l].received, line[l].sent);
        close(line[l].ends[0]);
        close(line[l].ends[1]);
    }
    CHECK_INT(sum_received, sum_sent);
    CHECK_INT(group_stats_of(group).buffers_out, 0);
    CHECK_INT(akit_uring_group_destroy(group, 0), 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(pool_stats_of(pool).out_buffers, 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
}

CASE(io_model)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        random_requests(seed, 0, 16);
}

CASE(io_model_with_one_buffer)
{
    for (uint64_t seed = 11; seed <= 15; seed++)
        random_requests(seed, 0, 1);
}

CASE(io_model_on_older_kernels)
{
    for (uint64_t seed = 21; seed <= 25; seed++)
        random_requests(seed, AKIT_IO_NO_MULTISHOT, 4);
}
