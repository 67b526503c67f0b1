//! Configuration of a heap: a plain struct, filled by hand or by its builder methods.

use crate::error::{check, Error, Result};
use crate::huge::Huge;
use crate::modes::{CheckMode, ForkMode, HugePages, NumaMode, Thp, ZeroMode};
use crate::region::Region;
use crate::settings::{known, name_from_c, name_to_c};
use crate::tiered::Tiered;
use allockit_sys as sys;
use std::time::Duration;

/// Configuration of a [`Tiered`] heap.
///
/// 0 in a field of bytes or nanoseconds is its default, [`NONE`](crate::NONE) means none, never or unlimited. The
/// library checks the values when the heap is made; nothing is clamped in silence. [`Tiered::config`] and
/// [`Tiered::suggest`] answer with the same struct.
///
/// ```
/// use allockit::{CheckMode, TieredConfig};
///
/// let heap = TieredConfig::new()
///     .name("parser")
///     .limit_bytes(64 << 20)
///     .check_mode(CheckMode::Exact)
///     .create()?;
/// assert_eq!(heap.config()?.name.as_deref(), Some("parser"));
/// # Ok::<(), allockit::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TieredConfig {
    /// Label in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
    pub name: Option<String>,
    /// Cap in bytes on everything the heap maps: blocks, caches, metadata; at least 64 KiB. Default: no cap.
    pub limit_bytes: u64,
    /// Nanoseconds after which idle memory is due to go back. Default: 100 ms.
    pub decay_ns: u64,
    /// Transparent huge pages.
    pub thp: Thp,
    /// What a child process sees.
    pub fork_mode: ForkMode,
    /// When blocks are zeroed.
    pub zero_mode: ZeroMode,
    /// Where pages come from; only [`NumaMode::Local`] so far, others are refused with `ENOSYS`.
    pub numa_mode: NumaMode,
    /// Mask of NUMA nodes for `numa_mode`; bit n stands for node n.
    pub numa_nodes: u64,
    /// Bytes made resident when the heap is made. Default: none.
    pub prefault_bytes: u64,
    /// How much misuse is detected at the call.
    pub check_mode: CheckMode,
    /// Largest small block in bytes, at least 16. Default: 1 KiB.
    pub small_max_bytes: u64,
    /// Largest medium block in bytes, up to 64 KiB. Default: 16 KiB.
    pub medium_max_bytes: u64,
    /// Largest large block in bytes; above it is huge. Default: just below 2 MiB.
    pub large_max_bytes: u64,
    /// Freed bytes that one thread may keep. Default: 128 MiB.
    pub thread_cache_bytes: u64,
    /// Freed bytes that all threads and the depot may keep together. Default: 256 MiB.
    pub cache_bytes: u64,
    /// Explicit huge pages for huge blocks. Default: never.
    pub hugetlb_mode: HugePages,
    /// One in so many blocks gets a guard page. Default: none.
    pub guard_sample_interval: u64,
    // Addresses of handles, 0 for none: a config is a value and may outlive them, so they are not pointers here.
    region: usize,
    huge: usize,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, value: $type) -> Self {
            self.$field = value;
            self
        }
    )*};
}

pub(crate) use setters;

impl TieredConfig {
    /// Defaults everywhere.
    pub fn new() -> Self {
        TieredConfig {
            name: None,
            limit_bytes: 0,
            decay_ns: 0,
            thp: Thp::Default,
            fork_mode: ForkMode::Default,
            zero_mode: ZeroMode::None,
            numa_mode: NumaMode::Local,
            numa_nodes: 0,
            prefault_bytes: 0,
            check_mode: CheckMode::Fast,
            small_max_bytes: 0,
            medium_max_bytes: 0,
            large_max_bytes: 0,
            thread_cache_bytes: 0,
            cache_bytes: 0,
            hugetlb_mode: HugePages::Default,
            guard_sample_interval: 0,
            region: 0,
            huge: 0,
        }
    }

    /// Makes the heap.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a name or value that makes no sense,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), [`TooNew`](crate::ErrorKind::TooNew) for a field that the
    /// installed library does not know.
    pub fn create(&self) -> Result<Tiered> {
        self.with_raw(|raw| {
            let mut handle = core::ptr::null_mut();
            // SAFETY: `raw` is a complete config whose name outlives the call, and `handle` is writable.
            check(unsafe { sys::akit_tiered_create(raw, &mut handle) })?;
            // SAFETY: create has just handed the handle over to us.
            unsafe { Tiered::from_raw(handle) }.ok_or(Error::from_errno(12))
        })
    }

    /// Label in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Time after which idle memory is due to go back; zero is the default of 100 ms.
    #[must_use]
    pub fn decay(mut self, time: Duration) -> Self {
        self.decay_ns = u64::try_from(time.as_nanos()).unwrap_or(crate::NONE);
        self
    }

    /// NUMA policy and the mask of its nodes.
    #[must_use]
    pub fn numa(mut self, mode: NumaMode, nodes: u64) -> Self {
        self.numa_mode = mode;
        self.numa_nodes = nodes;
        self
    }

