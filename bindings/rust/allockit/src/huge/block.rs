//! Blocks on huge pages as slices that free themselves.

use crate::error::Result;
use crate::huge::Huge;
use crate::modes::{AllocFlags, Backing, Reason};
use crate::owner::Owner;
use crate::process::inspect;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A block of a [`Huge`] handle: a slice of bytes on pages of its own, freed when it is dropped.
///
/// `H` holds the handle: `&Huge` as from [`Huge::alloc`], or `Arc<Huge>` as given to [`HugeBlock::new`]. The length is
/// the size asked for, [`capacity`](Self::capacity) what the pages have room for.
///
/// Contents are undefined unless zero was asked for: whatever the pages held, never memory without a value.
pub struct HugeBlock<H: Owner<Huge>> {
    p: NonNull<u8>,
    len: usize,
    backing: Backing,
    huge: H,
}

// SAFETY: the block is ours alone, and no thread is special to it.
unsafe impl<H: Owner<Huge> + Send> Send for HugeBlock<H> {}
// SAFETY: a shared block can only be read.
unsafe impl<H: Owner<Huge> + Sync> Sync for HugeBlock<H> {}

impl<H: Owner<Huge>> HugeBlock<H> {
    /// A block of `len` bytes with undefined contents.
    ///
    /// # Errors
    ///
    /// As [`Huge::alloc`].
    pub fn new(huge: H, len: usize) -> Result<Self> {
        HugeBlock::with(huge, len, 0, AllocFlags::NONE)
    }

    /// A block with alignment and flags.
    ///
    /// # Errors
    ///
    /// As [`Huge::alloc_with`].
    pub fn with(huge: H, len: usize, alignment: usize, flags: AllocFlags) -> Result<Self> {
        let (p, backing) = huge.allocx(len, alignment, flags)?;
        Ok(HugeBlock { p, len, backing, huge })
    }

    /// Takes over a block given away by [`into_raw`](Self::into_raw) or made by [`Huge::allocx`].
    ///
    /// # Safety
    ///
    /// `block` starts where a block of `huge` starts that is out, is not longer than it, and is used by nobody else.
    pub unsafe fn from_raw(block: NonNull<[u8]>, huge: H) -> Self {
        let p = block.cast::<u8>();
        let backing = inspect(p.as_ptr()).and_then(|info| Backing::from_raw(u32::try_from(info.backing).ok()?));
        HugeBlock { p, len: block.len(), backing: backing.unwrap_or(Backing::Base), huge }
    }

    /// Gives the block away, and what held its handle.
    pub fn into_raw(self) -> (NonNull<[u8]>, H) {
        let block = ManuallyDrop::new(self);
        // SAFETY: read once, as the block is not dropped.
        (NonNull::slice_from_raw_parts(block.p, block.len), unsafe { core::ptr::read(&block.huge) })
    }

    /// The pages behind the block.
    pub fn backing(&self) -> Backing {
        self.backing
    }

    /// Why the pages are not the ones the policy wished for; `None` for a reason this crate does not know.
    pub fn reason(&self) -> Option<Reason> {
        let info = inspect(self.p.as_ptr())?;
        Reason::from_raw(u32::try_from(info.reason).ok()?)
    }

    /// Bytes the pages of the block have room for.
    pub fn capacity(&self) -> usize {
        inspect(self.p.as_ptr()).map_or(self.len, |info| info.usable_bytes as usize)
    }

    /// Whether the contents were known to be zero when the block was handed out.
    pub fn zeroed(&self) -> bool {
        inspect(self.p.as_ptr()).is_some_and(|info| info.zeroed == 1)
    }

    /// Frees the block. As dropping it, but says how it went.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn free(self) -> Result<()> {
        let (block, huge) = self.into_raw();
        // SAFETY: the block was ours and is used no more.
        unsafe { huge.free(block.cast()) }
    }
}

impl<H: Owner<Huge>> Drop for HugeBlock<H> {
    fn drop(&mut self) {
        // SAFETY: the block is ours and used no more. Nothing can be done about an error, which only misuse makes.
        let _ = unsafe { self.huge.free(self.p) };
    }
}

impl<H: Owner<Huge>> Deref for HugeBlock<H> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the block has that many bytes and is ours. They have values: pages come from the system, which fills
        // them, and stay outside of what Rust knows of allocation, so "undefined" contents are old or zero, never
        // nothing.
        unsafe { core::slice::from_raw_parts(self.p.as_ptr(), self.len) }
    }
}

impl<H: Owner<Huge>> DerefMut for HugeBlock<H> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and nobody else has a reference.
        unsafe { core::slice::from_raw_parts_mut(self.p.as_ptr(), self.len) }
    }
}

impl<H: Owner<Huge>> AsRef<[u8]> for HugeBlock<H> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<H: Owner<Huge>> AsMut<[u8]> for HugeBlock<H> {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl<H: Owner<Huge>> fmt::Debug for HugeBlock<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HugeBlock")
            .field("p", &self.p)
            .field("len", &self.len)
            .field("backing", &self.backing)
            .finish_non_exhaustive()
    }
}
