/* Slabs of a pool in slots: they stay, they grow, they go. */
#include "uring_raw.h"

#include <pthread.h>

enum { MANY = 600 };

static void get_many(akit_pool *pool, void **p, size_t n, size_t length)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = akit_pool_get(pool, length, NULL);
        CHECK(p[i] != NULL);
    }
}

static void put_many(akit_pool *pool, void **p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CHECK_INT(akit_pool_put(pool, p[i]), 0);
}

CASE(buffers_of_a_pool_are_found)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring_with(&r, AKIT_URING_CREATE_TABLE, 0, 0);
    akit_pool *pool = new_pool();
    void *p[MANY];
    get_many(pool, p, 10, 4096);
    CHECK_INT(akit_uring_add_pool(h, pool), 0);
    CHECK_INT(akit_uring_add_pool(h, pool), -EBUSY);
    CHECK_INT(uring_stats_of(h).areas_pending, 1);
    CHECK(pinned_of(pool) > 0);
    CHECK_INT(akit_uring_sync(h), 1);
    for (int i = 0; i < 10; i++)
        CHECK(akit_uring_lookup(h, p[i], 4096) >= 0);
    get_many(pool, p + 10, MANY - 10, 4096); /* new slabs */
    CHECK_INT(akit_uring_lookup(h, p[MANY - 1], 4096), -ENOENT);
    int more = akit_uring_sync(h);
    CHECK(more > 0);
    CHECK_INT(akit_uring_sync(h), 0);
    for (int i = 0; i < MANY; i++)
        CHECK(akit_uring_lookup(h, p[i], 4096) >= 0);
    akit_uring_stats st = uring_stats_of(h);
    CHECK_INT(st.areas, 1 + more);
    CHECK_INT(st.registered_bytes, pinned_of(pool));
    put_many(pool, p, MANY);
    CHECK_INT(akit_uring_remove(h, pool), 0);
    CHECK_INT(akit_uring_lookup(h, p[0], 4096), -ENOENT);
    CHECK_INT(akit_uring_sync(h), 0);
    CHECK_INT(pinned_of(pool), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    raw_close(&r);
}

CASE(a_registered_slab_is_not_purged)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    akit_pool *pool;
    cfg.decay_ns = 1;
    CHECK_INT(akit_pool_create(&cfg, &pool), 0);
    void *p[64];
    get_many(pool, p, 64, 4096);
    CHECK_INT(akit_uring_add_pool(h, pool), 0);
    CHECK(akit_uring_sync(h) > 0);
    int slot = akit_uring_lookup(h, p[5], 4096);
    put_many(pool, p, 64);
    akit_pool_stats before = AKIT_POOL_STATS_INIT, after = AKIT_POOL_STATS_INIT;
    CHECK_INT(akit_pool_stats_get(pool, &before), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(akit_pool_purge(pool, 0, NULL), 0);
        CHECK_INT(akit_maintain(NULL), 0);
        CHECK_INT(akit_purge(0, NULL), 0);
    }
    CHECK_INT(akit_pool_stats_get(pool, &after), 0);
    CHECK_INT(after.pinned_bytes, before.pinned_bytes);
    CHECK_INT(after.mapped_bytes - after.metadata_bytes, before.mapped_bytes - before.metadata_bytes);
    /* What the kernel writes is what the program sees: the pages are still the same. */
    int fd[2];
    CHECK_INT(pipe(fd), 0);
    unsigned char out[4096];
    pattern_fill(out, sizeof out, 0, 9);
    CHECK_INT(write(fd[1], out, sizeof out), sizeof out);
    get_many(pool, p, 64, 4096);
    int i = 0;
    while (i < 64 && akit_uring_lookup(h, p[i], 4096) != slot)
        i++;
    CHECK(i < 64);
    CHECK_INT(raw_fixed(&r, IORING_OP_READ_FIXED, fd[0], p[i], 4096, 0, slot), 4096);
    pattern_check((unsigned char *)p[i], 4096, 0, 9);
    put_many(pool, p, 64);
    CHECK_INT(akit_uring_remove(h, pool), 0);
    CHECK_INT(akit_uring_sync(h), 0);
    CHECK_INT(akit_pool_purge(pool, 0, NULL), 0);
    CHECK_INT(akit_pool_stats_get(pool, &after), 0);
    CHECK_INT(after.pinned_bytes, 0);
    CHECK_INT(after.mapped_bytes, after.metadata_bytes);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    raw_close(&r);
    close(fd[0]);
    close(fd[1]);
}

