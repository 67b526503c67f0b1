/* Where slabs come from: memory of the caller, a region, a huge-page handle; and what is zeroed. */
#include "nodes_kit.h"
#include "seccomp.h"

static unsigned char memory[KIB(256)] __attribute__((aligned(4096)));

static akit_nodes_config on_memory(void)
{
    akit_nodes_config cfg = nodes_config(48, 16);
    cfg.memory = memory;
    cfg.memory_bytes = sizeof memory;
    return cfg;
}

static int inside(const void *p)
{
    return (uintptr_t)p - (uintptr_t)memory < sizeof memory;
}

CASE(memory_of_the_caller)
{
    akit_nodes_config cfg = on_memory();
    akit_nodes *h = new_nodes_with(&cfg);
    unsigned char *p = (unsigned char *)node(h), *a = (unsigned char *)array(h, 64);
    CHECK(inside(p) && inside(a));
    CHECK_INT(akit_nodes_free(h, p + 16), -ENOENT);
    CHECK_INT(akit_nodes_free(h, memory + KIB(200)), -ENOENT);
    CHECK_INT(inspect(p + 5).base, (uintptr_t)p);
    size_t n = nodes_until(h, ENOBUFS);
    CHECK_AT_LEAST(n, sizeof memory * 9 / 10 / 48 - 200);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.slabs == 1 && st.mappings == 0 && st.warnings_total == 1 && st.mapped_bytes >= sizeof memory);
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    CHECK(node(h) != NULL);
    uint64_t bytes = 1;
    CHECK_INT(akit_nodes_purge(h, AKIT_PURGE_ALL, &bytes), 0);
    CHECK_INT(bytes, 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(p, &info), -ENOENT);
}

CASE(fallback_goes_on_behind_the_memory)
{
    akit_nodes_config cfg = on_memory();
    cfg.exhaust_mode = AKIT_EXHAUST_FALLBACK;
    akit_nodes *h = new_nodes_with(&cfg);
    size_t in = 0, out = 0;
    for (int i = 0; i < 20000; i++) {
        void *p = node(h);
        memset(p, i, 48);
        in += (size_t)inside(p);
        out += (size_t)!inside(p);
    }
    CHECK_INT(nodes_stats_of(h).fallbacks_total, out);
    CHECK_INT(nodes_stats_of(h).warnings_total, 1);
    CHECK_AT_LEAST(in, 5000);
    CHECK_INT(akit_nodes_reset(h, AKIT_NONE), 0);
    CHECK(inside(node(h)) && nodes_stats_of(h).slabs == 1);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

static int churn(void *arg)
{
    akit_nodes *h = (akit_nodes *)arg;
    void *p[500];
    static const long none[] = {SYS_exit_group, SYS_write, -1};
    only_system_calls(none);
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 500; i++) {
            p[i] = i % 3 ? akit_nodes_alloc(h) : akit_nodes_array_alloc(h, 1 + i % 64, NULL);
            CHILD_CHECK(p[i] != NULL);
            memset(p[i], 1, 16);
        }
        for (size_t i = 0; i < 500; i++)
            CHILD_CHECK((i % 3 ? akit_nodes_free(h, p[i]) : akit_nodes_array_free(h, p[i], (i % 64 / 4 + 1) * 4)) == 0);
        CHILD_CHECK(akit_nodes_free(h, p[1]) == -EINVAL);
        CHILD_CHECK(akit_nodes_purge(h, AKIT_PURGE_ALL, NULL) == 0);
        if (round % 10 == 9)
            CHILD_CHECK(akit_nodes_reset(h, 0) == 0);
    }
    while (akit_nodes_alloc(h)) {
    }
    return errno == ENOBUFS ? 0 : BAD;
}

CASE(no_system_call_on_memory_of_the_caller)
{
    needs_seccomp();
    akit_nodes_config cfg = on_memory();
    akit_nodes *h = new_nodes_with(&cfg);
    in_child(churn, h);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(on_a_region)
{
    akit_region *region = new_region_with(NULL);
    akit_nodes_config cfg = nodes_config(48, 16);
    cfg.region = region;
    akit_nodes *h = new_nodes_with(&cfg);
    for (int i = 0; i < 10000; i++)
        memset(node(h), i, 48);
    CHECK_AT_LEAST(region_stats_of(region).mapped_bytes, 480000);
    CHECK_INT(akit_region_destroy(region, 0), 0);
    for (int i = 0; i < 10000; i++)
        memset(node(h), i, 48);
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(on_a_huge_page_handle)
{
    akit_huge *huge = new_huge_with(NULL);
    akit_nodes_config cfg = nodes_config(48, 16);
    cfg.huge = huge;
    akit_nodes *h = new_nodes_with(&cfg);
    void *p = node(h);
    memset(p, 1, 48);
    CHECK_AT_LEAST(nodes_stats_of(h).cached_bytes, MIB(2) - 48);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK_INT(akit_nodes_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(nodes_stats_of(h).slabs, 0);
    CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK_INT(akit_huge_destroy(huge, 0), 0);
}

CASE(zeroed_when_allocated)
{
    akit_nodes_config cfg = nodes_config(100, 24);
    cfg.zero_mode = AKIT_ZERO_ON_ALLOC;
    akit_nodes *h = new_nodes_with(&cfg);
    for (int round = 0; round < 3; round++) {
        void *p[300], *a[300];
        for (size_t i = 0; i < 300; i++) {
            CHECK(all_bytes(p[i] = node(h), 112, 0) && all_bytes(a[i] = array(h, 5), 192, 0));
            memset(p[i], 0xff, 112);
            memset(a[i], 0xff, 192);
        }
        for (size_t i = 0; i < 300 && round < 2; i++) {
            CHECK_INT(akit_nodes_free(h, p[i]), 0);
            CHECK_INT(akit_nodes_array_free(h, a[i], 8), 0);
        }
        CHECK_INT(akit_nodes_free(h, round < 2 ? p[3] : (void *)&cfg), round < 2 ? -EINVAL : -ENOENT);
        if (round == 1)
            CHECK_INT(akit_nodes_reset(h, AKIT_NONE), 0);
    }
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(zeroed_when_freed)
{
    if (CHECK_SANITIZED)
        SKIP("the case looks into free blocks");
    akit_nodes_config cfg = on_memory();
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    memset(memory, 0, sizeof memory);
    akit_nodes *h = new_nodes_with(&cfg);
    unsigned char *p = (unsigned char *)node(h), *a = (unsigned char *)array(h, 16), *q = (unsigned char *)node(h);
    memset(p, 0xff, 48);
    memset(q, 0xff, 48);
    memset(a, 0xff, 256);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK(all_bytes(p + 16, 32, 0));
    CHECK_INT(akit_nodes_array_free(h, a, 16), 0);
    CHECK(all_bytes(a + 16, 240, 0));
    CHECK_INT(akit_nodes_reset(h, AKIT_NONE), 0);
    CHECK(all_bytes(memory, KIB(64), 0));
    memset(q = (unsigned char *)node(h), 0xff, 48);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK(all_bytes(q, 48, 0));
}
