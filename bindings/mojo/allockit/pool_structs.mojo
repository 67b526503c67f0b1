"""Configuration and statistics of pools. Sizes are in bytes, times in nanoseconds."""

from std.sys import size_of

from ._ffi import Handle, TextPtr, VoidPtr, empty_struct


struct PoolConfig(Copyable):
    """Configuration of a pool; layout of `akit_pool_config`. Zero in any field is the default.

    The name of a pool, a list of its classes and what it stands on are arguments of their own where a pool is made.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """`PoolFlags` values joined by `|`."""
    var name: TextPtr
    """Borrowed text; set by the functions that make a pool."""
    var limit_bytes: UInt64
    """Cap on everything the pool maps: slabs, caches, metadata. At least 64 KiB; 0 or `NONE`: no cap."""
    var decay_ns: UInt64
    """Idle buffers are due to go back after this time. 0: 100 ms, `NONE`: never by themselves."""
    var thp: UInt32
    """One of `Thp`."""
    var fork_mode: UInt32
    """One of `Fork`."""
    var zero_mode: UInt32
    """One of `Zero`; the whole capacity is zeroed."""
    var numa_mode: UInt32
    """One of `Numa`."""
    var numa_nodes: UInt64
    """Bit n stands for node n; must be 0 with `Numa.LOCAL`, and name nodes that are there with the others."""
    var prefault_bytes: UInt64
    """Bytes made resident at creation, for whatever class asks first. 0: none."""
    var check_mode: UInt32
    """One of `Check`; `Check.FAST` finds all but racing double puts at the call."""
    var reserved0: UInt32
    """Must be 0."""
    var reserved_a: UInt64
    """Must be 0."""
    var reserved_b: UInt64
    """Must be 0."""
    var reserved_c: UInt64
    """Must be 0."""
    var reserved_d: UInt64
    """Must be 0."""
    var region: Handle
    """Where slabs come from; `Pool` sets it from its argument."""
    var huge: Handle
    """Where slabs come from; `Pool` sets it from its argument."""
    var min_class_bytes: UInt64
    """Capacity of the smallest class. 0: 2 KiB, or the largest class when that is smaller."""
    var max_class_bytes: UInt64
    """Capacity of the largest class, at most 16 MiB. 0: 64 KiB, or the smallest class when that is larger."""
    var classes_per_doubling: UInt64
    """1, 2, 4 or 8. 0: 1."""
    var class_bytes: VoidPtr
    """The capacities as a list, instead; `Pool` sets it from its argument."""
    var class_count: UInt64
    """How many there are, at most 64."""
    var class_cache_bytes: UInt64
    """Most idle bytes of one class, all threads together. 0: as `cache_bytes`."""
    var cache_bytes: UInt64
    """Most idle bytes of all classes and threads. 0: 64 MiB, `NONE`: no bound."""
    var thread_cache_bytes: UInt64
    """Most idle bytes in the cache of one thread. 0: 4 MiB, `NONE`: as `cache_bytes`."""
    var alignment: UInt64
    """Of every buffer: a power of two, at most 2 MiB. 0: 64."""
    var slab_bytes: UInt64
    """Size of a slab, at most 1 GiB: as many whole buffers as fit, from one to 32768. 0: from 64 KiB in the beginning
    to 2 MiB."""
    var exhaust_mode: UInt32
    """One of `Exhaust`."""
    var reserved1: UInt32
    """Must be 0."""
    var memory: VoidPtr
    """Memory of the caller to cut slabs from; none: the kernel's. `PoolOn` sets it from its argument."""
    var memory_bytes: UInt64
    """Size of that memory, at least two whole pages."""

    def __init__(
        out self,
        *,
        limit_bytes: UInt64 = 0,
        decay_ns: UInt64 = 0,
        cache_bytes: UInt64 = 0,
        thread_cache_bytes: UInt64 = 0,
        alignment: UInt64 = 0,
        exhaust_mode: UInt32 = 0,
        zero_mode: UInt32 = 0,
        flags: UInt64 = 0,
    ):
        """The default configuration, but for what is given. Other fields are set by assignment.

        Args:
            limit_bytes: Cap in bytes, at least 64 KiB; 0 for none.
            decay_ns: Nanoseconds after which idle buffers go back; 0 for 100 ms.
            cache_bytes: Idle bytes that are kept; 0 for 64 MiB.
            thread_cache_bytes: Idle bytes that one thread keeps; 0 for 8 MiB.
            alignment: Of every buffer; 0 for 64.
            exhaust_mode: One of `Exhaust`.
            zero_mode: One of `Zero`.
            flags: `PoolFlags` values joined by `|`.
        """
        comptime assert size_of[Self]() == 232, "layout of akit_pool_config"
        self = empty_struct[Self]()
        self.limit_bytes = limit_bytes
        self.decay_ns = decay_ns
        self.cache_bytes = cache_bytes
        self.thread_cache_bytes = thread_cache_bytes
        self.alignment = alignment
        self.exhaust_mode = exhaust_mode
        self.zero_mode = zero_mode
        self.flags = flags


