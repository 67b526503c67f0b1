/* Operations of registrations, and the runner's own io_urings. */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int op_io_uring(state *s, int n, char **w)
{
    (void)n;
    uint64_t params[15] = {0}; /* struct io_uring_params; all zero asks for nothing special */
    long fd = syscall(SYS_io_uring_setup, 8, params);
    if (fd < 0)
        return -errno;
    handle_entry *e = new_handle(s, w[1]);
    if (!e) {
        close((int)fd);
        return 0;
    }
    e->kind = KIND_IO_URING;
    e->io_uring = (int)fd;
    e->live = 1;
    return 0;
}

static int descriptor(state *s, const char *name, int file)
{
    if (!strcmp(name, "none"))
        return -1;
    if (!strcmp(name, "file"))
        return file;
    handle_entry *e = handle_of(s, name);
    if (e && e->kind != KIND_IO_URING)
        wrong(s, "%s is no io_uring", name);
    return e ? e->io_uring : -1;
}

static int configure(state *s, akit_uring_config *cfg, int count, char **words, int file)
{
    akit_uring_config_init(cfg, sizeof *cfg);
    cfg->ring_fd = -1;
    for (int i = 0; i < count; i++) {
        char *value = assigned(s, words[i]);
        if (!value)
            return 0;
        if (!strcmp(words[i], "name"))
            cfg->name = value;
        else if (!strcmp(words[i], "ring"))
            cfg->ring_fd = descriptor(s, value, file);
        else if (!set_uring_config_field(cfg, words[i], number_of(s, value)))
            wrong(s, "no config field %s", words[i]);
    }
    return 1;
}

/* The id of a handle that was just made: the last of the walk that is of its kind. */
static uint64_t newest(uint32_t wanted)
{
    uint64_t id = 0, found = 0;
    uint32_t kind = 0;
    while (akit_handle_next(&id, &kind) >= 0)
        if (kind == wanted)
            found = id;
    return found;
}

static int made(state *s, const char *name, int rc, akit_uring *h)
{
    if (rc < 0) {
        if (h)
            wrong(s, "an error and a handle");
        return rc;
    }
    handle_entry *e = new_handle(s, name);
    if (!e)
        return 0;
    e->kind = AKIT_KIND_URING;
    e->uring = h;
    e->id = newest(AKIT_KIND_URING);
    e->live = 1;
    return 0;
}

static int op_create(state *s, int n, char **w)
{
    akit_uring_config cfg;
    akit_uring *h = NULL;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC), rc = 0;
    if (configure(s, &cfg, n - 2, w + 2, file)) {
        rc = akit_uring_create(&cfg, &h);
        rc = made(s, w[1], rc, h);
    }
    close(file);
    return rc;
}

static int op_clone(state *s, int n, char **w)
{
    akit_uring_config cfg;
    akit_uring *h = NULL, *from = raw_uring(s, w[2]);
    if (!configure(s, &cfg, n - 3, w + 3, -1))
        return 0;
    int rc = akit_uring_clone(from, &cfg, &h);
    return made(s, w[1], rc, h);
}

static int op_destroy(state *s, int n, char **w)
{
    akit_uring *h = raw_uring(s, w[1]);
    int rc = akit_uring_destroy(h, n > 2 ? AKIT_DESTROY_NOW : 0);
    if (h && rc >= 0)
        handle_of(s, w[1])->live = 0;
    return rc;
}

static int op_add_ring(state *s, int n, char **w)
{
    (void)n;
    return akit_uring_add_ring(raw_uring(s, w[1]), raw_ring(s, w[2]));
}

static int op_add_pool(state *s, int n, char **w)
{
    (void)n;
    return akit_uring_add_pool(raw_uring(s, w[1]), raw_pool(s, w[2]));
}

static int op_add_memory(state *s, int n, char **w)
{
    (void)n;
    return akit_uring_add_memory(raw_uring(s, w[1]), block_of(s, w[2]).p, number_of(s, w[3]));
}

static int op_remove(state *s, int n, char **w)
{
    (void)n;
    void *what = NULL;
    for (int i = 0; i < s->handle_count; i++)
        if (!strcmp(s->handles[i].name, w[2]))
            what = s->handles[i].kind == AKIT_KIND_RING ? (void *)s->handles[i].ring : (void *)s->handles[i].pool;
    return akit_uring_remove(raw_uring(s, w[1]), what ? what : block_of(s, w[2]).p);
}

/* The answer of a call that counts; comparing it is left to those lines that say with what. */
static int counted(state *s, int rc, int n, char **w)
{
    if (rc >= 0 && n > 1)
        compare(s, (uint64_t)rc, w[0], w[1]);
    return rc;
}

static int op_sync(state *s, int n, char **w)
{
    return counted(s, akit_uring_sync(raw_uring(s, w[1])), n - 2, w + 2);
}

static int op_drained(state *s, int n, char **w)
{
    return counted(s, akit_uring_drained(raw_uring(s, w[1]), number_of(s, w[2])), n - 3, w + 3);
}

static int op_lookup(state *s, int n, char **w)
{
    int slot = akit_uring_lookup(raw_uring(s, w[1]), block_of(s, w[2]).p, number_of(s, w[3]));
    return counted(s, slot, n - 4, w + 4);
}

static int one_stat(state *s, const char *handle, const char *field, uint64_t *value)
{
    akit_uring_stats st = AKIT_URING_STATS_INIT;
    int rc = akit_uring_stats_get(raw_uring(s, handle), &st);
    if (rc >= 0 && !uring_stat(&st, field, value))
        wrong(s, "no field %s", field);
    return rc;
}

static int op_stats(state *s, int n, char **w)
{
    (void)n;
    uint64_t value = 0;
    int rc = one_stat(s, w[1], w[2], &value);
    if (rc >= 0)
        compare(s, value, w[3], w[4]);
    return rc;
}

static int op_save(state *s, int n, char **w)
{
    (void)n;
    uint64_t value = 0;
    int rc = one_stat(s, w[2], w[3], &value);
    set_number(s, w[1], value);
    return rc;
}

static int op_probe(state *s, int n, char **w)
{
    (void)n;
    akit_uring_probe_info info = AKIT_URING_PROBE_INFO_INIT;
    uint64_t value = 0;
    int rc = akit_uring_probe(&info);
    if (rc < 0)
        return rc;
    if (!uring_probe_field(&info, w[1], &value))
        wrong(s, "no field %s", w[1]);
    compare(s, value, w[2], w[3]);
    return 0;
}

const operation uring_operations[] = {
    {"io_uring", 2, op_io_uring},
    {"uring_probe", 4, op_probe},
    {"uring_create", 2, op_create},
    {"uring_clone", 3, op_clone},
    {"uring_destroy", 2, op_destroy},
    {"add_ring", 3, op_add_ring},
    {"add_pool", 3, op_add_pool},
    {"add_memory", 4, op_add_memory},
    {"uring_remove", 3, op_remove},
    {"sync", 2, op_sync},
    {"drained", 3, op_drained},
    {"lookup", 4, op_lookup},
    {"uring_stats", 5, op_stats},
    {"uring_save", 4, op_save},
    {NULL, 0, NULL},
};
