/* What the tests of liballockit_io share. */
#ifndef TESTS_CAPI_IO_KIT_H
#define TESTS_CAPI_IO_KIT_H

#include "pool_kit.h"

#include <allockit/io.h>
#include <fcntl.h>
#include <sys/socket.h>

/* Long enough for what must come; what must not come is waited for a short time. */
#define SOON (20 * UINT64_C(1000000000))
#define SHORT UINT64_C(20000000)

static inline akit_io *new_io_with(const akit_io_config *cfg)
{
    akit_io *io = NULL;
    int rc = akit_io_create(cfg, &io);
    if (rc == -EPERM || rc == -ENOSYS)
        SKIP("io_uring is not allowed here: %s", akit_strerror(rc));
    CHECK_INT(rc, 0);
    CHECK(io != NULL);
    return io;
}

static inline akit_io *new_io(void)
{
    return new_io_with(NULL);
}

static inline akit_io *small_io(uint32_t entries, uint64_t flags)
{
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    cfg.entries = entries;
    cfg.flags = flags;
    return new_io_with(&cfg);
}

static inline akit_io_stats io_stats_of(akit_io *io)
{
    akit_io_stats st = AKIT_IO_STATS_INIT;
    CHECK_INT(akit_io_stats_get(io, &st), 0);
    return st;
}

/* Sends what is queued and takes the next event, which must come. */
static inline akit_io_event next_event(akit_io *io)
{
    akit_io_event e = {0, 0, 0, NULL, NULL};
    CHECK_AT_LEAST(akit_io_submit(io, 1, SOON), 1);
    CHECK_INT(akit_io_take(io, &e, 1), 1);
    return e;
}

static inline akit_io_event event_of(akit_io *io, uint64_t user_data)
{
    akit_io_event e = next_event(io);
    CHECK_INT(e.user_data, user_data);
    return e;
}

/* Nothing comes within a short time. */
static inline void no_event(akit_io *io)
{
    akit_io_event e;
    CHECK_INT(akit_io_submit(io, 1, SHORT), 0);
    CHECK_INT(akit_io_take(io, &e, 1), 0);
}

static inline void pair(int ends[2], int type)
{
    CHECK_INT(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
}

/* A file without a name, in a folder that is on a disk rather than in memory. */
static inline int temporary_file(int flags)
{
    char path[] = "allockit-io-XXXXXX";
    int fd = mkostemp(path, flags | O_CLOEXEC);
    if (fd < 0)
        SKIP("no temporary file here: %s", strerror(errno));
    unlink(path);
    return fd;
}

/* Byte `at` of a stream with a seed. */
static inline unsigned char stream_byte(uint64_t seed, uint64_t at)
{
    return (unsigned char)((seed + at / 7 * 13 + at) * 0x9E3779B97F4A7C15u >> 56);
}

static inline void fill_stream(void *p, size_t length, uint64_t seed, uint64_t from)
{
    for (size_t i = 0; i < length; i++)
        ((unsigned char *)p)[i] = stream_byte(seed, from + i);
}

static inline int is_stream(const void *p, size_t length, uint64_t seed, uint64_t from)
{
    for (size_t i = 0; i < length; i++)
        if (((const unsigned char *)p)[i] != stream_byte(seed, from + i))
            return 0;
    return 1;
}

static inline akit_uring_group *new_group(akit_io *io, akit_pool *pool, uint32_t group_id, uint32_t entries)
{
    akit_uring_group_config cfg = AKIT_URING_GROUP_CONFIG_INIT;
    akit_uring_group *group = NULL;
    cfg.pool = pool;
    cfg.group_id = group_id;
    cfg.entries = entries;
    int rc = akit_uring_group_create(akit_io_registration(io), &cfg, &group);
    if (rc == -ENOSYS)
        SKIP("this kernel has no provided-buffer rings");
    CHECK_INT(rc, 0);
    return group;
}

static inline akit_uring_group_stats group_stats_of(akit_uring_group *group)
{
    akit_uring_group_stats st = AKIT_URING_GROUP_STATS_INIT;
    CHECK_INT(akit_uring_group_stats_get(group, &st), 0);
    return st;
}

static inline void put_back(akit_io_event e)
{
    CHECK(e.flags & AKIT_IO_EVENT_BUFFER);
    CHECK_INT(akit_uring_group_put(e.group, e.buffer), 0);
}

static inline int open_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

#endif
