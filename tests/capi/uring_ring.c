/* The area of a ring as one fixed buffer: files read and written through its slices. */
#include "uring_raw.h"

enum { SLICE = 65536, SLICES = 64 };

static akit_ring *new_ring(uint64_t capacity, uint64_t block, uint64_t alignment)
{
    akit_ring *ring = NULL;
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = capacity;
    cfg.block_bytes = block;
    cfg.alignment = alignment;
    CHECK_INT(akit_ring_create(&cfg, &ring), 0);
    return ring;
}

static uint64_t ring_pinned(akit_ring *ring)
{
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    CHECK_INT(akit_ring_stats_get(ring, &st), 0);
    return st.pinned_bytes;
}

/* A file without a name, in the folder the test runs in. */
static int temporary(int flags)
{
    char path[] = "uring_ring_XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    if (flags) {
        close(fd);
        fd = open(path, O_RDWR | flags);
    }
    int error = errno;
    unlink(path);
    if (fd < 0)
        SKIP("no such access to a file here: %s", strerror(error));
    return fd;
}

/* Written and read back, several requests at a time, through slices that come and go. */
static void through_a_file(int flags)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_ring *ring = new_ring(MIB(1), SLICE, 4096);
    CHECK_INT(akit_uring_add_ring(h, ring), 0);
    CHECK_INT(akit_uring_sync(h), 1);
    int fd = temporary(flags);
    for (int round = 0; round < 2; round++) {
        unsigned op = round ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED;
        for (int first = 0; first < SLICES; first += 8) {
            unsigned char *slice[8];
            for (int i = 0; i < 8; i++) {
                slice[i] = (unsigned char *)akit_ring_acquire(ring, SLICE);
                CHECK(slice[i] != NULL);
                int slot = akit_uring_lookup(h, slice[i], SLICE);
                CHECK(slot >= 0);
                uint64_t offset = (uint64_t)(first + i) * SLICE;
                if (round == 0)
                    pattern_fill(slice[i], SLICE, offset, 11);
                else
                    memset(slice[i], 0, SLICE);
                struct io_uring_sqe *s = raw_sqe(&r, op, fd, (uint64_t)i);
                s->addr = (uintptr_t)slice[i];
                s->len = SLICE;
                s->off = offset;
                s->buf_index = (uint16_t)slot;
            }
            CHECK_INT(raw_enter(&r, 8, 8), 8);
            for (int i = 0; i < 8; i++) {
                raw_event e = raw_next(&r);
                CHECK_INT(e.res, SLICE);
                if (round)
                    pattern_check(slice[e.user_data], SLICE, (uint64_t)(first + (int)e.user_data) * SLICE, 11);
                CHECK_INT(akit_ring_release(ring, slice[e.user_data]), 0);
            }
        }
    }
    close(fd);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(akit_ring_destroy(ring, 0), 0);
    raw_close(&r);
}

CASE(a_file_through_the_page_cache) { through_a_file(0); }

CASE(a_file_past_the_page_cache) { through_a_file(O_DIRECT); }

CASE(a_ring_is_one_slot_and_pinned)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_ring *ring = new_ring(MIB(4), 0, 0);
    void *base;
    size_t length;
    CHECK_INT(akit_ring_memory_get(ring, &base, &length), 0);
    CHECK_INT(akit_uring_add_ring(h, ring), 0);
    CHECK_INT(akit_uring_add_ring(h, ring), -EBUSY);
    CHECK_INT(ring_pinned(ring), MIB(4));
    CHECK_INT(akit_uring_sync(h), 1);
    int slot = akit_uring_lookup(h, base, length);
    CHECK(slot >= 0);
    CHECK_INT(akit_uring_lookup(h, (char *)base + length - 1, 1), slot);
    CHECK_INT(akit_uring_remove(h, ring), 0);
    CHECK_INT(akit_uring_sync(h), 0);
    CHECK_INT(ring_pinned(ring), 0);
    CHECK_INT(akit_uring_add_ring(h, ring), 0);
    CHECK_INT(akit_uring_sync(h), 1);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(ring_pinned(ring), 0);
    CHECK_INT(akit_ring_destroy(ring, 0), 0);
    raw_close(&r);
}

CASE(a_destroyed_ring_keeps_its_area_until_the_next_sync)
{
    raw_ring r = raw_ring_with(0);
    for (uint32_t flags = 0; flags <= AKIT_DESTROY_NOW; flags += AKIT_DESTROY_NOW) {
        akit_uring *h = new_uring(&r);
        akit_ring *ring = new_ring(MIB(4), 0, 0);
        char *p = (char *)akit_ring_acquire(ring, 100);
        akit_process_stats ps;
        ps.struct_size = sizeof ps;
        memset(p, 3, 100);
        CHECK_INT(akit_uring_add_ring(h, ring), 0);
        CHECK_INT(akit_uring_sync(h), 1);
        if (flags == 0)
            CHECK_INT(akit_ring_release(ring, p), 0);
        CHECK_INT(akit_ring_destroy(ring, flags), 0);
        CHECK_INT(akit_purge(0, NULL), 0);
        CHECK(CHECK_SANITIZED || p[99] == 3);
        CHECK_INT(akit_process_stats_get(&ps), 0);
        CHECK_INT(ps.pinned_bytes, MIB(4));
        CHECK_INT(akit_uring_sync(h), 0);
        CHECK_INT(uring_stats_of(h).areas + uring_stats_of(h).slots_used, 0);
        CHECK_INT(akit_process_stats_get(&ps), 0);
        CHECK_INT(ps.pinned_bytes, 0);
        CHECK_INT(akit_uring_destroy(h, 0), 0);
    }
    raw_close(&r);
}

