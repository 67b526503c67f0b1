//! Buffers and slices in the crate `tokio-uring`: its requests own them until their end.

use crate::pool::PooledBuf;
use crate::ring::{SharedSlice, Slice};
use tokio_uring::buf::{IoBuf, IoBufMut};

macro_rules! buffers {
    ($($name:ident,)*) => {$(
        /// The room is the capacity, of which the length is filled.
        // SAFETY: the memory stays where it is when its owner moves, and its bytes have values up to the capacity.
        unsafe impl IoBuf for $name {
            fn stable_ptr(&self) -> *const u8 {
                self.as_ptr()
            }

            fn bytes_init(&self) -> usize {
                self.len()
            }

            fn bytes_total(&self) -> usize {
                self.capacity()
            }
        }

        // SAFETY: as above.
        unsafe impl IoBufMut for $name {
            fn stable_mut_ptr(&mut self) -> *mut u8 {
                self.as_mut_ptr()
            }

            unsafe fn set_init(&mut self, init_len: usize) {
                if init_len > self.len() {
                    // The caller stays within the room.
                    let _ = self.set_len(init_len);
                }
            }
        }
    )*};
}

buffers! {
    PooledBuf,
    Slice,
}

// SAFETY: the memory stays where it is when its owner moves, and all of it has values.
unsafe impl IoBuf for SharedSlice {
    fn stable_ptr(&self) -> *const u8 {
        self.as_ptr()
    }

    fn bytes_init(&self) -> usize {
        self.len()
    }

    fn bytes_total(&self) -> usize {
        self.len()
    }
}
