"""Groups of provided buffers: the kernel picks a buffer when data arrives."""

from std.ffi import c_int, c_size_t

from ._answers import read_struct
from ._ffi import Handle, RawPtr, VoidPtr, call, void_ptr
from ._ffi_ring import RingCalls
from .base import AkitError, check
from .uring_structs import GroupStats


struct Group(Movable):
    """A ring of provided buffers, filled from a class of a pool. `Uring.group` makes one."""

    var _handle: Handle
    var _calls: RingCalls
    var _owned: Bool

    def __init__(out self, *, unsafe_handle: Handle, owned: Bool):
        """Wraps an `akit_uring_group *`.

        Args:
            unsafe_handle: The handle.
            owned: Whether this object destroys it.
        """
        self._handle = unsafe_handle
        self._calls = RingCalls()
        self._owned = owned

    def __deinit__(deinit self):
        """Ends the group: published buffers go back to the pool. No request may have taken a buffer whose completion is
        still to come."""
        if self._owned:
            _ = call["akit_uring_group_destroy", c_int](self._handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Ends the group, as the end of its life does, and says how it went.

        Raises:
            AkitError: EEXIST on another thread than the io_uring's own: published buffers are left to the kernel; EPERM
                in a child of a fork; EINVAL for a wrapped handle that is stale.
        """
        _ = check(call["akit_uring_group_destroy", c_int](self._handle, UInt32(0)))

    def unsafe_destroy_now(deinit self) raises AkitError:
        """Ends the group where the io_uring is closed.

        Raises:
            AkitError: As `destroy`.
        """
        comptime NOW = UInt32(2)
        _ = check(call["akit_uring_group_destroy", c_int](self._handle, NOW))

    def unsafe_release(deinit self) -> Handle:
        """Gives up ownership of the `akit_uring_group *`.

        Returns:
            The handle, which nobody destroys now.
        """
        return self._handle

    def handle(self) -> Handle:
        """The `akit_uring_group *`, for C.

        Returns:
            The handle, still owned by this object.
        """
        return self._handle

    @always_inline
    def take[o: ImmOrigin](ref[o] self, res: Int32, flags: UInt32) raises AkitError -> Optional[GroupBuffer[o]]:
        """Evaluates the completion of a request that named the group; in the order they came.

        Parameters:
            o: Origin of the group.

        Args:
            res: As it came.
            flags: As they came.

        Returns:
            The buffer it brought, if any.

        Raises:
            AkitError: The error of the completion, of which ENOBUFS is counted: `refill`, and send the request again;
                EINVAL for a completion that cannot be and for a stale handle; EPERM in a child of a fork.
        """
        var p = VoidPtr(None)
        var length = c_size_t(0)
        _ = check(self._calls.group_take(self._handle, res, flags, void_ptr(p), void_ptr(length)))
        if not p:
            return None
        return GroupBuffer[o](self._handle, self._calls, unsafe_buffer=p.unsafe_value(), length=Int(length))

    @always_inline
    def put(self, p: VoidPtr) raises AkitError:
        """Puts a bare buffer back; none does nothing. A `GroupBuffer` does it by itself.

        Args:
            p: The buffer.

        Raises:
            AkitError: ENOENT for what is not the start of a buffer of the pool, EINVAL for one that was not taken from
                this group and for a stale handle; reported as misuse, and nothing changes. EPERM in a child of a fork.
        """
        _ = check(self._calls.group_put(self._handle, p))

    def refill(self) raises AkitError -> Int:
        """Publishes buffers until the kernel has as many as the window is wide: once for a turn of the loop.

        Returns:
            How many were published.

        Raises:
            AkitError: As `get` of a pool, when the kernel has none and none could be had; EPERM in a child of a fork.
        """
        return check(call["akit_uring_group_refill", c_int](self._handle))

    def stats(self) raises AkitError -> GroupStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL for a stale handle; EPERM in a child of a fork.
        """
        return read_struct["akit_uring_group_stats_get", GroupStats](self._handle)


struct GroupBuffer[origin: ImmOrigin](Movable, Sized):
    """A buffer that was taken from a group, with what was received; put back at the end of its life. It keeps the group
    alive.

    Parameters:
        origin: Origin of the group.
    """

    var _group: Handle
    var _calls: RingCalls
    var _p: RawPtr
    var _length: Int

    def __init__(out self, group: Handle, calls: RingCalls, *, unsafe_buffer: RawPtr, length: Int):
        """Takes over a buffer.

        Args:
            group: The `akit_uring_group *`.
            calls: How to call it.
            unsafe_buffer: A buffer that was taken from it, which nobody else puts back.
            length: Bytes that were received.
        """
        self._group = group
        self._calls = calls
        self._p = unsafe_buffer
        self._length = length

    def __deinit__(deinit self):
        """Puts the buffer back; a wrong one is reported by the library as misuse."""
        _ = self._calls.group_put(self._group, self._p)

    def unsafe_release(deinit self) -> RawPtr:
        """Gives up ownership of the buffer.

        Returns:
            The buffer, which is put back by `put` of its group now.
        """
        return self._p

    @always_inline
    def __len__(self) -> Int:
        """How much was received.

        Returns:
            Bytes.
        """
        return self._length

    @always_inline
    def bytes(ref self) -> Span[UInt8, origin_of(self)]:
        """What was received.

        Returns:
            `len` bytes.
        """
        var p = self._p.unsafe_bitcast[UInt8]().unsafe_mut_cast[origin_of(self).mut]()
        return Span[UInt8, origin_of(self)](unsafe_ptr=p.unsafe_origin_cast[origin_of(self)](), length=self._length)
