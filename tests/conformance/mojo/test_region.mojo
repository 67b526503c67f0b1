"""Tests of the Mojo package itself: ownership of regions and pins, memory of the caller, errors, figures. What the
library does is tested by the conformance cases."""

from std.testing import TestSuite, assert_equal, assert_false, assert_raises, assert_true

from allockit import (
    NONE,
    AkitError,
    Alloc,
    Kind,
    Misuse,
    Purge,
    PurgeMethod,
    Region,
    RegionBlock,
    RegionConfig,
    RegionOn,
    Tiered,
    Vector,
    handles,
    inspect,
    misuse_mode,
)


def alive(id: UInt64) raises -> Bool:
    for entry in handles():
        if entry.id == id:
            return True
    return False


def make_block[o: ImmOrigin](ref[o] region: Region, size: Int) raises -> RegionBlock[o]:
    var block = region.alloc(size)
    block.bytes()[size - 1] = 7
    return block^


def error_of_alloc(region: RegionOn[_], size: Int) -> Int:
    try:
        _ = region.alloc(size)
    except e:
        return e.code
    return 0


def test_region_ends_with_its_owner() raises:
    var region = Region()
    var id = region.stats().id
    assert_true(alive(id))
    var moved = region^
    assert_true(alive(id))
    _ = moved^
    assert_false(alive(id))


def test_region_lives_as_long_as_its_blocks() raises:
    var region = Region()
    var id = region.stats().id
    var block = make_block(region, 100000)
    # `region` is not mentioned again, and lives on because of `block`.
    assert_true(alive(id))
    assert_equal(block.bytes()[99999], 7)


def test_block_goes_back_at_its_end() raises:
    var region = Region()
    var block = region.alloc(1 << 20)
    assert_true(len(block) >= 1 << 20)
    assert_equal(region.stats().used_bytes, UInt64(len(block)))
    _ = block^
    assert_equal(region.stats().used_bytes, 0)
    assert_equal(region.stats().frees_total, 1)
    region.alloc(1 << 20).free()
    assert_equal(region.stats().frees_total, 2)


def test_block_as_bytes_and_values() raises:
    var region = Region()
    var block = region.alloc(100000, flags=Alloc.ZERO)
    for byte in block.bytes():
        assert_equal(byte, 0)
    assert_equal(block.info().zeroed, 1)
    block.ptr[Float64]()[unsafe_offset=5] = 2.5
    assert_equal(block.ptr[Float64]()[unsafe_offset=5], 2.5)
    assert_equal(Int(block.untyped()) % 4096, 0)
    assert_equal(inspect(block.untyped()).handle_kind, Kind.REGION)
    var aligned = region.alloc(5000, 2 << 20)
    assert_equal(Int(aligned.untyped()) % (2 << 20), 0)


def test_block_changes_its_size() raises:
    var region = Region()
    var block = region.alloc(100000)
    block.bytes()[99999] = 9
    block.resize(8 << 20)
    assert_true(len(block) >= 8 << 20)
    assert_equal(block.bytes()[99999], 9)
    assert_equal(len(block.bytes()), len(block))
    block.resize(5000)
    assert_true(len(block) >= 5000)
    _ = block^
    assert_equal(region.stats().used_bytes, 0)


def test_pin_outlives_the_block() raises:
    var region = Region()
    var block = region.alloc(1 << 20)
    var pin = block.pin()
    var code = 0
    try:
        block.resize(8 << 20)
    except e:
        code = e.code
    assert_equal(code, AkitError.EBUSY)
    assert_true(region.stats().pinned_bytes >= 1 << 20)
    _ = block^
    assert_equal(region.stats().purge_skipped_pinned_total, 1)
    assert_true(region.stats().pinned_bytes >= 1 << 20)
    pin^.unpin()
    assert_equal(region.stats().pinned_bytes, 0)
    assert_equal(region.stats().misuses_total, 0)


def test_pins_are_counted() raises:
    var region = Region()
    var block = region.alloc(1 << 20)
    var first = block.pin()
    var second = block.pin()
    _ = first^
    assert_true(region.stats().pinned_bytes > 0)
    _ = second^
    assert_equal(region.stats().pinned_bytes, 0)
    block.resize(4 << 20)


