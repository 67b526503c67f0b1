//! Registration of memory with an io_uring of the program.

mod config;
mod ended;
#[cfg(feature = "io-uring")]
mod entry;
mod group;
mod lookup;
mod probe;

pub use config::{GroupConfig, UringConfig};
pub use ended::EndedUring;
pub use group::{Group, GroupBuf};
pub use lookup::Slot;

use crate::error::{check, Result};
use crate::owner::Owner;
use crate::pool::Pool;
use crate::region::{Region, RegionBlock};
use crate::ring::Ring;
use crate::stats::UringStats;
use allockit_sys as sys;
use core::ffi::c_void;
use core::fmt;
use core::mem::{size_of, ManuallyDrop};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};

/// Memory of the kit, registered with an io_uring that the program has from elsewhere, such as the crate `io-uring`.
///
/// Registered memory can be read into and written from with the fixed operations, named by the slot that
/// [`lookup`](Self::lookup) tells. What is not registered is used with the plain ones: registration makes some operations
/// cheaper and is never a condition for anything.
///
/// What is added waits until [`sync`](Self::sync), which is also where slabs that a pool has made since are registered;
/// call it where the program goes around its loop: it costs nothing when nothing changed. Rings, pools and blocks may be
/// dropped while they are registered: their memory stays where it is until the kernel is done with it.
///
/// Any thread may add, remove and look up. Attaching, `sync` and dropping belong to the thread that submits to the
/// io_uring, if that was made for a single issuer; on another one they are refused.
///
/// Nothing here needs `unsafe`. Pushing a request does, in whatever crate: whoever pushes promises that its memory is valid
/// until its completion, which for slices and buffers means that they are not dropped before.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use allockit::{Ring, Uring};
/// use io_uring::{opcode, types, IoUring};
/// use std::os::fd::AsRawFd;
///
/// # if Uring::probe()?.available == 0 { return Ok(()); }
/// let mut io = IoUring::new(8)?;
/// let registered = Uring::builder().create_table(true).create(&io)?;
/// let ring = Ring::new()?;
/// registered.add_ring(&ring)?;
/// if let Err(error) = registered.sync() {
///     println!("not registered: {error}"); // and so it goes on with plain reads
/// }
///
/// let file = std::fs::File::open("Cargo.toml")?;
/// let fd = types::Fd(file.as_raw_fd());
/// let mut slice = ring.acquire(4096)?;
/// let (p, len) = (slice.as_mut_ptr(), slice.len() as u32);
/// let read = match registered.lookup(&slice) {
///     Some(slot) => opcode::ReadFixed::new(fd, p, len, slot.index()).build(),
///     None => opcode::Read::new(fd, p, len).build(),
/// };
/// // SAFETY: `slice` is dropped after the completion.
/// unsafe { io.submission().push(&read)? };
/// io.submit_and_wait(1)?;
/// let n = io.completion().next().expect("a completion").result();
/// ring.commit(&mut slice, n.try_into()?)?;
/// assert_eq!(&slice[..], &std::fs::read("Cargo.toml")?[..]);
/// # Ok(())
/// # }
/// ```
pub struct Uring {
    raw: NonNull<sys::akit_uring>,
    /// Never used again, unlike addresses of handles.
    id: u64,
}

// SAFETY: calls on the wrong thread are refused, by the library or by the kernel.
unsafe impl Send for Uring {}
// SAFETY: as above, and every call but destroy may be made by any number of threads.
unsafe impl Sync for Uring {}

impl Uring {
    /// A configuration to fill in; end it with its `create`.
    pub fn builder() -> UringConfig {
        UringConfig::new()
    }

