//! `allockit/region.h`: blocks of whole pages, mapped from the kernel and kept for reuse.

use crate::akit_region;
use core::ffi::{c_char, c_int, c_void};

/// Idle pages are unmapped where no mapping is split by it, else as `DONTNEED`.
pub const AKIT_PURGE_METHOD_DEFAULT: u32 = 0;
/// Idle pages go at once; the addresses stay mapped.
pub const AKIT_PURGE_METHOD_DONTNEED: u32 = 1;
/// Idle pages go when the kernel is short of memory.
pub const AKIT_PURGE_METHOD_FREE: u32 = 2;
/// Idle pages are unmapped even where that splits a mapping.
pub const AKIT_PURGE_METHOD_UNMAP: u32 = 3;

/// Configuration of a region handle; zero in any field is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_region_config {
    /// Bytes of this struct known to the caller; set by `akit_region_config_init`.
    pub struct_size: u64,
    /// No flag is defined yet; 0.
    pub flags: u64,
    /// Label of the handle in reports, up to 63 bytes of `[A-Za-z0-9_.-]`; copied; NULL = unnamed.
    pub name: *const c_char,
    /// Cap on everything the handle maps; 0 or `AKIT_NONE` = no cap.
    pub limit_bytes: u64,
    /// Idle memory goes back after this time; 0 = 100 ms, `AKIT_NONE` = never.
    pub decay_ns: u64,
    /// `AKIT_THP_...`: transparent huge pages; by default from 2 MiB.
    pub thp: u32,
    /// `AKIT_FORK_...`: what a child process sees.
    pub fork_mode: u32,
    /// `AKIT_ZERO_...`: when regions are zeroed.
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
    /// Freed bytes that are kept; 0 = 256 MiB, `AKIT_NONE` = no bound.
    pub cache_bytes: u64,
    /// Most that a region may be larger than asked for, in thousandths; 0 = 125, at most 1000.
    pub max_waste_permille: u64,
    /// Most mappings of the kernel; 0 = 16384, `AKIT_NONE` = no bound.
    pub max_mappings: u64,
    /// Freed regions that are kept; 0 = 65536, `AKIT_NONE` = no bound.
    pub max_entries: u64,
    /// `AKIT_PURGE_METHOD_...`: how idle pages go back.
    pub purge_method: u32,
    /// 1: an inaccessible page behind every region.
    pub guard: u32,
    /// Memory of the caller to stand on; NULL = the kernel's.
    pub memory: *mut c_void,
    /// Its size, at least one whole page.
    pub memory_bytes: u64,
}

/// Statistics of a region handle; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_region_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Id of the handle, unique in the process.
    pub id: u64,
    /// `AKIT_KIND_...` of the handle.
    pub kind: u64,
    /// Cap in force; `AKIT_NONE` = none.
    pub limit_bytes: u64,
    /// Usable bytes of the regions that are out.
    pub used_bytes: u64,
    /// Highest `used_bytes`.
    pub used_peak_bytes: u64,
    /// Bytes kept idle for reuse, and free pages that are still mapped.
    pub cached_bytes: u64,
    /// Bytes of the handle's own tables.
    pub metadata_bytes: u64,
    /// Bytes mapped from the system.
    pub mapped_bytes: u64,
    /// Highest `mapped_bytes`.
    pub mapped_peak_bytes: u64,
    /// Bytes of pinned regions.
    pub pinned_bytes: u64,
    /// Mappings of the kernel that the regions take.
    pub mappings: u64,
    /// Regions handed out.
    pub allocs_total: u64,
    /// Regions taken back.
    pub frees_total: u64,
    /// Requests refused for any reason.
    pub failures_total: u64,
    /// Requests refused by the cap or the budget of mappings.
    pub limit_hits_total: u64,
    /// Misuses detected.
    pub misuses_total: u64,
    /// mmap calls.
    pub maps_total: u64,
    /// munmap calls.
    pub unmaps_total: u64,
    /// Purges that gave something back.
    pub purges_total: u64,
    /// Bytes given back by purges.
    pub purged_bytes_total: u64,
    /// Bytes populated ahead of use.
    pub prefaulted_bytes_total: u64,
    /// Requests served by the thread's own bin.
    pub cache_hits_total: u64,
    /// Requests that were not.
    pub cache_misses_total: u64,
    /// Regions that left the cache because of its budget.
    pub evictions_total: u64,
    /// Freed regions that were not kept at all.
    pub rejected_total: u64,
    /// Freed regions that are kept now.
    pub cached_mappings: u64,
    /// Bytes behind the regions that are out and that nobody can use.
    pub waste_bytes: u64,
    /// Regions that grew by moving their pages.
    pub remaps_total: u64,
    /// Time until idle memory is due to go back; `AKIT_NONE` = there is none.
    pub purge_deadline_ns: u64,
    /// Time since it was due and nobody came; 0 = it is not.
    pub purge_overdue_ns: u64,
    /// Freed regions that were kept because they are pinned.
    pub purge_skipped_pinned_total: u64,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_region_config_init(cfg: *mut akit_region_config, size: usize) -> c_int;
    /// Makes a handle; `cfg` may be NULL.
    pub fn akit_region_create(cfg: *const akit_region_config, out: *mut *mut akit_region) -> c_int;
    /// Ends the handle: with 0 every region but pinned ones goes at once, with `AKIT_DESTROY_DEFER` after the last
    /// free.
    pub fn akit_region_destroy(h: *mut akit_region, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_region_config_get(h: *mut akit_region, out: *mut akit_region_config) -> c_int;
    /// Statistics summed now.
    pub fn akit_region_stats_get(h: *mut akit_region, out: *mut akit_region_stats) -> c_int;
    /// Budgets that fit what was seen.
    pub fn akit_region_suggest(h: *mut akit_region, out: *mut akit_region_config) -> c_int;
    /// Gives idle memory back; `bytes` receives how much went to the kernel.
    pub fn akit_region_purge(h: *mut akit_region, flags: u32, bytes: *mut u64) -> c_int;
    /// A region of at least `size` bytes on a page boundary or a larger alignment; `usable` may be NULL.
    pub fn akit_region_alloc(
        h: *mut akit_region,
        size: usize,
        alignment: usize,
        flags: u32,
        usable: *mut usize,
    ) -> *mut c_void;
    /// Resizes, in place or by moving pages; NULL `p` allocates; `usable` may be NULL.
    pub fn akit_region_realloc(
        h: *mut akit_region,
        p: *mut c_void,
        size: usize,
        flags: u32,
        usable: *mut usize,
    ) -> *mut c_void;
    /// Frees a region; a pinned one is kept as it is until it is unpinned.
    pub fn akit_region_free(h: *mut akit_region, p: *mut c_void) -> c_int;
    /// Makes pages of a region resident; a `length` of 0 means up to its end.
    pub fn akit_region_prefault(h: *mut akit_region, p: *mut c_void, length: usize, flags: u32) -> c_int;
    /// Pins a region: not purged, moved or unmapped until it was unpinned as often.
    pub fn akit_region_pin(h: *mut akit_region, p: *mut c_void) -> c_int;
    /// Takes one pin back; the last one ends a region that was freed meanwhile.
    pub fn akit_region_unpin(h: *mut akit_region, p: *mut c_void) -> c_int;
    /// Bytes of regions that are out and resident on a NUMA node, or `-errno`.
    pub fn akit_region_node_bytes(h: *mut akit_region, node: u32) -> i64;
}
