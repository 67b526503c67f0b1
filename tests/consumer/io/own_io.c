/* A program without an io_uring of its own: liballockit_io has one, and picks fixed buffers by itself. */
#include <allockit.h>
#include <allockit/io.h>

#include "check.h"

int main(void)
{
    akit_io *io;
    akit_pool *pool;
    akit_io_event done;
    int fd = known_file();
    may_be_forbidden(akit_io_create(NULL, &io));
    must(akit_pool_create(NULL, &pool) == 0, "a pool");
    void *buffer = akit_pool_get(pool, BYTES, NULL);
    akit_uring_add_pool(akit_io_registration(io), pool);
    akit_uring_sync(akit_io_registration(io));
    akit_io_read(io, fd, buffer, BYTES, 0, 42);
    akit_io_submit(io, 1, AKIT_NONE);
    must(akit_io_take(io, &done, 1) == 1 && done.user_data == 42 && done.res == (int)BYTES, "the event");
    must_be_known(buffer);
    must(akit_io_destroy(io, 0) == 0, "the end of the io_uring");
    akit_pool_put(pool, buffer);
    must(akit_pool_destroy(pool, 0) == 0, "the end of the pool");
    return verified(done.flags & AKIT_IO_EVENT_FIXED);
}
