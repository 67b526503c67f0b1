//! `allockit/nodes.h`: nodes of one size, and small arrays by their capacity; one thread at a time.

use crate::{akit_class_stats, akit_huge, akit_region};
use core::ffi::{c_char, c_int, c_void};

/// Nodes and small arrays; one thread at a time may call.
#[repr(C)]
pub struct akit_nodes {
    _opaque: [u8; 0],
}

/// Configuration of nodes; zero in any field but `node_bytes` is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_nodes_config {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// 0.
    pub flags: u64,
    /// Label in the statistics.
    pub name: *const c_char,
    /// Cap on everything the handle maps: slabs and metadata.
    pub limit_bytes: u64,
    /// Pages of slabs that left the handle go back to the kernel after this time.
    pub decay_ns: u64,
    /// `AKIT_THP_...`: transparent huge pages for slabs.
    pub thp: u32,
    /// `AKIT_FORK_...`: what a child process sees.
    pub fork_mode: u32,
    /// `AKIT_ZERO_...`: when blocks are zeroed, over all of their size.
    pub zero_mode: u32,
    /// `AKIT_NUMA_...`: where pages come from.
    pub numa_mode: u32,
    /// Bit n stands for node n, 0 to 63.
    pub numa_nodes: u64,
    /// Slabs of this many bytes are mapped and made resident at create, as far as the cap allows.
    pub prefault_bytes: u64,
    /// `AKIT_CHECK_...`: the fast checks already find everything.
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
    /// Slabs come from this handle, and count in it.
    pub region: *mut akit_region,
    /// Slabs come from this handle, on the pages that its policy gives.
    pub huge: *mut akit_huge,
    /// Size of a node, required: 1 to 1 MiB, rounded up to the alignment.
    pub node_bytes: u64,
    /// Of nodes: a power of two up to 1 MiB.
    pub node_alignment: u64,
    /// Size of an array's element.
    pub element_bytes: u64,
    /// Most elements of an array, 1 to 64.
    pub max_elements: u64,
    /// Capacities are multiples of it, and `max_elements`: 1 to `max_elements`.
    pub capacity_step: u64,
    /// Size of the first slab, at most 64 MiB.
    pub slab_bytes: u64,
    /// `AKIT_EXHAUST_...`: what happens at the bound.
    pub exhaust_mode: u32,
    /// Percent of `limit_bytes` (of the one slab) at which one line goes through the misuse handler; 0 = 80.
    pub warn_percent: u32,
    /// The slab lies in this memory of the caller, valid until the handle has ended; NULL = none.
    pub memory: *mut c_void,
    /// Its size: at least two pages of 4 KiB, and room for one block of each kind.
    pub memory_bytes: u64,
}

