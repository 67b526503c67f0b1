/* giant_mode and huge_mode where the system has no explicit pages reserved: fallback, refusal, reasons, counters. */
#include "huge_kit.h"

#include <time.h>

static void gets_less(uint32_t giant_mode, uint32_t huge_mode, size_t size, int64_t kinds)
{
    akit_huge *h = huge_with_modes(giant_mode, huge_mode);
    uint32_t backing = 99;
    uint64_t from = (uint64_t)time(NULL);
    char *p = (char *)akit_huge_alloc(h, size, 0, 0, &backing);
    CHECK(p != NULL);
    p[0] = p[size - 1] = 1;
    CHECK(backing == AKIT_BACKING_THP || backing == AKIT_BACKING_BASE);
    akit_block_info info = inspect(p);
    CHECK_INT(info.backing, backing);
    CHECK_INT(info.reason, kinds ? AKIT_REASON_NOT_RESERVED : AKIT_REASON_NONE);
    CHECK_INT(akit_huge_reason_count(h, AKIT_REASON_NOT_RESERVED), kinds);
    akit_huge_stats st = huge_stats_of(h);
    CHECK_INT(st.fallbacks_total, kinds != 0);
    CHECK_INT(st.last_fallback_reason, kinds ? ENOMEM : 0);
    CHECK_INT(st.last_fallback_unix_ns != 0, kinds != 0);
    if (kinds) {
        CHECK_AT_LEAST(st.last_fallback_unix_ns / 1000000000, from - 1);
        CHECK_AT_MOST(st.last_fallback_unix_ns / 1000000000, (uint64_t)time(NULL) + 1);
    }
    CHECK_INT(st.giant_bytes + st.hugetlb_bytes, 0);
    CHECK_INT(st.thp_bytes + st.base_bytes, info.usable_bytes);
    CHECK_INT(st.failures_total, 0);
    CHECK_INT(akit_huge_free(h, p), 0);
    akit_huge_destroy(h, 0);
}

CASE(prefer_falls_back_and_says_why)
{
    NEEDS_NO_HUGE_PAGES();
    gets_less(AKIT_HUGE_NEVER, AKIT_HUGE_PREFER, MIB(8), 1);
}

CASE(default_is_prefer)
{
    NEEDS_NO_HUGE_PAGES();
    gets_less(AKIT_HUGE_DEFAULT, AKIT_HUGE_DEFAULT, MIB(8), 1);
}

CASE(never_does_not_wish)
{
    gets_less(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER, MIB(8), 0);
    gets_less(AKIT_HUGE_NEVER, AKIT_HUGE_NEVER, GIB(1), 0);
}

CASE(giant_pages_are_tried_from_one_page_on)
{
    NEEDS_NO_HUGE_PAGES();
    if (!huge_system().giant_page_bytes || huge_system().giant_page_bytes > GIB(1))
        SKIP("the kernel has no giant pages of 1 GiB or less");
    size_t giant = (size_t)huge_system().giant_page_bytes;
    gets_less(AKIT_HUGE_PREFER, AKIT_HUGE_PREFER, giant, 2);
    gets_less(AKIT_HUGE_PREFER, AKIT_HUGE_NEVER, giant, 1);
    gets_less(AKIT_HUGE_PREFER, AKIT_HUGE_PREFER, giant / 2, 1);         /* less than one page */
    gets_less(AKIT_HUGE_PREFER, AKIT_HUGE_PREFER, giant + giant / 2, 1); /* wastes more than an eighth */
    gets_less(AKIT_HUGE_PREFER, AKIT_HUGE_PREFER, 2 * giant - giant / 16, 2);
}

static void is_refused(uint32_t giant_mode, uint32_t huge_mode, size_t size)
{
    akit_huge *h = huge_with_modes(giant_mode, huge_mode);
    for (int i = 1; i <= 3; i++) {
        uint32_t backing = 99;
        CHECK_REFUSED(akit_huge_alloc(h, size, 0, 0, &backing), ENOMEM);
        CHECK_INT(backing, 0);
        akit_huge_stats st = huge_stats_of(h);
        CHECK_INT(st.failures_total, i);
        CHECK_INT(st.limit_hits_total, 0);
        CHECK_INT(st.used_bytes, 0);
        CHECK_INT(st.fallbacks_total, 0); /* no block got less: there was none */
        CHECK_AT_LEAST(akit_huge_reason_count(h, AKIT_REASON_NOT_RESERVED), i);
        CHECK_INT(st.last_fallback_reason, ENOMEM);
    }
    akit_huge_destroy(h, 0);
}

CASE(require_is_refused_without_huge_pages)
{
    NEEDS_NO_HUGE_PAGES();
    is_refused(AKIT_HUGE_NEVER, AKIT_HUGE_REQUIRE, 1);
    is_refused(AKIT_HUGE_NEVER, AKIT_HUGE_REQUIRE, MIB(2));
    is_refused(AKIT_HUGE_PREFER, AKIT_HUGE_REQUIRE, MIB(64));
}

