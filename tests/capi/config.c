/* akit_tiered_config: struct_size from older and newer callers, values that make sense and values that do not. */
#include "kit.h"

static int create_answers(const akit_tiered_config *cfg)
{
    akit_tiered *h = (akit_tiered *)(void *)&check_count;
    int rc = akit_tiered_create(cfg, &h);
    if (rc == 0)
        akit_tiered_destroy(h, 0);
    else
        CHECK(h == NULL);
    return rc;
}

CASE(create_with_null_config)
{
    CHECK_INT(create_answers(NULL), 0);
}

CASE(create_without_out_is_einval)
{
    int rc = akit_tiered_create(NULL, NULL);
    CHECK_INT(rc, -EINVAL);
}

CASE(config_init_sets_size_and_zeroes)
{
    akit_tiered_config cfg, zero;
    memset(&cfg, 0xff, sizeof cfg);
    memset(&zero, 0, sizeof zero);
    CHECK_INT(akit_tiered_config_init(&cfg, sizeof cfg), 0);
    CHECK_INT(cfg.struct_size, sizeof cfg);
    zero.struct_size = sizeof cfg;
    CHECK(!memcmp(&cfg, &zero, sizeof cfg));
}

CASE(config_init_writes_no_byte_beyond_size)
{
    unsigned char bytes[sizeof(akit_tiered_config) + 16] __attribute__((aligned(8)));
    memset(bytes, 0xaa, sizeof bytes);
    CHECK_INT(akit_tiered_config_init((akit_tiered_config *)(void *)bytes, sizeof(akit_tiered_config)), 0);
    CHECK(all_bytes(bytes + sizeof(akit_tiered_config), 16, 0xaa));
}

CASE(config_init_of_null_is_einval)
{
    CHECK_INT(akit_tiered_config_init(NULL, sizeof(akit_tiered_config)), -EINVAL);
}

CASE(config_init_of_size_0_is_einval)
{
    akit_tiered_config cfg;
    CHECK_INT(akit_tiered_config_init(&cfg, 0), -EINVAL);
    CHECK_INT(akit_tiered_config_init(&cfg, 4), -EINVAL);
}

CASE(config_macro_equals_config_init)
{
    akit_tiered_config a = AKIT_TIERED_CONFIG_INIT, b;
    akit_tiered_config_init(&b, sizeof b);
    CHECK(!memcmp(&a, &b, sizeof a));
}

CASE(struct_size_0_is_einval)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.struct_size = 0;
    CHECK_INT(create_answers(&cfg), -EINVAL);
}

CASE(struct_size_below_the_common_fields_is_einval)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    for (cfg.struct_size = 8; cfg.struct_size < 64; cfg.struct_size += 8)
        CHECK_INT(create_answers(&cfg), -EINVAL);
}

CASE(struct_size_not_a_multiple_of_8_is_einval)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.struct_size = sizeof cfg - 3;
    CHECK_INT(create_answers(&cfg), -EINVAL);
}

CASE(struct_size_absurd_is_an_error)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.struct_size = UINT64_MAX;
    int rc = create_answers(&cfg);
    CHECK(rc == -EINVAL || rc == -E2BIG);
}

CASE(older_caller_gets_defaults_for_what_it_does_not_know)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT, now = AKIT_TIERED_CONFIG_INIT;
    cfg.limit_bytes = MIB(8);
    cfg.small_max_bytes = 77; /* behind the end of what this caller says it has */
    cfg.hugetlb_mode = 99;
    cfg.struct_size = offsetof(akit_tiered_config, region);
    akit_tiered *h = new_heap_with(&cfg);
    CHECK_INT(akit_tiered_config_get(h, &now), 0);
    CHECK_INT(now.limit_bytes, MIB(8));
    CHECK_INT(now.small_max_bytes, 1024);
    akit_tiered_destroy(h, 0);
}

typedef struct {
    akit_tiered_config cfg;
    uint64_t tail[4];
} newer_config;

CASE(newer_caller_with_zero_tail_is_fine)
{
    newer_config n;
    memset(&n, 0, sizeof n);
    n.cfg.struct_size = sizeof n;
    CHECK_INT(create_answers(&n.cfg), 0);
}

CASE(newer_caller_with_any_byte_of_the_tail_set_is_e2big)
{
    newer_config n;
    for (size_t i = 0; i < sizeof n.tail; i++) {
        memset(&n, 0, sizeof n);
        n.cfg.struct_size = sizeof n;
        ((char *)n.tail)[i] = 1;
        CHECK_INT(create_answers(&n.cfg), -E2BIG);
    }
}

#define WRONG_VALUE(field, value)                                              \
    do {                                                                       \
        akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;                      \
        cfg.field = (value);                                                   \
        CHECK_INT(create_answers(&cfg), -EINVAL);                              \
    } while (0)