def test_region_on_memory_of_the_caller() raises:
    var memory = List[UInt8](length=(1 << 20) + 4096, fill=0)
    var begin = Int(memory.unsafe_ptr())
    var end = begin + len(memory)
    var region = RegionOn(memory=Span(memory), name="own")
    assert_true(region.config().memory_bytes >= 1 << 20)
    assert_equal(region.name(), "own")
    # `memory` is not mentioned again, and lives on because of `region`, which lives on because of `block`.
    var block = region.alloc(100000)
    block.bytes()[0] = 1
    assert_true(begin <= Int(block.untyped()) and Int(block.untyped()) + len(block) <= end)
    assert_equal(error_of_alloc(region, 2 << 20), AkitError.EMSGSIZE)
    assert_equal(error_of_alloc(region, 1 << 20), AkitError.ENOBUFS)
    var other = block.untyped()
    _ = block^
    var again = region.alloc(500000)
    assert_equal(again.info().handle_id, region.stats().id)
    _ = other


def test_region_errors_are_typed() raises:
    var region = Region(RegionConfig(limit_bytes=8 << 20))
    assert_equal(error_of_alloc(region, 64 << 20), AkitError.ENOMEM)
    assert_equal(region.stats().limit_hits_total, 1)
    with assert_raises():
        _ = Region(name="a/b")
    with assert_raises():
        _ = region.alloc(4096, 3)


def test_region_config() raises:
    var config = RegionConfig(limit_bytes=64 << 20, decay_ns=5000000, cache_bytes=1 << 20, max_entries=10)
    config.purge_method = PurgeMethod.DONTNEED
    config.max_waste_permille = 50
    var region = Region(config, name="mojo-region")
    assert_equal(region.name(), "mojo-region")
    assert_equal(region.config().limit_bytes, 64 << 20)
    assert_equal(region.config().decay_ns, 5000000)
    assert_equal(region.config().cache_bytes, 1 << 20)
    assert_equal(region.config().max_entries, 10)
    assert_equal(region.config().purge_method, PurgeMethod.DONTNEED)
    assert_equal(region.config().max_waste_permille, 50)
    assert_true(region.suggest().decay_ns > 0)


def test_region_figures_and_purge() raises:
    var region = Region(RegionConfig(decay_ns=NONE), name="figures")
    var block = region.alloc(4 << 20)
    block.prefault()
    block.prefault(4096, 8192)
    assert_true(region.stats().prefaulted_bytes_total >= 4 << 20)
    var on_node = UInt64(4 << 20)
    try:
        on_node = region.node_bytes(0)
    except e:
        assert_equal(e.code, AkitError.ENOSYS)
    assert_true(on_node >= 4 << 20)
    assert_true(region.json().find('"name":"figures"') >= 0)
    assert_true(region.openmetrics().find("allockit_region_used_bytes") >= 0)
    _ = block^
    assert_true(region.stats().cached_bytes >= 4 << 20)
    assert_true(region.purge(Purge.ALL | Purge.WAIT) >= 4 << 20)
    assert_equal(region.stats().cached_bytes, 0)


def test_region_destroy_deferred() raises:
    var region = Region()
    var id = region.stats().id
    var view = region.raw()
    var p = view.alloc(100000)[0]
    p.unsafe_bitcast[UInt8]()[unsafe_offset=5] = 3
    region^.destroy_deferred()
    assert_equal(p.unsafe_bitcast[UInt8]()[unsafe_offset=5], 3)
    with assert_raises():
        _ = view.alloc(4096)
    view.free(p)
    assert_false(alive(id))


def test_region_release_and_wrap() raises:
    var handle = Region().unsafe_release()
    var region = Region(unsafe_handle=handle, owned=True)
    assert_equal(region.stats().kind, Kind.REGION)
    var p = region.alloc(4096).unsafe_release()
    assert_true(region.stats().used_bytes >= 4096)
    region.raw().free(p)
    region^.destroy()


def test_heap_on_a_region() raises:
    var region = Region()
    var heap = Tiered(region=region, name="on-region")
    var v = Vector[Int](heap)
    for i in range(1000000):
        v.append(i)
    assert_true(region.stats().used_bytes >= 8000000)
    region^.destroy()
    # The heap keeps what it needs of the region.
    for i in range(1000000):
        v.append(i)
    assert_equal(v[1999999], 999999)
    assert_equal(heap.name(), "on-region")


def main() raises:
    misuse_mode(Misuse.COUNT)
    TestSuite.discover_tests[__functions_in_module()]().run()
