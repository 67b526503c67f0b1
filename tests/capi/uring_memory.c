/* Memory in slots: added, found, read into by the kernel, removed. */
#include "uring_raw.h"

CASE(what_is_synced_is_found_and_read_into)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    unsigned char *p = (unsigned char *)pages_of(MIB(4));
    CHECK_INT(akit_uring_add_memory(h, p, MIB(4)), 0);
    CHECK_INT(akit_uring_lookup(h, p, 1), -ENOENT);
    CHECK_INT(uring_stats_of(h).areas_pending, 1);
    CHECK_INT(akit_uring_sync(h), 1);
    int slot = akit_uring_lookup(h, p, MIB(4));
    CHECK(slot >= 0);
    CHECK_INT(akit_uring_lookup(h, p + MIB(4) - 1, 1), slot);
    CHECK_INT(akit_uring_lookup(h, p + MIB(4) - 1, 2), -ENOENT);
    CHECK_INT(akit_uring_lookup(h, p - 1, 1), -ENOENT);
    CHECK_INT(akit_uring_lookup(h, p + MIB(4), 1), -ENOENT);
    CHECK_INT(akit_uring_lookup(h, p + 5, SIZE_MAX), -ENOENT);
    CHECK_INT(akit_uring_lookup(h, NULL, 1), -ENOENT);

    int fd[2];
    CHECK_INT(pipe(fd), 0);
    unsigned char out[3000];
    pattern_fill(out, sizeof out, 0, 3);
    CHECK_INT(write(fd[1], out, sizeof out), sizeof out);
    CHECK_INT(raw_fixed(&r, IORING_OP_READ_FIXED, fd[0], p + 12345, sizeof out, 0, slot), sizeof out);
    pattern_check(p + 12345, sizeof out, 0, 3);
    CHECK_INT(raw_fixed(&r, IORING_OP_READ_FIXED, fd[0], p + MIB(4) - 8, 16, 0, slot), -EFAULT);

    akit_uring_stats st = uring_stats_of(h);
    CHECK_INT(st.state, AKIT_URING_ON);
    CHECK_INT(st.registered_bytes, MIB(4));
    CHECK_INT(st.slots, 64);
    CHECK_INT(st.slots_used, 1);
    CHECK_INT(st.areas, 1);
    CHECK_INT(st.areas_pending, 0);
    CHECK_INT(st.registers_total, 1);
    CHECK_INT(st.lookups_missed_total, 6);
    CHECK_INT(st.register_failures_total, 0);
    CHECK_INT(st.last_errno, 0);
    CHECK(st.memlock_needed_bytes >= MIB(4));

    CHECK_INT(akit_uring_remove(h, p), 0);
    CHECK_INT(akit_uring_lookup(h, p, 1), -ENOENT);
    CHECK_INT(uring_stats_of(h).areas_draining, 1);
    CHECK_INT(akit_uring_remove(h, p), -ENOENT);
    CHECK_INT(akit_uring_sync(h), 0);
    st = uring_stats_of(h);
    CHECK_INT(st.slots_used, 0);
    CHECK_INT(st.areas, 0);
    CHECK_INT(st.areas_draining, 0);
    CHECK_INT(st.state, AKIT_URING_OFF);
    CHECK_INT(raw_fixed(&r, IORING_OP_READ_FIXED, fd[0], p, 1, 0, slot), -EFAULT);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, MIB(4));
    close(fd[0]);
    close(fd[1]);
}

CASE(large_memory_takes_several_slots)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    size_t n = GIB(2) + MIB(1);
    char *p = (char *)mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(p != MAP_FAILED);
    CHECK_INT(akit_uring_add_memory(h, p, n), 0);
    CHECK_INT(uring_stats_of(h).areas, 3);
    CHECK_INT(akit_uring_sync(h), -EFAULT); /* it cannot be written to: nothing of it is made resident */
    akit_uring_stats st = uring_stats_of(h);
    CHECK_INT(st.state, AKIT_URING_DENIED);
    CHECK_INT(st.last_errno, EFAULT);
    CHECK_INT(st.register_failures_total, 3);
    CHECK_INT(st.areas_pending, 3);
    CHECK_INT(akit_uring_remove(h, p), 0);
    CHECK_INT(uring_stats_of(h).areas, 0);
    CHECK_INT(uring_stats_of(h).state, AKIT_URING_OFF);
    munmap(p, n);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
}

CASE(a_range_over_two_slots_is_not_found)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    char *p = (char *)pages_of(MIB(8));
    CHECK_INT(akit_uring_add_memory(h, p, MIB(4)), 0);
    CHECK_INT(akit_uring_add_memory(h, p + MIB(4), MIB(4)), 0);
    CHECK_INT(akit_uring_sync(h), 2);
    CHECK(akit_uring_lookup(h, p, MIB(4)) != akit_uring_lookup(h, p + MIB(4), MIB(4)));
    CHECK_INT(akit_uring_lookup(h, p + MIB(4) - 1, 2), -ENOENT);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, MIB(8));
}

