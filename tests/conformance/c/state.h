/* What a case has made so far: handles, blocks, batches and kept numbers, each found by its name. */
#ifndef CONFORMANCE_STATE_H
#define CONFORMANCE_STATE_H

#include <allockit.h>
#include <stddef.h>
#include <stdint.h>

enum { KIND_IO_URING = 1000 }; /* an io_uring of the runner */
enum { NAME_MAX_LENGTH = 32, MAX_THINGS = 64, MAX_WORDS = 16 };

typedef struct {
    char name[NAME_MAX_LENGTH];
    uint32_t kind; /* AKIT_KIND_...; the pointer of that kind is set */
    akit_tiered *h;
    akit_region *region;
    akit_huge *huge;
    akit_pool *pool;
    akit_ring *ring;
    akit_uring *uring;
    akit_uring_group *group;
    int io_uring; /* the descriptor, of kind KIND_IO_URING */
    uint64_t id;
    int live;
} handle_entry;

typedef struct {
    char name[NAME_MAX_LENGTH];
    unsigned char *p;
    uint64_t size;
    uint64_t room;    /* what region_alloc, region_realloc or get told, else 0 */
    uint64_t backing; /* what huge_alloc told, else 0 */
} block_entry;

/* Memory of the runner that a region, a pool or a ring stands on. */
typedef struct {
    void *p;
    uint64_t bytes;
} memory_entry;

typedef struct {
    char name[NAME_MAX_LENGTH];
    void **p;
    uint64_t count;
    uint64_t size;
} batch_entry;

typedef struct {
    char name[NAME_MAX_LENGTH];
    uint64_t value;
} number_entry;

typedef struct {
    handle_entry handles[MAX_THINGS];
    block_entry blocks[MAX_THINGS];
    batch_entry batches[MAX_THINGS];
    number_entry numbers[MAX_THINGS];
    memory_entry memories[MAX_THINGS];
    int handle_count, block_count, batch_count, number_count, memory_count;
    int line;
    char why[256];  /* the first wrong answer; empty while all is well */
    int skipped;    /* the wrong answer is one of `given` */
} state;

void wrong(state *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void forget_all(state *s);

/* Lookups report what they cannot find through wrong() and answer NULL or 0. */
handle_entry *handle_of(state *s, const char *name);
handle_entry *new_handle(state *s, const char *name);
block_entry block_of(state *s, const char *word);
block_entry *set_block(state *s, const char *name, void *p, uint64_t size);
void *new_memory(state *s, uint64_t bytes);
batch_entry *batch_of(state *s, const char *name, int make);
void set_number(state *s, const char *name, uint64_t value);
uint64_t number_of(state *s, const char *word);

/* Performs one operation. Answers 0 or a negative errno, as the library gave it; a wrong figure goes to wrong(). */
int perform(state *s, int count, char **words);

/* The value of a named field, for every struct of figures the library has. Answers 0 when there is no such field. */
int tiered_stat(const akit_tiered_stats *st, const char *field, uint64_t *value);
int class_stat(const akit_class_stats *st, const char *field, uint64_t *value);
int process_stat(const akit_process_stats *st, const char *field, uint64_t *value);
int block_field(const akit_block_info *info, const char *field, uint64_t *value);
int config_field(const akit_tiered_config *cfg, const char *field, uint64_t *value);
int set_config_field(akit_tiered_config *cfg, const char *field, uint64_t value);
int region_stat(const akit_region_stats *st, const char *field, uint64_t *value);
int region_config_field(const akit_region_config *cfg, const char *field, uint64_t *value);
int set_region_config_field(akit_region_config *cfg, const char *field, uint64_t value);
int huge_stat(const akit_huge_stats *st, const char *field, uint64_t *value);
int huge_config_field(const akit_huge_config *cfg, const char *field, uint64_t *value);
int set_huge_config_field(akit_huge_config *cfg, const char *field, uint64_t value);
int pool_stat(const akit_pool_stats *st, const char *field, uint64_t *value);
int pool_config_field(const akit_pool_config *cfg, const char *field, uint64_t *value);
int set_pool_config_field(akit_pool_config *cfg, const char *field, uint64_t value);
int ring_stat(const akit_ring_stats *st, const char *field, uint64_t *value);
int ring_config_field(const akit_ring_config *cfg, const char *field, uint64_t *value);
int set_ring_config_field(akit_ring_config *cfg, const char *field, uint64_t value);
int uring_stat(const akit_uring_stats *st, const char *field, uint64_t *value);
int set_uring_config_field(akit_uring_config *cfg, const char *field, uint64_t value);
int uring_probe_field(const akit_uring_probe_info *info, const char *field, uint64_t *value);
int group_stat(const akit_uring_group_stats *st, const char *field, uint64_t *value);
int set_group_config_field(akit_uring_group_config *cfg, const char *field, uint64_t value);
int system_field(const akit_huge_system *system, const char *field, uint64_t *value);

#endif
