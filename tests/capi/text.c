/* akit_stats_json and akit_stats_openmetrics: buffers and errors. That the text can be parsed is in check_text.py. */
#include "pool_kit.h"

typedef int writer(uint64_t id, char *buf, size_t size, size_t *need);
static writer *const writers[] = {akit_stats_json, akit_stats_openmetrics};

static akit_tiered *named_heap(const char *name)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.name = name;
    return new_heap_with(&cfg);
}

static akit_region *named_region(const char *name)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.name = name;
    return new_region_with(&cfg);
}

/* On ordinary pages, so that it works everywhere. */
static akit_huge *named_huge(const char *name)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.name = name;
    cfg.giant_mode = cfg.huge_mode = AKIT_HUGE_NEVER;
    return new_huge_with(&cfg);
}

static akit_pool *named_pool(const char *name)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.name = name;
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    return new_pool_with(&cfg);
}

CASE(need_is_told_without_a_buffer)
{
    akit_tiered *h = named_heap("text");
    for (int w = 0; w < 2; w++) {
        size_t need = 0;
        int rc = writers[w](stats_of(h).id, NULL, 0, &need);
        CHECK(rc == 0 || rc == -ENOSPC);
        CHECK_AT_LEAST(need, 100);
    }
    akit_tiered_destroy(h, 0);
}

CASE(a_buffer_of_exactly_need_is_enough)
{
    akit_tiered *h = named_heap("text");
    for (int w = 0; w < 2; w++) {
        size_t need = 0, again = 0;
        writers[w](stats_of(h).id, NULL, 0, &need);
        char *text = (char *)malloc(need);
        CHECK_INT(writers[w](stats_of(h).id, text, need, &again), 0);
        CHECK_INT(again, need);
        CHECK_INT(strlen(text) + 1, need);
        free(text);
    }
    akit_tiered_destroy(h, 0);
}

CASE(a_smaller_buffer_is_enospc_and_an_empty_string)
{
    akit_tiered *h = named_heap("text");
    for (int w = 0; w < 2; w++) {
        size_t need = 0, again = 0;
        writers[w](stats_of(h).id, NULL, 0, &need);
        char *text = (char *)malloc(need);
        memset(text, 'x', need);
        CHECK_INT(writers[w](stats_of(h).id, text, need - 1, &again), -ENOSPC);
        CHECK_INT(again, need);
        CHECK_INT(text[0], 0);
        CHECK_INT(text[need - 1], 'x');
        memset(text, 'x', need);
        CHECK_INT(writers[w](stats_of(h).id, text, 1, &again), -ENOSPC);
        CHECK(text[0] == 0 && text[1] == 'x');
        free(text);
    }
    akit_tiered_destroy(h, 0);
}

CASE(need_may_be_null)
{
    static char text[1 << 20];
    akit_tiered *h = named_heap("text");
    for (int w = 0; w < 2; w++)
        CHECK_INT(writers[w](stats_of(h).id, text, sizeof text, NULL), 0);
    akit_tiered_destroy(h, 0);
}

CASE(an_unknown_id_is_enoent)
{
    static char text[1 << 16];
    size_t need = 0;
    akit_tiered *h = new_heap();
    uint64_t id = stats_of(h).id;
    akit_tiered_destroy(h, 0);
    for (int w = 0; w < 2; w++) {
        CHECK_INT(writers[w](id, text, sizeof text, &need), -ENOENT);
        CHECK_INT(writers[w](UINT64_MAX, text, sizeof text, &need), -ENOENT);
    }
}

CASE(a_null_buffer_with_a_size_is_einval)
{
    size_t need = 0;
    for (int w = 0; w < 2; w++)
        CHECK_INT(writers[w](0, NULL, 100, &need), -EINVAL);
}

