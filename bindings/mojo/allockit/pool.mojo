"""Pools as an owned handle: byte buffers in size classes, taken and put back by any thread.

Sizes are in bytes. Every method may be called from any thread, unless it ends the pool; `suggest` by one at a time.
"""

from std.ffi import c_int, c_size_t

from ._answers import read_struct
from ._ffi import Handle, VoidPtr, call, text_at, void_ptr
from .base import AkitError, BlockInfo, check
from .config import label_ptr
from .huge import Huge
from .pool_buffer import PooledBufOn
from .pool_structs import PoolConfig, PoolStats, PoolSuggestion
from .raw_pool import RawPool
from .region import RegionOn
from .stats import ClassStats, stats_json, stats_openmetrics


comptime Pool = PoolOn[MutUntrackedOrigin]
"""A pool on the kernel's memory."""


struct PoolOn[memory_origin: MutOrigin](Movable):
    """A source of byte buffers: capped, measured, warmed up. See `Pool` for the usual one.

    A buffer has the capacity of its size class: 2, 4, 8, 16, 32 or 64 KiB unless the configuration says otherwise.
    Every thread has a cache of its own. Longer requests get a mapping of their own, which is not kept.

    The end of a pool's life waits for the buffers that are out: they stay valid, and the last one takes the pool along.

    Parameters:
        memory_origin: Origin of the caller's memory it stands on; `MutUntrackedOrigin` for the kernel's memory.
    """

    var _raw: RawPool
    var _owned: Bool

    def __init__(
        out self: Pool,
        config: PoolConfig = PoolConfig(),
        *,
        class_bytes: List[UInt64] = List[UInt64](),
        name: String = "",
    ) raises AkitError:
        """Makes a pool that takes its memory from the kernel.

        Args:
            config: How it is set up; all defaults when left out.
            class_bytes: The capacities of its classes, ascending, at most 64, each at most 16 MiB; none: as `config`
                says.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for a value that makes no sense, ENOMEM for no memory, ENOSYS for a NUMA mode on a kernel
                without NUMA.
        """
        self = Pool(unsafe_handle=_create(config.copy(), class_bytes, name), owned=True)

    def __init__(
        out self,
        config: PoolConfig = PoolConfig(),
        *,
        region: RegionOn[Self.memory_origin],
        class_bytes: List[UInt64] = List[UInt64](),
        name: String = "",
    ) raises AkitError:
        """Makes a pool that takes its memory from a region handle, in which it counts.

        Args:
            config: How it is set up; all defaults when left out.
            region: Where its memory comes from; what the pool needs of it stays, even if the handle is destroyed.
            class_bytes: The capacities of its classes; none: as `config` says.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: As without.
        """
        var based = config.copy()
        based.region = region.raw().handle
        self = Self(unsafe_handle=_create(based^, class_bytes, name), owned=True)

    def __init__(
        out self: Pool,
        config: PoolConfig = PoolConfig(),
        *,
        huge: Huge,
        class_bytes: List[UInt64] = List[UInt64](),
        name: String = "",
    ) raises AkitError:
        """Makes a pool that takes its memory from a huge-page handle, on the pages that its policy gives.

        Args:
            config: How it is set up; all defaults when left out.
            huge: Where its memory comes from; what the pool needs of it stays, even if the handle is destroyed.
            class_bytes: The capacities of its classes; none: as `config` says.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: As without.
        """
        var based = config.copy()
        based.huge = huge.raw().handle
        self = Pool(unsafe_handle=_create(based^, class_bytes, name), owned=True)

    def __init__(
        out self,
        config: PoolConfig = PoolConfig(),
        *,
        memory: Span[mut=True, UInt8, Self.memory_origin],
        class_bytes: List[UInt64] = List[UInt64](),
        name: String = "",
    ) raises AkitError:
        """Makes a pool on memory of the caller. It makes no system call afterwards, save to wait when threads meet.

        Args:
            config: How it is set up; all defaults when left out.
            memory: At least two whole pages, and room for a buffer of the largest class. The pool and its buffers keep
                its owner alive, which must not move it meanwhile.
            class_bytes: The capacities of its classes; none: as `config` says.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EINVAL for too little memory, and for NUMA, huge pages, `PoolFlags.TAGS`, `prefault_bytes`,
                `Exhaust.FALLBACK` or another fork mode than `Fork.COPY` with it; else as without memory.
        """
        var placed = config.copy()
        placed.memory = memory.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        placed.memory_bytes = UInt64(len(memory))
        self = Self(unsafe_handle=_create(placed^, class_bytes, name), owned=True)

    def __init__(out self, *, unsafe_handle: Handle, owned: Bool):
        """Wraps an `akit_pool *` that came from elsewhere.

        Args:
            unsafe_handle: The handle.
            owned: Whether this object destroys it.
        """
        self._raw = RawPool(unsafe_handle)
        self._owned = owned

    def __deinit__(deinit self):
        """Ends the pool, when the last buffer is back."""
        if self._owned:
            _ = call["akit_pool_destroy", c_int](self._raw.handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Ends the pool, as the end of its life does, and says how it went: nothing new can be had, buffers that are
        out stay valid, and the last one that is put takes the pool along.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        _ = check(call["akit_pool_destroy", c_int](self._raw.handle, UInt32(0)))

    def unsafe_destroy_now(deinit self) raises AkitError:
        """Ends the pool at once. Buffers that are still out are dangling: they must be released before, and not used.

        Raises:
            AkitError: EINVAL for a wrapped handle that is stale.
        """
        comptime NOW = UInt32(2)
        _ = check(call["akit_pool_destroy", c_int](self._raw.handle, NOW))

    @always_inline
    def raw(self) -> RawPool:
        """The pool in terms of bytes and bare pointers, still owned by this object.

        Returns:
            A view that does not keep the pool alive.
        """
        return self._raw

    def unsafe_release(deinit self) -> Handle:
        """Gives up ownership of the `akit_pool *`.

        Returns:
            The handle, which nobody destroys now.
        """
        return self._raw.handle

    @always_inline
    def get(self, length: Int) raises AkitError -> PooledBufOn[Self.memory_origin]:
        """Gets a buffer.

        Args:
            length: Bytes; 0 gets the smallest class.

        Returns:
            The buffer, `length` bytes long, which goes back at the end of its life, also after the pool's.

        Raises:
            AkitError: ENOMEM for the cap, the kernel, or a length that can never be had; EMSGSIZE for more than the
                cap or memory of the caller can ever give, and with `Exhaust.FAIL` above the largest class; ENOBUFS
                when memory of the caller or, with that mode, what was warmed up is all out now.
        """
        var p, capacity = self._raw.get(length)
        return PooledBufOn[Self.memory_origin](self._raw, unsafe_buffer=p, length=length, capacity=capacity)

    def get_n(self, length: Int, n: Int) -> List[PooledBufOn[Self.memory_origin]]:
        """Gets many buffers of one length in one call.

        Args:
            length: Bytes of each.
            n: How many are wanted.

        Returns:
            The buffers; fewer than wanted when the pool refused one.
        """
        var got = List[VoidPtr](length=n, fill=None)
        var done, capacity = self._raw.get_n_into(length, n, got.unsafe_ptr())
        var buffers = List[PooledBufOn[Self.memory_origin]](capacity=done)
        for i in range(done):
            var p = got[i].unsafe_value()
            buffers.append({self._raw, unsafe_buffer = p, length = length, capacity = capacity})
        return buffers^

    def warm(self, length: Int, count: Int) raises AkitError:
        """Makes buffers idle and resident, without writing to them. Decay leaves that many alone from now on, `purge`
        does not.

        Args:
            length: Bytes; the class that serves them is warmed up.
            count: How many buffers there shall be at least.

        Raises:
            AkitError: EMSGSIZE above the largest class; EINVAL when the caps on idle bytes do not allow that many;
                ENOMEM, or ENOBUFS on memory of the caller: what could be made is kept.
        """
        _ = check(call["akit_pool_warm", c_int](self._raw.handle, c_size_t(length), c_size_t(count)))

    # ---- questions

    def config(self) raises AkitError -> PoolConfig:
        """The configuration in force, with the defaults filled in, but for what would point into the pool: see `name`
        and `class_bytes`.

        Returns:
            The configuration.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return _without_pointers(read_struct["akit_pool_config_get", PoolConfig](self._raw.handle))

    def class_bytes(self) raises AkitError -> List[UInt64]:
        """The capacities of the classes, however they were named.

        Returns:
            Bytes, ascending.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return _classes(read_struct["akit_pool_config_get", PoolConfig](self._raw.handle))

    def name(self) raises AkitError -> String:
        """The label in the statistics.

        Returns:
            The name given at creation, else empty text.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return text_at(read_struct["akit_pool_config_get", PoolConfig](self._raw.handle).name)

    def suggest(self) raises AkitError -> PoolSuggestion:
        """A configuration as what was seen recommends it: the classes that waste least, the caps that would keep what
        was out at once, and that much as warm-up. Nothing changes. By one thread at a time.

        Returns:
            The configuration and the classes.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        var config = read_struct["akit_pool_suggest", PoolConfig](self._raw.handle)
        var classes = _classes(config)
        return PoolSuggestion(_without_pointers(config^), classes^)

    def stats(self) raises AkitError -> PoolStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return read_struct["akit_pool_stats_get", PoolStats](self._raw.handle)

    def class_count(self) -> Int:
        """How many size classes there are.

        Returns:
            Their number; 0 for a stale handle.
        """
        return Int(call["akit_pool_class_count", c_size_t](self._raw.handle))

    def class_stats(self, index: Int) raises AkitError -> ClassStats:
        """Reads the statistics of one size class.

        Args:
            index: From 0, the smallest, below `class_count`.

        Returns:
            The figures.

        Raises:
            AkitError: ENOENT for an index that does not exist; EINVAL for a stale handle.
        """
        var stats = ClassStats()
        _ = check(call["akit_pool_class_stats_get", c_int](self._raw.handle, c_size_t(index), void_ptr(stats)))
        return stats^

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

    def leaks(self) raises AkitError -> List[BlockInfo]:
        """Lists the buffers that are out, as `leaks` of the view does.

        Returns:
            Where they are (`base`), their capacity (`usable_bytes`) and the number noted with each (`tag`).

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        return self._raw.leaks()

    def purge(self, flags: UInt32 = 0) raises AkitError -> UInt64:
        """Gives idle buffers back to the kernel, also those that `warm` made; buffers that are out are not touched.

        Args:
            flags: `Purge` values joined by `|`; 0 is `Purge.ALL`.

        Returns:
            Bytes the kernel got back.

        Raises:
            AkitError: EINVAL for a stale handle or unknown flags.
        """
        var bytes = UInt64(0)
        _ = check(call["akit_pool_purge", c_int](self._raw.handle, flags, void_ptr(bytes)))
        return bytes


def _create(var config: PoolConfig, class_bytes: List[UInt64], name: String) raises AkitError -> Handle:
    var handle = Handle(None)
    var label = name
    var classes = class_bytes.copy()
    if label.byte_length() > 0:
        config.name = label_ptr(label)
    if len(classes) > 0:
        config.class_bytes = classes.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        config.class_count = UInt64(len(classes))
    _ = check(call["akit_pool_create", c_int](void_ptr(config), void_ptr(handle)))
    _ = config^
    _ = label^
    _ = classes^
    return handle


def _classes(config: PoolConfig) -> List[UInt64]:
    """A copy of the list that a configuration points to, while its pool is alive."""
    var classes = List[UInt64]()
    if config.class_bytes:
        for i in range(Int(config.class_count)):
            classes.append(config.class_bytes.unsafe_value().unsafe_bitcast[UInt64]().unsafe_load(i))
    return classes^


def _without_pointers(var config: PoolConfig) -> PoolConfig:
    """A configuration that may outlive the pool it was read from."""
    config.name = None
    config.class_bytes = None
    config.class_count = 0
    return config^
