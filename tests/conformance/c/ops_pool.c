/* Operations of pools: their life, and buffers got and put. */
#include "ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The list of capacities of a line; class_count follows it. */
static void set_classes(state *s, akit_pool_config *cfg, uint64_t *list, char *value)
{
    uint64_t count = 0;
    for (char *next = value; value && count < AKIT_POOL_MAX_CLASSES; value = next) {
        next = strchr(value, ',');
        if (next)
            *next++ = 0;
        list[count++] = number_of(s, value);
    }
    cfg->class_bytes = list;
    cfg->class_count = count;
}

static int set_field(state *s, akit_pool_config *cfg, uint64_t *list, const char *field, char *value)
{
    if (!strcmp(field, "name")) {
        cfg->name = value;
    } else if (!strcmp(field, "region")) {
        cfg->region = raw_region(s, value);
    } else if (!strcmp(field, "huge")) {
        cfg->huge = raw_huge(s, value);
    } else if (!strcmp(field, "memory")) {
        cfg->memory_bytes = number_of(s, value);
        cfg->memory = new_memory(s, cfg->memory_bytes);
    } else if (!strcmp(field, "class_bytes")) {
        set_classes(s, cfg, list, value);
    } else {
        return set_pool_config_field(cfg, field, number_of(s, value));
    }
    return 1;
}

static int op_create(state *s, int n, char **w)
{
    akit_pool_config cfg;
    uint64_t list[AKIT_POOL_MAX_CLASSES];
    akit_pool_config_init(&cfg, sizeof cfg);
    for (int i = 2; i < n; i++) {
        char *value = assigned(s, w[i]);
        if (!value)
            return 0;
        if (!set_field(s, &cfg, list, w[i], value))
            wrong(s, "no config field %s", w[i]);
    }
    akit_pool *h = NULL;
    int rc = akit_pool_create(&cfg, &h);
    if (rc < 0) {
        if (h)
            wrong(s, "an error and a handle");
        return rc;
    }
    handle_entry *e = new_handle(s, w[1]);
    if (!e)
        return 0;
    akit_pool_stats st = AKIT_POOL_STATS_INIT;
    e->kind = AKIT_KIND_POOL;
    e->pool = h;
    e->live = 1;
    rc = akit_pool_stats_get(h, &st);
    e->id = st.id;
    return rc < 0 ? rc : 0;
}

static int op_destroy(state *s, int n, char **w)
{
    akit_pool *h = raw_pool(s, w[1]);
    int rc = akit_pool_destroy(h, n > 2 ? AKIT_DESTROY_NOW : 0);
    if (h && rc >= 0)
        handle_of(s, w[1])->live = 0;
    return rc;
}

static int op_get(state *s, int n, char **w)
{
    uint64_t length = number_of(s, w[3]);
    size_t capacity = 1;
    akit_pool *h = raw_pool(s, w[1]);
    void *p = akit_pool_get(h, length, &capacity);
    if (p ? capacity < length : capacity != 0)
        wrong(s, "capacity %zu for a length of %llu", capacity, (unsigned long long)length);
    if (!p)
        return got(s, w[2], p, length);
    set_block(s, w[2], p, length)->room = capacity;
    if (n > 5)
        compare(s, capacity, w[4], w[5]);
    return 0;
}

static int op_put(state *s, int n, char **w)
{
    (void)n;
    return akit_pool_put(raw_pool(s, w[1]), block_of(s, w[2]).p);
}

static int op_get_n(state *s, int n, char **w)
{
    (void)n;
    uint64_t length = number_of(s, w[3]), count = number_of(s, w[4]);
    size_t capacity = 1;
    batch_entry *v = batch_of(s, w[2], 1);
    akit_pool *h = raw_pool(s, w[1]);
    if (!v)
        return 0;
    v->p = new_array(v, count + 1);
    v->size = length;
    v->count = akit_pool_get_n(h, length, count, v->p, &capacity);
    if (v->count < count && !errno)
        wrong(s, "fewer than asked for, and no errno");
    if (v->count && capacity < length)
        wrong(s, "capacity %zu for a length of %llu", capacity, (unsigned long long)length);
    compare(s, v->count, w[5], w[6]);
    return 0;
}

static int op_put_n(state *s, int n, char **w)
{
    size_t count = 0;
    void **p = gather(s, n - 4, w + 2, &count);
    compare(s, akit_pool_put_n(raw_pool(s, w[1]), count, p), w[n - 2], w[n - 1]);
    free(p);
    return 0;
}

static int op_get_until(state *s, int n, char **w)
{
    (void)n;
    enum { most = 1000000 };
    batch_entry *v = batch_of(s, w[2], 1);
    akit_pool *h = raw_pool(s, w[1]);
    if (!v)
        return 0;
    v->p = new_array(v, most);
    v->size = number_of(s, w[3]);
    v->count = 0;
    while (v->count < most && (v->p[v->count] = akit_pool_get(h, v->size, NULL)))
        v->count++;
    int rc = v->count == most ? 0 : -errno;
    compare(s, v->count, w[4], w[5]);
    return rc;
}

static int op_warm(state *s, int n, char **w)
{
    (void)n;
    uint64_t length = number_of(s, w[2]), count = number_of(s, w[3]);
    return akit_pool_warm(raw_pool(s, w[1]), length, count);
}

static int op_tag(state *s, int n, char **w)
{
    (void)n;
    return akit_pool_tag_set(raw_pool(s, w[1]), block_of(s, w[2]).p, number_of(s, w[3]));
}

static int op_purge(state *s, int n, char **w)
{
    (void)n;
    uint64_t bytes = 0;
    return akit_pool_purge(raw_pool(s, w[1]), flags_of(s, w[2]), &bytes);
}

const operation pool_operations[] = {
    {"pool_create", 2, op_create},
    {"pool_destroy", 2, op_destroy},
    {"get", 4, op_get},
    {"put", 3, op_put},
    {"get_n", 7, op_get_n},
    {"put_n", 5, op_put_n},
    {"get_until", 6, op_get_until},
    {"warm", 4, op_warm},
    {"tag", 4, op_tag},
    {"pool_purge", 3, op_purge},
    {NULL, 0, NULL},
};
