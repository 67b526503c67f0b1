//! Blocks of a region as slices that free themselves, and pins.

use crate::error::{Error, Result};
use crate::modes::{AllocFlags, Backing};
use crate::owner::Owner;
use crate::process::inspect;
use crate::region::Region;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A block of a [`Region`]: a slice of bytes on pages of its own, freed when it is dropped.
///
/// `R` holds the handle: `&Region` as from [`Region::alloc`], or `Arc<Region>` as given to [`RegionBlock::new`]. The
/// length is the size asked for, [`capacity`](Self::capacity) what the pages have room for.
///
/// Contents are undefined unless zero was asked for: whatever the pages held, never memory without a value.
pub struct RegionBlock<R: Owner<Region>> {
    p: NonNull<u8>,
    len: usize,
    capacity: usize,
    region: R,
}

// SAFETY: the block is ours alone, and no thread is special to it.
unsafe impl<R: Owner<Region> + Send> Send for RegionBlock<R> {}
// SAFETY: a shared block can only be read.
unsafe impl<R: Owner<Region> + Sync> Sync for RegionBlock<R> {}

impl<R: Owner<Region>> RegionBlock<R> {
    /// A block of `len` bytes with undefined contents.
    ///
    /// # Errors
    ///
    /// As [`Region::alloc`].
    pub fn new(region: R, len: usize) -> Result<Self> {
        RegionBlock::with(region, len, 0, AllocFlags::NONE)
    }

    /// A block with alignment and flags.
    ///
    /// # Errors
    ///
    /// As [`Region::alloc_with`].
    pub fn with(region: R, len: usize, alignment: usize, flags: AllocFlags) -> Result<Self> {
        let block = region.allocx(len, alignment, region.flags(flags))?;
        Ok(RegionBlock { p: block.cast(), len, capacity: block.len(), region })
    }

    /// Takes over a block given away by [`into_raw`](Self::into_raw) or made by [`Region::allocx`].
    ///
    /// # Safety
    ///
    /// `block` starts where a block of `region` starts that is out, is not longer than it, and is used by nobody else.
    /// In a region with [`PurgeMethod::Free`](crate::PurgeMethod::Free) it was allocated with [`AllocFlags::ZERO`].
    pub unsafe fn from_raw(block: NonNull<[u8]>, region: R) -> Self {
        let p = block.cast::<u8>();
        let usable = inspect(p.as_ptr()).map_or(block.len(), |info| info.usable_bytes as usize);
        RegionBlock { p, len: block.len(), capacity: usable, region }
    }

    /// Gives the block away, and what held its handle.
    pub fn into_raw(self) -> (NonNull<[u8]>, R) {
        let block = ManuallyDrop::new(self);
        // SAFETY: read once, as the block is not dropped.
        (NonNull::slice_from_raw_parts(block.p, block.len), unsafe { core::ptr::read(&block.region) })
    }

    /// Changes the length; the contents stay, up to the smaller one, and what grew has undefined contents. The block
    /// moves when it cannot grow in place, and then keeps no larger alignment than that of a page.
    ///
    /// # Errors
    ///
    /// As [`Region::reallocx`]; then the block is as it was.
    pub fn resize(&mut self, len: usize) -> Result<()> {
        self.resize_with(len, AllocFlags::NONE)
    }

    /// [`resize`](Self::resize) with flags: [`ZERO`](AllocFlags::ZERO) makes what grew zero, if the block was zero
    /// beyond its length before, so use it from the first allocation on; [`NO_MOVE`](AllocFlags::NO_MOVE) fails rather
    /// than move.
    ///
    /// # Errors
    ///
    /// As [`Region::reallocx`]; then the block is as it was.
    pub fn resize_with(&mut self, len: usize, flags: AllocFlags) -> Result<()> {
        // SAFETY: the block is out and ours; on success the result takes its place.
        let block = unsafe { self.region.reallocx(self.p, len, self.region.flags(flags)) }?;
        (self.p, self.len, self.capacity) = (block.cast(), len, block.len());
        Ok(())
    }

    /// Bytes the block has room for: as far as [`resize`](Self::resize) goes at no cost.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether the contents were known to be zero when the block was handed out.
    pub fn zeroed(&self) -> bool {
        inspect(self.p.as_ptr()).is_some_and(|info| info.zeroed == 1)
    }

