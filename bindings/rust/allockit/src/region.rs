//! Regions: blocks of whole pages, kept for reuse.

mod block;
mod config;

pub use block::{RegionBlock, RegionPin};
pub(crate) use config::zero_mode_on;
pub use config::RegionConfig;

use crate::error::{check, check_figure, Result};
use crate::handle::{any_thread, ends_at_once, handle};
use crate::modes::{AllocFlags, Purge, PurgeMethod};
use crate::stats::{self, RegionStats};
use crate::tiered::{block as got, void};
use allockit_sys as sys;
use core::ptr::NonNull;

/// A source of big blocks, each of whole pages: what is freed is kept, by size, so that the next request of its size
/// costs neither a system call nor a page fault; what stays idle goes back to the system.
///
/// Any thread may use it at any time. Blocks come as [`RegionBlock`], which is a slice of bytes that frees itself, or
/// raw from [`allocx`](Self::allocx). Dropping the handle takes every raw block with it.
///
/// ```
/// use allockit::{Region, RegionBlock};
/// use std::sync::Arc;
///
/// let region = Arc::new(Region::builder().cache_bytes(64 << 20).create()?);
/// let mut block = region.alloc(1 << 20)?; // borrows `region`
/// block[1000] = 7;
/// block.resize(3 << 20)?;
/// assert_eq!(block[1000], 7);
/// drop(block);
/// assert_eq!(region.stats()?.used_bytes, 0);
///
/// let owned = RegionBlock::new(region.clone(), 100_000)?; // may live anywhere
/// drop(region);
/// assert_eq!(owned.len(), 100_000);
/// # Ok::<(), allockit::Error>(())
/// ```
pub struct Region {
    raw: NonNull<sys::akit_region>,
    /// Pages of freed regions may still be taken by the system while they are handed out again.
    lazy: bool,
}

handle! {
    Region, akit_region, RegionConfig, RegionStats;
    akit_region_config_get, akit_region_stats_get
}

any_thread!(Region, akit_region_purge);

ends_at_once! {
    Region, akit_region, RegionConfig, EndedRegion;
    akit_region_destroy, akit_region_suggest, akit_region_node_bytes, akit_region_free
}

impl Region {
    /// Takes over a handle made through the C interface; `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy.
    pub unsafe fn from_raw(raw: *mut sys::akit_region) -> Option<Self> {
        let mut region = Region { raw: NonNull::new(raw)?, lazy: false };
        let method = region.config().map(|config| config.purge_method);
        region.lazy = !matches!(method, Ok(PurgeMethod::Default | PurgeMethod::DontNeed | PurgeMethod::Unmap));
        Some(region)
    }

    /// A block of `len` bytes that starts on a page boundary, with undefined contents.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory): the cap, the budget of mappings, the system, or a size above
    /// `isize::MAX`; on memory of the program [`TooLarge`](crate::ErrorKind::TooLarge) for more than it can ever give
    /// and [`Exhausted`](crate::ErrorKind::Exhausted) for more than is free now.
    pub fn alloc(&self, len: usize) -> Result<RegionBlock<&Region>> {
        RegionBlock::new(self, len)
    }

    /// A block of `len` bytes that reads as zero, over its whole [`capacity`](RegionBlock::capacity).
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc).
    pub fn alloc_zeroed(&self, len: usize) -> Result<RegionBlock<&Region>> {
        self.alloc_with(len, 0, AllocFlags::ZERO)
    }

    /// The general form: a block on a multiple of `alignment`, which is 0 (a page) or a power of two up to 1 GiB, with
    /// flags [`ZERO`](AllocFlags::ZERO), [`NO_CACHE`](AllocFlags::NO_CACHE) and [`GUARD`](AllocFlags::GUARD).
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc); [`Invalid`](crate::ErrorKind::Invalid) for another alignment or flag.
    pub fn alloc_with(&self, len: usize, alignment: usize, flags: AllocFlags) -> Result<RegionBlock<&Region>> {
        RegionBlock::with(self, len, alignment, flags)
    }
}

/// Raw blocks, which are plain memory.
impl Region {
    /// A raw block, as [`alloc_with`](Self::alloc_with): a slice of all bytes that may be used, at least `size`.
    ///
    /// # Errors
    ///
    /// As [`alloc_with`](Self::alloc_with).
    pub fn allocx(&self, size: usize, alignment: usize, flags: AllocFlags) -> Result<NonNull<[u8]>> {
        let mut usable = 0;
        // SAFETY: the handle is live and `usable` is writable.
        let p = unsafe { sys::akit_region_alloc(self.as_raw(), size, alignment, flags.as_raw(), &mut usable) };
        got(p).map(|p| NonNull::slice_from_raw_parts(p, usable))
    }

