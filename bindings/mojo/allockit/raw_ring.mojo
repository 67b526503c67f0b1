"""Rings in terms of bytes and bare pointers, without ownership: for containers, hosts and C.

Sizes are in bytes. `acquire`, `acquire_n` and `commit` are for one thread at a time, the producer; all other methods may
be called from any thread.
"""

from std.ffi import c_int, c_size_t

from ._ffi import Handle, RawPtr, VoidPtr, call
from ._ffi_ring import RingCalls
from .base import AkitError, check, last_error


struct RawRing(ImplicitlyCopyable, RegisterPassable):
    """A view of a ring that neither owns it nor keeps it alive; sixteen bytes, copied freely.

    Slices may be released and retained after the ring was destroyed, until the last one is back.
    """

    var handle: Handle
    """The `akit_ring *`."""
    var _calls: RingCalls

    def __init__(out self, handle: Handle):
        """Looks at a ring.

        Args:
            handle: The `akit_ring *`.
        """
        self.handle = handle
        self._calls = RingCalls()

    @always_inline
    def acquire(self, length: Int) raises AkitError -> RawPtr:
        """Acquires a slice.

        Args:
            length: Bytes; 0 acquires the smallest slice.

        Returns:
            The slice; contents are undefined without a `zero_mode`.

        Raises:
            AkitError: ENOBUFS when there is no room now; EMSGSIZE for more than `max_slice_bytes`, ENOMEM for a length
                that can never be had; ESHUTDOWN after the ring was destroyed; EINVAL for a stale handle.
        """
        var p = self._calls.acquire(self.handle, c_size_t(length))
        if not p:
            raise last_error()
        return p.unsafe_value()

    def acquire_n(self, length: Int, n: Int) -> List[VoidPtr]:
        """Acquires many slices of one length in one call.

        Args:
            length: Bytes of each.
            n: How many are wanted.

        Returns:
            The slices; fewer than wanted when the ring refused one.
        """
        var slices = List[VoidPtr](length=n, fill=None)
        var first = slices.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        slices.shrink(Int(self._calls.acquire_n(self.handle, c_size_t(length), c_size_t(n), first)))
        return slices^

    @always_inline
    def commit(self, p: VoidPtr, used: Int) raises AkitError:
        """Shortens the slice that was acquired last: the next one may begin behind it.

        Args:
            p: The slice.
            used: Bytes that stay.

        Raises:
            AkitError: ENOENT for what is not the start of a slice of this ring; EINVAL for one that is not out or was
                not acquired last, for more than its length, and for a stale handle. Reported as misuse, and nothing
                changes.
        """
        _ = check(self._calls.commit(self.handle, p, c_size_t(used)))

    @always_inline
    def retain(self, p: VoidPtr, count: Int = 1) raises AkitError:
        """Adds references to a slice: it comes back with the release of the last one.

        Args:
            p: The slice.
            count: How many.

        Raises:
            AkitError: EOVERFLOW when it would have more than 255; ENOENT and EINVAL as `release`.
        """
        _ = check(self._calls.retain(self.handle, p, UInt32(count)))

    @always_inline
    def release(self, p: VoidPtr) raises AkitError:
        """Gives one reference back; none does nothing.

        Args:
            p: The slice.

        Raises:
            AkitError: ENOENT for what is not the start of a slice of this ring, EINVAL for one that is not out and for
                a stale handle; reported as misuse, and nothing changes.
        """
        _ = check(self._calls.release(self.handle, p))

    @always_inline
    def release_n(self, slices: Span[VoidPtr, _]) -> Int:
        """Gives one reference of many slices back in one call.

        Args:
            slices: The slices.

        Returns:
            How many were released; wrong pointers are skipped and reported as misuse.
        """
        var first = slices.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_mut_cast[True]()
        var from_ = first.unsafe_origin_cast[MutUntrackedOrigin]()
        return Int(self._calls.release_n(self.handle, c_size_t(len(slices)), from_))

    def release_to(self, p: VoidPtr) raises AkitError -> Int:
        """Releases, whatever their references, all slices that were acquired before one and are still out.

        Args:
            p: The slice that stays.

        Returns:
            How many slices that released.

        Raises:
            AkitError: EINVAL without `RingOrder.ORDERED`; ENOENT and EINVAL as `release`.
        """
        return check(call["akit_ring_release_to", c_int](self.handle, p))
