/* Finds an operation by its name, and what all operations share. */
#include "ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void compare(state *s, uint64_t value, const char *op, const char *word)
{
    uint64_t limit = number_of(s, word);
    int holds = !strcmp(op, "=")    ? value == limit
                : !strcmp(op, ">=") ? value >= limit
                : !strcmp(op, "<=") ? value <= limit
                : !strcmp(op, ">")  ? value > limit
                : !strcmp(op, "<")  ? value < limit
                                    : -1;
    if (holds < 0)
        wrong(s, "not a comparison: %s", op);
    else if (!holds)
        wrong(s, "wanted %s %s, got %llu", op, word, (unsigned long long)value);
}

uint32_t flags_of(state *s, const char *word)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } known[] = {{"zero", AKIT_ALLOC_ZERO},         {"no_move", AKIT_ALLOC_NO_MOVE},
                 {"no_cache", AKIT_ALLOC_NO_CACHE}, {"guard", AKIT_ALLOC_GUARD},
                 {"due", AKIT_PURGE_DUE},           {"all", AKIT_PURGE_ALL},
                 {"wait", AKIT_PURGE_WAIT}};
    uint32_t flags = 0;
    char text[64];
    snprintf(text, sizeof text, "%s", word);
    for (char *part = text; part && strcmp(part, "-");) {
        char *next = strchr(part, '+');
        if (next)
            *next++ = 0;
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && strcmp(known[i].name, part))
            i++;
        if (i == sizeof known / sizeof known[0]) {
            wrong(s, "no flag %s", part);
            return 0;
        }
        flags |= known[i].flag;
        part = next;
    }
    return flags;
}

akit_tiered *raw(state *s, const char *name)
{
    handle_entry *e = handle_of(s, name);
    errno = 0;
    return e ? e->h : NULL;
}

akit_region *raw_region(state *s, const char *name)
{
    handle_entry *e = handle_of(s, name);
    if (e && e->kind != AKIT_KIND_REGION)
        wrong(s, "%s is no region", name);
    errno = 0;
    return e ? e->region : NULL;
}

akit_huge *raw_huge(state *s, const char *name)
{
    handle_entry *e = handle_of(s, name);
    if (e && e->kind != AKIT_KIND_HUGE)
        wrong(s, "%s does not give huge pages", name);
    errno = 0;
    return e ? e->huge : NULL;
}

akit_pool *raw_pool(state *s, const char *name)
{
    handle_entry *e = handle_of(s, name);
    if (e && e->kind != AKIT_KIND_POOL)
        wrong(s, "%s is no pool", name);
    errno = 0;
    return e ? e->pool : NULL;
}

akit_ring *raw_ring(state *s, const char *name)
{
    handle_entry *e = handle_of(s, name);
    if (e && e->kind != AKIT_KIND_RING)
        wrong(s, "%s is no ring", name);
    errno = 0;
    return e ? e->ring : NULL;
}

akit_uring *raw_uring(state *s, const char *name)
{
    handle_entry *e = handle_of(s, name);
    if (e && e->kind != AKIT_KIND_URING)
        wrong(s, "%s is no registration", name);
    return e ? e->uring : NULL;
}

akit_uring_group *raw_group(state *s, const char *name)
{
    handle_entry *e = handle_of(s, name);
    if (e && e->kind != AKIT_KIND_GROUP)
        wrong(s, "%s is no group", name);
    return e ? e->group : NULL;
}

int got(state *s, const char *name, void *p, uint64_t size)
{
    if (!p)
        return errno ? -errno : -ENOMEM;
    set_block(s, name, p, size);
    return 0;
}

static int is_batch(const state *s, const char *name)
{
    for (int i = 0; i < s->batch_count; i++)
        if (!strcmp(s->batches[i].name, name))
            return 1;
    return 0;
}

void **gather(state *s, int count, char **words, size_t *blocks)
{
    size_t most = 0;
    for (int i = 0; i < count; i++)
        most += is_batch(s, words[i]) ? batch_of(s, words[i], 0)->count : 1;
    void **p = (void **)calloc(most + 1, sizeof(void *));
    *blocks = 0;
    for (int i = 0; i < count; i++) {
        if (!is_batch(s, words[i])) {
            p[(*blocks)++] = block_of(s, words[i]).p;
            continue;
        }
        batch_entry *v = batch_of(s, words[i], 0);
        for (uint64_t k = 0; k < v->count; k++)
            p[(*blocks)++] = v->p[k];
    }
    return p;
}

void *old_block(state *s, const char *name)
{
    int known = !strcmp(name, "foreign") || strchr(name, '+');
    for (int i = 0; i < s->block_count; i++)
        known |= !strcmp(s->blocks[i].name, name);
    return known ? block_of(s, name).p : NULL;
}

void compare_name(state *s, const char *name, const char *word)
{
    if (!name || strcmp(name, word))
        wrong(s, "the name is %s", name ? name : "absent");
}

char *assigned(state *s, char *word)
{
    char *value = strchr(word, '=');
    if (value)
        *value++ = 0;
    else
        wrong(s, "not field=value: %s", word);
    return value;
}

static const operation *find(const operation *list, const char *name)
{
    while (list->name && strcmp(list->name, name))
        list++;
    return list->name ? list : NULL;
}

int perform(state *s, int count, char **words)
{
    const operation *lists[] = {make_operations,   byte_operations, look_operations,     region_operations,
                                huge_operations,   pool_operations, pool_look_operations, ring_operations,
                                uring_operations,  group_operations};
    const operation *o = NULL;
    for (size_t i = 0; !o && i < sizeof lists / sizeof lists[0]; i++)
        o = find(lists[i], words[0]);
    if (!o)
        wrong(s, "no operation %s", words[0]);
    else if (count < o->least)
        wrong(s, "%s needs more words", words[0]);
    else
        return o->run(s, count, words);
    return 0;
}
