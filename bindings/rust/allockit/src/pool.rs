//! Pools: byte buffers in size classes, taken and put back by any thread.

mod batch;
mod buf;
mod config;
mod ended;
mod raw;

pub use buf::PooledBuf;
pub use config::PoolConfig;
pub use ended::{EndedPool, Leaks};

use crate::error::{check, Result};
use crate::handle::{any_thread, handle};
use crate::modes::Purge;
use crate::stats::{self, ClassStats, PoolStats};
use allockit_sys as sys;
use core::mem::size_of;
use core::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// A source of byte buffers, for servers and other programs that live on them.
///
/// A buffer has the capacity of its size class, 2 to 64 KiB in steps of two unless the configuration says otherwise, and
/// comes as a [`PooledBuf`]: a slice of the length asked for that goes back when it is dropped, in any thread. Every
/// thread has a cache of its own, so getting and dropping a buffer takes no lock as a rule. Longer requests get a mapping
/// of their own, which is not kept.
///
/// Any thread may use a pool at any time. Buffers own their way back and borrow nothing: they may live anywhere, also
/// longer than the pool. Dropping the pool ends it when its last buffer is dropped.
///
/// ```
/// use allockit::Pool;
///
/// let pool = Pool::builder().name("requests").limit_bytes(64 << 20).create()?;
/// pool.warm(16 << 10, 8)?; // eight buffers of 16 KiB wait already
///
/// let mut request = pool.get(10_000)?;
/// assert_eq!((request.len(), request.capacity()), (10_000, 16 << 10));
/// request[..4].copy_from_slice(b"GET ");
/// std::thread::spawn(move || drop(request)).join().unwrap();
/// assert_eq!(pool.stats()?.out_buffers, 0);
///
/// let kept = pool.get(100)?;
/// drop(pool);
/// assert_eq!(kept.len(), 100); // still valid
/// # Ok::<(), allockit::Error>(())
/// ```
pub struct Pool {
    raw: NonNull<sys::akit_pool>,
    /// Taken while the classes of a suggestion are read, which the next suggestion overwrites.
    suggesting: Mutex<()>,
}

handle! {
    Pool, akit_pool, PoolConfig, PoolStats;
    akit_pool_config_get, akit_pool_stats_get
}

any_thread!(Pool, akit_pool_purge);

impl Pool {
    /// Takes over a handle made through the C interface; `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy or ask for a suggestion, and that does not stand on a
    /// region with [`PurgeMethod::Free`](crate::PurgeMethod::Free) without zeroing what it hands out.
    pub unsafe fn from_raw(raw: *mut sys::akit_pool) -> Option<Self> {
        NonNull::new(raw).map(|raw| Pool { raw, suggesting: Mutex::new(()) })
    }

    /// A buffer of `len` bytes; 0 gets the smallest class. The contents are undefined without a
    /// [`ZeroMode`](crate::ZeroMode): whatever the memory held, never memory without a value.
    ///
    /// ```
    /// use allockit::{ErrorKind, Pool};
    ///
    /// let pool = Pool::new()?;
    /// assert_eq!(pool.get(5000)?.capacity(), 8192);
    /// assert_eq!(pool.get(usize::MAX).unwrap_err().kind(), ErrorKind::OutOfMemory);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory): the cap, the system, or a length above `isize::MAX`.
    /// [`TooLarge`](crate::ErrorKind::TooLarge) for more than the cap or memory of the program can ever give, and with
    /// [`ExhaustMode::Fail`](crate::ExhaustMode::Fail) above the largest class;
    /// [`Exhausted`](crate::ErrorKind::Exhausted) when memory of the program or, with that mode, what was warmed up is
    /// all out now.
    #[inline]
    pub fn get(&self, len: usize) -> Result<PooledBuf> {
        let buffer = self.get_raw(len)?;
        // SAFETY: just handed out, and of that capacity.
        Ok(unsafe { PooledBuf::new(self.raw, buffer, len) })
    }

    /// Makes at least `count` buffers of the class that serves `len` idle and resident, without writing to them. Decay
    /// leaves that many alone from now on, [`purge`](Self::purge) does not.
    ///
    /// ```
    /// use allockit::Pool;
    ///
    /// let pool = Pool::new()?;
    /// pool.warm(4096, 10)?;
    /// assert!(pool.stats()?.cached_bytes >= 10 * 4096);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TooLarge`](crate::ErrorKind::TooLarge) above the largest class; [`Invalid`](crate::ErrorKind::Invalid) when the
    /// caps on idle bytes do not allow that many; [`OutOfMemory`](crate::ErrorKind::OutOfMemory), or
    /// [`Exhausted`](crate::ErrorKind::Exhausted) on memory of the program: what could be made is kept.
    pub fn warm(&self, len: usize, count: usize) -> Result<()> {
        // SAFETY: the handle is live.
        check(unsafe { sys::akit_pool_warm(self.as_raw(), len, count) }).map(drop)
    }

