/* akit_region_alloc: sizes, bounded waste, alignment, flags, zeroing, payload, random operations against a model. */
#include "region_kit.h"

#include <pthread.h>

CASE(size_0_gives_a_page)
{
    akit_region *h = new_region();
    size_t usable = 0;
    unsigned char *p = (unsigned char *)akit_region_alloc(h, 0, 0, 0, &usable);
    CHECK(p != NULL && aligned_to(p, page_bytes()));
    CHECK_INT(usable, page_bytes());
    memset(p, 1, usable);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(small_and_odd_sizes_are_whole_pages)
{
    akit_region *h = new_region();
    size_t page = page_bytes();
    const size_t sizes[] = {1, 7, 100, page - 1, page, page + 1, 3 * page, 5 * page + 13, 65535, 65536, 65537, 100003, 999999};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t usable = 0;
        unsigned char *p = (unsigned char *)akit_region_alloc(h, sizes[i], 0, 0, &usable);
        CHECK(p != NULL && aligned_to(p, page));
        CHECK_AT_LEAST(usable, sizes[i]);
        CHECK_INT(usable % page, 0);
        CHECK_INT(usable_of(p), usable);
        memset(p, 0x5a, usable);
        CHECK_INT(akit_region_free(h, p), 0);
    }
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(usable_may_be_null)
{
    akit_region *h = new_region();
    void *p = akit_region_alloc(h, 100000, 0, 0, NULL);
    CHECK(p != NULL);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(sizes_from_64_kib_to_64_mib_hold_their_payload)
{
    akit_region *h = new_region();
    void *p[11];
    for (int i = 0; i < 11; i++) {
        p[i] = plain_region(h, KIB(64) << i);
        mark(p[i], KIB(64) << i, (uint64_t)i);
    }
    for (int i = 0; i < 11; i++)
        CHECK(marked(p[i], KIB(64) << i, (uint64_t)i));
    for (int i = 0; i < 11; i++)
        CHECK_INT(akit_region_free(h, p[i]), 0);
    CHECK_INT(region_stats_of(h).used_bytes, 0);
    akit_region_destroy(h, 0);
}

CASE(three_gib_untouched)
{
    akit_region *h = new_region();
    size_t usable = 0, size = GIB(3) + 5;
    unsigned char *p = (unsigned char *)akit_region_alloc(h, size, 0, 0, &usable);
    CHECK(p != NULL);
    CHECK_INT(usable, in_pages(size)); /* no steps above 2 GiB */
    p[0] = p[GIB(1)] = p[usable - 1] = 7;
    CHECK(p[0] == 7 && p[GIB(1)] == 7 && p[usable - 1] == 7);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_region_destroy(h, 0);
}

CASE(sizes_that_cannot_be_are_enomem)
{
    akit_region *h = new_region();
    const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - 4095, (size_t)PTRDIFF_MAX, SIZE_MAX / 2 - 100, (size_t)1 << 56};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t usable = 77;
        CHECK_REFUSED(akit_region_alloc(h, sizes[i], 0, 0, &usable), ENOMEM);
        CHECK_INT(usable, 0);
    }
    CHECK_INT(region_stats_of(h).failures_total, sizeof sizes / sizeof sizes[0]);
    CHECK_INT(region_stats_of(h).limit_hits_total, 0);
    akit_region_destroy(h, 0);
}

static void waste_is_bounded(uint64_t permille)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.max_waste_permille = permille;
    akit_region *h = new_region_with(&cfg);
    uint64_t x = permille, most = permille ? permille : 125;
    for (int i = 0; i < 3000; i++) {
        size_t size = (size_t)(random_word(&x) >> (20 + i % 42)), pages, usable = 0; /* evenly by doublings */
        if (size > (CHECK_SANITIZED ? GIB(1) : GIB(64))) /* a sanitizer keeps books of every byte */
            continue;
        pages = in_pages(size ? size : 1);
        void *p = akit_region_alloc(h, size, 0, 0, &usable);
        CHECK(p != NULL);
        CHECK_AT_LEAST(usable, pages);
        if ((usable - pages) * 1000 > pages * most)
            CHECK_FAIL("%zu bytes got %zu with max_waste_permille %llu", size, usable, (unsigned long long)permille);
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
}

