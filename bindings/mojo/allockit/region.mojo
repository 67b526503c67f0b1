"""Regions as an owned handle: blocks of whole pages, kept for reuse.

Sizes and alignments are in bytes. Every method may be called from any thread, unless it ends the handle.
"""

from std.ffi import c_int

from ._answers import check_count, read_struct
from ._ffi import Handle, call, text_at, void_ptr
from .base import AkitError, check
from .config import label_ptr
from .raw_pages import RawRegion
from .region_block import RegionBlock
from .region_structs import RegionConfig, RegionStats
from .stats import stats_json, stats_openmetrics


comptime Region = RegionOn[MutUntrackedOrigin]
"""A cache of regions on the kernel's memory."""


struct RegionOn[memory_origin: MutOrigin](Movable):
    """A cache of regions: capped, measured, and destroyed with everything in it. See `Region` for the usual one.

    A region that is freed is kept, by size, so that the next one of its size costs neither a system call nor a page
    fault; what stays idle for the decay time goes back to the kernel.

    Parameters:
        memory_origin: Origin of the caller's memory it stands on; `MutUntrackedOrigin` for the kernel's memory.
    """

    var _raw: RawRegion
    var _owned: Bool

    def __init__(out self: Region, config: RegionConfig = RegionConfig(), *, name: String = "") raises AkitError:
        """Makes a handle that takes its memory from the kernel.

        Args:
            config: How it is set up; all defaults when left out.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for a value that makes no sense, ENOMEM for no memory, ENOSYS for a NUMA mode on a kernel
                without NUMA.
        """
        self = Region(unsafe_handle=_create(config.copy(), name), owned=True)

    def __init__(
        out self,
        config: RegionConfig = RegionConfig(),
        *,
        memory: Span[mut=True, UInt8, Self.memory_origin],
        name: String = "",
    ) raises AkitError:
        """Makes a handle that stands on memory of the caller, and makes no system call for blocks afterwards.

        Args:
            config: How it is set up; all defaults when left out.
            memory: At least one whole page. The handle keeps its owner alive, which must not move it meanwhile.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for too little memory and for NUMA, huge pages, guards, a purge method or another fork
                mode than `Fork.COPY` with it; else as without memory.
        """
        var placed = config.copy()
        placed.memory = memory.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        placed.memory_bytes = UInt64(len(memory))
        self = Self(unsafe_handle=_create(placed^, name), owned=True)

    def __init__(out self, *, unsafe_handle: Handle, owned: Bool):
        """Wraps an `akit_region *` that came from elsewhere.

        Args:
            unsafe_handle: The handle.
            owned: Whether this object destroys it.
        """
        self._raw = RawRegion(unsafe_handle)
        self._owned = owned

    def __deinit__(deinit self):
        """Destroys the handle with every region in it, but for pinned ones."""
        if self._owned:
            _ = call["akit_region_destroy", c_int](self._raw.handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Destroys the handle with every region in it, as the end of its life does, and says how it went. Pinned
        regions stay mapped until they are unpinned.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        _ = check(call["akit_region_destroy", c_int](self._raw.handle, UInt32(0)))

    def destroy_deferred(deinit self) raises AkitError:
        """Ends the handle, but leaves the regions that are still out: nothing new can be allocated, and the last one
        that is given to `free` of a view takes the handle along.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        comptime DEFER = UInt32(1)
        _ = check(call["akit_region_destroy", c_int](self._raw.handle, DEFER))

    @always_inline
    def raw(self) -> RawRegion:
        """The handle in terms of bytes and bare pointers, still owned by this object.

        Returns:
            A view that does not keep the handle alive.
        """
        return self._raw

    def unsafe_release(deinit self) -> Handle:
        """Gives up ownership of the `akit_region *`.

        Returns:
            The handle, which nobody destroys now.
        """
        return self._raw.handle

    def alloc[
        o: ImmOrigin
    ](ref[o] self, size: Int, alignment: Int = 0, flags: UInt32 = 0) raises AkitError -> RegionBlock[o]:
        """Allocates a region of whole pages.

        Parameters:
            o: Origin of this handle.

        Args:
            size: Bytes.
            alignment: 0 (a page) or a power of two up to 1 GiB.
            flags: `Alloc.ZERO`, `Alloc.NO_CACHE` and `Alloc.GUARD` joined by `|`.

        Returns:
            The region, which keeps this handle alive and goes back to it at the end of its life.

        Raises:
            AkitError: ENOMEM for the cap, the budget of mappings, the kernel, or a size that can never be had; EINVAL
                for another alignment or unknown flags; on memory of the caller EMSGSIZE for more than it can ever give
                and ENOBUFS for more than is free now.
        """
        var p, usable = self._raw.alloc(size, alignment, flags)
        return RegionBlock[o](self._raw, unsafe_block=p, size=usable)

    # ---- questions

    def config(self) raises AkitError -> RegionConfig:
        """The configuration in force, with the defaults filled in.

        Returns:
            The configuration; its `name` is borrowed from the handle.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_region_config_get", RegionConfig](self._raw.handle)

    def name(self) raises AkitError -> String:
        """The label in the statistics.

        Returns:
            The name given at creation, else empty text.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return text_at(self.config().name)

    def suggest(self) raises AkitError -> RegionConfig:
        """A configuration as the statistics recommend it. Nothing changes.

        Returns:
            The configuration; its `name` is borrowed from the handle.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_region_suggest", RegionConfig](self._raw.handle)

    def stats(self) raises AkitError -> RegionStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_region_stats_get", RegionStats](self._raw.handle)

    def json(self) raises AkitError -> String:
        """The statistics as JSON.

        Returns:
            The text.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return stats_json(self.stats().id)

    def openmetrics(self) raises AkitError -> String:
        """The statistics as OpenMetrics.

        Returns:
            The text.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return stats_openmetrics(self.stats().id)

    def node_bytes(self, node: Int) raises AkitError -> UInt64:
        """How much of the regions in use is resident on a NUMA node. The kernel is asked, about 0.1 us per page.

        Args:
            node: Number of the node, from 0.

        Returns:
            Bytes.

        Raises:
            AkitError: ENOENT for a node that does not exist, ENOSYS when the kernel does not tell, EINVAL for a stale
                handle.
        """
        return check_count(call["akit_region_node_bytes", Int64](self._raw.handle, UInt32(node)))

    def purge(self, flags: UInt32 = 0) raises AkitError -> UInt64:
        """Gives cached memory of this handle back to the kernel; regions in use and pinned ones are not touched.

        Args:
            flags: `Purge` values joined by `|`; 0 is `Purge.ALL`.

        Returns:
            Bytes the kernel got back.

        Raises:
            AkitError: EINVAL for a stale handle or unknown flags.
        """
        var bytes = UInt64(0)
        _ = check(call["akit_region_purge", c_int](self._raw.handle, flags, void_ptr(bytes)))
        return bytes


def _create(var config: RegionConfig, name: String) raises AkitError -> Handle:
    var handle = Handle(None)
    var label = name
    if label.byte_length() > 0:
        config.name = label_ptr(label)
    _ = check(call["akit_region_create", c_int](void_ptr(config), void_ptr(handle)))
    _ = config^
    _ = label^
    return handle
