/* akit_ring_suggest: the proposal serves the traffic that it was made from, and is not much larger than the least that does. */
#include "ring_kit.h"

typedef struct {
    size_t window;           /* slices that are out at once */
    size_t (*length)(uint64_t *random);
    uint64_t block_bytes;    /* of the first ring */
} traffic;

/* The oldest is released after each acquire, whether that had room or not. Answers how many had none. */
static uint64_t play(akit_ring *h, const traffic *t)
{
    static void *p[5000];
    uint64_t random = 11, failed = 0;
    size_t steps = t->window * 12;
    memset(p, 0, sizeof p);
    for (size_t i = 0; i < steps; i++) {
        void *q = akit_ring_acquire(h, t->length(&random));
        failed += !q;
        CHECK_INT(akit_ring_release(h, p[i % t->window]), 0);
        p[i % t->window] = q;
    }
    for (size_t i = 0; i < t->window; i++)
        CHECK_INT(akit_ring_release(h, p[i]), 0);
    return failed;
}

static uint64_t failures_with(const traffic *t, uint64_t capacity, uint64_t block, uint32_t order)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = capacity;
    cfg.block_bytes = block;
    cfg.order = order;
    akit_ring *h = new_ring_with(&cfg);
    uint64_t failed = play(h, t);
    CHECK_INT(akit_ring_destroy(h, 0), 0);
    return failed;
}

/* The least that serves all, with blocks of that size, within a hundredth. */
static uint64_t least(const traffic *t, uint64_t block, uint64_t enough, uint32_t order)
{
    uint64_t step = order ? 64 : block, low = block, high = enough;
    while (high - low > step && high - low > enough / 200) {
        uint64_t middle = (low + high) / 2 / step * step;
        if (failures_with(t, middle, block, order))
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void proposal(const traffic *t, uint64_t first_capacity, uint32_t order)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT, wish = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = first_capacity;
    cfg.block_bytes = order ? 0 : t->block_bytes;
    cfg.order = order;
    akit_ring *h = new_ring_with(&cfg);
    uint64_t failed = play(h, t);
    CHECK_INT(akit_ring_suggest(h, &wish), 0);
    end_ring(h);
    uint64_t refused = failures_with(t, wish.capacity_bytes, wish.block_bytes, order);
    uint64_t need = least(t, wish.block_bytes, wish.capacity_bytes, order);
    if (refused || wish.capacity_bytes > need + need / 4)
        CHECK_FAIL("window %zu, ring of %llu (refused %llu): proposed %llu in blocks of %llu, refused %llu, least %llu", t->window,
                   (unsigned long long)first_capacity, (unsigned long long)failed, (unsigned long long)wish.capacity_bytes,
                   (unsigned long long)wish.block_bytes, (unsigned long long)refused, (unsigned long long)need);
}

static size_t equal(uint64_t *random)
{
    (void)random;
    return 4096;
}

static size_t mixed(uint64_t *random)
{
    return 100 + random_word(random) % 1900;
}

static size_t wide(uint64_t *random)
{
    uint64_t word = random_word(random);
    return word % 10 ? 200 + (word >> 8) % 300 : 4000 + (word >> 8) % 4000;
}

static const traffic traffics[] = {{100, equal, 4096}, {1000, equal, 8192}, {100, mixed, 2048}, {1000, mixed, 4096}, {500, wide, 8192}, {3000, wide, 8192}};

static void each(uint64_t numerator, uint64_t denominator, uint32_t order)
{
    for (size_t i = 0; i < sizeof traffics / sizeof traffics[0]; i++) {
        const traffic *t = &traffics[i];
        uint64_t about = 0, random = 11;
        for (size_t k = 0; k < t->window; k++)
            about += t->length(&random);
        uint64_t capacity = about * numerator / denominator;
        proposal(t, capacity < 2 * t->block_bytes ? 2 * t->block_bytes : capacity, order);
    }
}

CASE(from_a_ring_much_too_small) { each(1, 8, AKIT_RING_ANY); }
CASE(from_a_ring_of_half_the_size) { each(1, 2, AKIT_RING_ANY); }
CASE(from_a_ring_much_too_large) { each(20, 1, AKIT_RING_ANY); }
CASE(in_order_from_a_ring_too_small) { each(1, 4, AKIT_RING_ORDERED); }
CASE(in_order_from_a_ring_too_large) { each(20, 1, AKIT_RING_ORDERED); }

CASE(before_the_first_request_it_is_what_is_in_force)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT, wish = AKIT_RING_CONFIG_INIT, now;
    cfg.capacity_bytes = KIB(300);
    cfg.block_bytes = KIB(20);
    cfg.name = "first";
    akit_ring *h = new_ring_with(&cfg);
    CHECK_INT(akit_ring_suggest(h, &wish), 0);
    now = ring_config_of(h);
    CHECK(!memcmp(&wish, &now, sizeof wish));
    CHECK_INT(akit_ring_suggest(h, NULL), -EINVAL);
    end_ring(h);
}

CASE(a_block_fits_the_largest_request)
{
    akit_ring *h = ring_of(KIB(64), KIB(4));
    akit_ring_config wish = AKIT_RING_CONFIG_INIT;
    CHECK_REFUSED(akit_ring_acquire(h, KIB(30)), EMSGSIZE);
    CHECK_INT(akit_ring_suggest(h, &wish), 0);
    CHECK_AT_LEAST(wish.block_bytes, KIB(30));
    akit_ring *better = new_ring_with(&wish);
    CHECK_INT(akit_ring_release(better, slice(better, KIB(30))), 0);
    end_ring(better);
    end_ring(h);
}

CASE(more_than_the_memory_is_no_longer_in_it)
{
    static unsigned char memory[4096] __attribute__((aligned(64)));
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT, wish = AKIT_RING_CONFIG_INIT;
    cfg.memory = memory;
    cfg.memory_bytes = sizeof memory;
    cfg.block_bytes = 1024;
    akit_ring *h = new_ring_with(&cfg);
    void *p[4];
    acquire_all(h, 1024, 4, p);
    for (int i = 0; i < 20; i++)
        CHECK_REFUSED(akit_ring_acquire(h, 1024), ENOBUFS);
    CHECK_INT(akit_ring_suggest(h, &wish), 0);
    CHECK_AT_LEAST(wish.capacity_bytes, KIB(24));
    CHECK(wish.memory == NULL && wish.memory_bytes == 0);
    release_all(h, 4, p);
    end_ring(h);
}
