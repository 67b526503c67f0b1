/* Rings in memory of the caller: where slices lie, nothing else is touched, and no system call is made. */
#include "ring_kit.h"
#include "seccomp.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static unsigned char buffer[MIB(1) + 4096] __attribute__((aligned(4096)));

static akit_ring *ring_in(void *memory, size_t bytes, uint32_t order, uint32_t zero_mode)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    akit_ring *h = NULL;
    cfg.memory = memory;
    cfg.memory_bytes = bytes;
    cfg.order = order;
    cfg.zero_mode = zero_mode;
    return akit_ring_create(&cfg, &h) == 0 ? h : NULL;
}

CASE(slices_lie_in_it_and_nothing_else_is_touched)
{
    for (size_t off = 0; off < 130; off += 13) {
        memset(buffer, 0xee, sizeof buffer);
        akit_ring *h = ring_in(buffer + 100 + off, KIB(64) + off, 0, 0);
        void *base;
        size_t length;
        CHECK(h != NULL);
        CHECK_INT(akit_ring_memory_get(h, &base, &length), 0);
        CHECK((unsigned char *)base >= buffer + 100 + off && (unsigned char *)base + length <= buffer + 100 + off + KIB(64) + off);
        CHECK_AT_LEAST(length, KIB(62));
        CHECK_INT(ring_stats_of(h).capacity_bytes, length);
        CHECK_AT_LEAST(ring_stats_of(h).mapped_bytes, KIB(64));
        CHECK_INT(ring_stats_of(h).mappings, 1);
        for (int i = 0; i < 500; i++) {
            unsigned char *p = (unsigned char *)filled_slice(h, 700, i);
            CHECK(p >= (unsigned char *)base && p + 700 <= (unsigned char *)base + length);
            CHECK_INT(akit_ring_release(h, p), 0);
        }
        CHECK(all_bytes(buffer, 100 + off, 0xee));
        CHECK(all_bytes((char *)base + length, (size_t)(buffer + sizeof buffer - ((unsigned char *)base + length)), 0xee));
        end_ring(h);
    }
}

CASE(a_capacity_may_be_less)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    akit_ring *h;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    cfg.capacity_bytes = KIB(100);
    cfg.block_bytes = KIB(10);
    h = new_ring_with(&cfg);
    CHECK_INT(ring_stats_of(h).capacity_bytes, KIB(100));
    CHECK(ring_config_of(h).memory == buffer && ring_config_of(h).memory_bytes == sizeof buffer);
    end_ring(h);
    cfg.capacity_bytes = sizeof buffer - 64;
    h = NULL;
    CHECK_INT(akit_ring_create(&cfg, &h), -EINVAL); /* whole blocks are more than there is */
    cfg.capacity_bytes = 0;
    h = new_ring_with(&cfg);
    CHECK_INT(ring_stats_of(h).capacity_bytes, MIB(1) + 4096 - (MIB(1) + 4096) % KIB(10));
    end_ring(h);
}

CASE(too_small_is_einval)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    akit_ring *h = NULL;
    cfg.memory = buffer + 1;
    cfg.memory_bytes = 126;
    CHECK_INT(akit_ring_create(&cfg, &h), -EINVAL);
    cfg.memory_bytes = 127;
    CHECK_INT(akit_ring_create(&cfg, &h), 0);
    CHECK_INT(akit_ring_destroy(h, 0), 0);
    cfg.memory_bytes = UINT64_MAX - 5;
    CHECK_INT(akit_ring_create(&cfg, &h), -EINVAL);
}

static const long none[] = {SYS_exit_group, SYS_exit, SYS_write, -1};
static const long waiting[] = {SYS_exit_group, SYS_exit, SYS_write, SYS_futex, SYS_sched_yield, SYS_nanosleep, SYS_clock_nanosleep, -1};

static int uses(akit_ring *h, int ordered)
{
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    akit_ring_config now = AKIT_RING_CONFIG_INIT;
    unsigned char *p[50] = {NULL};
    uint64_t random = 3;
    for (int i = 0; i < 20000; i++) {
        int k = i % 50;
        if (p[k])
            CHILD_CHECK(akit_ring_release(h, p[k]) == 0);
        p[k] = (unsigned char *)akit_ring_acquire(h, random_word(&random) % KIB(20));
        if (p[k] && i % 7 == 0)
            CHILD_CHECK(akit_ring_retain(h, p[k], 1) == 0 && akit_ring_commit(h, p[k], 10) == 0 && akit_ring_release(h, p[k]) == 0);
    }
    CHILD_CHECK(akit_ring_release(h, buffer + 1) == -ENOENT); /* misuse takes none either */
    CHILD_CHECK(akit_ring_acquire(h, MIB(17)) == NULL && errno == EMSGSIZE);
    if (ordered && p[49])
        CHILD_CHECK(akit_ring_release_to(h, p[49]) >= 0);
    CHILD_CHECK(akit_ring_stats_get(h, &st) == 0 && st.allocs_total > 1000 && akit_ring_config_get(h, &now) == 0);
    CHILD_CHECK(akit_ring_suggest(h, &now) == 0);
    return 0;
}

static int makes_none(void *arg)
{
    uint32_t mode = *(uint32_t *)arg;
    akit_ring *h = ring_in(buffer, sizeof buffer, mode & 1, mode >> 1);
    CHILD_CHECK(h != NULL);
    only_system_calls(none);
    return uses(h, mode & 1);
}

CASE(one_thread_makes_no_system_call)
{
    needs_seccomp();
    for (uint32_t mode = 0; mode < 6; mode++)
        in_child(makes_none, &mode);
}

static akit_ring *shared;
static _Atomic(void *) shelf[16];
static atomic_int started, go, done, bad;

static void *release_what_comes(void *arg)
{
    (void)arg;
    atomic_fetch_add(&started, 1);
    while (!atomic_load(&go))
        sched_yield();
    while (!atomic_load(&done))
        for (int i = 0; i < 16; i++)
            if (akit_ring_release(shared, atomic_exchange(&shelf[i], NULL)))
                atomic_store(&bad, BAD);
    atomic_fetch_add(&started, 1);
    for (;;) /* the end of a thread is the C library's business, and takes calls */
        sched_yield();
    return NULL;
}

static int threads_only_wait(void *arg)
{
    pthread_t t;
    shared = ring_in(buffer, sizeof buffer, *(uint32_t *)arg, 0);
    CHILD_CHECK(shared != NULL);
    for (int i = 0; i < 2; i++)
        CHILD_CHECK(pthread_create(&t, NULL, release_what_comes, NULL) == 0);
    while (atomic_load(&started) < 2)
        sched_yield();
    only_system_calls(waiting);
    atomic_store(&go, 1);
    for (int i = 0; i < 20000; i++) {
        void *p = akit_ring_acquire(shared, 1000);
        CHILD_CHECK(p || errno == ENOBUFS);
        CHILD_CHECK(akit_ring_release(shared, atomic_exchange(&shelf[i % 16], p)) == 0);
    }
    atomic_store(&done, 1);
    while (atomic_load(&started) < 4)
        sched_yield();
    return atomic_load(&bad);
}

CASE(threads_only_wait_for_each_other)
{
    needs_seccomp();
    for (uint32_t order = 0; order < 2; order++)
        in_child(threads_only_wait, &order);
}
