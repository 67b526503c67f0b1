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

void compare(state *s, uint64_t value, const char *op, const char *word);
uint32_t flags_of(state *s, const char *word);
akit_tiered *raw(state *s, const char *name);

#endif
