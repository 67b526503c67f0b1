/* Nodes: sizes, alignments, order, batches. */
#include "nodes_kit.h"

CASE(sizes_and_alignments)
{
    static const size_t sizes[] = {1, 8, 16, 17, 40, 48, 100, 1000, 2064, 4096, 5000, 70000, MIB(1)};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t alignment = 0; alignment <= KIB(64); alignment = alignment ? alignment * 16 : 1) {
            akit_nodes_config cfg = nodes_config(sizes[i], 0);
            cfg.node_alignment = alignment;
            akit_nodes *h = new_nodes_with(&cfg);
            unsigned char *p[20];
            for (size_t k = 0; k < 20; k++) {
                p[k] = (unsigned char *)node(h);
                CHECK(aligned_to(p[k], alignment > 16 ? alignment : 16));
                memset(p[k], (int)k + 1, sizes[i]);
            }
            for (size_t k = 0; k < 20; k++) {
                CHECK(all_bytes(p[k], sizes[i], (unsigned char)(k + 1)));
                CHECK_INT(akit_nodes_free(h, p[k]), 0);
            }
            CHECK_INT(akit_nodes_destroy(h, 0), 0);
        }
}

CASE(the_last_freed_comes_first)
{
    akit_nodes *h = new_nodes();
    void **p = many_nodes(h, 1000);
    for (size_t i = 0; i < 1000; i++)
        CHECK_INT(akit_nodes_free(h, p[i]), 0);
    for (size_t i = 1000; i-- > 0;)
        CHECK(node(h) == p[i]);
    CHECK_INT(nodes_stats_of(h).recycled_total, 1000);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
}

CASE(neighbours_follow_each_other)
{
    akit_nodes *h = nodes_of(48);
    char *p = (char *)node(h);
    for (int i = 1; i < 80; i++)
        CHECK(node(h) == p + (ptrdiff_t)i * 48);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(batches)
{
    enum { N = 5000 };
    static void *p[N + 3];
    akit_nodes *h = new_nodes();
    CHECK_INT(akit_nodes_alloc_n(h, N, p), N);
    for (size_t i = 0; i < N; i++)
        memset(p[i], (int)i, 48);
    for (size_t i = 0; i < N; i++)
        CHECK(all_bytes(p[i], 48, (unsigned char)i));
    p[N] = NULL;
    p[N + 1] = p[7];
    p[N + 2] = (char *)p[8] + 16;
    CHECK_INT(akit_nodes_free_n(h, N + 3, p), N);
    CHECK_INT(nodes_misuses(h), 2);
    CHECK_INT(akit_nodes_free_n(h, 3, NULL), 0);
    CHECK_INT(akit_nodes_free_n(NULL, 3, p), 0);
    CHECK_INT(akit_nodes_alloc_n(h, 0, NULL), 0);
    errno = 0;
    CHECK_INT(akit_nodes_alloc_n(h, 1, NULL), 0);
    CHECK_INT(errno, EINVAL);
    errno = 0;
    CHECK_INT(akit_nodes_alloc_n(NULL, 1, p), 0);
    CHECK_INT(errno, EINVAL);
    CHECK_INT(nodes_stats_of(h).nodes_used, 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(free_leaves_errno_alone)
{
    akit_nodes *h = new_nodes();
    void *p = node(h);
    errno = 77;
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK_INT(akit_nodes_free(h, p), -EINVAL);
    CHECK_INT(akit_nodes_free(h, NULL), 0);
    CHECK_INT(akit_nodes_array_free(h, p, 3), -EINVAL);
    CHECK_INT(errno, 77);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(a_million_nodes)
{
    enum { N = 1000000 };
    akit_nodes *h = nodes_of(32);
    uint64_t **p = (uint64_t **)many_nodes(h, N);
    for (uint64_t i = 0; i < N; i++)
        p[i][0] = p[i][3] = i;
    for (uint64_t i = 0; i < N; i++)
        CHECK(p[i][0] == i && p[i][3] == i);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK_INT(st.used_bytes, (uint64_t)N * 32);
    CHECK_AT_MOST(st.mapped_bytes, (uint64_t)N * 32 + MIB(5));
    CHECK_INT(st.fallbacks_total, 0);
    CHECK_INT(akit_nodes_free_n(h, N, (void **)p), N);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
}

CASE(inspect_knows_nodes)
{
    akit_nodes *h = new_nodes();
    char *p = (char *)node(h), *a = (char *)array(h, 5);
    akit_block_info info = inspect(p + 47);
    CHECK(info.base == (uintptr_t)p && info.usable_bytes == 48 && info.state == AKIT_BLOCK_OUT);
    CHECK_INT(info.handle_kind, AKIT_KIND_NODES);
    CHECK_INT(info.handle_id, nodes_stats_of(h).id);
    info = inspect(a + 100);
    CHECK(info.base == (uintptr_t)a && info.usable_bytes == 128);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK(inspect(p).state != AKIT_BLOCK_OUT);
    CHECK_INT(akit_inspect(p + 48, &info), -ENOENT);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK_INT(akit_inspect(p, &info), -ENOENT);
}
