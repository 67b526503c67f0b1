/* Locked memory is limited, or io_uring is forbidden: a state, and everything else goes on. */
#include "uring_raw.h"

#include "seccomp.h"
#include <grp.h>

enum { NOT_POSSIBLE = 77 };

typedef struct {
    uint64_t limit, for_ring; /* before and after the ring was made */
    akit_uring_stats few, many;
    akit_uring_probe_info probe;
    int ring, few_rc, many_rc, found, read;
} memlock_try;

/* An ordinary user with that limit. */
static int become_ordinary(uint64_t limit)
{
    struct rlimit r = {limit, limit};
    return geteuid() == 0 && setrlimit(RLIMIT_MEMLOCK, &r) == 0 && setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0;
}

/* Some KiB, then 16 MiB; the answers go to shared memory, for the parent to judge. */
static int try_memlock(void *arg)
{
    memlock_try *t = (memlock_try *)arg;
    if (!become_ordinary(t->for_ring))
        return NOT_POSSIBLE;
    raw_ring r;
    struct rlimit lower = {t->limit, t->limit};
    t->ring = raw_open(&r, 8, 0);
    CHILD_CHECK(setrlimit(RLIMIT_MEMLOCK, &lower) == 0);
    t->probe.struct_size = sizeof t->probe;
    CHILD_CHECK(akit_uring_probe(&t->probe) == 0);
    if (t->ring < 0)
        return 0;
    akit_uring *h;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = r.fd;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    CHILD_CHECK(akit_uring_create(&cfg, &h) == 0);
    char *p = (char *)mmap(NULL, MIB(32), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHILD_CHECK(akit_uring_add_memory(h, p, 8192) == 0);
    t->few.struct_size = t->many.struct_size = sizeof t->few;
    t->few_rc = akit_uring_sync(h);
    CHILD_CHECK(akit_uring_stats_get(h, &t->few) == 0);
    CHILD_CHECK(akit_uring_add_memory(h, p + MIB(8), MIB(16)) == 0);
    t->many_rc = akit_uring_sync(h);
    CHILD_CHECK(akit_uring_stats_get(h, &t->many) == 0);
    t->found = akit_uring_lookup(h, p + MIB(8), 4096);
    /* Plain operations go on. */
    int fd[2];
    CHILD_CHECK(pipe(fd) == 0 && write(fd[1], "hello", 5) == 5);
    struct io_uring_sqe *s = raw_sqe(&r, IORING_OP_READ, fd[0], 1);
    s->addr = (uintptr_t)(p + MIB(8));
    s->len = 5;
    s->off = (uint64_t)-1;
    CHILD_CHECK(raw_enter(&r, 1, 1) == 1);
    raw_event e;
    CHILD_CHECK(raw_peek(&r, &e) == 1);
    t->read = e.res;
    CHILD_CHECK(memcmp(p + MIB(8), "hello", 5) == 0);
    CHILD_CHECK(akit_uring_destroy(h, 0) == 0);
    return 0;
}

static memlock_try *run_memlock(uint64_t for_ring, uint64_t limit)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer locks memory of its own");
    memlock_try *t = (memlock_try *)mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK((void *)t != MAP_FAILED);
    raw_ring r = raw_ring_with(0);
    raw_close(&r);
    t->limit = limit;
    t->for_ring = for_ring;
    int status = child_status(try_memlock, t);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_POSSIBLE)
        SKIP("only root can become an ordinary user with a limit of its own, up to the hard one");
    CHECK_INT(status, 0);
    CHECK_INT(t->probe.memlock_soft_bytes, limit);
    CHECK_INT(t->probe.ipc_lock, 0);
    CHECK_INT(t->probe.available, 1);
    CHECK(t->probe.error == 0 || t->probe.error == ENOMEM); /* the kernel charges the ring itself */
    if (t->ring < 0)
        SKIP("no ring can be made with so little locked memory: %s", strerror(-t->ring));
    return t;
}

static void refused_large(const memlock_try *t)
{
    CHECK_INT(t->many.last_errno, ENOMEM);
    CHECK_INT(t->many.areas_pending, t->few_rc == 1 ? 1 : 2);
    CHECK_INT(t->found, -ENOENT);
    CHECK_INT(t->read, 5);
    CHECK(t->many.memlock_needed_bytes > t->many.memlock_limit_bytes);
    CHECK_INT(t->many.memlock_limit_bytes, t->limit);
}

CASE(no_locked_memory_at_all)
{
    memlock_try *t = run_memlock(KIB(64), 0);
    CHECK_INT(t->few_rc, -ENOMEM);
    CHECK_INT(t->few.state, AKIT_URING_DENIED);
    CHECK_INT(t->many_rc, -ENOMEM);
    CHECK_INT(t->many.state, AKIT_URING_DENIED);
    refused_large(t);
}

CASE(locked_memory_of_64_kib)
{
    memlock_try *t = run_memlock(KIB(64), KIB(64));
    CHECK_INT(t->few_rc, 1);
    CHECK_INT(t->few.state, AKIT_URING_ON);
    CHECK_INT(t->many_rc, -ENOMEM);
    CHECK_INT(t->many.state, AKIT_URING_PARTIAL);
    refused_large(t);
}

