/* Random calls against a plain list of areas: the same that the fuzzer makes, from seeds. */
#include "uring_raw.h"

#include "../fuzz/uring_calls.h"

#include <pthread.h>

static uint64_t random_of(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545F4914F6CDD1Du;
}

CASE(random_calls_answer_as_a_plain_list)
{
    static uint8_t data[20000];
    raw_ring r = raw_ring_with(0);
    raw_close(&r);
    const char *asked = getenv("AKIT_TEST_ROUNDS");
    unsigned long rounds = asked ? strtoul(asked, NULL, 10) : CHECK_SANITIZED ? 1 : 20;
    for (uint64_t seed = 1; seed <= rounds; seed++) {
        uint64_t state = seed * 0x9E3779B97F4A7C15u;
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)(random_of(&state) >> 56);
        fuzz_run(data, sizeof data);
    }
}

typedef struct {
    akit_uring *h;
    char *kept, *moving;
    int stop;
    uint64_t wrong, found;
} readers;

static void *look(void *arg)
{
    readers *t = (readers *)arg;
    int slot = akit_uring_lookup(t->h, t->kept, 8192);
    uint64_t wrong = 0;
    while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
        uint64_t found = 0;
        for (int i = 0; i < 64; i++) {
            wrong += akit_uring_lookup(t->h, t->kept + i * 100, 1000) != slot;
            int other = akit_uring_lookup(t->h, t->moving + i * 65536 + 100, 4096);
            wrong += other != -ENOENT && (other < 0 || other == slot);
            found += other >= 0;
        }
        __atomic_fetch_add(&t->found, found, __ATOMIC_RELAXED);
    }
    __atomic_fetch_add(&t->wrong, wrong, __ATOMIC_RELAXED);
    return NULL;
}

CASE(lookups_beside_changes)
{
    raw_ring r = raw_ring_with(0);
    readers t;
    memset(&t, 0, sizeof t);
    t.h = new_uring_with(&r, AKIT_URING_CREATE_TABLE, 65, 0);
    t.kept = (char *)pages_of(MIB(1));
    t.moving = (char *)pages_of(MIB(4));
    CHECK_INT(akit_uring_add_memory(t.h, t.kept, MIB(1)), 0);
    CHECK_INT(akit_uring_sync(t.h), 1);
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_create(&thread[i], NULL, look, &t), 0);
    uint64_t state = 7;
    for (int i = 0; i < (CHECK_SANITIZED ? 300 : 3000); i++) {
        char *p = t.moving + random_of(&state) % 64 * 65536;
        int rc = akit_uring_add_memory(t.h, p, 65536);
        CHECK(rc == 0 || rc == -EBUSY);
        CHECK(akit_uring_sync(t.h) >= 0);
        if (random_of(&state) >> 63) {
            CHECK_INT(akit_uring_remove(t.h, p), 0);
            CHECK_INT(akit_uring_sync(t.h), 0);
        }
    }
    int rc = akit_uring_add_memory(t.h, t.moving, 65536); /* there is something to find, however late they begin */
    CHECK(rc == 0 || rc == -EBUSY);
    CHECK(akit_uring_sync(t.h) >= 0);
    while (__atomic_load_n(&t.found, __ATOMIC_RELAXED) == 0)
        sched_yield();
    __atomic_store_n(&t.stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_join(thread[i], NULL), 0);
    CHECK_INT(t.wrong, 0);
    CHECK_INT(akit_uring_destroy(t.h, 0), 0);
    raw_close(&r);
    munmap(t.kept, MIB(1));
    munmap(t.moving, MIB(4));
}
