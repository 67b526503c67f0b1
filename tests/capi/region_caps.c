/* limit_bytes of regions, in smaps and at the edge, and address space that the system bounds. */
#include "region_kit.h"
#include "seccomp.h"
#include "smaps.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>

static void *taken[20000];

static int take_all(akit_region *h, size_t size)
{
    int n = 0;
    while (n < 20000 && (taken[n] = akit_region_alloc(h, size, 0, 0, NULL)))
        touch_pages(taken[n++], size);
    CHECK(n < 20000);
    CHECK_INT(errno, ENOMEM);
    return n;
}

static void free_all(akit_region *h, int n)
{
    for (int i = 0; i < n; i++)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
}

static int64_t table_bytes(void)
{
    return (int64_t)process_stats().table_bytes;
}

static void cap_holds(size_t cap, size_t size)
{
    begin();
    akit_region *h = capped_region(cap);
    for (int round = 0; round < 3; round++) {
        int n = take_all(h, size);
        CHECK_AT_LEAST(n * size, cap - cap / 4);
        CHECK_AT_MOST(grown_size(), cap + (size_t)table_bytes() + KIB(512));
        CHECK_AT_MOST(region_stats_of(h).mapped_bytes, cap);
        CHECK_AT_LEAST(region_stats_of(h).limit_hits_total, round + 1);
        free_all(h, n);
        CHECK_AT_MOST(grown_size(), cap + (size_t)table_bytes() + KIB(512));
    }
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

FRESH(cap_of_small_regions) { cap_holds(MIB(32), KIB(64)); }
FRESH(cap_of_regions_of_a_mebibyte) { cap_holds(MIB(64), MIB(1)); }
FRESH(cap_of_odd_sizes) { cap_holds(MIB(32), 333333); }
FRESH(cap_of_large_regions) { cap_holds(MIB(256), MIB(60)); }

CASE(cap_refuses_one_request_above_it)
{
    akit_region *h = capped_region(MIB(4));
    size_t usable = 7;
    CHECK_REFUSED(akit_region_alloc(h, MIB(5), 0, 0, &usable), ENOMEM);
    CHECK_INT(usable, 0);
    CHECK_REFUSED(akit_region_alloc(h, MIB(4), 0, AKIT_ALLOC_NO_CACHE, NULL), ENOMEM); /* metadata counts, too */
    CHECK_REFUSED(akit_region_realloc(h, NULL, MIB(5), 0, NULL), ENOMEM);
    CHECK_INT(region_stats_of(h).limit_hits_total, 3);
    CHECK_INT(region_stats_of(h).failures_total, 3);
    CHECK_INT(akit_region_free(h, touched_region(h, MIB(2))), 0);
    akit_region_destroy(h, 0);
}

CASE(cap_gives_cached_memory_up_for_another_size)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.limit_bytes = MIB(32);
    cfg.decay_ns = AKIT_NONE;
    akit_region *h = new_region_with(&cfg);
    const size_t sizes[] = {KIB(64), MIB(24), MIB(1), MIB(28), 100000, MIB(12)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        free_all(h, take_all(h, sizes[i]));
    akit_region_destroy(h, 0);
}

/* Free pages that no larger size fits into leave, so that it can be mapped elsewhere. */
CASE(cap_gives_up_free_pages_between_regions_in_use)
{
    akit_region *h = capped_region(MIB(64));
    int n = take_all(h, KIB(256));
    for (int i = 0; i < n; i += 2)
        CHECK_INT(akit_region_free(h, taken[i]), 0);
    void *p = akit_region_alloc(h, MIB(20), 0, 0, NULL);
    CHECK(p != NULL);
    touch_pages(p, MIB(20));
    CHECK_AT_MOST(region_stats_of(h).mapped_bytes, MIB(64));
    akit_region_destroy(h, 0);
}

static sem_t has_freed, may_end;

static void *fills_its_bins(void *arg)
{
    akit_region *h = (akit_region *)arg;
    void *p[8];
    for (int i = 0; i < 8; i++)
        THREAD_CHECK((p[i] = akit_region_alloc(h, MIB(1), 0, 0, NULL)) != NULL);
    for (int i = 0; i < 8; i++)
        THREAD_CHECK(akit_region_free(h, p[i]) == 0);
    sem_post(&has_freed);
    sem_wait(&may_end);
    return NULL;
}

CASE(cap_gives_up_what_other_threads_have_cached)
{
    if (CHECK_SANITIZED || !(process_stats().features >> AKIT_FEATURE_MEMBARRIER & 1))
        SKIP("bins of threads that sleep cannot be taken here");
    akit_region *h = capped_region(MIB(16));
    pthread_t t;
    CHECK(sem_init(&has_freed, 0, 0) == 0 && sem_init(&may_end, 0, 0) == 0);
    CHECK_INT(pthread_create(&t, NULL, fills_its_bins, h), 0);
    sem_wait(&has_freed);
    CHECK_AT_LEAST(region_stats_of(h).cached_bytes, MIB(8));
    void *p = akit_region_alloc(h, MIB(14), 0, 0, NULL);
    sem_post(&may_end);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK(p != NULL);
    akit_region_destroy(h, 0);
}

CASE(cap_below_64_kib_is_einval)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    akit_region *h = NULL;
    for (cfg.limit_bytes = 1; cfg.limit_bytes < KIB(64); cfg.limit_bytes += 65534) {
        int rc = akit_region_create(&cfg, &h);
        CHECK_INT(rc, -EINVAL);
        CHECK(h == NULL);
    }
    cfg.limit_bytes = KIB(64);
    h = new_region_with(&cfg);
    CHECK_AT_MOST(region_stats_of(h).mapped_bytes, KIB(64));
    CHECK_REFUSED(akit_region_alloc(h, KIB(64), 0, 0, NULL), ENOMEM);
    akit_region_destroy(h, 0);
}

