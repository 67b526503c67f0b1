/* Groups of provided buffers on sockets: whole buffers of a pool that the kernel picks. */
#include "uring_raw.h"

#ifndef IORING_RECV_MULTISHOT
#define IORING_RECV_MULTISHOT (1U << 1)
#endif
#ifndef IOSQE_BUFFER_SELECT
#define IOSQE_BUFFER_SELECT (1U << 5)
#endif

enum { GROUP = 7, LENGTH = 2048 };

typedef struct {
    raw_ring r;
    akit_uring *h;
    akit_pool *pool;
    akit_uring_group *g;
    int fd[2];
} setup;

static akit_uring_group_stats group_stats_of(akit_uring_group *g)
{
    akit_uring_group_stats st = AKIT_URING_GROUP_STATS_INIT;
    CHECK_INT(akit_uring_group_stats_get(g, &st), 0);
    return st;
}

static uint64_t out_of(akit_pool *p)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    CHECK_INT(akit_pool_stats_get(p, &st), 0);
    return st.out_buffers;
}

static setup begin(uint32_t entries, uint32_t window_min, uint32_t window_max)
{
    setup s;
    akit_uring_group_config cfg = AKIT_URING_GROUP_CONFIG_INIT;
    s.r = raw_ring_with(0);
    s.h = new_uring(&s.r);
    s.pool = new_pool();
    cfg.pool = s.pool;
    cfg.buffer_bytes = LENGTH;
    cfg.group_id = GROUP;
    cfg.entries = entries;
    cfg.window_min = window_min;
    cfg.window_max = window_max;
    int rc = akit_uring_group_create(s.h, &cfg, &s.g);
    if (rc == -ENOSYS)
        SKIP("this kernel has no rings of provided buffers");
    CHECK_INT(rc, 0);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, s.fd), 0);
    return s;
}

static void end(setup *s)
{
    CHECK_INT(akit_uring_group_destroy(s->g, 0), 0);
    CHECK_INT(out_of(s->pool), 0);
    CHECK_INT(akit_uring_destroy(s->h, 0), 0);
    CHECK_INT(akit_pool_destroy(s->pool, 0), 0);
    raw_close(&s->r);
    close(s->fd[0]);
    close(s->fd[1]);
}

static void arm(setup *s, int multishot)
{
    struct io_uring_sqe *e = raw_sqe(&s->r, IORING_OP_RECV, s->fd[0], 1);
    e->flags = IOSQE_BUFFER_SELECT;
    e->buf_group = GROUP;
    e->ioprio = multishot ? IORING_RECV_MULTISHOT : 0;
    CHECK_INT(raw_enter(&s->r, 1, 0), 1);
}

static void send_pattern(setup *s, size_t n, uint64_t offset)
{
    unsigned char out[LENGTH];
    pattern_fill(out, n, offset, 5);
    CHECK_INT(write(s->fd[1], out, n), n);
}

static void *take(setup *s, raw_event e, size_t *length)
{
    void *p = NULL;
    CHECK_INT(akit_uring_group_take(s->g, e.res, e.flags, &p, length), 1);
    CHECK(p != NULL);
    return p;
}

CASE(data_comes_in_buffers_of_the_pool)
{
    setup s = begin(8, 4, 0);
    CHECK_INT(akit_uring_group_refill(s.g), 4);
    CHECK_INT(akit_uring_group_refill(s.g), 0);
    CHECK_INT(out_of(s.pool), 4);
    uint64_t offset = 0;
    for (int i = 0; i < 50; i++) {
        size_t n = 1 + (size_t)i * 37 % LENGTH, length = 0;
        arm(&s, 0);
        send_pattern(&s, n, offset);
        void *p = take(&s, raw_next(&s.r), &length);
        CHECK_INT(length, n);
        CHECK_INT(akit_pool_capacity(s.pool, p), LENGTH);
        pattern_check((unsigned char *)p, n, offset, 5);
        offset += n;
        CHECK_INT(group_stats_of(s.g).buffers_out, 1);
        CHECK_INT(group_stats_of(s.g).published, 3);
        CHECK_INT(akit_uring_group_put(s.g, p), 0);
        CHECK_INT(akit_uring_group_refill(s.g), 1);
    }
    akit_uring_group_stats st = group_stats_of(s.g);
    CHECK_INT(st.group_id, GROUP);
    CHECK_INT(st.entries, 8);
    CHECK_INT(st.published, 4);
    CHECK_INT(st.window, 4);
    CHECK_INT(st.buffers_out, 0);
    CHECK_INT(st.taken_total, 50);
    CHECK_INT(st.refills_total, 51);
    CHECK_INT(st.enobufs_total, 0);
    CHECK_INT(st.empty_ns_total, 0);
    CHECK_INT(st.misuses_total, 0);
    end(&s);
}

