//! `allockit/pool.h`: byte buffers in size classes, taken and put back by any thread.

use crate::{akit_block_info, akit_class_stats, akit_huge, akit_region};
use core::ffi::{c_char, c_int, c_void};

/// Config flag: a number of the caller's with every buffer that is out.
pub const AKIT_POOL_TAGS: u32 = 1;
/// Config flag: destroy reports buffers that are out, one line per class.
pub const AKIT_POOL_REPORT_LEAKS: u32 = 2;

/// No idle buffer left: more is mapped, up to the cap.
pub const AKIT_EXHAUST_GROW: u32 = 0;
/// No idle buffer left: the request fails with ENOBUFS.
pub const AKIT_EXHAUST_FAIL: u32 = 1;
/// No idle buffer left: the request gets a mapping of its own, up to the cap, and is counted.
pub const AKIT_EXHAUST_FALLBACK: u32 = 2;

/// Most classes of a pool.
pub const AKIT_POOL_MAX_CLASSES: u32 = 64;

/// A pool of byte buffers; any thread may call.
#[repr(C)]
pub struct akit_pool {
    _opaque: [u8; 0],
}

/// Configuration of a pool; zero in any field is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_pool_config {
    /// Bytes of this struct known to the caller; set by `akit_pool_config_init`.
    pub struct_size: u64,
    /// `AKIT_POOL_...`.
    pub flags: u64,
    /// Label of the handle in reports, up to 63 bytes of `[A-Za-z0-9_.-]`; copied; NULL = unnamed.
    pub name: *const c_char,
    /// Cap on everything the pool maps; 0 or `AKIT_NONE` = no cap.
    pub limit_bytes: u64,
    /// Idle buffers go back after this time; 0 = 100 ms, `AKIT_NONE` = never.
    pub decay_ns: u64,
    /// `AKIT_THP_...`: transparent huge pages for slabs.
    pub thp: u32,
    /// `AKIT_FORK_...`: what a child process sees.
    pub fork_mode: u32,
    /// `AKIT_ZERO_...`: when buffers are zeroed, over their whole capacity.
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
    /// Slabs come from this handle; NULL = from the kernel; borrowed.
    pub region: *mut akit_region,
    /// Slabs come from this handle, on the pages its policy gives; NULL = no explicit huge pages.
    pub huge: *mut akit_huge,
    /// Capacity of the smallest class; 0 = 2 KiB.
    pub min_class_bytes: u64,
    /// Capacity of the largest class, at most 16 MiB; 0 = 64 KiB.
    pub max_class_bytes: u64,
    /// 1, 2, 4 or 8; 0 = 1.
    pub classes_per_doubling: u64,
    /// The capacities themselves, ascending, instead of the three above; copied.
    pub class_bytes: *const u64,
    /// How many there are, 1 to `AKIT_POOL_MAX_CLASSES`.
    pub class_count: u64,
    /// Most idle bytes of one class; 0 = as `cache_bytes`.
    pub class_cache_bytes: u64,
    /// Most idle bytes of all classes and threads; 0 = 64 MiB, `AKIT_NONE` = no bound.
    pub cache_bytes: u64,
    /// Most idle bytes in the cache of one thread; 0 = 4 MiB, `AKIT_NONE` = as `cache_bytes`.
    pub thread_cache_bytes: u64,
    /// Of every buffer: a power of two, at most 2 MiB; 0 = 64.
    pub alignment: u64,
    /// Size of a slab; 0 = from 64 KiB in the beginning to 2 MiB.
    pub slab_bytes: u64,
    /// `AKIT_EXHAUST_...`: what happens when no idle buffer is left.
    pub exhaust_mode: u32,
    /// 0.
    pub reserved1: u32,
    /// Memory of the caller to cut slabs from; NULL = the kernel's.
    pub memory: *mut c_void,
    /// Its size, at least two whole pages.
    pub memory_bytes: u64,
}

