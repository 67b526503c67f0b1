/* What the two files of operations share. */
#ifndef CONFORMANCE_OPS_H
#define CONFORMANCE_OPS_H

#include "state.h"

typedef struct {
    const char *name;
    int least; /* words, the name included */
    int (*run)(state *, int, char **);
} operation;

extern const operation make_operations[]; /* ops_make.c; ends with a NULL name */
extern const operation byte_operations[]; /* ops_bytes.c */
extern const operation look_operations[]; /* ops_look.c */
extern const operation region_operations[]; /* ops_region.c */
extern const operation huge_operations[];   /* ops_huge.c */
extern const operation pool_operations[];   /* ops_pool.c */
extern const operation pool_look_operations[]; /* ops_pool_look.c */
extern const operation ring_operations[];   /* ops_ring.c */
extern const operation uring_operations[];  /* ops_uring.c */
extern const operation group_operations[];  /* ops_group.c */

int error_of(const char *name); /* 0 when there is no such error */

void compare(state *s, uint64_t value, const char *op, const char *word);
uint32_t flags_of(state *s, const char *word);
akit_tiered *raw(state *s, const char *name);
akit_region *raw_region(state *s, const char *name);
akit_pool *raw_pool(state *s, const char *name);
akit_ring *raw_ring(state *s, const char *name);
akit_uring *raw_uring(state *s, const char *name);
akit_uring_group *raw_group(state *s, const char *name);
akit_huge *raw_huge(state *s, const char *name);
/* The negative errno that a null pointer stands for, and the block otherwise. */
int got(state *s, const char *name, void *p, uint64_t size);
/* What words[0] to words[count - 1] name, batches and single blocks; the array is the caller's to free. */
void **gather(state *s, int count, char **words, size_t *blocks);
void **new_array(batch_entry *v, uint64_t slots); /* a name may be used again; its array is then a new one */
void *old_block(state *s, const char *name); /* a name not known yet is the null pointer */
/* The name in a config against the text of the line. */
void compare_name(state *s, const char *name, const char *word);
char *assigned(state *s, char *word); /* cuts field=value, answers the value */

#endif
