/* Wrong frees: the exact answers, nothing changed, each counted. */
#include "nodes_kit.h"

CASE(freed_twice)
{
    akit_nodes *h = new_nodes();
    void *p = node(h), *q = node(h), *a = array(h, 8);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK_INT(akit_nodes_free(h, p), -EINVAL);
    CHECK_INT(akit_nodes_free(h, q), 0);
    CHECK_INT(akit_nodes_free(h, p), -EINVAL); /* not the last one */
    CHECK_INT(akit_nodes_array_free(h, a, 8), 0);
    CHECK_INT(akit_nodes_array_free(h, a, 8), -EINVAL);
    CHECK_INT(nodes_misuses(h), 3);
    CHECK(node(h) == q && node(h) == p && array(h, 8) == a);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(wrong_capacity)
{
    akit_nodes *h = new_nodes();
    void *p = node(h), *a = array(h, 6);
    for (size_t capacity = 0; capacity <= 70; capacity++)
        if (capacity != 8)
            CHECK_INT(akit_nodes_array_free(h, a, capacity), -EINVAL);
    CHECK_INT(akit_nodes_array_free(h, a, SIZE_MAX), -EINVAL);
    CHECK_INT(akit_nodes_free(h, a), -EINVAL);
    CHECK_INT(akit_nodes_array_free(h, p, 4), -EINVAL);
    CHECK_INT(nodes_misuses(h), 73);
    CHECK(nodes_stats_of(h).nodes_used == 1 && nodes_stats_of(h).arrays_used == 1);
    CHECK_INT(akit_nodes_array_free(h, a, 8), 0);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(inside_of_a_block)
{
    akit_nodes *h = new_nodes();
    char *p = (char *)node(h), *a = (char *)array(h, 20);
    for (int i = 1; i < 48; i++)
        CHECK_INT(akit_nodes_free(h, p + i), -ENOENT);
    for (int i = 1; i < 320; i++)
        CHECK_INT(akit_nodes_array_free(h, a + i, 20), -ENOENT);
    CHECK_INT(akit_nodes_free(h, p + 48), -ENOENT); /* never handed out */
    CHECK_INT(nodes_misuses(h), 47 + 319 + 1);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}

CASE(of_somebody_else)
{
    akit_nodes *h = new_nodes(), *other = new_nodes();
    akit_tiered *heap = new_heap();
    int local = 0;
    void *p = node(other), *a = array(other, 4), *block = akit_tiered_alloc(heap, 48), *mine = malloc(48);
    void *wrong[] = {p, a, block, mine, &local, (void *)(uintptr_t)16, (void *)(uintptr_t)4096, (void *)~(uintptr_t)15, h};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_INT(akit_nodes_free(h, wrong[i]), -ENOENT);
        CHECK_INT(akit_nodes_array_free(h, wrong[i], 4), -ENOENT);
    }
    CHECK_INT(nodes_misuses(h), 18);
    CHECK_INT(nodes_misuses(other), 0);
    akit_tiered_free(heap, p);
    akit_free(a);
    CHECK_INT(misuses_of(heap), 1);
    CHECK_INT(akit_nodes_free(other, p), 0);
    CHECK_INT(akit_nodes_array_free(other, a, 4), 0);
    akit_tiered_free(heap, block);
    free(mine);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    CHECK_INT(akit_nodes_destroy(other, 0), 0);
    CHECK_INT(akit_tiered_destroy(heap, 0), 0);
}

CASE(handles_that_are_none)
{
    akit_nodes *h = new_nodes();
    akit_tiered *heap = new_heap();
    void *p = node(h);
    uint64_t before = process_stats().misuses_total;
    akit_nodes *wrong[] = {NULL, (akit_nodes *)heap, h};
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    for (int i = 0; i < 3; i++) {
        akit_nodes_stats st = AKIT_NODES_STATS_INIT;
        CHECK_REFUSED(akit_nodes_alloc(wrong[i]), EINVAL);
        CHECK_REFUSED(akit_nodes_array_alloc(wrong[i], 1, NULL), EINVAL);
        CHECK_INT(akit_nodes_free(wrong[i], p), -EINVAL);
        CHECK_INT(akit_nodes_array_free(wrong[i], p, 4), -EINVAL);
        CHECK_INT(akit_nodes_reset(wrong[i], 0), -EINVAL);
        CHECK_INT(akit_nodes_purge(wrong[i], 0, NULL), -EINVAL);
        CHECK_INT(akit_nodes_stats_get(wrong[i], &st), -EINVAL);
        CHECK_INT(akit_nodes_class_count(wrong[i]), 0);
    }
    CHECK_INT(process_stats().misuses_total - before, 3 * 8);
    CHECK_INT(akit_nodes_destroy((akit_nodes *)heap, 0), -EINVAL);
    CHECK_INT(akit_tiered_destroy(heap, 0), 0);
}

/* A free node that is written to has a link that leads nowhere: told, and the list is whole again. */
CASE(written_after_free)
{
    if (CHECK_SANITIZED)
        SKIP("the case looks into free blocks");
    akit_nodes *h = new_nodes();
    void **p = many_nodes(h, 100);
    for (size_t i = 0; i < 50; i++)
        CHECK_INT(akit_nodes_free(h, p[i]), 0);
    memset(hidden(p[49]), 0x41, 8);
    memset(hidden(p[20]), 0, 8);
    for (size_t i = 0; i < 50; i++) {
        void *q = node(h);
        memset(q, 0x42, 48);
        for (size_t k = 50; k < 100; k++)
            CHECK(q != p[k]);
    }
    CHECK_INT(nodes_misuses(h), 1); /* making the list anew mended the other one */
    akit_nodes_stats st = nodes_stats_of(h);
    CHECK(st.nodes_used == 100 && st.free_bytes == 0);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
    free(p);
}

static int told;
static uint64_t told_id;

static void tell(void *user, int error, uint64_t id, const void *p)
{
    (void)p;
    *(int *)user += 1;
    told_id = error == EINVAL ? id : 0;
}

CASE(the_handler_is_told)
{
    akit_nodes *h = new_nodes();
    void *p = node(h);
    uint64_t id = nodes_stats_of(h).id;
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    CHECK_INT(akit_misuse_handler(tell, &told), 0);
    CHECK_INT(akit_nodes_free(h, p), 0);
    CHECK_INT(akit_nodes_free(h, p), -EINVAL);
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
    CHECK(told == 1 && told_id == id);
    CHECK_INT(akit_nodes_destroy(h, 0), 0);
}
