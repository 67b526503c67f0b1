//! `allockit/uring.h`: memory registered with an io_uring of the program, and groups of provided buffers.

use crate::{akit_pool, akit_ring};
use core::ffi::{c_char, c_int, c_void};

/// Config flag: the descriptor itself is used, not a duplicate.
pub const AKIT_URING_NO_DUP: u32 = 1;
/// Config flag: the table of fixed buffers is made.
pub const AKIT_URING_CREATE_TABLE: u32 = 2;
/// Config flag: `ring_fd` is an index of a registered ring of the calling thread.
pub const AKIT_URING_REGISTERED_FD: u32 = 4;

/// Nothing is registered, and nothing was refused.
pub const AKIT_URING_OFF: u32 = 0;
/// Nothing is registered, because it was refused.
pub const AKIT_URING_DENIED: u32 = 1;
/// Some of it was refused.
pub const AKIT_URING_PARTIAL: u32 = 2;
/// All that was there at the last sync is registered.
pub const AKIT_URING_ON: u32 = 3;

/// Tag of `akit_uring_drained`: everything that was removed.
pub const AKIT_URING_ALL: u64 = u64::MAX;

/// A registration with an io_uring.
#[repr(C)]
pub struct akit_uring {
    _opaque: [u8; 0],
}

/// A group of provided buffers.
#[repr(C)]
pub struct akit_uring_group {
    _opaque: [u8; 0],
}

/// Configuration of a registration; zero in any field but `ring_fd` is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_uring_config {
    /// Bytes of this struct known to the caller; set by `akit_uring_config_init`.
    pub struct_size: u64,
    /// `AKIT_URING_...`.
    pub flags: u64,
    /// Label in reports, up to 63 bytes of `[A-Za-z0-9_.-]`; copied; NULL = unnamed.
    pub name: *const c_char,
    /// The io_uring.
    pub ring_fd: i32,
    /// 0.
    pub table_mode: u32,
    /// First slot of the table that the handle may use.
    pub slot_base: u32,
    /// How many; 0 with `AKIT_URING_CREATE_TABLE` = 1024.
    pub slot_count: u32,
    /// First of `slot_count` values of user_data for completions that are for `akit_uring_drained`; 0 = no such ones.
    pub tag_base: u64,
    /// Most locked memory to ask for; 0 or `AKIT_NONE` = as much as the kernel gives.
    pub memlock_bytes: u64,
}

/// Statistics of a registration; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_uring_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// `AKIT_URING_OFF`, `_DENIED`, `_PARTIAL` or `_ON`.
    pub state: u64,
    /// Errno of the last registration that was refused; 0 = none was.
    pub last_errno: u64,
    /// Locked memory that all areas take together, an estimate from above.
    pub memlock_needed_bytes: u64,
    /// The limit on it; `AKIT_NONE` = none.
    pub memlock_limit_bytes: u64,
    /// Bytes that a lookup finds.
    pub registered_bytes: u64,
    /// Slots that the handle may use.
    pub slots: u64,
    /// Slots with memory that is registered or not yet drained.
    pub slots_used: u64,
    /// Areas that were added and not removed.
    pub areas: u64,
    /// Of these, those that are not registered.
    pub areas_pending: u64,
    /// Removed areas that the kernel may still use.
    pub areas_draining: u64,
    /// Lookups of what is not registered.
    pub lookups_missed_total: u64,
    /// Areas that were registered.
    pub registers_total: u64,
    /// Areas that were refused, each time.
    pub register_failures_total: u64,
}

/// What the system allows.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_uring_probe_info {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// 1: the process may use io_uring.
    pub available: u64,
    /// Errno when it may not, or when a small ring was refused.
    pub error: u64,
    /// `IORING_FEAT_...` of the kernel.
    pub features: u64,
    /// Limit on locked memory; `AKIT_NONE` = unlimited.
    pub memlock_soft_bytes: u64,
    /// What the limit may be raised to.
    pub memlock_hard_bytes: u64,
    /// Locked and pinned memory of this process.
    pub memlock_used_bytes: u64,
    /// 1: the limit does not hold for this process.
    pub ipc_lock: u64,
    /// Largest table.
    pub max_slots: u64,
    /// Largest range of one slot.
    pub max_slot_bytes: u64,
}

