//! Rings: slices of one contiguous area, acquired by one producer, released by any thread.

mod config;
mod raw;
mod shared;
mod slice;

pub use config::RingConfig;
pub use raw::Releaser;
pub use shared::SharedSlice;
pub use slice::Slice;

use crate::batch::BATCH;
use crate::error::{check, Error, Result};
use crate::handle::handle;
use crate::stats::{self, RingStats};
use crate::tiered::void;
use allockit_sys as sys;
use core::ptr::{null_mut, NonNull};

/// A source of slices that follow one another in one area: for receive paths, parsers, loggers and other programs that
/// take memory in a row and let it go roughly in that order.
///
/// The holder of the ring is the producer. It can move to another thread, but not be shared: neither acquiring nor
/// releasing on the producer's thread takes a lock or a locked instruction. A [`Slice`] goes back when it is dropped, in
/// any thread and any order, and becomes a [`SharedSlice`] or `Bytes` without a copy.
///
/// The area is cut into blocks ([`block_bytes`](RingConfig::block_bytes)), which is as large as a slice can be; a block is
/// used again when all its slices have come back. With [`RingOrder::Ordered`](crate::RingOrder::Ordered) memory comes back
/// slice by slice instead, in the order of acquiring, and a slice may be as large as the area.
///
/// Slices own their way back and borrow nothing: they may live anywhere, also longer than the ring. Dropping the ring ends
/// it when its last slice is dropped.
///
/// ```
/// use allockit::{Ring, Slice};
/// use std::sync::mpsc;
///
/// let ring = Ring::builder().name("receive").capacity_bytes(1 << 20).create()?;
/// let (sender, receiver) = mpsc::channel::<Slice>();
/// let parser = std::thread::spawn(move || receiver.iter().map(|message| message.len()).sum::<usize>());
///
/// let mut input = &b"three short messages"[..];
/// loop {
///     let mut message = ring.acquire(8)?; // what comes may be shorter
///     message.clear();
///     let n = message.read_from(&mut input).unwrap();
///     if n == 0 {
///         break;
///     }
///     ring.commit(&mut message, n)?; // the rest is for the next one
///     sender.send(message).unwrap(); // dropped there
/// }
/// drop(sender);
/// assert_eq!(parser.join().unwrap(), 20);
/// assert_eq!(ring.stats()?.out_slices, 0);
/// # Ok::<(), allockit::Error>(())
/// ```
///
/// Two threads cannot acquire at once:
///
/// ```compile_fail,E0277
/// let ring = allockit::Ring::new().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(|| ring.acquire(100));
/// });
/// ```
pub struct Ring {
    raw: NonNull<sys::akit_ring>,
}

handle! {
    Ring, akit_ring, RingConfig, RingStats;
    akit_ring_config_get, akit_ring_stats_get
}

impl Ring {
    /// Takes over a handle made through the C interface; `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy, acquire or commit with, and that does not stand on a
    /// region with [`PurgeMethod::Free`](crate::PurgeMethod::Free) without zeroing what it hands out.
    pub unsafe fn from_raw(raw: *mut sys::akit_ring) -> Option<Self> {
        NonNull::new(raw).map(|raw| Ring { raw })
    }