CASE(locked_memory_of_8_mib)
{
    memlock_try *t = run_memlock(MIB(8), MIB(8));
    CHECK_INT(t->few_rc, 1);
    CHECK_INT(t->many_rc, -ENOMEM);
    CHECK_INT(t->many.state, AKIT_URING_PARTIAL);
    refused_large(t);
}

CASE(locked_memory_of_64_mib)
{
    memlock_try *t = run_memlock(MIB(64), MIB(64));
    CHECK_INT(t->many_rc, 1);
    CHECK_INT(t->many.state, AKIT_URING_ON);
    CHECK(t->found >= 0);
}

/* A filter as containers have: the three calls of io_uring answer EPERM. */
static int without_uring(void *arg)
{
    (void)arg;
    raw_ring r;
    int made = raw_open(&r, 8, 0);
    if (filter_system_calls((const long[]){__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register, -1},
                            SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW) != 0)
        return NOT_POSSIBLE;
    akit_uring_probe_info info = AKIT_URING_PROBE_INFO_INIT;
    CHILD_CHECK(akit_uring_probe(&info) == 0);
    CHILD_CHECK(info.available == 0 && info.error == EPERM && info.features == 0);
    char text[2048];
    CHILD_CHECK(akit_uring_probe_text(0, text, sizeof text, NULL) == 0 && strstr(text, "forbidden"));
    akit_pool *pool;
    CHILD_CHECK(akit_pool_create(NULL, &pool) == 0);
    void *p = akit_pool_get(pool, 4096, NULL);
    CHILD_CHECK(p != NULL);
    if (made == 0) { /* a ring from before */
        akit_uring *h;
        akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
        akit_uring_stats st = AKIT_URING_STATS_INIT;
        akit_uring_group_config gc = AKIT_URING_GROUP_CONFIG_INIT;
        akit_uring_group *g;
        cfg.ring_fd = r.fd;
        cfg.flags = AKIT_URING_CREATE_TABLE;
        CHILD_CHECK(akit_uring_create(&cfg, &h) == 0);
        CHILD_CHECK(akit_uring_add_pool(h, pool) == 0);
        CHILD_CHECK(akit_uring_sync(h) == -EPERM);
        CHILD_CHECK(akit_uring_lookup(h, p, 4096) == -ENOENT);
        CHILD_CHECK(akit_uring_stats_get(h, &st) == 0 && st.state == AKIT_URING_DENIED && st.last_errno == EPERM);
        gc.pool = pool;
        CHILD_CHECK(akit_uring_group_create(h, &gc, &g) == -EPERM);
        CHILD_CHECK(akit_uring_destroy(h, 0) == 0);
    }
    CHILD_CHECK(akit_pool_put(pool, p) == 0);
    CHILD_CHECK(akit_pool_destroy(pool, 0) == 0);
    void *q = akit_malloc(100);
    CHILD_CHECK(q != NULL);
    akit_free(q);
    return 0;
}

CASE(forbidden_by_a_filter)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer makes system calls of its own");
    int status = child_status(without_uring, NULL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_POSSIBLE)
        SKIP("system calls cannot be filtered here");
    CHECK_INT(status, 0);
}

CASE(the_probe_says_what_the_system_says)
{
    akit_uring_probe_info info = AKIT_URING_PROBE_INFO_INIT;
    struct rlimit l;
    raw_ring r;
    int rc = raw_open(&r, 8, 0);
    CHECK_INT(akit_uring_probe(&info), 0);
    CHECK_INT(info.available, rc == 0 || rc == -ENOMEM);
    if (rc == 0) {
        CHECK_INT(info.error, 0);
        CHECK(info.features & 1); /* IORING_FEAT_SINGLE_MMAP: Linux 5.4 */
        raw_close(&r);
    }
    CHECK_INT(getrlimit(RLIMIT_MEMLOCK, &l), 0);
    CHECK_INT(info.memlock_soft_bytes, l.rlim_cur == RLIM_INFINITY ? AKIT_NONE : l.rlim_cur);
    CHECK_INT(info.memlock_hard_bytes, l.rlim_max == RLIM_INFINITY ? AKIT_NONE : l.rlim_max);
    CHECK_INT(info.max_slots, 16384);
    CHECK_INT(info.max_slot_bytes, GIB(1));
    CHECK(info.ipc_lock <= 1);
    CHECK_INT(akit_uring_probe(NULL), -EINVAL);
    info.struct_size = 4;
    CHECK_INT(akit_uring_probe(&info), -EINVAL);
}

CASE(the_probe_as_text)
{
    char text[4096], small[8] = "x";
    size_t need = 0;
    CHECK_INT(akit_uring_probe_text(MIB(100), text, sizeof text, &need), 0);
    CHECK_INT(need, strlen(text) + 1);
    CHECK(strstr(text, "io_uring: ") && strstr(text, "RLIMIT_MEMLOCK") && strstr(text, "to register: 104857600 bytes"));
    CHECK_INT(akit_uring_probe_text(0, small, sizeof small, &need), -ENOSPC);
    CHECK(small[0] == '\0' && need > sizeof small);
    CHECK_INT(akit_uring_probe_text(0, NULL, 0, &need), -ENOSPC);
    CHECK_INT(akit_uring_probe_text(0, NULL, 8, &need), -EINVAL);
}