/// Statistics of nodes; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_nodes_stats {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Id of the handle, from 1, never used again.
    pub id: u64,
    /// `AKIT_KIND_NODES`.
    pub kind: u64,
    /// The cap in force, `AKIT_NONE` without one.
    pub limit_bytes: u64,
    /// Bytes of the nodes and arrays that are out, each rounded up to its alignment.
    pub used_bytes: u64,
    /// Most of it so far.
    pub used_peak_bytes: u64,
    /// Bytes of slabs that are not out.
    pub cached_bytes: u64,
    /// The handle's own books.
    pub metadata_bytes: u64,
    /// Bytes of address space the handle holds, `memory` included.
    pub mapped_bytes: u64,
    /// Most of it so far.
    pub mapped_peak_bytes: u64,
    /// 0.
    pub pinned_bytes: u64,
    /// Slabs that are mapped.
    pub mappings: u64,
    /// Nodes and arrays handed out.
    pub allocs_total: u64,
    /// Nodes and arrays that came back, by akit_nodes_reset, too.
    pub frees_total: u64,
    /// Requests answered with NULL, whatever the reason.
    pub failures_total: u64,
    /// Times a slab was refused because of `limit_bytes`.
    pub limit_hits_total: u64,
    /// Wrong frees, and free blocks that were written to.
    pub misuses_total: u64,
    /// Slabs mapped.
    pub maps_total: u64,
    /// Slabs that left.
    pub unmaps_total: u64,
    /// Purges that looked for empty slabs.
    pub purges_total: u64,
    /// Bytes given back to the kernel by them.
    pub purged_bytes_total: u64,
    /// Bytes made resident ahead of use.
    pub prefaulted_bytes_total: u64,
    /// Nodes that are out.
    pub nodes_used: u64,
    /// Arrays that are out.
    pub arrays_used: u64,
    /// Bytes of freed nodes and arrays, which are handed out first.
    pub free_bytes: u64,
    /// Slabs, kept ones without a block included.
    pub slabs: u64,
    /// Requests served with a block that had been freed.
    pub recycled_total: u64,
    /// Blocks cut from slabs beyond `limit_bytes` or `memory`.
    pub fallbacks_total: u64,
    /// Wall clock of the first of them.
    pub first_fallback_unix_ns: u64,
    /// Times that `warn_percent` was reached.
    pub warnings_total: u64,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_nodes_config_init(cfg: *mut akit_nodes_config, size: usize) -> c_int;
    /// Makes a handle; `cfg` may not be NULL, because `node_bytes` has no default.
    pub fn akit_nodes_create(cfg: *const akit_nodes_config, out: *mut *mut akit_nodes) -> c_int;
    /// Ends the handle, with everything that is out.
    pub fn akit_nodes_destroy(h: *mut akit_nodes, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_nodes_config_get(h: *mut akit_nodes, out: *mut akit_nodes_config) -> c_int;
    /// Statistics summed now; any thread.
    pub fn akit_nodes_stats_get(h: *mut akit_nodes, out: *mut akit_nodes_stats) -> c_int;
    /// Number of classes: one for nodes, and one for each capacity of arrays.
    pub fn akit_nodes_class_count(h: *mut akit_nodes) -> usize;
    /// Statistics of one class, 0 is that of nodes; `-ENOENT` at the end.
    pub fn akit_nodes_class_stats_get(h: *mut akit_nodes, index: usize, out: *mut akit_class_stats) -> c_int;
    /// Slabs that fit what was out at most.
    pub fn akit_nodes_suggest(h: *mut akit_nodes, out: *mut akit_nodes_config) -> c_int;
    /// Gives slabs back in which nothing is out; `bytes` receives how much went to the kernel.
    pub fn akit_nodes_purge(h: *mut akit_nodes, flags: u32, bytes: *mut u64) -> c_int;
    /// A node.
    pub fn akit_nodes_alloc(h: *mut akit_nodes) -> *mut c_void;
    /// Frees a node.
    pub fn akit_nodes_free(h: *mut akit_nodes, p: *mut c_void) -> c_int;
    /// Up to `n` nodes; says how many.
    pub fn akit_nodes_alloc_n(h: *mut akit_nodes, n: usize, out: *mut *mut c_void) -> usize;
    /// Frees `n` nodes; says how many were freed.
    pub fn akit_nodes_free_n(h: *mut akit_nodes, n: usize, p: *const *mut c_void) -> usize;
    /// An array of at least `elements` elements; `capacity` may be NULL.
    pub fn akit_nodes_array_alloc(h: *mut akit_nodes, elements: usize, capacity: *mut usize) -> *mut c_void;
    /// Frees an array; `capacity` is what `akit_nodes_array_alloc` told.
    pub fn akit_nodes_array_free(h: *mut akit_nodes, p: *mut c_void, capacity: usize) -> c_int;
    /// Frees everything at once; slabs of up to `keep_bytes` stay.
    pub fn akit_nodes_reset(h: *mut akit_nodes, keep_bytes: u64) -> c_int;
}
