//! The default heap: as the program's global allocator, and as a handle.

use crate::config::TieredConfig;
use crate::error::{check, Error, Result};
use crate::tiered::{void, Tiered};
use crate::{AllocFlags, MIN_ALIGN};
use allockit_sys as sys;
use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::ptr::{null_mut, NonNull};
use std::sync::OnceLock;

/// The default heap of the process as an allocator that needs no handle.
///
/// ```
/// use allockit::GlobalHeap;
///
/// #[global_allocator]
/// static HEAP: GlobalHeap = GlobalHeap;
///
/// let text = String::from("on the default heap");
/// assert!(allockit::default_heap()?.owns(text.as_ptr()));
/// # Ok::<(), allockit::Error>(())
/// ```
///
/// The heap is configured by the environment (`ALLOCKIT_LIMIT_BYTES`, `ALLOCKIT_DECAY_NS` and so on; the chapter on it
/// in `allockit.h` has the list), because a Rust program has allocated before `main` begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct GlobalHeap;

impl GlobalHeap {
    /// Frees a block of any heap of this process, found by its address.
    ///
    /// # Safety
    ///
    /// `p` is a block that is out, of the default heap or of any [`Tiered`], and is used no more.
    pub unsafe fn free(self, p: NonNull<u8>) {
        // SAFETY: the caller vouches for `p`.
        unsafe { sys::akit_free(void(p)) }
    }
}

// SAFETY: blocks are as large and as aligned as the layout says, none of the calls unwinds, and none enters Rust.
unsafe impl GlobalAlloc for GlobalHeap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: any size and any power of two may be asked for.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_malloc(size).cast()
            } else {
                sys::akit_aligned_alloc(align, size).cast()
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: any size and any power of two may be asked for; a NULL handle is answered with NULL.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_calloc(1, size).cast()
            } else {
                let zero = AllocFlags::ZERO.as_raw();
                sys::akit_tiered_allocx(sys::akit_default(), size, align, zero, null_mut()).cast()
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        let (size, align) = (layout.size(), layout.align());
        let p: *mut c_void = p.cast();
        // SAFETY: the caller vouches for `p` and its layout.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_free_sized(p, size);
            } else {
                sys::akit_free_aligned_sized(p, align, size);
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let align = layout.align();
        let p: *mut c_void = p.cast();
        // SAFETY: the caller vouches for `p`, which is a block of the default heap.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_realloc(p, size).cast()
            } else {
                sys::akit_tiered_reallocx(sys::akit_default(), p, size, align, 0, null_mut()).cast()
            }
        }
    }
}

// SAFETY: as above; blocks are valid as long as the heap lives.
unsafe impl GlobalAlloc for Tiered {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: the handle is live.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_tiered_alloc(self.as_raw(), size).cast()
            } else {
                sys::akit_tiered_aligned_alloc(self.as_raw(), align, size).cast()
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: the handle is live.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_tiered_calloc(self.as_raw(), 1, size).cast()
            } else {
                let zero = AllocFlags::ZERO.as_raw();
                sys::akit_tiered_allocx(self.as_raw(), size, align, zero, null_mut()).cast()
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        let (size, align) = (layout.size(), layout.align());
        let p: *mut c_void = p.cast();
        // SAFETY: the handle is live; the caller vouches for `p` and its layout.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_tiered_free_sized(self.as_raw(), p, size);
            } else {
                sys::akit_tiered_free_aligned_sized(self.as_raw(), p, align, size);
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let align = layout.align();
        let p: *mut c_void = p.cast();
        // SAFETY: the handle is live; the caller vouches for `p`.
        unsafe {
            if align <= MIN_ALIGN {
                sys::akit_tiered_realloc(self.as_raw(), p, size).cast()
            } else {
                sys::akit_tiered_reallocx(self.as_raw(), p, size, align, 0, null_mut()).cast()
            }
        }
    }
}

/// The default heap as a handle: for its statistics, for purging, and as an allocator by reference.
///
/// # Errors
///
/// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when it cannot be made.
pub fn default_heap() -> Result<&'static Tiered> {
    // Never dropped, as statics are not.
    static HEAP: OnceLock<Tiered> = OnceLock::new();
    if let Some(heap) = HEAP.get() {
        return Ok(heap);
    }
    // SAFETY: no arguments.
    let raw = unsafe { sys::akit_default() };
    if raw.is_null() {
        return Err(Error::last());
    }
    // SAFETY: the default heap lives for ever, and destroying it would be refused.
    Ok(HEAP.get_or_init(|| Tiered { raw: unsafe { NonNull::new_unchecked(raw) } }))
}

/// Configures the default heap, whose environment is not read then.
///
/// # Errors
///
/// [`Busy`](crate::ErrorKind::Busy) after its first use, which for a program on [`GlobalHeap`] is before `main`;
/// otherwise as [`TieredConfig::create`].
pub fn default_configure(config: &TieredConfig) -> Result<()> {
    // SAFETY: the config is complete, and its name outlives the call.
    config.with_raw(|raw| check(unsafe { sys::akit_default_configure(raw) }).map(drop))
}
