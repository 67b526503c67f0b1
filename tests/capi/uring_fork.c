/* A child of a fork does not touch the registration of its parent, and the parent does not notice it. */
#include "uring_raw.h"

typedef struct {
    akit_uring *h;
    akit_uring_group *g;
    akit_pool *pool;
    void *p;
    char *memory;
    int fd;
} scene;

static int in_the_child(void *arg)
{
    scene *s = (scene *)arg;
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    akit_uring_group_stats gs = AKIT_URING_GROUP_STATS_INIT;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    akit_uring *other;
    void *p;
    size_t n;
    akit_process_stats before, after;
    before.struct_size = after.struct_size = sizeof before;
    CHILD_CHECK(akit_process_stats_get(&before) == 0);
    cfg.ring_fd = s->fd;
    cfg.slot_count = 4;
    CHILD_CHECK(akit_uring_lookup(s->h, s->memory, 1) == -EPERM);
    CHILD_CHECK(akit_uring_add_memory(s->h, s->memory + 4096, 4096) == -EPERM);
    CHILD_CHECK(akit_uring_add_pool(s->h, s->pool) == -EPERM);
    CHILD_CHECK(akit_uring_remove(s->h, s->memory) == -EPERM);
    CHILD_CHECK(akit_uring_sync(s->h) == -EPERM);
    CHILD_CHECK(akit_uring_drained(s->h, AKIT_URING_ALL) == -EPERM);
    CHILD_CHECK(akit_uring_stats_get(s->h, &st) == -EPERM);
    CHILD_CHECK(akit_uring_clone(s->h, &cfg, &other) == -EPERM);
    CHILD_CHECK(akit_uring_group_take(s->g, 1, 1, &p, &n) == -EPERM);
    CHILD_CHECK(akit_uring_group_put(s->g, s->memory) == -EPERM);
    CHILD_CHECK(akit_uring_group_refill(s->g) == -EPERM);
    CHILD_CHECK(akit_uring_group_stats_get(s->g, &gs) == -EPERM);
    /* The pool works, with other memory. */
    void *q[50];
    for (int i = 0; i < 50; i++) {
        q[i] = akit_pool_get(s->pool, 2048, NULL);
        CHILD_CHECK(q[i] != NULL);
        memset(q[i], i, 2048);
    }
    for (int i = 0; i < 50; i++)
        CHILD_CHECK(((char *)q[i])[2047] == i && akit_pool_put(s->pool, q[i]) == 0);
    CHILD_CHECK(akit_purge(0, NULL) == 0);
    CHILD_CHECK(akit_uring_group_destroy(s->g, 0) == -EPERM);
    CHILD_CHECK(akit_uring_destroy(s->h, 0) == -EPERM);
    CHILD_CHECK(akit_uring_destroy(s->h, 0) == -EINVAL);
    CHILD_CHECK(akit_pool_destroy(s->pool, AKIT_DESTROY_NOW) == 0);
    CHILD_CHECK(akit_process_stats_get(&after) == 0);
    CHILD_CHECK(after.misuses_total == before.misuses_total + 1);
    CHILD_CHECK(after.handles == before.handles - 3 && after.pinned_bytes == 0);
    return 0;
}

static void read_fixed(raw_ring *r, akit_uring *h, void *p, unsigned seed)
{
    int fd[2];
    unsigned char out[2048];
    CHECK_INT(pipe(fd), 0);
    pattern_fill(out, sizeof out, 0, seed);
    CHECK_INT(write(fd[1], out, sizeof out), sizeof out);
    int slot = akit_uring_lookup(h, p, sizeof out);
    CHECK(slot >= 0);
    CHECK_INT(raw_fixed(r, IORING_OP_READ_FIXED, fd[0], p, sizeof out, 0, slot), sizeof out);
    pattern_check((unsigned char *)p, sizeof out, 0, seed);
    close(fd[0]);
    close(fd[1]);
}

CASE(the_child_is_refused_and_the_parent_goes_on)
{
    raw_ring r = raw_ring_with(0);
    scene s;
    akit_uring_group_config gc = AKIT_URING_GROUP_CONFIG_INIT;
    s.h = new_uring(&r);
    s.pool = new_pool();
    s.fd = r.fd;
    s.p = akit_pool_get(s.pool, 2048, NULL);
    s.memory = (char *)pages_of(MIB(1));
    gc.pool = s.pool;
    int rc = akit_uring_group_create(s.h, &gc, &s.g);
    if (rc == -ENOSYS)
        SKIP("this kernel has no rings of provided buffers");
    CHECK_INT(rc, 0);
    CHECK(akit_uring_group_refill(s.g) > 0);
    CHECK_INT(akit_uring_add_pool(s.h, s.pool), 0);
    CHECK_INT(akit_uring_add_memory(s.h, s.memory, 4096), 0);
    CHECK(akit_uring_sync(s.h) >= 2);
    memset(s.p, 1, 2048);
    in_child(in_the_child, &s);
    if (!CHECK_SANITIZED) /* which may map something there */
        CHECK(access_faults(s.p, 0)); /* the slab is not the child's */
    memset(s.p, 2, 2048);         /* would be a copy of its own, if fork shared the page */
    read_fixed(&r, s.h, s.p, 3);
    in_child(in_the_child, &s);
    read_fixed(&r, s.h, s.p, 4);
    CHECK_INT(akit_uring_group_destroy(s.g, 0), 0);
    CHECK_INT(akit_uring_destroy(s.h, 0), 0);
    CHECK(!access_faults(s.p, 1)); /* and now it is copied again */
    CHECK_INT(akit_pool_put(s.pool, s.p), 0);
    CHECK_INT(akit_pool_destroy(s.pool, 0), 0);
    raw_close(&r);
}

