/* Threads and liballockit_io: one at a time, whichever; or the one that made the handle. */
#include "io_kit.h"

#include <pthread.h>

typedef struct {
    akit_io *io;
    int rc;
} from_a_thread;

static void *submits(void *arg)
{
    from_a_thread *t = (from_a_thread *)arg;
    t->rc = akit_io_submit(t->io, 0, 0);
    return NULL;
}

static int submit_of_another_thread(akit_io *io)
{
    from_a_thread t = {io, 0};
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, submits, &t), 0);
    pthread_join(thread, NULL);
    return t.rc;
}

CASE(io_single_issuer_is_of_one_thread)
{
    akit_io_config cfg = AKIT_IO_CONFIG_INIT;
    cfg.single_issuer = AKIT_IO_YES;
    akit_io *io = new_io_with(&cfg);
    CHECK_INT(akit_io_config_get(io, &cfg), 0);
    if (cfg.single_issuer != AKIT_IO_YES)
        SKIP("this kernel has no IORING_SETUP_SINGLE_ISSUER");
    int ends[2];
    char b[8];
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(akit_io_read(io, ends[0], b, 8, AKIT_NONE, 1), 0);
    CHECK_INT(submit_of_another_thread(io), -EEXIST);
    CHECK_INT(write(ends[1], "abc", 3), 3);
    CHECK_INT(event_of(io, 1).res, 3);
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

typedef struct {
    akit_io *io;
    pthread_mutex_t lock;
    int ends[2], turn, left;
} two_threads;

/* One thread queues and the other fetches, in turn: the handle is tied to neither. */
static void *alternates(void *arg)
{
    two_threads *t = (two_threads *)arg;
    static char buffer[8];
    for (int mine = __atomic_fetch_add(&t->turn, 1, __ATOMIC_RELAXED) & 1, done = 0; !done;) {
        pthread_mutex_lock(&t->lock);
        if ((t->left & 1) == mine && t->left > 0) {
            akit_io_event e;
            if (mine) {
                THREAD_CHECK(akit_io_read(t->io, t->ends[0], buffer, 1, AKIT_NONE, (uint64_t)t->left) == 0);
                THREAD_CHECK(akit_io_submit(t->io, 0, 0) >= 0);
            } else {
                THREAD_CHECK(write(t->ends[1], "x", 1) == 1);
                THREAD_CHECK(akit_io_submit(t->io, 1, SOON) == 1);
                THREAD_CHECK(akit_io_take(t->io, &e, 1) == 1 && e.res == 1 && e.user_data == (uint64_t)t->left + 1);
            }
            t->left--;
        }
        done = t->left <= 0;
        pthread_mutex_unlock(&t->lock);
    }
    return NULL;
}

CASE(io_threads_alternate)
{
    two_threads t = {.io = new_io(), .lock = PTHREAD_MUTEX_INITIALIZER, .turn = 0, .left = 201};
    pthread_t threads[2];
    CHECK_INT(pipe(t.ends), 0);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, alternates, &t), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK_THREADS();
    CHECK_INT(akit_io_destroy(t.io, 0), 0);
    close(t.ends[0]);
    close(t.ends[1]);
}

typedef struct {
    akit_io *io;
    int fd;
    char b;
} of_a_thread;

static void *receives_and_ends(void *arg)
{
    of_a_thread *t = (of_a_thread *)arg;
    THREAD_CHECK(akit_io_recv(t->io, t->fd, &t->b, 1, 0, 1) == 0);
    THREAD_CHECK(akit_io_submit(t->io, 0, 0) == 0);
    return NULL;
}

/* The kernel cancels what a thread sent that has ended. The handle goes on, and no byte is lost. */
CASE(io_thread_that_sent_has_ended)
{
    akit_io *io = new_io();
    int ends[2];
    pair(ends, SOCK_STREAM);
    of_a_thread t = {io, ends[0], 0};
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, receives_and_ends, &t), 0);
    pthread_join(thread, NULL);
    CHECK_THREADS();
    CHECK_INT(send(ends[1], "x", 1, 0), 1);
    int res = event_of(io, 1).res;
    CHECK(res == 1 || res == -ECANCELED);
    if (res < 0) {
        CHECK_INT(akit_io_recv(io, ends[0], &t.b, 1, 0, 2), 0);
        CHECK_INT(event_of(io, 2).res, 1);
    }
    CHECK_INT(t.b, 'x');
    CHECK_INT(akit_io_destroy(io, 0), 0);
    close(ends[0]);
    close(ends[1]);
}
