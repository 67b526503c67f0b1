/* Reads and writes of files through liballockit_io: every byte is checked, with fixed buffers and without. */
#include "io_kit.h"

enum { PART = 16384, PARTS = 32 };

/* Whether what was added is in force; where locked memory is short, plain operations go on, and there is less to see. */
static int registered(akit_io *io)
{
    CHECK_AT_LEAST(akit_uring_sync(akit_io_registration(io)), -ENOMEM);
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    CHECK_INT(akit_uring_stats_get(akit_io_registration(io), &st), 0);
    return st.state == AKIT_URING_ON;
}

/* A stream goes to the file in parts, all in flight together, and comes back. */
static void there_and_back(akit_io *io, int fd, unsigned char *memory, int fixed, uint64_t seed)
{
    akit_io_event e;
    uint64_t before = io_stats_of(io).fixed_total;
    fill_stream(memory, (size_t)PART * PARTS, seed, 0);
    for (uint64_t i = 0; i < PARTS; i++)
        CHECK_INT(akit_io_write(io, fd, memory + i * PART, PART, i * PART, i), 0);
    for (int round = 0; round < 2; round++) {
        unsigned seen = 0;
        for (int got = 0; got < PARTS;) {
            CHECK_AT_LEAST(akit_io_submit(io, 1, SOON), 1);
            while (akit_io_take(io, &e, 1) == 1) {
                CHECK_INT(e.res, PART);
                CHECK_INT(e.flags, fixed ? AKIT_IO_EVENT_FIXED : 0);
                CHECK(e.buffer == NULL && e.group == NULL);
                CHECK(e.user_data < PARTS && !(seen & 1u << e.user_data));
                seen |= 1u << e.user_data;
                got++;
            }
        }
        if (round == 0) {
            memset(memory, 0, (size_t)PART * PARTS);
            for (uint64_t i = PARTS; i-- > 0;)
                CHECK_INT(akit_io_read(io, fd, memory + i * PART, PART, i * PART, i), 0);
        }
    }
    CHECK(is_stream(memory, (size_t)PART * PARTS, seed, 0));
    CHECK_INT(io_stats_of(io).fixed_total - before, fixed ? 2 * PARTS : 0);
}

static void memory_of_all_kinds(int fd)
{
    akit_io *io = new_io();
    akit_uring *registration = akit_io_registration(io);
    void *own = NULL;
    CHECK_INT(posix_memalign(&own, 4096, (size_t)PART * PARTS), 0);
    there_and_back(io, fd, (unsigned char *)own, 0, 1);

    akit_region *regions = new_region_with(NULL);
    void *area = akit_region_alloc(regions, (size_t)PART * PARTS, 0, 0, NULL);
    CHECK(area != NULL);
    CHECK_INT(akit_uring_add_memory(registration, area, (size_t)PART * PARTS), 0);
    there_and_back(io, fd, (unsigned char *)area, 0, 2); /* pending until akit_uring_sync */
    int in_force = registered(io);
    there_and_back(io, fd, (unsigned char *)area, in_force, 3);

    CHECK_INT(akit_uring_add_memory(registration, own, (size_t)PART * PARTS), 0);
    in_force = registered(io);
    there_and_back(io, fd, (unsigned char *)own, in_force, 4);
    CHECK_INT(akit_uring_remove(registration, own), 0);
    there_and_back(io, fd, (unsigned char *)own, 0, 5);
    CHECK_AT_LEAST(akit_uring_sync(registration), 0);
    there_and_back(io, fd, (unsigned char *)own, 0, 6);

    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(akit_region_free(regions, area), 0);
    CHECK_INT(akit_region_destroy(regions, 0), 0);
    free(own);
    close(fd);
}

CASE(io_file_through_the_page_cache)
{
    memory_of_all_kinds(temporary_file(0));
}

CASE(io_file_past_the_page_cache)
{
    memory_of_all_kinds(temporary_file(O_DIRECT));
}

