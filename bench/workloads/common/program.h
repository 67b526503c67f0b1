/* What every C and C++ program here needs: an ending, the input file, a handle. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <allockit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void die(const char *what) {
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

/* Mapped, not read into a buffer: the input must not be part of what the allocators are compared on. */
static inline const char *map_file(const char *path, size_t *size) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) die(path);
    void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED) die(path);
    *size = (size_t)status.st_size;
    return (const char *)data;
}

/* limit_bytes 0 means no cap. */
static inline akit_tiered *new_handle(uint64_t limit_bytes) {
    akit_tiered_config config;
    akit_tiered *handle = NULL;
    if (akit_tiered_config_init(&config, sizeof config) < 0) die("akit_tiered_config_init");
    config.limit_bytes = limit_bytes;
    if (akit_tiered_create(&config, &handle) < 0) die("akit_tiered_create");
    return handle;
}

static inline void drop_handle(akit_tiered *handle) {
    if (akit_tiered_destroy(handle, 0) < 0) die("akit_tiered_destroy");
}

/* Giving memory back is part of what is measured. */
static inline void start_purge_thread(void) {
    if (akit_purge_thread(1) < 0) die("akit_purge_thread");
}

/* How a program gets and returns its memory. */
enum mode { MODE_MALLOC, MODE_HANDLE, MODE_DROP };

static inline enum mode parse_mode(const char *word) {
    if (strcmp(word, "malloc") == 0) return MODE_MALLOC;
    if (strcmp(word, "handle") == 0) return MODE_HANDLE;
    if (strcmp(word, "drop") == 0) return MODE_DROP;
    die("mode is malloc, handle or drop");
    return MODE_MALLOC;
}

#endif