CASE(end_of_file_and_errors_bring_no_buffer)
{
    setup s = begin(4, 2, 0);
    void *p = &s;
    size_t length = 5;
    CHECK_INT(akit_uring_group_refill(s.g), 2);
    CHECK_INT(akit_uring_group_take(s.g, 0, 0, &p, &length), 0);
    CHECK(p == NULL && length == 0);
    CHECK_INT(akit_uring_group_take(s.g, -ECONNRESET, 0, &p, &length), -ECONNRESET);
    CHECK_INT(akit_uring_group_take(s.g, -ECANCELED, 1u, &p, &length), -ECANCELED); /* with buffer 0 */
    CHECK(p == NULL);
    CHECK_INT(group_stats_of(s.g).published, 1);
    CHECK_INT(out_of(s.pool), 1);
    CHECK_INT(akit_uring_group_take(s.g, 1, 1u, NULL, &length), -EINVAL);
    CHECK_INT(akit_uring_group_take(s.g, 1, 1u, &p, NULL), -EINVAL);
    CHECK_INT(group_stats_of(s.g).misuses_total, 0);
    end(&s);
}

CASE(completions_that_cannot_be)
{
    setup s = begin(4, 2, 0);
    void *p;
    size_t length;
    CHECK_INT(akit_uring_group_refill(s.g), 2);
    CHECK_INT(akit_uring_group_take(s.g, 1, 3u << 16 | 1, &p, &length), -EINVAL);      /* not published */
    CHECK_INT(akit_uring_group_take(s.g, 1, 999u << 16 | 1, &p, &length), -EINVAL);    /* no such number */
    CHECK_INT(akit_uring_group_take(s.g, LENGTH + 1, 1u, &p, &length), -EINVAL);       /* more than it holds */
    CHECK_INT(akit_uring_group_take(s.g, 1, 1u | 16u, &p, &length), -EINVAL);          /* incremental */
    akit_uring_group_stats st = group_stats_of(s.g);
    CHECK_INT(st.misuses_total, 4);
    CHECK_INT(st.published, 2);
    end(&s);
}

CASE(wrong_puts)
{
    setup s = begin(4, 2, 0);
    size_t length;
    CHECK_INT(akit_uring_group_refill(s.g), 2);
    arm(&s, 0);
    send_pattern(&s, 10, 0);
    char *p = (char *)take(&s, raw_next(&s.r), &length);
    void *foreign = akit_pool_get(s.pool, LENGTH, NULL);
    int local;
    CHECK_INT(akit_uring_group_put(s.g, NULL), 0);
    CHECK_INT(akit_uring_group_put(s.g, &local), -ENOENT);
    CHECK_INT(akit_uring_group_put(s.g, p + 1), -ENOENT);
    CHECK_INT(akit_uring_group_put(s.g, foreign), -EINVAL);
    CHECK_INT(akit_uring_group_put(s.g, p), 0);
    CHECK_INT(akit_uring_group_put(s.g, p), -EINVAL);
    CHECK_INT(group_stats_of(s.g).misuses_total, 4);
    CHECK_INT(akit_pool_put(s.pool, foreign), 0);
    /* Past the group: legal, and the group takes no harm. */
    arm(&s, 0);
    send_pattern(&s, 10, 0);
    p = (char *)take(&s, raw_next(&s.r), &length);
    CHECK_INT(akit_pool_put(s.pool, p), 0);
    CHECK_INT(akit_uring_group_refill(s.g), 2);
    for (int i = 0; i < 2; i++) {
        arm(&s, 0);
        send_pattern(&s, 10, 0);
        CHECK_INT(akit_uring_group_put(s.g, take(&s, raw_next(&s.r), &length)), 0);
    }
    end(&s);
}

