/* Regions on memory of the caller: what fits, reuse, coalescing, realloc, pins, zeroing, the end. */
#include "region_kit.h"
#include "smaps.h"

static unsigned char buffer[MIB(16)] __attribute__((aligned(65536)));

static akit_region *region_on_with(void *memory, size_t bytes, uint32_t zero_mode, uint32_t check_mode)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    cfg.memory = memory;
    cfg.memory_bytes = bytes;
    cfg.zero_mode = zero_mode;
    cfg.check_mode = check_mode;
    return new_region_with(&cfg);
}

static akit_region *region_on(void *memory, size_t bytes)
{
    return region_on_with(memory, bytes, 0, 0);
}

static int inside(const void *p, size_t size)
{
    return (uintptr_t)p >= (uintptr_t)buffer && (uintptr_t)p + size <= (uintptr_t)buffer + sizeof buffer;
}

static void *taken[8192];

/* Takes regions of one size until there are no more. */
static int take_all(akit_region *h, size_t size)
{
    int n = 0;
    errno = 0;
    for (; n < 8192 && (taken[n] = akit_region_alloc(h, size, 0, 0, NULL)) != NULL; n++)
        mark(taken[n], size, (uint64_t)n);
    CHECK(n < 8192);
    CHECK_INT(errno, ENOBUFS);
    return n;
}

static void free_all(akit_region *h, int n, size_t size)
{
    for (int i = 0; i < n; i++) /* odd ones first, so that neighbours meet in every order */
        if (i % 2)
            CHECK(marked(taken[i], size, (uint64_t)i) && akit_region_free(h, taken[i]) == 0);
    for (int i = 0; i < n; i++)
        if (i % 2 == 0)
            CHECK(marked(taken[i], size, (uint64_t)i) && akit_region_free(h, taken[i]) == 0);
}

CASE(regions_lie_in_the_memory)
{
    akit_region *h = region_on(buffer, sizeof buffer);
    const size_t sizes[] = {1, 65536, 100000, MIB(1), MIB(3) + 1};
    for (int i = 0; i < 5; i++) {
        size_t usable = 0;
        taken[i] = akit_region_alloc(h, sizes[i], 0, 0, &usable);
        CHECK(taken[i] && aligned_to(taken[i], page_bytes()) && inside(taken[i], usable));
        CHECK_AT_LEAST(usable, sizes[i]);
        mark(taken[i], usable, (uint64_t)i);
        akit_block_info info = inspect(taken[i]);
        CHECK(info.handle_kind == AKIT_KIND_REGION && info.usable_bytes == usable && info.state == AKIT_BLOCK_OUT);
        CHECK(!info.zeroed); /* nobody can know */
    }
    for (int i = 0; i < 5; i++)
        CHECK(marked(taken[i], usable_of(taken[i]), (uint64_t)i) && akit_region_free(h, taken[i]) == 0);
    CHECK_INT(region_misuses(h), 0);
    akit_region_destroy(h, 0);
}

CASE(what_can_never_fit_is_emsgsize)
{
    akit_region *h = region_on(buffer, MIB(4));
    size_t usable = 7;
    CHECK_REFUSED(akit_region_alloc(h, MIB(4) + 1, 0, 0, &usable), EMSGSIZE);
    CHECK_INT(usable, 0);
    CHECK_REFUSED(akit_region_alloc(h, GIB(1), 0, 0, NULL), EMSGSIZE);
    CHECK_REFUSED(akit_region_realloc(h, NULL, MIB(8), 0, NULL), EMSGSIZE);
    CHECK_AT_LEAST(region_stats_of(h).failures_total, 3);
    akit_region_destroy(h, 0);
}

CASE(what_is_not_free_now_is_enobufs)
{
    akit_region *h = region_on(buffer, MIB(4));
    void *p = plain_region(h, MIB(3));
    size_t usable = 7;
    CHECK_REFUSED(akit_region_alloc(h, MIB(2), 0, 0, &usable), ENOBUFS);
    CHECK_INT(usable, 0);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(5), 0, NULL), EMSGSIZE);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_free(h, plain_region(h, MIB(2))), 0);
    akit_region_destroy(h, 0);
}

CASE(the_whole_memory_is_one_region_again_and_again)
{
    akit_region *h = region_on(buffer, sizeof buffer);
    const size_t sizes[] = {4096, 65536, 100000, MIB(1)};
    void *whole = plain_region(h, sizeof buffer);
    CHECK(whole == buffer);
    CHECK_INT(akit_region_free(h, whole), 0);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 4; i++) {
            int n = take_all(h, sizes[i]);
            CHECK_AT_LEAST((size_t)n * (sizes[i] + sizes[i] / 8 + page_bytes()), sizeof buffer - MIB(2));
            free_all(h, n, sizes[i]);
            CHECK_INT(region_stats_of(h).used_bytes, 0);
            whole = plain_region(h, sizeof buffer);
            CHECK(whole == buffer);
            CHECK_INT(akit_region_free(h, whole), 0);
        }
    akit_region_destroy(h, 0);
}

