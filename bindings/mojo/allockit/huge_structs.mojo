"""Configuration and statistics of huge-page handles. Sizes are in bytes, times in nanoseconds."""

from std.sys import size_of

from ._ffi import TextPtr, empty_struct


struct HugeConfig(Copyable):
    """Configuration of a huge-page handle; layout of `akit_huge_config`. Zero in any field is the default.

    The name of a handle is an argument of its own where a handle is made.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """None defined: 0."""
    var name: TextPtr
    """Borrowed text; set by the functions that make a handle."""
    var limit_bytes: UInt64
    """Cap on everything the handle maps. At least 64 KiB; 0 or `NONE`: no cap."""
    var decay_ns: UInt64
    """Idle memory is due to go back after this time. 0: 100 ms, `NONE`: never by itself."""
    var thp: UInt32
    """One of `Thp`, for what is not on explicit pages; by default advised."""
    var fork_mode: UInt32
    """One of `Fork`; by default `Fork.DONTFORK` for explicit pages, `Fork.COPY` for others."""
    var zero_mode: UInt32
    """One of `Zero`."""
    var numa_mode: UInt32
    """One of `Numa`."""
    var numa_nodes: UInt64
    """Bit n stands for node n; must be 0 with `Numa.LOCAL`, and name nodes that are there with the others."""
    var prefault_bytes: UInt64
    """Bytes taken and made resident at creation, for the first blocks; they wait in the cache, so `cache_bytes` must be
    at least as much. 0: none."""
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
    var giant_page_bytes: UInt64
    """A size the kernel offers. 0: its next one above the huge page."""
    var huge_page_bytes: UInt64
    """A size the kernel offers. 0: its default one."""
    var giant_mode: UInt32
    """One of `HugeMode`, for giant pages. By default preferred from one page's size on when that wastes no more than an
    eighth."""
    var huge_mode: UInt32
    """One of `HugeMode`, for huge pages. By default preferred."""
    var populate: UInt32
    """One of `Populate`."""
    var reserved1: UInt32
    """Must be 0."""
    var cache_bytes: UInt64
    """Freed bytes that are kept. 0: none on explicit pages and 64 MiB of the rest; a number holds for all together.
    `NONE`: no bound."""

    def __init__(
        out self,
        *,
        limit_bytes: UInt64 = 0,
        decay_ns: UInt64 = 0,
        giant_mode: UInt32 = 0,
        huge_mode: UInt32 = 0,
        populate: UInt32 = 0,
        cache_bytes: UInt64 = 0,
    ):
        """The default configuration, but for what is given. Other fields are set by assignment.

        Args:
            limit_bytes: Cap in bytes, at least 64 KiB; 0 for none.
            decay_ns: Nanoseconds after which idle memory goes back; 0 for 100 ms.
            giant_mode: One of `HugeMode`.
            huge_mode: One of `HugeMode`.
            populate: One of `Populate`.
            cache_bytes: Freed bytes that are kept; 0 for none on explicit pages and 64 MiB of the rest.
        """
        comptime assert size_of[Self]() == 152, "layout of akit_huge_config"
        self = empty_struct[Self]()
        self.limit_bytes = limit_bytes
        self.decay_ns = decay_ns
        self.giant_mode = giant_mode
        self.huge_mode = huge_mode
        self.populate = populate
        self.cache_bytes = cache_bytes


struct HugeStats(Copyable):
    """Figures of one huge-page handle; layout of `akit_huge_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var id: UInt64
    """Id of the handle, never used again."""
    var kind: UInt64
    """`Kind.HUGE`."""
    var limit_bytes: UInt64
    """The cap in force, `NONE` without one."""
    var used_bytes: UInt64
    """Usable bytes of the blocks in use."""
    var used_peak_bytes: UInt64
    """Most of it."""
    var cached_bytes: UInt64
    """Freed and kept."""
    var metadata_bytes: UInt64
    """The handle's own books."""
    var mapped_bytes: UInt64
    """Address space the handle holds."""
    var mapped_peak_bytes: UInt64
    """Most of it."""
    var pinned_bytes: UInt64
    """Never purged or moved."""
    var mappings: UInt64
    """Mappings of the kernel that these blocks take."""
    var allocs_total: UInt64
    """Blocks handed out."""
    var frees_total: UInt64
    """Blocks taken back."""
    var failures_total: UInt64
    """Requests that failed, whatever the reason."""
    var limit_hits_total: UInt64
    """Of these, the ones because of `limit_bytes`."""
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
    var giant_bytes: UInt64
    """Part of `used_bytes` on giant pages."""
    var hugetlb_bytes: UInt64
    """The same on huge pages."""
    var thp_bytes: UInt64
    """The same where transparent huge pages are asked for."""
    var base_bytes: UInt64
    """The same on ordinary pages."""
    var cache_hits_total: UInt64
    """Requests answered from the cache."""
    var cache_misses_total: UInt64
    """Requests that went to the kernel."""
    var fallbacks_total: UInt64
    """Blocks that got less than the policy wished for; by reason through `Huge.reason_count`."""
    var last_fallback_reason: UInt64
    """`errno` of the last refusal, 0: none so far."""
    var last_fallback_unix_ns: UInt64
    """When, by the wall clock; 0: never."""
    var populate_max_ns: UInt64
    """Longest time that taking the pages of one block took."""
    var populate_ns_total: UInt64
    """All of that time together."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 33 * 8, "layout of akit_huge_stats"
        self = empty_struct[Self]()
