"""Tests of the Mojo package itself: ownership of pools and buffers, memory of the caller, errors, figures. What the
library does is tested by the conformance cases."""

from std.ffi import c_int, external_call
from std.testing import TestSuite, assert_equal, assert_false, assert_raises, assert_true

from allockit import (
    NONE,
    AkitError,
    Exhaust,
    Huge,
    HugeConfig,
    HugeMode,
    Kind,
    Misuse,
    Pool,
    PoolConfig,
    PooledBuf,
    PoolFlags,
    PoolOn,
    Purge,
    Region,
    RegionOn,
    VoidPtr,
    Zero,
    handles,
    inspect,
    misuse_mode,
)


def alive(id: UInt64) raises -> Bool:
    for entry in handles():
        if entry.id == id:
            return True
    return False


def error_of_get(pool: PoolOn[_], length: Int) -> Int:
    try:
        _ = pool.get(length)
    except e:
        return e.code
    return 0


def error_of_set_length(mut buffer: PooledBuf, length: Int) -> Int:
    try:
        buffer.set_length(length)
    except e:
        return e.code
    return 0


def test_pool_ends_with_its_owner() raises:
    var pool = Pool()
    var id = pool.stats().id
    assert_true(alive(id))
    var moved = pool^
    assert_true(alive(id))
    _ = moved^
    assert_false(alive(id))


def test_buffer_goes_back_at_its_end() raises:
    var pool = Pool()
    var buffer = pool.get(5000)
    assert_equal(len(buffer), 5000)
    assert_equal(buffer.capacity(), 8192)
    assert_equal(pool.stats().out_buffers, 1)
    _ = buffer^
    assert_equal(pool.stats().out_buffers, 0)
    pool.get(100).put()
    assert_equal(pool.stats().frees_total, 2)
    assert_equal(pool.stats().misuses_total, 0)


def test_buffer_outlives_its_pool() raises:
    var pool = Pool()
    var id = pool.stats().id
    var view = pool.raw()
    var buffer = pool.get(5000)
    var large = pool.get(3 << 20)
    buffer.bytes()[4999] = 7
    large.bytes()[0] = 8
    pool^.destroy()
    assert_false(alive(id))
    # Nothing new, and other pools come and go meanwhile.
    with assert_raises():
        _ = view.get(1)
    for _ in range(100):
        var other = Pool().get(5000)
        other.bytes()[4999] = 9
    assert_equal(len(view.leaks()), 2)
    assert_equal(buffer.bytes()[4999], 7)
    assert_equal(large.bytes()[0], 8)
    buffer.set_length(8192)
    buffer.bytes()[8191] = 1
    large^.put()
    buffer^.put()
    with assert_raises():
        _ = view.leaks()


def test_buffer_keeps_its_length_within_the_capacity() raises:
    var pool = Pool()
    var buffer = pool.get(0)
    var start = Int(buffer.untyped())
    assert_equal(len(buffer), 0)
    assert_equal(len(buffer.spare()), 2048)
    buffer.append("head".as_bytes())
    buffer.spare()[0] = 33
    buffer.set_length(5)
    assert_equal(String(from_utf8=buffer.bytes()), "head!")
    assert_equal(error_of_set_length(buffer, 2049), AkitError.EMSGSIZE)
    assert_equal(error_of_set_length(buffer, -1), AkitError.EINVAL)
    assert_equal(len(buffer), 5)
    var rest = List[UInt8](length=2043, fill=1)
    buffer.append(rest)
    assert_equal(len(buffer), 2048)
    assert_equal(buffer.bytes()[2047], 1)
    assert_equal(len(buffer.spare()), 0)
    with assert_raises():
        buffer.append("x".as_bytes())
    assert_equal(len(buffer), 2048)
    buffer.append("".as_bytes())
    buffer.set_length(0)
    assert_equal(len(buffer), 0)
    assert_equal(Int(buffer.untyped()), start)


def test_buffer_as_values() raises:
    var pool = Pool(PoolConfig(alignment=4096))
    var buffer = pool.get(100)
    assert_equal(Int(buffer.untyped()) % 4096, 0)
    buffer.ptr[Float64]()[unsafe_offset=5] = 2.5
    assert_equal(buffer.ptr[Float64]()[unsafe_offset=5], 2.5)
    assert_equal(buffer.info().handle_kind, Kind.POOL)
    assert_equal(inspect(buffer.untyped()).usable_bytes, UInt64(buffer.capacity()))


def put_it(arg: VoidPtr) abi("C") -> VoidPtr:
    ref buffers = arg.value().unsafe_bitcast[List[PooledBuf]]()[]
    buffers.clear()
    return None


