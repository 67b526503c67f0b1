/* What the tests of nodes share. */
#ifndef TESTS_CAPI_NODES_KIT_H
#define TESTS_CAPI_NODES_KIT_H

#include "kit.h"

static inline akit_nodes *new_nodes_with(const akit_nodes_config *cfg)
{
    akit_nodes *h = NULL;
    CHECK_INT(akit_nodes_create(cfg, &h), 0);
    CHECK(h != NULL);
    return h;
}

static inline akit_nodes_config nodes_config(uint64_t node_bytes, uint64_t element_bytes)
{
    akit_nodes_config cfg = AKIT_NODES_CONFIG_INIT;
    cfg.node_bytes = node_bytes;
    cfg.element_bytes = element_bytes;
    return cfg;
}

static inline akit_nodes *nodes_of(uint64_t node_bytes)
{
    akit_nodes_config cfg = nodes_config(node_bytes, 0);
    return new_nodes_with(&cfg);
}

/* Nodes of 48 bytes, arrays of 16-byte elements. */
static inline akit_nodes *new_nodes(void)
{
    akit_nodes_config cfg = nodes_config(48, 16);
    return new_nodes_with(&cfg);
}

static inline akit_nodes_stats nodes_stats_of(akit_nodes *h)
{
    akit_nodes_stats st = AKIT_NODES_STATS_INIT;
    CHECK_INT(akit_nodes_stats_get(h, &st), 0);
    return st;
}

static inline akit_class_stats nodes_class_of(akit_nodes *h, size_t index)
{
    akit_class_stats st = AKIT_CLASS_STATS_INIT;
    CHECK_INT(akit_nodes_class_stats_get(h, index, &st), 0);
    return st;
}

static inline uint64_t nodes_misuses(akit_nodes *h)
{
    return nodes_stats_of(h).misuses_total;
}

/* A node that must be there. */
static inline void *node(akit_nodes *h)
{
    void *p = akit_nodes_alloc(h);
    if (!p)
        CHECK_FAIL("no node: %s", strerror(errno));
    return hidden(p);
}

static inline void *array(akit_nodes *h, size_t elements)
{
    size_t capacity = 0;
    void *p = akit_nodes_array_alloc(h, elements, &capacity);
    if (!p)
        CHECK_FAIL("no array of %zu: %s", elements, strerror(errno));
    CHECK(capacity >= elements);
    return hidden(p);
}

static inline void **many_nodes(akit_nodes *h, size_t n)
{
    void **p = (void **)malloc(n * sizeof *p);
    CHECK(p != NULL);
    CHECK_INT(akit_nodes_alloc_n(h, n, p), n);
    return p;
}

/* Allocates until it is refused with `error`. Returns how many there were. */
static inline size_t nodes_until(akit_nodes *h, int error)
{
    size_t n = 0;
    errno = 0;
    while (akit_nodes_alloc(h)) {
        if (++n > 10000000)
            CHECK_FAIL("there is no bound");
    }
    CHECK_INT(errno, error);
    return n;
}

#endif