static int pools_alive(void)
{
    uint64_t id = 0;
    uint32_t kind;
    int n = 0;
    while (akit_handle_next(&id, &kind) == 0)
        n += kind == AKIT_KIND_POOL;
    return n;
}

CASE(a_destroyed_pool_is_kept_until_the_next_sync)
{
    raw_ring r = raw_ring_with(0);
    for (uint32_t flags = 0; flags <= AKIT_DESTROY_NOW; flags += AKIT_DESTROY_NOW) {
        akit_uring *h = new_uring(&r);
        akit_pool *pool = new_pool();
        char *p = (char *)akit_pool_get(pool, 4096, NULL);
        CHECK_INT(akit_uring_add_pool(h, pool), 0);
        CHECK_INT(akit_uring_sync(h), 1);
        memset(p, 5, 4096);
        if (flags == 0)
            CHECK_INT(akit_pool_put(pool, p), 0);
        akit_process_stats ps;
        ps.struct_size = sizeof ps;
        CHECK_INT(akit_pool_destroy(pool, flags), 0);
        CHECK_INT(akit_purge(0, NULL), 0);
        CHECK_INT(akit_process_stats_get(&ps), 0);
        CHECK(ps.pinned_bytes > 0);
        CHECK(CHECK_SANITIZED || p[100] == 5); /* still mapped */
        CHECK_INT(pools_alive(), 0);
        CHECK_INT(akit_uring_sync(h), 0);
        CHECK_INT(uring_stats_of(h).areas + uring_stats_of(h).areas_draining, 0);
        CHECK_INT(akit_process_stats_get(&ps), 0);
        CHECK_INT(ps.pinned_bytes, 0);
        CHECK_INT(akit_uring_destroy(h, 0), 0);
    }
    raw_close(&r);
}

CASE(the_registration_ends_first)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_pool *pool = new_pool();
    void *p = akit_pool_get(pool, 4096, NULL);
    CHECK_INT(akit_uring_add_pool(h, pool), 0);
    CHECK_INT(akit_uring_sync(h), 1);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(pinned_of(pool), 0);
    CHECK_INT(akit_pool_put(pool, p), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    raw_close(&r);
}

CASE(one_pool_in_two_rings)
{
    raw_ring a = raw_ring_with(0), b = raw_ring_with(0);
    akit_uring *ha = new_uring(&a), *hb = new_uring(&b);
    akit_pool *pool = new_pool();
    void *p = akit_pool_get(pool, 4096, NULL);
    CHECK_INT(akit_uring_add_pool(ha, pool), 0);
    CHECK_INT(akit_uring_add_pool(hb, pool), 0);
    CHECK_INT(akit_uring_sync(ha), 1);
    CHECK_INT(akit_uring_sync(hb), 1);
    uint64_t pinned = pinned_of(pool);
    CHECK_INT(akit_uring_destroy(ha, 0), 0);
    CHECK_INT(pinned_of(pool), pinned);
    CHECK(akit_uring_lookup(hb, p, 4096) >= 0);
    CHECK_INT(akit_uring_destroy(hb, 0), 0);
    CHECK_INT(pinned_of(pool), 0);
    CHECK_INT(akit_pool_put(pool, p), 0);
    CHECK_INT(akit_pool_destroy(pool, 0), 0);
    raw_close(&a);
    raw_close(&b);
}

CASE(pools_in_memory_of_the_caller_and_in_a_region)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_region *region = new_region_with(NULL);
    akit_pool_config in_region = AKIT_POOL_CONFIG_INIT, in_memory = AKIT_POOL_CONFIG_INIT;
    akit_pool *a, *b;
    in_region.region = region;
    in_memory.memory = pages_of(MIB(1));
    in_memory.memory_bytes = MIB(1);
    CHECK_INT(akit_pool_create(&in_region, &a), 0);
    CHECK_INT(akit_pool_create(&in_memory, &b), 0);
    void *p = akit_pool_get(a, 4096, NULL), *q = akit_pool_get(b, 4096, NULL);
    CHECK_INT(akit_uring_add_pool(h, a), 0);
    CHECK_INT(akit_uring_add_pool(h, b), 0);
    CHECK_INT(akit_uring_sync(h), 2);
    CHECK(akit_uring_lookup(h, p, 4096) >= 0 && akit_uring_lookup(h, q, 4096) >= 0);
    CHECK_INT(akit_pool_put(a, p), 0);
    CHECK_INT(akit_pool_put(b, q), 0);
    CHECK_INT(akit_region_destroy(region, 0), 0);
    CHECK_INT(akit_pool_destroy(a, 0), 0);
    CHECK_INT(akit_pool_destroy(b, 0), 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(in_memory.memory, MIB(1));
}

