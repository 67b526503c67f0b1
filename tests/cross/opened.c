/* The library is opened by dlopen, after the program and a thread of it have started: neither has room set aside for its
 * thread-local data. Both threads allocate and free.  opened LIBRARY */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void *(*malloc_fn)(size_t);
typedef void (*free_fn)(void *);

static malloc_fn get;
static free_fn put;
static int opened[2];

static int blocks_work(void)
{
    unsigned char *block[100];
    int good = 1;
    for (int i = 0; i < 100; i++) {
        block[i] = get((size_t)(i + 1) * 500);
        if (block[i] == NULL)
            return 0;
        memset(block[i], i, (size_t)(i + 1) * 500);
    }
    for (int i = 0; i < 100; i++) {
        good &= block[i][0] == i && block[i][(i + 1) * 500 - 1] == i;
        put(block[i]);
    }
    return good;
}

static void *thread(void *result)
{
    char byte;
    if (read(opened[0], &byte, 1) == 1)
        *(int *)result = blocks_work();
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t other;
    int other_good = 0;
    if (argc != 2 || pipe(opened) != 0 || pthread_create(&other, NULL, thread, &other_good) != 0)
        return 2;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    void *address = dlsym(library, "akit_malloc");
    memcpy(&get, &address, sizeof get);
    address = dlsym(library, "akit_free");
    memcpy(&put, &address, sizeof put);
    if (get == NULL || put == NULL || write(opened[1], "x", 1) != 1)
        return 1;
    int good = blocks_work();
    pthread_join(other, NULL);
    return good && other_good && dlclose(library) == 0 ? 0 : 1;
}
