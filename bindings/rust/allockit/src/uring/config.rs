//! Configurations of registrations and groups.

use crate::config::setters;
use crate::error::{check, Error, Result};
use crate::pool::Pool;
use crate::settings::name_to_c;
use crate::uring::{Group, Uring};
use allockit_sys as sys;
use core::mem::{size_of, zeroed};
use core::ptr::null_mut;
use std::os::fd::{AsRawFd, RawFd};

/// Configuration of a [`Uring`].
///
/// 0 in a field is its default. The io_uring is named when the registration is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UringConfig {
    /// Label in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
    pub name: Option<String>,
    /// Whether the table of fixed buffers is made, with `slot_base + slot_count` empty slots. Otherwise the io_uring has
    /// one, and grants a range of it.
    pub create_table: bool,
    /// First slot of the table that may be used.
    pub slot_base: u32,
    /// How many slots, at most 16384 with those before. Default, only when the table is made: 1024.
    pub slot_count: u32,
    /// First of `slot_count` values of `user_data`. A completion with one of them is for [`Uring::drained`]: one comes when
    /// the kernel is done with memory that left a slot. Default: no such completions; memory that is removed is unpinned
    /// by [`Uring::sync`].
    pub tag_base: u64,
    /// Most locked memory to ask for, in bytes. Default: as much as the kernel gives.
    pub memlock_bytes: u64,
}

impl UringConfig {
    /// Defaults everywhere.
    pub fn new() -> Self {
        UringConfig::default()
    }

    /// Label in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    setters! {
        /// Whether the table of fixed buffers is made.
        create_table: bool,
        /// First slot of the table that may be used.
        slot_base: u32,
        /// How many slots.
        slot_count: u32,
        /// First of `slot_count` values of `user_data` for completions that tell when memory is unused.
        tag_base: u64,
        /// Most locked memory to ask for, in bytes.
        memlock_bytes: u64,
    }

    /// Attaches to an io_uring. Its descriptor is duplicated, so the io_uring lives at least as long as the registration.
    ///
    /// A kernel that does not give the table, or too little locked memory, is a [state](Uring::state) and no error.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for no or too many slots or a bad name; errno EBADF or EOPNOTSUPP for what is
    /// no io_uring; [`Busy`](crate::ErrorKind::Busy) when a table is to be made and there is one; errno EMFILE;
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub fn create(&self, io_uring: &impl AsRawFd) -> Result<Uring> {
        self.with_raw(io_uring.as_raw_fd(), 0, |raw, out| {
            // SAFETY: `raw` is a complete config whose name outlives the call, and `out` is writable.
            unsafe { sys::akit_uring_create(raw, out) }
        })
    }

    /// Attaches to an io_uring without duplicating its descriptor.
    ///
    /// # Safety
    ///
    /// The descriptor stays open until the registration has ended.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub unsafe fn create_borrowed(&self, io_uring: RawFd) -> Result<Uring> {
        self.with_raw(io_uring, sys::AKIT_URING_NO_DUP, |raw, out| {
            // SAFETY: as in `create`; the caller vouches for the descriptor.
            unsafe { sys::akit_uring_create(raw, out) }
        })
    }

    /// Attaches to an io_uring that the calling thread knows by its index of registered rings only.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_registered(&self, index: u32) -> Result<Uring> {
        let index = i32::try_from(index).map_err(|_| Error::from_errno(22))?;
        self.with_raw(index, sys::AKIT_URING_REGISTERED_FD, |raw, out| {
            // SAFETY: as in `create`.
            unsafe { sys::akit_uring_create(raw, out) }
        })
    }

    /// Attaches to another io_uring, with all that `from` has: rings, pools, memory, whether pending or not. On the new
    /// io_uring's own thread.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_clone(&self, from: &Uring, io_uring: &impl AsRawFd) -> Result<Uring> {
        self.with_raw(io_uring.as_raw_fd(), 0, |raw, out| {
            // SAFETY: as in `create`, and `from` is live.
            unsafe { sys::akit_uring_clone(from.as_raw(), raw, out) }
        })
    }

    fn with_raw(
        &self,
        ring_fd: i32,
        flags: u32,
        make: impl FnOnce(&sys::akit_uring_config, &mut *mut sys::akit_uring) -> i32,
    ) -> Result<Uring> {
        let name = name_to_c(&self.name)?;
        // SAFETY: integers and pointers, for which all bytes zero is a value.
        let mut raw: sys::akit_uring_config = unsafe { zeroed() };
        raw.struct_size = size_of::<sys::akit_uring_config>() as u64;
        raw.flags = u64::from(flags | if self.create_table { sys::AKIT_URING_CREATE_TABLE } else { 0 });
        raw.name = name.as_ref().map_or(core::ptr::null(), |name| name.as_ptr());
        raw.ring_fd = ring_fd;
        raw.slot_base = self.slot_base;
        raw.slot_count = self.slot_count;
        raw.tag_base = self.tag_base;
        raw.memlock_bytes = self.memlock_bytes;
        let mut handle = null_mut();
        check(make(&raw, &mut handle))?;
        // SAFETY: the call has just handed the handle over to us.
        unsafe { Uring::from_raw(handle) }.ok_or(Error::from_errno(12))
    }
}

/// Configuration of a [`Group`]; 0 in a field is its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupConfig {
    /// The class of the pool that serves this length; its capacity is what the buffers have. Default: the smallest class.
    pub buffer_bytes: u64,
    /// `buf_group` of the requests.
    pub group_id: u16,
    /// Most buffers that the kernel can have: a power of two, at most 32768. Default: 1024.
    pub entries: u32,
    /// Fewest buffers to keep published. Default: 32, or `entries` when that is less.
    pub window_min: u32,
    /// Most buffers to keep published. Default: `entries`.
    pub window_max: u32,
}

impl GroupConfig {
    /// Defaults everywhere.
    pub fn new() -> Self {
        GroupConfig::default()
    }

    setters! {
        /// The class of the pool that serves this length.
        buffer_bytes: u64,
        /// `buf_group` of the requests.
        group_id: u16,
        /// Most buffers that the kernel can have.
        entries: u32,
        /// Fewest buffers to keep published.
        window_min: u32,
        /// Most buffers to keep published.
        window_max: u32,
    }

    /// Makes the group, on the io_uring's own thread, with buffers of `pool`, of which it keeps what it needs alive. It is
    /// empty until [`Group::refill`].
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a value that makes no sense, [`TooLarge`](crate::ErrorKind::TooLarge)
    /// above the pool's largest class, errno EEXIST when there is such a group,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) on a kernel without them,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), also for locked memory.
    pub fn create(&self, uring: &Uring, pool: &Pool) -> Result<Group> {
        let raw = sys::akit_uring_group_config {
            struct_size: size_of::<sys::akit_uring_group_config>() as u64,
            flags: 0,
            pool: pool.as_raw(),
            buffer_bytes: self.buffer_bytes,
            group_id: self.group_id.into(),
            entries: self.entries,
            window_min: self.window_min,
            window_max: self.window_max,
        };
        let mut handle = null_mut();
        // SAFETY: both handles are live, `raw` is complete and `handle` writable.
        check(unsafe { sys::akit_uring_group_create(uring.as_raw(), &raw, &mut handle) })?;
        // SAFETY: the call has just handed the handle over to us.
        unsafe { Group::new(handle, uring.id(), self.group_id) }.ok_or(Error::from_errno(12))
    }
}
