/* Memory leaves its slot while a request still reads into it: with tags it is kept until the kernel is done. */
#include "uring_raw.h"

enum { TAG = 5000, READ = 42 };

typedef struct {
    raw_ring r;
    akit_uring *h;
    akit_region *region;
    unsigned char *p;
    int fd[2];
    int slot;
} flight;

/* A fixed read of a pipe that has nothing yet. */
static void start(flight *f, uint64_t tag_base)
{
    f->r = raw_ring_with(0);
    f->h = new_uring_with(&f->r, AKIT_URING_CREATE_TABLE, 8, tag_base);
    f->region = new_region_with(NULL);
    f->p = (unsigned char *)akit_region_alloc(f->region, MIB(1), 0, 0, NULL);
    CHECK(f->p != NULL);
    CHECK_INT(akit_uring_add_memory(f->h, f->p, MIB(1)), 0);
    CHECK_INT(akit_uring_sync(f->h), 1);
    f->slot = akit_uring_lookup(f->h, f->p, MIB(1));
    CHECK_INT(pipe(f->fd), 0);
    struct io_uring_sqe *s = raw_sqe(&f->r, IORING_OP_READ_FIXED, f->fd[0], READ);
    s->addr = (uintptr_t)(f->p + 100);
    s->len = 2000;
    s->off = (uint64_t)-1;
    s->buf_index = (uint16_t)f->slot;
    CHECK_INT(raw_enter(&f->r, 1, 0), 1);
}

static uint64_t region_pinned(const flight *f)
{
    return region_stats_of(f->region).pinned_bytes;
}

/* Now the data comes. */
static void arrive(flight *f)
{
    unsigned char out[2000];
    pattern_fill(out, sizeof out, 0, 1);
    CHECK_INT(write(f->fd[1], out, sizeof out), sizeof out);
}

static void finish(flight *f)
{
    CHECK_INT(akit_region_free(f->region, f->p), 0);
    CHECK_INT(akit_region_destroy(f->region, 0), 0);
    raw_close(&f->r);
    close(f->fd[0]);
    close(f->fd[1]);
}

static void two_completions(flight *f, uint64_t tag)
{
    raw_event a = raw_next(&f->r);
    CHECK_INT(a.user_data, READ);
    CHECK_INT(a.res, 2000);
    CHECK_INT(raw_next(&f->r).user_data, tag);
    pattern_check(f->p + 100, 2000, 0, 1);
}

CASE(removed_memory_is_kept_until_its_tag_came)
{
    flight f;
    start(&f, TAG);
    CHECK_INT(akit_uring_remove(f.h, f.p), 0);
    CHECK_INT(akit_uring_drained(f.h, TAG + (uint64_t)f.slot), -ENOENT); /* its slot is not even empty */
    CHECK_INT(akit_uring_sync(f.h), 0);
    akit_uring_stats st = uring_stats_of(f.h);
    CHECK_INT(st.areas_draining, 1);
    CHECK_INT(st.slots_used, 1);
    CHECK_INT(region_pinned(&f), MIB(1));
    arrive(&f);
    two_completions(&f, TAG + (uint64_t)f.slot);
    CHECK_INT(akit_uring_drained(f.h, TAG + 7), -ENOENT);
    CHECK_INT(akit_uring_drained(f.h, TAG - 1), -ENOENT);
    CHECK_INT(akit_uring_drained(f.h, TAG + 8), -ENOENT);
    CHECK_INT(region_pinned(&f), MIB(1));
    CHECK_INT(akit_uring_drained(f.h, TAG + (uint64_t)f.slot), 1);
    CHECK_INT(region_pinned(&f), 0);
    CHECK_INT(akit_uring_drained(f.h, TAG + (uint64_t)f.slot), -ENOENT);
    CHECK_INT(akit_uring_drained(f.h, AKIT_URING_ALL), 0);
    CHECK_INT(akit_uring_destroy(f.h, 0), 0);
    finish(&f);
}