CASE(flags_unknown_is_einval) { WRONG_VALUE(flags, 1); WRONG_VALUE(flags, (uint64_t)1 << 63); }
CASE(thp_unknown_is_einval) { WRONG_VALUE(thp, AKIT_THP_NEVER + 1); WRONG_VALUE(thp, UINT32_MAX); }
CASE(fork_mode_unknown_is_einval) { WRONG_VALUE(fork_mode, AKIT_FORK_WIPE + 1); WRONG_VALUE(fork_mode, 1000); }
CASE(zero_mode_unknown_is_einval) { WRONG_VALUE(zero_mode, AKIT_ZERO_ON_FREE + 1); WRONG_VALUE(zero_mode, UINT32_MAX); }
CASE(numa_mode_unknown_is_einval) { WRONG_VALUE(numa_mode, AKIT_NUMA_PREFERRED + 1); }
CASE(check_mode_unknown_is_einval) { WRONG_VALUE(check_mode, AKIT_CHECK_EXACT + 1); WRONG_VALUE(check_mode, UINT32_MAX); }
CASE(hugetlb_mode_unknown_is_einval) { WRONG_VALUE(hugetlb_mode, AKIT_HUGE_NEVER + 1); }
CASE(numa_nodes_with_local_is_einval) { WRONG_VALUE(numa_nodes, 1); }
CASE(small_max_below_16_is_einval) { WRONG_VALUE(small_max_bytes, 15); WRONG_VALUE(small_max_bytes, 1); }
CASE(medium_max_below_small_max_is_einval) { WRONG_VALUE(medium_max_bytes, 512); }
CASE(medium_max_beyond_what_slabs_hold_is_einval) { WRONG_VALUE(medium_max_bytes, MIB(4)); }
CASE(large_max_below_medium_max_is_einval) { WRONG_VALUE(large_max_bytes, KIB(8)); }

CASE(thresholds_out_of_order_are_einval)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.small_max_bytes = KIB(8);
    cfg.medium_max_bytes = KIB(4);
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.small_max_bytes = 512;
    cfg.large_max_bytes = KIB(2);
    CHECK_INT(create_answers(&cfg), -EINVAL);
}

CASE(reserved_fields_set_are_refused)
{
    for (int i = 0; i < 6; i++) {
        akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
        if (i == 0)
            cfg.reserved0 = 1;
        else if (i == 1)
            cfg.reserved1 = 1;
        else
            (&cfg.reserved_a)[i - 2] = 1;
        int rc = create_answers(&cfg);
        CHECK(rc == -EINVAL || rc == -E2BIG);
    }
}

CASE(region_and_huge_handles_that_are_none_are_einval)
{
    static uint64_t none[16];
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.region = (akit_region *)(void *)none;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.region = NULL;
    cfg.huge = (akit_huge *)(void *)none;
    CHECK_INT(create_answers(&cfg), -EINVAL);
}

static int name_answers(const char *name)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.name = name;
    return create_answers(&cfg);
}

CASE(name_of_63_characters_is_fine)
{
    char name[64];
    memset(name, 'n', 63);
    name[63] = 0;
    CHECK_INT(name_answers(name), 0);
}

CASE(name_of_64_characters_is_einval)
{
    char name[65];
    memset(name, 'n', 64);
    name[64] = 0;
    CHECK_INT(name_answers(name), -EINVAL);
}

CASE(name_empty_is_einval)
{
    CHECK_INT(name_answers(""), -EINVAL);
}

CASE(name_with_any_other_character_is_einval)
{
    const char *const legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (int c = 1; c < 256; c++) {
        char name[4] = {'a', (char)c, 'b', 0};
        CHECK_INT(name_answers(name), strchr(legal, c) ? 0 : -EINVAL);
    }
}

CASE(name_is_copied)
{
    char name[] = "first";
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT, now = AKIT_TIERED_CONFIG_INIT;
    cfg.name = name;
    akit_tiered *h = new_heap_with(&cfg);
    memset(name, 'x', 5);
    CHECK_INT(akit_tiered_config_get(h, &now), 0);
    CHECK(now.name && !strcmp(now.name, "first"));
    akit_tiered_destroy(h, 0);
}

CASE(name_of_an_unnamed_handle_is_null)
{
    akit_tiered_config now = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_config_get(h, &now), 0);
    CHECK(now.name == NULL);
    akit_tiered_destroy(h, 0);
}

