/* akit_stats_json and akit_stats_openmetrics: buffers and errors. That the text can be parsed is in check_text.py. */
#include "kit.h"

typedef int writer(uint64_t id, char *buf, size_t size, size_t *need);
static writer *const writers[] = {akit_stats_json, akit_stats_openmetrics};

static akit_tiered *named_heap(const char *name)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.name = name;
    return new_heap_with(&cfg);
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

/* Prints the text of a process with two named and three unnamed handles: read by check_text.py. */
static void print_all(writer *write)
{
    static char text[1 << 20];
    akit_tiered *a = named_heap("alpha"), *b = named_heap("beta");
    for (int i = 0; i < 3; i++)
        block(new_heap(), 1000);
    block(a, 5000);
    akit_tiered_free(b, block(b, MIB(3)));
    CHECK_INT(write(0, text, sizeof text, NULL), 0);
    fputs(text, stdout);
}

PART(print_json) { print_all(akit_stats_json); }
PART(print_openmetrics) { print_all(akit_stats_openmetrics); }
