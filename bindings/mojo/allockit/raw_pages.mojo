"""Regions and huge pages in terms of bytes and bare pointers, without ownership: for containers, hosts and C.

Sizes and alignments are in bytes; every method may be called from any thread.
"""

from std.ffi import c_int, c_size_t

from ._ffi import Calls, Handle, RawPtr, VoidPtr, call, void_ptr
from .base import AkitError, check, last_error


struct RawRegion(ImplicitlyCopyable, RegisterPassable):
    """A view of a region handle that neither owns it nor keeps it alive; sixteen bytes, copied freely.

    The pointers it deals in keep nothing alive, either: whoever stores a view sees to it that the handle outlives it.
    """

    var handle: Handle
    """The `akit_region *`."""
    var _calls: Calls

    def __init__(out self, handle: Handle):
        """Looks at a handle.

        Args:
            handle: The `akit_region *`.
        """
        self.handle = handle
        self._calls = Calls()

    def alloc(self, size: Int, alignment: Int = 0, flags: UInt32 = 0) raises AkitError -> Tuple[RawPtr, Int]:
        """Allocates a region of whole pages.

        Args:
            size: Bytes.
            alignment: 0 (a page) or a power of two up to 1 GiB.
            flags: `Alloc.ZERO`, `Alloc.NO_CACHE` and `Alloc.GUARD` joined by `|`.

        Returns:
            The region and its usable size; contents are undefined without `Alloc.ZERO`.

        Raises:
            AkitError: ENOMEM for the cap, the budget of mappings, the kernel, or a size that can never be had; EINVAL
                for a stale handle, another alignment or unknown flags; ESHUTDOWN after a deferred destroy; on memory
                of the caller EMSGSIZE for more than it can ever give and ENOBUFS for more than is free now.
        """
        var usable = c_size_t(0)
        var p = self._calls.region_alloc(self.handle, c_size_t(size), c_size_t(alignment), flags, void_ptr(usable))
        return (_block(p), Int(usable))

    def realloc(self, p: VoidPtr, size: Int, flags: UInt32 = 0) raises AkitError -> Tuple[RawPtr, Int]:
        """Changes the size of a region, in place or by moving its pages; the contents stay up to the smaller size.

        Args:
            p: The region; none allocates.
            size: Bytes.
            flags: `Alloc.ZERO` (the grown part is zero, if the region was zero beyond its size before) and
                `Alloc.NO_MOVE` joined by `|`.

        Returns:
            The region, perhaps elsewhere and then aligned to a page, and its usable size.

        Raises:
            AkitError: As `alloc`, and then the region is as it was; EBUSY for a pinned one; ENOENT or EINVAL for what
                is not a region in use of this handle; ENOMEM when `Alloc.NO_MOVE` cannot be met.
        """
        var usable = c_size_t(0)
        var q = call["akit_region_realloc", VoidPtr](self.handle, p, c_size_t(size), flags, void_ptr(usable))
        return (_block(q), Int(usable))

    def free(self, p: VoidPtr) raises AkitError:
        """Gives a region back; none does nothing. A pinned one is kept as it is until it is unpinned.

        Args:
            p: The region.

        Raises:
            AkitError: ENOENT for what is not the start of a region of this handle, EINVAL for one that is not in use
                and for a stale handle; reported as misuse, and nothing changes.
        """
        _ = check(self._calls.region_free(self.handle, p))

    def prefault(self, p: VoidPtr, length: Int = 0) raises AkitError:
        """Makes pages of a region resident now, without writing to them.

        Args:
            p: An address in a region in use.
            length: Bytes from there; 0 for all up to the region's end.

        Raises:
            AkitError: ENOENT for what does not lie in a region in use; EINVAL for a length that reaches beyond it or a
                stale handle; ENOMEM when the kernel has no memory for it; ENOSYS on memory of the caller.
        """
        _ = check(call["akit_region_prefault", c_int](self.handle, p, c_size_t(length), UInt32(0)))

    def pin(self, p: VoidPtr) raises AkitError:
        """Pins a region: until it has been unpinned as often it is not purged, moved or unmapped, even if it is freed
        or the handle destroyed.

        Args:
            p: The region.

        Raises:
            AkitError: ENOENT or EINVAL as `free`; EAGAIN after 2^31 pins.
        """
        _ = check(call["akit_region_pin", c_int](self.handle, p))

    def unpin(self, p: VoidPtr) raises AkitError:
        """Takes one pin back. The last one ends a region that was freed meanwhile.

        Args:
            p: The region.

        Raises:
            AkitError: ENOENT for what is not the start of a region of this handle, EINVAL for one that is not pinned;
                reported as misuse, and nothing changes.
        """
        _ = check(call["akit_region_unpin", c_int](self.handle, p))


struct RawHuge(ImplicitlyCopyable, RegisterPassable):
    """A view of a huge-page handle that neither owns it nor keeps it alive; sixteen bytes, copied freely.

    The pointers it deals in keep nothing alive, either: whoever stores a view sees to it that the handle outlives it.
    """

    var handle: Handle
    """The `akit_huge *`."""
    var _calls: Calls

    def __init__(out self, handle: Handle):
        """Looks at a handle.

        Args:
            handle: The `akit_huge *`.
        """
        self.handle = handle
        self._calls = Calls()

    def alloc(self, size: Int, alignment: Int = 0, flags: UInt32 = 0) raises AkitError -> Tuple[RawPtr, UInt64]:
        """Allocates a block on the largest pages that the policy allows and the system has.

        Args:
            size: Bytes; rounded up to whole pages of the kind taken, see `inspect`.
            alignment: 0 (a page of its kind) or a power of two up to 1 GiB.
            flags: `Alloc.ZERO` and `Alloc.NO_CACHE` joined by `|`.

        Returns:
            The block and what it stands on, one of `Backing`.

        Raises:
            AkitError: ENOMEM for the cap, the kernel, a kind of pages that is required and cannot be had, or a size
                that can never be had; EINVAL for a stale handle, another alignment or unknown flags; ESHUTDOWN after a
                deferred destroy.
        """
        var backing = UInt32(0)
        var p = self._calls.huge_alloc(self.handle, c_size_t(size), c_size_t(alignment), flags, void_ptr(backing))
        return (_block(p), UInt64(backing))

    def free(self, p: VoidPtr) raises AkitError:
        """Gives a block back; none does nothing.

        Args:
            p: The block.

        Raises:
            AkitError: ENOENT for what is not the start of a block of this handle, EINVAL for one that is not in use and
                for a stale handle; reported as misuse, and nothing changes.
        """
        _ = check(self._calls.huge_free(self.handle, p))


def _block(p: VoidPtr) raises AkitError -> RawPtr:
    if not p:
        raise last_error()
    return p.unsafe_value()
