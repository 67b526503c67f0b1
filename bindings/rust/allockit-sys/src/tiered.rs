//! `allockit/tiered.h`: the general-purpose heap.

use crate::{akit_class_stats, akit_huge, akit_region};
use core::ffi::{c_char, c_int, c_void};

/// A general-purpose heap; any thread may call.
#[repr(C)]
pub struct akit_tiered {
    _opaque: [u8; 0],
}

/// Configuration of a heap; zero in any field is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_tiered_config {
    /// Bytes of this struct known to the caller; set by `akit_tiered_config_init`.
    pub struct_size: u64,
    /// No flag is defined yet; 0.
    pub flags: u64,
    /// Label of the handle in reports, up to 63 bytes of `[A-Za-z0-9_.-]`; copied; NULL = unnamed.
    pub name: *const c_char,
    /// Cap on mapped memory with metadata and caches; 0 or `AKIT_NONE` = no cap.
    pub limit_bytes: u64,
    /// Idle memory goes back after this time; 0 = 100 ms, `AKIT_NONE` = never.
    pub decay_ns: u64,
    /// `AKIT_THP_...`: transparent huge pages.
    pub thp: u32,
    /// `AKIT_FORK_...`: what a child process sees.
    pub fork_mode: u32,
    /// `AKIT_ZERO_...`: when blocks are zeroed.
    pub zero_mode: u32,
    /// `AKIT_NUMA_...`: where pages come from.
    pub numa_mode: u32,
    /// Mask of NUMA nodes for `numa_mode`.
    pub numa_nodes: u64,
    /// Bytes to map and populate when the handle is made.
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
    /// Handle that memory comes from; NULL = the process-wide cache. Kept alive inside.
    pub region: *mut akit_region,
    /// Handle that huge blocks come from; NULL = as all memory. Kept alive inside.
    pub huge: *mut akit_huge,
    /// Largest small size; 0 = 1 KiB.
    pub small_max_bytes: u64,
    /// Largest medium size; 0 = 16 KiB.
    pub medium_max_bytes: u64,
    /// Largest large size; 0 = just under 2 MiB.
    pub large_max_bytes: u64,
    /// Freed bytes one thread may keep; 0 = 128 MiB; `AKIT_NONE` = bounded only per size class.
    pub thread_cache_bytes: u64,
    /// Bound of all idle memory kept; 0 = 256 MiB, `AKIT_NONE` = no bound.
    pub cache_bytes: u64,
    /// `AKIT_HUGE_...`: explicit huge pages; never by default.
    pub hugetlb_mode: u32,
    /// 0.
    pub reserved1: u32,
    /// One in so many blocks stands before a guard page; 0 = none.
    pub guard_sample_interval: u64,
}

