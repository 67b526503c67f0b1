//! Configuration of an io_uring of one's own.

use crate::config::setters;
use crate::error::{check, Error, Result};
use crate::io::Io;
use crate::modes::modes;
use crate::settings::{known, name_from_c, name_to_c};
use allockit_sys as sys;
use core::mem::{size_of, zeroed};
use core::ptr::{null_mut, NonNull};

modes! {
    /// A facility of the kernel.
    IoChoice {
        /// The default of the field.
        Default = AKIT_IO_DEFAULT,
        /// Used where the kernel has it.
        Yes = AKIT_IO_YES,
        /// Not used.
        No = AKIT_IO_NO,
    }
}

/// Configuration of an [`Io`]; 0 in a field is its default.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IoConfig {
    /// Label of the registration in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
    pub name: Option<String>,
    /// Most locked memory to ask for, in bytes. Default: as much as the kernel gives.
    pub memlock_bytes: u64,
    /// Requests that can be queued between two submits, 1 to 32768, rounded up to a power of two. Default: 256.
    pub entries: u32,
    /// Only the thread that made the handle uses it, and the kernel relies on that. Default: no.
    pub single_issuer: IoChoice,
    /// Completions are worked on only in [`Io::submit`]; only with `single_issuer`. Default: as that, without `sqpoll`.
    pub defer_taskrun: IoChoice,
    /// A thread of the kernel fetches the requests. Default: no.
    pub sqpoll: IoChoice,
    /// Slots of the table of fixed buffers, at most 16384. Default: 1024.
    pub slot_count: u32,
    /// Receives and accepts that go on are armed again after each event, as on old kernels.
    pub no_multishot: bool,
}

impl IoConfig {
    /// Defaults everywhere.
    pub fn new() -> Self {
        IoConfig {
            name: None,
            memlock_bytes: 0,
            entries: 0,
            single_issuer: IoChoice::Default,
            defer_taskrun: IoChoice::Default,
            sqpoll: IoChoice::Default,
            slot_count: 0,
            no_multishot: false,
        }
    }

    /// Label of the registration in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    setters! {
        /// Most locked memory to ask for, in bytes.
        memlock_bytes: u64,
        /// Requests that can be queued between two submits.
        entries: u32,
        /// Only the thread that made the handle uses it.
        single_issuer: IoChoice,
        /// Completions are worked on only in [`Io::submit`].
        defer_taskrun: IoChoice,
        /// A thread of the kernel fetches the requests.
        sqpoll: IoChoice,
        /// Slots of the table of fixed buffers.
        slot_count: u32,
        /// Receives and accepts that go on are armed again after each event.
        no_multishot: bool,
    }

    /// Makes the io_uring, with an empty table of fixed buffers. What the kernel has not is left out;
    /// [`Io::config`] tells.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a value that makes no sense;
    /// [`NotPermitted`](crate::ErrorKind::NotPermitted) when io_uring is forbidden,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when the kernel has none;
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), also for locked memory; errno EMFILE.
    pub fn create(&self) -> Result<Io> {
        let name = name_to_c(&self.name)?;
        let mut raw = empty();
        raw.flags = u64::from(if self.no_multishot { sys::AKIT_IO_NO_MULTISHOT } else { 0 });
        raw.name = name.as_ref().map_or(core::ptr::null(), |name| name.as_ptr());
        raw.memlock_bytes = self.memlock_bytes;
        raw.entries = self.entries;
        raw.single_issuer = self.single_issuer.as_raw();
        raw.defer_taskrun = self.defer_taskrun.as_raw();
        raw.sqpoll = self.sqpoll.as_raw();
        raw.slot_count = self.slot_count;
        let mut handle = null_mut();
        // SAFETY: `raw` is a complete config whose name outlives the call, and `handle` is writable.
        check(unsafe { sys::akit_io_create(&raw, &mut handle) })?;
        let handle = NonNull::new(handle).ok_or(Error::from_errno(12))?;
        // SAFETY: create has just handed the handle over to us.
        unsafe { Io::from_raw(handle) }
    }

    pub(crate) fn of(io: *mut sys::akit_io) -> Result<Self> {
        let mut raw = empty();
        // SAFETY: the handle is live, and `raw` is as large as it says.
        check(unsafe { sys::akit_io_config_get(io, &mut raw) })?;
        Ok(IoConfig {
            // SAFETY: the name is owned by the handle, which is alive.
            name: unsafe { name_from_c(raw.name) },
            memlock_bytes: raw.memlock_bytes,
            entries: raw.entries,
            single_issuer: known(raw.single_issuer)?,
            defer_taskrun: known(raw.defer_taskrun)?,
            sqpoll: known(raw.sqpoll)?,
            slot_count: raw.slot_count,
            no_multishot: raw.flags & u64::from(sys::AKIT_IO_NO_MULTISHOT) != 0,
        })
    }
}

impl Default for IoConfig {
    fn default() -> Self {
        IoConfig::new()
    }
}

fn empty() -> sys::akit_io_config {
    // SAFETY: integers and pointers, for which all bytes zero is a value.
    let mut raw: sys::akit_io_config = unsafe { zeroed() };
    raw.struct_size = size_of::<sys::akit_io_config>() as u64;
    raw
}
