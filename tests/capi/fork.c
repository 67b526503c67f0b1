/* fork: what a child may do with the parent's handles and blocks, by fork_mode, also while threads allocate. */
#include "kit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* Runs `act` in a child; it is the child's answer whether all went well. */
static void in_child(int (*act)(akit_tiered *h, unsigned char *p), akit_tiered *h, unsigned char *p)
{
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60);
        _exit(act(h, p));
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0)
        CHECK_FAIL("the child ended with %s %d", WIFSIGNALED(status) ? "signal" : "code",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static akit_tiered *heap_with_fork_mode(uint32_t mode)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.fork_mode = mode;
    return new_heap_with(&cfg);
}

static int use_and_free(akit_tiered *h, unsigned char *p)
{
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    if (!all_bytes(p, 5000, 0x5a))
        return 2;
    akit_tiered_free(h, p);
    for (size_t size = 1; size < MIB(8); size = size * 3 + 1) {
        char *q = (char *)akit_tiered_alloc(h, size);
        if (!q)
            return 3;
        memset(q, 1, size);
        akit_tiered_free(h, q);
    }
    if (akit_tiered_stats_get(h, &st) || st.misuses_total)
        return 4;
    return akit_tiered_destroy(h, 0) ? 5 : 0;
}

CASE(child_uses_frees_and_destroys)
{
    akit_tiered *h = new_heap();
    unsigned char *p = (unsigned char *)block(h, 5000);
    in_child(use_and_free, h, p);
    CHECK(all_bytes(p, 5000, 0x5a));
    akit_tiered_free(h, p);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

static int write_over(akit_tiered *h, unsigned char *p)
{
    (void)h;
    memset(p, 0x11, 5000);
    return 0;
}

CASE(child_writes_do_not_reach_the_parent)
{
    akit_tiered *h = heap_with_fork_mode(AKIT_FORK_COPY);
    unsigned char *p = (unsigned char *)block(h, 5000);
    in_child(write_over, h, p);
    CHECK(all_bytes(p, 5000, 0x5a));
    akit_tiered_destroy(h, 0);
}

static int allocate_only(akit_tiered *h, unsigned char *p)
{
    (void)p;
    for (size_t size = 1; size < MIB(8); size = size * 3 + 1) {
        char *q = (char *)akit_tiered_alloc(h, size);
        if (!q)
            return 3;
        memset(q, 1, size);
        akit_tiered_free(h, q);
    }
    return 0;
}

CASE(dontfork_child_allocates_anew)
{
    akit_tiered *h = heap_with_fork_mode(AKIT_FORK_DONTFORK);
    unsigned char *p = (unsigned char *)block(h, 5000), *q = (unsigned char *)block(h, MIB(4));
    akit_tiered_free(h, block(h, 100));
    akit_tiered_free(h, block(h, MIB(3)));
    in_child(allocate_only, h, NULL);
    CHECK(all_bytes(p, 5000, 0x5a) && all_bytes(q, MIB(4), 0x5a));
    akit_tiered_destroy(h, 0);
}

static int touch(akit_tiered *h, unsigned char *p)
{
    (void)h;
    signal(SIGSEGV, SIG_DFL);
    return *(volatile unsigned char *)p == 0x5a ? 7 : 8;
}

CASE(dontfork_blocks_do_not_exist_in_the_child)
{
    akit_tiered *h = heap_with_fork_mode(AKIT_FORK_DONTFORK);
    unsigned char *p = (unsigned char *)block(h, MIB(4));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(touch(h, p));
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 1); /* 1: a sanitizer's way to end */
    akit_tiered_destroy(h, 0);
}

static int reads_zero(akit_tiered *h, unsigned char *p)
{
    if (!all_bytes(p, MIB(4), 0))
        return 2;
    return allocate_only(h, p);
}

CASE(wipe_blocks_read_as_zero_in_the_child)
{
    akit_tiered *h = heap_with_fork_mode(AKIT_FORK_WIPE);
    unsigned char *p = (unsigned char *)block(h, MIB(4));
    in_child(reads_zero, h, p);
    CHECK(all_bytes(p, MIB(4), 0x5a));
    akit_tiered_destroy(h, 0);
}

static int purge_thread_is_off(akit_tiered *h, unsigned char *p)
{
    (void)h;
    (void)p;
    akit_process_stats st = AKIT_PROCESS_STATS_INIT;
    if (akit_process_stats_get(&st) || st.purge_thread_running)
        return 2;
    if (akit_purge_thread(1) || akit_process_stats_get(&st) || !st.purge_thread_running)
        return 3;
    return akit_purge_thread(0) ? 4 : 0;
}

FRESH(purge_thread_does_not_survive_and_can_be_started_again)
{
    CHECK_INT(akit_purge_thread(1), 0);
    akit_tiered *h = new_heap();
    akit_tiered_free(h, block(h, MIB(8)));
    in_child(purge_thread_is_off, h, NULL);
    CHECK_INT(process_stats().purge_thread_running, 1);
    CHECK_INT(akit_purge_thread(0), 0);
}

static atomic_int stop;

static void *allocate_until_stopped(void *arg)
{
    akit_tiered *h = (akit_tiered *)arg;
    void *p[64] = {NULL};
    unsigned x = (unsigned)(uintptr_t)&x;
    while (!atomic_load(&stop)) {
        x = x * 1664525 + 1013904223;
        void **slot = &p[x >> 8 & 63];
        akit_tiered_free(h, *slot);
        *slot = akit_tiered_alloc(h, (x >> 16) % (x & 64 ? 200000 : 2000));
    }
    for (int i = 0; i < 64; i++)
        akit_tiered_free(h, p[i]);
    return NULL;
}

static int allocate_and_free_the_parents(akit_tiered *h, unsigned char *p)
{
    akit_tiered_free(h, p);
    for (int i = 0; i < 20000; i++)
        akit_tiered_free(h, akit_tiered_alloc(h, (size_t)i * 7 % 20000));
    return akit_tiered_destroy(h, 0) ? 2 : 0;
}

CASE(fork_while_threads_allocate)
{
    akit_tiered *h = new_heap();
    pthread_t t[3];
    atomic_store(&stop, 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(pthread_create(&t[i], NULL, allocate_until_stopped, h), 0);
    for (int i = 0; i < 20; i++) {
        unsigned char *p = (unsigned char *)block(h, 1000);
        in_child(allocate_and_free_the_parents, h, p);
        akit_tiered_free(h, p);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}