CASE(require_is_refused_without_giant_pages)
{
    if (!huge_system().giant_page_bytes || free_giant_pages() || number_in(GIANT_DIR "nr_overcommit_hugepages", 0))
        SKIP("no giant pages in this kernel, or some are reserved");
    is_refused(AKIT_HUGE_REQUIRE, AKIT_HUGE_PREFER, 1); /* whatever it wastes */
    is_refused(AKIT_HUGE_REQUIRE, AKIT_HUGE_NEVER, GIB(1));
}

CASE(reason_counts_answer)
{
    akit_huge *h = new_huge();
    for (uint32_t reason = AKIT_REASON_NONE + 1; reason <= AKIT_REASON_LIMIT; reason++)
        CHECK_INT(akit_huge_reason_count(h, reason), 0);
    CHECK_AT_LEAST(akit_huge_reason_count(h, AKIT_REASON_NONE), -EINVAL); /* a count or no reason at all */
    CHECK_INT(akit_huge_reason_count(h, AKIT_REASON_LIMIT + 1), -EINVAL);
    CHECK_INT(akit_huge_reason_count(h, UINT32_MAX), -EINVAL);
    CHECK_INT(akit_huge_reason_count(NULL, AKIT_REASON_NODE), -EINVAL);
    akit_huge_destroy(h, 0);
    CHECK_INT(akit_huge_reason_count(h, AKIT_REASON_NODE), -EINVAL);
}

CASE(counters_are_per_handle_and_add_up)
{
    NEEDS_NO_HUGE_PAGES();
    akit_huge *h = new_huge(), *g = new_huge();
    void *p[5];
    for (int i = 0; i < 5; i++)
        CHECK((p[i] = akit_huge_alloc(h, MIB(2), 0, AKIT_ALLOC_NO_CACHE, NULL)) != NULL);
    CHECK_INT(huge_stats_of(h).fallbacks_total, 5);
    CHECK_INT(akit_huge_reason_count(h, AKIT_REASON_NOT_RESERVED), 5);
    CHECK_INT(huge_stats_of(g).fallbacks_total, 0);
    for (int i = 0; i < 5; i++)
        CHECK_INT(akit_huge_free(h, p[i]), 0);
    akit_huge_destroy(h, 0);
    akit_huge_destroy(g, 0);
}

CASE(cap_refuses_and_says_so)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.limit_bytes = MIB(16);
    akit_huge *h = new_huge_with(&cfg);
    uint32_t backing = 99;
    CHECK_REFUSED(akit_huge_alloc(h, MIB(24), 0, 0, &backing), ENOMEM);
    CHECK_INT(backing, 0);
    CHECK_INT(huge_stats_of(h).limit_hits_total, 1);
    CHECK_INT(huge_stats_of(h).failures_total, 1);
    CHECK_AT_LEAST(akit_huge_reason_count(h, AKIT_REASON_LIMIT), 1);
    for (uint32_t reason = AKIT_REASON_NONE + 1; reason < AKIT_REASON_LIMIT; reason++)
        CHECK_INT(akit_huge_reason_count(h, reason), 0); /* on whatever pages: it is the cap */
    void *p = huge_block(h, MIB(8));
    CHECK_REFUSED(akit_huge_alloc(h, MIB(12), 0, 0, NULL), ENOMEM);
    CHECK_INT(akit_huge_free(h, p), 0);
    p = huge_block(h, MIB(12)); /* what was cached gives way */
    CHECK_AT_MOST(huge_stats_of(h).mapped_bytes, MIB(16));
    CHECK_INT(akit_huge_free(h, p), 0);
    akit_huge_destroy(h, 0);
}

CASE(suggest_drops_what_was_never_to_be_had)
{
    NEEDS_NO_HUGE_PAGES();
    akit_huge_config say = AKIT_HUGE_CONFIG_INIT, now = AKIT_HUGE_CONFIG_INIT, again = AKIT_HUGE_CONFIG_INIT;
    akit_huge *h = new_huge();
    for (int i = 0; i < 20; i++)
        CHECK_INT(akit_huge_free(h, huge_block(h, MIB(4))), 0);
    CHECK_INT(akit_huge_config_get(h, &now), 0);
    CHECK_INT(akit_huge_suggest(h, &say), 0);
    CHECK_INT(say.huge_mode, AKIT_HUGE_NEVER);
    CHECK(say.decay_ns && say.limit_bytes);
    CHECK_INT(akit_huge_config_get(h, &again), 0);
    CHECK(!memcmp(&now, &again, sizeof now)); /* it changed nothing */
    akit_huge *g = new_huge_with(&say);
    CHECK_INT(akit_huge_free(g, huge_block(g, MIB(4))), 0);
    CHECK_INT(huge_stats_of(g).fallbacks_total, 0);
    CHECK_INT(akit_huge_suggest(h, NULL), -EINVAL);
    akit_huge_destroy(g, 0);
    akit_huge_destroy(h, 0);
}
