/* akit_region_config: struct_size from older and newer callers, values that make sense and values that do not, suggest, names. */
#include "region_kit.h"
#include "seccomp.h"
#include "smaps.h"

static int create_answers(const akit_region_config *cfg)
{
    akit_region *h = (akit_region *)(void *)&check_count;
    int rc = akit_region_create(cfg, &h);
    if (rc == 0)
        akit_region_destroy(h, 0);
    else
        CHECK(h == NULL);
    return rc;
}

CASE(create_with_null_config) { CHECK_INT(create_answers(NULL), 0); }

CASE(create_without_out_is_einval)
{
    int rc = akit_region_create(NULL, NULL);
    CHECK_INT(rc, -EINVAL);
}

CASE(config_init_equals_the_macro)
{
    akit_region_config a = AKIT_REGION_CONFIG_INIT, b;
    memset(&b, 0xff, sizeof b);
    CHECK_INT(akit_region_config_init(&b, sizeof b), 0);
    CHECK(!memcmp(&a, &b, sizeof a));
    CHECK_INT(akit_region_config_init(NULL, sizeof b), -EINVAL);
    CHECK_INT(akit_region_config_init(&b, 0), -EINVAL);
    CHECK_INT(akit_region_config_init(&b, 4), -EINVAL);
}

CASE(struct_size_wrong_is_an_error)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
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
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT, now = AKIT_REGION_CONFIG_INIT;
    cfg.limit_bytes = MIB(8);
    cfg.max_waste_permille = 5000; /* behind the end of what this caller says it has */
    cfg.struct_size = offsetof(akit_region_config, max_waste_permille);
    akit_region *h = new_region_with(&cfg);
    CHECK_INT(akit_region_config_get(h, &now), 0);
    CHECK_INT(now.limit_bytes, MIB(8));
    CHECK_INT(now.max_waste_permille, 125);
    akit_region_destroy(h, 0);
}

typedef struct {
    akit_region_config cfg;
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
    akit_region *h = new_region();
    memset(&n, 0xff, sizeof n);
    n.cfg.struct_size = sizeof n;
    CHECK_INT(akit_region_config_get(h, &n.cfg), 0);
    CHECK(all_bytes(n.tail, sizeof n.tail, 0));
    akit_region_destroy(h, 0);
}

#define WRONG_VALUE(field, value)                                              \
    do {                                                                       \
        akit_region_config cfg = AKIT_REGION_CONFIG_INIT;                      \
        cfg.field = (value);                                                   \
        CHECK_INT(create_answers(&cfg), -EINVAL);                              \
    } while (0)

CASE(flags_unknown_is_einval) { WRONG_VALUE(flags, 1); WRONG_VALUE(flags, (uint64_t)1 << 63); }
CASE(thp_unknown_is_einval) { WRONG_VALUE(thp, AKIT_THP_NEVER + 1); WRONG_VALUE(thp, UINT32_MAX); }
CASE(fork_mode_unknown_is_einval) { WRONG_VALUE(fork_mode, AKIT_FORK_WIPE + 1); }
CASE(zero_mode_unknown_is_einval) { WRONG_VALUE(zero_mode, AKIT_ZERO_ON_FREE + 1); }
CASE(numa_mode_unknown_is_einval) { WRONG_VALUE(numa_mode, AKIT_NUMA_PREFERRED + 1); }
CASE(check_mode_unknown_is_einval) { WRONG_VALUE(check_mode, AKIT_CHECK_EXACT + 1); }
CASE(purge_method_unknown_is_einval) { WRONG_VALUE(purge_method, AKIT_PURGE_METHOD_UNMAP + 1); WRONG_VALUE(purge_method, UINT32_MAX); }
CASE(guard_above_1_is_einval) { WRONG_VALUE(guard, 2); WRONG_VALUE(guard, UINT32_MAX); }
CASE(max_waste_above_1000_is_einval) { WRONG_VALUE(max_waste_permille, 1001); WRONG_VALUE(max_waste_permille, AKIT_NONE); }
CASE(limit_below_64_kib_is_einval) { WRONG_VALUE(limit_bytes, 1); WRONG_VALUE(limit_bytes, KIB(64) - 1); }
CASE(memory_bytes_without_memory_is_einval) { WRONG_VALUE(memory_bytes, MIB(1)); }
CASE(name_wrong_is_einval) { WRONG_VALUE(name, ""); WRONG_VALUE(name, "a b"); WRONG_VALUE(name, "caf\xe9"); }

