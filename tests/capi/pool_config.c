/* akit_pool_config: struct_size from older and newer callers, values that make sense and values that do not, names. */
#include "pool_kit.h"

static int create_answers(const akit_pool_config *cfg)
{
    akit_pool *h = (akit_pool *)(void *)&check_count;
    int rc = akit_pool_create(cfg, &h);
    if (rc == 0)
        CHECK_INT(akit_pool_destroy(h, 0), 0);
    else
        CHECK(h == NULL);
    return rc;
}

CASE(create_with_null_config) { CHECK_INT(create_answers(NULL), 0); }

CASE(create_without_out_is_einval)
{
    int rc = akit_pool_create(NULL, NULL);
    CHECK_INT(rc, -EINVAL);
}

CASE(config_init_equals_the_macro)
{
    akit_pool_config a = AKIT_POOL_CONFIG_INIT, b;
    memset(&b, 0xff, sizeof b);
    CHECK_INT(akit_pool_config_init(&b, sizeof b), 0);
    CHECK(!memcmp(&a, &b, sizeof a));
    CHECK_INT(akit_pool_config_init(NULL, sizeof b), -EINVAL);
    CHECK_INT(akit_pool_config_init(&b, 0), -EINVAL);
    CHECK_INT(akit_pool_config_init(&b, 4), -EINVAL);
}

CASE(struct_size_wrong_is_an_error)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    for (cfg.struct_size = 0; cfg.struct_size < 64; cfg.struct_size += 8)
        CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.struct_size = sizeof cfg - 3;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.struct_size = UINT64_MAX;
    int rc = create_answers(&cfg);
    CHECK(rc == -EINVAL || rc == -E2BIG);
}

CASE(older_caller_gets_defaults_for_what_it_does_not_know)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT, now = AKIT_POOL_CONFIG_INIT;
    cfg.limit_bytes = MIB(8);
    cfg.alignment = 5; /* behind the end of what this caller says it has */
    cfg.exhaust_mode = 77;
    cfg.struct_size = offsetof(akit_pool_config, alignment);
    akit_pool *h = new_pool_with(&cfg);
    CHECK_INT(akit_pool_config_get(h, &now), 0);
    CHECK_INT(now.limit_bytes, MIB(8));
    CHECK_INT(now.alignment, 64);
    CHECK_INT(now.exhaust_mode, AKIT_EXHAUST_GROW);
    akit_pool_destroy(h, 0);
}

typedef struct {
    akit_pool_config cfg;
    uint64_t tail[4];
} newer_config;

CASE(newer_caller)
{
    newer_config n;
    memset(&n, 0, sizeof n);
    n.cfg.struct_size = sizeof n;
    CHECK_INT(create_answers(&n.cfg), 0);
    for (size_t i = 0; i < sizeof n.tail; i++) {
        memset(n.tail, 0, sizeof n.tail);
        ((char *)n.tail)[i] = 1;
        CHECK_INT(create_answers(&n.cfg), -E2BIG);
    }
    akit_pool *h = new_pool();
    memset(&n, 0xff, sizeof n);
    n.cfg.struct_size = sizeof n;
    CHECK_INT(akit_pool_config_get(h, &n.cfg), 0);
    CHECK(all_bytes(n.tail, sizeof n.tail, 0));
    akit_pool_destroy(h, 0);
}

#define WRONG_VALUE(field, value)                                              \
    do {                                                                       \
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;                          \
        cfg.field = (value);                                                   \
        CHECK_INT(create_answers(&cfg), -EINVAL);                              \
    } while (0)

CASE(flags_unknown_is_einval) { WRONG_VALUE(flags, 4); WRONG_VALUE(flags, (uint64_t)1 << 63); }
CASE(thp_unknown_is_einval) { WRONG_VALUE(thp, AKIT_THP_NEVER + 1); WRONG_VALUE(thp, UINT32_MAX); }
CASE(fork_mode_unknown_is_einval) { WRONG_VALUE(fork_mode, AKIT_FORK_WIPE + 1); }
CASE(zero_mode_unknown_is_einval) { WRONG_VALUE(zero_mode, AKIT_ZERO_ON_FREE + 1); }
CASE(numa_mode_unknown_is_einval) { WRONG_VALUE(numa_mode, AKIT_NUMA_PREFERRED + 1); }
CASE(numa_nodes_without_a_mode_is_einval) { WRONG_VALUE(numa_nodes, 1); }
CASE(check_mode_unknown_is_einval) { WRONG_VALUE(check_mode, AKIT_CHECK_EXACT + 1); }
CASE(exhaust_mode_unknown_is_einval) { WRONG_VALUE(exhaust_mode, AKIT_EXHAUST_FALLBACK + 1); WRONG_VALUE(exhaust_mode, UINT32_MAX); }
CASE(limit_below_64_kib_is_einval) { WRONG_VALUE(limit_bytes, 1); WRONG_VALUE(limit_bytes, KIB(64) - 1); }
CASE(memory_bytes_without_memory_is_einval) { WRONG_VALUE(memory_bytes, MIB(1)); }
CASE(memory_without_memory_bytes_is_einval) { WRONG_VALUE(memory, &check_entries); }
CASE(name_wrong_is_einval) { WRONG_VALUE(name, ""); WRONG_VALUE(name, "a b"); WRONG_VALUE(name, "caf\xe9"); }
CASE(slab_above_1_gib_is_einval) { WRONG_VALUE(slab_bytes, GIB(1) + 1); WRONG_VALUE(slab_bytes, AKIT_NONE); }
CASE(min_class_above_16_mib_is_einval) { WRONG_VALUE(min_class_bytes, MIB(16) + 1); WRONG_VALUE(min_class_bytes, AKIT_NONE); }
CASE(max_class_above_16_mib_is_einval) { WRONG_VALUE(max_class_bytes, MIB(16) + 1); WRONG_VALUE(max_class_bytes, AKIT_NONE); }
CASE(class_count_without_a_list_is_einval) { WRONG_VALUE(class_count, 1); }

