//! The general-purpose heap as an owning handle.

use crate::config::{empty, TieredConfig};
use crate::error::{check, Error, Result};
use crate::modes::{AllocFlags, Purge};
use crate::stats::{self, ClassStats, TieredStats};
use allockit_sys as sys;
use core::ffi::c_void;
use core::fmt;
use core::mem::{size_of, ManuallyDrop};
use core::ptr::NonNull;

/// A general-purpose heap of its own: capped, measured, and destroyed at once.
///
/// Any thread may use it at any time. Dropping it takes every page back without freeing block by block, so blocks that
/// are still out dangle afterwards; containers that borrow it as their allocator cannot outlive it.
///
/// The methods that allocate answer with raw blocks, which are plain memory: freeing and resizing them is `unsafe`.
///
/// ```
/// use allockit::Tiered;
///
/// let heap = Tiered::new()?;
/// let block = heap.alloc(100)?;
/// // SAFETY: the block came from `heap` and is used no more.
/// unsafe { heap.free(block) };
/// assert_eq!(heap.stats()?.used_bytes, 0);
/// # Ok::<(), allockit::Error>(())
/// ```
#[repr(transparent)]
pub struct Tiered {
    pub(crate) raw: NonNull<sys::akit_tiered>,
}

// SAFETY: a handle is not tied to the thread that made it.
unsafe impl Send for Tiered {}
// SAFETY: every call but destroy may be made by any number of threads, and destroy needs ownership.
unsafe impl Sync for Tiered {}

