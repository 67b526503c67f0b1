/*
 * A host whose malloc is ours and that has taken 40 thread-specific keys: pthread_setspecific then calls calloc itself,
 * also while a thread ends. Run with shim.so preloaded.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { keys = 40, threads = 8, rounds = 20000 };

static pthread_key_t key[keys];

static void *work(void *arg)
{
    unsigned x = *(unsigned *)arg;
    void *kept[64] = {NULL};
    for (int i = 0; i < keys; i++)
        pthread_setspecific(key[i], malloc(50));
    for (int i = 0; i < rounds; i++) {
        x = x * 1664525 + 1013904223;
        void **slot = &kept[x >> 8 & 63];
        *slot = realloc(*slot, 1 + (x >> 14) % 5000);
        if (!*slot)
            abort();
        memset(*slot, 1, 1);
    }
    for (int i = 0; i < 64; i++)
        free(kept[i]);
    char *text = strdup("still here");
    int bad = strcmp(text, "still here");
    free(text);
    return bad ? arg : NULL;
}

int main(void)
{
    pthread_t t[threads];
    unsigned seed[threads];
    int (*stats)(void *);
    *(void **)&stats = dlsym(RTLD_DEFAULT, "akit_process_stats_get");
    if (!stats) {
        puts("malloc is not routed");
        return 2;
    }
    for (int i = 0; i < keys; i++)
        if (pthread_key_create(&key[i], free))
            return 3;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < threads; i++) {
            seed[i] = (unsigned)(round * threads + i);
            if (pthread_create(&t[i], NULL, work, &seed[i]))
                return 4;
        }
        for (int i = 0; i < threads; i++) {
            void *bad = NULL;
            pthread_join(t[i], &bad);
            if (bad)
                return 5;
        }
    }
    puts("routed");
    return 0;
}
