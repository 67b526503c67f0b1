/* Making handles of liballockit_io: defaults, values that make no sense, what is forbidden, and ends. */
#include "io_kit.h"
#include "seccomp.h"

CASE(io_defaults_in_force)
{
    akit_io_config cfg;
    CHECK_INT(akit_io_config_init(&cfg, sizeof cfg), 0);
    CHECK_INT(cfg.struct_size, sizeof cfg);
    akit_io *io = new_io_with(&cfg);
    CHECK_INT(akit_io_config_get(io, &cfg), 0);
    CHECK_INT(cfg.entries, 256);
    CHECK_INT(cfg.single_issuer, AKIT_IO_NO);
    CHECK_INT(cfg.defer_taskrun, AKIT_IO_NO);
    CHECK_INT(cfg.sqpoll, AKIT_IO_NO);
    CHECK_INT(cfg.slot_count, 1024);
    CHECK(cfg.name == NULL);
    CHECK_AT_LEAST(akit_io_fd(io), 0);
    CHECK(akit_io_registration(io) != NULL);
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    CHECK_INT(akit_uring_stats_get(akit_io_registration(io), &st), 0);
    CHECK_INT(st.slots, 1024);
    CHECK_INT(akit_io_destroy(io, 0), 0);
}

CASE(io_values_in_force)
{
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    char name[] = "disk.0";
    cfg.name = name;
    cfg.entries = 100;
    cfg.slot_count = 7;
    akit_io *io = new_io_with(&cfg);
    name[0] = 'X';
    CHECK_INT(akit_io_config_get(io, &cfg), 0);
    CHECK_INT(cfg.entries, 128);
    CHECK_INT(cfg.slot_count, 7);
    CHECK(strcmp(cfg.name, "disk.0") == 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
}

CASE(io_single_issuer_defers_by_default)
{
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    cfg.single_issuer = AKIT_IO_YES;
    akit_io *io = new_io_with(&cfg);
    CHECK_INT(akit_io_config_get(io, &cfg), 0);
    if (cfg.single_issuer != AKIT_IO_YES)
        SKIP("this kernel has no IORING_SETUP_SINGLE_ISSUER");
    CHECK_INT(cfg.defer_taskrun, AKIT_IO_YES);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    cfg = (akit_io_config)AKIT_IO_CONFIG_INIT;
    cfg.single_issuer = AKIT_IO_YES;
    cfg.defer_taskrun = AKIT_IO_NO;
    io = new_io_with(&cfg);
    CHECK_INT(akit_io_config_get(io, &cfg), 0);
    CHECK_INT(cfg.defer_taskrun, AKIT_IO_NO);
    CHECK_INT(akit_io_destroy(io, 0), 0);
}

static void refused(akit_io_config cfg, int error)
{
    akit_io *io = (akit_io *)(uintptr_t)1;
    CHECK_INT(akit_io_create(&cfg, &io), error);
    CHECK(io == NULL);
}

CASE(io_values_that_make_no_sense)
{
    akit_io_config good = AKIT_IO_CONFIG_INIT, c;
    CHECK_INT(akit_io_create(&good, NULL), -EINVAL);
    c = good, c.struct_size = 0, refused(c, -EINVAL);
    c = good, c.struct_size = 8, refused(c, -EINVAL);
    c = good, c.flags = 2, refused(c, -EINVAL);
    c = good, c.entries = 32769, refused(c, -EINVAL);
    c = good, c.slot_count = 16385, refused(c, -EINVAL);
    c = good, c.reserved0 = 1, refused(c, -EINVAL);
    c = good, c.single_issuer = 3, refused(c, -EINVAL);
    c = good, c.sqpoll = 3, refused(c, -EINVAL);
    c = good, c.defer_taskrun = 3, refused(c, -EINVAL);
    c = good, c.defer_taskrun = AKIT_IO_YES, refused(c, -EINVAL);
    c = good, c.single_issuer = c.defer_taskrun = c.sqpoll = AKIT_IO_YES, refused(c, -EINVAL);
    c = good, c.name = "no spaces", refused(c, -EINVAL);
    c = good, c.name = "", refused(c, -EINVAL);
    c = good, c.name = "0123456789012345678901234567890123456789012345678901234567890123", refused(c, -EINVAL);
    struct {
        akit_io_config cfg;
        uint64_t later;
    } newer = {AKIT_IO_CONFIG_INIT, 0};
    akit_io *io = NULL;
    newer.cfg.struct_size = sizeof newer;
    newer.later = 1;
    CHECK_INT(akit_io_create(&newer.cfg, &io), -E2BIG);
    newer.later = 0;
    io = new_io_with(&newer.cfg);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(akit_io_config_init(NULL, sizeof c), -EINVAL);
    CHECK_INT(akit_io_config_init(&c, 8), -EINVAL);
}

static void every_call_answers_einval(akit_io *io)
{
    char b[8];
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    akit_io_stats st = AKIT_IO_STATS_INIT;
    akit_io_event e;
    CHECK_INT(akit_io_config_get(io, &cfg), -EINVAL);
    CHECK_INT(akit_io_stats_get(io, &st), -EINVAL);
    CHECK_REFUSED(akit_io_registration(io), EINVAL);
    CHECK_INT(akit_io_fd(io), -EINVAL);
    CHECK_INT(akit_io_read(io, 0, b, 8, 0, 1), -EINVAL);
    CHECK_INT(akit_io_write(io, 0, b, 8, 0, 1), -EINVAL);
    CHECK_INT(akit_io_send(io, 0, b, 8, 0, 1), -EINVAL);
    CHECK_INT(akit_io_recv(io, 0, b, 8, 0, 1), -EINVAL);
    CHECK_INT(akit_io_recv_group(io, 0, NULL, 0, 1), -EINVAL);
    CHECK_INT(akit_io_accept(io, 0, 0, 1), -EINVAL);
    CHECK_INT(akit_io_cancel(io, 1), -EINVAL);
    CHECK_INT(akit_io_submit(io, 0, 0), -EINVAL);
    CHECK_INT(akit_io_take(io, &e, 1), 0);
    if (io)
        CHECK_INT(akit_io_destroy(io, 0), -EINVAL);
}

CASE(io_null_stale_and_foreign_handles)
{
    CHECK_INT(akit_io_destroy(NULL, 0), 0);
    every_call_answers_einval(NULL);
    akit_io *io = new_io();
    every_call_answers_einval((akit_io *)(void *)((char *)io + 1));
    CHECK_INT(akit_io_destroy(io, 0), 0);
    every_call_answers_einval(io);
    for (int i = 0; i < 1100; i++) {
        akit_io *other = small_io(1, 0);
        CHECK(other != io);
        CHECK_INT(akit_io_destroy(other, 0), 0);
    }
    every_call_answers_einval(io);
    int local;
    every_call_answers_einval((akit_io *)(void *)&local);
}

CASE(io_bad_out_structs_and_flags)
{
    akit_io *io = new_io();
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    akit_io_stats st = AKIT_IO_STATS_INIT;
    cfg.struct_size = 12, st.struct_size = 0;
    CHECK_INT(akit_io_config_get(io, &cfg), -EINVAL);
    CHECK_INT(akit_io_config_get(io, NULL), -EINVAL);
    CHECK_INT(akit_io_stats_get(io, &st), -EINVAL);
    CHECK_INT(akit_io_stats_get(io, NULL), -EINVAL);
    CHECK_INT(akit_io_take(io, NULL, 1), 0);
    CHECK_INT(akit_io_recv_group(io, 0, NULL, 0, 1), -EINVAL);
    CHECK_INT(akit_io_destroy(io, 64), -EINVAL);
    CHECK_INT(akit_io_fd(io), -EINVAL);
}

CASE(io_leaves_no_descriptor_and_no_memory)
{
    akit_io *io = new_io();
    CHECK_INT(akit_io_destroy(io, 0), 0);
    int open_before = open_descriptors();
    for (int i = 0; i < 50; i++) {
        io = new_io();
        CHECK_INT(akit_io_destroy(io, i % 2 ? AKIT_DESTROY_NOW : 0), 0);
    }
    CHECK_INT(open_descriptors(), open_before);
    uint64_t id = 0;
    uint32_t kind = 0;
    int left = 0;
    while (akit_handle_next(&id, &kind) == 0)
        left += kind == AKIT_KIND_URING;
    CHECK_INT(left, 0);
}

static int child_has_no_handle(void *arg)
{
    akit_io *io = (akit_io *)arg;
    char b[8];
    CHILD_CHECK(akit_io_read(io, 0, b, 8, 0, 1) == -EINVAL);
    CHILD_CHECK(akit_io_submit(io, 0, 0) == -EINVAL);
    CHILD_CHECK(akit_io_destroy(io, 0) == -EINVAL);
    akit_io *own = NULL; /* and it may make its own */
    CHILD_CHECK(akit_io_create(NULL, &own) == 0);
    int ends[2];
    CHILD_CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    CHILD_CHECK(akit_io_read(own, ends[0], b, 8, AKIT_NONE, 7) == 0);
    CHILD_CHECK(akit_io_submit(own, 1, SOON) == 1);
    akit_io_event e;
    CHILD_CHECK(akit_io_take(own, &e, 1) == 1 && e.res == 1 && e.user_data == 7 && b[0] == 'x');
    CHILD_CHECK(akit_io_destroy(own, 0) == 0);
    return 0;
}

CASE(io_handle_stays_with_the_parent)
{
    akit_io *io = new_io();
    int ends[2];
    char b[8];
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(akit_io_read(io, ends[0], b, 8, AKIT_NONE, 1), 0);
    in_child(child_has_no_handle, io);
    CHECK_INT(write(ends[1], "abc", 3), 3);
    CHECK_INT(event_of(io, 1).res, 3);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

static int io_is_refused(void *arg)
{
    uint32_t error = *(const uint32_t *)arg;
    akit_io *io = (akit_io *)(uintptr_t)1;
    CHILD_CHECK(filter_system_calls((const long[]){SYS_io_uring_setup, -1}, SECCOMP_RET_ERRNO | error, SECCOMP_RET_ALLOW) == 0);
    CHILD_CHECK(akit_io_create(NULL, &io) == -(int)error);
    CHILD_CHECK(io == NULL);
    akit_tiered *heap = NULL; /* everything else of the kit works */
    CHILD_CHECK(akit_tiered_create(NULL, &heap) == 0);
    void *p = akit_tiered_alloc(heap, 1000);
    CHILD_CHECK(p != NULL);
    akit_tiered_free(heap, p);
    CHILD_CHECK(akit_tiered_destroy(heap, 0) == 0);
    return 0;
}

CASE(io_forbidden_by_a_policy)
{
    uint32_t error = EPERM;
    in_child(io_is_refused, &error);
}

CASE(io_on_a_kernel_without_it)
{
    uint32_t error = ENOSYS;
    in_child(io_is_refused, &error);
}
