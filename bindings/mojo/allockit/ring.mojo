"""Rings as an owned handle: slices of one contiguous area, acquired by one producer and released by anybody.

Sizes are in bytes. `acquire`, `acquire_n` and `commit` are for one thread at a time, the producer; every other method may
be called from any thread, unless it ends the ring.
"""

from std.ffi import c_int, c_size_t

from ._answers import read_struct
from ._ffi import Handle, VoidPtr, call, text_at, void_ptr
from .base import AkitError, check
from .config import label_ptr
from .huge import Huge
from .raw_ring import RawRing
from .region import RegionOn
from .ring_slice import RingSliceOn
from .ring_structs import RingConfig, RingStats
from .stats import stats_json, stats_openmetrics


comptime Ring = RingOn[MutUntrackedOrigin]
"""A ring on the kernel's memory."""


struct RingOn[memory_origin: MutOrigin](Movable):
    """A source of slices in a row. See `Ring` for the usual one.

    No slice is longer than a block (`block_bytes`, 64 KiB by default); those of one block are contiguous. What is
    released, in any order, is used again when its block has nothing out.

    The end of a ring's life waits for the slices that are out: they stay valid, and the last one takes the ring along.

    Parameters:
        memory_origin: Origin of the caller's memory it stands on; `MutUntrackedOrigin` for the kernel's memory.
    """

    var _raw: RawRing
    var _owned: Bool

    def __init__(out self: Ring, config: RingConfig = RingConfig(), *, name: String = "") raises AkitError:
        """Makes a ring that takes its area from the kernel.

        Args:
            config: How it is set up; all defaults when left out.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for a value that makes no sense, ENOMEM for no memory or a cap below the capacity, ENOSYS
                for a NUMA mode on a kernel without NUMA.
        """
        self = Ring(unsafe_handle=_create(config.copy(), name), owned=True)

    def __init__(
        out self, config: RingConfig = RingConfig(), *, region: RegionOn[Self.memory_origin], name: String = ""
    ) raises AkitError:
        """Makes a ring whose area comes from a region handle, in which it counts.

        Args:
            config: How it is set up; all defaults when left out.
            region: Where its area comes from; what the ring needs of it stays, even if the handle is destroyed.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: As without.
        """
        var based = config.copy()
        based.region = region.raw().handle
        self = Self(unsafe_handle=_create(based^, name), owned=True)

    def __init__(out self: Ring, config: RingConfig = RingConfig(), *, huge: Huge, name: String = "") raises AkitError:
        """Makes a ring whose area comes from a huge-page handle, on the pages that its policy gives.

        Args:
            config: How it is set up; all defaults when left out.
            huge: Where its area comes from; what the ring needs of it stays, even if the handle is destroyed.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: As without.
        """
        var based = config.copy()
        based.huge = huge.raw().handle
        self = Ring(unsafe_handle=_create(based^, name), owned=True)

    def __init__(
        out self,
        config: RingConfig = RingConfig(),
        *,
        memory: Span[mut=True, UInt8, Self.memory_origin],
        name: String = "",
    ) raises AkitError:
        """Makes a ring in memory of the caller. It makes no system call afterwards, save to wait when threads meet.

        Args:
            config: How it is set up; all defaults when left out.
            memory: At least one block. The ring and its slices keep its owner alive, which must not move it meanwhile.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for too little memory, and for NUMA, huge pages, `prefault_bytes` or another fork mode
                than `Fork.COPY` with it; else as without memory.
        """
        var placed = config.copy()
        placed.memory = memory.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        placed.memory_bytes = UInt64(len(memory))
        self = Self(unsafe_handle=_create(placed^, name), owned=True)

    def __init__(out self, *, unsafe_handle: Handle, owned: Bool):
        """Wraps an `akit_ring *` that came from elsewhere.

        Args:
            unsafe_handle: The handle.
            owned: Whether this object destroys it.
        """
        self._raw = RawRing(unsafe_handle)
        self._owned = owned

    def __deinit__(deinit self):
        """Ends the ring, when the last slice is back."""
        if self._owned:
            _ = call["akit_ring_destroy", c_int](self._raw.handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Ends the ring, as the end of its life does, and says how it went: nothing new can be had, slices that are out
        stay valid, and the last one that is released takes the ring along.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        _ = check(call["akit_ring_destroy", c_int](self._raw.handle, UInt32(0)))

    def unsafe_destroy_now(deinit self) raises AkitError:
        """Ends the ring at once. Slices that are still out are dangling: they must be let go before, and not used.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        comptime NOW = UInt32(2)
        _ = check(call["akit_ring_destroy", c_int](self._raw.handle, NOW))

    @always_inline
    def raw(self) -> RawRing:
        """The ring in terms of bytes and bare pointers, still owned by this object.

        Returns:
            A view that does not keep the ring alive.
        """
        return self._raw

    def unsafe_release(deinit self) -> Handle:
        """Gives up ownership of the `akit_ring *`.

        Returns:
            The handle, which nobody destroys now.
        """
        return self._raw.handle

    @always_inline
    def acquire(self, length: Int) raises AkitError -> RingSliceOn[Self.memory_origin]:
        """Acquires a slice.

        Args:
            length: Bytes; 0 acquires the smallest slice.

        Returns:
            The slice, `length` bytes long, which is released at the end of its life, also after the ring's.

        Raises:
            AkitError: ENOBUFS when there is no room now; EMSGSIZE for more than `max_slice_bytes`, ENOMEM for a length
                that can never be had.
        """
        return RingSliceOn[Self.memory_origin](self._raw, unsafe_slice=self._raw.acquire(length), length=length)

    def acquire_n(self, length: Int, n: Int) -> List[RingSliceOn[Self.memory_origin]]:
        """Acquires many slices of one length in one call.

        Args:
            length: Bytes of each.
            n: How many are wanted.

        Returns:
            The slices; fewer than wanted when the ring refused one.
        """
        var got = self._raw.acquire_n(length, n)
        var slices = List[RingSliceOn[Self.memory_origin]](capacity=len(got))
        for p in got:
            slices.append({self._raw, unsafe_slice = p.unsafe_value(), length = length})
        return slices^

    def commit(self, mut slice: RingSliceOn[Self.memory_origin], used: Int) raises AkitError:
        """Shortens the slice that was acquired last: the next one begins behind it. That is how to receive what is of
        unknown length.

        Args:
            slice: The slice.
            used: Bytes that stay.

        Raises:
            AkitError: EINVAL for a slice that was not acquired last, and for more than its length; ENOENT for one of
                another ring. Reported as misuse, and nothing changes.
        """
        self._raw.commit(slice.untyped(), used)
        slice._shorten(used)

    # ---- questions

    def memory(self) raises AkitError -> Tuple[VoidPtr, Int]:
        """Where the area lies.

        Returns:
            Its first byte and its length.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        var base = VoidPtr(None)
        var length = c_size_t(0)
        _ = check(call["akit_ring_memory_get", c_int](self._raw.handle, void_ptr(base), void_ptr(length)))
        return (base, Int(length))

    def config(self) raises AkitError -> RingConfig:
        """The configuration in force, with the defaults filled in, but for the name, see `name`.

        Returns:
            The configuration.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return _without_name(read_struct["akit_ring_config_get", RingConfig](self._raw.handle))

    def name(self) raises AkitError -> String:
        """The label in the statistics.

        Returns:
            The name given at creation, else empty text.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return text_at(read_struct["akit_ring_config_get", RingConfig](self._raw.handle).name)

    def suggest(self) raises AkitError -> RingConfig:
        """A configuration as what was seen recommends it: the capacity that would have served every request so far, also
        those that were refused, and blocks that the largest of them fits into. Nothing changes.

        Returns:
            The configuration.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return _without_name(read_struct["akit_ring_suggest", RingConfig](self._raw.handle))

    def stats(self) raises AkitError -> RingStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_ring_stats_get", RingStats](self._raw.handle)

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


def _create(var config: RingConfig, name: String) raises AkitError -> Handle:
    var handle = Handle(None)
    var label = name
    if label.byte_length() > 0:
        config.name = label_ptr(label)
    _ = check(call["akit_ring_create", c_int](void_ptr(config), void_ptr(handle)))
    _ = config^
    _ = label^
    return handle


def _without_name(var config: RingConfig) -> RingConfig:
    """A configuration that may outlive the ring it was read from."""
    config.name = None
    return config^