CASE(a_start_within_a_page_is_fine)
{
    size_t page = page_bytes();
    for (size_t shift = 1; shift < page; shift = shift * 5 + 3) {
        memset(buffer, 0xbb, MIB(1) + 2 * page);
        akit_region *h = region_on(buffer + shift, MIB(1) + 100);
        unsigned char *p = (unsigned char *)plain_region(h, MIB(1) - page);
        CHECK(aligned_to(p, page) && p >= buffer + shift && p + MIB(1) - page <= buffer + shift + MIB(1) + 100);
        memset(p, 1, MIB(1) - page);
        CHECK_REFUSED(akit_region_alloc(h, MIB(1) + page, 0, 0, NULL), EMSGSIZE);
        CHECK_INT(akit_region_free(h, p), 0);
        CHECK_INT(akit_region_destroy(h, 0), 0);
        CHECK(all_bytes(buffer, shift, 0xbb)); /* nothing before and nothing behind it was written */
        CHECK(all_bytes(buffer + shift + MIB(1) + 100, page, 0xbb));
    }
}

static int create_on(void *memory, size_t bytes)
{
    akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
    akit_region *h = NULL;
    cfg.memory = memory;
    cfg.memory_bytes = bytes;
    int rc = akit_region_create(&cfg, &h);
    CHECK((rc == 0) == (h != NULL));
    if (rc == 0)
        akit_region_destroy(h, 0);
    return rc;
}

CASE(less_than_a_page_is_einval)
{
    size_t page = page_bytes();
    CHECK_INT(create_on(buffer, page), 0);
    CHECK_INT(create_on(buffer, page - 1), -EINVAL);
    CHECK_INT(create_on(buffer, 0), -EINVAL);
    CHECK_INT(create_on(buffer + 1, page), -EINVAL); /* no whole page in it */
    CHECK_INT(create_on(buffer + 1, 2 * page), 0);
    CHECK_INT(create_on(NULL, page), -EINVAL);
    CHECK_INT(create_on((void *)(UINTPTR_MAX - 8191), SIZE_MAX), -EINVAL);
}

CASE(mapped_memory_serves_as_well)
{
    unsigned char *m = (unsigned char *)mmap(NULL, MIB(8), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(m != MAP_FAILED);
    akit_region *h = region_on(m, MIB(8));
    void *p = plain_region(h, MIB(8));
    mark(p, MIB(8), 1);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    CHECK_INT(akit_region_destroy(h, 0), 0);
    CHECK_INT(resident(m, MIB(8)), MIB(8)); /* mapped, and with its pages: they are the caller's */
    memset(m, 1, MIB(8));
    CHECK_INT(munmap(m, MIB(8)), 0);
}

CASE(realloc_in_place_and_by_moving)
{
    akit_region *h = region_on(buffer, sizeof buffer);
    size_t usable = 0;
    void *p = plain_region(h, KIB(64)), *wall;
    mark(p, KIB(64), 6);
    p = akit_region_realloc(h, p, MIB(1), AKIT_ALLOC_NO_MOVE, &usable); /* all behind it is free */
    CHECK(p && marked(p, KIB(64), 6) && inside(p, usable));
    mark(p, MIB(1), 6);
    wall = plain_region(h, KIB(64));
    p = akit_region_realloc(h, p, MIB(3), 0, NULL);
    CHECK(p && marked(p, MIB(1), 6));
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(15) + KIB(980), 0, NULL), ENOBUFS);
    CHECK(marked(p, MIB(1), 6));
    p = akit_region_realloc(h, p, KIB(64), 0, &usable);
    CHECK(p && marked_part(p, KIB(64), MIB(1), 6));
    CHECK_AT_MOST(usable, KIB(72));
    CHECK_INT(akit_region_free(h, wall), 0);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK(plain_region(h, sizeof buffer) == buffer);
    akit_region_destroy(h, 0);
}

CASE(pins_keep_the_place)
{
    akit_region *h = region_on(buffer, MIB(4));
    void *p = plain_region(h, MIB(1));
    memset(p, 0x3c, MIB(1));
    CHECK_INT(akit_region_pin(h, p), 0);
    CHECK_REFUSED(akit_region_realloc(h, p, MIB(2), 0, NULL), EBUSY);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_purge(h, AKIT_PURGE_ALL, NULL), 0);
    int n = take_all(h, KIB(64));
    CHECK_AT_MOST(n, 48);
    free_all(h, n, KIB(64));
    CHECK(peek_all(p, MIB(1), 0x3c));
    CHECK_REFUSED(akit_region_alloc(h, MIB(4), 0, 0, NULL), ENOBUFS);
    CHECK_INT(akit_region_unpin(h, p), 0);
    CHECK(plain_region(h, MIB(4)) == buffer);
    akit_region_destroy(h, 0);
}

