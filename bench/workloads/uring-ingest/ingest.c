/* Reads files in chunks, several reads in flight, and adds up their bytes.
 *
 *   ingest MODE LIST DEPTH CHUNK PASSES
 *
 * MODE: malloc, slots, fixed, ring, registered, io, pread (see memory.c). LIST has a path per line. */
#include "ingest.h"

struct file {
    char path[512];
    int fd;
    uint64_t size;
    unsigned in_flight;
};

struct request {
    struct file *file;
    void *data;
    uint64_t offset;
    size_t length;
};

static struct file *files;
static size_t file_count;

static void read_list(const char *path) {
    static char line[sizeof files->path];
    FILE *list = fopen(path, "r");
    if (list == NULL) die(path);
    while (fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = 0;
        files = realloc(files, (file_count + 1) * sizeof *files);
        if (files == NULL) die("memory");
        files[file_count] = (struct file){.fd = -1};
        strcpy(files[file_count++].path, line);
    }
    fclose(list);
    if (file_count == 0) die("no files");
}

static void open_file(struct file *file) {
    struct stat status;
    file->fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0 || fstat(file->fd, &status) != 0) die(file->path);
    file->size = (uint64_t)status.st_size;
}

/* Every byte counts, and a chunk that is used in place of another changes the result. */
static uint64_t checksum(const unsigned char *p, size_t length, uint64_t offset) {
    uint64_t sum = 0, word;
    size_t at = 0;
    for (; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, p + at, sizeof word);
        sum += word;
    }
    for (; at < length; at++) sum += p[at];
    return sum * (2 * offset + 1);
}

/* What is to be read next, over all files once. */
struct cursor {
    size_t file;
    uint64_t offset;
};

static int next_request(struct cursor *at, size_t chunk, struct request *request) {
    if (at->file == file_count) return 0;
    struct file *file = &files[at->file];
    if (file->fd < 0) open_file(file);
    const uint64_t left = file->size - at->offset;
    *request = (struct request){file, memory_get(), at->offset, left < chunk ? (size_t)left : chunk};
    file->in_flight++;
    at->offset += request->length;
    if (at->offset == file->size) *at = (struct cursor){at->file + 1, 0};
    return 1;
}

static void finish(const struct cursor *at, struct request *request) {
    memory_put(request->data);
    struct file *file = request->file;
    if (--file->in_flight == 0 && (at->file == file_count || file != &files[at->file])) {
        close(file->fd);
        file->fd = -1;
    }
}

static void consume(const struct cursor *at, struct request *request, int res, uint64_t *sum, uint64_t *bytes) {
    if (res < 0 || (size_t)res != request->length) die("a read");
    *sum += checksum(request->data, request->length, request->offset);
    *bytes += request->length;
    finish(at, request);
    request->data = NULL;
}

/* The sum of one pass. What has ended is consumed, then as many reads are queued anew. */
static uint64_t pass(const struct ingest *in, const struct engine *engine, uint64_t *bytes) {
    static struct request request[MOST_DEPTH];
    struct done done[MOST_DEPTH];
    struct cursor at = {0, 0};
    uint64_t sum = 0;
    unsigned in_flight = 0;
    do {
        for (unsigned id = 0; id < in->depth; id++) {
            struct request *one = &request[id];
            if (one->data != NULL || !next_request(&at, in->chunk, one)) continue;
            engine->read(one->file->fd, one->data, one->length, one->offset, id);
            in_flight++;
        }
        const unsigned count = engine->wait(done);
        for (unsigned i = 0; i < count; i++) consume(&at, &request[done[i].id], done[i].res, &sum, bytes);
        in_flight -= count;
    } while (in_flight > 0 || at.file < file_count);
    return sum;
}

static const struct engine *engine_of(const char *mode) {
    if (strcmp(mode, "io") == 0) return &engine_io;
    return strcmp(mode, "pread") == 0 ? &engine_pread : &engine_liburing;
}

int main(int argc, char **argv) {
    if (argc != 6) die("usage: ingest MODE LIST DEPTH CHUNK PASSES");
    const char *mode = argv[1];
    const struct ingest in = {mode, strcmp(mode, "pread") == 0 ? 1 : (unsigned)atoi(argv[3]), strtoull(argv[4], NULL, 10)};
    if (in.depth < 1 || in.depth > MOST_DEPTH || in.chunk == 0 || in.chunk % 4096 != 0) die("depth is 1 to 64, chunk a multiple of 4096");
    read_list(argv[2]);
    memory_open(&in);
    const struct engine *engine = engine_of(mode);
    engine->open(&in);
    uint64_t bytes = 0, sum = 0;
    for (int i = atoi(argv[5]); i > 0; i--) sum = sum * 31 + pass(&in, engine, &bytes);
    printf("%zu files, %llu bytes, sum %016llx\n", file_count, (unsigned long long)bytes, (unsigned long long)sum);
    return 0;
}
