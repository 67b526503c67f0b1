/* akit_ring_stats: each figure moves when it should, and by how much. */
#include "ring_kit.h"

#include <pthread.h>

CASE(a_new_ring)
{
    akit_ring *h = ring_of(KIB(64), KIB(4));
    akit_ring_stats st = ring_stats_of(h);
    CHECK_INT(st.kind, AKIT_KIND_RING);
    CHECK_AT_LEAST(st.id, 1);
    CHECK(st.limit_bytes == AKIT_NONE);
    CHECK_INT(st.capacity_bytes, KIB(64));
    CHECK_INT(st.max_slice_bytes, KIB(4));
    CHECK_INT(st.mappings, 1);
    CHECK_INT(st.maps_total, 1);
    CHECK_INT(st.cached_bytes, KIB(64));
    CHECK_AT_LEAST(st.metadata_bytes, KIB(2));
    CHECK_AT_LEAST(st.mapped_bytes, st.capacity_bytes + st.metadata_bytes);
    CHECK_AT_LEAST(st.mapped_peak_bytes, st.mapped_bytes);
    CHECK_INT(st.allocs_total + st.frees_total + st.failures_total + st.misuses_total + st.used_bytes + st.out_slices, 0);
    CHECK_INT(st.prefaulted_bytes_total + st.pinned_bytes + st.releases_total + st.padding_bytes_total, 0);
    end_ring(h);
}

CASE(every_figure_by_hand)
{
    akit_ring *h = ring_of(KIB(16), KIB(4));
    void *a = slice(h, 3000), *b = slice(h, 3000), *c = slice(h, 1000);
    akit_ring_stats st = ring_stats_of(h);
    CHECK_INT(st.used_bytes, 3008 + 3008 + 1024);
    CHECK_INT(st.used_peak_bytes, st.used_bytes);
    CHECK_INT(st.out_slices, 3);
    CHECK_INT(st.out_peak_slices, 3);
    CHECK_INT(st.held_blocks, 1);                  /* a's; b and c are in the current one */
    CHECK_INT(st.padding_bytes, 4096 - 3008);
    CHECK_INT(st.padding_bytes_total, 4096 - 3008);
    CHECK_INT(st.oldest_block_acquires, 3);
    CHECK_INT(st.cached_bytes, KIB(8) + 4096 - 3008 - 1024);
    CHECK_INT(akit_ring_retain(h, a, 1), 0);
    CHECK_INT(akit_ring_release(h, a), 0);
    CHECK_INT(ring_stats_of(h).releases_total, 1);
    CHECK_INT(ring_stats_of(h).frees_total, 0);
    CHECK_INT(akit_ring_release(h, a), 0);
    st = ring_stats_of(h);
    CHECK_INT(st.releases_total, 2);
    CHECK_INT(st.frees_total, 1);
    CHECK_INT(st.held_blocks, 0);
    CHECK_INT(st.padding_bytes, 0);
    CHECK_INT(st.padding_bytes_total, 4096 - 3008);
    CHECK_INT(st.used_bytes, 3008 + 1024);
    CHECK_INT(st.used_peak_bytes, 3008 + 3008 + 1024);
    CHECK_INT(st.oldest_block_acquires, 0);
    CHECK_REFUSED(akit_ring_acquire(h, KIB(4) + 1), EMSGSIZE);
    CHECK_REFUSED(akit_ring_acquire(h, SIZE_MAX), ENOMEM);
    void *p[3];
    CHECK_INT(akit_ring_acquire_n(h, KIB(4), 3, p), 3);
    CHECK_REFUSED(akit_ring_acquire(h, KIB(4)), ENOBUFS);
    st = ring_stats_of(h);
    CHECK_INT(st.too_large_total, 1);
    CHECK_INT(st.exhausted_total, 1);
    CHECK_INT(st.head_blocked_total, 0);
    CHECK_INT(st.failures_total, 3);
    CHECK_INT(akit_ring_release(h, (char *)b + 64), -ENOENT);
    CHECK_INT(ring_stats_of(h).misuses_total, 1);
    release_all(h, 3, p);
    CHECK_INT(akit_ring_release(h, b), 0);
    CHECK_INT(akit_ring_release(h, c), 0);
    end_ring(h);
}