    /// Resizes a raw block, in place or by moving its pages; keeps the contents, and a larger alignment than that of a
    /// page only when it does not move. Flags are [`ZERO`](AllocFlags::ZERO) (what grew is zero, if the block was zero
    /// beyond its size before) and [`NO_MOVE`](AllocFlags::NO_MOVE).
    ///
    /// # Safety
    ///
    /// `p` is a block of this handle that is out. On success it is dead and the result takes its place.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc), and then `p` stays as it was; [`Busy`](crate::ErrorKind::Busy) for a pinned block,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when it cannot stay in place and must. Shrinking does not fail.
    pub unsafe fn reallocx(&self, p: NonNull<u8>, size: usize, flags: AllocFlags) -> Result<NonNull<[u8]>> {
        let mut usable = 0;
        // SAFETY: the handle is live and `usable` is writable; the caller vouches for `p`.
        let p = unsafe { sys::akit_region_realloc(self.as_raw(), void(p), size, flags.as_raw(), &mut usable) };
        got(p).map(|p| NonNull::slice_from_raw_parts(p, usable))
    }

    /// Frees a raw block; any thread may do it. A pinned one is kept as it is until it is unpinned.
    ///
    /// # Safety
    ///
    /// `p` came from this handle, is out, and is used no more.
    ///
    /// # Errors
    ///
    /// None in a program without misuse, which is [`NotFound`](crate::ErrorKind::NotFound) for what is not the start of
    /// a block of this handle and [`Invalid`](crate::ErrorKind::Invalid) for one that is not out; then nothing changes.
    pub unsafe fn free(&self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the handle is live; the caller vouches for `p`.
        check(unsafe { sys::akit_region_free(self.as_raw(), void(p)) }).map(drop)
    }

    /// Makes pages of a block resident now, by one system call that never writes to them. `p` may lie inside the block;
    /// a `length` of 0 means up to its end.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) for what does not lie in a block that is out,
    /// [`Invalid`](crate::ErrorKind::Invalid) for a length that reaches beyond it,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), [`Unsupported`](crate::ErrorKind::Unsupported) on memory of the
    /// program.
    pub fn prefault(&self, p: *const u8, length: usize) -> Result<()> {
        // SAFETY: the handle is live; any address may be given, as nothing is written.
        check(unsafe { sys::akit_region_prefault(self.as_raw(), p.cast_mut().cast(), length, 0) }).map(drop)
    }

    /// Pins a block: until it has been unpinned as often, it is not purged, moved or unmapped, whatever happens to it.
    /// [`RegionBlock::pin`] does the same with a guard.
    ///
    /// # Errors
    ///
    /// As [`free`](Self::free) for what is not a block that is out; errno EAGAIN after 2^31 pins.
    pub fn pin(&self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the handle is live; any address may be given.
        check(unsafe { sys::akit_region_pin(self.as_raw(), void(p)) }).map(drop)
    }

    /// Takes one pin back. The last one ends a block that was freed meanwhile.
    ///
    /// # Safety
    ///
    /// The pin was made by [`pin`](Self::pin), and nobody relies on it any more.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) for what is not the start of a block of this handle,
    /// [`Invalid`](crate::ErrorKind::Invalid) for one that is not pinned; then nothing changes.
    pub unsafe fn unpin(&self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the handle is live; the caller vouches for the pin.
        check(unsafe { sys::akit_region_unpin(self.as_raw(), void(p)) }).map(drop)
    }

    /// Flags that every block handed out as a slice needs. A page that the system may still take would change its
    /// contents by itself, until it is first written to; bytes behind a reference must not.
    fn flags(&self, flags: AllocFlags) -> AllocFlags {
        if self.lazy {
            flags | AllocFlags::ZERO
        } else {
            flags
        }
    }
}

impl EndedRegion {
    /// Takes one pin of a raw block back.
    ///
    /// # Safety
    ///
    /// As [`Region::unpin`].
    ///
    /// # Errors
    ///
    /// As [`Region::unpin`].
    pub unsafe fn unpin(self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the caller vouches for the pin; the library recognises a handle that has ended.
        check(unsafe { sys::akit_region_unpin(self.raw, void(p)) }).map(drop)
    }
}
