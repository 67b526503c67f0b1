//! A small io_uring of its own, for programs that bring none.

mod buf;
mod config;
mod event;
mod requests;
mod take;

pub use buf::IoBuf;
pub use config::{IoChoice, IoConfig};
pub use event::{IoEvent, IoItem, Rejected, Request};

use crate::error::{check, Error, Result};
use crate::stats::IoStats;
use crate::uring::{Group, Uring};
use allockit_sys as sys;
use core::ffi::c_int;
use core::fmt;
use core::mem::{forget, size_of, take, ManuallyDrop};
use core::ptr::NonNull;
use requests::{Held, Requests};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::Arc;

/// An io_uring with a registration: reads, writes, sends, receives and accepts are queued, sent to the kernel together,
/// and answered by events. Fixed buffers are used by themselves where the memory is registered.
///
/// A request owns its buffer until its last event, which gives it back: memory cannot be freed while the kernel uses it,
/// and nothing here needs `unsafe`. Dropping the handle cancels all requests and waits until the kernel is done with them.
///
/// It can be held by one thread at a time, and move. A descriptor must stay open until its request was submitted.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use allockit::{Io, IoBuf, Ring};
///
/// # if allockit::Uring::probe()?.available == 0 { return Ok(()); }
/// let ring = Ring::new()?;
/// let mut io = Io::new()?;
/// io.registration().add_ring(&ring)?;
/// let _ = io.registration().sync(); // a refusal costs speed, nothing else
///
/// let file = std::fs::File::open("Cargo.toml")?;
/// io.read(&file, ring.acquire(4096)?, Some(0), 42)?;
/// io.submit(1, None)?;
/// let event = io.take().expect("an event");
/// assert_eq!(event.user_data, 42);
/// let n = event.result?;
/// let text = event.item.into_buffer().expect("the slice"); // as long as what was read
/// assert_eq!(text.len(), n);
/// assert_eq!(&text[..], &std::fs::read("Cargo.toml")?[..]);
/// # Ok(())
/// # }
/// ```
pub struct Io {
    raw: NonNull<sys::akit_io>,
    /// Borrowed from `raw`.
    registration: ManuallyDrop<Uring>,
    requests: Requests,
}

// SAFETY: a handle is not tied to a thread; with `single_issuer` calls on another one are refused.
unsafe impl Send for Io {}

impl Io {
    /// An io_uring with defaults everywhere.
    ///
    /// # Errors
    ///
    /// As [`IoConfig::create`].
    pub fn new() -> Result<Self> {
        IoConfig::new().create()
    }

    /// A configuration to fill in; end it with its `create`.
    pub fn builder() -> IoConfig {
        IoConfig::new()
    }

    /// # Safety
    ///
    /// `raw` is a live handle that nobody else uses.
    pub(crate) unsafe fn from_raw(raw: NonNull<sys::akit_io>) -> Result<Self> {
        // SAFETY: the handle is live.
        let registration = unsafe { sys::akit_io_registration(raw.as_ptr()) };
        // SAFETY: NULL or live, and never dropped here.
        let registration = unsafe { Uring::from_raw(registration) }.ok_or_else(Error::last)?;
        Ok(Io { raw, registration: ManuallyDrop::new(registration), requests: Requests::default() })
    }

    /// The C handle, borrowed. Requests made through it must not have the `user_data` of any of ours.
    pub fn as_raw(&self) -> *mut sys::akit_io {
        self.raw.as_ptr()
    }

    /// The registration of this io_uring: add rings, pools and blocks here, make groups, and call [`Uring::sync`].
    pub fn registration(&self) -> &Uring {
        &self.registration
    }

    /// The configuration in force, with the defaults filled in.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn config(&self) -> Result<IoConfig> {
        IoConfig::of(self.as_raw())
    }

    /// Statistics now.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn stats(&self) -> Result<IoStats> {
        let mut out = IoStats::default();
        out.struct_size = size_of::<IoStats>() as u64;
        // SAFETY: the handle is live, and `out` is as large as it says.
        check(unsafe { sys::akit_io_stats_get(self.as_raw(), &mut out) })?;
        Ok(out)
    }
}

