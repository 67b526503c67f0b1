/* Slices: contiguity, alignment, edge lengths, batches, commit, order. */
#include "ring_kit.h"

CASE(consecutive_slices_of_a_block_are_contiguous)
{
    akit_ring *h = ring_of(KIB(64), KIB(8));
    char *before = (char *)slice(h, 1000);
    for (int i = 1; i < 8; i++) {
        char *p = (char *)slice(h, 1000);
        CHECK(p == before + 1024);
        before = p;
    }
    CHECK_INT(akit_ring_destroy(h, AKIT_DESTROY_NOW), 0);
}

CASE(length_0_is_the_smallest_slice)
{
    akit_ring *h = new_ring();
    char *p = (char *)slice(h, 0), *q = (char *)slice(h, 0);
    CHECK(q == p + 64);
    CHECK_INT(ring_stats_of(h).used_bytes, 128);
    CHECK_INT(akit_ring_release(h, p), 0);
    CHECK_INT(akit_ring_release(h, q), 0);
    end_ring(h);
}

CASE(a_burst_stops_where_there_is_no_more)
{
    void *p[100];
    akit_ring *h = ring_of(KIB(64), KIB(4));
    errno = 0;
    CHECK_INT(akit_ring_acquire_n(h, KIB(1), 100, p), 64);
    CHECK_INT(errno, ENOBUFS);
    CHECK_INT(ring_stats_of(h).failures_total, 1);
    CHECK_INT(akit_ring_release_n(h, 64, p), 64);
    CHECK_INT(akit_ring_acquire_n(h, KIB(5), 3, p), 0);
    CHECK_INT(errno, EMSGSIZE);
    CHECK_INT(akit_ring_acquire_n(h, 10, 100, p), 100);
    CHECK_INT(akit_ring_release_n(h, 100, p), 100);
    end_ring(h);
}

CASE(commit_gives_the_rest_back)
{
    akit_ring *h = ring_of(KIB(64), KIB(16));
    char *p = (char *)slice(h, KIB(16)), *q;
    memset(p, 1, 100);
    CHECK_INT(akit_ring_commit(h, p, 100), 0);
    CHECK_INT(ring_stats_of(h).used_bytes, 128);
    CHECK_INT(ring_stats_of(h).used_peak_bytes, KIB(16));
    q = (char *)slice(h, 10);
    CHECK(q == p + 128);
    CHECK_INT(akit_ring_commit(h, p, 10), -EINVAL); /* not the last one any more */
    CHECK(all_bytes(p, 100, 1));
    CHECK_INT(akit_ring_commit(h, q, 64), 0);
    CHECK_INT(akit_ring_commit(h, q, 65), -EINVAL);
    CHECK_INT(akit_ring_commit(h, q, 0), 0);
    CHECK_INT(ring_misuses(h), 2);
    CHECK_INT(akit_ring_release(h, p), 0);
    CHECK_INT(akit_ring_release(h, q), 0);
    end_ring(h);
}

CASE(commit_of_long_slices)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = MIB(2);
    cfg.block_bytes = MIB(1);
    cfg.alignment = 16;
    akit_ring *h = new_ring_with(&cfg);
    for (size_t used = MIB(1); used > 0; used = used * 9 / 10) {
        void *p = slice(h, MIB(1));
        CHECK_INT(akit_ring_retain(h, p, 1), 0);
        CHECK_INT(akit_ring_commit(h, p, used), 0);
        CHECK_INT(ring_stats_of(h).used_bytes, (used + 15) / 16 * 16);
        CHECK_INT(akit_ring_commit(h, p, used + 16), -EINVAL);
        CHECK_INT(akit_ring_release(h, p), 0);
        CHECK_INT(akit_ring_release(h, p), 0);
        CHECK_INT(akit_ring_release(h, p), -EINVAL);
        ring_is_empty(h);
    }
    end_ring(h);
}

