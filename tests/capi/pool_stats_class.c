/* No dead figures, continued: the fields of akit_class_stats as pools fill them. */
#include "pool_kit.h"

static void *taken[500];

#define CLASS_AFTER_USE(field, wanted)                                         \
    CASE(class_##field)                                                        \
    {                                                                          \
        akit_pool *h = a_used_pool(taken);                                          \
        CHECK_INT(pool_class_of(h, 0).field, wanted);                          \
        destroy_now(h);                                                        \
    }

CLASS_AFTER_USE(block_bytes, KIB(8))
CLASS_AFTER_USE(used_blocks, 4)
CLASS_AFTER_USE(used_peak_blocks, 10)
CLASS_AFTER_USE(cached_blocks, 6)
CLASS_AFTER_USE(gets_total, 14)
CLASS_AFTER_USE(puts_total, 10)
CLASS_AFTER_USE(hits_total, 4)
CLASS_AFTER_USE(misses_total, 10)
CLASS_AFTER_USE(slabs, 1)
CLASS_AFTER_USE(mapped_bytes, MIB(1))

CASE(class_discards_total)
{
    akit_pool *h = a_used_pool(taken);
    put_all(h, 4, taken);
    CHECK_INT(pool_class_of(h, 0).discards_total, 0);
    CHECK_INT(akit_purge(AKIT_PURGE_ALL | AKIT_PURGE_WAIT, NULL), 0);
    CHECK_INT(pool_class_of(h, 0).discards_total, 10);
    CHECK_INT(pool_class_of(h, 0).slabs, 0);
    CHECK_INT(pool_class_of(h, 0).mapped_bytes, 0);
    akit_pool_destroy(h, 0);
}

static void peaks_are(akit_pool *h, uint64_t n)
{
    CHECK_INT(pool_class_of(h, 1).used_peak_blocks, n);
    CHECK_INT(pool_stats_of(h).out_peak_buffers, n);
}

/* One thread: whether its cache answers, is full or is empty, no get and no put is missed. */
CASE(peaks_do_not_grow_when_nothing_new_is_out)
{
    akit_pool *h = patient_pool();
    for (int round = 0; round < 10; round++) {
        get_all(h, KIB(4), 500, taken);
        put_all(h, 500, taken);
        peaks_are(h, 500);
    }
    akit_pool_destroy(h, 0);
}

CASE(peaks_are_seen_although_all_was_idle)
{
    akit_pool *h = patient_pool();
    CHECK_INT(akit_pool_warm(h, KIB(4), 450), 0);
    for (uint64_t n = 7; n < 450; n += 37) {
        get_all(h, KIB(4), n, taken);
        put_all(h, n, taken);
        peaks_are(h, n);
    }
    akit_pool_destroy(h, 0);
}

CASE(every_field_of_a_class_has_a_case)
{
    int cases = 0;
    for (int i = 0; i < check_count; i++)
        cases += !strncmp(check_entries[i].name, "class_", 6);
    CHECK_INT(cases, sizeof(akit_class_stats) / 8 - 1);
}
