/* akit_region_realloc: contents, growth in place and by moving, shrinking, refusals. Zeroed growth is in region_zero.c. */
#include "region_kit.h"
#include "smaps.h"

FRESH(growth_from_64_kib_to_512_mib_keeps_the_bytes)
{
    akit_region *h = new_region();
    size_t most = CHECK_SANITIZED ? MIB(64) : MIB(512), usable = 0;
    void *p = plain_region(h, KIB(64));
    mark(p, KIB(64), 3);
    for (size_t size = KIB(64); size < most; size *= 2) {
        p = akit_region_realloc(h, p, size * 2, 0, &usable);
        CHECK(p != NULL && aligned_to(p, page_bytes()));
        CHECK_AT_LEAST(usable, size * 2);
        CHECK(marked(p, size, 3));
        mark(p, size * 2, 3);
        CHECK_INT(usable_of(p), usable);
    }
    CHECK(marked(p, most, 3));
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(region_stats_of(h).used_bytes, 0);
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

FRESH(growth_among_neighbours_moves_and_keeps_the_bytes)
{
    enum { n = 32 };
    akit_region *h = new_region();
    void *p[n];
    int moved = 0;
    for (int i = 0; i < n; i++)
        mark(p[i] = plain_region(h, MIB(1)), MIB(1), (uint64_t)i);
    for (size_t size = MIB(2); size <= MIB(8); size *= 2)
        for (int i = 0; i < n; i++) {
            void *q = akit_region_realloc(h, p[i], size, 0, NULL);
            CHECK(q != NULL);
            moved += q != p[i];
            p[i] = q;
            touch_pages((char *)q + MIB(1), size - MIB(1));
        }
    for (int i = 0; i < n; i++)
        CHECK(marked(p[i], MIB(1), (uint64_t)i));
    CHECK_AT_LEAST(moved, 1);
    CHECK_AT_LEAST(region_stats_of(h).remaps_total, !CHECK_SANITIZED); /* a sanitizer wants to see every copy */
    akit_region_destroy(h, 0);
}

/* Whatever way the free neighbour was given up, its addresses are taken before anything moves. */
FRESH(growth_takes_the_free_addresses_behind)
{
    for (int purged = 0; purged < 2; purged++) {
        akit_region *h = patient_region();
        char *p = (char *)akit_region_alloc(h, MIB(5), 0, AKIT_ALLOC_NO_CACHE, NULL);
        char *q = (char *)akit_region_realloc(h, p, KIB(64), AKIT_ALLOC_NO_MOVE, NULL); /* its tail is free */
        CHECK(p && q == p);
        mark(p, KIB(64), 7);
        if (purged)
            CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
        CHECK(akit_region_realloc(h, p, MIB(5), 0, NULL) == p && marked(p, KIB(64), 7));
        touch_pages(p + KIB(64), MIB(5) - KIB(64));
        CHECK_INT(region_stats_of(h).remaps_total, 0);
        CHECK_INT(akit_region_free(h, p), 0);
        akit_region_destroy(h, 0);
    }
}

/* What was freed and purged behind a region is nobody's: growth may take some of it, and nobody else has it then. */
FRESH(growth_over_addresses_given_up_shares_them_with_nobody)
{
    akit_region *h = patient_region();
    void *a = plain_region(h, MIB(5) + 1), *b = plain_region(h, MIB(6)), *c = plain_region(h, MIB(6));
    mark(a, MIB(5), 1);
    CHECK_INT(akit_region_free(h, b), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    a = akit_region_realloc(h, a, MIB(9), 0, NULL);
    CHECK(a != NULL);
    a = akit_region_realloc(h, a, MIB(6), 0, NULL); /* the tail is free again */
    CHECK(a != NULL && marked(a, MIB(5), 1));
    b = plain_region(h, MIB(3));
    mark(b, MIB(3), 2);
    CHECK_INT(akit_region_free(h, c), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK(inspect(b).base == (uintptr_t)b && marked(b, MIB(3), 2));
    CHECK_INT(akit_region_free(h, b), 0);
    CHECK_INT(akit_region_free(h, a), 0);
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

/* What grew by moving its pages is not there twice. */
FRESH(growth_of_a_large_region_moves_pages)
{
    akit_region *h = patient_region();
    begin();
    void *p = touched_region(h, MIB(256)), *wall = plain_region(h, MIB(4));
    int64_t rss = grown_rss();
    void *q = akit_region_realloc(h, p, MIB(512), 0, NULL);
    CHECK(q != NULL);
    CHECK_AT_MOST(grown_rss(), rss + (int64_t)MIB(4));
    for (size_t at = 0; at < MIB(256); at += page_bytes())
        CHECK(((unsigned char *)q)[at] == 0x5a);
    CHECK_INT(akit_region_free(h, wall), 0);
    CHECK_INT(akit_region_free(h, q), 0);
    akit_region_destroy(h, 0);
}

FRESH(shrinking_gives_the_pages_back)
{
    akit_region *h = patient_region();
    begin();
    const size_t sizes[] = {MIB(40), MIB(9), MIB(1) + 5, KIB(64), 1};
    void *p = plain_region(h, MIB(64));
    memset(p, 0x5a, MIB(64));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t usable = 0;
        p = akit_region_realloc(h, p, sizes[i], 0, &usable);
        CHECK(p != NULL && all_bytes(p, sizes[i], 0x5a));
        CHECK_AT_MOST(usable, in_pages(sizes[i]) + in_pages(sizes[i]) / 8);
        CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
        CHECK_AT_MOST(grown_rss(), usable + MIB(1));
        CHECK_INT(region_stats_of(h).used_bytes, usable);
    }
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(size_0_shrinks_to_the_smallest)
{
    akit_region *h = new_region();
    size_t usable = 0;
    unsigned char *p = (unsigned char *)touched_region(h, MIB(1));
    p = (unsigned char *)akit_region_realloc(h, p, 0, 0, &usable);
    CHECK(p != NULL && p[0] == 0x5a);
    CHECK_AT_LEAST(usable, 1);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

static void shrinks_at_the_cap(uint32_t guard, uint32_t zero_mode)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.limit_bytes = MIB(8);
    cfg.guard = guard;
    cfg.zero_mode = zero_mode;
    akit_region *h = new_region_with(&cfg);
    void *p = touched_region(h, MIB(6)), *full[1000];
    int n = 0;
    while (n < 1000 && (full[n] = akit_region_alloc(h, 1, 0, 0, NULL)))
        n++;
    CHECK(n < 1000);
    for (size_t size = MIB(5); size > 1000; size /= 2) {
        p = akit_region_realloc(h, p, size, 0, NULL);
        CHECK(p != NULL && ((unsigned char *)p)[0] == 0x5a);
    }
    akit_region_destroy(h, 0);
}

CASE(shrinking_does_not_fail_at_the_cap) { shrinks_at_the_cap(0, AKIT_ZERO_NONE); }
CASE(shrinking_of_a_guarded_region_does_not_fail_at_the_cap) { shrinks_at_the_cap(1, AKIT_ZERO_NONE); }
CASE(shrinking_of_a_region_that_zeroes_does_not_fail_at_the_cap) { shrinks_at_the_cap(0, AKIT_ZERO_ON_FREE); }

CASE(no_move_never_moves)
{
    enum { n = 64 };
    akit_region *h = new_region();
    void *p[n];
    int refused = 0;
    for (int i = 0; i < n; i++)
        mark(p[i] = plain_region(h, KIB(256)), KIB(256), (uint64_t)i);
    for (int i = 0; i < n; i++) {
        size_t usable = 1;
        errno = 0;
        void *q = akit_region_realloc(h, p[i], MIB(64), AKIT_ALLOC_NO_MOVE, &usable);
        CHECK(q == p[i] || (!q && errno == ENOMEM && usable == 0));
        refused += !q;
        if (q)
            touch_pages((char *)q + KIB(256), MIB(64) - KIB(256));
    }
    CHECK_AT_LEAST(refused, 1);
    CHECK_INT(region_stats_of(h).remaps_total, 0);
    CHECK_AT_LEAST(region_stats_of(h).failures_total, refused);
    for (int i = 0; i < n; i++) {
        CHECK(marked(p[i], KIB(256), (uint64_t)i));
        CHECK(akit_region_realloc(h, p[i], KIB(64), AKIT_ALLOC_NO_MOVE, NULL) == p[i]);
        CHECK_INT(akit_region_free(h, p[i]), 0);
    }
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(growth_within_the_usable_size_stays_in_place)
{
    akit_region *h = new_region();
    size_t usable = 0, same = 0;
    void *p = akit_region_alloc(h, 123456, 0, 0, &usable);
    CHECK(p != NULL);
    CHECK(akit_region_realloc(h, p, usable, AKIT_ALLOC_NO_MOVE, &same) == p);
    CHECK_INT(same, usable);
    akit_region_destroy(h, 0);
}

CASE(null_allocates)
{
    akit_region *h = new_region();
    size_t usable = 0;
    void *p = akit_region_realloc(h, NULL, 70000, AKIT_ALLOC_ZERO, &usable);
    CHECK(p != NULL && usable >= 70000 && all_bytes(p, usable, 0));
    CHECK_INT(region_stats_of(h).used_bytes, usable);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(a_pinned_region_is_ebusy)
{
    akit_region *h = new_region();
    size_t usable = 1;
    void *p = plain_region(h, MIB(1));
    mark(p, MIB(1), 1);
    CHECK_INT(akit_region_pin(h, p), 0);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(4), 0, &usable), EBUSY);
    CHECK_INT(usable, 0);
    CHECK_REFUSED(akit_region_realloc(h, p, KIB(64), 0, NULL), EBUSY);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(4), AKIT_ALLOC_NO_MOVE, NULL), EBUSY);
    CHECK(marked(p, MIB(1), 1));
    CHECK_INT(akit_region_unpin(h, p), 0);
    p = akit_region_realloc(h, p, MIB(4), 0, NULL);
    CHECK(p != NULL && marked(p, MIB(1), 1));
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(wrong_pointers_are_refused_and_counted)
{
    static char mine[8192] __attribute__((aligned(4096)));
    akit_region *h = exact_region(), *g = new_region();
    char *p = (char *)plain_region(h, MIB(1)), *q = (char *)plain_region(g, MIB(1)), *freed = (char *)plain_region(h, MIB(1));
    mark(p, MIB(1), 1);
    mark(q, MIB(1), 2);
    CHECK_INT(akit_region_free(h, freed), 0);
    CHECK_REFUSED(akit_region_realloc(h, hidden(mine), MIB(2), 0, NULL), ENOENT);
    CHECK_REFUSED(akit_region_realloc(h, p + page_bytes(), MIB(2), 0, NULL), ENOENT);
    CHECK_REFUSED(akit_region_realloc(h, p + 16, MIB(2), 0, NULL), ENOENT);
    CHECK_REFUSED(akit_region_realloc(h, q, MIB(2), 0, NULL), ENOENT);
    CHECK_INT(region_misuses(h), 4);
    CHECK_REFUSED(akit_region_realloc(h, freed, MIB(2), 0, NULL), EINVAL);
    CHECK_INT(region_misuses(h), 5);
    CHECK(marked(p, MIB(1), 1) && marked(q, MIB(1), 2));
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_free(g, q), 0);
    akit_region_destroy(h, 0);
    akit_region_destroy(g, 0);
}

CASE(refusals_leave_the_region_as_it_is)
{
    akit_region *h = capped_region(MIB(16));
    size_t usable = 1;
    void *p = plain_region(h, MIB(1));
    mark(p, MIB(1), 9);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(64), 0, &usable), ENOMEM);
    CHECK_INT(usable, 0);
    CHECK_REFUSED(akit_region_realloc(h, p, SIZE_MAX, 0, NULL), ENOMEM);
    CHECK_REFUSED(akit_region_realloc(h, p, (size_t)PTRDIFF_MAX + 1, 0, NULL), ENOMEM);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(2), AKIT_ALLOC_NO_CACHE, NULL), EINVAL);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(2), AKIT_ALLOC_GUARD, NULL), EINVAL);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(2), 1u << 20, NULL), EINVAL);
    CHECK_REFUSED(akit_region_realloc(NULL, p, MIB(2), 0, NULL), EINVAL);
    CHECK(marked(p, MIB(1), 9));
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
    CHECK_REFUSED(akit_region_realloc(h, NULL, MIB(2), 0, NULL), EINVAL);
}