CASE(json_names_the_handle_and_the_fields)
{
    static char text[1 << 20];
    akit_tiered *h = named_heap("the-name");
    block(h, 100);
    CHECK_INT(akit_stats_json(stats_of(h).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "\"the-name\"") && strstr(text, "\"used_bytes\"") && strstr(text, "\"reallocs_in_place_total\""));
    CHECK(strstr(text, "\"classes\"") && strstr(text, "\"block_bytes\""));
    akit_tiered_destroy(h, 0);
}

CASE(json_of_a_region_and_of_a_huge_handle_has_no_classes)
{
    static char text[1 << 20];
    akit_region *r = named_region("the-region");
    akit_huge *g = named_huge("the-huge");
    CHECK_INT(akit_stats_json(region_stats_of(r).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "\"the-region\"") && strstr(text, "\"cached_mappings\"") && !strstr(text, "\"classes\""));
    CHECK_INT(akit_stats_json(huge_stats_of(g).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "\"the-huge\"") && strstr(text, "\"thp_bytes\"") && !strstr(text, "\"classes\""));
    akit_region_destroy(r, 0);
    akit_huge_destroy(g, 0);
}

CASE(json_of_a_pool_has_the_classes_that_were_used)
{
    static char text[1 << 20];
    akit_pool *h = named_pool("the-pool");
    CHECK_INT(akit_pool_warm(h, 5000, 1), 0);
    CHECK_INT(akit_pool_put(h, plain_buffer(h, 5000)), 0);
    CHECK_INT(akit_stats_json(pool_stats_of(h).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "\"the-pool\"") && strstr(text, "\"out_peak_buffers\"") && strstr(text, "\"reused_bytes_total\":8192"));
    const char *classes = strstr(text, "\"classes\"");
    CHECK(classes && strstr(classes, "\"index\":2") && strstr(classes, "\"block_bytes\":8192") && !strstr(classes, "\"index\":3"));
    akit_pool_destroy(h, 0);
}

CASE(openmetrics_of_unnamed_pools_have_the_first_fallback)
{
    static char text[1 << 20];
    akit_pool *none = named_pool(NULL), *first = named_pool(NULL), *second = named_pool(NULL);
    char line[64];
    void *p = plain_buffer(first, 100);
    usleep(20000);
    void *q = plain_buffer(second, 100);
    CHECK(pool_stats_of(second).first_fallback_unix_ns > pool_stats_of(first).first_fallback_unix_ns);
    CHECK_INT(akit_stats_openmetrics(0, text, sizeof text, NULL), 0);
    snprintf(line, sizeof line, "} %llu\n", (unsigned long long)pool_stats_of(first).first_fallback_unix_ns);
    const char *at = strstr(text, "\nallockit_pool_first_fallback_unix_ns{handle=\"\"");
    CHECK(at && (at = strstr(at, "} ")) && !strncmp(at, line, strlen(line)));
    CHECK(strstr(text, "\nallockit_pool_fallbacks_total{handle=\"\""));
    CHECK_INT(akit_pool_put(first, p), 0);
    CHECK_INT(akit_pool_put(second, q), 0);
    akit_pool_destroy(none, 0);
    akit_pool_destroy(first, 0);
    akit_pool_destroy(second, 0);
}

/* A figure of one class of a pool, or -1. */
static long long class_figure(const char *text, const char *field, const char *name, uint64_t id, unsigned bytes)
{
    char start[160];
    long long figure = -1;
    snprintf(start, sizeof start, "\nallockit_pool_class_%s{handle=\"%s\",id=\"%llu\",block_bytes=\"%u\",copy=\"", field, name,
             (unsigned long long)id, bytes);
    const char *at = strstr(text, start);
    if (at && (at = strstr(at, "\"} ")))
        sscanf(at, "\"} %lld\n", &figure);
    return figure;
}

