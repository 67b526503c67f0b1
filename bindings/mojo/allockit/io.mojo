"""A small io_uring for programs that bring none: requests are queued, sent together, and answered by events.

It needs the library liballockit_io, and is imported by name: `from allockit.io import Io`. Sizes are in bytes, times in
nanoseconds. One thread at a time may use an `Io`; it is not tied to a thread unless `single_issuer` asks for that.
"""

from std.ffi import c_int, c_size_t

from ._ffi import Handle, VoidPtr, void_ptr
from ._ffi_io import IoCalls, io_call
from .base import AkitError, check
from .config import label_ptr
from .constants import NONE
from .io_structs import IoConfig, IoEvent, IoStats
from .uring import Uring
from .uring_group import Group


struct Io(Movable):
    """An io_uring of its own, with a table of fixed buffers: reads and writes of registered memory use them by
    themselves.

    The memory of a request belongs to the kernel from the call that queues it to its last event. Mojo ends values after
    their last use: mention the owner of the memory (`_ = slice^`) after the event.
    """

    var _handle: Handle
    var _calls: IoCalls

    def __init__(out self, config: IoConfig = IoConfig(), *, name: String = "") raises AkitError:
        """Makes an io_uring.

        Args:
            config: How it is set up; all defaults when left out.
            name: Label of its registration in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EPERM when io_uring is forbidden, ENOSYS when the kernel has none; EINVAL for a value that makes
                no sense; ENOMEM, EMFILE.
        """
        var filled = config.copy()
        var label = name
        if label.byte_length() > 0:
            filled.name = label_ptr(label)
        self._handle = Handle(None)
        self._calls = IoCalls()
        _ = check(io_call["akit_io_create", c_int](void_ptr(filled), void_ptr(self._handle)))
        _ = filled^
        _ = label^

    def __deinit__(deinit self):
        """Cancels all requests, waits until the kernel uses none of their memory any more, and ends."""
        _ = io_call["akit_io_destroy", c_int](self._handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Ends it, as the end of its life does, and says how it went.

        Raises:
            AkitError: EEXIST on another thread than the handle's own.
        """
        _ = check(io_call["akit_io_destroy", c_int](self._handle, UInt32(0)))

    def registration(self) -> Uring:
        """The registration of this io_uring: add rings, pools and memory to it, make groups, and call its `sync`.

        Returns:
            A view that owns nothing and must not be used after this object has ended.
        """
        return Uring(unsafe_handle=io_call["akit_io_registration", Handle](self._handle), owned=False)

    def fd(self) raises AkitError -> Int:
        """The descriptor of the io_uring, for poll: readable when the kernel has answered something.

        Returns:
            The descriptor, which must not be closed.

        Raises:
            AkitError: EINVAL in a child of a fork.
        """
        return check(io_call["akit_io_fd", c_int](self._handle))

    @always_inline
    def unsafe_read(
        mut self, fd: Int, p: VoidPtr, length: Int, *, offset: UInt64 = NONE, user_data: UInt64 = 0
    ) raises AkitError:
        """Queues a read. When the memory is registered, the fixed operation is used.

        Args:
            fd: What to read from.
            p: Where to; it must stay there until the event.
            length: Most bytes.
            offset: Where in the file; `NONE` for its own position.
            user_data: What the event says.

        Raises:
            AkitError: EBUSY when the queue is full and the kernel takes nothing now: take events, then try again;
                ENOMEM; EEXIST on another thread than the handle's own; EINVAL in a child of a fork.
        """
        _ = check(self._calls.read(self._handle, c_int(fd), p, c_size_t(length), offset, user_data))

    @always_inline
    def unsafe_write(
        mut self, fd: Int, p: VoidPtr, length: Int, *, offset: UInt64 = NONE, user_data: UInt64 = 0
    ) raises AkitError:
        """Queues a write. When the memory is registered, the fixed operation is used.

        Args:
            fd: What to write to.
            p: Where from; it must stay as it is until the event.
            length: Bytes.
            offset: Where in the file; `NONE` for its own position.
            user_data: What the event says.

        Raises:
            AkitError: As `unsafe_read`.
        """
        _ = check(self._calls.write(self._handle, c_int(fd), p, c_size_t(length), offset, user_data))

    @always_inline
    def unsafe_send(
        mut self, fd: Int, p: VoidPtr, length: Int, *, flags: UInt32 = 0, user_data: UInt64 = 0
    ) raises AkitError:
        """Queues a send. A broken connection is an event with -EPIPE.

        Args:
            fd: The socket.
            p: Where from; it must stay as it is until the event.
            length: Bytes.
            flags: `MSG_...` of send(2).
            user_data: What the event says.

        Raises:
            AkitError: As `unsafe_read`.
        """
        _ = check(self._calls.send(self._handle, c_int(fd), p, c_size_t(length), flags, user_data))

    @always_inline
    def unsafe_recv(
        mut self, fd: Int, p: VoidPtr, length: Int, *, flags: UInt32 = 0, user_data: UInt64 = 0
    ) raises AkitError:
        """Queues a receive.

        Args:
            fd: The socket.
            p: Where to; it must stay there until the event.
            length: Most bytes.
            flags: `MSG_...` of recv(2).
            user_data: What the event says.

        Raises:
            AkitError: As `unsafe_read`.
        """
        _ = check(self._calls.recv(self._handle, c_int(fd), p, c_size_t(length), flags, user_data))

    def recv_group(mut self, fd: Int, group: Group, *, flags: UInt32 = 0, user_data: UInt64 = 0) raises AkitError:
        """Queues a receive that goes on, into buffers of a group of this io_uring: one event for each buffer, the last one
        with `res` 0 or an error. The group must live until then.

        Args:
            fd: The socket.
            group: Where the buffers come from.
            flags: `MSG_...` of recv(2).
            user_data: What the events say.

        Raises:
            AkitError: As `unsafe_read`; EINVAL for a stale group; ENOSPC for more than 256 groups at once.
        """
        _ = check(io_call["akit_io_recv_group", c_int](self._handle, c_int(fd), group.handle(), flags, user_data))

    def accept(mut self, fd: Int, *, flags: UInt32 = 0, user_data: UInt64 = 0) raises AkitError:
        """Queues an accept that goes on: one event for each connection, whose `res` is the descriptor.

        Args:
            fd: The socket that listens.
            flags: `SOCK_...` of accept4(2).
            user_data: What the events say.

        Raises:
            AkitError: As `unsafe_read`.
        """
        _ = check(io_call["akit_io_accept", c_int](self._handle, c_int(fd), flags, user_data))

    def cancel(mut self, user_data: UInt64) raises AkitError -> Int:
        """Queues the end of all requests with a number. Each still has its last event.

        Args:
            user_data: The number.

        Returns:
            How many were asked to end.

        Raises:
            AkitError: ENOENT when there is none; as `unsafe_read`.
        """
        return check(io_call["akit_io_cancel", c_int](self._handle, user_data))

    @always_inline
    def submit(mut self, wait_for: Int = 0, timeout_ns: UInt64 = NONE) raises AkitError -> Int:
        """Sends what is queued, refills the groups, and waits until events can be taken; not for what cannot come.

        Args:
            wait_for: How many events to wait for.
            timeout_ns: For how long at most; `NONE` has no bound.

        Returns:
            How many events can be taken.

        Raises:
            AkitError: EINTR when a signal came and no event can be taken; EBUSY when events must be taken first;
                EAGAIN when the kernel has no memory for more requests now; EEXIST on another thread than the
                handle's own; EINVAL for more than twice the entries.
        """
        return check(self._calls.submit(self._handle, UInt32(wait_for), timeout_ns))

    def take(mut self, n: Int = 64) -> List[IoEvent]:
        """Takes events, oldest first. It does not wait.

        Args:
            n: How many at most.

        Returns:
            The events.
        """
        var events = List[IoEvent](length=n, fill=IoEvent())
        var first = events.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        events.shrink(Int(self._calls.take(self._handle, first, c_size_t(n))))
        return events^

    def config(self) raises AkitError -> IoConfig:
        """The configuration in force, but for the name.

        Returns:
            The configuration.

        Raises:
            AkitError: EINVAL in a child of a fork.
        """
        var config = IoConfig()
        _ = check(io_call["akit_io_config_get", c_int](self._handle, void_ptr(config)))
        config.name = None
        return config^

    def stats(self) raises AkitError -> IoStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL in a child of a fork.
        """
        var stats = IoStats()
        _ = check(io_call["akit_io_stats_get", c_int](self._handle, void_ptr(stats)))
        return stats^
