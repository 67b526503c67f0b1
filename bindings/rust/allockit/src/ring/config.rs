//! Configuration of a ring.

use crate::error::{check, Error, Result};
use crate::huge::Huge;
use crate::modes::RingOrder;
use crate::region::{zero_mode_on, Region};
use crate::ring::Ring;
use crate::settings::config;
use allockit_sys as sys;

config! {
    /// Configuration of a [`Ring`].
    ///
    /// 0 in a field of bytes or nanoseconds is its default, [`NONE`](crate::NONE) means none, never or unlimited. The
    /// library checks the values when the ring is made; nothing is clamped in silence. [`Ring::config`] and
    /// [`Ring::suggest`] answer with the same struct. `decay_ns` is only kept: the area belongs to the ring until it ends.
    ///
    /// ```
    /// use allockit::{RingConfig, RingOrder};
    ///
    /// let ring = RingConfig::new()
    ///     .name("stream")
    ///     .capacity_bytes(1 << 20)
    ///     .order(RingOrder::Ordered)
    ///     .prefault_bytes(1 << 20)
    ///     .create()?;
    /// assert_eq!(ring.config()?.block_bytes, 1 << 20);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    RingConfig: akit_ring_config {
        /// Size of the area, rounded up to whole blocks; at most 2^28 times the alignment. Default: 4 MiB, or as many
        /// blocks as fit into the memory of the program.
        capacity_bytes: u64 = 0,
        /// Largest slice: a multiple of the alignment, at most the capacity. Default: capacity / 64, rounded up to the
        /// alignment; in order the capacity.
        block_bytes: u64 = 0,
        /// Alignment of every slice, and what lengths are rounded up to: a power of two, at most 1 GiB. Default: 64.
        alignment: u64 = 0,
        /// Left unused after a slice that would take a multiple of 4096 bytes, so that slices of equal length do not
        /// share their cache sets: a multiple of the alignment, below `block_bytes`. Default: nothing.
        colour_bytes: u64 = 0,
        /// When the memory of released slices can be used again.
        order: RingOrder = RingOrder::Any,
    } and others_to_raw, others_of_raw {
        // Addresses of handles, 0 for none: a config is a value and may outlive them, so they are not pointers here.
        region: usize = 0,
        huge: usize = 0,
    }
}

impl RingConfig {
    /// Takes the area from a region handle, in which it counts. The ring keeps what it needs of it alive, so either may
    /// end first; it must be alive when the ring is made, else that is [`Invalid`](crate::ErrorKind::Invalid).
    ///
    /// Pages of a region with [`PurgeMethod::Free`](crate::PurgeMethod::Free) may change by themselves until they are
    /// written to, which bytes behind a reference must not: such a ring zeroes what it hands out, as
    /// [`ZeroMode::OnAlloc`](crate::ZeroMode::OnAlloc), and cannot have [`ZeroMode::OnFree`](crate::ZeroMode::OnFree).
    #[must_use]
    pub fn region(mut self, region: &Region) -> Self {
        self.region = region.as_raw() as usize;
        self
    }

    /// Takes the area from a handle of huge pages; otherwise as [`region`](Self::region).
    #[must_use]
    pub fn huge(mut self, huge: &Huge) -> Self {
        self.huge = huge.as_raw() as usize;
        self
    }

    /// Makes the ring, on memory of the system or of the handle that was named.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a name or value that makes no sense: an alignment that is no power of
    /// two, blocks that are no multiple of it or larger than the capacity, a capacity that is too large, more than one of
    /// region, huge pages and a NUMA mode, `thp` or a fork mode together with a region or huge pages, which have theirs,
    /// `prefault_bytes` with huge pages;
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), [`TooNew`](crate::ErrorKind::TooNew) for a field that the
    /// installed library does not know, [`Unsupported`](crate::ErrorKind::Unsupported) for a NUMA mode on a system
    /// without NUMA.
    pub fn create(&self) -> Result<Ring> {
        self.with_raw(|raw| {
            // SAFETY: no memory of the caller.
            unsafe { create(raw) }
        })
    }

    /// Makes the ring on memory of the program. It makes no system call afterwards, save to wait when threads meet.
    ///
    /// The memory is given away for good, because slices may live longer than the ring. `Vec::leak` makes such a slice;
    /// [`create_on`](Self::create_on) is the form that gets it back.
    ///
    /// ```
    /// use allockit::{ErrorKind, RingConfig};
    ///
    /// let memory = vec![0u8; 1 << 20].leak();
    /// let ring = RingConfig::new().block_bytes(64 << 10).create_in(memory)?;
    /// let slice = ring.acquire(10_000)?;
    /// assert_eq!(ring.acquire(1 << 20).unwrap_err().kind(), ErrorKind::TooLarge);
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); [`Invalid`](crate::ErrorKind::Invalid), too, for less than one block, for a capacity
    /// that does not fit, and together with a region, huge pages, NUMA, `prefault_bytes` or another fork mode than copy.
    pub fn create_in(&self, memory: &'static mut [u8]) -> Result<Ring> {
        // SAFETY: the memory is ours alone, for ever.
        unsafe { self.create_on(memory.as_mut_ptr(), memory.len()) }
    }

    /// As [`create_in`](Self::create_in), with memory that the program wants back.
    ///
    /// # Safety
    ///
    /// The `bytes` bytes from `memory` on are readable, writable, have values, and are used by nobody else until the ring
    /// and all its slices have ended, and its registrations with io_uring are drained.
    ///
    /// # Errors
    ///
    /// As [`create_in`](Self::create_in).
    pub unsafe fn create_on(&self, memory: *mut u8, bytes: usize) -> Result<Ring> {
        self.with_raw(|raw| {
            raw.memory = memory.cast();
            raw.memory_bytes = bytes as u64;
            // SAFETY: promised by the caller.
            unsafe { create(raw) }
        })
    }

    /// What C has as a pointer.
    fn others_to_raw(&self, raw: &mut sys::akit_ring_config) {
        // The library recognises a handle that has ended, so these need not be alive.
        raw.region = self.region as *mut _;
        raw.huge = self.huge as *mut _;
    }

    /// # Safety
    ///
    /// None; as the macro calls it.
    unsafe fn others_of_raw(self, raw: &sys::akit_ring_config) -> Result<Self> {
        if raw.flags != 0 {
            return Err(Error::from_errno(22)); // of a library that is newer than this crate
        }
        Ok(RingConfig { region: raw.region as usize, huge: raw.huge as usize, ..self })
    }
}

/// # Safety
///
/// What `raw.memory` needs as `create_on` says.
unsafe fn create(raw: &mut sys::akit_ring_config) -> Result<Ring> {
    raw.zero_mode = zero_mode_on(raw.region, raw.zero_mode)?;
    let mut handle = core::ptr::null_mut();
    // SAFETY: `raw` is a complete config whose pointers outlive the call, and `handle` is writable.
    check(unsafe { sys::akit_ring_create(raw, &mut handle) })?;
    // SAFETY: create has just handed the handle over to us.
    unsafe { Ring::from_raw(handle) }.ok_or(Error::from_errno(12))
}
