/* Operations that write and check the bytes of blocks, and compare addresses. */
#include "ops.h"

static unsigned char pattern(uint64_t seed, uint64_t i)
{
    return (unsigned char)(seed + 7 * i + i / 256);
}

static void fill(unsigned char *p, uint64_t size, uint64_t seed)
{
    for (uint64_t i = 0; i < size; i++)
        p[i] = pattern(seed, i);
}

static void verify(state *s, const unsigned char *p, uint64_t size, uint64_t seed)
{
    for (uint64_t i = 0; i < size; i++)
        if (p[i] != pattern(seed, i)) {
            wrong(s, "byte %llu is %u", (unsigned long long)i, p[i]);
            return;
        }
}

static int op_fill(state *s, int n, char **w)
{
    (void)n;
    block_entry b = block_of(s, w[1]);
    fill(b.p, b.size, number_of(s, w[2]));
    return 0;
}

static int op_verify(state *s, int n, char **w)
{
    block_entry b = block_of(s, w[1]);
    verify(s, b.p, n > 3 ? number_of(s, w[3]) : b.size, number_of(s, w[2]));
    return 0;
}

static int op_zeros(state *s, int n, char **w)
{
    block_entry b = block_of(s, w[1]);
    uint64_t length = n > 2 ? number_of(s, w[2]) : b.size;
    for (uint64_t i = 0; i < length; i++)
        if (b.p[i]) {
            wrong(s, "byte %llu is not zero", (unsigned long long)i);
            break;
        }
    return 0;
}

static int op_fill_n(state *s, int n, char **w)
{
    (void)n;
    batch_entry *v = batch_of(s, w[1], 0);
    for (uint64_t i = 0; v && i < v->count; i++)
        fill((unsigned char *)v->p[i], v->size, number_of(s, w[2]) + i);
    return 0;
}

static int op_verify_n(state *s, int n, char **w)
{
    (void)n;
    batch_entry *v = batch_of(s, w[1], 0);
    for (uint64_t i = 0; v && i < v->count && !s->why[0]; i++)
        verify(s, (const unsigned char *)v->p[i], v->size, number_of(s, w[2]) + i);
    return 0;
}

static int op_at(state *s, int n, char **w)
{
    (void)n;
    unsigned char *p = block_of(s, w[1]).p;
    if ((uintptr_t)p % number_of(s, w[2]))
        wrong(s, "%p is not a multiple of %s", (void *)p, w[2]);
    return 0;
}

static int op_same(state *s, int n, char **w)
{
    (void)n;
    if (block_of(s, w[1]).p != block_of(s, w[2]).p)
        wrong(s, "%s and %s are different blocks", w[1], w[2]);
    return 0;
}

static int op_differ(state *s, int n, char **w)
{
    (void)n;
    if (block_of(s, w[1]).p == block_of(s, w[2]).p)
        wrong(s, "%s and %s are the same block", w[1], w[2]);
    return 0;
}

static int op_keep(state *s, int n, char **w)
{
    (void)n;
    block_entry b = block_of(s, w[1]);
    block_entry *c = set_block(s, w[2], b.p, b.size);
    c->room = b.room;
    c->backing = b.backing;
    return 0;
}

static int op_room(state *s, int n, char **w)
{
    (void)n;
    compare(s, block_of(s, w[1]).room, w[2], w[3]);
    return 0;
}

static int op_backing(state *s, int n, char **w)
{
    (void)n;
    compare(s, block_of(s, w[1]).backing, w[2], w[3]);
    return 0;
}

const operation byte_operations[] = {
    {"fill", 3, op_fill},
    {"verify", 3, op_verify},
    {"zeros", 2, op_zeros},
    {"fill_n", 3, op_fill_n},
    {"verify_n", 3, op_verify_n},
    {"at", 3, op_at},
    {"same", 3, op_same},
    {"differ", 3, op_differ},
    {"keep", 3, op_keep},
    {"room", 4, op_room},
    {"backing", 4, op_backing},
    {NULL, 0, NULL},
};
