//! `allockit/base.h`: versions, errors, misuse reports, maintenance.

use core::ffi::{c_char, c_int, c_void};

/// None, never or unlimited, in 64-bit fields.
pub const AKIT_NONE: u64 = u64::MAX;
/// Every block is aligned to at least this many bytes.
pub const AKIT_MIN_ALIGN: usize = 16;

/// Kind of an `akit_tiered` handle.
pub const AKIT_KIND_TIERED: u32 = 1;
/// Kind of an `akit_region` handle.
pub const AKIT_KIND_REGION: u32 = 2;
/// Kind of an `akit_huge` handle.
pub const AKIT_KIND_HUGE: u32 = 3;
/// Kind of an `akit_pool` handle.
pub const AKIT_KIND_POOL: u32 = 4;
/// Kind of an `akit_ring` handle.
pub const AKIT_KIND_RING: u32 = 5;
/// Kind of an `akit_arena` handle.
pub const AKIT_KIND_ARENA: u32 = 6;
/// Kind of an `akit_nodes` handle.
pub const AKIT_KIND_NODES: u32 = 7;
/// Kind of an `akit_uring` handle.
pub const AKIT_KIND_URING: u32 = 8;
/// Kind of an `akit_uring_group` handle.
pub const AKIT_KIND_GROUP: u32 = 9;

/// Feature: registration with io_uring is built in.
pub const AKIT_FEATURE_URING: u32 = 1;
/// Feature: explicit huge pages are built in.
pub const AKIT_FEATURE_HUGETLB: u32 = 2;
/// Feature: caches of sleeping threads can be taken back.
pub const AKIT_FEATURE_MEMBARRIER: u32 = 3;

/// Destroy flag: no new allocation, frees stay legal, the last one gives the rest back.
pub const AKIT_DESTROY_DEFER: u32 = 1;
/// Destroy flag of pool and ring: end at once.
pub const AKIT_DESTROY_NOW: u32 = 2;

/// Purge flag: only what has been idle for longer than the decay time.
pub const AKIT_PURGE_DUE: u32 = 1;
/// Purge flag: everything that is not in use.
pub const AKIT_PURGE_ALL: u32 = 2;
/// Purge flag: wait for a purge that another thread is doing.
pub const AKIT_PURGE_WAIT: u32 = 4;

/// Misuse is counted and reported by one line (default).
pub const AKIT_MISUSE_REPORT: u32 = 0;
/// Misuse is only counted.
pub const AKIT_MISUSE_COUNT: u32 = 1;
/// Misuse is reported, then the process aborts.
pub const AKIT_MISUSE_ABORT: u32 = 2;

/// Cheap checks only (default).
pub const AKIT_CHECK_FAST: u32 = 0;
/// Any free of a block that is not out is detected at the call.
pub const AKIT_CHECK_EXACT: u32 = 1;

/// Blocks keep what they held (default).
pub const AKIT_ZERO_NONE: u32 = 0;
/// Blocks are zeroed when handed out.
pub const AKIT_ZERO_ON_ALLOC: u32 = 1;
/// Blocks are zeroed when freed.
pub const AKIT_ZERO_ON_FREE: u32 = 2;

/// Zeroed memory; growth too.
pub const AKIT_ALLOC_ZERO: u32 = 1;
/// Resize in place or fail with ENOMEM.
pub const AKIT_ALLOC_NO_MOVE: u32 = 2;
/// Do not keep the block's memory after its free.
pub const AKIT_ALLOC_NO_CACHE: u32 = 4;
/// A guard page behind the block.
pub const AKIT_ALLOC_GUARD: u32 = 8;

/// The default of the field.
pub const AKIT_HUGE_DEFAULT: u32 = 0;
/// Explicit huge pages or an error.
pub const AKIT_HUGE_REQUIRE: u32 = 1;
/// Explicit huge pages when there are any.
pub const AKIT_HUGE_PREFER: u32 = 2;
/// No explicit huge pages.
pub const AKIT_HUGE_NEVER: u32 = 3;

/// Transparent huge pages where they pay.
pub const AKIT_THP_DEFAULT: u32 = 0;
/// What the system does by itself.
pub const AKIT_THP_INHERIT: u32 = 1;
/// Transparent huge pages are asked for.
pub const AKIT_THP_ADVISE: u32 = 2;
/// Transparent huge pages are refused.
pub const AKIT_THP_NEVER: u32 = 3;

/// Copy, but for explicit huge pages and registered memory.
pub const AKIT_FORK_DEFAULT: u32 = 0;
/// A child gets a copy.
pub const AKIT_FORK_COPY: u32 = 1;
/// The memory does not exist in a child.
pub const AKIT_FORK_DONTFORK: u32 = 2;
/// A child sees zeroes.
pub const AKIT_FORK_WIPE: u32 = 3;