CASE(commit_of_the_neighbour_of_a_full_block_is_einval)
{
    akit_ring *h = ring_of(KIB(8), KIB(4));
    void *first = slice(h, KIB(4)), *second = slice(h, KIB(4));
    CHECK_INT(akit_ring_release(h, first), 0);
    first = slice(h, KIB(4)); /* the block is full, and `second` begins where it ends */
    CHECK_INT(akit_ring_commit(h, second, 10), -EINVAL);
    CHECK_INT(akit_ring_commit(h, first, 10), 0);
    CHECK_INT(akit_ring_release(h, first), 0);
    CHECK_INT(akit_ring_release(h, second), 0);
    end_ring(h);
}

CASE(colours_keep_equal_slices_apart)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = MIB(1);
    cfg.block_bytes = KIB(64);
    cfg.colour_bytes = 64;
    akit_ring *h = new_ring_with(&cfg);
    char *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = (char *)slice(h, 4096);
    for (int i = 1; i < 8; i++)
        CHECK(p[i] == p[i - 1] + 4096 + 64);
    CHECK_INT(ring_stats_of(h).used_bytes, 8 * 4096);
    CHECK_INT(ring_stats_of(h).padding_bytes, 8 * 64);
    CHECK_INT(akit_ring_release_n(h, 8, (void **)p), 8);
    end_ring(h);
}

CASE(a_ring_keeps_to_few_blocks)
{
    akit_ring *h = ring_of(MIB(16), KIB(64));
    char *base, *last = NULL;
    void *p[32] = {NULL};
    CHECK_INT(akit_ring_memory_get(h, (void **)&base, NULL), 0);
    for (int i = 0; i < 100000; i++) {
        CHECK_INT(akit_ring_release(h, p[i % 32]), 0);
        p[i % 32] = slice(h, KIB(4));
        if ((char *)p[i % 32] > last)
            last = (char *)p[i % 32];
    }
    CHECK_AT_MOST(last - base, KIB(512)); /* 128 KiB are out */
    release_all(h, 32, p);
    end_ring(h);
}

CASE(stragglers_do_not_keep_the_others)
{
    akit_ring *h = ring_of(MIB(1), KIB(16));
    void *late[20], *p[16] = {NULL};
    for (int k = 0; k < 20; k++) {
        late[k] = slice(h, 100);
        for (int i = 0; i < 1000; i++) {
            CHECK_INT(akit_ring_release(h, p[i % 16]), 0);
            p[i % 16] = slice(h, KIB(4));
        }
    }
    CHECK_INT(ring_stats_of(h).exhausted_total, 0);
    CHECK_AT_LEAST(ring_stats_of(h).held_blocks, 15);
    release_all(h, 16, p);
    release_all(h, 20, late);
    end_ring(h);
}

CASE(order_holds_memory_back)
{
    akit_ring *h = ordered_ring(KIB(4));
    void *a = slice(h, 1024), *b = slice(h, 1024), *c = slice(h, 2048);
    CHECK_INT(akit_ring_release(h, c), 0);
    CHECK_INT(akit_ring_release(h, b), 0);
    CHECK_REFUSED(akit_ring_acquire(h, 64), ENOBUFS);
    CHECK_INT(ring_stats_of(h).head_blocked_total, 1);
    CHECK_INT(ring_stats_of(h).oldest_block_acquires, 3);
    CHECK_INT(ring_stats_of(h).held_blocks, 1);
    CHECK_INT(akit_ring_release(h, a), 0);
    CHECK(slice(h, 4096) == a);
    CHECK_INT(akit_ring_destroy(h, AKIT_DESTROY_NOW), 0);
}

CASE(order_has_padding_at_the_end)
{
    akit_ring *h = ordered_ring(KIB(4));
    void *a = slice(h, 1536), *b = slice(h, 1536);
    CHECK_INT(akit_ring_release(h, a), 0);
    void *c = slice(h, 1536); /* 1024 bytes at the end are too few */
    CHECK(c == a);
    CHECK_INT(ring_stats_of(h).padding_bytes, 1024);
    CHECK_INT(ring_stats_of(h).padding_bytes_total, 1024);
    CHECK_REFUSED(akit_ring_acquire(h, 64), ENOBUFS);
    CHECK_INT(akit_ring_release(h, b), 0);
    void *d = slice(h, 2048);
    CHECK_INT(ring_stats_of(h).padding_bytes, 1024 - 1024);
    CHECK_INT(akit_ring_release(h, c), 0);
    CHECK_INT(akit_ring_release(h, d), 0);
    end_ring(h);
}

