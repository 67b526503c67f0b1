"""A heap in terms of bytes and bare pointers, without ownership: for containers, hosts and C.

Sizes and alignments are in bytes; every method may be called from any thread.
"""

from std.ffi import c_size_t

from ._ffi import Calls, Handle, RawPtr, VoidPtr, call, void_ptr
from .base import AkitError, last_error


struct RawTiered(ImplicitlyCopyable, RegisterPassable):
    """A view of a heap that neither owns it nor keeps it alive; sixteen bytes, copied freely.

    The pointers it deals in keep nothing alive, either: whoever stores a view sees to it that the heap outlives it.
    """

    var handle: Handle
    """The `akit_tiered *`."""
    var _calls: Calls

    def __init__(out self, handle: Handle):
        """Looks at a heap.

        Args:
            handle: The `akit_tiered *`.
        """
        self.handle = handle
        self._calls = Calls()

    @always_inline
    def alloc(self, size: Int) raises AkitError -> RawPtr:
        """Allocates a block aligned to 16.

        Args:
            size: Bytes; 0 gives the smallest block.

        Returns:
            The block.

        Raises:
            AkitError: ENOMEM, EINVAL for a stale heap.
        """
        return _block(self._calls.alloc(self.handle, c_size_t(size)))

    @always_inline
    def calloc(self, count: Int, size: Int) raises AkitError -> RawPtr:
        """Allocates a block of `count * size` zero bytes.

        Args:
            count: First factor.
            size: Second factor.

        Returns:
            The block.

        Raises:
            AkitError: ENOMEM, also when the product overflows; EINVAL for a stale heap.
        """
        return _block(self._calls.calloc(self.handle, c_size_t(count), c_size_t(size)))

    @always_inline
    def realloc(self, p: VoidPtr, size: Int) raises AkitError -> RawPtr:
        """Changes the size of a block; the contents stay up to the smaller size.

        Args:
            p: The block; none allocates.
            size: Bytes; 0 shrinks to the smallest block and never frees.

        Returns:
            The block, perhaps elsewhere and then aligned to 16.

        Raises:
            AkitError: ENOMEM, and then the block is as it was; ENOENT or EINVAL when it is none of this heap.
        """
        return _block(self._calls.realloc(self.handle, p, c_size_t(size)))

    @always_inline
    def aligned_alloc(self, alignment: Int, size: Int) raises AkitError -> RawPtr:
        """Allocates an aligned block.

        Args:
            alignment: 0 (which is 16) or a power of two up to 1 GiB.
            size: Bytes, of any number.

        Returns:
            The block.

        Raises:
            AkitError: ENOMEM; EINVAL for another alignment.
        """
        return _block(self._calls.aligned_alloc(self.handle, c_size_t(alignment), c_size_t(size)))

    def allocx(self, size: Int, alignment: Int = 0, flags: UInt32 = 0) raises AkitError -> Tuple[RawPtr, Int]:
        """Allocates with everything at once.

        Args:
            size: Bytes.
            alignment: 0 (which is 16) or a power of two up to 1 GiB.
            flags: `Alloc` values joined by `|`.

        Returns:
            The block and its usable size.

        Raises:
            AkitError: ENOMEM; EINVAL for another alignment or unknown flags.
        """
        var usable = c_size_t(0)
        var p = self._calls.allocx(self.handle, c_size_t(size), c_size_t(alignment), flags, void_ptr(usable))
        return (_block(p), Int(usable))

    def reallocx(
        self, p: VoidPtr, size: Int, alignment: Int = 0, flags: UInt32 = 0
    ) raises AkitError -> Tuple[RawPtr, Int]:
        """Changes the size of a block with everything at once.

        Args:
            p: The block; none allocates.
            size: Bytes.
            alignment: 0 (which is 16) or a power of two up to 1 GiB; holds for the result.
            flags: `Alloc` values joined by `|`.

        Returns:
            The block and its usable size.

        Raises:
            AkitError: As `realloc` and `allocx`; ENOMEM when `Alloc.NO_MOVE` cannot be met.
        """
        var usable = c_size_t(0)
        var q = self._calls.reallocx(self.handle, p, c_size_t(size), c_size_t(alignment), flags, void_ptr(usable))
        return (_block(q), Int(usable))

    @always_inline
    def free(self, p: VoidPtr):
        """Gives a block back; none does nothing.

        Args:
            p: The block; misuse is reported by the library and changes nothing.
        """
        self._calls.free(self.handle, p)

    @always_inline
    def free_sized(self, p: VoidPtr, size: Int):
        """Gives a block back whose size is known.

        Args:
            p: The block.
            size: The size asked for, or anything from there to the usable size.
        """
        self._calls.free_sized(self.handle, p, c_size_t(size))

    def free_aligned_sized(self, p: VoidPtr, alignment: Int, size: Int):
        """Gives a block back whose alignment and size are known.

        Args:
            p: The block.
            alignment: The alignment it was allocated with.
            size: The size it was allocated with.
        """
        call["akit_tiered_free_aligned_sized", NoneType](self.handle, p, c_size_t(alignment), c_size_t(size))

    def alloc_n(self, size: Int, n: Int) -> List[VoidPtr]:
        """Allocates many blocks of one size in one call.

        Args:
            size: Bytes of each.
            n: How many are wanted.

        Returns:
            The blocks; fewer than wanted when the memory ended.
        """
        var blocks = List[VoidPtr](length=n, fill=None)
        blocks.shrink(self.alloc_n_into(size, n, blocks.unsafe_ptr()))
        return blocks^

    @always_inline
    def alloc_n_into(self, size: Int, n: Int, into: Pointer[mut=True, VoidPtr, _]) -> Int:
        """Allocates many blocks of one size into an array.

        Args:
            size: Bytes of each.
            n: How many are wanted.
            into: Room for `n` pointers.

        Returns:
            How many there are; fewer than wanted when the memory ended.
        """
        var first = into.unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        return Int(self._calls.alloc_n(self.handle, c_size_t(size), c_size_t(n), first))

    @always_inline
    def free_n(self, blocks: Span[VoidPtr, _]) -> Int:
        """Gives many blocks back in one call.

        Args:
            blocks: The blocks, of any sizes; none among them is skipped.

        Returns:
            How many were done; wrong pointers are skipped and reported as misuse.
        """
        var first = blocks.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_mut_cast[True]()
        var from_ = first.unsafe_origin_cast[MutUntrackedOrigin]()
        return Int(self._calls.free_n(self.handle, c_size_t(len(blocks)), from_))


@always_inline
def _block(p: VoidPtr) raises AkitError -> RawPtr:
    if not p:
        raise last_error()
    return p.unsafe_value()