    /// Takes over a handle made through the C interface; `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy.
    pub unsafe fn from_raw(raw: *mut sys::akit_uring) -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        NonNull::new(raw).map(|raw| Uring { raw, id: NEXT.fetch_add(1, Ordering::Relaxed) })
    }

    /// The C handle, borrowed.
    pub fn as_raw(&self) -> *mut sys::akit_uring {
        self.raw.as_ptr()
    }

    /// Gives the C handle away; whoever gets it destroys it.
    pub fn into_raw(self) -> *mut sys::akit_uring {
        ManuallyDrop::new(self).as_raw()
    }

    /// Adds the area of a ring.
    ///
    /// # Errors
    ///
    /// [`Busy`](crate::ErrorKind::Busy) when it was added already, [`OutOfMemory`](crate::ErrorKind::OutOfMemory);
    /// [`NotPermitted`](crate::ErrorKind::NotPermitted) in a child of a fork, as for all calls.
    pub fn add_ring(&self, ring: &Ring) -> Result<()> {
        // SAFETY: both handles are live.
        check(unsafe { sys::akit_uring_add_ring(self.as_raw(), ring.as_raw()) }).map(drop)
    }

    /// Adds the slabs of a pool: those it has, and at each [`sync`](Self::sync) those it has made since. They do not leave
    /// the pool as long as they are registered.
    ///
    /// # Errors
    ///
    /// As [`add_ring`](Self::add_ring).
    pub fn add_pool(&self, pool: &Pool) -> Result<()> {
        // SAFETY: both handles are live.
        check(unsafe { sys::akit_uring_add_pool(self.as_raw(), pool.as_raw()) }).map(drop)
    }

    /// Adds the pages of a block, which are pinned while they are registered.
    ///
    /// # Errors
    ///
    /// As [`add_ring`](Self::add_ring).
    pub fn add_region<R: Owner<Region>>(&self, block: &RegionBlock<R>) -> Result<()> {
        // SAFETY: the block starts there and has that many bytes; its pages outlive it as long as they are pinned.
        unsafe { self.add_memory(NonNull::from(&block[..]).cast(), block.capacity()) }
    }

    /// Adds any memory that may be written to.
    ///
    /// # Safety
    ///
    /// The `length` bytes from `base` on stay mapped until they were removed and are drained.
    ///
    /// # Errors
    ///
    /// As [`add_ring`](Self::add_ring); [`Invalid`](crate::ErrorKind::Invalid) for no bytes. Memory that the kernel does
    /// not take, such as a file that is mapped shared, is refused by [`sync`](Self::sync).
    pub unsafe fn add_memory(&self, base: NonNull<u8>, length: usize) -> Result<()> {
        // SAFETY: the handle is live; the caller vouches for the memory.
        check(unsafe { sys::akit_uring_add_memory(self.as_raw(), base.as_ptr().cast(), length) }).map(drop)
    }

    /// Removes a ring: nothing of it is found any more, its slots are emptied by the next [`sync`](Self::sync), and it
    /// stays pinned until the kernel is done with it.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) for what was not added.
    pub fn remove_ring(&self, ring: &Ring) -> Result<()> {
        self.remove(ring.as_raw().cast())
    }

    /// Removes a pool, as [`remove_ring`](Self::remove_ring).
    ///
    /// # Errors
    ///
    /// As [`remove_ring`](Self::remove_ring).
    pub fn remove_pool(&self, pool: &Pool) -> Result<()> {
        self.remove(pool.as_raw().cast())
    }

    /// Removes the memory or block that starts at `base`, as [`remove_ring`](Self::remove_ring).
    ///
    /// # Errors
    ///
    /// As [`remove_ring`](Self::remove_ring).
    pub fn remove_memory(&self, base: NonNull<u8>) -> Result<()> {
        self.remove(base.as_ptr().cast())
    }

    fn remove(&self, base: *mut c_void) -> Result<()> {
        // SAFETY: the handle is live; `base` is only compared.
        check(unsafe { sys::akit_uring_remove(self.as_raw(), base) }).map(drop)
    }

    /// Empties the slots of what was removed, registers what was added or grew, and says how many areas that were.
    ///
    /// # Errors
    ///
    /// Those of the kernel, when all that was to be registered was refused; it stays pending and is tried again by the next
    /// call. [`OutOfMemory`](crate::ErrorKind::OutOfMemory): the limit on locked memory; errno EEXIST: the io_uring has
    /// another thread; [`Exhausted`](crate::ErrorKind::Exhausted): no slot is free;
    /// [`Unsupported`](crate::ErrorKind::Unsupported): a kernel without tables that can be changed.
    pub fn sync(&self) -> Result<usize> {
        // SAFETY: the handle is live.
        check(unsafe { sys::akit_uring_sync(self.as_raw()) }).map(|n| n as usize)
    }

    /// Statistics now: the state, what is registered, what was refused and why.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn stats(&self) -> Result<UringStats> {
        let mut out = UringStats::default();
        out.struct_size = size_of::<UringStats>() as u64;
        // SAFETY: the handle is live, and `out` is as large as it says.
        check(unsafe { sys::akit_uring_stats_get(self.as_raw(), &mut out) })?;
        Ok(out)
    }

    /// How things stand; `None` for a state that this crate does not know.
    pub fn state(&self) -> Option<crate::UringState> {
        let state = self.stats().ok()?.state;
        crate::UringState::from_raw(state.try_into().ok()?)
    }

    /// Makes a group of provided buffers in this io_uring; as [`GroupConfig::create`] with defaults.
    ///
    /// # Errors
    ///
    /// As [`GroupConfig::create`].
    pub fn group(&self, pool: &Pool) -> Result<Group> {
        GroupConfig::new().create(self, pool)
    }

    /// Ends the registration. As dropping it, but says how it went, and leaves the way to tell of tags that are still to
    /// come: with [`tag_base`](UringConfig::tag_base), what requests in flight use stays where it is until then.
    ///
    /// # Errors
    ///
    /// Errno EEXIST on another thread than the io_uring's own, and other refusals of the kernel. The handle is consumed in
    /// any case; what could not be given up stays pinned.
    pub fn destroy(self) -> Result<EndedUring> {
        let raw = self.into_raw();
        // SAFETY: the handle is live, and `self` was its owner.
        check(unsafe { sys::akit_uring_destroy(raw, 0) })?;
        Ok(EndedUring::new(raw))
    }

    /// Ends the registration at once, with tags or without.
    ///
    /// # Safety
    ///
    /// No request uses the memory any more.
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub unsafe fn destroy_now(self) -> Result<()> {
        // SAFETY: the handle is live, and `self` was its owner; the caller vouches for the requests.
        check(unsafe { sys::akit_uring_destroy(self.into_raw(), sys::AKIT_DESTROY_NOW) }).map(drop)
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Uring {
    fn drop(&mut self) {
        // SAFETY: the handle is live and we are its owner. What is refused stays pinned.
        unsafe { sys::akit_uring_destroy(self.as_raw(), 0) };
    }
}

impl fmt::Debug for Uring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uring").field("state", &self.state()).finish_non_exhaustive()
    }
}
