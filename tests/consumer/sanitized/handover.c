/*
 * A program built with a sanitizer, linked with the ordinary library. No false report may come: not a leak for what only
 * our memory points to, not a race for blocks handed from thread to thread. With an argument it makes a real mistake.
 */
#include <allockit.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { rounds = 2000, slots = 64 };

static akit_tiered *heap;
static void *slot[slots];
static pthread_mutex_t lock[slots];

static void *work(void *arg)
{
    unsigned x = *(unsigned *)arg;
    for (int i = 0; i < rounds; i++) {
        x = x * 1664525 + 1013904223;
        unsigned at = x >> 8 & (slots - 1);
        size_t size = 16 + (x >> 16) % 3000;
        char *fresh = akit_tiered_alloc(heap, size);
        if (!fresh)
            abort();
        memset(fresh, (int)x, size);
        pthread_mutex_lock(&lock[at]);
        void *old = slot[at];
        slot[at] = fresh;
        pthread_mutex_unlock(&lock[at]);
        akit_tiered_free(heap, old);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (akit_tiered_create(NULL, &heap) < 0)
        return 1;
    if (argc > 1 && !strcmp(argv[1], "use-after-free")) {
        volatile char *p = akit_tiered_alloc(heap, 100);
        p[50] = 1;
        akit_tiered_free(heap, (void *)p);
        return p[50];
    }
    void **holder = akit_tiered_alloc(heap, sizeof(void *));
    *holder = malloc(1000); /* reachable only through our memory */

    pthread_t t[4];
    unsigned seeds[4] = {1, 2, 3, 4};
    for (int i = 0; i < slots; i++)
        pthread_mutex_init(&lock[i], NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, work, &seeds[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < slots; i++)
        akit_tiered_free(heap, slot[i]);
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    akit_tiered_stats_get(heap, &st);
    printf("%llu blocks\n", (unsigned long long)st.allocs_total);
    return st.misuses_total != 0;
}
