#include "state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned char foreign_memory[4096] __attribute__((aligned(4096)));

void wrong(state *s, const char *format, ...)
{
    if (s->why[0])
        return;
    va_list args;
    va_start(args, format);
    int n = snprintf(s->why, sizeof s->why, "line %d: ", s->line);
    vsnprintf(s->why + n, sizeof s->why - (size_t)n, format, args);
    va_end(args);
}

static void set_name(char *to, const char *name)
{
    snprintf(to, NAME_MAX_LENGTH, "%s", name);
}

/* Groups end before their registrations, both before what they are made of, and the io_urings last. */
static void end_registrations(state *s)
{
    for (int i = 0; i < s->handle_count; i++)
        if (s->handles[i].live && s->handles[i].kind == AKIT_KIND_GROUP)
            akit_uring_group_destroy(s->handles[i].group, AKIT_DESTROY_NOW);
    for (int i = 0; i < s->handle_count; i++)
        if (s->handles[i].live && s->handles[i].kind == AKIT_KIND_URING)
            akit_uring_destroy(s->handles[i].uring, AKIT_DESTROY_NOW);
}

static void end_handles(state *s)
{
    for (int i = 0; i < s->handle_count; i++) {
        handle_entry *e = &s->handles[i];
        if (e->live && e->kind == AKIT_KIND_REGION)
            akit_region_destroy(e->region, 0);
        else if (e->live && e->kind == AKIT_KIND_HUGE)
            akit_huge_destroy(e->huge, 0);
        else if (e->live && e->kind == AKIT_KIND_POOL)
            akit_pool_destroy(e->pool, AKIT_DESTROY_NOW);
        else if (e->live && e->kind == AKIT_KIND_RING)
            akit_ring_destroy(e->ring, AKIT_DESTROY_NOW);
        else if (e->live && e->kind == KIND_IO_URING)
            close(e->io_uring);
        else if (e->live && e->kind == AKIT_KIND_TIERED)
            akit_tiered_destroy(e->h, 0);
    }
}

void forget_all(state *s)
{
    end_registrations(s);
    end_handles(s);
    for (int i = 0; i < s->batch_count; i++)
        free(s->batches[i].p);
    for (int i = 0; i < s->memory_count; i++)
        munmap(s->memories[i].p, s->memories[i].bytes);
    memset(s, 0, sizeof *s);
}

handle_entry *handle_of(state *s, const char *name)
{
    for (int i = 0; i < s->handle_count; i++)
        if (!strcmp(s->handles[i].name, name))
            return &s->handles[i];
    if (!strcmp(name, "default")) {
        handle_entry *e = new_handle(s, name);
        if (e) {
            e->kind = AKIT_KIND_TIERED;
            e->h = akit_default();
            e->live = 0; /* never destroyed between cases */
        }
        return e;
    }
    wrong(s, "no handle %s", name);
    return NULL;
}

handle_entry *new_handle(state *s, const char *name)
{
    if (s->handle_count == MAX_THINGS) {
        wrong(s, "too many handles");
        return NULL;
    }
    handle_entry *e = &s->handles[s->handle_count++];
    memset(e, 0, sizeof *e);
    set_name(e->name, name);
    return e;
}

static block_entry *find_block(state *s, const char *name)
{
    for (int i = 0; i < s->block_count; i++)
        if (!strcmp(s->blocks[i].name, name))
            return &s->blocks[i];
    return NULL;
}

block_entry block_of(state *s, const char *word)
{
    block_entry b;
    memset(&b, 0, sizeof b);
    char name[NAME_MAX_LENGTH];
    set_name(name, word);
    uint64_t offset = 0;
    char *plus = strchr(name, '+');
    if (plus) {
        *plus = 0;
        offset = strtoull(plus + 1, NULL, 10);
    }
    char *dot = strrchr(name, '.');
    block_entry *known = find_block(s, name);
    if (!strcmp(name, "null")) {
        return b;
    } else if (!strcmp(name, "foreign")) {
        b.p = foreign_memory;
        b.size = sizeof foreign_memory;
    } else if (known) {
        b = *known;
    } else if (dot) {
        *dot = 0;
        uint64_t index = strtoull(dot + 1, NULL, 10);
        batch_entry *v = batch_of(s, name, 0);
        if (v && index < v->count) {
            b.p = (unsigned char *)v->p[index];
            b.size = v->size;
        } else {
            wrong(s, "no block %s", word);
        }
    } else {
        wrong(s, "no block %s", word);
    }
    b.p += offset;
    return b;
}

block_entry *set_block(state *s, const char *name, void *p, uint64_t size)
{
    static block_entry lost;
    block_entry *b = find_block(s, name);
    if (!b) {
        if (s->block_count == MAX_THINGS) {
            wrong(s, "too many blocks");
            return &lost;
        }
        b = &s->blocks[s->block_count++];
        set_name(b->name, name);
    }
    b->p = (unsigned char *)p;
    b->size = size;
    b->room = 0;
    b->backing = 0;
    return b;
}

void *new_memory(state *s, uint64_t bytes)
{
    void *p = s->memory_count < MAX_THINGS
                  ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                  : MAP_FAILED;
    if (p == MAP_FAILED) {
        wrong(s, "no memory of %llu bytes", (unsigned long long)bytes);
        return NULL;
    }
    s->memories[s->memory_count].p = p;
    s->memories[s->memory_count++].bytes = bytes;
    return p;
}

batch_entry *batch_of(state *s, const char *name, int make)
{
    for (int i = 0; i < s->batch_count; i++)
        if (!strcmp(s->batches[i].name, name))
            return &s->batches[i];
    if (!make || s->batch_count == MAX_THINGS) {
        wrong(s, "no batch %s", name);
        return NULL;
    }
    batch_entry *v = &s->batches[s->batch_count++];
    memset(v, 0, sizeof *v);
    set_name(v->name, name);
    return v;
}

void set_number(state *s, const char *name, uint64_t value)
{
    if (s->number_count == MAX_THINGS) {
        wrong(s, "too many numbers");
        return;
    }
    number_entry *n = &s->numbers[s->number_count++];
    set_name(n->name, name);
    n->value = value;
}

uint64_t number_of(state *s, const char *word)
{
    if (!strcmp(word, "max"))
        return UINT64_MAX;
    if (!strcmp(word, "ptrmax"))
        return INT64_MAX;
    if (!strcmp(word, "ptrmax1"))
        return (uint64_t)INT64_MAX + 1;
    if (word[0] == '$') {
        for (int i = s->number_count - 1; i >= 0; i--)
            if (!strcmp(s->numbers[i].name, word + 1))
                return s->numbers[i].value;
        wrong(s, "no number %s", word);
        return 0;
    }
    char *end = NULL;
    uint64_t value = strtoull(word, &end, 10);
    const char *suffixes = "KMGT";
    const char *suffix = *end ? strchr(suffixes, *end) : NULL;
    if (suffix) {
        value <<= 10 * (suffix - suffixes + 1);
        end++;
    }
    if (end == word || *end)
        wrong(s, "not a number: %s", word);
    return value;
}
