"""Configuration and statistics of regions. Sizes are in bytes, times in nanoseconds."""

from std.sys import size_of

from ._ffi import TextPtr, VoidPtr, empty_struct


struct RegionConfig(Copyable):
    """Configuration of a region handle; layout of `akit_region_config`. Zero in any field is the default.

    The name of a handle and memory of the caller are arguments of their own where a handle is made.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """None defined: 0."""
    var name: TextPtr
    """Borrowed text; set by the functions that make a handle."""
    var limit_bytes: UInt64
    """Cap on everything the handle maps: regions, caches, metadata. At least 64 KiB; 0 or `NONE`: no cap."""
    var decay_ns: UInt64
    """Idle memory is due to go back after this time. 0: 100 ms, `NONE`: never by itself."""
    var thp: UInt32
    """One of `Thp`; by default asked for from 2 MiB."""
    var fork_mode: UInt32
    """One of `Fork`."""
    var zero_mode: UInt32
    """One of `Zero`."""
    var numa_mode: UInt32
    """One of `Numa`."""
    var numa_nodes: UInt64
    """Bit n stands for node n; must be 0 with `Numa.LOCAL`, and name nodes that are there with the others."""
    var prefault_bytes: UInt64
    """Bytes made resident at creation. 0: none."""
    var check_mode: UInt32
    """One of `Check`."""
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
    var cache_bytes: UInt64
    """Freed bytes that are kept, all threads together. 0: 256 MiB, `NONE`: no bound."""
    var max_waste_permille: UInt64
    """Most that a region may be larger than the size asked for, in thousandths of it. 0: 125; at most 1000."""
    var max_mappings: UInt64
    """Most mappings of the kernel that the handle may cause. 0: 16384, `NONE`: no bound."""
    var max_entries: UInt64
    """Freed regions that are kept, all threads together. 0: 65536, `NONE`: no bound."""
    var purge_method: UInt32
    """One of `PurgeMethod`."""
    var guard: UInt32
    """1: an inaccessible page behind every region. 0: only with `Alloc.GUARD`."""
    var memory: VoidPtr
    """Memory of the caller to stand on; none: the kernel's. `Region` sets it from its argument."""
    var memory_bytes: UInt64
    """Size of that memory, at least one whole page."""

    def __init__(
        out self,
        *,
        limit_bytes: UInt64 = 0,
        decay_ns: UInt64 = 0,
        cache_bytes: UInt64 = 0,
        max_entries: UInt64 = 0,
        thp: UInt32 = 0,
        zero_mode: UInt32 = 0,
    ):
        """The default configuration, but for what is given. Other fields are set by assignment.

        Args:
            limit_bytes: Cap in bytes, at least 64 KiB; 0 for none.
            decay_ns: Nanoseconds after which idle memory goes back; 0 for 100 ms.
            cache_bytes: Freed bytes that are kept; 0 for 256 MiB.
            max_entries: Freed regions that are kept; 0 for 65536.
            thp: One of `Thp`.
            zero_mode: One of `Zero`.
        """
        comptime assert size_of[Self]() == 168, "layout of akit_region_config"
        self = empty_struct[Self]()
        self.limit_bytes = limit_bytes
        self.decay_ns = decay_ns
        self.cache_bytes = cache_bytes
        self.max_entries = max_entries
        self.thp = thp
        self.zero_mode = zero_mode


struct RegionStats(Copyable):
    """Figures of one region handle; layout of `akit_region_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var id: UInt64
    """Id of the handle, never used again."""
    var kind: UInt64
    """`Kind.REGION`."""
    var limit_bytes: UInt64
    """The cap in force, `NONE` without one."""
    var used_bytes: UInt64
    """Usable bytes of the regions in use."""
    var used_peak_bytes: UInt64
    """Most of it, seen when a bin is refilled and on reading."""
    var cached_bytes: UInt64
    """Freed and kept: bins of threads, the common part, and free pages that were used."""
    var metadata_bytes: UInt64
    """The handle's own books."""
    var mapped_bytes: UInt64
    """Address space the handle holds."""
    var mapped_peak_bytes: UInt64
    """Most of it."""
    var pinned_bytes: UInt64
    """Bytes of pinned regions."""
    var mappings: UInt64
    """Mappings of the kernel that these regions take."""
    var allocs_total: UInt64
    """Regions handed out."""
    var frees_total: UInt64
    """Regions taken back."""
    var failures_total: UInt64
    """Requests that failed, whatever the reason."""
    var limit_hits_total: UInt64
    """Of these, the ones because of `limit_bytes` or `max_mappings`."""
    var misuses_total: UInt64
    """Calls with a pointer that was not legal."""
    var maps_total: UInt64
    """`mmap` calls."""
    var unmaps_total: UInt64
    """`munmap` calls."""
    var purges_total: UInt64
    """Purges that gave something back."""
    var purged_bytes_total: UInt64
    """Bytes given back to the kernel by them."""
    var prefaulted_bytes_total: UInt64
    """Bytes made resident ahead of use."""
    var cache_hits_total: UInt64
    """Requests answered by the thread's own bin."""
    var cache_misses_total: UInt64
    """Requests that took the slow path."""
    var evictions_total: UInt64
    """Regions that left the cache because of its budget."""
    var rejected_total: UInt64
    """Freed regions that were not kept at all: too large for the budget, guarded, or `Alloc.NO_CACHE`."""
    var cached_mappings: UInt64
    """Freed regions that are kept now."""
    var waste_bytes: UInt64
    """Bytes behind the regions in use that nobody can use: guard pages and what an alignment cut off."""
    var remaps_total: UInt64
    """Regions that grew by moving their pages."""
    var purge_deadline_ns: UInt64
    """Nanoseconds until idle memory of this handle is due to go back, `NONE` when there is none."""
    var purge_overdue_ns: UInt64
    """Nanoseconds since it was due and nobody came; 0: it is not."""
    var purge_skipped_pinned_total: UInt64
    """Freed regions that were kept because they are pinned."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 32 * 8, "layout of akit_region_stats"
        self = empty_struct[Self]()
