//! Where chunks come from.

use allockit::{Ring, RingConfig, Slice, Thp};
use std::alloc::{alloc, handle_alloc_error, Layout};

/// Chunks of one length, at most `depth` at a time.
pub trait Memory {
    type Chunk;
    fn get(&mut self) -> Self::Chunk;
    fn put(&mut self, chunk: Self::Chunk);
    /// Where its bytes begin, as many as the length.
    fn pointer(chunk: &mut Self::Chunk) -> *mut u8;
}

/// A vector for every chunk.
pub struct Vectors(pub usize);

impl Memory for Vectors {
    type Chunk = Vec<u8>;

    fn get(&mut self) -> Vec<u8> {
        Vec::with_capacity(self.0)
    }

    fn put(&mut self, chunk: Vec<u8>) {
        drop(chunk);
    }

    fn pointer(chunk: &mut Vec<u8>) -> *mut u8 {
        chunk.as_mut_ptr()
    }
}

/// Slots of the program's own, used again and again, on 2 MiB pages. They are never given back.
pub struct Slots {
    pub base: *mut u8,
    pub bytes: usize,
    idle: Vec<*mut u8>,
}

impl Slots {
    pub fn new(depth: usize, chunk: usize) -> Self {
        const HUGE: usize = 2 << 20;
        let bytes = (depth * chunk).next_multiple_of(HUGE);
        let layout = Layout::from_size_align(bytes, HUGE).expect("a layout");
        // SAFETY: the layout is not of size 0; the advice concerns memory that was just allocated.
        let base = unsafe {
            let base = alloc(layout);
            if base.is_null() {
                handle_alloc_error(layout);
            }
            libc::madvise(base.cast(), bytes, libc::MADV_HUGEPAGE);
            base
        };
        Slots { base, bytes, idle: (0..depth).rev().map(|i| base.wrapping_add(i * chunk)).collect() }
    }
}

impl Memory for Slots {
    type Chunk = *mut u8;

    fn get(&mut self) -> *mut u8 {
        self.idle.pop().expect("a slot")
    }

    fn put(&mut self, chunk: *mut u8) {
        self.idle.push(chunk);
    }

    fn pointer(chunk: &mut *mut u8) -> *mut u8 {
        *chunk
    }
}

/// Slices of a ring of allockit of twice the depth, on 2 MiB pages.
pub struct Slices<'a> {
    ring: &'a Ring,
    chunk: usize,
}

pub fn ring(depth: usize, chunk: usize) -> Ring {
    RingConfig::new()
        .block_bytes(chunk as u64)
        .capacity_bytes(2 * (depth * chunk) as u64)
        .alignment(4096)
        .thp(Thp::Advise)
        .create()
        .expect("a ring")
}

impl<'a> Slices<'a> {
    pub fn new(ring: &'a Ring, chunk: usize) -> Self {
        Slices { ring, chunk }
    }
}

impl Memory for Slices<'_> {
    type Chunk = Slice;

    fn get(&mut self) -> Slice {
        self.ring.acquire(self.chunk).expect("a slice")
    }

    fn put(&mut self, chunk: Slice) {
        drop(chunk);
    }

    fn pointer(chunk: &mut Slice) -> *mut u8 {
        chunk.as_mut_ptr()
    }
}
