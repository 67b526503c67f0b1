/* base.h: versions, features, error texts, inspect, maintenance calls. */
#include "kit.h"

#include <sys/mman.h>

CASE(version_is_that_of_the_headers)
{
    CHECK_INT(akit_version(), AKIT_VERSION);
}

CASE(version_number_is_major_minor_patch)
{
    CHECK_INT(akit_version() >> 16, AKIT_VERSION_MAJOR);
    CHECK_INT(akit_version() >> 8 & 255, AKIT_VERSION_MINOR);
    CHECK_INT(akit_version() & 255, AKIT_VERSION_PATCH);
}

CASE(version_string_is_that_of_the_headers)
{
    CHECK(!strcmp(akit_version_string(), AKIT_VERSION_STRING));
}

CASE(feature_answers_0_or_enosys)
{
    for (uint32_t f = AKIT_FEATURE_URING; f <= AKIT_FEATURE_MEMBARRIER; f++) {
        int rc = akit_feature(f);
        CHECK(rc == 0 || rc == -ENOSYS);
    }
}

CASE(feature_unknown_is_einval)
{
    CHECK_INT(akit_feature(0), -EINVAL);
    CHECK_INT(akit_feature(12345), -EINVAL);
    CHECK_INT(akit_feature(UINT32_MAX), -EINVAL);
}

CASE(strerror_of_success)
{
    CHECK(!strcmp(akit_strerror(0), "success"));
}

CASE(strerror_takes_both_signs)
{
    CHECK(!strcmp(akit_strerror(ENOMEM), akit_strerror(-ENOMEM)));
    CHECK(!strcmp(akit_strerror(EINVAL), akit_strerror(-EINVAL)));
}

CASE(strerror_knows_every_error_of_the_library)
{
    const int errors[] = {ENOMEM, EINVAL, ENOENT, E2BIG, ENOSPC, EBUSY, EAGAIN, EPERM, ENOSYS, ENOBUFS, EMSGSIZE, ESHUTDOWN};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        const char *text = akit_strerror(-errors[i]);
        CHECK(text && *text && strcmp(text, "unknown error"));
    }
}

CASE(strerror_of_an_unknown_number)
{
    CHECK(!strcmp(akit_strerror(99999), "unknown error"));
    CHECK(!strcmp(akit_strerror(INT32_MIN), "unknown error"));
}

CASE(misuse_mode_unknown_is_einval)
{
    CHECK_INT(akit_misuse_mode(3), -EINVAL);
    CHECK_INT(akit_misuse_mode(UINT32_MAX), -EINVAL);
}

CASE(misuse_mode_accepts_all_three)
{
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_ABORT), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_COUNT), 0);
}

CASE(inspect_of_a_small_block)
{
    akit_tiered *h = new_heap();
    char *p = (char *)block(h, 100);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(p, &info), 0);
    CHECK_INT(info.handle_id, stats_of(h).id);
    CHECK_INT(info.handle_kind, AKIT_KIND_TIERED);
    CHECK(info.base == (uintptr_t)p);
    CHECK_INT(info.usable_bytes, akit_tiered_usable_size(h, p));
    CHECK_INT(info.state, AKIT_BLOCK_OUT);
    akit_tiered_destroy(h, 0);
}

CASE(inspect_of_an_interior_address_gives_the_base)
{
    akit_tiered *h = new_heap();
    char *p = (char *)block(h, 5000);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(p + 4999, &info), 0);
    CHECK(info.base == (uintptr_t)p);
    CHECK_INT(info.state, AKIT_BLOCK_OUT);
    akit_tiered_destroy(h, 0);
}

CASE(inspect_of_a_huge_block)
{
    akit_tiered *h = new_heap();
    char *p = (char *)block(h, MIB(5));
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(p + MIB(3), &info), 0);
    CHECK(info.base == (uintptr_t)p);
    CHECK_AT_LEAST(info.usable_bytes, MIB(5));
    CHECK(info.backing == AKIT_BACKING_BASE || info.backing == AKIT_BACKING_THP);
    akit_tiered_destroy(h, 0);
}

CASE(inspect_of_a_freed_block_is_not_out)
{
    akit_tiered *h = exact_heap();
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(p, &info), 0);
    CHECK(info.state == AKIT_BLOCK_FREE || info.state == AKIT_BLOCK_CACHED);
    akit_tiered_destroy(h, 0);
}

