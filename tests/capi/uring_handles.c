/* Attaching: what is refused, and with which answer; handles that are stale, foreign or wrong. */
#include "uring_raw.h"

static int try_create(int fd, uint64_t flags, uint32_t base, uint32_t count, uint64_t tag)
{
    akit_uring *h = (akit_uring *)1;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = fd;
    cfg.flags = flags;
    cfg.slot_base = base;
    cfg.slot_count = count;
    cfg.tag_base = tag;
    int rc = akit_uring_create(&cfg, &h);
    if (rc < 0)
        CHECK(h == NULL);
    else
        CHECK_INT(akit_uring_destroy(h, 0), 0);
    return rc;
}

CASE(descriptors_that_are_no_ring)
{
    raw_ring r = raw_ring_with(0);
    int null = open("/dev/null", O_RDWR);
    CHECK_INT(try_create(null, AKIT_URING_CREATE_TABLE, 0, 4, 0), -EOPNOTSUPP);
    CHECK_INT(try_create(null, AKIT_URING_NO_DUP, 0, 4, 0), -EOPNOTSUPP);
    close(null);
    CHECK_INT(try_create(null, AKIT_URING_CREATE_TABLE, 0, 4, 0), -EBADF);
    CHECK_INT(try_create(-1, AKIT_URING_CREATE_TABLE, 0, 4, 0), -EINVAL);
    CHECK(try_create(r.fd, AKIT_URING_REGISTERED_FD, 0, 4, 0) < 0);
    raw_close(&r);
}

/* The ring by its index among the registered rings of this thread: Linux 6.3. */
CASE(a_registered_descriptor)
{
    raw_ring r = raw_ring_with(0);
    struct io_uring_rsrc_update up;
    memset(&up, 0, sizeof up);
    up.offset = UINT32_MAX;
    up.data = (uint64_t)r.fd;
    if (syscall(__NR_io_uring_register, r.fd, 20 /* IORING_REGISTER_RING_FDS */, &up, 1) != 1)
        SKIP("rings cannot be registered here: %s", strerror(errno));
    akit_uring *h = NULL;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = (int32_t)up.offset;
    cfg.flags = AKIT_URING_REGISTERED_FD | AKIT_URING_CREATE_TABLE;
    int rc = akit_uring_create(&cfg, &h);
    if (rc == -EINVAL || rc == -EBADF)
        SKIP("registrations by index are not possible here");
    CHECK_INT(rc, 0);
    char *p = (char *)pages_of(4096);
    CHECK_INT(akit_uring_add_memory(h, p, 4096), 0);
    CHECK_INT(akit_uring_sync(h), 1);
    CHECK(akit_uring_lookup(h, p, 4096) >= 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, 4096);
}

CASE(values_that_make_no_sense)
{
    raw_ring r = raw_ring_with(0);
    CHECK_INT(try_create(r.fd, 8, 0, 4, 0), -EINVAL);
    CHECK_INT(try_create(r.fd, 0, 0, 0, 0), -EINVAL);
    CHECK_INT(try_create(r.fd, AKIT_URING_CREATE_TABLE, 0, 16385, 0), -EINVAL);
    CHECK_INT(try_create(r.fd, AKIT_URING_CREATE_TABLE, 16384, 1, 0), -EINVAL);
    CHECK_INT(try_create(r.fd, AKIT_URING_CREATE_TABLE, UINT32_MAX, UINT32_MAX, 0), -EINVAL);
    CHECK_INT(try_create(r.fd, AKIT_URING_CREATE_TABLE, 0, 4, UINT64_MAX - 3), -EINVAL);
    CHECK_INT(try_create(r.fd, AKIT_URING_CREATE_TABLE, 0, 4, UINT64_MAX - 4), 0);
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    akit_uring *h;
    cfg.ring_fd = r.fd;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    cfg.table_mode = 1;
    CHECK_INT(akit_uring_create(&cfg, &h), -EINVAL);
    cfg.table_mode = 0;
    cfg.name = "no spaces";
    CHECK_INT(akit_uring_create(&cfg, &h), -EINVAL);
    cfg.name = "";
    CHECK_INT(akit_uring_create(&cfg, &h), -EINVAL);
    cfg.name = NULL;
    cfg.struct_size = 8;
    CHECK_INT(akit_uring_create(&cfg, &h), -EINVAL);
    CHECK_INT(akit_uring_create(NULL, &h), -EINVAL);
    CHECK_INT(akit_uring_create(&cfg, NULL), -EINVAL);
    CHECK_INT(akit_uring_config_init(NULL, sizeof cfg), -EINVAL);
    CHECK_INT(akit_uring_config_init(&cfg, 8), -EINVAL);
    CHECK_INT(akit_uring_config_init(&cfg, sizeof cfg), 0);
    struct {
        akit_uring_config known;
        uint64_t later;
    } newer;
    memset(&newer, 0, sizeof newer);
    newer.known.struct_size = sizeof newer;
    newer.known.ring_fd = r.fd;
    newer.known.flags = AKIT_URING_CREATE_TABLE;
    newer.later = 1;
    CHECK_INT(akit_uring_create(&newer.known, &h), -E2BIG);
    newer.later = 0;
    CHECK_INT(akit_uring_create(&newer.known, &h), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
}

CASE(a_table_is_made_once)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring_with(&r, AKIT_URING_CREATE_TABLE, 16384, 0);
    CHECK_INT(try_create(r.fd, AKIT_URING_CREATE_TABLE, 0, 4, 0), -EBUSY);
    /* A second handle is granted a range of the first one's table. */
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    akit_uring *second;
    cfg.ring_fd = r.fd;
    cfg.slot_base = 100;
    cfg.slot_count = 1;
    CHECK_INT(akit_uring_create(&cfg, &second), 0);
    char *p = (char *)pages_of(8192);
    CHECK_INT(akit_uring_add_memory(second, p, 4096), 0);
    CHECK_INT(akit_uring_sync(second), 1);
    CHECK_INT(akit_uring_lookup(second, p, 4096), 100);
    CHECK_INT(akit_uring_lookup(h, p, 4096), -ENOENT);
    CHECK_INT(akit_uring_destroy(second, 0), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(try_create(r.fd, AKIT_URING_CREATE_TABLE, 0, 4, 0), 0);
    raw_close(&r);
    munmap(p, 8192);
}

CASE(slots_that_are_not_there)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring_with(&r, 0, 4, 0);
    char *p = (char *)pages_of(4096);
    CHECK_INT(akit_uring_add_memory(h, p, 4096), 0);
    CHECK_INT(akit_uring_sync(h), -ENXIO);
    CHECK_INT(uring_stats_of(h).state, AKIT_URING_DENIED);
    CHECK_INT(uring_stats_of(h).last_errno, ENXIO);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, 4096);
}

