"""How a heap is set up."""

from std.sys import size_of

from ._ffi import TextPtr, VoidPtr, empty_struct


struct TieredConfig(Copyable):
    """Configuration of a heap; layout of `akit_tiered_config`. Zero in any field is the default.

    The name of a heap is an argument of its own where a heap is made.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """None defined: 0."""
    var name: TextPtr
    """Borrowed text; set by the functions that make a heap."""
    var limit_bytes: UInt64
    """Cap on everything the heap maps: blocks, caches, metadata. At least 64 KiB; 0 or `NONE`: no cap."""
    var decay_ns: UInt64
    """Idle memory is due to go back after this time. 0: 100 ms, `NONE`: never by itself."""
    var thp: UInt32
    """One of `Thp`."""
    var fork_mode: UInt32
    """One of `Fork`."""
    var zero_mode: UInt32
    """One of `Zero`."""
    var numa_mode: UInt32
    """`Numa.LOCAL`; others are refused with ENOSYS so far."""
    var numa_nodes: UInt64
    """Bit n stands for node n; must be 0 with `Numa.LOCAL`."""
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
    var region: VoidPtr
    """Bare region handle to take memory from; none: the process-wide cache. `Tiered` sets it from its argument."""
    var huge: VoidPtr
    """Bare huge-page handle to take huge blocks from; none: the region. `Tiered` sets it from its argument."""
    var small_max_bytes: UInt64
    """Largest small block, at least 16. 0: 1 KiB."""
    var medium_max_bytes: UInt64
    """Largest medium block, up to 64 KiB. 0: 16 KiB."""
    var large_max_bytes: UInt64
    """Largest large block; above is huge. 0: just below 2 MiB."""
    var thread_cache_bytes: UInt64
    """Freed bytes one thread may keep. 0: 128 MiB; within that each size class keeps at most 2 MiB or a few blocks."""
    var cache_bytes: UInt64
    """Freed bytes all threads may keep together. 0: 256 MiB, `NONE`: no bound."""
    var hugetlb_mode: UInt32
    """One of `HugeMode`: explicit huge pages for huge blocks without a huge-page handle. 0: never."""
    var reserved1: UInt32
    """Must be 0."""
    var guard_sample_interval: UInt64
    """One in so many blocks gets a guard page. 0: none."""

    def __init__(
        out self,
        *,
        limit_bytes: UInt64 = 0,
        decay_ns: UInt64 = 0,
        check_mode: UInt32 = 0,
        zero_mode: UInt32 = 0,
        thp: UInt32 = 0,
    ):
        """The default configuration, but for what is given. Other fields are set by assignment.

        Args:
            limit_bytes: Cap in bytes, at least 64 KiB; 0 for none.
            decay_ns: Nanoseconds after which idle memory goes back; 0 for 100 ms.
            check_mode: One of `Check`.
            zero_mode: One of `Zero`.
            thp: One of `Thp`.
        """
        comptime assert size_of[Self]() == 184, "layout of akit_tiered_config"
        self = empty_struct[Self]()
        self.limit_bytes = limit_bytes
        self.decay_ns = decay_ns
        self.check_mode = check_mode
        self.zero_mode = zero_mode
        self.thp = thp


def label_ptr(mut name: String) -> TextPtr:
    """A name as the field `name` of a config struct takes it.

    Args:
        name: The name, which must outlive the use of the result.

    Returns:
        The address of its text.
    """
    return name.as_c_string_span().ptr().unsafe_mut_cast[True]().unsafe_origin_cast[MutUntrackedOrigin]()