/// Statistics of a pool; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_pool_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Id of the handle, unique in the process.
    pub id: u64,
    /// `AKIT_KIND_...` of the handle.
    pub kind: u64,
    /// Cap in force; `AKIT_NONE` = none.
    pub limit_bytes: u64,
    /// Capacity of the buffers that are out.
    pub used_bytes: u64,
    /// Highest `used_bytes`, as seen when a thread's cache was filled or flushed and on reading.
    pub used_peak_bytes: u64,
    /// Capacity of the idle buffers.
    pub cached_bytes: u64,
    /// Bytes of the pool's own books.
    pub metadata_bytes: u64,
    /// Bytes of address space the pool holds.
    pub mapped_bytes: u64,
    /// Highest `mapped_bytes`.
    pub mapped_peak_bytes: u64,
    /// Bytes of slabs that are registered with io_uring.
    pub pinned_bytes: u64,
    /// Ranges the pool holds: slabs and buffers of their own.
    pub mappings: u64,
    /// Buffers handed out, also those above the largest class.
    pub allocs_total: u64,
    /// Buffers taken back.
    pub frees_total: u64,
    /// Requests refused for any reason.
    pub failures_total: u64,
    /// Requests refused by the cap.
    pub limit_hits_total: u64,
    /// Wrong puts, and other misuses detected.
    pub misuses_total: u64,
    /// Slabs and buffers of their own that were made.
    pub maps_total: u64,
    /// Slabs and buffers of their own that were given up.
    pub unmaps_total: u64,
    /// Purges of everything that was cached.
    pub purges_total: u64,
    /// Bytes given back on request.
    pub purged_bytes_total: u64,
    /// Bytes made resident ahead of use.
    pub prefaulted_bytes_total: u64,
    /// Buffers that are out.
    pub out_buffers: u64,
    /// Most buffers that were out at once.
    pub out_peak_buffers: u64,
    /// Requests served by an idle buffer.
    pub hits_total: u64,
    /// Requests that took a buffer out of a slab.
    pub misses_total: u64,
    /// Buffers of the classes taken back.
    pub puts_total: u64,
    /// Idle buffers that went back to their slabs.
    pub discards_total: u64,
    /// Requests above the largest class.
    pub oversize_total: u64,
    /// Bytes zeroed for `zero_mode`.
    pub zeroed_bytes_total: u64,
    /// Slabs made.
    pub grown_total: u64,
    /// Requests served as `AKIT_EXHAUST_FALLBACK` says.
    pub fallbacks_total: u64,
    /// When the first was, wall clock; 0 = none so far.
    pub first_fallback_unix_ns: u64,
    /// Bytes of `cached_bytes` in caches of threads.
    pub thread_cache_bytes: u64,
    /// Capacity of the buffers of `hits_total`.
    pub reused_bytes_total: u64,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_pool_config_init(cfg: *mut akit_pool_config, size: usize) -> c_int;
    /// Makes a pool; `cfg` may be NULL.
    pub fn akit_pool_create(cfg: *const akit_pool_config, out: *mut *mut akit_pool) -> c_int;
    /// Ends the pool: with 0 after the last put, with `AKIT_DESTROY_NOW` at once.
    pub fn akit_pool_destroy(h: *mut akit_pool, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_pool_config_get(h: *mut akit_pool, out: *mut akit_pool_config) -> c_int;
    /// Statistics summed now.
    pub fn akit_pool_stats_get(h: *mut akit_pool, out: *mut akit_pool_stats) -> c_int;
    /// Number of classes.
    pub fn akit_pool_class_count(h: *mut akit_pool) -> usize;
    /// Statistics of one class, from 0, the smallest; `-ENOENT` at the end.
    pub fn akit_pool_class_stats_get(h: *mut akit_pool, index: usize, out: *mut akit_class_stats) -> c_int;
    /// Classes, caps and warm-up that fit what was seen; its `class_bytes` is good until the next call.
    pub fn akit_pool_suggest(h: *mut akit_pool, out: *mut akit_pool_config) -> c_int;
    /// Gives idle buffers back; `bytes` receives how much went to the kernel.
    pub fn akit_pool_purge(h: *mut akit_pool, flags: u32, bytes: *mut u64) -> c_int;
    /// Makes at least `count` buffers of the class that serves `length` idle and resident.
    pub fn akit_pool_warm(h: *mut akit_pool, length: usize, count: usize) -> c_int;
    /// A buffer of at least `length` bytes; `capacity` may be NULL.
    pub fn akit_pool_get(h: *mut akit_pool, length: usize, capacity: *mut usize) -> *mut c_void;
    /// Puts a buffer back; any thread; legal until the last one is back, also after destroy.
    pub fn akit_pool_put(h: *mut akit_pool, p: *mut c_void) -> c_int;
    /// Up to `n` buffers of one length; says how many.
    pub fn akit_pool_get_n(
        h: *mut akit_pool,
        length: usize,
        n: usize,
        out: *mut *mut c_void,
        capacity: *mut usize,
    ) -> usize;
    /// Puts `n` buffers back; says how many were put.
    pub fn akit_pool_put_n(h: *mut akit_pool, n: usize, p: *const *mut c_void) -> usize;
    /// The next buffer that is out; start with `*cursor` 0; `-ENOENT` at the end.
    pub fn akit_pool_leak_next(h: *mut akit_pool, cursor: *mut u64, out: *mut akit_block_info) -> c_int;
    /// Capacity of the buffer at `p`; 0 = not a buffer of this pool that is out.
    pub fn akit_pool_capacity(h: *mut akit_pool, p: *const c_void) -> usize;
    /// Notes a number with a buffer that is out.
    pub fn akit_pool_tag_set(h: *mut akit_pool, p: *mut c_void, tag: u64) -> c_int;
}
