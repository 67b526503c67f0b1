"""Tests of the Mojo package itself: ownership of rings, slices, registrations and groups. What the library does is tested
by the conformance cases."""

from std.ffi import external_call, get_errno
from std.testing import TestSuite, assert_equal, assert_false, assert_raises, assert_true

from allockit import (
    AkitError,
    GroupConfig,
    Kind,
    Misuse,
    Pool,
    Region,
    Ring,
    RingConfig,
    RingOn,
    RingOrder,
    RingSlice,
    Uring,
    UringConfig,
    UringFlags,
    UringState,
    handles,
    misuse_mode,
    uring_probe,
    uring_probe_text,
)


def alive(id: UInt64) raises -> Bool:
    for entry in handles():
        if entry.id == id:
            return True
    return False


def test_ring_slices() raises:
    var ring = Ring(RingConfig(capacity_bytes=1 << 20, block_bytes=64 << 10), name="slices")
    var a = ring.acquire(1000)
    assert_equal(len(a), 1000)
    for i in range(1000):
        a.bytes()[i] = UInt8(i & 255)
    var b = ring.acquire(60000)
    ring.commit(b, 100)
    assert_equal(len(b), 100)
    var c = ring.acquire(0)
    assert_equal(Int(b.untyped()) - Int(a.untyped()), 1024)
    assert_equal(Int(c.untyped()) - Int(b.untyped()), 128)
    assert_equal(ring.stats().out_slices, 3)
    assert_equal(ring.name(), "slices")
    assert_equal(ring.memory()[1], 1 << 20)
    _ = c^
    b^.release()
    assert_equal(Int(a.bytes()[999]), 999 & 255)
    assert_equal(ring.stats().out_slices, 1)
    _ = a^
    assert_equal(ring.stats().used_bytes, 0)
    with assert_raises(contains="larger"):
        _ = ring.acquire(64 * 1024 + 1)


def test_ring_shared() raises:
    var ring = Ring()
    var slice = ring.acquire(10)
    slice.bytes()[0] = 7
    var first = slice^.share()
    var second = first.retain()
    assert_equal(ring.stats().out_slices, 1)
    _ = first^
    assert_equal(second.bytes()[0], 7)
    assert_equal(len(second), 10)
    assert_equal(ring.stats().out_slices, 1)
    _ = second^
    assert_equal(ring.stats().out_slices, 0)
    assert_equal(ring.stats().misuses_total, 0)


def test_ring_batch_outlives_ring() raises:
    var ring = Ring(RingConfig(order=RingOrder.ORDERED))
    var id = ring.stats().id
    var many = ring.acquire_n(4096, 100)
    assert_equal(len(many), 100)
    many[99].bytes()[4095] = 3
    ring^.destroy()
    assert_equal(many[99].bytes()[4095], 3)
    _ = many^
    assert_false(alive(id))


def test_ring_on_memory() raises:
    var own = List[UInt8](length=1 << 20, fill=0)
    var ring = RingOn(RingConfig(block_bytes=64 << 10), memory=Span(own))
    var slice = ring.acquire(60000)
    slice.bytes()[59999] = 9
    assert_equal(ring.stats().maps_total, 1)
    _ = slice^
    _ = ring^
    assert_equal(len(own), 1 << 20)


def test_ring_release_and_wrap() raises:
    var handle = Ring().unsafe_release()
    var ring = Ring(unsafe_handle=handle, owned=True)
    assert_equal(ring.stats().kind, Kind.RING)
    var p = ring.acquire(100).unsafe_release()
    assert_equal(ring.stats().out_slices, 1)
    _ = RingSlice(ring.raw(), unsafe_slice=p, length=100)
    assert_equal(ring.stats().out_slices, 0)
    var code = 0
    try:
        ring.raw().release(p)
    except e:
        code = e.code
    assert_equal(code, AkitError.EINVAL)
    _ = ring.acquire(100).unsafe_release()
    ring^.unsafe_destroy_now()


def io_uring() -> Int:
    """A new io_uring, or a negative number where there is none."""
    var params = Array[UInt64, 15](fill=0)
    return external_call["syscall", Int](Int(425), Int(8), Pointer(to=params))


def test_uring() raises:
    assert_equal(uring_probe().max_slots, 16384)
    assert_true(uring_probe_text(1 << 30).find("1073741824") >= 0)
    var fd = io_uring()
    if fd < 0:
        return
    var uring = Uring(UringConfig(ring_fd=fd, flags=UringFlags.CREATE_TABLE, slot_count=8), name="fixed")
    var ring = Ring()
    var region = Region()
    var block = region.alloc(1 << 20)
    uring.add_ring(ring)
    uring.unsafe_add_memory(block.untyped(), len(block))
    var slice = ring.acquire(1000)
    assert_false(Bool(uring.lookup(slice.bytes())))
    assert_equal(uring.sync(), 2)
    assert_true(Bool(uring.lookup(slice.bytes())))
    assert_true(uring.lookup(block.untyped(), 100).value() < 8)
    assert_equal(uring.stats().state, UringState.ON)
    uring.remove(block.untyped())
    uring.remove(ring.raw().handle)
    assert_equal(uring.sync(), 0)
    assert_false(Bool(uring.lookup(slice.bytes())))
    uring^.destroy()
    _ = slice^
    _ = block^


def test_group() raises:
    var fd = io_uring()
    if fd < 0:
        return
    var uring = Uring(UringConfig(ring_fd=fd, flags=UringFlags.CREATE_TABLE))
    var pool = Pool()
    var group = uring.group(pool, GroupConfig(buffer_bytes=4000, entries=8))
    assert_equal(group.refill(), 8)
    assert_equal(pool.stats().out_buffers, 8)
    assert_false(Bool(group.take(0, 0)))
    var code = 0
    try:
        _ = group.take(-Int32(AkitError.ENOBUFS), 0)
    except e:
        code = e.code
    assert_equal(code, AkitError.ENOBUFS)
    assert_equal(group.stats().enobufs_total, 1)
    group^.destroy()
    assert_equal(pool.stats().out_buffers, 0)
    _ = uring^


def main() raises:
    misuse_mode(Misuse.COUNT)
    TestSuite.discover_tests[__functions_in_module()]().run()
