//! What is compared: something that hands out slices of one area.

use allockit::{Ring, RingConfig};
use bytes::{Bytes, BytesMut};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// What the ancestors' benchmark writes into a slice: one float at its beginning. `None` leaves it as it is.
pub type First = Option<f32>;

fn write(first: First, p: *mut u8) {
    if let Some(value) = first {
        // SAFETY: the caller has a slice of at least four bytes there, and every slice is aligned to that.
        unsafe { p.cast::<f32>().write_volatile(value) }
    }
}

/// A slice is given back by `release`, in the order of `acquire`.
pub trait Slices {
    type Slice;
    /// `None` when there is no room.
    fn acquire(&mut self, length: usize, first: First) -> Option<Self::Slice>;
    fn release(&mut self, slice: Self::Slice);
}

pub struct Ours(Ring);

impl Ours {
    /// Blocks as the rows in C++ have them.
    pub fn new(capacity: usize, longest: usize) -> Self {
        let block = (capacity / 64 / longest).max((capacity / 4 / longest).min(16)).max(1) * longest;
        Ours(RingConfig::new().capacity_bytes(capacity as u64).block_bytes(block as u64).create().expect("a ring"))
    }
}

impl Slices for Ours {
    type Slice = allockit::Slice;

    #[inline]
    fn acquire(&mut self, length: usize, first: First) -> Option<Self::Slice> {
        let mut slice = self.0.acquire(length).ok()?;
        write(first, slice.as_mut_ptr());
        Some(slice)
    }

    #[inline]
    fn release(&mut self, slice: Self::Slice) {
        drop(slice);
    }
}

/// A buffer that is cut up from its front; when it is used up, `reserve` gets another.
pub struct Cut(BytesMut);

impl Cut {
    pub fn new(capacity: usize) -> Self {
        Cut(BytesMut::with_capacity(capacity))
    }
}

impl Slices for Cut {
    type Slice = Bytes;

    #[inline]
    fn acquire(&mut self, length: usize, first: First) -> Option<Bytes> {
        self.0.reserve(length);
        // SAFETY: that much is reserved, and nobody reads what was not written.
        unsafe { self.0.set_len(length) }
        let mut slice = self.0.split();
        write(first, slice.as_mut_ptr());
        Some(slice.freeze())
    }

    #[inline]
    fn release(&mut self, slice: Bytes) {
        drop(slice);
    }
}

/// A ring of bytes between a producer and a consumer: written in place, committed, and skipped when it was read. A slice is
/// its length only, with what was left unused before it at the end of the area.
pub struct Spsc {
    producer: HeapProd<u8>,
    consumer: HeapCons<u8>,
}

impl Spsc {
    pub fn new(capacity: usize) -> Self {
        let (producer, consumer) = HeapRb::new(capacity).split();
        Spsc { producer, consumer }
    }
}

impl Slices for Spsc {
    type Slice = usize;

    #[inline]
    fn acquire(&mut self, length: usize, first: First) -> Option<usize> {
        let mut total = length;
        let (before_the_end, _) = self.producer.vacant_slices_mut();
        let left = before_the_end.len();
        if left < length {
            total += left;
        }
        if self.producer.vacant_len() < total {
            return None;
        }
        if left < length {
            // SAFETY: there is that much room, and nobody reads it.
            unsafe { self.producer.advance_write_index(left) }
        }
        let (vacant, _) = self.producer.vacant_slices_mut();
        write(first, vacant.as_mut_ptr().cast());
        // SAFETY: as above.
        unsafe { self.producer.advance_write_index(length) }
        Some(total)
    }

    #[inline]
    fn release(&mut self, length: usize) {
        self.consumer.skip(length);
    }
}
