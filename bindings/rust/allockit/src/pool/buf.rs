//! Buffers of a pool as slices that go back by themselves.

use crate::buffer::buffer;
use crate::error::{check, Result};
use crate::tiered::void;
use allockit_sys as sys;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// A buffer of a [`Pool`](crate::Pool): a slice of bytes with a fixed capacity, put back when it is dropped.
///
/// It is a slice of the length asked for. The length can be changed up to [`capacity`](Self::capacity), which stays the
/// same for the life of the buffer; nothing ever moves or allocates.
///
/// Contents are undefined without a [`ZeroMode`](crate::ZeroMode): whatever the memory held before, of this program,
/// never memory without a value. So lengthening a buffer is safe, and shows what is there.
///
/// A buffer borrows nothing and may outlive its pool, which ends with its last buffer.
///
/// ```
/// use allockit::{ErrorKind, Pool};
/// use std::io::Write;
///
/// let pool = Pool::new()?;
/// let mut line = pool.get(0)?;
/// write!(line, "{} {}", 200, "OK").unwrap();
/// assert_eq!(&line[..], b"200 OK");
/// line.truncate(3);
/// assert_eq!((&line[..], line.capacity()), (&b"200"[..], 2048));
/// assert_eq!(line.set_len(2049).unwrap_err().kind(), ErrorKind::TooLarge);
///
/// let mut input = &b"ping"[..];
/// line.clear();
/// while line.read_from(&mut input).unwrap() > 0 {}
/// assert_eq!(&line[..], b"ping");
/// # Ok::<(), allockit::Error>(())
/// ```
pub struct PooledBuf {
    p: NonNull<u8>,
    len: usize,
    capacity: usize,
    pool: NonNull<sys::akit_pool>,
}

// SAFETY: the buffer is ours alone, and no thread is special to it.
unsafe impl Send for PooledBuf {}
// SAFETY: a shared buffer can only be read.
unsafe impl Sync for PooledBuf {}

impl PooledBuf {
    /// # Safety
    ///
    /// `buffer` is a buffer of `pool` that is out and that nobody else uses, with its capacity, and not shorter than
    /// `len`.
    #[inline]
    pub(crate) unsafe fn new(pool: NonNull<sys::akit_pool>, buffer: NonNull<[u8]>, len: usize) -> Self {
        PooledBuf { p: buffer.cast(), len, capacity: buffer.len(), pool }
    }

    /// Takes over a buffer given away by [`into_raw`](Self::into_raw) or made by [`Pool::get_raw`](crate::Pool::get_raw);
    /// `None` when the pool knows no such buffer, or one that is shorter.
    ///
    /// # Safety
    ///
    /// `buffer` starts where a buffer of `pool` starts that is out and that nobody else uses.
    pub unsafe fn from_raw(buffer: NonNull<[u8]>, pool: *mut sys::akit_pool) -> Option<Self> {
        let p = buffer.cast::<u8>();
        // SAFETY: the library recognises a handle that has ended, and does not touch `p`.
        let capacity = unsafe { sys::akit_pool_capacity(pool, p.as_ptr().cast()) };
        let (pool, len) = (NonNull::new(pool)?, buffer.len());
        if capacity == 0 || len > capacity {
            return None;
        }
        Some(PooledBuf { p, len, capacity, pool })
    }

    /// Gives the buffer away, and the handle that it goes back to.
    pub fn into_raw(self) -> (NonNull<[u8]>, *mut sys::akit_pool) {
        let buffer = ManuallyDrop::new(self);
        (NonNull::slice_from_raw_parts(buffer.p, buffer.len), buffer.pool.as_ptr())
    }

    /// Notes a number with the buffer, in a pool with [`tags`](crate::PoolConfig::tags): a line of the source, a request.
    /// It is 0 at first, and [`Pool::leaks`](crate::Pool::leaks) tells it.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a pool without tags; [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub fn tag_set(&mut self, tag: u64) -> Result<()> {
        // SAFETY: the buffer is out, so its pool has not ended.
        check(unsafe { sys::akit_pool_tag_set(self.pool.as_ptr(), void(self.p), tag) }).map(drop)
    }

    /// Puts the buffer back. As dropping it, but says how it went. (To *put* into a buffer is what `bytes::BufMut` does.)
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn put_back(self) -> Result<()> {
        let (buffer, pool) = self.into_raw();
        // SAFETY: the buffer was ours and is used no more; its pool has not ended, as it was out.
        check(unsafe { sys::akit_pool_put(pool, void(buffer.cast())) }).map(drop)
    }
}

impl Drop for PooledBuf {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the buffer is ours and used no more, and its pool has not ended, as it was out. Nothing can be done about
        // an error, which only misuse makes.
        unsafe { sys::akit_pool_put(self.pool.as_ptr(), void(self.p)) };
    }
}

buffer!(PooledBuf);
