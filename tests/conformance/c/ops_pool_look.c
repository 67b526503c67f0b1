/* Operations that look at pools: figures, configuration, and what is out. */
#include "ops.h"

#include <errno.h>
#include <string.h>

static int op_capacity(state *s, int n, char **w)
{
    (void)n;
    compare(s, akit_pool_capacity(raw_pool(s, w[1]), block_of(s, w[2]).p), w[3], w[4]);
    return 0;
}

/* The next buffer of the walk; their addresses ascend. */
static int next_leak(state *s, akit_pool *h, uint64_t *cursor, uint64_t *last, akit_block_info *info)
{
    info->struct_size = sizeof *info;
    int rc = akit_pool_leak_next(h, cursor, info);
    if (rc >= 0 && info->base <= *last)
        wrong(s, "the walk comes to %llx after %llx", (unsigned long long)info->base, (unsigned long long)*last);
    *last = info->base;
    return rc;
}

static int op_leaks(state *s, int n, char **w)
{
    (void)n;
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    akit_pool *h = raw_pool(s, w[1]);
    uint64_t cursor = 0, last = 0, met = 0;
    int rc;
    while ((rc = next_leak(s, h, &cursor, &last, &info)) >= 0 && !s->why[0])
        met++;
    if (rc != -ENOENT)
        return rc;
    compare(s, met, w[2], w[3]);
    return 0;
}

static int op_leak(state *s, int n, char **w)
{
    (void)n;
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    akit_pool *h = raw_pool(s, w[1]);
    uint64_t cursor = 0, last = 0, value = 0, wanted = (uintptr_t)block_of(s, w[2]).p;
    int rc;
    while ((rc = next_leak(s, h, &cursor, &last, &info)) >= 0 && !s->why[0] && info.base != wanted)
        ;
    if (rc < 0)
        return rc;
    if (!block_field(&info, w[3], &value))
        wrong(s, "no field %s", w[3]);
    compare(s, value, w[4], w[5]);
    return 0;
}

static int one_stat(state *s, const char *handle, const char *field, uint64_t *value)
{
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    int rc = akit_pool_stats_get(raw_pool(s, handle), &st);
    if (rc >= 0 && !pool_stat(&st, field, value))
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

static void compare_classes(state *s, const akit_pool_config *cfg, char *list)
{
    uint64_t i = 0;
    for (char *next = list; list; list = next, i++) {
        next = strchr(list, ',');
        if (next)
            *next++ = 0;
        if (i >= cfg->class_count)
            wrong(s, "only %llu classes", (unsigned long long)cfg->class_count);
        else
            compare(s, cfg->class_bytes[i], "=", list);
    }
    if (i < cfg->class_count)
        wrong(s, "%llu classes", (unsigned long long)cfg->class_count);
}

static int look_at_config(state *s, char **w, int (*get)(akit_pool *, akit_pool_config *))
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    int rc = get(raw_pool(s, w[1]), &cfg);
    uint64_t value = 0;
    if (rc < 0)
        return rc;
    if (!strcmp(w[2], "name")) {
        compare_name(s, cfg.name, w[4]);
    } else if (!strcmp(w[2], "class_bytes")) {
        compare_classes(s, &cfg, w[4]);
    } else {
        if (!pool_config_field(&cfg, w[2], &value))
            wrong(s, "no field %s", w[2]);
        compare(s, value, w[3], w[4]);
    }
    return 0;
}

static int op_config(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_pool_config_get);
}

static int op_suggest(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_pool_suggest);
}

static int op_classes(state *s, int n, char **w)
{
    (void)n;
    compare(s, akit_pool_class_count(raw_pool(s, w[1])), w[2], w[3]);
    return 0;
}

static int class_value(state *s, akit_pool *h, size_t index, const char *field, uint64_t *value)
{
    akit_class_stats st = AKIT_CLASS_STATS_INIT;
    int rc = akit_pool_class_stats_get(h, index, &st);
    if (rc >= 0 && !class_stat(&st, field, value))
        wrong(s, "no field %s", field);
    return rc;
}

static int op_class(state *s, int n, char **w)
{
    (void)n;
    uint64_t value = 0, index = number_of(s, w[2]);
    int rc = class_value(s, raw_pool(s, w[1]), index, w[3], &value);
    if (rc >= 0)
        compare(s, value, w[4], w[5]);
    return rc;
}

static int op_class_sum(state *s, int n, char **w)
{
    (void)n;
    akit_pool *h = raw_pool(s, w[1]);
    uint64_t sum = 0;
    for (size_t i = 0, count = akit_pool_class_count(h); i < count; i++) {
        uint64_t value = 0;
        int rc = class_value(s, h, i, w[2], &value);
        if (rc < 0)
            return rc;
        sum += value;
    }
    compare(s, sum, w[3], w[4]);
    return 0;
}

const operation pool_look_operations[] = {
    {"capacity", 5, op_capacity},
    {"leaks", 4, op_leaks},
    {"leak", 6, op_leak},
    {"pool_stats", 5, op_stats},
    {"pool_save", 4, op_save},
    {"pool_config", 5, op_config},
    {"pool_suggest", 5, op_suggest},
    {"pool_classes", 4, op_classes},
    {"pool_class", 6, op_class},
    {"pool_class_sum", 5, op_class_sum},
    {NULL, 0, NULL},
};