CASE(waste_by_default_is_an_eighth) { waste_is_bounded(0); }
CASE(waste_of_1_permille) { waste_is_bounded(1); }
CASE(waste_of_62_permille) { waste_is_bounded(62); }
CASE(waste_of_125_permille) { waste_is_bounded(125); }
CASE(waste_of_500_permille) { waste_is_bounded(500); }
CASE(waste_of_1000_permille) { waste_is_bounded(1000); }

CASE(waste_is_bounded_for_reused_regions)
{
    akit_region *h = patient_region();
    uint64_t x = 9;
    for (int i = 0; i < 20000; i++) {
        size_t size = 1 + (size_t)(random_word(&x) % MIB(1)), pages = in_pages(size), usable = 0;
        void *p = akit_region_alloc(h, size, 0, 0, &usable);
        CHECK(p != NULL);
        CHECK_AT_MOST((usable - pages) * 8, pages);
        CHECK_INT(akit_region_free(h, p), 0);
    }
    CHECK_AT_LEAST(region_stats_of(h).cache_hits_total, 1);
    akit_region_destroy(h, 0);
}

CASE(every_alignment_up_to_1_gib)
{
    akit_region *h = new_region();
    const size_t sizes[] = {1, 100000, MIB(3)};
    for (size_t i = 0; i < 3; i++)
        for (size_t alignment = 1; alignment <= GIB(1); alignment *= 2) {
            size_t usable = 0;
            unsigned char *p = (unsigned char *)akit_region_alloc(h, sizes[i], alignment, 0, &usable);
            CHECK(p != NULL && aligned_to(p, alignment) && aligned_to(p, page_bytes()));
            CHECK_AT_LEAST(usable, sizes[i]);
            p[0] = p[usable - 1] = 1;
            unsigned char *q = (unsigned char *)akit_region_alloc(h, sizes[i], alignment, 0, NULL);
            CHECK(q != NULL && q != p && aligned_to(q, alignment));
            CHECK_INT(akit_region_free(h, p), 0);
            CHECK_INT(akit_region_free(h, q), 0);
        }
    CHECK_INT(region_stats_of(h).used_bytes, 0);
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(other_alignments_are_einval)
{
    akit_region *h = new_region();
    const size_t bad[] = {3, 48, 4097, 12288, GIB(1) + 1, GIB(2), (size_t)1 << 63, SIZE_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t usable = 77;
        CHECK_REFUSED(akit_region_alloc(h, 100, bad[i], 0, &usable), EINVAL);
        CHECK_INT(usable, 0);
    }
    akit_region_destroy(h, 0);
}

CASE(unknown_flags_are_einval)
{
    akit_region *h = new_region();
    for (int bit = 0; bit < 32; bit++) {
        uint32_t flag = 1u << bit;
        if (flag == AKIT_ALLOC_ZERO || flag == AKIT_ALLOC_NO_CACHE || flag == AKIT_ALLOC_GUARD)
            continue;
        CHECK_REFUSED(akit_region_alloc(h, 100, 0, flag, NULL), EINVAL);
    }
    akit_region_destroy(h, 0);
}

CASE(zero_flag_zeroes_all_of_a_reused_region)
{
    akit_region *h = patient_region();
    const size_t sizes[] = {1, 70000, 1000003, MIB(5), MIB(33)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int round = 0; round < 3; round++) {
            size_t usable = 0;
            void *p = akit_region_alloc(h, sizes[i], 0, AKIT_ALLOC_ZERO, &usable);
            CHECK(p != NULL && all_bytes(p, usable, 0));
            memset(p, 0xff, usable);
            CHECK_INT(akit_region_free(h, p), 0);
        }
    akit_region_destroy(h, 0);
}

CASE(zero_flag_zeroes_all_of_it_also_when_usable_is_not_asked_for)
{
    akit_region *h = patient_region();
    for (int round = 0; round < 3; round++) {
        size_t size = KIB(1025); /* the next step is 127 KiB away */
        void *p = akit_region_alloc(h, size, 0, AKIT_ALLOC_ZERO, NULL);
        CHECK(p != NULL && all_bytes(p, usable_of(p), 0));
        memset(p, 0xff, usable_of(p));
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
}

static void zero_mode_holds(uint32_t mode)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.zero_mode = mode;
    cfg.decay_ns = AKIT_NONE;
    akit_region *h = new_region_with(&cfg);
    for (int i = 0; i < 20; i++) {
        size_t usable = 0, size = 50000 + (size_t)(i % 4) * 333333;
        void *p = akit_region_alloc(h, size, 0, 0, &usable);
        CHECK(p != NULL && all_bytes(p, usable, 0));
        memset(p, 0xff, usable);
        CHECK_INT(akit_region_free(h, p), 0);
    }
    akit_region_destroy(h, 0);
}

CASE(zero_on_alloc) { zero_mode_holds(AKIT_ZERO_ON_ALLOC); }
CASE(zero_on_free) { zero_mode_holds(AKIT_ZERO_ON_FREE); }

FRESH(memory_that_moves_between_handles_is_zero_if_either_asked)
{
    for (int giver = 0; giver < 2; giver++) {
        akit_region_config zeroing = AKIT_REGION_CONFIG_INIT;
        zeroing.zero_mode = giver ? AKIT_ZERO_ON_FREE : AKIT_ZERO_ON_ALLOC;
        akit_region *h = giver ? new_region_with(&zeroing) : new_region();
        for (int i = 0; i < 16; i++)
            memset(plain_region(h, MIB(1)), 0xee, MIB(1));
        CHECK_INT(akit_region_destroy(h, 0), 0);
        akit_region *g = giver ? new_region() : new_region_with(&zeroing);
        for (int i = 0; i < 16; i++) {
            const unsigned char *p = (const unsigned char *)plain_region(g, MIB(1));
            for (size_t at = 0; at < MIB(1); at++)
                CHECK(p[at] != 0xee);
        }
        CHECK_INT(akit_region_destroy(g, 0), 0);
    }
}

CASE(zeroed_tells_the_truth)
{
    akit_region *h = new_region();
    uint64_t x = 3;
    for (int i = 0; i < 3000; i++) {
        size_t size = 1 + (size_t)(random_word(&x) % KIB(700)), usable = 0;
        unsigned char *p = (unsigned char *)akit_region_alloc(h, size, 0, i % 7 ? 0 : AKIT_ALLOC_ZERO, &usable);
        CHECK(p != NULL);
        akit_block_info info = inspect(p);
        CHECK_AT_MOST(info.zeroed, 1);
        CHECK(!info.zeroed || all_bytes(p, usable, 0));
        memset(p, 0x77, usable);
        CHECK_INT(akit_region_free(h, p), 0);
        if (i % 50 == 0)
            CHECK_INT(akit_region_purge(h, i % 100 ? AKIT_PURGE_ALL : AKIT_PURGE_DUE, NULL), 0);
    }
    akit_region_destroy(h, 0);
}

CASE(a_region_straight_from_the_kernel_is_known_to_be_zero)
{
    akit_region *h = new_region();
    CHECK_INT(inspect(plain_region(h, GIB(2))).zeroed, 1);
    akit_region_destroy(h, 0);
}

CASE(inspect_knows_the_region)
{
    akit_region *h = exact_region();
    size_t usable = 0;
    char *p = (char *)akit_region_alloc(h, 300000, 0, 0, &usable);
    CHECK(p != NULL);
    akit_block_info info = inspect(p + 123456);
    CHECK_INT(info.base, (uintptr_t)p);
    CHECK_INT(info.usable_bytes, usable);
    CHECK_INT(info.handle_kind, AKIT_KIND_REGION);
    CHECK_INT(info.handle_id, region_stats_of(h).id);
    CHECK_INT(info.state, AKIT_BLOCK_OUT);
    CHECK(info.numa_node == AKIT_NONE);
    CHECK_INT(akit_region_free(h, p), 0);
    akit_block_info gone = AKIT_BLOCK_INFO_INIT;
    int rc = akit_inspect(p, &gone);
    CHECK(rc == -ENOENT || (rc == 0 && gone.state != AKIT_BLOCK_OUT));
    akit_region_destroy(h, 0);
}

CASE(inspect_does_not_know_a_region_of_a_destroyed_handle)
{
    akit_region *h = new_region();
    void *p = plain_region(h, MIB(1));
    akit_region_destroy(h, 0);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    int rc = akit_inspect(p, &info);
    CHECK(rc == -ENOENT || (rc == 0 && info.state != AKIT_BLOCK_OUT));
}
