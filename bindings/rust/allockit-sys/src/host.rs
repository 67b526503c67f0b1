//! `allockit/host.h`: functions with exactly the shapes that hosts ask of an allocator.
//!
//! The first argument of each is an [`akit_tiered`](crate::akit_tiered) handle.

use core::ffi::{c_uint, c_void};

extern "C" {
    /// `lua_Alloc`: a `new_size` of 0 frees; `old_size` is a type tag when `p` is NULL.
    pub fn akit_host_lua(ud: *mut c_void, p: *mut c_void, old_size: usize, new_size: usize) -> *mut c_void;
    /// zlib `alloc_func`.
    pub fn akit_host_zalloc(opaque: *mut c_void, items: c_uint, size: c_uint) -> *mut c_void;
    /// zlib `free_func`.
    pub fn akit_host_zfree(opaque: *mut c_void, p: *mut c_void);
}
