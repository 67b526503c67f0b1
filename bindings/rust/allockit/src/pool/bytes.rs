//! Buffers of a pool among those of the crate `bytes`.

use crate::pool::PooledBuf;
use bytes::buf::UninitSlice;
use bytes::{BufMut, Bytes};

impl PooledBuf {
    /// The buffer as [`Bytes`], which can be cloned and cut without copying; the buffer goes back to its pool when the
    /// last of them is dropped.
    ///
    /// ```
    /// use allockit::Pool;
    ///
    /// let pool = Pool::new()?;
    /// let mut buffer = pool.get(0)?;
    /// buffer.extend_from_slice(b"head body")?;
    /// let mut body = buffer.into_bytes();
    /// let head = body.split_to(5);
    /// assert_eq!((&head[..], &body[..]), (&b"head "[..], &b"body"[..]));
    /// drop(head);
    /// assert_eq!(pool.stats()?.out_buffers, 1);
    /// drop(body);
    /// assert_eq!(pool.stats()?.out_buffers, 0);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    pub fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl From<PooledBuf> for Bytes {
    fn from(buffer: PooledBuf) -> Bytes {
        buffer.into_bytes()
    }
}

/// Writes behind the length, up to the capacity, as [`PooledBuf::extend_from_slice`] does; [`PooledBuf::clear`] makes room
/// for a start at the front. What does not fit panics, as this trait says.
///
/// ```
/// use allockit::Pool;
/// use bytes::BufMut;
///
/// let pool = Pool::new()?;
/// let mut buffer = pool.get(0)?;
/// buffer.put_u16(7);
/// buffer.put_slice(b"body");
/// assert_eq!(&buffer[..], b"\0\x07body");
/// assert_eq!(buffer.remaining_mut(), 2048 - 6);
/// # Ok::<(), allockit::Error>(())
/// ```
// SAFETY: `chunk_mut` is the memory between length and capacity, and `advance_mut` goes no further.
unsafe impl BufMut for PooledBuf {
    fn remaining_mut(&self) -> usize {
        self.capacity() - self.len()
    }

    unsafe fn advance_mut(&mut self, n: usize) {
        let len = self.len().saturating_add(n);
        assert!(self.set_len(len).is_ok(), "cannot advance by {n}, {} left", self.remaining_mut());
    }

    fn chunk_mut(&mut self) -> &mut UninitSlice {
        UninitSlice::new(self.spare_mut())
    }
}
