/* A small io_uring by system calls alone, so that the tests need no other library, and what they share. */
#ifndef TESTS_CAPI_URING_RAW_H
#define TESTS_CAPI_URING_RAW_H

#include "child.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif

typedef struct {
    int fd;
    unsigned entries, sq_mask, cq_mask;
    unsigned *sq_head, *sq_tail, *sq_array, *cq_head, *cq_tail;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
    void *rings;
    size_t rings_bytes;
} raw_ring;

typedef struct {
    uint64_t user_data;
    int32_t res;
    uint32_t flags;
} raw_event;

/* 0 or -errno. */
static inline int raw_open(raw_ring *r, unsigned entries, unsigned flags)
{
    struct io_uring_params p;
    memset(&p, 0, sizeof p);
    memset(r, 0, sizeof *r);
    p.flags = flags;
    r->fd = (int)syscall(__NR_io_uring_setup, entries, &p);
    if (r->fd < 0)
        return -errno;
    size_t sq = p.sq_off.array + p.sq_entries * sizeof(unsigned), cq = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    r->rings_bytes = sq > cq ? sq : cq;
    r->entries = p.sq_entries;
    r->rings = mmap(NULL, r->rings_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
    r->sqes = (struct io_uring_sqe *)mmap(NULL, p.sq_entries * sizeof *r->sqes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                                          r->fd, IORING_OFF_SQES);
    if (r->rings == MAP_FAILED || (void *)r->sqes == MAP_FAILED) {
        close(r->fd);
        return -ENOMEM;
    }
    char *base = (char *)r->rings;
    r->sq_head = (unsigned *)(base + p.sq_off.head);
    r->sq_tail = (unsigned *)(base + p.sq_off.tail);
    r->sq_array = (unsigned *)(base + p.sq_off.array);
    r->sq_mask = *(unsigned *)(base + p.sq_off.ring_mask);
    r->cq_head = (unsigned *)(base + p.cq_off.head);
    r->cq_tail = (unsigned *)(base + p.cq_off.tail);
    r->cq_mask = *(unsigned *)(base + p.cq_off.ring_mask);
    r->cqes = (struct io_uring_cqe *)(base + p.cq_off.cqes);
    return 0;
}

static inline void raw_close(raw_ring *r)
{
    munmap(r->rings, r->rings_bytes);
    munmap(r->sqes, r->entries * sizeof *r->sqes);
    close(r->fd);
}

/* A ring, or the case is skipped: why. */
static inline raw_ring raw_ring_with(unsigned flags)
{
    raw_ring r;
    int rc = raw_open(&r, 64, flags);
    if (rc < 0)
        SKIP("io_uring_setup: %s", strerror(-rc));
    return r;
}

static inline struct io_uring_sqe *raw_sqe(raw_ring *r, unsigned op, int fd, uint64_t user_data)
{
    unsigned tail = *r->sq_tail;
    struct io_uring_sqe *s = &r->sqes[tail & r->sq_mask];
    memset(s, 0, sizeof *s);
    s->opcode = (uint8_t)op;
    s->fd = fd;
    s->user_data = user_data;
    r->sq_array[tail & r->sq_mask] = tail & r->sq_mask;
    __atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
    return s;
}

static inline int raw_enter(raw_ring *r, unsigned submit, unsigned wait)
{
    int rc = (int)syscall(__NR_io_uring_enter, r->fd, submit, wait, IORING_ENTER_GETEVENTS, NULL, (size_t)0);
    return rc < 0 ? -errno : rc;
}

/* 1: one was there. */
static inline int raw_peek(raw_ring *r, raw_event *out)
{
    unsigned head = *r->cq_head;
    if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
        return 0;
    const struct io_uring_cqe *c = &r->cqes[head & r->cq_mask];
    out->user_data = c->user_data;
    out->res = c->res;
    out->flags = c->flags;
    __atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
    return 1;
}

/* The next completion, which must come within some seconds. */
static inline raw_event raw_next(raw_ring *r)
{
    raw_event e;
    memset(&e, 0, sizeof e);
    for (int i = 0; i < 5000; i++) {
        if (raw_peek(r, &e))
            return e;
        (void)raw_enter(r, 0, 0);
        struct timespec ms = {0, 1000000};
        nanosleep(&ms, NULL);
    }
    CHECK_FAIL("no completion came");
    return e;
}

/* A fixed read or write of registered memory, carried out. */
static inline int32_t raw_fixed(raw_ring *r, unsigned op, int fd, void *p, size_t n, uint64_t offset, int slot)
{
    struct io_uring_sqe *s = raw_sqe(r, op, fd, 77);
    s->addr = (uintptr_t)p;
    s->len = (uint32_t)n;
    s->off = offset;
    s->buf_index = (uint16_t)slot;
    CHECK_INT(raw_enter(r, 1, 1), 1);
    raw_event e = raw_next(r);
    CHECK_INT(e.user_data, 77);
    return e.res;
}

static inline akit_uring *new_uring_with(const raw_ring *r, uint64_t flags, uint32_t slots, uint64_t tag_base)
{
    akit_uring *h = NULL;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = r->fd;
    cfg.flags = flags;
    cfg.slot_count = slots;
    cfg.tag_base = tag_base;
    CHECK_INT(akit_uring_create(&cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_uring *new_uring(const raw_ring *r)
{
    return new_uring_with(r, AKIT_URING_CREATE_TABLE, 64, 0);
}

static inline akit_uring_stats uring_stats_of(akit_uring *h)
{
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    CHECK_INT(akit_uring_stats_get(h, &st), 0);
    return st;
}

static inline akit_pool *new_pool(void)
{
    akit_pool *p = NULL;
    CHECK_INT(akit_pool_create(NULL, &p), 0);
    return p;
}

static inline uint64_t pinned_of(akit_pool *p)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    CHECK_INT(akit_pool_stats_get(p, &st), 0);
    return st.pinned_bytes;
}

static inline void *pages_of(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    return p;
}

static inline unsigned char pattern_at(uint64_t offset, unsigned seed)
{
    uint64_t x = (offset + 1) * 0x9E3779B97F4A7C15u + seed;
    return (unsigned char)(x >> 56 ^ x >> 23);
}

static inline void pattern_fill(unsigned char *p, size_t n, uint64_t offset, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = pattern_at(offset + i, seed);
}

static inline void pattern_check(const unsigned char *p, size_t n, uint64_t offset, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != pattern_at(offset + i, seed))
            CHECK_FAIL("byte %zu is %u, not %u", i, p[i], pattern_at(offset + i, seed));
}

#endif
