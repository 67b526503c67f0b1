"""The general-purpose heap as an owned handle.

Sizes and alignments are in bytes. Every method may be called from any thread, unless it ends the heap.
"""

from std.ffi import c_int, c_size_t
from std.sys import align_of, size_of

from ._answers import read_struct
from ._ffi import Handle, VoidPtr, call, text_at, void_ptr
from .base import AkitError, check
from .config import TieredConfig, label_ptr
from .constants import MIN_ALIGN, Alloc
from .huge import Huge
from .pointer import HeapPtr
from .raw import RawTiered
from .region import RegionOn
from .stats import ClassStats, TieredStats, stats_json, stats_openmetrics


struct Tiered(Movable):
    """A heap of its own: capped, measured, and destroyed with everything in it.

    Every page leaves a heap when it is destroyed; blocks need not be freed before, but values in them are not
    destroyed then.

    Methods in terms of `T` count in values, and the pointers they return keep the heap alive. `raw` gives a view that
    counts in bytes and deals in bare pointers.
    """

    var _raw: RawTiered
    var _owned: Bool

    def __init__(out self, config: TieredConfig = TieredConfig(), *, name: String = "") raises AkitError:
        """Makes a heap.

        Args:
            config: How it is set up; all defaults when left out.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for a value that makes no sense, ENOMEM for no memory.
        """
        self = Self(unsafe_handle=_create(config.copy(), name), owned=True)

    def __init__(
        out self, config: TieredConfig = TieredConfig(), *, region: RegionOn[_], name: String = ""
    ) raises AkitError:
        """Makes a heap that takes its memory from a region handle.

        Args:
            config: How it is set up; all defaults when left out.
            region: Where its memory comes from; what the heap needs of it stays, even if the handle is destroyed.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: As without.
        """
        var based = config.copy()
        based.region = region.raw().handle
        self = Self(unsafe_handle=_create(based^, name), owned=True)

    def __init__(out self, config: TieredConfig = TieredConfig(), *, huge: Huge, name: String = "") raises AkitError:
        """Makes a heap that takes its huge blocks from a huge-page handle.

        Args:
            config: How it is set up; all defaults when left out.
            huge: Where its huge blocks come from; what the heap needs of it stays, even if the handle is destroyed.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: As without.
        """
        var based = config.copy()
        based.huge = huge.raw().handle
        self = Self(unsafe_handle=_create(based^, name), owned=True)

    def __init__(
        out self, config: TieredConfig = TieredConfig(), *, region: RegionOn[_], huge: Huge, name: String = ""
    ) raises AkitError:
        """Makes a heap that takes its huge blocks from a huge-page handle and the rest from a region handle.

        Args:
            config: How it is set up; all defaults when left out.
            region: Where its memory comes from; what the heap needs of it stays, even if the handle is destroyed.
            huge: Where its huge blocks come from, likewise.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: As without.
        """
        var based = config.copy()
        based.region = region.raw().handle
        based.huge = huge.raw().handle
        self = Self(unsafe_handle=_create(based^, name), owned=True)

    def __init__(out self, *, unsafe_handle: Handle, owned: Bool):
        """Wraps an `akit_tiered *` that came from elsewhere.

        Args:
            unsafe_handle: The handle.
            owned: Whether this object destroys it.
        """
        self._raw = RawTiered(unsafe_handle)
        self._owned = owned

    def __deinit__(deinit self):
        """Destroys the heap with everything in it."""
        if self._owned:
            _ = call["akit_tiered_destroy", c_int](self._raw.handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Destroys the heap with everything in it, as the end of its life does, and says how it went.

        Raises:
            AkitError: EPERM for the default heap, which goes on; EINVAL for a wrapped handle that is stale.
        """
        _ = check(call["akit_tiered_destroy", c_int](self._raw.handle, UInt32(0)))

    def destroy_deferred(deinit self) raises AkitError:
        """Ends the heap, but leaves the blocks that are still out: nothing new can be allocated, and the last block
        that is given to `malloc.free` takes the heap along.

        Raises:
            AkitError: EPERM for the default heap, which goes on; EINVAL for a wrapped handle that is stale.
        """
        comptime DEFER = UInt32(1)
        _ = check(call["akit_tiered_destroy", c_int](self._raw.handle, DEFER))

    @always_inline
    def raw(self) -> RawTiered:
        """The heap in terms of bytes and bare pointers, still owned by this object.

        Returns:
            A view that does not keep the heap alive.
        """
        return self._raw

    def unsafe_release(deinit self) -> Handle:
        """Gives up ownership of the `akit_tiered *`.

        Returns:
            The handle, which nobody destroys now.
        """
        return self._raw.handle

    # ---- typed blocks

    @always_inline
    def alloc[T: AnyType, o: ImmOrigin](ref[o] self, count: Int = 1) raises AkitError -> HeapPtr[T, o]:
        """Allocates room for values in a row, aligned for their type.

        Parameters:
            T: Type of the values.
            o: Origin of this heap.

        Args:
            count: How many.

        Returns:
            Memory that holds no values yet.

        Raises:
            AkitError: ENOMEM when the cap is reached, the kernel refuses, or the size can never be had.
        """
        var size = _bytes[T](count)
        comptime if align_of[T]() > MIN_ALIGN:
            return HeapPtr[T, o](unsafe_raw=self._raw.aligned_alloc(align_of[T](), size))
        else:
            return HeapPtr[T, o](unsafe_raw=self._raw.alloc(size))

    def alloc_zeroed[T: AnyType, o: ImmOrigin](ref[o] self, count: Int = 1) raises AkitError -> HeapPtr[T, o]:
        """Allocates room for values in a row, all bytes zero.

        Parameters:
            T: Type of the values.
            o: Origin of this heap.

        Args:
            count: How many.

        Returns:
            Zeroed memory.

        Raises:
            AkitError: As `alloc`.
        """
        comptime if align_of[T]() > MIN_ALIGN:
            return HeapPtr[T, o](unsafe_raw=self._raw.allocx(_bytes[T](count), align_of[T](), Alloc.ZERO)[0])
        else:
            return HeapPtr[T, o](unsafe_raw=self._raw.calloc(count, size_of[T]()))

    def realloc[T: AnyType, o: ImmOrigin](ref[o] self, p: HeapPtr[T, o], count: Int) raises AkitError -> HeapPtr[T, o]:
        """Changes how many values a block has room for; the bytes move along.

        Parameters:
            T: Type of the values; moving its bytes must be enough to move it.
            o: Origin of this heap.

        Args:
            p: The block; not to be used afterwards, unless this fails.
            count: New number of values.

        Returns:
            The block, perhaps elsewhere.

        Raises:
            AkitError: As `alloc`, and then the block is as it was; ENOENT or EINVAL when it is none of this heap.
        """
        var size = _bytes[T](count)
        comptime if align_of[T]() > MIN_ALIGN:
            return HeapPtr[T, o](unsafe_raw=self._raw.reallocx(p.untyped(), size, align_of[T](), 0)[0])
        else:
            return HeapPtr[T, o](unsafe_raw=self._raw.realloc(p.untyped(), size))

    @always_inline
    def free[T: AnyType](self, p: HeapPtr[T, _]):
        """Gives a block back. Values in it are not destroyed.

        Parameters:
            T: Type of the values.

        Args:
            p: The block; misuse is reported by the library and changes nothing.
        """
        self._raw.free(p.untyped())

    @always_inline
    def free[T: AnyType](self, p: HeapPtr[T, _], *, count: Int):
        """Gives a block back whose size is known, which is a little faster. Values in it are not destroyed.

        Parameters:
            T: Type of the values.

        Args:
            p: The block; misuse is reported by the library and changes nothing.
            count: For how many values it was allocated or last resized.
        """
        self._raw.free_sized(p.untyped(), count * size_of[T]())

    def alloc_n[T: AnyType, o: ImmOrigin](ref[o] self, n: Int) -> List[HeapPtr[T, o]]:
        """Allocates many single values' worth of memory in one call.

        Parameters:
            T: Type of the values, of no more than 16 bytes alignment.
            o: Origin of this heap.

        Args:
            n: How many blocks are wanted.

        Returns:
            The blocks; fewer than wanted when the memory ended.
        """
        comptime assert align_of[T]() <= MIN_ALIGN, "alloc_n gives no more than 16 bytes alignment"
        var blocks = List[HeapPtr[T, o]](unsafe_uninit_length=n)
        var into = blocks.unsafe_ptr().unsafe_bitcast[VoidPtr]()
        blocks.shrink(self._raw.alloc_n_into(size_of[T](), n, into))
        return blocks^

    def free_n[T: AnyType, o: ImmOrigin](self, blocks: List[HeapPtr[T, o]]) -> Int:
        """Gives many blocks back in one call. Values in them are not destroyed.

        Parameters:
            T: Type of the values.
            o: Origin of this heap.

        Args:
            blocks: The blocks, of any sizes.

        Returns:
            How many were given back; wrong pointers are skipped and reported as misuse.
        """
        var first = blocks.unsafe_ptr().unsafe_bitcast[VoidPtr]()
        return self._raw.free_n(Span(unsafe_ptr=first, length=len(blocks)))

    # ---- questions

    def usable_size(self, p: VoidPtr) -> Int:
        """Usable size of a block.

        Args:
            p: Any pointer.

        Returns:
            Bytes; 0 for what is not a block in use of this heap.
        """
        return Int(call["akit_tiered_usable_size", c_size_t](self._raw.handle, p))

    def good_size(self, size: Int) -> Int:
        """Usable size that a request would have: for buffers that grow.

        Args:
            size: Bytes.

        Returns:
            Bytes; 0 when such a request must fail.
        """
        return Int(call["akit_tiered_good_size", c_size_t](self._raw.handle, c_size_t(size)))

    def owns(self, p: VoidPtr) raises AkitError -> Bool:
        """Whether an address lies in memory of this heap.

        Args:
            p: Any pointer; the memory there is not touched.

        Returns:
            True when it does.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return check(call["akit_tiered_owns", c_int](self._raw.handle, p)) == 1

    def config(self) raises AkitError -> TieredConfig:
        """The configuration in force, with the defaults filled in.

        Returns:
            The configuration; its `name` is borrowed from the heap.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return read_struct["akit_tiered_config_get", TieredConfig](self._raw.handle)

    def name(self) raises AkitError -> String:
        """The label in the statistics.

        Returns:
            The name given at creation, else empty text.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return text_at(self.config().name)

    def limit_bytes(self) raises AkitError -> UInt64:
        """The cap in force.

        Returns:
            Bytes; `NONE` without a cap.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return self.stats().limit_bytes

    def suggest(self) raises AkitError -> TieredConfig:
        """A configuration as the statistics recommend it. Nothing changes.

        Returns:
            The configuration; its `name` is borrowed from the heap.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return read_struct["akit_tiered_suggest", TieredConfig](self._raw.handle)

    # ---- figures, giving back

    def stats(self) raises AkitError -> TieredStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return read_struct["akit_tiered_stats_get", TieredStats](self._raw.handle)

    def class_count(self) -> Int:
        """Number of size classes.

        Returns:
            Their number; 0 for a stale heap.
        """
        return Int(call["akit_tiered_class_count", c_size_t](self._raw.handle))

    def class_stats(self, index: Int) raises AkitError -> ClassStats:
        """Reads the statistics of one size class.

        Args:
            index: From 0, below `class_count`; classes are ordered by block size.

        Returns:
            The figures.

        Raises:
            AkitError: ENOENT for an index that does not exist.
        """
        var stats = ClassStats()
        _ = check(call["akit_tiered_class_stats_get", c_int](self._raw.handle, c_size_t(index), void_ptr(stats)))
        return stats^

    def json(self) raises AkitError -> String:
        """The statistics as JSON.

        Returns:
            The text.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return stats_json(self.stats().id)

    def openmetrics(self) raises AkitError -> String:
        """The statistics as OpenMetrics.

        Returns:
            The text.

        Raises:
            AkitError: EINVAL for a stale heap.
        """
        return stats_openmetrics(self.stats().id)

    def purge(self, flags: UInt32 = 0) raises AkitError -> UInt64:
        """Gives cached memory of this heap back to the kernel; blocks in use are not touched.

        Args:
            flags: `Purge` values joined by `|`; 0 is `Purge.ALL`.

        Returns:
            Bytes the kernel got back.

        Raises:
            AkitError: EINVAL for a stale heap or unknown flags.
        """
        var bytes = UInt64(0)
        _ = check(call["akit_tiered_purge", c_int](self._raw.handle, flags, void_ptr(bytes)))
        return bytes


def _create(var config: TieredConfig, name: String) raises AkitError -> Handle:
    var handle = Handle(None)
    var label = name
    if label.byte_length() > 0:
        config.name = label_ptr(label)
    _ = check(call["akit_tiered_create", c_int](void_ptr(config), void_ptr(handle)))
    _ = config^
    _ = label^
    return handle


@always_inline
def _bytes[T: AnyType](count: Int) raises AkitError -> Int:
    # A negative count and one whose product overflows can never be had.
    comptime most = Int.MAX // max(size_of[T](), 1)
    if UInt(count) > UInt(most):
        raise AkitError(AkitError.ENOMEM)
    return count * size_of[T]()
