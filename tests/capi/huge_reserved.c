/* Explicit huge pages that root has reserved: the pages in smaps, the pool going down and coming back, too small a pool, fork, giants. */
#include "huge_kit.h"
#include "child.h"
#include "smaps.h"

CASE(pages_are_huge_and_taken_at_once)
{
    NEEDS_HUGE_PAGES(8);
    uint64_t before_it = free_huge_pages();
    akit_huge *h = new_huge();
    uint32_t backing = 99;
    char *p = (char *)akit_huge_alloc(h, MIB(8), 0, 0, &backing);
    CHECK(p && backing == AKIT_BACKING_HUGE && aligned_to(p, MIB(2)));
    CHECK_INT(free_huge_pages(), before_it - 4);
    memory m = memory_at(p, MIB(8));
    CHECK_INT(m.kernel_page, MIB(2));
    CHECK_INT(m.hugetlb, MIB(8)); /* there before anyone touched them */
    int64_t faults = minor_faults();
    touch_pages(p, MIB(8));
    CHECK_AT_MOST(minor_faults() - faults, 3); /* not one for each of the four */
    akit_huge_stats st = huge_stats_of(h);
    CHECK_INT(st.hugetlb_bytes, MIB(8));
    CHECK_INT(st.fallbacks_total, 0);
    CHECK_INT(st.mappings, 1);
    CHECK_INT(st.thp_bytes + st.base_bytes + st.giant_bytes, 0);
    CHECK_AT_LEAST(st.populate_max_ns, 1);
    CHECK_INT(inspect(p).reason, AKIT_REASON_NONE);
    CHECK_INT(inspect(p).backing, AKIT_BACKING_HUGE);
    CHECK_INT(akit_huge_free(h, p), 0);
    CHECK_INT(free_huge_pages(), before_it); /* none are kept by default: others may need them */
    st = huge_stats_of(h);
    CHECK_INT(st.hugetlb_bytes, 0);
    CHECK_INT(st.mappings, 0);
    CHECK_INT(st.unmaps_total, 1);
    akit_huge_destroy(h, 0);
}

CASE(destroy_gives_the_pages_back)
{
    NEEDS_HUGE_PAGES(8);
    uint64_t before_it = free_huge_pages();
    akit_huge *h = requiring(0);
    CHECK(akit_huge_alloc(h, MIB(4), 0, 0, NULL) && akit_huge_alloc(h, 1, 0, 0, NULL));
    CHECK_INT(free_huge_pages(), before_it - 3);
    CHECK_INT(akit_huge_destroy(h, 0), 0);
    CHECK_INT(free_huge_pages(), before_it); /* the process-wide cache keeps none of these */
}

CASE(deferred_destroy_gives_them_back_with_the_last_free)
{
    NEEDS_HUGE_PAGES(8);
    uint64_t before_it = free_huge_pages();
    akit_huge *h = requiring(MIB(16));
    void *p = huge_block(h, MIB(4)), *q = huge_block(h, MIB(2));
    CHECK_INT(akit_huge_free(h, huge_block(h, MIB(2))), 0);
    CHECK_INT(akit_huge_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK_REFUSED(akit_huge_alloc(h, 1, 0, 0, NULL), ESHUTDOWN);
    CHECK_INT(akit_huge_free(h, p), 0);
    touch_pages(q, MIB(2));
    CHECK_INT(akit_huge_free(h, q), 0);
    CHECK_INT(free_huge_pages(), before_it);
}

CASE(sizes_are_rounded_to_huge_pages)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *h = requiring(0);
    const size_t sizes[] = {0, 1, MIB(2) - 1, MIB(2), MIB(2) + 1, MIB(3), MIB(7) + 5};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t before_it = free_huge_pages();
        void *p = akit_huge_alloc(h, sizes[i], 0, 0, NULL);
        CHECK(p != NULL);
        size_t usable = (size_t)inspect(p).usable_bytes, pages = (sizes[i] + MIB(2) - 1) / MIB(2);
        CHECK_INT(usable, (pages ? pages : 1) * MIB(2));
        CHECK_INT(free_huge_pages(), before_it - usable / MIB(2));
        memset(p, 1, usable);
        CHECK_INT(akit_huge_free(h, p), 0);
        CHECK_INT(free_huge_pages(), before_it);
    }
    akit_huge_destroy(h, 0);
}

