"""Configuration, statistics and events of `Io`. Sizes are in bytes, times in nanoseconds."""

from std.sys import size_of

from ._ffi import Handle, TextPtr, VoidPtr, empty_struct


struct IoConfig(Copyable):
    """Configuration of an `Io`; layout of `akit_io_config`. Zero in any field is the default."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var flags: UInt64
    """`IoFlags` values joined by `|`."""
    var name: TextPtr
    """Borrowed text; set by the functions that make a handle."""
    var memlock_bytes: UInt64
    """As `UringConfig.memlock_bytes`."""
    var entries: UInt32
    """Requests that can be queued between two submits, 1 to 32768; the kernel rounds up to a power of two. 0: 256.
    Any number may be in flight."""
    var single_issuer: UInt32
    """One of `IoChoice`; YES: only the thread that made the handle may use it, and the kernel relies on that. 0:
    NO."""
    var defer_taskrun: UInt32
    """YES, only with single_issuer: completions are worked on only in `submit`. 0: as single_issuer, without
    sqpoll."""
    var sqpoll: UInt32
    """YES: a thread of the kernel fetches the requests; it spins for up to a second when there are none. 0: NO."""
    var slot_count: UInt32
    """Slots of the table of fixed buffers, at most 16384. 0: 1024."""
    var reserved0: UInt32
    """Must be 0."""

    def __init__(
        out self,
        *,
        entries: UInt32 = 0,
        single_issuer: UInt32 = 0,
        defer_taskrun: UInt32 = 0,
        sqpoll: UInt32 = 0,
        slot_count: UInt32 = 0,
        memlock_bytes: UInt64 = 0,
        flags: UInt64 = 0,
    ):
        """The default configuration, but for what is given. Other fields are set by assignment.

        Args:
            entries: Requests that can be queued between two submits; 0 for 256.
            single_issuer: One of `IoChoice`.
            defer_taskrun: One of `IoChoice`.
            sqpoll: One of `IoChoice`.
            slot_count: Slots of the table of fixed buffers; 0 for 1024.
            memlock_bytes: Most locked memory to ask for.
            flags: `IoFlags` values joined by `|`.
        """
        comptime assert size_of[Self]() == 56, "layout of akit_io_config"
        self = empty_struct[Self]()
        self.entries = entries
        self.single_issuer = single_issuer
        self.defer_taskrun = defer_taskrun
        self.sqpoll = sqpoll
        self.slot_count = slot_count
        self.memlock_bytes = memlock_bytes
        self.flags = flags


struct IoStats(Copyable):
    """Figures of one `Io`; layout of `akit_io_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var entries: UInt64
    """Config field entries in force."""
    var queued: UInt64
    """Requests that wait for `submit`."""
    var in_flight: UInt64
    """Requests whose last event has not come, queued ones included."""
    var starved: UInt64
    """Of these, receives that wait for a buffer of their group."""
    var events_ready: UInt64
    """Events that `take` can deliver."""
    var requests_total: UInt64
    """Requests that were queued."""
    var fixed_total: UInt64
    """Of these, reads and writes that used registered memory."""
    var submits_total: UInt64
    """Times the kernel was entered to send or to wait."""
    var full_total: UInt64
    """Times a request found the queue full."""
    var events_total: UInt64
    """Events delivered by `take`."""
    var enobufs_total: UInt64
    """Times a receive found its group dry."""
    var rearms_total: UInt64
    """Times a receive or an accept was armed again."""
    var drained_total: UInt64
    """Areas of removed memory that the kernel was done with."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 112, "layout of akit_io_stats"
        self = empty_struct[Self]()


struct IoEvent(Copyable):
    """Answer to a request; layout of `akit_io_event`."""

    var user_data: UInt64
    """As given with the request."""
    var res: Int32
    """As of the system call: bytes, a descriptor, or a negative `errno`."""
    var flags: UInt32
    """`IoEventFlags` values joined by `|`."""
    var buffer: VoidPtr
    """Group receive: the buffer with `res` bytes, which goes back with `put` of its group; else none."""
    var group: Handle
    """The group it goes back to."""

    def __init__(out self):
        """An event to be filled."""
        comptime assert size_of[Self]() == 32, "layout of akit_io_event"
        self.user_data = 0
        self.res = 0
        self.flags = 0
        self.buffer = None
        self.group = None

    def bytes(self) -> Span[UInt8, MutUntrackedOrigin]:
        """What a group receive brought; it keeps nothing alive, and is valid until the buffer is put back.

        Returns:
            `res` bytes; none for other events.
        """
        if not self.buffer:
            return {}
        var p = self.buffer.unsafe_value().unsafe_bitcast[UInt8]()
        return {unsafe_ptr = p, length = max(Int(self.res), 0)}
