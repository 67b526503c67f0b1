/* akit_pool_suggest: classes that waste less, caps and warm-up that would have done, and nothing changed. */
#include "pool_kit.h"

#include <pthread.h>

static void *taken[2000];

static akit_pool_config suggestion_of(akit_pool *h)
{
    akit_pool_config say = AKIT_POOL_CONFIG_INIT;
    CHECK_INT(akit_pool_suggest(h, &say), 0);
    CHECK(say.class_bytes && say.class_count >= 1 && say.class_count <= AKIT_POOL_MAX_CLASSES);
    for (uint64_t i = 1; i < say.class_count; i++)
        CHECK(say.class_bytes[i] > say.class_bytes[i - 1]);
    return say;
}

/* Bytes that one buffer of each of these lengths takes more than was asked for. */
static uint64_t waste(const akit_pool_config *cfg, const size_t *lengths, size_t n)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < n; k++) {
        uint64_t i = 0;
        while (i < cfg->class_count && cfg->class_bytes[i] < lengths[k])
            i++;
        if (i == cfg->class_count)
            CHECK_FAIL("no class for %zu bytes", lengths[k]);
        sum += cfg->class_bytes[i] - lengths[k];
    }
    return sum;
}

static void ask_for(akit_pool *h, const size_t *lengths, size_t n)
{
    for (int round = 0; round < 1000; round++)
        for (size_t i = 0; i < n; i++)
            CHECK_INT(akit_pool_put(h, plain_buffer(h, lengths[i])), 0);
}

static void wastes_less(const size_t *lengths, size_t n)
{
    akit_pool *h = new_pool();
    akit_pool_config now = AKIT_POOL_CONFIG_INIT;
    uint64_t asked = 0, most = 0;
    ask_for(h, lengths, n);
    akit_pool_config say = suggestion_of(h);
    for (size_t i = 0; i < n; i++) {
        asked += lengths[i];
        most = lengths[i] > most ? lengths[i] : most;
    }
    CHECK_AT_MOST(waste(&say, lengths, n), asked / 4); /* lengths are known to a quarter of a doubling */
    CHECK_INT(akit_pool_config_get(h, &now), 0);
    if (most <= KIB(64))
        CHECK_AT_MOST(waste(&say, lengths, n), waste(&now, lengths, n));
    CHECK_INT(now.class_count, 6); /* it changed nothing */
    akit_pool *g = new_pool_with(&say);
    ask_for(g, lengths, n);
    CHECK_INT(pool_stats_of(g).oversize_total, 0);
    CHECK_INT(akit_pool_destroy(g, 0), 0);
    CHECK_INT(akit_pool_destroy(h, 0), 0);
}

CASE(classes_for_one_length) { wastes_less((const size_t[]){5000}, 1); }
CASE(classes_for_two_lengths) { wastes_less((const size_t[]){2100, 33000}, 2); }
CASE(classes_for_small_lengths) { wastes_less((const size_t[]){100, 200, 700}, 3); }
CASE(classes_for_large_lengths) { wastes_less((const size_t[]){100000, 1000000, 9000000}, 3); }
CASE(classes_for_many_lengths) { wastes_less((const size_t[]){150, 1500, 4200, 9000, 17000, 40000, 65000, 300000}, 8); }

static unsigned char buffer[MIB(4)] __attribute__((aligned(65536)));
static akit_pool *of_a_thread;

static void *ask_and_end(void *arg)
{
    for (int i = 0; i < 500; i++)
        THREAD_CHECK(akit_pool_put(of_a_thread, akit_pool_get(of_a_thread, 33000, NULL)) == 0);
    return arg;
}

static void in_batches(akit_pool *h)
{
    for (int i = 0; i < 50; i++) {
        CHECK_INT(akit_pool_get_n(h, 33000, 10, taken, NULL), 10);
        CHECK_INT(akit_pool_put_n(h, 10, taken), 10);
    }
}

static void by_a_thread(akit_pool *h)
{
    pthread_t t;
    of_a_thread = h;
    CHECK_INT(pthread_create(&t, NULL, ask_and_end, NULL), 0);
    pthread_join(t, NULL);
    CHECK_THREADS();
    CHECK_INT(akit_maintain(NULL), 0);
}

static void one_by_one(akit_pool *h)
{
    ask_for(h, (const size_t[]){33000}, 1);
}