@fieldwise_init
struct PoolSuggestion(Copyable):
    """What a pool recommends: both are arguments of `Pool`."""

    var config: PoolConfig
    """Caps and warm-up."""
    var class_bytes: List[UInt64]
    """Capacities of the classes, ascending."""


struct PoolStats(Copyable):
    """Figures of one pool; layout of `akit_pool_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var id: UInt64
    """Id of the handle, never used again."""
    var kind: UInt64
    """`Kind.POOL`."""
    var limit_bytes: UInt64
    """The cap in force, `NONE` without one."""
    var used_bytes: UInt64
    """Capacity of the buffers that are out."""
    var used_peak_bytes: UInt64
    """Most of it, seen when a thread's cache is filled or flushed and on reading."""
    var cached_bytes: UInt64
    """Capacity of the idle buffers: caches of threads and the common part."""
    var metadata_bytes: UInt64
    """The pool's own books."""
    var mapped_bytes: UInt64
    """Address space the pool holds."""
    var mapped_peak_bytes: UInt64
    """Most of it."""
    var pinned_bytes: UInt64
    """Bytes of slabs that are registered with io_uring."""
    var mappings: UInt64
    """Ranges the pool holds: slabs and buffers of their own."""
    var allocs_total: UInt64
    """Buffers handed out, also those above the largest class."""
    var frees_total: UInt64
    """Buffers taken back."""
    var failures_total: UInt64
    """Requests that failed, whatever the reason."""
    var limit_hits_total: UInt64
    """Of these, the ones because of `limit_bytes`."""
    var misuses_total: UInt64
    """Wrong puts, and calls with a pointer that was not legal."""
    var maps_total: UInt64
    """Slabs and buffers of their own that were made."""
    var unmaps_total: UInt64
    """And given up."""
    var purges_total: UInt64
    """Purges of everything that was cached."""
    var purged_bytes_total: UInt64
    """Bytes given back to the kernel on request."""
    var prefaulted_bytes_total: UInt64
    """Bytes made resident ahead of use."""
    var out_buffers: UInt64
    """Buffers that are out."""
    var out_peak_buffers: UInt64
    """Most buffers that were out at once; with several threads up to one batch per thread too high."""
    var hits_total: UInt64
    """Requests served by an idle buffer."""
    var misses_total: UInt64
    """Requests that took a buffer out of a slab."""
    var puts_total: UInt64
    """Buffers of the classes taken back."""
    var discards_total: UInt64
    """Idle buffers that went back to their slabs: caps, decay, purge."""
    var oversize_total: UInt64
    """Requests above the largest class."""
    var zeroed_bytes_total: UInt64
    """Bytes zeroed for `zero_mode`."""
    var grown_total: UInt64
    """Slabs made."""
    var fallbacks_total: UInt64
    """Requests served as `Exhaust.FALLBACK` says."""
    var first_fallback_unix_ns: UInt64
    """When the first was, wall clock; 0: none so far."""
    var thread_cache_bytes: UInt64
    """Part of `cached_bytes` in caches of threads."""
    var reused_bytes_total: UInt64
    """Capacity of the buffers of `hits_total`."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 35 * 8, "layout of akit_pool_stats"
        self = empty_struct[Self]()