    /// The pages behind the block; `None` for a kind this crate does not know.
    pub fn backing(&self) -> Option<Backing> {
        let info = inspect(self.p.as_ptr())?;
        Backing::from_raw(u32::try_from(info.backing).ok()?)
    }

    /// Makes all pages of the block resident now, without writing to them.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory); [`Unsupported`](crate::ErrorKind::Unsupported) on memory of the
    /// program.
    pub fn prefault(&self) -> Result<()> {
        self.region.prefault(self.p.as_ptr(), 0)
    }

    /// Makes the pages of a part resident now, `length` bytes from byte `start` on.
    ///
    /// # Errors
    ///
    /// As [`prefault`](Self::prefault); [`Invalid`](crate::ErrorKind::Invalid) for a part that reaches beyond the
    /// block.
    pub fn prefault_part(&self, start: usize, length: usize) -> Result<()> {
        if start > self.capacity || length > self.capacity - start {
            return Err(Error::from_errno(22));
        }
        if length == 0 {
            return Ok(());
        }
        self.region.prefault(self.p.as_ptr().wrapping_add(start), length)
    }

    /// Pins the block: while the guard lives, the pages stay where they are, whatever happens to the block. It can
    /// still be read, written and dropped; [`resize`](Self::resize) answers [`Busy`](crate::ErrorKind::Busy).
    ///
    /// # Errors
    ///
    /// Errno EAGAIN after 2^31 pins.
    pub fn pin(&self) -> Result<RegionPin<R>> {
        self.region.pin(self.p)?;
        Ok(RegionPin { block: NonNull::slice_from_raw_parts(self.p, self.capacity), region: self.region.clone() })
    }

    /// Frees the block. As dropping it, but says how it went.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn free(self) -> Result<()> {
        let (block, region) = self.into_raw();
        // SAFETY: the block was ours and is used no more.
        unsafe { region.free(block.cast()) }
    }
}

impl<R: Owner<Region>> Drop for RegionBlock<R> {
    fn drop(&mut self) {
        // SAFETY: the block is ours and used no more. Nothing can be done about an error, which only misuse makes.
        let _ = unsafe { self.region.free(self.p) };
    }
}

impl<R: Owner<Region>> Deref for RegionBlock<R> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the block has that many bytes and is ours. They have values: pages come from the system, which fills
        // them, and stay outside of what Rust knows of allocation, so "undefined" contents are old or zero, never
        // nothing.
        unsafe { core::slice::from_raw_parts(self.p.as_ptr(), self.len) }
    }
}

impl<R: Owner<Region>> DerefMut for RegionBlock<R> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and nobody else has a reference.
        unsafe { core::slice::from_raw_parts_mut(self.p.as_ptr(), self.len) }
    }
}

impl<R: Owner<Region>> AsRef<[u8]> for RegionBlock<R> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<R: Owner<Region>> AsMut<[u8]> for RegionBlock<R> {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl<R: Owner<Region>> fmt::Debug for RegionBlock<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionBlock")
            .field("p", &self.p)
            .field("len", &self.len)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// A pin on the pages of a [`RegionBlock`], taken back when it is dropped. It outlives the block where it must: the
/// pages of a block that is dropped meanwhile stay until then.
pub struct RegionPin<R: Owner<Region>> {
    block: NonNull<[u8]>,
    region: R,
}

// SAFETY: a pin is not tied to a thread.
unsafe impl<R: Owner<Region> + Send> Send for RegionPin<R> {}
// SAFETY: nothing can be done with a shared pin.
unsafe impl<R: Owner<Region> + Sync> Sync for RegionPin<R> {}

impl<R: Owner<Region>> RegionPin<R> {
    /// The pinned bytes, for the device or call that needs them where they are. Reading and writing them is subject to
    /// the block, which may be borrowed or gone.
    pub fn as_ptr(&self) -> NonNull<[u8]> {
        self.block
    }
}

impl<R: Owner<Region>> Drop for RegionPin<R> {
    fn drop(&mut self) {
        // SAFETY: our own pin. Nothing can be done about an error, which only misuse makes.
        let _ = unsafe { self.region.unpin(self.block.cast()) };
    }
}

impl<R: Owner<Region>> fmt::Debug for RegionPin<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionPin").field("block", &self.block).finish_non_exhaustive()
    }
}