CASE(a_slot_is_not_used_again_before_it_drained)
{
    flight f;
    start(&f, TAG);
    char *other = (char *)pages_of(4096);
    CHECK_INT(akit_uring_remove(f.h, f.p), 0);
    CHECK_INT(akit_uring_add_memory(f.h, other, 4096), 0);
    CHECK_INT(akit_uring_sync(f.h), 1);
    CHECK(akit_uring_lookup(f.h, other, 4096) != f.slot);
    arrive(&f);
    two_completions(&f, TAG + (uint64_t)f.slot);
    CHECK_INT(akit_uring_drained(f.h, AKIT_URING_ALL), 1);
    CHECK_INT(akit_uring_destroy(f.h, AKIT_DESTROY_NOW), 0);
    munmap(other, 4096);
    finish(&f);
}

CASE(destroyed_with_a_request_in_flight)
{
    flight f;
    start(&f, TAG);
    CHECK_INT(akit_uring_destroy(f.h, 0), 0);
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    CHECK_INT(akit_uring_stats_get(f.h, &st), -EINVAL);
    CHECK_INT(akit_uring_sync(f.h), -EINVAL);
    CHECK_INT(akit_uring_lookup(f.h, f.p, 1), -EINVAL);
    CHECK_INT(akit_uring_destroy(f.h, 0), -EINVAL);
    CHECK_INT(region_pinned(&f), MIB(1));
    arrive(&f);
    two_completions(&f, TAG + (uint64_t)f.slot);
    CHECK_INT(akit_uring_drained(f.h, TAG + (uint64_t)f.slot), 1);
    CHECK_INT(region_pinned(&f), 0);
    CHECK_INT(akit_uring_drained(f.h, TAG + (uint64_t)f.slot), -EINVAL); /* that was the end */
    finish(&f);
}

CASE(destroyed_now_the_caller_vouches)
{
    flight f;
    start(&f, TAG);
    CHECK_INT(akit_uring_destroy(f.h, AKIT_DESTROY_NOW), 0);
    CHECK_INT(region_pinned(&f), 0);
    CHECK_INT(akit_uring_drained(f.h, AKIT_URING_ALL), -EINVAL);
    arrive(&f);
    two_completions(&f, TAG + (uint64_t)f.slot);
    finish(&f);
}

CASE(without_tags_memory_is_free_at_once)
{
    flight f;
    start(&f, 0);
    CHECK_INT(akit_uring_remove(f.h, f.p), 0);
    CHECK_INT(region_pinned(&f), MIB(1));
    CHECK_INT(akit_uring_sync(f.h), 0);
    CHECK_INT(region_pinned(&f), 0);
    CHECK_INT(akit_uring_drained(f.h, 0), -ENOENT);
    arrive(&f);
    raw_event e = raw_next(&f.r);
    CHECK_INT(e.user_data, READ);
    CHECK_INT(e.res, 2000);
    CHECK_INT(raw_peek(&f.r, &e), 0);
    CHECK_INT(akit_uring_destroy(f.h, 0), 0);
    finish(&f);
}

CASE(in_a_range_of_a_table_of_somebody_else)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *owner = new_uring_with(&r, AKIT_URING_CREATE_TABLE, 16, 0);
    akit_uring *h = NULL;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = r.fd;
    cfg.slot_base = 8;
    cfg.slot_count = 4;
    cfg.tag_base = TAG;
    CHECK_INT(akit_uring_create(&cfg, &h), 0);
    char *p = (char *)pages_of(KIB(64));
    for (int i = 0; i < 3; i++)
        CHECK_INT(akit_uring_add_memory(h, p + i * 8192, 8192), 0);
    CHECK_INT(akit_uring_sync(h), 3);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    for (int i = 0; i < 3; i++) {
        raw_event e = raw_next(&r);
        CHECK(e.user_data >= TAG && e.user_data < TAG + 4);
        CHECK_INT(akit_uring_drained(h, e.user_data), 1);
    }
    CHECK_INT(akit_uring_drained(h, AKIT_URING_ALL), -EINVAL);
    CHECK_INT(akit_uring_destroy(owner, 0), 0);
    raw_close(&r);
    munmap(p, KIB(64));
}

CASE(a_table_that_is_gone_already)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    char *p = (char *)pages_of(4096);
    CHECK_INT(akit_uring_add_memory(h, p, 4096), 0);
    CHECK_INT(akit_uring_sync(h), 1);
    CHECK_INT(syscall(__NR_io_uring_register, r.fd, IORING_UNREGISTER_BUFFERS, NULL, 0), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, 4096);
}
