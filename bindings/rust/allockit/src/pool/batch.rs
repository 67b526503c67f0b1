//! Many buffers in one call.

use crate::error::{Error, Result};
use crate::pool::{Pool, PooledBuf};
use allockit_sys as sys;
use core::ffi::c_void;
use core::ptr::{null_mut, NonNull};

/// How many pointers one call takes across.
const BATCH: usize = 64;

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
        let mut batch = Batch::new();
        for buffer in buffers {
            batch.add(buffer);
        }
        batch.flush();
        batch.done
    }
}

/// Buffers on their way back, of one pool at a time; whatever happens, none is lost.
struct Batch {
    pool: *mut sys::akit_pool,
    buffers: [*mut c_void; BATCH],
    n: usize,
    done: usize,
}

impl Batch {
    fn new() -> Self {
        Batch { pool: null_mut(), buffers: [null_mut(); BATCH], n: 0, done: 0 }
    }

    fn add(&mut self, buffer: PooledBuf) {
        let (p, pool) = buffer.into_raw();
        if self.n == BATCH || pool != self.pool {
            self.flush();
            self.pool = pool;
        }
        self.buffers[self.n] = p.cast::<c_void>().as_ptr();
        self.n += 1;
    }

    fn flush(&mut self) {
        if self.n > 0 {
            // SAFETY: buffers of this pool that were given away to us, so the pool has not ended.
            self.done += unsafe { sys::akit_pool_put_n(self.pool, self.n, self.buffers.as_ptr()) };
            self.n = 0;
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.flush();
    }
}
