"""Configuration and statistics of rings. Sizes are in bytes, times in nanoseconds."""

from std.sys import size_of

from ._ffi import Handle, TextPtr, VoidPtr, empty_struct


struct RingConfig(Copyable):
    """Configuration of a ring; layout of `akit_ring_config`. Zero in any field is the default.

    The name of a ring and what it stands on are arguments of their own where a ring is made.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """Must be 0."""
    var name: TextPtr
    """Borrowed text; set by the functions that make a handle."""
    var limit_bytes: UInt64
    """Cap on everything the ring maps: area and metadata. At least 64 KiB; 0 or `NONE`: no cap."""
    var decay_ns: UInt64
    """Kept for config_get: the area belongs to the ring until it ends, so nothing of it goes back earlier. 0: 100 ms,
    `NONE`: never."""
    var thp: UInt32
    """One of `Thp`; `Thp.ADVISE`: the area on transparent huge pages."""
    var fork_mode: UInt32
    """One of `Fork`."""
    var zero_mode: UInt32
    """One of `Zero`: `Zero.ON_ALLOC` zeroes the slice, rounded up to `alignment`, when it is acquired, `Zero.ON_FREE`
    with its last release."""
    var numa_mode: UInt32
    """One of `Numa`."""
    var numa_nodes: UInt64
    """Bit n stands for node n, 0 to 63; must be 0 with `Numa.LOCAL`, and name nodes that are there with the
    others."""
    var prefault_bytes: UInt64
    """Bytes made resident at create, from the beginning of the area, by a system call that never writes to them; more
    than the area: all of it. 0 or `NONE`: none."""
    var check_mode: UInt32
    """One of `Check`: `Check.FAST` already finds all but racing double releases at the call; `Check.EXACT` finds
    these there, too."""
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
    """Where the area comes from; `Ring` sets it from its argument."""
    var huge: Handle
    """Where the area comes from; `Ring` sets it from its argument."""
    var capacity_bytes: UInt64
    """Size of the area, rounded up to whole blocks; at most 2^28 times the alignment. 0: 4 MiB, or as many blocks as
    fit into `memory`."""
    var block_bytes: UInt64
    """Largest slice, a multiple of the alignment and at most the capacity. 0: capacity / 64, rounded up to the
    alignment; `RingOrder.ORDERED`: the capacity."""
    var alignment: UInt64
    """Of every slice, and what lengths are rounded up to: a power of two, at most 1 GiB; below 16 it counts as 16. 0:
    64."""
    var colour_bytes: UInt64
    """Left unused after a slice when it would otherwise take a multiple of 4096 bytes, so that slices of equal length
    do not share their cache sets: a multiple of the alignment, below block_bytes. 0: nothing."""
    var order: UInt32
    """One of `RingOrder`."""
    var reserved1: UInt32
    """Must be 0."""
    var memory: VoidPtr
    """Memory of the caller that the area lies in; `RingOn` sets it from its argument."""
    var memory_bytes: UInt64
    """Size of that memory: at least one block, after what the alignment cuts off."""

    def __init__(
        out self,
        *,
        limit_bytes: UInt64 = 0,
        capacity_bytes: UInt64 = 0,
        block_bytes: UInt64 = 0,
        alignment: UInt64 = 0,
        colour_bytes: UInt64 = 0,
        order: UInt32 = 0,
        zero_mode: UInt32 = 0,
        check_mode: UInt32 = 0,
    ):
        """The default configuration, but for what is given. Other fields are set by assignment.

        Args:
            limit_bytes: Cap in bytes, at least 64 KiB; 0 for none.
            capacity_bytes: Size of the area; 0 for 4 MiB.
            block_bytes: Largest slice; 0 for capacity / 64.
            alignment: Of every slice and of lengths; 0 for 64.
            colour_bytes: Left unused after slices of a multiple of 4096 bytes.
            order: One of `RingOrder`.
            zero_mode: One of `Zero`.
            check_mode: One of `Check`.
        """
        comptime assert size_of[Self]() == 184, "layout of akit_ring_config"
        self = empty_struct[Self]()
        self.limit_bytes = limit_bytes
        self.capacity_bytes = capacity_bytes
        self.block_bytes = block_bytes
        self.alignment = alignment
        self.colour_bytes = colour_bytes
        self.order = order
        self.zero_mode = zero_mode
        self.check_mode = check_mode


struct RingStats(Copyable):
    """Figures of one ring; layout of `akit_ring_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var id: UInt64
    """Id of the handle, from 1, never used again."""
    var kind: UInt64
    """`Kind.RING`."""
    var limit_bytes: UInt64
    """The cap in force, `NONE` without one."""
    var used_bytes: UInt64
    """Bytes of the slices that are out, each rounded up to the alignment."""
    var used_peak_bytes: UInt64
    """Most of it so far."""
    var cached_bytes: UInt64
    """Bytes of the area that can be handed out now: what is left of the current block, and blocks that are free."""
    var metadata_bytes: UInt64
    """The ring's own books."""
    var mapped_bytes: UInt64
    """Bytes of address space the ring holds, `memory` included."""
    var mapped_peak_bytes: UInt64
    """Most of it so far."""
    var pinned_bytes: UInt64
    """Bytes of the area that are registered with io_uring."""
    var mappings: UInt64
    """Ranges the ring holds: 1, the area."""
    var allocs_total: UInt64
    """Slices handed out."""
    var frees_total: UInt64
    """Slices that came back with their last reference."""
    var failures_total: UInt64
    """Requests that failed, whatever the reason."""
    var limit_hits_total: UInt64
    """0: the cap is met when the ring is created."""
    var misuses_total: UInt64
    """Wrong releases, retains and commits, and calls with a pointer that was not legal."""
    var maps_total: UInt64
    """1, the area."""
    var unmaps_total: UInt64
    """Must be 0."""
    var purges_total: UInt64
    """0: the area is the ring's until it ends."""
    var purged_bytes_total: UInt64
    """Must be 0."""
    var prefaulted_bytes_total: UInt64
    """Bytes made resident ahead of use."""
    var capacity_bytes: UInt64
    """The area's size: whole blocks."""
    var max_slice_bytes: UInt64
    """Largest length that can be acquired."""
    var out_slices: UInt64
    """Slices that are out."""
    var out_peak_slices: UInt64
    """Most of them so far."""
    var releases_total: UInt64
    """References given back."""
    var padding_bytes: UInt64
    """Lost now at the ends of blocks (ordered: of the area), and to colour_bytes, until these slices or blocks come
    back."""
    var padding_bytes_total: UInt64
    """Lost so far."""
    var exhausted_total: UInt64
    """Requests answered with ENOBUFS."""
    var too_large_total: UInt64
    """Requests answered with EMSGSIZE."""
    var head_blocked_total: UInt64
    """Of exhausted_total, those that only found no room because slices that were released wait for others: they were
    as large as what is not in use."""
    var oldest_block_acquires: UInt64
    """How many slices have been acquired since the oldest held block was begun (ordered: since the oldest slice was
    acquired)."""
    var held_blocks: UInt64
    """Blocks with slices that are out, without the current one (ordered: 1 when there are any)."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 272, "layout of akit_ring_stats"
        self = empty_struct[Self]()