CASE(openmetrics_has_the_classes_of_named_pools)
{
    static char text[1 << 20];
    akit_pool *named = named_pool("the-pool"), *unnamed = named_pool(NULL);
    uint64_t id = pool_stats_of(named).id, other = pool_stats_of(unnamed).id;
    CHECK_INT(akit_pool_warm(named, 4096, 2), 0);
    CHECK_INT(akit_pool_warm(unnamed, 4096, 1), 0);
    plain_buffer(named, 4096);
    CHECK_INT(akit_pool_put(unnamed, plain_buffer(unnamed, 4096)), 0);
    for (int all = 0; all < 2; all++) {
        CHECK_INT(akit_stats_openmetrics(all ? 0 : id, text, sizeof text, NULL), 0);
        CHECK_INT(class_figure(text, "gets_total", "the-pool", id, 4096), 1);
        CHECK_INT(class_figure(text, "used_blocks", "the-pool", id, 4096), 1);
        CHECK_INT(class_figure(text, "gets_total", "the-pool", id, 2048), 0);
        CHECK_INT(class_figure(text, "gets_total", "", other, 4096), -1);
    }
    CHECK_INT(akit_stats_openmetrics(other, text, sizeof text, NULL), 0); /* asked for, so it is there */
    CHECK_INT(class_figure(text, "puts_total", "", other, 4096), 1);
    CHECK(!strstr(text, "the-pool"));
    CHECK_INT(akit_pool_destroy(named, AKIT_DESTROY_NOW), 0);
    CHECK_INT(akit_pool_destroy(unnamed, 0), 0);
}

CASE(openmetrics_of_one_handle_are_those_of_its_kind)
{
    static char text[1 << 20];
    akit_region *r = named_region("the-region");
    akit_huge *g = named_huge("the-huge");
    CHECK_INT(akit_stats_openmetrics(region_stats_of(r).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "allockit_region_used_bytes{") && !strstr(text, "allockit_tiered_") && !strstr(text, "allockit_huge_"));
    CHECK_INT(akit_stats_openmetrics(huge_stats_of(g).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "allockit_huge_used_bytes{") && !strstr(text, "allockit_tiered_") && !strstr(text, "allockit_region_"));
    akit_pool *h = named_pool("the-pool");
    CHECK_INT(akit_stats_openmetrics(pool_stats_of(h).id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "allockit_pool_used_bytes{") && !strstr(text, "allockit_tiered_") && !strstr(text, "allockit_region_"));
    akit_pool_destroy(h, 0);
    akit_region_destroy(r, 0);
    akit_huge_destroy(g, 0);
}

CASE(openmetrics_has_no_metrics_of_a_kind_without_handles)
{
    static char text[1 << 20];
    CHECK_INT(akit_stats_openmetrics(0, text, sizeof text, NULL), 0);
    CHECK(!strstr(text, "allockit_region_") && !strstr(text, "allockit_huge_") && !strstr(text, "allockit_pool_"));
}

CASE(openmetrics_of_unnamed_regions_have_the_first_deadline)
{
    static char text[1 << 20];
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.decay_ns = AKIT_NONE;
    akit_region *idle = new_region_with(&cfg), *due = NULL;
    cfg.decay_ns = 3600ull * 1000 * 1000 * 1000;
    due = new_region_with(&cfg);
    CHECK_INT(akit_region_free(due, akit_region_alloc(due, MIB(1), 0, 0, NULL)), 0);
    CHECK_INT(akit_stats_openmetrics(0, text, sizeof text, NULL), 0);
    const char *at = strstr(text, "\nallockit_region_purge_deadline_ns{handle=\"\"");
    CHECK(at && (at = strstr(at, "} ")));
    CHECK(strncmp(at, "} +Inf", 6) != 0);
    akit_region_destroy(idle, 0);
    akit_region_destroy(due, 0);
}

