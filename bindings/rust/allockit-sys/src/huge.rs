//! `allockit/huge.h`: explicit huge pages, with an answer when they cannot be had.

use crate::akit_huge;
use core::ffi::{c_char, c_int, c_void};

/// Explicit pages are taken when the block is allocated, others at first use.
pub const AKIT_POPULATE_DEFAULT: u32 = 0;
/// All pages are taken when the block is allocated.
pub const AKIT_POPULATE_ALL: u32 = 1;

/// The system's setting of transparent huge pages is not known.
pub const AKIT_THP_MODE_UNKNOWN: u32 = 0;
/// The system uses transparent huge pages everywhere.
pub const AKIT_THP_MODE_ALWAYS: u32 = 1;
/// The system uses transparent huge pages where they are asked for.
pub const AKIT_THP_MODE_MADVISE: u32 = 2;
/// The system uses no transparent huge pages.
pub const AKIT_THP_MODE_NEVER: u32 = 3;

/// Configuration of a handle of huge pages; zero in any field is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_huge_config {
    /// Bytes of this struct known to the caller; set by `akit_huge_config_init`.
    pub struct_size: u64,
    /// No flag is defined yet; 0.
    pub flags: u64,
    /// Label of the handle in reports, up to 63 bytes of `[A-Za-z0-9_.-]`; copied; NULL = unnamed.
    pub name: *const c_char,
    /// Cap on everything the handle maps; 0 or `AKIT_NONE` = no cap.
    pub limit_bytes: u64,
    /// Idle memory goes back after this time; 0 = 100 ms, `AKIT_NONE` = never.
    pub decay_ns: u64,
    /// `AKIT_THP_...`: transparent huge pages for what is not on explicit ones.
    pub thp: u32,
    /// `AKIT_FORK_...`: what a child process sees.
    pub fork_mode: u32,
    /// `AKIT_ZERO_...`: when blocks are zeroed.
    pub zero_mode: u32,
    /// `AKIT_NUMA_...`: where pages come from.
    pub numa_mode: u32,
    /// Mask of NUMA nodes for `numa_mode`.
    pub numa_nodes: u64,
    /// Bytes taken and made resident when the handle is made; they wait in the cache.
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
    /// Size of a giant page; 0 = the kernel's next one above the huge page.
    pub giant_page_bytes: u64,
    /// Size of a huge page; 0 = the kernel's default one.
    pub huge_page_bytes: u64,
    /// `AKIT_HUGE_...`: giant pages.
    pub giant_mode: u32,
    /// `AKIT_HUGE_...`: huge pages.
    pub huge_mode: u32,
    /// `AKIT_POPULATE_...`: when pages are taken.
    pub populate: u32,
    /// 0.
    pub reserved1: u32,
    /// Freed bytes that are kept; 0 = none on explicit pages and 64 MiB of the rest, `AKIT_NONE` = no bound.
    pub cache_bytes: u64,
}

/// Statistics of a handle of huge pages; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_huge_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Id of the handle, unique in the process.
    pub id: u64,
    /// `AKIT_KIND_...` of the handle.
    pub kind: u64,
    /// Cap in force; `AKIT_NONE` = none.
    pub limit_bytes: u64,
    /// Usable bytes of the blocks that are out.
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
    /// Bytes that are never purged or moved.
    pub pinned_bytes: u64,
    /// Mappings of the kernel that the blocks take.
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
    /// Bytes out on giant pages.
    pub giant_bytes: u64,
    /// Bytes out on huge pages.
    pub hugetlb_bytes: u64,
    /// Bytes out where transparent huge pages are asked for.
    pub thp_bytes: u64,
    /// Bytes out on ordinary pages.
    pub base_bytes: u64,
    /// Requests served by the cache.
    pub cache_hits_total: u64,
    /// Requests that were not.
    pub cache_misses_total: u64,
    /// Blocks that got less than the policy wished for.
    pub fallbacks_total: u64,
    /// errno of the last refusal; 0 = none so far.
    pub last_fallback_reason: u64,
    /// When that was, by the wall clock; 0 = never.
    pub last_fallback_unix_ns: u64,
    /// Longest time that taking the pages of one block took.
    pub populate_max_ns: u64,
    /// All of that time together.
    pub populate_ns_total: u64,
}