/* However the lengths were asked for, they are known. */
static void knows_lengths(const akit_pool_config *cfg, void (*act)(akit_pool *))
{
    akit_pool *h = new_pool_with(cfg);
    act(h);
    akit_pool_config say = suggestion_of(h);
    CHECK_AT_MOST(waste(&say, (const size_t[]){33000}, 1), 33000 / 4);
    akit_pool_destroy(h, 0);
}

CASE(lengths_are_known_however_they_were_asked_for)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    knows_lengths(&cfg, one_by_one);
    knows_lengths(&cfg, in_batches);
    knows_lengths(&cfg, by_a_thread);
    cfg.memory = buffer;
    cfg.memory_bytes = sizeof buffer;
    knows_lengths(&cfg, one_by_one);
    knows_lengths(&cfg, in_batches);
    cfg.memory = NULL;
    cfg.memory_bytes = 0;
    cfg.max_class_bytes = KIB(16); /* above the classes */
    knows_lengths(&cfg, one_by_one);
    knows_lengths(&cfg, in_batches);
    cfg.max_class_bytes = 0;
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    knows_lengths(&cfg, one_by_one);
    knows_lengths(&cfg, in_batches);
}

CASE(before_the_first_request_it_is_what_is_in_force)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT, now = AKIT_POOL_CONFIG_INIT;
    const uint64_t classes[] = {777, 7777};
    cfg.name = "asks";
    cfg.class_bytes = classes;
    cfg.class_count = 2;
    cfg.cache_bytes = MIB(5);
    cfg.limit_bytes = MIB(50);
    akit_pool *h = new_pool_with(&cfg);
    akit_pool_config say = suggestion_of(h);
    CHECK_INT(akit_pool_config_get(h, &now), 0);
    CHECK(!strcmp(say.name, "asks") && say.class_count == 2 && say.class_bytes[0] == 777 && say.class_bytes[1] == 7777);
    say.class_bytes = now.class_bytes;
    say.name = now.name;
    CHECK(!memcmp(&say, &now, sizeof now));
    akit_pool_destroy(h, 0);
}

CASE(warm_up_and_caps_are_the_concurrent_peak)
{
    akit_pool *h = new_pool();
    for (int round = 0; round < 3; round++) {
        get_all(h, 50000, 200, taken);
        get_all(h, 2000, 1000, taken + 200);
        put_all(h, 1200, taken);
    }
    ask_for(h, (const size_t[]){50000, 2000}, 2);
    akit_pool_config say = suggestion_of(h);
    uint64_t peak = 200 * 50000 + 1000 * 2000;
    CHECK_AT_LEAST(say.prefault_bytes, peak);
    CHECK_AT_MOST(say.prefault_bytes, 3 * peak);
    CHECK_AT_LEAST(say.cache_bytes, peak);
    CHECK(say.limit_bytes == AKIT_NONE || say.limit_bytes >= peak);
    akit_pool *g = new_pool_with(&say); /* with it the same work needs no more from the kernel */
    uint64_t made = pool_stats_of(g).prefaulted_bytes_total;
    CHECK_AT_LEAST(made, peak);
    get_all(g, 50000, 200, taken);
    get_all(g, 2000, 1000, taken + 200);
    put_all(g, 1200, taken);
    CHECK_INT(pool_stats_of(g).discards_total, 0);
    akit_pool_destroy(g, 0);
    akit_pool_destroy(h, 0);
}

CASE(what_was_configured_otherwise_stays)
{
    akit_pool_config cfg = AKIT_POOL_CONFIG_INIT;
    cfg.name = "stays";
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    cfg.alignment = 4096;
    cfg.check_mode = AKIT_CHECK_EXACT;
    cfg.flags = AKIT_POOL_TAGS;
    akit_pool *h = new_pool_with(&cfg);
    CHECK_INT(akit_pool_put(h, plain_buffer(h, 5000)), 0);
    akit_pool_config say = suggestion_of(h);
    CHECK(!strcmp(say.name, "stays") && say.zero_mode == AKIT_ZERO_ON_FREE && say.alignment == 4096);
    CHECK(say.check_mode == AKIT_CHECK_EXACT && say.flags == AKIT_POOL_TAGS);
    akit_pool_destroy(h, 0);
}

CASE(suggest_answers)
{
    akit_pool *h = new_pool();
    akit_pool_config say = AKIT_POOL_CONFIG_INIT;
    CHECK_INT(akit_pool_suggest(h, NULL), -EINVAL);
    say.struct_size = 9;
    CHECK_INT(akit_pool_suggest(h, &say), -EINVAL);
    akit_pool_destroy(h, 0);
}
