/* Where chunks come from:
 *
 *   malloc             a block for every chunk
 *   slots, fixed       slots of the program's own, used again and again, on 2 MiB pages
 *   ring, registered,  slices of an akit_ring of twice the depth, on 2 MiB pages
 *   io
 *   pread              one slot
 */
#include "ingest.h"

static size_t chunk_bytes;
static akit_ring *ring;
static void *slots_base;
static size_t slots_bytes;
static void *idle_slot[MOST_DEPTH];
static unsigned idle;

static void make_ring(const struct ingest *in) {
    akit_ring_config config = AKIT_RING_CONFIG_INIT;
    config.block_bytes = in->chunk;
    config.capacity_bytes = 2 * in->depth * in->chunk;
    config.alignment = 4096;
    config.thp = AKIT_THP_ADVISE;
    if (akit_ring_create(&config, &ring) < 0) die("akit_ring_create");
    start_purge_thread();
}

/* A whole number of 2 MiB pages, from the beginning of one. */
static void make_slots(const struct ingest *in) {
    const size_t huge = 2 << 20;
    slots_bytes = (in->depth * in->chunk + huge - 1) / huge * huge;
    if (posix_memalign(&slots_base, huge, slots_bytes) != 0) die("memory");
    madvise(slots_base, slots_bytes, MADV_HUGEPAGE);
    for (unsigned i = 0; i < in->depth; i++) idle_slot[idle++] = (char *)slots_base + (in->depth - 1 - i) * in->chunk;
}

void memory_open(const struct ingest *in) {
    chunk_bytes = in->chunk;
    if (strcmp(in->mode, "malloc") == 0) return;
    if (strcmp(in->mode, "slots") == 0 || strcmp(in->mode, "fixed") == 0 || strcmp(in->mode, "pread") == 0) make_slots(in);
    else make_ring(in);
}

void *memory_get(void) {
    void *p;
    if (ring != NULL) p = akit_ring_acquire(ring, chunk_bytes);
    else if (slots_base != NULL) p = idle_slot[--idle];
    else p = malloc(chunk_bytes);
    if (p == NULL) die("no memory for a chunk");
    return p;
}

void memory_put(void *p) {
    if (ring != NULL) akit_ring_release(ring, p);
    else if (slots_base != NULL) idle_slot[idle++] = p;
    else free(p);
}

akit_ring *memory_ring(void) { return ring; }

void memory_slots(void **base, size_t *bytes) {
    *base = slots_base;
    *bytes = slots_bytes;
}
