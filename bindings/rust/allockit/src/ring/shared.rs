//! Slices of a ring with several owners.

use crate::buffer::reads_as_slice;
use crate::ring::Releaser;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Bound, Deref, RangeBounds};
use core::ptr::NonNull;
use std::sync::{Arc, OnceLock};

/// A [`Slice`](crate::Slice) that can only be read, from [`Slice::freeze`](crate::Slice::freeze): clones and parts of it
/// are the same memory, which goes back with the last of them, dropped in any thread.
///
/// Cloning adds a reference in the ring, which allocates nothing. The ring counts up to 255 for one slice; clones beyond
/// that share a count of their own.
///
/// ```
/// use allockit::Ring;
///
/// let ring = Ring::new()?;
/// let mut message = ring.acquire(10)?;
/// message.copy_from_slice(b"head: body");
/// let message = message.freeze();
/// let body = message.slice(6..);
/// drop(message);
/// std::thread::spawn(move || assert_eq!(&body[..], b"body")).join().unwrap();
/// assert_eq!(ring.stats()?.out_slices, 0);
/// # Ok::<(), allockit::Error>(())
/// ```
///
/// What is shared cannot be written to, nor committed:
///
/// ```compile_fail,E0308
/// let ring = allockit::Ring::new().unwrap();
/// let mut shared = ring.acquire(100).unwrap().freeze();
/// ring.commit(&mut shared, 10);
/// ```
pub struct SharedSlice {
    p: NonNull<u8>,
    len: usize,
    /// What is given back: the start of the slice.
    reference: ManuallyDrop<Reference>,
    /// Set when the ring could count no more: then the reference is there, and not ours.
    counted: OnceLock<Arc<Reference>>,
}

// SAFETY: the memory is only read, and any thread may release it.
unsafe impl Send for SharedSlice {}
// SAFETY: as above.
unsafe impl Sync for SharedSlice {}

/// One reference to a slice.
struct Reference {
    start: NonNull<u8>,
    ring: Releaser,
}

// SAFETY: any thread may give it back.
unsafe impl Send for Reference {}
// SAFETY: nothing is done with a shared one but to add another.
unsafe impl Sync for Reference {}

impl Reference {
    /// The same as a value of its own; only one of them may be dropped.
    fn same(&self) -> Reference {
        Reference { start: self.start, ring: self.ring }
    }
}

impl Drop for Reference {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and whoever held it looks at the memory no more. Nothing can be done about an
        // error, which only misuse makes.
        let _ = unsafe { self.ring.release(self.start) };
    }
}

impl SharedSlice {
    /// # Safety
    ///
    /// `slice` is a slice of `ring` that is out, or the beginning of one, nobody writes to it, and one reference is ours.
    pub(crate) unsafe fn new(slice: NonNull<[u8]>, ring: Releaser) -> Self {
        let reference = Reference { start: slice.cast(), ring };
        SharedSlice {
            p: slice.cast(),
            len: slice.len(),
            reference: ManuallyDrop::new(reference),
            counted: OnceLock::new(),
        }
    }

    /// A part, as a further owner of the same memory.
    ///
    /// # Panics
    ///
    /// When the range reaches beyond the length, as indexing does.
    pub fn slice(&self, range: impl RangeBounds<usize>) -> SharedSlice {
        let start = match range.start_bound() {
            Bound::Included(n) => *n,
            Bound::Excluded(n) => n + 1,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(n) => n + 1,
            Bound::Excluded(n) => *n,
            Bound::Unbounded => self.len,
        };
        let part = NonNull::from(&self[start..end]);
        let mut other = self.clone();
        (other.p, other.len) = (part.cast(), part.len());
        other
    }

    /// As [`Bytes`](bytes::Bytes), without a copy; the memory goes back when the last of them is dropped.
    #[cfg(feature = "bytes")]
    pub fn into_bytes(self) -> bytes::Bytes {
        bytes::Bytes::from_owner(self)
    }

    /// The count beside the ring's, made when that is full.
    #[cold]
    fn count(&self) -> Arc<Reference> {
        self.counted.get_or_init(|| Arc::new(self.reference.same())).clone()
    }
}

impl Clone for SharedSlice {
    fn clone(&self) -> Self {
        let counted = if self.counted.get().is_some() {
            OnceLock::from(self.count())
        } else {
            // SAFETY: we have a reference.
            match unsafe { self.reference.ring.retain(self.reference.start, 1) } {
                Ok(()) => OnceLock::new(),
                Err(_) => OnceLock::from(self.count()),
            }
        };
        SharedSlice { p: self.p, len: self.len, reference: ManuallyDrop::new(self.reference.same()), counted }
    }
}

impl Drop for SharedSlice {
    #[inline]
    fn drop(&mut self) {
        if self.counted.get().is_none() {
            // SAFETY: dropped once, here, and nowhere else held.
            unsafe { ManuallyDrop::drop(&mut self.reference) };
        }
    }
}

impl Deref for SharedSlice {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: within the slice, which is out and written to by nobody; for the values see `Slice`.
        unsafe { core::slice::from_raw_parts(self.p.as_ptr(), self.len) }
    }
}

reads_as_slice!(SharedSlice);

#[cfg(feature = "bytes")]
impl From<SharedSlice> for bytes::Bytes {
    fn from(slice: SharedSlice) -> Self {
        slice.into_bytes()
    }
}

impl From<crate::Slice> for SharedSlice {
    fn from(slice: crate::Slice) -> Self {
        slice.freeze()
    }
}

impl fmt::Debug for SharedSlice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSlice").field("p", &self.p).field("len", &self.len).finish_non_exhaustive()
    }
}
