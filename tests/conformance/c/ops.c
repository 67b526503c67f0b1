/* Finds an operation by its name, and what all operations share. */
#include "ops.h"

#include <errno.h>
#include <stdio.h>
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

static const operation *find(const operation *list, const char *name)
{
    while (list->name && strcmp(list->name, name))
        list++;
    return list->name ? list : NULL;
}

int perform(state *s, int count, char **words)
{
    const operation *o = find(make_operations, words[0]);
    if (!o)
        o = find(byte_operations, words[0]);
    if (!o)
        o = find(look_operations, words[0]);
    if (!o)
        wrong(s, "no operation %s", words[0]);
    else if (count < o->least)
        wrong(s, "%s needs more words", words[0]);
    else
        return o->run(s, count, words);
    return 0;
}
