//! `allockit/ring.h`: slices of one contiguous area, acquired by one producer, released by any thread.

use crate::{akit_huge, akit_region};
use core::ffi::{c_char, c_int, c_void};

/// Memory comes back with the last slice of its block that is released.
pub const AKIT_RING_ANY: u32 = 0;
/// Memory comes back slice by slice, in the order of acquiring.
pub const AKIT_RING_ORDERED: u32 = 1;

/// A ring of slices; one thread at a time may acquire and commit, any thread may release.
#[repr(C)]
pub struct akit_ring {
    _opaque: [u8; 0],
}

/// Configuration of a ring; zero in any field is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_ring_config {
    /// Bytes of this struct known to the caller; set by `akit_ring_config_init`.
    pub struct_size: u64,
    /// 0.
    pub flags: u64,
    /// Label of the handle in reports, up to 63 bytes of `[A-Za-z0-9_.-]`; copied; NULL = unnamed.
    pub name: *const c_char,
    /// Cap on everything the ring maps; 0 or `AKIT_NONE` = no cap.
    pub limit_bytes: u64,
    /// Kept for `akit_ring_config_get`: the area is the ring's until it ends.
    pub decay_ns: u64,
    /// `AKIT_THP_...`: transparent huge pages for the area.
    pub thp: u32,
    /// `AKIT_FORK_...`: what a child process sees.
    pub fork_mode: u32,
    /// `AKIT_ZERO_...`: when slices are zeroed, rounded up to `alignment`.
    pub zero_mode: u32,
    /// `AKIT_NUMA_...`: where pages come from.
    pub numa_mode: u32,
    /// Mask of NUMA nodes for `numa_mode`.
    pub numa_nodes: u64,
    /// Bytes made resident when the handle is made.
    pub prefault_bytes: u64,
    /// `AKIT_CHECK_...`: how much misuse is detected at once.
    pub check_mode: u32,
    /// 0.
    pub reserved0: u32,
    /// 0.
    pub reserved_a: u64,
    /// 0.
    pub reserved_b: u64,
    /// 0.
    pub reserved_c: u64,
    /// 0.
    pub reserved_d: u64,
    /// The area comes from this handle; NULL = from the kernel; borrowed.
    pub region: *mut akit_region,
    /// The area comes from this handle, on the pages its policy gives; NULL = no explicit huge pages.
    pub huge: *mut akit_huge,
    /// Size of the area, rounded up to whole blocks; 0 = 4 MiB, or what fits into `memory`.
    pub capacity_bytes: u64,
    /// Largest slice; 0 = capacity / 64, ordered: the capacity.
    pub block_bytes: u64,
    /// Of every slice, and of lengths: a power of two, at most 1 GiB; 0 = 64.
    pub alignment: u64,
    /// Left unused after a slice that takes a multiple of 4096 bytes; 0 = nothing.
    pub colour_bytes: u64,
    /// `AKIT_RING_...`: when the memory of released slices can be used again.
    pub order: u32,
    /// 0.
    pub reserved1: u32,
    /// Memory of the caller for the area; NULL = none.
    pub memory: *mut c_void,
    /// Its size.
    pub memory_bytes: u64,
}

