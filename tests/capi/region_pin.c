/* akit_region_pin: a pinned region keeps its pages whatever happens to it. */
#include "region_kit.h"
#include "smaps.h"

#include <pthread.h>

/* Root sees which physical pages these are; for others the contents must do. */
typedef struct {
    unsigned char *p;
    size_t size;
    uint64_t frames[8];
} pinned;

static pinned pinned_region(akit_region *h, size_t size)
{
    pinned r = {(unsigned char *)plain_region(h, size), size, {0}};
    memset(r.p, 0x3c, size);
    CHECK_INT(akit_region_pin(h, r.p), 0);
    for (int i = 0; i < 8 && size < MIB(2); i++) /* the kernel itself makes huge pages of others */
        r.frames[i] = frame_of(r.p + size / 8 * (size_t)i);
    return r;
}

static void is_as_it_was(const pinned *r)
{
    CHECK(peek_all(r->p, r->size, 0x3c));
    CHECK_INT(resident(r->p, r->size), r->size);
    for (int i = 0; i < 8 && r->size < MIB(2); i++)
        CHECK_INT(frame_of(r->p + r->size / 8 * (size_t)i), r->frames[i]);
}

static void purge_everything(akit_region *h)
{
    if (h)
        CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    usleep(20000);
    CHECK_INT(akit_maintain(NULL), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
}

static akit_region *hasty_region(uint32_t method)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = 1000000;
    cfg.purge_method = method;
    return new_region_with(&cfg);
}