CASE(reserved_fields_set_are_refused)
{
    for (int i = 0; i < 5; i++) {
        akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
        if (i == 0)
            cfg.reserved0 = 1;
        else
            (&cfg.reserved_a)[i - 1] = 1;
        int rc = create_answers(&cfg);
        CHECK(rc == -EINVAL || rc == -E2BIG);
    }
}

CASE(config_get_shows_the_defaults)
{
    akit_region_config now = AKIT_REGION_CONFIG_INIT;
    akit_region *h = new_region();
    CHECK_INT(akit_region_config_get(h, &now), 0);
    CHECK_INT(now.struct_size, sizeof now);
    CHECK(now.name == NULL && now.limit_bytes == AKIT_NONE && now.memory == NULL);
    CHECK_INT(now.decay_ns, 100000000);
    CHECK_INT(now.cache_bytes, MIB(256));
    CHECK_INT(now.max_waste_permille, 125);
    CHECK_INT(now.max_mappings, 16384);
    CHECK_INT(now.max_entries, 65536);
    CHECK_INT(now.guard, 0);
    CHECK_INT(akit_region_config_get(h, NULL), -EINVAL);
    now.struct_size = 7;
    CHECK_INT(akit_region_config_get(h, &now), -EINVAL);
    akit_region_destroy(h, 0);
}

CASE(config_get_result_makes_an_equal_handle)
{
    akit_region_config a = AKIT_REGION_CONFIG_INIT, b = AKIT_REGION_CONFIG_INIT, set;
    a.name = "equal";
    a.limit_bytes = MIB(64);
    a.decay_ns = 123456789;
    a.thp = AKIT_THP_NEVER;
    a.fork_mode = AKIT_FORK_WIPE;
    a.zero_mode = AKIT_ZERO_ON_FREE;
    a.check_mode = AKIT_CHECK_EXACT;
    a.cache_bytes = MIB(3);
    a.max_waste_permille = 62;
    a.max_mappings = 99;
    a.max_entries = 77;
    a.purge_method = AKIT_PURGE_METHOD_UNMAP;
    a.guard = 1;
    set = a;
    akit_region *h = new_region_with(&a);
    CHECK_INT(akit_region_config_get(h, &a), 0);
    CHECK(!strcmp(a.name, "equal"));
    CHECK_INT(a.limit_bytes, set.limit_bytes);
    CHECK_INT(a.decay_ns, set.decay_ns);
    CHECK_INT(a.thp, set.thp);
    CHECK_INT(a.fork_mode, set.fork_mode);
    CHECK_INT(a.zero_mode, set.zero_mode);
    CHECK_INT(a.check_mode, set.check_mode);
    CHECK_INT(a.cache_bytes, set.cache_bytes);
    CHECK_INT(a.max_waste_permille, set.max_waste_permille);
    CHECK_INT(a.max_mappings, set.max_mappings);
    CHECK_INT(a.max_entries, set.max_entries);
    CHECK_INT(a.purge_method, set.purge_method);
    CHECK_INT(a.guard, 1);
    akit_region *g = new_region_with(&a);
    CHECK_INT(akit_region_config_get(g, &b), 0);
    CHECK(!strcmp(b.name, "equal"));
    b.name = a.name;
    CHECK(!memcmp(&a, &b, sizeof a));
    akit_region_destroy(h, 0);
    akit_region_destroy(g, 0);
}

CASE(config_get_shows_memory_of_the_caller)
{
    static char buffer[MIB(1)] __attribute__((aligned(65536)));
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT, now = AKIT_REGION_CONFIG_INIT;
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    akit_region *h = new_region_with(&cfg);
    CHECK_INT(akit_region_config_get(h, &now), 0);
    CHECK(now.memory == buffer && now.memory_bytes == sizeof buffer);
    akit_region_destroy(h, 0);
}

