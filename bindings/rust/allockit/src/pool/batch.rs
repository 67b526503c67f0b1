//! Many buffers in one call.

use crate::batch::{Batch, BATCH};
use crate::error::{Error, Result};
use crate::pool::{Pool, PooledBuf};
use allockit_sys as sys;
use core::ptr::NonNull;

impl Pool {
    /// Appends `n` buffers of `len` bytes to `out`, in few calls of the library. [`PooledBuf::put_n`] puts many back.
    ///
    /// ```
    /// use allockit::{Pool, PooledBuf};
    ///
    /// let pool = Pool::new()?;
    /// let mut buffers = Vec::new();
    /// pool.get_n(1500, 100, &mut buffers)?;
    /// assert_eq!(buffers.len(), 100);
    /// assert_eq!(PooledBuf::put_n(buffers), 100);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) for the one that failed; those before it are in `out`.
    pub fn get_n(&self, len: usize, n: usize, out: &mut Vec<PooledBuf>) -> Result<()> {
        let mut left = n;
        while left > 0 {
            let mut batch = [None; BATCH];
            let wanted = left.min(BATCH);
            let (done, capacity) = self.get_raw_n(len, &mut batch[..wanted]);
            let refused = (done < wanted).then(Error::last);
            out.extend(batch[..done].iter().flatten().map(|p| {
                // SAFETY: just handed out, and of that capacity.
                unsafe { PooledBuf::new(self.raw, NonNull::slice_from_raw_parts(*p, capacity), len) }
            }));
            if let Some(error) = refused {
                return Err(error);
            }
            left -= done;
        }
        Ok(())
    }
}

impl PooledBuf {
    /// Puts many buffers back in few calls of the library, and says how many. Best sorted by pool, if they are of
    /// several.
    pub fn put_n(buffers: impl IntoIterator<Item = PooledBuf>) -> usize {
        // SAFETY: buffers that were given away to us, so their pools have not ended.
        let mut batch = unsafe { Batch::new(sys::akit_pool_put_n) };
        for buffer in buffers {
            let (p, pool) = buffer.into_raw();
            batch.add(p.cast(), pool);
        }
        batch.finish()
    }
}
