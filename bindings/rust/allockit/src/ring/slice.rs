//! Slices of a ring that go back by themselves.

use crate::batch::Batch;
use crate::buffer::buffer;
use crate::error::Result;
use crate::ring::{Releaser, SharedSlice};
use allockit_sys as sys;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// A slice of a [`Ring`](crate::Ring): bytes with a fixed capacity, released when it is dropped, in any thread.
///
/// Length and capacity are what was asked for. The length can be made shorter and longer again, up to the capacity;
/// [`Ring::commit`](crate::Ring::commit) makes both shorter for good and gives the rest back. Nothing ever moves.
///
/// Contents are undefined without a [`ZeroMode`](crate::ZeroMode): whatever the memory held before, of this program,
/// never memory without a value. So lengthening a slice is safe, and shows what is there.
///
/// A slice borrows nothing and may outlive its ring, which ends with its last slice.
///
/// ```
/// use allockit::Ring;
/// use std::io::Write;
///
/// let ring = Ring::new()?;
/// let mut line = ring.acquire(100)?;
/// assert_eq!((line.len(), line.capacity()), (100, 100));
/// line.clear();
/// write!(line, "{} {}", 200, "OK").unwrap();
/// let line = line.freeze(); // can be cloned and cut now
/// let status = line.slice(..3);
/// assert_eq!((&line[..], &status[..]), (&b"200 OK"[..], &b"200"[..]));
/// # Ok::<(), allockit::Error>(())
/// ```
pub struct Slice {
    p: NonNull<u8>,
    len: usize,
    capacity: usize,
    ring: Releaser,
}

// SAFETY: the slice is ours alone, and any thread may release it.
unsafe impl Send for Slice {}
// SAFETY: a shared slice can only be read.
unsafe impl Sync for Slice {}

impl Slice {
    /// # Safety
    ///
    /// `slice` is a slice of `ring` that is out, with one reference, which is ours.
    #[inline]
    pub(crate) unsafe fn new(slice: NonNull<[u8]>, ring: NonNull<sys::akit_ring>) -> Self {
        // SAFETY: promised by the caller.
        unsafe { Slice::from_raw(slice, Releaser::new(ring)) }
    }

    /// Takes over a slice given away by [`into_raw`](Self::into_raw) or made by
    /// [`Ring::acquire_raw`](crate::Ring::acquire_raw).
    ///
    /// # Safety
    ///
    /// `slice` is a slice of this ring that is out, or the beginning of one, with one reference, which is ours.
    #[inline]
    pub unsafe fn from_raw(slice: NonNull<[u8]>, ring: Releaser) -> Self {
        Slice { p: slice.cast(), len: slice.len(), capacity: slice.len(), ring }
    }

    /// Gives the slice away, with all of its capacity, and where it goes back to.
    pub fn into_raw(self) -> (NonNull<[u8]>, Releaser) {
        let slice = ManuallyDrop::new(self);
        (NonNull::slice_from_raw_parts(slice.p, slice.capacity), slice.ring)
    }

    /// Makes the slice one that can only be read, and be cloned and cut: its length of it, for good.
    pub fn freeze(self) -> SharedSlice {
        let len = self.len;
        let (slice, ring) = self.into_raw();
        // SAFETY: the reference was ours and is given away; the slice has at least `len` bytes.
        unsafe { SharedSlice::new(NonNull::slice_from_raw_parts(slice.cast(), len), ring) }
    }

    /// Releases the slice. As dropping it, but says how it went.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn release(self) -> Result<()> {
        let (slice, ring) = self.into_raw();
        // SAFETY: the reference was ours, and the slice is used no more.
        unsafe { ring.release(slice.cast()) }
    }

    /// Releases many slices in few calls of the library, and says how many. Best sorted by ring, if they are of several.
    pub fn release_n(slices: impl IntoIterator<Item = Slice>) -> usize {
        // SAFETY: references that were given away to us, so their rings have not ended.
        let mut batch = unsafe { Batch::new(sys::akit_ring_release_n) };
        for slice in slices {
            let (slice, ring) = slice.into_raw();
            batch.add(slice.cast(), ring.as_raw());
        }
        batch.finish()
    }

    /// Where the slice starts, whatever its length.
    #[inline]
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.p
    }

    /// The library has shortened the slice to `used` bytes.
    #[inline]
    pub(crate) fn committed(&mut self, used: usize) {
        (self.len, self.capacity) = (used, used);
    }
}

impl Drop for Slice {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours and the slice used no more. Nothing can be done about an error, which only misuse
        // makes.
        let _ = unsafe { self.ring.release(self.p) };
    }
}

buffer!(Slice);
