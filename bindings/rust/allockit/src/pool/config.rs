//! Configuration of a pool.

use crate::config::setters;
use crate::error::{check, Error, Result};
use crate::huge::Huge;
use crate::modes::ExhaustMode;
use crate::pool::Pool;
use crate::region::{zero_mode_on, Region};
use crate::settings::config;
use allockit_sys as sys;

const TAGS: u64 = sys::AKIT_POOL_TAGS as u64;
const REPORT_LEAKS: u64 = sys::AKIT_POOL_REPORT_LEAKS as u64;

config! {
    /// Configuration of a [`Pool`].
    ///
    /// 0 in a field of bytes or nanoseconds is its default, [`NONE`](crate::NONE) means none, never or unlimited. The
    /// library checks the values when the pool is made; nothing is clamped in silence. [`Pool::config`] and
    /// [`Pool::suggest`] answer with the same struct.
    ///
    /// ```
    /// use allockit::{ErrorKind, ExhaustMode, PoolConfig};
    /// use std::time::Duration;
    ///
    /// let pool = PoolConfig::new()
    ///     .name("packets")
    ///     .class_bytes([1536, 9216])
    ///     .cache_bytes(16 << 20)
    ///     .decay(Duration::from_secs(1))
    ///     .exhaust_mode(ExhaustMode::Fail)
    ///     .create()?;
    /// pool.warm(1500, 1)?;
    /// let packet = pool.get(1500)?;
    /// assert_eq!(packet.capacity(), 1536);
    /// assert_eq!(pool.get(1 << 20).unwrap_err().kind(), ErrorKind::TooLarge);
    /// assert_eq!(pool.config()?.class_bytes, [1536, 9216]);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    PoolConfig: akit_pool_config {
        /// Capacity of the smallest class. Default: 2 KiB, or the largest class when that is smaller.
        min_class_bytes: u64 = 0,
        /// Capacity of the largest class, at most 16 MiB. Default: 64 KiB, or the smallest class when that is larger.
        max_class_bytes: u64 = 0,
        /// Classes from one power of two to the next: 1, 2, 4 or 8. Default: 1.
        classes_per_doubling: u64 = 0,
        /// Most idle bytes of one class, all threads together. Default: as `cache_bytes`.
        class_cache_bytes: u64 = 0,
        /// Most idle bytes of all classes and threads. Default: 64 MiB.
        cache_bytes: u64 = 0,
        /// Most idle bytes in the cache of one thread. Default: 8 MiB.
        thread_cache_bytes: u64 = 0,
        /// Alignment of every buffer: a power of two, at most 2 MiB. Default: 64.
        alignment: u64 = 0,
        /// Size of a slab, at most 1 GiB: as many whole buffers as fit, from one to 32768. Default: from 64 KiB in the
        /// beginning to 2 MiB.
        slab_bytes: u64 = 0,
        /// What happens when no idle buffer is left.
        exhaust_mode: ExhaustMode = ExhaustMode::Grow,
    } and others_to_raw, others_of_raw {
        /// The capacities of the classes, ascending, instead of naming the first, the last and the steps: at most 64.
        /// Default: none named here.
        pub class_bytes: Vec<u64> = Vec::new(),
        /// Whether a number can be noted with every buffer that is out, by [`PooledBuf::tag_set`]: some 10 ns per buffer.
        ///
        /// [`PooledBuf::tag_set`]: crate::PooledBuf::tag_set
        pub tags: bool = false,
        /// Whether the end of the pool reports buffers that are out: one line per class, as misuse is reported.
        pub report_leaks: bool = false,
        // Addresses of handles, 0 for none: a config is a value and may outlive them, so they are not pointers here.
        region: usize = 0,
        huge: usize = 0,
    }
}

impl PoolConfig {
    /// The capacities of the classes, ascending.
    #[must_use]
    pub fn class_bytes(mut self, value: impl Into<Vec<u64>>) -> Self {
        self.class_bytes = value.into();
        self
    }

    setters! {
        /// Whether a number can be noted with every buffer that is out.
        tags: bool,
        /// Whether the end of the pool reports buffers that are out.
        report_leaks: bool,
    }

    /// Takes slabs from a region handle, in which they count. The pool keeps what it needs of it alive, so either may end
    /// first; it must be alive when the pool is made, else that is [`Invalid`](crate::ErrorKind::Invalid).
    ///
    /// Pages of a region with [`PurgeMethod::Free`](crate::PurgeMethod::Free) may change by themselves until they are
    /// written to, which bytes behind a reference must not: such a pool zeroes what it hands out, as
    /// [`ZeroMode::OnAlloc`](crate::ZeroMode::OnAlloc), and cannot have [`ZeroMode::OnFree`](crate::ZeroMode::OnFree).
    #[must_use]
    pub fn region(mut self, region: &Region) -> Self {
        self.region = region.as_raw() as usize;
        self
    }