/// Statistics of a ring; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_ring_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Id of the handle, unique in the process.
    pub id: u64,
    /// `AKIT_KIND_...` of the handle.
    pub kind: u64,
    /// Cap in force; `AKIT_NONE` = none.
    pub limit_bytes: u64,
    /// Bytes of the slices that are out, each rounded up to the alignment.
    pub used_bytes: u64,
    /// Highest `used_bytes`.
    pub used_peak_bytes: u64,
    /// Bytes of the area that can be handed out now.
    pub cached_bytes: u64,
    /// Bytes of the ring's own books.
    pub metadata_bytes: u64,
    /// Bytes of address space the ring holds.
    pub mapped_bytes: u64,
    /// Highest `mapped_bytes`.
    pub mapped_peak_bytes: u64,
    /// Bytes of the area that are registered with io_uring.
    pub pinned_bytes: u64,
    /// Ranges the ring holds: 1, the area.
    pub mappings: u64,
    /// Slices handed out.
    pub allocs_total: u64,
    /// Slices that came back with their last reference.
    pub frees_total: u64,
    /// Requests refused for any reason.
    pub failures_total: u64,
    /// 0: the cap is met when the ring is created.
    pub limit_hits_total: u64,
    /// Wrong releases, retains and commits, and other misuses detected.
    pub misuses_total: u64,
    /// 1, the area.
    pub maps_total: u64,
    /// 0.
    pub unmaps_total: u64,
    /// 0: the area is the ring's until it ends.
    pub purges_total: u64,
    /// 0.
    pub purged_bytes_total: u64,
    /// Bytes made resident ahead of use.
    pub prefaulted_bytes_total: u64,
    /// Size of the area: whole blocks.
    pub capacity_bytes: u64,
    /// Largest length that can be acquired.
    pub max_slice_bytes: u64,
    /// Slices that are out.
    pub out_slices: u64,
    /// Most slices that were out at once.
    pub out_peak_slices: u64,
    /// References given back.
    pub releases_total: u64,
    /// Bytes lost now at the ends of blocks and to `colour_bytes`.
    pub padding_bytes: u64,
    /// Bytes lost so far.
    pub padding_bytes_total: u64,
    /// Requests refused because there was no room.
    pub exhausted_total: u64,
    /// Requests refused because they can never fit.
    pub too_large_total: u64,
    /// Of `exhausted_total`, those that only found no room because released slices wait for others.
    pub head_blocked_total: u64,
    /// Slices acquired since the oldest held block was begun.
    pub oldest_block_acquires: u64,
    /// Blocks with slices that are out, without the current one.
    pub held_blocks: u64,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_ring_config_init(cfg: *mut akit_ring_config, size: usize) -> c_int;
    /// Makes a ring; `cfg` may be NULL.
    pub fn akit_ring_create(cfg: *const akit_ring_config, out: *mut *mut akit_ring) -> c_int;
    /// Ends the ring: with 0 after the last release, with `AKIT_DESTROY_NOW` at once.
    pub fn akit_ring_destroy(h: *mut akit_ring, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_ring_config_get(h: *mut akit_ring, out: *mut akit_ring_config) -> c_int;
    /// Statistics summed now.
    pub fn akit_ring_stats_get(h: *mut akit_ring, out: *mut akit_ring_stats) -> c_int;
    /// A capacity and a block size that fit what was seen.
    pub fn akit_ring_suggest(h: *mut akit_ring, out: *mut akit_ring_config) -> c_int;
    /// Where the area lies; both may be NULL.
    pub fn akit_ring_memory_get(h: *mut akit_ring, base: *mut *mut c_void, length: *mut usize) -> c_int;
    /// A slice of at least `length` bytes; the producer.
    pub fn akit_ring_acquire(h: *mut akit_ring, length: usize) -> *mut c_void;
    /// Up to `n` slices of one length; says how many; the producer.
    pub fn akit_ring_acquire_n(h: *mut akit_ring, length: usize, n: usize, out: *mut *mut c_void) -> usize;
    /// Shortens the slice that was acquired last; the producer.
    pub fn akit_ring_commit(h: *mut akit_ring, p: *mut c_void, used: usize) -> c_int;
    /// Adds references to a slice that is out; any thread that has one.
    pub fn akit_ring_retain(h: *mut akit_ring, p: *mut c_void, count: u32) -> c_int;
    /// Gives one reference back; any thread; legal until the last one is back, also after destroy.
    pub fn akit_ring_release(h: *mut akit_ring, p: *mut c_void) -> c_int;
    /// Gives `n` references back; says how many were given.
    pub fn akit_ring_release_n(h: *mut akit_ring, n: usize, p: *const *mut c_void) -> usize;
    /// Releases all slices that were acquired before `p`; only with `AKIT_RING_ORDERED`.
    pub fn akit_ring_release_to(h: *mut akit_ring, p: *const c_void) -> c_int;
}