CASE(release_to_releases_what_came_before)
{
    akit_ring *h = ordered_ring(KIB(64));
    void *p[40];
    for (int round = 0; round < 100; round++) {
        acquire_all(h, 1 + (size_t)round * 7, 40, p);
        CHECK_INT(akit_ring_release_to(h, p[0]), 0);
        CHECK_INT(akit_ring_release(h, p[3]), 0);
        CHECK_INT(akit_ring_retain(h, p[4], 7), 0);
        CHECK_INT(akit_ring_release_to(h, p[10]), 9);
        CHECK_INT(akit_ring_release_to(h, p[10]), 0);
        CHECK_INT(akit_ring_release_to(h, p[5]), -EINVAL);
        CHECK_INT(akit_ring_release_to(h, (char *)p[12] + 1), -ENOENT);
        CHECK_INT(akit_ring_release(h, p[2]), -EINVAL);
        CHECK_INT(akit_ring_release_to(h, p[39]), 29);
        CHECK_INT(ring_stats_of(h).out_slices, 1);
        CHECK_INT(akit_ring_release(h, p[39]), 0);
    }
    CHECK_INT(ring_stats_of(h).releases_total, ring_stats_of(h).allocs_total + 700);
    CHECK_INT(ring_misuses(h), 300);
    end_ring(h);
}

CASE(release_to_needs_an_ordered_ring)
{
    akit_ring *h = new_ring();
    void *p = slice(h, 1), *q = slice(h, 1);
    CHECK_INT(akit_ring_release_to(h, q), -EINVAL);
    CHECK_INT(akit_ring_release(h, p), 0);
    CHECK_INT(akit_ring_release(h, q), 0);
    end_ring(h);
}

static void zeroed_on_alloc(uint32_t order)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.capacity_bytes = KIB(16);
    cfg.block_bytes = KIB(8);
    cfg.order = order;
    cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
    akit_ring *h = new_ring_with(&cfg);
    for (size_t i = 0; i < 200; i++) {
        size_t n = 1 + i * 37 % KIB(8);
        void *p = slice(h, n);
        CHECK(all_bytes(p, (n + 63) / 64 * 64, 0));
        memset(p, 0xff, n);
        CHECK_INT(akit_ring_release(h, p), 0);
    }
    end_ring(h);
}

CASE(zero_on_alloc)
{
    zeroed_on_alloc(AKIT_RING_ANY);
    zeroed_on_alloc(AKIT_RING_ORDERED);
}

CASE(zero_on_free)
{
    static unsigned char memory[KIB(16)] __attribute__((aligned(64)));
    for (uint32_t order = AKIT_RING_ANY; order <= AKIT_RING_ORDERED; order++) {
        akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
        cfg.memory = memory;
        cfg.memory_bytes = sizeof memory;
        cfg.block_bytes = KIB(8);
        cfg.order = order;
        cfg.zero_mode = AKIT_ZERO_ON_FREE;
        akit_ring *h = new_ring_with(&cfg);
        for (size_t i = 0; i < 200; i++) {
            size_t n = 1 + i * 37 % KIB(8);
            void *p = filled_slice(h, n, 0xff);
            CHECK_INT(akit_ring_retain(h, p, 1), 0);
            CHECK_INT(akit_ring_release(h, p), 0);
            CHECK_INT(akit_ring_commit(h, p, n / 2), 0);
            CHECK_INT(akit_ring_release(h, p), 0);
        }
        end_ring(h);
        CHECK(all_bytes(memory, sizeof memory, 0));
    }
}
