/* Handles whose life runs over many threads, one step here and the next there, as goroutines and tasks do it. */
#include "kit.h"

#include <pthread.h>

enum { THREADS = 4, HANDLES = 8, BLOCKS = 200 };

typedef struct {
    pthread_mutex_t lock;
    akit_tiered *h;
    unsigned char *p[BLOCKS];
    size_t size[BLOCKS], n;
} life;

static life lives[HANDLES];
static int steps;

static const char *end_deferred(life *l)
{
    akit_tiered_destroy(l->h, AKIT_DESTROY_DEFER);
    l->h = NULL;
    while (l->n)
        akit_free(l->p[--l->n]);
    return NULL;
}

static const char *take(life *l, size_t size)
{
    unsigned char *p = (unsigned char *)akit_tiered_alloc(l->h, size);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    if (!p)
        return "no block";
    memset(p, (int)size & 0xff, size);
    l->p[l->n] = p;
    l->size[l->n++] = size;
    if (akit_tiered_owns(l->h, p) != 1)
        return "a fresh block is not owned";
    if (akit_usable_size(p) < size)
        return "the usable size is too small";
    if (akit_inspect(p + size / 2, &info) != 0 || info.base != (uintptr_t)p)
        return "inspect does not find a fresh block";
    return NULL;
}

static const char *give(life *l, size_t at)
{
    unsigned char *p = l->p[at];
    if (!all_bytes(p, l->size[at], l->size[at] & 0xff))
        return "a block's bytes changed";
    if (akit_tiered_owns(l->h, p) != 1)
        return "a living block is not owned";
    akit_tiered_free(l->h, p);
    l->p[at] = l->p[--l->n];
    l->size[at] = l->size[l->n];
    return NULL;
}

static const char *step(life *l, unsigned x)
{
    if (!l->h) {
        l->n = 0;
        return akit_tiered_create(NULL, &l->h) ? "no handle" : NULL;
    }
    switch (x >> 10 & 63) {
    case 0:
        akit_tiered_destroy(l->h, 0);
        l->h = NULL;
        return NULL;
    case 1:
        return end_deferred(l);
    default:
        if (l->n < BLOCKS && (x >> 16 & 1))
            return take(l, (x >> 17) % (x >> 9 & 7 ? 2000 : 100000));
        return l->n ? give(l, (x >> 20) % l->n) : NULL;
    }
}

static void *work(void *arg)
{
    unsigned x = *(unsigned *)arg;
    const char *wrong = NULL;
    for (int i = 0; i < steps && !wrong; i++) {
        x = x * 1664525 + 1013904223;
        life *l = &lives[x >> 20 & (HANDLES - 1)];
        x = x * 1664525 + 1013904223;
        pthread_mutex_lock(&l->lock);
        wrong = step(l, x);
        pthread_mutex_unlock(&l->lock);
    }
    return (void *)(uintptr_t)wrong;
}

FRESH(handles_migrate_between_threads)
{
    pthread_t t[THREADS];
    unsigned seed[THREADS];
    const char *wrong = NULL;
    steps = CHECK_SANITIZED ? 20000 : 200000;
    uint64_t before = process_stats().misuses_total;
    for (int i = 0; i < HANDLES; i++)
        pthread_mutex_init(&lives[i].lock, NULL);
    for (int i = 0; i < THREADS; i++) {
        seed[i] = 7919u * (unsigned)i + 1;
        CHECK_INT(pthread_create(&t[i], NULL, work, &seed[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *said = NULL;
        pthread_join(t[i], &said);
        wrong = said ? (const char *)said : wrong;
    }
    if (wrong)
        CHECK_FAIL("%s", wrong);
    CHECK_INT(process_stats().misuses_total, before);
}
