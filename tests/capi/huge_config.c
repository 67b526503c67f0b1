/* akit_huge_config: struct_size, values that make sense and values that do not, prefault, what is in force. */
#include "huge_kit.h"
#include "smaps.h"

static int create_answers(const akit_huge_config *cfg)
{
    akit_huge *h = (akit_huge *)(void *)&check_count;
    int rc = akit_huge_create(cfg, &h);
    if (rc == 0)
        akit_huge_destroy(h, 0);
    else
        CHECK(h == NULL);
    return rc;
}

#define WRONG_VALUE(field, value)                                              \
    do {                                                                       \
        akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;                          \
        cfg.field = (value);                                                   \
        CHECK_INT(create_answers(&cfg), -EINVAL);                              \
    } while (0)

CASE(create_without_out_is_einval)
{
    int rc = akit_huge_create(NULL, NULL);
    CHECK_INT(rc, -EINVAL);
}

CASE(config_init_equals_the_macro)
{
    akit_huge_config a = AKIT_HUGE_CONFIG_INIT, b;
    memset(&b, 0xff, sizeof b);
    CHECK_INT(akit_huge_config_init(&b, sizeof b), 0);
    CHECK(!memcmp(&a, &b, sizeof a));
    CHECK_INT(akit_huge_config_init(NULL, sizeof b), -EINVAL);
    CHECK_INT(akit_huge_config_init(&b, 4), -EINVAL);
}

CASE(struct_size_wrong_is_an_error)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    for (cfg.struct_size = 0; cfg.struct_size < 64; cfg.struct_size += 8)
        CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.struct_size = sizeof cfg - 3;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    struct {
        akit_huge_config cfg;
        uint64_t tail[2];
    } n;
    memset(&n, 0, sizeof n);
    n.cfg.struct_size = sizeof n;
    CHECK_INT(create_answers(&n.cfg), 0);
    n.tail[1] = 1;
    CHECK_INT(create_answers(&n.cfg), -E2BIG);
}

CASE(flags_unknown_is_einval) { WRONG_VALUE(flags, 1); }
CASE(modes_unknown_are_einval)
{
    WRONG_VALUE(thp, AKIT_THP_NEVER + 1);
    WRONG_VALUE(fork_mode, AKIT_FORK_WIPE + 1);
    WRONG_VALUE(zero_mode, AKIT_ZERO_ON_FREE + 1);
    WRONG_VALUE(numa_mode, AKIT_NUMA_PREFERRED + 1);
    WRONG_VALUE(check_mode, AKIT_CHECK_EXACT + 1);
    WRONG_VALUE(giant_mode, AKIT_HUGE_NEVER + 1);
    WRONG_VALUE(huge_mode, AKIT_HUGE_NEVER + 1);
    WRONG_VALUE(populate, AKIT_POPULATE_ALL + 1);
}
CASE(reserved_is_einval) { WRONG_VALUE(reserved0, 1); WRONG_VALUE(reserved1, 1); WRONG_VALUE(reserved_c, 1); }
CASE(limit_below_64_kib_is_einval) { WRONG_VALUE(limit_bytes, KIB(64) - 1); }
CASE(page_sizes_the_kernel_does_not_offer_are_einval)
{
    WRONG_VALUE(huge_page_bytes, 1);
    WRONG_VALUE(huge_page_bytes, MIB(3));
    WRONG_VALUE(huge_page_bytes, (uint64_t)1 << 50);
    WRONG_VALUE(giant_page_bytes, 4096 + 1);
    WRONG_VALUE(giant_page_bytes, GIB(3));
}
CASE(prefault_beyond_the_cache_is_einval)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.prefault_bytes = MIB(8);
    cfg.cache_bytes = MIB(4);
    CHECK_INT(create_answers(&cfg), -EINVAL);
}

CASE(prefault_that_cannot_be_had_is_enomem)
{
    NEEDS_NO_HUGE_PAGES();
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.huge_mode = AKIT_HUGE_REQUIRE;
    cfg.prefault_bytes = cfg.cache_bytes = MIB(8);
    CHECK_INT(create_answers(&cfg), -ENOMEM);
}

FRESH(prefault_waits_in_the_cache)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = cfg.huge_mode = AKIT_HUGE_NEVER;
    cfg.prefault_bytes = cfg.cache_bytes = MIB(32);
    cfg.decay_ns = AKIT_NONE;
    begin();
    akit_huge *h = new_huge_with(&cfg);
    CHECK_AT_LEAST(grown_rss(), MIB(32));
    CHECK_AT_LEAST(huge_stats_of(h).prefaulted_bytes_total, MIB(32));
    int64_t faults = minor_faults();
    huge_block(h, MIB(16));
    CHECK_AT_MOST(minor_faults() - faults, 16);
    CHECK_AT_MOST(grown_rss(), MIB(34));
    akit_huge_destroy(h, 0);
}

CASE(config_get_shows_what_is_in_force)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT, now = AKIT_HUGE_CONFIG_INIT, again = AKIT_HUGE_CONFIG_INIT;
    cfg.name = "shown";
    cfg.decay_ns = 777;
    cfg.cache_bytes = MIB(3);
    cfg.giant_mode = AKIT_HUGE_NEVER;
    cfg.populate = AKIT_POPULATE_ALL;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    akit_huge *h = new_huge_with(&cfg);
    CHECK_INT(akit_huge_config_get(h, &now), 0);
    CHECK(!strcmp(now.name, "shown") && now.decay_ns == 777 && now.cache_bytes == MIB(3) && now.limit_bytes == AKIT_NONE);
    CHECK(now.giant_mode == AKIT_HUGE_NEVER && now.huge_mode == AKIT_HUGE_PREFER && now.populate == AKIT_POPULATE_ALL);
    CHECK_INT(now.huge_page_bytes, huge_system().huge_page_bytes);
    CHECK_INT(now.giant_page_bytes, huge_system().giant_page_bytes);
    akit_huge *g = new_huge_with(&now);
    CHECK_INT(akit_huge_config_get(g, &again), 0);
    again.name = now.name;
    CHECK(!memcmp(&now, &again, sizeof now));
    CHECK_INT(akit_huge_config_get(h, NULL), -EINVAL);
    akit_huge_destroy(h, 0);
    akit_huge_destroy(g, 0);
}