CASE(alignment_that_is_none_is_einval)
{
    const uint64_t wrong[] = {3, 63, 65, 96, 3 * 4096, MIB(2) + 1, MIB(3), MIB(4), AKIT_NONE};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        WRONG_VALUE(alignment, wrong[i]);
}

CASE(classes_per_doubling_that_is_none_is_einval)
{
    const uint64_t wrong[] = {3, 5, 6, 7, 9, 16, AKIT_NONE};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        WRONG_VALUE(classes_per_doubling, wrong[i]);
}

CASE(reserved_fields_set_are_refused)
{
    for (int i = 0; i < 6; i++) {
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
        if (i == 0)
            cfg.reserved0 = 1;
        else if (i == 5)
            cfg.reserved1 = 1;
        else
            (&cfg.reserved_a)[i - 1] = 1;
        int rc = create_answers(&cfg);
        CHECK(rc == -EINVAL || rc == -E2BIG);
    }
}

CASE(numa_mode_without_nodes_is_einval)
{
    for (uint32_t mode = AKIT_NUMA_BIND; mode <= AKIT_NUMA_PREFERRED; mode++)
        WRONG_VALUE(numa_mode, mode);
}

static int classes_answer(const uint64_t *list, uint64_t count)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.class_bytes = list;
    cfg.class_count = count;
    return create_answers(&cfg);
}

CASE(class_lists_that_make_no_sense_are_einval)
{
    uint64_t many[AKIT_POOL_MAX_CLASSES + 1];
    for (uint64_t i = 0; i <= AKIT_POOL_MAX_CLASSES; i++)
        many[i] = 1000 * (i + 1);
    CHECK_INT(classes_answer(many, AKIT_POOL_MAX_CLASSES), 0);
    CHECK_INT(classes_answer(many, AKIT_POOL_MAX_CLASSES + 1), -EINVAL);
    CHECK_INT(classes_answer(many, UINT64_MAX), -EINVAL);
    CHECK_INT(classes_answer(many, 0), -EINVAL);
    CHECK_INT(classes_answer((uint64_t[]){0}, 1), -EINVAL);
    CHECK_INT(classes_answer((uint64_t[]){2048, 1024}, 2), -EINVAL);
    CHECK_INT(classes_answer((uint64_t[]){1024, 2048, 2048}, 3), -EINVAL);
    CHECK_INT(classes_answer((uint64_t[]){1024, MIB(16) + 1}, 2), -EINVAL);
    CHECK_INT(classes_answer((uint64_t[]){1, MIB(16)}, 2), 0);
    CHECK_INT(classes_answer((uint64_t[]){AKIT_NONE}, 1), -EINVAL);
}

CASE(both_ways_to_name_classes_are_einval)
{
    const uint64_t list[] = {1024, 2048};
    for (int i = 0; i < 3; i++) {
        akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
        cfg.class_bytes = list;
        cfg.class_count = 2;
        *(i == 0 ? &cfg.min_class_bytes : i == 1 ? &cfg.max_class_bytes : &cfg.classes_per_doubling) = i == 2 ? 2 : 4096;
        CHECK_INT(create_answers(&cfg), -EINVAL);
    }
}

CASE(classes_by_steps_that_make_no_sense_are_einval)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.min_class_bytes = 8192;
    cfg.max_class_bytes = 4096;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.min_class_bytes = 128; /* 17 doublings of 8 are too many */
    cfg.max_class_bytes = MIB(16);
    cfg.classes_per_doubling = 8;
    CHECK_INT(create_answers(&cfg), -EINVAL);
    cfg.classes_per_doubling = 2;
    CHECK_INT(create_answers(&cfg), 0);
}