/* Slabs that are registered, slabs that are not yet, and a length that has no class. */
static int begins_anew(void *arg)
{
    scene *s = (scene *)arg;
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    CHILD_CHECK(akit_pool_stats_get(s->pool, &st) == 0 && st.pinned_bytes == 0);
    static void *q[900];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 900; i++) {
            q[i] = akit_pool_get(s->pool, 4096, NULL);
            CHILD_CHECK(q[i] != NULL);
            memset(q[i], i, 4096);
        }
        for (int i = 0; i < 900; i++)
            CHILD_CHECK(((unsigned char *)q[i])[4095] == (unsigned char)i && akit_pool_put(s->pool, q[i]) == 0);
        CHILD_CHECK(akit_pool_purge(s->pool, 0, NULL) == 0);
    }
    CHILD_CHECK(((char *)s->p)[KIB(100)] == 6 && akit_pool_put(s->pool, s->p) == 0);
    CHILD_CHECK(akit_pool_stats_get(s->pool, &st) == 0);
    CHILD_CHECK(st.out_buffers == 0 && st.mapped_bytes == st.metadata_bytes);
    CHILD_CHECK(akit_uring_destroy(s->h, 0) == -EPERM);
    CHILD_CHECK(akit_pool_destroy(s->pool, 0) == 0);
    return 0;
}

CASE(a_pool_that_is_registered_in_part)
{
    raw_ring r = raw_ring_with(0);
    scene s;
    static void *q[700];
    s.h = new_uring(&r);
    s.pool = new_pool();
    for (int i = 0; i < 300; i++)
        q[i] = akit_pool_get(s.pool, 4096, NULL);
    CHECK_INT(akit_uring_add_pool(s.h, s.pool), 0);
    CHECK(akit_uring_sync(s.h) > 0);
    for (int i = 300; i < 700; i++)
        q[i] = akit_pool_get(s.pool, 4096, NULL);
    s.p = akit_pool_get(s.pool, KIB(200), NULL);
    memset(s.p, 6, KIB(200));
    for (int i = 0; i < 700; i += 2)
        CHECK_INT(akit_pool_put(s.pool, q[i]), 0);
    for (int i = 1; i < 700; i += 2)
        memset(q[i], i, 4096);
    in_child(begins_anew, &s);
    for (int i = 1; i < 700; i += 2) {
        CHECK_INT(((unsigned char *)q[i])[4095], (unsigned char)i);
        CHECK_INT(akit_pool_put(s.pool, q[i]), 0);
    }
    CHECK_INT(akit_pool_put(s.pool, s.p), 0);
    CHECK_INT(akit_uring_destroy(s.h, 0), 0);
    CHECK_INT(akit_pool_destroy(s.pool, 0), 0);
    raw_close(&r);
}

static int uses_copy(void *arg)
{
    scene *s = (scene *)arg;
    CHILD_CHECK(((char *)s->p)[5] == 9);
    memset(s->p, 1, 2048);
    CHILD_CHECK(akit_pool_put(s->pool, s->p) == 0);
    CHILD_CHECK(akit_pool_destroy(s->pool, 0) == 0);
    CHILD_CHECK(akit_uring_destroy(s->h, 0) == -EPERM);
    return 0;
}

CASE(a_pool_that_is_to_be_copied_is)
{
    raw_ring r = raw_ring_with(0);
    scene s;
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.fork_mode = AKIT_FORK_COPY;
    s.h = new_uring(&r);
    CHECK_INT(akit_pool_create(&cfg, &s.pool), 0);
    s.p = akit_pool_get(s.pool, 2048, NULL);
    CHECK_INT(akit_uring_add_pool(s.h, s.pool), 0);
    CHECK_INT(akit_uring_sync(s.h), 1);
    memset(s.p, 9, 2048);
    in_child(uses_copy, &s);
    CHECK_INT(akit_uring_destroy(s.h, 0), 0);
    CHECK_INT(akit_pool_put(s.pool, s.p), 0);
    CHECK_INT(akit_pool_destroy(s.pool, 0), 0);
    raw_close(&r);
}