static akit_uring *shared_uring;
static akit_pool *shared_pool;
static void *got[MANY];

static void *grow(void *unused)
{
    (void)unused;
    for (int i = 0; i < MANY; i++)
        got[i] = akit_pool_get(shared_pool, 8192, NULL);
    return (void *)(intptr_t)akit_uring_add_memory(shared_uring, got, 4096);
}

CASE(another_thread_grows_the_pool_of_a_single_issuer_ring)
{
    raw_ring r = raw_ring_with(IORING_SETUP_SINGLE_ISSUER);
    shared_uring = new_uring(&r);
    shared_pool = new_pool();
    CHECK_INT(akit_uring_add_pool(shared_uring, shared_pool), 0);
    pthread_t t;
    void *rc;
    CHECK_INT(pthread_create(&t, NULL, grow, NULL), 0);
    CHECK_INT(pthread_join(t, &rc), 0);
    CHECK(rc == NULL);
    CHECK(akit_uring_sync(shared_uring) > 1);
    for (int i = 0; i < MANY; i++) {
        CHECK(akit_uring_lookup(shared_uring, got[i], 8192) >= 0);
        CHECK_INT(akit_pool_put(shared_pool, got[i]), 0);
    }
    CHECK_INT(akit_uring_destroy(shared_uring, 0), 0);
    CHECK_INT(akit_pool_destroy(shared_pool, 0), 0);
    raw_close(&r);
}

static void *sync_there(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)akit_uring_sync(shared_uring);
}

static void *destroy_there(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)akit_uring_destroy(shared_uring, 0);
}

static int in_thread(void *(*act)(void *))
{
    pthread_t t;
    void *rc;
    CHECK_INT(pthread_create(&t, NULL, act, NULL), 0);
    CHECK_INT(pthread_join(t, &rc), 0);
    return (int)(intptr_t)rc;
}

CASE(single_issuer_rings_are_synced_on_their_own_thread)
{
    raw_ring r = raw_ring_with(IORING_SETUP_SINGLE_ISSUER);
    shared_uring = new_uring(&r);
    shared_pool = new_pool();
    char *p = (char *)akit_pool_get(shared_pool, 4096, NULL);
    CHECK_INT(akit_uring_add_pool(shared_uring, shared_pool), 0);
    CHECK_INT(in_thread(sync_there), -EEXIST);
    CHECK_INT(uring_stats_of(shared_uring).state, AKIT_URING_DENIED);
    CHECK_INT(akit_uring_sync(shared_uring), 1);
    CHECK_INT(uring_stats_of(shared_uring).state, AKIT_URING_ON);
    CHECK_INT(in_thread(destroy_there), -EEXIST);
    CHECK(pinned_of(shared_pool) > 0);
    raw_close(&r);
    CHECK_INT(akit_uring_sync(shared_uring), -EINVAL);
    CHECK_INT(akit_uring_drained(shared_uring, AKIT_URING_ALL), 1);
    CHECK_INT(pinned_of(shared_pool), 0);
    CHECK_INT(akit_uring_drained(shared_uring, AKIT_URING_ALL), -EINVAL);
    CHECK_INT(akit_pool_put(shared_pool, p), 0);
    CHECK_INT(akit_pool_destroy(shared_pool, 0), 0);
}

static raw_ring elsewhere;

static void *attach_there(void *unused)
{
    (void)unused;
    shared_uring = new_uring(&elsewhere);
    return NULL;
}

CASE(attached_on_another_thread_the_first_sync_makes_the_table)
{
    elsewhere = raw_ring_with(IORING_SETUP_SINGLE_ISSUER);
    CHECK_INT(in_thread(attach_there), 0);
    CHECK_INT(uring_stats_of(shared_uring).state, AKIT_URING_OFF);
    char *p = (char *)pages_of(4096);
    CHECK_INT(akit_uring_add_memory(shared_uring, p, 4096), 0);
    CHECK_INT(akit_uring_sync(shared_uring), 1);
    CHECK(akit_uring_lookup(shared_uring, p, 4096) >= 0);
    CHECK_INT(akit_uring_destroy(shared_uring, 0), 0);
    raw_close(&elsewhere);
    munmap(p, 4096);
}
