/* Operations that make, move and give back memory. */
#include "ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int op_create(state *s, int n, char **w)
{
    akit_tiered_config cfg;
    akit_tiered_config_init(&cfg, sizeof cfg);
    for (int i = 2; i < n; i++) {
        char *value = assigned(s, w[i]);
        if (!value)
            return 0;
        if (!strcmp(w[i], "name"))
            cfg.name = value;
        else if (!strcmp(w[i], "region"))
            cfg.region = raw_region(s, value);
        else if (!strcmp(w[i], "huge"))
            cfg.huge = raw_huge(s, value);
        else if (!set_config_field(&cfg, w[i], number_of(s, value)))
            wrong(s, "no config field %s", w[i]);
    }
    akit_tiered *h = NULL;
    int rc = akit_tiered_create(&cfg, &h);
    if (rc < 0)
        return rc;
    handle_entry *e = new_handle(s, w[1]);
    if (!e)
        return 0;
    akit_tiered_stats st;
    memset(&st, 0, sizeof st);
    st.struct_size = sizeof st;
    e->kind = AKIT_KIND_TIERED;
    e->h = h;
    e->live = 1;
    rc = akit_tiered_stats_get(h, &st);
    e->id = st.id;
    return rc < 0 ? rc : 0;
}

static int op_destroy(state *s, int n, char **w)
{
    handle_entry *e = handle_of(s, w[1]);
    if (!e)
        return 0;
    int rc = akit_tiered_destroy(e->h, n > 2 ? AKIT_DESTROY_DEFER : 0);
    if (rc >= 0)
        e->live = 0;
    return rc;
}

static int op_alloc(state *s, int n, char **w)
{
    (void)n;
    uint64_t size = number_of(s, w[3]);
    akit_tiered *h = raw(s, w[1]);
    return got(s, w[2], akit_tiered_alloc(h, size), size);
}

static int op_calloc(state *s, int n, char **w)
{
    (void)n;
    uint64_t count = number_of(s, w[3]), size = number_of(s, w[4]);
    akit_tiered *h = raw(s, w[1]);
    return got(s, w[2], akit_tiered_calloc(h, count, size), count * size);
}

static int op_aligned(state *s, int n, char **w)
{
    (void)n;
    uint64_t alignment = number_of(s, w[3]), size = number_of(s, w[4]);
    akit_tiered *h = raw(s, w[1]);
    return got(s, w[2], akit_tiered_aligned_alloc(h, alignment, size), size);
}

static int op_allocx(state *s, int n, char **w)
{
    (void)n;
    uint64_t size = number_of(s, w[3]), alignment = number_of(s, w[4]);
    size_t usable = 0;
    akit_tiered *h = raw(s, w[1]);
    void *p = akit_tiered_allocx(h, size, alignment, flags_of(s, w[5]), &usable);
    if (p && usable < size)
        wrong(s, "usable size %zu is below the size asked for", usable);
    return got(s, w[2], p, size);
}

static int op_realloc(state *s, int n, char **w)
{
    (void)n;
    uint64_t size = number_of(s, w[3]);
    void *old = old_block(s, w[2]);
    akit_tiered *h = raw(s, w[1]);
    return got(s, w[2], akit_tiered_realloc(h, old, size), size);
}

static int op_reallocx(state *s, int n, char **w)
{
    (void)n;
    uint64_t size = number_of(s, w[3]), alignment = number_of(s, w[4]);
    void *old = old_block(s, w[2]);
    akit_tiered *h = raw(s, w[1]);
    return got(s, w[2], akit_tiered_reallocx(h, old, size, alignment, flags_of(s, w[5]), NULL), size);
}

static int op_free(state *s, int n, char **w)
{
    (void)n;
    akit_tiered_free(raw(s, w[1]), block_of(s, w[2]).p);
    return 0;
}

static int op_free_sized(state *s, int n, char **w)
{
    (void)n;
    akit_tiered_free_sized(raw(s, w[1]), block_of(s, w[2]).p, number_of(s, w[3]));
    return 0;
}

