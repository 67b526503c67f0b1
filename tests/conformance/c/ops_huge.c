/* Operations of huge pages. */
#include "ops.h"

#include <stdlib.h>
#include <string.h>

static int op_create(state *s, int n, char **w)
{
    akit_huge_config cfg;
    akit_huge_config_init(&cfg, sizeof cfg);
    for (int i = 2; i < n; i++) {
        char *value = assigned(s, w[i]);
        if (!value)
            return 0;
        if (!strcmp(w[i], "name"))
            cfg.name = value;
        else if (!set_huge_config_field(&cfg, w[i], number_of(s, value)))
            wrong(s, "no config field %s", w[i]);
    }
    akit_huge *h = NULL;
    int rc = akit_huge_create(&cfg, &h);
    if (rc < 0) {
        if (h)
            wrong(s, "an error and a handle");
        return rc;
    }
    handle_entry *e = new_handle(s, w[1]);
    if (!e)
        return 0;
    akit_huge_stats st = AKIT_HUGE_STATS_INIT;
    e->kind = AKIT_KIND_HUGE;
    e->huge = h;
    e->live = 1;
    rc = akit_huge_stats_get(h, &st);
    e->id = st.id;
    return rc < 0 ? rc : 0;
}

static int op_destroy(state *s, int n, char **w)
{
    akit_huge *h = raw_huge(s, w[1]);
    int rc = akit_huge_destroy(h, n > 2 ? AKIT_DESTROY_DEFER : 0);
    if (h && rc >= 0)
        handle_of(s, w[1])->live = 0;
    return rc;
}

static int op_alloc(state *s, int n, char **w)
{
    uint64_t size = number_of(s, w[3]), alignment = n > 4 ? number_of(s, w[4]) : 0;
    uint32_t flags = n > 5 ? flags_of(s, w[5]) : 0, backing = 9;
    akit_huge *h = raw_huge(s, w[1]);
    void *p = akit_huge_alloc(h, size, alignment, flags, &backing);
    if (!p) {
        if (backing)
            wrong(s, "backing %u and no block", backing);
        return got(s, w[2], p, size);
    }
    set_block(s, w[2], p, size)->backing = backing;
    return 0;
}

static int op_free(state *s, int n, char **w)
{
    (void)n;
    return akit_huge_free(raw_huge(s, w[1]), block_of(s, w[2]).p);
}

static int one_stat(state *s, const char *handle, const char *field, uint64_t *value)
{
    akit_huge_stats st = AKIT_HUGE_STATS_INIT;
    int rc = akit_huge_stats_get(raw_huge(s, handle), &st);
    if (rc >= 0 && !huge_stat(&st, field, value))
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

static int look_at_config(state *s, char **w, int (*get)(akit_huge *, akit_huge_config *))
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    int rc = get(raw_huge(s, w[1]), &cfg);
    uint64_t value = 0;
    if (rc < 0)
        return rc;
    if (!strcmp(w[2], "name")) {
        compare_name(s, cfg.name, w[4]);
        return 0;
    }
    if (!huge_config_field(&cfg, w[2], &value))
        wrong(s, "no field %s", w[2]);
    compare(s, value, w[3], w[4]);
    return 0;
}

static int op_config(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_huge_config_get);
}

static int op_suggest(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_huge_suggest);
}

static int op_purge(state *s, int n, char **w)
{
    (void)n;
    uint64_t bytes = 0;
    return akit_huge_purge(raw_huge(s, w[1]), flags_of(s, w[2]), &bytes);
}

static int op_node(state *s, int n, char **w)
{
    int64_t bytes = akit_huge_node_bytes(raw_huge(s, w[1]), (uint32_t)number_of(s, w[2]));
    if (bytes < 0)
        return (int)bytes;
    if (n > 4)
        compare(s, (uint64_t)bytes, w[3], w[4]);
    return 0;
}

static int op_reason(state *s, int n, char **w)
{
    int64_t count = akit_huge_reason_count(raw_huge(s, w[1]), (uint32_t)number_of(s, w[2]));
    if (count < 0)
        return (int)count;
    if (n > 4)
        compare(s, (uint64_t)count, w[3], w[4]);
    return 0;
}

static uint64_t of_system(state *s, const akit_huge_system *system, const char *field)
{
    uint64_t value = 0;
    if (!system_field(system, field, &value))
        wrong(s, "no field %s", field);
    return value;
}

static int op_system(state *s, int n, char **w)
{
    (void)n;
    akit_huge_system system = AKIT_HUGE_SYSTEM_INIT;
    int rc = akit_huge_system_get(&system);
    if (rc >= 0)
        compare(s, of_system(s, &system, w[1]), w[2], w[3]);
    return rc;
}

static int op_system_save(state *s, int n, char **w)
{
    (void)n;
    akit_huge_system system = AKIT_HUGE_SYSTEM_INIT;
    int rc = akit_huge_system_get(&system);
    set_number(s, w[1], of_system(s, &system, w[2]));
    return rc;
}

static int op_system_node(state *s, int n, char **w)
{
    akit_huge_system system = AKIT_HUGE_SYSTEM_INIT;
    int rc = akit_huge_system_node_get((uint32_t)number_of(s, w[1]), &system);
    if (rc >= 0 && n > 4)
        compare(s, of_system(s, &system, w[2]), w[3], w[4]);
    return rc;
}

static int op_system_text(state *s, int n, char **w)
{
    (void)n;
    size_t need = 0, size = 1 << 20;
    char *text = (char *)calloc(1, size);
    int rc = akit_huge_system_text(text, size, &need);
    if (rc >= 0 && !strstr(text, w[1]))
        wrong(s, "the text does not contain %s", w[1]);
    free(text);
    return rc;
}

const operation huge_operations[] = {
    {"huge_create", 2, op_create},
    {"huge_destroy", 2, op_destroy},
    {"huge_alloc", 4, op_alloc},
    {"huge_free", 3, op_free},
    {"huge_stats", 5, op_stats},
    {"huge_save", 4, op_save},
    {"huge_config", 5, op_config},
    {"huge_suggest", 5, op_suggest},
    {"huge_purge", 3, op_purge},
    {"huge_node", 3, op_node},
    {"huge_reason", 3, op_reason},
    {"huge_system", 4, op_system},
    {"huge_system_save", 3, op_system_save},
    {"huge_system_node", 2, op_system_node},
    {"huge_system_text", 2, op_system_text},
    {NULL, 0, NULL},
};