CASE(alignment_costs_address_space_and_no_pages)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *h = requiring(0);
    for (size_t alignment = MIB(4); alignment <= GIB(1); alignment *= 4) {
        uint64_t before_it = free_huge_pages();
        void *p = akit_huge_alloc(h, MIB(4), alignment, 0, NULL);
        CHECK(p && aligned_to(p, alignment));
        CHECK_INT(free_huge_pages(), before_it - 2);
        touch_pages(p, MIB(4));
        CHECK_INT(akit_huge_free(h, p), 0);
        CHECK_INT(free_huge_pages(), before_it);
    }
    akit_huge_destroy(h, 0);
}

CASE(prefault_takes_pages_at_create)
{
    NEEDS_HUGE_PAGES(8);
    uint64_t before_it = free_huge_pages();
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.huge_mode = AKIT_HUGE_REQUIRE;
    cfg.giant_mode = AKIT_HUGE_NEVER;
    cfg.prefault_bytes = cfg.cache_bytes = MIB(8);
    cfg.decay_ns = AKIT_NONE;
    akit_huge *h = new_huge_with(&cfg);
    CHECK_INT(free_huge_pages(), before_it - 4);
    CHECK_INT(huge_stats_of(h).prefaulted_bytes_total, MIB(8));
    touch_pages(huge_block(h, MIB(8)), MIB(8));
    CHECK_INT(free_huge_pages(), before_it - 4);
    akit_huge_destroy(h, 0);
    CHECK_INT(free_huge_pages(), before_it);
}

CASE(a_pool_too_small_is_no_sigbus)
{
    NEEDS_HUGE_PAGES(4);
    uint64_t before_it = free_huge_pages();
    size_t more = (size_t)(before_it + 1) * MIB(2);
    if (more > GIB(4) || overcommit_pages())
        SKIP("too many huge pages are free");
    akit_huge *h = requiring(0), *g = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_PREFER);
    CHECK_REFUSED(akit_huge_alloc(h, more, 0, 0, NULL), ENOMEM);
    CHECK_INT(free_huge_pages(), before_it); /* what it took on the way is back */
    CHECK_AT_LEAST(akit_huge_reason_count(h, AKIT_REASON_NOT_RESERVED), 1);
    uint32_t backing = 99;
    char *p = (char *)akit_huge_alloc(g, more, 0, 0, &backing);
    CHECK(p && (backing == AKIT_BACKING_THP || backing == AKIT_BACKING_BASE));
    CHECK_INT(free_huge_pages(), before_it);
    p[0] = p[more - 1] = 1;
    CHECK_INT(inspect(p).reason, AKIT_REASON_NOT_RESERVED);
    CHECK(akit_huge_alloc(h, (size_t)before_it * MIB(2), 0, 0, NULL) != NULL); /* all there are */
    CHECK_INT(free_huge_pages(), 0);
    CHECK_REFUSED(akit_huge_alloc(h, 1, 0, 0, NULL), ENOMEM);
    akit_huge_destroy(h, 0);
    akit_huge_destroy(g, 0);
    CHECK_INT(free_huge_pages(), before_it);
}