static int op_free_aligned_sized(state *s, int n, char **w)
{
    (void)n;
    uint64_t alignment = number_of(s, w[3]), size = number_of(s, w[4]);
    akit_tiered_free_aligned_sized(raw(s, w[1]), block_of(s, w[2]).p, alignment, size);
    return 0;
}

static int op_free_any(state *s, int n, char **w)
{
    (void)n;
    akit_free(block_of(s, w[1]).p);
    return 0;
}

void **new_array(batch_entry *v, uint64_t slots)
{
    free(v->p);
    return (void **)calloc(slots, sizeof(void *));
}

static int op_alloc_n(state *s, int n, char **w)
{
    (void)n;
    uint64_t size = number_of(s, w[3]), count = number_of(s, w[4]);
    batch_entry *v = batch_of(s, w[2], 1);
    akit_tiered *h = raw(s, w[1]);
    if (!v)
        return 0;
    v->p = new_array(v, count + 1);
    v->size = size;
    v->count = akit_tiered_alloc_n(h, size, count, v->p);
    compare(s, v->count, w[5], w[6]);
    return 0;
}

static int op_free_n(state *s, int n, char **w)
{
    (void)n;
    batch_entry *v = batch_of(s, w[2], 0);
    akit_tiered *h = raw(s, w[1]);
    if (v)
        compare(s, akit_tiered_free_n(h, v->count, v->p), w[3], w[4]);
    return 0;
}

static int op_exhaust(state *s, int n, char **w)
{
    (void)n;
    enum { most = 1000000 };
    batch_entry *v = batch_of(s, w[2], 1);
    akit_tiered *h = raw(s, w[1]);
    if (!v)
        return 0;
    v->p = new_array(v, most);
    v->size = number_of(s, w[3]);
    while (v->count < most && (v->p[v->count] = akit_tiered_alloc(h, v->size)))
        v->count++;
    if (v->count == most || errno != ENOMEM)
        wrong(s, "no ENOMEM after %llu blocks", (unsigned long long)v->count);
    compare(s, v->count, w[4], w[5]);
    return 0;
}

static int alloc_and_free(state *s, const char *name, uint64_t size)
{
    akit_tiered *h = raw(s, name);
    void *p = akit_tiered_alloc(h, size);
    if (!p)
        return -errno;
    akit_tiered_free(h, p);
    return 0;
}

static int get_and_put(state *s, const char *name, uint64_t length)
{
    akit_pool *h = raw_pool(s, name);
    void *p = akit_pool_get(h, length, NULL);
    return p ? akit_pool_put(h, p) : -errno;
}

static int acquire_and_release(state *s, const char *name, uint64_t length)
{
    akit_ring *h = raw_ring(s, name);
    void *p = akit_ring_acquire(h, length);
    return p ? akit_ring_release(h, p) : -errno;
}

static int op_repeat(state *s, int n, char **w)
{
    (void)n;
    int (*pair)(state *, const char *, uint64_t) = !strcmp(w[2], "alloc_free")        ? alloc_and_free
                                                   : !strcmp(w[2], "get_put")         ? get_and_put
                                                   : !strcmp(w[2], "acquire_release") ? acquire_and_release
                                                                                      : NULL;
    if (!pair) {
        wrong(s, "repeat does not know %s", w[2]);
        return 0;
    }
    uint64_t size = number_of(s, w[4]);
    int rc = 0;
    for (uint64_t i = number_of(s, w[1]); i && rc >= 0; i--)
        rc = pair(s, w[3], size);
    return rc;
}

const operation make_operations[] = {
    {"create", 2, op_create},
    {"destroy", 2, op_destroy},
    {"alloc", 4, op_alloc},
    {"calloc", 5, op_calloc},
    {"aligned", 5, op_aligned},
    {"allocx", 6, op_allocx},
    {"realloc", 4, op_realloc},
    {"reallocx", 6, op_reallocx},
    {"free", 3, op_free},
    {"free_sized", 4, op_free_sized},
    {"free_aligned_sized", 5, op_free_aligned_sized},
    {"free_any", 2, op_free_any},
    {"alloc_n", 7, op_alloc_n},
    {"free_n", 5, op_free_n},
    {"exhaust", 6, op_exhaust},
    {"repeat", 5, op_repeat},
    {NULL, 0, NULL},
};