CASE(odd_ranges_are_found_to_the_byte)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    char *p = (char *)pages_of(MIB(1));
    for (int i = 0; i < 20; i++)
        CHECK_INT(akit_uring_add_memory(h, p + i * 3000 + 7, 2999), 0);
    CHECK_INT(akit_uring_sync(h), 20);
    for (int i = 0; i < 20; i++) {
        char *a = p + i * 3000 + 7;
        int slot = akit_uring_lookup(h, a, 2999);
        CHECK(slot >= 0);
        CHECK_INT(akit_uring_lookup(h, a + 2998, 1), slot);
        CHECK_INT(akit_uring_lookup(h, a + 2999, 1), -ENOENT);
    }
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, MIB(1));
}

CASE(a_full_table_is_said_and_tried_again)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring_with(&r, AKIT_URING_CREATE_TABLE, 2, 0);
    char *p = (char *)pages_of(KIB(64));
    for (int i = 0; i < 3; i++)
        CHECK_INT(akit_uring_add_memory(h, p + i * 4096, 4096), 0);
    CHECK_INT(akit_uring_sync(h), 2);
    akit_uring_stats st = uring_stats_of(h);
    CHECK_INT(st.state, AKIT_URING_PARTIAL);
    CHECK_INT(st.last_errno, ENOBUFS);
    CHECK_INT(st.areas_pending, 1);
    CHECK_INT(akit_uring_sync(h), -ENOBUFS);
    CHECK_INT(akit_uring_remove(h, p), 0);
    CHECK_INT(akit_uring_sync(h), 1);
    CHECK_INT(uring_stats_of(h).state, AKIT_URING_ON);
    CHECK(akit_uring_lookup(h, p + 8192, 4096) >= 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, KIB(64));
}

CASE(a_budget_holds)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = NULL;
    akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
    cfg.ring_fd = r.fd;
    cfg.flags = AKIT_URING_CREATE_TABLE;
    cfg.memlock_bytes = 5 * 4096;
    CHECK_INT(akit_uring_create(&cfg, &h), 0);
    char *p = (char *)pages_of(KIB(64));
    CHECK_INT(akit_uring_add_memory(h, p, 3 * 4096), 0);
    CHECK_INT(akit_uring_add_memory(h, p + 4 * 4096 + 1, 4096), 0); /* two pages */
    CHECK_INT(akit_uring_add_memory(h, p + 8 * 4096, 4096), 0);
    CHECK_INT(akit_uring_sync(h), 2);
    akit_uring_stats st = uring_stats_of(h);
    CHECK_INT(st.slots, 1024);
    CHECK_INT(st.memlock_needed_bytes, 6 * 4096);
    CHECK_INT(st.memlock_limit_bytes, 5 * 4096);
    CHECK_INT(st.last_errno, ENOMEM);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, KIB(64));
}

CASE(memory_is_added_once)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    char *p = (char *)pages_of(KIB(64));
    CHECK_INT(akit_uring_add_memory(h, p, 4096), 0);
    CHECK_INT(akit_uring_add_memory(h, p, 8192), -EBUSY);
    CHECK_INT(akit_uring_add_memory(h, NULL, 8192), -EINVAL);
    CHECK_INT(akit_uring_add_memory(h, p + 1, 0), -EINVAL);
    CHECK_INT(akit_uring_add_memory(h, p + 1, SIZE_MAX), -EINVAL);
    CHECK_INT(akit_uring_remove(h, p + 1), -ENOENT);
    CHECK_INT(akit_uring_remove(h, NULL), -ENOENT);
    CHECK_INT(akit_uring_sync(h), 1);
    CHECK_INT(akit_uring_remove(h, p), 0);
    CHECK_INT(akit_uring_add_memory(h, p, 8192), 0); /* before the slot is empty */
    CHECK_INT(akit_uring_sync(h), 1);
    CHECK(akit_uring_lookup(h, p, 8192) >= 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    raw_close(&r);
    munmap(p, KIB(64));
}

CASE(a_region_is_pinned_until_it_is_drained)
{
    raw_ring r = raw_ring_with(0);
    akit_uring *h = new_uring(&r);
    akit_region *region = new_region_with(NULL);
    char *p = (char *)akit_region_alloc(region, MIB(2), 0, 0, NULL);
    CHECK(p != NULL);
    CHECK_INT(akit_uring_add_memory(h, p, MIB(2)), 0);
    CHECK_INT(region_stats_of(region).pinned_bytes, MIB(2));
    CHECK_INT(akit_uring_sync(h), 1);
    memset(p, 7, MIB(2));
    CHECK_INT(akit_region_free(region, p), 0);
    CHECK_INT(akit_purge(0, NULL), 0);
    CHECK(p[MIB(1)] == 7);
    CHECK_INT(akit_uring_remove(h, p), 0);
    CHECK_INT(region_stats_of(region).pinned_bytes, MIB(2));
    CHECK_INT(akit_uring_sync(h), 0);
    CHECK_INT(region_stats_of(region).pinned_bytes, 0);
    CHECK_INT(akit_uring_destroy(h, 0), 0);
    CHECK_INT(akit_region_destroy(region, 0), 0);
    raw_close(&r);
}