CASE(openmetrics_eof_only_for_all)
{
    static char text[1 << 20];
    akit_tiered *h = named_heap("the-name");
    CHECK_INT(akit_stats_openmetrics(stats_of(h).id, text, sizeof text, NULL), 0);
    CHECK(!strstr(text, "# EOF"));
    CHECK_INT(akit_stats_openmetrics(0, text, sizeof text, NULL), 0);
    CHECK(!strcmp(text + strlen(text) - 6, "# EOF\n"));
    akit_tiered_destroy(h, 0);
}

CASE(openmetrics_unnamed_handles_are_one_series)
{
    static char text[1 << 20];
    akit_tiered *h[50];
    for (int i = 0; i < 50; i++)
        h[i] = new_heap();
    CHECK_INT(akit_stats_openmetrics(0, text, sizeof text, NULL), 0);
    int series = 0;
    for (const char *at = text; (at = strstr(at, "\nallockit_tiered_used_bytes{")); at++)
        series++;
    CHECK_INT(series, 1);
    for (int i = 0; i < 50; i++)
        akit_tiered_destroy(h[i], 0);
}

CASE(huge_system_text_fits_in_need)
{
    size_t need = 0, again = 0;
    CHECK_INT(akit_huge_system_text(NULL, 0, &need), -ENOSPC);
    CHECK_AT_LEAST(need, 100);
    char *text = (char *)malloc(need + 64); /* figures may get longer meanwhile */
    CHECK_INT(akit_huge_system_text(text, need + 64, &again), 0);
    CHECK_INT(strlen(text) + 1, again);
    CHECK_INT(akit_huge_system_text(text, again - 1, NULL), -ENOSPC);
    CHECK_INT(text[0], 0);
    free(text);
    CHECK_INT(akit_huge_system_text(NULL, 100, &need), -EINVAL);
    CHECK_INT(need, 0);
}

CASE(huge_system_text_names_sizes_and_commands)
{
    static char text[1 << 16];
    char line[64];
    akit_huge_system sys = AKIT_HUGE_SYSTEM_INIT;
    CHECK_INT(akit_huge_system_get(&sys), 0);
    CHECK_INT(akit_huge_system_text(text, sizeof text, NULL), 0);
    CHECK(strstr(text, "ordinary pages of ") && strstr(text, "transparent huge pages") && strstr(text, "control group"));
    if (sys.huge_page_bytes == 0)
        SKIP("the kernel has no huge pages");
    snprintf(line, sizeof line, "hugepages-%llukB/nr_hugepages\n", (unsigned long long)sys.huge_page_bytes / 1024);
    CHECK(strstr(text, line) && strstr(text, "/sys/kernel/mm/hugepages/hugepages-"));
    CHECK(strstr(text, "/sys/devices/system/node/node") || sys.numa_nodes == 0);
    CHECK(strstr(text, "hugepagesz=") || sys.giant_page_bytes == 0);
}

/* Prints the text of a process with named and unnamed handles of every kind: read by check_text.py. */
static void print_all(writer *write)
{
    static char text[1 << 20];
    akit_tiered *a = named_heap("alpha"), *b = named_heap("beta");
    for (int i = 0; i < 3; i++)
        block(new_heap(), 1000);
    block(a, 5000);
    akit_tiered_free(b, block(b, MIB(3)));
    akit_region *r = named_region("gamma");
    akit_huge *g = named_huge("delta");
    CHECK(akit_region_alloc(r, MIB(1), 0, 0, NULL) && akit_huge_alloc(g, MIB(2), 0, 0, NULL));
    for (int i = 0; i < 3; i++)
        CHECK(new_region_with(NULL) && new_huge_with(NULL) && new_pool());
    akit_pool *h = named_pool("epsilon");
    CHECK_INT(akit_pool_warm(h, 5000, 3), 0);
    plain_buffer(h, 5000);
    CHECK_INT(write(0, text, sizeof text, NULL), 0);
    fputs(text, stdout);
}

PART(print_json) { print_all(akit_stats_json); }
PART(print_openmetrics) { print_all(akit_stats_openmetrics); }
