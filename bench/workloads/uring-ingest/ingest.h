/* The parts of the program: where chunks come from, and how they are read. */
#ifndef INGEST_H
#define INGEST_H

#include "../common/program.h"

struct ingest {
    const char *mode;
    unsigned depth; /* reads in flight */
    size_t chunk;   /* bytes of one */
};

/* Memory of the chunks: as many as `depth` at a time. */
void memory_open(const struct ingest *in);
void *memory_get(void);
void memory_put(void *p);
akit_ring *memory_ring(void);                  /* NULL in the modes without one */
void memory_slots(void **base, size_t *bytes); /* the program's own slots, or NULL */

/* A read that has ended. `res` is as of read(2). */
struct done {
    unsigned id;
    int res;
};

enum { MOST_DEPTH = 64 };

/* Reads: queued by `read`; `wait` waits for at least one, and tells of all that have ended. */
struct engine {
    void (*open)(const struct ingest *in);
    void (*read)(int fd, void *p, size_t length, uint64_t offset, unsigned id);
    unsigned (*wait)(struct done done[MOST_DEPTH]);
};
extern const struct engine engine_liburing, engine_io, engine_pread;

#endif
