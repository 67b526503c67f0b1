/* Locked memory is short: registration is refused, and plain operations go on. In children without privileges. */
#include "child.h"
#include "io_kit.h"

#include <sys/mman.h>
#include <sys/resource.h>

enum { BYTES = 1 << 20 };

typedef struct {
    int fd;
    rlim_t limit;
    int made, state, fixed;
} answers;

static int reads_without_privileges(void *arg)
{
    answers *a = (answers *)arg;
    struct rlimit limit = {a->limit, a->limit};
    CHILD_CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    if (setgid(65534) != 0 || setuid(65534) != 0)
        return CHECK_SKIPPED;
    akit_io *io = NULL;
    a->made = akit_io_create(NULL, &io);
    if (a->made < 0) {
        CHILD_CHECK(io == NULL);
        return 0;
    }
    void *memory = NULL;
    CHILD_CHECK(posix_memalign(&memory, 4096, BYTES) == 0);
    CHILD_CHECK(akit_uring_add_memory(akit_io_registration(io), memory, BYTES) == 0);
    int rc = akit_uring_sync(akit_io_registration(io));
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    CHILD_CHECK(akit_uring_stats_get(akit_io_registration(io), &st) == 0);
    a->state = (int)st.state;
    CHILD_CHECK(rc == 1 || rc == -ENOMEM);
    CHILD_CHECK((rc == 1) == (st.state == AKIT_URING_ON));
    CHILD_CHECK(rc == 1 || st.last_errno == ENOMEM);
    memset(memory, 0, BYTES);
    CHILD_CHECK(akit_io_read(io, a->fd, memory, BYTES, 0, 1) == 0);
    CHILD_CHECK(akit_io_submit(io, 1, SOON) == 1);
    akit_io_event e;
    CHILD_CHECK(akit_io_take(io, &e, 1) == 1 && e.res == BYTES);
    CHILD_CHECK(is_stream(memory, BYTES, 5, 0));
    a->fixed = (e.flags & AKIT_IO_EVENT_FIXED) != 0;
    CHILD_CHECK(a->fixed == (rc == 1));
    CHILD_CHECK(akit_io_destroy(io, 0) == 0);
    free(memory);
    return 0;
}

static answers with_limit(rlim_t limit)
{
    akit_io *io = new_io(); /* skips where io_uring is forbidden to everybody */
    CHECK_INT(akit_io_destroy(io, 0), 0);
    int fd = temporary_file(0);
    unsigned char *b = (unsigned char *)malloc(BYTES);
    fill_stream(b, BYTES, 5, 0);
    CHECK_INT(pwrite(fd, b, BYTES, 0), BYTES);
    free(b);
    answers *a = (answers *)mmap(NULL, sizeof *a, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED);
    *a = (answers){fd, limit, 0, 0, 0};
    int status = child_status(reads_without_privileges, a);
    answers found = *a;
    munmap(a, sizeof *a);
    close(fd);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHECK_SKIPPED)
        SKIP("privileges cannot be given up here");
    CHECK_INT(status, 0);
    return found;
}

CASE(io_without_locked_memory)
{
    answers a = with_limit(0);
    if (a.made == 0)
        CHECK_INT(a.fixed, 0);
    else
        CHECK_INT(a.made, -ENOMEM); /* kernels that count the io_uring's own memory */
}

CASE(io_with_little_locked_memory)
{
    answers a = with_limit(128 << 10);
    if (a.made == -ENOMEM)
        SKIP("other processes of this user hold the locked memory");
    CHECK_INT(a.made, 0);
    CHECK_INT(a.state, AKIT_URING_DENIED);
    CHECK_INT(a.fixed, 0);
}

CASE(io_with_enough_locked_memory)
{
    answers a = with_limit(8 << 20);
    if (a.made == -ENOMEM || a.state == AKIT_URING_DENIED)
        SKIP("other processes of this user hold the locked memory");
    CHECK_INT(a.state, AKIT_URING_ON);
    CHECK_INT(a.fixed, 1);
}
