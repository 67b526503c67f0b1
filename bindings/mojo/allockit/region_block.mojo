"""A region that its owner gives back, and a pin on it."""

from ._ffi import RawPtr
from .base import AkitError, BlockInfo, inspect
from .raw_pages import RawRegion


struct RegionBlock[origin: ImmOrigin](Movable, Sized):
    """A region in use: whole pages, given back to its handle at the end of its life. It keeps the handle alive.

    Parameters:
        origin: Origin of the handle.
    """

    var _raw: RawRegion
    var _p: RawPtr
    var _size: Int

    def __init__(out self, raw: RawRegion, *, unsafe_block: RawPtr, size: Int):
        """Takes over a region.

        Args:
            raw: View of the handle with `origin`.
            unsafe_block: A region in use of that handle, which nobody else frees.
            size: Its usable size in bytes.
        """
        self._raw = raw
        self._p = unsafe_block
        self._size = size

    def __deinit__(deinit self):
        """Gives the region back. A pinned one is kept as it is until it is unpinned."""
        try:
            self._raw.free(self._p)
        except:
            pass  # reported by the library as misuse

    def free(deinit self) raises AkitError:
        """Gives the region back, as the end of its life does, and says how it went.

        Raises:
            AkitError: ENOENT or EINVAL when somebody else gave it back, which is reported as misuse.
        """
        self._raw.free(self._p)

    def unsafe_release(deinit self) -> RawPtr:
        """Gives up ownership of the region.

        Returns:
            The region, which is given back by `free` of the handle's view now.
        """
        return self._p

    @always_inline
    def __len__(self) -> Int:
        """Usable size.

        Returns:
            Bytes; a multiple of the page size, at least as many as were asked for.
        """
        return self._size

    @always_inline
    def bytes(ref self) -> Span[UInt8, origin_of(self)]:
        """The whole region, valid until it changes its size. Contents are undefined unless zeroing was asked for.

        Returns:
            All usable bytes.
        """
        return Span[UInt8, origin_of(self)](unsafe_ptr=self.ptr[UInt8](), length=self._size)

    @always_inline
    def ptr[T: AnyType](ref self) -> Pointer[T, origin_of(self)]:
        """Pointer to the first byte, seen as a value of a type; valid until the region changes its size.

        Parameters:
            T: Type of the values, of no more than a page's alignment.

        Returns:
            The pointer; the region holds no values yet.
        """
        var p = self._p.unsafe_bitcast[T]()
        return p.unsafe_mut_cast[origin_of(self).mut]().unsafe_origin_cast[origin_of(self)]()

    @always_inline
    def untyped(self) -> RawPtr:
        """The address as a `void *`, for C. It keeps nothing alive.

        Returns:
            The first byte.
        """
        return self._p

    def resize(mut self, size: Int, flags: UInt32 = 0) raises AkitError:
        """Changes the size, in place or by moving the pages; the contents stay up to the smaller size.

        Args:
            size: Bytes.
            flags: `Alloc.ZERO` (the grown part is zero, if the region was zero beyond its size before) and
                `Alloc.NO_MOVE` joined by `|`.

        Raises:
            AkitError: ENOMEM, EMSGSIZE or ENOBUFS as `alloc`, and ENOMEM when `Alloc.NO_MOVE` cannot be met; EBUSY
                while it is pinned. The region is as it was then.
        """
        var p, usable = self._raw.realloc(self._p, size, flags)
        self._p = p
        self._size = usable

    def prefault(self, offset: Int = 0, length: Int = 0) raises AkitError:
        """Makes pages resident now, without writing to them.

        Args:
            offset: First byte.
            length: Bytes from there; 0 for all up to the end.

        Raises:
            AkitError: ENOENT or EINVAL for bytes beyond the region, ENOMEM when the kernel has no memory for it, ENOSYS
                on memory of the caller.
        """
        var p = self._p.unsafe_bitcast[UInt8]().unsafe_offset(offset)
        self._raw.prefault(p.unsafe_bitcast[NoneType](), length)

    def pin(self) raises AkitError -> RegionPin[Self.origin]:
        """Pins the region: for memory that the kernel or a device knows by its pages.

        Returns:
            The pin. While it lives the region is not purged, moved or unmapped, even if it is given back.

        Raises:
            AkitError: EAGAIN after 2^31 pins.
        """
        self._raw.pin(self._p)
        return RegionPin[Self.origin](self._raw, unsafe_pinned=self._p)

    def info(self) raises AkitError -> BlockInfo:
        """What the library knows about the region: the pages behind it, and whether it was zero when handed out.

        Returns:
            The block.

        Raises:
            AkitError: ENOENT when somebody else gave it back and it is gone.
        """
        return inspect(self._p)


struct RegionPin[origin: ImmOrigin](Movable):
    """One pin of a region, taken back at the end of its life. It keeps the handle alive, and may outlive the block.

    Parameters:
        origin: Origin of the handle.
    """

    var _raw: RawRegion
    var _p: RawPtr

    def __init__(out self, raw: RawRegion, *, unsafe_pinned: RawPtr):
        """Takes over a pin.

        Args:
            raw: View of the handle with `origin`.
            unsafe_pinned: A pinned region of that handle.
        """
        self._raw = raw
        self._p = unsafe_pinned

    def __deinit__(deinit self):
        """Takes the pin back."""
        try:
            self._raw.unpin(self._p)
        except:
            pass  # reported by the library as misuse

    def unpin(deinit self) raises AkitError:
        """Takes the pin back, as the end of its life does, and says how it went.

        Raises:
            AkitError: ENOENT or EINVAL when somebody else took it back, which is reported as misuse.
        """
        self._raw.unpin(self._p)

    def unsafe_release(deinit self) -> RawPtr:
        """Leaves the region pinned.

        Returns:
            The region, which is unpinned by `unpin` of the handle's view now.
        """
        return self._p
