"""Tests of the Mojo package itself: ownership of blocks on huge pages, backing, errors, figures. What the library does
is tested by the conformance cases."""

from std.testing import TestSuite, assert_equal, assert_false, assert_raises, assert_true

from allockit import (
    AkitError,
    Alloc,
    Backing,
    BlockState,
    Huge,
    HugeConfig,
    HugeMode,
    Misuse,
    Populate,
    Purge,
    Reason,
    Region,
    Thp,
    ThpMode,
    Tiered,
    handles,
    huge_system_get,
    huge_system_node_get,
    huge_system_text,
    inspect,
    misuse_mode,
    process_stats,
)


def alive(id: UInt64) raises -> Bool:
    for entry in handles():
        if entry.id == id:
            return True
    return False


def ordinary_pages() -> HugeConfig:
    var config = HugeConfig(giant_mode=HugeMode.NEVER, huge_mode=HugeMode.NEVER)
    config.thp = Thp.NEVER
    return config^


def test_heap_on_both() raises:
    var region = Region()
    var huge = Huge(ordinary_pages())
    var heap = Tiered(region=region, huge=huge)
    var big = heap.alloc[UInt8](8 << 20)
    var small = heap.alloc[Int]()
    big[0] = 1
    small[] = 2
    assert_true(huge.stats().used_bytes >= 8 << 20)
    assert_true(region.stats().used_bytes > 0)
    heap.free(big)
    heap.free(small)
    _ = heap^
    assert_equal(huge.stats().used_bytes, 0)
    var other = Tiered(huge=huge)
    var block = other.alloc[UInt8](8 << 20)
    assert_equal(inspect(block.untyped()).state, BlockState.OUT)
    other.free(block)


def test_huge_block() raises:
    var huge = Huge(ordinary_pages(), name="mojo-huge")
    var id = huge.stats().id
    assert_equal(huge.name(), "mojo-huge")
    var block = huge.alloc(5000000, flags=Alloc.ZERO)
    assert_true(len(block) >= 5000000)
    assert_equal(len(block.bytes()), len(block))
    assert_equal(block.bytes()[4999999], 0)
    block.ptr[UInt64]()[unsafe_offset=3] = 4
    assert_equal(block.bytes()[24], 4)
    assert_equal(block.backing(), Backing.BASE)
    assert_equal(block.info().reason, Reason.NONE)
    assert_equal(block.info().handle_id, id)
    assert_true(huge.stats().base_bytes >= 5000000)
    _ = block^
    assert_equal(huge.stats().used_bytes, 0)
    var kept = huge.alloc(4 << 20)
    # `huge` is not mentioned again, and lives on because of `kept`.
    assert_true(alive(id))
    assert_true(len(kept) >= 4 << 20)


def test_huge_says_why_not() raises:
    var system = huge_system_get()
    if system.huge_page_bytes == 0 or system.huge_total > 0:
        return
    var huge = Huge(HugeConfig(giant_mode=HugeMode.NEVER, huge_mode=HugeMode.REQUIRE))
    var code = 0
    try:
        _ = huge.alloc(4 << 20)
    except e:
        code = e.code
    assert_equal(code, AkitError.ENOMEM)
    assert_equal(huge.reason_count(Reason.NOT_RESERVED), 1)
    with assert_raises():
        _ = huge.reason_count(99)
    var second = Huge(HugeConfig(giant_mode=HugeMode.NEVER, huge_mode=HugeMode.PREFER))
    var block = second.alloc(4 << 20)
    assert_true(block.backing() <= Backing.THP)
    assert_equal(block.info().reason, Reason.NOT_RESERVED)
    assert_equal(second.stats().fallbacks_total, 1)


def test_huge_config_and_figures() raises:
    var config = ordinary_pages()
    config.populate = Populate.ALL
    config.limit_bytes = 64 << 20
    var huge = Huge(config, name="figures")
    assert_equal(huge.config().populate, Populate.ALL)
    assert_equal(huge.config().limit_bytes, 64 << 20)
    assert_equal(huge.config().giant_mode, HugeMode.NEVER)
    assert_true(huge.suggest().decay_ns > 0)
    var block = huge.alloc(4 << 20)
    assert_true(huge.stats().prefaulted_bytes_total >= 4 << 20)
    var on_node = UInt64(4 << 20)
    try:
        on_node = huge.node_bytes(0)
    except e:
        assert_equal(e.code, AkitError.ENOSYS)
    assert_true(on_node >= 4 << 20)
    assert_true(huge.json().find('"name":"figures"') >= 0)
    assert_true(huge.openmetrics().find("allockit_huge_used_bytes") >= 0)
    block^.free()
    _ = huge.purge(Purge.ALL | Purge.WAIT)
    assert_equal(huge.stats().cached_bytes, 0)
    with assert_raises():
        _ = Huge(HugeConfig(huge_mode=77))


def test_huge_destroy_deferred() raises:
    var huge = Huge(ordinary_pages())
    var id = huge.stats().id
    var view = huge.raw()
    var p = view.alloc(4 << 20)[0]
    huge^.destroy_deferred()
    p.unsafe_bitcast[UInt8]()[unsafe_offset=100] = 1
    view.free(p)
    assert_false(alive(id))
    var handle = Huge().unsafe_release()
    Huge(unsafe_handle=handle, owned=True).destroy()


def test_huge_system() raises:
    var system = huge_system_get()
    assert_equal(system.base_page_bytes, process_stats().page_bytes)
    assert_true(system.thp_mode <= ThpMode.NEVER)
    assert_true(system.huge_free <= system.huge_total)
    assert_true(huge_system_text().find("nr_hugepages") >= 0)
    with assert_raises():
        _ = huge_system_node_get(4095)


def main() raises:
    misuse_mode(Misuse.COUNT)
    TestSuite.discover_tests[__functions_in_module()]().run()
