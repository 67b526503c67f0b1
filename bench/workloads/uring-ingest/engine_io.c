/* The same through liballockit_io, which has the ring and picks fixed reads by itself. */
#include <allockit/io.h>

#include "ingest.h"

static akit_io *io;

static void io_open(const struct ingest *in) {
    (void)in;
    akit_io_config config = AKIT_IO_CONFIG_INIT;
    config.single_issuer = AKIT_IO_YES;
    if (akit_io_create(&config, &io) < 0) die("akit_io_create");
    if (akit_uring_add_ring(akit_io_registration(io), memory_ring()) < 0) die("akit_uring_add_ring");
    if (akit_uring_sync(akit_io_registration(io)) < 0) fputs("not registered: plain reads\n", stderr);
}

static void io_read(int fd, void *p, size_t length, uint64_t offset, unsigned id) {
    if (akit_io_read(io, fd, p, length, offset, id) < 0) die("akit_io_read");
}

static unsigned io_wait(struct done done[MOST_DEPTH]) {
    akit_io_event event[MOST_DEPTH];
    if (akit_io_submit(io, 1, AKIT_NONE) < 0) die("akit_io_submit");
    const size_t count = akit_io_take(io, event, MOST_DEPTH);
    for (size_t i = 0; i < count; i++) done[i] = (struct done){(unsigned)event[i].user_data, event[i].res};
    return (unsigned)count;
}

const struct engine engine_io = {io_open, io_read, io_wait};
