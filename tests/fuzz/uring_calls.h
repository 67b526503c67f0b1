/*
 * Bytes become calls of a registration: the first ones choose how many slots and whether there are tags, then memory is
 * added, removed, synchronised, drained and looked up. A plain list of the areas says what each call must answer. Where
 * no io_uring can be had, nothing is done.
 */
#ifndef TESTS_FUZZ_URING_CALLS_H
#define TESTS_FUZZ_URING_CALLS_H

#include "input.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FUZZ_AREAS = 96, FUZZ_FIRST = 3, FUZZ_TAGS = 1000 };
enum { FUZZ_NONE, FUZZ_PENDING, FUZZ_LIVE, FUZZ_LEAVING, FUZZ_DRAINING };

typedef struct {
    unsigned char *base;
    size_t length;
    int state, slot; /* -1: not seen yet */
    uint64_t age;
} fuzz_area;

typedef struct {
    akit_uring *h;
    unsigned slots;
    int tags;
    uint64_t added, registered, refused, missed;
    fuzz_area area[FUZZ_AREAS];
} fuzz_table;

static const size_t fuzz_arena_bytes = (size_t)16 << 20;
static unsigned char *fuzz_arena;
static int fuzz_ring = -2; /* -1: there is none */

static inline int fuzz_start(void)
{
    if (fuzz_ring != -2)
        return fuzz_ring >= 0;
    uint64_t params[15] = {0};
    fuzz_ring = (int)syscall(SYS_io_uring_setup, 4096, params);
    fuzz_arena = (unsigned char *)mmap(NULL, fuzz_arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FUZZ_MUST((void *)fuzz_arena != MAP_FAILED);
    return fuzz_ring >= 0;
}

/* Mostly near a page or a grain of the table, of any length up to 4 MiB. */
static inline unsigned char *fuzz_address(fuzz_input *in)
{
    size_t at = (size_t)fuzz_byte(in) << 16;
    unsigned how = fuzz_byte(in);
    at += how & 1 ? (size_t)(how >> 1) << 9 : (size_t)(how >> 4);
    return fuzz_arena + at;
}

static inline size_t fuzz_length(fuzz_input *in, const unsigned char *base)
{
    unsigned a = fuzz_byte(in), b = fuzz_byte(in);
    size_t n = ((size_t)1 << a % 22) + (b & 1 ? b >> 1 : 0), room = (size_t)(fuzz_arena + fuzz_arena_bytes - base);
    return n < room ? n : room;
}

static inline size_t fuzz_count(const fuzz_table *f, int state)
{
    size_t n = 0;
    for (int i = 0; i < FUZZ_AREAS; i++)
        n += f->area[i].state == state;
    return n;
}

static inline fuzz_area *fuzz_present(fuzz_table *f, const unsigned char *base)
{
    for (int i = 0; i < FUZZ_AREAS; i++)
        if (f->area[i].base == base && (f->area[i].state == FUZZ_PENDING || f->area[i].state == FUZZ_LIVE))
            return &f->area[i];
    return NULL;
}

static inline void fuzz_add(fuzz_table *f, fuzz_input *in)
{
    fuzz_area *free_one = NULL;
    for (int i = 0; i < FUZZ_AREAS && !free_one; i++)
        if (f->area[i].state == FUZZ_NONE)
            free_one = &f->area[i];
    unsigned char *base = fuzz_address(in);
    size_t length = fuzz_length(in, base);
    if (!free_one)
        return;
    int rc = akit_uring_add_memory(f->h, base, length);
    FUZZ_MUST(rc == (fuzz_present(f, base) ? -EBUSY : 0));
    if (rc == 0) {
        fuzz_area a = {base, length, FUZZ_PENDING, -1, ++f->added};
        *free_one = a;
    }
}

static inline void fuzz_remove(fuzz_table *f, fuzz_input *in)
{
    fuzz_area *a = &f->area[fuzz_byte(in) % FUZZ_AREAS];
    if (a->state == FUZZ_NONE) {
        unsigned char *base = fuzz_address(in);
        a = fuzz_present(f, base);
        if (!a) {
            FUZZ_MUST(akit_uring_remove(f->h, base) == -ENOENT);
            return;
        }
    }
    fuzz_area *there = fuzz_present(f, a->base);
    FUZZ_MUST(akit_uring_remove(f->h, a->base) == (there ? 0 : -ENOENT));
    if (there)
        there->state = there->state == FUZZ_LIVE ? FUZZ_LEAVING : FUZZ_NONE;
}

/* In the order they were added, for as long as there are slots. */
static inline void fuzz_sync(fuzz_table *f)
{
    for (int i = 0; i < FUZZ_AREAS; i++)
        if (f->area[i].state == FUZZ_LEAVING)
            f->area[i].state = f->tags ? FUZZ_DRAINING : FUZZ_NONE;
    int done = 0, left = (int)f->slots - (int)(fuzz_count(f, FUZZ_LIVE) + fuzz_count(f, FUZZ_DRAINING)), refused = 0;
    for (;;) {
        fuzz_area *next = NULL;
        for (int i = 0; i < FUZZ_AREAS; i++)
            if (f->area[i].state == FUZZ_PENDING && (!next || f->area[i].age < next->age))
                next = &f->area[i];
        if (!next)
            break;
        if (done == left) {
            refused = (int)fuzz_count(f, FUZZ_PENDING);
            break;
        }
        next->state = FUZZ_LIVE;
        next->slot = -1;
        done++;
    }
    f->registered += (unsigned)done;
    f->refused += (unsigned)refused;
    FUZZ_MUST(akit_uring_sync(f->h) == (done ? done : refused ? -ENOBUFS : 0));
}

static inline void fuzz_lookup(fuzz_table *f, const unsigned char *p, size_t length)
{
    fuzz_area *only = NULL;
    int holders = 0;
    for (int i = 0; i < FUZZ_AREAS; i++) {
        fuzz_area *a = &f->area[i];
        if (a->state == FUZZ_LIVE && p >= a->base && p < a->base + a->length && length <= (size_t)(a->base + a->length - p)) {
            only = a;
            holders++;
        }
    }
    int slot = akit_uring_lookup(f->h, p, length);
    if (holders == 0) {
        FUZZ_MUST(slot == -ENOENT);
        f->missed++;
        return;
    }
    FUZZ_MUST(slot >= FUZZ_FIRST && slot < FUZZ_FIRST + (int)f->slots);
    if (holders > 1)
        return;
    FUZZ_MUST(only->slot == -1 || only->slot == slot);
    for (int i = 0; i < FUZZ_AREAS; i++)
        FUZZ_MUST(&f->area[i] == only || f->area[i].state < FUZZ_LIVE || f->area[i].slot != slot);
    only->slot = slot;
}

static inline void fuzz_drain(fuzz_table *f, fuzz_input *in)
{
    unsigned slot = fuzz_byte(in) % (f->slots + 2);
    int waiting = 0, unseen = 0;
    for (int i = 0; i < FUZZ_AREAS; i++) {
        fuzz_area *a = &f->area[i];
        if (a->state != FUZZ_DRAINING)
            continue;
        unseen += a->slot == -1;
        if (a->slot == FUZZ_FIRST + (int)slot) {
            a->state = FUZZ_NONE;
            waiting = 1;
        }
    }
    if (unseen == 0 || waiting) {
        FUZZ_MUST(akit_uring_drained(f->h, FUZZ_TAGS + slot) == (waiting ? 1 : -ENOENT));
        return;
    }
    FUZZ_MUST(akit_uring_drained(f->h, AKIT_URING_ALL) == (int)fuzz_count(f, FUZZ_DRAINING));
    for (int i = 0; i < FUZZ_AREAS; i++)
        if (f->area[i].state == FUZZ_DRAINING)
            f->area[i].state = FUZZ_NONE;
}

static inline void fuzz_compare(const fuzz_table *f)
{
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    uint64_t bytes = 0;
    for (int i = 0; i < FUZZ_AREAS; i++)
        bytes += f->area[i].state == FUZZ_LIVE ? f->area[i].length : 0;
    FUZZ_MUST(akit_uring_stats_get(f->h, &st) == 0);
    FUZZ_MUST(st.registered_bytes == bytes && st.slots == f->slots);
    FUZZ_MUST(st.areas == fuzz_count(f, FUZZ_LIVE) + fuzz_count(f, FUZZ_PENDING) && st.areas_pending == fuzz_count(f, FUZZ_PENDING));
    FUZZ_MUST(st.areas_draining == fuzz_count(f, FUZZ_LEAVING) + fuzz_count(f, FUZZ_DRAINING));
    FUZZ_MUST(st.slots_used == fuzz_count(f, FUZZ_LIVE) + st.areas_draining);
    FUZZ_MUST(st.registers_total == f->registered && st.register_failures_total == f->refused && st.lookups_missed_total == f->missed);
    FUZZ_MUST(st.state <= AKIT_URING_ON && (st.state == AKIT_URING_ON || st.state == AKIT_URING_PARTIAL) == (fuzz_count(f, FUZZ_LIVE) > 0));
}

static inline void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    fuzz_table f;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    if (!fuzz_start())
        return;
    memset(&f, 0, sizeof f);
    unsigned how = fuzz_byte(&in);
    f.slots = 1 + how % 64;
    f.tags = how >> 7;
    cfg.ring_fd = fuzz_ring;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    cfg.slot_base = FUZZ_FIRST;
    cfg.slot_count = f.slots;
    cfg.tag_base = f.tags ? FUZZ_TAGS : 0;
    FUZZ_MUST(akit_uring_create(&cfg, &f.h) == 0);
    while (in.at < in.end) {
        unsigned what = fuzz_byte(&in);
        if (what < 70)
            fuzz_add(&f, &in);
        else if (what < 110)
            fuzz_remove(&f, &in);
        else if (what < 130)
            fuzz_sync(&f);
        else if (what < 150)
            fuzz_drain(&f, &in);
        else if (what < 155)
            fuzz_compare(&f);
        else if (what < 200) {
            unsigned char *p = fuzz_address(&in);
            fuzz_lookup(&f, p, fuzz_length(&in, p));
        } else {
            const fuzz_area *a = &f.area[fuzz_byte(&in) % FUZZ_AREAS];
            if (a->state == FUZZ_NONE)
                continue;
            fuzz_lookup(&f, a->base, a->length);
            fuzz_lookup(&f, a->base + a->length - 1, 1);
            fuzz_lookup(&f, a->base, a->length + 1);
        }
    }
    fuzz_compare(&f);
    FUZZ_MUST(akit_uring_destroy(f.h, AKIT_DESTROY_NOW) == 0);
}

#endif