static int does_not_see_it(void *arg)
{
    void **box = (void **)arg;
    unsigned char byte;
    akit_huge_stats st = AKIT_HUGE_STATS_INIT;
    CHILD_CHECK(!peek(box[1], &byte, 1));
    CHILD_CHECK(akit_huge_stats_get((akit_huge *)box[0], &st) == 0);
    CHILD_CHECK(st.used_bytes == 0 && st.hugetlb_bytes == 0 && st.cached_bytes == 0 && st.mappings == 0);
    uint64_t bytes = 1;
    CHILD_CHECK(akit_huge_purge((akit_huge *)box[0], AKIT_PURGE_ALL, &bytes) == 0 && bytes == 0);
    CHILD_CHECK(akit_huge_stats_get((akit_huge *)box[0], &st) == 0 && st.mappings == 0 && st.purged_bytes_total == 0);
    CHILD_CHECK(akit_huge_free((akit_huge *)box[0], box[1]) < 0);
    void *p = akit_huge_alloc((akit_huge *)box[0], MIB(2), 0, 0, NULL); /* not the one that waits in the parent's cache */
    CHILD_CHECK(p != NULL);
    touch_pages(p, MIB(2));
    CHILD_CHECK(akit_huge_free((akit_huge *)box[0], p) == 0);
    return 0;
}

static int has_a_copy(void *arg)
{
    void **box = (void **)arg;
    CHILD_CHECK(marked(box[1], MIB(4), 1));
    ((char *)box[1])[0]++;
    return 0;
}

CASE(fork_leaves_explicit_pages_out_unless_asked)
{
    NEEDS_HUGE_PAGES(8);
    akit_huge *h = requiring(MIB(2));
    void *box[2] = {h, huge_block(h, MIB(4))};
    mark(box[1], MIB(4), 1);
    CHECK_INT(akit_huge_free(h, huge_block(h, MIB(2))), 0);
    in_child(does_not_see_it, box);
    CHECK(access_faults(box[1], 0));
    CHECK(marked(box[1], MIB(4), 1));
    akit_huge_destroy(h, 0);
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.huge_mode = AKIT_HUGE_REQUIRE;
    cfg.fork_mode = AKIT_FORK_COPY;
    box[0] = h = new_huge_with(&cfg);
    box[1] = huge_block(h, MIB(4));
    mark(box[1], MIB(4), 1);
    in_child(has_a_copy, box);
    CHECK(marked(box[1], MIB(4), 1));
    akit_huge_destroy(h, 0);
}

CASE(giant_pages)
{
    if (free_giant_pages() < 1)
        SKIP("no giant page is free");
    uint64_t before_it = free_giant_pages();
    akit_huge *h = huge_with_modes(AKIT_HUGE_REQUIRE, AKIT_HUGE_NEVER), *g = new_huge();
    uint32_t backing = 99;
    char *p = (char *)akit_huge_alloc(h, 1, 0, 0, &backing); /* required whatever it wastes */
    CHECK(p && backing == AKIT_BACKING_GIANT && aligned_to(p, GIB(1)));
    CHECK_INT(free_giant_pages(), before_it - 1);
    CHECK_INT(memory_at(p, GIB(1)).kernel_page, GIB(1));
    CHECK_INT(huge_stats_of(h).giant_bytes, GIB(1));
    p[0] = p[GIB(1) - 1] = 1;
    CHECK_INT(akit_huge_free(h, p), 0);
    CHECK_INT(free_giant_pages(), before_it);
    p = (char *)akit_huge_alloc(g, GIB(1) - MIB(120), 0, 0, &backing); /* more than an eighth would be wasted */
    CHECK(p && backing != AKIT_BACKING_GIANT);
    CHECK_INT(akit_huge_free(g, p), 0);
    p = (char *)akit_huge_alloc(g, GIB(1) - MIB(100), 0, 0, &backing); /* not so much */
    CHECK(p && backing == AKIT_BACKING_GIANT);
    CHECK_INT(akit_huge_free(g, p), 0);
    p = (char *)akit_huge_alloc(g, GIB(1), 0, 0, &backing);
    CHECK(p && backing == AKIT_BACKING_GIANT);
    CHECK_INT(akit_huge_free(g, p), 0);
    akit_huge_destroy(h, 0);
    akit_huge_destroy(g, 0);
}
