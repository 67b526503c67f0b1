"""Configuration and statistics of registrations with io_uring. Sizes are in bytes, times in nanoseconds."""

from std.sys import size_of

from ._ffi import Handle, TextPtr, VoidPtr, empty_struct


struct UringConfig(Copyable):
    """Configuration of a registration; layout of `akit_uring_config`. Zero in any field but `ring_fd` is the default.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """`UringFlags` values joined by `|`."""
    var name: TextPtr
    """Borrowed text; set by the functions that make a handle."""
    var ring_fd: Int32
    """The io_uring. Required: 0 is a legal file descriptor."""
    var table_mode: UInt32
    """Must be 0."""
    var slot_base: UInt32
    """First slot of the table that this handle may use."""
    var slot_count: UInt32
    """How many; slot_base + slot_count is at most 16384. 0, only with `UringFlags.CREATE_TABLE`: 1024."""
    var tag_base: UInt64
    """Completions with user_data from tag_base to tag_base + slot_count - 1 are for `drained`: one comes when the
    kernel is done with memory that left a slot, also because of a request that was in flight. 0: no such completions;
    the caller sees to it that no request uses memory that is removed, once `sync` or `destroy` has returned."""
    var memlock_bytes: UInt64
    """Most locked memory to ask for, as `UringStats.memlock_needed_bytes` counts it. 0 or `NONE`: as much as the
    kernel gives."""

    def __init__(
        out self,
        *,
        ring_fd: Int,
        flags: UInt64 = 0,
        slot_base: UInt32 = 0,
        slot_count: UInt32 = 0,
        tag_base: UInt64 = 0,
        memlock_bytes: UInt64 = 0,
    ):
        """The default configuration, but for what is given.

        Args:
            ring_fd: Descriptor of the io_uring.
            flags: `UringFlags` values joined by `|`.
            slot_base: First slot of the table that may be used.
            slot_count: How many slots; 0, only with `UringFlags.CREATE_TABLE`, for 1024.
            tag_base: First number of completions for `drained`; 0 for none.
            memlock_bytes: Most locked memory to ask for; 0 for as much as the kernel gives.
        """
        comptime assert size_of[Self]() == 56, "layout of akit_uring_config"
        self = empty_struct[Self]()
        self.ring_fd = Int32(ring_fd)
        self.flags = flags
        self.slot_base = slot_base
        self.slot_count = slot_count
        self.tag_base = tag_base
        self.memlock_bytes = memlock_bytes


struct UringStats(Copyable):
    """Figures of one registration; layout of `akit_uring_stats`. An area is a range of memory that takes one slot."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var state: UInt64
    """One of `UringState`."""
    var last_errno: UInt64
    """Of the last registration that was refused; 0: none was."""
    var memlock_needed_bytes: UInt64
    """Locked memory that all areas take together, an estimate from above: whole huge pages where the memory may lie
    on them, and what two areas share counts twice."""
    var memlock_limit_bytes: UInt64
    """RLIMIT_MEMLOCK, or memlock_bytes when that is less. `NONE`: no limit, or a process with CAP_IPC_LOCK."""
    var registered_bytes: UInt64
    """Bytes that `lookup` finds."""
    var slots: UInt64
    """Slot_count in force."""
    var slots_used: UInt64
    """Slots with memory that is registered or not yet drained."""
    var areas: UInt64
    """Areas that were added and not removed."""
    var areas_pending: UInt64
    """Of these, those not registered: until `sync`, or because they were refused, which every sync tries again."""
    var areas_draining: UInt64
    """Removed areas that the kernel may still use: until `sync`, then until `drained`."""
    var lookups_missed_total: UInt64
    """`lookup` that answered -ENOENT."""
    var registers_total: UInt64
    """Areas that were registered."""
    var register_failures_total: UInt64
    """Areas that were refused, each time."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 112, "layout of akit_uring_stats"
        self = empty_struct[Self]()


struct UringProbe(Copyable):
    """What the system allows; layout of `akit_uring_probe_info`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var available: UInt64
    """1: this process may use io_uring."""
    var error: UInt64
    """Errno when it may not (ENOSYS: the kernel has none; EPERM: forbidden), or when a ring of one entry was refused
    (ENOMEM: locked memory)."""
    var features: UInt64
    """IORING_FEAT_... of the kernel, 0 when no ring could be made."""
    var memlock_soft_bytes: UInt64
    """RLIMIT_MEMLOCK; `NONE`: unlimited."""
    var memlock_hard_bytes: UInt64
    """What the soft limit may be raised to."""
    var memlock_used_bytes: UInt64
    """Locked and pinned memory of this process (VmLck + VmPin). The limit is one for all processes of a user, and
    theirs cannot be seen."""
    var ipc_lock: UInt64
    """1: the process has CAP_IPC_LOCK, and the limit does not hold for it."""
    var max_slots: UInt64
    """Largest table: 16384."""
    var max_slot_bytes: UInt64
    """Largest range of one slot: 1 GiB."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 80, "layout of akit_uring_probe_info"
        self = empty_struct[Self]()


struct GroupConfig(Copyable):
    """Configuration of a group; layout of `akit_uring_group_config`. Zero in any field is the default.

    The pool is an argument of its own where a group is made.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """None defined: 0."""
    var pool: Handle
    """Where the buffers come from; `Group` sets it from its argument."""
    var buffer_bytes: UInt64
    """The class that serves this length; its capacity is the buffers' length. 0: the smallest class."""
    var group_id: UInt32
    """Buf_group of the requests, at most 65535."""
    var entries: UInt32
    """Size of the ring: a power of two, at most 32768. 0: 1024."""
    var window_min: UInt32
    """Fewest buffers to keep published. 0: 32, or entries when that is less."""
    var window_max: UInt32
    """Most, at most entries. 0: entries."""

    def __init__(
        out self,
        *,
        buffer_bytes: UInt64 = 0,
        group_id: UInt32 = 0,
        entries: UInt32 = 0,
        window_min: UInt32 = 0,
        window_max: UInt32 = 0,
    ):
        """The default configuration, but for what is given. Other fields are set by assignment.

        Args:
            buffer_bytes: The class that serves this length; 0 for the smallest.
            group_id: Number of the group in requests, at most 65535.
            entries: Size of the ring: a power of two; 0 for 1024.
            window_min: Fewest buffers to keep published.
            window_max: Most; 0 for `entries`.
        """
        comptime assert size_of[Self]() == 48, "layout of akit_uring_group_config"
        self = empty_struct[Self]()
        self.buffer_bytes = buffer_bytes
        self.group_id = group_id
        self.entries = entries
        self.window_min = window_min
        self.window_max = window_max


struct GroupStats(Copyable):
    """Figures of one group; layout of `akit_uring_group_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var group_id: UInt64
    """As configured."""
    var entries: UInt64
    """Size of the ring."""
    var published: UInt64
    """Buffers that the kernel has."""
    var window: UInt64
    """How many `refill` publishes at present: doubled when the group ran dry, and slowly less when that many are not
    used."""
    var buffers_out: UInt64
    """Buffers that were taken and not put back."""
    var taken_total: UInt64
    """Buffers taken."""
    var refills_total: UInt64
    """`refill` that published something."""
    var enobufs_total: UInt64
    """Completions that found the group dry."""
    var empty_ns_total: UInt64
    """Time with nothing published, while the group was in use."""
    var misuses_total: UInt64
    """Wrong puts, and completions that are not of this group."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 88, "layout of akit_uring_group_stats"
        self = empty_struct[Self]()
