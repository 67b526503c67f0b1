/* Operations of groups of provided buffers. */
#include "ops.h"

#include <errno.h>
#include <string.h>

static int op_create(state *s, int n, char **w)
{
    akit_uring_group_config cfg;
    akit_uring_group_config_init(&cfg, sizeof cfg);
    for (int i = 3; i < n; i++) {
        char *value = assigned(s, w[i]);
        if (!value)
            return 0;
        if (!strcmp(w[i], "pool"))
            cfg.pool = raw_pool(s, value);
        else if (!set_group_config_field(&cfg, w[i], number_of(s, value)))
            wrong(s, "no config field %s", w[i]);
    }
    akit_uring_group *g = NULL;
    int rc = akit_uring_group_create(raw_uring(s, w[2]), &cfg, &g);
    if (rc < 0) {
        if (g)
            wrong(s, "an error and a handle");
        return rc;
    }
    handle_entry *e = new_handle(s, w[1]);
    if (!e)
        return 0;
    e->kind = AKIT_KIND_GROUP;
    e->group = g;
    e->live = 1;
    uint32_t kind = 0;
    for (uint64_t id = 0; akit_handle_next(&id, &kind) >= 0;)
        if (kind == AKIT_KIND_GROUP)
            e->id = id;
    return 0;
}

static int op_destroy(state *s, int n, char **w)
{
    akit_uring_group *g = raw_group(s, w[1]);
    int rc = akit_uring_group_destroy(g, n > 2 ? AKIT_DESTROY_NOW : 0);
    if (g && rc >= 0)
        handle_of(s, w[1])->live = 0;
    return rc;
}

static int op_refill(state *s, int n, char **w)
{
    (void)n;
    int rc = akit_uring_group_refill(raw_group(s, w[1]));
    if (rc >= 0)
        compare(s, (uint64_t)rc, w[2], w[3]);
    return rc;
}

static int op_take(state *s, int n, char **w)
{
    int32_t res = w[3][0] == '-' ? -error_of(w[3] + 1) : (int32_t)number_of(s, w[3]);
    void *p = NULL;
    size_t length = 0;
    int rc = akit_uring_group_take(raw_group(s, w[1]), res, (uint32_t)number_of(s, w[4]), &p, &length);
    if (rc >= 0 && n > 6)
        compare(s, (uint64_t)rc, w[5], w[6]);
    if ((rc == 1) != (p != NULL))
        wrong(s, "the answer %d with the buffer %p", rc, p);
    if (p)
        set_block(s, w[2], p, length);
    return rc;
}

static int op_put(state *s, int n, char **w)
{
    (void)n;
    return akit_uring_group_put(raw_group(s, w[1]), block_of(s, w[2]).p);
}

static int op_stats(state *s, int n, char **w)
{
    (void)n;
    akit_uring_group_stats st = AKIT_URING_GROUP_STATS_INIT;
    uint64_t value = 0;
    int rc = akit_uring_group_stats_get(raw_group(s, w[1]), &st);
    if (rc < 0)
        return rc;
    if (!group_stat(&st, w[2], &value))
        wrong(s, "no field %s", w[2]);
    compare(s, value, w[3], w[4]);
    return 0;
}

const operation group_operations[] = {
    {"group_create", 3, op_create},
    {"group_destroy", 2, op_destroy},
    {"refill", 4, op_refill},
    {"group_take", 5, op_take},
    {"group_put", 3, op_put},
    {"group_stats", 5, op_stats},
    {NULL, 0, NULL},
};
