/* Operations that look at figures, and those that give back idle memory. */
#include "ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


static int op_usable(state *s, int n, char **w)
{
    (void)n;
    compare(s, akit_tiered_usable_size(raw(s, w[1]), block_of(s, w[2]).p), w[3], w[4]);
    return 0;
}

static int op_good_size(state *s, int n, char **w)
{
    (void)n;
    compare(s, akit_tiered_good_size(raw(s, w[1]), number_of(s, w[2])), w[3], w[4]);
    return 0;
}

static int op_owns(state *s, int n, char **w)
{
    (void)n;
    int answer = akit_tiered_owns(raw(s, w[1]), block_of(s, w[2]).p);
    if (answer < 0)
        return answer;
    compare(s, (uint64_t)answer, w[3], w[4]);
    return 0;
}

static int op_inspect(state *s, int n, char **w)
{
    akit_block_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    int rc = akit_inspect(block_of(s, w[1]).p, &info);
    if (rc < 0 || n < 5)
        return rc;
    uint64_t value = 0;
    if (!block_field(&info, w[2], &value))
        wrong(s, "no field %s", w[2]);
    compare(s, value, w[3], w[4]);
    return 0;
}

static int one_stat(state *s, const char *handle, const char *field, uint64_t *value)
{
    akit_tiered_stats st;
    memset(&st, 0, sizeof st);
    st.struct_size = sizeof st;
    int rc = akit_tiered_stats_get(raw(s, handle), &st);
    if (rc >= 0 && !tiered_stat(&st, field, value))
        wrong(s, "no field %s", field);
    return rc;
}

static int op_stats(state *s, int n, char **w)
{
    (void)n;
    uint64_t value = 0;
    int rc = one_stat(s, w[1], w[2], &value);
    if (rc >= 0)
        compare(s, value, w[3], w[4]);
    return rc;
}

static int op_save(state *s, int n, char **w)
{
    (void)n;
    uint64_t value = 0;
    int rc = one_stat(s, w[2], w[3], &value);
    set_number(s, w[1], value);
    return rc;
}

static int look_at_config(state *s, const akit_tiered_config *cfg, char **w)
{
    uint64_t value = 0;
    if (!strcmp(w[2], "name")) {
        compare_name(s, cfg->name, w[4]);
        return 0;
    }
    if (!config_field(cfg, w[2], &value))
        wrong(s, "no field %s", w[2]);
    compare(s, value, w[3], w[4]);
    return 0;
}

static int op_config(state *s, int n, char **w)
{
    (void)n;
    akit_tiered_config cfg;
    akit_tiered_config_init(&cfg, sizeof cfg);
    int rc = akit_tiered_config_get(raw(s, w[1]), &cfg);
    return rc < 0 ? rc : look_at_config(s, &cfg, w);
}

static int op_suggest(state *s, int n, char **w)
{
    (void)n;
    akit_tiered_config cfg;
    akit_tiered_config_init(&cfg, sizeof cfg);
    int rc = akit_tiered_suggest(raw(s, w[1]), &cfg);
    return rc < 0 ? rc : look_at_config(s, &cfg, w);
}

static int op_classes(state *s, int n, char **w)
{
    (void)n;
    compare(s, akit_tiered_class_count(raw(s, w[1])), w[2], w[3]);
    return 0;
}

static int op_class_sum(state *s, int n, char **w)
{
    (void)n;
    akit_tiered *h = raw(s, w[1]);
    uint64_t sum = 0;
    for (size_t i = 0, count = akit_tiered_class_count(h); i < count; i++) {
        akit_class_stats st;
        memset(&st, 0, sizeof st);
        st.struct_size = sizeof st;
        uint64_t value = 0;
        int rc = akit_tiered_class_stats_get(h, i, &st);
        if (rc < 0)
            return rc;
        if (!class_stat(&st, w[2], &value))
            wrong(s, "no field %s", w[2]);
        sum += value;
    }
    compare(s, sum, w[3], w[4]);
    return 0;
}

static int op_process(state *s, int n, char **w)
{
    (void)n;
    akit_process_stats st;
    memset(&st, 0, sizeof st);
    st.struct_size = sizeof st;
    uint64_t value = 0;
    int rc = akit_process_stats_get(&st);
    if (rc < 0)
        return rc;
    if (!process_stat(&st, w[1], &value))
        wrong(s, "no field %s", w[1]);
    compare(s, value, w[2], w[3]);
    return 0;
}

static int op_listed(state *s, int n, char **w)
{
    (void)n;
    handle_entry *e = handle_of(s, w[1]);
    uint64_t id = 0, found = 0;
    uint32_t kind = 0;
    int rc;
    while (e && (rc = akit_handle_next(&id, &kind)) >= 0)
        found += id == e->id;
    if (e && rc != -ENOENT)
        return rc;
    compare(s, found, w[2], w[3]);
    return 0;
}

static int look_for_text(state *s, char **w, int (*write)(uint64_t, char *, size_t, size_t *))
{
    handle_entry *e = handle_of(s, w[1]);
    size_t need = 0, size = 1 << 20;
    char *text = (char *)calloc(1, size);
    int rc = e ? write(e->id, text, size, &need) : 0;
    if (rc >= 0 && !strstr(text, w[2]))
        wrong(s, "the text does not contain %s", w[2]);
    free(text);
    return rc;
}

static int op_json(state *s, int n, char **w)
{
    (void)n;
    return look_for_text(s, w, akit_stats_json);
}

static int op_metrics(state *s, int n, char **w)
{
    (void)n;
    return look_for_text(s, w, akit_stats_openmetrics);
}

static int op_purge(state *s, int n, char **w)
{
    (void)n;
    uint64_t bytes = 0;
    return akit_tiered_purge(raw(s, w[1]), flags_of(s, w[2]), &bytes);
}

static int op_purge_process(state *s, int n, char **w)
{
    (void)n;
    uint64_t bytes = 0;
    return akit_purge(flags_of(s, w[1]), &bytes);
}

static int op_cache_limit(state *s, int n, char **w)
{
    (void)n;
    return akit_cache_limit(number_of(s, w[1]));
}

static int op_maintain(state *s, int n, char **w)
{
    (void)s;
    (void)n;
    (void)w;
    uint64_t next_ns = 0;
    return akit_maintain(&next_ns);
}

static int op_thread_flush(state *s, int n, char **w)
{
    (void)s;
    (void)n;
    (void)w;
    return akit_thread_flush(0);
}

static int op_sleep(state *s, int n, char **w)
{
    (void)n;
    usleep((useconds_t)number_of(s, w[1]) * 1000);
    return 0;
}

const operation look_operations[] = {
    {"usable", 5, op_usable},
    {"good_size", 5, op_good_size},
    {"owns", 5, op_owns},
    {"inspect", 2, op_inspect},
    {"stats", 5, op_stats},
    {"save", 4, op_save},
    {"config", 5, op_config},
    {"suggest", 5, op_suggest},
    {"classes", 4, op_classes},
    {"class_sum", 5, op_class_sum},
    {"process", 4, op_process},
    {"listed", 4, op_listed},
    {"json", 3, op_json},
    {"metrics", 3, op_metrics},
    {"purge", 3, op_purge},
    {"purge_process", 2, op_purge_process},
    {"cache_limit", 2, op_cache_limit},
    {"maintain", 1, op_maintain},
    {"thread_flush", 1, op_thread_flush},
    {"sleep", 2, op_sleep},
    {NULL, 0, NULL},
};