/// Pages come from the node that touches them (default).
pub const AKIT_NUMA_LOCAL: u32 = 0;
/// Pages come from the nodes of the mask only.
pub const AKIT_NUMA_BIND: u32 = 1;
/// Pages alternate between the nodes of the mask.
pub const AKIT_NUMA_INTERLEAVE: u32 = 2;
/// Pages come from the mask while there are any.
pub const AKIT_NUMA_PREFERRED: u32 = 3;

/// Base pages.
pub const AKIT_BACKING_BASE: u32 = 0;
/// Memory advised for transparent huge pages.
pub const AKIT_BACKING_THP: u32 = 1;
/// Explicit huge pages.
pub const AKIT_BACKING_HUGE: u32 = 2;
/// Explicit giant pages.
pub const AKIT_BACKING_GIANT: u32 = 3;

/// Reason for smaller pages: it got what was wished for.
pub const AKIT_REASON_NONE: u32 = 0;
/// Reason for smaller pages: no free page in the reservation.
pub const AKIT_REASON_NOT_RESERVED: u32 = 1;
/// Reason for smaller pages: refused by the control group's limit.
pub const AKIT_REASON_CGROUP: u32 = 2;
/// Reason for smaller pages: none on the wanted NUMA nodes.
pub const AKIT_REASON_NODE: u32 = 3;
/// Reason for smaller pages: the kernel found no contiguous memory.
pub const AKIT_REASON_FRAGMENTED: u32 = 4;
/// Reason for smaller pages: the process may not use them.
pub const AKIT_REASON_PERMISSION: u32 = 5;
/// Reason for smaller pages: the kernel does not support them.
pub const AKIT_REASON_KERNEL: u32 = 6;
/// Reason for smaller pages: the handle's own cap.
pub const AKIT_REASON_LIMIT: u32 = 7;

/// State: memory of the handle that is not handed out.
pub const AKIT_BLOCK_FREE: u32 = 0;
/// State: in use by the program.
pub const AKIT_BLOCK_OUT: u32 = 1;
/// State: freed, and kept for the next request.
pub const AKIT_BLOCK_CACHED: u32 = 2;

/// A cache of regions, blocks of whole pages; any thread may call.
#[repr(C)]
pub struct akit_region {
    _opaque: [u8; 0],
}

/// A source of huge pages; any thread may call.
#[repr(C)]
pub struct akit_huge {
    _opaque: [u8; 0],
}

/// What [`akit_inspect`] says about an address.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct akit_block_info {
    /// Bytes of this struct known to the caller.
    pub struct_size: u64,
    /// Id of the handle that owns the block.
    pub handle_id: u64,
    /// `AKIT_KIND_...` of that handle.
    pub handle_kind: u64,
    /// Start address of the block.
    pub base: u64,
    /// Bytes that may be used from `base`.
    pub usable_bytes: u64,
    /// `AKIT_BLOCK_...`.
    pub state: u64,
    /// `AKIT_BACKING_...` of its pages.
    pub backing: u64,
    /// `AKIT_REASON_...` why it did not get better pages.
    pub reason: u64,
    /// NUMA node, where known.
    pub numa_node: u64,
    /// 1: known to have read as zero when it was handed out.
    pub zeroed: u64,
    /// Number of the caller's noted by `akit_pool_tag_set`, else 0.
    pub tag: u64,
}

/// Called at each misuse: user pointer, `-errno`, id of the handle (0 = unknown), pointer in question.
pub type MisuseFn = extern "C" fn(user: *mut c_void, error: c_int, handle_id: u64, p: *const c_void);

extern "C" {
    /// Version as `major << 16 | minor << 8 | patch`.
    pub fn akit_version() -> u32;
    /// Version as static text.
    pub fn akit_version_string() -> *const c_char;
    /// 0, or `-ENOSYS` when the feature is not built in.
    pub fn akit_feature(feature: u32) -> c_int;
    /// Static text for `errno` or `-errno`.
    pub fn akit_strerror(rc: c_int) -> *const c_char;
    /// Sets what happens at misuse: `AKIT_MISUSE_...`.
    pub fn akit_misuse_mode(mode: u32) -> c_int;
    /// Sets the function that is told of misuse; `None` restores the line on fd 2.
    pub fn akit_misuse_handler(r#fn: Option<MisuseFn>, user: *mut c_void) -> c_int;
    /// Describes the block at `p` without touching `p`; `-ENOENT` = not ours.
    pub fn akit_inspect(p: *const c_void, out: *mut akit_block_info) -> c_int;
    /// Does in this thread what is due; says in how many ns the next is due.
    pub fn akit_maintain(next_ns: *mut u64) -> c_int;
    /// Starts (1) or stops (0) the purge thread of this copy.
    pub fn akit_purge_thread(run: u32) -> c_int;
    /// Hands over the caches of the calling thread.
    pub fn akit_thread_flush(flags: u32) -> c_int;
    /// Purges every handle and the process cache.
    pub fn akit_purge(flags: u32, bytes: *mut u64) -> c_int;
    /// Sets the budget of the process cache of slabs and extents.
    pub fn akit_cache_limit(bytes: u64) -> c_int;
}