def test_another_thread_puts() raises:
    var pool = Pool()
    var buffers = pool.get_n(3000, 100)
    assert_equal(len(buffers), 100)
    assert_equal(buffers[99].capacity(), 4096)
    for i in range(len(buffers)):
        buffers[i].bytes()[2999] = 1
    var arg: VoidPtr = Pointer(to=buffers).unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
    var thread = UInt64(0)
    assert_equal(external_call["pthread_create", c_int](Pointer(to=thread), VoidPtr(None), put_it, arg), 0)
    _ = external_call["pthread_join", c_int](thread, VoidPtr(None))
    assert_equal(len(buffers), 0)
    assert_equal(pool.stats().out_buffers, 0)
    assert_equal(pool.stats().puts_total, 100)
    assert_equal(pool.stats().misuses_total, 0)


def test_batches_of_bare_pointers() raises:
    var pool = Pool()
    var got = pool.raw().get_n(100, 50)
    assert_equal(len(got), 50)
    assert_equal(pool.raw().capacity(got[7]), 2048)
    assert_equal(pool.raw().put_n(got), 50)
    assert_equal(pool.raw().put_n(got), 0)
    assert_equal(pool.raw().capacity(got[7]), 0)
    assert_equal(pool.stats().misuses_total, 50)
    assert_equal(len(pool.get_n(-1, 3)), 0)


def test_pool_on_memory_of_the_caller() raises:
    var memory = List[UInt8](length=(1 << 20) + 4096, fill=0)
    var begin = Int(memory.unsafe_ptr())
    var end = begin + len(memory)
    var pool = PoolOn(memory=Span(memory), name="own")
    assert_equal(pool.name(), "own")
    # `memory` is not mentioned again, and lives on because of `pool` and then `buffer`.
    assert_equal(error_of_get(pool, 2 << 20), AkitError.EMSGSIZE)
    var buffer = pool.get(30000)
    var many = pool.get_n(65536, 100)
    assert_true(len(many) >= 8 and len(many) < 100)
    assert_equal(error_of_get(pool, 65536), AkitError.ENOBUFS)
    _ = many^
    assert_equal(error_of_get(pool, 65536), 0)
    pool^.destroy()
    buffer.bytes()[0] = 1
    assert_true(begin <= Int(buffer.untyped()) and Int(buffer.untyped()) + buffer.capacity() <= end)
    var other = List[UInt8](length=(1 << 20) + 4096, fill=0)
    assert_equal(buffer.bytes()[0], 1)
    with assert_raises():
        _ = PoolOn(memory=Span(other)[:4096])


def test_pool_on_a_region() raises:
    var region = Region()
    var pool = Pool(region=region)
    var buffer = pool.get(60000)
    assert_true(region.stats().used_bytes >= 65536)
    region^.destroy()
    # The pool keeps what it needs of the region.
    buffer.bytes()[59999] = 3
    for _ in range(100):
        var other = pool.get(60000)
        other.bytes()[0] = 4
    assert_equal(buffer.bytes()[59999], 3)

    var memory = List[UInt8](length=1 << 20, fill=0)
    var own = RegionOn(memory=Span(memory))
    var inside = PoolOn(region=own)
    assert_equal(inside.get(1000).capacity(), 2048)


def test_pool_on_huge_pages() raises:
    var config = HugeConfig()
    config.giant_mode = HugeMode.NEVER
    var huge = Huge(config)
    var pool = Pool(huge=huge)
    var buffer = pool.get(60000)
    buffer.bytes()[0] = 1
    assert_true(huge.stats().used_bytes >= 65536)
    _ = buffer^
    _ = pool^
    assert_equal(huge.stats().used_bytes, 0)


def test_pool_errors_are_typed() raises:
    var pool = Pool(PoolConfig(limit_bytes=4 << 20))
    assert_equal(error_of_get(pool, 64 << 20), AkitError.EMSGSIZE)
    assert_equal(error_of_get(pool, Int.MAX), AkitError.ENOMEM)
    var all = pool.get_n(65536, 1000)
    assert_true(len(all) < 64)
    assert_equal(error_of_get(pool, 65536), AkitError.ENOMEM)
    assert_true(pool.stats().limit_hits_total >= 1)
    _ = all^
    var warmed = Pool(PoolConfig(exhaust_mode=Exhaust.FAIL))
    assert_equal(error_of_get(warmed, 4096), AkitError.ENOBUFS)
    assert_equal(error_of_get(warmed, 65537), AkitError.EMSGSIZE)
    warmed.warm(4096, 3)
    assert_equal(error_of_get(warmed, 4096), 0)
    with assert_raises():
        _ = Pool(name="a/b")
    with assert_raises():
        _ = Pool(class_bytes=[4096, 2048])
    with assert_raises():
        warmed.warm(65537, 1)
    with assert_raises():
        _ = warmed.class_stats(6)
    with assert_raises():
        var untagged = warmed.get(4096)
        untagged.tag_set(1)


