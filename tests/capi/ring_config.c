/* akit_ring_config: struct_size, values that make sense and values that do not, what is in force. */
#include "ring_kit.h"

static int create_answers(const akit_ring_config *cfg)
{
    akit_ring *h = (akit_ring *)(void *)&check_count;
    int rc = akit_ring_create(cfg, &h);
    if (rc == 0)
        CHECK_INT(akit_ring_destroy(h, 0), 0);
    else
        CHECK(h == NULL);
    return rc;
}

CASE(create_with_null_config) { CHECK_INT(create_answers(NULL), 0); }

CASE(create_without_out_is_einval)
{
    int rc = akit_ring_create(NULL, NULL);
    CHECK_INT(rc, -EINVAL);
}

CASE(config_init_equals_the_macro)
{
    akit_ring_config a = AKIT_RING_CONFIG_INIT, b;
    memset(&b, 0xff, sizeof b);
    CHECK_INT(akit_ring_config_init(&b, sizeof b), 0);
    CHECK(!memcmp(&a, &b, sizeof a));
    CHECK_INT(akit_ring_config_init(NULL, sizeof b), -EINVAL);
    CHECK_INT(akit_ring_config_init(&b, 0), -EINVAL);
}

CASE(struct_size_wrong_is_an_error)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    for (cfg.struct_size = 0; cfg.struct_size < 64; cfg.struct_size += 8)
        CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.struct_size = sizeof cfg - 3;
    CHECK_INT(create_answers(&cfg), -EINVAL);
}

CASE(older_and_newer_callers)
{
    struct {
        akit_ring_config cfg;
        uint64_t tail[2];
    } n;
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.alignment = 5; /* behind the end of what this caller says it has */
    cfg.struct_size = offsetof(akit_ring_config, alignment);
    CHECK_INT(create_answers(&cfg), 0);
    memset(&n, 0, sizeof n);
    n.cfg.struct_size = sizeof n;
    CHECK_INT(create_answers(&n.cfg), 0);
    n.tail[1] = 1;
    CHECK_INT(create_answers(&n.cfg), -E2BIG);
}

#define WRONG_VALUE(field, value)                                              \
    do {                                                                       \
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;                          \
        cfg.field = (value);                                                   \
        CHECK_INT(create_answers(&cfg), -EINVAL);                              \
    } while (0)

CASE(flags_unknown_is_einval) { WRONG_VALUE(flags, 1); WRONG_VALUE(flags, (uint64_t)1 << 63); }
CASE(thp_unknown_is_einval) { WRONG_VALUE(thp, AKIT_THP_NEVER + 1); }
CASE(fork_mode_unknown_is_einval) { WRONG_VALUE(fork_mode, AKIT_FORK_WIPE + 1); }
CASE(zero_mode_unknown_is_einval) { WRONG_VALUE(zero_mode, AKIT_ZERO_ON_FREE + 1); }
CASE(numa_mode_unknown_is_einval) { WRONG_VALUE(numa_mode, AKIT_NUMA_PREFERRED + 1); }
CASE(check_mode_unknown_is_einval) { WRONG_VALUE(check_mode, AKIT_CHECK_EXACT + 1); }
CASE(order_unknown_is_einval) { WRONG_VALUE(order, AKIT_RING_ORDERED + 1); WRONG_VALUE(order, UINT32_MAX); }
CASE(reserved_fields_must_be_zero) { WRONG_VALUE(reserved0, 1); WRONG_VALUE(reserved1, 1); WRONG_VALUE(reserved_d, 1); }
CASE(limit_below_64_kib_is_einval) { WRONG_VALUE(limit_bytes, 1); WRONG_VALUE(limit_bytes, KIB(64) - 1); }
CASE(memory_bytes_without_memory_is_einval) { WRONG_VALUE(memory_bytes, MIB(1)); }
CASE(memory_without_memory_bytes_is_einval) { WRONG_VALUE(memory, &check_entries); }
CASE(name_wrong_is_einval) { WRONG_VALUE(name, ""); WRONG_VALUE(name, "a b"); }
CASE(block_that_is_no_multiple_is_einval) { WRONG_VALUE(block_bytes, 63); WRONG_VALUE(block_bytes, KIB(4) + 1); }
CASE(block_above_the_capacity_is_einval) { WRONG_VALUE(block_bytes, MIB(4) + 64); WRONG_VALUE(block_bytes, AKIT_NONE); }
CASE(colour_that_is_no_multiple_is_einval) { WRONG_VALUE(colour_bytes, 1); WRONG_VALUE(colour_bytes, 100); }
CASE(colour_as_large_as_a_block_is_einval) { WRONG_VALUE(colour_bytes, KIB(64)); }
CASE(capacity_of_too_many_granules_is_einval)
{
    WRONG_VALUE(capacity_bytes, ((uint64_t)64 << 28) + 1);
    WRONG_VALUE(capacity_bytes, AKIT_NONE);
    WRONG_VALUE(capacity_bytes, AKIT_NONE - 5);
}

CASE(alignment_that_is_none_is_einval)
{
    const uint64_t wrong[] = {3, 63, 65, 96, 3 * 4096, GIB(1) + 1, GIB(2), AKIT_NONE};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        WRONG_VALUE(alignment, wrong[i]);
}

