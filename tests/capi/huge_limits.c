/* Limits on huge pages that others set: control groups, address space, the handle's own cap as smaps shows it. */
#include "huge_kit.h"
#include "child.h"
#include "smaps.h"

#include <sys/resource.h>
#include <sys/stat.h>

/* --- control groups ----------------------------------------------------------------------------------------------------- */

static char parent_group[600], group[700];
static int enabled_by_us;

static int write_to(const char *dir, const char *file, const char *text)
{
    char path[800];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

static int file_has(const char *dir, const char *file, const char *word)
{
    char path[800], line[512] = "";
    snprintf(path, sizeof path, "%s/%s", dir, file);
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    int found = fgets(line, sizeof line, f) && strstr(line, word);
    fclose(f);
    return found;
}

/* The process's group in the hierarchy of version 2, as a folder. */
static int find_group(void)
{
    char line[600], mount[300] = "", path[300] = "";
    FILE *f = fopen("/proc/self/mounts", "r");
    while (f && fgets(line, sizeof line, f)) {
        char where[300], type[64];
        if (sscanf(line, "%*s %299s %63s", where, type) == 2 && !strcmp(type, "cgroup2"))
            snprintf(mount, sizeof mount, "%s", where);
    }
    if (f)
        fclose(f);
    f = fopen("/proc/self/cgroup", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "0::", 3))
            snprintf(path, sizeof path, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
    if (f)
        fclose(f);
    snprintf(parent_group, sizeof parent_group, "%s%s", mount, strcmp(path, "/") ? path : "");
    return mount[0] != 0;
}

static void leave_no_group(void)
{
    for (int i = 0; i < 50 && rmdir(group) != 0 && errno == EBUSY; i++)
        usleep(20000);
    if (enabled_by_us)
        write_to(parent_group, "cgroup.subtree_control", "-hugetlb");
    enabled_by_us = 0;
}

/* A group below this process's with a limit; SKIP where that cannot be. */
static void make_group(const char *file, const char *limit)
{
    if (!find_group())
        SKIP("no hierarchy of control groups, version 2");
    if (!file_has(parent_group, "cgroup.controllers", "hugetlb"))
        SKIP("the control groups have no hugetlb controller");
    if (!file_has(parent_group, "cgroup.subtree_control", "hugetlb")) {
        if (write_to(parent_group, "cgroup.subtree_control", "+hugetlb") != 0)
            SKIP("control groups cannot be made here: %s", strerror(errno));
        enabled_by_us = 1;
    }
    snprintf(group, sizeof group, "%s/allockit-test-%d", parent_group, (int)getpid());
    if (mkdir(group, 0755) != 0 || write_to(group, file, limit) != 0) {
        int error = errno;
        leave_no_group();
        SKIP("a control group cannot be limited here: %s", strerror(error));
    }
}

static int enter_group(void)
{
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    return write_to(group, "cgroup.procs", pid);
}

static int falls_back_in_the_group(void *arg)
{
    akit_huge *h = (akit_huge *)arg;
    akit_huge_system sys = AKIT_HUGE_SYSTEM_INIT;
    uint32_t backing = 99;
    CHILD_CHECK(enter_group() == 0);
    CHILD_CHECK(akit_huge_system_get(&sys) == 0 && sys.cgroup_huge_limit_bytes == MIB(4));
    void *fits = akit_huge_alloc(h, MIB(4), 0, 0, &backing);
    CHILD_CHECK(fits && backing == AKIT_BACKING_HUGE);
    touch_pages(fits, MIB(4));
    CHILD_CHECK(akit_huge_free(h, fits) == 0);
    for (int i = 1; i <= 3; i++) {
        void *p = akit_huge_alloc(h, MIB(8), 0, 0, &backing);
        CHILD_CHECK(p && (backing == AKIT_BACKING_THP || backing == AKIT_BACKING_BASE));
        touch_pages(p, MIB(8));
        akit_block_info info = AKIT_BLOCK_INFO_INIT;
        CHILD_CHECK(akit_inspect(p, &info) == 0 && info.reason == AKIT_REASON_CGROUP);
        CHILD_CHECK(akit_huge_reason_count(h, AKIT_REASON_CGROUP) == i);
    }
    fits = akit_huge_alloc(h, MIB(4), 0, 0, &backing); /* nothing of the failed ones was kept */
    CHILD_CHECK(fits && backing == AKIT_BACKING_HUGE);
    return 0;
}

static int is_refused_in_the_group(void *arg)
{
    akit_huge *h = (akit_huge *)arg;
    CHILD_CHECK(enter_group() == 0);
    CHILD_CHECK(akit_huge_alloc(h, MIB(8), 0, 0, NULL) == NULL && errno == ENOMEM);
    CHILD_CHECK(akit_huge_reason_count(h, AKIT_REASON_CGROUP) == 1);
    CHILD_CHECK(akit_huge_reason_count(h, AKIT_REASON_NOT_RESERVED) == 0);
    void *p = akit_huge_alloc(h, MIB(2), 0, 0, NULL);
    CHILD_CHECK(p != NULL);
    touch_pages(p, MIB(2));
    return 0;
}

static void in_a_limited_group(const char *file, uint32_t mode, int (*act)(void *))
{
    NEEDS_HUGE_PAGES(8);
    uint64_t before_it = free_huge_pages();
    akit_huge *h = huge_with_modes(AKIT_HUGE_NEVER, mode);
    make_group(file, "4194304");
    int status = child_status(act, h);
    leave_no_group();
    if (status != 0)
        CHECK_FAIL("the child ended with %s %d", WIFSIGNALED(status) ? "signal" : "code",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    akit_huge_destroy(h, 0);
    CHECK_INT(free_huge_pages(), before_it);
}

CASE(group_limit_falls_back) { in_a_limited_group("hugetlb.2MB.max", AKIT_HUGE_PREFER, falls_back_in_the_group); }
CASE(group_limit_refuses) { in_a_limited_group("hugetlb.2MB.max", AKIT_HUGE_REQUIRE, is_refused_in_the_group); }
CASE(group_limit_of_reservations_refuses) { in_a_limited_group("hugetlb.2MB.rsvd.max", AKIT_HUGE_REQUIRE, is_refused_in_the_group); }

/* --- address space -------------------------------------------------------------------------------------------------------- */

static int takes_what_the_limit_leaves(void *arg)
{
    (void)arg;
    struct rlimit limit = {MIB(600), MIB(600)};
    akit_huge *h = NULL;
    CHILD_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    CHILD_CHECK(akit_huge_create(NULL, &h) == 0 && h);
    CHILD_CHECK(akit_huge_alloc(h, GIB(1), 0, 0, NULL) == NULL && errno == ENOMEM);
    CHILD_CHECK(akit_huge_reason_count(h, AKIT_REASON_LIMIT) >= 1);
    size_t sum = 0;
    for (void *p; sum < GIB(1) && (p = akit_huge_alloc(h, MIB(16), 0, 0, NULL)) != NULL; sum += MIB(16))
        *(volatile char *)p = 1;
    CHILD_CHECK(sum < GIB(1) && errno == ENOMEM && sum >= MIB(448));
    CHILD_CHECK(akit_huge_destroy(h, 0) == 0);
    return 0;
}

FRESH(works_under_an_address_space_limit)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer needs address space of its own");
    in_child(takes_what_the_limit_leaves, NULL);
}

/* --- the cap in smaps ------------------------------------------------------------------------------------------------------- */

FRESH(cap_holds_in_smaps)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = cfg.huge_mode = AKIT_HUGE_NEVER;
    cfg.limit_bytes = MIB(64);
    begin();
    akit_huge *h = new_huge_with(&cfg);
    const size_t sizes[] = {MIB(2), MIB(7), MIB(40), KIB(100)};
    static void *p[4096];
    for (size_t i = 0; i < 4; i++) {
        int n = 0;
        while (n < 4096 && (p[n] = akit_huge_alloc(h, sizes[i], 0, 0, NULL)) != NULL)
            touch_pages(p[n++], sizes[i]);
        CHECK(n > 0 && n < 4096);
        CHECK_INT(errno, ENOMEM);
        CHECK_AT_MOST(grown_size(), MIB(64) + (size_t)process_stats().table_bytes + MIB(1));
        CHECK_AT_MOST(huge_stats_of(h).mapped_bytes, MIB(64));
        while (n)
            CHECK_INT(akit_huge_free(h, p[--n]), 0);
    }
    akit_huge_destroy(h, 0);
}

FRESH(mapped_bytes_is_what_smaps_says)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = cfg.huge_mode = AKIT_HUGE_NEVER;
    cfg.decay_ns = AKIT_NONE;
    begin();
    int64_t first = (int64_t)process_stats().mapped_bytes, table = (int64_t)process_stats().table_bytes;
    akit_huge *h = new_huge_with(&cfg);
    void *p[16];
    for (int i = 0; i < 16; i++)
        p[i] = huge_block(h, MIB(3) + (size_t)i * 777777);
    within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first);
    within_2_percent(grown_size() - ((int64_t)process_stats().table_bytes - table), (int64_t)huge_stats_of(h).mapped_bytes + (int64_t)MIB(3)); /* books of the process */
    for (int i = 0; i < 16; i += 2)
        CHECK_INT(akit_huge_free(h, p[i]), 0);
    within_2_percent(grown_size(), (int64_t)process_stats().mapped_bytes - first);
    CHECK_INT(akit_huge_destroy(h, 0), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_AT_MOST(grown_rss(), MIB(2));
    CHECK_AT_MOST(grown_size(), (int64_t)process_stats().mapped_bytes - first + (int64_t)MIB(1));
}
