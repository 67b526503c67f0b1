/* Arrays: capacities, lists of their own, growth. */
#include "nodes_kit.h"

/* Seed defect M1: a list that forgot the capacity handed out whatever array had been freed. */
CASE(m1_a_freed_array_serves_its_own_capacity_only)
{
    akit_nodes *h = new_nodes();
    void *small = array(h, 4), *other = array(h, 4);
    CHECK_INT(akit_nodes_array_free(h, small, 4), 0);
    unsigned char *large = (unsigned char *)array(h, 32);
    CHECK(large != small);
    memset(other, 0x11, 64);
    memset(large, 0x22, 512);
    CHECK(all_bytes(other, 64, 0x11));
    CHECK(array(h, 1) == small);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(every_capacity_is_recycled)
{
    akit_nodes *h = new_nodes();
    for (size_t elements = 1; elements <= 64; elements += 4) {
        void *p = array(h, elements);
        CHECK_INT(akit_nodes_array_free(h, p, elements + 3), 0);
        CHECK(array(h, elements + 3) == p);
    }
    CHECK_INT(nodes_stats_of(h).recycled_total, 16);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

/* Seed defects M2 and M3: a fixed pool, and what did not fit came from elsewhere and was never freed. */
CASE(m2_m3_a_trie_of_100000_keys_needs_no_fallback)
{
    enum { ARRAYS = 100000 };
    static void *p[ARRAYS];
    static unsigned char capacity[ARRAYS];
    akit_nodes_config cfg = nodes_config(32, 8);
    akit_nodes *h = new_nodes_with(&cfg);
    uint64_t random = 5;
    for (size_t i = 0; i < ARRAYS; i++) {
        size_t got = 0;
        p[i] = akit_nodes_array_alloc(h, 1 + random_word(&random) % 6, &got);
        CHECK(p[i] != NULL);
        capacity[i] = (unsigned char)got;
        CHECK(akit_nodes_alloc(h) != NULL);
    }
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.fallbacks_total == 0 && st.first_fallback_unix_ns == 0 && st.warnings_total == 0);
    CHECK(st.arrays_used == ARRAYS && st.nodes_used == ARRAYS);
    CHECK_AT_MOST(st.mapped_bytes, st.used_bytes * 2);
    for (size_t i = 0; i < ARRAYS; i++)
        CHECK_INT(akit_nodes_array_free(h, p[i], capacity[i]), 0);
    CHECK_INT(nodes_stats_of(h).arrays_used, 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(growing_step_by_step)
{
    akit_nodes_config cfg = nodes_config(16, 24);
    cfg.capacity_step = 3;
    cfg.max_elements = 32;
    akit_nodes *h = new_nodes_with(&cfg);
    size_t capacity = 0;
    unsigned char *p = NULL;
    for (size_t n = 1; n <= 32; n++) {
        if (n > capacity) {
            size_t larger = 0;
            unsigned char *q = (unsigned char *)akit_nodes_array_alloc(h, n, &larger);
            CHECK(q && (larger % 3 == 0 || larger == 32) && larger >= n && larger < n + 3 && q != p);
            if (p) {
                memcpy(q, p, (n - 1) * 24);
                CHECK_INT(akit_nodes_array_free(h, p, capacity), 0);
            }
            p = q;
            capacity = larger;
        }
        memset(p + (n - 1) * 24, (int)n, 24);
    }
    for (size_t n = 1; n <= 32; n++)
        CHECK(all_bytes(p + (n - 1) * 24, 24, (unsigned char)n));
    CHECK_INT(nodes_stats_of(h).arrays_used, 1);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(too_many_elements)
{
    akit_nodes_config cfg = nodes_config(16, 24);
    cfg.max_elements = 10;
    akit_nodes *h = new_nodes_with(&cfg);
    size_t capacity = 7;
    CHECK_REFUSED(akit_nodes_array_alloc(h, 11, &capacity), EMSGSIZE);
    CHECK_INT(capacity, 0);
    CHECK_REFUSED(akit_nodes_array_alloc(h, 65, NULL), EMSGSIZE);
    CHECK_REFUSED(akit_nodes_array_alloc(h, SIZE_MAX / 24, NULL), ENOMEM);
    CHECK_REFUSED(akit_nodes_array_alloc(h, SIZE_MAX, NULL), ENOMEM);
    CHECK_REFUSED(akit_nodes_array_alloc(NULL, 1, &capacity), EINVAL);
    CHECK_INT(nodes_stats_of(h).failures_total, 4);
    CHECK_INT(nodes_misuses(h), 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(without_arrays)
{
    akit_nodes *h = nodes_of(16);
    void *p = node(h);
    CHECK_REFUSED(akit_nodes_array_alloc(h, 1, NULL), EINVAL);
    CHECK_REFUSED(akit_nodes_array_alloc(h, 0, NULL), EINVAL);
    CHECK_INT(akit_nodes_array_free(h, NULL, 1), 0);
    CHECK_INT(akit_nodes_array_free(h, p, 1), -EINVAL);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK_INT(akit_nodes_class_count(h), 1);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}