/* One buffer, and a sender that does not wait. */
CASE(a_storm_with_one_buffer)
{
    setup s = begin(1, 1, 1);
    uint64_t offset = 0, got = 0;
    int dry = 0, armed = 0;
    while (got < 200 * 100) {
        if (offset < 200 * 100 && offset - got < 4000) {
            send_pattern(&s, 100, offset);
            offset += 100;
        }
        if (!armed)
            arm(&s, 1), armed = 1;
        raw_event e;
        (void)raw_enter(&s.r, 0, 0);
        while (raw_peek(&s.r, &e)) {
            void *p;
            size_t n;
            int rc = akit_uring_group_take(s.g, e.res, e.flags, &p, &n);
            if (rc == 1) {
                pattern_check((unsigned char *)p, n, got, 5);
                got += n;
                CHECK_INT(akit_uring_group_put(s.g, p), 0);
            } else {
                CHECK_INT(rc, -ENOBUFS);
                dry++;
            }
            if (!(e.flags & 2)) /* IORING_CQE_F_MORE */
                armed = 0;
        }
        (void)akit_uring_group_refill(s.g);
    }
    akit_uring_group_stats st = group_stats_of(s.g);
    CHECK(dry > 0);
    CHECK_INT(st.enobufs_total, dry);
    CHECK_INT(st.window, 1);
    CHECK(st.published <= 1);
    CHECK(st.empty_ns_total > 0);
    end(&s);
}

CASE(the_window_opens_when_it_runs_dry_and_closes_slowly)
{
    setup s = begin(64, 2, 16);
    void *p;
    size_t n;
    CHECK_INT(akit_uring_group_refill(s.g), 2);
    for (uint64_t want = 4; want <= 16; want *= 2) {
        CHECK_INT(akit_uring_group_take(s.g, -ENOBUFS, 0, &p, &n), -ENOBUFS);
        CHECK_INT(group_stats_of(s.g).window, want);
    }
    CHECK_INT(akit_uring_group_take(s.g, -ENOBUFS, 0, &p, &n), -ENOBUFS);
    CHECK_INT(group_stats_of(s.g).window, 16);
    CHECK_INT(akit_uring_group_refill(s.g), 14);
    CHECK_INT(group_stats_of(s.g).published, 16);
    for (int i = 0; i < 256; i++)
        CHECK_INT(akit_uring_group_refill(s.g), 0);
    CHECK_INT(group_stats_of(s.g).window, 14);
    for (int i = 0; i < 256 * 20; i++)
        CHECK_INT(akit_uring_group_refill(s.g), 0);
    CHECK_INT(group_stats_of(s.g).window, 2);
    CHECK_INT(group_stats_of(s.g).published, 16); /* nothing is taken back from the kernel */
    end(&s);
}

CASE(a_pool_that_has_no_more)
{
    setup s = begin(8, 8, 0);
    CHECK_INT(akit_uring_group_destroy(s.g, 0), 0);
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    akit_uring_group_config gc = AKIT_URING_GROUP_CONFIG_INIT;
    akit_pool *small;
    cfg.exhaust_mode = AKIT_EXHAUST_FAIL;
    CHECK_INT(akit_pool_create(&cfg, &small), 0);
    gc.pool = small;
    gc.group_id = GROUP;
    gc.entries = 8;
    gc.window_min = 8;
    CHECK_INT(akit_uring_group_create(s.h, &gc, &s.g), 0);
    CHECK_INT(akit_uring_group_refill(s.g), -ENOBUFS);
    CHECK_INT(akit_pool_warm(small, LENGTH, 3), 0);
    int n = akit_uring_group_refill(s.g);
    CHECK(n >= 3 && n <= 8);
    CHECK_INT(akit_uring_group_destroy(s.g, 0), 0);
    CHECK_INT(out_of(small), 0);
    CHECK_INT(akit_uring_group_create(s.h, &gc, &s.g), 0);
    /* The pool may be destroyed first. */
    CHECK_INT(akit_pool_destroy(small, 0), 0);
    CHECK_INT(akit_uring_group_refill(s.g), -ESHUTDOWN);
    end(&s);
}