    /// Takes memory from a region handle instead of the process-wide cache. The heap keeps what it needs of it alive,
    /// so either may end first; it must be alive when the heap is made, else that is
    /// [`Invalid`](crate::ErrorKind::Invalid).
    #[must_use]
    pub fn region(mut self, region: &Region) -> Self {
        self.region = region.as_raw() as usize;
        self
    }

    /// Takes huge blocks from a handle of huge pages; otherwise as [`region`](Self::region).
    #[must_use]
    pub fn huge(mut self, huge: &Huge) -> Self {
        self.huge = huge.as_raw() as usize;
        self
    }

    setters! {
        /// Cap in bytes on everything the heap maps.
        limit_bytes: u64,
        /// Transparent huge pages.
        thp: Thp,
        /// What a child process sees.
        fork_mode: ForkMode,
        /// When blocks are zeroed.
        zero_mode: ZeroMode,
        /// Bytes made resident when the heap is made.
        prefault_bytes: u64,
        /// How much misuse is detected at the call.
        check_mode: CheckMode,
        /// Largest small block in bytes.
        small_max_bytes: u64,
        /// Largest medium block in bytes.
        medium_max_bytes: u64,
        /// Largest large block in bytes.
        large_max_bytes: u64,
        /// Freed bytes that one thread may keep.
        thread_cache_bytes: u64,
        /// Freed bytes that all threads and the depot may keep together.
        cache_bytes: u64,
        /// Explicit huge pages for huge blocks.
        hugetlb_mode: HugePages,
        /// One in so many blocks gets a guard page.
        guard_sample_interval: u64,
    }

    /// Calls `f` with the C struct, which holds the name only during the call.
    pub(crate) fn with_raw<T>(&self, f: impl FnOnce(&sys::akit_tiered_config) -> Result<T>) -> Result<T> {
        let name = name_to_c(&self.name)?;
        let mut raw = empty();
        raw.name = name.as_ref().map_or(core::ptr::null(), |name| name.as_ptr());
        raw.limit_bytes = self.limit_bytes;
        raw.decay_ns = self.decay_ns;
        raw.thp = self.thp.as_raw();
        raw.fork_mode = self.fork_mode.as_raw();
        raw.zero_mode = self.zero_mode.as_raw();
        raw.numa_mode = self.numa_mode.as_raw();
        raw.numa_nodes = self.numa_nodes;
        raw.prefault_bytes = self.prefault_bytes;
        raw.check_mode = self.check_mode.as_raw();
        raw.small_max_bytes = self.small_max_bytes;
        raw.medium_max_bytes = self.medium_max_bytes;
        raw.large_max_bytes = self.large_max_bytes;
        raw.thread_cache_bytes = self.thread_cache_bytes;
        raw.cache_bytes = self.cache_bytes;
        raw.hugetlb_mode = self.hugetlb_mode.as_raw();
        raw.guard_sample_interval = self.guard_sample_interval;
        // The library recognises a handle that has ended, so these need not be alive.
        raw.region = self.region as *mut _;
        raw.huge = self.huge as *mut _;
        f(&raw)
    }

    /// Reads what the library filled in.
    ///
    /// # Safety
    ///
    /// `raw.name` is NULL or a C string that lives during the call.
    pub(crate) unsafe fn from_raw(raw: &sys::akit_tiered_config) -> Result<Self> {
        Ok(TieredConfig {
            // SAFETY: promised by the caller.
            name: unsafe { name_from_c(raw.name) },
            limit_bytes: raw.limit_bytes,
            decay_ns: raw.decay_ns,
            thp: known(raw.thp)?,
            fork_mode: known(raw.fork_mode)?,
            zero_mode: known(raw.zero_mode)?,
            numa_mode: known(raw.numa_mode)?,
            numa_nodes: raw.numa_nodes,
            prefault_bytes: raw.prefault_bytes,
            check_mode: known(raw.check_mode)?,
            small_max_bytes: raw.small_max_bytes,
            medium_max_bytes: raw.medium_max_bytes,
            large_max_bytes: raw.large_max_bytes,
            thread_cache_bytes: raw.thread_cache_bytes,
            cache_bytes: raw.cache_bytes,
            hugetlb_mode: known(raw.hugetlb_mode)?,
            guard_sample_interval: raw.guard_sample_interval,
            region: raw.region as usize,
            huge: raw.huge as usize,
        })
    }
}

impl Default for TieredConfig {
    fn default() -> Self {
        TieredConfig::new()
    }
}

/// A C config with its size set and every field at its default.
pub(crate) fn empty() -> sys::akit_tiered_config {
    // SAFETY: integers and pointers, for which all bytes zero is a value.
    let mut raw: sys::akit_tiered_config = unsafe { core::mem::zeroed() };
    raw.struct_size = core::mem::size_of::<sys::akit_tiered_config>() as u64;
    raw
}
