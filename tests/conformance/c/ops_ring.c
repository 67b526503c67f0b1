/* Operations of rings. */
#include "ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int set_field(state *s, akit_ring_config *cfg, const char *field, char *value)
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
    } else {
        return set_ring_config_field(cfg, field, number_of(s, value));
    }
    return 1;
}

static int op_create(state *s, int n, char **w)
{
    akit_ring_config cfg;
    akit_ring_config_init(&cfg, sizeof cfg);
    for (int i = 2; i < n; i++) {
        char *value = assigned(s, w[i]);
        if (!value)
            return 0;
        if (!set_field(s, &cfg, w[i], value))
            wrong(s, "no config field %s", w[i]);
    }
    akit_ring *h = NULL;
    int rc = akit_ring_create(&cfg, &h);
    if (rc < 0) {
        if (h)
            wrong(s, "an error and a handle");
        return rc;
    }
    handle_entry *e = new_handle(s, w[1]);
    if (!e)
        return 0;
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    e->kind = AKIT_KIND_RING;
    e->ring = h;
    e->live = 1;
    rc = akit_ring_stats_get(h, &st);
    e->id = st.id;
    return rc < 0 ? rc : 0;
}

static int op_destroy(state *s, int n, char **w)
{
    akit_ring *h = raw_ring(s, w[1]);
    int rc = akit_ring_destroy(h, n > 2 ? AKIT_DESTROY_NOW : 0);
    if (h && rc >= 0)
        handle_of(s, w[1])->live = 0;
    return rc;
}

static int op_acquire(state *s, int n, char **w)
{
    (void)n;
    uint64_t length = number_of(s, w[3]);
    akit_ring *h = raw_ring(s, w[1]);
    return got(s, w[2], akit_ring_acquire(h, length), length);
}

static int op_acquire_n(state *s, int n, char **w)
{
    (void)n;
    uint64_t count = number_of(s, w[4]);
    batch_entry *v = batch_of(s, w[2], 1);
    akit_ring *h = raw_ring(s, w[1]);
    if (!v)
        return 0;
    v->p = new_array(v, count + 1);
    v->size = number_of(s, w[3]);
    v->count = akit_ring_acquire_n(h, v->size, count, v->p);
    if (v->count < count && !errno)
        wrong(s, "fewer than asked for, and no errno");
    compare(s, v->count, w[5], w[6]);
    return 0;
}

static int op_acquire_until(state *s, int n, char **w)
{
    (void)n;
    enum { most = 1000000 };
    batch_entry *v = batch_of(s, w[2], 1);
    akit_ring *h = raw_ring(s, w[1]);
    if (!v)
        return 0;
    v->p = new_array(v, most);
    v->size = number_of(s, w[3]);
    v->count = 0;
    while (v->count < most && (v->p[v->count] = akit_ring_acquire(h, v->size)))
        v->count++;
    int rc = v->count == most ? 0 : -errno;
    compare(s, v->count, w[4], w[5]);
    return rc;
}

static int op_commit(state *s, int n, char **w)
{
    (void)n;
    block_entry b = block_of(s, w[2]);
    uint64_t used = number_of(s, w[3]);
    int rc = akit_ring_commit(raw_ring(s, w[1]), b.p, used);
    if (rc >= 0)
        set_block(s, w[2], b.p, used);
    return rc;
}

static int op_retain(state *s, int n, char **w)
{
    (void)n;
    return akit_ring_retain(raw_ring(s, w[1]), block_of(s, w[2]).p, (uint32_t)number_of(s, w[3]));
}

static int op_release(state *s, int n, char **w)
{
    (void)n;
    return akit_ring_release(raw_ring(s, w[1]), block_of(s, w[2]).p);
}

static int op_release_n(state *s, int n, char **w)
{
    size_t count = 0;
    void **p = gather(s, n - 4, w + 2, &count);
    compare(s, akit_ring_release_n(raw_ring(s, w[1]), count, p), w[n - 2], w[n - 1]);
    free(p);
    return 0;
}

static int op_release_to(state *s, int n, char **w)
{
    (void)n;
    int rc = akit_ring_release_to(raw_ring(s, w[1]), block_of(s, w[2]).p);
    if (rc >= 0)
        compare(s, (uint64_t)rc, w[3], w[4]);
    return rc;
}

static int op_memory(state *s, int n, char **w)
{
    (void)n;
    size_t length = 0;
    int rc = akit_ring_memory_get(raw_ring(s, w[1]), NULL, &length);
    if (rc >= 0)
        compare(s, length, w[2], w[3]);
    return rc;
}

static int op_within(state *s, int n, char **w)
{
    (void)n;
    void *base = NULL;
    size_t length = 0;
    uint64_t wanted = number_of(s, w[3]), at = (uintptr_t)block_of(s, w[2]).p;
    int rc = akit_ring_memory_get(raw_ring(s, w[1]), &base, &length);
    if (rc >= 0 && (at < (uintptr_t)base || at - (uintptr_t)base > length - wanted || wanted > length))
        wrong(s, "%s lies outside of the area", w[2]);
    return rc;
}

static int one_stat(state *s, const char *handle, const char *field, uint64_t *value)
{
    akit_ring_stats st = AKIT_RING_STATS_INIT;
    int rc = akit_ring_stats_get(raw_ring(s, handle), &st);
    if (rc >= 0 && !ring_stat(&st, field, value))
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

static int look_at_config(state *s, char **w, int (*get)(akit_ring *, akit_ring_config *))
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    int rc = get(raw_ring(s, w[1]), &cfg);
    uint64_t value = 0;
    if (rc < 0)
        return rc;
    if (!strcmp(w[2], "name")) {
        compare_name(s, cfg.name, w[4]);
        return 0;
    }
    if (!ring_config_field(&cfg, w[2], &value))
        wrong(s, "no field %s", w[2]);
    compare(s, value, w[3], w[4]);
    return 0;
}

static int op_config(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_ring_config_get);
}

static int op_suggest(state *s, int n, char **w)
{
    (void)n;
    return look_at_config(s, w, akit_ring_suggest);
}

const operation ring_operations[] = {
    {"ring_create", 2, op_create},
    {"ring_destroy", 2, op_destroy},
    {"acquire", 4, op_acquire},
    {"acquire_n", 7, op_acquire_n},
    {"acquire_until", 6, op_acquire_until},
    {"commit", 4, op_commit},
    {"retain", 4, op_retain},
    {"release", 3, op_release},
    {"release_n", 5, op_release_n},
    {"release_to", 5, op_release_to},
    {"ring_memory", 4, op_memory},
    {"within", 4, op_within},
    {"ring_stats", 5, op_stats},
    {"ring_save", 4, op_save},
    {"ring_config", 5, op_config},
    {"ring_suggest", 5, op_suggest},
    {NULL, 0, NULL},
};