CASE(the_pool_is_destroyed_with_buffers_published)
{
    setup s = begin(8, 8, 0);
    CHECK_INT(akit_uring_group_refill(s.g), 8);
    CHECK_INT(akit_pool_destroy(s.pool, 0), 0);
    size_t n;
    arm(&s, 0);
    send_pattern(&s, 10, 0);
    void *p = take(&s, raw_next(&s.r), &n);
    pattern_check((unsigned char *)p, 10, 0, 5);
    CHECK_INT(akit_uring_group_put(s.g, p), 0);
    CHECK_INT(akit_uring_destroy(s.h, 0), 0); /* and the registration before the group */
    CHECK_INT(akit_uring_group_destroy(s.g, 0), 0);
    uint64_t id = 0;
    uint32_t kind;
    while (akit_handle_next(&id, &kind) == 0)
        CHECK(kind != AKIT_KIND_POOL && kind != AKIT_KIND_URING && kind != AKIT_KIND_GROUP);
    akit_process_stats ps;
    ps.struct_size = sizeof ps;
    CHECK_INT(akit_process_stats_get(&ps), 0);
    CHECK_INT(ps.handles, 0);
    raw_close(&s.r);
    close(s.fd[0]);
    close(s.fd[1]);
}

CASE(bad_configurations)
{
    setup s = begin(4, 2, 0);
    akit_uring_group_config good = AKIT_URING_GROUP_CONFIG_INIT;
    akit_uring_group *g;
    good.pool = s.pool;
    good.group_id = GROUP + 1;
#define REFUSED(field, value, rc)                          \
    do {                                                   \
        akit_uring_group_config bad = good;                \
        bad.field = value;                                 \
        CHECK_INT(akit_uring_group_create(s.h, &bad, &g), rc); \
        CHECK(g == NULL);                                  \
    } while (0)
    REFUSED(pool, NULL, -EINVAL);
    REFUSED(pool, (akit_pool *)s.h, -EINVAL);
    REFUSED(flags, 1, -EINVAL);
    REFUSED(entries, 3, -EINVAL);
    REFUSED(entries, 65536, -EINVAL);
    REFUSED(group_id, 65536, -EINVAL);
    REFUSED(group_id, GROUP, -EEXIST);
    REFUSED(window_max, 2048, -EINVAL);
    REFUSED(window_min, 1025, -EINVAL);
    REFUSED(buffer_bytes, KIB(64) + 1, -EMSGSIZE);
    CHECK_INT(akit_uring_group_create(NULL, &good, &g), -EINVAL);
    CHECK_INT(akit_uring_group_create(s.h, NULL, &g), -EINVAL);
    CHECK_INT(akit_uring_group_create(s.h, &good, NULL), -EINVAL);
    CHECK_INT(akit_uring_group_create(s.h, &good, &g), 0);
    akit_uring_group_stats st = group_stats_of(g);
    CHECK_INT(st.entries, 1024);
    CHECK_INT(st.window, 32);
    CHECK_INT(akit_uring_group_destroy(g, 64), -EINVAL);
    CHECK_INT(akit_uring_group_destroy(g, 0), -EINVAL);
    CHECK_INT(akit_uring_group_refill(g), -EINVAL);
    CHECK_INT(akit_uring_group_put(g, NULL), -EINVAL);
    CHECK_INT(akit_uring_group_destroy(NULL, 0), 0);
    CHECK_INT(akit_uring_group_refill((akit_uring_group *)s.h), -EINVAL);
    CHECK_INT(akit_uring_group_config_init(NULL, sizeof good), -EINVAL);
    CHECK_INT(akit_uring_group_config_init(&good, sizeof good), 0);
    end(&s);
}

/* Buffers that are published and fixed at the same time, and many rounds of the kernel's 16-bit tail. */
CASE(many_rounds)
{
    setup s = begin(32, 8, 0);
    CHECK_INT(akit_uring_add_pool(s.h, s.pool), 0);
    CHECK_INT(akit_uring_group_refill(s.g), 8);
    uint64_t offset = 0;
    void *kept[16];
    size_t n, k = 0;
    for (int i = 0; i < 70000; i++) {
        if (i % 64 == 0)
            (void)akit_uring_sync(s.h);
        arm(&s, 0);
        send_pattern(&s, 16, offset);
        void *p = take(&s, raw_next(&s.r), &n);
        CHECK_INT(n, 16);
        pattern_check((unsigned char *)p, 16, offset, 5);
        offset += 16;
        kept[k++] = p;
        if (k == 16)
            while (k)
                CHECK_INT(akit_uring_group_put(s.g, kept[--k]), 0);
        if (i % 4 == 3)
            CHECK_INT(akit_uring_group_refill(s.g), 4);
    }
    while (k)
        CHECK_INT(akit_uring_group_put(s.g, kept[--k]), 0);
    CHECK_INT(group_stats_of(s.g).taken_total, 70000);
    end(&s);
}