    /// A slice of `len` bytes. The contents are undefined without a [`ZeroMode`](crate::ZeroMode): whatever the memory
    /// held, never memory without a value.
    ///
    /// ```
    /// use allockit::{ErrorKind, Ring};
    ///
    /// let ring = Ring::builder().capacity_bytes(64 << 10).block_bytes(16 << 10).create()?;
    /// let mut slices = Vec::new();
    /// while let Ok(slice) = ring.acquire(4096) {
    ///     slices.push(slice);
    /// }
    /// assert_eq!(slices.len(), 16); // all of the area
    /// assert_eq!(ring.acquire(1).unwrap_err().kind(), ErrorKind::Exhausted);
    /// slices.drain(4..8); // one block
    /// assert_eq!(ring.acquire(10_000)?.len(), 10_000);
    /// assert_eq!(ring.acquire(16_385).unwrap_err().kind(), ErrorKind::TooLarge);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`](crate::ErrorKind::Exhausted) when there is no room now,
    /// [`TooLarge`](crate::ErrorKind::TooLarge) for more than [`max_slice_bytes`](RingStats::max_slice_bytes),
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) for a length above `isize::MAX`.
    #[inline]
    pub fn acquire(&self, len: usize) -> Result<Slice> {
        let slice = self.acquire_raw(len)?;
        // SAFETY: just handed out, with that length.
        Ok(unsafe { Slice::new(slice, self.raw) })
    }

    /// Appends `n` slices of `len` bytes to `out`, in few calls of the library. [`Slice::release_n`] gives many back.
    ///
    /// ```
    /// use allockit::{Ring, Slice};
    ///
    /// let ring = Ring::new()?;
    /// let mut slices = Vec::new();
    /// ring.acquire_n(1500, 100, &mut slices)?;
    /// assert_eq!(slices.len(), 100);
    /// assert_eq!(Slice::release_n(slices), 100);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire) for the one that failed; those before it are in `out`.
    pub fn acquire_n(&self, len: usize, n: usize, out: &mut Vec<Slice>) -> Result<()> {
        let mut left = n;
        while left > 0 {
            let mut batch = [None; BATCH];
            let wanted = left.min(BATCH);
            let done = self.acquire_raw_n(len, &mut batch[..wanted]);
            let refused = (done < wanted).then(Error::last);
            out.extend(batch[..done].iter().flatten().map(|p| {
                // SAFETY: just handed out, with that length.
                unsafe { Slice::new(NonNull::slice_from_raw_parts(*p, len), self.raw) }
            }));
            if let Some(error) = refused {
                return Err(error);
            }
            left -= done;
        }
        Ok(())
    }

    /// Shortens the slice that was acquired last to `used` bytes, which are then its length and capacity; the next slice
    /// begins behind them, rounded up to the alignment.
    ///
    /// ```
    /// use allockit::Ring;
    ///
    /// let ring = Ring::new()?;
    /// let mut head = ring.acquire(32 << 10)?;
    /// head[..5].copy_from_slice(b"hello");
    /// ring.commit(&mut head, 5)?;
    /// assert_eq!((&head[..], head.capacity()), (&b"hello"[..], 5));
    /// assert_eq!(ring.stats()?.used_bytes, 64);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) when another slice was acquired since, or for more than the slice's length
    /// rounded up to the alignment; [`NotFound`](crate::ErrorKind::NotFound) for a slice of another ring. Both are counted
    /// as misuse, and nothing changes.
    #[inline]
    pub fn commit(&self, slice: &mut Slice, used: usize) -> Result<()> {
        // SAFETY: the slice is borrowed alone, so nobody looks at what is given back; the library finds out whether it is
        // the last one of this ring.
        unsafe { self.commit_raw(slice.start(), used) }?;
        slice.committed(used);
        Ok(())
    }

    /// Ends the ring: nothing new can be had, and it is gone when the last slice is back. As dropping it, but says how it
    /// went, and leaves a way back for raw slices.
    ///
    /// ```
    /// use allockit::Ring;
    ///
    /// let ring = Ring::new()?;
    /// let slice = ring.acquire(100)?;
    /// ring.destroy()?;
    /// assert_eq!(slice.len(), 100); // still valid
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub fn destroy(self) -> Result<Releaser> {
        let releaser = self.releaser();
        // SAFETY: the handle is live, and `self` was its owner.
        check(unsafe { sys::akit_ring_destroy(self.into_raw(), 0) })?;
        Ok(releaser)
    }

    /// Ends the ring at once, with every slice.
    ///
    /// # Safety
    ///
    /// No slice of the ring is used or dropped any more, in any thread. Slices that are still out must be forgotten
    /// ([`core::mem::forget`]).
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub unsafe fn destroy_now(self) -> Result<()> {
        // SAFETY: the handle is live, and `self` was its owner; the caller vouches for the slices.
        check(unsafe { sys::akit_ring_destroy(self.into_raw(), sys::AKIT_DESTROY_NOW) }).map(drop)
    }
}

/// What the ring is, and what it has seen.
impl Ring {
    /// The area that slices lie in. Reading and writing it is subject to the slices.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn memory(&self) -> Result<NonNull<[u8]>> {
        let (mut base, mut length) = (null_mut(), 0);
        // SAFETY: the handle is live, and both are writable.
        check(unsafe { sys::akit_ring_memory_get(self.as_raw(), &mut base, &mut length) })?;
        let base = NonNull::new(base.cast()).ok_or(Error::from_errno(22))?;
        Ok(NonNull::slice_from_raw_parts(base, length))
    }

    /// A configuration with the capacity that would have served every request so far, also those that were refused, and
    /// blocks that the largest of them fits into. Before the first request it is the one in force.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn suggest(&self) -> Result<RingConfig> {
        let mut raw = RingConfig::empty();
        // SAFETY: the handle is live, and `raw` is as large as it says.
        check(unsafe { sys::akit_ring_suggest(self.as_raw(), &mut raw) })?;
        // SAFETY: the name is owned by the handle, which is alive.
        unsafe { RingConfig::from_raw(&raw) }
    }
}

/// Raw slices, which are plain memory.
impl Ring {
    /// A raw slice, as [`acquire`](Self::acquire).
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    pub fn acquire_raw(&self, len: usize) -> Result<NonNull<[u8]>> {
        // SAFETY: the handle is live, and whoever holds it is the producer.
        let p = unsafe { sys::akit_ring_acquire(self.as_raw(), len) };
        crate::tiered::block(p).map(|p| NonNull::slice_from_raw_parts(p, len))
    }

    /// Fills `out` from the front with raw slices of `len` bytes, and says how many; fewer than asked is a normal answer.
    #[must_use]
    pub fn acquire_raw_n(&self, len: usize, out: &mut [Option<NonNull<u8>>]) -> usize {
        // SAFETY: the handle is live, whoever holds it is the producer, and `Option<NonNull<u8>>` has the layout of a C
        // pointer.
        unsafe { sys::akit_ring_acquire_n(self.as_raw(), len, out.len(), out.as_mut_ptr().cast()) }
    }

    /// Shortens a raw slice, as [`commit`](Self::commit).
    ///
    /// # Safety
    ///
    /// What lies behind `used` bytes of the slice is used no more.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub unsafe fn commit_raw(&self, p: NonNull<u8>, used: usize) -> Result<()> {
        // SAFETY: the handle is live, and whoever holds it is the producer; the caller vouches for the memory.
        check(unsafe { sys::akit_ring_commit(self.as_raw(), void(p), used) }).map(drop)
    }

    /// The way back for raw slices.
    pub fn releaser(&self) -> Releaser {
        Releaser::new(self.raw)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the handle is live and we are its owner.
        unsafe { sys::akit_ring_destroy(self.as_raw(), 0) };
    }
}
