"""Tests of the Mojo package itself: ownership, typed blocks, errors. What the library does is tested by the
conformance cases."""

from std.testing import TestSuite, assert_equal, assert_false, assert_raises, assert_true

from allockit import (
    AkitError,
    Alloc,
    Kind,
    Misuse,
    Purge,
    Tiered,
    TieredConfig,
    VoidPtr,
    default_heap,
    feature,
    handles,
    inspect,
    malloc,
    misuse_handler,
    misuse_mode,
    process_stats,
    stats_json,
    stats_openmetrics,
    strerror,
    version,
    version_string,
)


@align(64)
@fieldwise_init
struct Wide(ImplicitlyCopyable):
    var a: Int


def alive(id: UInt64) raises -> Bool:
    for entry in handles():
        if entry.id == id:
            return True
    return False


def test_version() raises:
    assert_equal(version_string(), "0.1.0")
    assert_equal(version(), 256)
    assert_equal(strerror(0), "success")
    _ = feature(3)
    with assert_raises():
        _ = feature(77)


def test_heap_ends_with_its_owner() raises:
    var heap = Tiered()
    var id = heap.stats().id
    assert_true(alive(id))
    var moved = heap^
    assert_true(alive(id))
    _ = moved^
    assert_false(alive(id))


def test_heap_lives_as_long_as_its_pointers() raises:
    var heap = Tiered()
    var id = heap.stats().id
    var p = heap.alloc[Int](2)
    p[1] = 5
    # `heap` is not mentioned again, and lives on because of `p`.
    assert_true(alive(id))
    assert_equal(p[1], 5)


def test_destroy() raises:
    var heap = Tiered()
    var id = heap.stats().id
    _ = heap.raw().alloc(1000)
    heap^.destroy()
    assert_false(alive(id))


def test_destroy_deferred() raises:
    var heap = Tiered()
    var p = heap.raw().alloc(100).unsafe_bitcast[Int]()
    p[] = 9
    heap^.destroy_deferred()
    assert_equal(p[], 9)
    malloc.free(p.unsafe_bitcast[NoneType]())


def test_release_and_wrap() raises:
    var handle = Tiered().unsafe_release()
    var heap = Tiered(unsafe_handle=handle, owned=True)
    assert_equal(heap.stats().kind, Kind.TIERED)


def test_typed_blocks() raises:
    var heap = Tiered()
    var p = heap.alloc[Float64](10)
    p[] = 1.5
    p[9] = 2.5
    p = heap.realloc(p, 5000)
    assert_equal(p[] + p[9], 4.0)
    assert_true(heap.owns(p.untyped()))
    assert_true(heap.usable_size(p.untyped()) >= 40000)
    assert_equal(inspect(p.untyped()).handle_id, heap.stats().id)
    heap.free(p)
    var z = heap.alloc_zeroed[Int](100)
    for i in range(100):
        assert_equal(z[i], 0)
    heap.free(z, count=100)
    assert_equal(heap.stats().used_bytes, 0)


def test_values_in_blocks() raises:
    var heap = Tiered()
    var p = heap.alloc[String]()
    p.unsafe_write("a string that is too long to be inline")
    p[] += "!"
    assert_equal(p[].byte_length(), 39)
    var s = p.unsafe_take_pointee()
    assert_equal(s.byte_length(), 39)
    p.unsafe_write("another")
    p.unsafe_deinit_pointee()
    heap.free(p)


def test_wide_alignment() raises:
    var heap = Tiered()
    var p = heap.alloc[Wide](3)
    var q = heap.alloc_zeroed[Wide]()
    assert_equal(Int(p.untyped()) % 64, 0)
    assert_equal(Int(q.untyped()) % 64, 0)
    p = heap.realloc(p, 1000)
    assert_equal(Int(p.untyped()) % 64, 0)
    heap.free(p)
    heap.free(q)


def test_batches() raises:
    var heap = Tiered()
    var blocks = heap.alloc_n[UInt64](500)
    assert_equal(len(blocks), 500)
    for i in range(500):
        blocks[i][] = UInt64(i)
    for i in range(500):
        assert_equal(blocks[i][], UInt64(i))
    assert_equal(heap.free_n(blocks), 500)
    assert_equal(heap.stats().used_bytes, 0)


def test_errors_are_typed() raises:
    var heap = Tiered(TieredConfig(limit_bytes=4 << 20))
    var code = 0
    try:
        _ = heap.alloc[UInt8](64 << 20)
    except e:
        code = e.code
        assert_true(String(e).startswith("allockit: "))
    assert_equal(code, AkitError.ENOMEM)
    code = 0
    try:
        _ = heap.alloc[Int](-1)
    except e:
        code = e.code
    assert_equal(code, AkitError.ENOMEM)
    with assert_raises():
        _ = Tiered(name="a/b")
    assert_true(heap.stats().limit_hits_total >= 1)


def test_config() raises:
    var config = TieredConfig(limit_bytes=32 << 20, decay_ns=5000000)
    config.small_max_bytes = 512
    var heap = Tiered(config, name="mojo-test")
    assert_equal(heap.name(), "mojo-test")
    assert_equal(heap.limit_bytes(), 32 << 20)
    assert_equal(heap.config().small_max_bytes, 512)
    assert_equal(heap.config().decay_ns, 5000000)
    assert_true(heap.suggest().large_max_bytes > 0)
    assert_true(heap.good_size(100) >= 100)


def test_stats_and_text() raises:
    var heap = Tiered(name="figures")
    var p = heap.alloc[Int](100)
    assert_true(heap.stats().used_bytes >= 800)
    assert_true(heap.json().find('"name":"figures"') >= 0)
    assert_true(heap.openmetrics().find('handle="figures"') >= 0)
    assert_true(stats_json().byte_length() > heap.json().byte_length())
    assert_true(stats_openmetrics().find("# EOF") > 0)
    assert_true(process_stats().page_bytes >= 4096)
    assert_true(heap.class_count() > 10)
    assert_true(heap.class_stats(0).block_bytes >= 8)
    with assert_raises():
        _ = heap.class_stats(1000000)
    heap.free(p)
    _ = heap.purge(Purge.ALL | Purge.WAIT)


def count_misuse(user: VoidPtr, error: Int32, handle_id: UInt64, p: VoidPtr) abi("C"):
    user.value().unsafe_bitcast[Int]()[] += 1


def test_misuse_handler() raises:
    misuse_mode(Misuse.REPORT)
    var seen = 0
    misuse_handler(count_misuse, Pointer(to=seen).unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]())
    var heap = Tiered()
    var p = heap.raw().alloc(64)
    heap.raw().free(p)
    heap.raw().free(p)
    misuse_mode(Misuse.COUNT)
    assert_equal(heap.stats().misuses_total, 1)
    assert_equal(seen, 1)


def test_default_heap() raises:
    var heap = default_heap()
    var p = malloc.malloc(100)
    assert_true(heap.owns(p))
    assert_true(malloc.usable_size(p) >= 100)
    p = malloc.realloc(p, 5000)
    malloc.free_sized(p, 5000)
    var q = malloc.calloc(10, 10)
    assert_equal(q.unsafe_bitcast[UInt8]()[unsafe_offset=99], 0)
    malloc.free(q)
    var r = malloc.aligned_alloc(256, 10)
    assert_equal(Int(r) % 256, 0)
    malloc.free_aligned_sized(r, 256, 10)
    with assert_raises():
        heap^.destroy()


def main() raises:
    misuse_mode(Misuse.COUNT)
    TestSuite.discover_tests[__functions_in_module()]().run()
