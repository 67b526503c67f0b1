/* A second io_uring with the same memory. */
#include "uring_raw.h"

static akit_uring *clone_of(akit_uring *from, const raw_ring *r, uint64_t flags, uint32_t slots, uint64_t tag_base)
{
    akit_uring *h = NULL;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = r->fd;
    cfg.flags = flags;
    cfg.slot_count = slots;
    cfg.tag_base = tag_base;
    CHECK_INT(akit_uring_clone(from, &cfg, &h), 0);
    return h;
}

static void read_through(raw_ring *r, akit_uring *h, unsigned char *p, unsigned seed)
{
    int fd[2];
    unsigned char out[1000];
    CHECK_INT(pipe(fd), 0);
    pattern_fill(out, sizeof out, 0, seed);
    CHECK_INT(write(fd[1], out, sizeof out), sizeof out);
    int slot = akit_uring_lookup(h, p, sizeof out);
    CHECK(slot >= 0);
    CHECK_INT(raw_fixed(r, IORING_OP_READ_FIXED, fd[0], p, sizeof out, 0, slot), sizeof out);
    pattern_check(p, sizeof out, 0, seed);
    close(fd[0]);
    close(fd[1]);
}

static void clone_case(uint64_t tag_base)
{
    raw_ring a = raw_ring_with(0), b = raw_ring_with(0);
    akit_uring *from = new_uring(&a);
    akit_pool *pool = new_pool();
    unsigned char *p = (unsigned char *)pages_of(MIB(4)), *q = (unsigned char *)akit_pool_get(pool, 4096, NULL);
    CHECK_INT(akit_uring_add_memory(from, p, MIB(2)), 0);
    CHECK_INT(akit_uring_add_memory(from, p + MIB(3), 4096), 0);
    CHECK_INT(akit_uring_add_pool(from, pool), 0);
    CHECK_INT(akit_uring_sync(from), 3);
    CHECK_INT(akit_uring_remove(from, p + MIB(3)), 0);
    CHECK_INT(akit_uring_sync(from), 0);
    akit_uring *h = clone_of(from, &b, AKIT_URING_CREATE_TABLE, 64, tag_base);
    akit_uring_stats st = uring_stats_of(h);
    CHECK_INT(st.areas, 2);
    CHECK_INT(st.areas_pending, 0);
    CHECK_INT(st.state, AKIT_URING_ON);
    read_through(&b, h, p + 5, 1);
    read_through(&b, h, q, 2);
    CHECK_INT(akit_uring_destroy(from, 0), 0);
    raw_close(&a);
    read_through(&b, h, p + 5, 3);
    read_through(&b, h, q, 4);
    CHECK(pinned_of(pool) > 0);
    void *more[200];
    for (int i = 0; i < 200; i++)
        more[i] = akit_pool_get(pool, 4096, NULL);
    CHECK(akit_uring_sync(h) > 0);
    CHECK(akit_uring_lookup(h, more[199], 4096) >= 0);
    CHECK_INT(akit_uring_destroy(h, AKIT_DESTROY_NOW), 0);
    CHECK_INT(pinned_of(pool), 0);
    for (int i = 0; i < 200; i++)
        CHECK_INT(akit_pool_put(pool, more[i]), 0);
    CHECK_INT(akit_pool_put(pool, q), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    raw_close(&b);
    munmap(p, MIB(4));
}

CASE(a_clone_has_all_and_outlives_the_original) { clone_case(0); }

CASE(with_tags_all_is_registered_anew) { clone_case(9000); }

CASE(what_is_pending_is_registered_in_the_clone)
{
    raw_ring a = raw_ring_with(0), b = raw_ring_with(0);
    akit_uring *from = new_uring(&a);
    unsigned char *p = (unsigned char *)pages_of(8192);
    CHECK_INT(akit_uring_add_memory(from, p, 8192), 0);
    akit_uring *h = clone_of(from, &b, AKIT_URING_CREATE_TABLE, 16, 0);
    CHECK_INT(akit_uring_lookup(from, p, 1), -ENOENT);
    read_through(&b, h, p, 7);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(akit_uring_destroy(from, 0), 0);
    raw_close(&a);
    raw_close(&b);
    munmap(p, 8192);
}

CASE(wrong_clones)
{
    raw_ring a = raw_ring_with(0), b = raw_ring_with(0);
    akit_uring *from = new_uring(&a), *taken = new_uring(&b), *h;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    unsigned char *p = (unsigned char *)pages_of(8192);
    CHECK_INT(akit_uring_add_memory(from, p, 8192), 0);
    CHECK_INT(akit_uring_sync(from), 1);
    cfg.ring_fd = b.fd;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    cfg.slot_count = 64;
    CHECK_INT(akit_uring_clone(NULL, &cfg, &h), -EINVAL);
    CHECK_INT(akit_uring_clone(from, NULL, &h), -EINVAL);
    CHECK_INT(akit_uring_clone(from, &cfg, NULL), -EINVAL);
    CHECK_INT(akit_uring_clone(from, &cfg, &h), -EBUSY);
    CHECK(h == NULL);
    cfg.ring_fd = 9999;
    CHECK_INT(akit_uring_clone(from, &cfg, &h), -EBADF);
    CHECK_INT(akit_uring_destroy(taken, 0), 0);
    CHECK_INT(akit_uring_destroy(from, 0), 0);
    CHECK_INT(akit_uring_clone(from, &cfg, &h), -EINVAL);
    raw_close(&a);
    raw_close(&b);
    munmap(p, 8192);
}