    /// Ends the pool: nothing new can be had, and it is gone when the last buffer is back. As dropping it, but says how
    /// it went, and leaves a way back for raw buffers.
    ///
    /// ```
    /// use allockit::Pool;
    ///
    /// let pool = Pool::new()?;
    /// let buffer = pool.get(100)?;
    /// let ended = pool.destroy()?;
    /// assert_eq!(ended.leaks().count(), 1);
    /// drop(buffer);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub fn destroy(self) -> Result<EndedPool> {
        let raw = self.into_raw();
        // SAFETY: the handle is live, and `self` was its owner.
        check(unsafe { sys::akit_pool_destroy(raw, 0) })?;
        Ok(EndedPool::new(raw))
    }

    /// Ends the pool at once, with every buffer.
    ///
    /// # Safety
    ///
    /// No buffer of the pool is used or dropped any more, in any thread. Buffers that are still out must be forgotten
    /// ([`core::mem::forget`]).
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub unsafe fn destroy_now(self) -> Result<()> {
        // SAFETY: the handle is live, and `self` was its owner; the caller vouches for the buffers.
        check(unsafe { sys::akit_pool_destroy(self.into_raw(), sys::AKIT_DESTROY_NOW) }).map(drop)
    }
}

/// What the pool has seen.
impl Pool {
    /// Number of size classes.
    pub fn class_count(&self) -> usize {
        // SAFETY: the handle is live.
        unsafe { sys::akit_pool_class_count(self.as_raw()) }
    }

    /// Statistics of a size class, from 0, the smallest.
    ///
    /// ```
    /// use allockit::Pool;
    ///
    /// let pool = Pool::new()?;
    /// let buffer = pool.get(3000)?;
    /// let class = pool.class_stats(1)?;
    /// assert_eq!((class.block_bytes, class.used_blocks), (4096, 1));
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) from [`class_count`](Self::class_count) on.
    pub fn class_stats(&self, index: usize) -> Result<ClassStats> {
        let mut out = ClassStats::default();
        out.struct_size = size_of::<ClassStats>() as u64;
        // SAFETY: the handle is live, and `out` is as large as it says.
        check(unsafe { sys::akit_pool_class_stats_get(self.as_raw(), index, &mut out) })?;
        Ok(out)
    }

    /// A configuration with the classes that waste least on the lengths that were asked for, the caps that would keep
    /// what was out at once, and that much to make resident. Before the first request it is the one in force.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn suggest(&self) -> Result<PoolConfig> {
        let _alone = self.suggesting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut raw = PoolConfig::empty();
        // SAFETY: the handle is live, and `raw` is as large as it says.
        check(unsafe { sys::akit_pool_suggest(self.as_raw(), &mut raw) })?;
        // SAFETY: the name is owned by the handle, which is alive, and so are the classes until the next suggestion.
        unsafe { PoolConfig::from_raw(&raw) }
    }

    /// Walks over the buffers that are out, in the order of their addresses. `usable_bytes` is the capacity, `tag` the
    /// number given by [`PooledBuf::tag_set`]. Buffers that come and go meanwhile may be missed or met.
    ///
    /// ```
    /// use allockit::Pool;
    ///
    /// let pool = Pool::builder().tags(true).create()?;
    /// let mut buffer = pool.get(3000)?;
    /// buffer.tag_set(line!().into())?;
    /// let leak = pool.leaks().next().unwrap();
    /// assert_eq!((leak.base, leak.usable_bytes), (buffer.as_ptr() as u64, 4096));
    /// println!("from line {}", leak.tag);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    pub fn leaks(&self) -> Leaks<'_> {
        Leaks::new(self.as_raw())
    }

    /// Capacity of the buffer that starts at `p`; 0 for what is not a buffer of this pool that is out. The memory is not
    /// touched.
    pub fn capacity(&self, p: *const u8) -> usize {
        // SAFETY: the handle is live, and any address may be asked about.
        unsafe { sys::akit_pool_capacity(self.as_raw(), p.cast()) }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: the handle is live and we are its owner.
        unsafe { sys::akit_pool_destroy(self.as_raw(), 0) };
    }
}
