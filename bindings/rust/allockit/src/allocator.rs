//! `Allocator` of allocator-api2, in terms of `GlobalAlloc`.
//!
//! The two traits differ in that a request of zero bytes is legal here, and that a resize may change the alignment. A
//! block of zero bytes is a dangling pointer and never reaches the library.

use crate::global::GlobalHeap;
use crate::shared::SharedTiered;
use crate::tiered::Tiered;
use allocator_api2::alloc::{AllocError, Allocator, Layout};
use core::alloc::GlobalAlloc;
use core::ops::Deref;
use core::ptr::NonNull;

type Block = Result<NonNull<[u8]>, AllocError>;

macro_rules! allocator {
    ($($name:ty: $heap:expr,)*) => {$(
        // SAFETY: blocks stay valid until the value and all its clones are gone, wherever it is moved to: `Tiered` has
        // no clones, those of `SharedTiered` hold the heap together, and the default heap is never torn down.
        unsafe impl Allocator for $name {
            #[inline]
            fn allocate(&self, layout: Layout) -> Block {
                allocate($heap(self), layout)
            }

            #[inline]
            fn allocate_zeroed(&self, layout: Layout) -> Block {
                allocate_zeroed($heap(self), layout)
            }

            #[inline]
            unsafe fn deallocate(&self, p: NonNull<u8>, layout: Layout) {
                // SAFETY: the caller vouches for `p` and its layout.
                unsafe { deallocate($heap(self), p, layout) }
            }

            #[inline]
            unsafe fn grow(&self, p: NonNull<u8>, old: Layout, new: Layout) -> Block {
                // SAFETY: the caller vouches for `p` and its layout.
                unsafe { resize($heap(self), p, old, new) }
            }

            #[inline]
            unsafe fn grow_zeroed(&self, p: NonNull<u8>, old: Layout, new: Layout) -> Block {
                // SAFETY: the caller vouches for `p` and its layout.
                unsafe { grow_zeroed($heap(self), p, old, new) }
            }

            #[inline]
            unsafe fn shrink(&self, p: NonNull<u8>, old: Layout, new: Layout) -> Block {
                // SAFETY: the caller vouches for `p` and its layout.
                unsafe { resize($heap(self), p, old, new) }
            }
        }
    )*};
}

allocator! {
    Tiered: core::convert::identity,
    SharedTiered: SharedTiered::deref,
    GlobalHeap: core::convert::identity,
}

fn dangling(layout: Layout) -> NonNull<[u8]> {
    let p = NonNull::new(layout.align() as *mut u8).unwrap_or(NonNull::dangling());
    NonNull::slice_from_raw_parts(p, 0)
}

#[inline]
fn block(p: *mut u8, size: usize) -> Block {
    let p = NonNull::new(p).ok_or(AllocError)?;
    Ok(NonNull::slice_from_raw_parts(p, size))
}

#[inline]
fn allocate(heap: &impl GlobalAlloc, layout: Layout) -> Block {
    if layout.size() == 0 {
        return Ok(dangling(layout));
    }
    // SAFETY: the size is not 0.
    block(unsafe { heap.alloc(layout) }, layout.size())
}

#[inline]
fn allocate_zeroed(heap: &impl GlobalAlloc, layout: Layout) -> Block {
    if layout.size() == 0 {
        return Ok(dangling(layout));
    }
    // SAFETY: the size is not 0.
    block(unsafe { heap.alloc_zeroed(layout) }, layout.size())
}

/// # Safety
///
/// As `Allocator::deallocate`.
#[inline]
unsafe fn deallocate(heap: &impl GlobalAlloc, p: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: a block of this layout, as the caller says, and not a dangling one.
        unsafe { heap.dealloc(p.as_ptr(), layout) }
    }
}

/// # Safety
///
/// As `Allocator::grow` and `Allocator::shrink`.
#[inline]
unsafe fn resize(heap: &impl GlobalAlloc, p: NonNull<u8>, old: Layout, new: Layout) -> Block {
    if old.align() == new.align() && old.size() != 0 && new.size() != 0 {
        // SAFETY: a block of the old layout, as the caller says; neither size is 0.
        return block(unsafe { heap.realloc(p.as_ptr(), old, new.size()) }, new.size());
    }
    let moved = allocate(heap, new)?;
    // SAFETY: both blocks have the bytes that are copied, and the new one is apart from the old one.
    unsafe {
        let size = old.size().min(new.size());
        core::ptr::copy_nonoverlapping(p.as_ptr(), moved.cast().as_ptr(), size);
        deallocate(heap, p, old);
    }
    Ok(moved)
}

/// # Safety
///
/// As `Allocator::grow_zeroed`.
unsafe fn grow_zeroed(heap: &impl GlobalAlloc, p: NonNull<u8>, old: Layout, new: Layout) -> Block {
    // SAFETY: the caller vouches for `p` and its layout.
    let grown = unsafe { resize(heap, p, old, new)? };
    // SAFETY: the block has the new size, and what is beyond the old one is ours to write.
    unsafe {
        let tail = grown.cast::<u8>().as_ptr().add(old.size());
        tail.write_bytes(0, new.size() - old.size());
    }
    Ok(grown)
}
