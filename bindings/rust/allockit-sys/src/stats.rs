//! `allockit/stats.h`: the process, a walk over handles, and statistics as text.

use core::ffi::{c_char, c_int};

/// Statistics of one size class.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_class_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Size of a block of this class.
    pub block_bytes: u64,
    /// Blocks out.
    pub used_blocks: u64,
    /// Highest `used_blocks`.
    pub used_peak_blocks: u64,
    /// Blocks kept idle.
    pub cached_blocks: u64,
    /// Blocks handed out.
    pub gets_total: u64,
    /// Blocks taken back.
    pub puts_total: u64,
    /// Requests served by a cache.
    pub hits_total: u64,
    /// Requests that were not.
    pub misses_total: u64,
    /// Blocks given back to their slab's source.
    pub discards_total: u64,
    /// Slabs held.
    pub slabs: u64,
    /// Bytes mapped for the class.
    pub mapped_bytes: u64,
}

/// Statistics of this copy of the library in this process.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_process_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Handles alive.
    pub handles: u64,
    /// Handles made so far.
    pub handles_created_total: u64,
    /// Bytes mapped by this copy of the library.
    pub mapped_bytes: u64,
    /// Bytes in blocks that are out.
    pub used_bytes: u64,
    /// Bytes kept idle for reuse.
    pub cached_bytes: u64,
    /// Bytes of tables.
    pub metadata_bytes: u64,
    /// Bytes of the process-wide address table.
    pub table_bytes: u64,
    /// Bytes registered and never given back.
    pub pinned_bytes: u64,
    /// Mappings held.
    pub mappings: u64,
    /// Threads known to the library.
    pub threads: u64,
    /// Misuses detected.
    pub misuses_total: u64,
    /// 1 while the purge thread runs.
    pub purge_thread_running: u64,
    /// Time until the next purge is due; `AKIT_NONE` = nothing is.
    pub next_purge_ns: u64,
    /// Mask of features built in.
    pub features: u64,
    /// Base page size.
    pub page_bytes: u64,
    /// Default huge page size.
    pub huge_page_bytes: u64,
}

extern "C" {
    /// Statistics of this copy of the library.
    pub fn akit_process_stats_get(out: *mut akit_process_stats) -> c_int;
    /// The handle after `*id`; start with 0; `-ENOENT` at the end.
    pub fn akit_handle_next(id: *mut u64, kind: *mut u32) -> c_int;
    /// Statistics as JSON; `id` 0 = all; `-ENOSPC` with `*need` when `size` is too small.
    pub fn akit_stats_json(id: u64, buf: *mut c_char, size: usize, need: *mut usize) -> c_int;
    /// Statistics as OpenMetrics text; as [`akit_stats_json`].
    pub fn akit_stats_openmetrics(id: u64, buf: *mut c_char, size: usize, need: *mut usize) -> c_int;
}