CASE(io_buffers_of_a_pool_are_fixed)
{
    akit_io *io = new_io();
    akit_pool *pool = new_pool();
    int fd = temporary_file(0);
    akit_io_event e;
    CHECK_INT(akit_uring_add_pool(akit_io_registration(io), pool), 0);
    void *p = akit_pool_get(pool, 65536, NULL);
    int in_force = registered(io);
    fill_stream(p, 65536, 9, 0);
    CHECK_INT(akit_io_write(io, fd, p, 65536, 0, 1), 0);
    e = event_of(io, 1);
    CHECK_INT(e.res, 65536);
    CHECK_INT(e.flags, in_force ? AKIT_IO_EVENT_FIXED : 0);
    memset(p, 0, 65536);
    CHECK_INT(akit_io_read(io, fd, (char *)p + 100, 65536 - 100, 100, 2), 0);
    e = event_of(io, 2);
    CHECK_INT(e.res, 65536 - 100);
    CHECK(is_stream((char *)p + 100, 65536 - 100, 9, 100));
    CHECK_INT(akit_io_destroy(io, 0), 0);
    CHECK_INT(akit_pool_put(pool, p), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    close(fd);
}

/* Slices of a ring, released out of order after their events: each write is a record of its own length. */
CASE(io_slices_of_a_ring_are_fixed)
{
    enum { SLICES = 8, ROUNDS = 60 };
    akit_io *io = small_io(4, 0);
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    akit_ring *ring = NULL;
    cfg.capacity_bytes = KIB(256);
    cfg.block_bytes = KIB(64);
    CHECK_INT(akit_ring_create(&cfg, &ring), 0);
    CHECK_INT(akit_uring_add_ring(akit_io_registration(io), ring), 0);
    int in_force = registered(io), fd = temporary_file(0);
    uint64_t at = 0, random = 3;
    for (int round = 0; round < ROUNDS; round++) {
        struct {
            unsigned char *p;
            size_t length;
        } slice[SLICES];
        for (uint64_t i = 0; i < SLICES; i++) {
            slice[i].length = 1 + random_word(&random) % 15000;
            slice[i].p = (unsigned char *)akit_ring_acquire(ring, 15000);
            CHECK(slice[i].p != NULL);
            CHECK_INT(akit_ring_commit(ring, slice[i].p, slice[i].length), 0);
            fill_stream(slice[i].p, slice[i].length, 4, at);
            CHECK_INT(akit_io_write(io, fd, slice[i].p, slice[i].length, at, i), 0);
            at += slice[i].length;
        }
        for (int got = 0; got < SLICES; got++) {
            akit_io_event e = next_event(io);
            CHECK_INT(e.res, slice[e.user_data].length);
            CHECK_INT(e.flags, in_force ? AKIT_IO_EVENT_FIXED : 0);
            CHECK_INT(akit_ring_release(ring, slice[e.user_data].p), 0);
        }
    }
    for (uint64_t from = 0; from < at; from += 10000) {
        void *p = akit_ring_acquire(ring, 10000);
        size_t length = at - from < 10000 ? at - from : 10000;
        CHECK_INT(akit_io_read(io, fd, p, 10000, from, 1), 0);
        CHECK_INT(event_of(io, 1).res, length);
        CHECK(is_stream(p, length, 4, from));
        CHECK_INT(akit_ring_release(ring, p), 0);
    }
    CHECK_INT(akit_ring_destroy(ring, 0), 0); /* before the handle: the area stays until it is unpinned */
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(fd);
}

CASE(io_file_position_end_and_errors)
{
    akit_io *io = new_io();
    int fd = temporary_file(0);
    char b[16] = "0123456789";
    CHECK_INT(akit_io_write(io, fd, b, 10, AKIT_NONE, 1), 0);
    CHECK_INT(event_of(io, 1).res, 10);
    CHECK_INT(akit_io_write(io, fd, "abc", 3, AKIT_NONE, 2), 0);
    CHECK_INT(event_of(io, 2).res, 3);
    CHECK_INT(akit_io_read(io, fd, b, 16, 8, 3), 0); /* short: the end of the file */
    CHECK_INT(event_of(io, 3).res, 5);
    CHECK(memcmp(b, "89abc", 5) == 0);
    CHECK_INT(akit_io_read(io, fd, b, 16, 13, 4), 0);
    CHECK_INT(event_of(io, 4).res, 0);
    CHECK_INT(akit_io_read(io, fd, b, 0, 0, 5), 0);
    CHECK_INT(event_of(io, 5).res, 0);
    CHECK_INT(akit_io_read(io, -1, b, 1, 0, 6), 0);
    CHECK_INT(event_of(io, 6).res, -EBADF);
    CHECK_INT(akit_io_read(io, fd, NULL, 8, 0, 7), 0);
    CHECK_INT(event_of(io, 7).res, -EFAULT);
    CHECK_INT(akit_io_read(io, fd, b, 16, 0, UINT64_MAX), 0); /* any number may be user_data */
    CHECK_INT(event_of(io, UINT64_MAX).res, 13);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(fd);
}

/* Random reads and writes, several in flight, against a copy in memory; a third of the buffers is registered. */
CASE(io_random_operations_against_a_copy)
{
    enum { BUFFERS = 24, LONGEST = 20000, FILE_BYTES = 1 << 20 };
    akit_io *io = small_io(8, 0);
    int fd = temporary_file(0);
    unsigned char *copy = (unsigned char *)calloc(1, FILE_BYTES), *memory = NULL;
    struct {
        int busy, writes;
        size_t length;
        uint64_t at;
    } use[BUFFERS];
    CHECK_INT(posix_memalign((void **)&memory, 4096, (size_t)BUFFERS * LONGEST), 0);
    memset(use, 0, sizeof use);
    CHECK_INT(ftruncate(fd, FILE_BYTES), 0);
    CHECK_INT(akit_uring_add_memory(akit_io_registration(io), memory, (size_t)BUFFERS * LONGEST / 3), 0);
    registered(io);
    uint64_t random = 20261121;
    int in_flight = 0, left = 3000;
    while (left > 0 || in_flight > 0) {
        unsigned i = (unsigned)(random_word(&random) % BUFFERS);
        if (left > 0 && !use[i].busy) {
            unsigned char *p = memory + (size_t)i * LONGEST;
            use[i].length = 1 + random_word(&random) % LONGEST;
            use[i].at = random_word(&random) % (FILE_BYTES - use[i].length);
            use[i].writes = random_word(&random) % 3 == 0;
            int overlaps = 0; /* with a write in flight, or a write with anything */
            for (unsigned k = 0; k < BUFFERS; k++)
                overlaps |= use[k].busy && (use[k].writes || use[i].writes) && use[k].at < use[i].at + use[i].length &&
                            use[i].at < use[k].at + use[k].length;
            if (overlaps)
                goto drain;
            if (use[i].writes) {
                fill_stream(p, use[i].length, random, 0);
                memcpy(copy + use[i].at, p, use[i].length);
                CHECK_INT(akit_io_write(io, fd, p, use[i].length, use[i].at, i), 0);
            } else {
                memset(p, 0xee, use[i].length);
                CHECK_INT(akit_io_read(io, fd, p, use[i].length, use[i].at, i), 0);
            }
            use[i].busy = 1;
            in_flight++;
            left--;
            if (random_word(&random) % 4)
                continue;
        }
    drain:;
        akit_io_event events[5];
        CHECK_AT_LEAST(akit_io_submit(io, random_word(&random) % 3 ? 1 : 0, SOON), 0);
        for (size_t n = akit_io_take(io, events, 5), k = 0; k < n; k++) {
            uint64_t d = events[k].user_data;
            CHECK(d < BUFFERS && use[d].busy);
            CHECK_INT(events[k].res, use[d].length);
            if (!use[d].writes)
                CHECK(memcmp(memory + d * LONGEST, copy + use[d].at, use[d].length) == 0);
            use[d].busy = 0;
            in_flight--;
        }
    }
    akit_io_stats st = io_stats_of(io);
    CHECK_INT(st.requests_total, 3000);
    CHECK_INT(st.events_total, 3000);
    CHECK_INT(st.in_flight, 0);
    CHECK_AT_LEAST(st.requests_total, st.fixed_total);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    free(memory);
    free(copy);
    close(fd);
}

/* Memory that is removed while a request uses it: the tag comes after the request, and is answered inside. */
CASE(io_removed_memory_drains)
{
    akit_io *io = new_io();
    akit_uring *registration = akit_io_registration(io);
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    void *memory = NULL;
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(posix_memalign(&memory, 4096, 8192), 0);
    CHECK_INT(akit_uring_add_memory(registration, memory, 8192), 0);
    if (!registered(io))
        SKIP("memory cannot be registered here");
    CHECK_INT(akit_io_read(io, ends[0], memory, 100, AKIT_NONE, 1), 0);
    CHECK_INT(akit_io_submit(io, 0, 0), 0);
    CHECK_INT(akit_uring_remove(registration, memory), 0);
    CHECK_INT(akit_uring_sync(registration), 0);
    no_event(io);
    CHECK_INT(akit_uring_stats_get(registration, &st), 0);
    CHECK_INT(st.areas_draining, 1);
    CHECK_INT(write(ends[1], "0123456789", 10), 10);
    akit_io_event e = event_of(io, 1);
    CHECK_INT(e.res, 10);
    CHECK_INT(e.flags, AKIT_IO_EVENT_FIXED);
    CHECK(memcmp(memory, "0123456789", 10) == 0);
    for (int i = 0; i < 100 && io_stats_of(io).drained_total == 0; i++)
        CHECK_INT(akit_io_submit(io, 1, SHORT), 0);
    CHECK_INT(io_stats_of(io).drained_total, 1);
    CHECK_INT(akit_uring_stats_get(registration, &st), 0);
    CHECK_INT(st.areas_draining, 0);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    free(memory);
    close(ends[0]);
    close(ends[1]);
}
