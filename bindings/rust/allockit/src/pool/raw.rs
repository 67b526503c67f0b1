//! Buffers of a pool as plain memory.

use crate::error::{check, Result};
use crate::pool::Pool;
use crate::tiered::{block as got, void};
use allockit_sys as sys;
use core::ptr::NonNull;

/// Raw buffers, which are plain memory.
impl Pool {
    /// A raw buffer, as [`get`](Self::get): a slice of its whole capacity, at least `len`.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[inline]
    pub fn get_raw(&self, len: usize) -> Result<NonNull<[u8]>> {
        let mut capacity = 0;
        // SAFETY: the handle is live and `capacity` is writable.
        let p = unsafe { sys::akit_pool_get(self.as_raw(), len, &mut capacity) };
        got(p).map(|p| NonNull::slice_from_raw_parts(p, capacity))
    }

    /// Fills `out` from the front with raw buffers of at least `len` bytes, and says how many and their capacity; fewer
    /// than asked is a normal answer.
    #[must_use]
    pub fn get_raw_n(&self, len: usize, out: &mut [Option<NonNull<u8>>]) -> (usize, usize) {
        let mut capacity = 0;
        let (raw, n, out) = (self.as_raw(), out.len(), out.as_mut_ptr().cast());
        // SAFETY: the handle is live, and `Option<NonNull<u8>>` has the layout of a C pointer.
        let done = unsafe { sys::akit_pool_get_n(raw, len, n, out, &mut capacity) };
        (done, capacity)
    }

    /// Puts a raw buffer back; any thread may do it.
    ///
    /// # Safety
    ///
    /// `p` came from this pool, is out, and is used no more.
    ///
    /// # Errors
    ///
    /// None in a program without misuse, which is [`NotFound`](crate::ErrorKind::NotFound) for what is not the start of
    /// a buffer of this pool and [`Invalid`](crate::ErrorKind::Invalid) for one that is not out; then nothing changes.
    pub unsafe fn put(&self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the handle is live; the caller vouches for `p`.
        check(unsafe { sys::akit_pool_put(self.as_raw(), void(p)) }).map(drop)
    }

    /// Puts a batch of raw buffers of any classes back and says how many were buffers of this pool that were out.
    ///
    /// # Safety
    ///
    /// As [`put`](Self::put) for each.
    pub unsafe fn put_n(&self, buffers: &[Option<NonNull<u8>>]) -> usize {
        // SAFETY: the handle is live, `Option<NonNull<u8>>` has the layout of a C pointer, and the caller vouches for
        // the buffers.
        unsafe { sys::akit_pool_put_n(self.as_raw(), buffers.len(), buffers.as_ptr().cast()) }
    }

    /// Notes a number with a raw buffer, as [`PooledBuf::tag_set`](crate::PooledBuf::tag_set).
    ///
    /// # Safety
    ///
    /// Nobody else notes one with this buffer at the same time.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put) for what is not a buffer that is out; [`Invalid`](crate::ErrorKind::Invalid) for a pool
    /// without tags; [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub unsafe fn tag_set(&self, p: NonNull<u8>, tag: u64) -> Result<()> {
        // SAFETY: the handle is live; any address may be given.
        check(unsafe { sys::akit_pool_tag_set(self.as_raw(), void(p), tag) }).map(drop)
    }
}