def test_leaks_and_tags() raises:
    var pool = Pool(PoolConfig(flags=PoolFlags.TAGS))
    var first = pool.get(100)
    var second = pool.get(100000)
    second.tag_set(42)
    var out = pool.leaks()
    assert_equal(len(out), 2)
    for info in out:
        var is_second = info.base == UInt64(Int(second.untyped()))
        assert_equal(info.tag, UInt64(42 if is_second else 0))
        assert_equal(info.usable_bytes, UInt64(second.capacity() if is_second else first.capacity()))
    _ = first^
    _ = second^
    assert_equal(len(pool.leaks()), 0)


def test_pool_config() raises:
    var config = PoolConfig(limit_bytes=64 << 20, decay_ns=5000000, cache_bytes=8 << 20, thread_cache_bytes=256 << 10)
    config.exhaust_mode = Exhaust.FALLBACK
    config.zero_mode = Zero.ON_FREE
    config.flags = PoolFlags.TAGS | PoolFlags.REPORT_LEAKS
    config.max_class_bytes = 16384
    config.classes_per_doubling = 2
    var pool = Pool(config, name="mojo-pool")
    assert_equal(pool.name(), "mojo-pool")
    var read = pool.config()
    assert_equal(read.limit_bytes, 64 << 20)
    assert_equal(read.decay_ns, 5000000)
    assert_equal(read.cache_bytes, 8 << 20)
    assert_equal(read.thread_cache_bytes, 256 << 10)
    assert_equal(read.exhaust_mode, Exhaust.FALLBACK)
    assert_equal(read.zero_mode, Zero.ON_FREE)
    assert_equal(read.flags, PoolFlags.TAGS | PoolFlags.REPORT_LEAKS)
    var classes = pool.class_bytes()
    assert_equal(pool.class_count(), 7)
    assert_equal(len(classes), 7)
    assert_equal(classes[1], 3072)
    assert_equal(classes[6], 16384)
    # What was read may outlive the pool, and makes another one.
    pool^.destroy()
    var again = Pool(read, class_bytes=classes)
    assert_equal(again.class_bytes()[1], 3072)
    assert_equal(again.name(), "")


def test_pool_suggests() raises:
    var pool = Pool(class_bytes=[1000, 5000, 100000])
    assert_equal(pool.class_count(), 3)
    for _ in range(100):
        assert_equal(pool.get(1200).capacity(), 5000)
    var suggestion = pool.suggest()
    pool^.destroy()
    var better = Pool(suggestion.config, class_bytes=suggestion.class_bytes)
    assert_equal(better.class_count(), len(suggestion.class_bytes))
    assert_true(better.get(1200).capacity() <= 5000)


def test_pool_figures_and_purge() raises:
    var pool = Pool(PoolConfig(decay_ns=NONE), name="figures")
    pool.warm(10000, 20)
    assert_true(pool.stats().prefaulted_bytes_total >= 20 * 16384)
    var buffer = pool.get(10000)
    assert_equal(pool.stats().hits_total, 1)
    assert_equal(pool.class_stats(3).used_blocks, 1)
    assert_equal(pool.class_stats(3).block_bytes, 16384)
    assert_true(pool.json().find('"name":"figures"') >= 0)
    assert_true(pool.openmetrics().find("allockit_pool_used_bytes") >= 0)
    _ = buffer^
    assert_true(pool.stats().cached_bytes >= 20 * 16384)
    assert_true(pool.purge(Purge.ALL | Purge.WAIT) >= 20 * 16384)
    assert_equal(pool.stats().cached_bytes, 0)


def test_pool_release_and_wrap() raises:
    var handle = Pool().unsafe_release()
    var pool = Pool(unsafe_handle=handle, owned=True)
    assert_equal(pool.stats().kind, Kind.POOL)
    var p = pool.get(4096).unsafe_release()
    assert_equal(pool.stats().used_bytes, 4096)
    pool.raw().put(p)
    p = pool.get(100).unsafe_release()
    var back = PooledBuf(pool.raw(), unsafe_buffer=p, length=100, capacity=2048)
    back.bytes()[99] = 1
    _ = back^
    assert_equal(pool.stats().out_buffers, 0)
    _ = pool.get(100).unsafe_release()
    pool^.unsafe_destroy_now()


def main() raises:
    misuse_mode(Misuse.COUNT)
    TestSuite.discover_tests[__functions_in_module()]().run()