impl Tiered {
    /// A heap with defaults everywhere and no cap.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub fn new() -> Result<Self> {
        TieredConfig::new().create()
    }

    /// A configuration to fill in; end it with [`TieredConfig::create`].
    pub fn builder() -> TieredConfig {
        TieredConfig::new()
    }

    /// Takes over a handle made through the C interface; `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy.
    pub unsafe fn from_raw(raw: *mut sys::akit_tiered) -> Option<Self> {
        NonNull::new(raw).map(|raw| Tiered { raw })
    }

    /// The C handle, borrowed.
    pub fn as_raw(&self) -> *mut sys::akit_tiered {
        self.raw.as_ptr()
    }

    /// Gives the C handle away; whoever gets it destroys it.
    pub fn into_raw(self) -> *mut sys::akit_tiered {
        ManuallyDrop::new(self).as_raw()
    }

    /// Gives the heap the life of the process, and with it a reference that can be copied freely.
    pub fn leak(self) -> &'static Tiered {
        Box::leak(Box::new(self))
    }

    /// Ends the heap now: every page leaves it, without freeing block by block. As dropping it, but says how it went.
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub fn destroy(self) -> Result<()> {
        self.end(0)
    }

    /// Ends the heap when its last block is freed: nothing new can be allocated, blocks that are out stay valid.
    ///
    /// They are freed with [`GlobalHeap::free`](crate::GlobalHeap::free), which finds the heap by the address.
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub fn destroy_deferred(self) -> Result<()> {
        self.end(sys::AKIT_DESTROY_DEFER)
    }

    fn end(self, flags: u32) -> Result<()> {
        // SAFETY: the handle is live, and `self` was its owner.
        check(unsafe { sys::akit_tiered_destroy(self.into_raw(), flags) }).map(drop)
    }

    /// A block of at least `size` bytes, aligned to 16, with undefined contents.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory): the cap, the system, or a size above `isize::MAX`.
    #[inline]
    pub fn alloc(&self, size: usize) -> Result<NonNull<u8>> {
        // SAFETY: the handle is live.
        block(unsafe { sys::akit_tiered_alloc(self.as_raw(), size) })
    }

    /// A block of `count * size` bytes that reads as zero.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc), and when the product overflows.
    #[inline]
    pub fn calloc(&self, count: usize, size: usize) -> Result<NonNull<u8>> {
        // SAFETY: the handle is live.
        block(unsafe { sys::akit_tiered_calloc(self.as_raw(), count, size) })
    }

    /// A block of at least `size` bytes aligned to `alignment`: 0 (which is 16) or a power of two up to 1 GiB.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc); [`Invalid`](crate::ErrorKind::Invalid) for another alignment.
    #[inline]
    pub fn aligned_alloc(&self, size: usize, alignment: usize) -> Result<NonNull<u8>> {
        // SAFETY: the handle is live.
        block(unsafe { sys::akit_tiered_aligned_alloc(self.as_raw(), alignment, size) })
    }

    /// The general form: alignment, flags, and a slice of all bytes that may be used, in one call.
    ///
    /// # Errors
    ///
    /// As [`aligned_alloc`](Self::aligned_alloc).
    pub fn allocx(&self, size: usize, alignment: usize, flags: AllocFlags) -> Result<NonNull<[u8]>> {
        let mut usable = 0;
        // SAFETY: the handle is live and `usable` is writable.
        let p = unsafe { sys::akit_tiered_allocx(self.as_raw(), size, alignment, flags.as_raw(), &mut usable) };
        block(p).map(|p| NonNull::slice_from_raw_parts(p, usable))
    }

    /// Resizes a block, in place where that is possible; keeps the contents and at most an alignment of 16.
    ///
    /// # Safety
    ///
    /// `p` is a block of this heap that is out. On success it is dead and the result takes its place.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc), and then `p` stays as it was. Shrinking does not fail.
    #[inline]
    pub unsafe fn realloc(&self, p: NonNull<u8>, size: usize) -> Result<NonNull<u8>> {
        // SAFETY: the handle is live; the caller vouches for `p`.
        block(unsafe { sys::akit_tiered_realloc(self.as_raw(), void(p), size) })
    }

    /// The general form of resizing: the result is aligned to `alignment`, also when it does not move.
    ///
    /// # Safety
    ///
    /// As [`realloc`](Self::realloc).
    ///
    /// # Errors
    ///
    /// As [`aligned_alloc`](Self::aligned_alloc); [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when
    /// [`AllocFlags::NO_MOVE`] cannot be met. On failure `p` stays as it was.
    pub unsafe fn reallocx(
        &self,
        p: NonNull<u8>,
        size: usize,
        alignment: usize,
        flags: AllocFlags,
    ) -> Result<NonNull<[u8]>> {
        let (raw, flags, mut usable) = (self.as_raw(), flags.as_raw(), 0);
        // SAFETY: the handle is live and `usable` is writable; the caller vouches for `p`.
        let p = unsafe { sys::akit_tiered_reallocx(raw, void(p), size, alignment, flags, &mut usable) };
        block(p).map(|p| NonNull::slice_from_raw_parts(p, usable))
    }

    /// Frees a block of this heap; any thread may do it.
    ///
    /// # Safety
    ///
    /// `p` came from this heap, is out, and is used no more.
    #[inline]
    pub unsafe fn free(&self, p: NonNull<u8>) {
        // SAFETY: the handle is live; the caller vouches for `p`.
        unsafe { sys::akit_tiered_free(self.as_raw(), void(p)) }
    }

    /// Frees a block whose requested size the caller knows, which is the fastest way.
    ///
    /// # Safety
    ///
    /// As [`free`](Self::free); `size` is between the size last asked for and the usable size.
    #[inline]
    pub unsafe fn free_sized(&self, p: NonNull<u8>, size: usize) {
        // SAFETY: the handle is live; the caller vouches for `p` and `size`.
        unsafe { sys::akit_tiered_free_sized(self.as_raw(), void(p), size) }
    }

    /// Frees a block whose requested size and alignment the caller knows.
    ///
    /// # Safety
    ///
    /// As [`free_sized`](Self::free_sized); `alignment` is the one asked for.
    #[inline]
    pub unsafe fn free_aligned_sized(&self, p: NonNull<u8>, size: usize, alignment: usize) {
        // SAFETY: the handle is live; the caller vouches for the rest.
        unsafe { sys::akit_tiered_free_aligned_sized(self.as_raw(), void(p), alignment, size) }
    }

    /// Fills `out` from the front with blocks of `size` bytes and says how many; fewer than asked is a normal answer.
    #[must_use]
    pub fn alloc_n(&self, size: usize, out: &mut [Option<NonNull<u8>>]) -> usize {
        // SAFETY: the handle is live, and `Option<NonNull<u8>>` has the layout of a C pointer.
        unsafe { sys::akit_tiered_alloc_n(self.as_raw(), size, out.len(), out.as_mut_ptr().cast()) }
    }

    /// Frees a batch of blocks of any sizes and says how many were blocks of this heap; `None` counts as done.
    ///
    /// # Safety
    ///
    /// As [`free`](Self::free) for each.
    pub unsafe fn free_n(&self, blocks: &[Option<NonNull<u8>>]) -> usize {
        // SAFETY: the handle is live, `Option<NonNull<u8>>` has the layout of a C pointer, and the caller vouches for
        // the blocks.
        unsafe { sys::akit_tiered_free_n(self.as_raw(), blocks.len(), blocks.as_ptr().cast()) }
    }

    /// Usable bytes at `p`; 0 for what is not a block of this heap. The memory is not touched.
    pub fn usable_size(&self, p: *const u8) -> usize {
        // SAFETY: the handle is live, and any address may be asked about.
        unsafe { sys::akit_tiered_usable_size(self.as_raw(), p.cast()) }
    }

    /// Usable bytes that a request of `size` bytes would get; 0 when it must fail.
    pub fn good_size(&self, size: usize) -> usize {
        // SAFETY: the handle is live.
        unsafe { sys::akit_tiered_good_size(self.as_raw(), size) }
    }

    /// Whether an address lies in memory of this heap. The memory is not touched.
    pub fn owns(&self, p: *const u8) -> bool {
        // SAFETY: the handle is live, and any address may be asked about.
        unsafe { sys::akit_tiered_owns(self.as_raw(), p.cast()) == 1 }
    }

    /// Gives idle memory back to the system and says how many bytes.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn purge(&self, what: Purge) -> Result<u64> {
        let mut bytes = 0;
        // SAFETY: the handle is live and `bytes` is writable.
        check(unsafe { sys::akit_tiered_purge(self.as_raw(), what.as_raw(), &mut bytes) })?;
        Ok(bytes)
    }
}