CASE(inspect_of_foreign_addresses_is_enoent)
{
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    int local = 0;
    CHECK_INT(akit_inspect(&local, &info), -ENOENT);
    CHECK_INT(akit_inspect(&info, &info), -ENOENT);
    CHECK_INT(akit_inspect(NULL, &info), -ENOENT);
    CHECK_INT(akit_inspect((void *)(uintptr_t)16, &info), -ENOENT);
    CHECK_INT(akit_inspect((void *)(uintptr_t)0xffff800000000000, &info), -ENOENT);
    CHECK_INT(akit_inspect((void *)UINTPTR_MAX, &info), -ENOENT);
}

CASE(inspect_of_unmapped_memory_is_enoent)
{
    void *page = mmap(NULL, KIB(64), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    CHECK_INT(akit_inspect(page, &info), -ENOENT);
    munmap(page, KIB(64));
    CHECK_INT(akit_inspect(page, &info), -ENOENT);
}

CASE(inspect_without_out_is_einval)
{
    CHECK_INT(akit_inspect(&check_count, NULL), -EINVAL);
}

CASE(inspect_with_struct_size_0_is_einval)
{
    akit_tiered *h = new_heap();
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    info.struct_size = 0;
    CHECK_INT(akit_inspect(block(h, 10), &info), -EINVAL);
    akit_tiered_destroy(h, 0);
}

CASE(maintain_accepts_null)
{
    CHECK_INT(akit_maintain(NULL), 0);
}

CASE(maintain_says_when_more_is_due)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.decay_ns = 3000000000u;
    akit_tiered *h = new_heap_with(&cfg);
    akit_tiered_free(h, block(h, MIB(4)));
    uint64_t next_ns = 0;
    CHECK_INT(akit_maintain(&next_ns), 0);
    CHECK(next_ns <= 3000000000u);
    akit_tiered_destroy(h, 0);
}

FRESH(maintain_with_nothing_cached_is_none)
{
    akit_tiered *h = new_heap();
    CHECK(h != NULL);
    akit_tiered_destroy(h, 0);
    uint64_t next_ns = 0;
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(akit_maintain(&next_ns), 0);
    CHECK(next_ns == AKIT_NONE);
}

CASE(thread_flush_takes_no_flags)
{
    CHECK_INT(akit_thread_flush(1), -EINVAL);
    CHECK_INT(akit_thread_flush(0), 0);
}

CASE(thread_flush_empties_this_threads_cache)
{
    akit_tiered *h = new_heap();
    void *p[64];
    CHECK_INT(akit_tiered_alloc_n(h, 100, 64, p), 64);
    CHECK_INT(akit_tiered_free_n(h, 64, p), 64);
    CHECK_AT_LEAST(stats_of(h).thread_cache_bytes, 1);
    CHECK_INT(akit_thread_flush(0), 0);
    CHECK_INT(stats_of(h).thread_cache_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(purge_thread_takes_only_0_and_1)
{
    CHECK_INT(akit_purge_thread(2), -EINVAL);
    CHECK_INT(akit_purge_thread(UINT32_MAX), -EINVAL);
}

FRESH(purge_thread_starts_and_stops)
{
    CHECK_INT(process_stats().purge_thread_running, 0);
    CHECK_INT(akit_purge_thread(1), 0);
    CHECK_INT(process_stats().purge_thread_running, 1);
    CHECK_INT(akit_purge_thread(1), 0);
    CHECK_INT(akit_purge_thread(0), 0);
    CHECK_INT(process_stats().purge_thread_running, 0);
    CHECK_INT(akit_purge_thread(0), 0);
    CHECK_INT(akit_purge_thread(1), 0);
    CHECK_INT(process_stats().purge_thread_running, 1);
    CHECK_INT(akit_purge_thread(0), 0);
}

/* Thread-local data of the program lies on the stacks of all threads, the purge thread's too. */
static __thread volatile char large_thread_local_data[1 << 19];

FRESH(purge_thread_starts_beside_large_thread_local_data)
{
    large_thread_local_data[0] = 1;
    CHECK_INT(akit_purge_thread(1), 0);
    CHECK_INT(akit_purge_thread(0), 0);
}

CASE(purge_of_the_process_refuses_unknown_flags)
{
    uint64_t bytes = 0;
    CHECK_INT(akit_purge(64, &bytes), -EINVAL);
}

CASE(purge_of_the_process_accepts_null)
{
    CHECK_INT(akit_purge(0, NULL), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_DUE, NULL), 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
}

CASE(cache_limit_accepts_any_budget)
{
    CHECK_INT(akit_cache_limit(0), 0);
    CHECK_INT(akit_cache_limit(AKIT_NONE), 0);
    CHECK_INT(akit_cache_limit(MIB(32)), 0);
}
