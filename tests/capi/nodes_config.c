/* What configurations of nodes mean, and which are refused. */
#include "nodes_kit.h"

static int refusal(const akit_nodes_config *cfg)
{
    akit_nodes *h = (akit_nodes *)&h;
    int rc = akit_nodes_create(cfg, &h);
    CHECK(rc < 0 && h == NULL);
    return rc;
}

CASE(a_node_size_is_required)
{
    akit_nodes_config cfg = AKIT_NODES_CONFIG_INIT;
    CHECK_INT(refusal(NULL), -EINVAL);
    CHECK_INT(refusal(&cfg), -EINVAL);
    cfg.node_bytes = 1;
    CHECK_INT(akit_nodes_create(&cfg, NULL), -EINVAL);
    CHECK_INT(akit_nodes_destroy(new_nodes_with(&cfg), 0), 0);
}

CASE(defaults)
{
    akit_nodes_config cfg = nodes_config(40, 16), got = AKIT_NODES_CONFIG_INIT;
    cfg.name = "trie";
    akit_nodes *h = new_nodes_with(&cfg);
    CHECK_INT(akit_nodes_config_get(h, &got), 0);
    CHECK(!strcmp(got.name, "trie"));
    CHECK_INT(got.node_bytes, 40);
    CHECK_INT(got.node_alignment, 16);
    CHECK_INT(got.element_bytes, 16);
    CHECK_INT(got.max_elements, 64);
    CHECK_INT(got.capacity_step, 4);
    CHECK_INT(got.slab_bytes, KIB(64));
    CHECK_INT(got.exhaust_mode, AKIT_EXHAUST_GROW);
    CHECK_INT(got.warn_percent, 80);
    CHECK(got.limit_bytes == AKIT_NONE && got.decay_ns == 100000000 && !got.memory && !got.region && !got.huge);
    CHECK_INT(akit_nodes_class_count(h), 17);
    CHECK_INT(akit_nodes_config_get(h, NULL), -EINVAL);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK_INT(akit_nodes_config_get(h, &got), -EINVAL);
}

CASE(config_init)
{
    akit_nodes_config cfg, plain = AKIT_NODES_CONFIG_INIT;
    CHECK_INT(akit_nodes_config_init(&cfg, sizeof cfg), 0);
    CHECK(!memcmp(&cfg, &plain, sizeof cfg));
    CHECK_INT(akit_nodes_config_init(NULL, sizeof cfg), -EINVAL);
    CHECK_INT(akit_nodes_config_init(&cfg, 8), -EINVAL);
}

CASE(values_that_make_no_sense)
{
    static unsigned char memory[KIB(64)];
    const struct {
        size_t field;
        uint64_t value, element_bytes;
    } bad[] = {
        {offsetof(akit_nodes_config, node_bytes), MIB(1) + 1, 0},
        {offsetof(akit_nodes_config, node_bytes), AKIT_NONE, 0},
        {offsetof(akit_nodes_config, node_alignment), 24, 0},
        {offsetof(akit_nodes_config, node_alignment), MIB(2), 0},
        {offsetof(akit_nodes_config, node_alignment), GIB(2), 0},
        {offsetof(akit_nodes_config, element_bytes), MIB(1), 0},
        {offsetof(akit_nodes_config, element_bytes), AKIT_NONE, 0},
        {offsetof(akit_nodes_config, max_elements), 65, 8},
        {offsetof(akit_nodes_config, max_elements), 4, 0},
        {offsetof(akit_nodes_config, capacity_step), 65, 8},
        {offsetof(akit_nodes_config, capacity_step), 2, 0},
        {offsetof(akit_nodes_config, slab_bytes), MIB(65), 0},
        {offsetof(akit_nodes_config, slab_bytes), AKIT_NONE, 0},
        {offsetof(akit_nodes_config, memory_bytes), KIB(64), 0},
        {offsetof(akit_nodes_config, limit_bytes), 1000, 0},
        {offsetof(akit_nodes_config, flags), 1, 0},
        {offsetof(akit_nodes_config, reserved_a), 1, 0},
        {offsetof(akit_nodes_config, numa_nodes), 1, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        akit_nodes_config cfg = nodes_config(32, bad[i].element_bytes);
        memcpy((char *)&cfg + bad[i].field, &bad[i].value, 8);
        if (refusal(&cfg) != -EINVAL)
            CHECK_FAIL("case %zu", i);
    }
    akit_nodes_config cfg = nodes_config(32, 0);
    cfg.exhaust_mode = 3;
    CHECK_INT(refusal(&cfg), -EINVAL);
    cfg = nodes_config(32, 0);
    cfg.warn_percent = 101;
    CHECK_INT(refusal(&cfg), -EINVAL);
    cfg = nodes_config(32, 0);
    cfg.name = "two words";
    CHECK_INT(refusal(&cfg), -EINVAL);
    cfg = nodes_config(32, 0);
    cfg.memory = memory;
    cfg.memory_bytes = 100;
    CHECK_INT(refusal(&cfg), -EINVAL);
    cfg.memory_bytes = sizeof memory;
    cfg.prefault_bytes = 4096;
    CHECK_INT(refusal(&cfg), -EINVAL);
    cfg.prefault_bytes = 0;
    cfg.slab_bytes = 4096;
    CHECK_INT(refusal(&cfg), -EINVAL);
    cfg.slab_bytes = 0;
    cfg.node_bytes = KIB(64);
    CHECK_INT(refusal(&cfg), -EINVAL);
}

CASE(steps_make_classes)
{
    for (uint64_t step = 1; step <= 64; step++) {
        akit_nodes_config cfg = nodes_config(16, 8);
        cfg.max_elements = 64;
        cfg.capacity_step = step;
        akit_nodes *h = new_nodes_with(&cfg);
        CHECK_INT(akit_nodes_class_count(h), 1 + (64 + step - 1) / step);
        for (size_t elements = 0; elements <= 64; elements++) {
            size_t capacity = 0, whole = (elements ? elements + step - 1 : step) / step * step;
            void *p = akit_nodes_array_alloc(h, elements, &capacity);
            CHECK(p && capacity == (whole < 64 ? whole : 64));
            CHECK_INT(akit_nodes_array_free(h, p, capacity), 0);
        }
        CHECK_INT(akit_nodes_destroy(h, 0), 0);
    }
}

CASE(an_older_caller)
{
    akit_nodes_config cfg = nodes_config(64, 0);
    akit_nodes *h = NULL;
    cfg.struct_size = offsetof(akit_nodes_config, memory);
    CHECK_INT(akit_nodes_create(&cfg, &h), 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    cfg.struct_size = 24;
    CHECK_INT(refusal(&cfg), -EINVAL);
}
