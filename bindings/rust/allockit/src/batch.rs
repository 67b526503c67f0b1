//! Memory on its way back in few calls of the library.

use core::ffi::c_void;
use core::ptr::{null_mut, NonNull};

/// How many pointers one call takes across.
pub(crate) const BATCH: usize = 64;

/// Pointers on their way back, to one handle at a time; whatever happens, none is lost.
pub(crate) struct Batch<T> {
    call: unsafe extern "C" fn(*mut T, usize, *const *mut c_void) -> usize,
    handle: *mut T,
    pointers: [*mut c_void; BATCH],
    n: usize,
    done: usize,
}

impl<T> Batch<T> {
    /// # Safety
    ///
    /// `call` may be called with every handle and pointers that come with it in `add`.
    pub unsafe fn new(call: unsafe extern "C" fn(*mut T, usize, *const *mut c_void) -> usize) -> Self {
        Batch { call, handle: null_mut(), pointers: [null_mut(); BATCH], n: 0, done: 0 }
    }

    pub fn add(&mut self, p: NonNull<u8>, handle: *mut T) {
        if self.n == BATCH || handle != self.handle {
            self.flush();
            self.handle = handle;
        }
        self.pointers[self.n] = p.as_ptr().cast();
        self.n += 1;
    }

    /// How many went back.
    pub fn finish(mut self) -> usize {
        self.flush();
        self.done
    }

    fn flush(&mut self) {
        if self.n > 0 {
            // SAFETY: promised in `new`.
            self.done += unsafe { (self.call)(self.handle, self.n, self.pointers.as_ptr()) };
            self.n = 0;
        }
    }
}

impl<T> Drop for Batch<T> {
    fn drop(&mut self) {
        self.flush();
    }
}
