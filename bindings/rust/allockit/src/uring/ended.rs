//! When the kernel is done with memory.

use crate::error::{check, Result};
use crate::uring::Uring;
use allockit_sys as sys;

/// When the kernel is done with memory.
impl Uring {
    /// Tells that the completion with this tag has come (see [`UringConfig::tag_base`]), and says how many areas were
    /// unpinned by that.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) for a tag that nothing waits for.
    pub fn drained(&self, tag: u64) -> Result<usize> {
        drained(self.as_raw(), tag)
    }

    /// Tells that no request uses anything of what was removed, and says how many areas were unpinned by that.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn drained_all(&self) -> Result<usize> {
        drained(self.as_raw(), sys::AKIT_URING_ALL)
    }
}

/// What is left of a [`Uring`] after its [`destroy`](Uring::destroy): the way to tell of tags. When all have come, it is
/// refused and reported as misuse.
#[derive(Clone, Copy, Debug)]
pub struct EndedUring {
    raw: *mut sys::akit_uring,
}

// SAFETY: any thread may tell.
unsafe impl Send for EndedUring {}
// SAFETY: as above.
unsafe impl Sync for EndedUring {}

impl EndedUring {
    pub(crate) fn new(raw: *mut sys::akit_uring) -> Self {
        EndedUring { raw }
    }

    /// As [`Uring::drained`].
    ///
    /// # Errors
    ///
    /// As [`Uring::drained`]; [`Invalid`](crate::ErrorKind::Invalid) when all have come.
    pub fn drained(self, tag: u64) -> Result<usize> {
        drained(self.raw, tag)
    }

    /// As [`Uring::drained_all`]: the io_uring is closed, and its requests have ended.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) when all have come.
    pub fn drained_all(self) -> Result<usize> {
        drained(self.raw, sys::AKIT_URING_ALL)
    }
}

/// Pins are for the addresses, and a program that promised its requests that memory is valid keeps the memory itself: so
/// nothing unsafe comes of a wrong answer here.
fn drained(raw: *mut sys::akit_uring, tag: u64) -> Result<usize> {
    // SAFETY: the handle is live, or has ended, which the library recognises.
    check(unsafe { sys::akit_uring_drained(raw, tag) }).map(|n| n as usize)
}