/// What the heap says about itself. None of these calls fails in a program without misuse.
impl Tiered {
    /// Statistics summed now.
    pub fn stats(&self) -> Result<TieredStats> {
        let mut out = TieredStats::default();
        out.struct_size = size_of::<TieredStats>() as u64;
        // SAFETY: the handle is live, and `out` is as large as it says.
        check(unsafe { sys::akit_tiered_stats_get(self.as_raw(), &mut out) })?;
        Ok(out)
    }

    /// Number of size classes.
    pub fn class_count(&self) -> usize {
        // SAFETY: the handle is live.
        unsafe { sys::akit_tiered_class_count(self.as_raw()) }
    }

    /// Statistics of a size class; [`NotFound`](crate::ErrorKind::NotFound) from [`class_count`](Self::class_count) on.
    pub fn class_stats(&self, index: usize) -> Result<ClassStats> {
        let mut out = ClassStats::default();
        out.struct_size = size_of::<ClassStats>() as u64;
        // SAFETY: the handle is live, and `out` is as large as it says.
        check(unsafe { sys::akit_tiered_class_stats_get(self.as_raw(), index, &mut out) })?;
        Ok(out)
    }

    /// The configuration in force, with the defaults filled in.
    pub fn config(&self) -> Result<TieredConfig> {
        self.config_by(sys::akit_tiered_config_get)
    }

    /// A configuration with the thresholds and budgets that what was seen so far recommends.
    pub fn suggest(&self) -> Result<TieredConfig> {
        self.config_by(sys::akit_tiered_suggest)
    }

    fn config_by(
        &self,
        get: unsafe extern "C" fn(*mut sys::akit_tiered, *mut sys::akit_tiered_config) -> i32,
    ) -> Result<TieredConfig> {
        let mut raw = empty();
        // SAFETY: the handle is live, and `raw` is as large as it says.
        check(unsafe { get(self.as_raw(), &mut raw) })?;
        // SAFETY: the name is owned by the handle, which is alive.
        unsafe { TieredConfig::from_raw(&raw) }
    }

    /// The label it was given.
    pub fn name(&self) -> Option<String> {
        self.config().ok()?.name
    }

    /// The statistics as JSON; keys are the names of the fields.
    pub fn stats_json(&self) -> Result<String> {
        stats::json(self.stats()?.id)
    }

    /// The statistics as OpenMetrics text, without the end mark, so that texts of several handles can be joined.
    pub fn stats_openmetrics(&self) -> Result<String> {
        stats::openmetrics(self.stats()?.id)
    }
}

impl Drop for Tiered {
    fn drop(&mut self) {
        // SAFETY: the handle is live and we are its owner.
        unsafe { sys::akit_tiered_destroy(self.as_raw(), 0) };
    }
}

impl fmt::Debug for Tiered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tiered").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// The block behind a C result, or the errno that came with NULL.
#[inline]
pub(crate) fn block(p: *mut c_void) -> Result<NonNull<u8>> {
    NonNull::new(p.cast()).ok_or_else(Error::last)
}

#[inline]
pub(crate) fn void(p: NonNull<u8>) -> *mut c_void {
    p.as_ptr().cast()
}
