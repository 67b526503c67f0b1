//! The choices that configurations and calls offer, as Rust types.

use allockit_sys as sys;

macro_rules! modes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// The C constant.
            pub const fn as_raw(self) -> u32 {
                match self {
                    $($name::$variant => sys::$value,)*
                }
            }

            /// The choice behind a C constant; `None` for a value this crate does not know.
            pub const fn from_raw(value: u32) -> Option<Self> {
                match value {
                    $(sys::$value => Some($name::$variant),)*
                    _ => None,
                }
            }
        }

        impl crate::settings::Setting for $name {
            type Raw = u32;

            fn to_c(self) -> u32 {
                self.as_raw()
            }

            fn from_c(raw: u32) -> Option<Self> {
                Self::from_raw(raw)
            }
        }
    )*};
}

#[cfg(feature = "io")]
pub(crate) use modes;

modes! {
    /// Transparent huge pages.
    Thp {
        /// Where they pay.
        Default = AKIT_THP_DEFAULT,
        /// As the system does by itself.
        Inherit = AKIT_THP_INHERIT,
        /// Asked for.
        Advise = AKIT_THP_ADVISE,
        /// Refused.
        Never = AKIT_THP_NEVER,
    }

    /// Explicit huge pages.
    HugePages {
        /// The default of the field: never for [`Tiered`](crate::Tiered), preferred for [`Huge`](crate::Huge).
        Default = AKIT_HUGE_DEFAULT,
        /// Huge pages or an error.
        Require = AKIT_HUGE_REQUIRE,
        /// Huge pages when there are any.
        Prefer = AKIT_HUGE_PREFER,
        /// None.
        Never = AKIT_HUGE_NEVER,
    }

    /// What a child process sees after fork.
    ForkMode {
        /// A copy, but for explicit huge pages and registered memory.
        Default = AKIT_FORK_DEFAULT,
        /// A copy.
        Copy = AKIT_FORK_COPY,
        /// Nothing: the memory does not exist there.
        DontFork = AKIT_FORK_DONTFORK,
        /// Zeroes.
        Wipe = AKIT_FORK_WIPE,
    }

    /// When blocks are zeroed, always over the whole capacity.
    ZeroMode {
        /// Never.
        None = AKIT_ZERO_NONE,
        /// When they are handed out.
        OnAlloc = AKIT_ZERO_ON_ALLOC,
        /// When they are freed.
        OnFree = AKIT_ZERO_ON_FREE,
    }

    /// Where pages come from.
    NumaMode {
        /// The node that touches them first.
        Local = AKIT_NUMA_LOCAL,
        /// Only the nodes of the mask.
        Bind = AKIT_NUMA_BIND,
        /// The nodes of the mask in turn.
        Interleave = AKIT_NUMA_INTERLEAVE,
        /// The nodes of the mask while they have any.
        Preferred = AKIT_NUMA_PREFERRED,
    }

    /// How idle pages of a [`Region`](crate::Region) go back.
    PurgeMethod {
        /// Unmapped where no mapping is split by it, else as `DontNeed`.
        Default = AKIT_PURGE_METHOD_DEFAULT,
        /// They go at once; the addresses stay mapped.
        DontNeed = AKIT_PURGE_METHOD_DONTNEED,
        /// The system takes them when it is short of memory; the resident size does not fall before that.
        Free = AKIT_PURGE_METHOD_FREE,
        /// Unmapped, even where that splits a mapping.
        Unmap = AKIT_PURGE_METHOD_UNMAP,
    }

    /// When the pages of a block of [`Huge`](crate::Huge) are taken.
    Populate {
        /// Explicit pages when the block is allocated, others at first use.
        Default = AKIT_POPULATE_DEFAULT,
        /// All of them when the block is allocated.
        All = AKIT_POPULATE_ALL,
    }

    /// The pages behind a block, as the library asked for them.
    Backing {
        /// Ordinary pages.
        Base = AKIT_BACKING_BASE,
        /// Transparent huge pages, if the system has them at hand.
        Thp = AKIT_BACKING_THP,
        /// Explicit huge pages.
        Huge = AKIT_BACKING_HUGE,
        /// Explicit giant pages.
        Giant = AKIT_BACKING_GIANT,
    }

    /// Why a block got smaller pages than the policy wished for.
    Reason {
        /// It got what was wished for.
        None = AKIT_REASON_NONE,
        /// No free page in the reservation.
        NotReserved = AKIT_REASON_NOT_RESERVED,
        /// Refused by the control group's limit.
        Cgroup = AKIT_REASON_CGROUP,
        /// None on the wanted NUMA nodes.
        Node = AKIT_REASON_NODE,
        /// The kernel found no contiguous memory.
        Fragmented = AKIT_REASON_FRAGMENTED,
        /// The process may not use them.
        Permission = AKIT_REASON_PERMISSION,
        /// The kernel does not support them.
        Kernel = AKIT_REASON_KERNEL,
        /// The handle's own cap.
        Limit = AKIT_REASON_LIMIT,
    }

    /// The system's setting of transparent huge pages.
    ThpMode {
        /// Not known.
        Unknown = AKIT_THP_MODE_UNKNOWN,
        /// Used everywhere.
        Always = AKIT_THP_MODE_ALWAYS,
        /// Used where they are asked for.
        Madvise = AKIT_THP_MODE_MADVISE,
        /// Not used.
        Never = AKIT_THP_MODE_NEVER,
    }

    /// What happens when a [`Pool`](crate::Pool) has no idle buffer left.
    ExhaustMode {
        /// More is mapped, up to the cap.
        Grow = AKIT_EXHAUST_GROW,
        /// The request fails: only what was warmed up is handed out, and nothing above the largest class.
        Fail = AKIT_EXHAUST_FAIL,
        /// The request gets a mapping of its own, up to the cap, and is counted.
        Fallback = AKIT_EXHAUST_FALLBACK,
    }

    /// When the memory of released slices of a [`Ring`](crate::Ring) can be used again.
    RingOrder {
        /// With the last slice of their block that is released.
        Any = AKIT_RING_ANY,
        /// When all that were acquired before them are released, too.
        Ordered = AKIT_RING_ORDERED,
    }

    /// How a registration with io_uring stands.
    UringState {
        /// Nothing is registered, and nothing was refused.
        Off = AKIT_URING_OFF,
        /// Nothing is registered, because it was refused.
        Denied = AKIT_URING_DENIED,
        /// Some of it was refused.
        Partial = AKIT_URING_PARTIAL,
        /// All that was there at the last sync is registered.
        On = AKIT_URING_ON,
    }

    /// How much misuse is detected at the call.
    CheckMode {
        /// What costs next to nothing.
        Fast = AKIT_CHECK_FAST,
        /// Every free of a block that is not out, and interior pointers.
        Exact = AKIT_CHECK_EXACT,
    }

    /// What happens at misuse.
    MisuseMode {
        /// It is counted and reported by one line.
        Report = AKIT_MISUSE_REPORT,
        /// It is counted.
        Count = AKIT_MISUSE_COUNT,
        /// It is reported and the process aborts.
        Abort = AKIT_MISUSE_ABORT,
    }

    /// Parts that a build of the library may lack.
    Feature {
        /// Registration with io_uring.
        Uring = AKIT_FEATURE_URING,
        /// Explicit huge pages.
        HugeTlb = AKIT_FEATURE_HUGETLB,
        /// Taking back the caches of sleeping threads.
        Membarrier = AKIT_FEATURE_MEMBARRIER,
    }

    /// Kind of a handle.
    Kind {
        /// A general-purpose heap.
        Tiered = AKIT_KIND_TIERED,
        /// A cache of regions.
        Region = AKIT_KIND_REGION,
        /// A source of huge pages.
        Huge = AKIT_KIND_HUGE,
        /// A buffer pool.
        Pool = AKIT_KIND_POOL,
        /// A buffer ring.
        Ring = AKIT_KIND_RING,
        /// A bump allocator.
        Arena = AKIT_KIND_ARENA,
        /// A slab of nodes.
        Nodes = AKIT_KIND_NODES,
        /// A registration with an io_uring.
        Uring = AKIT_KIND_URING,
        /// A group of provided buffers.
        Group = AKIT_KIND_GROUP,
    }
}

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $flag:ident = $value:expr,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        impl $name {
            $($(#[$fdoc])* pub const $flag: $name = $name($value);)*

            /// The C flags.
            pub const fn as_raw(self) -> u32 {
                self.0
            }
        }

        impl core::ops::BitOr for $name {
            type Output = $name;

            fn bitor(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }
        }
    )*};
}

flags! {
    /// Flags of [`Tiered::allocx`](crate::Tiered::allocx), [`Tiered::reallocx`](crate::Tiered::reallocx) and of the
    /// calls of [`Region`](crate::Region) and [`Huge`](crate::Huge) that take some; combined with `|`.
    AllocFlags {
        /// No flag.
        NONE = 0,
        /// Zeroed memory; what a resize adds is zeroed too.
        ZERO = sys::AKIT_ALLOC_ZERO,
        /// Resize in place, or ENOMEM.
        NO_MOVE = sys::AKIT_ALLOC_NO_MOVE,
        /// The memory is not kept after the free.
        NO_CACHE = sys::AKIT_ALLOC_NO_CACHE,
        /// A guard page behind the block.
        GUARD = sys::AKIT_ALLOC_GUARD,
    }

    /// What a purge gives back; combined with `|`.
    Purge {
        /// Everything that is cached.
        ALL = sys::AKIT_PURGE_ALL,
        /// Only what has been idle for longer than the decay time.
        DUE = sys::AKIT_PURGE_DUE,
        /// Return only when a purge that runs elsewhere has ended, too.
        WAIT = sys::AKIT_PURGE_WAIT,
    }
}