CASE(rings_on_other_memory)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_region *region = new_region_with(NULL);
    akit_ring_config in_region = AKIT_RING_CONFIG_INIT, in_memory = AKIT_RING_CONFIG_INIT;
    akit_ring *a, *b;
    in_region.region = region;
    in_region.capacity_bytes = MIB(1);
    in_memory.memory = pages_of(MIB(1));
    in_memory.memory_bytes = MIB(1);
    CHECK_INT(akit_ring_create(&in_region, &a), 0);
    CHECK_INT(akit_ring_create(&in_memory, &b), 0);
    CHECK_INT(akit_uring_add_ring(h, a), 0);
    CHECK_INT(akit_uring_add_ring(h, b), 0);
    CHECK_INT(akit_uring_sync(h), 2);
    void *p = akit_ring_acquire(a, 1000), *q = akit_ring_acquire(b, 1000);
    CHECK(akit_uring_lookup(h, p, 1000) >= 0 && akit_uring_lookup(h, q, 1000) >= 0);
    CHECK_INT(akit_ring_release(a, p), 0);
    CHECK_INT(akit_ring_release(b, q), 0);
    CHECK_INT(akit_region_destroy(region, 0), 0);
    CHECK_INT(akit_ring_destroy(a, 0), 0);
    CHECK_INT(akit_ring_destroy(b, 0), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(in_memory.memory, MIB(1));
}

typedef struct {
    akit_uring *h;
    akit_ring *ring;
    char *p;
} scene;

static int in_the_child(void *arg)
{
    scene *s = (scene *)arg;
    CHILD_CHECK(akit_uring_add_ring(s->h, s->ring) == -EPERM);
    CHILD_CHECK(akit_ring_release(s->ring, s->p) < 0); /* it does not exist here */
    char *q = (char *)akit_ring_acquire(s->ring, 500);
    CHILD_CHECK(q != NULL);
    memset(q, 1, 500);
    CHILD_CHECK(akit_ring_release(s->ring, q) == 0);
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    CHILD_CHECK(akit_ring_stats_get(s->ring, &st) == 0 && st.pinned_bytes == 0);
    CHILD_CHECK(akit_uring_destroy(s->h, 0) == -EPERM);
    CHILD_CHECK(akit_ring_destroy(s->ring, 0) == 0);
    return 0;
}

CASE(the_child_of_a_fork_has_another_area)
{
    raw_ring r = raw_ring_with(0);
    scene s;
    s.h = new_uring(&r);
    s.ring = new_ring(MIB(4), 0, 0);
    s.p = (char *)akit_ring_acquire(s.ring, 500);
    CHECK_INT(akit_uring_add_ring(s.h, s.ring), 0);
    CHECK_INT(akit_uring_sync(s.h), 1);
    memset(s.p, 4, 500);
    in_child(in_the_child, &s);
    if (!CHECK_SANITIZED) /* which may map something there */
        CHECK(access_faults(s.p, 0));
    CHECK(s.p[499] == 4);
    CHECK_INT(akit_ring_release(s.ring, s.p), 0);
    CHECK_INT(akit_uring_destroy(s.h, 0), 0);
    CHECK(CHECK_SANITIZED || !access_faults(s.p, 1)); /* and now it is copied again */
    CHECK_INT(akit_ring_destroy(s.ring, 0), 0);
    raw_close(&r);
}

CASE(a_clone_has_the_ring)
{
    raw_ring r = raw_ring_with(0), second = raw_ring_with(0);
    akit_uring *h = new_uring(&r), *clone = NULL;
    akit_ring *ring = new_ring(MIB(4), 0, 0);
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    CHECK_INT(akit_uring_add_ring(h, ring), 0);
    CHECK_INT(akit_uring_sync(h), 1);
    cfg.ring_fd = second.fd;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    cfg.slot_count = 64;
    CHECK_INT(akit_uring_clone(h, &cfg, &clone), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(ring_pinned(ring), MIB(4));
    void *p = akit_ring_acquire(ring, 100);
    CHECK(akit_uring_lookup(clone, p, 100) >= 0);
    CHECK_INT(akit_ring_release(ring, p), 0);
    CHECK_INT(akit_ring_destroy(ring, 0), 0);
    CHECK_INT(akit_uring_destroy(clone, 0), 0);
    raw_close(&r);
    raw_close(&second);
}