/// Configuration of a group; zero in any field but `pool` is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_uring_group_config {
    /// Bytes of this struct known to the caller; set by `akit_uring_group_config_init`.
    pub struct_size: u64,
    /// 0.
    pub flags: u64,
    /// The buffers come from this pool; borrowed.
    pub pool: *mut akit_pool,
    /// The class that serves this length; 0 = the smallest.
    pub buffer_bytes: u64,
    /// `buf_group` of the requests, at most 65535.
    pub group_id: u32,
    /// Size of the ring: a power of two, at most 32768; 0 = 1024.
    pub entries: u32,
    /// Fewest buffers to keep published; 0 = 32, or `entries`.
    pub window_min: u32,
    /// Most; 0 = `entries`.
    pub window_max: u32,
}

/// Statistics of a group; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_uring_group_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// As configured.
    pub group_id: u64,
    /// Size of the ring.
    pub entries: u64,
    /// Buffers that the kernel has.
    pub published: u64,
    /// How many a refill publishes at present.
    pub window: u64,
    /// Buffers that were taken and not put back.
    pub buffers_out: u64,
    /// Buffers taken.
    pub taken_total: u64,
    /// Refills that published something.
    pub refills_total: u64,
    /// Completions that found the group dry.
    pub enobufs_total: u64,
    /// Time with nothing published, while the group was in use.
    pub empty_ns_total: u64,
    /// Wrong puts, and completions that are not of this group.
    pub misuses_total: u64,
}

extern "C" {
    /// Whether io_uring can be used, and how much memory may be registered.
    pub fn akit_uring_probe(out: *mut akit_uring_probe_info) -> c_int;
    /// The same as text for people, for registering `bytes` bytes.
    pub fn akit_uring_probe_text(bytes: u64, buf: *mut c_char, size: usize, need: *mut usize) -> c_int;
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_uring_config_init(cfg: *mut akit_uring_config, size: usize) -> c_int;
    /// Attaches to an io_uring.
    pub fn akit_uring_create(cfg: *const akit_uring_config, out: *mut *mut akit_uring) -> c_int;
    /// Attaches to another io_uring, with all that `from` has; the new ring's thread.
    pub fn akit_uring_clone(from: *mut akit_uring, cfg: *const akit_uring_config, out: *mut *mut akit_uring) -> c_int;
    /// Ends a registration; the io_uring's thread.
    pub fn akit_uring_destroy(h: *mut akit_uring, flags: u32) -> c_int;
    /// Statistics now.
    pub fn akit_uring_stats_get(h: *mut akit_uring, out: *mut akit_uring_stats) -> c_int;
    /// Adds the area of a ring; any thread.
    pub fn akit_uring_add_ring(h: *mut akit_uring, ring: *mut akit_ring) -> c_int;
    /// Adds the slabs of a pool, also those to come; any thread.
    pub fn akit_uring_add_pool(h: *mut akit_uring, pool: *mut akit_pool) -> c_int;
    /// Adds any memory; any thread.
    pub fn akit_uring_add_memory(h: *mut akit_uring, base: *mut c_void, length: usize) -> c_int;
    /// Removes what was added; any thread.
    pub fn akit_uring_remove(h: *mut akit_uring, base: *mut c_void) -> c_int;
    /// Does what is pending; says how many areas were registered; the io_uring's thread.
    pub fn akit_uring_sync(h: *mut akit_uring) -> c_int;
    /// The completion with this tag has come; also after destroy; any thread.
    pub fn akit_uring_drained(h: *mut akit_uring, tag: u64) -> c_int;
    /// The slot in which these bytes are registered; `-ENOENT` when they are not; any thread.
    pub fn akit_uring_lookup(h: *mut akit_uring, p: *const c_void, length: usize) -> c_int;
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_uring_group_config_init(cfg: *mut akit_uring_group_config, size: usize) -> c_int;
    /// Makes a group of provided buffers; the io_uring's thread.
    pub fn akit_uring_group_create(
        h: *mut akit_uring,
        cfg: *const akit_uring_group_config,
        out: *mut *mut akit_uring_group,
    ) -> c_int;
    /// Ends a group; the io_uring's thread.
    pub fn akit_uring_group_destroy(g: *mut akit_uring_group, flags: u32) -> c_int;
    /// Evaluates a completion; 1 when it brought a buffer; any thread.
    pub fn akit_uring_group_take(
        g: *mut akit_uring_group,
        res: i32,
        cqe_flags: u32,
        p: *mut *mut c_void,
        length: *mut usize,
    ) -> c_int;
    /// Puts a buffer back that was taken; any thread.
    pub fn akit_uring_group_put(g: *mut akit_uring_group, p: *mut c_void) -> c_int;
    /// Publishes buffers; says how many; any thread.
    pub fn akit_uring_group_refill(g: *mut akit_uring_group) -> c_int;
    /// Statistics now.
    pub fn akit_uring_group_stats_get(g: *mut akit_uring_group, out: *mut akit_uring_group_stats) -> c_int;
}