    /// Takes slabs from a handle of huge pages; otherwise as [`region`](Self::region).
    #[must_use]
    pub fn huge(mut self, huge: &Huge) -> Self {
        self.huge = huge.as_raw() as usize;
        self
    }

    /// Makes the pool, on memory of the system or of the handle that was named.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a name or value that makes no sense: classes that do not ascend, both
    /// ways to name them in contradiction, more than one of region, huge pages and a NUMA mode, `thp` or a fork mode
    /// together with a region or huge pages, which have theirs;
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), [`TooNew`](crate::ErrorKind::TooNew) for a field that the
    /// installed library does not know, [`Unsupported`](crate::ErrorKind::Unsupported) for a NUMA mode on a system
    /// without NUMA.
    pub fn create(&self) -> Result<Pool> {
        self.with_raw(|raw| {
            // SAFETY: no memory of the caller.
            unsafe { create(raw) }
        })
    }

    /// Makes the pool on memory of the program, of which it uses the whole pages. It makes no system call afterwards,
    /// save to wait when threads meet.
    ///
    /// The memory is given away for good, because buffers may live longer than the pool. `Vec::leak` makes such a slice;
    /// [`create_on`](Self::create_on) is the form that gets it back.
    ///
    /// ```
    /// use allockit::{ErrorKind, PoolConfig};
    ///
    /// let memory = vec![0u8; 1 << 20].leak();
    /// let pool = PoolConfig::new().create_in(memory)?;
    /// let buffer = pool.get(10_000)?;
    /// assert_eq!(pool.get(1 << 21).unwrap_err().kind(), ErrorKind::TooLarge);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); [`Invalid`](crate::ErrorKind::Invalid), too, for less than two whole pages or less
    /// than one buffer of the largest class, and together with a region, huge pages, NUMA, tags, `prefault_bytes`,
    /// [`ExhaustMode::Fallback`] or another fork mode than copy.
    pub fn create_in(&self, memory: &'static mut [u8]) -> Result<Pool> {
        // SAFETY: the memory is ours alone, for ever.
        unsafe { self.create_on(memory.as_mut_ptr(), memory.len()) }
    }

    /// As [`create_in`](Self::create_in), with memory that the program wants back.
    ///
    /// # Safety
    ///
    /// The `bytes` bytes from `memory` on are readable, writable, have values, and are used by nobody else until the pool
    /// and all its buffers have ended.
    ///
    /// # Errors
    ///
    /// As [`create_in`](Self::create_in).
    pub unsafe fn create_on(&self, memory: *mut u8, bytes: usize) -> Result<Pool> {
        self.with_raw(|raw| {
            raw.memory = memory.cast();
            raw.memory_bytes = bytes as u64;
            // SAFETY: promised by the caller.
            unsafe { create(raw) }
        })
    }

    /// What C has in another form, or as a pointer.
    fn others_to_raw(&self, raw: &mut sys::akit_pool_config) {
        raw.flags = if self.tags { TAGS } else { 0 } | if self.report_leaks { REPORT_LEAKS } else { 0 };
        // Of an empty list the pointer must be NULL, too: a list without classes is refused.
        if !self.class_bytes.is_empty() {
            raw.class_bytes = self.class_bytes.as_ptr();
            raw.class_count = self.class_bytes.len() as u64;
        }
        // The library recognises a handle that has ended, so these need not be alive.
        raw.region = self.region as *mut _;
        raw.huge = self.huge as *mut _;
    }

    /// # Safety
    ///
    /// `raw.class_bytes` is NULL or leads to `raw.class_count` numbers.
    unsafe fn others_of_raw(self, raw: &sys::akit_pool_config) -> Result<Self> {
        if raw.flags & !(TAGS | REPORT_LEAKS) != 0 {
            return Err(Error::from_errno(22)); // of a library that is newer than this crate
        }
        let class_bytes = if raw.class_bytes.is_null() {
            Vec::new()
        } else {
            // SAFETY: promised by the caller.
            unsafe { core::slice::from_raw_parts(raw.class_bytes, raw.class_count as usize) }.to_vec()
        };
        Ok(PoolConfig {
            class_bytes,
            tags: raw.flags & TAGS != 0,
            report_leaks: raw.flags & REPORT_LEAKS != 0,
            region: raw.region as usize,
            huge: raw.huge as usize,
            ..self
        })
    }
}

/// # Safety
///
/// What `raw.memory` needs as `create_on` says.
unsafe fn create(raw: &mut sys::akit_pool_config) -> Result<Pool> {
    raw.zero_mode = zero_mode_on(raw.region, raw.zero_mode)?;
    let mut handle = core::ptr::null_mut();
    // SAFETY: `raw` is a complete config whose pointers outlive the call, and `handle` is writable.
    check(unsafe { sys::akit_pool_create(raw, &mut handle) })?;
    // SAFETY: create has just handed the handle over to us.
    unsafe { Pool::from_raw(handle) }.ok_or(Error::from_errno(12))
}
