/* The default heap reads ALLOCKIT_... at its first use; each case looks at it in a process of its own. */
#include "kit.h"

PART(show_default_config)
{
    akit_tiered_config now = AKIT_TIERED_CONFIG_INIT;
    if (akit_tiered_config_get(akit_default(), &now) != 0)
        CHECK_FAIL("no default heap");
    fprintf(stderr,
            "limit=%llu decay=%llu thp=%u fork=%u zero=%u check=%u small=%llu medium=%llu large=%llu thread=%llu cache=%llu "
            "hugetlb=%u prefault=%llu guard=%llu\n",
            (unsigned long long)now.limit_bytes, (unsigned long long)now.decay_ns, now.thp, now.fork_mode, now.zero_mode,
            now.check_mode, (unsigned long long)now.small_max_bytes, (unsigned long long)now.medium_max_bytes,
            (unsigned long long)now.large_max_bytes, (unsigned long long)now.thread_cache_bytes,
            (unsigned long long)now.cache_bytes, now.hugetlb_mode, (unsigned long long)now.prefault_bytes,
            (unsigned long long)now.guard_sample_interval);
}

static char text[4096];

static const char *shown(const char *setting)
{
    const char *env[] = {setting, NULL};
    CHECK_INT(run_part_in("show_default_config", env, text, sizeof text), 0);
    return text;
}

static void sets(const char *setting, const char *wanted)
{
    if (!strstr(shown(setting), wanted))
        CHECK_FAIL("%s: no %s in: %s", setting, wanted, text);
    CHECK(strchr(text, '\n')[1] == 0); /* no complaint beside it */
}

static void is_malformed(const char *setting, const char *name, const char *still)
{
    shown(setting);
    char *first = strchr(text, '\n');
    CHECK(first && strchr(first + 1, '\n') && strchr(first + 1, '\n')[1] == 0); /* one complaint, then our line */
    CHECK(strstr(text, name) && strstr(text, name) < first);
    CHECK(strstr(first, still) != NULL);
}

CASE(env_nothing_set_is_the_default) { sets("UNRELATED=1", "limit=18446744073709551615 decay=100000000 "); }
CASE(env_limit_bytes) { sets("ALLOCKIT_LIMIT_BYTES=8388608", "limit=8388608 "); }
CASE(env_decay_ns) { sets("ALLOCKIT_DECAY_NS=5000", "decay=5000 "); }
CASE(env_decay_ns_none) { sets("ALLOCKIT_DECAY_NS=18446744073709551615", "decay=18446744073709551615 "); }
CASE(env_thp) { sets("ALLOCKIT_THP=3", "thp=3 "); }
CASE(env_fork_mode) { sets("ALLOCKIT_FORK_MODE=1", "fork=1 "); }
CASE(env_zero_mode) { sets("ALLOCKIT_ZERO_MODE=2", "zero=2 "); }
CASE(env_check_mode) { sets("ALLOCKIT_CHECK_MODE=1", "check=1 "); }
CASE(env_small_max_bytes) { sets("ALLOCKIT_SMALL_MAX_BYTES=512", "small=512 "); }
CASE(env_medium_max_bytes) { sets("ALLOCKIT_MEDIUM_MAX_BYTES=8192", "medium=8192 "); }
CASE(env_large_max_bytes) { sets("ALLOCKIT_LARGE_MAX_BYTES=262144", "large=262144 "); }
CASE(env_thread_cache_bytes) { sets("ALLOCKIT_THREAD_CACHE_BYTES=65536", "thread=65536 "); }
CASE(env_cache_bytes) { sets("ALLOCKIT_CACHE_BYTES=1048576", " cache=1048576 "); }
CASE(env_hugetlb_mode) { sets("ALLOCKIT_HUGETLB_MODE=3", "hugetlb=3 "); }
CASE(env_prefault_bytes) { sets("ALLOCKIT_PREFAULT_BYTES=1048576", "prefault=1048576 "); }
CASE(env_guard_sample_interval) { sets("ALLOCKIT_GUARD_SAMPLE_INTERVAL=1000", "guard=1000"); }
CASE(env_zero_is_the_default) { sets("ALLOCKIT_LIMIT_BYTES=0", "limit=18446744073709551615 "); }

CASE(env_not_a_number_is_one_line) { is_malformed("ALLOCKIT_DECAY_NS=soon", "ALLOCKIT_DECAY_NS", "decay=100000000 "); }
CASE(env_trailing_text_is_one_line) { is_malformed("ALLOCKIT_DECAY_NS=100ms", "ALLOCKIT_DECAY_NS", "decay=100000000 "); }
CASE(env_negative_is_one_line) { is_malformed("ALLOCKIT_LIMIT_BYTES=-1", "ALLOCKIT_LIMIT_BYTES", "limit=18446744073709551615 "); }
CASE(env_too_large_is_one_line) { is_malformed("ALLOCKIT_LIMIT_BYTES=18446744073709551616", "ALLOCKIT_LIMIT_BYTES", "limit=18446744073709551615 "); }
CASE(env_empty_is_one_line) { is_malformed("ALLOCKIT_ZERO_MODE=", "ALLOCKIT_ZERO_MODE", "zero=0 "); }
CASE(env_unknown_mode_is_one_line) { is_malformed("ALLOCKIT_THP=77", "ALLOCKIT_THP", "thp="); }

PART(configure_then_show)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT, now = AKIT_TIERED_CONFIG_INIT;
    cfg.limit_bytes = MIB(32);
    int rc = akit_default_configure(&cfg);
    CHECK_INT(rc, 0);
    CHECK_INT(akit_tiered_config_get(akit_default(), &now), 0);
    CHECK_INT(now.limit_bytes, MIB(32));
    CHECK_INT(now.decay_ns, 100000000);
}

CASE(env_is_not_read_after_default_configure)
{
    const char *env[] = {"ALLOCKIT_LIMIT_BYTES=nonsense", "ALLOCKIT_DECAY_NS=77", NULL};
    CHECK_INT(run_part_in("configure_then_show", env, text, sizeof text), 0);
    CHECK_INT(strlen(text), 0);
}

PART(other_handle_then_show)
{
    akit_tiered_config now = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_config_get(h, &now), 0);
    CHECK_INT(now.decay_ns, 100000000);
}

CASE(env_is_for_the_default_heap_only)
{
    const char *env[] = {"ALLOCKIT_DECAY_NS=77", NULL};
    CHECK_INT(run_part_in("other_handle_then_show", env, text, sizeof text), 0);
}

PART(malloc_above_the_environment_cap)
{
    CHECK_REFUSED(akit_malloc(MIB(9)), ENOMEM);
    void *p = akit_malloc(MIB(1));
    CHECK(p != NULL);
    akit_free(p);
}

CASE(env_cap_really_caps)
{
    const char *env[] = {"ALLOCKIT_LIMIT_BYTES=8388608", NULL};
    CHECK_INT(run_part_in("malloc_above_the_environment_cap", env, text, sizeof text), 0);
}