static void survives_free_and_purge(uint32_t method, size_t size)
{
    akit_region *h = hasty_region(method);
    pinned r = pinned_region(h, size);
    purge_everything(h);
    is_as_it_was(&r);
    CHECK_INT(akit_region_free(h, r.p), 0);
    CHECK_INT(region_stats_of(h).purge_skipped_pinned_total, 1);
    CHECK_INT(region_stats_of(h).used_bytes, 0);
    CHECK_INT(region_stats_of(h).frees_total, 1);
    for (int i = 0; i < 3; i++) {
        purge_everything(h);
        void *other = touched_region(h, size); /* not the pinned one */
        CHECK(other != r.p);
        CHECK_INT(akit_region_free(h, other), 0);
    }
    is_as_it_was(&r);
    CHECK_INT(region_stats_of(h).pinned_bytes, size);
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    CHECK_INT(region_stats_of(h).pinned_bytes, 0);
    purge_everything(h);
    CHECK_AT_MOST(resident(r.p, size), 0);
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(survives_free_and_purge_by_default) { survives_free_and_purge(AKIT_PURGE_METHOD_DEFAULT, MIB(1)); }
CASE(survives_free_and_purge_by_unmap) { survives_free_and_purge(AKIT_PURGE_METHOD_UNMAP, MIB(1)); }
CASE(survives_free_and_purge_by_dontneed) { survives_free_and_purge(AKIT_PURGE_METHOD_DONTNEED, KIB(64)); }
CASE(survives_free_and_purge_by_free) { survives_free_and_purge(AKIT_PURGE_METHOD_FREE, MIB(8)); }

/* A region that was used before goes back to a bin without a look at it, unless its pin says otherwise. */
CASE(a_reused_region_is_pinned_like_a_fresh_one)
{
    akit_region *h = new_region();
    CHECK_INT(akit_region_free(h, touched_region(h, MIB(1))), 0);
    pinned r = pinned_region(h, MIB(1));
    CHECK_AT_LEAST(region_stats_of(h).cache_hits_total, 1);
    CHECK_INT(akit_region_free(h, r.p), 0);
    CHECK_INT(region_stats_of(h).purge_skipped_pinned_total, 1);
    void *other = touched_region(h, MIB(1));
    CHECK(other != r.p);
    CHECK_INT(akit_region_free(h, other), 0);
    purge_everything(h);
    is_as_it_was(&r);
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(a_pin_taken_back_in_use_changes_nothing)
{
    akit_region *h = new_region();
    pinned r = pinned_region(h, MIB(1));
    CHECK_INT(region_stats_of(h).pinned_bytes, MIB(1));
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    CHECK_INT(region_stats_of(h).pinned_bytes, 0);
    is_as_it_was(&r);
    CHECK_INT(inspect(r.p).state, AKIT_BLOCK_OUT);
    CHECK_INT(akit_region_free(h, r.p), 0);
    akit_region_destroy(h, 0);
}

CASE(as_many_unpins_as_pins)
{
    akit_region *h = hasty_region(0);
    pinned r = pinned_region(h, MIB(1));
    for (int i = 0; i < 999; i++)
        CHECK_INT(akit_region_pin(h, r.p), 0);
    CHECK_INT(region_stats_of(h).pinned_bytes, MIB(1)); /* bytes, not pins */
    CHECK_INT(akit_region_free(h, r.p), 0);
    for (int i = 0; i < 999; i++)
        CHECK_INT(akit_region_unpin(h, r.p), 0);
    purge_everything(h);
    is_as_it_was(&r);
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    purge_everything(h);
    CHECK_AT_MOST(resident(r.p, MIB(1)), 0);
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(unpin_of_what_is_not_pinned_is_einval)
{
    akit_region *h = new_region();
    void *p = plain_region(h, MIB(1));
    CHECK_INT(akit_region_unpin(h, p), -EINVAL);
    CHECK_INT(akit_region_pin(h, p), 0);
    CHECK_INT(akit_region_unpin(h, p), 0);
    CHECK_INT(akit_region_unpin(h, p), -EINVAL);
    CHECK_INT(region_misuses(h), 2);
    CHECK_INT(inspect(p).state, AKIT_BLOCK_OUT);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(pin_and_unpin_of_wrong_pointers)
{
    static char mine[4096] __attribute__((aligned(4096)));
    akit_region *h = exact_region(), *g = new_region();
    char *p = (char *)plain_region(h, MIB(1)), *q = (char *)plain_region(g, MIB(1));
    CHECK_INT(akit_region_pin(h, hidden(mine)), -ENOENT);
    CHECK_INT(akit_region_pin(h, p + page_bytes()), -ENOENT);
    CHECK_INT(akit_region_pin(h, p + 16), -ENOENT);
    CHECK_INT(akit_region_pin(h, q), -ENOENT);
    CHECK_INT(akit_region_unpin(h, hidden(mine)), -ENOENT);
    CHECK_INT(akit_region_unpin(h, p + page_bytes()), -ENOENT);
    CHECK_INT(akit_region_unpin(h, q), -ENOENT);
    CHECK_INT(region_misuses(h), 7);
    CHECK_INT(akit_region_pin(NULL, p), -EINVAL);
    CHECK_INT(akit_region_unpin(NULL, p), -EINVAL);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_pin(h, p), -EINVAL);
    CHECK_INT(akit_region_unpin(h, p), -EINVAL);
    CHECK_INT(region_stats_of(h).pinned_bytes, 0);
    akit_region_destroy(h, 0);
    akit_region_destroy(g, 0);
}

CASE(double_free_of_a_pinned_region)
{
    akit_region *h = exact_region();
    pinned r = pinned_region(h, MIB(1));
    CHECK_INT(akit_region_free(h, r.p), 0);
    CHECK_INT(akit_region_free(h, r.p), -EINVAL);
    CHECK_REFUSED(akit_region_realloc(h, r.p, MIB(2), 0, NULL), EINVAL);
    is_as_it_was(&r);
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    int rc = akit_region_unpin(h, r.p); /* the region has ended */
    CHECK(rc == -EINVAL || rc == -ENOENT);
    akit_region_destroy(h, 0);
}

CASE(destroy_leaves_pinned_regions_mapped)
{
    akit_region *h = hasty_region(0);
    pinned in_use = pinned_region(h, MIB(1)), freed = pinned_region(h, MIB(2)), twice = pinned_region(h, KIB(64));
    CHECK_INT(akit_region_pin(h, twice.p), 0);
    void *plain = touched_region(h, MIB(1));
    CHECK_INT(akit_region_free(h, freed.p), 0);
    CHECK_INT(akit_region_destroy(h, 0), 0);
    purge_everything(NULL);
    is_as_it_was(&in_use);
    is_as_it_was(&freed);
    is_as_it_was(&twice);
    CHECK_AT_MOST(resident(plain, MIB(1)), 0);
    memset(in_use.p, 0x3c, in_use.size); /* and in order: it was never freed */
    CHECK_INT(akit_region_unpin(h, freed.p), 0);
    CHECK_INT(akit_region_unpin(h, twice.p), 0);
    purge_everything(NULL);
    is_as_it_was(&in_use);
    is_as_it_was(&twice);
    CHECK_AT_MOST(resident(freed.p, MIB(2)), 0);
    CHECK_INT(akit_region_unpin(h, twice.p), 0);
    CHECK_INT(akit_region_unpin(h, in_use.p), 0);
    purge_everything(NULL);
    CHECK_AT_MOST(resident(in_use.p, MIB(1)), 0);
    CHECK_AT_MOST(resident(twice.p, KIB(64)), 0);
    CHECK_REFUSED(akit_region_alloc(h, 1, 0, 0, NULL), EINVAL); /* the handle is gone */
}

CASE(free_is_legal_for_pinned_regions_of_a_destroyed_handle)
{
    akit_region *h = hasty_region(0);
    pinned r = pinned_region(h, MIB(1));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK(akit_region_alloc(h, 1, 0, 0, NULL) == NULL && (errno == EINVAL || errno == ESHUTDOWN));
    CHECK_INT(akit_region_free(h, r.p), 0);
    purge_everything(NULL);
    is_as_it_was(&r);
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    purge_everything(NULL);
    CHECK_AT_MOST(resident(r.p, MIB(1)), 0);
}

CASE(deferred_destroy_waits_for_pins_and_frees)
{
    akit_region *h = hasty_region(0);
    pinned r = pinned_region(h, MIB(1));
    uint64_t handles = process_stats().handles;
    CHECK_INT(akit_region_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK_INT(akit_region_free(h, r.p), 0);
    purge_everything(NULL);
    is_as_it_was(&r);
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    purge_everything(NULL);
    CHECK_AT_MOST(resident(r.p, MIB(1)), 0);
    CHECK_INT(process_stats().handles, handles - 1);
}

FRESH(many_pinned_regions)
{
    enum { n = 1000 };
    static pinned r[n];
    akit_region *h = hasty_region(0);
    begin();
    for (int i = 0; i < n; i++)
        r[i] = pinned_region(h, KIB(64));
    CHECK_INT(region_stats_of(h).pinned_bytes, n * KIB(64));
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_region_free(h, r[i].p), 0);
    CHECK_INT(region_stats_of(h).purge_skipped_pinned_total, n);
    purge_everything(h);
    for (int i = 0; i < n; i++)
        is_as_it_was(&r[i]);
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_region_unpin(h, r[i].p), 0);
    purge_everything(h);
    CHECK_AT_MOST(grown_rss(), MIB(2));
    akit_region_destroy(h, 0);
}

typedef struct {
    akit_region *h;
    void *p;
} shared;

static void *pin_and_unpin(void *arg)
{
    shared *s = (shared *)arg;
    for (int i = 0; i < 50000; i++) {
        THREAD_CHECK(akit_region_pin(s->h, s->p) == 0);
        THREAD_CHECK(akit_region_unpin(s->h, s->p) == 0);
    }
    THREAD_CHECK(akit_region_pin(s->h, s->p) == 0);
    return NULL;
}

CASE(threads_pin_the_same_region)
{
    enum { threads = 4 };
    akit_region *h = hasty_region(0);
    pinned r = pinned_region(h, MIB(1));
    shared s = {h, r.p};
    pthread_t t[threads];
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&t[i], NULL, pin_and_unpin, &s), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    CHECK_THREADS();
    CHECK_INT(akit_region_free(h, r.p), 0);
    for (int i = 0; i < threads; i++)
        CHECK_INT(akit_region_unpin(h, r.p), 0);
    purge_everything(h);
    is_as_it_was(&r);
    CHECK_INT(akit_region_unpin(h, r.p), 0);
    int rc = akit_region_unpin(h, r.p); /* the region has ended */
    CHECK(rc == -EINVAL || rc == -ENOENT);
    akit_region_destroy(h, 0);
}
