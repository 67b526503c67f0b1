/* One process with three copies of the library: the one it links, a second shared one, and a static one in a plug-in. */
#define CHECK_SETUP() ((void)akit_misuse_mode(AKIT_MISUSE_COUNT))
#include <allockit.h>

#include "../../check.h"

#include <dlfcn.h>
#include <pthread.h>

static uint64_t misuses(void)
{
    akit_process_stats st = AKIT_PROCESS_STATS_INIT;
    CHECK_INT(akit_process_stats_get(&st), 0);
    return st.misuses_total;
}

static void *open_library(const char *variable)
{
    const char *path = getenv(variable);
    if (!path)
        SKIP("%s is not set", variable);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        CHECK_FAIL("%s", dlerror());
    return library;
}

typedef struct {
    void *library;
    akit_tiered *(*heap)(void);
    void *(*alloc)(size_t);
    void (*release)(void *);
    unsigned long long (*misuses)(void);
} plugin;

static plugin open_plugin(void)
{
    plugin p;
    p.library = open_library("PLUGIN");
    *(void **)&p.heap = dlsym(p.library, "plugin_heap");
    *(void **)&p.alloc = dlsym(p.library, "plugin_alloc");
    *(void **)&p.release = dlsym(p.library, "plugin_free");
    *(void **)&p.misuses = dlsym(p.library, "plugin_misuses");
    CHECK(p.heap && p.alloc && p.release && p.misuses && p.heap());
    return p;
}

FRESH(static_copy_in_a_plugin_works_beside_the_hosts)
{
    plugin p = open_plugin();
    akit_tiered *h = NULL;
    CHECK_INT(akit_tiered_create(NULL, &h), 0);
    char *a = akit_tiered_alloc(h, 100), *b = p.alloc(100);
    CHECK(a && b && a != b);
    memset(a, 1, 100);
    memset(b, 2, 100);
    CHECK(a[99] == 1 && b[99] == 2);
    akit_tiered_free(h, a);
    p.release(b);
    CHECK(misuses() == 0 && p.misuses() == 0);
}

FRESH(handle_of_another_copy_is_einval)
{
    plugin p = open_plugin();
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    CHECK_INT(akit_tiered_stats_get(p.heap(), &st), -EINVAL);
    CHECK_REFUSED(akit_tiered_alloc(p.heap(), 10), EINVAL);
}

FRESH(block_of_another_copy_is_reported_and_stays)
{
    plugin p = open_plugin();
    char *b = p.alloc(100), *big = p.alloc(5 << 20);
    memset(b, 2, 100);
    akit_free(b);
    akit_free(big);
    CHECK_INT(misuses(), 2);
    CHECK(b[0] == 2 && b[99] == 2);
    void *mine = akit_malloc(100);
    p.release(mine);
    CHECK_INT(p.misuses(), 1);
    p.release(b);
    p.release(big);
    akit_free(mine);
    CHECK_INT(p.misuses(), 1);
    CHECK_INT(misuses(), 2);
}

FRESH(second_shared_copy_has_handles_of_its_own)
{
    void *second = open_library("SECOND_COPY");
    int (*create)(const akit_tiered_config *, akit_tiered **);
    void *(*alloc)(akit_tiered *, size_t);
    int (*destroy)(akit_tiered *, uint32_t);
    *(void **)&create = dlsym(second, "akit_tiered_create");
    *(void **)&alloc = dlsym(second, "akit_tiered_alloc");
    *(void **)&destroy = dlsym(second, "akit_tiered_destroy");
    CHECK(create && (void *)create != (void *)akit_tiered_create);
    akit_tiered *h = NULL;
    CHECK_INT(create(NULL, &h), 0);
    char *b = alloc(h, 1000);
    CHECK(b != NULL);
    akit_free(b);
    CHECK_INT(misuses(), 1);
    CHECK_REFUSED(akit_tiered_alloc(h, 10), EINVAL);
    CHECK_INT(destroy(h, 0), 0);
    dlclose(second);
}

static pthread_barrier_t barrier;
static plugin shared_plugin;

static void *use_plugin_and_wait(void *arg)
{
    (void)arg;
    void *p[100];
    for (int i = 0; i < 100; i++)
        p[i] = shared_plugin.alloc(100 + (size_t)i * 100);
    for (int i = 0; i < 100; i++)
        shared_plugin.release(p[i]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

FRESH(plugin_is_closed_before_the_threads_that_used_it_exit)
{
    enum { threads = 8 };
    pthread_t t[threads];
    shared_plugin = open_plugin();
    pthread_barrier_init(&barrier, NULL, threads + 1);
    for (int i = 0; i < threads; i++)
        CHECK_INT(pthread_create(&t[i], NULL, use_plugin_and_wait, NULL), 0);
    pthread_barrier_wait(&barrier);
    CHECK_INT(dlclose(shared_plugin.library), 0);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    void *p = akit_malloc(100);
    CHECK(p != NULL);
    akit_free(p);
}

FRESH(plugin_is_opened_and_closed_many_times)
{
    for (int i = 0; i < 50; i++) {
        plugin p = open_plugin();
        void *b = p.alloc(1000);
        CHECK(b != NULL);
        p.release(b);
        CHECK_INT(dlclose(p.library), 0);
    }
}

FRESH(thread_of_a_plugin_exits_after_it_is_opened_again)
{
    pthread_t t;
    shared_plugin = open_plugin();
    pthread_barrier_init(&barrier, NULL, 2);
    CHECK_INT(pthread_create(&t, NULL, use_plugin_and_wait, NULL), 0);
    pthread_barrier_wait(&barrier);
    CHECK_INT(dlclose(shared_plugin.library), 0);
    plugin again = open_plugin();
    void *b = again.alloc(100);
    pthread_barrier_wait(&barrier);
    pthread_join(t, NULL);
    again.release(b);
    CHECK_INT(again.misuses(), 0);
}

FRESH(library_loaded_by_dlopen_alone)
{
    void *second = open_library("SECOND_COPY");
    void *(*alloc)(size_t);
    void (*release)(void *);
    *(void **)&alloc = dlsym(second, "akit_malloc");
    *(void **)&release = dlsym(second, "akit_free");
    void *p = alloc(100);
    CHECK(p != NULL);
    release(p);
    CHECK_INT(dlclose(second), 0);
    p = alloc(100); /* never really unloaded */
    release(p);
}
