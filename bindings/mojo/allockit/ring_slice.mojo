"""Slices of a ring that their owners release."""

from ._ffi import RawPtr
from .base import AkitError
from .raw_ring import RawRing


comptime RingSlice = RingSliceOn[MutUntrackedOrigin]
"""A slice of a ring on the kernel's memory."""

comptime SharedSlice = SharedSliceOn[MutUntrackedOrigin]
"""A shared slice of a ring on the kernel's memory."""


struct RingSliceOn[memory_origin: MutOrigin](Movable, Sized):
    """A slice in use: as many bytes as were asked for, or committed; released at the end of its life, by any thread.
    See `RingSlice` for the usual one.

    It may outlive its ring, which ends with its last slice.

    Parameters:
        memory_origin: Origin of the caller's memory that the ring stands on; `MutUntrackedOrigin` for the kernel's
            memory.
    """

    var _raw: RawRing
    var _p: RawPtr
    var _length: Int

    def __init__(out self, raw: RawRing, *, unsafe_slice: RawPtr, length: Int):
        """Takes over a reference to a slice.

        Args:
            raw: View of its ring.
            unsafe_slice: A slice of that ring, whose reference nobody else gives back.
            length: Its length in bytes.
        """
        self._raw = raw
        self._p = unsafe_slice
        self._length = length

    def __deinit__(deinit self):
        """Releases the slice."""
        try:
            self._raw.release(self._p)
        except:
            pass  # reported by the library as misuse

    def release(deinit self) raises AkitError:
        """Releases the slice, as the end of its life does, and says how it went.

        Raises:
            AkitError: ENOENT or EINVAL when somebody else released it, which is reported as misuse.
        """
        self._raw.release(self._p)

    def unsafe_release(deinit self) -> RawPtr:
        """Gives up ownership of the reference.

        Returns:
            The slice, which is released by `release` of the ring's view now.
        """
        return self._p

    def share(deinit self) -> SharedSliceOn[Self.memory_origin]:
        """Makes the slice one that several may read.

        Returns:
            Its first owner.
        """
        return SharedSliceOn[Self.memory_origin](self._raw, unsafe_slice=self._p, length=self._length)

    @always_inline
    def __len__(self) -> Int:
        """The length asked for, or committed.

        Returns:
            Bytes.
        """
        return self._length

    def _shorten(mut self, length: Int):
        self._length = length

    @always_inline
    def bytes(ref self) -> Span[UInt8, origin_of(self)]:
        """The bytes. Contents are undefined at first, unless the ring has a `zero_mode`.

        Returns:
            `len` bytes.
        """
        var p = self._p.unsafe_bitcast[UInt8]().unsafe_mut_cast[origin_of(self).mut]()
        return Span[UInt8, origin_of(self)](unsafe_ptr=p.unsafe_origin_cast[origin_of(self)](), length=self._length)

    @always_inline
    def untyped(self) -> RawPtr:
        """The address as a `void *`, for C. It keeps nothing alive.

        Returns:
            The first byte.
        """
        return self._p


struct SharedSliceOn[memory_origin: MutOrigin](Movable, Sized):
    """A slice that is only read, with one reference of possibly many: the last one releases it.

    Parameters:
        memory_origin: Origin of the caller's memory that the ring stands on.
    """

    var _raw: RawRing
    var _p: RawPtr
    var _length: Int

    def __init__(out self, raw: RawRing, *, unsafe_slice: RawPtr, length: Int):
        """Takes over a reference to a slice that nobody writes to any more.

        Args:
            raw: View of its ring.
            unsafe_slice: A slice of that ring, whose reference nobody else gives back.
            length: Its length in bytes.
        """
        self._raw = raw
        self._p = unsafe_slice
        self._length = length

    def __deinit__(deinit self):
        """Gives the reference back."""
        try:
            self._raw.release(self._p)
        except:
            pass  # reported by the library as misuse

    def retain(self) raises AkitError -> Self:
        """One more owner of the same slice, for this or another thread.

        Returns:
            The owner.

        Raises:
            AkitError: EOVERFLOW when there are 255 already.
        """
        self._raw.retain(self._p, 1)
        return Self(self._raw, unsafe_slice=self._p, length=self._length)

    @always_inline
    def __len__(self) -> Int:
        """The length of the slice.

        Returns:
            Bytes.
        """
        return self._length

    @always_inline
    def bytes(ref self) -> Span[mut=False, UInt8, ImmOrigin(origin_of(self))]:
        """The bytes, to be read.

        Returns:
            `len` bytes.
        """
        var p = self._p.unsafe_bitcast[UInt8]().unsafe_mut_cast[False]()
        return {unsafe_ptr = p.unsafe_origin_cast[ImmOrigin(origin_of(self))](), length = self._length}

    @always_inline
    def untyped(self) -> RawPtr:
        """The address as a `void *`, for C. It keeps nothing alive.

        Returns:
            The first byte.
        """
        return self._p