/// Requests. A full queue is submitted by the call itself; [`Busy`](crate::ErrorKind::Busy) means that events must be
/// taken first. What is wrong with the request itself is said by its event. `user_data` comes back with the event.
impl Io {
    /// Queues a read into all bytes of `buffer`, from `offset` of the file or at its position. Its event gives the buffer
    /// back, as long as what was read.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for a buffer that can only be read, [`Busy`](crate::ErrorKind::Busy),
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), errno EEXIST on another thread than the handle's own. The buffer
    /// comes back with each.
    pub fn read(
        &mut self,
        fd: impl AsFd,
        buffer: impl Into<IoBuf>,
        offset: Option<u64>,
        user_data: u64,
    ) -> core::result::Result<Request, Rejected> {
        let offset = offset.unwrap_or(sys::AKIT_NONE);
        self.fill(fd, buffer.into(), user_data, |io, fd, bytes, key| {
            // SAFETY: the handle is live, and the bytes stay until the event.
            unsafe { sys::akit_io_read(io, fd, bytes.as_mut_ptr().cast(), bytes.len(), offset, key) }
        })
    }

    /// Queues a receive into all bytes of `buffer`, with `flags` as `MSG_...` of recv(2); otherwise as [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn recv(
        &mut self,
        fd: impl AsFd,
        buffer: impl Into<IoBuf>,
        flags: u32,
        user_data: u64,
    ) -> core::result::Result<Request, Rejected> {
        self.fill(fd, buffer.into(), user_data, |io, fd, bytes, key| {
            // SAFETY: the handle is live, and the bytes stay until the event.
            unsafe { sys::akit_io_recv(io, fd, bytes.as_mut_ptr().cast(), bytes.len(), flags, key) }
        })
    }

    /// Queues a write of all bytes of `buffer`, at `offset` of the file or at its position. Its event gives the buffer
    /// back as it was.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), but for buffers that can only be read, which are as good as others.
    pub fn write(
        &mut self,
        fd: impl AsFd,
        buffer: impl Into<IoBuf>,
        offset: Option<u64>,
        user_data: u64,
    ) -> core::result::Result<Request, Rejected> {
        let offset = offset.unwrap_or(sys::AKIT_NONE);
        self.send_out(fd, buffer.into(), user_data, |io, fd, bytes, key| {
            // SAFETY: the handle is live, and the bytes stay until the event.
            unsafe { sys::akit_io_write(io, fd, bytes.as_ptr().cast(), bytes.len(), offset, key) }
        })
    }

    /// Queues a send of all bytes of `buffer`, with `flags` as `MSG_...` of send(2); otherwise as [`write`](Self::write). A
    /// broken connection is an event and no signal.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn send(
        &mut self,
        fd: impl AsFd,
        buffer: impl Into<IoBuf>,
        flags: u32,
        user_data: u64,
    ) -> core::result::Result<Request, Rejected> {
        self.send_out(fd, buffer.into(), user_data, |io, fd, bytes, key| {
            // SAFETY: the handle is live, and the bytes stay until the event.
            unsafe { sys::akit_io_send(io, fd, bytes.as_ptr().cast(), bytes.len(), flags, key) }
        })
    }

    /// Queues a receive that goes on, into buffers of a group made with this [`registration`](Self::registration): an event
    /// for each buffer that was filled. When the group runs dry the receive waits for buffers; [`submit`](Self::submit)
    /// refills the groups.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); [`Invalid`](crate::ErrorKind::Invalid) for a group of another registration, errno ENOSPC
    /// for more than 256 groups.
    pub fn recv_group(&mut self, fd: impl AsFd, group: &Arc<Group>, flags: u32, user_data: u64) -> Result<Request> {
        if !group.is_of(&self.registration) {
            return Err(Error::from_errno(22));
        }
        let (io, fd) = (self.as_raw(), fd.as_fd().as_raw_fd());
        let request = self.requests.add(Held::Group(group.clone()), user_data);
        // SAFETY: the handle is live, and so is the group until the last event.
        let queued = unsafe { sys::akit_io_recv_group(io, fd, group.as_raw(), flags, request.key()) };
        self.queued(request, queued)
    }

    /// Queues an accept that goes on: an event for each connection. `flags` are `SOCK_...` of accept4(2).
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn accept(&mut self, fd: impl AsFd, flags: u32, user_data: u64) -> Result<Request> {
        let request = self.requests.add(Held::Accept, user_data);
        // SAFETY: the handle is live.
        let queued = unsafe { sys::akit_io_accept(self.as_raw(), fd.as_fd().as_raw_fd(), flags, request.key()) };
        self.queued(request, queued)
    }

    /// Queues the end of a request. It still has its last event: with errno ECANCELED, or as it ended when it was too late.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when its last event has come; otherwise as [`read`](Self::read).
    pub fn cancel(&mut self, request: Request) -> Result<()> {
        // SAFETY: the handle is live.
        check(unsafe { sys::akit_io_cancel(self.as_raw(), request.key()) }).map(drop)
    }

    fn fill(
        &mut self,
        fd: impl AsFd,
        mut buffer: IoBuf,
        user_data: u64,
        queue: impl FnOnce(*mut sys::akit_io, RawFd, &mut [u8], u64) -> c_int,
    ) -> core::result::Result<Request, Rejected> {
        let Some(bytes) = buffer.bytes_mut().map(NonNull::from) else {
            return Err(Rejected { error: Error::from_errno(22), buffer });
        };
        let (io, fd) = (self.as_raw(), fd.as_fd().as_raw_fd());
        let request = self.requests.add(Held::Filled(buffer), user_data);
        // SAFETY: the bytes stay where they are while the buffer is held, whose owner moves without them.
        let queued = queue(io, fd, unsafe { &mut *bytes.as_ptr() }, request.key());
        self.queued_with_buffer(request, queued)
    }

    fn send_out(
        &mut self,
        fd: impl AsFd,
        buffer: IoBuf,
        user_data: u64,
        queue: impl FnOnce(*mut sys::akit_io, RawFd, &[u8], u64) -> c_int,
    ) -> core::result::Result<Request, Rejected> {
        let bytes = NonNull::from(&buffer[..]);
        let (io, fd) = (self.as_raw(), fd.as_fd().as_raw_fd());
        let request = self.requests.add(Held::Sent(buffer), user_data);
        // SAFETY: as in `fill`.
        let queued = queue(io, fd, unsafe { bytes.as_ref() }, request.key());
        self.queued_with_buffer(request, queued)
    }

    fn queued(&mut self, request: Request, rc: c_int) -> Result<Request> {
        if rc < 0 {
            self.requests.remove(request.key());
        }
        check(rc).map(|_| request)
    }

    fn queued_with_buffer(&mut self, request: Request, rc: c_int) -> core::result::Result<Request, Rejected> {
        match check(rc) {
            Ok(_) => Ok(request),
            Err(error) => match self.requests.remove(request.key()).map(|entry| entry.held) {
                Some(Held::Filled(buffer) | Held::Sent(buffer)) => Err(Rejected { error, buffer }),
                _ => unreachable!("a request that has just been added"),
            },
        }
    }
}

/// The descriptor of the io_uring, for poll or epoll: readable when the kernel has answered something. Take events until
/// there are none before waiting for it.
impl AsRawFd for Io {
    fn as_raw_fd(&self) -> RawFd {
        // SAFETY: the handle is live.
        unsafe { sys::akit_io_fd(self.as_raw()) }
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        // SAFETY: the handle is live and we are its owner.
        if unsafe { sys::akit_io_destroy(self.as_raw(), 0) } < 0 {
            // Nothing was cancelled, and the kernel may still use the buffers.
            forget(take(&mut self.requests));
        }
    }
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io").field("registration", &self.registration).finish_non_exhaustive()
    }
}
