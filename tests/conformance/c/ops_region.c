/* Operations of regions. */
#include "ops.h"

#include <string.h>

static int op_create(state *s, int n, char **w)
{
    akit_region_config cfg;
    akit_region_config_init(&cfg, sizeof cfg);
    for (int i = 2; i < n; i++) {
        char *value = assigned(s, w[i]);
        if (!value)
            return 0;
        if (!strcmp(w[i], "name")) {
            cfg.name = value;
        } else if (!strcmp(w[i], "memory")) {
            cfg.memory_bytes = number_of(s, value);
            cfg.memory = new_memory(s, cfg.memory_bytes);
        } else if (!set_region_config_field(&cfg, w[i], number_of(s, value))) {
            wrong(s, "no config field %s", w[i]);
        }
    }
    akit_region *h = NULL;
    int rc = akit_region_create(&cfg, &h);
    if (rc < 0) {
        if (h)
            wrong(s, "an error and a handle");
        return rc;
    }
    handle_entry *e = new_handle(s, w[1]);
    if (!e)
        return 0;
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    e->kind = AKIT_KIND_REGION;
    e->region = h;
    e->live = 1;
    rc = akit_region_stats_get(h, &st);
    e->id = st.id;
    return rc < 0 ? rc : 0;
}

static int op_destroy(state *s, int n, char **w)
{
    akit_region *h = raw_region(s, w[1]);
    int rc = akit_region_destroy(h, n > 2 ? AKIT_DESTROY_DEFER : 0);
    if (h && rc >= 0)
        handle_of(s, w[1])->live = 0;
    return rc;
}

/* As got, with the usable size that came along. */
static int got_room(state *s, const char *name, void *p, uint64_t size, size_t usable)
{
    if (p ? usable < size : usable != 0)
        wrong(s, "usable size %zu for a request of %llu bytes", usable, (unsigned long long)size);
    if (!p)
        return got(s, name, p, size);
    set_block(s, name, p, size)->room = usable;
    return 0;
}

static int op_alloc(state *s, int n, char **w)
{
    uint64_t size = number_of(s, w[3]), alignment = n > 4 ? number_of(s, w[4]) : 0;
    uint32_t flags = n > 5 ? flags_of(s, w[5]) : 0;
    size_t usable = 1;
    akit_region *h = raw_region(s, w[1]);
    void *p = akit_region_alloc(h, size, alignment, flags, &usable);
    return got_room(s, w[2], p, size, usable);
}

static int op_realloc(state *s, int n, char **w)
{
    uint64_t size = number_of(s, w[3]);
    uint32_t flags = n > 4 ? flags_of(s, w[4]) : 0;
    void *old = old_block(s, w[2]);
    size_t usable = 1;
    akit_region *h = raw_region(s, w[1]);
    void *p = akit_region_realloc(h, old, size, flags, &usable);
    return got_room(s, w[2], p, size, usable);
}

static int op_free(state *s, int n, char **w)
{
    (void)n;
    return akit_region_free(raw_region(s, w[1]), block_of(s, w[2]).p);
}

static int op_prefault(state *s, int n, char **w)
{
    uint64_t length = n > 3 ? number_of(s, w[3]) : 0;
    return akit_region_prefault(raw_region(s, w[1]), block_of(s, w[2]).p, length, 0);
}

static int op_pin(state *s, int n, char **w)
{
    (void)n;
    return akit_region_pin(raw_region(s, w[1]), block_of(s, w[2]).p);
}

static int op_unpin(state *s, int n, char **w)
{
    (void)n;
    return akit_region_unpin(raw_region(s, w[1]), block_of(s, w[2]).p);
}

static int one_stat(state *s, const char *handle, const char *field, uint64_t *value)
{
    akit_region_stats st = AKIT_REGION_STATS_INIT;
    int rc = akit_region_stats_get(raw_region(s, handle), &st);
    if (rc >= 0 && !region_stat(&st, field, value))
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

static int look_at_config(state *s, char **w, int (*get)(akit_region *, akit_region_config *))
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    int rc = get(raw_region(s, w[1]), &cfg);
    uint64_t value = 0;
    if (rc < 0)
        return rc;
    if (!strcmp(w[2], "name")) {
        compare_name(s, cfg.name, w[4]);
        return 0;
    }
    if (!region_config_field(&cfg, w[2], &value))
        wrong(s, "no field %s", w[2]);
    compare(s, value, w[3], w[4]);
    return 0;
}

static int op_config(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_region_config_get);
}

static int op_suggest(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_region_suggest);
}

static int op_purge(state *s, int n, char **w)
{
    (void)n;
    uint64_t bytes = 0;
    return akit_region_purge(raw_region(s, w[1]), flags_of(s, w[2]), &bytes);
}

static int op_node(state *s, int n, char **w)
{
    int64_t bytes = akit_region_node_bytes(raw_region(s, w[1]), (uint32_t)number_of(s, w[2]));
    if (bytes < 0)
        return (int)bytes;
    if (n > 4)
        compare(s, (uint64_t)bytes, w[3], w[4]);
    return 0;
}

const operation region_operations[] = {
    {"region_create", 2, op_create},
    {"region_destroy", 2, op_destroy},
    {"region_alloc", 4, op_alloc},
    {"region_realloc", 4, op_realloc},
    {"region_free", 3, op_free},
    {"region_prefault", 3, op_prefault},
    {"region_pin", 3, op_pin},
    {"region_unpin", 3, op_unpin},
    {"region_stats", 5, op_stats},
    {"region_save", 4, op_save},
    {"region_config", 5, op_config},
    {"region_suggest", 5, op_suggest},
    {"region_purge", 3, op_purge},
    {"region_node", 3, op_node},
    {NULL, 0, NULL},
};
