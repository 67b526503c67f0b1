/* What the tests of huge pages share. */
#ifndef TESTS_CAPI_HUGE_KIT_H
#define TESTS_CAPI_HUGE_KIT_H

#include "kit.h"

static inline akit_huge *new_huge(void)
{
    return new_huge_with(NULL);
}

static inline akit_huge *huge_with_modes(uint32_t giant_mode, uint32_t huge_mode)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = giant_mode;
    cfg.huge_mode = huge_mode;
    return new_huge_with(&cfg);
}

/* Huge pages or nothing; keeps as many bytes of them, until it is told otherwise. */
static inline akit_huge *requiring(uint64_t cache_bytes)
{
    akit_huge_config cfg = AKIT_HUGE_CONFIG_INIT;
    cfg.giant_mode = AKIT_HUGE_NEVER;
    cfg.huge_mode = AKIT_HUGE_REQUIRE;
    cfg.huge_page_bytes = MIB(2);
    cfg.cache_bytes = cache_bytes;
    cfg.decay_ns = AKIT_NONE;
    return new_huge_with(&cfg);
}

static inline akit_huge_system huge_system(void)
{
    akit_huge_system sys = AKIT_HUGE_SYSTEM_INIT;
    CHECK_INT(akit_huge_system_get(&sys), 0);
    return sys;
}

static inline uint64_t huge_misuses(akit_huge *h)
{
    return huge_stats_of(h).misuses_total;
}

/* A block that must be there, with a byte of every page written. */
static inline void *huge_block(akit_huge *h, size_t size)
{
    void *p = akit_huge_alloc(h, size, 0, 0, NULL);
    if (!p)
        CHECK_FAIL("no block of %zu bytes: %s", size, strerror(errno));
    touch_pages(p, size);
    return hidden(p);
}

/* First number of a file; `missing` when there is none. */
static inline uint64_t number_in(const char *path, uint64_t missing)
{
    char line[64] = "";
    FILE *f = fopen(path, "r");
    if (!f)
        return missing;
    int got = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    return got ? strtoull(line, NULL, 10) : missing;
}

#define HUGE_DIR "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define GIANT_DIR "/sys/kernel/mm/hugepages/hugepages-1048576kB/"

static inline uint64_t free_pages_in(const char *dir)
{
    char path[128];
    snprintf(path, sizeof path, "%sfree_hugepages", dir);
    uint64_t free_pages = number_in(path, 0);
    snprintf(path, sizeof path, "%sresv_hugepages", dir);
    uint64_t promised = number_in(path, 0);
    return free_pages > promised ? free_pages - promised : 0;
}

static inline uint64_t free_huge_pages(void)
{
    return free_pages_in(HUGE_DIR);
}

static inline uint64_t free_giant_pages(void)
{
    return free_pages_in(GIANT_DIR);
}

/* Pages that a request may take although they are not in the pool yet. */
static inline uint64_t overcommit_pages(void)
{
    return number_in(HUGE_DIR "nr_overcommit_hugepages", 0);
}

#define NEEDS_HUGE_PAGES(n)                                                                                            \
    do {                                                                                                               \
        if (free_huge_pages() < (n))                                                                                   \
            SKIP("fewer than %d huge pages are free", (int)(n));                                                       \
    } while (0)

#define NEEDS_NO_HUGE_PAGES()                                                                                          \
    do {                                                                                                               \
        if (free_huge_pages() || overcommit_pages() || free_giant_pages())                                             \
            SKIP("explicit huge pages are reserved on this machine");                                                  \
    } while (0)

#endif
