"""Version, errors, misuse reports and maintenance: what belongs to the process and not to one handle.

Sizes are in bytes, times in nanoseconds. Every function here may be called from any thread.
"""

from std.ffi import c_int
from std.sys import size_of

from ._ffi import TextPtr, VoidPtr, call, empty_struct, errno, text_at, void_ptr


@fieldwise_init
struct AkitError(Copyable, Equatable, Writable):
    """What the library answers when a call fails. Raising it allocates nothing.

    It prints as `allockit: text`, with the library's own text for the number.
    """

    var code: Int
    """The `errno` number, positive: one of the constants below."""

    comptime EPERM = 1
    """Not allowed for the default heap."""
    comptime ENOENT = 2
    """Not the start of a block of this heap; no such handle, class or NUMA node; the end of a walk."""
    comptime E2BIG = 7
    """A config field is set that this version of the library does not know."""
    comptime EINTR = 4
    """A signal came while `Io` waited."""
    comptime EBADF = 9
    """Not an open file descriptor."""
    comptime EAGAIN = 11
    """The purge thread cannot be started; a region has been pinned too often."""
    comptime ENOMEM = 12
    """The cap is reached, the kernel refused, or the size can never be had."""
    comptime EBUSY = 16
    """Too late: the default heap is in use already; a pinned region cannot change its size."""
    comptime EEXIST = 17
    """Another thread than the io_uring's own; there is such a group."""
    comptime EINVAL = 22
    """A value that is not legal, a stale handle, or a block that is not in use."""
    comptime ENOSPC = 28
    """A buffer for text is too small."""
    comptime ENOSYS = 38
    """This part of the library was not built, or the kernel cannot do it."""
    comptime EOVERFLOW = 75
    """A slice of a ring would have more than 255 references."""
    comptime EMSGSIZE = 90
    """More than the caller's memory, a pool, a ring or a buffer can ever give."""
    comptime EOPNOTSUPP = 95
    """The descriptor is no io_uring."""
    comptime ENOBUFS = 105
    """More than is free in the caller's memory, in a ring, or in a pool that may not grow, now; no slot is free."""
    comptime ESHUTDOWN = 108
    """The handle is being destroyed and takes no new requests."""

    def write_to(self, mut writer: Some[Writer]):
        """Writes the error as text.

        Args:
            writer: Where the text goes.
        """
        writer.write("allockit: ", strerror(self.code))


def check(rc: c_int) raises AkitError -> Int:
    """Turns an `int` result of the library into a value or an error.

    Args:
        rc: What the function returned: 0 or more on success, else a negative `errno`.

    Returns:
        The result when it is not negative.

    Raises:
        AkitError: The error when it is negative.
    """
    if rc < 0:
        raise AkitError(-Int(rc))
    return Int(rc)


@no_inline
def last_error() -> AkitError:
    """The error behind the NULL that a function of the library has just returned to this thread.

    Returns:
        The thread's `errno` as an error.
    """
    return AkitError(errno())


def version() -> Int:
    """Version of the library in use.

    Returns:
        `major << 16 | minor << 8 | patch`.
    """
    return Int(call["akit_version", UInt32]())


def version_string() -> String:
    """Version of the library in use as text.

    Returns:
        For example `0.1.0`.
    """
    return text_at(call["akit_version_string", TextPtr]())


def feature(which: UInt32) raises AkitError -> Bool:
    """Whether the library was built with a facility.

    Args:
        which: One of `Feature`.

    Returns:
        Whether it is built in; whether the running kernel allows it is in the statistics.

    Raises:
        AkitError: EINVAL for an unknown facility.
    """
    var rc = call["akit_feature", c_int](which)
    if rc == -c_int(AkitError.ENOSYS):
        return False
    _ = check(rc)
    return True


def strerror(rc: Int) -> String:
    """Text for an error of the library.

    Args:
        rc: An `errno` number, positive or negative.

    Returns:
        English text; `success` for 0.
    """
    return text_at(call["akit_strerror", TextPtr](c_int(rc)))


