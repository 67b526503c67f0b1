//! Configuration of a handle of huge pages.

use crate::error::{check, Error, Result};
use crate::huge::Huge;
use crate::modes::{HugePages, Populate};
use crate::settings::config;
use allockit_sys as sys;

config! {
    /// Configuration of a [`Huge`] handle.
    ///
    /// 0 in a field of bytes or nanoseconds is its default, [`NONE`](crate::NONE) means none, never or unlimited. The
    /// library checks the values when the handle is made; nothing is clamped in silence. [`Huge::config`] and
    /// [`Huge::suggest`] answer with the same struct.
    ///
    /// ```
    /// use allockit::{HugeConfig, HugePages};
    ///
    /// let huge = HugeConfig::new().name("table").giant_mode(HugePages::Never).create()?;
    /// assert_eq!(huge.config()?.huge_mode, HugePages::Prefer);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    HugeConfig: akit_huge_config {
        /// Size in bytes of a giant page, one that the kernel offers. Default: its next one above the huge page.
        giant_page_bytes: u64 = 0,
        /// Size in bytes of a huge page, one that the kernel offers. Default: its default one.
        huge_page_bytes: u64 = 0,
        /// Giant pages. Default: preferred from one page's size on when that wastes no more than an eighth.
        giant_mode: HugePages = HugePages::Default,
        /// Huge pages. Default: preferred.
        huge_mode: HugePages = HugePages::Default,
        /// When pages are taken.
        populate: Populate = Populate::Default,
        /// Freed bytes that are kept. Default: none on explicit pages, which others may need, and 64 MiB of the rest; a
        /// number holds for all together.
        cache_bytes: u64 = 0,
    }
}

impl HugeConfig {
    /// Makes the handle.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a name or value that makes no sense or a page size the kernel does
    /// not offer, [`OutOfMemory`](crate::ErrorKind::OutOfMemory), also when `prefault_bytes` cannot be had,
    /// [`TooNew`](crate::ErrorKind::TooNew) for a field that the installed library does not know,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a NUMA mode on a system without NUMA.
    pub fn create(&self) -> Result<Huge> {
        self.with_raw(|raw| {
            let mut handle = core::ptr::null_mut();
            // SAFETY: `raw` is a complete config whose name outlives the call, and `handle` is writable.
            check(unsafe { sys::akit_huge_create(raw, &mut handle) })?;
            // SAFETY: create has just handed the handle over to us.
            unsafe { Huge::from_raw(handle) }.ok_or(Error::from_errno(12))
        })
    }
}
