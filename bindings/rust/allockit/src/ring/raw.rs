//! The way back for raw slices.

use crate::error::{check, Result};
use crate::tiered::void;
use allockit_sys as sys;
use core::ptr::NonNull;

/// Releases and retains raw slices of a [`Ring`](crate::Ring), in any thread, also after the ring was destroyed: the last
/// slice takes the rest with it, and what is asked after that is refused and reported as misuse. A
/// [`Slice`](crate::Slice) needs nothing of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Releaser {
    raw: NonNull<sys::akit_ring>,
}

// SAFETY: releases and retains may be made by any thread.
unsafe impl Send for Releaser {}
// SAFETY: as above.
unsafe impl Sync for Releaser {}

impl Releaser {
    #[inline]
    pub(crate) fn new(raw: NonNull<sys::akit_ring>) -> Self {
        Releaser { raw }
    }

    /// The C handle, borrowed: for releases and retains only, save where the ring is held, too.
    pub fn as_raw(self) -> *mut sys::akit_ring {
        self.raw.as_ptr()
    }

    /// Gives one reference to a raw slice back; with the last one it is released.
    ///
    /// # Safety
    ///
    /// The reference is ours: `p` came from this ring and is out. The memory is used no more, unless by other references.
    ///
    /// # Errors
    ///
    /// None in a program without misuse, which is [`NotFound`](crate::ErrorKind::NotFound) for what is not the start of a
    /// slice of this ring and [`Invalid`](crate::ErrorKind::Invalid) for one that is not out; then nothing changes.
    #[inline]
    pub unsafe fn release(self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the caller vouches for `p`; the library recognises a handle that has ended.
        check(unsafe { sys::akit_ring_release(self.as_raw(), void(p)) }).map(drop)
    }

    /// Gives a batch of references back and says how many were.
    ///
    /// # Safety
    ///
    /// As [`release`](Self::release) for each.
    pub unsafe fn release_n(self, slices: &[Option<NonNull<u8>>]) -> usize {
        // SAFETY: `Option<NonNull<u8>>` has the layout of a C pointer; the rest as in `release`.
        unsafe { sys::akit_ring_release_n(self.as_raw(), slices.len(), slices.as_ptr().cast()) }
    }

    /// Releases, whatever their references, all slices that were acquired before `p`, and says how many. Only with
    /// [`RingOrder::Ordered`](crate::RingOrder::Ordered).
    ///
    /// # Safety
    ///
    /// None of these slices is used or released any more, by anybody.
    ///
    /// # Errors
    ///
    /// As [`release`](Self::release) for `p`; [`Invalid`](crate::ErrorKind::Invalid) for a ring of another order.
    pub unsafe fn release_to(self, p: NonNull<u8>) -> Result<usize> {
        // SAFETY: the caller vouches for the slices; the library recognises a handle that has ended.
        check(unsafe { sys::akit_ring_release_to(self.as_raw(), p.as_ptr().cast()) }).map(|n| n as usize)
    }

    /// Adds `count` references to a raw slice.
    ///
    /// # Safety
    ///
    /// The caller has a reference to the slice.
    ///
    /// # Errors
    ///
    /// Errno EOVERFLOW when it would have more than 255; otherwise as [`release`](Self::release).
    pub unsafe fn retain(self, p: NonNull<u8>, count: u32) -> Result<()> {
        // SAFETY: the caller vouches for `p`; the library recognises a handle that has ended.
        check(unsafe { sys::akit_ring_retain(self.as_raw(), void(p), count) }).map(drop)
    }
}
