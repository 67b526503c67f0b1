//! `allockit/io.h`: a small io_uring of its own, in the library `allockit_io`.

use crate::{akit_uring, akit_uring_group};
use core::ffi::{c_char, c_int, c_void};

/// Config flag: receives and accepts that go on are armed again after each event.
pub const AKIT_IO_NO_MULTISHOT: u32 = 1;

/// The default of the field.
pub const AKIT_IO_DEFAULT: u32 = 0;
/// Where the kernel has it.
pub const AKIT_IO_YES: u32 = 1;
/// Not at all.
pub const AKIT_IO_NO: u32 = 2;

/// Event flag: further events of this request follow.
pub const AKIT_IO_EVENT_MORE: u32 = 1;
/// Event flag: `buffer` and `group` are set.
pub const AKIT_IO_EVENT_BUFFER: u32 = 2;
/// Event flag: a read or write that used registered memory.
pub const AKIT_IO_EVENT_FIXED: u32 = 4;

/// An io_uring and its registration; one thread at a time.
#[repr(C)]
pub struct akit_io {
    _opaque: [u8; 0],
}

/// Configuration; zero in any field is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_io_config {
    /// Bytes of this struct known to the caller; set by `akit_io_config_init`.
    pub struct_size: u64,
    /// `AKIT_IO_NO_MULTISHOT`.
    pub flags: u64,
    /// Label of the registration in reports, up to 63 bytes of `[A-Za-z0-9_.-]`; copied; NULL = unnamed.
    pub name: *const c_char,
    /// Most locked memory to ask for; 0 or `AKIT_NONE` = as much as the kernel gives.
    pub memlock_bytes: u64,
    /// Requests that can be queued between two submits, 1 to 32768; 0 = 256.
    pub entries: u32,
    /// `AKIT_IO_...`: only the thread that made the handle uses it.
    pub single_issuer: u32,
    /// `AKIT_IO_...`: completions are worked on only in `akit_io_submit`.
    pub defer_taskrun: u32,
    /// `AKIT_IO_...`: a thread of the kernel fetches the requests.
    pub sqpoll: u32,
    /// Slots of the table of fixed buffers, at most 16384; 0 = 1024.
    pub slot_count: u32,
    /// 0.
    pub reserved0: u32,
}

/// Statistics; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_io_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Requests that can be queued between two submits.
    pub entries: u64,
    /// Requests that wait for a submit.
    pub queued: u64,
    /// Requests whose last event has not come, queued ones included.
    pub in_flight: u64,
    /// Of these, receives that wait for a buffer of their group.
    pub starved: u64,
    /// Events that can be taken.
    pub events_ready: u64,
    /// Requests that were queued.
    pub requests_total: u64,
    /// Of these, reads and writes that used registered memory.
    pub fixed_total: u64,
    /// Times the kernel was entered to send or to wait.
    pub submits_total: u64,
    /// Times a request found the queue full.
    pub full_total: u64,
    /// Events that were taken.
    pub events_total: u64,
    /// Times a receive found its group dry.
    pub enobufs_total: u64,
    /// Times a receive or an accept was armed again.
    pub rearms_total: u64,
    /// Areas of removed memory that the kernel was done with.
    pub drained_total: u64,
}

/// Answer to a request.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_io_event {
    /// As given with the request.
    pub user_data: u64,
    /// Bytes, a descriptor, or `-errno`.
    pub res: i32,
    /// `AKIT_IO_EVENT_...`.
    pub flags: u32,
    /// Group receive: the buffer with `res` bytes; else NULL.
    pub buffer: *mut c_void,
    /// Where it goes back.
    pub group: *mut akit_uring_group,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_io_config_init(cfg: *mut akit_io_config, size: usize) -> c_int;
    /// Makes an io_uring; `cfg` may be NULL.
    pub fn akit_io_create(cfg: *const akit_io_config, out: *mut *mut akit_io) -> c_int;
    /// Ends it: cancels all requests and waits for them; with `AKIT_DESTROY_NOW` neither.
    pub fn akit_io_destroy(io: *mut akit_io, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_io_config_get(io: *mut akit_io, out: *mut akit_io_config) -> c_int;
    /// Statistics now.
    pub fn akit_io_stats_get(io: *mut akit_io, out: *mut akit_io_stats) -> c_int;
    /// The registration of this io_uring; borrowed.
    pub fn akit_io_registration(io: *mut akit_io) -> *mut akit_uring;
    /// The descriptor of the io_uring, for poll; borrowed.
    pub fn akit_io_fd(io: *mut akit_io) -> c_int;
    /// Queues a read; `AKIT_NONE`: at the file's position.
    pub fn akit_io_read(
        io: *mut akit_io,
        fd: c_int,
        p: *mut c_void,
        length: usize,
        offset: u64,
        user_data: u64,
    ) -> c_int;
    /// Queues a write; `AKIT_NONE`: at the file's position.
    pub fn akit_io_write(
        io: *mut akit_io,
        fd: c_int,
        p: *const c_void,
        length: usize,
        offset: u64,
        user_data: u64,
    ) -> c_int;
    /// Queues a send.
    pub fn akit_io_send(
        io: *mut akit_io,
        fd: c_int,
        p: *const c_void,
        length: usize,
        flags: u32,
        user_data: u64,
    ) -> c_int;
    /// Queues a receive.
    pub fn akit_io_recv(
        io: *mut akit_io,
        fd: c_int,
        p: *mut c_void,
        length: usize,
        flags: u32,
        user_data: u64,
    ) -> c_int;
    /// Queues a receive that goes on, into buffers of a group of this io_uring.
    pub fn akit_io_recv_group(
        io: *mut akit_io,
        fd: c_int,
        group: *mut akit_uring_group,
        flags: u32,
        user_data: u64,
    ) -> c_int;
    /// Queues an accept that goes on.
    pub fn akit_io_accept(io: *mut akit_io, fd: c_int, flags: u32, user_data: u64) -> c_int;
    /// Queues the end of all requests with this `user_data`; says how many.
    pub fn akit_io_cancel(io: *mut akit_io, user_data: u64) -> c_int;
    /// Sends what is queued, and waits; says how many events can be taken.
    pub fn akit_io_submit(io: *mut akit_io, wait_for: u32, timeout_ns: u64) -> c_int;
    /// Takes up to `n` events; says how many.
    pub fn akit_io_take(io: *mut akit_io, events: *mut akit_io_event, n: usize) -> usize;
}
