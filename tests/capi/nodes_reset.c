/* Everything freed at once, and slabs that go back. */
#include "nodes_kit.h"

CASE(reset_frees_everything)
{
    akit_nodes *h = new_nodes();
    void **p = many_nodes(h, 10000), *a = array(h, 9);
    CHECK_INT(akit_nodes_free(h, p[3]), 0);
    akit_nodes_stats before = nodes_stats_of(h);
    CHECK_INT(akit_nodes_reset(h, AKIT_NONE), 0);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.nodes_used == 0 && st.arrays_used == 0 && st.used_bytes == 0 && st.free_bytes == 0);
    CHECK(st.slabs == before.slabs && st.mapped_bytes == before.mapped_bytes && st.allocs_total == 10001);
    CHECK_INT(st.frees_total, 10001);
    CHECK_INT(st.used_peak_bytes, before.used_peak_bytes);
    CHECK_INT(akit_nodes_free(h, p[0]), -ENOENT);
    CHECK_INT(akit_nodes_array_free(h, a, 12), -ENOENT);
    CHECK_INT(nodes_misuses(h), 2);
    free(p);
    p = many_nodes(h, 10000);
    for (size_t i = 0; i < 10000; i++)
        memset(p[i], (int)i, 48);
    for (size_t i = 0; i < 10000; i++)
        CHECK(all_bytes(p[i], 48, (unsigned char)i));
    st = nodes_stats_of(h);
    CHECK(st.slabs == before.slabs && st.recycled_total == 0 && st.used_bytes == 480000);
    CHECK_INT(akit_nodes_free_n(h, 10000, p), 10000);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
}

/* A pointer from before that is not handed out yet is none, however the pages are used. */
CASE(pointers_from_before)
{
    akit_nodes *h = new_nodes();
    void **p = many_nodes(h, 2000);
    CHECK_INT(akit_nodes_free_n(h, 1000, p), 1000);
    CHECK_INT(akit_nodes_reset(h, AKIT_NONE), 0);
    void *again = node(h);
    for (size_t i = 0; i < 2000; i++)
        if (p[i] != again)
            CHECK(akit_nodes_free(h, p[i]) < 0);
    CHECK_INT(nodes_misuses(h), 1999);
    CHECK_INT(akit_nodes_free(h, again), 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
}

CASE(reset_keeps_what_it_is_told)
{
    akit_nodes *h = new_nodes();
    for (int i = 0; i < 100000; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    akit_nodes_stats full = nodes_stats_of(h);
    CHECK_AT_LEAST(full.slabs, 4);
    CHECK_INT(akit_nodes_reset(h, MIB(1)), 0);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK_AT_MOST(st.cached_bytes, MIB(1));
    CHECK_AT_LEAST(st.cached_bytes, KIB(64));
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    st = nodes_stats_of(h);
    CHECK(st.slabs == 0 && st.cached_bytes == 0 && st.mappings == 0);
    CHECK_AT_MOST(st.mapped_bytes, st.metadata_bytes);
    CHECK_INT(st.unmaps_total, st.maps_total);
    CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(purge_gives_empty_slabs_back)
{
    enum { N = 100000 };
    akit_nodes *h = new_nodes();
    void **p = many_nodes(h, N), *a = array(h, 60);
    memset(a, 0x77, 960);
    for (size_t i = 0; i < N; i++)
        memset(p[i], (int)i, 48);
    akit_nodes_stats full = nodes_stats_of(h);
    uint64_t bytes = 1;
    CHECK_INT(akit_nodes_purge(h, AKIT_PURGE_ALL, &bytes), 0);
    CHECK_INT(nodes_stats_of(h).slabs, full.slabs);
    for (size_t i = 0; i < N - 100; i++)
        CHECK_INT(akit_nodes_free(h, p[i]), 0);
    CHECK_INT(akit_nodes_purge(h, AKIT_PURGE_DUE, &bytes), 0);
    CHECK_INT(bytes, 0);
    CHECK_INT(nodes_stats_of(h).slabs, full.slabs);
    CHECK_INT(akit_nodes_purge(h, AKIT_PURGE_ALL, &bytes), 0);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.slabs < full.slabs && st.mapped_bytes < full.mapped_bytes && st.nodes_used == 100 && st.arrays_used == 1);
    CHECK_AT_LEAST(bytes, 1);
    CHECK(st.purges_total == 2 && st.used_peak_bytes == full.used_peak_bytes);
    CHECK(all_bytes(a, 960, 0x77));
    for (size_t i = N - 100; i < N; i++)
        CHECK(all_bytes(p[i], 48, (unsigned char)i));
    CHECK_INT(akit_nodes_free(h, p[0]), nodes_stats_of(h).slabs ? -ENOENT : -ENOENT);
    void **q = many_nodes(h, N);
    for (size_t i = 0; i < N; i++)
        memset(q[i], 0x33, 48);
    for (size_t i = N - 100; i < N; i++)
        CHECK(all_bytes(p[i], 48, (unsigned char)i));
    CHECK_INT(nodes_stats_of(h).nodes_used, N + 100);
    CHECK_INT(akit_nodes_free_n(h, N, q), N);
    CHECK_INT(akit_nodes_free_n(h, 100, p + N - 100), 100);
    CHECK_INT(akit_nodes_array_free(h, a, 60), 0);
    CHECK_INT(akit_nodes_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(nodes_stats_of(h).slabs, 0);
    CHECK_INT(akit_nodes_purge(h, 8, &bytes), -EINVAL);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
    free(q);
}

CASE(prefault)
{
    akit_nodes_config cfg = nodes_config(64, 0);
    cfg.prefault_bytes = MIB(3);
    akit_nodes *h = new_nodes_with(&cfg);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.slabs == 1 && st.cached_bytes == MIB(3));
    if (st.prefaulted_bytes_total == 0)
        SKIP("this kernel cannot populate mapped memory");
    CHECK_INT(st.prefaulted_bytes_total, MIB(3));
    for (size_t i = 0; i < MIB(3) / 64; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(nodes_stats_of(h).slabs, 1);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}
