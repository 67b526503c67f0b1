/* Tiered handles that stand on a region: every order of destruction, many children, fork, threads. */
#include "stand_on_kit.h"
#include "child.h"

#include <pthread.h>

FRESH(child_first_then_parent)
{
    begin();
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    use(t, 30);
    CHECK_INT(akit_tiered_destroy(t, 0), 0);
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(4));
}

FRESH(parent_first_then_child)
{
    begin();
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    void *p[SIZES];
    for (int i = 0; i < SIZES; i++)
        p[i] = block(t, sizes[i]);
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_REFUSED(akit_region_alloc(h, 1, 0, 0, NULL), EINVAL);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    for (int i = 0; i < SIZES; i++)
        CHECK(all_bytes(p[i], sizes[i], 0x5a));
    use(t, 30); /* it keeps what it needs */
    for (int i = 0; i < SIZES; i++)
        akit_tiered_free(t, p[i]);
    CHECK_INT(misuses_of(t), 0);
    CHECK_INT(akit_tiered_destroy(t, 0), 0);
    CHECK_AT_MOST(process_stats().handles, handles - 2);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(4));
}

FRESH(parent_deferred_then_child)
{
    begin();
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    void *p = block(t, 1000), *q = block(t, MIB(5)), *own = touched_region(h, MIB(2));
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_region_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK(all_bytes(p, 1000, 0x5a) && all_bytes(q, MIB(5), 0x5a));
    akit_tiered_free(t, p);
    akit_tiered_free(t, q);
    CHECK_INT(akit_region_free(h, own), 0);
    CHECK_INT(akit_tiered_destroy(t, 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(process_stats().handles, handles - 2);
    CHECK_AT_MOST(grown_rss(), MIB(4));
}

FRESH(child_deferred_then_parent)
{
    begin();
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    void *p = block(t, 1000), *q = block(t, MIB(5));
    CHECK_INT(akit_tiered_destroy(t, AKIT_DESTROY_DEFER), 0);
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK(all_bytes(p, 1000, 0x5a) && all_bytes(q, MIB(5), 0x5a));
    akit_free(p);
    akit_free(q);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(4));
}

FRESH(a_hundred_children)
{
    enum { n = 100 };
    static akit_tiered *t[n];
    begin();
    akit_region *h = patient_region();
    for (int i = 0; i < n; i++)
        use(t[i] = heap_on(h, NULL), 1);
    CHECK_AT_LEAST(region_stats_of(h).used_bytes, n * MIB(5));
    for (int i = 0; i < n; i += 2)
        CHECK_INT(akit_tiered_destroy(t[i], 0), 0);
    for (int i = 1; i < n; i += 2)
        use(t[i], 1);
    CHECK_INT(akit_region_destroy(h, 0), 0);
    for (int i = 1; i < n; i += 2)
        CHECK_INT(akit_tiered_destroy(t[i], 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(8));
}

static int child_uses_both(void *arg)
{
    void **box = (void **)arg;
    akit_tiered *t = (akit_tiered *)box[1];
    CHILD_CHECK(all_bytes(box[2], 5000, 0x5a));
    akit_tiered_free(t, box[2]);
    for (int i = 0; i < 100; i++) {
        void *p = akit_tiered_alloc(t, sizes[i % SIZES]);
        CHILD_CHECK(p != NULL);
        memset(p, 1, sizes[i % SIZES]);
        akit_tiered_free(t, p);
    }
    CHILD_CHECK(akit_region_destroy((akit_region *)box[0], 0) == 0);
    CHILD_CHECK(akit_tiered_alloc(t, 100) != NULL && akit_tiered_destroy(t, 0) == 0);
    return 0;
}

CASE(forked_child_uses_both)
{
    akit_region *h = patient_region();
    akit_tiered *t = heap_on(h, NULL);
    void *box[3] = {h, t, block(t, 5000)};
    in_child(child_uses_both, box);
    CHECK(all_bytes(box[2], 5000, 0x5a));
    akit_tiered_destroy(t, 0);
    akit_region_destroy(h, 0);
}

static void *work(void *arg)
{
    akit_tiered *t = (akit_tiered *)arg;
    void *p[64] = {NULL};
    uint64_t x = (uintptr_t)&x;
    for (int i = 0; i < 30000; i++) {
        uint64_t word = random_word(&x);
        void **slot = &p[word & 63];
        akit_tiered_free(t, *slot);
        *slot = akit_tiered_alloc(t, 8 + (word >> 8) % (word >> 60 ? 8000 : 300000));
        THREAD_CHECK(*slot != NULL);
        if (*slot)
            *(uint64_t *)*slot = word;
    }
    for (int i = 0; i < 64; i++)
        akit_tiered_free(t, p[i]);
    return NULL;
}

CASE(threads_on_children_of_one_parent)
{
    enum { threads = 4 };
    akit_region *h = new_region();
    akit_tiered *t[2] = {heap_on(h, NULL), heap_on(h, NULL)};
    pthread_t id[threads];
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&id[i], NULL, work, t[i % 2]), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(id[i], NULL);
    CHECK_THREADS();
    CHECK(misuses_of(t[0]) == 0 && misuses_of(t[1]) == 0 && region_misuses(h) == 0);
    CHECK(stats_of(t[0]).used_bytes == 0 && stats_of(t[1]).used_bytes == 0);
    akit_region_destroy(h, 0);
    akit_tiered_destroy(t[0], 0);
    akit_tiered_destroy(t[1], 0);
}
