//! `allockit/arena.h`: blocks handed out one behind the other, which go together.

use crate::{akit_huge, akit_region};
use core::ffi::{c_char, c_int, c_void};

/// An arena; one thread at a time may use it.
#[repr(C)]
pub struct akit_arena {
    _opaque: [u8; 0],
}

/// Configuration of an arena; zero in any field is its default, for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct akit_arena_config {
    /// Bytes; `AKIT_ARENA_CONFIG_INIT` and config_init set it.
    pub struct_size: u64,
    /// 0.
    pub flags: u64,
    /// Label in the statistics; 1 to 63 of A-Z a-z 0-9 . _ - ; NULL: none. Copied.
    pub name: *const c_char,
    /// Cap on everything the arena maps: slabs, used or kept, and metadata. At least 64 KiB.
    pub limit_bytes: u64,
    /// How long pages that left the arena stay in the process cache. 0: 100 ms, `AKIT_NONE`: no limit.
    pub decay_ns: u64,
    /// `AKIT_THP_...`: transparent huge pages for slabs.
    pub thp: u32,
    /// `AKIT_FORK_...`; with DONTFORK the arena is empty in the child.
    pub fork_mode: u32,
    /// `AKIT_ZERO_...`: ON_ALLOC zeroes the block when it is handed out, unless its pages are fresh.
    pub zero_mode: u32,
    /// `AKIT_NUMA_...`: where pages come from.
    pub numa_mode: u32,
    /// Bit n stands for node n, 0 to 63.
    pub numa_nodes: u64,
    /// Bytes of slabs made resident at create, by a system call that never writes to them.
    pub prefault_bytes: u64,
    /// `AKIT_CHECK_...`; kept for config_get: blocks do not come back one by one.
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
    /// Slabs come from this handle, and count in it. NULL: from the kernel. Borrowed.
    pub region: *mut akit_region,
    /// Slabs come from this handle, on the pages that its policy gives. NULL: no explicit huge pages.
    pub huge: *mut akit_huge,
    /// Size of the first slab, rounded up to pages.
    pub slab_bytes: u64,
    /// What later slabs grow to, each twice the one before; larger blocks get a slab of their own. 0: 4 MiB.
    pub max_slab_bytes: u64,
    /// `AKIT_EXHAUST_...`: what happens when a slab is full and no other can be had.
    pub exhaust_mode: u32,
    /// When the arena maps so many per cent of `limit_bytes`, one line goes through the misuse handler. 0: 80.
    pub warn_percent: u32,
    /// The first slab is this memory of the caller, readable and writable, and valid until the arena has ended. NULL: none.
    pub memory: *mut c_void,
    /// Its size, at least 1; 0 without memory.
    pub memory_bytes: u64,
}

/// Statistics of an arena; `_total` fields only grow, the others are gauges.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_arena_stats {
    /// Bytes; set by the caller.
    pub struct_size: u64,
    /// Id of the handle, from 1, never used again.
    pub id: u64,
    /// `AKIT_KIND_ARENA`.
    pub kind: u64,
    /// The cap in force, `AKIT_NONE` without one.
    pub limit_bytes: u64,
    /// Bytes of the blocks that are out, with what alignment left between them.
    pub used_bytes: u64,
    /// Most of it so far.
    pub used_peak_bytes: u64,
    /// Bytes of slabs that can be handed out now: what is left of the current one, and slabs that are kept.
    pub cached_bytes: u64,
    /// The arena's own books.
    pub metadata_bytes: u64,
    /// Bytes of address space the arena holds, `memory` and fallbacks included.
    pub mapped_bytes: u64,
    /// Most of it so far.
    pub mapped_peak_bytes: u64,
    /// 0.
    pub pinned_bytes: u64,
    /// Ranges the arena holds: its slabs.
    pub mappings: u64,
    /// Blocks handed out.
    pub allocs_total: u64,
    /// Calls that gave blocks back: rewinds and resets.
    pub frees_total: u64,
    /// Requests answered with NULL, whatever the reason.
    pub failures_total: u64,
    /// Slabs that the cap refused.
    pub limit_hits_total: u64,
    /// Wrong marks, wrong blocks or sizes in akit_arena_resize, and in the checked build two threads at once.
    pub misuses_total: u64,
    /// Slabs taken.
    pub maps_total: u64,
    /// Slabs given back.
    pub unmaps_total: u64,
    /// 0: slabs are the arena's until it gives them back.
    pub purges_total: u64,
    /// 0.
    pub purged_bytes_total: u64,
    /// Bytes made resident ahead of use.
    pub prefaulted_bytes_total: u64,
    /// Bytes of all slabs, used or kept.
    pub capacity_bytes: u64,
    /// Most of used_bytes + tail_waste_bytes so far: capacity that would have served everything.
    pub high_water_bytes: u64,
    /// Slabs of the chain, used or kept; `memory` is one.
    pub slabs: u64,
    /// Slabs in use by one block each, fallbacks included.
    pub dedicated_slabs: u64,
    /// Left unused now at the ends of slabs that were left, and of slabs of one block.
    pub tail_waste_bytes: u64,
    /// Calls of akit_arena_reset.
    pub resets_total: u64,
    /// Calls of akit_arena_rewind that did their work.
    pub rewinds_total: u64,
    /// Mappings made as `AKIT_EXHAUST_FALLBACK` says.
    pub fallbacks_total: u64,
    /// When the first of them was made, 0: never.
    pub first_fallback_unix_ns: u64,
    /// Times warn_percent was reached.
    pub warnings_total: u64,
}

extern "C" {
    /// Fills `cfg` with defaults for a caller that knows `size` bytes of it.
    pub fn akit_arena_config_init(cfg: *mut akit_arena_config, size: usize) -> c_int;
    /// Makes an arena with its first slab; `cfg` may be NULL.
    pub fn akit_arena_create(cfg: *const akit_arena_config, out: *mut *mut akit_arena) -> c_int;
    /// Ends the arena: everything goes now.
    pub fn akit_arena_destroy(h: *mut akit_arena, flags: u32) -> c_int;
    /// The configuration in force; pointers in it are owned by the handle.
    pub fn akit_arena_config_get(h: *mut akit_arena, out: *mut akit_arena_config) -> c_int;
    /// Statistics, exact when no other call is under way.
    pub fn akit_arena_stats_get(h: *mut akit_arena, out: *mut akit_arena_stats) -> c_int;
    /// A block of `size` bytes; an `alignment` of 0 stands for 16, 1 packs blocks without a gap.
    pub fn akit_arena_alloc(h: *mut akit_arena, size: usize, alignment: usize) -> *mut c_void;
    /// Up to `n` blocks of one size and alignment; says how many.
    pub fn akit_arena_alloc_n(
        h: *mut akit_arena,
        size: usize,
        alignment: usize,
        n: usize,
        out: *mut *mut c_void,
    ) -> usize;
    /// Makes a block larger or smaller where it is; `-ENOSPC` when it cannot grow there.
    pub fn akit_arena_resize(h: *mut akit_arena, p: *mut c_void, old_size: usize, new_size: usize) -> c_int;
    /// Notes the position.
    pub fn akit_arena_mark(h: *mut akit_arena, mark: *mut u64) -> c_int;
    /// Goes back to a mark: blocks handed out since are gone, their slabs are kept.
    pub fn akit_arena_rewind(h: *mut akit_arena, mark: u64) -> c_int;
    /// Goes back to the beginning and keeps slabs up to `keep_bytes`; `AKIT_NONE` keeps all.
    pub fn akit_arena_reset(h: *mut akit_arena, keep_bytes: u64) -> c_int;
}