CASE(config_get_returns_what_was_set)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT, now = AKIT_TIERED_CONFIG_INIT;
    cfg.limit_bytes = MIB(64);
    cfg.decay_ns = 123456789;
    cfg.thp = AKIT_THP_NEVER;
    cfg.fork_mode = AKIT_FORK_COPY;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    cfg.check_mode = AKIT_CHECK_EXACT;
    cfg.small_max_bytes = 512;
    cfg.medium_max_bytes = KIB(8);
    cfg.large_max_bytes = MIB(1);
    cfg.thread_cache_bytes = MIB(1);
    cfg.cache_bytes = MIB(3);
    cfg.hugetlb_mode = AKIT_HUGE_NEVER;
    akit_tiered *h = new_heap_with(&cfg);
    CHECK_INT(akit_tiered_config_get(h, &now), 0);
    CHECK_INT(now.limit_bytes, MIB(64));
    CHECK_INT(now.decay_ns, 123456789);
    CHECK_INT(now.thp, AKIT_THP_NEVER);
    CHECK_INT(now.fork_mode, AKIT_FORK_COPY);
    CHECK_INT(now.zero_mode, AKIT_ZERO_ON_FREE);
    CHECK_INT(now.check_mode, AKIT_CHECK_EXACT);
    CHECK_INT(now.small_max_bytes, 512);
    CHECK_INT(now.medium_max_bytes, KIB(8));
    CHECK_INT(now.large_max_bytes, MIB(1));
    CHECK_INT(now.thread_cache_bytes, MIB(1));
    CHECK_INT(now.cache_bytes, MIB(3));
    CHECK_INT(now.hugetlb_mode, AKIT_HUGE_NEVER);
    akit_tiered_destroy(h, 0);
}

CASE(config_get_shows_the_defaults)
{
    akit_tiered_config now = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_config_get(h, &now), 0);
    CHECK(now.limit_bytes == AKIT_NONE);
    CHECK_INT(now.decay_ns, 100000000);
    CHECK_INT(now.small_max_bytes, 1024);
    CHECK_INT(now.medium_max_bytes, KIB(16));
    CHECK(now.large_max_bytes < MIB(2) && now.large_max_bytes >= MIB(1));
    CHECK_AT_LEAST(now.thread_cache_bytes, MIB(1));
    CHECK_INT(now.cache_bytes, MIB(256));
    CHECK_INT(now.struct_size, sizeof now);
    akit_tiered_destroy(h, 0);
}

CASE(config_get_result_makes_an_equal_handle)
{
    akit_tiered_config a = AKIT_TIERED_CONFIG_INIT, b = AKIT_TIERED_CONFIG_INIT;
    a.limit_bytes = MIB(9);
    akit_tiered *h = new_heap_with(&a);
    CHECK_INT(akit_tiered_config_get(h, &a), 0);
    akit_tiered *g = new_heap_with(&a);
    CHECK_INT(akit_tiered_config_get(g, &b), 0);
    CHECK(!memcmp(&a, &b, sizeof a));
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(config_get_of_null_handle_is_einval)
{
    akit_tiered_config now = AKIT_TIERED_CONFIG_INIT;
    CHECK_INT(akit_tiered_config_get(NULL, &now), -EINVAL);
}

CASE(config_get_without_out_is_einval)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_config_get(h, NULL), -EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(config_get_for_a_newer_caller_zeroes_the_tail)
{
    newer_config n;
    akit_tiered *h = new_heap();
    memset(&n, 0xff, sizeof n);
    n.cfg.struct_size = sizeof n;
    CHECK_INT(akit_tiered_config_get(h, &n.cfg), 0);
    CHECK(all_bytes(n.tail, sizeof n.tail, 0));
    CHECK_INT(n.cfg.struct_size, sizeof n);
    akit_tiered_destroy(h, 0);
}

CASE(config_get_for_an_older_caller_writes_only_what_it_knows)
{
    akit_tiered_config now;
    akit_tiered *h = new_heap();
    memset(&now, 0xff, sizeof now);
    now.struct_size = offsetof(akit_tiered_config, region);
    CHECK_INT(akit_tiered_config_get(h, &now), 0);
    CHECK(now.limit_bytes == AKIT_NONE && now.decay_ns == 100000000);
    CHECK(all_bytes(&now.region, sizeof now - offsetof(akit_tiered_config, region), 0xff));
    akit_tiered_destroy(h, 0);
}

CASE(prefault_makes_bytes_resident)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.prefault_bytes = MIB(2);
    akit_tiered *h = new_heap_with(&cfg);
    CHECK_AT_LEAST(stats_of(h).prefaulted_bytes_total, MIB(2));
    akit_tiered_destroy(h, 0);
}

CASE(decay_none_keeps_idle_memory)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    akit_tiered *h = new_heap_with(&cfg);
    akit_tiered_free(h, block(h, MIB(8)));
    usleep(150000);
    CHECK_INT(akit_maintain(NULL), 0);
    CHECK_AT_LEAST(stats_of(h).cached_bytes, MIB(8));
    akit_tiered_destroy(h, 0);
}
