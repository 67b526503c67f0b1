"""Huge pages as an owned handle: blocks on explicit huge pages, with an answer when they cannot be had.

Sizes and alignments are in bytes. Every method may be called from any thread, unless it ends the handle.
"""

from std.ffi import c_int

from ._answers import check_count, read_struct
from ._ffi import Handle, call, text_at, void_ptr
from .base import AkitError, check, inspect
from .config import label_ptr
from .huge_block import HugeBlock
from .huge_structs import HugeConfig, HugeStats
from .raw_pages import RawHuge
from .stats import stats_json, stats_openmetrics


struct Huge(Movable):
    """A source of big blocks on the largest pages the policy allows and the system has.

    A request is tried on giant pages, then on huge pages, then on transparent huge pages, then on ordinary ones.
    Explicit pages are taken when the block is allocated, so that none is missing later. Each block tells what it stands
    on, and why it is not more; both are counted.
    """

    var _raw: RawHuge
    var _owned: Bool

    def __init__(out self, config: HugeConfig = HugeConfig(), *, name: String = "") raises AkitError:
        """Makes a handle.

        Args:
            config: How it is set up; all defaults when left out.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for a page size the kernel does not offer or another value that makes no sense; ENOMEM for
                no memory, also when `prefault_bytes` cannot be had; ENOSYS for a NUMA mode on a kernel without NUMA.
        """
        var handle = Handle(None)
        var label = name
        var named = config.copy()
        if label.byte_length() > 0:
            named.name = label_ptr(label)
        _ = check(call["akit_huge_create", c_int](void_ptr(named), void_ptr(handle)))
        _ = named^
        _ = label^
        self = Self(unsafe_handle=handle, owned=True)

    def __init__(out self, *, unsafe_handle: Handle, owned: Bool):
        """Wraps an `akit_huge *` that came from elsewhere.

        Args:
            unsafe_handle: The handle.
            owned: Whether this object destroys it.
        """
        self._raw = RawHuge(unsafe_handle)
        self._owned = owned

    def __deinit__(deinit self):
        """Destroys the handle with every block in it."""
        if self._owned:
            _ = call["akit_huge_destroy", c_int](self._raw.handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Destroys the handle with every block in it, as the end of its life does, and says how it went.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        _ = check(call["akit_huge_destroy", c_int](self._raw.handle, UInt32(0)))

    def destroy_deferred(deinit self) raises AkitError:
        """Ends the handle, but leaves the blocks that are still out: nothing new can be allocated, and the last one
        that is given to `free` of a view takes the handle along.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        comptime DEFER = UInt32(1)
        _ = check(call["akit_huge_destroy", c_int](self._raw.handle, DEFER))

    @always_inline
    def raw(self) -> RawHuge:
        """The handle in terms of bytes and bare pointers, still owned by this object.

        Returns:
            A view that does not keep the handle alive.
        """
        return self._raw

    def unsafe_release(deinit self) -> Handle:
        """Gives up ownership of the `akit_huge *`.

        Returns:
            The handle, which nobody destroys now.
        """
        return self._raw.handle

    def alloc[
        o: ImmOrigin
    ](ref[o] self, size: Int, alignment: Int = 0, flags: UInt32 = 0) raises AkitError -> HugeBlock[o]:
        """Allocates a block.

        Parameters:
            o: Origin of this handle.

        Args:
            size: Bytes; rounded up to whole pages of the kind taken.
            alignment: 0 (a page of its kind) or a power of two up to 1 GiB.
            flags: `Alloc.ZERO` and `Alloc.NO_CACHE` joined by `|`.

        Returns:
            The block, which keeps this handle alive and goes back to it at the end of its life.

        Raises:
            AkitError: ENOMEM for the cap, the kernel, a kind of pages that is required and cannot be had (why is in
                `reason_count` and the statistics), or a size that can never be had; EINVAL for another alignment or
                unknown flags.
        """
        var p, backing = self._raw.alloc(size, alignment, flags)
        return HugeBlock[o](self._raw, unsafe_block=p, size=Int(inspect(p).usable_bytes), backing=backing)

    # ---- questions

    def config(self) raises AkitError -> HugeConfig:
        """The configuration in force, with the defaults filled in.

        Returns:
            The configuration; its `name` is borrowed from the handle.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_huge_config_get", HugeConfig](self._raw.handle)

    def name(self) raises AkitError -> String:
        """The label in the statistics.

        Returns:
            The name given at creation, else empty text.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return text_at(self.config().name)

    def suggest(self) raises AkitError -> HugeConfig:
        """A configuration as the statistics recommend it. Nothing changes.

        Returns:
            The configuration; its `name` is borrowed from the handle.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_huge_suggest", HugeConfig](self._raw.handle)

    def stats(self) raises AkitError -> HugeStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_huge_stats_get", HugeStats](self._raw.handle)

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

    def reason_count(self, reason: UInt64) raises AkitError -> UInt64:
        """How often a kind of pages that the policy wishes for could not be had.

        Args:
            reason: One of `Reason`.

        Returns:
            Their number; one request may count once for each kind.

        Raises:
            AkitError: EINVAL for an unknown reason or a stale handle.
        """
        return check_count(call["akit_huge_reason_count", Int64](self._raw.handle, UInt32(reason)))

    def node_bytes(self, node: Int) raises AkitError -> UInt64:
        """How much of the blocks in use is resident on a NUMA node. The kernel is asked, about 0.1 us per page.

        Args:
            node: Number of the node, from 0.

        Returns:
            Bytes.

        Raises:
            AkitError: ENOENT for a node that does not exist, ENOSYS when the kernel does not tell, EINVAL for a stale
                handle.
        """
        return check_count(call["akit_huge_node_bytes", Int64](self._raw.handle, UInt32(node)))

    def purge(self, flags: UInt32 = 0) raises AkitError -> UInt64:
        """Gives cached memory of this handle back: explicit pages to the reservation, others to the kernel.

        Args:
            flags: `Purge` values joined by `|`; 0 is `Purge.ALL`.

        Returns:
            Bytes given back.

        Raises:
            AkitError: EINVAL for a stale handle or unknown flags.
        """
        var bytes = UInt64(0)
        _ = check(call["akit_huge_purge", c_int](self._raw.handle, flags, void_ptr(bytes)))
        return bytes