/// What the system offers, of all nodes or of one.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_huge_system {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Size of an ordinary page.
    pub base_page_bytes: u64,
    /// Size of a transparent huge page; 0 = none.
    pub thp_page_bytes: u64,
    /// `AKIT_THP_MODE_...`.
    pub thp_mode: u64,
    /// Default size of explicit huge pages; 0 = the kernel has none.
    pub huge_page_bytes: u64,
    /// Pages of that size in the reservation.
    pub huge_total: u64,
    /// Of these, not in use.
    pub huge_free: u64,
    /// Of the free ones, promised to somebody; 0 for one node.
    pub huge_reserved: u64,
    /// Of the total, beyond the configured number.
    pub huge_surplus: u64,
    /// Next larger size the kernel offers; 0 = none.
    pub giant_page_bytes: u64,
    /// Pages of that size in the reservation.
    pub giant_total: u64,
    /// Of these, not in use.
    pub giant_free: u64,
    /// Mask of NUMA nodes; of one node: its own bit.
    pub numa_nodes: u64,
    /// Most the process's control group may take of the default size; `AKIT_NONE` = no limit known.
    pub cgroup_huge_limit_bytes: u64,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_huge_config_init(cfg: *mut akit_huge_config, size: usize) -> c_int;
    /// Makes a handle; `cfg` may be NULL.
    pub fn akit_huge_create(cfg: *const akit_huge_config, out: *mut *mut akit_huge) -> c_int;
    /// Ends the handle: with 0 every block goes at once, with `AKIT_DESTROY_DEFER` after the last free.
    pub fn akit_huge_destroy(h: *mut akit_huge, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_huge_config_get(h: *mut akit_huge, out: *mut akit_huge_config) -> c_int;
    /// Statistics summed now.
    pub fn akit_huge_stats_get(h: *mut akit_huge, out: *mut akit_huge_stats) -> c_int;
    /// Budgets and page kinds that fit what was seen.
    pub fn akit_huge_suggest(h: *mut akit_huge, out: *mut akit_huge_config) -> c_int;
    /// Gives idle memory back; `bytes` receives how much.
    pub fn akit_huge_purge(h: *mut akit_huge, flags: u32, bytes: *mut u64) -> c_int;
    /// A block on the largest pages that policy and system allow; `backing` may be NULL.
    pub fn akit_huge_alloc(
        h: *mut akit_huge,
        size: usize,
        alignment: usize,
        flags: u32,
        backing: *mut u32,
    ) -> *mut c_void;
    /// Frees a block.
    pub fn akit_huge_free(h: *mut akit_huge, p: *mut c_void) -> c_int;
    /// What the system offers now.
    pub fn akit_huge_system_get(out: *mut akit_huge_system) -> c_int;
    /// The same of one NUMA node.
    pub fn akit_huge_system_node_get(node: u32, out: *mut akit_huge_system) -> c_int;
    /// The same as text for people, with the commands that reserve more; `-ENOSPC` with `*need` when `size` is too
    /// small.
    pub fn akit_huge_system_text(buf: *mut c_char, size: usize, need: *mut usize) -> c_int;
    /// How often a page kind could not be had for a reason, or `-errno`.
    pub fn akit_huge_reason_count(h: *mut akit_huge, reason: u32) -> i64;
    /// Bytes of blocks that are out and resident on a NUMA node, or `-errno`.
    pub fn akit_huge_node_bytes(h: *mut akit_huge, node: u32) -> i64;
}
