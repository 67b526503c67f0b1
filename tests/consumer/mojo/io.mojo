"""Reads the file that is its argument through an io_uring of its own, with fixed buffers, four requests at a time, and
compares it with what the standard library reads."""

from std.sys import argv

from allockit import AkitError, IoEventFlags, Ring, RingConfig, RingSlice, UringState
from allockit.io import Io

comptime CHUNK = 16 << 10
comptime DEPTH = 4


def read(mut io: Io, fd: Int, mut all: List[UInt8]) raises -> Int:
    """Fills a list with the first bytes of a file. The answer is how many reads used fixed buffers."""
    var size = len(all)
    var ring = Ring(RingConfig(capacity_bytes=DEPTH * CHUNK, block_bytes=CHUNK))
    var registration = io.registration()
    registration.add_ring(ring)
    try:
        _ = registration.sync()
    except e:
        print("read without fixed buffers:", e)

    var fixed = 0
    var slices = Dict[UInt64, RingSlice]()  # by the offset, which is the number of the request
    var next = 0
    while next < size or len(slices) > 0:
        while next < size and len(slices) < DEPTH:
            var slice = ring.acquire(CHUNK)
            io.unsafe_read(fd, slice.untyped(), CHUNK, offset=UInt64(next), user_data=UInt64(next))
            slices[UInt64(next)] = slice^
            next += CHUNK
        _ = io.submit(1)
        for event in io.take():
            if event.res < 0:
                raise Error("read: error ", event.res)
            if event.flags & IoEventFlags.FIXED:
                fixed += 1
            var slice = slices.pop(event.user_data)
            for i in range(Int(event.res)):
                all[Int(event.user_data) + i] = slice.bytes()[i]
    _ = ring^
    return fixed


def main() raises:
    var path = String(argv()[1])
    with open(path, "r") as file:
        var want = file.read_bytes()
        var io: Io
        try:
            io = Io(name="reader")
        except e:
            if e.code != AkitError.EPERM and e.code != AkitError.ENOSYS:
                raise Error(e)
            print("skipped: io_uring:", e)
            return
        with open(path, "r") as again:
            var have = List[UInt8](length=len(want), fill=0)
            var fixed = read(io, again._get_raw_fd(), have)
            if have != want:
                raise Error("the bytes that were read differ from those of the file")
            if io.registration().stats().state == UringState.ON and fixed == 0:
                raise Error("no read used a fixed buffer")
        print("file read")
        _ = io^