CASE(head_blocked_when_released_slices_would_do)
{
    akit_ring *h = ring_of(KIB(16), KIB(4));
    void *p[16];
    acquire_all(h, 1024, 16, p);
    for (int i = 0; i < 16; i++)
        if (i % 4)
            CHECK_INT(akit_ring_release(h, p[i]), 0);
    CHECK_REFUSED(akit_ring_acquire(h, KIB(4)), ENOBUFS); /* 12 KiB came back, of each block three quarters */
    CHECK_INT(ring_stats_of(h).head_blocked_total, 1);
    CHECK_INT(ring_stats_of(h).exhausted_total, 1);
    for (int i = 0; i < 100; i++)
        CHECK_REFUSED(akit_ring_acquire(h, KIB(4)), ENOBUFS);
    CHECK_INT(ring_stats_of(h).head_blocked_total, 101);
    CHECK_INT(akit_ring_release(h, p[8]), 0);
    CHECK_INT(akit_ring_release(h, slice(h, KIB(4))), 0);
    for (int i = 0; i < 16; i += 4)
        if (i != 8)
            CHECK_INT(akit_ring_release(h, p[i]), 0);
    end_ring(h);
}

static akit_ring *h;

static void *release_it(void *arg)
{
    THREAD_CHECK(akit_ring_release(h, arg) == 0);
    return NULL;
}

CASE(releases_of_other_threads_count)
{
    h = ring_of(KIB(64), KIB(4));
    for (int i = 0; i < 40; i++) {
        pthread_t t;
        void *p = slice(h, i % 2 ? 100 : KIB(4));
        CHECK_INT(pthread_create(&t, NULL, release_it, p), 0);
        pthread_join(t, NULL);
        CHECK_THREADS();
        CHECK_INT(ring_stats_of(h).frees_total, i + 1);
        CHECK_INT(ring_stats_of(h).used_bytes, 0);
        CHECK_INT(ring_stats_of(h).out_peak_slices, 1);
    }
    end_ring(h);
}

CASE(prefaulted_bytes)
{
    akit_ring_config cfg = AKIT_RING_CONFIG_INIT;
    cfg.prefault_bytes = KIB(64);
    h = new_ring_with(&cfg);
    uint64_t bytes = ring_stats_of(h).prefaulted_bytes_total;
    CHECK(bytes == KIB(64) || bytes == 0);
    end_ring(h);
}

CASE(the_process_counts_rings_too)
{
    akit_process_stats before = process_stats(), now;
    h = ring_of(MIB(8), 0);
    void *p = slice(h, KIB(100));
    uint64_t id = ring_stats_of(h).id - 1;
    uint32_t kind = 0;
    now = process_stats();
    CHECK_INT(now.handles, before.handles + 1);
    CHECK_INT(now.used_bytes, before.used_bytes + KIB(100));
    CHECK_INT(akit_handle_next(&id, &kind), 0);
    CHECK_INT(kind, AKIT_KIND_RING);
    CHECK(inspect(p).handle_kind == AKIT_KIND_RING && inspect(p).handle_id == id);
    CHECK_INT(akit_ring_release(h, p), 0);
    end_ring(h);
}

CASE(purges_leave_rings_alone)
{
    h = new_ring();
    void *p = filled_slice(h, KIB(20), 5);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(akit_maintain(NULL), 0);
    CHECK(all_bytes(p, KIB(20), 5));
    CHECK_INT(ring_stats_of(h).purges_total, 0);
    CHECK_INT(akit_ring_release(h, p), 0);
    end_ring(h);
}
