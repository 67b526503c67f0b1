//! `allockit/malloc.h`: the default heap behind functions of C's own shape.

use crate::{akit_tiered, akit_tiered_config};
use core::ffi::{c_int, c_void};

extern "C" {
    /// The default heap; borrowed, never torn down.
    pub fn akit_default() -> *mut akit_tiered;
    /// Configures the default heap before its first use; later `-EBUSY`.
    pub fn akit_default_configure(cfg: *const akit_tiered_config) -> c_int;
    /// A block of at least `size` bytes, aligned to 16.
    pub fn akit_malloc(size: usize) -> *mut c_void;
    /// A zeroed block of `count * size` bytes.
    pub fn akit_calloc(count: usize, size: usize) -> *mut c_void;
    /// Resizes; a `size` of 0 shrinks and never frees.
    pub fn akit_realloc(p: *mut c_void, size: usize) -> *mut c_void;
    /// A block aligned to a power of two up to 1 GiB.
    pub fn akit_aligned_alloc(alignment: usize, size: usize) -> *mut c_void;
    /// Frees a block of any tiered handle of this copy.
    pub fn akit_free(p: *mut c_void);
    /// Frees a block whose requested size the caller knows.
    pub fn akit_free_sized(p: *mut c_void, size: usize);
    /// Frees a block whose requested alignment and size the caller knows.
    pub fn akit_free_aligned_sized(p: *mut c_void, alignment: usize, size: usize);
    /// Bytes that may be used at `p`; 0 when `p` is not a block.
    pub fn akit_usable_size(p: *const c_void) -> usize;
}