CASE(config_get_shows_the_defaults)
{
    akit_pool_config now = AKIT_POOL_CONFIG_INIT;
    akit_pool *h = new_pool();
    CHECK_INT(akit_pool_config_get(h, &now), 0);
    CHECK_INT(now.struct_size, sizeof now);
    CHECK(now.name == NULL && now.limit_bytes == AKIT_NONE && now.memory == NULL && now.region == NULL && now.huge == NULL);
    CHECK_INT(now.decay_ns, 100000000);
    CHECK_INT(now.cache_bytes, MIB(64));
    CHECK_INT(now.class_cache_bytes, MIB(64));
    CHECK_INT(now.thread_cache_bytes, MIB(8));
    CHECK_INT(now.alignment, 64);
    CHECK_INT(now.class_count, 6);
    CHECK(now.class_bytes != NULL);
    for (int i = 0; i < 6; i++)
        CHECK_INT(now.class_bytes[i], KIB(2) << i);
    CHECK_INT(now.exhaust_mode, AKIT_EXHAUST_GROW);
    CHECK_INT(now.flags, 0);
    CHECK_INT(akit_pool_config_get(h, NULL), -EINVAL);
    now.struct_size = 7;
    CHECK_INT(akit_pool_config_get(h, &now), -EINVAL);
    akit_pool_destroy(h, 0);
}

CASE(config_get_result_makes_an_equal_pool)
{
    akit_pool_config a = AKIT_POOL_CONFIG_INIT, b = AKIT_POOL_CONFIG_INIT, set;
    char name[] = "equal";
    uint64_t classes[] = {1000, 5000, 70000};
    a.name = name;
    a.flags = AKIT_POOL_TAGS | AKIT_POOL_REPORT_LEAKS;
    a.limit_bytes = MIB(64);
    a.decay_ns = 123456789;
    a.thp = AKIT_THP_NEVER;
    a.fork_mode = AKIT_FORK_WIPE;
    a.zero_mode = AKIT_ZERO_ON_FREE;
    a.check_mode = AKIT_CHECK_EXACT;
    a.class_bytes = classes;
    a.class_count = 3;
    a.class_cache_bytes = MIB(2);
    a.cache_bytes = MIB(3);
    a.thread_cache_bytes = KIB(300);
    a.alignment = 256;
    a.slab_bytes = MIB(1);
    a.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    set = a;
    akit_pool *h = new_pool_with(&a);
    memset(name, 'x', 5); /* both were copied */
    memset(classes, 0, sizeof classes);
    CHECK_INT(akit_pool_config_get(h, &a), 0);
    CHECK(!strcmp(a.name, "equal"));
    CHECK(a.class_count == 3 && a.class_bytes[0] == 1000 && a.class_bytes[1] == 5000 && a.class_bytes[2] == 70000);
    CHECK(a.flags == set.flags && a.limit_bytes == set.limit_bytes && a.decay_ns == set.decay_ns);
    CHECK(a.thp == set.thp && a.fork_mode == set.fork_mode && a.zero_mode == set.zero_mode && a.check_mode == set.check_mode);
    CHECK(a.class_cache_bytes == set.class_cache_bytes && a.cache_bytes == set.cache_bytes);
    CHECK(a.thread_cache_bytes == set.thread_cache_bytes && a.alignment == 256 && a.exhaust_mode == AKIT_EXHAUST_FALLBACK);
    CHECK_INT(a.slab_bytes, MIB(1));
    akit_pool *g = new_pool_with(&a);
    CHECK_INT(akit_pool_config_get(g, &b), 0);
    CHECK(!strcmp(b.name, "equal") && !memcmp(a.class_bytes, b.class_bytes, 3 * sizeof *b.class_bytes));
    b.name = a.name;
    b.class_bytes = a.class_bytes;
    CHECK(!memcmp(&a, &b, sizeof a));
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

CASE(config_get_of_default_classes_makes_an_equal_pool)
{
    akit_pool_config a = AKIT_POOL_CONFIG_INIT;
    akit_pool *h = new_pool();
    CHECK_INT(akit_pool_config_get(h, &a), 0);
    akit_pool *g = new_pool_with(&a);
    CHECK_INT(akit_pool_class_count(g), 6);
    akit_pool_destroy(h, 0);
    akit_pool_destroy(g, 0);
}

CASE(stats_get_answers)
{
    akit_pool *h = new_pool();
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    akit_class_stats one = AKIT_CLASS_STATS_INIT;
    CHECK_INT(akit_pool_stats_get(h, NULL), -EINVAL);
    st.struct_size = 12;
    CHECK_INT(akit_pool_stats_get(h, &st), -EINVAL);
    memset(&st, 0xff, sizeof st);
    st.struct_size = offsetof(akit_pool_stats, out_buffers); /* an older caller */
    CHECK_INT(akit_pool_stats_get(h, &st), 0);
    CHECK(st.kind == AKIT_KIND_POOL && st.prefaulted_bytes_total == 0 && st.out_buffers == UINT64_MAX);
    CHECK_INT(akit_pool_class_stats_get(h, 5, &one), 0);
    CHECK_INT(akit_pool_class_stats_get(h, 6, &one), -ENOENT);
    CHECK_INT(akit_pool_class_stats_get(h, SIZE_MAX, &one), -ENOENT);
    CHECK_INT(akit_pool_class_stats_get(h, 0, NULL), -EINVAL);
    one.struct_size = 9;
    CHECK_INT(akit_pool_class_stats_get(h, 0, &one), -EINVAL);
    akit_pool_destroy(h, 0);
}
