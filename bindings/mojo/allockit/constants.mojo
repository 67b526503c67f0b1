"""Numbers of the C headers, in groups. Zero is the default in every group."""

comptime NONE = UInt64.MAX
"""None, never or unlimited in a 64-bit field."""

comptime MIN_ALIGN = 16
"""Alignment in bytes that every block has without asking."""


struct Kind:
    """Kinds of handles."""

    comptime TIERED: UInt64 = 1
    """A general-purpose heap."""
    comptime REGION: UInt64 = 2
    """Blocks of whole pages, kept for reuse."""
    comptime HUGE: UInt64 = 3
    """Blocks on explicit huge pages."""
    comptime POOL: UInt64 = 4
    """Byte buffers in size classes."""
    comptime RING: UInt64 = 5
    """Slices of one contiguous area."""
    comptime URING: UInt64 = 8
    """Memory registered with an io_uring."""
    comptime GROUP: UInt64 = 9
    """Provided buffers of an io_uring."""


struct Feature:
    """Facilities that `feature` knows."""

    comptime URING: UInt32 = 1
    """Registration of memory with io_uring."""
    comptime HUGETLB: UInt32 = 2
    """Explicit huge pages."""
    comptime MEMBARRIER: UInt32 = 3
    """Taking idle caches away from sleeping threads."""


struct Purge:
    """Flags of the purge functions, joined by `|`."""

    comptime DUE: UInt32 = 1
    """Only what has been idle for longer than the decay time."""
    comptime ALL: UInt32 = 2
    """Everything that is cached."""
    comptime WAIT: UInt32 = 4
    """Return only when a purge that runs elsewhere has ended, too."""


struct Misuse:
    """What happens on misuse; it is counted in every mode."""

    comptime REPORT: UInt32 = 0
    """One line through the handler."""
    comptime COUNT: UInt32 = 1
    """Only count."""
    comptime ABORT: UInt32 = 2
    """Report, then abort the process."""


struct Check:
    """Config field `check_mode`."""

    comptime FAST: UInt32 = 0
    """Foreign, misaligned and repeated frees at once, others when the block leaves the thread's cache."""
    comptime EXACT: UInt32 = 1
    """Every double free of a free block and interior pointers at the call."""


struct Zero:
    """Config field `zero_mode`."""

    comptime NEVER: UInt32 = 0
    """Blocks are not zeroed."""
    comptime ON_ALLOC: UInt32 = 1
    """Every block is zeroed when it is handed out."""
    comptime ON_FREE: UInt32 = 2
    """Every block is zeroed when it comes back."""


struct PoolFlags:
    """Config field `flags` of pools, joined by `|`."""

    comptime TAGS: UInt64 = 1
    """A number can be noted with every buffer that is out; costs some 10 ns per buffer."""
    comptime REPORT_LEAKS: UInt64 = 2
    """The end of the pool reports buffers that are out: one line per class, as misuse is reported."""


struct Exhaust:
    """Config field `exhaust_mode` of pools: what happens when no idle buffer is left."""

    comptime GROW: UInt32 = 0
    """More is mapped, up to the cap."""
    comptime FAIL: UInt32 = 1
    """The request fails with ENOBUFS: only what was warmed up is handed out."""
    comptime FALLBACK: UInt32 = 2
    """The request gets a mapping of its own, up to the cap, and is counted."""


struct RingOrder:
    """Config field `order` of rings: when the memory of released slices can be used again."""

    comptime ANY: UInt32 = 0
    """With the last slice of their block that is released."""
    comptime ORDERED: UInt32 = 1
    """When all that were acquired before them are released, too."""


struct UringFlags:
    """Config field `flags` of registrations, joined by `|`."""

    comptime NO_DUP: UInt64 = 1
    """The descriptor itself is used; by default it is duplicated."""
    comptime CREATE_TABLE: UInt64 = 2
    """The table of fixed buffers is made; without it the io_uring has one."""
    comptime REGISTERED_FD: UInt64 = 4
    """The descriptor is an index of a registered ring of the calling thread."""


struct UringState:
    """Field `state` of `UringStats`."""

    comptime OFF: UInt64 = 0
    """Nothing is registered, and nothing was refused."""
    comptime DENIED: UInt64 = 1
    """Nothing is registered, because it was refused."""
    comptime PARTIAL: UInt64 = 2
    """Some of it was refused."""
    comptime ON: UInt64 = 3
    """All that was there at the last `sync` is registered."""


comptime URING_ALL = UInt64.MAX
"""Tag of `drained`: everything that was removed."""


struct IoChoice:
    """Config fields `single_issuer`, `sqpoll` and `defer_taskrun` of `Io`."""

    comptime DEFAULT: UInt32 = 0
    """As the field says."""
    comptime YES: UInt32 = 1
    """Where the kernel has it; `config` tells what came of it."""
    comptime NO: UInt32 = 2
    """Not used."""


struct IoFlags:
    """Config field `flags` of `Io`, joined by `|`."""

    comptime NO_MULTISHOT: UInt64 = 1
    """Receives and accepts that go on are armed again after each event, as on older kernels."""


struct IoEventFlags:
    """Field `flags` of `IoEvent`."""

    comptime MORE: UInt32 = 1
    """Further events of this request follow."""
    comptime BUFFER: UInt32 = 2
    """`buffer` and `group` are set."""
    comptime FIXED: UInt32 = 4
    """A read or write that used registered memory."""