CASE(suggest_is_a_config_that_works)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT, say = AKIT_REGION_CONFIG_INIT, now = AKIT_REGION_CONFIG_INIT;
    cfg.name = "suggests";
    cfg.max_waste_permille = 62;
    cfg.purge_method = AKIT_PURGE_METHOD_DONTNEED;
    akit_region *h = new_region_with(&cfg);
    void *p[50];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 50; i++)
            p[i] = plain_region(h, KIB(100) * (size_t)(1 + i % 9));
        for (int i = 0; i < 50; i++)
            CHECK_INT(akit_region_free(h, p[i]), 0);
    }
    CHECK_INT(akit_region_config_get(h, &now), 0);
    CHECK_INT(akit_region_suggest(h, &say), 0);
    CHECK(!strcmp(say.name, "suggests") && say.max_waste_permille == 62 && say.purge_method == AKIT_PURGE_METHOD_DONTNEED);
    CHECK(say.cache_bytes && say.max_entries && say.decay_ns && say.max_mappings && say.limit_bytes);
    CHECK_AT_LEAST(say.limit_bytes == AKIT_NONE ? INT64_MAX : (int64_t)say.limit_bytes, MIB(20)); /* what it needed */
    akit_region_config again = AKIT_REGION_CONFIG_INIT;
    CHECK_INT(akit_region_config_get(h, &again), 0);
    CHECK(!memcmp(&now, &again, sizeof now)); /* it changed nothing */
    akit_region *g = new_region_with(&say);
    for (int i = 0; i < 50; i++)
        plain_region(g, KIB(100) * (size_t)(1 + i % 9));
    akit_region_destroy(g, 0);
    CHECK_INT(akit_region_suggest(h, NULL), -EINVAL);
    say.struct_size = 9;
    CHECK_INT(akit_region_suggest(h, &say), -EINVAL);
    akit_region_destroy(h, 0);
}

CASE(stats_get_answers)
{
    akit_region *h = new_region();
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    CHECK_INT(akit_region_stats_get(h, NULL), -EINVAL);
    st.struct_size = 12;
    CHECK_INT(akit_region_stats_get(h, &st), -EINVAL);
    memset(&st, 0xff, sizeof st);
    st.struct_size = offsetof(akit_region_stats, cache_hits_total); /* an older caller */
    CHECK_INT(akit_region_stats_get(h, &st), 0);
    CHECK(st.kind == AKIT_KIND_REGION && st.prefaulted_bytes_total == 0 && st.cache_hits_total == UINT64_MAX);
    akit_region_destroy(h, 0);
}

static int kernel_names_mappings(void)
{
    size_t page = page_bytes();
    void *p = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int works = p != MAP_FAILED && prctl(0x53564d41 /* PR_SET_VMA */, 0L, p, page, "tried") == 0;
    munmap(p, page);
    return works;
}

static int maps_something(void *arg)
{
    no_system_calls((const long[]){SYS_prctl, -1});
    return akit_region_alloc((akit_region *)arg, MIB(40), 0, 0, NULL) ? 0 : BAD;
}

/* Also where the kernel refuses, it is asked to name every mapping of a handle with a name, and of no other. */
CASE(name_is_told_to_the_kernel)
{
    needs_seccomp();
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    akit_region *plain = new_region();
    cfg.name = "plots.of-today_1";
    akit_region *named = new_region_with(&cfg);
    in_child(maps_something, plain);
    int status = child_status(maps_something, named);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    akit_region_destroy(plain, 0);
    akit_region_destroy(named, 0);
}

CASE(name_labels_the_mappings)
{
    if (!kernel_names_mappings())
        SKIP("the kernel does not name mappings");
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    char name[] = "plots.of-today_1";
    cfg.name = name;
    akit_region *h = new_region_with(&cfg);
    memset(name, 'x', 5); /* copied */
    void *p = touched_region(h, MIB(40));
    read_proc("/proc/self/maps");
    int found = 0;
    for (char *line = smaps_text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        unsigned long long from, to;
        char *end = strchr(line, '\n');
        if (end && sscanf(line, "%llx-%llx", &from, &to) == 2 && from <= (uintptr_t)p && (uintptr_t)p < to) {
            *end = 0;
            found = strstr(line, "[anon:") && strstr(line, "plots.of-today_1]");
            *end = '\n';
        }
    }
    CHECK(found);
    akit_region_destroy(h, 0);
}
