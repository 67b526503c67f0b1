"""Tests of `Io`: a file and a pair of sockets, with memory that is registered and that is not."""

from std.ffi import c_int, external_call
from std.testing import TestSuite, assert_equal, assert_false, assert_true

from allockit import AkitError, GroupConfig, IoEventFlags, NONE, Pool, Ring
from allockit.io import Io
from allockit.io_structs import IoConfig, IoEvent


def one(mut io: Io) raises -> IoEvent:
    assert_true(io.submit(1, 10_000_000_000) >= 1)
    var events = io.take(1)
    assert_equal(len(events), 1)
    return events[0].copy()


def file() -> Int:
    var nameless = String()
    return Int(external_call["memfd_create", c_int](nameless.as_c_string_span().ptr(), UInt32(0)))


def test_file() raises:
    for registered in range(2):
        var io = Io()
        var ring = Ring()
        if registered:
            io.registration().add_ring(ring)
            assert_equal(io.registration().sync(), 1)
        var fd = file()
        var out = ring.acquire(60000)
        var into = ring.acquire(60000)
        for i in range(60000):
            out.bytes()[i] = UInt8((7 * i + i // 256) & 255)
        io.unsafe_write(fd, out.untyped(), 60000, offset=1000, user_data=1)
        var event = one(io)
        assert_equal(event.user_data, 1)
        assert_equal(event.res, 60000)
        assert_equal(event.flags, IoEventFlags.FIXED if registered else 0)
        io.unsafe_read(fd, into.untyped(), 60000, offset=1000, user_data=2)
        event = one(io)
        assert_equal(event.user_data, 2)
        assert_equal(event.res, 60000)
        for i in range(60000):
            assert_equal(into.bytes()[i], out.bytes()[i])
        assert_equal(io.stats().fixed_total, UInt64(2 * registered))
        _ = ring^
        io^.destroy()


def pair() raises -> Tuple[Int, Int]:
    var fds = Array[Int32, 2](fill=0)
    if external_call["socketpair", c_int](c_int(1), c_int(1), c_int(0), Pointer(to=fds)) != 0:
        raise Error("no sockets")
    return (Int(fds[0]), Int(fds[1]))


def test_group() raises:
    var io = Io()
    var a, b = pair()
    var pool = Pool()
    var group = io.registration().group(pool, GroupConfig(buffer_bytes=2048, entries=2))
    var ring = Ring()
    var out = ring.acquire(50000)
    for i in range(50000):
        out.bytes()[i] = UInt8((7 * i + i // 256) & 255)
    io.recv_group(b, group, user_data=9)
    io.unsafe_send(a, out.untyped(), 50000, user_data=8)
    var have = 0
    while have < 50000:
        var event = one(io)
        if event.user_data == 8:
            continue
        assert_true(event.res > 0)
        for byte in event.bytes():
            assert_equal(byte, out.bytes()[have])
            have += 1
        group.put(event.buffer)
    assert_equal(io.cancel(9), 1)
    assert_true(one(io).res < 0)
    group^.destroy()
    _ = out^
    _ = pool^
    io^.destroy()


def test_errors() raises:
    var io = Io(IoConfig(entries=10), name="errors")
    assert_equal(io.config().entries, 16)
    assert_true(io.fd() >= 0)
    var code = 0
    try:
        _ = io.cancel(5)
    except e:
        code = e.code
    assert_equal(code, AkitError.ENOENT)
    var ring = Ring()
    var slice = ring.acquire(10)
    io.unsafe_recv(-1, slice.untyped(), 10, user_data=1)
    assert_equal(one(io).res, -Int32(AkitError.EBADF))
    assert_equal(io.submit(1, 0), 0)
    assert_equal(len(io.take()), 0)
    code = 0
    try:
        _ = Io(IoConfig(entries=1 << 20))
    except e:
        code = e.code
    assert_equal(code, AkitError.EINVAL)
    _ = slice^


def main() raises:
    try:
        _ = Io()
    except e:
        print("skipped: io_uring:", e)
        return
    TestSuite.discover_tests[__functions_in_module()]().run()
