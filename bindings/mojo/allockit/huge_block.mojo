"""A block on huge pages that its owner gives back."""

from ._ffi import RawPtr
from .base import AkitError, BlockInfo, inspect
from .raw_pages import RawHuge


struct HugeBlock[origin: ImmOrigin](Movable, Sized):
    """A block in use: whole pages of the kind it got, given back to its handle at the end of its life. It keeps the
    handle alive.

    Parameters:
        origin: Origin of the handle.
    """

    var _raw: RawHuge
    var _p: RawPtr
    var _size: Int
    var _backing: UInt64

    def __init__(out self, raw: RawHuge, *, unsafe_block: RawPtr, size: Int, backing: UInt64):
        """Takes over a block.

        Args:
            raw: View of the handle with `origin`.
            unsafe_block: A block in use of that handle, which nobody else frees.
            size: Its usable size in bytes.
            backing: What it stands on, one of `Backing`.
        """
        self._raw = raw
        self._p = unsafe_block
        self._size = size
        self._backing = backing

    def __deinit__(deinit self):
        """Gives the block back."""
        try:
            self._raw.free(self._p)
        except:
            pass  # reported by the library as misuse

    def free(deinit self) raises AkitError:
        """Gives the block back, as the end of its life does, and says how it went.

        Raises:
            AkitError: ENOENT or EINVAL when somebody else gave it back, which is reported as misuse.
        """
        self._raw.free(self._p)

    def unsafe_release(deinit self) -> RawPtr:
        """Gives up ownership of the block.

        Returns:
            The block, which is given back by `free` of the handle's view now.
        """
        return self._p

    @always_inline
    def __len__(self) -> Int:
        """Usable size.

        Returns:
            Bytes; a multiple of the page size of its kind, at least as many as were asked for.
        """
        return self._size

    @always_inline
    def bytes(ref self) -> Span[UInt8, origin_of(self)]:
        """The whole block. Contents are undefined unless zeroing was asked for.

        Returns:
            All usable bytes.
        """
        return Span[UInt8, origin_of(self)](unsafe_ptr=self.ptr[UInt8](), length=self._size)

    @always_inline
    def ptr[T: AnyType](ref self) -> Pointer[T, origin_of(self)]:
        """Pointer to the first byte, seen as a value of a type.

        Parameters:
            T: Type of the values, of no more than the alignment of a page of its kind.

        Returns:
            The pointer; the block holds no values yet.
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

    def backing(self) -> UInt64:
        """What the block stands on.

        Returns:
            One of `Backing`.
        """
        return self._backing

    def info(self) raises AkitError -> BlockInfo:
        """What the library knows about the block: the pages behind it, and why they are not larger.

        Returns:
            The block.

        Raises:
            AkitError: ENOENT when somebody else gave it back and it is gone.
        """
        return inspect(self._p)