struct Alloc:
    """Flags of `allocx` and `reallocx` of a heap, and of `alloc` of regions and huge pages, joined by `|`."""

    comptime ZERO: UInt32 = 1
    """Contents (of the grown part) are zero."""
    comptime NO_MOVE: UInt32 = 2
    """Resize in place or fail with ENOMEM."""
    comptime NO_CACHE: UInt32 = 4
    """Do not keep the block in a cache when it is freed."""
    comptime GUARD: UInt32 = 8
    """Inaccessible page right behind the block's last page."""


struct HugeMode:
    """Config fields `hugetlb_mode`, `huge_mode` and `giant_mode`: use of explicit huge pages."""

    comptime DEFAULT: UInt32 = 0
    """Never, for a general-purpose heap; as `PREFER` for a huge-page handle."""
    comptime REQUIRE: UInt32 = 1
    """Fail when there are none."""
    comptime PREFER: UInt32 = 2
    """Fall back to smaller pages, and count it."""
    comptime NEVER: UInt32 = 3
    """Not even when there are some."""


struct Thp:
    """Config field `thp`: advice about transparent huge pages."""

    comptime DEFAULT: UInt32 = 0
    """Where they were measured to pay."""
    comptime INHERIT: UInt32 = 1
    """No advice, the system's setting holds."""
    comptime ADVISE: UInt32 = 2
    """Everywhere."""
    comptime NEVER: UInt32 = 3
    """Nowhere."""


struct Fork:
    """Config field `fork_mode`: what a child process sees of the handle's memory."""

    comptime DEFAULT: UInt32 = 0
    """As `COPY`, but as `DONTFORK` for explicit huge pages."""
    comptime COPY: UInt32 = 1
    """A private copy of everything."""
    comptime DONTFORK: UInt32 = 2
    """Blocks do not exist in the child; new allocations work."""
    comptime WIPE: UInt32 = 3
    """Blocks exist in the child and read as zero."""


struct Numa:
    """Config field `numa_mode`; the nodes are in `numa_nodes`."""

    comptime LOCAL: UInt32 = 0
    """Node of the thread that touches a page first."""
    comptime BIND: UInt32 = 1
    """Only the given nodes."""
    comptime INTERLEAVE: UInt32 = 2
    """The given nodes in turn, page by page."""
    comptime PREFERRED: UInt32 = 3
    """The given node, others when it is full."""


struct PurgeMethod:
    """Config field `purge_method` of regions: how idle pages go back."""

    comptime DEFAULT: UInt32 = 0
    """Unmapped where no mapping is split by it, else as `DONTNEED`."""
    comptime DONTNEED: UInt32 = 1
    """The pages go at once, visible in the resident size; the addresses stay mapped."""
    comptime FREE: UInt32 = 2
    """The kernel takes the pages when it is short of memory; `Purge.ALL` takes them at once all the same."""
    comptime UNMAP: UInt32 = 3
    """Unmapped, even where that splits a mapping, as far as `max_mappings` allows."""


struct Populate:
    """Config field `populate` of huge pages: when pages are taken."""

    comptime DEFAULT: UInt32 = 0
    """Explicit pages when the block is allocated, others at first use."""
    comptime ALL: UInt32 = 1
    """All of them when the block is allocated; `backing` is then what the kernel reports, where it can tell."""


struct ThpMode:
    """Field `thp_mode` of `HugeSystem`: the system's setting of transparent huge pages."""

    comptime UNKNOWN: UInt64 = 0
    """The kernel does not tell."""
    comptime ALWAYS: UInt64 = 1
    """Used everywhere."""
    comptime MADVISE: UInt64 = 2
    """Used where a program asks for them."""
    comptime NEVER: UInt64 = 3
    """Not used."""


struct Backing:
    """Field `backing` of `BlockInfo` and of `HugeBlock`."""

    comptime BASE: UInt64 = 0
    """Ordinary pages."""
    comptime THP: UInt64 = 1
    """Transparent huge pages, if the kernel has them at hand."""
    comptime HUGE: UInt64 = 2
    """Explicit huge pages."""
    comptime GIANT: UInt64 = 3
    """Explicit giant pages."""


struct Reason:
    """Field `reason` of `BlockInfo`: why a block got smaller pages than the policy wished for."""

    comptime NONE: UInt64 = 0
    """It got what was wished for."""
    comptime NOT_RESERVED: UInt64 = 1
    """No free page in the huge page reservation."""
    comptime CGROUP: UInt64 = 2
    """Refused by the control group's limit."""
    comptime NODE: UInt64 = 3
    """None on the wanted NUMA nodes."""
    comptime FRAGMENTED: UInt64 = 4
    """The kernel found no contiguous memory."""
    comptime PERMISSION: UInt64 = 5
    """The process may not use them."""
    comptime KERNEL: UInt64 = 6
    """The kernel does not support them."""
    comptime LIMIT: UInt64 = 7
    """The handle's own cap, or the process's of address space."""


struct BlockState:
    """Field `state` of `BlockInfo`."""

    comptime FREE: UInt64 = 0
    """Memory of the handle that is not handed out."""
    comptime OUT: UInt64 = 1
    """In use by the program."""
    comptime CACHED: UInt64 = 2
    """Freed, and kept for the next request."""