CASE(a_ring_that_its_owner_closed)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *kept = new_uring(&r);
    raw_ring other = raw_ring_with(0);
    akit_uring *bare = new_uring_with(&other, AKIT_URING_CREATE_TABLE | AKIT_URING_NO_DUP, 4, 0);
    char *p = (char *)pages_of(8192);
    raw_close(&r);
    raw_close(&other);
    CHECK_INT(akit_uring_add_memory(kept, p, 4096), 0);
    CHECK_INT(akit_uring_sync(kept), 1); /* the duplicate keeps it alive */
    CHECK_INT(akit_uring_destroy(kept, 0), 0);
    CHECK_INT(akit_uring_add_memory(bare, p, 4096), 0);
    CHECK_INT(akit_uring_sync(bare), -EBADF);
    CHECK_INT(uring_stats_of(bare).state, AKIT_URING_DENIED);
    CHECK_INT(akit_uring_destroy(bare, 0), -EBADF);
    munmap(p, 8192);
}

CASE(handles_that_are_none)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_tiered *heap = new_heap();
    akit_pool *pool = new_pool();
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    akit_tiered_stats ts = AKIT_TIERED_STATS_INIT;
    CHECK_INT(akit_uring_sync(NULL), -EINVAL);
    CHECK_INT(akit_uring_sync((akit_uring *)heap), -EINVAL);
    CHECK_INT(akit_uring_lookup((akit_uring *)heap, &st, 1), -EINVAL);
    CHECK_INT(akit_tiered_stats_get((akit_tiered *)h, &ts), -EINVAL);
    CHECK(akit_tiered_alloc((akit_tiered *)h, 10) == NULL);
    CHECK(akit_pool_get((akit_pool *)h, 10, NULL) == NULL);
    CHECK_INT(akit_uring_add_pool(h, NULL), -EINVAL);
    CHECK_INT(akit_uring_add_pool(h, (akit_pool *)heap), -EINVAL);
    CHECK_INT(akit_uring_add_ring(h, NULL), -EINVAL);
    CHECK_INT(akit_uring_add_ring(h, (akit_ring *)heap), -EINVAL);
    CHECK_INT(akit_uring_stats_get(h, NULL), -EINVAL);
    st.struct_size = 3;
    CHECK_INT(akit_uring_stats_get(h, &st), -EINVAL);
    CHECK_INT(akit_uring_destroy(NULL, 0), 0);
    CHECK_INT(akit_uring_destroy((akit_uring *)heap, 0), -EINVAL);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(akit_uring_destroy(h, 0), -EINVAL);
    CHECK_INT(akit_uring_lookup(h, &st, 1), -EINVAL);
    CHECK_INT(akit_uring_drained(h, 1), -EINVAL);
    akit_tiered_destroy(heap, 0);
    akit_pool_destroy(pool, 0);
    raw_close(&r);
}

CASE(unknown_flags_of_destroy_consume_the_handle)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    CHECK_INT(akit_uring_destroy(h, 64), -EINVAL);
    CHECK_INT(akit_uring_sync(h), -EINVAL);
    raw_close(&r);
}

CASE(it_is_seen_among_the_handles)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = NULL;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = r.fd;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    cfg.slot_count = 4;
    cfg.name = "front";
    CHECK_INT(akit_uring_create(&cfg, &h), 0);
    uint64_t id = 0, mine = 0;
    uint32_t kind = 0;
    while (akit_handle_next(&id, &kind) == 0)
        if (kind == AKIT_KIND_URING)
            mine = id;
    CHECK(mine != 0);
    char text[8192];
    CHECK_INT(akit_stats_json(mine, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "\"name\":\"front\"") && strstr(text, "\"slots\":4,"));
    CHECK_INT(akit_stats_openmetrics(mine, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "allockit_uring_slots{handle=\"front\""));
    akit_process_stats ps;
    ps.struct_size = sizeof ps;
    CHECK_INT(akit_process_stats_get(&ps), 0);
    CHECK_INT(akit_purge(0, NULL), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(akit_stats_json(mine, text, sizeof text, NULL), -ENOENT);
    CHECK_INT(akit_feature(AKIT_FEATURE_URING), 0);
    raw_close(&r);
}