def misuse_mode(mode: UInt32) raises AkitError:
    """Chooses what happens on misuse (double free, foreign pointer, stale handle ...) in the whole process.

    Args:
        mode: One of `Misuse`.

    Raises:
        AkitError: EINVAL for an unknown mode.
    """
    _ = check(call["akit_misuse_mode", c_int](mode))


comptime MisuseHandler = def(user: VoidPtr, error: c_int, handle_id: UInt64, p: VoidPtr) thin abi("C") -> None
"""A function that is told of misuse: the user's pointer, EINVAL or ENOENT, the handle's id or 0, and the pointer in
question, which must not be read through."""


def misuse_handler(handler: MisuseHandler, user: VoidPtr = None):
    """Installs a function that is told of misuse instead of the line on file descriptor 2.

    It runs in the thread that made the mistake, inside the call, and must not call the library.

    Args:
        handler: A top-level function with the C ABI.
        user: Passed back to it and never read.
    """
    _ = call["akit_misuse_handler", c_int](handler, user)


struct BlockInfo(Copyable):
    """What the library knows about an address; layout of `akit_block_info`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var handle_id: UInt64
    """Id of the handle the address belongs to."""
    var handle_kind: UInt64
    """One of `Kind`."""
    var base: UInt64
    """Address of the block's first byte."""
    var usable_bytes: UInt64
    """Bytes from `base` that belong to the block."""
    var state: UInt64
    """One of `BlockState`."""
    var backing: UInt64
    """One of `Backing`: the pages behind the block, as the library asked for them."""
    var reason: UInt64
    """One of `Reason`: why the backing is not the one wished for."""
    var numa_node: UInt64
    """Node the handle's policy binds to, `NONE` when it binds to none."""
    var zeroed: UInt64
    """1 when the block is known to have read as zero when it was handed out, else 0."""
    var tag: UInt64
    """Number noted with a buffer of a pool, else 0."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 11 * 8, "layout of akit_block_info"
        self = empty_struct[Self]()


def inspect(p: VoidPtr) raises AkitError -> BlockInfo:
    """Looks up which handle and block an address belongs to; addresses inside a block are legal.

    Args:
        p: Any address; the memory there is not touched.

    Returns:
        The block.

    Raises:
        AkitError: ENOENT when the address is not ours.
    """
    var info = BlockInfo()
    _ = check(call["akit_inspect", c_int](p, void_ptr(info)))
    return info^


def maintain() raises AkitError -> UInt64:
    """Gives idle memory that is due back to the kernel, in this thread; for programs with a loop of their own.

    Returns:
        Nanoseconds until more will be due, `NONE` when nothing is cached.

    Raises:
        AkitError: Never, in this version.
    """
    var next_ns = UInt64(0)
    _ = check(call["akit_maintain", c_int](void_ptr(next_ns)))
    return next_ns


def purge_thread(run: Bool) raises AkitError:
    """Starts or stops the thread that gives idle memory back without any call from the program.

    Args:
        run: True to start it, False to stop it and wait for its end.

    Raises:
        AkitError: EAGAIN or ENOMEM when it cannot be started.
    """
    _ = check(call["akit_purge_thread", c_int](UInt32(1 if run else 0)))


def thread_flush() raises AkitError:
    """Hands over everything this thread has in its caches, because it will be idle. Never necessary.

    Raises:
        AkitError: Never, in this version.
    """
    _ = check(call["akit_thread_flush", c_int](UInt32(0)))


def purge(flags: UInt32 = 0) raises AkitError -> UInt64:
    """Gives cached memory of every handle and of the process-wide cache back to the kernel.

    Args:
        flags: `Purge` values joined by `|`; 0 is `Purge.ALL`.

    Returns:
        Bytes the kernel got back.

    Raises:
        AkitError: EINVAL for unknown flags.
    """
    var bytes = UInt64(0)
    _ = check(call["akit_purge", c_int](flags, void_ptr(bytes)))
    return bytes


def cache_limit(bytes: UInt64) raises AkitError:
    """Sets the budget of the process-wide cache through which handles recycle their memory.

    Args:
        bytes: Bytes, 32 MiB unless set; 0 keeps nothing, `NONE` has no bound.

    Raises:
        AkitError: Never, in this version.
    """
    _ = check(call["akit_cache_limit", c_int](bytes))
