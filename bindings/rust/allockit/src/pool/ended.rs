//! What is left of a pool when it has ended, and the walk over what is out.

use crate::error::{check, Result};
use crate::pool::Pool;
use crate::stats::BlockInfo;
use crate::tiered::void;
use allockit_sys as sys;
use core::fmt;
use core::marker::PhantomData;
use core::mem::size_of;
use core::ptr::NonNull;

/// What is left of a [`Pool`] after its [`destroy`](Pool::destroy): the way back for raw buffers that are still out, and
/// the list of what is. The last buffer takes the rest with it, and what is asked after that is answered with none and
/// reported as misuse. A [`PooledBuf`](crate::PooledBuf) needs nothing of this.
#[derive(Clone, Copy, Debug)]
pub struct EndedPool {
    raw: *mut sys::akit_pool,
}

// SAFETY: a handle is not tied to a thread.
unsafe impl Send for EndedPool {}
// SAFETY: as above.
unsafe impl Sync for EndedPool {}

impl EndedPool {
    pub(crate) fn new(raw: *mut sys::akit_pool) -> Self {
        EndedPool { raw }
    }

    /// Puts a raw buffer back.
    ///
    /// # Safety
    ///
    /// As [`Pool::put`].
    ///
    /// # Errors
    ///
    /// As [`Pool::put`].
    pub unsafe fn put(self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the caller vouches for `p`; the library recognises a handle that has ended.
        check(unsafe { sys::akit_pool_put(self.raw, void(p)) }).map(drop)
    }

    /// Puts a batch of raw buffers back and says how many were buffers of this pool that were out.
    ///
    /// # Safety
    ///
    /// As [`Pool::put`] for each.
    pub unsafe fn put_n(self, buffers: &[Option<NonNull<u8>>]) -> usize {
        // SAFETY: `Option<NonNull<u8>>` has the layout of a C pointer; the rest as in `put`.
        unsafe { sys::akit_pool_put_n(self.raw, buffers.len(), buffers.as_ptr().cast()) }
    }

    /// Capacity of the buffer that starts at `p`; 0 for what is not a buffer of this pool that is out.
    pub fn capacity(self, p: *const u8) -> usize {
        // SAFETY: any address may be asked about; the library recognises a handle that has ended.
        unsafe { sys::akit_pool_capacity(self.raw, p.cast()) }
    }

    /// Walks over the buffers that are still out, as [`Pool::leaks`].
    pub fn leaks(self) -> Leaks<'static> {
        Leaks::new(self.raw)
    }
}

/// The buffers of a pool that are out, from [`Pool::leaks`] or [`EndedPool::leaks`].
pub struct Leaks<'p> {
    raw: *mut sys::akit_pool,
    cursor: u64,
    pool: PhantomData<&'p Pool>,
}

// SAFETY: the walk is not tied to a thread.
unsafe impl Send for Leaks<'_> {}
// SAFETY: nothing can be done with a shared one.
unsafe impl Sync for Leaks<'_> {}

impl Leaks<'_> {
    pub(crate) fn new(raw: *mut sys::akit_pool) -> Self {
        Leaks { raw, cursor: 0, pool: PhantomData }
    }
}

impl Iterator for Leaks<'_> {
    type Item = BlockInfo;

    fn next(&mut self) -> Option<BlockInfo> {
        let mut out = BlockInfo::default();
        out.struct_size = size_of::<BlockInfo>() as u64;
        // SAFETY: the handle is live or has ended, which the library recognises; `out` is as large as it says.
        let rc = unsafe { sys::akit_pool_leak_next(self.raw, &mut self.cursor, &mut out) };
        (rc == 0).then_some(out)
    }
}

impl fmt::Debug for Leaks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaks").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}