CASE(contradictions_are_einval)
{
    static char memory[8192];
    akit_region *region = new_region_with(NULL);
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.region = region;
    cfg.memory = memory;
    cfg.memory_bytes = sizeof memory;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.region = NULL;
    CHECK_INT(create_answers(&cfg), 0);
    cfg.prefault_bytes = 1;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.prefault_bytes = 0;
    cfg.fork_mode = AKIT_FORK_DONTFORK;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.fork_mode = AKIT_FORK_COPY;
    CHECK_INT(create_answers(&cfg), 0);
    cfg.capacity_bytes = sizeof memory + 1;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    akit_ring_config lent = AKIT_RING_CONFIG_INIT;
    lent.region = region;
    CHECK_INT(create_answers(&lent), 0);
    lent.thp = AKIT_THP_ADVISE;
    CHECK_INT(create_answers(&lent), -EINVAL);
    akit_region_destroy(region, 0);
    lent.thp = 0;
    CHECK_INT(create_answers(&lent), -EINVAL);
}

static akit_ring_config in_force(const akit_ring_config *cfg)
{
    akit_ring *h = new_ring_with(cfg);
    akit_ring_config now = ring_config_of(h);
    akit_ring_stats st = ring_stats_of(h);
    CHECK_INT(st.capacity_bytes, now.capacity_bytes);
    CHECK_INT(st.max_slice_bytes, now.block_bytes);
    CHECK_INT(akit_ring_release(h, slice(h, (size_t)now.block_bytes)), 0);
    CHECK_REFUSED(akit_ring_acquire(h, (size_t)now.block_bytes + 1), EMSGSIZE);
    CHECK_INT(akit_ring_destroy(h, 0), 0);
    return now;
}

CASE(defaults)
{
    akit_ring_config now = in_force(NULL);
    CHECK_INT(now.capacity_bytes, MIB(4));
    CHECK_INT(now.block_bytes, KIB(64));
    CHECK_INT(now.alignment, 64);
    CHECK_INT(now.colour_bytes, 0);
    CHECK_INT(now.order, AKIT_RING_ANY);
    CHECK(now.limit_bytes == AKIT_NONE);
    CHECK_INT(now.decay_ns, 100000000);
    CHECK_INT(now.fork_mode, AKIT_FORK_COPY);
    CHECK(!now.name && !now.region && !now.huge && !now.memory);
}

CASE(capacity_is_rounded_up_to_whole_blocks)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(100) + 1;
    cfg.block_bytes = KIB(24);
    akit_ring_config now = in_force(&cfg);
    CHECK_INT(now.capacity_bytes, KIB(120));
    cfg.block_bytes = 0;
    cfg.capacity_bytes = 1;
    now = in_force(&cfg);
    CHECK_INT(now.capacity_bytes, 64);
    CHECK_INT(now.block_bytes, 64);
    cfg.order = AKIT_RING_ORDERED;
    cfg.capacity_bytes = 1000;
    now = in_force(&cfg);
    CHECK_INT(now.capacity_bytes, 1024);
    CHECK_INT(now.block_bytes, 1024);
}

CASE(alignments)
{
    for (uint64_t a = 1; a <= MIB(4); a *= 2) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        cfg.alignment = a;
        akit_ring *h = new_ring_with(&cfg);
        CHECK_INT(ring_config_of(h).alignment, a < 16 ? 16 : a);
        while (1) {
            void *p = akit_ring_acquire(h, 100);
            if (!p)
                break;
            CHECK(aligned_to(p, (size_t)a));
        }
        CHECK_AT_MOST(ring_stats_of(h).used_bytes, ring_stats_of(h).capacity_bytes);
        CHECK_INT(akit_ring_destroy(h, AKIT_DESTROY_NOW), 0);
    }
}

CASE(a_cap_that_is_too_small_is_enomem)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.limit_bytes = MIB(4);
    CHECK_INT(create_answers(&cfg), -ENOMEM);
    cfg.limit_bytes = MIB(5);
    akit_ring *h = new_ring_with(&cfg);
    CHECK_AT_MOST(ring_stats_of(h).mapped_bytes, MIB(5));
    CHECK_INT(ring_stats_of(h).limit_bytes, MIB(5));
    end_ring(h);
}

CASE(a_large_area_lies_alone_on_its_huge_pages)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    for (cfg.capacity_bytes = MIB(2); cfg.capacity_bytes <= MIB(32); cfg.capacity_bytes *= 4) {
        akit_ring *h = new_ring_with(&cfg);
        void *base;
        size_t length;
        CHECK_INT(akit_ring_memory_get(h, &base, &length), 0);
        CHECK(aligned_to(base, MIB(2)) && length == cfg.capacity_bytes);
        end_ring(h);
    }
}

CASE(the_name_is_in_the_statistics)
{
    static char text[20000];
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.name = "the-ring";
    akit_ring *h = new_ring_with(&cfg);
    void *p = slice(h, 100);
    CHECK(!strcmp(ring_config_of(h).name, "the-ring"));
    CHECK_INT(akit_stats_json(ring_stats_of(h).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "\"the-ring\"") && strstr(text, "\"out_slices\":1") && strstr(text, "\"kind\":5"));
    CHECK_INT(akit_stats_openmetrics(ring_stats_of(h).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "allockit_ring_out_slices") && strstr(text, "allockit_ring_padding_bytes_total"));
    CHECK_INT(akit_ring_release(h, p), 0);
    end_ring(h);
}
