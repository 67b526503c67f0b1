/* Every figure moves, and the texts have them. */
#include "nodes_kit.h"

CASE(what_each_counter_counts)
{
    akit_nodes_config cfg = nodes_config(48, 16);
    cfg.name = "trie";
    cfg.limit_bytes = MIB(8);
    akit_nodes *h = new_nodes_with(&cfg);
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.kind == AKIT_KIND_NODES && st.limit_bytes == MIB(8) && st.used_bytes == 0 && st.slabs == 0 && st.metadata_bytes > 0);
    CHECK_INT(st.mapped_bytes, st.metadata_bytes);
    void **p = many_nodes(h, 3000), *a = array(h, 5);
    st = nodes_stats_of(h);
    CHECK(st.nodes_used == 3000 && st.arrays_used == 1 && st.used_bytes == 3000 * 48 + 128 && st.used_peak_bytes == st.used_bytes);
    CHECK(st.allocs_total == 3001 && st.frees_total == 0 && st.recycled_total == 0 && st.free_bytes == 0);
    CHECK(st.slabs >= 2 && st.mappings == st.slabs && st.maps_total == st.slabs && st.unmaps_total == 0);
    CHECK(st.cached_bytes == st.mapped_bytes - st.metadata_bytes - st.used_bytes && st.mapped_peak_bytes == st.mapped_bytes);
    CHECK_INT(akit_nodes_free_n(h, 1000, p), 1000);
    CHECK_INT(akit_nodes_array_free(h, a, 8), 0);
    CHECK(akit_nodes_alloc_n(h, 400, p) == 400);
    st = nodes_stats_of(h);
    CHECK(st.nodes_used == 2400 && st.arrays_used == 0 && st.free_bytes == 600 * 48 + 128 && st.recycled_total == 400);
    CHECK(st.used_bytes == 2400 * 48 && st.used_peak_bytes == 3000 * 48 + 128 && st.frees_total == 1001 && st.allocs_total == 3401);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
}

/* Bytes of several classes at once, also when what was freed is taken again. */
CASE(the_peak_is_exact)
{
    akit_nodes *h = new_nodes();
    uint64_t random = 11, used = 0, peak = 0;
    static struct {
        void *p;
        size_t capacity;
    } slot[500];
    for (int i = 0; i < 50000; i++) {
        size_t k = random_word(&random) % 500;
        if (slot[k].p) {
            CHECK_INT(slot[k].capacity ? akit_nodes_array_free(h, slot[k].p, slot[k].capacity) : akit_nodes_free(h, slot[k].p), 0);
            used -= slot[k].capacity ? slot[k].capacity * 16 : 48;
            slot[k].p = NULL;
        } else {
            slot[k].capacity = 0;
            slot[k].p = i % 2 ? akit_nodes_alloc(h) : akit_nodes_array_alloc(h, random_word(&random) % 65, &slot[k].capacity);
            used += slot[k].capacity ? slot[k].capacity * 16 : 48;
            peak = used > peak ? used : peak;
        }
    }
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK_INT(st.used_bytes, used);
    CHECK_INT(st.used_peak_bytes, peak);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(classes)
{
    akit_nodes *h = new_nodes();
    void *a[100];
    for (size_t i = 0; i < 100; i++)
        a[i] = array(h, 10);
    for (size_t i = 0; i < 60; i++)
        CHECK_INT(akit_nodes_array_free(h, a[i], 12), 0);
    for (size_t i = 0; i < 20; i++)
        CHECK(array(h, 12) != NULL);
    akit_class_stats c = nodes_class_of(h, 3);
    CHECK(c.block_bytes == 192 && c.used_blocks == 60 && c.used_peak_blocks == 100 && c.cached_blocks == 40);
    CHECK(c.gets_total == 120 && c.puts_total == 60 && c.hits_total == 20 && c.misses_total == 100 && c.discards_total == 0);
    CHECK(c.slabs >= 1 && c.mapped_bytes >= 19200);
    CHECK_INT(nodes_class_of(h, 0).gets_total, 0);
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    c = nodes_class_of(h, 3);
    CHECK(c.used_blocks == 0 && c.used_peak_blocks == 100 && c.cached_blocks == 0 && c.discards_total == 100 && c.mapped_bytes == 0);
    CHECK_INT(akit_nodes_class_stats_get(h, 17, &c), -ENOENT);
    CHECK_INT(akit_nodes_class_stats_get(h, 0, NULL), -EINVAL);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(suggest)
{
    akit_nodes *h = new_nodes();
    akit_nodes_config first = AKIT_NODES_CONFIG_INIT, then = AKIT_NODES_CONFIG_INIT;
    CHECK_INT(akit_nodes_suggest(h, &first), 0);
    CHECK(first.slab_bytes == KIB(64) && first.prefault_bytes == 0);
    for (int i = 0; i < 20000; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(akit_nodes_reset(h, 0), 0);
    CHECK_INT(akit_nodes_suggest(h, &then), 0);
    CHECK(then.slab_bytes == MIB(1) && then.prefault_bytes >= 960000 && then.prefault_bytes <= MIB(1) && then.node_bytes == 48);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    h = new_nodes_with(&then);
    for (int i = 0; i < 20000; i++)
        CHECK(akit_nodes_alloc(h) != NULL);
    CHECK_INT(nodes_stats_of(h).slabs, 1);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK_INT(akit_nodes_suggest(h, &then), -EINVAL);
}

CASE(texts)
{
    static char text[KIB(64)];
    akit_nodes_config cfg = nodes_config(48, 16);
    cfg.name = "trie";
    akit_nodes *h = new_nodes_with(&cfg);
    CHECK(akit_nodes_alloc(h) != NULL && akit_nodes_array_alloc(h, 6, NULL) != NULL);
    uint64_t id = nodes_stats_of(h).id;
    CHECK_INT(akit_stats_json(id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "\"name\":\"trie\"") && strstr(text, "\"nodes_used\":1,\"arrays_used\":1") && strstr(text, "\"block_bytes\":128"));
    CHECK_INT(akit_stats_openmetrics(id, text, sizeof text, NULL), 0);
    CHECK(strstr(text, "allockit_nodes_nodes_used{handle=\"trie\"") && strstr(text, "allockit_nodes_recycled_total"));
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK_INT(akit_stats_json(id, text, sizeof text, NULL), -ENOENT);
}
