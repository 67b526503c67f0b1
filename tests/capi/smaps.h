/* What the kernel says of the memory of this process: /proc/self/smaps, /proc/self/maps, mincore, pagemap. */
#ifndef TESTS_CAPI_SMAPS_H
#define TESTS_CAPI_SMAPS_H

#include "kit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

typedef struct {
    uint64_t size, rss;     /* bytes */
    uint64_t lazy_free;     /* of the resident ones, given up with MADV_FREE */
    uint64_t thp;           /* on transparent huge pages */
    uint64_t hugetlb;       /* on explicit huge pages, which do not count as resident */
    uint64_t kernel_page;   /* size of the pages of the last mapping */
    uint64_t mappings;
    int thp_eligible;
} memory;

static char smaps_text[8 << 20];

/* Reads without stdio, which would allocate. */
static inline size_t read_proc(const char *path)
{
    size_t used = 0;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        SKIP("no %s", path);
    while (used + 1 < sizeof smaps_text && (n = read(fd, smaps_text + used, sizeof smaps_text - 1 - used)) > 0)
        used += (size_t)n;
    close(fd);
    smaps_text[used] = 0;
    if (used + 1 == sizeof smaps_text)
        CHECK_FAIL("%s is too long", path);
    return used;
}

/* Sum over the mappings that overlap a range; with `plain` only over readable anonymous ones without the stacks. */
static inline memory memory_between(uint64_t first, uint64_t last, int plain)
{
    memory m = {0, 0, 0, 0, 0, 0, 0, 0};
    int counts = 0;
    read_proc("/proc/self/smaps");
    for (char *line = smaps_text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        unsigned long long from, to, inode, kib;
        char mode[8], field[32];
        int at = 0;
        if (sscanf(line, "%llx-%llx %7s %*x %*s %llu%n", &from, &to, mode, &inode, &at) == 4) {
            const char *path = line + at;
            while (*path == ' ')
                path++;
            counts = from < last && to > first;
            if (plain)
                counts = counts && inode == 0 && mode[0] == 'r' && (*path == '\n' || !strncmp(path, "[anon", 5));
            if (counts) {
                m.size += (to < last ? to : last) - (from > first ? from : first);
                m.mappings++;
            }
        } else if (counts && sscanf(line, "%31[^:]: %llu", field, &kib) == 2) {
            if (!strcmp(field, "Rss"))
                m.rss += kib << 10;
            else if (!strcmp(field, "LazyFree"))
                m.lazy_free += kib << 10;
            else if (!strcmp(field, "AnonHugePages"))
                m.thp += kib << 10;
            else if (!strcmp(field, "Private_Hugetlb") || !strcmp(field, "Shared_Hugetlb"))
                m.hugetlb += kib << 10;
            else if (!strcmp(field, "KernelPageSize"))
                m.kernel_page = kib << 10;
            else if (!strcmp(field, "THPeligible"))
                m.thp_eligible |= kib != 0;
        }
    }
    return m;
}

static inline memory anonymous(void)
{
    return memory_between(0, UINT64_MAX, 1);
}

/* The mappings under a block. Only `size` is cut to it. */
static inline memory memory_at(const void *p, size_t bytes)
{
    return memory_between((uintptr_t)p, (uintptr_t)p + bytes, 0);
}

static inline int64_t map_lines(void)
{
    int64_t lines = 0;
    read_proc("/proc/self/maps");
    for (const char *at = smaps_text; (at = strchr(at, '\n')); at++)
        lines++;
    return lines;
}

__attribute__((unused)) static memory before;

/* From here on growth is measured. */
static inline void begin(void)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer has memory of its own");
    memset(smaps_text, 1, sizeof smaps_text);
    anonymous();
    before = anonymous();
}

static inline int64_t grown_rss(void)
{
    return (int64_t)(anonymous().rss - before.rss);
}

static inline int64_t grown_size(void)
{
    return (int64_t)(anonymous().size - before.size);
}

/* On a busy machine the purge thread may get its turn late. */
static inline int64_t grown_rss_waiting_for(int64_t most)
{
    int64_t now = grown_rss();
    for (int i = 0; i < 40 && now > most; i++) {
        usleep(50000);
        now = grown_rss();
    }
    return now;
}

static inline void within_2_percent(int64_t a, int64_t b)
{
    int64_t slack = b / 50 + (int64_t)KIB(256);
    if (a < b - slack || a > b + slack)
        CHECK_FAIL("%lld and %lld", (long long)a, (long long)b);
}

/* Resident bytes of a range of whole pages; -1 when a part of it is not mapped. */
static inline int64_t resident(const void *p, size_t bytes)
{
    static unsigned char map[1 << 20];
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 0;
    for (size_t at = 0; at < bytes;) {
        size_t part = bytes - at < sizeof map * page ? bytes - at : sizeof map * page;
        if (mincore((char *)(uintptr_t)p + at, part, (void *)map) != 0)
            return -1;
        for (size_t i = 0; i < (part + page - 1) / page; i++)
            pages += map[i] & 1;
        at += part;
    }
    return (int64_t)(pages * page);
}

static inline int is_mapped(const void *p, size_t bytes)
{
    return resident(p, bytes) >= 0;
}

/* Number of the physical page behind an address; 0 when the kernel does not tell (not root), or there is none. */
static inline uint64_t frame_of(const void *p)
{
    uint64_t entry = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    off_t at = (off_t)((uintptr_t)p / (size_t)sysconf(_SC_PAGESIZE) * 8);
    if (pread(fd, &entry, 8, at) != 8)
        entry = 0;
    close(fd);
    return entry >> 63 ? entry & ((UINT64_C(1) << 55) - 1) : 0;
}

/* Reads through the kernel: neither a signal nor a sanitizer minds what lies there. 0: it cannot be read. */
static inline int peek(const void *p, void *to, size_t bytes)
{
    struct iovec mine = {to, bytes}, theirs = {(void *)(uintptr_t)p, bytes};
    return syscall(SYS_process_vm_readv, getpid(), &mine, 1L, &theirs, 1L, 0L) == (long)bytes;
}

/* Whether every byte can be read and is `value`. */
static inline int peek_all(const void *p, size_t bytes, unsigned char value)
{
    static unsigned char part[65536];
    for (size_t at = 0; at < bytes; at += sizeof part) {
        size_t n = bytes - at < sizeof part ? bytes - at : sizeof part;
        if (!peek((const char *)p + at, part, n) || !all_bytes(part, n, value))
            return 0;
    }
    return 1;
}

/* 0 where a sanitizer has faults of its own. */
static inline int64_t minor_faults(void)
{
    if (CHECK_SANITIZED)
        return 0;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_minflt;
}

#endif
