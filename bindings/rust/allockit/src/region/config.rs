//! Configuration of a region handle.

use crate::error::{check, Error, Result};
use crate::modes::PurgeMethod;
use crate::region::Region;
use crate::settings::config;
use allockit_sys as sys;

config! {
    /// Configuration of a [`Region`] handle.
    ///
    /// 0 in a field of bytes, nanoseconds or numbers is its default, [`NONE`](crate::NONE) means none, never or
    /// unlimited. The library checks the values when the handle is made; nothing is clamped in silence.
    /// [`Region::config`] and [`Region::suggest`] answer with the same struct.
    ///
    /// ```
    /// use allockit::RegionConfig;
    ///
    /// let region = RegionConfig::new().name("columns").limit_bytes(1 << 30).cache_bytes(64 << 20).create()?;
    /// assert_eq!(region.config()?.max_waste_permille, 125);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    RegionConfig: akit_region_config {
        /// Freed bytes that are kept, all threads together. Default: 256 MiB.
        cache_bytes: u64 = 0,
        /// Most that a region may be larger than the size asked for, rounded up to pages, in thousandths of it; at most
        /// 1000. Default: 125.
        max_waste_permille: u64 = 0,
        /// Most mappings of the kernel that the handle may cause. Default: 16384.
        max_mappings: u64 = 0,
        /// Freed regions that are kept, all threads together. Default: 65536.
        max_entries: u64 = 0,
        /// How idle pages go back.
        purge_method: PurgeMethod = PurgeMethod::Default,
        /// An inaccessible page behind every region. Default: only with
        /// [`AllocFlags::GUARD`](crate::AllocFlags::GUARD).
        guard: bool = false,
    }
}

impl RegionConfig {
    /// Makes the handle, on memory of the system.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a name or value that makes no sense,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), [`TooNew`](crate::ErrorKind::TooNew) for a field that the
    /// installed library does not know, [`Unsupported`](crate::ErrorKind::Unsupported) for a NUMA mode on a system
    /// without NUMA.
    pub fn create(&self) -> Result<Region> {
        self.with_raw(|raw| {
            // SAFETY: no memory of the caller.
            unsafe { create(raw) }
        })
    }

    /// Makes the handle on memory of the program, of which it uses the whole pages. It makes no system call afterwards.
    ///
    /// The memory is given away for good, because heaps that stand on the handle may use it for longer than the handle
    /// lives. `Vec::leak` makes such a slice; [`create_on`](Self::create_on) is the form that gets it
    /// back.
    ///
    /// ```
    /// use allockit::{ErrorKind, RegionConfig};
    ///
    /// let memory = vec![0u8; 1 << 20].leak();
    /// let region = RegionConfig::new().create_in(memory)?;
    /// let block = region.alloc(100_000)?;
    /// assert_eq!(region.alloc(1 << 21).unwrap_err().kind(), ErrorKind::TooLarge);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); [`Invalid`](crate::ErrorKind::Invalid), too, for less than a whole page, and
    /// together with NUMA, huge pages, guards, a purge method or another fork mode than copy.
    pub fn create_in(&self, memory: &'static mut [u8]) -> Result<Region> {
        // SAFETY: the memory is ours alone, for ever.
        unsafe { self.create_on(memory.as_mut_ptr(), memory.len()) }
    }

    /// As [`create_in`](Self::create_in), with memory that the program wants back.
    ///
    /// # Safety
    ///
    /// The `bytes` bytes from `memory` on are readable, writable, and used by nobody else until the handle, all its
    /// blocks, and every heap that stands on it have ended.
    ///
    /// # Errors
    ///
    /// As [`create_in`](Self::create_in).
    pub unsafe fn create_on(&self, memory: *mut u8, bytes: usize) -> Result<Region> {
        self.with_raw(|raw| {
            raw.memory = memory.cast();
            raw.memory_bytes = bytes as u64;
            // SAFETY: promised by the caller.
            unsafe { create(raw) }
        })
    }
}

/// # Safety
///
/// What `raw.memory` needs as `create_on` says.
unsafe fn create(raw: &sys::akit_region_config) -> Result<Region> {
    let mut handle = core::ptr::null_mut();
    // SAFETY: `raw` is a complete config whose name outlives the call, and `handle` is writable.
    check(unsafe { sys::akit_region_create(raw, &mut handle) })?;
    // SAFETY: create has just handed the handle over to us.
    unsafe { Region::from_raw(handle) }.ok_or(Error::from_errno(12))
}

/// The zero mode that slices of bytes on a region need, of which the system may still take pages that are handed out again.
pub(crate) fn zero_mode_on(region: *mut sys::akit_region, wanted: u32) -> Result<u32> {
    let mut config = RegionConfig::empty();
    // SAFETY: the library recognises a handle that has ended, and `config` is as large as it says.
    let lazy = !region.is_null()
        && unsafe { sys::akit_region_config_get(region, &mut config) } == 0
        && config.purge_method == sys::AKIT_PURGE_METHOD_FREE;
    match wanted {
        sys::AKIT_ZERO_ON_FREE if lazy => Err(Error::from_errno(22)),
        _ if lazy => Ok(sys::AKIT_ZERO_ON_ALLOC),
        _ => Ok(wanted),
    }
}