/// Statistics of a heap; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_tiered_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Id of the handle, unique in the process.
    pub id: u64,
    /// `AKIT_KIND_...` of the handle.
    pub kind: u64,
    /// Cap in force; `AKIT_NONE` = none.
    pub limit_bytes: u64,
    /// Bytes in blocks that are out.
    pub used_bytes: u64,
    /// Highest `used_bytes`.
    pub used_peak_bytes: u64,
    /// Bytes kept idle for reuse.
    pub cached_bytes: u64,
    /// Bytes of the handle's own tables.
    pub metadata_bytes: u64,
    /// Bytes mapped from the system.
    pub mapped_bytes: u64,
    /// Highest `mapped_bytes`.
    pub mapped_peak_bytes: u64,
    /// Bytes registered and never given back.
    pub pinned_bytes: u64,
    /// Mappings held.
    pub mappings: u64,
    /// Blocks handed out.
    pub allocs_total: u64,
    /// Blocks taken back.
    pub frees_total: u64,
    /// Requests refused for any reason.
    pub failures_total: u64,
    /// Requests refused by the cap.
    pub limit_hits_total: u64,
    /// Misuses detected.
    pub misuses_total: u64,
    /// Mappings made.
    pub maps_total: u64,
    /// Mappings removed.
    pub unmaps_total: u64,
    /// Purges done.
    pub purges_total: u64,
    /// Bytes given back by purges.
    pub purged_bytes_total: u64,
    /// Bytes populated ahead of use.
    pub prefaulted_bytes_total: u64,
    /// Bytes out in small blocks.
    pub small_used_bytes: u64,
    /// Bytes out in medium blocks.
    pub medium_used_bytes: u64,
    /// Bytes out in large blocks.
    pub large_used_bytes: u64,
    /// Bytes out in huge blocks.
    pub huge_used_bytes: u64,
    /// Bytes in the caches of threads.
    pub thread_cache_bytes: u64,
    /// Threads that have a cache here.
    pub thread_caches: u64,
    /// Requests served by the thread's cache.
    pub cache_hits_total: u64,
    /// Requests that were not.
    pub cache_misses_total: u64,
    /// Blocks freed by another thread than their owner.
    pub remote_frees_total: u64,
    /// Bytes freed by other threads and not yet taken over.
    pub remote_pending_bytes: u64,
    /// Blocks resized.
    pub reallocs_total: u64,
    /// Blocks resized without moving.
    pub reallocs_in_place_total: u64,
    /// Huge requests that got smaller pages.
    pub huge_fallbacks_total: u64,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_tiered_config_init(cfg: *mut akit_tiered_config, size: usize) -> c_int;
    /// Makes a heap; `cfg` may be NULL.
    pub fn akit_tiered_create(cfg: *const akit_tiered_config, out: *mut *mut akit_tiered) -> c_int;
    /// Ends the heap: with 0 every page goes at once, with `AKIT_DESTROY_DEFER` after the last free.
    pub fn akit_tiered_destroy(h: *mut akit_tiered, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_tiered_config_get(h: *mut akit_tiered, out: *mut akit_tiered_config) -> c_int;
    /// Statistics summed now.
    pub fn akit_tiered_stats_get(h: *mut akit_tiered, out: *mut akit_tiered_stats) -> c_int;
    /// Number of size classes.
    pub fn akit_tiered_class_count(h: *mut akit_tiered) -> usize;
    /// Statistics of one size class.
    pub fn akit_tiered_class_stats_get(h: *mut akit_tiered, index: usize, out: *mut akit_class_stats) -> c_int;
    /// Thresholds and budgets that fit what was seen.
    pub fn akit_tiered_suggest(h: *mut akit_tiered, out: *mut akit_tiered_config) -> c_int;
    /// Gives idle memory back; `bytes` receives how much went to the kernel.
    pub fn akit_tiered_purge(h: *mut akit_tiered, flags: u32, bytes: *mut u64) -> c_int;
    /// A block of at least `size` bytes, aligned to 16.
    pub fn akit_tiered_alloc(h: *mut akit_tiered, size: usize) -> *mut c_void;
    /// A zeroed block of `count * size` bytes.
    pub fn akit_tiered_calloc(h: *mut akit_tiered, count: usize, size: usize) -> *mut c_void;
    /// Resizes; keeps no more than 16-byte alignment; a `size` of 0 shrinks and never frees.
    pub fn akit_tiered_realloc(h: *mut akit_tiered, p: *mut c_void, size: usize) -> *mut c_void;
    /// A block aligned to a power of two up to 1 GiB.
    pub fn akit_tiered_aligned_alloc(h: *mut akit_tiered, alignment: usize, size: usize) -> *mut c_void;
    /// The general form; `usable` may be NULL.
    pub fn akit_tiered_allocx(
        h: *mut akit_tiered,
        size: usize,
        alignment: usize,
        flags: u32,
        usable: *mut usize,
    ) -> *mut c_void;
    /// The general form of resizing; `usable` may be NULL.
    pub fn akit_tiered_reallocx(
        h: *mut akit_tiered,
        p: *mut c_void,
        size: usize,
        alignment: usize,
        flags: u32,
        usable: *mut usize,
    ) -> *mut c_void;
    /// Frees a block of this heap.
    pub fn akit_tiered_free(h: *mut akit_tiered, p: *mut c_void);
    /// Frees a block whose requested size the caller knows.
    pub fn akit_tiered_free_sized(h: *mut akit_tiered, p: *mut c_void, size: usize);
    /// Frees a block whose requested alignment and size the caller knows.
    pub fn akit_tiered_free_aligned_sized(h: *mut akit_tiered, p: *mut c_void, alignment: usize, size: usize);
    /// Bytes that may be used at `p`; 0 when `p` is not a block of this heap.
    pub fn akit_tiered_usable_size(h: *mut akit_tiered, p: *const c_void) -> usize;
    /// Usable size that a request of `size` bytes would get.
    pub fn akit_tiered_good_size(h: *mut akit_tiered, size: usize) -> usize;
    /// 1 when `p` points into a block of this heap, else 0.
    pub fn akit_tiered_owns(h: *mut akit_tiered, p: *const c_void) -> c_int;
    /// Up to `n` blocks of one size; returns how many, from the front.
    pub fn akit_tiered_alloc_n(h: *mut akit_tiered, size: usize, n: usize, out: *mut *mut c_void) -> usize;
    /// Frees `n` blocks; returns how many were blocks of this heap.
    pub fn akit_tiered_free_n(h: *mut akit_tiered, n: usize, p: *const *mut c_void) -> usize;
}