CASE(zero_flag_and_modes)
{
    for (uint32_t mode = AKIT_ZERO_NONE; mode <= AKIT_ZERO_ON_FREE; mode++) {
        memset(buffer, 0xdd, MIB(2));
        akit_region *h = region_on_with(buffer, MIB(2), mode, 0);
        for (int i = 0; i < 6; i++) {
            size_t usable = 0;
            uint32_t flags = i % 2 ? 0 : AKIT_ALLOC_ZERO;
            void *p = akit_region_alloc(h, KIB(300) + (size_t)i * 50000, 0, flags, &usable);
            CHECK(p != NULL);
            if (flags || mode == AKIT_ZERO_ON_ALLOC)
                CHECK(all_bytes(p, usable, 0));
            CHECK(!inspect(p).zeroed || all_bytes(p, usable, 0));
            memset(p, 0xdd, usable);
            CHECK_INT(akit_region_free(h, p), 0);
            if (mode == AKIT_ZERO_ON_FREE)
                CHECK(peek_all(p, usable, 0));
        }
        akit_region_destroy(h, 0);
    }
}

CASE(the_memory_is_the_callers_again)
{
    akit_region *h = region_on(buffer, MIB(4));
    touched_region(h, MIB(1));
    CHECK_INT(akit_region_destroy(h, 0), 0);
    memset(buffer, 7, MIB(4));
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    akit_region *g = new_region(); /* others never get it */
    for (int i = 0; i < 64; i++)
        CHECK(!inside(touched_region(g, KIB(64)), KIB(64)));
    CHECK(all_bytes(buffer, MIB(4), 7));
    akit_region_destroy(g, 0);
    h = region_on(buffer, MIB(4));
    void *p = plain_region(h, MIB(4));
    CHECK_INT(akit_region_destroy(h, AKIT_DESTROY_DEFER), 0);
    CHECK_REFUSED(akit_region_alloc(h, 1, 0, 0, NULL), ESHUTDOWN);
    CHECK_INT(akit_region_free(h, p), 0);
    memset(buffer, 8, MIB(4));
    CHECK_REFUSED(akit_region_alloc(h, 1, 0, 0, NULL), EINVAL);
}

/* Free memory of the caller is no cache of the process, and the purge thread has nothing to wait for. */
CASE(the_memory_is_in_no_figure_of_the_process)
{
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    akit_process_stats before = AKIT_PROCESS_STATS_INIT, now = AKIT_PROCESS_STATS_INIT;
    CHECK_INT(akit_process_stats_get(&before), 0);
    akit_region *h = region_on(buffer, sizeof buffer);
    void *p = akit_region_alloc(h, MIB(2), 0, 0, NULL);
    CHECK(p);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_process_stats_get(&now), 0);
    CHECK(now.cached_bytes < before.cached_bytes + MIB(1));
    CHECK_INT(now.next_purge_ns, AKIT_NONE);
    akit_region_destroy(h, 0);
}

CASE(misuse_is_answered_here_too)
{
    akit_region *h = region_on_with(buffer, MIB(4), 0, AKIT_CHECK_EXACT);
    unsigned char *p = (unsigned char *)plain_region(h, MIB(1));
    CHECK_INT(akit_region_free(h, p + page_bytes()), -ENOENT);
    CHECK_INT(akit_region_free(h, buffer + MIB(8)), -ENOENT);
    CHECK_INT(akit_region_unpin(h, p), -EINVAL);
    CHECK_INT(akit_region_free(h, p), 0);
    CHECK_INT(akit_region_free(h, p), -EINVAL);
    CHECK_INT(region_misuses(h), 4);
    CHECK_INT(akit_region_prefault(h, plain_region(h, MIB(1)), 0, 0), -ENOSYS);
    CHECK_REFUSED(akit_region_alloc(h, 1, 0, AKIT_ALLOC_GUARD, NULL), EINVAL); /* it would take a system call */
    akit_region_destroy(h, 0);
}

CASE(contradictions_are_einval)
{
    for (int i = 0; i < 12; i++) {
        akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
        akit_region *h = NULL;
        cfg.memory = buffer;
        cfg.memory_bytes = MIB(4);
        switch (i) {
        case 0: cfg.numa_mode = AKIT_NUMA_BIND, cfg.numa_nodes = 1; break;
        case 1: cfg.numa_mode = AKIT_NUMA_PREFERRED, cfg.numa_nodes = 1; break;
        case 2: cfg.thp = AKIT_THP_ADVISE; break;
        case 3: cfg.guard = 1; break;
        case 4: cfg.purge_method = AKIT_PURGE_METHOD_DONTNEED; break;
        case 5: cfg.purge_method = AKIT_PURGE_METHOD_FREE; break;
        case 6: cfg.purge_method = AKIT_PURGE_METHOD_UNMAP; break;
        case 7: cfg.fork_mode = AKIT_FORK_DONTFORK; break;
        case 8: cfg.fork_mode = AKIT_FORK_WIPE; break;
        case 9: cfg.memory = NULL; break;
        case 10: cfg.memory_bytes = 0; break;
        default: cfg.fork_mode = AKIT_FORK_COPY; break;
        }
        int rc = akit_region_create(&cfg, &h), want = i == 11 ? 0 : -EINVAL;
        if (rc != want)
            CHECK_FAIL("contradiction %d: %d", i, rc);
        akit_region_destroy(h, 0);
    }
}
