/* host.h: the shapes that Lua and zlib ask for. */
#include "kit.h"

CASE(lua_allocates_with_a_type_tag_as_old_size)
{
    akit_tiered *h = new_heap();
    void *p = akit_host_lua(h, NULL, 5, 100);
    CHECK(p != NULL);
    CHECK_INT(akit_tiered_owns(h, p), 1);
    void *none = akit_host_lua(h, p, 100, 0);
    CHECK(none == NULL);
    CHECK_INT(misuses_of(h), 0);
    CHECK_INT(stats_of(h).used_bytes, 0);
    akit_tiered_destroy(h, 0);
}

CASE(lua_resizes_and_keeps_the_bytes)
{
    akit_tiered *h = new_heap();
    char *p = (char *)akit_host_lua(h, NULL, 0, 10);
    memset(p, 3, 10);
    size_t old = 10;
    const size_t sizes[] = {1000, 20, 40000, 100000, 15};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        p = (char *)akit_host_lua(h, p, old, sizes[i]);
        CHECK(p && all_bytes(p, 10, 3));
        old = sizes[i];
    }
    void *none = akit_host_lua(h, p, old, 0);
    CHECK(none == NULL);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(lua_free_of_null_is_null)
{
    akit_tiered *h = new_heap();
    void *none = akit_host_lua(h, NULL, 0, 0);
    CHECK(none == NULL);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(lua_at_the_cap_is_null_and_shrinking_succeeds)
{
    akit_tiered *h = capped_heap(MIB(4));
    char *p = (char *)akit_host_lua(h, NULL, 0, MIB(3));
    CHECK(p != NULL);
    memset(p, 4, 100);
    CHECK_REFUSED(akit_host_lua(h, p, MIB(3), MIB(6)), ENOMEM);
    CHECK(all_bytes(p, 100, 4));
    p = (char *)akit_host_lua(h, p, MIB(3), 100);
    CHECK(p && all_bytes(p, 100, 4));
    akit_tiered_destroy(h, 0);
}

CASE(zalloc_multiplies)
{
    akit_tiered *h = new_heap();
    void *p = akit_host_zalloc(h, 100, 24);
    CHECK(p != NULL);
    CHECK_AT_LEAST(akit_tiered_usable_size(h, p), 2400);
    akit_host_zfree(h, p);
    CHECK_INT(stats_of(h).used_bytes, 0);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(zalloc_product_beyond_32_bits_does_not_wrap)
{
    akit_tiered *h = capped_heap(MIB(16));
    CHECK_REFUSED(akit_host_zalloc(h, 1u << 17, 1u << 15), ENOMEM);
    CHECK_REFUSED(akit_host_zalloc(h, UINT32_MAX, UINT32_MAX), ENOMEM);
    akit_tiered_destroy(h, 0);
}

CASE(zfree_of_null_does_nothing)
{
    akit_tiered *h = new_heap();
    akit_host_zfree(h, NULL);
    CHECK_INT(misuses_of(h), 0);
    akit_tiered_destroy(h, 0);
}

CASE(host_functions_on_null_handle_are_einval)
{
    CHECK_REFUSED(akit_host_lua(NULL, NULL, 0, 10), EINVAL);
    CHECK_REFUSED(akit_host_zalloc(NULL, 1, 10), EINVAL);
}