CASE(cap_none_is_none)
{
    akit_region *h = capped_region(AKIT_NONE), *g = new_region();
    CHECK(region_stats_of(h).limit_bytes == AKIT_NONE && region_stats_of(g).limit_bytes == AKIT_NONE);
    akit_region_destroy(h, 0);
    akit_region_destroy(g, 0);
}

static int is_refused_without_the_kernel(void *arg)
{
    akit_region *h = (akit_region *)arg;
    for (int i = 0; i < 3; i++) /* the fruitless purge */
        CHILD_CHECK(akit_region_alloc(h, MIB(1), 0, 0, NULL) == NULL);
    only_system_calls((const long[]){SYS_exit_group, SYS_exit, SYS_write, -1});
    for (int i = 0; i < 1000000; i++)
        if (akit_region_alloc(h, MIB(1), 0, 0, NULL) || errno != ENOMEM)
            return BAD;
    return 0;
}

CASE(refusals_after_a_fruitless_purge_make_no_system_call)
{
    needs_seccomp();
    akit_region *h = capped_region(MIB(8));
    take_all(h, MIB(1));
    in_child(is_refused_without_the_kernel, h);
    akit_region_destroy(h, 0);
}

static int uses_what_the_limit_leaves(void *arg)
{
    (void)arg;
    struct rlimit limit = {GIB(1), GIB(1)};
    CHILD_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    akit_region *h = NULL;
    CHILD_CHECK(akit_region_create(NULL, &h) == 0 && h);
    size_t sum = 0;
    int n = 0;
    while (n < 20000 && (taken[n] = akit_region_alloc(h, MIB(8), 0, 0, NULL))) {
        ((volatile char *)taken[n++])[0] = 1;
        sum += MIB(8);
    }
    CHILD_CHECK(n < 20000 && errno == ENOMEM);
    CHILD_CHECK(sum >= MIB(850)); /* what is not handed out is 64 MiB at most, beside the program itself */
    for (int i = 0; i < n; i++)
        CHILD_CHECK(akit_region_free(h, taken[i]) == 0);
    void *p = akit_region_alloc(h, MIB(700), 0, 0, NULL); /* other sizes in the same space */
    CHILD_CHECK(p != NULL && akit_region_free(h, p) == 0);
    CHILD_CHECK(akit_region_destroy(h, 0) == 0);
    CHILD_CHECK(akit_region_create(NULL, &h) == 0 && akit_region_alloc(h, MIB(64), MIB(64), 0, NULL) != NULL);
    return 0;
}

FRESH(works_under_an_address_space_limit)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer needs address space of its own");
    in_child(uses_what_the_limit_leaves, NULL);
}

static int grows_until_refused(void *arg)
{
    (void)arg;
    struct rlimit limit = {MIB(600), MIB(600)};
    akit_region *h = NULL;
    CHILD_CHECK(akit_region_create(NULL, &h) == 0);
    char *p = (char *)akit_region_alloc(h, MIB(1), 0, 0, NULL), *q;
    CHILD_CHECK(p && setrlimit(RLIMIT_AS, &limit) == 0);
    p[0] = 77;
    size_t size = MIB(2);
    while ((q = (char *)akit_region_realloc(h, p, size, 0, NULL)) && size < GIB(1)) {
        p = q;
        size *= 2;
    }
    CHILD_CHECK(!q && errno == ENOMEM && p[0] == 77);
    CHILD_CHECK(size >= MIB(256));
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    CHILD_CHECK(akit_region_stats_get(h, &st) == 0 && st.failures_total == 1 && st.limit_hits_total == 0);
    CHILD_CHECK(akit_region_free(h, p) == 0);
    return 0;
}

FRESH(growth_under_an_address_space_limit)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer needs address space of its own");
    in_child(grows_until_refused, NULL);
}
