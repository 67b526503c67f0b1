/* tiered.h: good_size, usable_size, owns. */
#include "kit.h"

static volatile size_t above_ptrdiff = (size_t)PTRDIFF_MAX + 1;

CASE(good_size_is_what_the_block_gets)
{
    akit_tiered *h = new_heap();
    for (size_t size = 1; size < MIB(8); size = size * 3 / 2 + 1) {
        void *p = akit_tiered_alloc(h, size);
        CHECK_INT(akit_tiered_good_size(h, size), akit_tiered_usable_size(h, p));
        akit_tiered_free(h, p);
    }
    akit_tiered_destroy(h, 0);
}

CASE(good_size_of_an_impossible_size_is_0)
{
    akit_tiered *h = new_heap();
    CHECK_INT(akit_tiered_good_size(h, above_ptrdiff), 0);
    CHECK_INT(akit_tiered_good_size(h, SIZE_MAX), 0);
    CHECK_INT(akit_tiered_good_size(NULL, 10), 0);
    akit_tiered_destroy(h, 0);
}

CASE(good_size_wastes_little)
{
    akit_tiered *h = new_heap();
    for (size_t size = 1; size <= 1024; size++)
        CHECK_AT_MOST(akit_tiered_good_size(h, size), size + 15);
    for (size_t size = 1025; size <= 16384; size += 13)
        CHECK_AT_MOST(akit_tiered_good_size(h, size), size + size / 8);
    for (size_t size = 16385; size < (size_t)1 << 31; size += size / 29)
        CHECK_AT_MOST(akit_tiered_good_size(h, size), size + size / 4);
    akit_tiered_destroy(h, 0);
}

CASE(usable_size_of_what_is_no_block_is_0)
{
    akit_tiered *h = new_heap();
    int local = 0;
    CHECK_INT(akit_tiered_usable_size(h, NULL), 0);
    CHECK_INT(akit_tiered_usable_size(h, &local), 0);
    CHECK_INT(akit_tiered_usable_size(h, &check_count), 0);
    CHECK_INT(akit_tiered_usable_size(h, (void *)(uintptr_t)0xffff800000000000), 0);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(usable_size_of_another_handles_block_is_0)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    void *p = block(h, 100);
    CHECK_INT(akit_tiered_usable_size(g, p), 0);
    CHECK_INT(misuses_of(g), 0);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(usable_size_of_a_freed_block_is_0_with_exact_check)
{
    akit_tiered *h = exact_heap();
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    CHECK_INT(akit_tiered_usable_size(h, p), 0);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(owns_is_1_for_every_address_of_a_block)
{
    akit_tiered *h = new_heap();
    const size_t sizes[] = {16, 1000, 10000, 200000, MIB(6)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = (char *)block(h, sizes[i]);
        CHECK_INT(akit_tiered_owns(h, p), 1);
        CHECK_INT(akit_tiered_owns(h, p + sizes[i] / 2), 1);
        CHECK_INT(akit_tiered_owns(h, p + sizes[i] - 1), 1);
    }
    akit_tiered_destroy(h, 0);
}

CASE(owns_is_0_for_foreign_addresses)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    int local = 0;
    CHECK_INT(akit_tiered_owns(h, &local), 0);
    CHECK_INT(akit_tiered_owns(h, NULL), 0);
    CHECK_INT(akit_tiered_owns(h, (void *)UINTPTR_MAX), 0);
    CHECK_INT(akit_tiered_owns(h, block(g, 10)), 0);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(owns_on_null_handle_is_einval)
{
    CHECK_INT(akit_tiered_owns(NULL, &check_count), -EINVAL);
}
